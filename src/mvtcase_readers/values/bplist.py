"""Binary property lists: every object of the table, reached or not, each once, so that no list of lists can grow.

The form is described in Apple's CFBinaryPList.c: objects, a table of their offsets, a trailer of 32 bytes.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from .contents import Content
from .keypaths import ROOT, Tree
from .layouts import Layout, Layouts, Span, offsets_of, stretches
from .shapes import Batch, Extent, Place
from .texts import give_texts, suspects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .walk import Walk

MAGIC = b"bplist"
_TRAILER = struct.Struct(">5xBBBQQQ")
_MOST_OBJECTS = 5_000_000
_ASCII, _WIDE, _DATA, _UTF8 = 0x5, 0x6, 0x4, 0x7
_TEXTS = frozenset({_ASCII, _WIDE, _UTF8})
_LISTS = frozenset({0xA, 0xB, 0xC})
_UID, _DICT, _LONG = 0x8, 0xD, 0xF
_MOST_KEYS = 8
"""Of how many dictionaries of a keyed archive the keys of one object are kept."""
_SIZED = _TEXTS | _LISTS | {_DATA, _DICT}
_LAYOUTS = Layouts()
"""Of all lists that this process reads: what they teach is the same in every file."""


def read_bplist(walk: Walk, content: Content, place: Place) -> str:
    """Give the texts, keys and data of a binary property list, in a keyed archive below the names of its objects."""
    data = content.all(walk.bounds.held)
    walk.progress(len(data))
    plist = _Plist(data)
    for layout in _LAYOUTS.of(plist.sign):
        found = layout.read(data, plist.offsets)
        if found is not None:
            _give(walk, place, layout, *found)
            return layout.note
    tree = Tree()
    blobs = plist.gather(tree)
    give_texts(walk, tree.batch(place))
    for node, blob in blobs:
        walk.cell(Content(blob), place.at_key(tree.path(node)))
    note = "keyed archive" if "$archiver" in plist.names.values() else ""
    if plist.broken:
        walk.limit(Extent.DAMAGED, f"{plist.broken} objects could not be read")
        walk.skim(content, place)
    elif _LAYOUTS.wants(plist.sign, data):
        _LAYOUTS.keep(plist.sign, plist.layout(tree, note))
    return note


def _give(walk: Walk, place: Place, layout: Layout, texts: list[str], blobs: list[tuple[bytes, str]]) -> None:
    keys = layout.keys
    batch = Batch(texts=texts, place=lambda index: place.at_key(keys[index]), roles=layout.roles, column=place.column)
    give_texts(walk, batch, among=layout.open)
    for blob, key in blobs:
        walk.cell(Content(blob), place.at_key(key))


_EMBEDDED_END = re.compile(rb"(?s)\0{5}[\0-\2][\1-\10][\1-\10](?:\0{4}....){3}")


def embedded(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the binary property lists that stand somewhere in other bytes, with their offsets."""
    position = 0
    while True:
        start = data.find(b"bplist00", position)
        if start < 0:
            return
        position = start + len(MAGIC)
        for trailer in _EMBEDDED_END.finditer(data, position):
            _, offset_size, _, count, _, table = _TRAILER.unpack(trailer[0])
            if start + table + count * offset_size == trailer.start():
                position = trailer.end()
                yield start, data[start:position]
                break


