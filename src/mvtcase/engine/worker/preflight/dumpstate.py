"""Whether the sections of a bugreport's long text that modules read are there and came to their end.

MVT cuts a section out of the text and finds nothing in what is not there. Layout: AOSP, `frameworks/native/cmds`,
`dumpstate` and `dumpsys`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mvtcase.engine.worker.preflight import Problem
from mvtcase.wording import Reason, why

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

MAX_BYTES = 2 << 30
MAX_LINE = 1 << 16
SHORT = 12
"""Bytes under which a section's body says nothing."""

PLATFORM_COMPAT_SINCE = 30
_SERVICES = {
    "accessibility": "DumpsysAccessibility",
    "appops": "DumpsysAppops",
    "batterystats": "DumpsysBatteryDaily",
    "dbinfo": "DumpsysDBInfo",
    "package": "DumpsysPackages",
    "platform_compat": "DumpsysPlatformCompat",
}
_TABLES = {b"PROCESSES": "Processes", b"SYSTEM PROPERTIES": "DumpsysGetProp"}

_START = re.compile(rb"DUMP OF SERVICE (?:(?:CRITICAL|HIGH|NORMAL) )?([\w.]+):\s*$")
_END = re.compile(rb"-{3,} ?[\d.]+s was the duration of dumpsys ([\w.]+)")
_TABLE = re.compile(rb"------ (PROCESSES|SYSTEM PROPERTIES)\b(?!' )[^-]*\(")
_SDK = re.compile(rb"\[ro\.build\.version\.sdk\]: \[(\d+)\]")
_EXCUSE = re.compile(
    rb"DUMP TIMEOUT|Can't find service|Permission Denial|DEAD_OBJECT|Error with service", re.IGNORECASE
)


_FAILED = re.compile(rb"\*\*\* (?:command )?'.{1,200}' (?:timed out|failed|terminated)", re.IGNORECASE)
"""How dumpstate says that a program did not give its section (`frameworks/native/cmds/dumpstate/DumpstateUtil.cpp`)."""


@dataclass(slots=True)
class _Seen:
    """What was seen of the text: bytes of each section's body, ends, excuses in a body, tables, Android's version."""

    bodies: dict[str, int] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    excused: set[str] = field(default_factory=set)
    tables: set[bytes] = field(default_factory=set)
    sdk: int = 0


def dumpstate_problems(handle: IO[bytes], *, is_whole: bool) -> Iterator[Problem]:
    """Yield the sections that are missing, empty or cut; `is_whole` says that process table and properties belong."""
    seen = _read(handle)
    for service, module in _SERVICES.items():
        if service == "platform_compat" and seen.sdk < PLATFORM_COMPAT_SINCE:
            continue
        reason = _section_problem(seen, service)
        if reason:
            yield Problem(module=module, reason=why("bugreport.section", section=service, what=reason))
    for name, module in _TABLES.items() if is_whole else ():
        if name.decode() in seen.excused:
            what = why("section.error")
            yield Problem(module=module, reason=why("bugreport.section", section=name.decode().lower(), what=what))
        elif name not in seen.tables:
            yield Problem(module=module, reason=why("bugreport.no_section", section=name.decode().lower()))


def _section_problem(seen: _Seen, service: str) -> Reason | None:
    if service not in seen.bodies:
        return why("section.missing")
    if service in seen.excused:
        return why("section.error")
    if seen.bodies[service] < SHORT:
        return why("section.empty")
    # Old versions of Android write no ends at all.
    return why("section.cut") if seen.ended and service not in seen.ended else None


def _read(handle: IO[bytes]) -> _Seen:
    seen = _Seen()
    service, table, read = "", "", 0
    while (line := handle.readline(MAX_LINE)) and read < MAX_BYTES:
        read += len(line)
        if found := _START.match(line):
            service = found[1].decode()
            seen.bodies[service] = 0
        elif found := _END.match(line):
            seen.ended.add(found[1].decode())
            service = ""
        elif service:
            _add_to_body(seen, service, line)
        elif found := _TABLE.match(line):
            seen.tables.add(found[1])
            table = found[1].decode()
        elif line.startswith(b"------ "):
            table = ""
        elif table and _FAILED.match(line):
            seen.excused.add(table)
        elif found := _SDK.match(line):
            seen.sdk = int(found[1][:4])
    return seen


def _add_to_body(seen: _Seen, service: str, line: bytes) -> None:
    seen.bodies[service] += len(line.strip().strip(b"-"))
    if seen.bodies[service] < MAX_LINE and _EXCUSE.search(line):
        seen.excused.add(service)
