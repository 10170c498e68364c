"""LevelDB's sorted tables: keys and values of all blocks, unpacked from Snappy where they are packed so.

Facts: `doc/table_format.md` of LevelDB and `format_description.txt` of Snappy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .contents import BoundError, Content
from .protobuf import varint
from .shapes import Extent, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .walk import Walk

MARK = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"
FOOTER = 48
_TRAILER = 5
_PLAIN, _SNAPPY = 0, 1
_LEAST = 4


def read_table(walk: Walk, content: Content, place: Place) -> str:
    """Give the keys and values of a table; blocks that cannot be unpacked are skimmed."""
    footer = content.at(content.size - FOOTER, FOOTER)
    _, position = _handle(footer, 0)
    index, _ = _handle(footer, position)
    for _, handle in _entries(_block(walk, content, *index)):
        (offset, size), _ = _handle(handle, 0)
        walk.progress(size)
        here = place.at_key(f"block at {offset}")
        try:
            for key, value in _entries(_block(walk, content, offset, size)):
                for part in (key, value):
                    if len(part) >= _LEAST:
                        walk.cell(Content(part), here)
        except (ValueError, IndexError) as error:
            walk.limit(Extent.DAMAGED, str(error))
            walk.skim_bytes(content.at(offset, size), here)
    return ""


def _handle(data: bytes, position: int) -> tuple[tuple[int, int], int]:
    offset, position = varint(data, position)
    size, position = varint(data, position)
    if position < 0:
        raise ValueError("a block's place that cannot be")
    return (offset, size), position


def _block(walk: Walk, content: Content, offset: int, size: int) -> bytes:
    if offset + size > content.size:
        raise ValueError("a block beyond the file's end")
    raw = content.at(offset, size + 1)
    if raw[size] == _PLAIN:
        return raw[:size]
    if raw[size] != _SNAPPY:
        raise ValueError("a block packed in another way than Snappy")
    data = unpacked_snappy(raw[:size], walk.bounds.held)
    walk.spend(len(data))
    return data


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    restarts = int.from_bytes(block[-4:], "little")
    end = len(block) - 4 - 4 * restarts
    position, key = 0, b""
    while position < end:
        shared, position = varint(block, position)
        own, position = varint(block, position)
        size, position = varint(block, position)
        if position < 0 or position + own + size > end:
            raise ValueError("an entry beyond its block's end")
        key = key[:shared] + block[position : position + own]
        position += own
        yield key, block[position : position + size]
        position += size


def unpacked_snappy(data: bytes, limit: int) -> bytes:
    """Return the bytes of a Snappy block. Raises `ValueError` on damage and `BoundError` beyond the limit."""
    size, position = varint(data, 0)
    if size > limit:
        raise BoundError("a block unfolds beyond all bounds")
    out = bytearray()
    while position < len(data) and position >= 0:
        tag = data[position]
        position += 1
        if tag & 3 == 0:
            count, extra = (tag >> 2) + 1, 0
            if count > 60:  # noqa: PLR2004 - more than 60: the length stands in so many bytes after the tag
                extra = count - 60
                count = int.from_bytes(data[position : position + extra], "little") + 1
            position += extra
            out += data[position : position + count]
            position += count
        else:
            position = _copied(data, position, tag, out)
        if len(out) > size:
            raise ValueError("a Snappy block that is longer than it says")
    return bytes(out)


def _copied(data: bytes, position: int, tag: int, out: bytearray) -> int:
    if tag & 3 == 1:
        count, back, position = (tag >> 2 & 7) + 4, (tag >> 5) << 8 | data[position], position + 1
    else:
        width = 2 if tag & 3 == 2 else 4  # noqa: PLR2004 - the two longer forms of a copy
        count, back = (tag >> 2) + 1, int.from_bytes(data[position : position + width], "little")
        position += width
    if not 0 < back <= len(out):
        raise ValueError("a Snappy copy from before the start")
    # A copy may reach into what it makes itself.
    source = bytes(out[len(out) - back :])
    out += (source * (count // back + 1))[:count]
    return position
