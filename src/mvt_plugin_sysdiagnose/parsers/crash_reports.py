"""Crash, jetsam and stack reports: which processes failed, were killed or were sampled.

A report is one line of JSON and a body: text up to iOS 14, JSON from iOS 15 on, both for some kinds at any time.
Analytics reports have a body of many JSON objects, one a line. Of a body that breaks off, what can be told by its keys
is compared all the same.
"""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from mvt_plugin_sysdiagnose.clock import NO_TIME, Stamp, of_local_text, of_offset_text
from mvt_plugin_sysdiagnose.shelf import MAX_LINE_CHARACTERS, Record, base_name, plain, whole_number
from mvtcase_readers.regular import lines

from .process_lists import SEALED_FOLDERS, image_path
from .result import Parsed, record

if TYPE_CHECKING:
    from mvt_plugin_sysdiagnose.archive import Content
    from mvt_plugin_sysdiagnose.device import Device

_FILE_NAME = re.compile(r"(.{1,200}?)[-_.](\d{4}-\d\d-\d\d-\d{6}|\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d)")
_PREFIXES = ("ExcUserFault_", "ExcResource_", "stacks+", "xp_amp_app_usage_dnu-")
_KINDS = (".cpu_resource", ".diskwrites_resource", ".wakeups_resource", ".memory_resource", ".fdresource")
_NO_PROCESS = frozenset(
    {
        "JetsamEvent",
        "stacks",
        "OTAUpdate",
        "ResetCounter",
        "panic-full",
        "panic-base",
        "Analytics",
        "SiriSearchFeedback",
    }
)
_KEYS_OF_TEXT = {
    "Process": "process",
    "Path": "path",
    "Identifier": "bundle_id",
    "Command": "process",
    "Parent Process": "parent",
}
_MAX_DECODED_IMAGES = 5_000
_MAX_OBJECTS = 100_000
_MAX_SALVAGED = 5_000
_BLANKS = re.compile(r"\s*")
_NAMING_KEYS = {
    "procName": "process",
    "procname": "process",
    "process_name": "process",
    "processName": "process",
    "process": "process",
    "name": "process",
    "procPath": "path",
    "CFBundleIdentifier": "bundle_id",
    "bundleID": "bundle_id",
    "bundle_id": "bundle_id",
}
"""Keys under which reports name a process, its path or its bundle."""

_NAMING = re.compile(r'"(' + "|".join(_NAMING_KEYS) + r')"\s{0,4}:\s{0,4}"((?:[^"\\]|\\/){1,512})"')

_JSON_ERRORS = (ValueError, RecursionError, MemoryError)


def parse_crash_report(content: Content, _device: Device) -> Parsed:
    """Return a `crash` and the processes and foreign libraries its report lists.

    What cannot be read is named in `problem`; the process name in the file's own name is compared in any case.
    """
    parsed = Parsed(records=[_named_by_file(content.name)] if _process_of_file(content.name) else [])
    if not content.data.strip():
        parsed.problem = "it is empty"
        return parsed
    first, _, rest = content.data.partition(b"\n")
    header = _header_of(first)
    stamp = of_offset_text(header.get("timestamp")) if header else NO_TIME
    if header:
        parsed.records.append(_header_record(header, stamp))
    body = (rest if header else content.data).decode("utf-8", "replace").lstrip()
    if body.startswith("{"):
        objects, problem = _objects(body)
        parsed.problem = problem
        parsed.records.extend(_body_records(objects[0], stamp) if objects else ())
        parsed.records.extend(_analytics_records(objects[1:], stamp))
        parsed.records.extend(_salvaged_records(body, stamp) if problem else ())
    else:
        found = _text_records(body, stamp)
        parsed.records.extend(found)
        parsed.problem = "" if header or found else "it is neither a JSON nor a text report"
    if content.truncated:
        parsed.problem = "it is larger than what is examined of one report"
    return parsed


def _header_of(line: bytes) -> dict[str, Any] | None:
    try:
        loaded = json.loads(line)
    except _JSON_ERRORS:
        return None
    return loaded if isinstance(loaded, dict) else None


def _objects(text: str) -> tuple[list[dict[str, Any]], str]:
    """Return the JSON objects that follow each other in a text, and a problem when one of them cannot be read."""
    decoder = json.JSONDecoder()
    objects: list[dict[str, Any]] = []
    at = 0
    while at < len(text) and len(objects) < _MAX_OBJECTS:
        try:
            loaded, at = decoder.raw_decode(text, at)
        except _JSON_ERRORS:
            return (
                objects,
                "its JSON body is damaged" if not objects else f"its JSON is damaged after {len(objects)} objects",
            )
        if isinstance(loaded, dict):
            objects.append(loaded)
        blanks = _BLANKS.match(text, at)
        at = blanks.end() if blanks is not None else at
    return objects, "" if at >= len(text) else f"only its first {_MAX_OBJECTS} objects were examined"


def _process_of_file(name: str) -> str:
    found = _FILE_NAME.match(base_name(name))
    if found is None:
        return ""
    process = found[1]
    for prefix in _PREFIXES:
        process = process.removeprefix(prefix)
    for kind in _KINDS:
        process = process.removesuffix(kind)
    return "" if process in _NO_PROCESS or process.startswith("JetsamEvent") else process


def _named_by_file(name: str) -> Record:
    return record("crash_file", Stamp(), process=plain(_process_of_file(name)), report=plain(base_name(name)))


def _header_record(header: dict[str, Any], stamp: Stamp) -> Record:
    return record(
        "crash",
        stamp,
        process=plain(header.get("app_name") or header.get("name")),
        bundle_id=plain(header.get("bundleID")),
        bug_type=plain(header.get("bug_type"), 20),
        os_version=plain(header.get("os_version"), 60),
    )


