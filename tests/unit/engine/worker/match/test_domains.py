"""Hosts taken out of URLs, against MVT's own class."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mvt.common.url import URL

from mvtcase.engine.worker.match.domains import (
    MAX_SUFFIX_LABELS,
    has_public_suffix,
    holds_suffix,
    plain_host,
    registered_domain,
)

HOSTS = st.text(alphabet="abw.-_1/:?#@ A\\[]%K\t\u0130", max_size=10)
ENDS = st.sampled_from(["", ".com", ".co.uk", "www.com", ".ck", ".a.ck", ".np", ".a.np", ".b.kawasaki.jp", ".1", "."])
SCHEMES = st.sampled_from(["", "http://", "HtTpS://", "//", "ftp://", "http:/", "https:", "a+b://"])


@settings(max_examples=1500, deadline=None, database=None)
@given(
    scheme=SCHEMES, host=HOSTS, end=ENDS, rest=st.sampled_from(["", "/", "//x", "/a?b#c", ":80", ":80/", "?u=a://b"])
)
def test_plain_urls_are_taken_apart_as_mvt_does(scheme: str, host: str, end: str, rest: str) -> None:
    """Where a URL counts as plain, domain, registered domain and failure to parse are those of MVT's class."""
    url = scheme + host + end + rest
    plain = plain_host(url)
    if plain is None:
        return
    try:
        parsed = URL(url)
    except Exception:  # noqa: BLE001 - MVT takes every failure for the same
        assert not has_public_suffix(plain[1])
    else:
        assert has_public_suffix(plain[1])
        assert (plain[0], registered_domain(plain[1])) == (parsed.domain, parsed.top_level)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.Example.com/x", ("example.com", "www.example.com")),
        ("example.com:8080?q", ("example.com:8080", "example.com")),
        ("HTTP://a_b.example.org", ("a_b.example.org", "a_b.example.org")),
        ("www.example.com#f", ("example.com", "www.example.com")),
    ],
)
def test_plain_urls_are_recognised(url: str, expected: tuple[str, str]) -> None:
    """The usual shapes are plain: were none, the fast path would be dead and no other test would notice."""
    assert plain_host(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        " http://a.com",
        "http://u@a.com",
        "a.com//x",
        "http://a.com.",
        "http://[::1]/",
        "http://bücher.com",
        "ftp://a.com",
    ],
)
def test_other_shapes_are_left_to_mvt(url: str) -> None:
    """Whatever a parser may read in another way is no plain URL."""
    assert plain_host(url) is None


def test_registered_domain_follows_the_public_suffix_list() -> None:
    """Private suffixes and wildcard rules count, and a host without a suffix has none."""
    assert registered_domain("a.b.co.uk") == "b.co.uk"
    assert registered_domain("x.y.github.io") == "y.github.io"
    assert registered_domain("localhost") is None
    assert registered_domain("1.2.3.4") is None
    assert registered_domain("a" * 300 + ".com") == "a" * 300 + ".com"


def test_suffixes_that_could_match_are_not_ruled_out() -> None:
    """Every suffix of a host is looked up; a host of very many labels is never ruled out."""
    assert holds_suffix({"b.com"}, "x.a.b.com")
    assert holds_suffix({"com"}, "b.com")
    assert not holds_suffix({"b.com"}, "ab.com")
    assert holds_suffix(set(), "a." * (MAX_SUFFIX_LABELS + 1) + "com")
