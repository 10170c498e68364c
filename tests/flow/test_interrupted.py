"""Scans that were cut off: marked, with every alert they had raised, and never taken for finished."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.errors import CaseLockedError, EngineError, IndicatorCountError
from mvtcase.store.folder import held_lock
from mvtcase.workflow import custody, exports, findings, rechecks, reports, scans, status
from mvtcase.workflow.recording import recover

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.flow.conftest import FakeEngine

    from mvtcase.engine.job import ScanJob
    from mvtcase.workflow.desk import Desk

EVENTS: tuple[dict[str, Any], ...] = (
    {"event": "job", "kind": "ios_backup", "encrypted": False, "command": "mvt-ios check-backup"},
    {"event": "worker", "sandbox": "bubblewrap"},
    {"event": "hello", "indicators": 2, "tools": {"mvt": "2026.10.26"}},
    {
        "event": "plan",
        "part": "backup",
        "modules": [
            {"module": "Datausage", "slug": "datausage", "origin": "mvt"},
            {"module": "SMS", "slug": "sms", "origin": "mvt"},
        ],
    },
    {"event": "started", "part": "backup", "slug": "datausage", "module": "Datausage", "origin": "mvt"},
    {
        "event": "alert",
        "part": "backup",
        "module": "datausage",
        "level": "CRITICAL",
        "message": 'Found "bh"',
        "data": {"proc_name": "bh"},
        "indicator": {"value": "bh", "type": "processes", "family": "Pegasus", "set": "tiny"},
    },
)
CHILD = """
import json, os, signal, sys
from pathlib import Path
from mvtcase.store.folder import Workspace
from mvtcase.workflow import scans
from mvtcase.workflow.desk import Desk

class Engine:
    def run_scan(self, job, *, on_event):
        job.results.mkdir(parents=True)
        with (job.results / "events.jsonl").open("w") as events:
            for event in json.loads(sys.argv[2]):
                events.write(json.dumps(event) + "\\n")
            events.write('{"event": "alert", "torn')
        (job.target / "x").exists()
        os.kill(os.getpid(), signal.SIGKILL)

workspace = Workspace(Path(sys.argv[1]))
scans.run(Desk(workspace=workspace, examiner="Ada", engine=Engine(), with_control=False), scans.Request())
"""
WHILE_SERVING = (
    CHILD.replace("scans.run(", "Works().scan(").replace("scans.Request())", "(), None)")
    + """
import threading
threading.Event().wait(60)
"""
)
"""The same in a thread of the console's server."""


def _write(results: Path, events: tuple[dict[str, Any], ...] = EVENTS) -> None:
    results.mkdir(parents=True)
    (results / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))


def _scans(desk: Desk) -> list[dict[str, Any]]:
    data: Any = scans.list_scans(desk).json
    return list(data["scans"])


def _findings(desk: Desk) -> list[dict[str, Any]]:
    data: Any = findings.list_findings(desk).json
    return list(data["findings"])


def _status(desk: Desk) -> str:
    data: Any = status.status(desk).json
    return str(data["officials"][0]["status"])


@pytest.fixture
def cut_off(desk: Desk, add_phone: Callable[..., str], engine: FakeEngine) -> Desk:
    """Give a desk whose one scan raised an alert and then was left running, as by a crash of the program."""
    add_phone()

    def crash(job: ScanJob) -> None:
        _write(job.results)
        raise RuntimeError("crash")

    engine.before = crash
    with pytest.raises(RuntimeError):
        scans.run(desk, scans.Request())
    engine.before = lambda _job: None
    assert [each["state"] for each in _scans(desk)] == ["running"]
    return desk


@pytest.mark.parametrize("child", [CHILD, f"from mvtcase.web.work import Works\n{WHILE_SERVING}"])
def test_kill_nine_loses_no_alert(desk: Desk, add_phone: Callable[..., str], child: str) -> None:
    """A real process, killed while its worker ran: the next verb files what it had raised and scans again."""
    add_phone()
    done = subprocess.run(
        [sys.executable, "-c", child, str(desk.workspace.path), json.dumps(EVENTS)], check=False, capture_output=True
    )
    assert done.returncode == -9, done.stderr.decode()
    working = desk.case_folder().working
    assert list(working.iterdir()) != []
    assert [each["state"] for each in _scans(desk)] == ["running"]
    assert list(working.iterdir()) == []
    scans.run(desk, scans.Request(everything=True))
    first, second = _scans(desk)
    assert (first["state"], first["completeness"], first["command"]) == (
        "interrupted",
        "blind",
        "mvt-ios check-backup",
    )
    assert {each["slug"]: each["outcome"] for each in first["modules"]}["sms"] == "not_run"
    assert second["state"] == "finished"
    assert [each["indicator"]["value"] for each in _findings(desk)] == ["bh"]
    assert _status(desk) == "indicator_match"
    assert list(working.iterdir()) == []
    custody.verify(desk)


