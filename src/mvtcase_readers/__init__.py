"""Bounded readers of hostile files: regular files, texts, SQLite, property lists and JSON, one way to open each.

The package stands beside mvtcase and its MVT plugins and imports neither: whoever reads evidence reads it through here.
What must not or cannot be read raises `UnreadableError` with the reason.
"""
