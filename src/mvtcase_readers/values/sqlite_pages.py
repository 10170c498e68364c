"""What SQL does not show of a database: freed pages, lost pages, and the parts of pages that belong to no cell."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .contents import PIECE, Content
from .shapes import Batch, Place
from .sqlite_records import (
    FIRST_PAGE_HEADER,
    INDEX_INNER,
    KINDS,
    TABLE_INNER,
    WITH_RECORDS,
    Layout,
    Record,
    head_of,
    remnants_of,
    slack_of,
)
from .texts import give_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from .walk import Walk

_ENCODINGS = {1: "utf-8", 2: "utf-16-le", 3: "utf-16-be"}
_LEAST_PAGE, _MOST_PAGE = 512, 65536
_WAL_HEADER, _FRAME_HEADER = 32, 24
_MOST_REMNANTS = 20_000
_LEAST_BLOB = 4
REMNANT = "remnant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table as records show it: its name, its first page, and its columns in the order in which they are stored."""

    name: str
    root: int
    columns: tuple[str, ...]


@dataclass(slots=True)
class Pages:
    """A database file as pages."""

    content: Content
    size: int
    layout: Layout = field(init=False)

    def __post_init__(self) -> None:
        head = self.content.head
        reserved = head[20] if len(head) >= FIRST_PAGE_HEADER else 0
        encoding = _ENCODINGS.get(int.from_bytes(head[56:60], "big"), "utf-8")
        self.layout = Layout(usable=self.size - reserved, encoding=encoding, page=self.page)

    @property
    def count(self) -> int:
        """Pages of the file, a cut last one included."""
        return -(-self.content.size // self.size)

    def page(self, number: int) -> bytes:
        """Return a page, counted from 1; no bytes where there is none."""
        return self.content.at((number - 1) * self.size, self.size) if 0 < number <= self.count else b""


def page_size(head: bytes) -> int:
    """Return the size of pages that a database's header tells. Raises `ValueError` when it cannot be."""
    size = int.from_bytes(head[16:18], "big")
    size = _MOST_PAGE if size == 1 else size
    if not _LEAST_PAGE <= size <= _MOST_PAGE or size & (size - 1):
        raise ValueError("a page size that cannot be")
    return size


def read_hidden(
    walk: Walk, content: Content, tables: Iterable[Table], place: Place, *, replaced: AbstractSet[int] = frozenset()
) -> None:
    """Give what stands in pages that no table reaches and in the parts of pages that belong to no cell.

    `replaced` are the pages that a write-ahead log hides. Where SQLite could not read all (the walk's `limits` say so),
    every page is read for what it is.
    """
    pages = Pages(content, page_size(content.head))
    hidden = _Hidden(walk, pages, place)
    kinds = hidden.slack()
    hidden.finder.owners = owners_of(pages, tables, kinds)
    hidden.remnants()
    shown = set() if walk.limits else set(hidden.finder.owners) - replaced
    hidden.pages(kinds, shown, _free_pages(pages), everything=bool(walk.limits))


def first_bytes(pages: Pages) -> bytes:
    """Return the byte of every page that says of which kind it is."""
    return b"".join(
        pages.content.at(number * pages.size + (0 if number else FIRST_PAGE_HEADER), 1) for number in range(pages.count)
    )


def owners_of(pages: Pages, tables: Iterable[Table], kinds: bytes) -> dict[int, Table]:
    """Return the b-tree pages that are reached from the tables' first pages, with their tables."""
    schema = Table(name="sqlite_master", root=1, columns=("type", "name", "tbl_name", "rootpage", "sql"))
    owners: dict[int, Table] = {}
    for table in (schema, *tables):
        waiting = [table.root]
        while waiting:
            number = waiting.pop()
            if number in owners or not 0 < number <= len(kinds):
                continue
            owners[number] = table
            if kinds[number - 1] in {TABLE_INNER, INDEX_INNER}:
                waiting.extend(_children(pages, number))
    return owners


def _children(pages: Pages, number: int) -> list[int]:
    page = pages.page(number)
    head = head_of(page, first=number == 1)
    if head is None:
        return []
    pointers = struct.unpack_from(f">{head.cells}H", page, head.pointers)
    last = struct.unpack_from(">I", page, head.pointers - 4)
    return [*last, *(struct.unpack_from(">I", page, at)[0] for at in pointers if at + 4 <= len(page))]


def pages_in_wal(log: Content) -> frozenset[int]:
    """Return the numbers of the pages of which a write-ahead log holds images."""
    size = int.from_bytes(log.head[8:12], "big")
    if not _LEAST_PAGE <= size <= _MOST_PAGE:
        return frozenset()
    offsets = range(_WAL_HEADER, log.size - size, size + _FRAME_HEADER)
    return frozenset(int.from_bytes(log.at(offset, 4), "big") for offset in offsets)


def _free_pages(pages: Pages) -> dict[int, bool]:
    """Return the pages of the list of free ones; true for those that only list others."""
    free: dict[int, bool] = {}
    trunk = int.from_bytes(pages.content.head[32:36], "big")
    while 0 < trunk <= pages.count and trunk not in free:
        free[trunk] = True
        page = pages.page(trunk)
        following, count = struct.unpack_from(">II", page) if len(page) >= 8 else (0, 0)  # noqa: PLR2004 - two numbers
        count = min(count, len(page) // 4 - 2)
        for number in struct.unpack_from(f">{count}I", page, 8) if count > 0 else ():
            free.setdefault(number, False)
        trunk = following
    return free


@dataclass(slots=True)
class Finder:
    """Turns records into values: by the table that owns their page, where that is known."""

    walk: Walk
    place: Place
    owners: Mapping[int, Table] = field(default_factory=dict)

    def give(self, records: Iterable[tuple[int, Record]]) -> None:
        """Give the texts of records with the numbers of their pages, and open their blobs."""
        found = list(records)
        texts: list[str] = []
        where: list[tuple[int, Record, int]] = []
        for page, record in found:
            for column, cell in record.cells:
                if isinstance(cell, str):
                    texts.append(cell)
                    where.append((page, record, column))
                elif len(cell) >= _LEAST_BLOB:
                    self.walk.cell(Content(cell), self.at(page, record, column))
        roles = [self.column(page, column).lower() for page, _, column in where]
        give_texts(self.walk, Batch(texts=texts, place=lambda index: self.at(*where[index]), roles=roles))

    def at(self, page: int, record: Record, column: int) -> Place:
        """Return the place of a record's cell."""
        owner = self.owners.get(page)
        name = f"{owner.name} (page {page})" if owner else f"(page {page})"
        return self.place._replace(table=name, row=record.rowid, column=self.column(page, column))

    def column(self, page: int, number: int) -> str:
        """Return a column's name, or its number where the table is not known."""
        owner = self.owners.get(page)
        return owner.columns[number] if owner and number < len(owner.columns) else f"column {number + 1}"


class _Hidden:
    """One pass over a database's pages."""

    def __init__(self, walk: Walk, pages: Pages, place: Place) -> None:
        self.walk = walk
        self.content = pages.content
        self.view = pages
        self.place = place
        self.finder = Finder(walk, place._replace(inside=_joined(place.inside, "pages")))
        self.parts: list[tuple[int, bytes]] = []

    def slack(self) -> bytes:
        """Give the printable runs in unused parts of all b-tree pages; return the first byte of every page."""
        kinds: list[bytes] = []
        size = self.view.size
        step = max(PIECE // size, 1) * size
        for start in range(0, self.content.size, step):
            piece = self.content.at(start, step)
            self.walk.progress(len(piece))
            kinds.append(
                piece[FIRST_PAGE_HEADER : FIRST_PAGE_HEADER + 1] + piece[size::size] if not start else piece[::size]
            )
            for number, kind in enumerate(kinds[-1], start // size + 1):
                if kind in KINDS:
                    self._page_slack(number, piece[(number - 1) * size - start : number * size - start])
        return b"".join(kinds)

    def _page_slack(self, number: int, page: bytes) -> None:
        head = head_of(page, first=number == 1) if len(page) == self.view.size else None
        if head is None:
            return
        for offset, part in slack_of(page, head):
            self._skim(number, part, offset)
            if len(self.parts) < _MOST_REMNANTS:
                self.parts.append((number, part))

    def _skim(self, number: int, data: bytes, offset: int = 0) -> None:
        place = self.finder.place._replace(table=f"(page {number})")
        self.walk.skim_bytes(data, place, (number - 1) * self.view.size + offset, role=REMNANT)

    def remnants(self) -> None:
        """Give the records that still stand whole in the unused parts."""
        encoding = self.view.layout.encoding
        for number, part in self.parts:
            owner = self.finder.owners.get(number)
            columns = len(owner.columns) if owner else 0
            self.finder.give((number, record) for record in remnants_of(part, encoding, columns))

    def pages(self, kinds: bytes, shown: AbstractSet[int], free: Mapping[int, bool], *, everything: bool) -> None:
        """Give the pages that no table reaches."""
        layout = self.view.layout
        for number, kind in enumerate(kinds, 1):
            if number in shown:
                continue
            if kind in WITH_RECORDS and not free.get(number):
                self.finder.give(
                    (number, record) for record in layout.records(self.view.page(number), first=number == 1)
                )
            elif number in free or everything or self._ends_chain(number):
                page = self.view.page(number)
                self._skim(number, page)
                self.finder.give((number, record) for record in remnants_of(page, layout.encoding, 0))

    def _ends_chain(self, number: int) -> bool:
        """Return whether a page that is no b-tree's is the last of a chain: older bytes may stand after its end."""
        page = self.view.page(number)
        return not any(page[:4]) and any(page[4:])


def _joined(inside: str, step: str) -> str:
    return f"{inside}!{step}" if inside else step
