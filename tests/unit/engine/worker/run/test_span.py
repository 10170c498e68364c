"""The span of a module's records: from MVT's timeline, without times that no phone can have been at."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mvtcase.engine.worker.run.attempt import span


def module(timeline: Any = (), results: Any = ()) -> Any:
    """Return what looks like a module that ran."""
    return SimpleNamespace(timeline=list(timeline), results=results)


def test_the_span_is_that_of_the_timeline() -> None:
    """To the second, in whatever order and notation the times come."""
    times = ["2026-08-12T10:00:00.123456", "2019-01-03 00:00:01", "2026-11-20 09:59:59.000000"]
    found = span(module({"timestamp": each} for each in times))
    assert found == ("2019-01-03 00:00:01", "2026-11-20 09:59:59")


def test_modules_without_a_timeline_have_times_in_their_records() -> None:
    """As MVT's module of Android messages."""
    assert span(module(results=[{"isodate": "2026-01-02 03:04:05"}, {"isodate": ""}])) == (
        "2026-01-02 03:04:05",
        "2026-01-02 03:04:05",
    )


@pytest.mark.parametrize(
    "odd", ["", None, "1970-01-01 00:00:00", "2001-01-01 00:00:00", "9999-01-01 00:00:00", "yesterday", 7, ["x"]]
)
def test_times_that_no_phone_can_have_been_at_widen_nothing(odd: Any) -> None:
    """An empty field or a tampered one must not claim years of records."""
    assert span(module([{"timestamp": odd}, {"timestamp": "2026-01-02 03:04:05"}])) == (
        "2026-01-02 03:04:05",
        "2026-01-02 03:04:05",
    )
    assert span(module([{"timestamp": odd}])) == (None, None)


@pytest.mark.parametrize("results", [None, {}, {"a": 1}, ["text"], [None]])
def test_records_of_any_shape_have_no_times(results: Any) -> None:
    """A module's results are what the module says they are."""
    assert span(module(results=results)) == (None, None)
