"""One value weighed: refanged, put under the type MVT compares it as, or refused with the reason.

How MVT compares each type stands in `mvt/common/indicators.py`, release 2026.10.26: a domain equals a link's host or
its registered domain, a URL the whole link, a process or file name a base name, and a file path is a prefix without
boundary.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

from mvtcase.indicators.verdicts import IndicatorType, Refused, Usable
from mvtcase.indicators.wordlists import COMMON_DOMAINS, COMMON_FOLDERS, COMMON_PROCESSES

if TYPE_CHECKING:
    from collections.abc import Callable


MAX_VALUE_CHARS = 8192
SHORTEST_BARE_DOMAIN = 6
SHORTEST_PATH = 3
SHORTEST_APP_ID = 3

HASH_LENGTHS = {
    32: IndicatorType.FILES_MD5,
    40: IndicatorType.FILES_SHA1,
    64: IndicatorType.FILES_SHA256,
}
"""MVT tells the algorithm of a phone's hash by its length (`Indicators.check_file_hash`)."""

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_DOMAIN = re.compile(r"(?:[\w-]{1,63}\.)*[\w-]{1,63}(?::\d{1,5})?")
_NO_DOMAIN = (
    (re.compile(r"[*%]"), "a wildcard: MVT compares whole domains"),
    (re.compile(r"[/?#]"), "a domain cannot hold a path: give it as a URL with its scheme"),
    (re.compile(r"@"), "an e-mail address given as a domain"),
    (re.compile(r"\s"), "a domain cannot hold a space"),
)
_HEX = re.compile(r"[0-9a-fA-F]+")


def weigh(kind: IndicatorType, given: str) -> Usable | Refused:
    """Return the value MVT should compare for what a file gives as this type, or why none can be.

    The type may come out another one (a URL given as a domain); a note then says so.
    """
    if "\ufffd" in given or any(unicodedata.category(character) == "Cs" for character in given):
        return Refused(reason="the text is damaged: it holds characters that no encoding gives")
    value = _INVISIBLE.sub("", given).strip()
    if any(unicodedata.category(character) == "Cc" for character in value):
        return Refused(reason="the value holds a control character")
    if not value:
        return Refused(reason="the value is empty")
    if len(value) > MAX_VALUE_CHARS:
        return Refused(reason=f"the value is longer than {MAX_VALUE_CHARS} characters")
    result = _WEIGHERS[kind](value)
    if isinstance(result, Usable) and value != given.strip():
        return replace(result, notes=("invisible characters removed", *result.notes))
    return result


def weigh_address(given: str) -> Usable | Refused:
    """Return an IPv4 address as the domain MVT takes it for, or why it cannot be one."""
    value = refanged_host(_INVISIBLE.sub("", given).strip())
    notes = _noted(value != given.strip(), "refanged")
    if value.endswith("/32"):
        value, notes = value.removesuffix("/32"), (*notes, "a network of one address read as that address")
    try:
        ipaddress.IPv4Address(value)
    except ValueError:
        if "/" in value:
            return Refused(reason="a network range: MVT compares single addresses")
        return Refused(reason="not an IPv4 address")
    return Usable(type=IndicatorType.DOMAINS, value=value, notes=notes)


def _noted(condition: bool, note: str) -> tuple[str, ...]:  # noqa: FBT001 - it reads as "noted if"
    return (note,) if condition else ()


def _domain(given: str) -> Usable | Refused:
    value = refanged_url(given)
    if _SCHEME.match(value):
        return _moved(_url(value), "a URL given as a domain, compared as a URL")
    notes = _noted(value != given, "refanged")
    plain = value.strip(".").lower()
    notes += _noted(plain != value.lower(), "a dot at the beginning or end removed")
    return _named_domain(plain, notes)


def _named_domain(value: str, notes: tuple[str, ...]) -> Usable | Refused:
    reason = next((reason for pattern, reason in _NO_DOMAIN if pattern.search(value)), "")
    if not reason and not _DOMAIN.fullmatch(value):
        reason = "not a domain name"
    if not reason and "." not in value and len(value) < SHORTEST_BARE_DOMAIN:
        reason = "a single short word: it would match every link that cannot be parsed and holds it"
    if reason:
        return Refused(reason=reason)
    return Usable(type=IndicatorType.DOMAINS, value=value, notes=notes, remarks=_domain_remarks(value))


def _domain_remarks(value: str) -> tuple[str, ...]:
    return (
        *_noted("." not in value, "a name without a dot: no link has such a host"),
        *_noted(value in COMMON_DOMAINS, "a domain that most phones talk to: expect matches that mean nothing"),
        *_noted(not value.isascii(), "not in ASCII: a link that holds the xn-- form is not matched"),
    )


def _url(given: str) -> Usable | Refused:
    value = refanged_url(given)
    scheme = _SCHEME.match(value)
    rest = value[scheme.end() :] if scheme else value
    if not rest.strip("/"):
        return Refused(reason="a URL without a host")
    if any(character.isspace() for character in value):
        return Refused(reason="a URL cannot hold a space")
    return Usable(
        type=IndicatorType.URLS,
        value=value,
        notes=_noted(value != given, "refanged"),
        remarks=_noted(scheme is None, "without a scheme: only a link written without one equals it"),
    )


def _email(given: str) -> Usable | Refused:
    value = refanged_email(given).lower().removeprefix("mailto:")
    if any(character.isspace() for character in value):
        return Refused(reason="an e-mail address cannot hold a space")
    if value.startswith("@") or value.endswith("@"):
        return Refused(reason="half an e-mail address: MVT compares whole addresses")
    return Usable(
        type=IndicatorType.EMAILS,
        value=value,
        notes=_noted(value != given.lower(), "refanged"),
        remarks=_noted("@" not in value, "no @: only an account that is written the same equals it"),
    )


