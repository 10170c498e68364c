"""Scans as whole verbs, from the consent gate to the stored findings."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.engine.job import Secret
from mvtcase.errors import (
    ConsentMissingError,
    EvidenceAlteredError,
    IndicatorCountError,
    IndicatorSetMissingError,
    InputError,
    NoSandboxError,
    PasswordError,
)
from mvtcase.model import Completeness, EvidenceKind, Gap, ModuleOutcome, Status
from mvtcase.phones.encrypted import encrypt_ios_backup
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.store import queries
from mvtcase.wording import do, why
from mvtcase.workflow import acquisitions, consents, custody, findings, officials, rechecks, scans, status
from mvtcase.workflow.desk import OutcomeStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.flow.conftest import FakeEngine

    from mvtcase.engine.job import ScanJob
    from mvtcase.workflow.desk import Desk


def _status(desk: Desk) -> list[str]:
    data: Any = status.status(desk).json
    return [one["status"] for one in data["officials"]]


def _scans(outcome: Any) -> list[dict[str, Any]]:  # the contract's JSON
    return list(outcome.json["scans"])


def test_a_fully_examined_phone_without_findings_has_no_trace(desk: Desk, add_phone: Callable[..., str]) -> None:
    """The whole way: registered, scanned, stored, counted."""
    add_phone()
    outcome = scans.run(desk, scans.Request())
    (scan,) = _scans(outcome)
    assert outcome.status is OutcomeStatus.SUCCESS
    assert (scan["status"], scan["completeness"], scan["indicators_loaded"]) == ("no_trace", "full", 2 + _builtin(desk))
    assert scan["alerts"] == {"CRITICAL": 0, "HIGH": 0, "MEDIUM": 0, "LOW": 0, "INFORMATIONAL": 0}
    assert _status(desk) == [Status.NO_TRACE]
    custody.verify(desk)


def test_drift_is_said_when_the_scan_is_done(desk: Desk, add_phone: Callable[..., str], engine: FakeEngine) -> None:
    """Among a scan's limits nobody would read what only makers of readers can use; it makes no gap."""
    add_phone()
    told = [why("drift", file=name, what="unknown name") for name in ("a", "b")]
    engine.answer = replace(engine.answer, limitations=tuple(told))
    outcome = scans.run(desk, scans.Request())
    assert outcome.status is OutcomeStatus.SUCCESS
    (told_at_once,) = (str(each) for each in outcome.messages if "no reader here knows" in str(each))
    assert told_at_once.startswith("S-0001: things that no reader here knows: 2.")
    assert "scan show S-0001" in told_at_once


def _builtin(desk: Desk) -> int:
    return sum(each.usable for each in desk.library.list_sets() if each.built_in)


def test_only_the_sets_named_are_compared(desk: Desk, add_phone: Callable[..., str], engine: FakeEngine) -> None:
    """The worker is told how many indicators to expect of just those sets."""
    add_phone()
    (scan,) = _scans(scans.run(desk, scans.Request(sets=("tiny",))))
    assert [each["name"] for each in scan["sets"]] == ["tiny"]
    assert engine.scans[0].expected_indicators == 2
    with pytest.raises(IndicatorSetMissingError):
        scans.run(desk, scans.Request(sets=("no-such-set",)))


def test_scanning_twice_gives_the_same_findings_and_no_duplicates(
    desk: Desk,
    add_phone: Callable[..., str],
    engine: FakeEngine,
    match: Any,  # a fixture
) -> None:
    """A finding's identity survives a re-scan; both scans' alerts stay."""
    engine.answer = match
    added = add_phone()
    first = _scans(scans.run(desk, scans.Request(acquisitions=(added,))))[0]
    second = _scans(scans.run(desk, scans.Request(acquisitions=(added,))))[0]
    assert first["findings"] == second["findings"] != []
    listed: Any = findings.list_findings(desk).json["findings"]
    assert len(listed) == 1
    assert listed[0]["alerts"] == 2
    assert _status(desk) == [Status.INDICATOR_MATCH]


def test_without_consent_nothing_runs(desk: Desk, add_phone: Callable[..., str], engine: FakeEngine) -> None:
    """The gate stands before the worker, and leaves no scan behind."""
    official: Any = officials.add(desk, officials.Person(role="Envoy")).json["official"]
    added = add_phone(official["id"], seed=2)
    with pytest.raises(ConsentMissingError):
        scans.run(desk, scans.Request(acquisitions=(added,)))
    assert engine.scans == []
    assert _scans(scans.list_scans(desk)) == []


