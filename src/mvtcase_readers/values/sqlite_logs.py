"""SQLite's write-ahead logs and rollback journals: every page image in them, committed, overwritten, left over or not.

Facts: <https://www.sqlite.org/fileformat2.html>, sections 3 (the rollback journal) and 4 (the write-ahead log).
"""

from __future__ import annotations

import dataclasses
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .shapes import Extent
from .sqlite_live import tables_of_file
from .sqlite_pages import REMNANT, Finder, Pages, first_bytes, owners_of
from .sqlite_records import KINDS, WITH_RECORDS, Layout, head_of, slack_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .contents import Content
    from .shapes import Place
    from .walk import Walk

WAL_MARKS = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")
JOURNAL_MARK = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
_WAL_HEADER, _FRAME_HEADER = 32, 24
_JOURNAL_HEADER = struct.Struct(">8xIIIII")
_PAGE_SIZES = tuple(1 << bits for bits in range(9, 17))


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A page image in a log: the page's number, where the image stands, and whether it ends a transaction."""

    page: int
    offset: int
    commits: bool = False


def read_wal(walk: Walk, content: Content, place: Place) -> str:
    """Give the records of all frames of a write-ahead log, and what else stands in them."""
    size = int.from_bytes(content.head[8:12], "big")
    _Log(walk, content, place, size).read(list(_frames(content, _checked(size))))
    if (content.size - _WAL_HEADER) % (size + _FRAME_HEADER):
        walk.limit(Extent.DAMAGED, "the last frame is cut")
        walk.skim_bytes(content.at(content.size - (content.size - _WAL_HEADER) % (size + _FRAME_HEADER), size), place)
    return ""


def _checked(size: int) -> int:
    if size not in _PAGE_SIZES:
        raise ValueError("a page size that cannot be")
    return size


def _frames(content: Content, size: int) -> Iterator[Image]:
    for offset in range(_WAL_HEADER, content.size - size - _FRAME_HEADER + 1, size + _FRAME_HEADER):
        number, pages = struct.unpack(">II", content.at(offset, 8))
        yield Image(page=number, offset=offset + _FRAME_HEADER, commits=pages > 0)


def read_journal(walk: Walk, content: Content, place: Place) -> str:
    """Give the records of all page images of a rollback journal: the database as it was before."""
    *_, size = _JOURNAL_HEADER.unpack_from(content.head)
    _Log(walk, content, place, _checked(size)).read(list(_originals(content, size)))
    return ""


def _originals(content: Content, size: int) -> Iterator[Image]:
    offset = 0
    while offset + _JOURNAL_HEADER.size <= content.size:
        head = content.at(offset, _JOURNAL_HEADER.size)
        sector = max(512, _JOURNAL_HEADER.unpack(head)[3]) if head.startswith(JOURNAL_MARK) else 0
        if sector:
            offset += sector
        number = int.from_bytes(content.at(offset, 4), "big")
        # A segment ends on a sector's boundary; the next begins with the mark.
        if content.at(offset, len(JOURNAL_MARK)) == JOURNAL_MARK:
            continue
        if not number or offset + size + 8 > content.size:
            following = -(-(offset + 1) // 512) * 512
            offset = following if following + size < content.size else content.size
            continue
        yield Image(page=number, offset=offset + 4)
        offset += size + 8


@dataclass(slots=True)
class _Log:
    """One log on its way, over the database that it belongs to where that is at hand."""

    walk: Walk
    content: Content
    place: Place
    size: int
    overlay: dict[int, int] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)
    base: Pages | None = None

    def read(self, images: list[Image]) -> None:
        """Give the records of all images, each seen together with those of its own transaction."""
        database = self.content.beside("")
        try:
            finder = self._finder(database)
            layout = self._layout(images)
            self._records(images, layout, finder)
            self._others(images)
        finally:
            if database is not None:
                database.close()

    def _finder(self, database: Content | None) -> Finder:
        finder = Finder(self.walk, self.place)
        if database is not None and database.head[16:18] == (self.size & 0xFFFF or 1).to_bytes(2, "big"):
            self.base = Pages(database, self.size)
            finder.owners = owners_of(self.base, tables_of_file(database), first_bytes(self.base))
        return finder

    def _layout(self, images: list[Image]) -> Layout:
        if self.base is not None:
            return dataclasses.replace(self.base.layout, page=self._page)
        first = next((image for image in images if image.page == 1), None)
        head = self.content.at(first.offset, 100) if first else b"\0" * 100
        encoding = {2: "utf-16-le", 3: "utf-16-be"}.get(int.from_bytes(head[56:60], "big"), "utf-8")
        return Layout(usable=self.size - head[20], encoding=encoding, page=self._page)

    def _page(self, number: int) -> bytes:
        offset = self.overlay.get(number)
        if offset is not None:
            self.used.add(offset)
            return self.content.at(offset, self.size)
        return self.base.page(number) if self.base is not None else b""

    def _records(self, images: list[Image], layout: Layout, finder: Finder) -> None:
        seen: set[bytes] = set()
        waiting: list[Image] = []
        for image in images:
            self.overlay[image.page] = image.offset
            waiting.append(image)
            if image.commits or image is images[-1]:
                for one in waiting:
                    page = self.content.at(one.offset, self.size)
                    first = one.page == 1
                    if page[100 if first else 0] in WITH_RECORDS:
                        finder.give((one.page, record) for record in layout.records(page, first=first, seen=seen))
                    self.walk.progress(self.size)
                waiting.clear()

    def _others(self, images: list[Image]) -> None:
        """Give the runs of unused parts, and of images that are no b-tree page and that no record led to."""
        seen: set[bytes] = set()
        for image in images:
            page = self.content.at(image.offset, self.size)
            first = image.page == 1
            head = head_of(page, first=first) if page[100 if first else 0] in KINDS else None
            parts = slack_of(page, head) if head else [] if image.offset in self.used else [(0, page)]
            for offset, part in parts:
                if part not in seen:
                    seen.add(part)
                    here = self.place._replace(table=f"(page {image.page})")
                    self.walk.skim_bytes(part, here, image.offset + offset, role=REMNANT)
