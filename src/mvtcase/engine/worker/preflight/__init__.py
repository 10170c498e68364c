"""Before and beside MVT: what of the evidence cannot be read, is damaged, or is less than it should be."""
