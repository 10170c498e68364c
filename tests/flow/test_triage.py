"""Triage and demo: the whole job in one call, asking for what it needs and refusing what it must."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.engine.job import Secret
from mvtcase.errors import (
    ConflictError,
    ConsentIncompleteError,
    ConsentMissingError,
    EvidenceError,
    NotFoundError,
    PasswordError,
    WorkspaceError,
)
from mvtcase.model import EvidenceKind, Status, Verdict
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.bugreport import build_bugreport
from mvtcase.phones.encrypted import encrypt_ios_backup
from mvtcase.store.folder import Workspace
from mvtcase.workflow import cases, control, custody, demo, findings, officials, triage
from mvtcase.workflow.desk import Desk, RealEngine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.flow.conftest import FakeEngine

    from mvtcase.engine.job import EngineResult, ScanJob
    from mvtcase.model import Acquisition
    from mvtcase.workflow.desk import Outcome

POINTS = "nature,privacy,retention,disposal"


@dataclass
class Keyboard:
    """A person who answers questions, and remembers them."""

    yes: tuple[bool, ...] = (True,) * 9
    words: str = "Somebody"
    password: str | None = None
    asked: list[str] = field(default_factory=list)

    def ask(self, question: str) -> str:
        """Say a word."""
        self.asked.append(question)
        return self.words

    def confirm(self, question: str) -> bool:
        """Say yes or no."""
        self.asked.append(question)
        answer, *rest = self.yes
        self.yes = tuple(rest)
        return answer

    def ask_password(self, acquisition: Acquisition) -> Secret | None:
        """Say a password or none."""
        self.asked.append(f"password of {acquisition.id}")
        return Secret(value=self.password) if self.password else None

    def person(self) -> triage.Person:
        """Return this person as triage speaks with one."""
        return triage.Person(
            ask=self.ask,
            confirm=self.confirm,
            ask_password=self.ask_password,
            on_event=lambda _acquisition, _event: None,
        )


@pytest.fixture
def here(tmp_path: Path, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty folder to work in, with the fake engine in the real one's place."""
    monkeypatch.setattr(RealEngine, "run_scan", staticmethod(engine.run_scan))
    monkeypatch.setattr(RealEngine, "run_decrypt", staticmethod(engine.run_decrypt))
    monkeypatch.setattr(control, "_remembered", lambda *_args: "2026-11-24T00:00:00.000000Z")
    monkeypatch.setenv("MVTCASE_SETTINGS", str(tmp_path / "none.toml"))
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


def _examine(
    here: Path, path: Path, keyboard: Keyboard, *, place: dict[str, Any] | None = None, **wish: Any
) -> Outcome[triage.Triaged]:
    where = triage.Place(**{"start": here, "examiner": "Ada", **(place or {})})
    return triage.examine(where, triage.Wish(path=path, formats=("json",), **wish), keyboard.person())


def _desk(outcome: Any, **more: Any) -> Desk:
    from pathlib import Path  # noqa: PLC0415  # at run time

    return Desk(workspace=Workspace(Path(outcome.json["workspace"])), examiner="Ada", **more)


def _people(desk: Desk) -> int:
    data: Any = officials.list_officials(desk).json
    return len(data["officials"])


def test_a_phone_from_nothing_to_a_status_and_a_report(here: Path, backup: Path) -> None:
    """Workspace, case, official and consent are made on the way; the questions are those of the licence."""
    keyboard = Keyboard()
    outcome = _examine(here, backup, keyboard, place={"examiner": ""})
    data: Any = outcome.json
    assert data["workspace"] == str(here / "mvtcase-work")
    assert [scan["status"] for scan in data["scans"]] == ["no_trace"]
    assert data["status"]["counts"]["no_trace"] == 1
    assert [report["format"] for report in data["reports"]] == ["json"]
    assert len([question for question in keyboard.asked if "Was the person told" in question]) == 4
    assert keyboard.asked[0].startswith("Your name")
    custody.verify(_desk(outcome))


def test_what_is_said_beforehand_is_not_asked(here: Path, backup: Path, desk: Desk) -> None:
    """An official who consented already needs no question at all."""
    keyboard = Keyboard()
    outcome = _examine(here, backup, keyboard, place={"workspace": str(desk.workspace.path)}, official="O-0001")
    assert outcome.json["official"] == "O-0001"
    assert keyboard.asked == []
    second = _examine(here, backup, Keyboard(), consent_by="Bo", informed=POINTS)
    assert _people(_desk(second)) == 1


def test_the_same_phone_again_is_the_same_official(here: Path, backup: Path) -> None:
    """Nobody is asked whose it is, and nothing is registered twice."""
    first = _examine(here, backup, Keyboard())
    keyboard = Keyboard()
    second = _examine(here, backup, keyboard)
    assert (second.json["official"], keyboard.asked) == (first.json["official"], [])
    assert _people(_desk(second)) == 1
    acquisition: Any = second.json["acquisition"]
    assert acquisition["id"] == "A-0001"


@pytest.mark.parametrize(
    ("answers", "error"),
    [((False,), ConsentMissingError), ((True, True, True, False, True), ConsentIncompleteError)],
    ids=["no consent", "not informed of retention"],
)
def test_without_consent_nothing_is_examined(
    here: Path, backup: Path, engine: FakeEngine, answers: tuple[bool, ...], error: type[Exception]
) -> None:
    """Whatever else was given beforehand."""
    with pytest.raises(error):
        _examine(here, backup, Keyboard(yes=answers))
    with pytest.raises(ConsentIncompleteError):
        _examine(here, backup, Keyboard(), consent_by="Bo", informed="nature")
    assert engine.scans == []


