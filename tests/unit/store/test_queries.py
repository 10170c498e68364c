"""Every record comes back from the case as it went in, hostile text and all."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pytest

from mvtcase import model
from mvtcase.errors import AmbiguousError, NotFoundError, StoreError
from mvtcase.store import filing as results
from mvtcase.store import queries, schema

if TYPE_CHECKING:
    from mvtcase.store.store import Store

HOSTILE = "<script>=HYPERLINK(1)\x1b[31m\u202e\x00\n'; DROP TABLE official; --\U0010ffff"
RUNS = (
    model.ModuleRun(
        module="SMS", slug="sms", origin="mvt 1", part="backup", outcome=model.ModuleOutcome.CHECKED, records=5
    ),
    model.ModuleRun(
        module=HOSTILE,
        slug=HOSTILE,
        origin=HOSTILE,
        outcome=model.ModuleOutcome.FAILED,
        source_rows=0,
        alerts=2,
        error=HOSTILE,
        reason=HOSTILE,
        messages=(HOSTILE, ""),
        duration_ms=7,
    ),
)
GAPS = (model.Gap(module=HOSTILE, outcome=model.ModuleOutcome.DAMAGED, reason=HOSTILE),)
REF = model.IndicatorRef(value=HOSTILE, type="domains", family=HOSTILE, set="tiny")
SETS = (
    model.IndicatorSet(
        name="tiny",
        sha256="1" * 64,
        version="v",
        publisher=HOSTILE,
        published_at="2026",
        usable=3,
        unusable=1,
        counts={"domains": 3},
        families=(HOSTILE, "b"),
    ),
    model.IndicatorSet(name="none", sha256="2" * 64, version="w"),
)


def _alert(event: model.Json, **more: object) -> model.RawAlert:
    alert = model.RawAlert(module="sms", level=model.Level.HIGH, message=HOSTILE, event_time="soon", event=event)
    return replace(alert, **more)  # type: ignore[arg-type]  # as the test says


def _finding(name: str, **more: object) -> model.Finding:
    finding = model.Finding(
        id=name,
        device="D-0001",
        official="O-0001",
        evidence_class=model.EvidenceClass.ATTEMPT,
        level=model.Level.HIGH,
        module="sms",
        title=HOSTILE,
        first_scan="S-0001",
        detail={"a": [HOSTILE, 1, None]},
    )
    return replace(finding, **more)  # type: ignore[arg-type]  # as the test says


def test_a_scan_comes_back_with_all_that_belongs_to_it(small_case: Store) -> None:
    """Sets, modules and gaps in their order."""
    uuid = queries.scan(small_case, "S-0001").uuid
    with small_case.change("scan.finished", actor="Ada") as change:
        results.pin_sets(small_case, change, "S-0001", SETS)
        results.add_modules(change, "S-0001", RUNS)
        results.add_gaps(change, "S-0001", GAPS)
        change.update("scan", uuid, tools={"mvt": HOSTILE}, limitations=[HOSTILE], error=HOSTILE, state="finished")
    scan = queries.scan(small_case, "S-0001")
    assert (scan.sets, scan.modules, scan.gaps) == (SETS, RUNS, GAPS)
    assert (scan.tools, scan.limitations, scan.error) == ({"mvt": HOSTILE}, (HOSTILE,), HOSTILE)
    assert (scan.state, scan.kind) == (model.ScanState.FINISHED, model.EvidenceKind.IOS_BACKUP)
    assert queries.indicator_sets(small_case) == SETS
    assert small_case.verify() == ()


def test_a_set_is_pinned_once_for_all_scans(small_case: Store) -> None:
    """A version of it is one row, however many scans name it."""
    with small_case.change("scan.started", actor="Ada") as change:
        results.pin_sets(small_case, change, "S-0001", SETS[:1])
        first = queries.scan(small_case, "S-0001")
        columns = {name: getattr(first, name) for name in ("acquisition", "device", "kind", "command", "state")}
        change.insert("scan", id="S-0002", **columns, completeness="blind", started_at="2026", examiner="Ada")
        results.pin_sets(small_case, change, "S-0002", SETS)
    assert [scan.sets for scan in queries.scans(small_case)] == [SETS[:1], SETS]
    assert len(queries.indicator_sets(small_case)) == 2
    known = queries.indicator_sets_by_sha256(small_case)
    assert (known["1" * 64], "9" * 64 in known) == ("I-0001", False)


@pytest.mark.parametrize(
    "event",
    [{"a": HOSTILE, HOSTILE: [1, 2.5, None, True, {"b": []}]}, [], [HOSTILE], {}, {"n": 1 << 80}],
)
def test_an_alert_is_kept_verbatim(small_case: Store, event: model.Json) -> None:
    """Whatever its event holds."""
    alert = _alert(event, indicator=REF, witnessed=True, part="backup", source=model.AlertSource.SWEEP)
    with small_case.change("alert", actor="Ada") as change:
        results.add_alerts(change, "S-0001", [alert, _alert(event)])
    assert queries.alerts(small_case, "S-0001") == (alert, _alert(event))


@pytest.mark.parametrize("event", [None, "text", 5, True])
def test_an_event_that_is_no_object_is_kept_as_one(small_case: Store, event: model.Json) -> None:
    """A column of JSON holds structures."""
    with small_case.change("alert", actor="Ada") as change:
        results.add_alerts(change, "S-0001", [_alert(event)])
    assert [alert.event for alert in queries.alerts(small_case, "S-0001")] == [{"value": event}]


def test_a_finding_comes_back_and_is_found_by_its_beginning(small_case: Store) -> None:
    """Worst level first, with its number of alerts and its dispositions in order."""
    known = _finding("F-aa1", indicator=REF, event_time="2026-01-01", event_time_basis=model.TimeBasis.UTC)
    worse = _finding("F-ab2", level=model.Level.CRITICAL)
    with small_case.change("found", actor="Ada") as change:
        uuids = results.add_alerts(change, "S-0001", [_alert({}), _alert([])])
        results.add_findings(small_case, change, [(known, (0,)), (worse, (1,))], uuids)
        for number, verdict in enumerate((model.Verdict.CONFIRMED, model.Verdict.BENIGN), start=9999):
            change.insert(
                "disposition", id=f"V-{number}", finding="F-aa1", verdict=verdict, reason=HOSTILE, examiner="A", at="t"
            )
    first, second = queries.findings(small_case)
    assert (first, replace(second, dispositions=())) == (replace(worse, alerts=1), replace(known, alerts=1))
    assert [each.verdict for each in second.dispositions] == ["confirmed", "benign"]
    assert queries.finding(small_case, "F-aa") == second
    with pytest.raises(AmbiguousError):
        queries.finding(small_case, "F-a")
    with pytest.raises(NotFoundError):
        queries.finding(small_case, "F-b")
    assert queries.findings_of_scan(small_case, "S-0001") == ("F-aa1", "F-ab2")
    assert queries.alerts_of_finding(small_case, "F-ab2") == (_alert([]),)


def test_a_known_finding_gains_alerts_and_is_only_sharpened(small_case: Store) -> None:
    """A higher level and a first time are taken; a lower level and a second time are not."""
    known = _finding("F-1")

    def again(**more: object) -> model.Finding:
        place = len(queries.alerts(small_case, "S-0001"))
        with small_case.change("found", actor="Ada") as change:
            told = {"source": "mvt", "module": "sms", "level": "LOW", "message": "m", "event_time": "", "event": {}}
            uuid = change.insert("alert", scan="S-0001", ordinal=place, **told)
            results.add_findings(small_case, change, [(replace(known, **more), (0,))], [uuid])  # type: ignore[arg-type]  # as the test says
        return queries.findings(small_case)[0]

    assert again().level is model.Level.HIGH
    assert again(level=model.Level.LOW).level is model.Level.HIGH
    assert again(level=model.Level.CRITICAL).level is model.Level.CRITICAL
    timed = again(event_time="2026", event_time_basis=model.TimeBasis.UTC, title="other")
    assert (timed.event_time, timed.event_time_basis, timed.title) == ("2026", model.TimeBasis.UTC, HOSTILE)
    assert again(event_time="1999").event_time == "2026"
    assert again().alerts == 6
    assert small_case.verify() == ()


def test_people_devices_and_acquisitions_come_back(small_case: Store) -> None:
    """As the model has them, with every hostile text."""
    uuid = queries.official(small_case, "O-0001").uuid
    device = queries.device(small_case, "D-0001")
    identity = replace(device.identity, name=HOSTILE, imei="1")
    with small_case.change("changed", actor="Ada") as change:
        change.update("official", uuid, name=HOSTILE, role=HOSTILE, contact=HOSTILE)
        change.update("device", device.uuid, identity=asdict(identity), label=HOSTILE)
        change.update("acquisition", queries.acquisition(small_case, "A-0001").uuid, path=HOSTILE, encrypted=True)
    official = queries.official(small_case, "P-1")
    assert (official.name, official.role, official.contact) == (HOSTILE, HOSTILE, HOSTILE)
    assert (queries.device(small_case, "D-0001").identity, queries.device(small_case, "D-0001").label) == (
        identity,
        HOSTILE,
    )
    acquisition = queries.acquisition(small_case, "A-0001")
    assert (acquisition.path, acquisition.encrypted, acquisition.imported) == (HOSTILE, True, False)
    assert queries.devices(small_case, "O-0002") == ()
    assert queries.acquisitions(small_case, "D-0001") == (acquisition,)


def test_consents_observations_notes_and_reports_come_back(small_case: Store) -> None:
    """Each field where it belongs."""
    points = frozenset({model.ConsentPoint.NATURE, model.ConsentPoint.DISPOSAL})
    consent = model.Consent(
        id="K-0001",
        uuid="",
        official="O-0001",
        given_by=HOSTILE,
        method=model.ConsentMethod.ORAL_WITNESSED,
        scope=HOSTILE,
        informed=points,
        given_at="2026",
        recorded_by="Ada",
        expires_at="2027",
    )
    seen = model.Observation(
        id="B-0001", uuid="", official="O-0001", kind="x.y", value=HOSTILE, at="1", recorded_at="2", recorded_by="Ada",
        method="screen", device="D-0001", note=HOSTILE, attachment_name=HOSTILE, scan="S-0001",
    )  # fmt: skip
    note = model.Note(id="N-0001", uuid="", text=HOSTILE, at="1", examiner="Ada")
    report = model.Report(
        id="R-0001", uuid="", kind="incident", format="html", path=HOSTILE, sha256="3", state=model.ReportState.DRAFT,
        written_at="1", written_by="Ada", custody_head="h",
    )  # fmt: skip
    with small_case.change("all", actor="Ada") as change:
        for table, record in (("observation", seen), ("note", note), ("report", report)):
            change.insert(table, **{name: value for name, value in asdict(record).items() if name != "uuid"})
        columns = {name: value for name, value in asdict(consent).items() if name not in {"uuid", "informed"}}
        change.insert("consent", **columns, **{f"informed_{point}": point in points for point in model.ConsentPoint})
    assert [replace(each, uuid="") for each in queries.consents(small_case, "O-0001")] == [consent]
    assert [replace(each, uuid="") for each in queries.observations(small_case)] == [seen]
    assert [replace(each, uuid="") for each in queries.notes(small_case)] == [note]
    assert [replace(each, uuid="") for each in queries.reports(small_case)] == [report]
    assert queries.observations(small_case, "O-0002") == ()


def test_ids_past_four_digits_stay_in_order(small_case: Store) -> None:
    """The newest note is the last one."""
    with small_case.change("notes", actor="Ada") as change:
        for number in (10_000, 9_999, 2):
            change.insert("note", id=f"N-{number:04d}", text=str(number), at="1", examiner="Ada")
    assert [note.text for note in queries.notes(small_case)] == ["2", "9999", "10000"]


def test_an_id_is_nobody_elses_name(small_case: Store) -> None:
    """A pseudonym or a group's name that looks like an id takes nothing from its owner."""
    with small_case.change("names", actor="Ada") as change:
        change.update("official", queries.official(small_case, "O-0001").uuid, pseudonym="O-0002")
        change.insert("official", id="O-0002", pseudonym="x", publication="role", roster="invited")
        change.update("affected_group", queries.group(small_case, "G-0001").uuid, name="G-0002")
        change.insert("affected_group", id="G-0002", name="x")
    assert queries.official(small_case, "O-0002").id == "O-0002"
    assert queries.official(small_case, "x").id == "O-0002"
    assert queries.group(small_case, "G-0002").id == "G-0002"
    assert queries.group(small_case, "x").id == "G-0002"


