"""Values: refanged, put under the type MVT compares them as, or refused with a reason."""

from __future__ import annotations

import pytest

from mvtcase.indicators.types import left_kind, weigh_as, worded_kind
from mvtcase.indicators.values import MAX_VALUE_CHARS, weigh, weigh_address
from mvtcase.indicators.verdicts import IndicatorType, Refused, Usable
from mvtcase.matchset import INDICATOR_TYPES

T = IndicatorType
MD5, SHA1, SHA256 = "ab" * 16, "Cd" * 20, "ef" * 32


def test_types_are_those_of_the_match_set() -> None:
    """Every list MVT has is a type, and no other."""
    assert {str(each) for each in IndicatorType} == set(INDICATOR_TYPES)


@pytest.mark.parametrize(
    ("kind", "given", "expected_type", "expected"),
    [
        (T.DOMAINS, "Evil.Example", T.DOMAINS, "evil.example"),
        (T.DOMAINS, " evil[.]example ", T.DOMAINS, "evil.example"),
        (T.DOMAINS, "evil(dot)co[dot]example", T.DOMAINS, "evil.co.example"),
        (T.DOMAINS, "evil{.}example", T.DOMAINS, "evil.example"),
        (T.DOMAINS, "evil[.example", T.DOMAINS, "evil.example"),
        (T.DOMAINS, "evil\\.example", T.DOMAINS, "evil.example"),
        (T.DOMAINS, "evil.example.", T.DOMAINS, "evil.example"),
        (T.DOMAINS, ".evil.example", T.DOMAINS, "evil.example"),
        (T.DOMAINS, "www.evil.example", T.DOMAINS, "www.evil.example"),
        (T.DOMAINS, "www.example", T.DOMAINS, "www.example"),
        (T.DOMAINS, "evil.example:8443", T.DOMAINS, "evil.example:8443"),
        (T.DOMAINS, "evil\u200b.example", T.DOMAINS, "evil.example"),
        (T.DOMAINS, "hxxps://evil[.]example/a=b", T.URLS, "https://evil.example/a=b"),
        (T.URLS, "hXXp[:]//Evil[.]example/Path", T.URLS, "http://Evil.example/Path"),
        (T.URLS, "h**ps[://]evil.example/?x=1", T.URLS, "https://evil.example/?x=1"),
        (T.URLS, "https://evil.example/it's", T.URLS, "https://evil.example/it's"),
        (T.EMAILS, "Who[at]evil[.]example", T.EMAILS, "who@evil.example"),
        (T.EMAILS, "mailto:who@evil.example", T.EMAILS, "who@evil.example"),
        (T.PROCESSES, "evild", T.PROCESSES, "evild"),
        (T.PROCESSES, "/private/var/db/evil/evild", T.FILE_PATHS, "/private/var/db/evil/evild"),
        (T.FILE_NAMES, "evil.plist", T.FILE_NAMES, "evil.plist"),
        (T.FILE_NAMES, "/private/var/tmp/evil.plist", T.FILE_PATHS, "/private/var/tmp/evil.plist"),
        (T.FILE_PATHS, "/private/var/tmp/evil/", T.FILE_PATHS, "/private/var/tmp/evil/"),
        (T.FILES_MD5, MD5, T.FILES_MD5, MD5),
        (T.FILES_SHA1, SHA1, T.FILES_SHA1, SHA1),
        (T.FILES_SHA256, SHA256, T.FILES_SHA256, SHA256),
        (T.FILES_MD5, SHA256, T.FILES_SHA256, SHA256),
        (T.APP_CERT_HASHES, ":".join(["AB"] * 20), T.APP_CERT_HASHES, "AB" * 20),
        (T.APP_IDS, "com[.]evil[.]app", T.APP_IDS, "com.evil.app"),
        (T.IOS_PROFILE_IDS, "0F0F-1", T.IOS_PROFILE_IDS, "0F0F-1"),
        (T.ANDROID_PROPERTY_NAMES, "sys.evil", T.ANDROID_PROPERTY_NAMES, "sys.evil"),
    ],
)
def test_usable(kind: IndicatorType, given: str, expected_type: IndicatorType, expected: str) -> None:
    """Each value is compared under the right type in the form a phone holds; a changed one carries a note."""
    result = weigh(kind, given)
    assert isinstance(result, Usable)
    assert (result.type, result.value) == (expected_type, expected)
    assert bool(result.notes) == (given.strip().lower() != expected.lower() or kind is not expected_type)


