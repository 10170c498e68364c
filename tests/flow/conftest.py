"""A desk at a fresh workspace with a fake engine: whole verbs run, MVT does not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from mvtcase import kinds
from mvtcase.engine.coverage import assess
from mvtcase.engine.job import DecryptResult, EngineEvent, EngineResult, Secret
from mvtcase.errors import PasswordError
from mvtcase.model import (
    Completeness,
    ConsentMethod,
    ConsentPoint,
    EvidenceKind,
    IndicatorRef,
    Level,
    ModuleOutcome,
    ModuleRun,
    RawAlert,
)
from mvtcase.model.reach import measured
from mvtcase.store.folder import Workspace
from mvtcase.workflow import acquisitions, cases, consents, groups, officials
from mvtcase.workflow.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.engine.job import DecryptJob, RecheckJob, ScanJob

START = datetime(2026, 11, 24, 8, 0, tzinfo=timezone.utc)
INDICATOR = IndicatorRef(value="bh", type="processes", family="Pegasus", set="tiny")
CHECKED = ModuleRun(module="SMS", slug="sms", origin="mvt", part="backup", outcome=ModuleOutcome.CHECKED, records=5)
RAN = replace(CHECKED, module="Datausage", slug="datausage")
MATCH = RawAlert(
    module="datausage",
    level=Level.CRITICAL,
    message='Found a known suspicious process name "bh"',
    event_time="",
    event={"proc_name": "bh", "isodate": "2026-09-01 01:02:03"},
    indicator=INDICATOR,
)


@dataclass
class FakeEngine:
    """An engine that answers what it was told to and remembers what it was asked."""

    answer: EngineResult
    scans: list[ScanJob] = field(default_factory=list)
    rechecks: list[RecheckJob] = field(default_factory=list)
    decrypts: list[DecryptJob] = field(default_factory=list)
    before: Callable[[ScanJob], None] = lambda _job: None
    refuse_decryption: Callable[[DecryptJob], bool] = lambda _job: False

    def run_scan(self, job: ScanJob, *, on_event: Callable[[EngineEvent], None]) -> EngineResult:
        """Answer after telling of one module."""
        self.scans.append(job)
        on_event(EngineEvent(what="module_started", module="sms", index=1, total=1))
        self.before(job)
        return self._judged(job)

    def run_decrypt(self, job: DecryptJob, *, on_event: Callable[[EngineEvent], None]) -> DecryptResult:
        """Make the folder a decryption would have made."""
        del on_event
        self.decrypts.append(job)
        if self.refuse_decryption(job):
            raise PasswordError("The password is wrong.")
        job.target.mkdir()
        return DecryptResult(files=1, key=Secret(value="derived"))

    def run_recheck(self, job: RecheckJob, *, on_event: Callable[[EngineEvent], None]) -> EngineResult:
        """Answer."""
        del on_event
        self.rechecks.append(job)
        return self._judged(job)

    def _judged(self, job: ScanJob | RecheckJob) -> EngineResult:
        """Return the answer with all that is known of the job judged as the engine does, every key module examined."""
        runs = [
            ModuleRun(
                module=row.slug, slug=row.slug, origin="", part=row.part, outcome=ModuleOutcome.CHECKED, records=1
            )
            for row in kinds.of(job.kind).key_modules
        ]
        judged = assess(
            kind=job.kind,
            finished=True,
            indicators_loaded=job.expected_indicators,
            modules=runs,
            extra_gaps=self.answer.gaps,
            known=job.known,
        )
        worst = max(judged.completeness, self.answer.completeness, key=list(Completeness).index)
        loaded = job.expected_indicators
        return replace(self.answer, indicators_loaded=loaded, completeness=worst, gaps=judged.gaps)


@dataclass
class Clock:
    """A clock that moves one minute with every look."""

    now: datetime = START

    def __call__(self) -> datetime:
        """Return the next minute."""
        self.now += timedelta(minutes=1)
        return self.now


def full(*alerts: RawAlert) -> EngineResult:
    """Return the result of a scan that examined all and raised these alerts."""
    return EngineResult(
        finished=True,
        completeness=Completeness.FULL,
        modules=(CHECKED, RAN),
        reach=measured(EvidenceKind.IOS_BACKUP, (CHECKED, RAN)),
        alerts=alerts,
        tools={"mvt": "2026.10.26"},
        sandbox="fake",
        command="mvt-ios check-backup",
    )


@pytest.fixture
def engine() -> FakeEngine:
    """Give an engine that examines all and finds nothing."""
    return FakeEngine(answer=full())


@pytest.fixture
def match() -> EngineResult:
    """Give the result of a scan that examined all and matched an indicator."""
    return full(MATCH)


@pytest.fixture
def desk(tmp_path: Path, engine: FakeEngine) -> Desk:
    """Give a desk with an open case, a group, a tiny indicator set, and one official who consented."""
    workspace = Workspace(tmp_path / "workspace")
    workspace.create()
    made = Desk(
        workspace=workspace,
        examiner="Ada",
        clock=Clock(),
        engine=engine,
        with_control=False,
        sandbox=lambda: "bubblewrap",
    )
    made.library.import_bytes(b"bh\nroleaboutd\n", "tiny.txt", name="tiny", kind="processes")
    cases.new(made, "LINE 2021", slug="line-2021")
    groups.add(made, "Legislature")
    enrol(made, "Aldith Fernvale")
    return made


def enrol(desk: Desk, name: str, *groups: str, **changes: object) -> str:
    """Add an official who consented and return the id."""
    added = officials.add(desk, officials.Person(name=name, groups=groups or ("Legislature",), **changes))  # type: ignore[arg-type]  # as the test says
    official = str(added.json["official"]["id"])
    consents.record(
        desk,
        official,
        by=name,
        method=ConsentMethod.WRITTEN,
        scope="device examination",
        informed=frozenset(ConsentPoint),
    )
    return official


@pytest.fixture
def backup(tmp_path: Path, phone_at: Callable[..., Path]) -> Path:
    """Give a healthy synthetic backup."""
    return phone_at(tmp_path / "evidence" / "phone", seed=1)


@pytest.fixture
def add_phone(tmp_path: Path, desk: Desk, phone_at: Callable[..., Path]) -> Callable[..., str]:
    """Give a function that builds a phone, registers it for an official and returns the acquisition's id."""

    def add(official: str = "O-0001", *, seed: int = 1, **wish: object) -> str:
        path = phone_at(tmp_path / "evidence" / f"phone-{official}-{seed}", seed=seed)
        outcome = acquisitions.add(desk, path, acquisitions.Registration(official=official, **wish))  # type: ignore[arg-type]  # as the test says
        return str(outcome.json["acquisition"]["id"])

    return add


@pytest.fixture
def join(desk: Desk) -> Callable[..., str]:
    """Give a function that adds an official who consented and returns the id."""

    def added(name: str, *groups: str, **changes: object) -> str:
        return enrol(desk, name, *groups, **changes)

    return added


@pytest.fixture
def found() -> Callable[..., EngineResult]:
    """Give a function that returns the result of a scan that examined all and raised one alert, the match changed."""

    def raised(**changes: object) -> EngineResult:
        return full(replace(MATCH, **changes))  # type: ignore[arg-type]  # as the test says

    return raised
