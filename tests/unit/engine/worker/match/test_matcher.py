"""The matcher's own promises; that its answers are MVT's is shown by the differential test in tests/engine."""

from __future__ import annotations

import gc
import logging
import os
import weakref
from typing import Any

import pytest
from mvt.common.indicators import IndicatorMatch, Indicators

from mvtcase.engine.worker.match import matcher
from mvtcase.engine.worker.match.domains import MAX_CACHED_NAME, _cached_domain, registered_domain
from mvtcase.engine.worker.match.matcher import FastIndicators, base_name, stock_from_matchset
from mvtcase.engine.worker.match.matches import WITNESSED_CHECKS, WitnessedIndicators
from mvtcase.matchset import Collection, MatchSet

LOG = logging.getLogger("test.matcher")
MATCHSET = MatchSet(
    collections=(
        Collection(
            id="1",
            name="first",
            file_name="1.stix2",
            values={
                "domains": ("shared.example.com", "only.example.com"),
                "processes": ("bh", "a_rather_long_process_name"),
                "emails": ("A@example.com",),
                "file_names": ("implant",),
                "file_paths": ("/private/var/db/x/", "/private"),
                "files_md5": ("A" * 32,),
                "files_sha1": ("B" * 40,),
                "files_sha256": ("C" * 64,),
                "app_cert_hashes": ("D" * 64,),
                "app_ids": ("Com.Example.App",),
                "ios_profile_ids": ("com.example.profile.0001",),
                "android_property_names": ("Sys.Example",),
                "urls": ("http://exact.example.org/?a=b=c",),
            },
        ),
        Collection(id="2", name="second", file_name="2.stix2", values={"domains": ("shared.example.com",)}),
    )
)
HITS = {
    "check_url": "https://only.example.com/x",
    "check_process": "/usr/bin/bh",
    "check_email": "a@EXAMPLE.com",
    "check_file_name": "implant",
    "check_file_path": "/tmp/implant",  # noqa: S108 - a path on a phone
    "check_file_path_process": "/usr/bh/x",
    "check_profile": "profile.0001",
    "check_file_hash": "a" * 32,
    "check_app_certificate_hash": "d" * 64,
    "check_app_id": "com.example.app",
    "check_android_property_name": "sys.example",
}


def test_it_is_one_of_mvts_indicators() -> None:
    """MVT's commands take the object as `iocs`, count it and list its files."""
    fast = FastIndicators.from_matchset(MATCHSET, LOG)
    assert isinstance(fast, Indicators)
    assert fast.total_ioc_count == MATCHSET.count == 17
    assert [collection["stix2_file_name"] for collection in fast.ioc_collections] == ["1.stix2", "2.stix2"]


def test_a_url_with_an_equals_sign_is_matched() -> None:
    """What MVT's loader cannot carry, the match set can."""
    match = FastIndicators.from_matchset(MATCHSET, LOG).check_url("http://exact.example.org/?a=b=c")
    assert match is not None
    assert match.ioc.value == "http://exact.example.org/?a=b=c"


@pytest.mark.parametrize("check", WITNESSED_CHECKS)
@pytest.mark.parametrize("make", [FastIndicators.from_matchset, stock_from_matchset])
def test_every_match_is_told_once(make: Any, check: str) -> None:
    """Both classes tell of the check the module called, its argument and the match it got, and of no miss."""
    told: list[tuple[str, str, IndicatorMatch]] = []
    indicators = make(MATCHSET, LOG, lambda *heard: told.append(heard))
    match = getattr(indicators, check)(HITS[check])
    assert match is not None
    assert told == [(check, HITS[check], match)]
    assert getattr(indicators, check)("nothing of the kind") is None
    assert len(told) == 1


@pytest.mark.parametrize("make", [FastIndicators.from_matchset, stock_from_matchset])
def test_lists_are_witnessed_by_the_single_check(make: Any) -> None:
    """A batch tells which of its values matched, by the check of one value; so do the checks kept for old modules."""
    told: list[tuple[str, str, IndicatorMatch]] = []
    indicators = make(MATCHSET, LOG, lambda *heard: told.append(heard))
    url = HITS["check_url"]
    indicators.check_url_batches([["http://example.net"], [url]])
    indicators.check_urls([url])
    indicators.check_domains([url])
    indicators.check_domain(url)
    indicators.check_processes(["x", "bh"])
    assert [(check, value) for check, value, _ in told] == [("check_url", url)] * 4 + [("check_process", "bh")]


@pytest.mark.parametrize("make", [FastIndicators.from_matchset, stock_from_matchset])
def test_a_witness_that_fails_is_heard(make: Any) -> None:
    """An exception of the listener reaches the caller, and the next match is told again."""
    told: list[str] = []

    def listen(check: str, value: str, match: IndicatorMatch) -> None:
        told.append(check)
        if len(told) == 1:
            raise RuntimeError(value, match.message)

    indicators = make(MATCHSET, LOG, listen)
    with pytest.raises(RuntimeError, match="bh"):
        indicators.check_process("bh")
    assert indicators.check_process("bh") is not None
    assert told == ["check_process", "check_process"]