@pytest.mark.parametrize(
    ("kind", "given", "reason"),
    [
        (T.DOMAINS, "", "empty"),
        (T.DOMAINS, " \u200b ", "empty"),
        (T.DOMAINS, "evil.example/path", "path"),
        (T.DOMAINS, "*.evil.example", "wildcard"),
        (T.DOMAINS, "who@evil.example", "e-mail"),
        (T.DOMAINS, "evil example", "space"),
        (T.DOMAINS, "com", "short word"),
        (T.DOMAINS, "evil!.example", "not a domain"),
        (T.DOMAINS, "evil.example\nother.example", "control character"),
        (T.DOMAINS, "evil\x00.example", "control character"),
        (T.DOMAINS, f"evil{chr(0xD800)}.example", "damaged"),
        (T.DOMAINS, "evil\ufffd.example", "damaged"),
        (T.DOMAINS, "a" * (MAX_VALUE_CHARS + 1), "longer"),
        (T.URLS, "http://", "without a host"),
        (T.URLS, "http://evil.example/a b", "space"),
        (T.EMAILS, "@evil.example", "half"),
        (T.EMAILS, "who is@evil.example", "space"),
        (T.PROCESSES, "evil/evild", "last part"),
        (T.FILE_NAMES, "evil/evil.plist", "last part"),
        (T.FILE_PATHS, "/", "every file"),
        (T.FILE_PATHS, "///", "every file"),
        (T.FILE_PATHS, ".", "every file"),
        (T.FILE_PATHS, "a", "too short"),
        (T.FILE_PATHS, "/private/var/", "every phone"),
        (T.FILE_PATHS, "/data/local/tmp", "every phone"),
        (T.FILE_PATHS, "/private/var/tmp/*.dylib", "wildcard"),
        (T.FILES_SHA256, "ef" * 31, "wrong length"),
        (T.FILES_MD5, "xy" * 16, "hexadecimal"),
        (T.APP_CERT_HASHES, "ab", "certificate"),
        (T.APP_IDS, "a", "whole ids"),
        (T.APP_IDS, "com evil", "space"),
    ],
)
def test_refused(kind: IndicatorType, given: str, reason: str) -> None:
    """Each value that could not match, or would match everything, is refused with a reason that names it."""
    result = weigh(kind, given)
    assert isinstance(result, Refused)
    assert reason in result.reason


@pytest.mark.parametrize(
    ("given", "expected"), [("192.0.2.1", "192.0.2.1"), ("192[.]0[.]2[.]1", "192.0.2.1"), ("192.0.2.1/32", "192.0.2.1")]
)
def test_address(given: str, expected: str) -> None:
    """An IPv4 address goes where MVT keeps it: among the domains."""
    result = weigh_address(given)
    assert isinstance(result, Usable)
    assert (result.type, result.value) == (T.DOMAINS, expected)


@pytest.mark.parametrize(("given", "reason"), [("192.0.2.0/24", "range"), ("2001:db8::1", "IPv4"), ("x", "IPv4")])
def test_no_address(given: str, reason: str) -> None:
    """A range and what is no IPv4 address are refused."""
    result = weigh_address(given)
    assert isinstance(result, Refused)
    assert reason in result.reason


@pytest.mark.parametrize(
    ("kind", "given", "remark"),
    [
        (T.DOMAINS, "google.com", "most phones"),
        (T.DOMAINS, "nodotatall", "without a dot"),
        (T.DOMAINS, "evíl.example", "ASCII"),
        (T.PROCESSES, "launchd", "most phones"),
        (T.URLS, "evil.example/x", "scheme"),
        (T.EMAILS, "+886900000000", "no @"),
    ],
)
def test_remarks(kind: IndicatorType, given: str, remark: str) -> None:
    """What is compared and may surprise carries a remark."""
    result = weigh(kind, given)
    assert isinstance(result, Usable)
    assert any(remark in each for each in result.remarks)


@pytest.mark.parametrize(
    ("left", "kind"),
    [
        ("file:hashes.'SHA-256'", T.FILES_SHA256),
        ("file:hashes.SHA-1", T.FILES_SHA1),
        ("file:hashes.MD5", T.FILES_MD5),
        ("app:cert.SHA256", T.APP_CERT_HASHES),
        ("ipv4-addr:value", "ipv4-addr"),
        ("ipv6-addr:value", None),
        ("Domain-Name:value", None),
    ],
)
def test_left_sides(left: str, kind: str | None) -> None:
    """A pattern's left side is read as MVT reads it, with and without quotes and hyphens."""
    assert left_kind(left) == kind


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("domain", T.DOMAINS),
        ("Domains", T.DOMAINS),
        ("hostname", T.DOMAINS),
        ("ip-dst", "ipv4-addr"),
        ("file-paths", T.FILE_PATHS),
        ("file path", T.FILE_PATHS),
        ("file_name", T.FILE_NAMES),
        ("app id", T.APP_IDS),
        ("sha256", T.FILES_SHA256),
        ("mobile-application-id", T.APP_IDS),
        ("process_name", T.PROCESSES),
        ("android_property_name", T.ANDROID_PROPERTY_NAMES),
        ("file:hashes.md5", T.FILES_MD5),
        ("filename|sha256", None),
        ("yara", None),
        ("", None),
    ],
)
def test_words(word: str, kind: str | None) -> None:
    """The words of people, MISP and MVT for a type are known; others mean none."""
    assert worded_kind(word) == kind


def test_weigh_as_address_and_type() -> None:
    """A kind is weighed as the address or the type it names."""
    assert isinstance(weigh_as("ipv4-addr", "192.0.2.1"), Usable)
    assert isinstance(weigh_as("processes", "evild"), Usable)
