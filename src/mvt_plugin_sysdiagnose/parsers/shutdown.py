"""The shutdown log: which processes were still alive when the phone went down.

`logd` writes, at each shutdown, `After 1.26s, these clients are still here:`, one line `remaining client pid: 155
(/usr/libexec/nfcd/<UUID of the binary>)` per process, and in the end `SIGTERM: [<seconds since 1970>] All buffers
flushed`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mvt_plugin_sysdiagnose.clock import NO_TIME, Stamp, of_unix
from mvt_plugin_sysdiagnose.shelf import MAX_LINE_CHARACTERS, Record, base_name, plain, whole_number
from mvtcase_readers.regular import lines

from .result import Parsed, record

if TYPE_CHECKING:
    from mvt_plugin_sysdiagnose.archive import Content
    from mvt_plugin_sysdiagnose.device import Device

_CLIENT = "remaining client pid:"
_STILL_HERE = "clients are still here"
_SECONDS = re.compile(r"After (\d{1,9}(?:\.\d{1,9})?) ?s")
_EPOCH = re.compile(r"(?<!\d)(\d{9,11})(?!\d)")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


@dataclass(slots=True)
class _Client:
    times_seen: int = 0
    longest_delay: float = 0.0


@dataclass(slots=True)
class _Reboot:
    """What was written since the last SIGTERM line."""

    notices: int = 0
    longest_delay: float = 0.0
    clients: dict[tuple[str, str], _Client] = field(default_factory=dict)

    def add_notice(self, line: str) -> None:
        self.notices += 1
        found = _SECONDS.search(line)
        if found is not None:
            self.longest_delay = max(self.longest_delay, float(found[1]))

    def add_client(self, line: str) -> None:
        rest = line.split(_CLIENT, 1)[1]
        pid, _, behind = rest.partition("(")
        client = self.clients.setdefault((pid.strip(), behind.rpartition(")")[0] or behind), _Client())
        client.times_seen += 1
        client.longest_delay = max(client.longest_delay, self.longest_delay)

    def records(self, number: int, stamp: Stamp) -> list[Record]:
        event = record(
            "shutdown_event",
            stamp,
            reboot=number,
            notices=self.notices,
            longest_delay=self.longest_delay,
            clients=len(self.clients),
        )
        return [event, *(_client_record(number, stamp, key, seen) for key, seen in self.clients.items())]


def parse_shutdown_log(content: Content, _device: Device) -> Parsed:
    """Return one `shutdown_event` per restart and one `shutdown_client` per process that was still alive at it."""
    parsed = Parsed()
    current = _Reboot()
    number = 0
    for line in lines(content.data, MAX_LINE_CHARACTERS):
        if _CLIENT in line:
            current.add_client(line)
        if _STILL_HERE in line:
            current.add_notice(line)
        elif "SIGTERM" in line:
            number += 1
            parsed.records.extend(current.records(number, _stamp(line)))
            current = _Reboot()
    if current.clients or current.notices:
        # The last shutdown may be cut before its SIGTERM line: its processes count, only their time is unknown.
        parsed.records.extend(current.records(number + 1, NO_TIME))
    if not parsed.records and content.data.strip():
        parsed.problem = "no line of it is one of a shutdown log"
    return parsed


def _stamp(line: str) -> Stamp:
    found = _EPOCH.search(line.split("SIGTERM", 1)[1])
    return of_unix(found[1]) if found is not None else NO_TIME


def _client_record(number: int, stamp: Stamp, key: tuple[str, str], seen: _Client) -> Record:
    pid, client = key
    path, uuid = split_uuid(client)
    return record(
        "shutdown_client",
        stamp,
        reboot=number,
        pid=whole_number(pid),
        process=plain(base_name(path)),
        path=plain(path),
        binary_uuid=uuid,
        times_seen=seen.times_seen,
        longest_delay=seen.longest_delay,
    )


def split_uuid(client: str) -> tuple[str, str]:
    """Return the path of a client and the UUID of its binary, "" where the log gives none."""
    head, _, tail = client.rpartition("/")
    return (head, tail.upper()) if head and _UUID.fullmatch(tail) else (client, "")
