"""The formats that a document is laid out in."""