def test_stock_without_a_listener_is_mvts_class_itself() -> None:
    """`--stock-matcher` without a witness is MVT's object, with one a subclass."""
    assert type(stock_from_matchset(MATCHSET, LOG)) is Indicators
    assert type(stock_from_matchset(MATCHSET, LOG, lambda *_: None)) is WitnessedIndicators


def test_the_last_collection_wins_for_domains_and_the_first_elsewhere() -> None:
    """MVT's automaton keeps the last of equal words; its walks stop at the first."""
    fast = FastIndicators.from_matchset(MATCHSET, LOG)
    shared = fast.check_url("https://shared.example.com")
    path = fast.check_file_path("/private/var/db/x/y")
    assert shared is not None
    assert path is not None
    assert (shared.ioc.name, path.ioc.value) == ("second", "/private/var/db/x/")


def test_no_cache_keeps_a_used_object_alive() -> None:
    """MVT's class stays in its own caches for ever; ours goes with its last reference."""
    fast = FastIndicators.from_matchset(MATCHSET, LOG)
    fast.check_url(HITS["check_url"])
    fast.get_ioc_matcher("domains")
    gone = weakref.ref(fast)
    del fast
    gc.collect()
    assert gone() is None


def test_long_host_names_are_not_kept() -> None:
    """A hostile host name of megabytes is parsed but never cached."""
    before = _cached_domain.cache_info().currsize
    host = "a" * (MAX_CACHED_NAME + 1) + ".com"
    assert registered_domain(host) == host
    assert _cached_domain.cache_info().currsize == before
    assert _cached_domain.cache_info().maxsize is not None


def test_addresses_without_a_match_are_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory of hosts that match nothing is bounded, ends with a new load, and never hides a match."""
    monkeypatch.setattr(matcher, "MAX_UNMATCHED", 10)
    fast = FastIndicators.from_matchset(MATCHSET, LOG)
    for number in range(25):
        assert fast.check_url(f"https://host{number}.example.net/x") is None
        assert len(fast._unmatched) <= 10
    assert fast.check_url("https://" + "a" * 300 + ".example.net/") is None
    assert max(map(len, fast._unmatched)) <= MAX_CACHED_NAME
    fast.ioc_collections[0]["domains"].append("host24.example.net")
    fast._reindex()
    assert fast.check_url("https://host24.example.net/x") is not None


def test_a_remembered_address_does_not_hide_another_port() -> None:
    """MVT compares the port as part of the domain, so an address without a match says nothing about another port."""
    values = {"domains": ("odd.example.net:8080",)}
    fast = FastIndicators.from_matchset(MatchSet(collections=(Collection(id="1", name="n", values=values),)), LOG)
    assert fast.check_url("https://odd.example.net/x") is None
    assert fast.check_url("https://odd.example.net:80/x") is None
    assert fast.check_url("https://odd.example.net:8080/x") is not None
    assert fast.check_url("https://odd.example.net:8080/x") is not None


@pytest.mark.parametrize("path", ["", "/", "a", "/a", "a/", "/a/b", "//", "a\\b", "\udc80/\udc81", "é/ü\n"])
def test_base_name_is_that_of_the_system(path: str) -> None:
    """The quick base name equals `os.path.basename`."""
    assert base_name(path) == os.path.basename(path)  # noqa: PTH119 - what MVT calls


def test_hostile_lengths_are_survived() -> None:
    """Values of a hundred thousand labels, parts or characters are answered without recursion or quadratic time."""
    fast = FastIndicators.from_matchset(MATCHSET, LOG)
    many = 100_000
    assert fast.check_url("http://" + "a." * many + "example.net/") is None
    assert fast.check_url("1." * many) is None
    assert fast.check_file_path_process("x/" * many + "bh") is not None
    assert fast.check_file_path("/private" + "/x" * many) is not None
    assert fast.check_profile("p" * many) is None
    assert fast.check_process("/" * many) is None


def _with_domains(*domains: str) -> FastIndicators:
    values = {"domains": domains}
    return FastIndicators.from_matchset(
        MatchSet(collections=(Collection(id="1", name="x", file_name="x", values=values),)), LOG
    )


@pytest.mark.parametrize(
    ("url", "met"),
    [
        ("https://www.portal.com/a", True),
        ("https://www.portal.com:8443/a", True),
        ("https://portal.com/a", False),
        ("https://home.portal.com/a", False),
        ("https://other.duckdns.org/", False),
        ("https://duckdns.org/", True),
        ("https://sub.evil.com/", True),
    ],
)
def test_what_was_published_is_what_matches(url: str, met: bool) -> None:  # noqa: FBT001
    """A published `www.` host means itself, and a host that many share does not mean those below it."""
    fast = _with_domains("www.portal.com", "duckdns.org", "evil.com")
    assert (fast.check_url(url) is not None) is met
