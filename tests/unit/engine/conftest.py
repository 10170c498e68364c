"""Fixtures of the engine's unit tests: workers that are small programs of the tests' own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.engine.job import ScanJob
from mvtcase.model import EvidenceKind
from mvtcase.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.engine.box import Box

_PRELUDE = """
import json, os, signal, sys, time
pipe = int(sys.argv[1])
job = json.loads(sys.stdin.readline())
def send(event, **fields):
    os.write(pipe, json.dumps({"event": event, **fields}).encode() + b"\\n")
def hello():
    send("hello", indicators=3, tools={"mvt": "x"})
def plan(*slugs):
    send("plan", part="backup", modules=[{"module": s.title(), "slug": s, "origin": "mvt"} for s in slugs])
def skipped(slug):
    return ["backup", slug] in job["finished"] + job["skipped"]
def start(slug):
    send("started", part="backup", slug=slug, module=slug.title(), origin="mvt")
def finish(slug, outcome="checked", records=1, reason=""):
    send("finished", part="backup", slug=slug, module=slug.title(), outcome=outcome, records=records,
         source_rows=None, alerts=0, error=None, reason=reason, messages=[], duration_ms=1)
NAMED = {"value": "v", "type": "domains", "family": "f", "set": "s"}
def alert(slug, message, indicator=NAMED):
    send("alert", part="backup", module=slug, level="CRITICAL", message=message, event_time="", data={"a": 1},
         indicator=indicator, witnessed=False)
"""


@pytest.fixture
def fake_worker() -> Callable[[str], Callable[[list[str], Box], tuple[list[str], str]]]:
    """Return a function that makes the `wrap` of a run start a small program in the worker's place."""

    def make(program: str) -> Callable[[list[str], Box], tuple[list[str], str]]:
        def wrap(argv: list[str], box: Box) -> tuple[list[str], str]:
            del box
            return [sys.executable, "-I", "-c", _PRELUDE + program, argv[-1]], "pretend"

        return wrap

    return make


@pytest.fixture
def scan_job(tmp_path: Path) -> Callable[..., ScanJob]:
    """Return a function that makes a scan job with results in a new folder."""

    def make(**changes: Any) -> ScanJob:
        fields: dict[str, Any] = {
            "kind": EvidenceKind.IOS_BACKUP,
            "target": tmp_path / "evidence",
            "results": tmp_path / "results",
            "matchset": tmp_path / "x.matchset",
            "expected_indicators": 3,
            "set_names": {},
            "limits": Limits(module_seconds=1, wall_seconds=20),
            "evidence_bytes": 0,
        }
        return ScanJob(**{**fields, **changes})

    return make
