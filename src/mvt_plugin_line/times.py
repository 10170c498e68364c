"""Times that LINE and Core Data store, as Unix milliseconds and in the forms that MVT and a sentence want."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
EARLIEST_MS = 1_293_840_000_000
"""2011-01-01: LINE appeared in June 2011, an earlier message time is none."""
_COCOA_MS = 978_307_200_000
"""2001-01-01, from which Core Data counts seconds."""
LATEST_MS = 4_102_444_800_000
"""2100-01-01."""


def plausible_ms(value: object) -> int | None:
    """Return a stored time as Unix milliseconds, or None when it is no time that a LINE message can have.

    Android stores digits as text, iOS integers.
    """
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(LATEST_MS)):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if EARLIEST_MS <= value <= LATEST_MS else None


def cocoa_ms(value: object) -> int | None:
    """Return a time of Core Data (seconds since 2001) as Unix milliseconds, or None when it is none."""
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value < LATEST_MS / 1000:
        return None
    return plausible_ms(_COCOA_MS + int(value * 1000))


def iso_utc(at_ms: int | None) -> str | None:
    """Return `2026-01-02T03:04:05.678000Z`, or None for no time."""
    return None if at_ms is None else _moment(at_ms).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def isodate(at_ms: int | None) -> str:
    """Return `2026-01-02 03:04:05.678000`, MVT's form for an event's `isodate` (UTC), or an empty text for no time."""
    return "" if at_ms is None else _moment(at_ms).strftime("%Y-%m-%d %H:%M:%S.%f")


def minute(at_ms: int) -> str:
    """Return `2026-01-02 03:04 UTC`, for sentences."""
    return _moment(at_ms).strftime("%Y-%m-%d %H:%M UTC")


def _moment(at_ms: int) -> datetime:
    bounded = min(max(at_ms, EARLIEST_MS), LATEST_MS)
    return _EPOCH + timedelta(milliseconds=bounded)
