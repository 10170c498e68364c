"""Damaged and hostile evidence by the way every scan takes: identified, staged, examined by the real MVT in its box.

A sample of the corpus that is the same every time; `benchmarks/hostile.py` runs all of it.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from builders.hostile import INDICATORS, HostileInput, healthy_inputs, sample
from mvtcase.engine.job import EngineResult, ScanJob
from mvtcase.engine.results_folder import remove_tree
from mvtcase.engine.runner import run_scan
from mvtcase.errors import EngineError, EvidenceError
from mvtcase.evidence import intake
from mvtcase.matchset import Collection, matchset_name, write_matchset
from mvtcase.model import AlertSource, Completeness
from mvtcase.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mvtcase.evidence.intake import Staged
    from mvtcase.kinds import EvidenceKind

pytestmark = pytest.mark.engine

LIMITS = Limits(module_seconds=8, wall_seconds=40, memory_bytes=2 << 30, temporary_bytes=1 << 30)
SLACK_SECONDS = 40
EVERY = 21
OURS = frozenset({"work", "results", matchset_name(["0" * 64])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What became of one input: full or not, who reported the plant, how long it took, what changed on the disk."""

    given: HostileInput
    full: bool = False
    by_module: bool = False
    by_sweep: bool = False
    refused: str = ""
    seconds: float = 0.0
    sandbox: str = ""
    reasons: tuple[str, ...] = ()
    unchanged: bool = True
    left_behind: frozenset[str] = frozenset()

    @property
    def is_silent(self) -> bool:
        """Whether it was called full although nobody saw the planted indicator."""
        return self.full and not self.by_module and not self.by_sweep


def examine(given: HostileInput, folder: Path) -> Examined:
    """Build one input into a folder and examine it as a scan would."""
    evidence = given.build(folder)
    before, names = dict(state(folder)), names_in(folder)
    (folder / "work").mkdir(mode=0o700)
    began = time.monotonic()
    try:
        found = intake.identify(evidence)
        staged = intake.stage(found, folder / "work", LIMITS)
        result = run_scan(job_for(found.kind, given, staged, folder), on_event=lambda _: None)
    except (EvidenceError, EngineError) as error:
        examined = Examined(given=given, refused=f"{type(error).__name__}: {error}")
    else:
        examined = judged(given, staged, result)
    return Examined(
        given=given,
        full=examined.full,
        by_module=examined.by_module,
        by_sweep=examined.by_sweep,
        refused=examined.refused,
        reasons=examined.reasons,
        sandbox=examined.sandbox,
        seconds=time.monotonic() - began,
        unchanged=dict(state(folder)) == before,
        left_behind=names_in(folder) - names - OURS,
    )


def judged(given: HostileInput, staged: Staged, result: EngineResult) -> Examined:
    """Return what a result says: a gap of staging counts as much as one of the scan."""
    matched = {alert.source for alert in result.alerts if alert.indicator is not None}
    return Examined(
        given=given,
        full=result.completeness is Completeness.FULL and not staged.problems,
        by_module=bool(matched - {AlertSource.SWEEP}),
        by_sweep=AlertSource.SWEEP in matched,
        sandbox=result.sandbox,
        reasons=tuple(gap.reason for gap in (*staged.problems, *result.gaps)),
    )


def job_for(kind: EvidenceKind, given: HostileInput, staged: Staged, folder: Path) -> ScanJob:
    """Return the scan of staged evidence, with one indicator of each kind."""
    collections = [Collection(id="1", name="Invented", file_name="invented.stix2", values=INDICATORS)]
    path = folder / matchset_name(["0" * 64])
    return ScanJob(
        kind=kind,
        target=staged.target,
        results=folder / "results",
        matchset=path,
        expected_indicators=write_matchset(path, collections, ["0" * 64]).count,
        set_names={"invented.stix2": "invented"},
        limits=LIMITS,
        evidence_bytes=0,
        sweep=given.group == "healthy",
    )


def names_in(folder: Path) -> frozenset[str]:
    """Return the names in a folder."""
    return frozenset(path.name for path in folder.iterdir())


def state(folder: Path) -> Iterator[tuple[str, tuple[int, int, int, str]]]:
    """Yield type, size, time of modification and hash of everything in a folder that is not ours."""
    pending = [str(folder / name) for name in sorted(names_in(folder) - OURS)]
    while pending:
        path = pending.pop()
        found = os.lstat(path)
        hashed = ""
        if stat.S_ISDIR(found.st_mode):
            pending += [entry.path for entry in os.scandir(path)]
        elif stat.S_ISREG(found.st_mode):
            hashed = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        yield path, (found.st_mode, found.st_size, found.st_mtime_ns, hashed)


@pytest.fixture(scope="module")
def examine_all(tmp_path_factory: pytest.TempPathFactory) -> Callable[[list[HostileInput]], list[Examined]]:
    """Return a function that examines inputs side by side and takes their folders away again."""

    def one(given: HostileInput) -> Examined:
        folder = tmp_path_factory.mktemp("hostile")
        try:
            return examine(given, folder)
        finally:
            remove_tree(folder)

    def all_of(inputs: list[HostileInput]) -> list[Examined]:
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            return list(pool.map(one, inputs))

    return all_of


@pytest.fixture(scope="module")
def hostile(examine_all: Callable[[list[HostileInput]], list[Examined]]) -> list[Examined]:
    """Return what became of the sample of hostile inputs."""
    return examine_all([given for given in sample(EVERY) if not given.slow])


def test_nothing_hostile_is_called_full_without_the_plant_being_seen(hostile: list[Examined]) -> None:
    """The one promise: what was not examined is never told as examined."""
    assert len(hostile) >= 95
    assert [each.given.name for each in hostile if each.is_silent] == []


def test_what_is_not_full_says_why(hostile: list[Examined]) -> None:
    """Every hole has a reason in words, and no reason names this machine's folders."""
    unsaid = [each.given.name for each in hostile if not each.full and not each.refused and not all(each.reasons)]
    assert unsaid == []
    assert [each.given.name for each in hostile if any("/results/private" in text for text in each.reasons)] == []


def test_only_what_is_no_evidence_any_more_is_refused(hostile: list[Examined]) -> None:
    """Damage makes gaps; it stops a scan only where nothing is left to recognise."""
    assert [(each.given.name, each.refused) for each in hostile if each.refused and not each.given.may_refuse] == []


def test_nothing_hangs_past_its_limit(hostile: list[Examined]) -> None:
    """Pipes, endless views, bombs and quadratic texts end in their time."""
    late = [(each.given.name, each.seconds) for each in hostile if each.seconds > LIMITS.wall_seconds + SLACK_SECONDS]
    assert late == []


def test_evidence_is_left_as_it_was_and_nothing_beside_it(hostile: list[Examined]) -> None:
    """Names, types, bytes and times of everything are the same, and no file was written anywhere else."""
    assert [each.given.name for each in hostile if not each.unchanged] == []
    assert [(each.given.name, each.left_behind) for each in hostile if each.left_behind] == []


def test_healthy_evidence_of_every_kind_is_called_full_and_its_plant_found(
    examine_all: Callable[[list[HostileInput]], list[Examined]],
) -> None:
    """Caution that never says "full" would be worth nothing."""
    healthy = examine_all(list(healthy_inputs()))
    assert len(healthy) >= 12
    assert [(each.given.name, each.reasons, each.refused) for each in healthy if not each.full] == []
    assert [each.given.name for each in healthy if not each.by_module] == []
    assert all(each.unchanged and not each.left_behind for each in healthy)