class _Plist:
    """The objects of a binary property list."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.broken = 0
        self.names: dict[int, str] = {}
        """Texts that were read as keys, by the number of their object."""
        self.held_as: dict[int, list[str]] = {}
        _, offset_size, self.ref_size, count, self.top, table = _TRAILER.unpack(data[-_TRAILER.size :])
        end = table + offset_size * count
        if (
            not offset_size
            or not self.ref_size
            or count > _MOST_OBJECTS
            or end > len(data) - _TRAILER.size
            or not count
        ):
            raise ValueError("a table of objects beyond the file's end")
        self.offsets = offsets_of(data[table:end], offset_size)
        self.sign = (count, self.top, self.ref_size, offset_size)
        self.given: list[int] = []
        """The objects that are the tree's texts, in its order."""
        self.data_at: list[tuple[int, int]] = []
        """Objects that are data, with their nodes."""

    def gather(self, tree: Tree) -> list[tuple[int, bytes]]:
        """Take in all objects, first those that the top one leads to; return the data with their nodes."""
        blobs: list[tuple[int, bytes]] = []
        seen = bytearray(len(self.offsets))
        self.held_as = self._archived()
        self._follow(tree, blobs, seen, [(self.top, ROOT)])
        for number in range(len(self.offsets)):
            if not seen[number]:
                self._follow(tree, blobs, seen, [(number, tree.below(ROOT, f"object {number}"))])
        return blobs

    def _follow(
        self, tree: Tree, blobs: list[tuple[int, bytes]], seen: bytearray, waiting: list[tuple[int, int]]
    ) -> None:
        while waiting:
            number, node = waiting.pop()
            if number >= len(seen):
                self.broken += 1
            elif not seen[number]:
                seen[number] = 1
                try:
                    kind, count, start = self._head(number)
                    if kind in _TEXTS:
                        text = self.names.get(number) or self._text(kind, count, start)
                        for key in self.held_as.get(number, ("",)):
                            tree.add(text, tree.below(node, key) if key else node)
                            self.given.append(number)
                    elif kind == _DATA:
                        blobs.append((node, self._bytes(start, count)))
                        self.data_at.append((number, node))
                    elif kind in _LISTS:
                        waiting.extend(
                            (ref, tree.below(node, item)) for item, ref in enumerate(self._refs(start, count))
                        )
                    elif kind == _DICT:
                        self._dictionary(node, count, start, tree, waiting)
                except (ValueError, IndexError):
                    self.broken += 1

    def _dictionary(self, node: int, count: int, start: int, tree: Tree, waiting: list[tuple[int, int]]) -> None:
        refs = self._refs(start, 2 * count)
        below = len(tree.keys)
        tree.keys.extend(self._name(key) for key in refs[:count])
        tree.parents.extend([node] * count)
        for at in range(count):
            waiting.append((refs[at], below + at))
            waiting.append((refs[count + at], below + at))

    def _archived(self) -> dict[int, list[str]]:
        """Return under which keys the dictionaries of a keyed archive hold an object, by its number.

        Such a dictionary is two lists of numbers into the archive's list of objects: NS.keys and NS.objects.
        """
        objects = self._members(self.top).get("$objects")
        if objects is None or "$archiver" not in self.names.values():
            return {}
        listed = self._items(objects)
        held: dict[int, list[str]] = {}
        for members in map(self._members, listed):
            if "NS.keys" in members and "NS.objects" in members:
                keys, values = (self._items(members[name]) for name in ("NS.keys", "NS.objects"))
                for key, value in zip(keys, values, strict=False):
                    name = self._name(self._meant(key, listed))
                    known = held.setdefault(self._meant(value, listed), [])
                    if name and name not in known and len(known) < _MOST_KEYS:
                        known.append(name)
        return {number: names for number, names in held.items() if names}

    def layout(self, tree: Tree, note: str) -> Layout:
        """Return what lists of this one's layout have in common; what was read as a key belongs to it."""
        spans = [self._span(number) for number in range(len(self.offsets))]
        values = frozenset(
            number
            for number, span in enumerate(spans)
            if span.kind == _DATA or (span.kind in _TEXTS and number not in self.names)
        )
        differing = tuple((position, number) for position, number in enumerate(self.given) if number in values)
        loose = {position for position, _ in differing}
        return Layout(
            fixed=stretches(self.data, spans, values),
            numbers=tuple(number for number, span in enumerate(spans) if span.kind < _DATA),
            values=tuple(values),
            texts=tuple(tree.texts),
            differing=differing,
            open=tuple(sorted(loose | suspects(tree.texts))),
            roles=tuple(tree.roles()),
            keys=tuple(map(tree.path, tree.nodes)),
            blobs=tuple((number, tree.path(node)) for number, node in self.data_at),
            note=note,
        )

    def _span(self, number: int) -> Span:
        kind, count, body = self._head(number)
        each = {_DICT: 2 * self.ref_size, _WIDE: 2, **dict.fromkeys(_LISTS, self.ref_size)}.get(kind, 1)
        size = count + 1 if kind == _UID else count * each if kind in _SIZED else 0
        return Span(kind, self.offsets[number], body, body + size)

    def _members(self, number: int) -> dict[str, int]:
        """Return the objects of a dictionary by their keys, nothing for what is none or is broken."""
        try:
            kind, count, start = self._head(number)
            refs = self._refs(start, 2 * count) if kind == _DICT else []
        except (ValueError, IndexError):
            return {}
        return {
            self._name(key): value for key, value in zip(refs[: len(refs) // 2], refs[len(refs) // 2 :], strict=True)
        }

    def _items(self, number: int) -> list[int]:
        try:
            kind, count, start = self._head(number)
            return self._refs(start, count) if kind in _LISTS else []
        except (ValueError, IndexError):
            return []

    def _meant(self, number: int, listed: list[int]) -> int:
        """Return the object that a number of a keyed archive stands for, itself where it is no such number."""
        try:
            kind, count, start = self._head(number)
            return listed[int.from_bytes(self._bytes(start, count + 1), "big")] if kind == _UID else number
        except (ValueError, IndexError):
            return number

    def _head(self, number: int) -> tuple[int, int, int]:
        """Return an object's kind, its count of bytes, characters or references, and where they start."""
        start = self.offsets[number]
        mark = self.data[start]
        kind, count = mark >> 4, mark & _LONG
        start += 1
        if count == _LONG and kind in _SIZED:
            size = 1 << (self.data[start] & _LONG)
            count = int.from_bytes(self._bytes(start + 1, size), "big")
            start += 1 + size
        return kind, count, start

    def _bytes(self, start: int, count: int) -> bytes:
        if count < 0 or start + count > len(self.data):
            raise ValueError("an object beyond the file's end")
        return self.data[start : start + count]

    def _text(self, kind: int, count: int, start: int) -> str:
        if kind == _WIDE:
            return self._bytes(start, 2 * count).decode("utf-16-be", "replace")
        # What is called ASCII holds other bytes only when somebody wrote them by hand.
        return self._bytes(start, count).decode("utf-8", "replace")

    def _refs(self, start: int, count: int) -> list[int]:
        raw, size = self._bytes(start, count * self.ref_size), self.ref_size
        if size == 1:
            return list(raw)
        return [int.from_bytes(raw[at : at + size], "big") for at in range(0, len(raw), size)]

    def _name(self, number: int) -> str:
        """Return a key's text, nothing where its object is broken or none: the key is counted when it is followed."""
        name = self.names.get(number)
        if name is None:
            try:
                kind, count, start = self._head(number)
                name = self._text(kind, count, start) if kind in _TEXTS else ""
            except (ValueError, IndexError):
                name = ""
            self.names[number] = name
        return name
