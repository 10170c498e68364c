"""Fixtures of the worker's tests: MVT's settings stay out of the home folder, and the network is off."""

from __future__ import annotations

import os
import tempfile

# MVT writes its settings file when it is imported, so this has to stand before any test module is.
_OWN_FOLDER = tempfile.mkdtemp(prefix="mvtcase-tests-")
os.environ.setdefault("MVT_CONFIG_FOLDER", _OWN_FOLDER)
os.environ.setdefault("MVT_DATA_FOLDER", _OWN_FOLDER)
os.environ["MVT_NETWORK_ACCESS_ALLOWED"] = "false"