def test_withdrawal_stops_the_next_scan(desk: Desk, add_phone: Callable[..., str]) -> None:
    """What was allowed yesterday is not today."""
    added = add_phone()
    consents.withdraw(desk, "O-0001")
    outcome = None
    with pytest.raises(Exception, match="withdrew"):
        outcome = scans.run(desk, scans.Request(acquisitions=(added,)))
    assert outcome is None


def test_one_bad_phone_never_stops_the_batch_and_is_named(desk: Desk, add_phone: Callable[..., str]) -> None:
    """The others are scanned, the summary says which was not and why."""
    add_phone(seed=1)
    altered = add_phone(seed=2)
    with desk.open_case() as store:
        (Path(queries.acquisition(store, altered).path) / "Info.plist").write_bytes(b"changed")
    outcome = scans.run(desk, scans.Request(everything=True, jobs=2))
    assert [scan["acquisition"] for scan in _scans(outcome)] == ["A-0001"]
    assert outcome.status is OutcomeStatus.PARTIAL
    assert altered in outcome.messages[0]
    assert _status(desk) == [Status.INCONCLUSIVE]


@pytest.mark.parametrize("second_reader", [True, False])
def test_altered_evidence_is_refused(
    second_reader: Any, desk: Desk, add_phone: Callable[..., str], engine: FakeEngine
) -> None:
    """One changed byte, and nothing counts: where every file is read the scan fails, else the engine sees none."""
    added = add_phone()
    with desk.open_case() as store:
        path = Path(queries.acquisition(store, added).path)
    victim = path / "Info.plist"
    data = bytearray(victim.read_bytes())
    data[-1] ^= 1
    victim.write_bytes(bytes(data))
    with pytest.raises(EvidenceAlteredError, match=r"Info\.plist"):
        scans.run(desk, scans.Request(acquisitions=(added,), sweep=second_reader))
    assert len(engine.scans) == second_reader
    failed = _scans(scans.list_scans(desk))
    assert [(each["state"], each["completeness"], each["modules"]) for each in failed] == [
        ("failed", "blind", [])
    ] * second_reader
    assert _status(desk) == [Status.NOT_EXAMINED]
    with desk.open_case() as store:
        assert not any(store.folder.results(each["id"]).exists() for each in failed)


def test_a_file_more_or_of_another_size_is_seen_before_anything_is_read(
    desk: Desk, add_phone: Callable[..., str], engine: FakeEngine
) -> None:
    """Names and sizes are compared first: nobody waits an hour for that."""
    added = add_phone()
    with desk.open_case() as store:
        (Path(queries.acquisition(store, added).path) / "more.txt").write_bytes(b"")
    with pytest.raises(EvidenceAlteredError, match=r"more\.txt"):
        scans.run(desk, scans.Request(acquisitions=(added,)))
    assert engine.scans == []


def test_an_engine_error_fails_the_scan_and_says_why(
    desk: Desk, add_phone: Callable[..., str], engine: FakeEngine
) -> None:
    """A failed scan examined nothing, and the status says so."""

    def refuse(job: ScanJob) -> None:
        raise IndicatorCountError("The worker loaded 0 of 2 indicators.")

    engine.before = refuse
    added = add_phone()
    with pytest.raises(IndicatorCountError):
        scans.run(desk, scans.Request(acquisitions=(added,)))
    (scan,) = _scans(scans.list_scans(desk))
    assert (scan["state"], scan["completeness"]) == ("failed", "blind")
    assert "0 of 2" in scan["error"]
    assert _status(desk) == [Status.NOT_EXAMINED]


def test_a_failed_scan_after_a_good_one_changes_nothing(
    desk: Desk, add_phone: Callable[..., str], engine: FakeEngine
) -> None:
    """It can neither improve nor spoil what was examined before."""
    added = add_phone()
    scans.run(desk, scans.Request(acquisitions=(added,)))

    def refuse(job: ScanJob) -> None:
        raise IndicatorCountError("no")

    engine.before = refuse
    with pytest.raises(IndicatorCountError):
        scans.run(desk, scans.Request(acquisitions=(added,)))
    assert _status(desk) == [Status.NO_TRACE]


@pytest.mark.parametrize("completeness", [Completeness.PARTIAL, Completeness.BLIND])
def test_gaps_make_the_status_inconclusive(
    desk: Desk, add_phone: Callable[..., str], engine: FakeEngine, completeness: Completeness
) -> None:
    """Nothing found in half of it is no statement."""
    gap = Gap(module="sms", outcome=ModuleOutcome.DAMAGED, reason="sms.db is damaged")
    engine.answer = replace(engine.answer, completeness=completeness, gaps=(gap,))
    add_phone()
    outcome = scans.run(desk, scans.Request())
    assert outcome.status is OutcomeStatus.PARTIAL
    (told,) = _scans(outcome)[0]["gaps"]
    assert (told["module"], told["outcome"], told["reason"]) == ("sms", "damaged", "sms.db is damaged")
    assert _status(desk) == [Status.INCONCLUSIVE]


