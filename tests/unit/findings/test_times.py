"""When an event happened, and by which clock."""

from __future__ import annotations

import pytest

from mvtcase.findings.times import event_time
from mvtcase.model import Json, Level, Platform, RawAlert, TimeBasis


def _time(event: Json, given: str = "", platform: Platform = Platform.IOS) -> tuple[str | None, TimeBasis]:
    alert = RawAlert(module="sms", level=Level.CRITICAL, message="m", event_time=given, event=event)
    return event_time(alert, platform)


@pytest.mark.parametrize(
    ("event", "given", "platform", "expected"),
    [
        ({"isodate": "2026-01-02 03:04:05.000000"}, "", Platform.IOS, ("2026-01-02 03:04:05.000000", TimeBasis.UTC)),
        ({}, "2026-01-02 03:04:05.000000", Platform.ANDROID, ("2026-01-02 03:04:05.000000", TimeBasis.DEVICE_LOCAL)),
        ({"timestamp": "2026-01-02T03:04:05Z"}, "", Platform.ANDROID, ("2026-01-02T03:04:05Z", TimeBasis.UTC)),
        (
            {"timestamp": "2026-01-02 03:04:05 +0800"},
            "",
            Platform.IOS,
            ("2026-01-02 03:04:05 +0800", TimeBasis.DEVICE_LOCAL),
        ),
        ({"isodate": "2026-01-02"}, "", Platform.UNKNOWN, ("2026-01-02", TimeBasis.UNKNOWN)),
        (
            {"isodate": "", "first_isodate": "2026-01-02 03:04:05"},
            "",
            Platform.IOS,
            ("2026-01-02 03:04:05", TimeBasis.UTC),
        ),
        ({"isodate": "1970-01-01 00:00:00.000000"}, "", Platform.IOS, (None, TimeBasis.UNKNOWN)),
        ({"isodate": "2001-01-01 00:00:00.000000"}, "", Platform.IOS, (None, TimeBasis.UNKNOWN)),
        ({"isodate": 5, "timestamp": None}, "", Platform.IOS, (None, TimeBasis.UNKNOWN)),
        ({"isodate": "x" * 10_000}, "", Platform.IOS, (None, TimeBasis.UNKNOWN)),
        (["no", "object"], "", Platform.IOS, (None, TimeBasis.UNKNOWN)),
        (None, "soon", Platform.IOS, (None, TimeBasis.UNKNOWN)),
    ],
)
def test_the_time_comes_from_the_events_own_fields(
    event: Json, given: str, platform: Platform, expected: tuple[str | None, TimeBasis]
) -> None:
    """MVT's own field first, then the event's, zero points left out, nothing guessed."""
    assert _time(event, given, platform) == expected
