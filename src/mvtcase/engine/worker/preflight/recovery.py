"""A second try at a database that broke its module: a working copy, set right cell by cell or saved row by row.

One odd value ends MVT's module and with it the look at all other rows; whoever wants a message not to be read would
put it right there. So no row is left out where its odd cell alone can be set right. The copy is made by Python, with
nothing of the database's own code: views and triggers are not carried over.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mvtcase.wording import Reason, together, why
from mvtcase_readers.regular import size_of
from mvtcase_readers.sqlite import Bounds, opened, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_DATABASE_BYTES = 4 << 30
SALVAGE = Bounds(seconds=300.0)
MAX_PROBES = 2000
_NUMERIC = ("INT", "REAL", "FLOA", "DOUB", "NUM", "DATE", "TIME", "BOOL", "DEC")
_TEXTUAL = ("CHAR", "TEXT", "CLOB", "STRING")

Row = tuple[Any, ...]


@dataclass(slots=True)
class Repair:
    """What was done to make a copy: values set right by `table.column`, rows copied, rows known to be lost."""

    fixed: dict[str, int] = field(default_factory=dict)
    copied: int = 0
    lost: bool = False
    fill_times: bool = False

    @property
    def sentence(self) -> Reason:
        """The repair in words."""
        parts = []
        if self.fixed:
            where = ", ".join(f"{name} ({count})" for name, count in sorted(self.fixed.items())[:10])
            parts.append(why("copy.set_right", count=sum(self.fixed.values()), where=where))
        if self.lost:
            parts.append(why("copy.lost", count=self.copied))
        return together(*parts) if parts else why("copy.plain")


class RawText(bytes):
    """The bytes of a value that SQLite holds as text, to be told from those of a BLOB."""

    __slots__ = ()


def repaired_copy(source: Path, target: Path, *, fill_times: bool = False) -> Repair:
    """Write all rows of a database's ordinary tables that can be read into a new database, odd values set right.

    A text that is no UTF-8 gets escapes, bytes in a column of texts become text, and what is no number in a column of
    numbers becomes NULL; with `fill_times` columns of times get 1 (0 is no time to MVT) for what is missing or beyond
    any calendar.
    Raises `sqlite3.Error` when not even the schema can be read or time is up.
    """
    if size_of(source) > MAX_DATABASE_BYTES:
        raise sqlite3.DatabaseError("the database is too large to be copied")
    repair = Repair(fill_times=fill_times)
    new = sqlite3.connect(target, isolation_level=None)
    try:
        new.execute("PRAGMA journal_mode=OFF")
        new.execute("PRAGMA synchronous=OFF")
        with opened(source, bounds=SALVAGE) as old:
            old.text_factory = RawText
            for name, sql in _ordinary_tables(old):
                _copy_table(old, new, _Table(name, sql), repair)
    finally:
        new.close()
    return repair


@dataclass(slots=True)
class _Table:
    name: str
    sql: str

    @property
    def quoted(self) -> str:
        return quoted(self.name)


def _ordinary_tables(old: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    rows = old.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL").fetchall()
    for raw_name, raw_sql in rows:
        name, sql = _decoded(raw_name), _decoded(raw_sql)
        if not name.lower().startswith("sqlite_") and not sql.lstrip().upper().startswith("CREATE VIRTUAL"):
            yield name, sql


def _copy_table(old: sqlite3.Connection, new: sqlite3.Connection, table: _Table, repair: Repair) -> None:
    try:
        declared = _declared(old, table)
    except sqlite3.Error:
        declared = {}
    if not declared:
        repair.lost = True
        return
    definitions = ", ".join(f"{quoted(column)} {word}".strip() for column, word in declared.items())
    new.execute(f"CREATE TABLE {table.quoted} ({definitions})")
    kinds = [(column, _kind(column, word)) for column, word in declared.items()]
    marks = ", ".join("?" * (len(kinds) + 1))
    names = ", ".join(["rowid", *map(quoted, declared)])
    insert = f"INSERT OR IGNORE INTO {table.quoted} ({names}) VALUES ({marks})"  # noqa: S608 - quoted names
    new.execute("BEGIN")
    for row in _rows(old, table, repair):
        new.execute(insert, (row[0], *_set_right(table, kinds, row[1:], repair)))
        repair.copied += 1
    new.execute("COMMIT")


def _declared(old: sqlite3.Connection, table: _Table) -> dict[str, str]:
    """Return the columns of a table with their types; constraints are left out, for a saved row may not meet them."""
    rows = old.execute(f"PRAGMA table_info({table.quoted})").fetchall()
    keys = sum(1 for row in rows if row[5])
    return {_decoded(row[1]): _type_word(_decoded(row[2]), alone=bool(row[5]) and keys == 1) for row in rows}


def _type_word(declared: str, *, alone: bool) -> str:
    word = "".join(letter for letter in declared.upper() if letter.isascii() and (letter.isalpha() or letter == " "))
    # An INTEGER PRIMARY KEY is the rowid, which joins lean on.
    return "INTEGER PRIMARY KEY" if alone and word == "INTEGER" else _UNSAFE_WORDS.get(word.split(" ")[0], word)


_UNSAFE_WORDS = {"GENERATED": "", "AS": "", "CHECK": "", "DEFAULT": "", "REFERENCES": "", "UNIQUE": "", "NOT": ""}
"""Words that would begin a constraint where a hostile schema put them for a type."""


def _rows(old: sqlite3.Connection, table: _Table, repair: Repair) -> Iterator[Row]:
    """Yield rowid and values of all rows that can be read: upwards to the first hole, then over it in growing steps."""
    after, step = -(2**63), 1
    for _ in range(MAX_PROBES):
        query = f"SELECT rowid, * FROM {table.quoted} WHERE rowid > ? ORDER BY rowid"  # noqa: S608 - quoted name
        try:
            for row in old.execute(query, (after,)):
                after, step = int(row[0]), 1
                yield row
        except sqlite3.OperationalError as error:
            if "rowid" not in str(error):
                raise
            yield from old.execute(f"SELECT NULL, * FROM {table.quoted}")  # noqa: S608 - quoted name
            return
        except sqlite3.DatabaseError:
            repair.lost = True
            after, step = max(after, 0) + step, step * 2
            if after > _LAST_ROWID:
                return
        else:
            return


_LAST_ROWID = 2**62


def _kind(column: str, word: str) -> str:
    """Return `text`, `time`, `number` or nothing for a column, by its declared type and its name."""
    if any(part in word for part in _TEXTUAL):
        return "text"
    if not any(part in word for part in _NUMERIC):
        return ""
    lowered = column.lower()
    return "time" if any(part in text for part in ("time", "date") for text in (lowered, word.lower())) else "number"


def _set_right(table: _Table, kinds: list[tuple[str, str]], values: Row, repair: Repair) -> Iterator[object]:
    for (column, kind), value in zip(kinds, values, strict=True):
        right, odd = _right_value(kind, value, fill_times=repair.fill_times)
        if odd:
            name = f"{table.name}.{column}"
            repair.fixed[name] = repair.fixed.get(name, 0) + 1
        yield right


def _right_value(kind: str, value: Any, *, fill_times: bool) -> tuple[object, bool]:  # noqa: ANN401 - any cell
    """Return what to write for a cell and whether that is another value than stood there."""
    if isinstance(value, bytes) and kind in {"number", "time"}:
        return (1 if fill_times and kind == "time" else None), True
    if isinstance(value, RawText):
        text = value.decode("utf-8", "backslashreplace")
        return text, text.encode("utf-8") != bytes(value)
    if isinstance(value, bytes) and kind == "text":
        return value.decode("utf-8", "backslashreplace"), True
    if fill_times and kind == "time" and (value is None or abs(value) > _LAST_TIME):
        return 1, True
    return value, False


_LAST_TIME = 4 * 10**18
"""Nanoseconds since 2001 reach 4e18 in the year 2127; no clock of a phone writes a larger number."""


def _decoded(value: object) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
