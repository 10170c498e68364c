"""SQLite databases: every table through SQLite itself, at its speed; what SQL does not show is read page by page."""

from __future__ import annotations

import dataclasses
import functools
import sqlite3
from typing import TYPE_CHECKING

from mvtcase_readers.sqlite import Bounds, connect, quoted

from .contents import Content
from .shapes import Batch, Extent, Place
from .texts import give_texts
from .walk import BROKEN, said

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .walk import Walk

_ROWS = 1000
_LEAST_BLOB = 4
_PRAGMAS = frozenset({"table_info", "table_xinfo"})
_VIRTUAL, _STORED = 2, 3
"""What `hidden` of `PRAGMA table_xinfo` says of generated columns; 1 is a hidden column of a virtual table."""


def read_sqlite(walk: Walk, content: Content, place: Place) -> str:
    """Give the texts of all tables, open their blobs, and give what stands in pages that no table shows."""
    with content.on_disk() as path:
        try:
            _read_tables(walk, path, place)
        except BROKEN as error:
            walk.limit(Extent.DAMAGED, said(error))
            walk.skim(content, place)
    return ""


def _read_tables(walk: Walk, path: Path, place: Place) -> None:
    bounds = Bounds(seconds=walk.bounds.seconds, value_bytes=walk.bounds.held, pragmas=_PRAGMAS)
    connection = connect(path, bounds=bounds)
    try:
        # Far faster than a function of our own for every text.
        connection.text_factory = functools.partial(str, encoding="utf-8", errors="replace")
        for name, sql in connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall():
            _Table(walk, connection, name, sql or "", place).read()
        _read_schema(walk, connection, place)
    finally:
        connection.close()


def _read_schema(walk: Walk, connection: sqlite3.Connection, place: Place) -> None:
    rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    here = dataclasses.replace(place, table="sqlite_master", column="sql")
    texts = [sql for (sql,) in rows if isinstance(sql, str)]
    walk.give(Batch(texts=texts, place=lambda index: dataclasses.replace(here, row=index + 1), role="sql"))


class _Table:
    """One table on its way: its columns, and how its rows are named."""

    def __init__(self, walk: Walk, connection: sqlite3.Connection, name: str, sql: str, place: Place) -> None:
        self.walk = walk
        self.connection = connection
        self.name = name
        self.is_virtual = not sql.upper().startswith("CREATE TABLE") and not name.startswith("sqlite_")
        self.place = dataclasses.replace(place, table=name)

    def read(self) -> None:
        """Give the table's texts; of a damaged one, those before the damage."""
        if self.is_virtual:
            # What it shows stands in its shadow tables.
            return
        try:
            columns = self._columns()
            self._rows(columns)
        except BROKEN as error:
            self.walk.limit(Extent.DAMAGED, f"table {self.name[:60]}: {said(error)}")

    def _columns(self) -> list[str]:
        found = self.connection.execute(f"PRAGMA table_xinfo({quoted(self.name)})").fetchall()
        return [row[1] for row in found if row[6] in {0, _STORED, _VIRTUAL}]

    def _rows(self, columns: list[str]) -> None:
        listed = ", ".join(map(quoted, columns))
        try:
            cursor = self.connection.execute(f"SELECT rowid, {listed} FROM {quoted(self.name)}")  # noqa: S608 - quoted
        except sqlite3.Error:
            cursor = self.connection.execute(f"SELECT NULL, {listed} FROM {quoted(self.name)}")  # noqa: S608 - quoted
        first = 1
        while rows := cursor.fetchmany(_ROWS):
            self.walk.tick()
            numbers, *cells = zip(*rows, strict=True)
            for name, column in zip(columns, cells, strict=True):
                self._column(name, column, numbers, first)
            first += len(rows)

    def _column(self, name: str, cells: Sequence[object], numbers: Sequence[object], first: int) -> None:
        here = dataclasses.replace(self.place, column=name)

        def row(at: int) -> Place:
            number = numbers[at]
            return dataclasses.replace(here, row=number if isinstance(number, int) else first + at)

        where = [at for at, cell in enumerate(cells) if type(cell) is str and cell]
        if where:
            texts = [str(cells[at]) for at in where]
            give_texts(self.walk, Batch(texts=texts, place=lambda index: row(where[index]), role=name.lower()))
        for at, cell in enumerate(cells):
            if type(cell) is bytes and len(cell) >= _LEAST_BLOB:
                self.walk.cell(Content(cell), row(at))