def test_all_does_only_what_is_missing(desk: Desk, add_phone: Callable[..., str], engine: FakeEngine) -> None:
    """Started again, the batch goes on where it stopped; another choice of sets is another scan."""
    add_phone(seed=1)
    scans.run(desk, scans.Request(everything=True))
    add_phone(seed=2)
    second = scans.run(desk, scans.Request(everything=True))
    assert [scan["acquisition"] for scan in _scans(second)] == ["A-0002"]
    assert "Nothing to do" in scans.run(desk, scans.Request(everything=True)).messages[0]
    assert len(_scans(scans.run(desk, scans.Request(everything=True, sets=("tiny",))))) == 2
    assert len(engine.scans) == 4


def test_several_acquisitions_are_never_guessed_between(desk: Desk, add_phone: Callable[..., str]) -> None:
    """Without a choice the error says how to make one."""
    add_phone(seed=1)
    add_phone(seed=2)
    with pytest.raises(InputError) as caught:
        scans.run(desk, scans.Request())
    assert caught.value.hint.steps[0] == do(all=True)
    with pytest.raises(InputError, match="no acquisition of device"):
        scans.run(desk, scans.Request(device="D-0099"))


def test_links_in_the_evidence_are_a_gap(desk: Desk, backup: Path) -> None:
    """What is never followed was not examined, so the result cannot be full."""
    (backup / "aa").mkdir(exist_ok=True)
    (backup / "aa" / "link").symlink_to("/etc/passwd")
    acquisitions.add(desk, backup, acquisitions.Registration(official="O-0001"))
    (scan,) = _scans(scans.run(desk, scans.Request()))
    assert scan["completeness"] == "partial"
    assert "link" in scan["gaps"][0]["reason"]


def test_the_evidence_is_never_written_to(desk: Desk, backup: Path) -> None:
    """Names, bytes and mtimes are as before."""

    def look() -> list[tuple[str, int, bytes]]:
        files = sorted(each for each in backup.rglob("*") if each.is_file())
        return [(str(each), each.stat().st_mtime_ns, each.read_bytes()) for each in files]

    before = look()
    acquisitions.add(desk, backup, acquisitions.Registration(official="O-0001"))
    scans.run(desk, scans.Request())
    assert look() == before


def test_an_encrypted_backup_without_a_password_is_refused_and_with_one_is_decrypted(
    desk: Desk, backup: Path, tmp_path: Path, engine: FakeEngine
) -> None:
    """The password reaches the decrypt job and no file, row or log."""
    locked = encrypt_ios_backup(backup, tmp_path / "locked", "xyzzy-secret")
    path = getattr(locked, "path", None) or tmp_path / "locked"
    acquisitions.add(desk, path, acquisitions.Registration(official="O-0001"))
    with pytest.raises(PasswordError):
        scans.run(desk, scans.Request())
    (scan,) = _scans(scans.run(desk, scans.Request(ask_password=lambda _: Secret(value="xyzzy-secret"))))
    assert scan["kind"] == EvidenceKind.IOS_BACKUP_ENCRYPTED
    assert engine.decrypts[0].password == Secret(value="xyzzy-secret")
    assert engine.scans[0].kind is EvidenceKind.IOS_BACKUP_ENCRYPTED
    assert "xyzzy" not in repr(engine.decrypts[0])
    for folder, _, names in os.walk(desk.workspace.path):
        for name in names:
            assert b"xyzzy" not in (Path(folder) / name).read_bytes()
    assert list((desk.case_folder().working).iterdir()) == []


def test_stopping_a_batch_leaves_it_to_go_on(desk: Desk, add_phone: Callable[..., str], engine: FakeEngine) -> None:
    """Ctrl-C in one phone: its scan is interrupted, the rest waits, and the next call does what is missing."""
    for seed in (1, 2, 3):
        add_phone(seed=seed)

    def interrupt(job: ScanJob) -> None:
        raise KeyboardInterrupt

    engine.before = interrupt
    with pytest.raises(KeyboardInterrupt):
        scans.run(desk, scans.Request(everything=True, jobs=1))
    engine.before = lambda _job: None
    outcome = scans.run(desk, scans.Request(everything=True))
    assert {scan["acquisition"] for scan in _scans(outcome)} == {"A-0001", "A-0002", "A-0003"}
    states = [scan["state"] for scan in _scans(scans.list_scans(desk))]
    assert states.count("finished") == 3
    assert "running" not in states
    custody.verify(desk)


