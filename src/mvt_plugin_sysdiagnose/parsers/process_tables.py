"""Tables of what was in memory when the archive was made: `jetsam_priority.csv`, `taskSummary.csv`, RunningBoard.

`jetsam_priority` prints its columns itself, `#` first and `pid`, `name`, `priority_name`, `footprint` among the rest;
which columns a table has differs by iOS version, so they are found by their names. RunningBoard calls a process by its
identity: `app<bundle>`, `osservice<label>`, `xpcservice<label(…)>`, `anon<name>`.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Final

from mvt_plugin_sysdiagnose.shelf import MAX_LINE_CHARACTERS, Record, base_name, is_bundle, plain, whole_number
from mvtcase_readers.regular import lines
from mvtcase_readers.trees import parse_plist

from .process_lists import SEALED_FOLDERS
from .result import Parsed, record

if TYPE_CHECKING:
    from mvt_plugin_sysdiagnose.archive import Content
    from mvt_plugin_sysdiagnose.device import Device

_NAMES: Final = (
    "path",
    "executable",
    "name",
    "process",
    "processname",
    "procname",
    "command",
    "task",
    "taskname",
    "comm",
)
_PIDS: Final = ("pid", "processid")
_IDENTITY = re.compile(r"\b(app|application|osservice|daemon|xpcservice|angel|anon)<([^<>()\[\]\s:]{1,255})")
"""The kinds of identity that RunningBoard prints, and what they stand for."""


def parse_process_table(content: Content, device: Device) -> Parsed:
    """Return one `process` per row of a table with commas, whose columns are found by the names in its first line."""
    rows = map(_cells, lines(content.data, MAX_LINE_CHARACTERS))
    columns: dict[str, int] = {}
    for row in rows:
        columns = {_plain_name(cell): at for at, cell in reversed(list(enumerate(row)))}
        if any(name in columns for name in _NAMES):
            break
    name = next((columns[each] for each in _NAMES if each in columns), None)
    if name is None:
        return Parsed(problem="no line of it names a column of processes" if content.data.strip() else "")
    pid = next((columns[each] for each in _PIDS if each in columns), None)
    parsed = Parsed()
    short = 0
    for row in rows:
        if len(row) > name and row[name].strip():
            parsed.records.append(
                _row(row[name].strip(), row[pid] if pid is not None and len(row) > pid else "", device)
            )
        elif any(cell.strip() for cell in row):
            short += 1
    parsed.problem = f"{short} rows name no process" if short else ""
    return parsed


def _cells(line: str) -> list[str]:
    """Return the cells of one row; quotes that never close and odd line ends break no other row."""
    return next(csv.reader([line.replace("\r", " ").replace("\0", " ")]), [])


def _plain_name(cell: str) -> str:
    return re.sub(r"[^a-z]", "", cell.lower())


def _row(name: str, pid: str, device: Device) -> Record:
    return record(
        "process",
        device.creation_stamp,
        pid=whole_number(pid.strip()),
        process=plain(base_name(name)),
        path=plain(name) if name.startswith("/") else "",
    )


def parse_running_board(content: Content, device: Device) -> Parsed:
    """Return one `process` per identity that RunningBoard's state names."""
    seen: dict[tuple[str, str], None] = {}
    for line in lines(content.data, MAX_LINE_CHARACTERS):
        for found in _IDENTITY.finditer(line):
            seen[found[1], found[2]] = None
    records = [
        record(
            "managed_process",
            device.creation_stamp,
            bundle_id=plain(name) if is_bundle(name) or kind in {"app", "application"} else "",
            process=plain(name) if not is_bundle(name) else "",
            role=kind,
        )
        for kind, name in seen
    ]
    return Parsed(records=records, nothing="it names no process" if not records and content.data.strip() else "")


def parse_shared_cache(content: Content, device: Device) -> Parsed:
    """Return one `loaded_image` per binary of a shared cache outside the sealed system; raises `ValueError`."""
    held = parse_plist(content.data, walked=True)
    listed = held.get("Binaries") if isinstance(held, dict) else None
    if not isinstance(listed, list):
        return Parsed(problem="it lists no binaries")
    paths = [each.get("Path") for each in listed if isinstance(each, dict)]
    return Parsed(
        records=[
            record("loaded_image", device.creation_stamp, process=plain(base_name(path)), path=plain(path))
            for path in paths
            if isinstance(path, str) and path and not path.startswith(SEALED_FOLDERS)
        ],
        nothing="" if paths else "it lists no binaries",
    )
