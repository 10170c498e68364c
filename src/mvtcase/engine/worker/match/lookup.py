"""Indexes over MVT's indicator collections that name the one indicator MVT's own walk over them would stop at.

Every index answers with a *position*: the place of an indicator in the walk MVT does, collection after collection.
Where MVT stops at the first match that is the lowest position that matches; domains answer with the highest, because
MVT's Aho-Corasick automaton keeps the last of equal words. Facts: `mvt/common/indicators.py`, release 2026.10.26.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

TRUNCATED_NAME_LENGTH = 16
"""A process name of exactly this length is taken for one cut short by the kernel, which keeps 16 characters."""

ANCHOR_LENGTH = 6
BLOCK_LENGTH = 8
SMALL_TEXT = 4_096
"""Below so many characters one search through all values beats looking up the blocks of a text."""


def first_positions(keys: Sequence[str]) -> dict[str, int]:
    """Return each key with the lowest position it stands at."""
    return dict(zip(reversed(keys), range(len(keys) - 1, -1, -1), strict=True))


def last_positions(keys: Sequence[str]) -> dict[str, int]:
    """Return each key with the highest position it stands at."""
    return dict(zip(keys, range(len(keys)), strict=True))


class Column:
    """The values of one indicator type over all collections, in the order MVT walks them."""

    __slots__ = ("_starts", "values")

    def __init__(self, lists: Iterable[Sequence[str]]) -> None:
        held = list(lists)
        self.values: list[str] = list(chain.from_iterable(held))
        self._starts = list(accumulate((len(values) for values in held), initial=0))

    def owner(self, position: int) -> int:
        """Return the place of the collection that holds the value at a position."""
        return bisect_right(self._starts, position) - 1


class PrefixIndex:
    """Finds the earliest value that a text starts with, by one binary search in the sorted values.

    Sorted, the values a text starts with lie on the chain of prefixes of its left neighbour. A value that has an
    earlier one for a prefix can never be the answer and is left out; of what remains, the longest prefix is the
    earliest value.
    """

    __slots__ = ("_parents", "_positions", "_values")

    def __init__(self, values: Sequence[str]) -> None:
        self._values: list[str] = []
        self._positions: list[int] = []
        self._parents: list[int] = []
        open_prefixes: list[int] = []
        for value, position in sorted(first_positions(values).items()):
            while open_prefixes and not value.startswith(self._values[open_prefixes[-1]]):
                open_prefixes.pop()
            parent = open_prefixes[-1] if open_prefixes else -1
            if parent < 0 or position < self._positions[parent]:
                open_prefixes.append(len(self._values))
                self._values.append(value)
                self._positions.append(position)
                self._parents.append(parent)

    def find(self, text: str) -> int | None:
        """Return the lowest position of a value that the text starts with."""
        place = bisect_right(self._values, text) - 1
        while place >= 0:
            if text.startswith(self._values[place]):
                return self._positions[place]
            place = self._parents[place]
        return None


class ContainerIndex:
    """Finds the earliest value that contains a text, by the aligned blocks of the values.

    A text of at least two blocks less one character covers a whole block of any value that contains it, whichever way
    it is aligned. Shorter texts are searched in all values joined, in one pass; so are all texts where the values are
    few, which is quicker then.
    """

    def __init__(self, values: Sequence[str]) -> None:
        self._values = values
        self._blocks: dict[str, list[int]] = {}
        self._small = sum(map(len, values)) < SMALL_TEXT
        for position, value in enumerate(values):
            for start in range(0, len(value) - BLOCK_LENGTH + 1, BLOCK_LENGTH):
                self._blocks.setdefault(value[start : start + BLOCK_LENGTH], []).append(position)

    def find(self, text: str) -> int | None:
        """Return the lowest position of a value that contains the text, which must not be empty."""
        if self._small or len(text) < 2 * BLOCK_LENGTH - 1:
            return self._find_joined(text)
        found = [self._first_container(text, alignment) for alignment in range(BLOCK_LENGTH)]
        return min((position for position in found if position is not None), default=None)

    def _first_container(self, text: str, alignment: int) -> int | None:
        rarest: list[int] | None = None
        for start in range(alignment, len(text) - BLOCK_LENGTH + 1, BLOCK_LENGTH):
            holders = self._blocks.get(text[start : start + BLOCK_LENGTH])
            if holders is None:
                return None
            if rarest is None or len(holders) < len(rarest):
                rarest = holders
        return next((position for position in rarest or () if text in self._values[position]), None)

    def _find_joined(self, text: str) -> int | None:
        if "\n" in text:
            return next((position for position, value in enumerate(self._values) if text in value), None)
        joined, starts = self._joined
        place = joined.find(text)
        return None if place < 0 else bisect_right(starts, place) - 1

    @cached_property
    def _joined(self) -> tuple[str, list[int]]:
        starts = list(accumulate((len(value) + 1 for value in self._values), initial=0))
        return "\n".join(self._values), starts[:-1]


class TextIndex:
    """Finds the words an Aho-Corasick automaton would meet first in a text, without the automaton's memory.

    The automaton MVT builds takes 0.6 KB and 5 to 10 microseconds for each domain. A set of anchors, the first
    characters of each word, takes far less and answers in one pass too.
    """

    def __init__(self, positions: Mapping[str, int]) -> None:
        words = [word for word in positions if word]
        self._positions = positions
        self._lengths = sorted(set(map(len, words)))
        self._short_lengths = [length for length in self._lengths if length < ANCHOR_LENGTH]
        self._anchors = frozenset(word[:ANCHOR_LENGTH] for word in words if len(word) >= ANCHOR_LENGTH)
        self._all_dotted = all("." in word for word in words)

    def find(self, text: str) -> int | None:
        """Return the position of the word whose occurrence ends first, the longest of these, as the automaton does.

        A word counts only when its lower-case form occurs in the text too, as MVT demands.
        """
        best: tuple[int, int, int] | None = None
        for start in range(text.rfind(".") + 1 if self._all_dotted else len(text)):
            if best is not None and start >= best[0]:
                break
            anchored = text[start : start + ANCHOR_LENGTH] in self._anchors
            for length in self._lengths if anchored else self._short_lengths:
                best = self._better(best, text, start, length)
        return None if best is None else best[2]

    def _better(
        self, best: tuple[int, int, int] | None, text: str, start: int, length: int
    ) -> tuple[int, int, int] | None:
        word = text[start : start + length]
        position = self._positions.get(word)
        if position is None or len(word) < length or word.lower() not in text:
            return best
        found = (start + length, -length, position)
        return found if best is None or found < best else best


class IndicatorIndex:
    """All indexes over a list of MVT's collections, each built when a check first needs it.

    The collections must not change afterwards; whoever changes them makes a new index.
    """

    def __init__(self, collections: Sequence[Mapping[str, Any]]) -> None:
        self._collections = collections
        self._columns: dict[str, Column] = {}

    def column(self, kind: str) -> Column:
        """Return all values of an indicator type in MVT's order."""
        if kind not in self._columns:
            self._columns[kind] = Column(collection.get(kind, ()) for collection in self._collections)
        return self._columns[kind]

    def _exact(self, kind: str) -> dict[str, int]:
        return first_positions(self.column(kind).values)

    def _lower(self, kind: str) -> dict[str, int]:
        return first_positions([value.lower() for value in self.column(kind).values])

    @cached_property
    def urls(self) -> dict[str, int]:
        """Exact URLs; the first collection wins."""
        return self._exact("urls")

    @cached_property
    def domains(self) -> dict[str, int]:
        """Domains; the last collection wins. The empty word is dropped, as the automaton drops it."""
        positions = last_positions(self.column("domains").values)
        positions.pop("", None)
        return positions

    @cached_property
    def domains_in_text(self) -> TextIndex:
        """Domains to be found anywhere in a text."""
        return TextIndex(self.domains)

    @cached_property
    def processes(self) -> dict[str, int]:
        """Process names; the first collection wins."""
        return self._exact("processes")

    @cached_property
    def truncated_processes(self) -> dict[str, int]:
        """The first 16 characters of the process names that have as many."""
        positions = first_positions([value[:TRUNCATED_NAME_LENGTH] for value in self.column("processes").values])
        return {cut: position for cut, position in positions.items() if len(cut) == TRUNCATED_NAME_LENGTH}

    @cached_property
    def emails(self) -> dict[str, int]:
        """E-mail addresses in lower case."""
        return self._lower("emails")

    @cached_property
    def file_names(self) -> dict[str, int]:
        """File names."""
        return self._exact("file_names")

    @cached_property
    def file_paths(self) -> PrefixIndex:
        """File paths without their trailing slashes; one of slashes only is a prefix of every path, as in MVT."""
        return PrefixIndex([value.rstrip("/") for value in self.column("file_paths").values])

    @cached_property
    def files_md5(self) -> dict[str, int]:
        """MD5 hashes in lower case."""
        return self._lower("files_md5")

    @cached_property
    def files_sha1(self) -> dict[str, int]:
        """SHA-1 hashes in lower case."""
        return self._lower("files_sha1")

    @cached_property
    def files_sha256(self) -> dict[str, int]:
        """SHA-256 hashes in lower case."""
        return self._lower("files_sha256")

    @cached_property
    def app_cert_hashes(self) -> dict[str, int]:
        """Hashes of app certificates in lower case."""
        return self._lower("app_cert_hashes")

    @cached_property
    def app_ids(self) -> dict[str, int]:
        """App ids in lower case."""
        return self._lower("app_ids")

    @cached_property
    def android_property_names(self) -> dict[str, int]:
        """Names of Android properties in lower case."""
        return self._lower("android_property_names")

    @cached_property
    def profiles(self) -> ContainerIndex:
        """Configuration profile ids; MVT asks which of them contains the id found on the phone."""
        return ContainerIndex(self.column("ios_profile_ids").values)
