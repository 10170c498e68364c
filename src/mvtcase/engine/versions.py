"""The one release of MVT whose seams and silences this program knows."""

PINNED_MVT = "2026.10.26"
"""`pyproject.toml` pins the same one; `tests/engine/test_contract.py` holds the two together."""

SEAMS_FOR = "2026.10.26"
"""The release on which the worker's faster functions were proven equal to MVT's (`tests/unit/engine/worker/run`)."""
