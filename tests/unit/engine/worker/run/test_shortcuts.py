"""MVT's slow functions and ours side by side: the same answers, the same failures."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mvt.common import utils
from mvt.common.url import URL
from mvt.ios.modules.backup.manifest import Manifest

from mvtcase.engine.worker.run import shortcuts

if TYPE_CHECKING:
    from collections.abc import Callable

NUMBERS = st.one_of(
    st.integers(-(10**20), 10**20),
    st.integers(0, 2_000_000_000),
    st.floats(),
    st.booleans(),
    st.integers(10**17, 10**18),
)
ANYTHING = st.one_of(
    NUMBERS, st.none(), st.text(max_size=8), st.binary(max_size=4), st.lists(st.integers(), max_size=2)
)


def answer(ask: Callable[..., Any], *given_: Any) -> Any:
    """Return what a function gives, or the sort of its failure."""
    try:
        return ask(*given_)
    except Exception as error:  # noqa: BLE001 - the sort of failure is what is compared
        return type(error)


@settings(max_examples=40, deadline=None)
@given(ANYTHING)
def test_dates_are_written_as_mvt_writes_them(moment: Any) -> None:
    """Whole, broken, far and absurd times give the same text."""
    assert answer(shortcuts.convert_unix_to_iso, moment) == answer(shortcuts.convert_unix_to_iso_as_mvt, moment)
    assert answer(shortcuts.convert_timestamp, moment) == answer(shortcuts.convert_timestamp_as_mvt, moment)


@pytest.mark.parametrize("zone", [None, timezone.utc, timezone(timedelta(hours=8))])
@pytest.mark.parametrize("year", [1, 999, 1000, 2026, 9998])
def test_moments_are_written_as_mvt_writes_them(zone: timezone | None, year: int) -> None:
    """With a zone and without, in years of three digits too, and in place of a moment nothing."""
    moment = datetime(year, 2, 3, 4, 5, 6, 7, tzinfo=zone)
    assert shortcuts.convert_datetime_to_iso(moment) == shortcuts.convert_datetime_to_iso_as_mvt(moment)
    assert shortcuts.convert_datetime_to_iso(None) == shortcuts.convert_datetime_to_iso_as_mvt(None) == ""


HOSTS = st.sampled_from(
    ["library", "example.com", "www.example.co.uk", "0001.jpg", "a.ck", "www.ck", "10.0.0.1", "com", "x.com.", "",
     "é.com",
     "xn--bcher-kva.example", "-a.com", "a..com", "https://a.com", "http://", "//a.com", "[::1]", "a.com:99", "a@b.com"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(HOSTS, st.sampled_from(["", "/", "?", "#", ":", "/x[", "/_\ud800", " ", "\x00", "//b.com"]), st.text(max_size=5))
def test_a_text_is_a_url_where_mvt_says_so(host: str, mark: str, rest: str) -> None:
    """A part of a file's path counts as a URL exactly where MVT's class takes it."""
    text = f"{host}{mark}{rest}"
    assert isinstance(answer(shortcuts.Probe, text), type) == isinstance(answer(URL, text), type)


def stood(born: str, modified: str, changed: str) -> dict[str, Any]:
    """Return a file of the manifest with its times."""
    return {
        "created": born, "modified": modified, "status_changed": changed, "relative_path": "a/b", "domain": "HomeDomain"
    }  # fmt: skip


@pytest.mark.parametrize("times", ["aaa", "aab", "aba", "baa", "abc"])
def test_the_times_of_a_file_are_told_as_mvt_tells_them(times: str) -> None:
    """One row for each moment, with the letters of what happened then."""
    module = Manifest()
    record = stood(*times)
    key = str
    assert sorted(shortcuts.serialize(module, record), key=key) == sorted(
        shortcuts.serialize_as_mvt(module, record), key=key
    )
    del record["modified"]
    assert shortcuts.serialize(module, record) == shortcuts.serialize_as_mvt(module, record) == []


VISIT = st.fixed_dictionaries(
    {
        "url": st.sampled_from(
            ["http://a.example.com/", "HTTP://b.example.net/", "https://a.example.com/x", "http://[", "", 7]
        ),
        "visit_id": st.one_of(st.integers(0, 6), st.sampled_from([1.0, None, "1", True])),
        "redirect_destination": st.one_of(st.none(), st.integers(0, 6), st.sampled_from([2.0, "1", True])),
        "safari_history_db": st.sampled_from(["x", "y"]),
        "timestamp": st.one_of(st.sampled_from([5.0, 5.4, 700000000, 0, None]), st.floats(0, 9)),
    }
)  # fmt: skip


def redirects(find: Callable[[Any], None], results: list[dict[str, Any]]) -> Any:
    """Return the alerts and log lines of a search for redirects, and how it ended."""
    alerts: list[Any] = []
    lines: list[Any] = []
    module = SimpleNamespace(
        results=results,
        log=SimpleNamespace(info=lambda *told: lines.append(told)),
        alertstore=SimpleNamespace(medium=lambda *told: alerts.append(told)),
    )
    return answer(find, module), alerts, lines


@settings(max_examples=80, deadline=None)
@given(st.lists(VISIT, max_size=9))
def test_redirects_are_found_as_mvt_finds_them(results: list[dict[str, Any]]) -> None:
    """The same alerts in the same order, up to the same failure, also for ids of other types and lost times."""
    ours = redirects(shortcuts.find_injections, results)
    assert ours == redirects(shortcuts.find_injections_as_mvt, results)


@pytest.mark.parametrize("lost", ["visit_id", "safari_history_db", "redirect_destination"])
@pytest.mark.parametrize("url", ["http://a.example.com/", "https://a.example.com/"])
def test_visits_of_an_unknown_shape_are_left_to_mvt(lost: str, url: str) -> None:
    """A stored result without a key, or with a list in its place, fails where it fails in MVT, and only there."""
    visit = {"url": url, "visit_id": 1, "redirect_destination": 1, "safari_history_db": "x", "timestamp": 1}
    for odd in ({key: value for key, value in visit.items() if key != lost}, {**visit, lost: []}):
        assert redirects(shortcuts.find_injections, [visit, odd]) == redirects(
            shortcuts.find_injections_as_mvt, [visit, odd]
        )


def test_the_search_looks_at_each_visit_once() -> None:
    """Twenty thousand visits with redirects take no pair of visits each."""
    looked: list[int] = []

    class Visit(dict[str, Any]):
        def __getitem__(self, key: str) -> Any:
            looked.append(1)
            return super().__getitem__(key)

    visits = [
        Visit(url="http://a.example", visit_id=each, redirect_destination=each + 1, safari_history_db="x", timestamp=1)
        for each in range(300)
    ]  # fmt: skip
    redirects(shortcuts.find_injections, list(visits))
    assert len(looked) < 300 * 12


def test_the_originals_are_kept() -> None:
    """What is compared with is MVT's own, not ours."""
    assert shortcuts.convert_unix_to_iso_as_mvt.__module__ == utils.__name__
    assert shortcuts.serialize_as_mvt.__qualname__ == "Manifest.serialize"
