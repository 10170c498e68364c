"""Reports: a frozen record of facts made from a casebook, and templates that only lay it out."""
