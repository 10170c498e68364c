"""The records in a backup's Manifest.db, each a small binary property list, read by the form of one seen before.

A manifest holds a record for every file, hundreds of thousands of a few forms: the same keys at the same places, other
numbers and another path. A form is learned from a record that `plistlib` read: which bytes are numbers, texts or data
that nothing else depends on. A record that differs from a form in such bytes alone gives what `plistlib` would give.
Every other record goes to `plistlib`. Format: Apple's CFBinaryPList.c, and Python's `plistlib`.
"""

from __future__ import annotations

import plistlib
import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from io import BytesIO

WANTED = ("Birth", "LastModified", "LastStatusChange", "Mode", "UserID", "Size")
"""The keys that MVT's module takes from a record."""

MAX_FORMS, MAX_ALIKE = 20_000, 8
"""Forms that are kept, and those of them whose objects lie at the same places."""

MAX_OBJECTS = 200
_TRAILER = struct.Struct(">6xBBQQQ")
_INTEGER, _DATA, _ASCII, _WIDE, _UID, _ARRAY, _DICT = 0x1, 0x4, 0x5, 0x6, 0x8, 0xA, 0xD
_LONG = 15
"""A length in a marker that says that the real one follows."""


class Unusual(Exception):  # noqa: N818 - no error: the record goes to `plistlib`
    """The record is not of a sort whose form can be learned."""


class Object(NamedTuple):
    """One object of a binary property list: its sort, where it and its content begin, its length, where it ends."""

    kind: int
    begin: int
    start: int
    length: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What records of one form share, and where they may differ."""

    kept: tuple[slice, ...]
    same: bytes
    ascii: tuple[slice, ...]
    wide: tuple[slice, ...]
    numbers: tuple[tuple[str, slice, bool], ...]
    """Key, place and whether the number has a sign: those of eight bytes and more have."""

    def read(self, blob: bytes) -> dict[str, int] | None:
        """Return the wanted numbers of a record, None where it is not of this form."""
        if b"".join([blob[each] for each in self.kept]) != self.same:
            return None
        for each in self.ascii:
            if not blob[each].isascii():
                return None
        try:
            for each in self.wide:
                blob[each].decode("utf-16be")
        except UnicodeDecodeError:
            return None
        return {name: int.from_bytes(blob[place], "big", signed=signed) for name, place, signed in self.numbers}


class BlobReader:
    """Takes the place of `plistlib` in MVT's module for the manifest."""

    def __init__(self) -> None:
        self._forms: dict[bytes, list[Form]] = {}
        self._count = 0

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else the module would ask of plistlib
        return getattr(plistlib, name)

    def load(self, file: BytesIO) -> Any:  # noqa: ANN401 - as `plistlib.load`
        """Return a record as `plistlib.load` does, of a known form with only what the module asks for."""
        blob = file.getvalue()
        # What stands from the table of objects to the end says where each object lies.
        alike = self._forms.get(blob[int.from_bytes(blob[-8:], "big") :])
        for form in alike or ():
            numbers = form.read(blob)
            if numbers is not None:
                return {"$objects": (None, numbers)}
        held = plistlib.load(file)
        self._learn(blob, held)
        return held

    def _learn(self, blob: bytes, held: Any) -> None:  # noqa: ANN401 - any property list
        if self._count >= MAX_FORMS:
            return
        try:
            form, tail = form_of(blob)
            record = held["$objects"][1]
        except (Unusual, LookupError, TypeError, struct.error):
            return
        # Where the form and plistlib do not say the same of the record at hand, one of them is wrong: plistlib decides.
        wanted = {name: record[name] for name in WANTED if name in record} if type(record) is dict else {"": None}
        alike = self._forms.setdefault(tail, [])
        if form.read(blob) == wanted and all(type(each) is int for each in wanted.values()) and len(alike) < MAX_ALIKE:
            alike.append(form)
            self._count += 1


