"""The real worker never outlives its parent."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mvtcase.engine.events import read_events
from mvtcase.model import Completeness, EvidenceKind
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone

if TYPE_CHECKING:
    from collections.abc import Callable

    from mvtcase.engine.job import EngineResult

pytestmark = pytest.mark.engine


def worker_pid(results: Path) -> int | None:
    """Return the process of the worker that a scan's events name, None as long as there is none."""
    with contextlib.suppress(OSError, ValueError):
        events = map(json.loads, (results / "events.jsonl").read_text("ascii").splitlines())
        return next((int(event["pid"]) for event in events if event["event"] == "worker"), None)
    return None


def is_alive(pid: int) -> bool:
    """Return whether a process is there and no zombie that nobody has collected."""
    with contextlib.suppress(OSError):
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    return False


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something holds, or fail."""
    for _ in range(500):
        if condition():
            return
        time.sleep(0.02)
    pytest.fail("what was waited for did not happen")


def test_a_killed_parent_takes_its_worker_along(examine_with_mvt: Callable[..., EngineResult], tmp_path: Path) -> None:
    """`kill -9` of the parent while MVT is being loaded: the worker is gone, and the folder says what happened."""
    built = build_ios_backup(tmp_path / "backup", IosPhone())
    results = tmp_path / "killed"
    child = os.fork()
    if child == 0:
        examine_with_mvt(EvidenceKind.IOS_BACKUP, built.path, results=results)
        os._exit(0)
    wait_for(lambda: worker_pid(results) is not None)
    pid = worker_pid(results)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    wait_for(lambda: pid is not None and not is_alive(pid))
    salvaged = read_events(results)
    assert (salvaged.finished, salvaged.completeness) == (False, Completeness.BLIND)
