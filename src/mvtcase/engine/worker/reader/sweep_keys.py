"""What the sweep looks for, and when a string it finds is the indicator and not a part of something longer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.engine.safe_json import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mvtcase.matchset import Collection, MatchSet
    from mvtcase.model import EvidenceKind, Json

SHORTEST = 5
SHORTEST_NAME = 8
LONGEST = 512
"""Bytes of the shortest domain and of the shortest name of a process or app that are looked for, and of the longest of
all: shorter names are words that stand in any phone."""

NEEDS_TEXT_AROUND = 8
"""A value shorter than this must stand in text: random bytes of a film or photo spell it now and then."""

TYPES = ("urls", "emails", "domains", "app_ids", "file_paths", "processes")
_NAMES = frozenset({"app_ids", "file_paths", "processes"})

STOCK_NAMES = frozenset({"gatekeeperd", "diagnosticd", "com.apple.webkit.networking", "usereventagent", "backupagent"})
"""Names that sets list because an implant hid behind them, and that every phone carries in their right place."""

_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_")
_HOST = _WORD | frozenset(b"-")
_NAME = _HOST | frozenset(b".")
_MAIL = _NAME | frozenset(b"%+")
_PATH = _NAME | frozenset(b"/")
_BEFORE: Mapping[str, frozenset[int]] = {
    "urls": _WORD,
    "emails": _MAIL,
    "domains": _HOST,
    "app_ids": _NAME,
    "file_paths": _PATH,
    "processes": _NAME,
}
"""Lower-case bytes before a hit that make it a part of something longer."""

_AFTER: Mapping[str, frozenset[int]] = {
    "urls": _HOST,
    "emails": _HOST,
    "domains": _HOST,
    # Android's folder of an app is its id, a hyphen and noise.
    "app_ids": _WORD,
    "file_paths": _HOST,
    "processes": _HOST,
}
_TEXT = frozenset(range(0x20, 0x7F)) | frozenset(b"\t\r\n\0")
_HEX = frozenset(b"0123456789abcdef")
_CONTEXT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One indicator to look for: its value as the set has it, its type, and what an alert says of it."""

    value: str
    type: str
    fields: Mapping[str, Json]


def keys_of(matchset: MatchSet, set_names: Mapping[str, str], kind: EvidenceKind) -> dict[bytes, Key]:
    """Return the indicators to look for by their lower-case bytes; of equal ones the first stands, as in MVT."""
    del kind
    found: dict[bytes, Key] = {}
    for type_ in TYPES:
        for collection in matchset.collections:
            for key, needle in _needles(collection, type_, set_names):
                found.setdefault(needle, key)
    return found


def _needles(collection: Collection, type_: str, set_names: Mapping[str, str]) -> Iterator[tuple[Key, bytes]]:
    for value in collection.values.get(type_, ()):
        needle = value.strip().rstrip("/").lower().encode("utf-8", "backslashreplace")
        if _is_sought(needle, type_):
            fields: dict[str, Json] = {
                "value": safe_text(value),
                "type": type_,
                "family": safe_text(collection.name),
                "set": set_names.get(collection.file_name, safe_text(collection.file_name)),
            }
            yield Key(value=value, type=type_, fields=fields), needle


def _is_sought(needle: bytes, type_: str) -> bool:
    least = SHORTEST_NAME if type_ in _NAMES else SHORTEST
    if not least <= len(needle) <= LONGEST or needle.split() != [needle]:
        return False
    # An app id without a dot is a word, a path without two parts is a folder of every phone.
    if type_ == "app_ids":
        return b"." in needle
    return needle.count(b"/") > 1 if type_ == "file_paths" else needle.decode("utf-8", "replace") not in STOCK_NAMES


def stands_alone(text: bytes, start: int, end: int, type_: str) -> bool:
    """Return whether the bytes from start to end are the whole of a name, host, address or path, in capitals or not."""
    if end - start < NEEDS_TEXT_AROUND and not _in_text(text, start, end):
        return False
    around = text[max(0, start - 8) : start].lower(), text[end : end + 2].lower()
    in_list = start > 0 and text[start - 1] == _PLIST_STRING + end - start and end - start < _PLIST_LONG
    if type_ == "processes" and not in_list and not _is_named(*around):
        return False
    return (in_list or _begins(around[0], type_)) and _ends(around[1], type_)


def _is_named(before: bytes, after: bytes) -> bool:
    """Return whether a name stands where programs are named, and not as a word of a text: many are words."""
    left, right = before[-1:], after[:1]
    # In a path, before a process id, alone between marks, and last in the line of a process table.
    return (
        left == b"/"
        or right == b"["
        or (left in _MARKS and right in _MARKS)
        or (left in _BLANKS and right in _LINE_ENDS)
    )


_MARKS = frozenset({b"", b"\0", b"\n", b"\r", b'"', b"'", b"<", b">"})
_BLANKS = frozenset({b" ", b"\t"})
_LINE_ENDS = frozenset({b"", b"\n", b"\r"})
_PLIST_STRING, _PLIST_LONG = 0x50, 15
"""The byte before a short text in a binary property list is this and its length, which looks like a letter."""


def _begins(text: bytes, type_: str) -> bool:
    start = len(text)
    if start == 0 or text[start - 1] not in _BEFORE[type_]:
        return True
    # `%2fhost`, `\u002fhost` and `\nhost`: the byte before is the end of an escape.
    before = text[max(0, start - 6) : start]
    percent = len(before) > 2 and before[-3] == ord("%") and {*before[-2:]} <= _HEX  # noqa: PLR2004 - `%2f`
    return percent or before[-6:-4] == b"\\u" or before[-2:] in {b"\\n", b"\\r", b"\\t"}


def _ends(text: bytes, type_: str) -> bool:
    if not text:
        return True
    if text[0] == ord("."):
        # A full stop ends a sentence, a dot before another label goes on.
        return len(text) == 1 or text[1] not in _HOST
    return text[0] not in _AFTER[type_]


def _in_text(text: bytes, start: int, end: int) -> bool:
    around = text[max(0, start - _CONTEXT) : start] + text[end : end + _CONTEXT]
    return _TEXT.issuperset(around)