def test_indicators_that_fit_nothing_on_the_phone_examine_nothing(desk: Desk, add_phone: Callable[..., str]) -> None:
    """A set of Android property names alone cannot clear an iPhone."""
    desk.library.import_bytes(b"ro.evil\nro.bad\n", "props.txt", name="props", kind="android_property_names")
    add_phone()
    (scan,) = _scans(scans.run(desk, scans.Request(sets=("props",))))
    assert scan["completeness"] == "blind"
    assert "android_property_names" in scan["gaps"][-1]["reason"]
    assert _status(desk) == [Status.INCONCLUSIVE]


@pytest.mark.parametrize("passwords_differ", [False, True])
def test_a_phones_second_backup_is_tried_with_the_key_of_the_first(
    desk: Desk,
    tmp_path: Path,
    engine: FakeEngine,
    passwords_differ: bool,  # noqa: FBT001  # a parametrised case
) -> None:
    """The key is derived once in a batch; where it does not fit, the backup's own password is used."""
    for number, messages in enumerate((10, 20)):
        plain = build_ios_backup(tmp_path / f"plain-{number}", IosPhone(seed=5, messages=messages)).path
        locked = encrypt_ios_backup(plain, tmp_path / f"locked-{number}", "xyzzy")
        acquisitions.add(desk, locked, acquisitions.Registration(official="O-0001"))
    engine.refuse_decryption = lambda job: passwords_differ and job.key is not None
    outcome = scans.run(desk, scans.Request(everything=True, jobs=1, password=Secret(value="xyzzy")))
    assert [scan["state"] for scan in _scans(outcome)] == ["finished", "finished"]
    assert [job.key is not None for job in engine.decrypts] == [False, True, False][: 3 if passwords_differ else 2]
    assert all((job.key is None) != (job.password is None) for job in engine.decrypts)


@pytest.mark.parametrize(("typed", "state"), [(("wrong", "xyzzy"), "finished"), (("a", "b", "c", "xyzzy"), "failed")])
def test_a_wrong_password_is_asked_for_again_three_times_in_all(
    desk: Desk, tmp_path: Path, engine: FakeEngine, typed: tuple[str, ...], state: str
) -> None:
    """As long as somebody can be asked; then the scan says what it lacked."""
    plain = build_ios_backup(tmp_path / "plain", IosPhone(seed=5, messages=2)).path
    locked = encrypt_ios_backup(plain, tmp_path / "locked", "xyzzy")
    acquisitions.add(desk, locked, acquisitions.Registration(official="O-0001"))
    waiting = list(typed)
    engine.refuse_decryption = lambda job: job.password != Secret(value="xyzzy")
    with contextlib.suppress(PasswordError):
        scans.run(desk, scans.Request(ask_password=lambda _: Secret(value=waiting.pop(0))))
    listed: Any = scans.list_scans(desk).json
    assert [each["state"] for each in listed["scans"]] == [state]
    assert len(engine.decrypts) == min(len(typed), 3)


def test_without_the_sweep_nobody_is_told_that_no_trace_was_found(desk: Desk, add_phone: Callable[..., str]) -> None:
    """What MVT is known to look past was not searched either, and the gap says so."""
    add_phone()
    (scan,) = _scans(scans.run(desk, scans.Request(sweep=False)))
    assert scan["completeness"] == "partial"
    assert scan["gaps"][-1]["module"] == "sweep"
    assert _status(desk) == [Status.INCONCLUSIVE]


def test_without_a_sandbox_a_scan_asks(desk: Desk, add_phone: Callable[..., str]) -> None:
    """Hostile evidence is not read unconfined unless the examiner says so; the step to take is named."""
    add_phone()
    bare = replace(desk, sandbox=lambda: "none")
    with pytest.raises(NoSandboxError) as caught:
        scans.run(bare, scans.Request())
    with pytest.raises(NoSandboxError):
        rechecks.run(bare, rechecks.Request(everything=True))
    assert caught.value.hint.steps[0].options == {"unsandboxed": True}
    assert scans.list_scans(desk).data.scans == ()
    scans.run(replace(bare, unsandboxed=True), scans.Request())
    assert len(scans.list_scans(desk).data.scans) == 1


def test_what_a_killed_verb_left_goes_with_the_next_one(desk: Desk) -> None:
    """Any verb wipes it, and nothing in it was ever readable for others."""
    working = desk.case_folder().working
    left = working / "work-0192"
    left.mkdir(mode=0o700)
    (left / "case.sqlite").write_bytes(b"names")
    status.status(desk)
    assert list(working.iterdir()) == []
