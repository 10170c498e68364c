"""What reading a file's values gives: values with their places, and how far each container was read."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

DIGESTS = frozenset({20, 32})
"""The lengths of SHA-1 and SHA-256; what has sixteen bytes is an UUID far more often than an MD5."""


class Extent(str, enum.Enum):
    """How far a container was read."""

    FULL = "full"
    """Every value that its form can hold was given."""
    BOUNDED = "bounded"
    """A bound was reached; what came before it was given."""
    SKIMMED = "skimmed"
    """No known form: printable runs of its bytes were given, and what is coded in another way was not."""
    ENCRYPTED = "encrypted"
    UNKNOWN_FORM = "unknown_form"
    """The form is known by its first bytes, but nobody here can take it apart; printable runs were given."""
    TOO_DEEP = "too_deep"
    """It stands inside too many other containers; printable runs were given."""
    DAMAGED = "damaged"
    """What could be read of it was given."""
    UNREADABLE = "unreadable"
    """The system did not give its bytes."""

    def __str__(self) -> str:
        return str(self.value)


_WORST_FIRST = (
    Extent.UNREADABLE,
    Extent.ENCRYPTED,
    Extent.BOUNDED,
    Extent.TOO_DEEP,
    Extent.DAMAGED,
    Extent.UNKNOWN_FORM,
    Extent.SKIMMED,
    Extent.FULL,
)


def worst(extents: Sequence[Extent]) -> Extent:
    """Return the extent that says least of several, `FULL` when there is none."""
    return min(extents, key=_WORST_FIRST.index, default=Extent.FULL)


class Place(NamedTuple):
    """Where a person can open a value; a tuple, since millions are made."""

    inside: str = ""
    """The containers on the way, as `archive.zip!db.sqlite`; empty when the value stands in the file itself."""
    table: str = ""
    row: int | str | None = None
    """The rowid in SQLite, the line in texts and CSV files, counted from 1."""
    column: str = ""
    key: str = ""
    """The key path in a plist, JSON, XML or protobuf, the header of a mail, `name` for a member's name."""
    offset: int | None = None
    """Bytes from the start of the innermost container that has no finer place."""

    @property
    def role(self) -> str:
        """The name of what stands here, lower-case: the last name of the key path, or the column's."""
        name = self.key.rpartition("!")[2].partition("[")[0].rpartition(".")[2]
        return (name or self.column).lower()

    def within(self, step: str) -> Place:
        """Return the place of a container that stands here: a step on the way, or in a cell a step of its key."""
        if self.table or self.key:
            return self._replace(key=f"{self.key}!{step}" if self.key else step)
        return self._replace(inside=f"{self.inside}!{step}" if self.inside else step)

    def at_key(self, key: str) -> Place:
        """Return the place of a key path below this place."""
        joined = f"{self.key}.{key}" if self.key and key else self.key or key
        # Written out: `_replace` takes ten times as long.
        return Place(self.inside, self.table, self.row, self.column, joined, self.offset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One text with its place, and the name of the column, key or field that holds it, lower-case."""

    text: str
    place: Place
    role: str = ""
    whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Many texts out of one container, to be searched together; places and roles are made for those that matter.

    `whole` says that each text begins and ends where its value does. In a run of printable bytes it does not: what
    stands before and after a value there may belong to neighbours.
    """

    texts: Sequence[str]
    place: Callable[[int], Place]
    role: str = ""
    """The role of all texts; where they differ, `roles` has one for each."""
    roles: Sequence[str] | None = None
    whole: bool = True
    column: str | None = None
    """The column that all texts stand in, None where they differ or nobody looked."""
    columns: Sequence[tuple[int, str | None]] = ()
    """Where several batches were put together: from which text on one column holds."""

    def role_of(self, index: int) -> str:
        """Return the name of the column, key or field that holds a text, lower-case."""
        return self.role if self.roles is None else self.roles[index]

    def stretches(self) -> Iterator[tuple[range, str | None]]:
        """Yield the texts by their numbers, those of one column together."""
        parts = self.columns or ((0, self.column),)
        for (first, column), end in zip(parts, [*(first for first, _ in parts[1:]), len(self.texts)], strict=True):
            yield range(first, end), column

    def values(self) -> Iterator[Value]:
        """Yield the texts one by one with place and role: simple, and slow where there are millions."""
        for index, text in enumerate(self.texts):
            yield Value(text=text, place=self.place(index), role=self.role_of(index), whole=self.whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How far one container, or `count` alike in one column, was read, and how many texts it gave."""

    form: str
    extent: Extent
    values: int = 0
    note: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How far one file is read. Time is the caller's: his `tick` may raise, and what it raises comes out unchanged."""

    depth: int = 10
    """Containers inside each other."""
    members: int = 500_000
    """Containers in one file, cells of databases not counted."""
    ratio: int = 200
    least_unfolded: int = 256 << 20
    most_unfolded: int = 16 << 30
    """What is packed in a file may unfold to `ratio` times its size, but at least and at most to so many bytes."""
    held: int = 64 << 20
    """Bytes of a container that are held in memory to be taken apart; larger ones are read in pieces where their form
    allows it."""
    seconds: float = 600.0
    seconds_per_byte: float = 1 / 400_000
    """How long one database may be read, and how much longer for its size: a slow laptop compares half a megabyte a
    second, and the messages of ten years are more than a gigabyte."""

    def seconds_for(self, size: int) -> float:
        """Return how long something of so many bytes may be read."""
        return self.seconds + size * self.seconds_per_byte


CERTIFICATE = b"\xa0\x03\x02\x01\x02\x02"
"""How a certificate goes on after its two lengths: its version and the beginning of its number (RFC 5280)."""
