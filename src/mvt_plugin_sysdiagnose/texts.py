"""Values of the evidence in a form that can be stored, logged and printed."""

from __future__ import annotations

import re

from .bounds import MAX_VALUE_CHARACTERS

_UNPRINTABLE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]")
_TOKEN = re.compile(r"[^\s\"'<>(),;=\[\]{}|]+")
_BUNDLE = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+){2,12}")
_HOST = re.compile(r"(?:[A-Za-z0-9-]{1,63}\.){1,10}[A-Za-z]{2,24}")
_REVERSED = frozenset(
    {"com", "org", "net", "io", "group", "systemgroup", "me", "co", "dev", "app", "jp", "tw", "de", "uk", "ru"}
)

MAX_INTEGER = 2**53


def plain(value: object, limit: int = MAX_VALUE_CHARACTERS) -> str:
    r"""Return a text of at most `limit` characters in which controls, bidi marks and lone surrogates are visible.

    They become `\x1b` or `\udcff`: a terminal, a CSV file and SQLite then take the text as it is.
    """
    text = value if isinstance(value, str) else "" if value is None else str(value)
    text = text[:limit].encode("utf-8", "backslashreplace").decode("utf-8")
    return _UNPRINTABLE.sub(lambda match: f"\\x{ord(match.group()):02x}", text)


def whole_number(value: object) -> int | None:
    """Return a non-negative whole number that every store can hold, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    if isinstance(value, str):
        if not value.isascii() or not value.isdigit() or len(value) > len(str(MAX_INTEGER)):
            return None
        value = int(value)
    return value if 0 <= value <= MAX_INTEGER else None


def tokens(line: str) -> list[str]:
    """Return the words of a log line, split at blanks, quotes and brackets."""
    return _TOKEN.findall(line)


def is_bundle(text: str) -> bool:
    """Tell whether a text reads as a bundle identifier: three labels or more."""
    return len(text) <= MAX_VALUE_CHARACTERS and _BUNDLE.fullmatch(text) is not None


def is_host(text: str) -> bool:
    """Tell whether a text reads as a host name and not as a reversed one, as bundle identifiers are."""
    return (
        len(text) <= 253  # noqa: PLR2004 - the longest host name, RFC 1035
        and _HOST.fullmatch(text) is not None
        and text.split(".", 1)[0].lower() not in _REVERSED
    )


def base_name(path: str) -> str:
    """Return the last component of a path of the phone."""
    return path.rstrip("/").rsplit("/", 1)[-1]
