"""What ran when the archive was made: ps.txt, ps_thread.txt, taskinfo.txt and the spindump."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mvt_plugin_sysdiagnose.clock import Stamp, of_offset_text
from mvt_plugin_sysdiagnose.shelf import MAX_LINE_CHARACTERS, Record, base_name, plain, whole_number
from mvtcase_readers.regular import lines
from mvtcase_readers.trees import parse_plist

from .result import Parsed, record

if TYPE_CHECKING:
    from mvt_plugin_sysdiagnose.archive import Content
    from mvt_plugin_sysdiagnose.device import Device

_PID = re.compile(r"\[(\d{1,9})\]")
_TASKS = re.compile(r"num tasks: (\d{1,9})")
SEALED_FOLDERS: Final = ("/System/", "/usr/lib/")
"""Folders of the signed, read-only system volume: thousands of libraries that no program of an attacker can be."""


def parse_ps(content: Content, device: Device) -> Parsed:
    """Return one `process` per line of `ps.txt`; columns are found by the header, which gained some with iOS 16."""
    return _parse_ps_table(content, device.creation_stamp)


def parse_ps_thread(content: Content, device: Device) -> Parsed:
    """Return one `process` per process of `ps_thread.txt`; lines of further threads start with blanks and name none."""
    return _parse_ps_table(content, device.creation_stamp)


def _parse_ps_table(content: Content, stamp: Stamp) -> Parsed:
    rows = lines(content.data, MAX_LINE_CHARACTERS)
    header = next(rows, "").split()
    if "PID" not in header or not header or header[-1] not in {"COMMAND", "COMM", "CMD"}:
        return Parsed(problem="its first line is not the header of a process list" if content.data.strip() else "")
    parsed = Parsed()
    broken = 0
    for row in rows:
        if not row.strip() or row[0].isspace():
            continue
        cells = row.split(None, len(header) - 1)
        if len(cells) < len(header):
            broken += 1
            continue
        parsed.records.append(_ps_record(dict(zip(header, cells, strict=True)), header[-1], stamp))
    if broken:
        parsed.problem = f"{broken} lines have too few columns"
    return parsed


def _ps_record(cells: dict[str, str], command_column: str, stamp: Stamp) -> Record:
    command = cells[command_column].strip()
    first_word = command.split(" ", 1)[0]
    return record(
        "process",
        stamp,
        pid=whole_number(cells["PID"]),
        parent_pid=whole_number(cells.get("PPID", "")),
        user=plain(cells.get("USER", ""), 64),
        started=plain(cells.get("STARTED", cells.get("STIME", "")), 40),
        process=plain(base_name(first_word)),
        path=plain(command),
        # A path may hold blanks and arguments follow blanks: both readings are compared.
        other_paths=[plain(first_word)] if first_word != command else [],
    )


def parse_taskinfo(content: Content, device: Device) -> Parsed:
    """Return one `process` per task of `taskinfo.txt`, and a problem when it holds fewer tasks than it declares."""
    parsed = Parsed()
    declared: int | None = None
    for line in lines(content.data, MAX_LINE_CHARACTERS):
        text = line.strip()
        if declared is None and (found := _TASKS.search(text)) is not None:
            declared = int(found[1])
        elif text.startswith("process:"):
            parsed.records.append(_task_record(text, device.creation_stamp))
    if declared is not None and len(parsed.records) < declared:
        parsed.problem = f"it declares {declared} tasks and holds {len(parsed.records)}"
    elif not parsed.records and content.data.strip():
        parsed.problem = "it names no task"
    return parsed


def _task_record(text: str, stamp: Stamp) -> Record:
    name = (
        text.split('"', 1)[1].rpartition('"')[0] if text.count('"') > 1 else text.removeprefix("process:").split("[")[0]
    )
    found = _PID.search(text)
    return record("process", stamp, pid=whole_number(found[1]) if found else None, process=plain(name.strip()))


def parse_spindump(content: Content, device: Device) -> Parsed:
    """Return one `process` per sampled process and one `loaded_image` per library that is not the system's."""
    parsed = Parsed()
    stamp = device.creation_stamp
    current: Record | None = None
    images: set[str] = set()
    for line in lines(content.data, MAX_LINE_CHARACTERS):
        key, _, value = line.strip().partition(":")
        value = value.strip()
        if key == "Date/Time" and not parsed.records:
            written = of_offset_text(value)
            stamp = written if written.isodate else stamp
        elif key == "Process" and line[:1] == "P":
            current = _sampled(value, stamp)
            parsed.records.append(current)
        elif current is not None and key in {"Path", "Command"} and value and "path" not in current:
            current["path"] = plain(value)
        elif current is not None and key == "Parent" and value:
            current["parent"] = plain(value.split("[", 1)[0].strip())
        elif "> " in line and (image := image_path(line)):
            images.add(image)
    parsed.records.extend(record("loaded_image", stamp, path=image) for image in sorted(images))
    if not parsed.records and content.data.strip():
        nothing = b"No samples" in content.data
        parsed.nothing, parsed.problem = ("it says: No samples", "") if nothing else ("", "it samples no process")
    return parsed


def _sampled(value: str, stamp: Stamp) -> Record:
    name, _, rest = value.partition("[")
    return record("process", stamp, process=plain(name.strip()), pid=whole_number(rest.split("]", 1)[0]))


def image_path(line: str) -> str:
    """Return the path in a line of a `Binary Images` list when it lies outside the sealed system, "" otherwise."""
    tail = line.rpartition("> ")[2].strip()
    return plain(tail) if tail.startswith("/") and not tail.startswith(SEALED_FOLDERS) else ""


def parse_binary_locations(content: Content, device: Device) -> Parsed:
    """Return one `known_binary` per path that tailspin noted with a binary's UUID. Raises `ValueError` on damage."""
    loaded = parse_plist(content.data, walked=True)
    if not isinstance(loaded, dict):
        return Parsed(problem="it is no dictionary of binaries")
    records = [
        record(
            "known_binary",
            device.creation_stamp,
            process=plain(base_name(path)),
            path=plain(path),
            binary_uuid=plain(uuid, 64),
        )
        for uuid, path in loaded.items()
        if isinstance(path, str) and path
    ]
    return Parsed(records=records)
