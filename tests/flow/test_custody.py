"""The chain of custody over a whole case: rows, files, notes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.engine.results_folder import write_hashes
from mvtcase.errors import ChainBrokenError, InputError
from mvtcase.model import Completeness
from mvtcase.store import filing as store_filing
from mvtcase.store import queries, schema, store
from mvtcase.workflow import custody, observations, reports, scans, status
from mvtcase.workflow.observations import Seen

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.flow.conftest import FakeEngine

    from mvtcase.engine.job import EngineResult, ScanJob
    from mvtcase.workflow.desk import Desk


def _log(desk: Desk) -> dict[str, Any]:
    return dict(custody.log(desk).json)


@pytest.fixture
def whole(
    desk: Desk, add_phone: Callable[..., str], engine: FakeEngine, found: Callable[..., EngineResult], tmp_path: Path
) -> Desk:
    """Give a desk with one of everything that custody watches: manifest, results, report, attachment."""

    def keep(job: ScanJob) -> None:
        (job.results / "mvt" / "backup").mkdir(parents=True)
        (job.results / "mvt" / "backup" / "sms.json").write_text("[]")
        engine.answer = replace(found(), results_sha256=write_hashes(job.results))

    engine.before = keep
    add_phone()
    scans.run(desk, scans.Request())
    reports.write(desk, "incident", formats=("html", "json"))
    (tmp_path / "screen.png").write_bytes(b"pixels")
    observations.add(desk, "O-0001", Seen(kind="line.version", value="26", attachment=tmp_path / "screen.png"))
    return desk


def test_a_whole_case_verifies(whole: Desk) -> None:
    """And the head is the one of the log."""
    outcome = custody.verify(whole)
    log = _log(whole)
    assert (outcome.json["holds"], outcome.json["head"]) == (True, log["head"])
    assert outcome.json["events"] == len(log["events"]) == log["events"][-1]["sequence"]
    assert log["events"][-1]["digest"] == log["head"]


WATCHED = {
    "acquisitions/A-0001/manifest.jsonl": "manifest of A-0001",
    "scans/S-0001/results/results.sha256": "results of S-0001",
    "scans/S-0001/results/mvt/backup/sms.json": "sms.json",
    "reports/R-0001*.html": "report R-0001, html",
    "reports/R-0001-incident-internal.json": "report R-0001, json",
    "reports/R-0001*.facts.json": "report R-0001, facts",
    "attachments/*": "attachment",
}


def test_every_file_the_case_vouches_for_is_watched(whole: Desk, tmp_path: Path) -> None:
    """A changed byte, a missing file, a link to a copy of it: each is found, and restored the case holds again."""
    for pattern, named in WATCHED.items():
        (path,) = whole.case_folder().path.glob(pattern)
        data = path.read_bytes()
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        with pytest.raises(ChainBrokenError, match=named):
            custody.verify(whole)
        path.unlink()
        with pytest.raises(ChainBrokenError, match=named):
            custody.verify(whole)
        (tmp_path / "copy").write_bytes(data)
        path.symlink_to(tmp_path / "copy")
        with pytest.raises(ChainBrokenError, match=named):
            custody.verify(whole)
        path.unlink()
        path.write_bytes(data)
        custody.verify(whole)


def test_a_result_that_was_slipped_in_is_found(whole: Desk) -> None:
    """A file that no scan wrote."""
    folder = whole.case_folder().results("S-0001") / "mvt" / "backup"
    (folder / "planted.json").write_text("[]")
    with pytest.raises(ChainBrokenError, match="planted"):
        custody.verify(whole)


def test_many_differences_are_counted(whole: Desk) -> None:
    """The first are named, the rest is told as a number."""
    with whole.open_case() as store:
        store.connection.execute("DROP TRIGGER note_no_update")
        for number in range(30):
            store.connection.execute(
                "INSERT INTO note VALUES (?, ?, 'x', '', 'now', 'Eve')", (f"u{number}", f"N-{number + 1:04d}")
            )
    with pytest.raises(ChainBrokenError, match=r"note u0.*\(and 11 more\)"):
        custody.verify(whole)


def test_every_verb_left_its_event(whole: Desk) -> None:
    """Who did what to what, in order."""
    events = _log(whole)["events"]
    assert [event["action"] for event in events] == [
        "case.created",
        "group.added",
        "official.added",
        "consent.recorded",
        "acquisition.registered",
        "scan.started",
        "scan.finished",
        "report.written",
        "observation.recorded",
    ]
    assert {event["actor"] for event in events} == {"Ada"}
    assert all(event["subject"] for event in events if event["action"] != "group.added")
    started = next(event for event in events if event["action"] == "scan.started")
    assert set(started["payload"]) >= {"acquisition", "manifest_sha256", "sets", "tools"}


def test_no_event_names_a_person(whole: Desk) -> None:
    """Names and contacts stay in their rows; the chain carries ids."""
    assert "Fernvale" not in str(_log(whole))


def test_a_note_is_added_to_the_chain(desk: Desk) -> None:
    """Whatever its text; an empty one is none."""
    data: Any = custody.note(desk, "  <script> \u202e ").json
    assert (data["note"]["id"], data["note"]["text"]) == ("N-0001", "<script> \u202e")
    with pytest.raises(InputError):
        custody.note(desk, "\n")
    custody.verify(desk)


def test_the_case_is_private(whole: Desk) -> None:
    """Every file and folder that the workflow makes is for its owner alone; results are the engine's."""
    inside = [each for each in Path(whole.case_folder().path).rglob("*") if "results" not in each.parts]
    assert {f"{each} {each.stat().st_mode & 0o777:o}" for each in inside if each.stat().st_mode & 0o077} == set()


