"""Realistic synthetic evidence: the demo, the indicator self-test and the tests are built from it.

The same specification and seed give the same bytes. Every person, number and address is invented.
"""