@pytest.mark.parametrize(
    "look", [queries.official, queries.group, queries.device, queries.acquisition, queries.scan, queries.finding]
)
def test_what_is_not_there_is_an_error_that_names_it(small_case: Store, look: object) -> None:
    """With the verbs that show what is."""
    assert callable(look)
    with pytest.raises(NotFoundError, match="X-0001") as caught:
        look(small_case, "X-0001")
    assert "list" in caught.value.hint


def test_a_merged_official_is_the_one_merged_into(small_case: Store) -> None:
    """Either id leads to the one who is counted; one removed leads nowhere."""
    with small_case.change("people", actor="Ada") as change:
        for number, state, into in (("2", "merged", "O-0001"), ("3", "removed", None)):
            change.insert(
                "official",
                id=f"O-000{number}",
                pseudonym=f"P-{number}",
                publication="role",
                roster="invited",
                state=state,
                merged_into=into,
            )
    assert queries.official(small_case, "P-2").id == "O-0001"
    with small_case.change("numbered", actor="Ada") as change:
        change.update("official", queries.official(small_case, "O-0001").uuid, register_id="L-07")
    assert queries.official(small_case, "L-07").id == "O-0001"
    assert [each.id for each in queries.officials(small_case)] == ["O-0001"]
    assert [each.id for each in queries.officials(small_case, every=True)] == ["O-0001", "O-0002", "O-0003"]
    with pytest.raises(NotFoundError):
        queries.official(small_case, "O-0003")


