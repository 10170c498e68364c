"""Pages of a case with many people: what repeats is told once, and nothing goes without being counted."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mvtcase.report.document import plain, tables
from mvtcase.report.facts import TimelineFact
from mvtcase.report.layout.html import laid_out
from mvtcase.report.layout.markdown import markdown
from mvtcase.report.pages import incident as pages
from mvtcase.report.pictures import Mark
from mvtcase.wording import translator

if TYPE_CHECKING:
    from mvtcase.report.incident import IncidentFacts

TOLD = translator("en")


def _rows(facts: IncidentFacts, name: str) -> list[list[str]]:
    """Return the cells of every table of that name, as text."""
    found = [each for each in tables(pages.page(facts).blocks) if plain(each.name, TOLD) == name]
    return [[plain(cell, TOLD) for cell in row] for each in found for row in each.rows]


def _moment(number: int, kind: str = "finding", *, minor: bool = False) -> TimelineFact:
    at = f"2026-08-0{1 + number % 3}T00:00:00.000000Z"
    return TimelineFact(at=at, basis="UTC", kind=kind, who=f"P-{number}", what=f"what {number}", minor=minor)


def test_of_too_many_moments_routine_is_one_and_the_weighty_ones_stay(facts: IncidentFacts) -> None:
    """Three days of acquisitions, each a row; all moments are told or counted."""
    routine = tuple(_moment(number, "acquisition") for number in range(90))
    weighty = tuple(_moment(number) for number in range(100, 140))
    minor = tuple(_moment(number, minor=True) for number in range(200, 250))
    many = replace(facts, timeline=(*minor, *routine, *weighty))
    told = _rows(many, "Timeline")
    assert len(told) == pages.MOST_MOMENTS
    assert {f"finding {each.what}" for each in weighty} <= {row[2] for row in told}
    assert [row[2] for row in told if "acquisitions" in row[2]] == 3 * [
        "30 acquisitions; each stands among the items of evidence"
    ]
    left = len(minor) - (pages.MOST_MOMENTS - len(weighty) - 3)
    assert f"{left} more moments stand in the JSON of this report." in markdown(pages.page(many))
    late = replace(_moment(300, "change"), at="2026-12-01T00:00:00.000000Z")
    crowded = replace(facts, timeline=(*(_moment(number) for number in range(100)), late))
    assert _rows(crowded, "Timeline")[-1][2] == f"change {late.what}"


def test_few_moments_are_told_one_by_one(facts: IncidentFacts) -> None:
    """Acquisitions of one day too, each with the clock it comes from."""
    few = replace(facts, timeline=tuple(_moment(3 * number, "acquisition") for number in range(9)))
    assert [row[2] for row in _rows(few, "Timeline")] == [f"acquisition what {3 * number}" for number in range(9)]
    (row,) = _rows(replace(facts, timeline=(replace(_moment(1), at="2026-08-02 10:00:00"),)), "Timeline")
    assert row[0] == "2026-08-02 10:00:00 (UTC)"


def test_a_cause_of_little_weight_stands_once_with_its_phones_and_records(facts: IncidentFacts) -> None:
    """Thirty phones and 75 records of one cause, one of another; a phone with two lines of it counts once."""
    first = facts.lines[0]
    same = tuple(
        replace(first, id=f"FL-{number}", minor=True, indicator=None, device=f"D-{number % 30}", records=2, title="Old")
        for number in range(36)
    )
    other = replace(same[0], id="FL-x", title="New", records=3)
    rows = _rows(replace(facts, lines=(*same, other)), plain(pages.MINOR, TOLD))
    assert [row[:4] for row in rows] == [
        [f"{first.class_name}: Old", "–", "30", "72"],
        [f"{first.class_name}: New", plain(pages.when(other), TOLD), "1", "3"],
    ]
    assert re.search(r"D-0, .*D-3, 26 more$", rows[0][4])


def test_lines_of_causes_without_a_row_are_counted_one_by_one(facts: IncidentFacts) -> None:
    """Five more causes of two phones each are ten lines."""
    lines = tuple(
        replace(facts.lines[0], id=f"FL-{number}", minor=True, indicator=None, title=f"T{number // 2}")
        for number in range(2 * (pages.MOST_ROWS + 5))
    )
    assert "10 more such lines stand in the JSON" in markdown(pages.page(replace(facts, lines=lines)))


def test_everybody_stands_once_with_the_consent(facts: IncidentFacts) -> None:
    """Who agreed to the same stands with the id of each paper; those without one are named too."""
    text = markdown(pages.page(facts)).partition("Legal basis and consent")[2].partition("## ")[0]
    for one in facts.people:
        assert text.count(f"{one.who} ({one.consent_id})" if one.consent_id else one.who) == 1
    assert text.count("written; informed of") < sum(bool(one.consent_id) for one in facts.people)


def test_a_time_that_most_traces_cover_stands_once(facts: IncidentFacts) -> None:
    """Other times stay with their trace; where one is unknown it says so, and does not borrow that of the others."""
    row = facts.matrix[0]
    cells = tuple(replace(each, span="2026-01-01 – 2026-02-01") for each in row.cells[:-1])
    last = replace(row.cells[-1], span="2025-01-01 – 2025-02-01")
    (told,) = _rows(replace(facts, matrix=(replace(row, cells=(*cells, last)),)), "Traces by person")
    assert told[0] == f"{row.who}\n2026-01-01 – 2026-02-01"
    assert [len(each) for each in told[1:-1]] == [1] * len(cells)
    assert told[-1].endswith("\n2025-01-01 – 2025-02-01")
    unknown = (replace(cells[0], span="", mark=Mark.NOTHING), replace(cells[1], span="", mark=Mark.NOT_CARRIED))
    (told,) = _rows(replace(facts, matrix=(replace(row, cells=(*unknown, *cells[2:])),)), "Traces by person")
    assert (told[1][1:], told[2][1:], told[3][1:]) == ("\ntime unknown", "", "")


def test_what_is_drawn_is_told_without_colour_and_in_the_report_s_language(facts: IncidentFacts) -> None:
    """On and off, a finding and an observation have shapes of their own, and the legend names them."""
    assert facts.sealing
    looks = (("2026-08-01", "on"), ("2026-08-09", "off"))
    sealing = replace(facts.sealing, rows=(replace(facts.sealing.rows[0], looks=looks),))
    chinese = replace(facts, sealing=sealing, details=replace(facts.details, language="zh-TW"))
    told = laid_out(pages.page(chinese))
    drawn = set(re.findall(r'<(\w+) [^>]*class="(?:seal|dot) (\w+)( hollow)?"', told))
    assert {("circle", "on", ""), ("circle", "off", " hollow"), ("circle", "finding", "")} <= drawn
    assert {("circle", "observation", " hollow"), ("polyline", "change", "")} <= drawn
    assert "● 開啟、○ 關閉、? 不明" in told
    assert re.search(r"<title>[^<]*: (?:開啟|關閉)</title>", told)
    assert 'aria-label="時間軸"' in told
    undrawn = markdown(pages.page(chinese))
    assert ("◐ 一般手機" in undrawn, "◆" in undrawn) == (True, False), "only what a table needs is told without it"


def test_what_is_of_little_weight_has_a_heading_of_its_own(facts: IncidentFacts) -> None:
    """Else it reads as if it weighed what the matches above it weigh."""
    minor = replace(facts.lines[0], id="FL-m", minor=True, indicator=None)
    told = markdown(pages.page(replace(facts, lines=(*facts.lines, minor))))
    assert "\n### Minor: no indicator, of little weight, not judged\n\n|" in told
