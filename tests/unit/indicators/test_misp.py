"""MISP events and attribute tables: what is marked for detection becomes an indicator, context never."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.errors import IndicatorFileError
from mvtcase.indicators.files import read_set
from shared import SHARED

if TYPE_CHECKING:
    from pathlib import Path

CASES = SHARED / "field/cases"


def row(kind: str, value: str, *, to_ids: object = True, category: str = "Network activity") -> dict[str, Any]:
    """Return one attribute."""
    return {"type": kind, "value": value, "to_ids": to_ids, "category": category}


def values(*rows: dict[str, Any], **event: Any) -> dict[str, tuple[str, ...]]:
    """Return what an event of these attributes gives, by type."""
    reading = read_set(json.dumps({"Event": {"info": "Invented", "Attribute": rows, **event}}).encode(), "event.json")
    assert reading.in_file + reading.extra == reading.usable + reading.duplicates + len(reading.unusable)
    return {kind: held for each in reading.collections for kind, held in each.values.items()}


def test_only_what_is_marked_for_detection_is_compared() -> None:
    """`to_ids` decides; the report's address, a victim and attribution are context even when somebody marked them."""
    told = values(
        row("domain", "lure.example"),
        row("domain", "news.example", to_ids=False),
        row("link", "https://research.example/report", category="External analysis"),
        row("email-dst", "victim@party.example", to_ids=False, category="Payload delivery"),
        row("text", "Operator sits somewhere", category="Attribution"),
        row("url", "https://internal.example/ticket", category="Internal reference"),
    )
    assert told == {"domains": ("lure.example",)}


def test_context_is_listed_with_its_reason() -> None:
    """Nothing of the file is lost: every row that is no indicator says why."""
    event = {"Event": {"info": "x", "Attribute": [row("domain", "a.example"), row("domain", "b.example", to_ids="0")]}}
    reading = read_set(json.dumps(event).encode(), "event.json")
    assert [(each.given, each.reason[:8]) for each in reading.unusable] == [("b.example", "context:")]


def test_composites_are_split() -> None:
    """Of two values each is compared; of a file's name and hash the hash, since the name alone is many files'."""
    digest = "0" * 63 + "2"
    told = values(row("domain|ip", "c2.example|203.0.113.9"), row("filename|sha256", f"update.apk|{digest}"))
    assert told == {"domains": ("c2.example", "203.0.113.9"), "files_sha256": (digest,)}


def test_attributes_of_objects_are_read(tmp_path: Path) -> None:
    """MISP's newer events keep related attributes in objects."""
    del tmp_path
    assert values(Object=[{"name": "domain-ip", "Attribute": [row("domain", "c3.example")]}]) == {
        "domains": ("c3.example",)
    }


def test_a_search_answer_and_a_list_of_events_are_read() -> None:
    """`restSearch` answers with `response`, exports with a list; each event is a collection."""
    events = [{"Event": {"info": name, "Attribute": [row("domain", f"{name}.example")]}} for name in ("one", "two")]
    for data in ({"response": events}, events):
        reading = read_set(json.dumps(data).encode(), "events.json")
        assert [each.name for each in reading.collections] == ["one", "two"]
        assert reading.counts() == {"domains": 2}


def test_the_csv_export_obeys_the_same_rules() -> None:
    """Its columns tell it from other tables."""
    text = (
        "uuid,event_id,category,type,value,comment,to_ids,date\n"
        "u0,1,Network activity,domain|ip,c2.example|203.0.113.9,,1,20260901\n"
        "u1,1,External analysis,link,https://research.example/report,,0,20260901\n"
    )
    reading = read_set(text.encode(), "attributes.csv")
    assert reading.format == "MISP CSV"
    assert reading.counts() == {"domains": 2}
    assert len(reading.unusable) == 1


@pytest.mark.parametrize("data", [{"Event": {}}, {"response": []}, {"Event": {"Attribute": "text"}}])
def test_an_event_without_attributes_is_refused(data: dict[str, Any]) -> None:
    """An empty event is a clear error and no empty set."""
    with pytest.raises(IndicatorFileError, match="without an attribute"):
        read_set(json.dumps(data).encode(), "event.json")


