"""Where the material lies that the project may read and not hold: real indicator sets, samples and field inputs."""

from __future__ import annotations

import os
from pathlib import Path

SHARED = Path(os.environ.get("MVTCASE_SHARED") or Path(__file__).resolve().parents[3] / "shared")
"""The folder beside the checkout, or the one that MVTCASE_SHARED names; tests that need it skip where it is absent."""

REAL_SETS = SHARED / "iocs"
