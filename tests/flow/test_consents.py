"""The consent gate: what allows a scan, and everything that does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.canon import sha256_bytes
from mvtcase.errors import (
    ConsentError,
    ConsentExpiredError,
    ConsentIncompleteError,
    ConsentMissingError,
    ConsentWithdrawnError,
    InputError,
    NotFoundError,
)
from mvtcase.model import ConsentMethod, ConsentPoint
from mvtcase.workflow import consents, custody, officials, rechecks, scans

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.flow.conftest import FakeEngine

    from mvtcase.workflow.desk import Desk

ALL = frozenset(ConsentPoint)


@pytest.fixture
def asked(desk: Desk) -> str:
    """Give an official of whom no consent is recorded."""
    data: Any = officials.add(desk, officials.Person(role="Envoy")).json
    return str(data["official"]["id"])


def _record(desk: Desk, official: str, *, informed: frozenset[ConsentPoint] = ALL, **more: Any) -> Any:
    return consents.record(
        desk, official, by="Bo Example", method=ConsentMethod.WRITTEN, scope="phone", informed=informed, **more
    )


def _allowed(desk: Desk, official: str) -> tuple[bool, str]:
    data: Any = consents.show(desk, official).json
    return data["scan_allowed"], data["reason"]


def _roster(desk: Desk, official: str) -> str:
    data: Any = officials.show(desk, official).json
    return str(data["official"]["roster"])


def _scan_refused(desk: Desk, acquisition: str, error: type[ConsentError]) -> None:
    with pytest.raises(error):
        scans.run(desk, scans.Request(acquisitions=(acquisition,)))


def test_without_any_consent_nothing_runs(desk: Desk, asked: str, add_phone: Callable[..., str]) -> None:
    """The reason names the data owner."""
    _scan_refused(desk, add_phone(asked), ConsentMissingError)
    assert _allowed(desk, asked) == (False, f"No consent of {asked}, the data owner, is recorded.")


@pytest.mark.parametrize("missing", list(ConsentPoint))
def test_each_of_the_four_points_is_needed(
    desk: Desk, asked: str, add_phone: Callable[..., str], missing: ConsentPoint, engine: FakeEngine
) -> None:
    """An incomplete consent is recorded, says what is missing, and allows no scan."""
    outcome = _record(desk, asked, informed=ALL - {missing})
    assert str(missing) in outcome.messages[0]
    _scan_refused(desk, add_phone(asked), ConsentIncompleteError)
    assert str(missing) in _allowed(desk, asked)[1]
    assert engine.scans == []


def test_the_newest_consent_rules(desk: Desk, asked: str) -> None:
    """It is the person's latest word, wider or narrower than the one before."""
    _record(desk, asked, informed=frozenset())
    _record(desk, asked)
    assert _allowed(desk, asked) == (True, "")
    _record(desk, asked, expires_at="2026-11-25T00:00:00.000000Z")
    later = replace(desk, clock=lambda: datetime(2026, 11, 26, tzinfo=timezone.utc))
    assert _allowed(later, asked)[0] is False
    _record(desk, asked, informed=frozenset())
    assert _allowed(desk, asked)[0] is False


def test_a_consent_that_ran_out_already_is_refused(desk: Desk, asked: str) -> None:
    """The year was mistyped, most likely; nothing is recorded."""
    with pytest.raises(InputError, match="ran out"):
        _record(desk, asked, expires_at="2025-12-01T23:59:59.000000Z")
    assert consents.show(desk, asked).data.consents == ()


@pytest.mark.parametrize(
    ("now", "allowed"),
    [("2026-12-01T23:59:58", True), ("2026-12-01T23:59:59", False), ("2026-12-02T00:00:00", False)],
)
def test_a_consent_holds_to_the_end_of_its_last_day(desk: Desk, asked: str, now: str, allowed: bool) -> None:  # noqa: FBT001  # a parametrised case
    """The last second of the day is its end, in UTC."""
    _record(desk, asked, expires_at=consents.read_date("2026-12-01", end_of_day=True))
    moment = datetime.fromisoformat(now).replace(tzinfo=timezone.utc)
    assert _allowed(replace(desk, clock=lambda: moment), asked)[0] is allowed