STATING: dict[str, Callable[[Any], object]] = {
    "status": status.status,
    "report": lambda desk: reports.write(desk, "incident", formats=("json",)),
    "export": lambda desk: exports.export(desk, "csv", edition="internal"),
    "verify": custody.verify,
}


@pytest.mark.parametrize("verb", list(STATING))
def test_a_verb_that_states_results_files_what_was_left_first(cut_off: Desk, verb: str) -> None:
    """No report says "no trace" while a CRITICAL alert of a killed scan lies on the disk."""
    STATING[verb](replace(cut_off, examiner="") if verb == "status" else cut_off)
    assert [each["state"] for each in _scans(cut_off)] == ["interrupted"]
    assert [each["indicator"]["value"] for each in _findings(cut_off)] == ["bh"]


def test_status_says_what_is_still_running(cut_off: Desk) -> None:
    """A scan that a living process holds is in no number yet, and the message says so."""
    with held_lock(cut_off.case_folder().scan_lock("A-0001")):
        assert "S-0001" in status.status(cut_off).messages[0]


def test_a_scan_that_somebody_holds_is_left_alone(cut_off: Desk) -> None:
    """Its lock says that it runs; when it is free, nobody does."""
    with cut_off.open_case() as store:
        with held_lock(store.folder.scan_lock("A-0001")) as held:
            assert held
            assert recover(cut_off, store) == ()
        assert recover(cut_off, store) == ("S-0001",)
        assert recover(cut_off, store) == ()
    assert [each["state"] for each in _scans(cut_off)] == ["interrupted"]


def test_an_acquisition_is_scanned_by_one_at_a_time(cut_off: Desk) -> None:
    """The second is told so, and no scan of it begins."""
    with (
        held_lock(cut_off.case_folder().scan_lock("A-0001")),
        pytest.raises(CaseLockedError, match="A-0001"),
    ):
        scans.run(cut_off, scans.Request())
    assert len(_scans(cut_off)) == 1


def test_an_interrupted_scan_examined_nothing_and_its_alerts_count(cut_off: Desk) -> None:
    """The finding stands; without it there would be no statement."""
    with cut_off.open_case() as store:
        recover(cut_off, store)
    (scan,) = _scans(cut_off)
    assert (scan["state"], scan["completeness"], scan["alerts"]["CRITICAL"]) == ("interrupted", "blind", 1)
    assert _status(cut_off) == "indicator_match"
    data: Any = status.status(cut_off).json["officials"]
    assert "did not finish (interrupted)" in data[0]["devices"][0]["gaps"][0]["reason"]


def test_a_recheck_recovers_too(cut_off: Desk) -> None:
    """Whichever verb comes first."""
    outcome = rechecks.run(cut_off, rechecks.Request(scans=("S-0001",)))
    assert "S-0001 is interrupted" in outcome.messages[0]
    assert len(_findings(cut_off)) == 1


@pytest.mark.parametrize("text", ["", "noise\n[1,2]\n", '{"event": "job", "kind": "nonsense"}\n', "\x00" * 5000])
def test_an_unreadable_account_is_still_an_interrupted_scan(cut_off: Desk, text: str) -> None:
    """What cannot be understood is left out, and nothing is made up."""
    (cut_off.case_folder().results("S-0001") / "events.jsonl").write_text(text)
    with cut_off.open_case() as store:
        assert recover(cut_off, store) == ("S-0001",)
    (scan,) = _scans(cut_off)
    assert (scan["state"], scan["completeness"], scan["findings"]) == ("interrupted", "blind", [])
    assert _status(cut_off) == "not_examined"


def test_a_scan_killed_before_its_worker_spoke_is_interrupted(
    desk: Desk, add_phone: Callable[..., str], engine: FakeEngine
) -> None:
    """There is no account at all."""
    add_phone()

    def crash(job: ScanJob) -> None:
        raise RuntimeError("crash")

    engine.before = crash
    with pytest.raises(RuntimeError):
        scans.run(desk, scans.Request())
    with desk.open_case() as store:
        assert recover(desk, store) == ("S-0001",)
    assert (_scans(desk)[0]["state"], _scans(desk)[0]["modules"]) == ("interrupted", [])


@pytest.mark.parametrize("trouble", [IndicatorCountError("miscounted"), OSError(28, "No space left on device")])
def test_a_scan_that_failed_half_way_keeps_its_alerts(
    desk: Desk, add_phone: Callable[..., str], engine: FakeEngine, trouble: Exception
) -> None:
    """A full disk takes back nothing that was raised before."""
    add_phone()

    def fail(job: ScanJob) -> None:
        _write(job.results)
        raise trouble

    engine.before = fail
    with pytest.raises((IndicatorCountError, EngineError)):
        scans.run(desk, scans.Request())
    (scan,) = _scans(desk)
    assert (scan["state"], scan["completeness"]) == ("failed", "blind")
    assert str(trouble.args[-1]) in scan["error"]
    assert [each["indicator"]["value"] for each in _findings(desk)] == ["bh"]
    assert _status(desk) == "indicator_match"
    custody.verify(desk)


