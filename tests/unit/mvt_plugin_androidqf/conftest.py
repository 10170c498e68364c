"""MVT's settings stay out of the user's home in the tests of the AndroidQF plugin."""

from __future__ import annotations

import os
import tempfile

# MVT writes its settings file when it is imported, so this has to stand before any test module is.
_OWN_FOLDER = tempfile.mkdtemp(prefix="mvtcase-tests-")
os.environ["MVT_CONFIG_FOLDER"] = _OWN_FOLDER
os.environ["MVT_DATA_FOLDER"] = _OWN_FOLDER
os.environ["MVT_NETWORK_ACCESS_ALLOWED"] = "false"
