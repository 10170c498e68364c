"""Fixtures of the tests that import MVT: its settings and downloads stay out of the user's home."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

# MVT writes its settings file when it is imported, so this has to stand before any test module is.
_OWN_FOLDER = tempfile.mkdtemp(prefix="mvtcase-tests-")
os.environ["MVT_CONFIG_FOLDER"] = _OWN_FOLDER
os.environ["MVT_DATA_FOLDER"] = _OWN_FOLDER
os.environ["MVT_NETWORK_ACCESS_ALLOWED"] = "false"


def _ask_android_mvt(root: Path, jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    (root / "jobs.json").write_text(json.dumps(jobs), encoding="utf-8")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MVT_")},
        "MVT_CONFIG_FOLDER": str(root / "config"),
        "MVT_DATA_FOLDER": str(root / "data"),
        "MVT_NETWORK_ACCESS_ALLOWED": "false",
    }
    probe = Path(__file__).with_name("control_android_probe.py")
    run = subprocess.run(
        [sys.executable, str(probe), str(root / "jobs.json")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith('{"modules"')]


@pytest.fixture(scope="session")
def ask_android_mvt() -> Callable[[Path, list[dict[str, Any]]], list[dict[str, Any]]]:
    """Return a function that runs the real MVT in one child process over a list of jobs and returns its answers."""
    return _ask_android_mvt
