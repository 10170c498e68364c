"""CSV tables as they are published: with a column for the type, or a column for each type; MISP's export among them."""

from __future__ import annotations

import csv
import io
from string import hexdigits
from typing import TYPE_CHECKING

from mvtcase.errors import IndicatorFileError
from mvtcase.indicators import misp
from mvtcase.indicators.ledger import Ledger, Origin, Shelf
from mvtcase.indicators.types import column_kind
from mvtcase.indicators.verdicts import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mvtcase.indicators.ledger import Reading

VALUE_COLUMNS = ("value", "indicator", "ioc", "observable")
TYPE_COLUMNS = ("type", "indicator_type", "ioc_type", "entity_type", "kind")
FAMILY_COLUMNS = ("family", "malware", "malware_family", "app")
_DELIMITERS = ",;\t"
_DIGITS = {32: "md5", 40: "sha1", 64: "sha256"}


def looks_like_table(text: str, file_name: str) -> bool:
    """Return whether a text is a table: by its first line, or by its name where it has more than one column."""
    header = _header(text)
    named = file_name.lower().endswith((".csv", ".tsv"))
    known = _named(header, TYPE_COLUMNS) or ((named or len(header) > 1) and any(map(column_kind, header)))
    return bool(known) or (named and len(header) > 1)


def read_table(text: str, name: str, where: str, *, kind: str | None = None) -> Reading:
    """Return the account of a CSV table.

    Either it has a value column with a type column (or `kind` for all), or columns named for what they hold, such as
    `domain_name` or `SHA256`. `category` and `to_ids` are obeyed, a `family` column makes collections. Raises
    `IndicatorFileError` when the columns are missing or the table is damaged.
    """
    header = _header(text)
    value, type_ = _named(header, VALUE_COLUMNS), _named(header, TYPE_COLUMNS)
    by_column = {} if value and (type_ or kind) else {each: found for each in header if (found := column_kind(each))}
    if not by_column and not (value and (type_ or kind)):
        raise IndicatorFileError(
            "{where} has no column named value and type in its first line, and none named for a type.",
            hint="Name them, such as domain, sha256 or package, or give the type.",
            where=where,
        )
    ledger, shelves = Ledger(), _Shelves(name, _named(header, FAMILY_COLUMNS))
    for number, row in _rows(text, header, where):
        shelf, place = shelves.of(row), _place(row, number)
        for each, found in by_column.items():
            if row[each]:
                misp.book(ledger, shelf, {"type": found, "value": row[each], "to_ids": True}, place)
        if not by_column:
            for each, given in _typed(kind or row[type_], row[value]):
                misp.book(ledger, shelf, {"to_ids": True, **row, "type": each, "value": given}, place)
    _remark_unread(ledger, header, {value, type_, shelves.column, *by_column})
    form = "MISP CSV" if set(header) >= misp.COLUMNS else "table"
    return ledger.reading(form, shelves.held, Origin(families=shelves.families))


def _typed(kind: str, value: str) -> list[tuple[str, str]]:
    """Return type and value; of a file, as Volexity writes it, each of its hashes with the type its length tells."""
    parts = [part.strip() for part in value.split(",")] if kind.lower() == "file" else []
    hashes = [(_DIGITS[len(part)], part) for part in parts if len(part) in _DIGITS and set(part) <= set(hexdigits)]
    return hashes if parts and len(hashes) == len(parts) else [(kind, value)]


class _Shelves:
    """The collections of a table, one for each family that its rows name."""

    def __init__(self, name: str, column: str) -> None:
        self.column = column
        self._name = name
        self._by_family: dict[str, Shelf] = {}

    @property
    def held(self) -> list[Shelf]:
        return list(self._by_family.values())

    @property
    def families(self) -> tuple[str, ...]:
        return tuple(shortened(each) for each in self._by_family if each != self._name)

    def of(self, row: Mapping[str, str]) -> Shelf:
        family = row.get(self.column) or self._name
        return self._by_family.setdefault(family, Shelf(str(len(self._by_family)), family))


def _place(row: Mapping[str, str], number: int) -> str:
    return f"line {number}, {row['uuid']}" if row.get("uuid") else f"line {number}"


def _remark_unread(ledger: Ledger, header: Sequence[str], read: set[str]) -> None:
    about = {
        "uuid",
        "event_id",
        "category",
        "comment",
        "to_ids",
        "date",
        "description",
        "report",
        "source",
        "reason",
        "tlp",
        "added",
        "valid_until",
        "revoked",
    }
    unread = [each for each in header if each and each not in read | about]
    if unread:
        ledger.remark(f"columns that hold no indicators and were not read: {', '.join(map(shortened, unread))}")


def _header(text: str) -> list[str]:
    first = _first_line(text)
    if len(first) > csv.field_size_limit():
        return []
    return [cell.strip().strip('"').lower().replace(" ", "_") for cell in first.split(_delimiter(first))]


def _first_line(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")), "")


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def _named(header: Sequence[str], names: Sequence[str]) -> str:
    return next((name for name in names if name in header), "")


def _rows(text: str, header: Sequence[str], where: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row below the header with its line, by the header's names; what a short row lacks is empty."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(_first_line(text)))
    seen_header = False
    try:
        for row in reader:
            if not any(cell.strip() for cell in row) or row[0].lstrip().startswith("#"):
                continue
            if seen_header:
                cells = [*map(str.strip, row), *[""] * len(header)]
                yield reader.line_num, dict(zip(header, cells, strict=False))
            seen_header = True
    except csv.Error as error:
        raise IndicatorFileError(
            "{where} is a damaged table: {error} (line {line_num}).", where=where, error=error, line_num=reader.line_num
        ) from None