def test_a_head_printed_in_a_report_is_found_in_the_chain(whole: Desk) -> None:
    """Whatever was added since; one that was never this chain's is not."""
    with whole.open_case() as store:
        (printed,) = (each.custody_head for each in queries.reports(store))
    custody.note(whole, "Later.")
    assert custody.verify(whole, head=f" {printed.upper()} ").json["holds"] is True
    with pytest.raises(ChainBrokenError, match=r"head 0a0a.* is not in the chain"):
        custody.verify(whole, head="0a" * 32)


def _rebuilt(desk: Desk, table: str, **columns: object) -> None:
    """Change a row as the program would, with an event that seals it: what a forger who has the program does."""
    with desk.open_case() as store, store.change("quiet", actor="Eve") as change:
        for row in store.rows(f"SELECT uuid FROM {table}"):
            change.update(table, row["uuid"], **columns)


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        ({"level": "LOW"}, "not the highest"),
        ({"evidence_class": "posture"}, "hides an indicator"),
        ({"indicator_value": None}, "hides an indicator"),
        ({"id": "F-0123456789abcdef"}, "does not follow"),
    ],
)
def test_a_finding_is_derived_again_from_its_alerts(
    whole: Desk, engine: FakeEngine, match: EngineResult, columns: dict[str, object], named: str
) -> None:
    """A finding made smaller with a seal of its own is told by its alerts, which nobody can change."""
    engine.before, engine.answer = lambda _job: None, match
    scans.run(whole, scans.Request(acquisitions=("A-0001",)))
    custody.verify(whole)
    if "id" in columns:
        _rename_finding(whole, str(columns["id"]))
    else:
        _rebuilt(whole, "finding", **columns)
    with pytest.raises(ChainBrokenError, match=named):
        custody.verify(whole)


def _rename_finding(desk: Desk, name: str) -> None:
    """Give the finding another id, its links and seals too."""
    with desk.open_case() as store:
        store.connection.execute("PRAGMA foreign_keys = OFF")
        store.connection.execute("DROP TRIGGER finding_alert_no_update")
        with store.change("quiet", actor="Eve") as change:
            for table, column in (("finding", "id"), ("finding_alert", "finding")):
                for row in store.rows(f"SELECT uuid FROM {table}"):
                    change.update(table, row["uuid"], **{column: name})
        store.connection.execute(schema.expected()["trigger", "finding_alert_no_update"])


def test_an_alert_without_a_finding_is_found(whole: Desk, engine: FakeEngine, match: EngineResult) -> None:
    """An alert that was never filed as a finding is lost to every number."""
    engine.before, engine.answer = lambda _job: None, replace(match, alerts=())
    scans.run(whole, scans.Request(acquisitions=("A-0001",)))
    with whole.open_case() as store, store.change("quiet", actor="Eve") as change:
        store_filing.add_alerts(change, "S-0002", match.alerts)
    with pytest.raises(ChainBrokenError, match="belongs to no finding"):
        custody.verify(whole)


def test_a_file_among_the_reports_that_the_case_does_not_know_is_found(whole: Desk) -> None:
    """A report that nobody wrote does not lie beside those that somebody did."""
    (whole.case_folder().reports / "R-0009-incident.html").write_text("<p>no trace</p>")
    with pytest.raises(ChainBrokenError, match="R-0009"):
        custody.verify(whole)


