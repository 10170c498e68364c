"""The second look: the evidence read without MVT's parsers."""
