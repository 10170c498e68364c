"""SQLite's records and cells by its file format, read from pages that SQL does not show.

Facts: <https://www.sqlite.org/fileformat2.html>, sections 1.6 (b-tree pages) and 2.1 (records).
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

INDEX_INNER, TABLE_INNER, INDEX_LEAF, TABLE_LEAF = 0x02, 0x05, 0x0A, 0x0D
KINDS = frozenset({INDEX_INNER, TABLE_INNER, INDEX_LEAF, TABLE_LEAF})
WITH_RECORDS = frozenset({INDEX_INNER, INDEX_LEAF, TABLE_LEAF})
_INNER = frozenset({INDEX_INNER, TABLE_INNER})
FIRST_PAGE_HEADER = 100
_SIZES = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0)
_FIRST_BLOB = 12
_MOST_COLUMNS = 2000
_HEAD = struct.Struct(">BHHH")
_CHILD = 4

Cell = str | bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The header of a b-tree page."""

    kind: int
    free: int
    cells: int
    content: int
    pointers: int
    """Where the array of pointers to the cells begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The texts and blobs of one record with the numbers of their columns, and its rowid where it has one."""

    rowid: int | None
    cells: tuple[tuple[int, Cell], ...]


def head_of(page: bytes, *, first: bool) -> Head | None:
    """Return the header of a b-tree page, None when the page cannot be one."""
    start = FIRST_PAGE_HEADER if first else 0
    kind, free, cells, content = _HEAD.unpack_from(page, start)
    pointers = start + (12 if kind in _INNER else 8)
    if kind not in KINDS or pointers + 2 * cells > len(page) or free >= len(page):
        return None
    return Head(kind=kind, free=free, cells=cells, content=content or 65536, pointers=pointers)


def varint(data: bytes, position: int) -> tuple[int, int]:
    """Return a number of one to nine bytes and where it ends. Raises `IndexError` at the end of the data."""
    value = 0
    for at in range(position, position + 8):
        byte = data[at]
        if byte < 0x80:  # noqa: PLR2004 - the last byte of a number
            return value << 7 | byte, at + 1
        value = value << 7 | byte & 0x7F
    return value << 8 | data[position + 8], position + 9


