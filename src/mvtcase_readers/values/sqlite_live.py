"""SQLite databases: every table through SQLite itself, at its speed; what SQL does not show is read page by page."""

from __future__ import annotations

import contextlib
import functools
import sqlite3
from typing import TYPE_CHECKING, Any

from mvtcase_readers.regular import UnreadableError
from mvtcase_readers.sqlite import Bounds, Guarded, connect, quoted

from .contents import Content
from .shapes import Batch, Extent, Place
from .sqlite_pages import Table, pages_in_wal, read_hidden
from .texts import give_texts
from .walk import BROKEN, said

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .walk import Walk

_ROWS = 1000
_LEAST_BLOB = 4
_SMALL_BLOB, _MOST_BLOBS = 4096, 20_000
_ALIKE = 600
"""Rows of a column in which the same blob is opened: more than places of one value are kept of a file."""

_PRAGMAS = frozenset({"table_info", "table_xinfo"})
_VIRTUAL, _STORED = 2, 3
"""What `hidden` of `PRAGMA table_xinfo` says of generated columns; 1 is a hidden column of a virtual table."""


def read_sqlite(walk: Walk, content: Content, place: Place) -> str:
    """Give the texts of all tables, open their blobs, and give what stands in pages that no table shows."""
    log = content.beside("-wal")
    try:
        replaced = pages_in_wal(log) if log is not None and log.size else frozenset()
        tables = _read_live(walk, content, log if replaced else None, place)
    finally:
        if log is not None:
            log.close()
    read_hidden(walk, content, tables, place, replaced=replaced)
    return ""


def _read_live(walk: Walk, content: Content, log: Content | None, place: Place) -> list[Table]:
    with contextlib.ExitStack() as stack:
        path = stack.enter_context(content.on_disk())
        log_path = stack.enter_context(log.on_disk()) if log is not None else None
        try:
            return _read_tables(walk, path, log_path, place)
        except (*BROKEN, UnreadableError) as error:
            walk.limit(Extent.DAMAGED, said(error))
            return []


def _connected(path: Path, log: Path | None, bounds: Bounds) -> Guarded:
    connection = connect(path, log=log, bounds=bounds)
    # Far faster than a function of our own for every text.
    connection.text_factory = functools.partial(str, encoding="utf-8", errors="replace")
    return connection


def _read_tables(walk: Walk, path: Path, log: Path | None, place: Place) -> list[Table]:
    seconds = walk.bounds.seconds_for(path.stat().st_size)
    bounds = Bounds(seconds=seconds, value_bytes=walk.bounds.held, pragmas=_PRAGMAS)
    with contextlib.closing(_connected(path, log, bounds)) as connection:
        for name, sql in connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall():
            _Rows(walk, connection, name, sql or "", place).read()
        _read_schema(walk, connection, place)
        return _tables(connection)


def _tables(connection: sqlite3.Connection) -> list[Table]:
    """Return the tables and indices with their first pages and their columns as records hold them."""
    rows = connection.execute("SELECT type, name, rootpage, sql FROM sqlite_master WHERE rootpage > 0").fetchall()
    return [
        Table(name=name, root=root, columns=_stored_columns(connection, name, sql or "") if kind == "table" else ())
        for kind, name, root, sql in rows
        if isinstance(root, int)
    ]


def _stored_columns(connection: sqlite3.Connection, name: str, sql: str) -> tuple[str, ...]:
    found = connection.execute(f"PRAGMA table_xinfo({quoted(name)})").fetchall()
    stored = [(row[5], row[1]) for row in found if row[6] != _VIRTUAL]
    if "WITHOUT" in sql.upper().rpartition(")")[2]:
        # The primary key comes first in such a table's records, in its own order.
        stored.sort(key=lambda column: column[0] or len(stored) + 1)
    return tuple(column for _, column in stored)


def tables_of_file(content: Content) -> list[Table]:
    """Return the tables of a database as it stands, none when SQLite cannot read it."""
    try:
        with content.on_disk() as path, contextlib.closing(_connected(path, None, Bounds(pragmas=_PRAGMAS))) as found:
            return _tables(found)
    except (*BROKEN, UnreadableError):
        return []


