"""Timeline, links, scan differences and exports as whole verbs."""

from __future__ import annotations

import csv
import io
import itertools
import json
import zipfile
from dataclasses import replace
from datetime import timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.canon import sha256_bytes
from mvtcase.errors import ConflictError, InputError, RenderError
from mvtcase.model import Level, ModuleOutcome, RawAlert, TimeBasis
from mvtcase.store import queries
from mvtcase.store.folder import CaseFolder
from mvtcase.store.sought import Sought
from mvtcase.store.store import Store
from mvtcase.wording import say
from mvtcase.workflow import (
    cases,
    consents,
    correlation,
    custody,
    diffs,
    exports,
    findings,
    observations,
    officials,
    scans,
    timeline,
)
from mvtcase.workflow.contents import Content
from mvtcase.workflow.seeking import Wish

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.flow.conftest import FakeEngine

    from mvtcase.engine.job import EngineResult
    from mvtcase.workflow.desk import Desk

ODD = RawAlert(
    module="sms", level=Level.HIGH, message="Odd thing", event_time="", event={"isodate": "2026-09-02 05:00"}
)


def _data(outcome: Any) -> Any:  # the contract's JSON
    return outcome.json


@pytest.fixture
def two(desk: Desk, engine: FakeEngine, match: EngineResult, add_phone: Callable[..., str]) -> Desk:
    """Give a case in which two officials' phones matched the same indicator."""
    added = officials.add(desk, officials.Person(name="Bramwen Saltmarsh", publication="role", groups=("Legislature",)))  # type: ignore[arg-type]  # as the command line gives it
    second = str(_data(added)["official"]["id"])
    consents.record(desk, second, by="Bramwen Saltmarsh", **_consent())
    engine.answer = match
    add_phone("O-0001", seed=1)
    add_phone(second, seed=2)
    scans.run(desk, scans.Request(everything=True))
    return desk


def _consent() -> dict[str, Any]:
    from mvtcase.model import ConsentMethod, ConsentPoint  # noqa: PLC0415  # used here only

    return {"method": ConsentMethod.WRITTEN, "scope": "device examination", "informed": frozenset(ConsentPoint)}


def test_two_phones_with_one_indicator_are_linked(two: Desk) -> None:
    """By indicator, family and time; a finding judged false links nobody any more."""
    links = _data(correlation.links(two))["links"]
    assert {each["kind"] for each in links} == {"indicator", "family", "minute"}
    assert {each["official"] for each in _data(correlation.links(two))["first_seen"]} == {"O-0001"}
    over_all = _data(correlation.links(two, workspace=True))
    assert {one["case"] for each in over_all["links"] for one in each["officials"]} == {"line-2021"}
    assert len(over_all["links"]) == len(links)
    assert all({one["id"] for one in each["officials"]} == {"O-0001", "O-0002"} for each in links)
    one = _data(findings.list_findings(two, Wish(sought=Sought(official="O-0002"))))["findings"][0]
    for desk in (two, replace(two, examiner="Ben")):
        findings.dispose(desk, one["id"], verdict="false_positive", reason="a lab tool")  # type: ignore[arg-type]  # as above
    assert _data(correlation.links(two))["links"] == []
    with pytest.raises(InputError):
        correlation.links(two, hours=0)


def test_the_timeline_is_in_order_and_unknown_comes_last(two: Desk, engine: FakeEngine) -> None:
    """Events of phones, observations and the inquiry's own steps, by official and group."""
    observations.add(
        two, "O-0001", observations.Seen(kind="line.version", value="14", at="2026-01-01T00:00:00.000000Z")
    )
    events = _data(timeline.timeline(two))["events"]
    known = [each["at"].replace(" ", "T") for each in events if each["at"]]
    assert known == sorted(known)
    assert {each["kind"] for each in events} == {"consent", "observation", "finding", "acquisition", "scan"}
    assert str(events[0]["what"]) == "line.version: 14"
    only = _data(timeline.timeline(two, official="O-0002"))["events"]
    assert {each["official"] for each in only} == {"O-0002"}
    assert len(_data(timeline.timeline(two, group="Legislature"))["events"]) == len(events)


def test_a_diff_names_modules_alerts_findings_and_gaps_that_changed(two: Desk, engine: FakeEngine) -> None:
    """A second scan with another alert and a failed module; scans of two devices are not compared."""
    broken = replace(engine.answer.modules[0], outcome=ModuleOutcome.FAILED, records=None)
    engine.answer = replace(engine.answer, modules=(broken, *engine.answer.modules[1:]), alerts=(ODD,))
    scans.run(two, scans.Request(acquisitions=("A-0001",)))
    told = _data(diffs.diff(two, "S-0001", "S-0003"))
    (module,) = told["modules"]
    assert (module["before"]["outcome"], module["after"]["outcome"]) == ("checked", "failed")
    assert [each["message"] for each in told["alerts"]["added"]] == ["Odd thing"]
    assert [each["module"] for each in told["alerts"]["gone"]] == ["datausage"]
    assert [each["title"] for each in told["findings"]["added"]] == ["Odd thing"]
    assert len(told["findings"]["gone"]) == 1
    same = _data(diffs.diff(two, "S-0003", "S-0003"))
    assert (same["modules"], same["alerts"], same["findings"]) == (
        [],
        {"added": [], "gone": []},
        {"added": [], "gone": []},
    )
    with pytest.raises(ConflictError, match="D-0002"):
        diffs.diff(two, "S-0001", "S-0002")