def record_of(payload: bytes, encoding: str, rowid: int | None) -> Record:
    """Return a record's texts and blobs; a payload that is cut gives those before the cut."""
    size, position = varint(payload, 0)
    body, column = size, 0
    cells: list[tuple[int, Cell]] = []
    while position < size and column < _MOST_COLUMNS:
        kind, position = varint(payload, position)
        if kind >= _FIRST_BLOB:
            end = body + (kind - _FIRST_BLOB) // 2
            raw = payload[body:end]
            if raw:
                cells.append((column, raw.decode(encoding, "replace") if kind & 1 else raw))
            body = end
        else:
            body += _SIZES[kind] if kind < len(_SIZES) else 0
        column += 1
    return Record(rowid=rowid, cells=tuple(cells))


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What every page of a database has in common, and how to follow a payload to its overflow pages."""

    usable: int
    encoding: str
    page: Callable[[int], bytes]

    def records(self, page: bytes, *, first: bool = False, seen: set[bytes] | None = None) -> Iterator[Record]:
        """Yield the records of a page; cells that make no sense are passed over, and those `seen` before."""
        head = head_of(page, first=first)
        if head is None or head.kind not in WITH_RECORDS:
            return
        pointers = struct.unpack_from(f">{head.cells}H", page, head.pointers)
        for start in dict.fromkeys(pointers):
            try:
                payload, rowid = self._payload(page, start, head.kind)
                if seen is not None:
                    if payload in seen:
                        continue
                    seen.add(payload)
                yield record_of(payload, self.encoding, rowid)
            except (IndexError, ValueError, struct.error):
                continue

    def _payload(self, page: bytes, start: int, kind: int) -> tuple[bytes, int | None]:
        position = start + _CHILD if kind == INDEX_INNER else start
        size, position = varint(page, position)
        rowid = None
        if kind == TABLE_LEAF:
            rowid, position = varint(page, position)
        local = self._local(size, kind)
        payload = page[position : position + local]
        if local == size:
            return payload, rowid
        (following,) = struct.unpack_from(">I", page, position + local)
        return payload + self._overflow(following, size - local), rowid

    def _local(self, size: int, kind: int) -> int:
        """Return how many bytes of a payload stand in its own page."""
        most = self.usable - 35 if kind == TABLE_LEAF else (self.usable - 12) * 64 // 255 - 23
        if size <= most:
            return size
        least = (self.usable - 12) * 32 // 255 - 23
        surplus = least + (size - least) % (self.usable - 4)
        return surplus if surplus <= most else least

    def _overflow(self, number: int, size: int) -> bytes:
        """Return up to so many bytes of a chain of overflow pages; one that comes back to itself ends there."""
        parts: list[bytes] = []
        seen: set[int] = set()
        while number and size > 0 and number not in seen:
            seen.add(number)
            page = self.page(number)
            if len(page) < _CHILD:
                break
            parts.append(page[_CHILD : min(self.usable, _CHILD + size)])
            size -= len(parts[-1])
            number = int.from_bytes(page[:_CHILD], "big")
        return b"".join(parts)


def slack_of(page: bytes, head: Head) -> list[tuple[int, bytes]]:
    """Return the parts of a b-tree page that belong to no cell, with their offsets, where they are not all zeros."""
    start = head.pointers + 2 * head.cells
    parts = [(start, page[start : head.content])] if head.content > start else []
    block, seen = head.free, 0
    while block and block + _CHILD <= len(page) and seen < len(page):
        following, size = struct.unpack_from(">HH", page, block)
        parts.append((block, page[block : block + size]))
        if following <= block:
            break
        block, seen = following, seen + _CHILD
    return [(offset, part) for offset, part in parts if part.strip(b"\0")]


_RUN = re.compile(rb"[\x20-\x7e\x80-\xff]{4,}|(?:[\x20-\x7e]\0){4,}|(?:\0[\x20-\x7e]){4,}")
_FARTHEST = 160
_LEAST_HEADER = 2
_LONGEST_START = 14
_INTO_RUN = 8
_LONG = 0x80


def remnants_of(part: bytes, encoding: str, columns: int) -> Iterator[Record]:
    """Yield the records whose headers still stand in a part of a page that belongs to no cell.

    A header is believed when it describes exactly as many bytes as the size before it says. A freed block's first four
    bytes are lost, and the size with them: there the number of the table's columns has to fit.
    """
    if columns:
        record = _headless(part, encoding, columns)
        if record is not None:
            yield record
    done = 0
    for run in _RUN.finditer(part):
        # Sizes and types are letters too now and then: a header may reach into the run.
        first = min(run.start() + _INTO_RUN, run.end() - 1)
        for header in range(first, max(done, run.start() - _FARTHEST) - 1, -1):
            # Nearly all bytes end here: a header's size leads to the text at most, and not beyond.
            if not _LEAST_HEADER <= part[header] <= first + _INTO_RUN - header:
                continue
            found = _standing(part, header, encoding)
            if found is not None and found[1] > run.start():
                record, done = found
                yield record
                break


def _standing(part: bytes, header: int, encoding: str) -> tuple[Record, int] | None:
    """Return the record whose header may begin at an offset, and where it ends."""
    try:
        size = _described(part, header)
        if size < _LEAST_HEADER or header + size > len(part):
            return None
        found, rowid = _announced(part, header, size)
        return (record_of(part[header : header + size], encoding, rowid), header + size) if found else None
    except IndexError:
        return None


def _announced(part: bytes, header: int, size: int) -> tuple[bool, int | None]:
    """Return whether the numbers before a record's header are its size, and its rowid where there is one."""
    for start in range(header - 1, max(-1, header - _LONGEST_START), -1):
        told, position = varint(part, start)
        if told != size:
            continue
        if position == header:
            return True, None
        rowid, position = varint(part, position)
        if position == header:
            return True, rowid
    return False, None


def _described(part: bytes, at: int) -> int:
    """Return how many bytes a record's header says that the record has, -1 where it does not end with its last type."""
    total = part[at]
    position, end = at + 1, at + total
    while position < end:
        kind = part[position]
        if kind < _LONG:
            position += 1
        else:
            kind, position = varint(part, position)
        total += (kind - _FIRST_BLOB) // 2 if kind >= _FIRST_BLOB else _SIZES[kind] if kind < len(_SIZES) else len(part)
    return total if position == end else -1


def _headless(part: bytes, encoding: str, columns: int) -> Record | None:
    """Return the record of a freed block of which the first four bytes are overwritten."""
    # The four bytes were the payload's size, the rowid, the header's size, and perhaps the first column's type.
    for lost in (0, 1):
        cells: list[tuple[int, Cell]] = []
        try:
            kinds, position = _kinds(part, _CHILD, columns - lost)
        except IndexError:
            continue
        body = position
        for column, kind in enumerate(kinds, lost):
            size = (kind - _FIRST_BLOB) // 2 if kind >= _FIRST_BLOB else _SIZES[kind] if kind < len(_SIZES) else 0
            if kind >= _FIRST_BLOB and size:
                raw = part[body : body + size]
                cells.append((column, raw.decode(encoding, "replace") if kind & 1 else raw))
            body += size
        if cells and body <= len(part):
            return Record(rowid=None, cells=tuple(cells))
    return None


def _kinds(part: bytes, position: int, count: int) -> tuple[list[int], int]:
    kinds: list[int] = []
    for _ in range(count):
        kind, position = varint(part, position)
        kinds.append(kind)
    return kinds, position