ALERT = '{"event": "alert", "part": "backup", "module": "sms", "level": "HIGH", "message": "m", "data": '


@pytest.mark.parametrize(
    "line",
    [
        ALERT + '{"x": NaN, "y": [Infinity]}}',
        ALERT + "[" * 900 + "]" * 900 + "}",
        ALERT + '{"x": ' + "9" * 100 + "}}",
        ALERT + '{"\\ud800": "\\udfff"}}',
        '{"event": "finished", "part": "b", "slug": "s", "module": "S", "outcome": "checked", "records": 9e99}',
        '{"event": "finished", "part": "b", "slug": "s", "module": "S", "outcome": "checked", "records": 1'
        + "0" * 30
        + "}",
        '{"event": "hello", "indicators": 1' + "0" * 30 + ', "tools": {}}',
    ],
    ids=["no numbers", "nesting", "a long number", "broken text", "a float count", "a huge count", "huge indicators"],
)
def test_a_worker_that_was_taken_over_cannot_block_the_case(cut_off: Desk, line: str) -> None:
    """Whatever it wrote, its scan is filed and the next verb goes on; the alerts before stay."""
    with (cut_off.case_folder().results("S-0001") / "events.jsonl").open("a") as events:
        events.write(line + "\n")
    scans.run(cut_off, scans.Request())
    first, second = _scans(cut_off)
    assert (first["state"], first["completeness"], second["state"]) == ("interrupted", "blind", "finished")
    assert "bh" in [each["indicator"]["value"] for each in _findings(cut_off) if each["indicator"]]
    assert len(_findings(cut_off)) == 1 + line.startswith(ALERT)
    data: Any = scans.show(cut_off, "S-0001").json
    assert len(data["scan"]["raised"]) == 1 + line.startswith(ALERT)
    custody.verify(cut_off)


NAME = "mvt/backup/line_x.json"


def _nested(path: Path) -> None:
    path.write_text("[" * 200_000)


def _folder(path: Path) -> None:
    path.mkdir()


def _pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize("make", [_nested, _folder, _pipe])
def test_what_a_worker_left_in_its_results_stops_no_case(
    make: Callable[[Path], None], desk: Desk, add_phone: Callable[..., str], engine: FakeEngine
) -> None:
    """A file of brackets, a folder or a pipe with a result's name: the scan is recorded, and says what it left out."""
    add_phone()

    def leave(job: ScanJob) -> None:
        (job.results / NAME).parent.mkdir(parents=True)
        make(job.results / NAME)

    engine.before = leave
    scans.run(desk, scans.Request())
    (scan,) = _scans(desk)
    assert scan["state"] == "finished"
    assert any("line_x.json" in each for each in scan["limitations"])


@pytest.mark.parametrize("make", [_nested, _folder, _pipe])
def test_alerts_of_a_cut_off_scan_are_filed_whatever_its_worker_left(
    make: Callable[[Path], None], cut_off: Desk
) -> None:
    """The interrupted scan's alerts reach the store, and the next verb runs."""
    results = cut_off.case_folder().results("S-0001")
    (results / NAME).parent.mkdir(parents=True)
    make(results / NAME)
    scans.run(cut_off, scans.Request(everything=True))
    assert [each["state"] for each in _scans(cut_off)] == ["interrupted", "finished"]
    assert [each["indicator"]["value"] for each in _findings(cut_off)] == ["bh"]


def test_events_that_cannot_be_read_are_a_loss_that_is_told(cut_off: Desk) -> None:
    """A scan whose events are unreadable is not taken for one without alerts."""
    events = cut_off.case_folder().results("S-0001") / "events.jsonl"
    events.unlink()
    events.mkdir()
    scans.run(cut_off, scans.Request(everything=True))
    first = _scans(cut_off)[0]
    assert first["state"] == "interrupted"
    assert "cannot be read" in first["error"]


def test_a_failed_scan_does_not_swallow_the_loss_of_alerts(
    desk: Desk, add_phone: Callable[..., str], engine: FakeEngine
) -> None:
    """The scan fails and its result file is a folder: what was raised before is filed all the same."""
    add_phone()

    def fail(job: ScanJob) -> None:
        _write(job.results)
        (job.results / NAME).mkdir(parents=True)
        raise EngineError("gone")

    engine.before = fail
    with pytest.raises(EngineError):
        scans.run(desk, scans.Request())
    assert [each["state"] for each in _scans(desk)] == ["failed"]
    assert [each["indicator"]["value"] for each in _findings(desk)] == ["bh"]


def test_plaintext_that_a_killed_worker_left_is_removed(cut_off: Desk) -> None:
    """Its private folder holds temporary copies of the phone's databases."""
    private = cut_off.case_folder().results("S-0001") / "private" / "tmp"
    private.mkdir(parents=True)
    (private / "copy.db").write_bytes(b"messages")
    scans.run(cut_off, scans.Request(everything=True))
    assert not private.parent.exists()
