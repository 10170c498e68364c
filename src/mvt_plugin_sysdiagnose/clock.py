"""Times of the evidence, each with the basis on which it became UTC."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

from mvt.plugin import convert_datetime_to_iso

from .shelf import plain

UTC_BASIS: Final = "utc"
"""The source gives the offset or counts seconds since 1970."""

ARCHIVE_OFFSET_BASIS: Final = "archive_offset"
"""The source gives device local time; the offset is that of the moment the archive was made."""

DEVICE_LOCAL_BASIS: Final = "device_local"
"""The source gives device local time and the archive gives no offset: no UTC time is stated."""

CREATION_BASIS: Final = "archive_creation"
"""The moment the archive was made, for sources that show what ran then."""

UNKNOWN_BASIS: Final = "unknown"

_ARCHIVE_NAME = re.compile(r"sysdiagnose_(\d{4}\.\d\d\.\d\d_\d\d-\d\d-\d\d[+-]\d{4})")
_WITH_OFFSET = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.(\d{1,9}))? ([+-]\d{4})")
_MAX_HOURS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """One time of the evidence: UTC as MVT writes it or "", the text it came from and its basis."""

    isodate: str = ""
    text: str = ""
    basis: str = UNKNOWN_BASIS

    def fields(self) -> dict[str, str]:
        """Return the three fields every record carries."""
        return {"isodate": self.isodate, "time_text": self.text, "time_basis": self.basis}


NO_TIME: Final = Stamp()


def of_unix(seconds: float | str, basis: str = UTC_BASIS) -> Stamp:
    """Return the stamp of seconds since 1970; a number no calendar holds keeps its text only."""
    text = plain(seconds, 40)
    try:
        moment = datetime.fromtimestamp(float(seconds), tz=timezone.utc)
    except (ValueError, OverflowError, OSError):
        return Stamp(text=text)
    return Stamp(isodate=convert_datetime_to_iso(moment), text=text, basis=basis)


def of_moment(moment: datetime, basis: str) -> Stamp:
    """Return the stamp of a datetime; a naive one is taken as UTC, as property lists write theirs."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)
    try:
        return Stamp(isodate=convert_datetime_to_iso(aware), text=str(moment), basis=basis)
    except (ValueError, OverflowError):
        return Stamp(text=str(moment))


def of_offset_text(text: object) -> Stamp:
    """Return the stamp of `2025-11-22 19:29:43.00 -0500`, the form of crash reports and spindumps."""
    written = plain(text, 60)
    found = _WITH_OFFSET.search(written)
    if found is None:
        return Stamp(text=written)
    try:
        moment = datetime.strptime(f"{found[1]} {found[3]}", "%Y-%m-%d %H:%M:%S %z")
    except ValueError:
        return Stamp(text=written)
    fraction = timedelta(microseconds=int((found[2] or "0").ljust(6, "0")[:6]))
    try:
        return Stamp(isodate=convert_datetime_to_iso(moment + fraction), text=written, basis=UTC_BASIS)
    except (ValueError, OverflowError):
        return Stamp(text=written)


def of_local_text(text: str, offset: timezone | None) -> Stamp:
    """Return the stamp of a device local time, by the archive's offset when it is known.

    Two forms: `Wed May 24 12:58:04 2023` and `05/24/23 12:58:04`.
    """
    written = plain(text, 60)
    form = "%m/%d/%y %H:%M:%S" if written[2:3] == "/" else "%a %b %d %H:%M:%S %Y"
    try:
        moment = datetime.strptime(written, form)  # noqa: DTZ007 - the zone is joined below
    except ValueError:
        return Stamp(text=written)
    if offset is None:
        return Stamp(text=written, basis=DEVICE_LOCAL_BASIS)
    try:
        return Stamp(
            isodate=convert_datetime_to_iso(moment.replace(tzinfo=offset)), text=written, basis=ARCHIVE_OFFSET_BASIS
        )
    except (ValueError, OverflowError):
        return Stamp(text=written)


def archive_moment(*texts: str) -> datetime | None:
    """Return the creation time with its offset that the first archive name in these texts states.

    The name reads `sysdiagnose_2023.05.24_13-29-15-0700_iPhone-OS_iPhone_19H349`.
    """
    for text in texts:
        for found in _ARCHIVE_NAME.finditer(text):
            try:
                moment = datetime.strptime(found[1], "%Y.%m.%d_%H-%M-%S%z")
            except ValueError:
                continue
            if abs(moment.utcoffset() or timedelta()) <= timedelta(hours=_MAX_HOURS):
                return moment
    return None