def form_of(blob: bytes) -> tuple[Form, bytes]:
    """Return the form of a record and its tail; raises `Unusual` or `struct.error` where it has none."""
    offset_size, ref_size, count, top, table = _TRAILER.unpack(blob[-_TRAILER.size :])
    if not (blob.startswith(b"bplist00") and offset_size in {1, 2} and ref_size == 1 and 0 < count <= MAX_OBJECTS):
        raise Unusual
    if table + count * offset_size + _TRAILER.size != len(blob):
        raise Unusual
    offsets = struct.unpack_from(f">{count}{'BH'[offset_size - 1]}", blob, table)
    objects = [_object(blob, offset) for offset in offsets]
    _check_apart(objects, table)
    keys = {ref for each in objects if each.kind == _DICT for ref in blob[each.start : each.start + each.length]}
    loose = {number for number, each in enumerate(objects) if each.kind in _FREE and number not in keys}
    numbers = _numbers(blob, objects, _record(blob, objects, top), loose)
    kept = tuple(_kept(objects, loose, table))
    form = Form(
        kept=kept,
        same=b"".join([blob[each] for each in kept]),
        ascii=tuple(_places(objects, loose, _ASCII)),
        wide=tuple(_places(objects, loose, _WIDE)),
        numbers=tuple(numbers),
    )
    return form, blob[table:]


_FREE = frozenset({_INTEGER, _DATA, _ASCII, _WIDE})
"""Sorts of objects whose bytes may be others without changing anything else, unless they are keys."""


def _object(blob: bytes, offset: int) -> Object:
    """Return what lies at an offset; raises `Unusual` for sorts that records do not have."""
    kind, length = divmod(blob[offset], 16) if offset < len(blob) else (-1, 0)
    start = offset + 1
    if kind == 0:
        return Object(kind, offset, start, 0, start)
    if kind in {_INTEGER, 0x2, 0x3}:
        length = 1 << length
    elif kind == _UID:
        length += 1
    elif length == _LONG:
        length, start = _long(blob, start)
    if kind not in _WIDTHS:
        raise Unusual
    return Object(kind, offset, start, length, start + length * _WIDTHS[kind])


_WIDTHS = {_INTEGER: 1, 0x2: 1, 0x3: 1, _DATA: 1, _ASCII: 1, _WIDE: 2, _UID: 1, _ARRAY: 1, _DICT: 2}
"""Bytes of each item of a sort of object; a reference is one byte here."""


def _long(blob: bytes, start: int) -> tuple[int, int]:
    marker = blob[start] if start < len(blob) else 0
    if marker not in {0x10, 0x11}:
        raise Unusual
    width = 1 << (marker & 15)
    return int.from_bytes(blob[start + 1 : start + 1 + width], "big"), start + 1 + width


def _check_apart(objects: Sequence[Object], table: int) -> None:
    """Raise `Unusual` where objects share bytes: then changing one would change another."""
    spans = sorted((each.begin, each.end) for each in objects)
    if spans[-1][1] > table or any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
        raise Unusual


def _record(blob: bytes, objects: Sequence[Object], top: int) -> Object:
    """Return the second of the archive's objects, which is the file's record."""
    archive = dict(_pairs(blob, objects, _at(objects, top, _DICT)))
    listed = _at(objects, archive.get(b"$objects", -1), _ARRAY)
    if listed.length < 2:  # noqa: PLR2004 - the first is always "$null"
        raise Unusual
    return _at(objects, blob[listed.start + 1], _DICT)


def _at(objects: Sequence[Object], number: int, kind: int) -> Object:
    if not 0 <= number < len(objects) or objects[number].kind != kind:
        raise Unusual
    return objects[number]


def _pairs(blob: bytes, objects: Sequence[Object], held: Object) -> Iterator[tuple[bytes, int]]:
    """Yield the keys of a dictionary with the number of the object that each leads to."""
    for place in range(held.start, held.start + held.length):
        key = _at(objects, blob[place], _ASCII)
        yield blob[key.start : key.end], blob[place + held.length]


def _numbers(
    blob: bytes, objects: Sequence[Object], record: Object, loose: set[int]
) -> Iterator[tuple[str, slice, bool]]:
    for key, number in _pairs(blob, objects, record):
        name = key.decode("ascii", "replace")
        if name in WANTED:
            held = _at(objects, number, _INTEGER)
            if number not in loose:
                raise Unusual
            yield name, slice(held.start, held.end), held.length >= 8  # noqa: PLR2004 - as in `plistlib`


def _kept(objects: Sequence[Object], loose: set[int], table: int) -> Iterator[slice]:
    begin = 0
    for each in sorted((objects[number] for number in loose), key=lambda each: each.start):
        if each.start > begin:
            yield slice(begin, each.start)
        begin = each.end
    yield slice(begin, table)


def _places(objects: Sequence[Object], loose: set[int], kind: int) -> Iterator[slice]:
    return (slice(objects[number].start, objects[number].end) for number in loose if objects[number].kind == kind)
