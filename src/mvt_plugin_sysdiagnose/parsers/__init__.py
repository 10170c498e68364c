"""Parsers: from the bytes of one file to records. None of them knows indicators, MVT or other files."""