def test_no_export_names_anybody_who_is_not_to_be_named(two: Desk, tmp_path: Path) -> None:
    """O-0001 is withheld, O-0002 is shown by role: neither name is in any export, with or without '--with-names'."""
    for form, with_names in itertools.product(("csv", "json", "stix", "misp", "timesketch", "case-uco"), (False, True)):
        made = _data(exports.export(two, form, output=tmp_path / f"{form}-{with_names}", with_names=with_names))[
            "export"
        ]
        text = Path(made["path"]).read_text("utf-8")
        assert "bh" in text
        for name in ("Aldith", "Fernvale", "Bramwen", "Saltmarsh", "D-0001"):
            assert name not in text, form


def test_names_come_out_only_when_asked_and_allowed(two: Desk, tmp_path: Path) -> None:
    """The one who agreed to be named is under the pseudonym without, under the name with '--with-names'."""
    officials.change_official(two, "O-0002", {"publication": "named"})
    plain = Path(_data(exports.export(two, "csv", output=tmp_path / "plain.csv"))["export"]["path"]).read_text(
        "utf-8-sig"
    )
    named = Path(_data(exports.export(two, "csv", with_names=True))["export"]["path"]).read_text("utf-8-sig")
    row, about = csv.DictReader(io.StringIO(plain))
    assert row["official"].startswith("P-")
    assert about["finding"].startswith("# TLP:")
    row, _ = csv.DictReader(io.StringIO(named))
    assert row["official"] == "Bramwen Saltmarsh"


def test_a_stix_export_is_a_bundle_with_a_sighting_and_a_marking(two: Desk, tmp_path: Path) -> None:
    """Read back with the stix2 library; the same case gives the same ids."""
    import stix2  # noqa: PLC0415  # slow to load

    first, second = tmp_path / "1.stix2", tmp_path / "2.stix2"
    exports.export(two, "stix", output=first)
    bundle = stix2.parse(first.read_text(), allow_custom=True)
    kinds = {each["type"] for each in bundle.objects}
    assert kinds == {"marking-definition", "identity", "indicator", "observed-data", "process", "sighting", "note"}
    (sighting,) = [each for each in bundle.objects if each["type"] == "sighting"]
    assert str(sighting["first_seen"]).startswith("2026-09-01 01:02:03")
    exports.export(two, "stix", output=second)
    ids = [[each["id"] for each in json.loads(path.read_text())["objects"]] for path in (first, second)]
    assert ids[0] == ids[1]


def test_a_misp_event_and_a_timesketch_line_have_the_fields_those_programs_need(two: Desk) -> None:
    """MISP: info, date, attributes; Timesketch: message, datetime, timestamp_desc."""
    event = json.loads(Path(_data(exports.export(two, "misp"))["export"]["path"]).read_text())["Event"]
    assert event["Object"][0]["Attribute"][0]["value"] == "bh"
    assert event["Tag"] == [{"name": "tlp:amber+strict"}]
    lines = Path(_data(exports.export(two, "timesketch"))["export"]["path"]).read_text().splitlines()
    assert lines
    assert all({"message", "datetime", "timestamp_desc"} <= set(json.loads(line)) for line in lines)


def test_the_case_travels_whole_without_evidence(two: Desk, tmp_path: Path) -> None:
    """The archive's hashes fit its files, the database in it opens and verifies; no evidence and no link is in it."""
    _leave_in_the_way(two, tmp_path)
    with pytest.raises(ConflictError, match="every name"):
        exports.export(two, "case")
    made = _data(exports.export(two, "case", output=tmp_path / "case.zip", with_names=True))["export"]
    assert Path(made["path"]).stat().st_mode & 0o777 == 0o600
    target = tmp_path / "elsewhere"
    with zipfile.ZipFile(made["path"]) as archive:
        sums = json.loads(archive.read(exports.MANIFEST))["files"]
        assert {name: sha256_bytes(archive.read(name)) for name in sums} == sums
        assert set(archive.namelist()) == {*sums, exports.MANIFEST}
        archive.extractall(target)  # our own archive
    assert not any(word in name for name in sums for word in ("Manifest.db", "evidence", "link.html"))
    assert "acquisitions/A-0001/manifest.jsonl" in sums
    with Store.open(CaseFolder(target)) as store:
        assert store.verify() == ()
        assert len(queries.officials(store)) == 2


