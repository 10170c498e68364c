"""The type of a bare value told by its form, where the form leaves one answer."""

from __future__ import annotations

import ipaddress
import re

from mvtcase.indicators.types import ADDRESS
from mvtcase.indicators.values import refanged_email, refanged_url
from mvtcase.indicators.verdicts import IndicatorType, Refused
from mvtcase.indicators.wordlists import FILE_ENDINGS, HOST_ENDINGS, PACKAGE_STARTS

SHORTEST_HASHLIKE = 24

_URL = re.compile(r"^[a-z][a-z0-9+.-]*://\S", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-fA-F]+")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HOST = re.compile(r"(?:[\w-]+\.)+[\w-]{2,}(?::\d+)?\.?")


def guessed_kind(given: str) -> str | Refused:
    """Return the kind of a value, or why it cannot be told."""
    value = refanged_url(given)
    if _URL.match(value):
        return IndicatorType.URLS
    if given.startswith("/"):
        return IndicatorType.FILE_PATHS
    if "@" in refanged_email(given):
        return IndicatorType.EMAILS
    if _UUID.fullmatch(given):
        return IndicatorType.IOS_PROFILE_IDS
    if _HEX.fullmatch(given.replace(":", "")) and len(given) >= SHORTEST_HASHLIKE:
        return Refused(reason="a hash, of a file or of an app's certificate: give the type, sha256 or certificate")
    return _guessed_name(value)


def _guessed_name(value: str) -> str | Refused:
    if _is_address(value.partition("/")[0]):
        return ADDRESS
    if "*" in value or "/" in value:
        return IndicatorType.DOMAINS  # which will say why it cannot be one
    if not _HOST.fullmatch(value):
        return Refused(reason="the type cannot be told from the value: give it")
    return _guessed_dotted(value.lower().rstrip(".").partition(":")[0].split("."))


def _guessed_dotted(words: list[str]) -> str | Refused:
    if words[-1] in FILE_ENDINGS:
        return IndicatorType.FILE_NAMES
    if words[0] not in PACKAGE_STARTS:
        return IndicatorType.DOMAINS
    if len(words) > 2 and words[-1] not in HOST_ENDINGS:  # noqa: PLR2004 - com.example is too short for an app id
        return IndicatorType.APP_IDS
    return Refused(reason="could be a domain or an app id: give the type")


def _is_address(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True
