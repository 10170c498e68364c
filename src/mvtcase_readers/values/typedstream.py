"""Typed streams, the older archives of Foundation: texts by the length before them, and data as what they are.

They hold `attributedBody` of messages. A text of `n` bytes stands after `n`, which is one byte, or 0x81 and two bytes,
or 0x82 and four. Which objects the texts belong to is not followed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .contents import Content
from .shapes import Batch, Place
from .texts import give_texts

if TYPE_CHECKING:
    from .walk import Walk

MAGIC = b"\x04\x0bstreamtyped"
_ARRAY = re.compile(rb"\[(\d{1,10})c\]")
_CANDIDATE = re.compile(rb"(?:[\x04-\x7f]|\x81..|\x82....)(?=[\t\n\r\x20-\x7e\xc2-\xf4])", re.DOTALL)
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LETTER = re.compile(rb"[\x20-\x7e\xc2-\xf4]")
_LEAST = 3


def read_typedstream(walk: Walk, content: Content, place: Place) -> str:
    """Give the texts of a typed stream, and the data that stand in it."""
    data = content.all(walk.bounds.held)
    walk.progress(len(data))
    found = _texts(data)
    offsets = [offset for offset, _ in found]
    give_texts(walk, Batch(texts=[text for _, text in found], place=lambda index: _at(place, offsets[index])))
    # What no length announces is given as runs.
    rest = bytearray(data)
    for offset, text in found:
        size = len(text.encode())
        rest[offset : offset + size] = bytes(size)
    walk.skim_bytes(bytes(rest), place)
    for array in _ARRAY.finditer(data):
        size = int(array[1])
        if size <= len(data) - array.end():
            walk.cell(Content(data[array.end() : array.end() + size]), _at(place, array.end()))
    return ""


def _at(place: Place, offset: int) -> Place:
    return place.at_key(f"[{offset}]")


def _texts(data: bytes) -> list[tuple[int, str]]:
    """Return what a length announces and is text, from left to right, one not within another."""
    found: list[tuple[int, str]] = []
    position = 0
    while True:
        candidate = _CANDIDATE.search(data, position)
        if candidate is None:
            return found
        text = _announced(data, candidate)
        if text is None:
            position = candidate.start() + 1
        else:
            found.append((candidate.end(), text))
            position = candidate.end() + len(text.encode())


def _announced(data: bytes, candidate: re.Match[bytes]) -> str | None:
    mark = candidate[0]
    size = mark[0] if len(mark) == 1 else int.from_bytes(mark[1:], "little")
    start = candidate.end()
    raw = data[start : start + size]
    if size < _LEAST or len(raw) < size or _CONTROL.search(raw):
        return None
    # A mark of the stream comes after a text; where its letters go on, the byte before was no length.
    if start + size < len(data) and _LETTER.match(data, start + size):
        return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
