"""Leads: what is worth a look although no indicator names it. A lead is no finding, and its text says so.

The staging folders and the number of delay notices are Kaspersky's (iShutdown, January 2024); an emptied shutdown log
and WebKit's networking process in the staging folder are iVerify's (2025). No lead is above MEDIUM.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mvt.plugin import AlertLevel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .shelf import Record

STAGING_FOLDERS: Final = ("/private/var/db/", "/private/var/tmp/", "/var/db/", "/var/tmp/", "/private/tmp/", "/tmp/")  # noqa: S108 - the phone's folders
"""The first two are published (Pegasus and Reign, Predator); the rest are other names of the same folders, and /tmp."""

UPDATE_BRAIN: Final = (
    "/private/var/db/com.apple.xpc.roleaccountd.staging/com.apple.MobileSoftwareUpdate.UpdateBrainService"
)
"""Apple's software update runs from the staging folder too (seen on macOS; on iOS not verified)."""

ORDINARY_NOTICES: Final = 4
"""Kaspersky: two or three delay notices are seen on ordinary phones, more than four deserve a look."""

OVERWRITING_VERSION: Final = 26

INTERCEPTING_PAYLOADS: Final = {
    "com.apple.security.root": "installs a root certificate, which lets its owner read encrypted traffic",
    "com.apple.mdm": "hands the phone to a device management server",
    "com.apple.vpn.managed": "leads traffic through a VPN",
    "com.apple.proxy.http.global": "leads web traffic through a proxy",
    "com.apple.dnsSettings.managed": "names the DNS server",
    "com.apple.webcontent-filter": "lets a filter see web traffic",
}
HIDING_PAYLOADS: Final = {"com.apple.notificationsettings": "can hide notifications"}

_A_LEAD: Final = "A lead for an examiner, not a finding."


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """Something to look at, with the level at which MVT lists it."""

    level: AlertLevel
    message: str
    record: Record


def staging_leads(records: Iterable[Record], matched: frozenset[str]) -> Iterator[Lead]:
    """Yield a lead per path that ran from a staging folder and met no indicator, with how often it was seen."""
    first: dict[str, Record] = {}
    seen: dict[str, int] = {}
    for record in records:
        path = str(record.get("path", ""))
        if (
            path.startswith(STAGING_FOLDERS)
            and path not in matched
            and record["record"] not in {"log_path", "loaded_image"}
        ):
            first.setdefault(path, record)
            seen[path] = seen.get(path, 0) + 1
    for path, record in first.items():
        times = f"{seen[path]} times" if seen[path] > 1 else "once"
        if path.startswith(UPDATE_BRAIN):
            text = f'"{path}" was seen {times}: Apple\'s software update is known to run from there. {_A_LEAD}'
            yield Lead(level=AlertLevel.INFORMATIONAL, message=text, record=record)
        else:
            text = f'"{path}" was seen {times} running from a folder that spyware was published to use. {_A_LEAD}'
            yield Lead(level=AlertLevel.MEDIUM, message=text, record=record)


def shutdown_leads(records: list[Record]) -> Iterator[Lead]:
    """Yield the anomalies of the shutdown log: empty, restarts with many delays, times that run backwards."""
    for record in records:
        if record["record"] == "sysdiagnose_source" and record.get("empty_files"):
            yield Lead(level=AlertLevel.LOW, message=_empty_log(record), record=record)
    events = [record for record in records if record["record"] == "shutdown_event"]
    slow = [event for event in events if event.get("notices", 0) > ORDINARY_NOTICES]
    if slow:
        worst = max(slow, key=lambda event: int(event["notices"]))
        text = (
            f"{len(slow)} of {len(events)} restarts were delayed with more than {ORDINARY_NOTICES} notices, "
            f"the worst with {worst['notices']}: look at the processes that were still running. {_A_LEAD}"
        )
        yield Lead(level=AlertLevel.LOW, message=text, record=worst)
    yield from _backwards(events)


def _empty_log(record: Record) -> str:
    if record.get("ios_version") == OVERWRITING_VERSION:
        ordinary = "iOS 26 was reported to overwrite the log, so this alone says little"
    else:
        ordinary = "spyware was reported to empty it; a phone never restarted since it was set up has none either"
    return f"A shutdown log is empty: {ordinary}. {_A_LEAD}"


def _backwards(events: list[Record]) -> Iterator[Lead]:
    previous: dict[str, str] = {}
    for event in events:
        file, moment = str(event.get("file")), str(event.get("isodate"))
        if moment and moment < previous.get(file, ""):
            text = f"The shutdown log runs backwards at restart {event.get('reboot')} ({moment}). {_A_LEAD}"
            yield Lead(level=AlertLevel.INFORMATIONAL, message=text, record=event)
            return
        previous[file] = moment or previous.get(file, "")


def profile_leads(records: Iterable[Record]) -> Iterator[Lead]:
    """Yield what an installed profile lets somebody do; hiding notifications is MEDIUM, as in MVT's own module."""
    for record in records:
        if record["record"] != "profile":
            continue
        for kind in record.get("payload_types", ()):
            effect = HIDING_PAYLOADS.get(kind) or INTERCEPTING_PAYLOADS.get(kind)
            if effect:
                level = AlertLevel.MEDIUM if kind in HIDING_PAYLOADS else AlertLevel.INFORMATIONAL
                text = f'The configuration profile "{record.get("name", "")}" {effect} ({kind}). {_A_LEAD}'
                yield Lead(level=level, message=text, record=record)
