"""What a phone forgets: traces that are gone after a time, each with its source, and so when it has to be read again.

A trace that is gone cannot be examined any more; who waits loses it. The times are those after which a part of it is
gone on an ordinary phone; what the phone's owner does can shorten them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from mvtcase.canon import parse_timestamp, timestamp
from mvtcase.model import Platform
from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from mvtcase.casebook import DeviceStanding
    from mvtcase.model import Acquisition
    from mvtcase.wording import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Decay:
    """How long a trace stays: `after` is None where the next restart takes it, whenever that is."""

    what: str
    platform: Platform
    after: timedelta | None
    from_version: int
    source: str


TABLE = (
    Decay(
        what="the shutdown log",
        platform=Platform.IOS,
        after=None,
        from_version=26,
        source="iVerify, October 2025: iOS 26 writes shutdown.log anew at each restart",
    ),
    Decay(
        what="unified logs in a sysdiagnose",
        platform=Platform.IOS,
        after=timedelta(days=30),
        from_version=10,
        source="L. Notari, iOS Unified Logs: entries have lives of their own, none beyond about 30 days",
    ),
    Decay(
        what="powerlogs",
        platform=Platform.IOS,
        after=timedelta(days=7),
        from_version=9,
        source="mac4n6, APOLLO: the current power log holds days; archives are made by the phone as it likes",
    ),
    Decay(
        what="Safari's history",
        platform=Platform.IOS,
        after=timedelta(days=365),
        from_version=8,
        source="Apple, Safari settings: history items are removed after a year unless set otherwise",
    ),
    Decay(
        what="intrusion logs",
        platform=Platform.ANDROID,
        after=timedelta(days=365),
        from_version=16,
        source="Google, Advanced Protection: intrusion logs are deleted after 12 months",
    ),
    Decay(
        what="usage statistics by day",
        platform=Platform.ANDROID,
        after=timedelta(days=10),
        from_version=9,
        source="AOSP, UsageStatsDatabase.prune: daily files older than ten days are deleted",
    ),
)
"""What decays, the soonest first within a platform."""


def gone_by(device: DeviceStanding) -> Iterator[tuple[Message, str]]:
    """Yield what a phone forgets since it was last read, and by when; nothing of a phone that was never read."""
    taken = max(map(_taken, device.acquisitions), default=None)
    version = _major(device.device.identity.os_version)
    for each in TABLE:
        if each.platform is not device.device.platform or taken is None or version < each.from_version:
            continue
        if each.after is not None:
            yield _told(each), timestamp(taken + each.after)


def at_restart(device: DeviceStanding) -> Iterator[Message]:
    """Yield what the next restart of a phone takes: what nobody has read by then is gone."""
    version = _major(device.device.identity.os_version)
    for each in TABLE:
        if each.after is None and each.platform is device.device.platform and version >= each.from_version:
            yield _at_risk(each)


def sources(told: Collection[Message]) -> Iterator[Message]:
    """Yield how each thing that was told to go is known to, once."""
    for each in TABLE:
        if _told(each) in told or _at_risk(each) in told:
            yield say("On {what}: {source}.", what=each.what, source=each.source)


def _taken(one: Acquisition) -> datetime:
    """Return when an acquisition was taken, as told where that is a time, else when it was registered."""
    try:
        return parse_timestamp(one.acquired_at or one.registered_at)
    except ValueError:
        return parse_timestamp(one.registered_at)


def _told(one: Decay) -> Message:
    return say("{what} written since the last acquisition begin to go", what=one.what)


def _at_risk(one: Decay) -> Message:
    return say("not read yet, and its next restart takes {what}", what=one.what)


def _major(version: str | None) -> int:
    digits = (version or "").partition(".")[0]
    return int(digits) if digits.isdigit() else 0
