"""What now: one next step for each person, the roster's numbers with their lists, and tomorrow's visits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from mvtcase.canon import timestamp
from mvtcase.casebook import overview
from mvtcase.model import DeviceIdentity, NextStep, Order, Platform, Stage, Status, Verdict
from mvtcase.workflow import (
    cases,
    consents,
    devices,
    findings,
    groups,
    officials,
    report_life,
    reports,
    roster,
    scans,
    status,
)
from mvtcase.workflow.decay import TABLE, at_restart

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.flow.conftest import FakeEngine

    from mvtcase.engine.job import EngineResult
    from mvtcase.workflow.desk import Desk


def _next(desk: Desk, official: str = "O-0001") -> str:
    told = status.status(desk).data.officials
    return str(next(one.next_.what for one in told if one.id == official and one.next_ is not None))


def test_the_way_of_one_person_from_the_invitation_to_the_letter(
    desk: Desk, add_phone: Callable[..., str], engine: FakeEngine, match: EngineResult
) -> None:
    """At every moment one step, and the verb that takes it."""
    added = officials.add(desk, officials.Person(name="Bo Example", groups=("Legislature",))).data.official.id
    officials.change_official(desk, added, {"roster": "unreachable"})
    assert _next(desk, added) == "invite"
    officials.change_official(desk, added, {"roster": "invited"})
    assert _next(desk, added) == "consent"
    assert _next(desk) == "acquire"
    add_phone()
    assert _next(desk) == "scan"
    engine.answer = match
    scans.run(desk, scans.Request())
    assert _next(desk) == "review"
    finding = findings.list_findings(desk).data.findings[0].id
    findings.dispose(desk, finding, verdict=Verdict.BENIGN, reason="a lab tool")
    assert _next(desk) == "second_look"
    findings.dispose(replace(desk, examiner="Ben"), finding, verdict=Verdict.BENIGN, reason="I built it")
    assert _next(desk) == "letter"
    written = reports.write(desk, "letter", target="O-0001").data.reports[0].id
    report_life.review(replace(desk, examiner="Ben"), written)
    report_life.release(desk, written)
    assert _next(desk) == "nothing"
    desk.library.import_bytes(b"newname\n", "new.txt", name="new", kind="processes")
    assert _next(desk) == "recheck"
    consents.withdraw(desk, "O-0001")
    assert _next(desk) == "nothing"


@pytest.fixture
def several(
    desk: Desk, join: Callable[..., str], add_phone: Callable[..., str], engine: FakeEngine, match: EngineResult
) -> Desk:
    """Give a desk at a case of four: scanned, matched with two phones, refused, and nothing done yet."""
    groups.add(desk, "Caucus", parent="Legislature")
    for name in ("Bo Example", "Cy Example", "Di Example"):
        join(name, "Caucus")
    officials.change_official(desk, "O-0003", {"roster": "refused"})
    scans.run(desk, scans.Request(acquisitions=(add_phone(),)))
    engine.answer = match
    scans.run(desk, scans.Request(acquisitions=(add_phone("O-0002", seed=2),)))
    devices.change_device(desk, "D-0001", state="replaced", label=None, owner=None)  # type: ignore[arg-type]  # its word
    return desk


def test_every_number_of_the_roster_opens_into_its_list(several: Desk) -> None:
    """For every group and every stage, as many people as were counted; the groups inside are counted too."""
    told = roster.roster(several).data
    counts = {each.group: each for each in told.groups}
    assert counts["everybody"].people == len(told.people) == 4
    assert counts["Caucus"].people == 3
    for name, tally in counts.items():
        for stage in Stage:
            group = None if name == "everybody" else name
            assert tally.counts[stage] == len(roster.roster(several, group=group, mark=stage).data.people)
    assert counts["everybody"].counts[Stage.SCANNED] == 2
    assert counts["everybody"].counts[Stage.JUDGED] == 1
    assert counts["Caucus"].counts[Stage.REFUSED] == 1
    assert counts["Legislature"].counts[Stage.PHONE_REPLACED] == 1


def test_status_chooses_and_sorts_and_its_counts_stay_those_of_all(several: Desk) -> None:
    """Whoever is not shown is still counted."""
    whole = status.status(several, order=Order.WORST).data
    assert whole.officials[0].status is Status.INDICATOR_MATCH
    part = status.status(several, next_step=NextStep.REVIEW).data
    assert [one.id for one in part.officials] == ["O-0002"]
    assert part.counts == whole.counts
    assert [one.id for one in status.status(several, only=Status.INDICATOR_MATCH).data.officials] == ["O-0002"]
    for order in Order:
        assert len(status.status(several, order=order).data.officials) == 4


def test_visits_are_due_by_interval_by_sets_and_by_decay(several: Desk) -> None:
    """The most pressing first; nobody is visited who refused, and no phone that is out of use."""
    week = timedelta(days=7)
    assert all(each.device != "D-0001" for each in roster.due(several, within=timedelta(days=4000)).data.due)
    assert all("written since" in str(each.why) for each in roster.due(several).data.due)
    cases.set_interval(several, "5d")
    (visit,) = (each for each in roster.due(several, within=week).data.due if "every 5 days" in str(each.why))
    assert (visit.device, visit.overdue) == ("D-0002", False)
    several.library.import_bytes(b"newname\n", "new.txt", name="new", kind="processes")
    assert "newer than its scan" in str(roster.due(several, within=week).data.due[0].why)
    later = replace(several, clock=lambda: several.clock() + timedelta(days=40))
    due = roster.due(later).data.due
    assert any("unified logs" in str(each.why) and each.overdue for each in due)
    (source,) = (each for each in map(str, roster.due(later).messages) if "unified logs" in each)
    assert "L. Notari" in source
    assert [each.by or "" for each in due] == sorted(each.by or "" for each in due)
    cases.set_interval(several, "")
    assert not any("every" in str(each.why) for each in roster.due(later).data.due)


def test_what_the_next_restart_takes_is_told_of_the_phones_that_lose_it(several: Desk) -> None:
    """The shutdown log of iOS 26, of a phone that nobody has read; each row of the table names its source."""
    with several.open_case() as store:
        standing = overview(store, several.newest()).officials[1].devices[0]
    for version, told in (("26.1", 1), ("18.7", 0), (None, 0)):
        identity = DeviceIdentity(platform=Platform.IOS, os_version=version)
        phone = replace(standing, device=replace(standing.device, identity=identity))
        assert len(list(at_restart(phone))) == told
    assert all(each.source for each in TABLE)
    assert timestamp(several.clock())
