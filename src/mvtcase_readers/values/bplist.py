"""Binary property lists: every object of the table, reached or not, each once, so that no list of lists can grow.

The form is described in Apple's CFBinaryPList.c: objects, a table of their offsets, a trailer of 32 bytes.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from .contents import Content
from .keypaths import ROOT, Tree
from .shapes import Extent, Place
from .texts import give_texts

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


def read_bplist(walk: Walk, content: Content, place: Place) -> str:
    """Give the texts, keys and data of a binary property list, in a keyed archive below the names of its objects."""
    data = content.all(walk.bounds.held)
    walk.progress(len(data))
    plist = _Plist(data)
    tree = Tree()
    blobs = plist.gather(tree)
    give_texts(walk, tree.batch(place))
    for node, blob in blobs:
        walk.cell(Content(blob), place.at_key(tree.path(node)))
    if plist.broken:
        walk.limit(Extent.DAMAGED, f"{plist.broken} objects could not be read")
        walk.skim(content, place)
    return "keyed archive" if "$archiver" in plist.names.values() else ""


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
        raw = data[table:end]
        self.offsets = [
            int.from_bytes(raw[start : start + offset_size], "big") for start in range(0, len(raw), offset_size)
        ]

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
                    elif kind == _DATA:
                        blobs.append((node, self._bytes(start, count)))
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
