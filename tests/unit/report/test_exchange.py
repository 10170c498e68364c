"""Exports as pure functions: cells that are text, files that say what they leave out, and nobody named unasked.

What `stix2-validator`, `case_validate` and PyMISP demand is restated; `scripts/validate_exports.py` asks them.
"""

from __future__ import annotations

import csv
import io
import json
import re
import uuid
import zipfile
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import docx
import openpyxl
import pytest
import stix2
import stix2patterns.validator

from builders import report_example as example
from builders import report_hostile as hostile
from mvtcase.findings.review import stands
from mvtcase.model import (
    Disposition,
    EvidenceClass,
    Finding,
    IndicatorRef,
    Level,
    Publication,
    Rating,
    TimeBasis,
    Tlp,
    Verdict,
)
from mvtcase.report import case_uco, exchange, misp, stix
from mvtcase.report.crowds import FEWEST_TOGETHER, band
from mvtcase.report.document import Document, Pairs, Para, Section, Table
from mvtcase.report.layout import office
from mvtcase.report.net import texts_of_file
from mvtcase.report.publication import Edition
from mvtcase.report.view import view_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mvtcase.casebook import Casebook
    from mvtcase.report.view import View

KINDS = {
    "domains": ("update.evil.example", "domain-name:value"),
    "urls": ("https://evil.example/a?b=c", "url:value"),
    "emails": ("a@evil.example", "email-addr:value"),
    "processes": ("bh", "process:image_ref.name"),
    "file_names": ("com.evil.plist", "file:name"),
    "file_paths": ("/private/var/db/com.evil.plist", "file:name"),
    "files_md5": ("a" * 32, "file:hashes.'MD5'"),
    "files_sha1": ("b" * 40, "file:hashes.'SHA-1'"),
    "files_sha256": ("c" * 64, "file:hashes.'SHA-256'"),
    "app_ids": ("com.evil.app", "software:name"),
    "app_cert_hashes": ("d" * 40, "x509-certificate:hashes.'SHA-1'"),
    "ios_profile_ids": ("com.evil.profile", "x-mvt-configuration-profile:profile_id"),
    "android_property_names": ("persist.evil", "x-mvt-android-property:name"),
}
JUDGED = "2026-11-24T08:00:00.000000Z"


def _judged(one: Finding, verdict: Verdict, examiners: str = "ab") -> Finding:
    told = tuple(
        Disposition(uuid=f"v{each}", finding=one.id, verdict=verdict, reason="r", examiner=each, at=JUDGED)
        for each in examiners
    )
    return replace(one, dispositions=told)


@pytest.fixture
def all_kinds(book: Casebook) -> View:
    """Give a view of findings with an indicator of every type; the first is confirmed, the second dismissed."""
    base = replace(book.findings[0], dispositions=())
    found = [
        replace(base, id=f"F-{number:016x}", indicator=IndicatorRef(value=value, type=kind, family="Fam", set="s"))
        for number, (kind, (value, _)) in enumerate(KINDS.items())
    ]
    found[0], found[1] = _judged(found[0], Verdict.CONFIRMED), _judged(found[1], Verdict.FALSE_POSITIVE)
    return view_of(replace(book, findings=tuple(found)), example.occasion())


def _rows(made: exchange.Export) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(made.data.decode("utf-8-sig"))))


def _stix(view: View) -> dict[str, list[dict[str, Any]]]:
    bundle = json.loads(stix.as_stix(view, with_names=False).data)
    assert stix2.parse(bundle, allow_custom=True)
    by_type: dict[str, list[dict[str, Any]]] = {}
    for each in bundle["objects"]:
        by_type.setdefault(each["type"], []).append(each)
    return by_type


def test_csv_names_nobody_unasked_and_has_no_row_of_those_in_counts(view: View) -> None:
    """Pseudonyms; where one person is shown only in counts, a row without a name would be that person's."""
    rows = {row["finding"]: row for row in _rows(exchange.as_csv(view, with_names=False))}
    assert rows[f"F-{1:016x}"]["official"].startswith("P-")
    assert f"F-{5:016x}" not in rows