def test_a_bare_event_is_read_with_the_apps_of_its_objects() -> None:
    """As generators write it: the hash of an app's certificate is none of a file, and each app is a collection."""
    app = [
        {"type": "text", "object_relation": "name", "value": "SpyApp", "to_ids": False, "category": "Other"},
        {**row("sha1", "ab" * 20, category="Payload delivery"), "object_relation": "certificate"},
        {**row("sha256", "ab" * 32, category="Payload delivery"), "object_relation": "sha256"},
    ]
    event = {
        "info": "Apps",
        "Attribute": [row("domain", "a.example")],
        "Object": [{"name": "android-app", "Attribute": app}],
    }
    reading = read_set(json.dumps(event).encode(), "event.json")
    assert {each.name: dict(each.values) for each in reading.collections} == {
        "Apps": {"domains": ("a.example",)},
        "SpyApp": {"app_cert_hashes": ("ab" * 20,), "files_sha256": ("ab" * 32,)},
    }
    assert "SpyApp" in reading.origin.families


@pytest.mark.parametrize("label", ['misp:to_ids="False"', 'misp:category="External analysis"', 'misp:type="link"'])
def test_stix_that_misp_made_obeys_the_same_rules(label: str) -> None:
    """The labels keep what an attribute was; other labels say nothing of it."""

    def indicator(labels: list[str]) -> dict[str, Any]:
        return {
            "type": "indicator",
            "id": f"indicator--{len(labels)}",
            "pattern": "[url:value = 'https://a.example/r']",
            "labels": labels,
        }

    bundle = {"type": "bundle", "objects": [indicator(["x", label]), indicator(['misp:to_ids="True"'])]}
    reading = read_set(json.dumps(bundle).encode(), "event.stix2")
    assert (reading.usable, [each.reason[:8] for each in reading.unusable]) == (1, ["context:"])


@pytest.mark.parametrize(
    ("pattern", "counts"),
    [
        ("[domain-name:value = 'a.example' AND domain-name:resolves_to_refs[*].value = '192.0.2.1']", {"domains": 2}),
        ("[file:name = 'x.apk' AND file:hashes.'SHA-256' = '" + "ab" * 32 + "']", {"files_sha256": 1}),
        (
            "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '192.0.2.1']",
            {"domains": 1},
        ),
        ("[file:name = 'x.apk' AND domain-name:value = 'a.example']", {}),
        ("[url:value = 'https://a.example' AND domain-name:value = 'a.example']", {}),
    ],
)
def test_composites_in_stix_are_split_as_misp_means_them(pattern: str, counts: dict[str, int]) -> None:
    """Only an AND that stands for one composite value: any other asks for two things seen together."""
    bundle = {"type": "bundle", "objects": [{"type": "indicator", "id": "indicator--1", "pattern": pattern}]}
    assert read_set(json.dumps(bundle).encode(), "event.stix2").counts() == counts


def test_stix_1_and_openioc_are_named() -> None:
    """What is XML and a set all the same gets a true error."""
    with pytest.raises(IndicatorFileError, match="STIX 1"):
        read_set(b'<stix:STIX_Package xmlns:stix="x"/>', "set.xml")


@pytest.mark.shared
def test_the_field_inputs_end_as_their_readme_says() -> None:
    """11 rows usable and 4 of context in the JSON; the same rules in the CSV."""
    if not CASES.is_dir():
        pytest.skip("the field inputs are not beside the checkout")
    event = read_set((CASES / "misp-event.json").read_bytes(), "misp-event.json")
    assert event.in_file - len(event.unusable) == 11
    assert [each.reason[:8] for each in event.unusable] == ["context:"] * 4
    table = read_set((CASES / "misp-attributes.csv").read_bytes(), "misp-attributes.csv")
    assert table.in_file - len(table.unusable) == 9
    assert [each.reason[:8] for each in table.unusable] == ["context:"] * 4
    bundle = read_set((CASES / "misp-event.stix2").read_bytes(), "misp-event.stix2")
    assert bundle.counts() == {"domains": 4, "files_sha256": 1, "urls": 1}
