"""The walk through one file: what opens what, within which bounds, and how far each container was read."""

from __future__ import annotations

import csv
import dataclasses
import lzma
import re
import sqlite3
import struct
import tarfile
import zipfile
import zlib
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .contents import PIECE, BoundError, Content, Readable, spooled
from .runs import LEAST, LEAST_IN_BULK, NAME_ALONE, runs, whole_in
from .shapes import DIGESTS, Batch, Bounds, Extent, Place, Reading, worst

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BROKEN = (
    *(ValueError, LookupError, ArithmeticError, EOFError, OSError, RuntimeError, TypeError, MemoryError, struct.error),
    *(csv.Error, zlib.error, lzma.LZMAError, sqlite3.Error, tarfile.TarError, zipfile.BadZipFile),
)
"""What taking apart damaged bytes raises, from our own readers and the libraries'."""

_BULK = 1 << 20
_OVERLAP = 4096
_POOLED = 2048
_TOLD_IN_BULK = 8
"""Letters of a run in a large file that are worth a look at what stands around them."""
_LARGE = 256
_LEAST_DIGEST, _OF_DIGESTS = 16, re.compile(r"md5|hash|digest|checksum", re.IGNORECASE)
"""The length of an MD5, and what columns and keys are called that hold one."""
_LEAST_FILE, _LEAST_PICTURE = 256, 64 << 10
_NO_FILES = frozenset({"typedstream", "bplist", "protobuf", "text or protobuf", "json", "jpeg", "png", "gif", "riff"})
"""What databases hold by the thousand: records of apps, and small pictures."""


class LockedError(Exception):
    """A container is encrypted."""


class UnknownFormError(Exception):
    """A container is of a known form that nobody here can take apart; the text names it."""


class _OutsideError(BaseException):
    """Something that a function of the caller raised: it passes all readers and comes out as it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One form of container and who takes it apart; `extent` is how far that goes when nothing stands in its way.

    `read` gives the values to the walk and returns a note. It may raise whatever `BROKEN` names, `BoundError`,
    `LockedError` or `UnknownFormError`: the container's bytes are skimmed then.
    """

    name: str
    read: Callable[[Walk, Content, Place], str]
    extent: Extent = Extent.FULL