@pytest.mark.parametrize(
    "make", [exchange.as_csv, exchange.as_json, exchange.as_xlsx, stix.as_stix, case_uco.as_case_uco, misp.as_misp]
)
def test_an_indicator_found_at_hidden_people_alone_is_listed_and_nothing_else_of_it(
    book: Casebook, make: Callable[..., exchange.Export]
) -> None:
    """Indicators are no personal data; finding, time, number, person and phone are not told."""
    one = next(each for each in book.findings if each.id == f"F-{5:016x}")
    ref = replace(one.indicator, value="only.evil.example") if one.indicator else None
    found = tuple(replace(each, indicator=ref) if each is one else each for each in book.findings)
    unasked = {} if make is misp.as_misp else {"with_names": False}
    made = make(view_of(replace(book, findings=found), example.occasion()), **unasked)
    told = [text for text in texts_of_file(f"a.{_ending(made.data)}", made.data) if text]
    assert any("only.evil.example" in text or "only[.]evil[.]example" in text for text in told)
    assert not [text for text in told if one.id in text or one.device == text]


def _ending(data: bytes) -> str:
    return "xlsx" if data.startswith(b"PK") else "json" if data.startswith(b"{") else "csv"


def test_csv_names_who_may_be_named_when_asked(view: View) -> None:
    """Only the level 'named' gives a name; the last line is about the file and no finding."""
    rows = _rows(exchange.as_csv(view, with_names=True))
    assert {row["official"] for row in rows[:-1]} == {"Aldith Ashgrove", "P-003DDE", "P-007BBC"}
    assert rows[-1]["finding"].startswith("# TLP:AMBER+STRICT; case C-0001; edition outside. Left out: whatever was")


def test_no_cell_is_a_formula() -> None:
    """Hostile titles, modules and names all begin with a letter or an apostrophe, and are text in the workbook."""
    view = view_of(hostile.casebook(), hostile.occasion())
    for row in csv.reader(io.StringIO(exchange.as_csv(view, with_names=True).data.decode("utf-8-sig"))):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
    sheet = openpyxl.load_workbook(io.BytesIO(exchange.as_xlsx(view, with_names=True).data)).worksheets[0]
    assert sheet.max_row > 3
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} <= {"s", "n"}


def test_a_workbook_is_in_the_language_of_the_case_and_carries_the_marking(view: View) -> None:
    """Columns and words of closed sets are told in it, what evidence says stays."""
    made = exchange.as_xlsx(replace(view, occasion=replace(view.occasion, language="zh-TW")), with_names=False)
    book = openpyxl.load_workbook(io.BytesIO(made.data))
    findings, about = book.worksheets
    cells = {cell.value for row in findings.iter_rows() for cell in row}
    assert {"發現項目", "執行", "已確認", "update[.]evil[.]example"} <= cells
    assert findings.oddHeader.center.text == findings.oddFooter.center.text == "TLP:AMBER+STRICT"
    assert "TLP:AMBER+STRICT" in str(about["A1"].value)
    told = book.properties
    assert (told.creator, told.title, told.language) == ("Example CERT", "發現項目 C-0001", "zh-TW")
    assert b"openpyxl" not in _unpacked(made.data).lower()
    nobody = exchange.as_xlsx(replace(view, occasion=replace(view.occasion, organisation="")), with_names=False).data
    assert openpyxl.load_workbook(io.BytesIO(nobody)).properties.creator == "mvtcase"


