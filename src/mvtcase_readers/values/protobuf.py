"""Protocol buffers without their schema: texts and nested messages by the wire format, level by level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .contents import Content
from .encodings import encoding_of
from .keypaths import ROOT, Tree
from .texts import give_texts

if TYPE_CHECKING:
    from .shapes import Place
    from .walk import Walk

_VARINT, _FIXED64, _BYTES, _GROUP, _END, _FIXED32 = range(6)
_FIXED = {_FIXED64: 8, _FIXED32: 4}
_LAST_FIELD = (1 << 29) - 1
_LONGEST_VARINT = 10
_LEAST = 2
_DEEPEST = 64


def fields_of(data: bytes) -> list[tuple[int, bytes]] | None:
    """Return a message's fields that hold bytes, with their numbers, or None when the bytes are no message."""
    fields: list[tuple[int, bytes]] = []
    position, end, groups = 0, len(data), 0
    while position < end:
        tag, position = varint(data, position)
        number, wire = tag >> 3, tag & 7
        if position < 0 or not 0 < number <= _LAST_FIELD:
            return None
        if wire == _VARINT:
            _, position = varint(data, position)
            if position < 0:
                return None
        elif wire == _BYTES or wire in _FIXED:
            size, position = varint(data, position) if wire == _BYTES else (_FIXED[wire], position)
            if not 0 <= position <= end - size:
                return None
            fields.append((number, data[position : position + size]))
            position += size
        elif wire == _GROUP:
            groups += 1
        elif wire == _END and groups:
            groups -= 1
        else:
            return None
    return fields if not groups else None


def varint(data: bytes, position: int) -> tuple[int, int]:
    """Return a number and where it ends, which is -1 where there is none."""
    value = shift = 0
    for at in range(position, min(position + _LONGEST_VARINT, len(data))):
        byte = data[at]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the last byte of a number
            return value, at + 1
        shift += 7
    return 0, -1


def is_message(data: bytes) -> bool:
    """Return whether some bytes are a message that says something: with a text or a message in it."""
    fields = fields_of(data)
    if not fields:
        return False
    return any(len(value) >= _LEAST and (_text(value) is not None or fields_of(value)) for _, value in fields)


def _text(data: bytes) -> str | None:
    encoding = encoding_of(data[:1024], whole=len(data) <= 1024)  # noqa: PLR2004 - as many as a content's first bytes
    if encoding != "utf-8":
        return None
    return data.decode("utf-8", "replace")


def _goes_on(walk: Walk, value: bytes, text: str | None) -> bool:
    """Return whether a field is a message: a text that may be one too is read as both, a known container as itself."""
    if not fields_of(value):
        return False
    return text is not None or walk.form_of(Content(value)).name in {"protobuf", "unknown", "text or protobuf"}


def read_protobuf(walk: Walk, content: Content, place: Place) -> str:
    """Give the texts of a message and of those in it; what is neither is opened as what it is."""
    data = content.all(walk.bounds.held)
    walk.progress(len(data))
    tree = Tree()
    others: list[tuple[int, bytes]] = []
    waiting = [(data, ROOT, 0)]
    while waiting:
        message, node, depth = waiting.pop()
        for number, value in fields_of(message) or ():
            if len(value) < _LEAST:
                continue
            below = tree.below(node, number)
            text = _text(value)
            if text is not None:
                tree.add(text, below)
            if depth < _DEEPEST and _goes_on(walk, value, text):
                waiting.append((value, below, depth + 1))
            elif text is None:
                others.append((below, value))
    give_texts(walk, tree.batch(place))
    for node, value in others:
        walk.cell(Content(value), place.at_key(tree.path(node)))
    return ""
