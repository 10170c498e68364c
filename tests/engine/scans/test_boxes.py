"""Whole scans in each sandbox that works on this machine: the real MVT finds the same and its sandbox is named."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mvtcase.engine.box import BUBBLEWRAP, LANDLOCK, NONE, WRAPPERS, Box, works
from mvtcase.engine.job import ScanJob
from mvtcase.engine.runner import run_scan
from mvtcase.model import Completeness, EvidenceKind, ModuleRun
from mvtcase.phones.android import build_androidqf
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.plants import Plant, PlantKind
from mvtcase.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.engine.job import EngineResult
    from mvtcase.matchset import MatchSet

pytestmark = pytest.mark.engine

DOMAIN = "planted.example.net"


@pytest.fixture
def scan_boxed(
    tmp_path: Path, planted_sets: Callable[..., tuple[Path, MatchSet]]
) -> Callable[[EvidenceKind, Path, str], EngineResult]:
    """Return a function that scans evidence in the sandbox of a name."""

    def scan(kind: EvidenceKind, target: Path, name: str) -> EngineResult:
        def wrap(argv: list[str], box: Box) -> tuple[list[str], str]:
            return WRAPPERS[name](argv, box), name

        path, matchset = planted_sets()
        job = ScanJob(
            kind=kind,
            target=target,
            results=tmp_path / f"results-{name}",
            matchset=path,
            expected_indicators=matchset.count,
            set_names={},
            limits=Limits(module_seconds=60, wall_seconds=120),
            evidence_bytes=0,
        )
        return run_scan(job, on_event=lambda _: None, wrap=wrap)

    return scan


def timeless(run: ModuleRun) -> ModuleRun:
    """Return a module run without how long it took."""
    return replace(run, duration_ms=0)


@pytest.mark.parametrize("name", [BUBBLEWRAP, LANDLOCK])
@pytest.mark.parametrize("kind", [EvidenceKind.IOS_BACKUP_ENCRYPTED, EvidenceKind.ANDROIDQF])
def test_a_box_changes_nothing_of_what_is_found(
    kind: EvidenceKind, name: str, scan_boxed: Callable[[EvidenceKind, Path, str], EngineResult], tmp_path: Path
) -> None:
    """Modules, outcomes, counts and alerts are those of a scan without a box, and the scan says which box it was."""
    if not works(name):
        pytest.skip(f"{name} does not work on this machine")
    plant = Plant(PlantKind.DOMAINS, DOMAIN)
    built = (
        build_androidqf(tmp_path / "aqf", AndroidPhone(plants=(plant,)))
        if kind is EvidenceKind.ANDROIDQF
        else build_ios_backup(tmp_path / "backup", IosPhone(plants=(replace(plant, spot="sms"),)))
    )
    boxed, bare = scan_boxed(kind, built.path, name), scan_boxed(kind, built.path, NONE)
    assert (boxed.sandbox, bare.sandbox) == (name, NONE)
    assert (boxed.completeness, boxed.gaps) == (Completeness.FULL, ())
    assert list(map(timeless, boxed.modules)) == list(map(timeless, bare.modules))
    assert boxed.alerts == bare.alerts
    assert boxed.alerts
