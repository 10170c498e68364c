"""What `logd` noted at each rotation of the unified log: the programs that had written most of it, with the moment.

`logd` appends a record to `logdata.statistics.0.jsonl` (since iOS 16.4) and `logdata.statistics.0.txt` whenever a log
file is full or its memory rolls over, and renames the file to `.1` at 5 MiB and 1 MiB. The lists name at most 20
programs, but reach back weeks where `ps.txt` shows one moment. Sources: the parsers `logdata_statistics.py` and
`logdata_statistics_txt.py` of the EC-DIGIT-CSIRC framework; the strings of `logd`.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mvt_plugin_sysdiagnose.clock import NO_TIME, UTC_BASIS, Stamp, of_moment, of_unix
from mvt_plugin_sysdiagnose.shelf import MAX_LINE_CHARACTERS, Record, base_name, plain
from mvtcase_readers.regular import lines

from .result import Parsed, record

if TYPE_CHECKING:
    from mvt_plugin_sysdiagnose.archive import Content
    from mvt_plugin_sysdiagnose.device import Device

_RECORD = "--- !logd statistics record"
_FIELD = re.compile(r"(type|time|file)\s{0,8}:\s{0,8}(.+)")
_PROGRAM = re.compile(r"- \[\s{0,20}\d{1,20},\s{0,20}[\d.]{1,20},\s{0,4}(.+?)\s{0,4}\]$")


def parse_statistics_lines(content: Content, _device: Device) -> Parsed:
    """Return one `log_writer` per program of each record in `logdata.statistics.*.jsonl`, with the record's moment."""
    parsed = Parsed()
    broken = 0
    for line in lines(content.data, MAX_LINE_CHARACTERS * 8):
        if not line.strip():
            continue
        held = _loaded(line)
        listed = held.get("processList") if held is not None else None
        if held is None or not isinstance(listed, list):
            broken += 1
            continue
        stamp = of_unix(held["unixTime"]) if isinstance(held.get("unixTime"), (int, float)) else NO_TIME
        for each in listed:
            path = each.get("process") if isinstance(each, dict) else each
            if isinstance(path, str) and path:
                parsed.records.append(_writer(path, stamp, str(held.get("type", ""))))
    parsed.problem = f"{broken} lines are no statistics record" if broken else ""
    return parsed


def _loaded(line: str) -> dict[str, Any] | None:
    try:
        held = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return held if isinstance(held, dict) else None


def parse_statistics_text(content: Content, _device: Device) -> Parsed:
    """Return one `log_writer` per program of each record in `logdata.statistics.*.txt`, with the record's moment."""
    parsed = Parsed()
    stamp, kind = NO_TIME, ""
    for line in lines(content.data, MAX_LINE_CHARACTERS):
        text = line.strip()
        if text.startswith("--- !"):
            stamp, kind = NO_TIME, ""
        elif (program := _PROGRAM.match(text)) is not None:
            parsed.records.append(_writer(program[1], stamp, kind))
        elif (told := _FIELD.match(text)) is not None:
            stamp = _moment(told[2]) if told[1] == "time" else stamp
            kind = told[2] if told[1] == "type" else kind
    if not parsed.records and content.data.strip():
        parsed.problem = "no line of it is one of a statistics record"
    return parsed


def _moment(text: str) -> Stamp:
    try:
        moment = datetime.strptime(text.strip()[:40], "%Y-%m-%d %H:%M:%S%z")
    except ValueError:
        return Stamp(text=plain(text, 40))
    return of_moment(moment, UTC_BASIS)


def _writer(path: str, stamp: Stamp, kind: str) -> Record:
    return record(
        "log_writer",
        stamp,
        process=plain(base_name(path)),
        path=plain(path) if "/" in path else "",
        role=plain(kind, 40),
    )
