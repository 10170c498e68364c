"""When an event happened, from its own fields: MVT leaves most `event_time` empty (27 of 29 iOS critical alerts)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mvtcase.model import Platform, TimeBasis

if TYPE_CHECKING:
    from mvtcase.model import Json, RawAlert

_FIELDS = (
    "isodate",
    "first_isodate",
    "live_isodate",
    "timestamp",
    "event_time",
    "date",
    "last_visit_time",
    "last_update_time",
    "first_install_time",
    "install_date",
    "last_modified",
    "modified_time",
    "changed_time",
    "start_date",
    "created_date",
    "creation_date",
    "last_seen_isodate",
)
"""Names of event fields that hold the time of the event, the most telling first (read in MVT 2026.10.26's modules)."""

_SHAPE = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)(?:[ T](?P<time>\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?\s*(?P<zone>Z|UTC|[+-]\d\d:?\d\d)?"
)
_EPOCH = "1970-01-01"
_MAC_EPOCH = "2001-01-01"


def event_time(alert: RawAlert, platform: Platform) -> tuple[str | None, TimeBasis]:
    """Return the time of an alert's event as the device gave it, and the clock it was read from.

    None with `unknown` where no field holds a time, or only one of the zero points that stand for "never".
    """
    for text in _candidates(alert.event, alert.event_time):
        shape = _SHAPE.fullmatch(text.strip())
        if shape is None or _means_never(shape):
            continue
        return text.strip(), _basis(shape, platform)
    return None, TimeBasis.UNKNOWN


def _candidates(event: Json, given: str) -> list[str]:
    texts = [given]
    if isinstance(event, dict):
        values = [event.get(name) for name in _FIELDS]
        texts += [value for value in values if isinstance(value, str)]
    return [text for text in texts if text and len(text) < 64]  # noqa: PLR2004  # no time is longer


def _means_never(shape: re.Match[str]) -> bool:
    midnight = (shape["time"] or "00:00:00").startswith("00:00:00")
    return shape["date"] in {_EPOCH, _MAC_EPOCH} and midnight


def _basis(shape: re.Match[str], platform: Platform) -> TimeBasis:
    zone = shape["zone"]
    if zone in {"Z", "UTC", "+0000", "+00:00"} or (zone is None and platform is Platform.IOS):
        return TimeBasis.UTC
    return TimeBasis.DEVICE_LOCAL if zone is not None or platform is Platform.ANDROID else TimeBasis.UNKNOWN