def test_an_expired_consent_stops_scans_and_rechecks(desk: Desk, add_phone: Callable[..., str], asked: str) -> None:
    """Stored results are the same person's data."""
    _record(desk, asked, expires_at="2026-11-25T00:00:00.000000Z")
    added = add_phone(asked)
    scans.run(desk, scans.Request(acquisitions=(added,)))
    later = replace(desk, clock=lambda: datetime(2026, 11, 26, tzinfo=timezone.utc))
    _scan_refused(later, added, ConsentExpiredError)
    outcome = rechecks.run(later, rechecks.Request(scans=("S-0001",)))
    assert outcome.json["scans"] == []
    assert "ran out" in outcome.messages[0]


def test_a_withdrawal_takes_back_every_standing_consent(desk: Desk, asked: str, add_phone: Callable[..., str]) -> None:
    """All at once, with the reason; a second withdrawal has nothing to take back."""
    _record(desk, asked)
    _record(desk, asked)
    added = add_phone(asked)
    data: Any = consents.withdraw(desk, asked, reason="changed my mind").json
    assert [each["withdrawal_reason"] for each in data["consents"]] == ["changed my mind"] * 2
    assert _roster(desk, asked) == "withdrawn"
    _scan_refused(desk, added, ConsentWithdrawnError)
    with pytest.raises(ConsentMissingError):
        consents.withdraw(desk, asked)
    custody.verify(desk)


def test_a_new_consent_after_a_withdrawal_counts(desk: Desk, asked: str) -> None:
    """The person's latest word stands, in the roster too."""
    _record(desk, asked)
    consents.withdraw(desk, asked)
    _record(desk, asked)
    assert _allowed(desk, asked) == (True, "")
    assert _roster(desk, asked) == "consented"


@pytest.mark.parametrize(("roster", "error"), [("refused", ConsentMissingError), ("withdrawn", ConsentWithdrawnError)])
def test_the_roster_can_stop_scans_by_itself(
    desk: Desk, add_phone: Callable[..., str], roster: str, error: type[ConsentError]
) -> None:
    """A refusal or withdrawal noted there stands above an earlier form."""
    added = add_phone()
    officials.change_official(desk, "O-0001", {"roster": roster})
    _scan_refused(desk, added, error)


def test_a_refusal_is_not_undone_by_a_form_alone(desk: Desk, asked: str) -> None:
    """Somebody says first that the person is asked again."""
    officials.change_official(desk, asked, {"roster": "refused"})
    _record(desk, asked)
    assert _allowed(desk, asked) == (False, f"{asked} refused the examination.")
    officials.change_official(desk, asked, {"roster": "invited"})
    assert _allowed(desk, asked)[0]


def test_a_consent_is_of_the_past(desk: Desk, asked: str) -> None:
    """A day ahead is another zone's today; more is a slip of the pen."""
    now = desk.clock()
    with pytest.raises(InputError, match="future"):
        _record(desk, asked, given_at=consents.read_date(str((now + timedelta(days=3)).date())))
    _record(desk, asked, given_at=consents.read_date(str((now + timedelta(hours=14)).date())))
    assert _allowed(desk, asked)[0]


def test_a_consent_needs_a_giver_and_a_scope(desk: Desk, asked: str) -> None:
    """An empty form is no form."""
    for by, scope in ((" ", "phone"), ("Bo", "")):
        with pytest.raises(InputError):
            consents.record(desk, asked, by=by, method=ConsentMethod.WRITTEN, scope=scope, informed=ALL)
    assert _allowed(desk, asked)[0] is False


