"""Matching: MVT's answers to is-this-an-indicator, from compiled tables."""
