"""Rechecks: they add findings, and never make anything look better examined than it was."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.engine.events import Ledger
from mvtcase.errors import IndicatorCountError, IndicatorSetMissingError, InputError, NotFoundError, StoreError
from mvtcase.model import AcquisitionState, Completeness, EvidenceKind, Gap, ModuleOutcome
from mvtcase.store import queries
from mvtcase.workflow import acquisitions, cases, custody, findings, iocs, rechecks, recording, scans, status
from mvtcase.workflow.desk import OutcomeStatus
from mvtcase.workflow.joins import Joiner

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.flow.conftest import FakeEngine

    from mvtcase.engine.job import EngineResult
    from mvtcase.workflow.desk import Desk
    from mvtcase.workflow.desk import Outcome as VerbOutcome
    from mvtcase.workflow.payloads import Rechecks

GAP = Gap(module="sms", outcome=ModuleOutcome.DAMAGED, reason="sms.db is damaged")


def _run(desk: Desk, named: Sequence[str] = (), **more: Any) -> VerbOutcome[Rechecks]:
    return rechecks.run(desk, rechecks.Request(scans=tuple(named), **more))


def _scans(outcome: Any) -> list[dict[str, Any]]:
    return list(outcome.json["scans"])


def _device(desk: Desk) -> dict[str, Any]:
    data: Any = status.status(desk).json
    return dict(data["officials"][0]["devices"][0])


def _newer_set(desk: Desk) -> None:
    desk.library.import_bytes(b"bh\nroleaboutd\nfmld\n", "tiny.txt", name="tiny", kind="processes")


@pytest.fixture
def scanned(desk: Desk, add_phone: Callable[..., str]) -> Desk:
    """Give a desk whose one phone was examined in full and showed nothing."""
    add_phone()
    scans.run(desk, scans.Request())
    return desk


def test_a_newer_set_makes_a_result_stale_and_a_recheck_makes_it_fresh(scanned: Desk) -> None:
    """Until then nothing can be said; afterwards what was said holds for the newer set too."""
    assert _device(scanned)["status"] == "no_trace"
    _newer_set(scanned)
    (stale,) = _device(scanned)["stale"]
    assert (stale["what"], stale["remedy"], _device(scanned)["status"]) == (
        "indicator set tiny",
        "recheck",
        "inconclusive",
    )
    (recheck,) = _scans(_run(scanned, everything=True))
    assert (recheck["recheck_of"], recheck["state"]) == ("S-0001", "finished")
    assert (_device(scanned)["status"], _device(scanned)["stale"]) == ("no_trace", [])
    assert _device(scanned)["last_scan"] == "S-0001"
    custody.verify(scanned)


def test_an_import_says_which_cases_became_stale_and_what_to_do(scanned: Desk, tmp_path: Path) -> None:
    """Any new set does, also one that no scan used before; the step clears it, and the file alone knows too."""
    path = tmp_path / "other.txt"
    path.write_text("otherd\n", "utf-8")
    told = iocs.import_files(scanned, [path], kind="processes").messages
    assert any("line-2021: 1 phone was" in message and "recheck run" in message for message in told)
    assert _device(scanned)["recheck_due"] == {"sets": 1, "indicators": 1}
    assert _device(scanned)["status"] == "inconclusive"
    assert any("recheck run" in message for message in status.status(scanned).messages)
    assert _viewed(scanned) == "inconclusive"
    _run(scanned, everything=True)
    assert (_device(scanned)["status"], _device(scanned)["recheck_due"]) == ("no_trace", None)
    assert "other" in {each["name"] for each in _device(scanned)["compared"]}
    assert _viewed(scanned) == "no_trace"
    custody.verify(scanned)


def _viewed(desk: Desk) -> str:
    with desk.open_case() as store:
        return str(next(iter(store.rows("SELECT status FROM device_status")))["status"])


def test_a_case_held_to_its_sets_misses_no_others(scanned: Desk, tmp_path: Path) -> None:
    """Until it is held to every active one again; scans that name none use its sets."""
    cases.hold_to(scanned, ("tiny",))
    path = tmp_path / "other.txt"
    path.write_text("otherd\n", "utf-8")
    assert iocs.import_files(scanned, [path], kind="processes").messages == ()
    assert (_device(scanned)["status"], _viewed(scanned)) == ("no_trace", "no_trace")
    scans.run(scanned, scans.Request(acquisitions=("A-0001",)))
    assert [each["name"] for each in _device(scanned)["compared"]] == ["tiny"]
    cases.hold_to(scanned, None, every=True)
    assert (_device(scanned)["status"], _viewed(scanned)) == ("inconclusive", "inconclusive")
    with pytest.raises(IndicatorSetMissingError):
        cases.hold_to(scanned, ("never heard of",))
    for both in ({"names": None}, {"names": ("tiny",), "every": True}):
        with pytest.raises(InputError):
            cases.hold_to(scanned, **both)


def test_a_recheck_with_other_sets_leaves_the_result_stale(scanned: Desk) -> None:
    """Only what was compared is fresh."""
    _newer_set(scanned)
    (builtin,) = [each.name for each in scanned.library.list_sets() if each.built_in][:1]
    _run(scanned, ["S-0001"], sets=(builtin,))
    assert _device(scanned)["status"] == "inconclusive"


def test_a_blind_recheck_leaves_the_result_stale(scanned: Desk, engine: FakeEngine) -> None:
    """It compared nothing."""
    _newer_set(scanned)
    engine.answer = replace(engine.answer, completeness=Completeness.BLIND, gaps=(GAP,))
    assert _run(scanned, everything=True).status is OutcomeStatus.PARTIAL
    assert _device(scanned)["status"] == "inconclusive"


def test_a_recheck_adds_findings(scanned: Desk, engine: FakeEngine, match: EngineResult) -> None:
    """What a newer set knows is found without the phone."""
    engine.answer = match
    (recheck,) = _scans(_run(scanned, ["S-0001"]))
    assert len(recheck["findings"]) == 1
    assert _device(scanned)["status"] == "indicator_match"
    listed: Any = findings.list_findings(scanned).json["findings"]
    assert [each["first_scan"] for each in listed] == ["S-0002"]


@pytest.mark.parametrize("completeness", [Completeness.PARTIAL, Completeness.BLIND])
def test_a_full_recheck_never_improves_a_completeness(
    desk: Desk, add_phone: Callable[..., str], engine: FakeEngine, completeness: Completeness
) -> None:
    """What was not examined then is not examined now."""
    full = engine.answer
    engine.answer = replace(full, completeness=completeness, gaps=(GAP,))
    add_phone()
    scans.run(desk, scans.Request())
    engine.answer = full
    _run(desk, ["S-0001"])
    assert (_device(desk)["status"], _device(desk)["completeness"]) == ("inconclusive", completeness)
    assert [each["module"] for each in _device(desk)["gaps"]] == ["sms"]


def test_what_cannot_be_rechecked_is_named_and_stops_no_other(
    desk: Desk, add_phone: Callable[..., str], engine: FakeEngine
) -> None:
    """A recheck itself, a scan that failed, and after them one that can be."""
    for seed in (1, 2):
        add_phone(seed=seed)
    scans.run(desk, scans.Request(acquisitions=("A-0001",)))

    def refuse(job: object) -> None:
        raise IndicatorCountError("no")

    engine.before = refuse
    with pytest.raises(IndicatorCountError):
        scans.run(desk, scans.Request(acquisitions=("A-0002",)))
    first = _scans(_run(desk, ["S-0001"]))[0]["id"]
    outcome = _run(desk, [first, "S-0002", "S-0001"])
    assert [each["recheck_of"] for each in _scans(outcome)] == ["S-0001"]
    assert outcome.status is OutcomeStatus.PARTIAL
    assert [str(message).split()[0] for message in outcome.messages[:2]] == [first, "S-0002"]
    assert [each["id"] for each in _scans(rechecks.list_rechecks(desk))] == ["S-0003", "S-0004"]


@pytest.mark.parametrize("trouble", [IndicatorCountError("no"), OSError(28, "No space left on device")])
def test_a_recheck_that_fails_is_written_down(
    scanned: Desk, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    """As failed, with the reason, and it makes nothing fresh."""
    _newer_set(scanned)

    def refuse(job: object, *, on_event: object) -> EngineResult:
        raise trouble

    monkeypatch.setattr(engine, "run_recheck", refuse)
    outcome = _run(scanned, everything=True)
    assert _scans(outcome) == []
    assert str(trouble.args[-1]) in outcome.messages[0]
    (recheck,) = _scans(rechecks.list_rechecks(scanned))
    assert (recheck["state"], recheck["completeness"]) == ("failed", "blind")
    assert _device(scanned)["status"] == "inconclusive"


def test_scans_must_be_named_and_known(scanned: Desk, engine: FakeEngine) -> None:
    """Nothing is guessed, and set-aside acquisitions are passed over."""
    with pytest.raises(InputError):
        _run(scanned)
    with pytest.raises(NotFoundError):
        _run(scanned, ["S-0009"])
    acquisitions.set_aside(scanned, "A-0001", state=AcquisitionState.SET_ASIDE, reason="wrong phone")
    assert _scans(_run(scanned, everything=True)) == []
    assert engine.rechecks == []


def test_the_latest_scan_is_rechecked_from_its_own_results(scanned: Desk, engine: FakeEngine) -> None:
    """A newer scan replaces an older one as the one to go back to."""
    scans.run(scanned, scans.Request(acquisitions=("A-0001",)))
    _run(scanned, everything=True)
    (job,) = engine.rechecks
    folder = scanned.case_folder()
    assert (job.results, job.out) == (folder.results("S-0002"), folder.results("S-0003"))
    assert job.kind is EvidenceKind.IOS_BACKUP


def test_a_recheck_ends_with_what_is_new_what_was_known_and_what_was_not_compared(
    scanned: Desk, engine: FakeEngine, match: EngineResult
) -> None:
    """Three lists: a finding is new once, known the second time, and a gap is named."""
    engine.answer = match
    first: Any = _run(scanned, ["S-0001"]).json
    assert (len(first["newly_matching"]), first["explained"], first["not_compared"]) == (1, [], [])
    engine.answer = replace(match, gaps=(GAP,))
    again = _run(scanned, ["S-0001"])
    second: Any = again.json
    assert (second["newly_matching"], second["explained"]) == ([], first["newly_matching"])
    assert second["not_compared"] == ["S-0003"]
    assert "Newly matching: 0. Known before: 1." in str(again.messages[-1])


def test_a_batch_goes_on_where_it_was_stopped(desk: Desk, add_phone: Callable[..., str], engine: FakeEngine) -> None:
    """What was rechecked with these sets is passed over; with the evidence, a recheck with gaps is done again."""
    for seed in (1, 2):
        add_phone(seed=seed)
    scans.run(desk, scans.Request(everything=True))
    _newer_set(desk)
    engine.answer = replace(engine.answer, gaps=(GAP,))
    _run(desk, ["S-0001"])
    assert [each["recheck_of"] for each in _scans(_run(desk, everything=True))] == ["S-0002"]
    assert _scans(_run(desk, everything=True)) == []
    again = _scans(_run(desk, everything=True, with_evidence=True))
    assert [each["recheck_of"] for each in again] == ["S-0001", "S-0002"]


def test_answers_that_need_no_replay_are_filed_together(
    desk: Desk, add_phone: Callable[..., str], engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that cannot be filed is left to a replay, and stops no other."""
    for seed in (1, 2, 3):
        add_phone(seed=seed)
    scans.run(desk, scans.Request(everything=True))
    _newer_set(desk)
    monkeypatch.setattr(Joiner, "answer", lambda *_: Ledger(command="joined", done=True))

    def record(desk: Desk, store: Any, scan: str, result: Any, **more: Any) -> None:
        if queries.scan(store, scan).recheck_of == "S-0002" and result.command == "joined, stored results searched":
            raise StoreError("no room")
        recording.record(desk, store, scan, result, **more)

    monkeypatch.setattr(rechecks, "record", record)
    done = _scans(_run(desk, everything=True))
    assert sorted((each["recheck_of"], each["command"].startswith("joined")) for each in done) == [
        ("S-0001", True),
        ("S-0002", False),
        ("S-0003", True),
    ]
    assert len(engine.rechecks) == 1
    custody.verify(desk)


def test_evidence_at_hand_is_given_to_the_recheck_only_when_asked_for(scanned: Desk, engine: FakeEngine) -> None:
    """It is staged as for a scan, and compared with its manifest first."""
    _run(scanned, ["S-0001"])
    assert engine.rechecks[-1].evidence is None
    _run(scanned, ["S-0001"], with_evidence=True)
    assert engine.rechecks[-1].evidence is not None


def test_nobody_named_is_said_once_and_before_anything_runs(scanned: Desk, engine: FakeEngine) -> None:
    """Whoever forgot a name is asked for it once, not once for each phone."""
    before = len(engine.rechecks)
    with pytest.raises(InputError, match="Nobody is named"):
        rechecks.run(replace(scanned, examiner=""), rechecks.Request(everything=True))
    assert len(engine.rechecks) == before
