"""Property lists of one layout: apps write few by the hundred thousand, of which only some values differ.

What reading one taught is kept: which object stands at which key. Of the next ones only the bytes of their values are
looked at, after all else was found to be equal, byte by byte. Whatever differs otherwise is read the long way.
"""

from __future__ import annotations

import array
import itertools
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

LARGEST, MOST_OBJECTS = 8192, 512
"""Bytes and objects of a property list whose layout is worth keeping."""

MOST_ALIKE, MOST_SIGNS = 8, 1000
"""Layouts that are tried for one list, and signs that are remembered."""

_LONG = 0xF
_NUMBERS = frozenset({0x0, 0x1, 0x2, 0x3})
"""Kinds of which nothing is given: booleans, numbers and dates."""

_DATA, _WIDE = 0x4, 0x6
_VALUES = frozenset({0x4, 0x5, 0x6, 0x7})

Sign = tuple[int, int, int, int]
"""What lists of one layout have in common at a glance: objects, the top one, the sizes of references and offsets."""


class Span(NamedTuple):
    """One object as it was read: its kind, and where its first byte, its contents and its end are."""

    kind: int
    start: int
    body: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What is equal in all lists of a layout, and where their values stand."""

    fixed: tuple[tuple[int, tuple[int, ...], bytes], ...]
    """Stretches of objects that never change: the first one, where the others begin behind it, and all their bytes."""
    numbers: tuple[int, ...]
    values: tuple[int, ...]
    """Objects of which nothing is given, and those that differ from list to list."""
    texts: tuple[str, ...]
    """All texts, those that differ as they stood in the first list."""
    differing: tuple[tuple[int, int], ...]
    """Which of the texts are which objects."""
    open: tuple[int, ...]
    """The texts that can hold something coded."""
    roles: tuple[str, ...]
    keys: tuple[str, ...]
    blobs: tuple[tuple[int, str], ...]
    """Objects that are data, with their key paths."""
    note: str

    def read(self, data: bytes, offsets: Sequence[int]) -> tuple[list[str], list[tuple[bytes, str]]] | None:
        """Return the texts and the data of a list that has this layout, None where it has another."""
        try:
            if not self._fits(data, offsets):
                return None
            values = {number: _value(data, offsets[number]) for number in self.values}
        except IndexError:
            return None
        texts = list(self.texts)
        for position, number in self.differing:
            text = values[number]
            if type(text) is not str:
                return None
            texts[position] = text
        blobs = [(blob, key) for number, key in self.blobs if type(blob := values[number]) is bytes]
        return (texts, blobs) if len(blobs) == len(self.blobs) else None

    def _fits(self, data: bytes, offsets: Sequence[int]) -> bool:
        for first, others, told in self.fixed:
            begin = offsets[first]
            if data[begin : begin + len(told)] != told or any(
                offsets[number] - begin != start for number, start in enumerate(others, first + 1)
            ):
                return False
        return all(data[offsets[number]] >> 4 in _NUMBERS for number in self.numbers)


def _value(data: bytes, at: int) -> str | bytes | None:
    """Return the text or data that an object is, None where it is neither or does not end."""
    kind, count, at = data[at] >> 4, data[at] & _LONG, at + 1
    if count == _LONG:
        size = 1 << (data[at] & _LONG)
        count = int.from_bytes(data[at + 1 : at + 1 + size], "big")
        at += 1 + size
    end = at + (2 * count if kind == _WIDE else count)
    if kind not in _VALUES or end > len(data):
        return None
    if kind == _DATA:
        return data[at:end]
    return data[at:end].decode("utf-16-be" if kind == _WIDE else "utf-8", "replace")


class Layouts:
    """The layouts that were seen, by their signs."""

    def __init__(self) -> None:
        self._kept: dict[Sign, list[Layout]] = {}

    def of(self, sign: Sign) -> Sequence[Layout]:
        """Return the layouts of a sign."""
        return self._kept.get(sign, ())

    def wants(self, sign: Sign, data: bytes) -> bool:
        """Return whether a layout is worth keeping: not that of the first list of a sign, which may be the only one."""
        if len(data) > LARGEST or sign[0] > MOST_OBJECTS:
            return False
        if len(self._kept) >= MOST_SIGNS:
            self._kept.clear()
        known = self._kept.get(sign)
        if known is None:
            self._kept[sign] = []
        return known is not None and len(known) < MOST_ALIKE

    def keep(self, sign: Sign, layout: Layout) -> None:
        """Keep a layout."""
        self._kept[sign].append(layout)


def offsets_of(table: bytes, size: int) -> Sequence[int]:
    """Return the numbers of a table, each of so many bytes, the highest first."""
    if size == 1:
        return table
    if size == 2:  # noqa: PLR2004 - bytes, as nearly all lists have
        offsets = array.array("H", table)
        if sys.byteorder == "little":
            offsets.byteswap()
        return offsets
    return [int.from_bytes(table[start : start + size], "big") for start in range(0, len(table), size)]


def stretches(
    data: bytes, spans: Sequence[Span], differing: frozenset[int]
) -> tuple[tuple[int, tuple[int, ...], bytes], ...]:
    """Return the stretches of a list that are equal in every list of its layout: all but what differs."""
    found: list[list[int]] = []
    for number, span in enumerate(spans):
        if span.kind in _NUMBERS or number in differing:
            continue
        if found and found[-1][-1] == number - 1 and spans[number - 1].end == span.start:
            found[-1].append(number)
        else:
            found.append([number])
    told = []
    for numbers in found:
        begin = spans[numbers[0]].start
        others = tuple(spans[number].start - begin for number in itertools.islice(numbers, 1, None))
        told.append((numbers[0], others, data[begin : spans[numbers[-1]].end]))
    return tuple(told)
