"""MVT modules that read LINE data."""