def test_a_report_written_at_a_head_of_another_chain_is_found(whole: Desk) -> None:
    """A chain built anew lacks the heads of the reports that were written before."""
    _rebuilt(whole, "report", custody_head="b" * 64)
    with pytest.raises(ChainBrokenError, match="R-0001: the head it was written at"):
        custody.verify(whole)


def test_times_that_run_backwards_are_told_and_break_nothing(whole: Desk) -> None:
    """A clock may have been set right; the order of events is the chain's."""
    custody.note(replace(whole, clock=lambda: datetime(2020, 1, 1, tzinfo=timezone.utc)), "An old laptop.")
    outcome = custody.verify(whole)
    (told,) = outcome.json["times_running_back"]
    assert told["at"].startswith("2020-01-01")
    assert str(told["event"]) in outcome.messages[0]


@pytest.mark.parametrize(("minutes", "word"), [(180, "179 minutes further"), (-30, "set back by 30 minutes")])
def test_a_clock_that_was_set_is_told_by_how_long_the_machine_ran(
    whole: Desk, monkeypatch: pytest.MonkeyPatch, minutes: int, word: str
) -> None:
    """Forward as back, where it was set and where it was set right again; over another start nothing can be told."""
    ran, off, boot = iter(range(1000, 2000, 10)), timedelta(), "one"
    begin = datetime.now(timezone.utc)

    def noted() -> int:
        up = next(ran)
        monkeypatch.setattr(store, "ran_for", lambda _: {"boot": boot, "ran": up})
        custody.note(replace(whole, clock=lambda: begin + timedelta(seconds=up) + off), "A note.")
        return len(custody.log(whole).data.events)

    noted()
    off = timedelta(seconds=40)
    noted()
    assert not custody.verify(whole).data.clock_jumps, "a clock that is a little fast was not set"
    off = timedelta(minutes=minutes)
    jumped = noted()
    off = timedelta()
    right = noted()
    boot, off = "another", timedelta(days=400)
    noted()
    outcome = custody.verify(whole)
    told = outcome.data.clock_jumps
    assert [(each.event, each.by) for each in told] == [(jumped, "machine"), (right, "machine")]
    assert told[0].seconds == minutes * 60 - 40
    assert word in " ".join(map(str, outcome.messages))
    assert custody.log(whole).data.clock_jumps == told


def test_the_later_scan_counts_whatever_the_clock_says(
    desk: Desk, add_phone: Callable[..., str], engine: FakeEngine
) -> None:
    """A first scan made with the clock at 2030 hides no later partial one."""
    add_phone()
    scans.run(replace(desk, clock=lambda: datetime(2030, 1, 1, tzinfo=timezone.utc)), scans.Request())
    engine.answer = replace(engine.answer, completeness=Completeness.PARTIAL)
    scans.run(desk, scans.Request())
    with desk.open_case() as store:
        (view,) = store.rows("SELECT completeness FROM acquisition_coverage")
    assert view["completeness"] == "partial"
    told: Any = status.status(desk).json["officials"]
    assert (told[0]["devices"][0]["completeness"], told[0]["devices"][0]["last_scan"]) == ("partial", "S-0002")


def test_the_log_tells_what_was_done_about_one_person_by_whom_and_since_when(
    desk: Desk, join: Callable[..., str], add_phone: Callable[..., str]
) -> None:
    """What hangs on the person is the person's, and nobody else's events stand among them."""
    other = join("Bertram Alder")
    add_phone()
    custody.note(desk, "Seen.", about="D-0001")
    custody.looked_at(desk, "O-0001")
    mine, theirs = (custody.log(desk, person=each).data.events for each in ("O-0001", other))
    assert {"acquisition.registered", "note.added", "person.read"} <= {each.action for each in mine}
    assert {each.sequence for each in mine}.isdisjoint(each.sequence for each in theirs)
    assert theirs
    every = custody.log(desk).data.events
    assert custody.log(desk, examiner="ada").data.events == every
    assert custody.log(desk, examiner="Nobody").data.events == ()
    assert custody.log(desk, since=every[-1].at).data.events == every[-1:]
    with pytest.raises(InputError):
        custody.log(desk, since="yesterday")
    back = replace(desk, clock=lambda: datetime(2020, 1, 1, tzinfo=timezone.utc))
    custody.note(back, "After midnight, said the clock.")
    shown = custody.log(desk)
    assert [each.event for each in shown.data.times_running_back] == [len(every) + 1]
    assert "runs backwards" in str(shown.messages)
