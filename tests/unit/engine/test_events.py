"""The ledger: events to a result, and the salvage of an interrupted scan from its folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.engine.events import (
    INTERRUPTED,
    MAX_UNCLAIMED,
    Ledger,
    alert_of,
    iterate_events,
    parse_event,
    read_events,
    take_safely,
)
from mvtcase.model import AlertSource, Completeness, Gap, IndicatorRef, Level, ModuleOutcome

if TYPE_CHECKING:
    from pathlib import Path

JOB = {"event": "job", "kind": "ios_backup", "command": "mvt-ios check-backup"}
HELLO = {"event": "hello", "indicators": 7, "tools": {"mvt": "2026.10.26"}}
PLAN = {
    "event": "plan",
    "part": "backup",
    "modules": [
        {"module": "SMS", "slug": "sms", "origin": "mvt"},
        {"module": "TCC", "slug": "tcc", "origin": "mvt"},
    ],
}
STARTED = {"event": "started", "part": "backup", "slug": "sms", "module": "SMS", "origin": "mvt"}
ALERT = {
    "event": "alert", "part": "backup", "module": "sms", "level": "CRITICAL", "message": "found", "event_time": "",
    "data": {"text": "x"}, "indicator": {"value": "v", "type": "domains", "family": "f", "set": "s"},
    "witnessed": True,
}  # fmt: skip
FINISHED = {
    "event": "finished", "part": "backup", "slug": "sms", "module": "SMS", "outcome": "checked", "records": 4,
    "source_rows": 4, "alerts": 1, "error": None, "reason": "", "messages": ["m"], "duration_ms": 9,
}  # fmt: skip
DONE = {"event": "done", "error": None}


def ledger_of(*events: dict[str, Any]) -> Ledger:
    """Return the ledger of some events, each of which must be understood."""
    ledger = Ledger()
    assert all(take_safely(ledger, event) for event in events)
    return ledger


def written(folder: Path, *events: dict[str, Any], tail: bytes = b"") -> Path:
    """Write events as a scan keeps them and return the folder."""
    lines = b"".join(json.dumps(event).encode() + b"\n" for event in events)
    (folder / "events.jsonl").write_bytes(lines + tail)
    return folder


def test_planned_modules_are_not_run_until_they_say_otherwise() -> None:
    """The default outcome stands wherever nothing was heard."""
    result = ledger_of(JOB, HELLO, PLAN, STARTED, FINISHED, DONE).result()
    assert [(run.slug, run.outcome) for run in result.modules] == [
        ("sms", ModuleOutcome.CHECKED),
        ("tcc", ModuleOutcome.NOT_RUN),
    ]
    assert result.modules[0].origin == "mvt"
    assert (result.modules[0].records, result.modules[0].messages) == (4, ("m",))


def test_only_done_finishes_a_scan() -> None:
    """All modules finished is not enough: the last word must have come."""
    unfinished = ledger_of(JOB, HELLO, PLAN, STARTED, FINISHED).result()
    assert (unfinished.finished, unfinished.error, unfinished.completeness) == (False, INTERRUPTED, Completeness.BLIND)
    assert ledger_of(JOB, HELLO, DONE).result().finished


def test_done_with_an_error_is_not_finished() -> None:
    """A command that ended early says so with its last word."""
    result = ledger_of(JOB, HELLO, {"event": "done", "error": "why"}).result()
    assert (result.finished, result.error) == (False, "why")


def test_an_alert_keeps_its_indicator_its_witness_and_its_event() -> None:
    """What the recorder sent is what the findings get."""
    alert = alert_of(ALERT)
    assert alert.indicator == IndicatorRef(value="v", type="domains", family="f", set="s")
    assert (alert.level, alert.witnessed, alert.event, alert.part) == (Level.CRITICAL, True, {"text": "x"}, "backup")
    assert alert.source is AlertSource.MVT


def test_an_alert_of_the_sweep_says_so() -> None:
    """The second look raises alerts of its own kind."""
    assert alert_of({**ALERT, "source": "sweep", "indicator": None}).source is AlertSource.SWEEP


@pytest.mark.parametrize("reported", ["itly.link", "tly.link", "https://tly.link/x"])
def test_what_the_second_reader_found_is_kept_whatever_a_module_reported(reported: str) -> None:
    """No alert is dropped because of another one; that they are one matter is for the findings to say."""
    indicator = {"family": "f", "set": "s", "type": "domains"}
    module = {**ALERT, "indicator": {**indicator, "value": reported}}
    second = {**ALERT, "source": "sweep", "indicator": {**indicator, "value": "tly.link"}}
    assert len(ledger_of(JOB, HELLO, module, second, DONE).result().alerts) == 2


def test_a_worker_that_begins_to_read_again_repeats_no_alert() -> None:
    """After a restart the second reader starts over: what it told already is one alert."""
    second = {**ALERT, "source": "sweep", "data": {"file": "a.db"}}
    assert len(ledger_of(JOB, HELLO, second, second, DONE).result().alerts) == 1


def test_claims_are_kept_as_numbers_and_bounded() -> None:
    """What the worker says of who read what is taken by shape and length, and nothing else of it."""
    unclaimed = [{"path": "a", "bytes": 1, "telling": True}] * 99
    event = {"event": "claims", "files": 7, "claimed": "x", "extents": {"full": 7}, "unclaimed": unclaimed, "other": 1}
    claims = ledger_of(JOB, HELLO, event, DONE).result().claims
    assert (claims["files"], claims["claimed"], claims["extents"]) == (7, 0, {"full": 7})
    assert len(claims["unclaimed"]) == MAX_UNCLAIMED  # type: ignore[arg-type]  # a list
    assert "other" not in claims


def test_the_loss_of_a_worker_is_put_on_what_was_running() -> None:
    """The module in hand gets the outcome; what was not begun stays not run."""
    lost = {"event": "lost", "reason": "it hung", "outcome": "timed_out", "final": False}
    ledger = ledger_of(JOB, HELLO, PLAN, STARTED, lost)
    assert ledger.modules["backup", "sms"].outcome is ModuleOutcome.TIMED_OUT
    assert ledger.modules["backup", "tcc"].outcome is ModuleOutcome.NOT_RUN
    assert ledger.finished_modules == {("backup", "sms")}


def test_the_loss_of_a_worker_between_modules_is_put_on_the_open_step() -> None:
    """A nested command that could not be opened is a gap of its own, and named so that it is not tried again."""
    step = {"event": "step", "name": "load backup", "finished": False}
    lost = {"event": "lost", "reason": "it hung", "outcome": "timed_out", "final": False}
    ledger = ledger_of(JOB, HELLO, step, lost)
    assert ledger.lost_steps == {"load backup"}
    assert ledger.gaps == [Gap(module="load backup", outcome=ModuleOutcome.TIMED_OUT, reason="it hung")]


def test_a_new_worker_forgets_steps_left_open() -> None:
    """A step that an earlier worker left open must not be blamed for what happens to the next one."""
    step = {"event": "step", "name": "examine", "finished": False}
    assert ledger_of(JOB, step, {"event": "worker", "sandbox": "none", "pid": 1}).open_step() is None


def test_the_same_problem_twice_is_one_gap() -> None:
    """A part that is opened again after a restart reports its problems again."""
    problem = {"event": "problem", "module": "backup", "outcome": "no_source", "reason": "no backup.ab"}
    assert len(ledger_of(JOB, problem, problem).gaps) == 1


@pytest.mark.parametrize(
    "event",
    [
        {"event": "alert"},
        {"event": "alert", **ALERT, "level": "LOUD"},
        {"event": "finished", **FINISHED, "outcome": "clean"},
        {"event": "plan", "part": "backup", "modules": 3},
        {"event": "hello", "indicators": "many", "tools": {}},
    ],
)
def test_events_of_another_shape_are_refused_not_guessed(event: dict[str, Any]) -> None:
    """A hostile worker can say what it wants; what is not understood changes nothing."""
    assert not take_safely(Ledger(), event)


def test_unknown_events_are_ignored() -> None:
    """A later release may say more."""
    assert take_safely(Ledger(), {"event": "news"})


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b'"x"', b'{"a": 1}', b"\xff\n", b"[" * 100_000])
def test_lines_that_are_no_events(line: bytes) -> None:
    """Reading one back never raises."""
    assert parse_event(line) is None


def test_an_interrupted_scan_is_read_back_from_its_folder(tmp_path: Path) -> None:
    """Its alerts are there, its last torn line is not, and it does not count as finished."""
    folder = written(tmp_path, JOB, HELLO, PLAN, STARTED, ALERT, tail=b'{"event": "alert", "mod')
    result = read_events(folder)
    assert [alert.message for alert in result.alerts] == ["found"]
    assert (result.finished, result.error, result.completeness) == (False, INTERRUPTED, Completeness.BLIND)
    assert result.modules[0].alerts == 1
    assert result.indicators_loaded == 7


def test_a_folder_without_events_is_an_error(tmp_path: Path) -> None:
    """There is nothing to salvage, which is not the same as nothing found."""
    with pytest.raises(FileNotFoundError):
        read_events(tmp_path)


def test_an_endless_line_is_cut_and_passed_over(tmp_path: Path) -> None:
    """A damaged file cannot take all the memory."""
    (tmp_path / "events.jsonl").write_bytes(b"x" * (9 << 20) + b"\n" + json.dumps(JOB).encode() + b"\n")
    assert [event["event"] for event in iterate_events(tmp_path / "events.jsonl")] == ["job"]


def test_an_event_that_mvt_went_on_writing_to_is_kept_as_it_ended() -> None:
    """MVT adds times to some events after it raised their alerts; the alert itself was stored before."""
    other = {**ALERT, "message": "another"}
    amended = {"event": "amended", "back": 2, "message": "found", "data": {"text": "x", "isodate": "2026-09-01"}}
    ledger = ledger_of(JOB, HELLO, PLAN, STARTED, ALERT, other, amended, FINISHED)
    assert [alert.event for alert in ledger.alerts] == [{"text": "x", "isodate": "2026-09-01"}, {"text": "x"}]


@pytest.mark.parametrize("back", [0, 1, 3, -1])
def test_an_amendment_of_no_alert_changes_none(back: int) -> None:
    """What does not fit is left out: a worker's word cannot overwrite another alert."""
    other = {**ALERT, "message": "another"}
    amended = {"event": "amended", "back": back, "message": "found", "data": None}
    assert [alert.event for alert in ledger_of(JOB, HELLO, ALERT, other, amended).alerts] == [{"text": "x"}] * 2