def test_the_signed_form_is_kept_by_its_hash(desk: Desk, asked: str, tmp_path: Path) -> None:
    """A private copy that custody watches; what is no file is refused and nothing recorded."""
    form = tmp_path / "form.pdf"
    form.write_bytes(b"signed")
    data: Any = _record(desk, asked, document=form).json
    digest = sha256_bytes(b"signed")
    assert data["consent"]["document_sha256"] == digest
    kept = desk.case_folder().attachments / digest
    assert (kept.read_bytes(), kept.stat().st_mode & 0o777) == (b"signed", 0o600)
    (tmp_path / "link").symlink_to(form)
    for wrong in (tmp_path / "link", tmp_path, tmp_path / "nothing"):
        with pytest.raises(NotFoundError):
            _record(desk, asked, document=wrong)
    shown: Any = consents.show(desk, asked).json["consents"]
    assert len(shown) == 1
    kept.write_bytes(b"forged")
    with pytest.raises(Exception, match=digest[:12]):
        custody.verify(desk)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-24", "2026-11-24T00:00:00.000000Z"),
        ("2026-11-24T09:30:00Z", "2026-11-24T09:30:00.000000Z"),
        ("0007-01-01", "0007-01-01T00:00:00.000000Z"),
    ],
)
def test_dates_are_read(text: str, expected: str) -> None:
    """Bare dates and UTC times, and what was read can be read again."""
    assert consents.read_date(text) == consents.read_date(expected) == expected


@pytest.mark.parametrize("text", ["", "24.11.2026", "2026-13-01", "2026-11-24 09:30", "2026-11-24T09:30:00+08:00", "x"])
def test_what_is_no_date_is_refused(text: str) -> None:
    """No other form is guessed at."""
    with pytest.raises(InputError):
        consents.read_date(text)


def test_points_are_read_from_a_list() -> None:
    """Blanks and repeats say nothing; an unknown point is refused."""
    assert consents.read_points(" nature, privacy,nature,") == {ConsentPoint.NATURE, ConsentPoint.PRIVACY}
    assert consents.read_points("") == frozenset()
    with pytest.raises(InputError, match="money"):
        consents.read_points("nature,money")


BATCH = (
    "official,by,scope,informed,given,expires,retain until,document\n"
    "O-0002,Bo Example,phone,nature;privacy;retention;disposal,2026-11-20,2027-01-31,2027-12-31,form.txt\n"
    "O-0001,Aldith Fernvale,phone,nature,2026-11-21,,,\n"
)


def test_a_batch_of_signed_forms_is_recorded_with_its_documents(desk: Desk, asked: str, tmp_path: Path) -> None:
    """Each row is one form; what is incomplete allows no scan; how long the data may be kept is recorded apart."""
    (tmp_path / "form.txt").write_text("signed")
    (tmp_path / "batch.csv").write_text(BATCH)
    data: Any = consents.record_batch(desk, tmp_path / "batch.csv").json
    first, second = data["consents"]
    assert (first["official"], first["expires_at"], first["retain_until"]) == (
        asked,
        "2027-01-31T23:59:59.000000Z",
        "2027-12-31T23:59:59.000000Z",
    )
    assert first["document_sha256"] == sha256_bytes(b"signed")
    assert second["informed"] == ["nature"]
    gate: Any = consents.show(desk, asked).json
    assert gate["scan_allowed"] is True
    custody.verify(desk)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("O-0009,Bo,phone,nature,,,,", "line 3.*O-0009"),
        (",Bo,phone,nature,,,,", "line 3.*official is missing"),
        ("O-0001,,phone,nature,,,,", "line 3.*needs the name"),
        ("O-0001,Bo,phone,mood,,,,", "line 3.*unknown point"),
        ("O-0001,Bo,phone,nature,,2020-01-01,,", "line 3.*ran out"),
        ("O-0001,Bo,phone,nature,,,2020-01-01,", "line 3.*lets nothing be kept"),
        ("O-0001,Bo,phone,nature,,,,gone.pdf", "line 3.*no file"),
    ],
)
def test_a_batch_with_one_wrong_row_records_none(desk: Desk, tmp_path: Path, row: str, why: str) -> None:
    """The line is named, and the case is as it was."""
    (tmp_path / "form.txt").write_text("signed")
    (tmp_path / "batch.csv").write_text(BATCH.splitlines()[0] + "\nO-0001,Bo,phone,nature,,,,form.txt\n" + row + "\n")
    before = custody.log(desk).json["head"]
    with pytest.raises(InputError, match=why):
        consents.record_batch(desk, tmp_path / "batch.csv")
    assert custody.log(desk).json["head"] == before
