"""An acquisition under the wrong person or phone: moved with what it showed, and nothing of it is left behind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.flow.conftest import MATCH, full

from mvtcase.errors import ConflictError, ConsentMissingError
from mvtcase.model import Verdict
from mvtcase.phones.adb_backup import build_adb_backup
from mvtcase.phones.android import build_androidqf
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.workflow import (
    acquisitions,
    custody,
    devices,
    findings,
    misplaced,
    officials,
    report_life,
    reports,
    scans,
    status,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.flow.conftest import FakeEngine

    from mvtcase.workflow.desk import Desk

ONLY_THERE = replace(MATCH, event={"proc_name": "roleaboutd", "isodate": "2026-09-02 01:02:03"})
WHY = "the cable was in the other phone"


@pytest.fixture
def mixed(desk: Desk, engine: FakeEngine, join: Callable[..., str], tmp_path: Path) -> Desk:
    """Give a case where a nameless backup of Bo's phone stands under Aldith's, and both show one like record."""
    join("Bo Example")
    own = build_androidqf(tmp_path / "own", AndroidPhone(seed=1)).path
    acquisitions.add(desk, own, acquisitions.Registration(official="O-0001"))
    nameless = build_adb_backup(tmp_path / "phone.ab", AndroidPhone(seed=2)).path
    acquisitions.add(desk, nameless, acquisitions.Registration(official="O-0001", device="D-0001"))
    for acquisition, alerts in (("A-0001", (MATCH,)), ("A-0002", (MATCH, ONLY_THERE))):
        engine.answer = full(*alerts)
        scans.run(desk, scans.Request(acquisitions=(acquisition,)))
    return desk


def _findings(desk: Desk, official: str) -> list[dict[str, Any]]:
    data: Any = officials.show(desk, official).json
    return list(data["official"]["findings"])


def test_what_an_acquisition_showed_goes_with_it(mixed: Desk) -> None:
    """The record that both phones show stays with the first too, judgements and notes go along, the chain holds."""
    for one in _findings(mixed, "O-0001"):
        for examiner in ("Ada", "Ben"):
            by = replace(mixed, examiner=examiner)
            findings.dispose(by, one["id"], verdict=Verdict.CONFIRMED, reason=f"{examiner} saw it")
        custody.note(mixed, "look at this again", about=one["id"])
    written: Any = reports.write(mixed, "letter", target="O-0001", formats=("json",)).json
    done: Any = misplaced.move(mixed, "A-0002", to="O-0002", device=None, reason=WHY).json
    assert (done["acquisition"]["device"], done["acquisition"]["official"]) == ("D-0002", "O-0002")
    assert (done["moved_from"], done["outdated"]) == ("O-0001", [written["reports"][0]["id"]])
    (left,), gone = _findings(mixed, "O-0001"), _findings(mixed, "O-0002")
    assert (left["detail"]["proc_name"], left["alerts"], left["first_scan"]) == ("bh", 1, "S-0001")
    assert sorted(each["detail"]["proc_name"] for each in gone) == ["bh", "roleaboutd"]
    assert {each["id"] for each in gone} == set(done["findings"])
    stand = {(each["device"], each["status"], each["first_scan"]) for each in gone}
    assert stand == {("D-0002", "confirmed", "S-0002")}
    told: Any = findings.show(mixed, gone[0]["id"]).json["finding"]
    assert [each["text"] for each in told["notes"]] == ["look at this again"]
    assert [(each["examiner"], each["reason"]) for each in told["dispositions"]] == [
        ("Ada", "Ada saw it"),
        ("Ben", "Ben saw it"),
    ]
    assert [each["status"] for each in status.status(mixed).json["officials"]] == ["confirmed", "confirmed"]
    assert [each.same for each in report_life.rebuild(mixed, written["reports"][0]["id"]).data.files] == [True]
    custody.verify(mixed)


def test_a_rescan_of_what_was_moved_finds_what_is_known(mixed: Desk) -> None:
    """Nothing is counted twice afterwards, and each phone keeps its own."""
    misplaced.move(mixed, "A-0002", to="O-0002", device=None, reason=WHY)
    known = {who: [each["id"] for each in _findings(mixed, who)] for who in ("O-0001", "O-0002")}
    scans.run(mixed, scans.Request(acquisitions=("A-0002",)))
    assert {who: [each["id"] for each in _findings(mixed, who)] for who in known} == known
    assert not set(known["O-0001"]) & set(known["O-0002"])
    custody.verify(mixed)


def test_moved_there_and_back_nothing_is_lost(mixed: Desk) -> None:
    """A mistake in putting a mistake right can be put right, onto a phone that shows the record itself."""
    before = [(each["id"], each["alerts"]) for each in _findings(mixed, "O-0001")]
    misplaced.move(mixed, "A-0002", to="O-0002", device=None, reason=WHY)
    misplaced.move(mixed, "A-0002", to="O-0001", device="D-0001", reason="no, it was not")
    assert [(each["id"], each["alerts"]) for each in _findings(mixed, "O-0001")] == before
    assert _findings(mixed, "O-0002") == []
    custody.verify(mixed)


def test_what_names_its_phone_is_moved_with_the_phone_only(mixed: Desk) -> None:
    """The hint says how; and nobody's data go to a person who did not agree."""
    with pytest.raises(ConflictError, match="names its phone") as caught:
        misplaced.move(mixed, "A-0001", to="O-0002", device=None, reason=WHY)
    assert caught.value.hint.steps[0].verb == "device move"
    officials.add(mixed, officials.Person(name="Cem Example"))
    with pytest.raises(ConsentMissingError):
        misplaced.move(mixed, "A-0002", to="O-0003", device=None, reason=WHY)
    with pytest.raises(ConflictError, match="already"):
        misplaced.move(mixed, "A-0002", to="O-0001", device="D-0001", reason=WHY)
    data: Any = devices.list_devices(mixed).json
    assert [each["id"] for each in data["devices"]] == ["D-0001"]


def test_a_phone_of_its_own_can_be_made_for_the_same_person(mixed: Desk) -> None:
    """Where the person carries two, and the second was not in the case."""
    done: Any = misplaced.move(mixed, "A-0002", to="O-0001", device=None, reason=WHY).json
    assert (done["acquisition"]["device"], done["device_before"]) == ("D-0002", "D-0001")
    assert [each["alerts"] for each in _findings(mixed, "O-0001")] == [1, 1, 1]
    custody.verify(mixed)