def _read_schema(walk: Walk, connection: sqlite3.Connection, place: Place) -> None:
    rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    here = place._replace(table="sqlite_master", column="sql")
    texts = [sql for (sql,) in rows if isinstance(sql, str)]
    walk.give(Batch(texts=texts, place=lambda index: here._replace(row=index + 1), role="sql"))


class _Rows:
    """One table on its way: its columns, and how its rows are named."""

    def __init__(self, walk: Walk, connection: sqlite3.Connection, name: str, sql: str, place: Place) -> None:
        self.walk = walk
        self.connection = connection
        self.name = name
        self.is_virtual = not sql.upper().startswith("CREATE TABLE") and not name.startswith("sqlite_")
        self.place = place._replace(table=name)
        self.blobs: dict[tuple[str, bytes], int] = {}

    def read(self) -> None:
        """Give the table's texts; of a damaged one, those before the damage."""
        if self.is_virtual:
            # What it shows stands in its shadow tables.
            return
        try:
            self._rows(self._telling(self._columns()))
        except BROKEN as error:
            self.walk.limit(Extent.DAMAGED, f"table {self.name[:60]}: {said(error)}")

    def _columns(self) -> list[str]:
        found = self.connection.execute(f"PRAGMA table_xinfo({quoted(self.name)})").fetchall()
        return [row[1] for row in found if row[6] in {0, _STORED, _VIRTUAL}]

    def _telling(self, columns: list[str]) -> list[str]:
        """Return the columns that hold a text or a blob in any row: SQLite finds them much faster than Python does."""
        asked = ", ".join(f"max(typeof({quoted(column)}) IN ('text', 'blob'))" for column in columns)
        try:
            found = self.connection.execute(f"SELECT {asked} FROM {quoted(self.name)} NOT INDEXED").fetchone()  # noqa: S608 - quoted
        except sqlite3.Error:
            # Whatever is wrong shows when the rows are read, and some are read before it.
            return columns
        return [column for column, telling in zip(columns, found, strict=True) if telling]

    def _rows(self, columns: list[str]) -> None:
        if not columns:
            return
        listed = ", ".join(map(quoted, columns))
        try:
            cursor = self.connection.execute(f"SELECT rowid, {listed} FROM {quoted(self.name)} NOT INDEXED")  # noqa: S608 - quoted
        except sqlite3.Error:
            cursor = self.connection.execute(f"SELECT NULL, {listed} FROM {quoted(self.name)} NOT INDEXED")  # noqa: S608 - quoted
        first = 1
        while rows := cursor.fetchmany(_ROWS):
            self.walk.tick()
            numbers, *cells = zip(*rows, strict=True)
            for name, column in zip(columns, cells, strict=True):
                self._column(name, column, numbers, first)
            first += len(rows)

    def _column(self, name: str, cells: Sequence[Any], numbers: Sequence[object], first: int) -> None:
        here = self.place._replace(column=name)

        def row(at: int) -> Place:
            number = numbers[at]
            return here._replace(row=number if isinstance(number, int) else first + at)

        kinds = set(map(type, cells))
        if str in kinds:
            where = [at for at, cell in enumerate(cells) if type(cell) is str and cell]
            texts = [cells[at] for at in where]
            role = f"{self.name}.{name}".lower()
            give_texts(self.walk, Batch(texts=texts, place=lambda index: row(where[index]), role=role, column=name))
        if bytes in kinds:
            for at, cell in enumerate(cells):
                if type(cell) is bytes and len(cell) >= _LEAST_BLOB and not self._was_often(name, cell):
                    self.walk.cell(Content(cell), row(at))

    def _was_often(self, column: str, blob: bytes) -> bool:
        """Return whether the same small blob was opened in so many rows of this column that another says nothing."""
        if len(blob) > _SMALL_BLOB:
            return False
        key = (column, blob)
        count = self.blobs[key] = self.blobs.get(key, 0) + 1
        if len(self.blobs) > _MOST_BLOBS:
            self.blobs.clear()
        return count > _ALIKE