def test_examiners_marks_and_tombstones_come_back(small_case: Store) -> None:
    """Each field where it belongs."""
    examiner = model.Examiner(
        id="E-0001",
        uuid="",
        name="Ada",
        person_key="ada",
        role=model.ExaminerRole.LEAD,
        public_keys=("k",),
        registered_at="1",
        registered_by="Ada",
    )
    mark = model.RosterMark(
        uuid="", official="O-0001", mark="invited", at="1", recorded_at="2", recorded_by="Ada", note=HOSTILE
    )
    stone = model.Tombstone(
        id="T-0001",
        uuid="",
        official="O-0009",
        grounds=model.PurgeGrounds.EXPIRED,
        reason="the agreed time is over",
        state=model.PurgeState.DONE,
        digest="d",
        begun_at="1",
        begun_by="Ada",
        counts={"scan": 2},
        ids={"scan": "S-0002"},
        events={"7": "e"},
        pending=("scans/S-0002",),
    )
    with small_case.change("people", actor="Ada") as change:
        for table, record in (("examiner", examiner), ("roster_mark", mark), ("tombstone", stone)):
            change.insert(table, **{name: value for name, value in asdict(record).items() if name != "uuid"})
    assert [replace(each, uuid="") for each in queries.examiners(small_case)] == [examiner]
    assert [replace(each, uuid="") for each in queries.roster_marks(small_case, "O-0001")] == [mark]
    assert [replace(each, uuid="") for each in queries.tombstones(small_case)] == [stone]
    assert small_case.verify() == ()


