"""Indicator sets: read, weighed value by value, kept in versions, compiled for the worker, updated and packed.

`library.IndicatorLibrary` is the door; `docs/indicators.md` says how it all works.
"""
