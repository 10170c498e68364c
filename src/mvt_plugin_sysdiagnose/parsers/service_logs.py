"""The logs of mobileactivationd, installd and containermanagerd: addresses, paths, bundles and requesting processes.

A line reads `Wed May 24 12:58:04 2023 [173] <debug> (0x16bf9b000) MA: …`, in device local time; lines without that head
belong to the entry above them. lockdownd's log, who asked the phone for what, has lines
`05/24/23 13:55:38.410307 pid=76 handle_get_value: AMPDevicesAgent attempting to get [ProductType]`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvt_plugin_sysdiagnose.clock import NO_TIME, Stamp, of_local_text
from mvt_plugin_sysdiagnose.shelf import MAX_LINE_CHARACTERS, Record, is_bundle, plain, tokens
from mvtcase_readers.regular import lines

from .result import Parsed, record

if TYPE_CHECKING:
    from mvt_plugin_sysdiagnose.archive import Content
    from mvt_plugin_sysdiagnose.device import Device

_HEAD = re.compile(r"([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}) \[\d+\] <(\w{1,16})> ")
_LOCKDOWN_HEAD = re.compile(r"(\d\d/\d\d/\d\d \d\d:\d\d:\d\d)\.\d{1,9} pid=\d{1,9} ()")
_REQUESTER = re.compile(r"(?:requested by|client:?|on behalf of) ([A-Za-z][\w.-]{1,127})")
_ASKER = re.compile(r": ([A-Za-z][\w.-]{1,127}) attempting to ")
"""Who asks the phone over its cable or the network: what lockdownd calls itself is the computer's program."""

_STATED = re.compile(
    r"\b(?:ID=|identifier[ :=]+|bundle(?: ?ID)?[ :=]+)\"?([A-Za-z0-9_-]{1,128}\.[A-Za-z0-9._-]{1,512})",
    re.IGNORECASE,
)
"""Where a log says itself that a bundle's name follows: those of two labels are no others' words then."""

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,15}://[^\s\"'<>()\[\]{}|]+")
_SAMPLE_CHARACTERS = 240
_MAX_DISTINCT = 50_000


@dataclass(slots=True, kw_only=True)
class _Seen:
    first: Stamp
    last: Stamp
    sample: str
    occurrences: int = 1


def parse_service_log(content: Content, device: Device) -> Parsed:
    """Return one record per distinct address, path, bundle and process of a log, with first and last time.

    Kinds: `log_url`, `log_path`, `log_bundle`, `log_process`.
    """
    seen: dict[tuple[str, str], _Seen] = {}
    stamp_text, entries, overflow = "", 0, False
    for line in lines(content.data, MAX_LINE_CHARACTERS):
        head = _HEAD.match(line) or _LOCKDOWN_HEAD.match(line)
        if head is not None:
            stamp_text, entries = head[1], entries + 1
            line = line[head.end() :]  # noqa: PLW2901 - the head is no part of the message
        for key in _subjects(line):
            if key not in seen and len(seen) >= _MAX_DISTINCT:
                overflow = True
                continue
            _note(seen, key, stamp_text, line)
    problem = f"only the first {_MAX_DISTINCT} distinct values were kept" if overflow else ""
    if not entries and content.data.strip():
        problem = "no line of it has the form of this log"
    return Parsed(records=[_as_record(key, value, device) for key, value in seen.items()], problem=problem)


def _note(seen: dict[tuple[str, str], _Seen], key: tuple[str, str], stamp_text: str, line: str) -> None:
    stamp = Stamp(text=stamp_text)
    entry = seen.get(key)
    if entry is None:
        seen[key] = _Seen(first=stamp, last=stamp, sample=line[:_SAMPLE_CHARACTERS])
    else:
        entry.last, entry.occurrences = stamp, entry.occurrences + 1


def _subjects(line: str) -> list[tuple[str, str]]:
    found: dict[tuple[str, str], None] = {}
    for word in tokens(line):
        text = word.rstrip(".:")
        if text.startswith("file:///"):
            found["log_path", text.removeprefix("file://")] = None
        elif "://" in text:
            continue
        elif text.startswith("/") and text.count("/") > 1:
            found["log_path", text] = None
        elif is_bundle(text) and not text[:1].isdigit():
            found["log_bundle", text] = None
    for match in _STATED.finditer(line):
        found["log_bundle", match[1].rstrip(".")] = None
    for match in _URL.finditer(line):
        if not match[0].startswith("file:"):
            found["log_url", match[0].rstrip(".,;:")] = None
    for match in (*_REQUESTER.finditer(line), *_ASKER.finditer(line)):
        found["log_process", match[1].rstrip(".")] = None
    return list(found)


def _as_record(key: tuple[str, str], seen: _Seen, device: Device) -> Record:
    kind, value = key
    first = of_local_text(seen.first.text, device.offset) if seen.first.text else NO_TIME
    last = of_local_text(seen.last.text, device.offset) if seen.last.text else NO_TIME
    values: dict[str, object] = {
        "log_url": {"urls": [plain(value)]},
        "log_path": {"path": plain(value)},
        "log_bundle": {"bundle_id": plain(value)},
        "log_process": {"process": plain(value)},
    }[kind]  # type: ignore[assignment]
    return record(
        kind,
        first,
        **values,
        last_seen=last.isodate or last.text,
        occurrences=seen.occurrences,
        sample=plain(seen.sample),
    )