@pytest.mark.parametrize("table", ["observation", "roster_mark"])
def test_what_was_seen_may_follow_a_phone_and_stays_as_it_was_written(small_case: Store, table: str) -> None:
    """Whose it is can be put right; nothing else of it."""
    told = {"official": "O-0001", "at": "1", "recorded_at": "2", "recorded_by": "Ada"}
    more = {"mark": "invited"} if table == "roster_mark" else {"id": "B-0001", "kind": "x.y", "value": "on"}
    with small_case.change("seen", actor="Ada") as change:
        change.insert("official", id="O-0002", pseudonym="P-2", publication="role", roster="invited")
        uuid = change.insert(table, **told, **more)
    with small_case.change("moved", actor="Ada") as change:
        change.update(table, uuid, official="O-0002")
    for column in schema.tables()[table].keys() - {"official"}:
        with pytest.raises(StoreError, match="append-only"), small_case.change("forged", actor="Ada") as change:
            change.update(table, uuid, **{column: 9 if column == "place" else "x"})
    assert small_case.verify() == ()


def test_broken_text_is_found_as_it_is_kept(small_case: Store) -> None:
    """A name in bytes that are no UTF-8, as a shell may pass it."""
    with small_case.change("names", actor="A\udcff") as change:
        change.insert("affected_group", id="G-0002", name="G\udcff")
        change.insert("official", id="O-0002", pseudonym="P\udcff", publication="role", roster="invited")
    assert queries.group(small_case, "G\udcff").id == "G-0002"
    assert queries.official(small_case, "P\udcff").id == "O-0002"
    with pytest.raises(NotFoundError):
        queries.device(small_case, "\udcff")


def test_an_empty_file_holds_no_case(empty_case: Store) -> None:
    """It was never filled in."""
    with pytest.raises(NotFoundError):
        queries.case_file(empty_case)