def _process(given: str) -> Usable | Refused:
    if given.startswith("/"):
        return _moved(_file_path(given), "a path given as a process name, compared as a file path")
    if "/" in given:
        return Refused(reason="a path given as a process name: MVT compares the last part only")
    remarks = _noted(given in COMMON_PROCESSES, "a process most phones run: expect matches that mean nothing")
    return Usable(type=IndicatorType.PROCESSES, value=given, remarks=remarks)


def _file_name(given: str) -> Usable | Refused:
    if given.startswith("/"):
        return _moved(_file_path(given), "a path given as a file name, compared as a file path")
    if "/" in given:
        return Refused(reason="a path given as a file name: MVT compares the last part only")
    return Usable(type=IndicatorType.FILE_NAMES, value=given)


def _file_path(given: str) -> Usable | Refused:
    reach = given.rstrip("/")
    if len(reach) < SHORTEST_PATH and not reach.strip("/."):
        return Refused(reason="would match every file")
    if len(reach) < SHORTEST_PATH:
        return Refused(reason="would match every file whose path begins with it: too short")
    if reach in COMMON_FOLDERS:
        return Refused(reason="would match files of every phone: a folder that all of them have")
    if "*" in given:
        return Refused(reason="a wildcard: MVT compares the beginning of paths as it stands")
    return Usable(type=IndicatorType.FILE_PATHS, value=given)


def _hash(kind: IndicatorType) -> Callable[[str], Usable | Refused]:
    def weighed(given: str) -> Usable | Refused:
        if not _HEX.fullmatch(given):
            return Refused(reason="not a hash: it holds other characters than hexadecimal digits")
        fitting = HASH_LENGTHS.get(len(given))
        if fitting is None:
            return Refused(reason=f"wrong length for a hash: {len(given)} digits, expected 32, 40 or 64")
        return Usable(
            type=fitting, value=given, notes=_noted(fitting is not kind, f"by its length compared as {fitting}")
        )

    return weighed


def _certificate(given: str) -> Usable | Refused:
    value = given.replace(":", "").replace(" ", "")
    if not _HEX.fullmatch(value) or len(value) not in HASH_LENGTHS:
        return Refused(reason="not a certificate hash: expected 32, 40 or 64 hexadecimal digits")
    return Usable(
        type=IndicatorType.APP_CERT_HASHES, value=value, notes=_noted(value != given, "colons between digits removed")
    )


def _app_id(given: str) -> Usable | Refused:
    value = refanged_host(given)
    if any(character.isspace() for character in value):
        return Refused(reason="an app id cannot hold a space")
    if len(value) < SHORTEST_APP_ID or "*" in value:
        return Refused(reason="not an app id: MVT compares whole ids")
    return Usable(type=IndicatorType.APP_IDS, value=value, notes=_noted(value != given, "refanged"))


def _as_given(kind: IndicatorType) -> Callable[[str], Usable | Refused]:
    return lambda given: Usable(type=kind, value=given)


def _moved(result: Usable | Refused, note: str) -> Usable | Refused:
    return replace(result, notes=(note, *result.notes)) if isinstance(result, Usable) else result


_WEIGHERS: dict[IndicatorType, Callable[[str], Usable | Refused]] = {
    IndicatorType.DOMAINS: _domain,
    IndicatorType.URLS: _url,
    IndicatorType.EMAILS: _email,
    IndicatorType.PROCESSES: _process,
    IndicatorType.FILE_NAMES: _file_name,
    IndicatorType.FILE_PATHS: _file_path,
    IndicatorType.FILES_MD5: _hash(IndicatorType.FILES_MD5),
    IndicatorType.FILES_SHA1: _hash(IndicatorType.FILES_SHA1),
    IndicatorType.FILES_SHA256: _hash(IndicatorType.FILES_SHA256),
    IndicatorType.APP_CERT_HASHES: _certificate,
    IndicatorType.APP_IDS: _app_id,
    IndicatorType.IOS_PROFILE_IDS: _as_given(IndicatorType.IOS_PROFILE_IDS),
    IndicatorType.ANDROID_PROPERTY_NAMES: _as_given(IndicatorType.ANDROID_PROPERTY_NAMES),
}


# Spaces are bounded: without, a line of many spaces takes quadratic time.
_DOT = re.compile(r"\s{0,3}[\[({]\s{0,3}(?:\.|dot)\s{0,3}[\])}]\s{0,3}", re.IGNORECASE)
_BRACKETED_DOT = re.compile(r"\[\.|\.\]")
_AT = re.compile(r"\s{0,3}[\[({]\s{0,3}(?:@|at)\s{0,3}[\])}]\s{0,3}", re.IGNORECASE)
_COLON = re.compile(r"\[(:(?://)?)\]|\[(//)\]")
_BACKSLASHED_DOT = re.compile(r"\\{1,2}\.")
_REFANG_SCHEME = re.compile(r"^h(?:xx|\*\*|tt)p(s?)(?=:)", re.IGNORECASE)


def refanged_host(text: str) -> str:
    """Return a domain, address or package name with its dots in place."""
    return _BACKSLASHED_DOT.sub(".", _BRACKETED_DOT.sub(".", _DOT.sub(".", text)))


def refanged_url(text: str) -> str:
    """Return a URL with scheme, colon and dots in place; the case of what it asks for is kept."""
    text = _COLON.sub(lambda found: found.group(1) or found.group(2), text)
    text = _REFANG_SCHEME.sub(lambda found: f"http{found.group(1).lower()}", text)
    return refanged_host(text)


def refanged_email(text: str) -> str:
    """Return an e-mail address with its sign and dots in place."""
    return refanged_host(_AT.sub("@", text))
