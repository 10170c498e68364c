"""Exports as pure functions: cells that are text, bundles that parse, and nobody named unasked."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import stix2

from builders import report_example as example
from builders import report_hostile as hostile
from mvtcase.model import TimeBasis, Tlp
from mvtcase.report import exchange
from mvtcase.report.view import view_of

if TYPE_CHECKING:
    from mvtcase.casebook import Casebook
    from mvtcase.report.view import View


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_names_nobody_unasked_and_attributes_nothing_of_those_in_counts(view: View) -> None:
    """Pseudonyms; the finding of somebody shown only in counts has neither person nor device nor group."""
    rows = {row["finding"]: row for row in _rows(exchange.as_csv(view, with_names=False))}
    assert rows[f"F-{1:016x}"]["official"].startswith("P-")
    hidden = rows[f"F-{5:016x}"]
    assert (hidden["official"], hidden["device"], hidden["groups"]) == ("", "", "")
    assert hidden["indicator"] == "update[.]evil[.]example"


def test_csv_names_who_may_be_named_when_asked(view: View) -> None:
    """Only the level 'named' gives a name."""
    who = {row["official"] for row in _rows(exchange.as_csv(view, with_names=True))}
    assert who == {"Aldith Ashgrove", "P-003DDE", "P-007BBC", ""}


def test_no_csv_cell_is_a_formula() -> None:
    """Hostile titles, modules and names all begin with a letter or an apostrophe."""
    view = view_of(hostile.casebook(), hostile.occasion())
    for row in csv.reader(io.StringIO(exchange.as_csv(view, with_names=True))):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


@pytest.mark.parametrize("tlp", list(Tlp))
def test_stix_parses_and_carries_the_marking(book: Casebook, tlp: Tlp) -> None:
    """Two indicators, four sightings, two people; the marking of the case on each."""
    view = view_of(replace(book, case=replace(book.case, tlp=tlp)), example.occasion())
    bundle = stix2.parse(exchange.as_stix(view, with_names=False), allow_custom=True)
    by_type: dict[str, list[object]] = {}
    for each in bundle.objects:
        by_type.setdefault(each["type"], []).append(each)
    assert {kind: len(found) for kind, found in by_type.items()} == {
        "marking-definition": 1,
        "identity": 3,
        "indicator": 2,
        "sighting": 4,
    }
    marking = next(each for each in bundle.objects if each["type"] == "marking-definition")
    assert marking["name"] == f"TLP:{tlp}"
    sightings = [each for each in bundle.objects if each["type"] == "sighting"]
    assert sum("where_sighted_refs" in each for each in sightings) == 3
    assert sum("first_seen" in each for each in sightings) == 3


def test_a_local_or_impossible_time_is_no_stix_time(view: View) -> None:
    """Only a time known to be UTC, and a time at all."""
    one = view.findings[0]
    assert exchange._stix_times(one)["first_seen"] == "2026-06-14T18:41:07Z"
    assert exchange._stix_times(replace(one, event_time_basis=TimeBasis.DEVICE_LOCAL)) == {}
    assert exchange._utc("2026-13-45 99:00:00") is None
    assert exchange._utc(None) is None


def test_a_pattern_text_cannot_end_early(book: Casebook) -> None:
    """A quote in an indicator is escaped, so that the pattern still parses."""
    one = book.findings[0]
    assert one.indicator is not None
    odd = replace(one, indicator=replace(one.indicator, value="it's \\ odd"))
    view = view_of(replace(book, findings=(odd,)), example.occasion())
    assert stix2.parse(exchange.as_stix(view, with_names=False), allow_custom=True)


def test_misp_has_one_attribute_for_each_indicator_and_names_nobody(view: View) -> None:
    """Benign and heuristic findings are no indicators to share."""
    event = json.loads(exchange.as_misp(view))["Event"]
    assert {(each["type"], each["value"]) for each in event["Attribute"]} == {
        ("text", "bh"),
        ("domain", "update.evil.example"),
    }
    assert event["published"] is False
    assert "P-" not in json.dumps(event)
    assert "Aldith" not in json.dumps(event)


def test_timesketch_leaves_out_unknown_times_and_says_how_many(view: View) -> None:
    """Two findings have no time; the others are lines with the clock they come from."""
    text, left = exchange.as_timesketch(view, example.sealing(), with_names=False)
    lines = [json.loads(line) for line in text.splitlines()]
    assert left == 2
    assert {"UTC", "device's local time"} <= {line["clock"] for line in lines}
    assert not any("Aldith" in line["official"] for line in lines)
    named, _ = exchange.as_timesketch(view, example.sealing(), with_names=True)
    assert "Aldith Ashgrove" in named