def _leave_in_the_way(desk: Desk, outside: Path) -> None:
    """Put a file named like a manifest into an evidence copy, and a link that leads out of the case."""
    with desk.open_case() as store:
        folder = store.folder.path
    hidden = folder / "acquisitions" / "A-0001" / "evidence"
    hidden.mkdir()
    (hidden / "manifest.jsonl").write_text("secret")
    (outside / "outside.txt").write_text("secret")
    (folder / "reports" / "link.html").symlink_to(outside / "outside.txt")


def test_an_export_is_filed_and_never_overwrites(two: Desk, tmp_path: Path) -> None:
    """The chain knows hash and format; a file in the way or an unknown format stops the verb."""
    made = _data(exports.export(two, "csv", output=tmp_path / "a.csv"))["export"]
    with two.open_case() as store:
        last = queries.custody_events(store)[-1]
    assert (last.action, last.payload["sha256"]) == ("export.written", made["sha256"])
    custody.verify(two)
    with pytest.raises(ConflictError, match="exists"):
        exports.export(two, "csv", output=tmp_path / "a.csv")
    with pytest.raises(InputError):
        exports.export(two, "xls")
    with pytest.raises(RenderError):
        exports.export(two, "csv", output=Path("/dev/null/x.csv"))


def test_a_timeline_shows_the_cases_zone_and_keeps_phones_own_clocks_apart(two: Desk, engine: FakeEngine) -> None:
    """Until somebody says in which zone a phone's clock ran; then its times stand among the others."""
    local = replace(ODD, event={"isodate": "2026-09-02 08:00:00"}, module="calls", message="by the phone's clock")
    engine.answer = replace(engine.answer, alerts=(local,))
    scans.run(two, scans.Request(acquisitions=("A-0001",)))
    cases.set_shown(two, time_zone="Asia/Taipei")
    told = timeline.timeline(two)
    assert told.data.time_zone == "Asia/Taipei"
    assert all(each.shown.endswith("CST") for each in told.data.events if each.basis == "utc" and each.at)
    placed = [each for each in told.data.events if each.shown]
    assert told.data.events[: len(placed)] == tuple(placed)
    only = timeline.timeline(two, span=timeline.Span(kinds=("scan",), device="D-0001"))
    assert {(each.kind, each.device) for each in only.data.events} == {("scan", "D-0001")}
    late = timeline.timeline(two, span=timeline.Span(since="2999-01-01T00:00:00Z"))
    assert late.data.events == ()
    lines = list(timeline.written(told.data.events, timeline.read_form("csv")))
    assert (
        len(lines)
        == len(told.data.events) + 1
        == len(list(timeline.written(told.data.events, timeline.Form.JSONL))) + 1
    )
    with pytest.raises(InputError):
        timeline.read_form("xml")


def test_times_of_a_phones_own_clock_are_placed_once_its_zone_is_known() -> None:
    """An hour of Taipei is eight before the same hour of London; a zone that is none places nothing."""
    moment = timeline.Moment(
        at="2026-09-02 08:00:00", basis=TimeBasis.DEVICE_LOCAL, kind="finding", official="O-0001", device="D-0001",
        what=say("w"), ref="F-1",
    )  # fmt: skip
    placed = timeline._placed(moment, {"D-0001": "Asia/Taipei"})
    assert timeline._shown(placed, moment, timezone.utc).shown == "2026-09-02 00:00:00 UTC"
    assert timeline._placed(moment, {}) is None
    assert timeline._placed(moment, {"D-0001": "Nowhere/Land"}) is None
    assert timeline._shown(None, moment, timezone.utc).shown == ""


def test_a_diff_tells_what_came_and_went_on_the_phone(two: Desk, engine: FakeEngine) -> None:
    """Apps, profiles, certificates and processes from the kept results; the system, the coverage, the reach."""
    scans.run(two, scans.Request(acquisitions=("A-0001",)))
    with two.open_case() as store:
        for scan, app in (("S-0001", "org.example.old"), ("S-0003", "org.example.new")):
            folder = store.folder.results(scan) / "mvt"
            folder.mkdir(parents=True, exist_ok=True)
            record = [{"bundle_id": app, "plist": {"PayloadIdentifier": "org.example.mdm"}, "proc_name": "launchd"}]
            (folder / "applications.json").write_text(json.dumps(record), "utf-8")
    told = diffs.diff(two, "S-0001", "S-0003").data
    assert told.things is not None
    assert told.things[Content.APPS] == diffs.Changed(added=("org.example.new",), gone=("org.example.old",))
    assert told.things[Content.PROFILES] == diffs.Changed(added=(), gone=())
    assert told.system.before == told.system.after != ""
    assert "2 modules" in told.coverage.before or "of 2" in told.coverage.before
    assert "processes" in told.reach.after
