"""The case file: the one floor that knows SQLite."""
