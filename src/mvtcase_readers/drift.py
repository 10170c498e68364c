"""Whether evidence is laid out as the readers expect: files of unknown names beside known ones, new forms, new columns.

Tools and phones move on, and a reader that finds nothing under the old name says nothing. What is told here is no gap:
it is what the people who write the readers should hear.
"""

from __future__ import annotations

import fnmatch
import itertools
import json
import os
import re
import sqlite3
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from .regular import UnreadableError, read_head
from .sqlite import HEADER, opened, quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

MAX_NAMES = 5_000
MAX_DRIFTS = 50
HEAD_BYTES = 64 << 10
MAX_RECORDS_BYTES = 1 << 20
"""First bytes of a list of records that are looked at."""

RECORDS_LOOKED_AT = 200
"""Records of a list whose keys are looked at."""


class DriftKind(str, Enum):
    """In what way something is not as the table says."""

    FILE = "file"
    FORM = "form"
    COLUMN = "column"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One thing that is not as the table says: the file, and what of it."""

    kind: DriftKind
    file: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of one kind of evidence, by its place in the evidence (`fnmatch` patterns, folders apart).

    `names` are the names in a folder, told only where one of them is there; `starts` an expression for a file's first
    bytes; `columns` those of a table ("" for records of JSON and for the first line of a text).
    """

    names: Mapping[str, Collection[str]]
    starts: Mapping[str, bytes]
    columns: Mapping[tuple[str, str], frozenset[str]]


def drifts(root: Path, known: Known) -> list[Drift]:
    """Return what in a folder of evidence is not as the table says, at most `MAX_DRIFTS`; never raises on a file."""
    found = itertools.chain(_unknown_names(root, known), _new_forms(root, known), _new_columns(root, known))
    return list(itertools.islice(found, MAX_DRIFTS))


def _unknown_names(root: Path, known: Known) -> Iterator[Drift]:
    for folder, patterns in known.names.items():
        names = _names(root / folder)
        unknown = [name for name in names if not any(fnmatch.fnmatchcase(name, each) for each in patterns)]
        if len(unknown) < len(names):
            for name in unknown:
                yield Drift(kind=DriftKind.FILE, file=f"{folder}/{name}" if folder else name, what="unknown name")


def _names(folder: Path) -> list[str]:
    """Return the names of the files and folders in a folder, without what systems leave behind everywhere."""
    try:
        with os.scandir(folder) as entries:
            found = [each.name for each in itertools.islice(entries, MAX_NAMES)]
    except OSError:
        return []
    return sorted(name for name in found if not name.startswith("._") and name not in {".DS_Store", "Thumbs.db"})


def _new_forms(root: Path, known: Known) -> Iterator[Drift]:
    for place, start in known.starts.items():
        data = _head(root / place, HEAD_BYTES)
        if data.strip() and not re.match(start, data.lstrip(b"\xef\xbb\xbf \t\r\n")):
            yield Drift(kind=DriftKind.FORM, file=place, what=f"begins {data[:24]!r}")


def _head(path: Path, limit: int) -> bytes:
    try:
        return read_head(path, limit)
    except (OSError, UnreadableError):
        return b""


def _new_columns(root: Path, known: Known) -> Iterator[Drift]:
    for (place, table), columns in known.columns.items():
        found = _columns_of(root / place, table)
        for name in sorted({name for name in found if name.lower() not in columns}):
            yield Drift(kind=DriftKind.COLUMN, file=place, what=f"{table}.{name}" if table else name)


def _columns_of(path: Path, table: str) -> set[str]:
    if table:
        return _table_columns(path, table)
    data = _head(path, MAX_RECORDS_BYTES)
    if data.lstrip()[:1] in {b"[", b"{"}:
        return _record_keys(data)
    return set(data.split(b"\n", 1)[0].decode("utf-8", "replace").split())


def _table_columns(path: Path, table: str) -> set[str]:
    if _head(path, len(HEADER)) != HEADER:
        return set()
    try:
        with opened(path) as connection:
            return {str(row[1]) for row in connection.execute(f"PRAGMA table_info({quoted(table)})")}
    except (sqlite3.Error, OSError, UnreadableError):
        return set()


def _record_keys(data: bytes) -> set[str]:
    """Return the keys of the first records of a list, or of the record or lines of records that a file begins with."""
    text = data.decode("utf-8", "replace")
    decoder, keys, at = json.JSONDecoder(), set[str](), 0
    for _ in range(RECORDS_LOOKED_AT):
        at = text.find("{", at)
        if at < 0:
            break
        try:
            record, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        keys.update(map(str, record))
    return keys