@dataclass(slots=True, kw_only=True)
class Walk:
    """One file on its way: what may still be unfolded, and where values and readings go."""

    bounds: Bounds
    on_bytes: Callable[[int], None]
    on_batch: Callable[[Batch], None]
    on_reading: Callable[[str, Reading], None]
    form_of: Callable[[Content], Form]
    on_file: Callable[[Content, Place], None] | None = None
    left: int = 0
    members: int = 0
    depth: int = 0
    given: int = 0
    told: int = 0
    limits: list[tuple[Extent, str]] = field(default_factory=list)
    """Why the container at hand is not read in full, as far as known."""
    cells: dict[tuple[str, str, str, str, Extent], tuple[int, int, str]] = field(default_factory=dict)
    """What was read in cells and texts, by column, form and extent."""
    _pools: dict[bool, _Pool] = field(default_factory=lambda: {True: _Pool(), False: _Pool()})

    def file(self, content: Content) -> Reading:
        """Read a whole file, give what it holds, and return how far it was read."""
        self.left = min(self.bounds.most_unfolded, max(self.bounds.least_unfolded, self.bounds.ratio * content.size))
        self.members = self.bounds.members
        try:
            reading = self.open(content, Place())
            self._flush()
            for (inside, table, column, form, extent), (count, values, note) in self.cells.items():
                place = Place(inside=inside, table=table, column=column)
                self.say(place, Reading(form=form, extent=extent, values=values, note=note, count=count))
            self.tick(max(0, content.size - self.told))
        except _OutsideError as error:
            raise (error.__cause__ or error) from None
        return reading

    def tick(self, count: int = 0) -> None:
        """Tell the caller that so many more bytes of the file itself were read; he may stop everything here."""
        self.told += count
        self._outside(self.on_bytes, count)

    def spend(self, count: int) -> None:
        """Count unfolded bytes. Raises `BoundError` when there are too many."""
        self.left -= count
        if self.left < 0:
            raise BoundError("it unfolds beyond all bounds")
        self.tick()

    def limit(self, extent: Extent, note: str) -> None:
        """Note that the container at hand is not read in full, and why."""
        self.limits.append((extent, note))

    def give(self, batch: Batch) -> None:
        """Give texts to the caller; small batches are put together first."""
        self.given += len(batch.texts)
        if len(batch.texts) >= _LARGE:
            self._outside(self.on_batch, batch)
        elif batch.texts:
            inside, pool = batch.place(0).inside, self._pools[batch.whole]
            if pool.texts and pool.inside != inside:
                self._flush()
                pool = self._pools[batch.whole]
            pool.inside = inside
            pool.add(batch)
            if len(pool.texts) >= _POOLED or pool.characters > _BULK:
                self._flush()

    def one(self, text: str, place: Place, role: str = "") -> None:
        """Give a single text."""
        self.give(Batch(texts=(text,), place=lambda _: place, role=role.lower()))

    def _flush(self) -> None:
        for whole, pool in self._pools.items():
            if pool.texts:
                self._outside(self.on_batch, pool.batch(whole=whole))
                self._pools[whole] = _Pool()

    def say(self, place: Place, reading: Reading) -> None:
        """Tell the caller how far a container was read."""
        self._outside(self.on_reading, shown(place), reading)

    def _outside(self, function: Callable[..., None], *arguments: object) -> None:
        try:
            function(*arguments)
        except BaseException as error:
            raise _OutsideError from error

    def member(self, stream: Readable, place: Place, beside: Callable[[str], Content | None] | None = None) -> Reading:
        """Read what a stream gives as a container of its own and tell the caller how far.

        Raises `BoundError` when a bound of the whole file is reached.
        """
        self.members -= 1
        if self.members < 0:
            raise BoundError("too many members")
        content = spooled(stream, self.spend, self.bounds.held)
        content.beside_of = beside
        if content.cut is None:
            self.whole(content, place)
        try:
            reading = self.open(content, place)
        finally:
            content.close()
        if content.cut is not None:
            extent = Extent.BOUNDED if isinstance(content.cut, BoundError) else Extent.DAMAGED
            reading = dataclasses.replace(reading, extent=worst((reading.extent, extent)), note=said(content.cut))
        self.say(place, reading)
        if isinstance(content.cut, BoundError):
            raise content.cut
        return reading

    def whole(self, content: Content, place: Place) -> None:
        """Tell the caller of a whole file that stands in a container: its hash may be known."""
        if self.on_file is not None:
            self._outside(self.on_file, content, place)

    def nested(self, data: bytes, place: Place) -> Reading:
        """Read bytes that stand in a container as a container of their own and tell the caller how far."""
        reading = self.open(Content(data), place)
        self.say(place, reading)
        return reading

    def cell(self, content: Content, place: Place, *, form: Form | None = None, is_text: bool = False) -> Reading:
        """Read a small container of many alike; the caller hears once of all in a column, at the end of the file.

        A text that was given as such is not damaged when it turns out to be no JSON or markup. A blob as long as a
        hash is given as one too: iOS keeps the hashes of trusted certificates so (Apple's TrustStore.sqlite3). What is
        no record of an app may be a file that was loaded (Apple's Cache.db): its own hash may be known.
        """
        called = content.size == _LEAST_DIGEST and _OF_DIGESTS.search(place.column or place.key)
        if not is_text and (content.size in DIGESTS or called):
            self.one(content.at(0, content.size).hex(), place)
        form = form or self.form_of(content)
        least = _LEAST_PICTURE if form.name in _NO_FILES else _LEAST_FILE
        if not is_text and content.size >= least:
            self.whole(content, place)
        reading = self.open(content, place, form)
        if not (is_text and reading.extent is Extent.DAMAGED):
            kind = (place.inside, place.table, place.column, reading.form, reading.extent)
            count, values, note = self.cells.get(kind, (0, 0, reading.note))
            self.cells[kind] = (count + 1, values + reading.values, note)
        return reading

    def open(self, content: Content, place: Place, form: Form | None = None) -> Reading:
        """Read a container by what its first bytes say it is."""
        before, limits, self.limits = self.given, self.limits, []
        form = form or self.form_of(content)
        self.depth += 1
        try:
            self._read(form, content, place)
        finally:
            self.depth -= 1
            found, self.limits = self.limits, limits
        extent = worst([form.extent, *(extent for extent, _ in found)])
        note = "; ".join(dict.fromkeys(note for reason, note in found if reason is extent and note))
        return Reading(form=form.name, extent=extent, values=self.given - before, note=note[:500])

    def _read(self, form: Form, content: Content, place: Place) -> None:
        if self.depth > self.bounds.depth:
            self._fallback(content, place, Extent.TOO_DEEP, "inside too many other containers")
            return
        try:
            form.read(self, content, place)
        except LockedError as error:
            self._fallback(content, place, Extent.ENCRYPTED, str(error))
        except UnknownFormError as error:
            self._fallback(content, place, Extent.UNKNOWN_FORM, str(error))
        except BoundError as error:
            self._fallback(content, place, Extent.BOUNDED, str(error))
        except BROKEN as error:
            self._fallback(content, place, Extent.DAMAGED, said(error))

    def _fallback(self, content: Content, place: Place, extent: Extent, note: str) -> None:
        self.limit(extent, note)
        try:
            self.skim(content, place)
        except BROKEN as error:
            self.limit(Extent.UNREADABLE, said(error))

    def skim(self, content: Content, place: Place) -> None:
        """Give the printable runs of a container's bytes, whatever they are."""
        overlap, bulk = b"", content.size > _BULK
        for offset, piece in content.pieces(PIECE):
            self.progress(len(piece))
            self.skim_bytes(overlap + piece, place, offset - len(overlap), bulk=bulk)
            overlap = piece[-_OVERLAP:]

    def progress(self, count: int) -> None:
        """Tell the caller that so many more bytes of the container at hand were read."""
        self.tick(count if self.depth == 1 else 0)

    def skim_bytes(self, data: bytes, place: Place, base: int = 0, *, bulk: bool = False, role: str = "") -> None:
        """Give the printable runs of some bytes that stand at an offset of a place."""
        found = list(runs(data, LEAST_IN_BULK if bulk else LEAST))
        if not found:
            return

        whole: list[tuple[int, str]] = []
        pieces: list[tuple[int, str]] = []
        for offset, text in found:
            sure = whole_in(data, offset, text) if not bulk or len(text) >= _TOLD_IN_BULK else None
            if sure is not None:
                whole.append((offset, sure))
            if sure is None or len(sure) + 1 < len(text):
                pieces.append((offset, text))
        names = [] if role else [each for each in whole if NAME_ALONE.fullmatch(each[1])]
        whole = [each for each in whole if not NAME_ALONE.fullmatch(each[1])] if names else whole
        for part, is_whole, named in ((whole, True, role), (names, True, "program"), (pieces, False, role)):
            self.give(_runs_of(part, place, base, named, whole=is_whole))