def test_a_mistyped_path_makes_and_asks_nothing(here: Path) -> None:
    """The folder is as it was."""
    keyboard = Keyboard()
    (here / "notes.txt").write_text("x")
    for wrong in (here / "nothing", here / "notes.txt"):
        with pytest.raises(EvidenceError, match=wrong.name):
            _examine(here, wrong, keyboard)
    assert keyboard.asked == []
    assert [each.name for each in here.iterdir()] == ["notes.txt"]


def test_places_that_were_named_must_be_there(here: Path, backup: Path, desk: Desk) -> None:
    """A workspace, case or official that was named is never made."""
    workspace = str(desk.workspace.path)
    with pytest.raises(WorkspaceError):
        _examine(here, backup, Keyboard(), place={"workspace": str(here / "none")})
    with pytest.raises(NotFoundError):
        _examine(here, backup, Keyboard(), place={"workspace": workspace, "case": "none"})
    with pytest.raises(NotFoundError):
        _examine(here, backup, Keyboard(), place={"workspace": workspace}, official="O-0099")
    assert [each.name for each in here.iterdir()] == []


def test_an_encrypted_phone_asks_for_its_password(here: Path, backup: Path, engine: FakeEngine) -> None:
    """None given, nothing examined; given, it goes to the engine."""
    locked = encrypt_ios_backup(backup, here.parent / "locked", "xyzzy")
    path = getattr(locked, "path", None) or here.parent / "locked"
    with pytest.raises(PasswordError):
        _examine(here, path, Keyboard())
    keyboard = Keyboard(password="xyzzy")
    _examine(here, path, keyboard)
    assert keyboard.asked == ["password of A-0001"]
    assert engine.decrypts[0].password == Secret(value="xyzzy")
    assert engine.scans[0].kind is EvidenceKind.IOS_BACKUP_ENCRYPTED


def test_other_kinds_of_evidence_are_examined_too(here: Path, engine: FakeEngine, tmp_path: Path) -> None:
    """The engine is told the kind."""
    path = build_bugreport(tmp_path / "bugreport.zip", AndroidPhone(seed=3)).path
    _examine(here, path, Keyboard())
    assert [str(job.kind) for job in engine.scans] == ["bugreport"]


def _play(folder: Path, **more: Any) -> tuple[Outcome[demo.Played], list[str]]:
    said: list[str] = []
    return demo.play(folder, jobs=2, on_event=lambda _who, _event: None, tell=said.append, **more), said


def test_the_demo_tells_its_story_with_any_engine(
    here: Path, engine: FakeEngine, found: Callable[..., EngineResult]
) -> None:
    """Eight people, six phones, a status for each, and it can be played again in the same place."""
    indicators = iter(range(99))

    def answer(job: ScanJob) -> None:
        first = next(indicators) == 0
        engine.answer = replace(found() if first else engine.answer, alerts=found().alerts if first else ())

    engine.before = answer
    outcome, said = _play(here / "demo")
    data: Any = outcome.json
    assert len(data["status"]["officials"]) == 8
    assert len(data["scans"]) == 6
    counts = data["status"]["counts"]
    assert sum(counts.values()) == 8
    assert counts[Status.NOT_EXAMINED] == 2
    assert said[0].startswith("Eight invented officials")
    assert any("Go on in the folder" in message for message in outcome.messages)
    verified = custody.verify(_desk(outcome))
    assert verified.json["head"] == data["custody_head"]
    assert {each["sealing"] for each in data["sealing"]["officials"]} >= {"on", "unknown"}


def test_the_demo_does_not_wipe_judgements_unasked(
    here: Path, engine: FakeEngine, found: Callable[..., EngineResult]
) -> None:
    """What somebody judged in an earlier demo goes only when that is wanted."""
    engine.answer = found()
    outcome, _ = _play(here / "demo")
    desk = _desk(outcome)
    one = findings.list_findings(desk).data.findings[0]
    findings.dispose(desk, one.id, verdict=Verdict.BENIGN, reason="tried out")
    with pytest.raises(ConflictError, match="judged"):
        _play(here / "demo")
    assert findings.show(desk, one.id).data.finding.dispositions
    _play(here / "demo", over_judgements=True)
    assert not findings.show(desk, one.id).data.finding.dispositions


def test_the_demo_replaces_only_a_demo(here: Path) -> None:
    """Whatever else is there is left alone."""
    (here / "file").write_text("mine")
    with pytest.raises(ConflictError, match="no folder"):
        _play(here / "file")
    with pytest.raises(ConflictError, match="not empty"):
        _play(here)
    assert (here / "file").read_text() == "mine"


def test_triage_finds_the_workspace_above(here: Path, backup: Path) -> None:
    """As every verb does; a case that is open there is used."""
    cases.init(here / "w")
    inside = here / "w" / "cases" / "deep"
    inside.mkdir()
    outcome = _examine(inside, backup, Keyboard())
    assert outcome.json["workspace"] == str(here / "w")
    slug: Any = cases.show(_desk(outcome)).json["case"]
    assert slug["slug"] == "triage-1"
