"""The value index: every distinct comparable term of a scan with where it stood, kept beside the results.

It is what the second reader compares with, and what a later recheck asks in place of the phone: both go through
`Hit`s made here. It never leaves the case's folder; `results.sha256` covers it.
"""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from mvtcase.engine.worker.reader.roles import PlaceClass, Role, place_class, role_of
from mvtcase.engine.worker.reader.terms import Sort, Term
from mvtcase_readers.regular import open_untouched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from mvtcase.engine.worker.reader.known import Known, Match
    from mvtcase_readers.values import Place

FILE_NAME = "values.jsonl.gz"
FORMAT = "mvtcase-values/1"
MAX_VALUES = 2_000_000
MAX_PLACES, MAX_HIT_PLACES = 400, 5_000
PER_FILE, HITS_PER_FILE = 20, 500
"""Distinct terms that are kept, and places of each: in all, and in one file, class and role of place.

The first place is not enough: a message may name in passing what a later one of the same file leads to. Of a term that
is an indicator many more are looked at. A term with more places than are kept says so to a later recheck.
"""

MAX_LINE = 1 << 20
LONG_LIVED = (PlaceClass.MESSAGE, PlaceClass.HISTORY)
"""Places in which each row or message is judged by itself."""

BARE = 3
"""Letters that may stand around a term that stands alone."""

_ENCODE = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
_PACKED, _TOGETHER = 3, 500
"""How hard gzip tries, and terms that are packed at once."""

_HARMLESS = "\x01"
"""Stands after the letter of a term that was written to be harmless."""


class Spot(NamedTuple):
    """Where a term stood: the file's number, what the place shows, and what a person needs to open it there."""

    file: int
    place_class: str
    role: str
    inside: str = ""
    table: str = ""
    row: int | str | None = None
    column: str = ""
    key: str = ""
    offset: int | None = None
    undone: str = ""
    bare: bool | None = None
    """Whether the term stood there alone, without a text around it; None where it did not."""


class Hit(NamedTuple):
    """A term that is an indicator, at one spot; `context` is empty where only the index remembers the place."""

    term: Term
    match: Match
    spot: Spot


Where = tuple[int, PlaceClass, Role]
"""The file, the class of the place and its role: what of a place tells it from others."""

_NOWHERE: Where = (-1, PlaceClass.UNKNOWN, Role.FREE)
_TABLE = 4


@dataclass(slots=True)
class Entry:
    """What the index holds of a term: the indicators that it is, and where it stood."""

    matches: tuple[Match, ...]
    last: Where
    spots: list[tuple[Any, ...]]
    """Each as a `Spot`; of what is no indicator, of which there are millions, without its empty end."""
    here: int = 0
    is_cut: bool = False
    """Whether places were left out that a comparison could tell from those that were kept."""

    def takes(self, where: Where) -> bool:
        """Return whether another place in this file, class and role of place is kept, and count it."""
        self.here = self.here + 1 if self.last == where else 1
        self.last = where
        in_all, in_file = (MAX_HIT_PLACES, HITS_PER_FILE) if self.matches else (MAX_PLACES, PER_FILE)
        if self.here <= in_file and len(self.spots) < in_all:
            return True
        # Lines of a file that is no table and keeps no messages are all judged alike.
        self.is_cut = self.is_cut or self.here <= in_file or any(self.spots[-1][_TABLE:][:1]) or where[1] in LONG_LIVED
        return False


