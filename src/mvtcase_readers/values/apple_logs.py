"""Apple's stores of events: unified logs (tracev3), their format strings, Biome, changed files, and cookies."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from .bplist import embedded
from .contents import Content
from .runs import NAME_ALONE
from .shapes import Batch, Extent, Place
from .streams import AppleBlocks
from .texts import give_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .contents import Readable
    from .walk import Walk

TRACE_MARK = b"\x00\x10\x00\x00"
SEGB = b"SEGB"
SEGB_AT = 52
_CHUNK = struct.Struct("<IIQ")
_SET, _FIREHOSE = 0x600D, 0x6001
_FIREHOSE_HEADER = 32
_POINT = struct.Struct("<BBHIQIHH")
_PUBLIC_SIZE = slice(16, 18)
_TEXTS = frozenset({0x20, 0x22, 0x30, 0x32, 0x40, 0x42, 0xF2})
_MOST_CHUNK = 64 << 20


def read_trace(walk: Walk, content: Content, place: Place) -> str:
    """Give the texts of a unified log file: of its catalogues, its log entries and what is stored with them."""
    for offset, tag, size in _chunks(content):
        data = content.at(offset, size)
        walk.progress(len(data))
        here = place.at_key(f"chunk at {offset}")
        if len(data) < size:
            walk.limit(Extent.DAMAGED, "it ends within a chunk")
        if tag == _SET:
            unpacked = _unpacked(walk, data)
            inner = Content(unpacked)
            for start, kind, length in _chunks(inner):
                _chunk(walk, kind, inner.at(start, length), here)
        else:
            _chunk(walk, tag, data, here)
    return ""


def _chunks(content: Content) -> Iterator[tuple[int, int, int]]:
    """Yield where each chunk's data begin, its tag, and how many bytes they are."""
    offset = 0
    while offset + _CHUNK.size <= content.size:
        tag, _, size = _CHUNK.unpack(content.at(offset, _CHUNK.size))
        offset += _CHUNK.size
        if size > _MOST_CHUNK:
            raise ValueError("a chunk of impossible size")
        yield offset, tag, size
        offset += -(-size // 8) * 8


class _Bytes:
    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def read(self, size: int, /) -> bytes:
        piece = self._data[self._at : self._at + size]
        self._at += len(piece)
        return piece


def _unpacked(walk: Walk, data: bytes) -> bytes:
    blocks: Readable = AppleBlocks(_Bytes(data))
    parts: list[bytes] = []
    while part := blocks.read(1):
        walk.spend(len(part))
        parts.append(part)
    return b"".join(parts)


def _chunk(walk: Walk, tag: int, data: bytes, place: Place) -> None:
    if tag == _FIREHOSE:
        texts, rest = _firehose(data)
        _give_said(walk, texts, place, "message")
        for part in rest:
            give_nul_texts(walk, part, place, said=True)
    else:
        give_nul_texts(walk, data, place, said=True)
        for _, plist in embedded(data):
            walk.cell(Content(plist), place)


def _give_said(walk: Walk, texts: list[str], place: Place, role: str) -> None:
    """Give what programs said in the log: what is one word may be another program's name."""
    roles = ["program" if NAME_ALONE.fullmatch(text) else role for text in texts]
    give_texts(walk, Batch(texts=texts, place=lambda _: place, roles=roles))


def _firehose(data: bytes) -> tuple[list[str], list[bytes]]:
    """Return the texts of all entries of a chunk, and the parts of which the texts' bounds are not known."""
    public = int.from_bytes(data[_PUBLIC_SIZE], "little")
    end = min(len(data), 16 + public)
    texts: list[str] = []
    rest = [data[end:]]
    offset = _FIREHOSE_HEADER
    while offset + _POINT.size <= end:
        *_, size = _POINT.unpack_from(data, offset)
        offset += _POINT.size
        entry = data[offset : offset + size]
        found = _entry_texts(entry)
        if found is None:
            rest.append(entry)
        else:
            texts.extend(found)
        offset += -(-size // 8) * 8
    rest.append(data[offset:end])
    return texts, rest


def _entry_texts(entry: bytes) -> list[str] | None:
    """Return the texts of a log entry by its list of items, which ends where they begin; None when there is none."""
    for start in range(min(len(entry), 64)):
        sizes = _items(entry, start)
        if sizes is not None:
            position = len(entry) - sum(sizes)
            texts: list[str] = []
            for size in sizes:
                texts.append(entry[position : position + size].rstrip(b"\0").decode("utf-8", "replace"))
                position += size
            return [text for text in texts if text]
    return None


def _items(entry: bytes, start: int) -> list[int] | None:
    """Return the sizes of the texts of a list of items, when it is one that leads exactly to the entry's end."""
    position, sizes = start + 2, []
    for _ in range(entry[start + 1] if start + 1 < len(entry) else 0):
        if position + 2 > len(entry):
            return None
        kind, size = entry[position], entry[position + 1]
        if kind in _TEXTS and size == 4:  # noqa: PLR2004 - an offset and a size of two bytes each
            sizes.append(int.from_bytes(entry[position + 4 : position + 6], "little"))
        position += 2 + size
    return sizes if sizes and position + sum(sizes) == len(entry) else None


def give_nul_texts(walk: Walk, data: bytes, place: Place, *, said: bool = False) -> None:
    """Give the texts that end with a zero byte each, and runs of what is none."""
    texts: list[str] = []
    rest: list[bytes] = []
    for part in data.split(b"\0"):
        if len(part) < 3:  # noqa: PLR2004 - too short to be looked for
            continue
        try:
            text = part.decode("utf-8")
        except UnicodeDecodeError:
            rest.append(part)
            continue
        (texts.append(text) if text.isprintable() else rest.append(part))
    if said:
        _give_said(walk, texts, place, place.role)
    else:
        give_texts(walk, Batch(texts=texts, place=lambda _: place, role=place.role))
    walk.skim_bytes(b"\0".join(rest), place)


def read_nul_texts(walk: Walk, content: Content, place: Place) -> str:
    """Give the format strings of a unified log's programs, each of which ends with a zero byte."""
    rest = b""
    for _, piece in content.pieces():
        walk.progress(len(piece))
        whole, _, rest = (rest + piece).rpartition(b"\0")
        give_nul_texts(walk, whole, place)
    give_nul_texts(walk, rest, place)
    return ""


def read_segb(walk: Walk, content: Content, place: Place) -> str:
    """Give the records of a Biome file, each a message, deleted ones that still stand there included."""
    data = content.all(walk.bounds.held)
    walk.progress(len(data))
    records = _second(data) if data.startswith(SEGB) else _first(data)
    for offset, record in records:
        walk.cell(Content(record), place.at_key(f"record at {offset}"))
    return "version 2" if data.startswith(SEGB) else "version 1"


_FIRST_HEADER, _FIRST_RECORD = 56, 32
_SECOND_HEADER, _SECOND_ENTRY, _SECOND_RECORD = 32, 16, 8


def _first(data: bytes) -> Iterator[tuple[int, bytes]]:
    offset = _FIRST_HEADER
    while offset + _FIRST_RECORD <= len(data):
        size = int.from_bytes(data[offset : offset + 4], "little")
        start = offset + _FIRST_RECORD
        if size == 0 and not any(data[offset:]):
            return
        if size > len(data) - start:
            raise ValueError("a record beyond the file's end")
        yield start, data[start : start + size]
        offset = start + -(-size // 8) * 8


def _second(data: bytes) -> Iterator[tuple[int, bytes]]:
    count = int.from_bytes(data[4:8], "little")
    table = len(data) - count * _SECOND_ENTRY
    if table < _SECOND_HEADER:
        raise ValueError("a list of records beyond the file's start")
    ends = sorted(int.from_bytes(data[at : at + 4], "little") for at in range(table, len(data), _SECOND_ENTRY))
    start = 0
    for end in ends:
        offset = _SECOND_HEADER + -(-start // 4) * 4
        stop = _SECOND_HEADER + end
        if stop > table:
            raise ValueError("a record beyond the list of records")
        if stop > offset + _SECOND_RECORD:
            yield offset, data[offset + _SECOND_RECORD : stop]
        start = end
    rest = data[_SECOND_HEADER + start : table]
    if any(rest):
        yield _SECOND_HEADER + start, rest


CHANGES = {b"1SLD": 12, b"2SLD": 20, b"3SLD": 24}
"""Marks of a page of changed files, and bytes of each record after its path."""
_CHANGES_HEAD = 12


def read_changes(walk: Walk, content: Content, place: Place) -> str:
    """Give the paths of changed files that the system notes in `.fseventsd`, page by page."""
    data = content.all(walk.bounds.held)
    walk.progress(len(data))
    start = 0
    while (after := CHANGES.get(data[start : start + 4])) is not None:
        size = int.from_bytes(data[start + 8 : start + _CHANGES_HEAD], "little")
        if not _CHANGES_HEAD <= size <= len(data) - start:
            raise ValueError("a page of impossible size")
        paths, at, stop = [], start + _CHANGES_HEAD, start + size
        while at < stop and (end := data.find(b"\0", at, stop)) >= 0:
            paths.append(data[at:end].decode("utf-8", "replace"))
            at = end + 1 + after
        give_texts(walk, Batch(texts=paths, place=lambda _, start=start: place.at_key(f"page at {start}"), role="path"))  # type: ignore[misc]
        start = stop
    if start < len(data):
        walk.skim_bytes(data[start:], place, start)
    return ""


COOKIES = b"cook"
_COOKIE_TEXTS = struct.Struct("<16xIIII")
_COOKIE_ROLES = ("domain", "name", "path", "value")


def read_cookies(walk: Walk, content: Content, place: Place) -> str:
    """Give the cookies of a `Cookies.binarycookies` file: domain, name, path and value of each."""
    data = content.all(walk.bounds.held)
    walk.progress(len(data))
    count = int.from_bytes(data[4:8], "big")
    start = 8 + 4 * count
    for size in struct.unpack_from(f">{count}I", data, 8):
        page = data[start : start + size]
        (cookies,) = struct.unpack_from("<I", page, 4)
        for offset in struct.unpack_from(f"<{cookies}I", page, 8):
            texts = _cookie(page, offset)
            here = place.at_key(f"cookie at {start + offset}")
            give_texts(walk, Batch(texts=texts, place=lambda _, here=here: here, roles=_COOKIE_ROLES))  # type: ignore[misc]
        start += size
    if start < len(data):
        walk.skim_bytes(data[start:], place, start)
    return ""


def _cookie(page: bytes, offset: int) -> list[str]:
    (size,) = struct.unpack_from("<I", page, offset)
    cookie = page[offset : offset + size]
    starts = _COOKIE_TEXTS.unpack_from(cookie)
    return [cookie[start:].partition(b"\0")[0].decode("utf-8", "replace") for start in starts]
