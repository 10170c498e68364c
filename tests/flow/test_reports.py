"""Reports as whole verbs: what is written, under which number, and that no personal marker ever comes out."""

from __future__ import annotations

import gc
import json
import re
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.canon import sha256_file
from mvtcase.casebook import Newest
from mvtcase.errors import ConflictError, InputError, NotFoundError, RenderError
from mvtcase.model import (
    ConsentMethod,
    ConsentPoint,
    DeviceIdentity,
    IndicatorRef,
    Platform,
    Publication,
    ReportState,
    Status,
    Verdict,
)
from mvtcase.report import crowds, render
from mvtcase.settings import HelpLine, Settings
from mvtcase.store import queries
from mvtcase.workflow import (
    cases,
    consents,
    custody,
    devices,
    exports,
    findings,
    groups,
    observations,
    officials,
    purges,
    report_files,
    report_life,
    reports,
    scans,
    status,
)
from mvtcase.workflow.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.flow.conftest import FakeEngine

    from mvtcase.engine.job import EngineResult

MARKS = (
    "NAMEMARK",
    "ROLEMARK",
    "CONTACTMARK",
    "PSEUDOMARK",
    "LABELMARK",
    "SERIALMARK",
    "GADGETMARK",
    "+447700900123",
    "OBSERVEDMARK",
)


def _written(outcome: Any) -> list[dict[str, Any]]:  # the contract's JSON
    return list(outcome.json["reports"])


def _as(desk: Desk, examiner: str) -> Desk:
    return Desk(workspace=desk.workspace, examiner=examiner, clock=desk.clock, engine=desk.engine, with_control=False)


@pytest.fixture
def scanned(desk: Desk, engine: FakeEngine, match: EngineResult, add_phone: Callable[..., str]) -> Desk:
    """Give a desk whose one phone matched an indicator."""
    engine.answer = match
    add_phone()
    scans.run(desk, scans.Request())
    return desk


def test_an_incident_report_is_written_in_two_formats_and_filed(scanned: Desk) -> None:
    """The contract's keys, the file's hash, private files, and a custody event."""
    html, as_json = _written(reports.write(scanned, "incident", formats=("html,json",)))
    assert [html["id"], as_json["id"]] == ["R-0001", "R-0001"]
    assert [html["format"], as_json["format"]] == ["html", "json"]
    assert {"id", "kind", "format", "path", "sha256", "state"} <= set(html)
    path = Path(html["path"])
    assert path.name == "R-0001-incident-internal.html"
    assert path.stat().st_mode & 0o777 == 0o600
    assert sha256_file(path) == html["sha256"]
    assert json.loads(Path(as_json["path"]).read_text())["schema"] == "mvtcase-report/2"
    custody.verify(scanned)
    with scanned.open_case() as store:
        assert queries.custody_events(store)[-1].action == "report.written"


def test_the_report_prints_the_head_of_the_chain_it_was_made_from(scanned: Desk) -> None:
    """The digest in the report is that of the event before the report's own."""
    with scanned.open_case() as store:
        head, events = store.custody_head(), len(queries.custody_events(store))
    (report,) = _written(reports.write(scanned, "incident", formats=("json",)))
    said = json.loads(Path(report["path"]).read_text())["custody"]
    assert (said["head"], said["events"]) == (head, events)
    assert report["custody_head"] == head