def test_numbers_that_no_json_has_become_their_names() -> None:
    """A worker that was taken over cannot make a later reading fail."""
    assert parse_event(b'{"event": "alert", "a": [NaN, -Infinity]}') == {"event": "alert", "a": ["NaN", "-Infinity"]}


@pytest.mark.parametrize(
    "line",
    [
        b'{"event": "alert", "data": ' + b"[" * 400 + b"]" * 400 + b"}",
        b'{"event": "alert", "message": "\\ud800", "data": 1}',
        b'{"event": "finished", "records": 1' + b"0" * 40 + b"}",
        b'{"event": "alert", "message": "\xed\xa0\x80"}',
        b'{"event": "alert", "data": NaN}',
    ],
)
def test_what_no_worker_of_ours_sends_is_refused_or_made_storable(line: bytes) -> None:
    """Nesting, surrogates and integers that JSON knows and no store takes never get past the reading of a line."""
    event = parse_event(line)
    if event is not None:
        text = json.dumps(event, ensure_ascii=False, allow_nan=False)
        assert text.encode("utf-8")
        assert all(not isinstance(each, int) or each.bit_length() < 64 for each in event.values())


def test_a_scan_without_a_sandbox_says_in_words_what_that_means() -> None:
    """Once, however many workers it took."""
    ledger = Ledger()
    for _ in range(2):
        ledger.take({"event": "worker", "sandbox": "none", "pid": 1})
    assert [each for each in ledger.result().limitations if "without a sandbox" in each] != []
    assert len(ledger.limitations) == 1
