"""Plain lists (one value a line) and CSV tables with a type column read as one collection."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from mvtcase.errors import IndicatorFileError
from mvtcase.indicators import misp
from mvtcase.indicators.guessing import guessed_kind
from mvtcase.indicators.ledger import Ledger, Origin, Shelf
from mvtcase.indicators.types import weigh_as, worded_kind
from mvtcase.indicators.verdicts import Refused, Stock, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mvtcase.indicators.ledger import Reading

VALUE_COLUMNS = ("value", "indicator", "ioc", "observable")
TYPE_COLUMNS = ("type", "indicator_type", "ioc_type", "kind")
FAMILY_COLUMNS = ("family", "malware", "malware_family")

_COMMENT = re.compile(r"^\s*(?:#|;|//)")
_TRAILING_COMMENT = re.compile(r"\s#.*$")
_DELIMITERS = ",;\t"


def read_list(text: str, name: str, *, kind: str | None = None) -> Reading:
    """Return the account of a list with one value a line, of one kind or guessed line by line.

    Empty lines and those beginning with `#`, `;` or `//` are no values.
    """
    ledger, shelf = Ledger(), Shelf("0", name)
    for number, line in enumerate(text.splitlines(), 1):
        value = _TRAILING_COMMENT.sub("", line).strip()
        if value and not _COMMENT.match(line):
            _book(ledger, shelf, value, kind or guessed_kind(value), f"line {number}")
    return ledger.reading("list", [shelf], Origin())


def looks_like_table(text: str) -> bool:
    """Return whether the first line of a text names a type and a value column."""
    header = _header(text)
    return header is not None and _column(header, TYPE_COLUMNS) is not None


def read_table(text: str, name: str, where: str, *, kind: str | None = None) -> Reading:
    """Return the account of a CSV table with a value column and, unless `kind` is given, a type column.

    A `family` column makes collections. Raises `IndicatorFileError` when the columns are missing or the table is
    damaged.
    """
    header = _header(text) or []
    if kind is None and misp.looks_like_attributes(header):
        return misp.read_attributes(text, name, where)
    value_at, type_at = _column(header, VALUE_COLUMNS), _column(header, TYPE_COLUMNS)
    if value_at is None or (type_at is None and kind is None):
        raise IndicatorFileError(
            "{where} has no column named value and type in its first line.",
            hint="Name them, or give the type.",
            where=where,
        )
    family_at = _column(header, FAMILY_COLUMNS)
    ledger = Ledger()
    shelves: dict[str, Shelf] = {}
    for number, row in _rows(text, where):
        family = _cell(row, family_at) or name
        shelf = shelves.setdefault(family, Shelf(str(len(shelves)), family))
        word = _cell(row, type_at)
        _book_row(ledger, shelf, _cell(row, value_at), word, kind, f"line {number}")
    families = tuple(shortened(family) for family in shelves if family != name)
    return ledger.reading("table", list(shelves.values()), Origin(families=families))


def _book_row(ledger: Ledger, shelf: Shelf, value: str, word: str, kind: str | None, where: str) -> None:
    chosen = kind or worded_kind(word)
    if chosen is None:
        reason = f"MVT has no check for the type {shortened(word)!r}" if word else "without a type"
        ledger.open(1)
        ledger.refuse(Refused(reason=reason), where=where, given=value, stock=Stock.DROPS)
    else:
        _book(ledger, shelf, value, chosen, where)


def _book(ledger: Ledger, shelf: Shelf, value: str, kind: str | Refused, where: str) -> None:
    ledger.open(1)
    result = kind if isinstance(kind, Refused) else weigh_as(kind, value)
    if isinstance(result, Refused):
        ledger.refuse(result, where=where, given=value, stock=Stock.DROPS)
    else:
        # MVT reads STIX only: of a list it would load nothing.
        ledger.use(shelf, result, where=where, given=value, stock=Stock.DROPS)


def _header(text: str) -> list[str] | None:
    first = next((line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")), None)
    if first is None or len(first) > csv.field_size_limit():
        return None
    return [cell.strip().strip('"').lower().replace(" ", "_") for cell in first.split(_delimiter(first))]


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def _column(header: Sequence[str], names: Sequence[str]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _cell(row: Sequence[str], place: int | None) -> str:
    return row[place].strip() if place is not None and place < len(row) else ""


def _rows(text: str, where: str) -> Iterator[tuple[int, list[str]]]:
    first = next((line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(first))
    seen_header = False
    try:
        for row in reader:
            if not any(cell.strip() for cell in row) or row[0].lstrip().startswith("#"):
                continue
            if seen_header:
                yield reader.line_num, row
            seen_header = True
    except csv.Error as error:
        raise IndicatorFileError(
            "{where} is a damaged table: {error} (line {line_num}).", where=where, error=error, line_num=reader.line_num
        ) from None