@dataclass(slots=True)
class ValueIndex:
    """The terms seen so far; comparing happens once for each distinct term."""

    known: Known
    entries: dict[str, Entry] = field(default_factory=dict)
    unkept: int = 0

    def see(self, term: Term, file: int, path: str, role: str, place: Callable[[], Place]) -> Iterator[Hit]:
        """Take in a term at a place and yield what it hits there, as long as the bounds on places are kept."""
        entry, found = self.entry(term), place_class(path, "", role)
        if entry.takes((file, found, role_of(role))):
            yield from self.put(entry, term, file, found, role, place())

    def entry(self, term: Term) -> Entry:
        """Return what the index holds of a term, made and compared when it is the first time."""
        key = term.sort + (_HARMLESS + term.text if term.defanged else term.text)
        return self.entries.get(key) or self._new(key, term)

    def put(
        self, entry: Entry, term: Term, file: int, found: PlaceClass, role: str, place: Place, *, alone: bool = True
    ) -> Iterator[Hit]:
        """Keep a place of a term, whose text stands there `alone` or not, and yield what it hits."""
        spot = _spot(file, found, role, place, term, alone=alone)
        entry.spots.append(spot if entry.matches else _packed(spot))
        for match in entry.matches:
            yield Hit(term, match, spot)

    def _new(self, key: str, term: Term) -> Entry:
        entry = Entry(tuple(self.known.matches(term)), _NOWHERE, [])
        if len(self.entries) < MAX_VALUES:
            self.entries[key] = entry
        else:
            self.unkept += 1
        return entry

    def write(self, path: Path, files: Iterable[tuple[str, str]], facts: dict[str, Any]) -> None:
        """Write the index as lines of JSON: what it is, the files, then each term with its spots."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(path, flags, 0o600), "wb") as raw, gzip.GzipFile("", "wb", _PACKED, raw, 0) as packed:
            _put(packed, {"format": FORMAT, "unkept": self.unkept, **facts})
            _put(packed, [list(each) for each in files])
            keys = sorted(self.entries)
            for start in range(0, len(keys), _TOGETHER):
                _put(packed, *map(self._stored, keys[start : start + _TOGETHER]))

    def _stored(self, key: str) -> list[object]:
        entry = self.entries[key]
        return [key, [_packed(spot) for spot in entry.spots], *([1] if entry.is_cut else [])]


class StoredIndexError(Exception):
    """There is no value index, or what stands in its place is none."""


@dataclass(slots=True)
class StoredIndex:
    """A value index as an earlier scan left it."""

    path: Path
    facts: dict[str, Any] = field(default_factory=dict)
    files: list[tuple[str, str]] = field(default_factory=list)
    cut: dict[str, None] = field(default_factory=dict)
    """Indicators that stood in more places than are kept."""

    def hits(self, known: Known) -> Iterator[Hit]:
        """Yield what the stored terms hit. Raises `StoredIndexError` when the file is missing or damaged."""
        try:
            with os.fdopen(open_untouched(self.path), "rb") as raw, gzip.GzipFile(fileobj=raw) as packed:
                yield from self._read(packed, known)
        except (OSError, EOFError, ValueError, TypeError, LookupError, RecursionError) as error:
            # An error of the system names the whole path, which is nobody's business in a report.
            told = error.strerror if isinstance(error, OSError) else str(error)
            raise StoredIndexError(f"{type(error).__name__}: {told}") from error

    def _read(self, packed: gzip.GzipFile, known: Known) -> Iterator[Hit]:
        self.facts = dict(json.loads(packed.readline(MAX_LINE)))
        if self.facts.get("format") != FORMAT:
            raise ValueError("not in the form that this release reads")
        self.files = [(str(name), str(place)) for name, place in json.loads(packed.readline(MAX_LINE * 512))]
        while line := packed.readline(MAX_LINE):
            key, spots, *cut = json.loads(line)
            term = _term(str(key))
            for match in known.matches(term):
                if cut:
                    self.cut[str(match.indicator["value"])] = None
                yield from (Hit(term, match, Spot(*spot)) for spot in spots if 0 <= spot[0] < len(self.files))


def _term(key: str) -> Term:
    sort, text = Sort(key[0]), key[1:]
    return Term(sort, text.removeprefix(_HARMLESS), defanged=text.startswith(_HARMLESS))


def _spot(file: int, found: PlaceClass, role: str, place: Place, term: Term, *, alone: bool) -> Spot:
    return Spot(
        file, found, role, place.inside[:500], place.table[:200], place.row, place.column[:200], place.key[:500],
        place.offset, term.undone, (alone and len(term.context) <= len(term.text) + BARE) or None,
    )  # fmt: skip


def _packed(spot: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a spot without the empty end that most have."""
    end = len(spot)
    while end > 3 and (spot[end - 1] is None or spot[end - 1] == ""):  # noqa: PLR2004 - file, class and role always stand there
        end -= 1
    return spot[:end]


def _put(packed: gzip.GzipFile, *contents: object) -> None:
    packed.write(b"".join(_ENCODE(content).encode("ascii") + b"\n" for content in contents))
