"""The span of a module's records: times that the phone wrote, up to the moment its evidence was taken.

A file's own time is the phone's only where a container keeps it. In a folder it is whose hand unpacked or copied the
file; MVT gives both alike.
"""

from __future__ import annotations

import re
import zipfile
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from mvt_plugin_sysdiagnose.clock import archive_moment
from mvtcase import kinds
from mvtcase.engine.worker.preflight.acquired import RECORD
from mvtcase.engine.worker.preflight.android import dumpstate_head
from mvtcase.model import EvidenceKind
from mvtcase_readers.regular import UnreadableError, read_bounded, read_head
from mvtcase_readers.trees import read_json, read_plist

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from mvt.common.module import MVTModule

    from mvtcase.engine.worker.task import Task

TIMES_OF_FILES = frozenset(
    {"aqf_log_timestamps", "filesystem", "webkit_indexeddb", "webkit_local_storage", "webkit_safari_view_service"}
)
"""MVT's modules whose only times are those that the files and folders they are given have on this machine."""

NOT_OF_THE_PHONE = TIMES_OF_FILES | {"applications"}
"""An app's time is that of its purchase, often by an earlier phone."""

PLANNED = frozenset({"start_date", "end_date"})
"""Times of a calendar's events: when something shall be, not when anything was recorded."""

_FIRST = {kinds.Platform.IOS: "2007-01-09", kinds.Platform.ANDROID: "2009-01-03"}
"""The first phone of each platform. Android dates files and apps of its builds to the first days of 2009."""

_SECONDS = len("2026-01-01 00:00:00")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_DUMPED = re.compile(rb"== dumpstate: (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")
_NAMED = re.compile(r"bugreport-.{0,200}-(\d{4})-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)\.txt$", re.DOTALL)
_ZONE = re.compile(rb"\[persist\.sys\.timezone\]: \[([A-Za-z0-9_+/-]{1,64})\]")
_MOST_PROPERTIES = 4 << 20
_LOG_HEAD = 64 << 10
_FARTHEST_ZONE = timedelta(hours=14)


def span(module: MVTModule, kind: EvidenceKind, taken: str | None) -> tuple[str | None, str | None]:
    """Return the first and the last time in a module's records; None where they hold none of the phone's.

    MVT's timeline says which times are those of events; modules without one have `isodate` in their records. What lies
    after the evidence was `taken`, and zero of several clocks, comes from empty fields, planning and tampering.
    """
    slug = module.get_slug()
    if slug in NOT_OF_THE_PHONE or (slug == "bugreport_timestamps" and not (taken and _from_zip(module))):
        return None, None
    latest, first = taken or _text(datetime.now(tz=timezone.utc)), _FIRST[kinds.of(kind).platform]
    found = [moment for moment in _moments(module) if first < moment <= latest]
    return (min(found), max(found)) if found else (None, None)


def _moments(module: MVTModule) -> Iterator[str]:
    for each in module.timeline or module.results or ():
        if isinstance(each, dict) and each.get("event") not in PLANNED:
            moment = str(each.get("timestamp") or each.get("isodate"))[:_SECONDS].replace("T", " ")
            if _MOMENT.fullmatch(moment):
                yield moment


def _from_zip(module: MVTModule) -> bool:
    return all(each.get("timestamp_source") == "zip_metadata" for each in module.results or ())


def taken_at(task: Task) -> str | None:
    """Return when the evidence was taken, by the clock its records are written in; None where it does not say."""
    look = _LOOKS.get(task.kind)
    try:
        return look(task.target) if look is not None else None
    except (OSError, ValueError, OverflowError, LookupError, RuntimeError, UnreadableError, zipfile.BadZipFile):
        return None


def _backup(root: Path) -> str | None:
    """Return the latest of the dates that a backup's own lists bear; property lists hold UTC."""
    keys = {"Info.plist": "Last Backup Date", "Status.plist": "Date", "Manifest.plist": "Date"}
    told = [(read_plist(root / name) or {}).get(key) for name, key in keys.items()]
    return max((_text(each) for each in told if isinstance(each, datetime)), default=None)


def _sysdiagnose(root: Path) -> str | None:
    log = root / "sysdiagnose.log"
    head = read_head(log, _LOG_HEAD).decode("utf-8", "replace") if log.is_file() else ""
    moment = archive_moment(root.name, head)
    return None if moment is None else _text(moment.astimezone(timezone.utc))


def _androidqf(root: Path) -> str | None:
    """Return the end of the collection, or its beginning where it did not end, by the phone's clock."""
    record: Any = read_json(root / RECORD)
    told = [_read_time(record.get(key)) for key in ("completed", "started")] if isinstance(record, dict) else []
    moment = next((each for each in told if each is not None), None)
    if moment is None:
        return None
    zone = _ZONE.search(read_bounded(root / "getprop.txt", _MOST_PROPERTIES))
    # A phone whose zone nobody knows may be ahead of UTC by so much.
    local = moment.astimezone(ZoneInfo(zone[1].decode())) if zone else moment + _FARTHEST_ZONE
    return _text(local)


def _read_time(told: object) -> datetime | None:
    """Return a moment as Go writes it (RFC 3339, nine digits), None for Go's zero and for what is none."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?(Z|[+-]\d\d:\d\d)", str(told))
    if found is None or found[1].startswith("0001"):
        return None
    return datetime.fromisoformat(found[1] + found[2].replace("Z", "+00:00"))


def _bugreport(path: Path) -> str | None:
    """Return the moment in the first lines of dumpstate's text, else in the text's name: both by the phone's clock."""
    name, head = dumpstate_head(path)
    found = _DUMPED.search(head)
    named = _NAMED.search(name)
    if found is not None:
        return found[1].decode()
    return "{}-{}-{} {}:{}:{}".format(*named.groups()) if named else None


_LOOKS: Mapping[EvidenceKind, Callable[[Path], str | None]] = {
    EvidenceKind.IOS_BACKUP: _backup,
    EvidenceKind.IOS_BACKUP_ENCRYPTED: _backup,
    EvidenceKind.SYSDIAGNOSE: _sysdiagnose,
    EvidenceKind.ANDROIDQF: _androidqf,
    EvidenceKind.ANDROIDQF_AGE: _androidqf,
    EvidenceKind.BUGREPORT: _bugreport,
}


def _text(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(" ")[:_SECONDS]
