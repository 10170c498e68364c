"""Fixtures of tests that run whole scans with the real MVT in its child process."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.engine.job import EngineResult, ScanJob
from mvtcase.engine.runner import run_scan
from mvtcase.matchset import Collection, MatchSet, matchset_name, write_matchset
from mvtcase.settings import Limits
from shared import SHARED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mvtcase.model import EvidenceKind

PLANTED = "planted.example.net"


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """Return the folder of real samples and indicator sets beside the checkout, or skip the test."""
    if not (SHARED / "samples").is_dir():
        pytest.skip("the real samples are not beside this checkout")
    return SHARED


@pytest.fixture
def planted_sets(tmp_path: Path) -> Callable[..., tuple[Path, MatchSet]]:
    """Return a function that writes a match set of a few invented indicators and returns its path and content."""

    def make(values: Mapping[str, tuple[str, ...]] | None = None) -> tuple[Path, MatchSet]:
        wanted = {"domains": (PLANTED,)} if values is None else values
        collections = [
            Collection(id="1", name="Invented", file_name="invented.stix2", file_path="invented.stix2", values=wanted)
        ]
        sources = [hashlib.sha256(repr(sorted(wanted.items())).encode()).hexdigest()]
        path = tmp_path / matchset_name(sources)
        return path, write_matchset(path, collections, sources)

    return make


@pytest.fixture
def examine_with_mvt(tmp_path: Path, planted_sets: Callable[..., tuple[Path, MatchSet]]) -> Callable[..., EngineResult]:
    """Return a function that scans evidence of a kind with the real MVT; `values` are the indicators by type."""

    def examine(
        kind: EvidenceKind, target: Path, *, values: Mapping[str, tuple[str, ...]] | None = None, **changes: Any
    ) -> EngineResult:
        path, matchset = planted_sets(values)
        fields: dict[str, Any] = {
            "kind": kind,
            "target": target,
            "results": tmp_path / f"results-{len(list(tmp_path.glob('results-*')))}",
            "matchset": path,
            "expected_indicators": matchset.count,
            "set_names": {"invented.stix2": "invented"},
            "limits": Limits(module_seconds=60, wall_seconds=120),
            "evidence_bytes": 0,
            **changes,
        }
        return run_scan(ScanJob(**fields), on_event=lambda _: None)

    return examine