@pytest.fixture
def alone_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one person withheld hide in the numbers: what is covered is the matter here, not among how many."""
    monkeypatch.setattr(crowds, "FEWEST_TOGETHER", 0)


@pytest.mark.parametrize("level", list(Publication))
@pytest.mark.usefixtures("alone_is_enough")
def test_no_personal_marker_comes_out_at_any_level(desk: Desk, scanned: Desk, level: Publication) -> None:
    """Markers stand in every personal field; only the name and role (named) or role and pseudonym (role) come out."""
    official = _marked_official(desk, level)
    _plant_in_texts(desk, official)
    allowed = {
        Publication.NAMED: {"NAMEMARK", "ROLEMARK"},
        Publication.ROLE: {"ROLEMARK", "PSEUDOMARK"},
        Publication.COUNTED: set[str](),
        Publication.WITHHELD: set[str](),
    }[level]
    written = _written(reports.write(desk, "incident", formats=("html", "json", "md"), edition="outside"))
    assert len(written) == 3
    for report in written:
        text = Path(report["path"]).read_text().casefold().replace("\\", "")
        seen = {mark for mark in MARKS if mark.casefold() in text}
        assert seen == allowed, report["format"]
        assert "aldith" not in text
        assert not any(mark.casefold() in report["path"].casefold() for mark in MARKS)


@pytest.mark.parametrize("level", list(Publication))
@pytest.mark.usefixtures("alone_is_enough")
def test_a_group_report_names_nobody_and_a_letter_only_its_reader(
    desk: Desk, scanned: Desk, level: Publication
) -> None:
    """In numbers nobody is named at any level; a letter to another says nothing of the marked official."""
    official = _marked_official(desk, level)
    _plant_in_texts(desk, official)
    formats = ("html", "json", "md")
    for kind, target, allowed in (
        ("group", "Legislature", set[str]()),
        ("letter", "O-0001", set[str]()),
        ("letter", official, {"NAMEMARK"}),
    ):
        for report in _written(reports.write(desk, kind, target=target, formats=formats)):
            text = Path(report["path"]).read_text().casefold().replace("\\", "")
            assert {mark for mark in MARKS if mark.casefold() in text} == allowed, report["path"]
            assert report["target"] in {"G-0001", "O-0001", official}


def test_a_report_about_somebody_needs_to_know_about_whom(scanned: Desk) -> None:
    """A letter is to an official, a group report about a group."""
    for kind in ("group", "letter"):
        with pytest.raises(InputError, match="about whom"):
            reports.write(scanned, kind)
    with pytest.raises(NotFoundError):
        reports.write(scanned, "group", target="O-0001")
    with pytest.raises(NotFoundError):
        reports.write(scanned, "letter", target="Legislature")


def test_an_incident_report_on_a_group_or_a_person_is_about_them(scanned: Desk) -> None:
    """The scope stands in the details, in the row and in the counts."""
    officials.change_official(scanned, "O-0001", {"publication": "role"})
    for target in ("Legislature", "O-0001"):
        (report,) = _written(reports.write(scanned, "incident", target=target, formats=("json",)))
        told = json.loads(Path(report["path"]).read_text())
        assert told["counted"] == 1
        assert told["findings"][0]["device"] == "D-0001"


@pytest.mark.usefixtures("alone_is_enough")
def test_what_links_officials_is_in_the_report_and_names_nobody_withheld(
    scanned: Desk, add_phone: Callable[..., str]
) -> None:
    """Two officials with one indicator; once one of them is withheld, the link is counted and that one not named."""
    other = _marked_official(scanned, Publication.COUNTED)
    _consent(scanned, other)
    add_phone(other, seed=2)
    scans.run(scanned, scans.Request(official=other))
    officials.change_official(scanned, "O-0001", {"publication": "role"})
    officials.change_official(scanned, other, {"publication": "named"})
    assert {len(each["who"]) for each in _links(scanned)} == {2}
    officials.change_official(scanned, other, {"publication": "withheld"})
    linked = _links(scanned)
    assert {each["kind"] for each in linked} == {"indicator", "family", "minute"}
    assert {(each["officials"], len(each["who"])) for each in linked} == {("fewer than 5", 1)}


def test_too_few_people_withheld_cannot_hide_in_numbers(scanned: Desk, desk: Desk) -> None:
    """An outside report on a handful of withheld people is refused with the choice; five hide among each other."""
    _marked_official(desk, Publication.WITHHELD)
    for kind, target in (("incident", None), ("group", "Legislature")):
        with pytest.raises(ConflictError, match="cannot hide in its numbers"):
            reports.write(scanned, kind, target=target, edition="outside")
    assert _written(reports.write(scanned, "incident"))
    for number in range(12):
        officials.add(desk, officials.Person(name=f"Person {number}", publication=Publication.WITHHELD))
    with pytest.raises(ConflictError, match="stand apart by their status"):
        reports.write(scanned, "incident", edition="outside")
    officials.change_official(desk, "O-0001", {"publication": "role"})
    (report,) = _written(reports.write(scanned, "incident", formats=("json",), edition="outside"))
    told = json.loads(Path(report["path"]).read_text())
    assert told["counted"] == len(status.status(scanned).json["officials"]) == 14
    assert told["withheld"] == "10 to 19"
    assert {each["status"]: each["count"] for each in told["tallies"] if each["count"]} == {
        "indicator_match": 1,
        "not_examined": 13,
    }


def test_an_unknown_edition_is_refused(scanned: Desk) -> None:
    """The error names those there are."""
    with pytest.raises(InputError, match="no edition"):
        reports.write(scanned, "incident", edition="public")


def _consent(desk: Desk, official: str) -> None:
    consents.record(
        desk,
        official,
        by="the person",
        method=ConsentMethod.WRITTEN,
        scope="device examination",
        informed=frozenset(ConsentPoint),
    )


def _links(desk: Desk) -> list[dict[str, Any]]:
    (report,) = _written(reports.write(desk, "incident", formats=("json",), edition="outside"))
    return list(json.loads(Path(report["path"]).read_text())["links"])


def _marked_official(desk: Desk, level: Publication) -> str:
    person = officials.Person(
        name="Xenia NAMEMARK",
        role="ROLEMARK",
        contact="CONTACTMARK@example.org",
        pseudonym="PSEUDOMARK",
        publication=level,
        groups=("Legislature",),
    )
    return str(officials.add(desk, person).json["official"]["id"])


def _plant_in_texts(desk: Desk, official: str) -> None:
    """Give the person a telling device, and speak of both in the person's and in another person's observation."""
    identity = DeviceIdentity(
        platform=Platform.IOS, name="GADGETMARK", serial="SERIALMARK", phone_number="+447700900123", os_version="17"
    )
    devices.add(desk, official, label="LABELMARK", identity=identity)
    groups.add(desk, "Office of NAMEMARK")
    officials.change_official(desk, "O-0001", {"publication": "role"}, groups=["Office of NAMEMARK"])
    told = "contactmark@example.org, +447700900123: LABELMARK GADGETMARK SERIALMARK"
    observations.add(desk, official, observations.Seen(kind="suspicious_message", value=f"OBSERVEDMARK {told}"))
    about_other = "" if official_is_open(desk, official) else "namemark the ROLEMARK, PSEUDOMARK, "
    observations.add(desk, "O-0001", observations.Seen(kind="line.version", value="14", note=f"{about_other}{told}"))


def official_is_open(desk: Desk, official: str) -> bool:
    """Return whether a report may show a row about the official, whose role then is no secret."""
    with desk.open_case() as store:
        return queries.official(store, official).publication in {Publication.NAMED, Publication.ROLE}


def test_a_draft_is_reviewed_by_another_examiner_and_then_released(scanned: Desk) -> None:
    """Four eyes, and no step can be skipped."""
    reports.write(scanned, "incident")
    with pytest.raises(ConflictError, match="written by"):
        report_life.review(scanned, "R-0001")
    second = _as(scanned, "Grace")
    with pytest.raises(ConflictError, match="cannot become"):
        report_life.release(second, "R-0001")
    assert _written(report_life.review(second, "R-0001"))[0]["state"] == ReportState.REVIEWED
    assert _written(report_life.release(second, "R-0001"))[0]["state"] == ReportState.RELEASED
    with scanned.open_case() as store:
        actions = [each.action for each in queries.custody_events(store)]
    assert actions[-2:] == ["report.reviewed", "report.released"]


def test_an_altered_file_is_noticed_and_never_released(scanned: Desk) -> None:
    """The hash is looked at again before each step and in the list."""
    (report,) = _written(reports.write(scanned, "incident"))
    Path(report["path"]).write_text("something else")
    assert _written(reports.list_reports(scanned))[0]["file"] == "altered"
    with pytest.raises(ConflictError, match="altered"):
        report_life.review(_as(scanned, "Grace"), "R-0001")
    Path(report["path"]).unlink()
    assert _written(reports.list_reports(scanned))[0]["file"] == "missing"


def _released(desk: Desk, report: str) -> list[dict[str, Any]]:
    report_life.review(_as(desk, "Grace"), report)
    return _written(report_life.release(desk, report))


def test_a_newer_report_supersedes_an_older_one_of_its_kind(scanned: Desk) -> None:
    """Both pages say so; the other way round is refused, and so is a newer one that was not released."""
    reports.write(scanned, "incident")
    reports.write(scanned, "incident")
    with pytest.raises(ConflictError):
        report_life.supersede(scanned, "R-0002", by="R-0001")
    with pytest.raises(ConflictError, match="only a released report"):
        report_life.supersede(scanned, "R-0001", by="R-0002")
    _released(scanned, "R-0002")
    old, *_, new = _written(report_life.supersede(scanned, "R-0001", by="R-0002"))
    assert (old["state"], old["superseded_by"], new["supersedes"]) == ("superseded", "R-0002", "R-0001")
    assert "superseded by R-0002" in Path(old["path"]).read_text()
    assert "Supersedes" in Path(new["path"]).read_text()
    with pytest.raises(ConflictError):
        report_life.supersede(scanned, "R-0001", by="R-0002")
    custody.verify(scanned)


def test_a_report_that_supersedes_two_is_named_by_both(scanned: Desk) -> None:
    """On their pages, in the list, and when they are made again; its own page names them both."""
    for number in range(1, 4):
        reports.write(scanned, "incident", formats=("html", "json"))
        _released(scanned, f"R-000{number}")
    for number in (1, 2):
        report_life.supersede(scanned, f"R-000{number}", by="R-0003")
    told = {each["id"]: each for each in _written(reports.list_reports(scanned))}
    assert [told[f"R-000{number}"]["superseded_by"] for number in (1, 2)] == ["R-0003", "R-0003"]
    assert "R-0001, R-0002" in Path(told["R-0003"]["path"]).with_suffix(".html").read_text()
    report_life.erratum(scanned, "R-0001", "A line is wrong.")
    assert "superseded by R-0003" in Path(told["R-0001"]["path"]).with_suffix(".html").read_text()
    for number in (1, 2, 3):
        made = report_life.rebuild(scanned, f"R-000{number}").json["files"]
        assert [each["same"] for each in made] == [True, True]


def test_a_report_is_stale_when_another_number_of_examiners_is_needed(scanned: Desk) -> None:
    """Why one is enough stands on its page, whatever else of the page stays the same."""
    reports.write(scanned, "incident")
    cases.set_single_examiner(scanned, "the other is ill")
    with pytest.raises(ConflictError, match="stale"):
        report_life.review(_as(scanned, "Grace"), "R-0001")


def test_who_reviewed_and_released_stands_on_the_page_and_in_the_metadata(scanned: Desk) -> None:
    """In every format of the report, each with its hash in the chain; an erratum comes after the release only."""
    reports.write(scanned, "incident", formats=("html", "md", "docx"))
    with pytest.raises(ConflictError, match="written again"):
        report_life.erratum(scanned, "R-0001", "too early")
    for each in _released(scanned, "R-0001"):
        assert (each["id"], each["reviewed_by"], each["released_by"]) == ("R-0001", "Grace", "Ada")
    html = _written(report_life.erratum(scanned, "R-0001", "It was Tuesday."))[0]
    page = Path(html["path"]).read_text()
    assert '<meta name="mvtcase-reviewed-by" content="Grace">' in page
    assert "<dt>Released by</dt><dd>Ada" in page
    assert "It was Tuesday." in page
    assert html["errata"] == ["It was Tuesday."]
    assert {each["file"] for each in _written(reports.list_reports(scanned))} == {"as written"}
    custody.verify(scanned)


def test_an_outside_edition_lives_as_others_do(scanned: Desk) -> None:
    """Reviewed, released, corrected and superseded, each time looked over for names.

    Who stands in a row of both reports is not told by the difference of their numbers.
    """
    officials.change_official(scanned, "O-0001", {"publication": "named"})
    for number in ("R-0001", "R-0002"):
        reports.write(scanned, "incident", formats=("html", "json"), edition="outside")
        *_, said = _released(scanned, number)
        assert said["state"] == "released"
        assert len(json.loads(Path(said["path"]).read_text())["tallies"]) == len(Status)
        (finding,) = findings.list_findings(scanned).data.findings
        for examiner in ("Grace", "Ada"):
            findings.dispose(_as(scanned, examiner), finding.id, verdict=Verdict.BENIGN, reason="An exercise.")
    assert _written(report_life.erratum(scanned, "R-0001", "It was Tuesday."))[0]["errata"] == ["It was Tuesday."]
    old, *_, new = _written(report_life.supersede(scanned, "R-0001", by="R-0002"))
    assert (old["superseded_by"], new["supersedes"]) == ("R-0002", "R-0001")
    custody.verify(scanned)


@pytest.mark.parametrize("kind", ["incident", "letter", "device", "group"])
def test_a_report_in_chinese_is_no_staler_than_one_in_english(scanned: Desk, kind: str) -> None:
    """What was written in words of the catalogue is compared in these words."""
    target = {"letter": "O-0001", "device": "D-0001", "group": "Legislature"}.get(kind)
    reports.write(replace(scanned, language="zh-TW"), kind, target=target, edition="internal")
    assert _released(scanned, "R-0001")[0]["state"] == "released"
    assert {each.same for each in report_life.rebuild(scanned, "R-0001").data.files} == {True}


def test_a_report_that_the_case_has_left_behind_is_not_released(scanned: Desk) -> None:
    """Review tells what changed since; what changes nothing in the report is no hindrance."""
    reports.write(scanned, "incident")
    groups.add(scanned, "City Council")
    assert "1 × group.added" in str(report_life.review(_as(scanned, "Grace"), "R-0001").messages[0])
    officials.add(scanned, officials.Person(name="Bramwen Saltmarsh"))
    with pytest.raises(ConflictError, match=r"stale.*people.*1 × official.added"):
        report_life.release(scanned, "R-0001")
    reports.write(scanned, "incident")
    told = {each.what: (each.before, each.after) for each in report_life.diff(scanned, "R-0002").data.differences}
    assert told["tallies: not examined"] == ("0", "1")
    assert told["people: Bramwen Saltmarsh"] == ("", "not examined")


def test_a_report_is_made_again_byte_for_byte(scanned: Desk) -> None:
    """From the case as it was at its head, whatever was changed since, on a later day, and with where it stands now."""
    formats = ("html", "md", "docx", "xlsx", "json")
    reports.write(scanned, "incident", formats=formats)
    reports.write(replace(scanned, language="zh-TW"), "group", target="Legislature", formats=("html",), edition="named")
    _released(scanned, "R-0001")
    later = replace(scanned, clock=lambda: datetime(2027, 12, 24, tzinfo=timezone.utc))
    _moved_on(later)
    for report, number in (("R-0001", len(formats)), ("R-0002", 1)):
        again = report_life.rebuild(later, report)
        assert [each.same for each in again.data.files] == [True] * number
        assert "1 × official.changed" in str(again.messages[0])
    custody.verify(later)


def _moved_on(desk: Desk) -> None:
    """Change people, groups, findings, notes and the case itself, and release another report."""
    officials.change_official(desk, "O-0001", {"name": "Bramwen Saltmarsh", "publication": "named"})
    stray = officials.add(desk, officials.Person(name="Zed Zealous", groups=("Legislature",))).data.official
    groups.add(desk, "City Council")
    (finding,) = findings.list_findings(desk).data.findings
    for examiner in ("Grace", "Ada"):
        findings.dispose(_as(desk, examiner), finding.id, verdict=Verdict.BENIGN, reason="An exercise.")
    custody.note(desk, "lesson: ask sooner")
    cases.set_shown(desk, time_zone="Asia/Taipei")
    officials.remove(desk, stray.id, reason="entered twice")
    reports.write(desk, "incident", formats=("md",))
    _released(desk, "R-0003")


def test_a_level_that_was_lowered_does_not_keep_a_released_report_from_being_corrected(scanned: Desk) -> None:
    """It left with the name in it, and just then has to say so; the correction itself names nobody."""
    officials.change_official(scanned, "O-0001", {"publication": "named"})
    reports.write(scanned, "incident", formats=("md",), edition="outside")
    _released(scanned, "R-0001")
    officials.change_official(scanned, "O-0001", {"publication": "withheld"})
    with pytest.raises(RenderError, match="must not be told of O-0001"):
        report_life.erratum(scanned, "R-0001", "It is not about Aldith Fernvale.")
    (page,) = _written(report_life.erratum(scanned, "R-0001", "Who is named in it is not named any more."))
    assert "not named any more" in Path(page["path"]).read_text()


def test_a_report_is_compared_with_the_one_before_in_its_language(scanned: Desk) -> None:
    """Of two languages each word differs: that is said where somebody asks for it."""
    for language in ("en", "zh-TW", "en"):
        reports.write(replace(scanned, language=language), "incident", formats=("json",))
    same, other = report_life.diff(scanned, "R-0003"), report_life.diff(scanned, "R-0003", before="R-0002")
    assert (same.data.before, same.data.differences, same.messages) == ("R-0001", (), ())
    assert "different languages" in str(other.messages[0])


def test_of_two_findings_of_one_title_a_difference_in_either_is_told(
    scanned: Desk, add_phone: Callable[..., str], join: Callable[..., str]
) -> None:
    """Lines are named by what they are about, which two people's can share; no edition loses one of them."""
    add_phone(join("Person 2", publication=Publication.NAMED), seed=2)
    scans.run(scanned, scans.Request(everything=True))
    first, second = (each["id"] for each in findings.list_findings(scanned).json["findings"])
    reports.write(scanned, "incident", formats=("json",), edition="named")
    told = []
    for number, finding in ((2, first), (3, second)):
        for examiner in ("Ada", "Grace"):
            findings.dispose(_as(scanned, examiner), finding, verdict=Verdict.BENIGN, reason="known")
        reports.write(scanned, "incident", formats=("json",), edition="named")
        said = report_life.diff(scanned, f"R-000{number}").json["differences"]
        told += [(each["before"], each["after"]) for each in said if each["what"].startswith("lines")]
    assert told == [
        ("awaits review, awaits review", "awaits review, judged benign"),
        ("awaits review, judged benign", "judged benign, judged benign"),
    ]


