"""The command line in this process, at a fresh workspace, with a fake engine behind it."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.cli import app
from mvtcase.engine.job import DecryptResult, EngineResult
from mvtcase.model import Completeness, Gap, IndicatorRef, Level, ModuleOutcome, ModuleRun, RawAlert
from mvtcase.workflow import control
from mvtcase.workflow.desk import RealEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mvtcase.engine.job import DecryptJob, ScanJob

INFORMED = ("--informed", "nature,privacy,retention,disposal")
HOSTILE = (
    "<script>alert(1)</script> =HYPERLINK(1) \x1b[31mred\x1b[0m \x1b]0;title\x07 \u202egpj.exe [red]x[/red] \r\n\x00"
)
"""Text that would steer a browser, a spreadsheet, a terminal, a reader's eye, or rich."""


@dataclass
class FakeEngine:
    """An engine that answers what it was told to and remembers what it was asked."""

    answer: EngineResult
    scans: list[ScanJob] = field(default_factory=list)
    decrypts: list[DecryptJob] = field(default_factory=list)

    def run(self, job: Any, *, on_event: object) -> EngineResult:
        """Answer."""
        self.scans.append(job)
        return replace(self.answer, indicators_loaded=job.expected_indicators)

    def decrypt(self, job: DecryptJob, *, on_event: object) -> DecryptResult:
        """Make the folder a decryption would have made."""
        self.decrypts.append(job)
        job.target.mkdir()
        return DecryptResult(files=1)


@dataclass(frozen=True)
class Reply:
    """What one call gave."""

    code: int
    out: str
    err: str

    @property
    def envelope(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        return dict(json.loads(self.out))

    @property
    def data(self) -> dict[str, Any]:
        """The envelope's data."""
        return dict(self.envelope["data"])


def fake_result(*alerts: RawAlert, gaps: tuple[Gap, ...] = ()) -> EngineResult:
    """Return the result of a scan that raised these alerts and has these gaps."""
    run = ModuleRun(module="SMS", slug="sms", origin="mvt", part="backup", outcome=ModuleOutcome.CHECKED, records=5)
    return EngineResult(
        finished=True,
        completeness=Completeness.PARTIAL if gaps else Completeness.FULL,
        modules=(run, replace(run, module="Datausage", slug="datausage")),
        alerts=alerts,
        gaps=gaps,
        tools={"mvt": "2026.10.26"},
        sandbox="fake",
        command="mvt-ios check-backup",
    )


@pytest.fixture(scope="session")
def hostile_alert() -> RawAlert:
    """Give an alert whose every text is hostile."""
    return RawAlert(
        module="sms",
        level=Level.CRITICAL,
        message=HOSTILE,
        event_time="",
        event={"text": HOSTILE, HOSTILE: [HOSTILE]},
        indicator=IndicatorRef(value=f"evil.example/{HOSTILE}", type="domains", family=HOSTILE, set="tiny"),
    )


@pytest.fixture(scope="session")
def hostile() -> str:
    """Give the hostile text."""
    return HOSTILE


@pytest.fixture(scope="session")
def result() -> Callable[..., EngineResult]:
    """Give the function that makes an engine's result."""
    return fake_result


def call(*arguments: object) -> Reply:
    """Run one call in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = app.run([str(each) for each in arguments])
    return Reply(code=code, out=out.getvalue(), err=err.getvalue())


@pytest.fixture(scope="session")
def run() -> Callable[..., Reply]:
    """Give the function that runs one call."""
    return call


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    """Give a monkeypatch that lasts for a module."""
    with pytest.MonkeyPatch.context() as patching:
        yield patching


@pytest.fixture(scope="module")
def engine(patch: pytest.MonkeyPatch) -> FakeEngine:
    """Put a fake engine behind the command line; the control counts as passed."""
    fake = FakeEngine(answer=fake_result())
    patch.setattr(RealEngine, "run_scan", staticmethod(fake.run))
    patch.setattr(RealEngine, "run_recheck", staticmethod(fake.run))
    patch.setattr(RealEngine, "run_decrypt", staticmethod(fake.decrypt))
    patch.setattr(control, "_remembered", lambda *_args: "2026-11-24T00:00:00.000000Z")
    return fake


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, patch: pytest.MonkeyPatch, engine: FakeEngine) -> Path:
    """Give a folder to work in, with an environment in which nobody has set anything but the examiner."""
    folder = tmp_path_factory.mktemp("cli")
    patch.chdir(folder)
    for name in ("MVTCASE_WORKSPACE", "MVTCASE_CASE", "COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        patch.delenv(name, raising=False)
    patch.setenv("MVTCASE_SETTINGS", str(folder / "settings.toml"))
    patch.setenv("MVTCASE_EXAMINER", "Ada")
    return folder


@pytest.fixture(scope="module")
def backup(place: Path, phone_at: Callable[..., Path]) -> Path:
    """Give a healthy synthetic backup."""
    return phone_at(place / "evidence" / "phone", seed=1, messages=2)


@pytest.fixture(scope="module")
def case(place: Path, backup: Path) -> Path:
    """Give a workspace with a case, a group, an official who consented and a registered phone, made by the verbs."""
    for arguments in (
        ("init", "work"),
        ("-w", "work", "case", "new", "LINE 2021"),
        ("-w", "work", "group", "add", "Legislature"),
        ("-w", "work", "official", "add", "--name", "Aldith Fernvale", "--role", "Member", "--group", "Legislature"),
        ("-w", "work", "consent", "record", "O-0001", "--by", "Aldith Fernvale", "--scope", "phone", *INFORMED),
        ("-w", "work", "acquisition", "add", str(backup), "--official", "O-0001"),
    ):
        reply = call(*arguments)
        assert reply.code == 0, reply.err
    return place / "work"
