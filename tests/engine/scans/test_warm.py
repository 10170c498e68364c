"""Workers forked from a warm parent: they say what started ones say, see their own job alone, and end in their time."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase import workspaces
from mvtcase.engine import box as boxes
from mvtcase.engine import runner, warm
from mvtcase.model import Completeness, EvidenceKind
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.plants import Plant, PlantKind
from mvtcase.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.engine.job import EngineResult
    from mvtcase.engine.process import Setup

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not warm.is_possible(), reason="no worker can be forked on this machine"),
]

MEASURED = frozenset({"pid", "duration_ms", "cpu_ms", "peak_bytes"})


@pytest.fixture
def phone(tmp_path: Path) -> Path:
    """Return a backup with one planted link."""
    plants = (Plant(PlantKind.DOMAINS, "planted.example.net"),)
    return build_ios_backup(tmp_path / "backup", IosPhone(plants=plants)).path


def told(results: Path) -> list[dict[str, Any]]:
    """Return the events of a scan without what was measured in it."""
    events = map(json.loads, (results / "events.jsonl").read_text("ascii").splitlines())
    return [
        {name: value for name, value in each.items() if name not in MEASURED}
        for each in events
        if each["event"] != "progress"
    ]


def test_a_forked_worker_says_what_a_started_one_says(
    phone: Path, examine_with_mvt: Callable[..., EngineResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Event for event, in the same order, in a sandbox of the same name, a second time as well as the first."""
    pids = []
    for name in ("warm", "again"):
        assert examine_with_mvt(EvidenceKind.IOS_BACKUP, phone, results=tmp_path / name).alerts
        pids.append(worker_of(tmp_path / name))
    monkeypatch.setattr(warm, "_standing", [])
    assert examine_with_mvt(EvidenceKind.IOS_BACKUP, phone, results=tmp_path / "cold").sandbox == boxes.available()
    assert told(tmp_path / "warm") == told(tmp_path / "again") == told(tmp_path / "cold")
    assert len({*pids, os.getpid()}) == len(pids) + 1


def worker_of(results: Path) -> int:
    """Return the number of the process that a scan's events name."""
    events = map(json.loads, (results / "events.jsonl").read_text("ascii").splitlines())
    (worker,) = [each for each in events if each["event"] == "worker"]
    return int(worker["pid"])


def test_a_forked_worker_sees_its_own_job_alone(
    phone: Path, examine_with_mvt: Callable[..., EngineResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies in the batch's box, and not in the job's, cannot be read."""
    whole = runner._setup

    def narrowed(scan: Any) -> Setup:
        setup = whole(scan)
        kept = tuple(each for each in setup.box.read_only if each != phone)
        return replace(setup, box=replace(setup.box, read_only=kept))

    monkeypatch.setattr(runner, "_setup", narrowed)
    result = examine_with_mvt(EvidenceKind.IOS_BACKUP, phone)
    assert result.completeness is Completeness.BLIND
    assert result.alerts == ()
    assert boxes.available() == boxes.NONE or result.sandbox == boxes.available()


def test_a_forked_worker_is_killed_when_its_time_is_up(
    phone: Path, examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """As a started one: what it had not done is told, and nothing of it is left."""
    limits = Limits(module_seconds=60, wall_seconds=0)
    result = examine_with_mvt(EvidenceKind.IOS_BACKUP, phone, results=tmp_path / "late", limits=limits)
    assert not result.finished
    worker, patience = worker_of(tmp_path / "late"), time.monotonic() + 60
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < patience:  # its parent has yet to collect it
            os.kill(worker, 0)
            time.sleep(0.02)
        pytest.fail("the worker is still there")


def test_a_parent_that_died_costs_its_jobs_a_start_each(
    phone: Path, examine_with_mvt: Callable[..., EngineResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was to be forked is started, and nobody asks the dead one again."""
    monkeypatch.setattr(warm, "_standing", [])
    home = tmp_path / "own"
    with warm.serving(boxes.Box(writable=(tmp_path,)), home):
        (parent,) = warm._standing
        assert workspaces.leftovers(home) == ()  # a lock says that somebody works there
        parent._orders.shutdown(socket.SHUT_RDWR)  # as if it had ended
        result = examine_with_mvt(EvidenceKind.IOS_BACKUP, phone, values={}, sweep=False)
        assert warm._standing == []
    assert list(home.iterdir()) == []
    assert result.finished
