"""The account of one file: every indicator is compared, a duplicate, or not usable with a reason; none is lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mvtcase.indicators.verdicts import Adjustment, Refused, Stock, Unusable, shortened
from mvtcase.matchset import Collection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mvtcase.indicators.verdicts import Usable

READER_VERSION = 2
"""Raised when the same bytes would give other indicators, so that nothing compiled by an earlier reader is used."""

DEFAULT_COLLECTION = ("0", "Default collection", "Collection with IOCs unrelated to malware or reports")

Entry = tuple[str, str]
"""The type and the value of one indicator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a file says about itself; empty where it says nothing."""

    title: str = ""
    publisher: str = ""
    tlp: str = ""
    published_at: str | None = None
    references: tuple[str, ...] = ()
    families: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A file read: its collections in MVT's order, and the account of everything it holds.

    `in_file` counts indicators, `extra` the values that splitting OR and IN gave beyond one for each of them, so
    `in_file + extra == usable + duplicates + len(unusable)`. `remarks` are sentences with the number of indicators.
    `entries` are types and values in the order of the file; `validity` says of some of them that they were revoked or
    are valid until a day.
    """

    format: str
    collections: tuple[Collection, ...]
    in_file: int
    extra: int
    duplicates: int
    unusable: tuple[Unusable, ...]
    adjustments: tuple[Adjustment, ...]
    remarks: tuple[str, ...]
    stock: Mapping[str, int]
    origin: Origin = field(default_factory=Origin)
    entries: tuple[Entry, ...] = ()
    validity: Mapping[Entry, str] = field(default_factory=dict)

    @property
    def usable(self) -> int:
        """The number of indicators that will be compared; the worker must count as many."""
        return sum(collection.count for collection in self.collections)

    def counts(self) -> dict[str, int]:
        """Return the number of usable indicators by type, types without any left out."""
        counts: Counter[str] = Counter()
        for collection in self.collections:
            counts.update({kind: len(values) for kind, values in collection.values.items()})
        return dict(sorted(counts.items()))


class Shelf:
    """One collection being filled; duplicates inside it are dropped, as MVT does."""

    __slots__ = ("description", "identity", "lists", "name")

    def __init__(self, identity: str, name: str, description: str = "") -> None:
        self.identity = identity
        self.name = name
        self.description = description
        self.lists: dict[str, dict[str, None]] = {}

    def collection(self) -> Collection:
        """Return what the shelf holds."""
        return Collection(
            id=self.identity,
            name=self.name,
            description=self.description,
            values={kind: tuple(values) for kind, values in self.lists.items()},
        )


class Ledger:
    """Books every indicator of a file."""

    def __init__(self) -> None:
        self.in_file = 0
        self.extra = 0
        self.duplicates = 0
        self.unusable: list[Unusable] = []
        self.adjustments: list[Adjustment] = []
        self.stock: Counter[str] = Counter()
        self._remarks: Counter[str] = Counter()
        self._validity: dict[Entry, str] = {}
        self._entries: dict[Entry, None] = {}

    def open(self, parts: int) -> None:
        """Book the next indicator of the file, which gives this many parts."""
        self.in_file += 1
        self.extra += parts - 1

    def use(self, shelf: Shelf, usable: Usable, *, where: str, given: str, stock: Stock, validity: str = "") -> None:
        """Book a value that will be compared, put it on its shelf, and note what was adjusted or has an end."""
        entry = (str(usable.type), usable.value)
        self._entries[entry] = None
        if validity:
            self._validity[entry] = validity
        held = shelf.lists.setdefault(str(usable.type), {})
        if usable.value in held:
            self.duplicates += 1
        held[usable.value] = None
        self.stock[stock] += 1
        for remark in usable.remarks:
            self._remarks[remark] += 1
        if usable.notes or stock is Stock.MANGLES:
            note = "; ".join(usable.notes) or "MVT itself would compare another value"
            self.adjustments.append(
                Adjustment(
                    where=shortened(where),
                    given=shortened(given),
                    type=str(usable.type),
                    value=shortened(usable.value),
                    note=note,
                    stock=stock,
                )
            )

    def refuse(self, refused: Refused, *, where: str, given: str, stock: Stock) -> None:
        """Book a part that cannot be compared."""
        self.stock[stock] += 1
        self.unusable.append(
            Unusable(where=shortened(where), given=shortened(given), reason=refused.reason, stock=stock)
        )

    def remark(self, sentence: str, count: int = 1) -> None:
        """Book something that a reader of the passport should know of so many objects."""
        self._remarks[sentence] += count

    def reading(self, form: str, shelves: list[Shelf], origin: Origin) -> Reading:
        """Return the account."""
        return Reading(
            format=form,
            collections=tuple(shelf.collection() for shelf in shelves),
            in_file=self.in_file,
            extra=self.extra,
            duplicates=self.duplicates,
            unusable=tuple(self.unusable),
            adjustments=tuple(self.adjustments),
            remarks=tuple(f"{sentence} ({count})" for sentence, count in sorted(self._remarks.items())),
            stock=dict(sorted((str(fate), count) for fate, count in self.stock.items())),
            origin=origin,
            entries=tuple(self._entries),
            validity=self._validity,
        )
