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

MANIFEST = "Manifest.db"
MAX_NAMES = 5_000
MAX_ROWS = 1_000_000
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

    `names` are the names in a folder: of the top folder, where one of them is there, folders too; of others files
    alone. A folder of a backup is called by its domain and path. `starts` is an expression for a file's first
    bytes: one that is missing is looked for under another name. `columns` are those of a table ("" for records of JSON
    and for the first line of a text).
    """

    names: Mapping[str, Collection[str]]
    starts: Mapping[str, bytes]
    columns: Mapping[tuple[str, str], frozenset[str]]


def drifts(root: Path, known: Known) -> list[Drift]:
    """Return what in a folder of evidence is not as the table says, at most `MAX_DRIFTS`; never raises on a file."""
    found = itertools.chain(
        _unknown_names(root, known), _renamed(root, known), _new_forms(root, known), _new_columns(root, known)
    )
    return list(itertools.islice(found, MAX_DRIFTS))


def _unknown_names(root: Path, known: Known) -> Iterator[Drift]:
    for folder, patterns in known.names.items():
        names = _names(root, folder)
        unknown = [name for name in names if not any(fnmatch.fnmatchcase(name, each) for each in patterns)]
        if folder or len(unknown) < len(names):
            for name in unknown:
                yield Drift(kind=DriftKind.FILE, file=f"{folder}/{name}" if folder else name, what="unknown name")


def _names(root: Path, folder: str) -> list[str]:
    """Return the names in a folder, without what systems leave behind everywhere."""
    try:
        with os.scandir(root / folder) as entries:
            taken = itertools.islice(entries, MAX_NAMES)
            found = [each.name for each in taken if not folder or each.is_file(follow_symlinks=False)]
    except OSError:
        found = _listed(root / MANIFEST, folder) if folder else []
    return sorted(name for name in found if not name.startswith("._") and name not in {".DS_Store", "Thumbs.db"})


def _listed(manifest: Path, folder: str) -> list[str]:
    """Return the names of the files that a backup's list has in a folder of a domain."""
    domain, _, path = folder.partition("/")
    query = "SELECT relativePath FROM Files WHERE domain = ? AND flags = 1 AND relativePath > ? AND relativePath < ?"
    # The letter 0 is the one after the slash.
    rows = _asked(manifest, query, (domain, f"{path}/", f"{path}0"))
    below = (str(row[0]).removeprefix(f"{path}/") for row in rows)
    return [name for name in below if "/" not in name]


def _renamed(root: Path, known: Known) -> Iterator[Drift]:
    """Yield each file that alone begins as a missing one does, in folders whose names are not all known."""
    for place, start in known.starts.items():
        folder, _, _ = place.rpartition("/")
        if folder in known.names or (root / place).exists():
            continue
        others = (f"{folder}/{name}" if folder else name for name in _names(root, folder))
        alike = [
            other
            for other in others
            if other not in known.starts and re.match(start, _head(root / other, len(start) + 3))
        ]
        if len(alike) == 1:
            yield Drift(kind=DriftKind.FILE, file=alike[0], what=f"begins like {place}, which is missing")


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
    return {str(row[1]) for row in _asked(path, f"PRAGMA table_info({quoted(table)})")}


def _asked(path: Path, query: str, values: tuple[str, ...] = ()) -> list[tuple[object, ...]]:
    if _head(path, len(HEADER)) != HEADER:
        return []
    try:
        with opened(path) as connection:
            return connection.execute(query, values).fetchmany(MAX_ROWS)
    except (sqlite3.Error, OSError, UnreadableError):
        return []


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
