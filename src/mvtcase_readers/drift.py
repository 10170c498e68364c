"""Whether evidence is laid out as the readers expect: files of unknown names beside known ones, new forms, new columns.

Tools and phones move on, and a reader that finds nothing under the old name says nothing. What is told here is no gap:
it is what the people who write the readers should hear.
"""

from __future__ import annotations

import fnmatch
import itertools
import json
import re
import zlib
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from .shelves import BROKEN, MAX_KEPT, asked, shelf_of
from .sqlite import HEADER, quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from .shelves import Held, Shelf

MAX_DRIFTS = 50
HEAD_BYTES = 64 << 10
MAX_TEXT = 256 << 20
"""Bytes of a text in which a section is looked for."""

WORDS = {"name": "unknown name", "alike": "begins like {place}, which is missing"}
"""What is said of a file, as sentences of a catalogue; of the rest its name is said."""

MAX_VALUES = 5
"""Unknown values of one column that are named."""

RECORDS_LOOKED_AT = 200
"""Records of a list whose keys are looked at."""


class DriftKind(str, Enum):
    """In what way something is not as the table says."""

    FILE = "file"
    FORM = "form"
    TABLE = "table"
    COLUMN = "column"
    VALUE = "value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One thing that is not as the table says: the file, and what of it."""

    kind: DriftKind
    file: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of one kind of evidence, by its place in the evidence (`fnmatch` patterns, folder by folder).

    `names` are the names in a folder, with a slash behind those of folders; folders are compared in the top folder
    (where one of its names is known) and where one of the names is a folder's. A folder of a backup is called by its
    domain and path. `starts` is an expression for a file's first bytes: one that is missing is looked for under another
    name. `columns` are those of a table: of a database, of the section of a text with that heading, or of records of
    JSON and a text's first line (""); `record.key` is a key of a record inside a record. `tables` are those of a
    database, `values` the numbers that a column of one may hold: another means what nobody here knows. Names are
    compared only beside the file `anchor`, where one is given.
    """

    names: Mapping[str, Collection[str]]
    starts: Mapping[str, bytes]
    columns: Mapping[tuple[str, str], frozenset[str]]
    tables: Mapping[str, Collection[str]] = field(default_factory=dict)
    values: Mapping[tuple[str, str, str], frozenset[int]] = field(default_factory=dict)
    anchor: str = ""


def drifts(root: Path, known: Known) -> list[Drift]:
    """Return what in a folder or archive is not as the table says, at most `MAX_DRIFTS`; never raises on a file."""
    shelf = shelf_of(root, {*known.starts, *(place for place, _ in known.columns)})
    found = itertools.chain(
        _unknown_names(shelf, known),
        _renamed(shelf, known),
        _new_forms(shelf, known),
        _new_tables(shelf, known),
        _new_columns(shelf, known),
        _new_values(shelf, known),
    )
    return list(itertools.islice(found, MAX_DRIFTS))


def _unknown_names(shelf: Shelf, known: Known) -> Iterator[Drift]:
    if known.anchor and not shelf.found(known.anchor):
        return
    for folder, patterns in known.names.items():
        with_folders = not folder or any(each.endswith("/") for each in patterns)
        names = [(place, name) for place, name in _names(shelf, folder) if with_folders or not name.endswith("/")]
        unknown = [(place, name) for place, name in names if not _is_known(name, patterns)]
        if folder or len(unknown) < len(names):
            for place, name in unknown:
                shown = name.rstrip("/")
                yield Drift(kind=DriftKind.FILE, file=f"{place}/{shown}" if place else shown, what=WORDS["name"])


def _is_known(name: str, patterns: Collection[str]) -> bool:
    return any(fnmatch.fnmatchcase(form, each) for each in patterns for form in {name, name.rstrip("/")})


def _names(shelf: Shelf, folder: str) -> list[tuple[str, str]]:
    """Return the names in folders, without what systems leave behind everywhere."""
    left = {".DS_Store", "Thumbs.db"}
    return sorted(each for each in shelf.below(folder) if not each[1].startswith("._") and each[1] not in left)


def _renamed(shelf: Shelf, known: Known) -> Iterator[Drift]:
    """Yield each file that alone begins as a missing one does, in folders whose names are not all known."""
    for place, start in known.starts.items():
        folder, _, _ = place.rpartition("/")
        if folder in known.names or shelf.found(place):
            continue
        others = (f"{at}/{name}" if at else name for at, name in _names(shelf, folder) if not name.endswith("/"))
        alike = [
            held.name
            for other in others
            if other not in known.starts
            for held in shelf.found(other)
            if re.match(start, held.head(len(start) + 3))
        ]
        if len(alike) == 1:
            yield Drift(kind=DriftKind.FILE, file=alike[0], what=WORDS["alike"].format(place=place))


def _new_forms(shelf: Shelf, known: Known) -> Iterator[Drift]:
    for place, start in known.starts.items():
        for held in shelf.found(place):
            data = held.head(HEAD_BYTES)
            if data.strip() and not re.match(start, data.lstrip(b"\xef\xbb\xbf \t\r\n")):
                yield Drift(kind=DriftKind.FORM, file=held.name, what=f"begins {data[:24]!r}")


def _new_tables(shelf: Shelf, known: Known) -> Iterator[Drift]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table'"
    for place, tables in known.tables.items():
        for held in shelf.found(place):
            names = {str(row[0]) for row in asked(held.path, query)} if held.path else set[str]()
            for name in sorted(name for name in names if not _is_known(name, (*tables, "sqlite_*"))):
                yield Drift(kind=DriftKind.TABLE, file=held.name, what=f"table {name}")


def _new_columns(shelf: Shelf, known: Known) -> Iterator[Drift]:
    told = set()
    for (place, table), columns in known.columns.items():
        for held in shelf.found(place):
            for name in sorted({name for name in _columns_of(held, table, columns) if name.lower() not in columns}):
                what = f"{table}.{name}" if table else name
                # A new key stands in the logs of every day.
                if (place, what) not in told:
                    told.add((place, what))
                    yield Drift(kind=DriftKind.COLUMN, file=held.name, what=what)


def _new_values(shelf: Shelf, known: Known) -> Iterator[Drift]:
    for (place, table, column), values in known.values.items():
        name = quoted(column)
        query = f"SELECT DISTINCT {name} FROM {quoted(table)} WHERE {name} IS NOT NULL ORDER BY 1"  # noqa: S608 - ours
        for held in shelf.found(place):
            found = [str(row[0]) for row in asked(held.path, query) if row[0] not in values] if held.path else []
            if found:
                more = f" and {len(found) - MAX_VALUES} more" if len(found) > MAX_VALUES else ""
                shown = ", ".join(each[:40] for each in found[:MAX_VALUES])
                yield Drift(kind=DriftKind.VALUE, file=held.name, what=f"{table}.{column} holds {shown}{more}")


def _columns_of(held: Held, table: str, known: Collection[str]) -> set[str]:
    data = _unpacked(held.head(MAX_KEPT))
    if table and data.startswith(HEADER):
        rows = asked(held.path, f"PRAGMA table_info({quoted(table)})") if held.path else []
        return {str(row[1]) for row in rows}
    if table:
        return _section_columns(held, table)
    if data.lstrip()[:1] in {b"[", b"{"}:
        return _record_keys(data, known)
    return set(data.split(b"\n", 1)[0].decode("utf-8", "replace").split())


def _unpacked(data: bytes) -> bytes:
    """Return what deflated bytes begin with; others as they are."""
    try:
        return zlib.decompressobj().decompress(data, MAX_KEPT)
    except zlib.error:
        return data


def _section_columns(held: Held, heading: str) -> set[str]:
    """Return the words of the line below a section's heading, in a text as dumpstate writes it."""
    wanted = re.compile(rb"^------ " + re.escape(heading.encode()) + rb"\b[^\n]*\n([^\n]*)\n", re.MULTILINE)
    try:
        with held.open() as handle:
            window = b""
            for _ in range(0, MAX_TEXT, MAX_KEPT):
                piece = handle.read(MAX_KEPT)
                window = window[-4096:] + piece
                if not piece or (found := wanted.search(window)):
                    break
    except BROKEN:
        return set()
    return set(found[1].decode("utf-8", "replace").split()) if piece and found else set()


def _record_keys(data: bytes, known: Collection[str]) -> set[str]:
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
        keys.update(_keys(record, known))
    return keys


def _keys(record: Mapping[str, object], known: Collection[str], inside: str = "") -> Iterator[str]:
    """Yield the keys of a record, and of records in it of which keys are known."""
    for key, value in record.items():
        name = f"{inside}{key}"
        yield name
        if isinstance(value, dict) and any(each.startswith(f"{name}.") for each in known):
            yield from _keys(value, known, f"{name}.")