def test_a_report_of_another_release_is_said_to_be_one(scanned: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its bytes are those of that release's words, which is no sign of a forged case."""
    reports.write(scanned, "incident", formats=("json",))
    assert report_life.rebuild(scanned, "R-0001").messages == ()
    monkeypatch.setattr(Desk, "newest", lambda _: Newest(sets={}, tools={"mvt": "2027.1.1", "mvtcase": "9.9"}))
    (told,) = report_life.rebuild(scanned, "R-0001").messages
    assert "and this is 9.9" in str(told)


def test_another_logo_is_the_reason_that_a_rebuild_gives(
    scanned: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reports keep a digest of logo and templates; one that was written before they did says nothing of it."""
    logo = tmp_path / "logo.svg"
    desk = replace(scanned, settings=replace(scanned.settings, logo=str(logo), templates=str(tmp_path)))
    logo.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    reports.write(desk, "incident", formats=("html",))
    assert [each.same for each in report_life.rebuild(desk, "R-0001").data.files] == [True]
    assert report_life.rebuild(desk, "R-0001").messages == ()
    logo.write_text("<svg xmlns='http://www.w3.org/2000/svg' width='1'/>")
    again = report_life.rebuild(desk, "R-0001")
    assert ([each.same for each in again.data.files], len(again.messages)) == ([False], 1)
    assert "logo or the templates" in str(again.messages[0])
    report_life.review(replace(desk, examiner="Bo"), "R-0001")
    assert report_life.rebuild(desk, "R-0001").messages == ()
    assert "logo or the templates" in str(report_life.rebuild(scanned, "R-0001").messages[0])
    written = report_files.written
    monkeypatch.setattr(
        report_files, "written", lambda store: tuple(replace(each, look=None) for each in written(store))
    )
    assert report_life.rebuild(scanned, "R-0001").messages == ()


def test_what_had_to_go_is_not_kept_for_a_report_to_be_made_again(scanned: Desk) -> None:
    """Who is purged or removed is in no earlier version of a row either, and the rebuilt report says what it is of."""
    stray = officials.add(scanned, officials.Person(name="Zed Zealous")).data.official
    officials.change_official(scanned, stray.id, {"name": "Zed Zebulon"})
    reports.write(scanned, "incident", formats=("md",))
    officials.remove(scanned, stray.id, reason="entered twice")
    for label in ("phone of Aldith Fernvale", "a phone"):
        devices.change_device(scanned, "D-0001", label=label, state=None, owner=None)
    purges.purge_official(scanned, "O-0001", reason="asked for", confirm=lambda _plan: True, at_request=True)
    with scanned.open_case() as store:
        kept = "".join(row["was"] for row in store.rows("SELECT was FROM custody_before"))
    assert not re.search("Zed|Aldith|Fernvale", kept)
    again = report_life.rebuild(scanned, "R-0001")
    assert [each.same for each in again.data.files] == [False]
    assert "as it is now" in str(again.messages[0])


def test_a_text_of_the_evidence_leaves_only_when_it_was_let_out(scanned: Desk) -> None:
    """By its id and with a reason, which the chain keeps."""
    formats = ("md",)
    with scanned.open_case() as store:
        (finding,) = queries.findings(store)
    (before,) = _written(reports.write(scanned, "incident", formats=formats, edition="named"))
    assert "known suspicious process" not in Path(before["path"]).read_text()
    with pytest.raises(NotFoundError):
        report_life.allow(scanned, "F-nothing", "because")
    report_life.allow(scanned, finding.id, "It names nobody.")
    (after,) = _written(reports.write(scanned, "incident", formats=formats, edition="named"))
    assert "known suspicious process" in Path(after["path"]).read_text()


@pytest.mark.parametrize("everybody", [True, False])
def test_circles_are_looked_for_between_letters_and_not_in_one_report(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, *, everybody: bool
) -> None:
    """Boxes of a hundred letters would fill the memory; afterwards all is looked at again."""
    seen: list[bool] = []

    def laid_out(*_: object) -> None:
        seen.append(gc.isenabled())
        raise RenderError("Enough.")

    monkeypatch.setattr(reports, "render_all", laid_out)
    official = officials.add(desk, officials.Person(name="Bramwen Saltmarsh")).data.official.id
    with pytest.raises(RenderError):
        reports.write(desk, "letter", target=None if everybody else official, everybody=everybody)
    assert seen == [everybody]
    assert (gc.isenabled(), gc.get_freeze_count()) == (True, 0)


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_a_correction_stands_on_the_page_of_a_letter(scanned: Desk, language: str) -> None:
    """Whoever got it reads that page, and no metadata; a letter in the place of another says so, and the other too."""
    desk = replace(scanned, language=language)
    for number in (1, 2):
        reports.write(desk, "letter", target="O-0001", formats=("md",))
        _released(desk, f"R-000{number}")
    report_life.erratum(desk, "R-0001", "The copy is of 2 August.")
    old, new = _written(report_life.supersede(desk, "R-0001", by="R-0002"))
    first, second = (Path(each["path"]).read_text() for each in (old, new))
    assert "The copy is of 2 August." in first.partition("## ")[0]
    assert "R-0002" in first
    assert "R-0001" in second.partition("## ")[0]
    reviewed, released = ("Reviewed by", "Released by") if language == "en" else ("審閱。", "發布。")
    assert all(told in page.rpartition("## ")[2] for told in (reviewed, released) for page in (first, second))
    assert [each["same"] for each in report_life.rebuild(desk, "R-0001").json["files"]] == [True]


def test_letters_to_everybody_come_with_a_manifest(scanned: Desk, tmp_path: Path) -> None:
    """One number and one file each, listed with whom it is to; no file name tells a name."""
    officials.add(scanned, officials.Person(name="Bramwen Saltmarsh"))
    written = _written(reports.write(scanned, "letter", everybody=True, output=tmp_path / "out"))
    assert [(each["id"], each["target"]) for each in written] == [("R-0001", "O-0001"), ("R-0002", "O-0002")]
    listed = json.loads((tmp_path / "out" / "manifest.json").read_text())["files"]
    assert [(each["report"], each["to"]) for each in listed] == [("R-0001", "O-0001"), ("R-0002", "O-0002")]
    for each in listed:
        assert sha256_file(tmp_path / "out" / each["file"]) == each["sha256"]
        assert "saltmarsh" not in each["file"].lower()
    with pytest.raises(InputError):
        reports.write(scanned, "incident", everybody=True)


def test_a_folder_gets_all_files_of_a_call_or_none(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not where a manifest lies there already, and not when the case cannot keep the report."""
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "manifest.json").write_text("{}")
    with pytest.raises(ConflictError, match="exists already"):
        reports.write(desk, "incident", output=folder)
    assert [each.name for each in folder.iterdir()] == ["manifest.json"]
    (folder / "manifest.json").unlink()

    def full(*_: object) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(reports, "_keep", full)
        with pytest.raises(OSError, match="No space"):
            reports.write(desk, "incident", formats=("html", "json"), output=folder)
    assert list(folder.iterdir()) == []
    (report,) = _written(reports.write(desk, "incident", output=folder))
    assert report["id"] == "R-0001"


def test_a_device_report_has_every_module_and_record(scanned: Desk) -> None:
    """The technical one: by device, internal unless asked otherwise."""
    (report,) = _written(reports.write(scanned, "device", target="D-0001", formats=("json",)))
    told = json.loads(Path(report["path"]).read_text())
    assert (report["target"], report["edition"]) == ("D-0001", "internal")
    assert [each["module"] for each in told["modules"]] == ["SMS", "Datausage"]
    assert told["lines"][0]["records"] == len(told["findings"]) == 1
    with pytest.raises(ConflictError, match="counts at most"):
        reports.write(scanned, "device", target="D-0001", edition="outside")


def test_a_report_about_a_person_who_may_not_be_shown_is_refused(scanned: Desk) -> None:
    """An incident report on one official needs an official who may have a row."""
    with pytest.raises(ConflictError, match="counts at most"):
        reports.write(scanned, "incident", target="O-0001", edition="outside")


def test_unknown_kinds_formats_targets_and_reports_are_input_errors(scanned: Desk) -> None:
    """Each is named with what would do."""
    with pytest.raises(InputError, match="no report"):
        reports.write(scanned, "novel")
    with pytest.raises(InputError, match="odt"):
        reports.write(scanned, "incident", formats=("odt",))
    with pytest.raises(InputError, match="No format"):
        reports.write(scanned, "incident", formats=(" , ",))
    with pytest.raises(NotFoundError):
        reports.write(scanned, "incident", target="O-0099")
    with pytest.raises(NotFoundError):
        report_life.release(scanned, "R-0099")


def test_a_format_that_cannot_be_made_leaves_nothing_behind(scanned: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """No row, no file, no event when the PDF fails after the HTML was laid out."""

    def fail(*_: object, **__: object) -> bytes:
        raise RenderError("no PDF today")

    monkeypatch.setattr(render, "pdf", fail)
    with scanned.open_case() as store:
        before = store.custody_head()
    with pytest.raises(RenderError):
        reports.write(scanned, "incident", formats=("html", "pdf"))
    with scanned.open_case() as store:
        assert (queries.reports(store), store.custody_head()) == ((), before)
        assert list(store.folder.reports.iterdir()) == []


def test_the_organisation_stands_in_the_report(scanned: Desk) -> None:
    """Organisation and its contact come from the settings."""
    settings = Settings(examiner="Ada", organisation="Example CERT", contact="cert@example.org")
    desk = Desk(
        workspace=scanned.workspace,
        settings=settings,
        clock=lambda: datetime(2026, 11, 25, tzinfo=timezone.utc),
        engine=scanned.engine,
        with_control=False,
    )
    (report,) = _written(reports.write(desk, "incident", formats=("json",)))
    details = json.loads(Path(report["path"]).read_text())["details"]
    assert (details["organisation"], details["contact"]) == ("Example CERT", "cert@example.org")
    assert (details["written_at"], details["examiner"]) == ("2026-11-25T00:00:00.000000Z", "Ada")


def test_a_letter_goes_to_a_person_named_by_name(desk: Desk) -> None:
    """As the help says; the name of two people is none."""
    (written,) = reports.write(desk, "letter", target="aldith fernvale", formats=("json",)).data.reports
    assert written.target == "O-0001"
    officials.add(desk, officials.Person(name="Aldith Fernvale"))
    with pytest.raises(NotFoundError):
        reports.write(desk, "letter", target="Aldith Fernvale", formats=("json",))


def test_times_stand_in_the_zone_of_the_case(scanned: Desk) -> None:
    """On the page and in the words of the document's language, with the zone beside; made again, the bytes agree."""
    cases.set_shown(scanned, time_zone="Asia/Taipei")
    (page,) = _written(reports.write(scanned, "incident", formats=("md",)))
    assert "UTC+08:00" in Path(page["path"]).read_text().replace("\\", "")
    cases.set_shown(scanned, time_zone="UTC")
    assert [each.same for each in report_life.rebuild(scanned, page["id"]).data.files] == [True]


def test_an_export_named_after_a_person_is_refused(scanned: Desk, tmp_path: Path) -> None:
    """Nothing is written: the name of the file would tell what its lines do not; nor is it where one person is hidden.

    An indicator is always listed, and here nobody else can have been the one at whom it was found.
    """
    with pytest.raises(ConflictError, match="people in no row: 1 of 1"):
        exports.export(scanned, "csv")
    officials.change_official(scanned, "O-0001", {"publication": "role"})
    target = tmp_path / "Aldith Fernvale.csv"
    with pytest.raises(RenderError, match="must not be told"):
        exports.export(scanned, "csv", output=target)
    assert not target.exists()


def test_an_export_tells_of_nobody_beside_a_released_report(
    scanned: Desk, add_phone: Callable[..., str], join: Callable[..., str], match: EngineResult, engine: FakeEngine
) -> None:
    """Nothing was found with any of ten when the report was released: what is found since is the eleventh's."""
    engine.answer = replace(match, alerts=())
    officials.change_official(scanned, "O-0001", {"publication": "role"})
    for number in range(10):
        add_phone(join(f"Person {number}", publication=Publication.WITHHELD), seed=number + 2)
    scans.run(scanned, scans.Request(everything=True))
    (report,) = _written(reports.write(scanned, "incident", formats=("json",), edition="outside"))
    _released(scanned, report["id"])
    engine.answer = replace(match, alerts=(replace(match.alerts[0], indicator=_OTHER),))
    add_phone(join("Person 11", publication=Publication.WITHHELD), seed=30)
    scans.run(scanned, scans.Request(everything=True))
    with pytest.raises(ConflictError, match="single people out"):
        reports.write(scanned, "incident", formats=("json",), edition="outside")
    with pytest.raises(ConflictError, match="single people out"):
        exports.export(scanned, "csv")


def test_whom_a_released_report_was_about_hides_nobody_later(
    scanned: Desk, add_phone: Callable[..., str], join: Callable[..., str], match: EngineResult, engine: FakeEngine
) -> None:
    """The person's own report said that an indicator was found: of the five in a later number four would be left."""
    officials.change_official(scanned, "O-0001", {"publication": "named"})
    for answer, people in ((match, 4), (replace(match, alerts=()), 5)):
        engine.answer = answer
        for number in range(people):
            add_phone(join(f"Person {people}{number}", publication=Publication.WITHHELD), seed=10 * people + number)
        scans.run(scanned, scans.Request(everything=True))
    (about,) = _written(reports.write(scanned, "device", target="D-0001", formats=("json",), edition="outside"))
    officials.change_official(scanned, "O-0001", {"publication": "withheld"})
    (report,) = _written(reports.write(scanned, "incident", formats=("json",), edition="outside"))
    told = json.loads(Path(report["path"]).read_text())["tallies"]
    assert [each["count"] for each in told if each["count"]] == [5, 5]
    officials.change_official(scanned, "O-0001", {"publication": "named"})
    _released(scanned, about["id"])
    officials.change_official(scanned, "O-0001", {"publication": "withheld"})
    (report,) = _written(reports.write(scanned, "incident", formats=("json",), edition="outside"))
    told = json.loads(Path(report["path"]).read_text())["tallies"]
    assert [each["count"] for each in told if each["count"]] == [10]


_OTHER = IndicatorRef(value="gatekeeperd", type="processes", family="Pegasus", set="tiny")


def test_help_lines_stand_in_every_report_with_the_day_they_were_checked(scanned: Desk) -> None:
    """One that has paused requests is sent to nobody."""
    lines = (
        HelpLine(name="Open Line", contact="help@open.example", checked_on="2026-11-01"),
        HelpLine(name="Tired Line", contact="help@tired.example", checked_on="2026-11-01", paused=True),
    )
    desk = replace(scanned, settings=replace(scanned.settings, help_lines=lines))
    for kind, target in (("incident", None), ("letter", "O-0001"), ("group", "Legislature")):
        (page,) = _written(reports.write(desk, kind, target=target, formats=("html",), edition="internal"))
        text = Path(page["path"]).read_text()
        assert "Open Line: help@open.example (checked on 1 November 2026)" in text
        assert "Tired Line" not in text