def _body_records(body: dict[str, Any], stamp: Stamp) -> list[Record]:
    written = of_offset_text(body.get("captureTime") or body.get("date"))
    stamp = written if written.isodate else stamp
    found = [_crashed(body, stamp)] if body.get("procName") or body.get("procPath") else []
    found.extend(
        record("crash_process", stamp, process=plain(body.get(key)), role=key)
        for key in ("parentProc", "responsibleProc", "largestProcess", "coalitionName")
        if isinstance(body.get(key), str)
    )
    found.extend(_listed(body, stamp))
    found.extend(_images(body, stamp))
    return found


def _crashed(body: dict[str, Any], stamp: Stamp) -> Record:
    bundle = body.get("bundleInfo")
    exception = body.get("exception")
    return record(
        "crash",
        stamp,
        process=plain(body.get("procName")),
        path=plain(body.get("procPath")),
        pid=whole_number(body.get("pid")),
        bundle_id=plain(bundle.get("CFBundleIdentifier")) if isinstance(bundle, dict) else "",
        exception=plain(exception.get("type"), 60) if isinstance(exception, dict) else "",
    )


def _listed(body: dict[str, Any], stamp: Stamp) -> list[Record]:
    listed: list[object] = []
    if isinstance(body.get("processes"), list):
        listed.extend(body["processes"])
    by_pid = body.get("processByPid")
    if isinstance(by_pid, dict):
        listed.extend(by_pid.values())
    records = []
    for item in listed:
        if not isinstance(item, dict):
            continue
        name = item.get("name") or item.get("procName") or item.get("procname")
        if isinstance(name, str) and name:
            records.append(
                record(
                    "crash_process",
                    stamp,
                    process=plain(name),
                    path=plain(item.get("procPath") or item.get("path")),
                    role="listed",
                )
            )
    return records


def _images(body: dict[str, Any], stamp: Stamp) -> list[Record]:
    images = body.get("usedImages")
    paths = [
        image.get("path")
        for image in (images[:_MAX_DECODED_IMAGES] if isinstance(images, list) else [])
        if isinstance(image, dict)
    ]
    return [
        record("loaded_image", stamp, path=plain(path))
        for path in dict.fromkeys(path for path in paths if isinstance(path, str))
        if path.startswith("/") and not path.startswith(SEALED_FOLDERS)
    ]


def _analytics_records(objects: list[dict[str, Any]], stamp: Stamp) -> list[Record]:
    records = []
    for each in objects:
        message = each.get("message")
        for key, value in (message if isinstance(message, dict) else each).items():
            if key in _NAMING_KEYS and isinstance(value, str) and value:
                records.append(record("crash_process", stamp, role="analytics", **{_NAMING_KEYS[key]: plain(value)}))
    return records


def _salvaged_records(body: str, stamp: Stamp) -> list[Record]:
    found = dict.fromkeys((match[1], match[2]) for match in islice(_NAMING.finditer(body), _MAX_SALVAGED))
    return [
        record("crash_process", stamp, role="salvaged", **{_NAMING_KEYS[key]: plain(value.replace("\\/", "/"))})
        for key, value in found
    ]


def _text_records(text: str, stamp: Stamp) -> list[Record]:
    data = text.encode("utf-8", "replace")
    fields: dict[str, object] = {}
    images: set[str] = set()
    for line in lines(data, MAX_LINE_CHARACTERS):
        key, separator, value = line.partition(":")
        value = value.strip()
        if separator and key.strip() in _KEYS_OF_TEXT and value:
            fields.setdefault(_KEYS_OF_TEXT[key.strip()], plain(_without_pid(value)))
        elif key.strip() == "Date/Time" and value:
            written = of_offset_text(value)
            stamp = written if written.isodate else stamp
        elif "> " in line and (image := image_path(line)):
            images.add(image)
    records = [record("crash", stamp, **fields)] if fields else []
    records.extend(record("loaded_image", stamp, path=image) for image in sorted(images))
    return records


def _without_pid(value: str) -> str:
    head, separator, tail = value.rpartition(" [")
    return head if separator and tail.rstrip("]").isdigit() else value


def parse_crash_summary(content: Content, device: Device) -> Parsed:
    """Return one `crash_file` per report that the summary lists, also of reports which are no longer there."""
    parsed = Parsed()
    for line in lines(content.data, MAX_LINE_CHARACTERS):
        path = line.split(",", 1)[0].strip()
        process = _process_of_file(path) if path.startswith("/") else ""
        if process:
            parsed.records.append(
                record(
                    "crash_file", _stamp_of_name(path, device), process=plain(process), report=plain(base_name(path))
                )
            )
    return parsed


def _stamp_of_name(path: str, device: Device) -> Stamp:
    found = _FILE_NAME.match(base_name(path))
    digits = re.sub(r"\D", "", found[2]) if found is not None else ""
    if len(digits) != 14:  # noqa: PLR2004 - YYYYMMDDhhmmss
        return Stamp()
    year, month, day, hour, minute, second = (digits[:4], *(digits[at : at + 2] for at in range(4, 14, 2)))
    return of_local_text(_spelled(year, month, day, f"{hour}:{minute}:{second}"), device.offset)


def _spelled(year: str, month: str, day: str, clock: str) -> str:
    names = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    number = int(month)
    # The weekday is not checked against the date when reading, so any will do.
    return f"Mon {names[number - 1] if 1 <= number <= len(names) else month} {day} {clock} {year}"
