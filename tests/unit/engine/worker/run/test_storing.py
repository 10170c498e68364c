"""Files that MVT's modules store, and ours side by side: equal values, equal rows, the same failures."""

from __future__ import annotations

import dataclasses
import enum
import json
import logging
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mvt.common.alerts import AlertStore
from mvt.common.command import Command
from mvt.common.module import MVTModule

from mvtcase.engine.worker.run import storing

if TYPE_CHECKING:
    from pathlib import Path

save_as_mvt = MVTModule.save_to_json


class Level(enum.IntEnum):
    """A number with a name."""

    HIGH = 30


@dataclasses.dataclass
class Held:
    """A result that is no dictionary."""

    name: str
    when: Any


CYCLE: list[Any] = []
CYCLE.append(CYCLE)
HOSTILE: tuple[Any, ...] = (
    {"a": float("nan"), "b": float("-inf"), "c": -0.0, "d": 1e300},
    {"a": 1 << 70, "b": -(1 << 90)},
    {7: "x", None: "y", True: "z", 2.5: "w"},
    {"a": "\ud800", "b": "\x00\u202e<script>", "c": "=HYPERLINK(1)"},
    {
        "a": b"\xff\xfe",
        "b": bytearray(b"x"),
        "c": datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
        "d": Level.HIGH,
        "e": {1, 2} - {2},
    },
    {"a": (1, (2, None)), "b": Held("x", Held("y", None)), "c": Held},
    Held("x", b"y"),
    {b"bytes": 1},
    {(1, 2): 1},
    {"a": CYCLE},
    "text",
    None,
    {},
)


def stored(save: Any, folder: Path, results: Any, alerts: int = 0) -> Any:
    """Return what a module's files hold after it was saved so, and what was logged or raised."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    lines: list[str] = []
    log = logging.getLogger("storing")
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    log.addHandler(handler)
    module = MVTModule(results_path=str(folder), results=results, log=log)
    for number in range(alerts):
        module.alertstore.high(f"alert {number}", "", results, matched_indicator=Held("ioc", number))
    lines.clear()
    try:
        save(module)
        failure = None
    except Exception as error:  # noqa: BLE001 - the sort of failure is what is compared
        failure = type(error)
    log.removeHandler(handler)
    return {each.name: held(each) for each in sorted(folder.iterdir())}, lines, failure


def held(path: Path) -> str:
    """Return the values of a file as text, so that NaN equals NaN, or that it is no JSON."""
    try:
        return repr(json.loads(path.read_text("utf-8")))
    except ValueError:
        return "broken"


@pytest.mark.parametrize("number", range(len(HOSTILE)))
@pytest.mark.parametrize("around", [0, 300])
def test_hostile_results_are_stored_with_equal_values(tmp_path: Path, number: int, around: int) -> None:
    """Alone, and after more records than are written at once: equal values, or the same complaint."""
    ordinary = [{"id": each, "url": f"https://example.com/{each}"} for each in range(around)]
    results = [*ordinary, HOSTILE[number], *ordinary[:3]]
    ours = stored(storing.save_to_json, tmp_path / "ours", results)
    assert ours == stored(save_as_mvt, tmp_path / "mvt", results)


@pytest.mark.parametrize("results", [[], {}, {"a": [HOSTILE[5]]}, ({"a": 1},), [[]], [[1], 2], {1: {2: 3}}])
def test_results_of_every_shape_are_stored_alike(tmp_path: Path, results: Any) -> None:
    """Lists, dictionaries and what else modules hold, with alerts and without."""
    for alerts in (0, 2):
        ours = stored(storing.save_to_json, tmp_path / "ours", results, alerts)
        assert ours == stored(save_as_mvt, tmp_path / "mvt", results, alerts)


TEXTS = st.one_of(st.none(), st.sampled_from(["a", "b", "\ud800", "1", 'x"y\n', "\\"]), st.text(max_size=3))
ROW = st.fixed_dictionaries(dict.fromkeys(storing.ROW, TEXTS))
ODD = st.sampled_from(
    [
        *({"timestamp": each, "module": "a", "event": "b", "data": "c"} for each in (1, True, 1.0)),
        *({"timestamp": "a", "module": "a", "event": "b", "data": each} for each in (["c"], b"c", ("c",))),
        {"timestamp": "a"},
        {1: "a"},
        "row",
    ]
)


def rows(deduplicate: Any, timeline: list[Any]) -> Any:
    """Return the different rows in one order, or the sort of the failure."""
    try:
        return sorted(json.dumps(each, sort_keys=True) for each in deduplicate(list(timeline)))
    except Exception as error:  # noqa: BLE001 - the sort of failure is what is compared
        return type(error)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(ROW, ROW, ODD), max_size=8))
def test_a_timeline_keeps_the_same_different_rows(timeline: list[Any]) -> None:
    """Each row once, told apart by type as well as by value; what cannot be written fails alike."""
    assert rows(storing.deduplicate_timeline, timeline) == rows(storing.deduplicate_as_mvt, timeline)


def written(save: Any, path: Path, timeline: list[Any], *, is_utc: bool) -> bytes:
    """Return the file of a timeline, or the sort of the failure."""
    try:
        save(timeline, str(path), is_utc)
    except Exception as error:  # noqa: BLE001 - as above
        return repr(type(error)).encode()
    return path.read_bytes()


@settings(max_examples=40, deadline=None)
@given(timeline=st.lists(st.one_of(ROW, ODD), max_size=6))
def test_a_timeline_is_written_byte_for_byte_alike(tmp_path_factory: Any, timeline: list[Any]) -> None:
    """Order, quotes, empty times and missing parts; where MVT's own fails, ours fails so too."""
    path = tmp_path_factory.getbasetemp() / "timeline.csv"
    for is_utc in (True, False):
        ours = written(storing.save_timeline, path, timeline, is_utc=is_utc)
        assert ours == written(storing.save_timeline_as_mvt, path, timeline, is_utc=is_utc)


def test_a_commands_files_hold_equal_values(tmp_path: Path) -> None:
    """Alerts and links of the whole command; no file where there is nothing to tell."""
    for count in (0, 3):
        found = []
        for own in (True, False):
            folder = tmp_path / f"{count}-{own}"
            folder.mkdir()
            command = Command(results_path=str(folder))
            command.alertstore = AlertStore()
            for number in range(count):
                command.alertstore.high(f"alert {number}", "", {"n": number, "matched_indicator": Held("i", 1)})
                command.url_results.append({"url": f"https://a.example/{number}", "source": "x"})
            if own:
                storing.store_alerts(command)
                storing.store_urls(command)
            else:
                command._store_alerts()
                command._store_urls()
            found.append({each.name: held(each) for each in folder.iterdir()})
        assert found[0] == found[1]
        assert bool(found[0]) is bool(count)
