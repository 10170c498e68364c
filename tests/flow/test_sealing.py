"""LINE Letter Sealing over time: what many looks say together, and who is due again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.canon import timestamp
from mvtcase.errors import InputError
from mvtcase.model import Observation
from mvtcase.workflow import groups, observations, sealing
from mvtcase.workflow.observations import LETTER_SEALING, Seen
from mvtcase.workflow.sealing import Sealing, judge, read_interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from mvtcase.workflow.desk import Desk

START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def _look(day: float, value: str, method: str = "screen", *, recorded: int = 0) -> Observation:
    return Observation(
        id="B-0001",
        uuid="u",
        official="O-0001",
        kind=LETTER_SEALING,
        value=value,
        at=timestamp(START + timedelta(days=day)),
        recorded_at=timestamp(START + timedelta(days=300 + recorded)),
        recorded_by="Ada",
        method=method,
    )


def _day(day: float) -> str:
    return timestamp(START + timedelta(days=day))


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        ([], Sealing.UNKNOWN),
        ([_look(1, "unknown")], Sealing.UNKNOWN),
        ([_look(1, "on")], Sealing.ON),
        ([_look(1, "off")], Sealing.OFF),
        ([_look(1, "on"), _look(2, "unknown")], Sealing.ON),
        ([_look(1, "off"), _look(9, "off")], Sealing.OFF),
        ([_look(1, "on"), _look(9, "off")], Sealing.CHANGED_ON_OFF),
        ([_look(1, "on"), _look(9, "off"), _look(20, "off")], Sealing.CHANGED_ON_OFF),
        ([_look(1, "off"), _look(9, "on")], Sealing.ON),
        ([_look(1, "on"), _look(9, "off"), _look(20, "on")], Sealing.ON),
        ([_look(1, "off"), _look(9, "on"), _look(20, "off")], Sealing.CHANGED_ON_OFF),
        ([_look(1, "on"), _look(1.5, "off")], Sealing.CONFLICTING),
        ([_look(1, "off"), _look(1.5, "on")], Sealing.CONFLICTING),
        ([_look(1, "on"), _look(1.5, "off"), _look(1.9, "unknown")], Sealing.CONFLICTING),
        ([_look(1, "on"), _look(1.5, "off"), _look(3, "off")], Sealing.CHANGED_ON_OFF),
        ([_look(1, "on", "statement"), _look(1.5, "off", "backup")], Sealing.CONFLICTING),
        ([_look(1, "on", "backup"), _look(1.5, "off", "backup")], Sealing.CHANGED_ON_OFF),
        ([_look(1, "on"), _look(2, "off")], Sealing.CHANGED_ON_OFF),
        ([_look(1, "off"), _look(1, "on", recorded=1)], Sealing.ON),
        ([_look(1, "on"), _look(1, "off", recorded=1)], Sealing.OFF),
        ([_look(1, "off"), _look(1, "unknown", recorded=1)], Sealing.UNKNOWN),
        ([_look(1, "on"), _look(9, "off"), _look(9, "on", recorded=1)], Sealing.ON),
        ([_look(1, "on"), _look(1, "off")], Sealing.CONFLICTING),
    ],
    ids=lambda value: (
        " ".join(f"{each.value}@{each.at[8:13]}" for each in value) if isinstance(value, list) else str(value)
    ),
)
def test_what_looks_say_together(looks: list[Observation], expected: Sealing) -> None:
    """The table of cases: latest, changed, conflicting within a day, corrected at the same moment."""
    assert judge(looks).sealing is expected


def test_a_change_has_its_window() -> None:
    """From the last look that saw it on to the first that saw it off."""
    looks = [_look(1, "on"), _look(5, "on"), _look(6, "unknown"), _look(9, "off"), _look(20, "off")]
    judged = judge(looks)
    assert (judged.last_on, judged.first_off) == (_day(5), _day(9))
    assert judged.window == f"{_day(5)} … {_day(9)}"
    assert judged.last == looks[-1]
    assert judge(looks[:2]).window == ""


def test_a_backup_scanned_again_says_the_same() -> None:
    """The same history filed twice is no change of mind."""
    once = [_look(1, "on", "backup"), _look(3, "off", "backup")]
    twice = sorted([*once, *(replace(each, recorded_at=_day(301)) for each in once)], key=lambda each: each.at)
    assert (judge(twice).sealing, judge(twice).window) == (judge(once).sealing, judge(once).window)


@pytest.mark.parametrize(("text", "days"), [("30d", 30), ("4w", 28), (" 7 ", 7), ("2 W", 14), ("9999d", 9999)])
def test_intervals_are_read(text: str, days: int) -> None:
    """Days, weeks, or a plain number of days."""
    assert read_interval(text).days == days


@pytest.mark.parametrize("text", ["", "0d", "-3d", "1m", "d", "30 days", "99999d", "1.5d"])
def test_what_is_no_interval_is_refused(text: str) -> None:
    """With an example of one."""
    with pytest.raises(InputError) as caught:
        read_interval(text)
    assert "30d" in caught.value.hint


def _see(desk: Desk, official: str, value: str, days_ago: float, kind: str = LETTER_SEALING) -> None:
    at = timestamp(desk.clock() - timedelta(days=days_ago))
    observations.add(desk, official, Seen(kind=kind, value=value, at=at, method="screen"))


def _due(desk: Desk, **which: Any) -> list[tuple[str, object]]:
    data: Any = sealing.due(desk, **{"every": "30d", **which}).json
    return [(each["id"], each["days_overdue"]) for each in data["due"]]


def test_who_was_never_asked_comes_first_then_the_longest_overdue(desk: Desk, join: Callable[..., str]) -> None:
    """Who was asked in time is not listed; an answer that told nothing is none."""
    people = [join(name) for name in ("Bo", "Cy", "Di", "Ed")]
    _see(desk, "O-0001", "on", 40)
    _see(desk, people[0], "off", 70)
    _see(desk, people[1], "on", 29)
    _see(desk, people[2], "on", 50)
    _see(desk, people[2], "unknown", 1)
    assert _due(desk) == [(people[3], None), (people[0], 40), (people[2], 20), ("O-0001", 10)]
    assert [who for who, _ in _due(desk, every="60d")] == [people[3], people[0]]
    assert len(_due(desk, every="4w")) == 5


def test_other_observations_fall_due_too(desk: Desk) -> None:
    """Any kind can be watched."""
    _see(desk, "O-0001", "26.1", 1, kind="line.version")
    assert _due(desk, kind="line.version") == []
    assert len(_due(desk)) == 1


def test_groups_count_the_groups_inside_them(desk: Desk, join: Callable[..., str]) -> None:
    """A caucus of the legislature is counted with the legislature."""
    groups.add(desk, "Caucus", parent="Legislature")
    groups.add(desk, "Ministry")
    inner, other = join("Bo", "Caucus"), join("Cy", "Ministry")
    _see(desk, "O-0001", "on", 3)
    _see(desk, inner, "off", 3)
    _see(desk, other, "on", 90)
    _see(desk, other, "off", 45)
    data: Any = sealing.status(desk).json
    rows = {row["group"]: row for row in data["groups"]}
    assert (rows["Legislature"]["on"], rows["Legislature"]["off"]) == (1, 1)
    assert (rows["Caucus"]["on"], rows["Caucus"]["off"]) == (0, 1)
    assert rows["Ministry"]["changed_on_off"] == 1
    assert {row["id"]: row["due"] for row in data["officials"]} == {"O-0001": False, inner: False, other: True}
    within: Any = sealing.status(desk, group="Legislature").json
    assert [row["id"] for row in within["officials"]] == ["O-0001", inner]
    assert _due(desk, group="Caucus") == []


def test_the_answer_says_what_it_does_not_show(desk: Desk) -> None:
    """Off is no spyware, and no trace clears no account."""
    (message,) = sealing.status(desk).messages
    assert "Off shows no spyware" in message


def test_a_hundred_officials_watched_for_a_year(desk: Desk) -> None:
    """Every tenth went off in the last month; everybody's answer is right."""
    people = 100
    with desk.open_case() as store, store.change("watched", actor="Ada") as change:
        for number in range(2, people + 1):
            official = f"O-{number:04d}"
            change.insert("official", id=official, pseudonym=official, publication="role", roster="consented")
            change.insert("membership", official=official, affected_group="G-0001")
            for week in range(52):
                value = "off" if number % 10 == 0 and week >= 48 else "on"
                day = (START + timedelta(weeks=week - 8)).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
                change.insert(
                    "observation",
                    id=f"B-{number:03d}{week:02d}",
                    official=official,
                    kind=LETTER_SEALING,
                    value=value,
                    at=day,
                    recorded_at=day,
                    recorded_by="Ada",
                )
    data: Any = sealing.status(desk).json
    assert data["groups"] == [
        {"group": "Legislature", "on": 89, "off": 0, "changed_on_off": 10, "conflicting": 0, "unknown": 1}
    ]
    assert next(who for who, _ in _due(desk)) == "O-0001"
