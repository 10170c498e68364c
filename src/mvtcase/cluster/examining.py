"""One examination, from acquired files to a results folder: the same on this machine and on a node of a cluster."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mvtcase import workspaces
from mvtcase.engine.coverage import Known
from mvtcase.engine.job import DecryptJob, ScanJob
from mvtcase.evidence import intake
from mvtcase.evidence.nested import stage_inside
from mvtcase.kinds import Opener, of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from typing_extensions import Protocol

    from mvtcase.engine.job import DecryptResult, EngineEvent, EngineResult, Secret
    from mvtcase.model import Gap
    from mvtcase.settings import Limits

    class Scanner(Protocol):
        """The part of an engine that scans."""

        def run_scan(self, job: ScanJob, *, on_event: Callable[[EngineEvent], None]) -> EngineResult:
            """Run MVT's command for a kind of evidence and return everything that happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What to examine and with what: `results` is a folder to be made, private folders are made below `working`.

    `limits` are not scaled yet; `problems` are gaps known before, `age_identity` opens AndroidQF archives.
    """

    path: Path
    results: Path
    working: Path
    matchset: Path
    expected_indicators: int
    set_names: Mapping[str, str]
    limits: Limits
    evidence_bytes: int
    counts: Mapping[str, int]
    problems: tuple[Gap, ...] = ()
    sweep: bool = True
    stock_matcher: bool = False
    stock: bool = False
    allow_foreign_modules: bool = False
    age_identity: Path | None = None
    password: Secret | None = None
    withheld: Mapping[str, str] = field(default_factory=dict, repr=False)

    def known(self, problems: tuple[Gap, ...] = ()) -> Known:
        """Return what the judge of completeness has to know beside what the worker says."""
        return Known(problems=(*problems, *self.problems), counts=self.counts, second_reader=self.sweep)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What an examination gave: the engine's result, what was lost on the way to it, and notes of staging."""

    result: EngineResult
    problems: tuple[Gap, ...]
    notes: tuple[str, ...]
    read: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Files of the evidence itself that were read to their end, by path below it, with their SHA-256."""


def examine(
    engine: Scanner,
    wanted: Examination,
    *,
    decrypt: Callable[[DecryptJob], DecryptResult],
    on_event: Callable[[EngineEvent], None],
) -> Examined:
    """Stage evidence, decrypt it where needed, scan it, and destroy the working copies; raises as those three do."""
    limits = wanted.limits.scaled(wanted.evidence_bytes)
    with workspaces.workspace(wanted.working) as work:
        found = intake.identify(wanted.path)
        staged = intake.stage(found, work, limits, age_identity=wanted.age_identity)
        target, problems = staged.target, staged.problems
        if of(found.kind).opener is Opener.PASSWORD:
            job_of_it = DecryptJob(
                source=target,
                target=work / "decrypted",
                limits=wanted.limits,
                evidence_bytes=wanted.evidence_bytes,
                password=wanted.password,
            )
            problems = (*problems, *decrypt(job_of_it).failed)
            target = job_of_it.target
        within, lost = stage_inside(target, found.kind, work, limits)
        problems = (*problems, *lost)
        job = ScanJob(
            kind=found.kind,
            target=target,
            results=wanted.results,
            matchset=wanted.matchset,
            expected_indicators=wanted.expected_indicators,
            set_names=wanted.set_names,
            withheld=wanted.withheld,
            limits=wanted.limits,
            evidence_bytes=wanted.evidence_bytes,
            stock_matcher=wanted.stock_matcher,
            stock=wanted.stock,
            sweep=wanted.sweep,
            allow_foreign_modules=wanted.allow_foreign_modules,
            password=wanted.password,
            inside=tuple(within),
            names=staged.names,
            known=wanted.known(problems),
        )
        result = engine.run_scan(job, on_event=on_event)
        # Hashes of working copies say nothing of the evidence.
        read = result.read if target == wanted.path else {}
        return Examined(result=result, problems=problems, notes=staged.notes, read=read)
