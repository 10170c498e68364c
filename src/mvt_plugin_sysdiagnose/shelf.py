"""The records of one source: equal ones merged, their number and size bounded, their texts in a form that prints."""

from __future__ import annotations

import re
from typing import Any, Final

Record = dict[str, Any]
"""One result as MVT stores it. `process`, `path`, `other_paths`, `bundle_id`, `urls` and `profile_ids` are compared."""

MEBIBYTE = 1 << 20

MAX_TEXT_BYTES = 64 * MEBIBYTE
"""Bytes of one text file that are examined; a real spindump or taskinfo has a few MiB."""

MAX_REPORT_BYTES = 24 * MEBIBYTE
"""Bytes of one crash report: parsing JSON costs about ten times its size in memory."""

MAX_PLIST_BYTES = 16 * MEBIBYTE
MAX_DATABASE_BYTES = 128 * MEBIBYTE
"""Bytes of one database, packed or unpacked; a real power log has 10 to 40 MiB."""

MAX_LINE_CHARACTERS = 16_384
MAX_VALUE_CHARACTERS = 1_024
MAX_FILES = 5_000
"""Files of one source that are opened."""

MAX_RECORDS = 50_000
"""Records kept of one source; equal ones are merged before this counts."""

MAX_PLIST_NODES = 200_000
MAX_TABLES = 1_000
MAX_NAMED_PROBLEMS = 50
"""Damaged files named one by one in a source's record; the rest is counted."""

_KEPT_APART: Final = frozenset({"shutdown_event", "shutdown_client", "crash", "profile", "setting_event", "process"})
"""Kinds of which every single one is an event of its own."""

_IDENTITY: Final = ("record", "process", "path", "bundle_id", "role", "table")


class Shelf:
    """A bounded list of records in which equal subjects of the same kind are one record with first and last time."""

    def __init__(self, limit: int = MAX_RECORDS) -> None:
        self.records: list[Record] = []
        self.refused = 0
        self._limit = limit
        self._merged: dict[tuple[object, ...], Record] = {}

    def add(self, record: Record) -> None:
        """Keep a record, merge it with an equal one, or count it as refused when the shelf is full."""
        if record["record"] in _KEPT_APART:
            self._append(record)
            return
        key = (*(record.get(name) for name in _IDENTITY), *record.get("urls", ()))
        kept = self._merged.get(key)
        if kept is not None:
            _merge(kept, record)
        elif self._append(record):
            self._merged[key] = record

    def _append(self, record: Record) -> bool:
        if len(self.records) >= self._limit:
            self.refused += 1
            return False
        self.records.append(record)
        return True


def _merge(kept: Record, record: Record) -> None:
    kept["occurrences"] = kept.get("occurrences", 1) + record.get("occurrences", 1)
    kept["last_seen"] = max(_last(kept), _last(record))
    if record["isodate"] and (not kept["isodate"] or record["isodate"] < kept["isodate"]):
        for name in ("isodate", "time_text", "time_basis"):
            kept[name] = record[name]


def _last(record: Record) -> str:
    return str(record.get("last_seen") or record["isodate"])


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