def _runs_of(found: list[tuple[int, str]], place: Place, base: int, role: str, *, whole: bool) -> Batch:
    def at(index: int) -> Place:
        return place._replace(offset=base + found[index][0])

    return Batch(texts=[text for _, text in found], place=at, role=role, whole=whole)


@dataclass(slots=True)
class _Pool:
    """Small batches out of one container on their way to the caller, put together so that he searches them at once."""

    texts: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    columns: list[str | None] = field(default_factory=list)
    places: list[Callable[[int], Place]] = field(default_factory=list)
    characters: int = 0
    inside: str = ""

    def add(self, batch: Batch) -> None:
        """Take in a batch."""
        self.starts.append(len(self.texts))
        self.columns.append(batch.column)
        self.places.append(batch.place)
        self.texts.extend(batch.texts)
        self.roles.extend(batch.roles if batch.roles is not None else [batch.role] * len(batch.texts))
        self.characters += sum(map(len, batch.texts))

    def batch(self, *, whole: bool) -> Batch:
        """Return all as one batch."""
        columns = tuple(zip(self.starts, self.columns, strict=True))
        return Batch(texts=self.texts, place=self._place, roles=self.roles, whole=whole, columns=columns)

    def _place(self, index: int) -> Place:
        part = bisect_right(self.starts, index) - 1
        return self.places[part](index - self.starts[part])


def said(error: BaseException) -> str:
    """Return an error in a few words."""
    text = str(error).encode("utf-8", "backslashreplace").decode()[:160]
    return text if isinstance(error, BoundError) else f"{type(error).__name__}: {text}"


def shown(place: Place) -> str:
    """Return a container's place in one line."""
    cell = f"{place.table}.{place.column}" if place.table else ""
    return "!".join(part for part in (place.inside, cell, place.key) if part)


def keyed(texts: Sequence[str], keys: Sequence[str], place: Place, roles: Sequence[str]) -> Batch:
    """Return a batch of texts that stand at key paths below a place."""
    return Batch(texts=texts, place=lambda index: place.at_key(keys[index]), roles=[role.lower() for role in roles])
