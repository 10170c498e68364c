"""Tables that people keep in a spreadsheet (a roster, a batch of consents, whose phone is whose), from CSV or XLSX.

CSV may be UTF-8 with or without a byte-order mark, UTF-16, or Big5 as Excel in Taiwan saves it; the first row names the
columns, in English or in Traditional Chinese.
"""

from __future__ import annotations

import contextlib
import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from mvtcase.errors import InputError, NotFoundError
from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

MAX_TABLE_BYTES = 8 << 20
MAX_UNPACKED_BYTES = 64 << 20
MAX_ROWS = 10_000
MAX_COLUMNS = 100
_ENCODINGS = ("utf-8-sig", "cp950", "big5hkscs")
_DELIMITERS = ",;\t"
_BETWEEN_NAMES = re.compile(r"[\s/()]+")

Names: TypeAlias = Mapping[str, tuple[str, ...]]
"""The columns of a table, each with the headers that mean it, written small and without blanks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a table: the number of its line, and its cells by column; empty cells are left out."""

    line: int
    cells: Mapping[str, str]


def read(path: Path, columns: Names, *, many: frozenset[str] = frozenset()) -> list[Row]:
    """Return the rows of a table. Cells of several headers that mean one column of `many` are joined by a comma.

    Raises `NotFoundError`, and `InputError` naming the line that cannot be used.
    """
    if not path.is_file():
        raise NotFoundError("There is no file {path}.", path=path)
    if path.stat().st_size > MAX_TABLE_BYTES:
        raise InputError("{path} is larger than {mib} MiB: no roster is.", path=path, mib=MAX_TABLE_BYTES >> 20)
    lines = _from_workbook(path) if zipfile.is_zipfile(path) else _from_text(path)
    _, head = next(lines, (0, ()))
    meant = _columns(path, head, columns, many)
    rows = [_row(path, line, cells, meant) for line, cells in islice(lines, MAX_ROWS + 1)]
    if len(rows) > MAX_ROWS:
        raise InputError("{path} names more than {most} people: no roster does.", path=path, most=MAX_ROWS)
    if not rows:
        raise InputError(
            "{path} names nobody.", hint="The first line names the columns, the others the officials.", path=path
        )
    return rows


def _from_text(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    text = _decoded(path)
    head = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=max(_DELIMITERS, key=head.count))
    try:
        for cells in rows:
            if cells:
                yield rows.line_num, cells
    except csv.Error as error:
        raise InputError("{path}, line {line}: {error}.", path=path, line=rows.line_num, error=error) from None


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    for encoding in ("utf-16",) if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else _ENCODINGS:
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode(encoding)
    raise InputError("{path} is not UTF-8, and no Big5 either.", hint="Save it as 'CSV UTF-8' or XLSX.", path=path)


def _from_workbook(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    """Give the rows of a workbook's first sheet that hold anything, as the spreadsheet shows their values."""
    import openpyxl  # noqa: PLC0415  # takes a while, and most rosters are CSV
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415  # as above

    with zipfile.ZipFile(path) as packed:
        if sum(each.file_size for each in packed.infolist()) > MAX_UNPACKED_BYTES:
            raise InputError("{path} holds more than {mib} MiB.", path=path, mib=MAX_UNPACKED_BYTES >> 20)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = sheet.iter_rows(values_only=True, max_row=MAX_ROWS + 2, max_col=MAX_COLUMNS)
        found = [(line, [_shown(each) for each in cells]) for line, cells in enumerate(rows, start=1)]
        book.close()
    except (InvalidFileException, KeyError, ValueError, IndexError, OSError, SyntaxError) as error:
        raise InputError("{path} is no workbook that can be read: {error}.", path=path, error=error) from None
    for line, cells in found:
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield line, cells


def _shown(value: object) -> str:
    """Return a cell as the sheet shows it: whole numbers without a point, so that a telephone number stays one."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def _columns(path: Path, head: Sequence[str], columns: Names, many: frozenset[str]) -> list[str]:
    """Return the column that each header means. Raises `InputError` on an unknown one and on one named twice."""
    meant = [_meaning(name, columns) for name in head]
    unknown = [name.strip() for name, column in zip(head, meant, strict=True) if not column]
    twice = {each for each in meant if each not in many and meant.count(each) > 1}
    if not meant or unknown or twice:
        wrong = f"unknown columns {', '.join(unknown)}" if unknown else "a column twice" if twice else "no columns"
        raise InputError(
            "{path} has {wrong}.",
            hint=say("Known columns: {columns}.", columns=", ".join(columns)),
            path=path,
            wrong=wrong,
        )
    return meant


def _meaning(header: str, columns: Names) -> str:
    """Return the column that a header means, in either language or in both ("name 姓名"); empty for none."""
    plain = unicodedata.normalize("NFKC", header).casefold().replace("_", " ").strip()
    words = {plain.replace(" ", ""), *_BETWEEN_NAMES.split(plain)}
    return next((column for column, names in columns.items() if words & {column, *names}), "")


def _row(path: Path, line: int, cells: Sequence[str], meant: Sequence[str]) -> Row:
    if len(cells) > len(meant):
        raise InputError("{path}, line {line}: more cells than columns.", path=path, line=line)
    found: dict[str, str] = {}
    for column, cell in zip(meant, (each.strip() for each in cells), strict=False):
        if cell:
            found[column] = f"{found[column]}, {cell}" if column in found else cell
    if not found:
        raise InputError(
            "{path}, line {line}: nothing stands in it.", hint="Take the empty line out.", path=path, line=line
        )
    return Row(line=line, cells=found)


def word(path: Path, row: Row, column: str, words: Mapping[str, Iterable[str]]) -> str:
    """Return which of some words a cell says, by itself or by one of the names it goes by; empty for an empty cell.

    Raises `InputError` for any other.
    """
    given = row.cells.get(column, "")
    plain = unicodedata.normalize("NFKC", given).casefold().strip()
    for known, names in words.items():
        if plain in {known, *names}:
            return known
    if given:
        raise InputError(
            "{path}, line {line}: {given!r} is no {column}.",
            hint=say("Use one of {words}.", words=", ".join(words)),
            path=path,
            line=row.line,
            given=given,
            column=column,
        )
    return ""
