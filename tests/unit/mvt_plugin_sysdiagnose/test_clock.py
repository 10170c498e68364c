"""Times with their basis: offsets are applied, impossible times keep their text only."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from mvt_plugin_sysdiagnose import clock

TAIPEI = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("text", "isodate"),
    [
        ("2025-11-22 19:29:43.00 -0500", "2025-11-23 00:29:43.000000"),
        ("2025-11-22 19:29:43.4815 -0500", "2025-11-23 00:29:43.481500"),
        ("2025-11-22 19:29:43 +0800", "2025-11-22 11:29:43.000000"),
        ("captured 2025-11-22 19:29:43 +0800 by", "2025-11-22 11:29:43.000000"),
        ("2025-11-22 19:29:43", ""),
        ("2025-13-40 19:29:43.00 -0500", ""),
        ("0001-01-01 00:00:00.00 +1400", ""),
        ("9999-12-31 23:59:59.99 -1400", ""),
        ("2025-11-22 19:29:43.00 +9999", ""),
        ("", ""),
    ],
)
def test_a_time_with_an_offset_becomes_utc(text: str, isodate: str) -> None:
    """Crash reports and spindumps give their offset; without one, or out of range, nothing is stated."""
    stamp = clock.of_offset_text(text)
    assert (stamp.isodate, stamp.text) == (isodate, text)
    assert stamp.basis == ("utc" if isodate else "unknown")


@pytest.mark.parametrize("value", [None, 5, ["x"], {"a": 1}])
def test_a_value_that_is_no_text_is_no_time(value: object) -> None:
    """A JSON value of any type may stand where a time belongs."""
    assert clock.of_offset_text(value).isodate == ""


def test_local_time_needs_the_archives_offset() -> None:
    """With it the time is UTC and says on what basis; without it the local text stays as it is."""
    known = clock.of_local_text("Wed May 24 12:58:04 2023", TAIPEI)
    assert (known.isodate, known.basis) == ("2023-05-24 04:58:04.000000", "archive_offset")
    unknown = clock.of_local_text("Wed May 24 12:58:04 2023", None)
    assert (unknown.isodate, unknown.basis, unknown.text) == ("", "device_local", "Wed May 24 12:58:04 2023")
    assert clock.of_local_text("Wed May 99 12:58:04 2023", TAIPEI).isodate == ""
    assert clock.of_local_text("Mon Jan  1 00:00:00 0001", TAIPEI).isodate == ""


@pytest.mark.parametrize("seconds", ["1e400", float("nan"), float("inf"), 10**30, -(10**30), "x", ""])
def test_seconds_that_no_calendar_holds_keep_their_text(seconds: float | str) -> None:
    """No number of the evidence makes the reader fail."""
    stamp = clock.of_unix(seconds)
    assert stamp.isodate == ""
    assert stamp.text == str(seconds)[:40]


def test_a_naive_datetime_of_a_property_list_is_utc() -> None:
    """Property lists write UTC without saying so."""
    assert clock.of_moment(datetime(2024, 3, 1, 12), "utc").isodate == "2024-03-01 12:00:00.000000"  # noqa: DTZ001 - as plistlib gives it
    edge = datetime(1, 1, 1, tzinfo=TAIPEI)
    assert clock.of_moment(edge, "utc").isodate == ""


def test_the_archives_name_gives_moment_and_offset() -> None:
    """The first text that holds a valid name wins; impossible dates and offsets are passed over."""
    name = "/var/x/sysdiagnose_2023.05.24_13-29-15-0700_iPhone-OS_iPhone_19H349.tar.gz"
    moment = clock.archive_moment("sysdiagnose_2023.99.24_13-29-15-0700", "sysdiagnose_2023.05.24_13-29-15-2300", name)
    assert moment is not None
    assert moment.isoformat() == "2023-05-24T13:29:15-07:00"
    assert clock.archive_moment("sysdiagnose_renamed", "") is None
