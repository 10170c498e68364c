"""Pictures say in words what they show, and take any text as text."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET  # our own output

from hypothesis import given
from hypothesis import strategies as st

from mvtcase.web import drawing

NASTY = "<script>alert(1)</script>\"'&"


def boxes(svg: str) -> list[ET.Element]:
    """Return the rectangles of a picture, which must be well-formed."""
    return list(ET.fromstring(svg).iter("rect"))  # noqa: S314  # our own output


def test_a_bar_has_a_part_for_each_status_that_somebody_has() -> None:
    """The parts are as wide as the numbers, and the title says them."""
    svg = drawing.status_bar({"no_trace": 3, "suspicious": 1, "confirmed": 0})
    assert [(each.get("class"), each.get("width")) for each in boxes(svg)] == [
        ("no_trace", "480.0"),
        ("suspicious", "160.0"),
    ]
    assert "no trace 3, suspicious 1" in svg
    assert "nobody yet" in drawing.status_bar({"no_trace": 0})


def test_reach_has_one_axis() -> None:
    """Each class of traces has its bar between its own days; one that was never carried says so."""
    svg = drawing.reach_bars(
        [
            {"trace": "execution", "from": "2026-01-01T00:00:00Z", "to": "2026-12-31"},
            {"trace": "message", "from": "2026-07-01", "to": None},
            {"trace": "profile", "from": None, "to": None},
            {"trace": "posture", "from": None, "to": None},
        ],
        ["execution", "posture"],
    )
    whole, half = (float(each.get("width") or 0) for each in boxes(svg))
    assert 0.45 < half / whole < 0.55
    assert svg.count("not carried") == svg.count("as acquired") == 1, "what was read without times was read"
    assert drawing.reach_bars([]) == ""


def test_findings_without_a_day_are_counted_too() -> None:
    """The bars hold those with a day; the title says how many have none."""
    svg = drawing.sparkline({"2026-01-01": 2, "2026-01-03": 1}, others=2)
    assert len(boxes(svg)) == 2
    assert "3 with a day" in svg
    assert "2 without" in svg
    assert drawing.sparkline({"x": 1}) == ""


def test_a_day_long_ago_does_not_make_a_wide_picture() -> None:
    """A time of 1970 is counted in the first bar and stretches nothing."""
    svg = drawing.sparkline({"1970-01-01": 1, "2026-01-01": 1})
    assert all(float(each.get("x") or 0) <= 640 for each in boxes(svg))


def test_people_who_are_linked_have_a_line() -> None:
    """Three people that one thing links have three lines, thicker where two things link them."""
    svg = drawing.graph([("host", ["A", "B", "C"]), ("sender", ["A", "B"])])
    assert sorted(re.findall(r'stroke-width="(\d)"', svg)) == ["1", "1", "2"]
    assert svg.count("<circle") == 3
    assert drawing.graph([]) == ""


def test_what_a_strip_shows_is_told_without_colour() -> None:
    """Each state has a box of its own height, and words of its own."""
    svg = drawing.strip([("on", "seen on"), ("off", "seen off"), ("unknown", "not seen")], whole=120)
    assert [each.get("height") for each in boxes(svg)] == ["7", "14", "2"]
    assert "seen on; seen off; not seen" in svg


def test_names_stand_outside_of_the_circle() -> None:
    """A name on the left ends at its person, one on the right begins there: no line crosses it."""
    svg = drawing.graph([("host", ["A", "B", "C"])])
    assert re.findall(r'text-anchor="(\w+)">(\w)<', svg) == [("start", "A"), ("start", "B"), ("end", "C")]


@given(st.text(max_size=30))
def test_any_text_is_text(text: str) -> None:
    """No picture lets a name or a value become markup."""
    for given_text in (text, NASTY + text):
        for svg in (
            drawing.strip([("on", given_text)]),
            drawing.graph([("x", [given_text, "other"])]),
            drawing.status_bar({given_text: 1}),
            drawing.reach_bars([{"trace": given_text, "from": "2026-01-01", "to": "2026-01-02"}]),
        ):
            assert "<script" not in svg
