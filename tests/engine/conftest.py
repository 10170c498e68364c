"""Fixtures of the tests that import MVT: its settings and downloads stay out of the user's home."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.cli.app import run as run_command_line
from mvtcase.engine import warm
from mvtcase.engine.box import Box
from mvtcase.workflow import control
from shared import SHARED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# MVT writes its settings file when it is imported, so this has to stand before any test module is.
_OWN_FOLDER = tempfile.mkdtemp(prefix="mvtcase-tests-")
os.environ["MVT_CONFIG_FOLDER"] = _OWN_FOLDER
os.environ["MVT_DATA_FOLDER"] = _OWN_FOLDER
os.environ["MVT_NETWORK_ACCESS_ALLOWED"] = "false"

_LOOK = control._look


@pytest.fixture(scope="session", autouse=True)
def warm_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fork the workers of these tests from one parent, where that can be: each would load MVT anew for seconds."""
    place = tmp_path_factory.getbasetemp()
    with warm.serving(Box(read_only=(SHARED,), writable=(place,)), place / "warm"):
        yield


@pytest.fixture(scope="module", autouse=True)
def control_is_trusted() -> Iterator[None]:
    """Let the positive control pass without examining its phones: three workers more in each of many workspaces.

    Module by module, so that it is undone before other tests of the same process ask for the control itself.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(control, "_look", lambda *_: [])
        yield


@pytest.fixture(scope="module")
def real_control(control_is_trusted: None) -> Iterator[None]:
    """Let the positive control examine its phones in this module."""
    del control_is_trusted
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(control, "_look", _LOOK)
        yield


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


class Responder:
    """Somebody at a terminal: types `mvtcase --json` calls in one workspace and reads the envelopes."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self.people = 0
        workspace.mkdir(parents=True)
        self("init", workspace)
        self("case", "new", "Trial", "--slug", "trial")

    def __call__(self, *arguments: object, status: str | None = None) -> dict[str, Any]:
        """Return the data of one call, which must end as said: by default in anything but an error."""
        answer = self.typed(*arguments)
        if status is None:
            assert answer["errors"] == []
        else:
            assert answer["status"] == status, answer
        data: dict[str, Any] = answer["data"]
        return data

    def typed(self, *arguments: object) -> dict[str, Any]:
        """Return the whole envelope of one call, with the exit status as `exit`."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            code = run_command_line(["--json", "-w", str(self.workspace), *map(str, arguments)])
        answer: dict[str, Any] = json.loads(printed.getvalue())
        return {**answer, "exit": code}

    def enrol(self) -> str:
        """Add an official who consents, and return the id."""
        self.people += 1
        name = f"Official {self.people}"
        added: str = self("official", "add", "--name", name, "--role", "Legislator")["official"]["id"]
        points = "nature,privacy,retention,disposal"
        how = ("--method", "written", "--scope", "one phone", "--informed", points)
        self("consent", "record", added, "--by", name, *how)
        return added

    def register(self, path: Path, official: str | None = None) -> str:
        """Register what was taken from an official's phone and return the acquisition's id."""
        added: str = self("acquisition", "add", path, "--official", official or self.enrol())["acquisition"]["id"]
        return added

    def scan(self, path: Path, *options: object) -> dict[str, Any]:
        """Register one phone, scan it and return the scan."""
        scans: list[dict[str, Any]] = self("scan", "run", self.register(path), *options)["scans"]
        return scans[0]

    def alerts(self, scan: str) -> list[dict[str, Any]]:
        """Return a scan's alerts as they are stored."""
        raised: list[dict[str, Any]] = self("scan", "show", scan)["scan"]["raised"]
        return raised

    def findings(self) -> list[dict[str, Any]]:
        """Return all findings of the case."""
        found: list[dict[str, Any]] = self("finding", "list")["findings"]
        return found


@pytest.fixture(scope="session")
def start_responder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Responder]]:
    """Return a function that sits a responder down in a workspace with one case and the built-in indicators."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MVTCASE_EXAMINER", "Examiner")
        patch.setenv("MVTCASE_SETTINGS", str(tmp_path_factory.mktemp("settings") / "none.toml"))
        yield lambda: Responder(tmp_path_factory.mktemp("responder") / "work")


@pytest.fixture
def responder(start_responder: Callable[[], Responder]) -> Responder:
    """Return a responder in a workspace of this test alone."""
    return start_responder()