def _unpacked(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return b"".join(packed.read(name) for name in packed.namelist())


def test_json_holds_what_the_csv_holds(view: View) -> None:
    """Record by record, under its marking and schema."""
    told = json.loads(exchange.as_json(view, with_names=False).data)
    rows = _rows(exchange.as_csv(view, with_names=False))[:-1]
    assert (told["schema"], told["marking"]) == ("mvtcase-findings/1", "TLP:AMBER+STRICT")
    _, names, fields = told["left_out"]
    assert "names and texts of the evidence" in names
    assert "the records' own fields" in fields
    assert [each["finding"] for each in told["findings"]] == [row["finding"] for row in rows]
    assert [str(each["alerts"]) for each in told["findings"]] == [row["alerts"] for row in rows]


@pytest.mark.parametrize("withheld", [1, 9])
def test_what_is_withheld_is_said_and_singles_nobody_out(book: Casebook, withheld: int) -> None:
    """In the file and to the caller, as a span: one person may have all of them. Of few people it is none."""
    levels = [Publication.WITHHELD] * withheld + [Publication.ROLE] * len(book.officials)
    hidden = [
        replace(one, official=replace(one.official, publication=levels[number]))
        for number, one in enumerate(book.officials)
    ]
    seen = view_of(replace(book, officials=tuple(hidden)), example.occasion())
    number = len(seen.findings) - len(seen.told_apart)
    assert number
    told = f"Left out: findings of people who may be in no row ({band(number)})."
    if withheld < FEWEST_TOGETHER:
        told = "Left out: whatever was found at people who may be in no row."
    makers: tuple[Callable[[View], exchange.Export], ...] = (
        lambda one: exchange.as_csv(one, with_names=False),
        lambda one: exchange.as_json(one, with_names=False),
        lambda one: exchange.as_timesketch(one, example.sealing(), with_names=False),
        lambda one: stix.as_stix(one, with_names=False),
        lambda one: case_uco.as_case_uco(one, with_names=False),
        misp.as_misp,
    )
    for make in makers:
        made = make(seen)
        assert told in [str(each) for each in made.left]
        assert told in made.data.decode("utf-8-sig")
        assert "TLP:AMBER+STRICT" in made.data.decode("utf-8-sig")


def test_what_was_dismissed_at_one_and_stands_at_somebody_hidden_is_listed(book: Casebook) -> None:
    """A judgement on one phone says nothing of another's: the indicator is found, once in each export."""
    gone = next(one for one in book.findings if one.indicator and not stands(one))
    hidden = next(one for one in book.officials if one.official.id != gone.official and one.devices)
    there = replace(gone, id="F-9000", official=hidden.official.id, dispositions=())
    officials = tuple(
        replace(
            one, official=replace(one.official, publication=Publication.WITHHELD if one is hidden else Publication.ROLE)
        )
        for one in book.officials
    )
    seen = view_of(replace(book, officials=officials, findings=(gone, there)), example.occasion())
    assert exchange.found_alone(seen) == [gone.indicator]
    assert [row["finding"] for row in _rows(exchange.as_csv(seen, with_names=False))[:-1]] == [gone.id, ""]
    comments = re.findall(r'"comment": "([^"]*)"', misp.as_misp(seen).data.decode())
    assert [each.partition("findings ")[2] for each in comments if "family" in each] == [
        f"standing: 0, dismissed: 1; officials: 0; {gone.evidence_class}; found at people who may be in no row"
    ]
    assert all("of people in rows, findings standing" in each for each in comments if "family" in each)
    assert exchange.found_alone(view_of(replace(book, officials=officials, findings=(gone,)), example.occasion())) == []


def test_what_only_the_second_reader_saw_is_left_out_by_its_own_name(book: Casebook) -> None:
    """It rests on a published indicator, which is listed where it stands at people in no row alone."""
    found = next(one for one in book.findings if one.indicator and stands(one))
    seen = replace(found, evidence_class=EvidenceClass.HEURISTIC)
    told = "Left out: findings of a published indicator's text where no module reads it (1)."
    view = view_of(replace(book, findings=(seen,)), example.inside())
    assert [str(each) for each in stix.as_stix(view, with_names=True).left] == [told]
    hidden = tuple(
        replace(one, official=replace(one.official, publication=Publication.WITHHELD)) for one in book.officials
    )
    outside = view_of(replace(book, findings=(seen,), officials=hidden), example.occasion())
    assert exchange.found_alone(outside) == [found.indicator]


def test_timesketch_says_which_findings_are_no_moment(book: Casebook) -> None:
    """Settings of little weight would bury the rest of a timeline; how many they are stands in its first line."""
    posture = next(one for one in book.findings if one.evidence_class is EvidenceClass.POSTURE)
    quiet = replace(posture, level=Level.LOW, rating=Rating.POSTURE, dispositions=())
    made = exchange.as_timesketch(view_of(replace(book, findings=(quiet,)), example.inside()), {}, with_names=True)
    assert "mvtcase:finding" not in made.data.decode()
    assert "Left out: findings about settings, of little weight (1)." in made.data.decode().partition("\n")[0]


@pytest.mark.parametrize("tlp", list(Tlp))
def test_stix_parses_and_carries_the_marking(book: Casebook, tlp: Tlp) -> None:
    """Three indicators, four sightings, one of them revoked, three people; the marking of the case on each."""
    by_type = _stix(view_of(replace(book, case=replace(book.case, tlp=tlp)), example.occasion()))
    assert {kind: len(found) for kind, found in by_type.items()} == {
        "marking-definition": 1,
        "identity": 4,
        "indicator": 3,
        "domain-name": 2,
        "process": 1,
        "observed-data": 3,
        "sighting": 4,
        "note": 1,
    }
    (marking,) = by_type.pop("marking-definition")
    assert marking["name"] == f"TLP:{tlp}"
    assert by_type["note"][0]["content"].startswith(f"TLP:{tlp};")
    unmarked = [each for those in by_type.values() for each in those if "object_marking_refs" not in each]
    assert [each["identity_class"] for each in unmarked] == ["organization"]
    assert sum("where_sighted_refs" in each for each in by_type["sighting"]) == 4
    assert sum("first_seen" in each for each in by_type["sighting"]) == 3


def test_stix_says_every_type_of_indicator_in_a_pattern_of_stix(all_kinds: View) -> None:
    """Object paths of STIX 2.1, or a custom object by a name that begins with x-; the pattern parses."""
    patterns = {
        each["external_references"][0]["external_id"]: each["pattern"] for each in _stix(all_kinds)["indicator"]
    }
    assert {*patterns} == {*KINDS}
    for kind, (_, path) in KINDS.items():
        assert patterns[kind].startswith(f"[{path} = '")
        assert stix2patterns.validator.run_validator(patterns[kind], stix_version="2.1") == []


@pytest.mark.parametrize("kind", ["files_md5", "files_sha1", "files_sha256", "app_cert_hashes"])
def test_what_is_no_hash_is_said_as_a_value_alone(kind: str) -> None:
    """STIX takes no pattern of a hash that is none, whoever wrote it into the case."""
    assert stix.pattern_of(IndicatorRef(value="=cmd|x", type=kind, family="", set="s")).startswith("[x-mvt-indicator:")


def test_stix_ids_have_the_form_of_random_ones_and_are_the_same_again(all_kinds: View) -> None:
    """The standard wants version 4 for what it does not derive itself."""
    by_type = _stix(all_kinds)
    for kind in ("indicator", "identity", "sighting", "observed-data", "note", "process"):
        assert {uuid.UUID(each["id"].partition("--")[2]).version for each in by_type[kind]} == {4}
    again = _stix(all_kinds)
    assert [each["id"] for each in by_type["sighting"]] == [each["id"] for each in again["sighting"]]


def test_a_dismissed_finding_is_a_revoked_sighting(all_kinds: View) -> None:
    """With the time of the judgement; the indicator itself is its publisher's and stays."""
    by_type = _stix(all_kinds)
    revoked = [each for each in by_type["sighting"] if each.get("revoked")]
    assert [each["modified"] for each in revoked] == ["2026-11-24T08:00:00.000Z"]
    (gone,) = [each for each in by_type["indicator"] if each["id"] == revoked[0]["sighting_of_ref"]]
    assert gone["pattern"] == "[url:value = 'https://evil.example/a?b=c']"
    assert not gone.get("revoked")


def test_a_local_or_impossible_time_is_no_time_of_an_export(view: View) -> None:
    """Only a time known to be UTC, and a time at all."""
    one = view.findings[0]
    assert exchange.moment_of(one) == "2026-06-14T18:41:07Z"
    assert exchange.moment_of(replace(one, event_time_basis=TimeBasis.DEVICE_LOCAL)) is None
    assert exchange.utc("2026-13-45 99:00:00") is None
    assert exchange.utc(None) is None


@pytest.mark.parametrize("value", ["it's \\ odd", "a b", "<script>", "update.evil.example' OR '1'='1"])
def test_a_value_that_is_no_host_stays_a_pattern_alone(book: Casebook, value: str) -> None:
    """A quote cannot end the pattern, and no observable is made that its schema would refuse."""
    one = book.findings[0]
    assert one.indicator is not None
    odd = replace(one, indicator=replace(one.indicator, type="domains", value=value))
    by_type = _stix(view_of(replace(book, findings=(odd,)), example.occasion()))
    assert "domain-name" not in by_type
    assert "observed-data" not in by_type
    (indicator,) = by_type["indicator"]
    assert stix2patterns.validator.run_validator(indicator["pattern"], stix_version="2.1") == []


def test_misp_has_an_object_for_each_indicator_and_names_nobody(view: View) -> None:
    """Heuristic findings are no indicators to share; a benign one is seen falsely, and never `to_ids`."""
    event = json.loads(misp.as_misp(view).data)["Event"]
    assert {(each["name"], each["Attribute"][0]["value"]) for each in event["Object"]} == {
        ("process", "bh"),
        ("domain-ip", "update.evil.example"),
        ("domain-ip", "news.example"),
    }
    assert [each["type"] for each in event["Attribute"]] == ["comment"]
    assert event["published"] is False
    assert event["Tag"] == [{"name": "tlp:amber+strict"}]
    assert "P-" not in json.dumps(event)
    assert "Aldith" not in json.dumps(event)


def test_misp_says_to_ids_only_of_what_two_confirmed_and_dismissed_is_false_positive(all_kinds: View) -> None:
    """One object or attribute for every type of indicator, each with its sighting."""
    event = json.loads(misp.as_misp(all_kinds).data)["Event"]
    told = [*(each["Attribute"][0] for each in event["Object"]), *event["Attribute"][1:]]
    assert {each["value"] for each in told} == {value for value, _ in KINDS.values()}
    assert [each["value"] for each in told if each["to_ids"]] == ["update.evil.example"]
    (false,) = [each for each in told if each["Sighting"][0]["type"] == "1"]
    assert false["value"] == "https://evil.example/a?b=c"
    assert {each["Sighting"][0]["date_sighting"] for each in told} == {"1781462467"}
    assert all(re.fullmatch(r"[0-9a-f-]{36}", each["template_uuid"]) for each in event["Object"])


def test_timesketch_keeps_what_has_no_time_at_a_marked_pseudo_time(view: View) -> None:
    """Two findings have none; every line has what Timesketch's documentation calls mandatory, and its clock."""
    made = exchange.as_timesketch(view, example.sealing(), with_names=False)
    head, *lines = [json.loads(line) for line in made.data.decode().splitlines()]
    undated = [line for line in lines if line["pseudo_time"]]
    assert [line["datetime"] for line in undated] == ["1970-01-01T00:00:00Z"] * 2
    assert all("pseudo-time" in line["timestamp_desc"] for line in (head, *undated))
    assert not any("pseudo-time" in line["timestamp_desc"] for line in lines if not line["pseudo_time"])
    for line in (head, *lines):
        assert all(
            isinstance(line[each], str) and line[each] for each in ("datetime", "timestamp_desc", "message", "tlp")
        )
        then = datetime.fromisoformat(line["datetime"].replace("Z", "+00:00"))
        assert line["timestamp"] == int(then.timestamp()) * 1_000_000
    assert {"UTC", "device's local time"} <= {line["clock"] for line in lines}
    assert "2 moments have no known time" in head["message"]
    assert not any("Aldith" in line["official"] for line in lines)
    assert b"Aldith Ashgrove" in exchange.as_timesketch(view, example.sealing(), with_names=True).data


@pytest.mark.parametrize("edition", list(Edition))
def test_case_uco_is_a_graph_whose_references_lead_somewhere(all_kinds: View, edition: Edition) -> None:
    """Every identifier ends in a UUID, every name has a known prefix, and every node but the marking is marked."""
    view = view_of(all_kinds.book, replace(example.occasion(), edition=edition))
    whole = json.loads(case_uco.as_case_uco(view, with_names=edition is not Edition.OUTSIDE).data)
    marking, *nodes = whole["@graph"]
    known = {each["@id"] for each in _nodes(whole["@graph"])}
    assert all(re.fullmatch(r"kb:[a-z0-9]+-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", each) for each in known)
    assert {each["@id"] for each in _references(whole["@graph"])} <= known
    names = {name for each in _nodes(whole["@graph"]) for name in (*each, each["@type"]) if not name.startswith("@")}
    assert {name.partition(":")[0] for name in names} <= {*whole["@context"]}
    assert all(each["uco-core:objectMarking"] == [{"@id": marking["@id"]}] for each in nodes)
    assert "TLP:AMBER+STRICT" in json.dumps(marking)
    findings = [each for each in nodes if each["@type"] == "uco-core:Annotation"]
    assert len(findings) == len(KINDS)
    assert ("Aldith Ashgrove" in json.dumps(whole)) is (edition is not Edition.OUTSIDE)


def test_what_no_schema_takes_is_no_observable(all_kinds: View) -> None:
    """A host of 300 letters and a hash that is none stay patterns and names: schemas refuse them as things."""
    odd = (("w" * 300 + ".example", "domains"), ("{{ 7 * 7 }}", "files_sha256"))
    two = [
        replace(each, indicator=IndicatorRef(value=value, type=kind, family="", set="s"))
        for each, (value, kind) in zip(all_kinds.findings, odd, strict=False)
    ]
    view = view_of(replace(all_kinds.book, findings=tuple(two)), example.inside())
    bundle = json.loads(stix.as_stix(view, with_names=True).data)["objects"]
    assert not [each for each in bundle if each["type"] in {"domain-name", "file"}]
    assert len([each for each in bundle if each["type"] == "indicator"]) == len(odd)
    assert "hexBinary" not in case_uco.as_case_uco(view, with_names=True).data.decode().partition("7 * 7")[2][:400]


def test_case_uco_gives_each_thing_a_facet_of_its_own(all_kinds: View) -> None:
    """Sets publish one value as a file's name and as its path: CASE lets no two things share a facet."""
    ref = IndicatorRef(value="com.evil.plist", type="file_names", family="", set="s")
    two = [replace(each, indicator=replace(ref, type=kind)) for each, kind in
           zip(all_kinds.findings, ("file_names", "file_paths"), strict=False)]  # fmt: skip
    view = view_of(replace(all_kinds.book, findings=tuple(two)), example.inside())
    whole = json.loads(case_uco.as_case_uco(view, with_names=True).data)
    facets = [each["@id"] for each in _nodes(whole["@graph"]) if each["@type"].endswith(":FileFacet")]
    assert len(facets) == len(set(facets)) == 2


def _nodes(value: object) -> list[dict[str, Any]]:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    here = [value] if isinstance(value, dict) and "@id" in value and "@type" in value else []
    return [*here, *(each for one in inner for each in _nodes(one))]


def _references(value: object) -> list[dict[str, Any]]:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    here = [value] if isinstance(value, dict) and {*value} == {"@id"} else []
    return [*here, *(each for one in inner for each in _references(one))]


def _document(*blocks: Any, title: str = "t") -> Document:
    written = {"written": "2026-11-24T09:30:00Z"}
    return Document(name="Report", title=title, lead="", foot="", language="en", properties=written, blocks=blocks)


def test_tables_of_a_document_fill_its_page_by_what_they_hold() -> None:
    """On A4; the column of a sentence is wider than that of a number, and a table's head stands on each page."""
    rows = tuple(("1", "a sentence of some words that wants room", "x") for _ in range(3))
    blocks = (Table(name="t", head=("n", "what", "x"), rows=rows), Pairs(rows=(("one", "two"),)))
    opened: Any = docx.Document(io.BytesIO(office.docx(_document(*blocks))))
    page, (table, pairs) = opened.sections[0], opened.tables
    room = page.page_width - page.left_margin - page.right_margin
    number, sentence, _ = (cell.width for cell in table.rows[1].cells)
    assert (page.page_width.mm, sentence > 3 * number) == (pytest.approx(210, abs=1), True)
    assert sum(cell.width for cell in table.rows[1].cells) == pytest.approx(room, rel=0.01)
    assert [each.rows[0]._tr.xml.count("w:tblHeader") for each in (table, pairs)] == [1, 0]


def test_a_text_that_is_too_long_for_office_programs_says_what_is_left_to_the_json() -> None:
    """A word processor takes minutes for 100,000 characters, and a workbook would drop what is over its bound."""
    long = "x?" * 50_000
    table = Table(name="People", head=("who",), rows=((long,),))
    made = _document(Section(long, (Para(long), table)), title=long)
    opened = docx.Document(io.BytesIO(office.docx(made)))
    told = [
        each.text for each in (*opened.paragraphs, *opened.tables[0].cell(1, 0).paragraphs) if len(each.text) > 5_000
    ]
    assert len(told) == 4
    assert all(len(each) < 5_100 and each.endswith("more characters: see the JSON") for each in told)
    cell = openpyxl.load_workbook(io.BytesIO(office.xlsx(made)))["People"]["A2"].value
    assert cell.endswith(" 70000 more characters: see the JSON")
