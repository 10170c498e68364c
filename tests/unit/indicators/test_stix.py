"""STIX bundles: grouped as MVT groups them, with an account in which no indicator is missing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.errors import IndicatorFileError
from mvtcase.indicators.stix import read_stix
from mvtcase.indicators.verdicts import Stock

if TYPE_CHECKING:
    from mvtcase.indicators.ledger import Reading


def read(*objects: object, **bundle: object) -> Reading:
    """Return the account of a bundle of these objects, after checking that it adds up."""
    reading = read_stix(json.dumps({"type": "bundle", "objects": objects, **bundle}), "test.stix2")
    assert reading.in_file + reading.extra == reading.usable + reading.duplicates + len(reading.unusable)
    return reading


def indicator(identity: str, pattern: object, **more: object) -> dict[str, Any]:
    """Return an indicator object."""
    return {"type": "indicator", "id": identity, "pattern": pattern, **more}


def relation(source: str, target: str) -> dict[str, Any]:
    """Return a relationship object."""
    return {"type": "relationship", "id": f"r-{source}-{target}", "source_ref": source, "target_ref": target}


def grouped(reading: Reading) -> dict[str, list[str]]:
    """Return the values of each collection by its name."""
    return {each.name: [v for values in each.values.values() for v in values] for each in reading.collections}


def test_grouping_follows_mvt() -> None:
    """The last report that names an indicator wins, then the first relationship to malware, then the default."""
    reading = read(
        {"type": "malware", "id": "m1", "name": "First"},
        {"type": "malware", "id": "m2", "name": "Second"},
        {"type": "report", "id": "r1", "name": "Report one", "object_refs": ["i1", "i2"]},
        {"type": "report", "id": "r2", "name": "Report two", "object_refs": ["i2"]},
        *(indicator(f"i{n}", f"[process:name='p{n}']") for n in range(1, 6)),
        relation("i1", "m1"),
        relation("i3", "elsewhere"),
        relation("i3", "m2"),
        relation("i3", "m1"),
        relation("i4", "m1"),
    )
    assert grouped(reading) == {
        "First": ["p4"],
        "Second": ["p3"],
        "Report one": ["p1"],
        "Report two": ["p2"],
        "Default collection": ["p5"],
    }
    assert [each.id for each in reading.collections] == ["m1", "m2", "r1", "r2", "0"]


def test_no_default_collection_without_need() -> None:
    """The default collection is there only when something is in it."""
    reading = read({"type": "malware", "id": "m", "name": "M"}, indicator("i", "[file:name='x']"), relation("i", "m"))
    assert list(grouped(reading)) == ["M"]


def test_duplicates_inside_a_collection_only() -> None:
    """A value twice in one collection is a duplicate, in two collections it is none."""
    reading = read(
        {"type": "malware", "id": "m", "name": "M"},
        indicator("i1", "[file:name='x']"),
        indicator("i2", "[file:name='x']"),
        indicator("i3", "[file:name='x']"),
        relation("i1", "m"),
    )
    assert (reading.usable, reading.duplicates) == (2, 1)


@pytest.mark.parametrize(
    ("pattern", "fate"),
    [
        ("[domain-name:value='evil.example']", Stock.LOADS),
        ("[file:hashes.'SHA-256'='" + "ab" * 32 + "']", Stock.LOADS),
        ('[domain-name:value="evil.example"]', Stock.MANGLES),
        ("[domain-name:value='evil[.]example']", Stock.MANGLES),
        (r"[file:name='it\'s']", Stock.MANGLES),
        ("[url:value='https://evil.example/?a=b']", Stock.ABORTS),
        ("[file:name='a' OR file:name='b']", Stock.ABORTS),
        ("[file:name IN ('a','b')]", Stock.ABORTS),
        ("[file:name LIKE 'a%']", Stock.ABORTS),
        ("[ipv6-addr:value='2001:db8::1']", Stock.DROPS),
    ],
)
def test_what_mvt_would_do(pattern: str, fate: Stock) -> None:
    """Each indicator's account says what MVT's own reader does with it."""
    reading = read(indicator("i", pattern))
    assert set(reading.stock) == {str(fate)}


def test_values_mvt_cannot_carry() -> None:
    """A URL with = and a quoted apostrophe are compared as they are."""
    reading = read(
        indicator("i1", "[url:value='https://evil.example/?a=b']"), indicator("i2", r"[file:name='it\'s evil']")
    )
    assert grouped(reading)["Default collection"] == ["https://evil.example/?a=b", "it's evil"]
    assert {each.where for each in reading.adjustments} == {"i2"}


def test_split_patterns_are_noted() -> None:
    """Each value of a split pattern is compared and noted."""
    reading = read(indicator("i", "[file:name IN ('a', 'b')] OR [ipv6-addr:value='2001:db8::1']"))
    assert (reading.in_file, reading.extra, reading.usable, len(reading.unusable)) == (1, 2, 2, 1)
    assert all("one of 3 values" in each.note for each in reading.adjustments)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"type": "indicator", "id": "i"}, "without a pattern"),
        (indicator("i", 5), "without a pattern"),
        (indicator("i", ["x"]), "without a pattern"),
        (indicator("i", "rule x {}", pattern_type="yara"), "yara"),
        (indicator("i", "[ipv6-addr:value='2001:db8::1']"), "no check for ipv6-addr:value"),
        (indicator("i", "[file:hashes.'SHA-512'='ab']"), "no check for"),
        ("no object", "no STIX object"),
        (None, "no STIX object"),
    ],
)
def test_reasons(entry: object, reason: str) -> None:
    """What cannot be compared is listed with its reason."""
    reading = read(entry)
    assert reading.usable == 0
    assert [reason in each.reason for each in reading.unusable] == [True]


def test_remarks() -> None:
    """Revoked and expiring indicators, nameless malware and bare observables are remarked on."""
    reading = read(
        {"type": "malware", "id": "m"},
        {"type": "domain-name", "id": "d", "value": "evil.example"},
        indicator("i1", "[file:name='a']", revoked=True),
        indicator("i2", "[file:name='b']", valid_until="2020-01-01T00:00:00Z"),
    )
    text = " ".join(reading.remarks)
    assert all(word in text for word in ("revoked", "validity", "without a name", "domain-name objects"))
    assert reading.usable == 2


@pytest.mark.parametrize("odd", [5, None, [], {}, "x"])
def test_odd_fields_do_not_crash(odd: Any) -> None:
    """Fields of any type anywhere leave a readable account."""
    reading = read(
        {"type": "malware", "id": odd, "name": odd, "external_references": odd, "object_marking_refs": odd},
        {"type": "report", "id": odd, "name": odd, "object_refs": odd, "published": odd},
        {"type": "relationship", "source_ref": odd, "target_ref": odd},
        {"type": "identity", "name": odd},
        {"type": odd},
        indicator(odd, "[file:name='a']", pattern_version=odd, revoked=odd),
        spec_version=odd,
    )
    assert reading.usable == 1


def test_origin() -> None:
    """Publisher, families, marking, date and references come from the bundle."""
    amber = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"
    reading = read(
        {"type": "identity", "id": "x", "name": "Invented Lab"},
        {
            "type": "malware",
            "id": "m",
            "name": "Evil",
            "modified": "2026-02-03T00:00:00.000Z",
            "object_marking_refs": [amber],
            "external_references": [{"url": "https://lab.example/report"}, {"url": "javascript:x"}],
        },
        indicator("i", "[file:name='a']", modified="2025-01-01T00:00:00Z"),
    )
    origin = reading.origin
    assert (origin.publisher, origin.families, origin.tlp) == ("Invented Lab", ("Evil",), "AMBER")
    assert origin.published_at == "2026-02-03T00:00:00.000Z"
    assert origin.references == ("https://lab.example/report",)


def test_version_20() -> None:
    """A 2.0 bundle is read by the grammar of 2.0."""
    assert read(indicator("i", "[file:name='a' OR file:name='b']"), spec_version="2.0").format == "STIX 2.0"


@pytest.mark.parametrize(
    "text", ["{}", "[]", '"x"', "5", "null", '{"objects": []}', '{"objects": {}}', '{"Event": {}}']
)
def test_no_bundle(text: str) -> None:
    """JSON that is no bundle is an error."""
    with pytest.raises(IndicatorFileError):
        read_stix(text, "x.stix2")
