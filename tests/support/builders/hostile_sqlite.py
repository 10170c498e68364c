"""Databases damaged below and beside what their rows say: pages, indexes, schemas, journals."""

from __future__ import annotations

import sqlite3
import struct
from typing import TYPE_CHECKING

from mvtcase.phones.sqlite_files import edited, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mvtcase.phones.ios_phone import Anatomy

    Change = Callable[[bytes, Anatomy], bytes]

PAGE = 4096
_LEAF, _INDEX_LEAF = 0x0D, 0x0A


def root_zeroed(content: bytes, anatomy: Anatomy) -> bytes:
    """Return the database with the first page of its main table all zero."""
    return _with_page(content, _root(content, anatomy.table), lambda _: bytes(PAGE))


def leaves_zeroed(content: bytes, anatomy: Anatomy) -> bytes:
    """Return the database with every leaf page zero but the first page: header and tree stand, the rows are gone."""
    del anatomy
    return _each_page(content, lambda page: bytes(PAGE) if page[0] == _LEAF else page)


def cells_forgotten(content: bytes, anatomy: Anatomy) -> bytes:
    """Return the database whose main table's page says that it holds no row, although the rows stand in it."""
    return _with_page(content, _root(content, anatomy.table), lambda page: page[:3] + b"\0\0" + page[5:])


def indexes_zeroed(content: bytes, anatomy: Anatomy) -> bytes:
    """Return the database with its indexes' pages zero: rows that are looked up by them are not found."""
    del anatomy
    return _each_page(content, lambda page: bytes(PAGE) if page[0] == _INDEX_LEAF else page)


def indexes_emptied(content: bytes, anatomy: Anatomy) -> bytes:
    """Return the database whose indexes are sound and empty, so that no page is damaged and joins find nothing."""
    del anatomy
    empty = bytes([_INDEX_LEAF, 0, 0, 0, 0]) + struct.pack(">H", PAGE) + b"\0"
    return _each_page(content, lambda page: empty + bytes(PAGE - len(empty)) if page[0] == _INDEX_LEAF else page)


def half_the_pages(content: bytes, anatomy: Anatomy) -> bytes:
    """Return the first half of the pages, with a header that says so."""
    del anatomy
    pages = max(1, len(content) // PAGE // 2)
    return content[:28] + struct.pack(">I", pages) + content[32 : pages * PAGE]


def texts_as_blobs(content: bytes, anatomy: Anatomy) -> bytes:
    """Return the database with every text of the main column turned into bytes."""
    return _edited(content, f"UPDATE {anatomy.table} SET {anatomy.text} = CAST({anatomy.text} AS BLOB)")


def table_renamed(content: bytes, anatomy: Anatomy) -> bytes:
    """Return the database whose main table has another name."""
    return _edited(content, f"ALTER TABLE {anatomy.table} RENAME TO {anatomy.table}_2")


def column_renamed(content: bytes, anatomy: Anatomy) -> bytes:
    """Return the database whose main column has another name."""
    return _edited(content, f"ALTER TABLE {anatomy.table} RENAME COLUMN {anatomy.text} TO other_name")


def virtual_table(content: bytes, anatomy: Anatomy) -> bytes:
    """Return the database with a full-text table in place of the main one."""
    return _edited(
        content,
        f"CREATE TABLE kept AS SELECT * FROM {anatomy.table}; DROP TABLE {anatomy.table}; "
        f"CREATE VIRTUAL TABLE {anatomy.table} USING fts5({anatomy.text})",
    )


def empty_view(content: bytes, anatomy: Anatomy) -> bytes:
    """Return the database with a view without rows in place of the main table."""
    return _edited(
        content,
        f"ALTER TABLE {anatomy.table} RENAME TO kept; CREATE VIEW {anatomy.table} AS SELECT * FROM kept WHERE 0",
    )


def huge_text(content: bytes, anatomy: Anatomy) -> bytes:
    """Return the database with a text of 60 MB in one row."""
    first = f"(SELECT max(rowid) FROM {anatomy.table})"
    return _edited(
        content,
        f"UPDATE {anatomy.table} SET {anatomy.text} = printf('%.*c', 60000000, 'a') || {anatomy.text} "
        f"WHERE rowid = {first}",
    )


def in_utf16(content: bytes, anatomy: Anatomy) -> bytes:
    """Return the database with all its texts in UTF-16: sound, and no search for UTF-8 finds anything in it."""
    del anatomy
    with opened(content) as old:
        script = "\n".join(line for line in old.iterdump() if "sqlite_sequence" not in line)
    new = sqlite3.connect(":memory:")
    new.execute("PRAGMA encoding = 'UTF-16le'")
    new.executescript(script)
    return _serialized(new)


def another_database(content: bytes, anatomy: Anatomy) -> bytes:
    """Return a sound database of something else."""
    del content, anatomy
    new = sqlite3.connect(":memory:")
    new.executescript("CREATE TABLE recipes (name TEXT); INSERT INTO recipes VALUES ('soup')")
    return _serialized(new)


def wrong_page_size(content: bytes, anatomy: Anatomy) -> bytes:
    """Return the database with another page size in its header."""
    del anatomy
    return content[:16] + struct.pack(">H", 8192) + content[18:]


def zero_tail(content: bytes, anatomy: Anatomy) -> bytes:
    """Return the database whose last three quarters are zero, as a copy has that broke off on a sparse file."""
    del anatomy
    kept = max(PAGE, len(content) // 4 // PAGE * PAGE)
    return content[:kept] + bytes(len(content) - kept)


def encrypted(content: bytes, anatomy: Anatomy) -> bytes:
    """Return bytes that look like an encrypted database: another header, the same length, no structure."""
    del anatomy
    return bytes(byte ^ (number * 167 + 13 & 0xFF) for number, byte in enumerate(content))


CHANGES: Mapping[str, Change] = {
    change.__name__: change
    for change in (
        root_zeroed,
        leaves_zeroed,
        cells_forgotten,
        indexes_zeroed,
        indexes_emptied,
        half_the_pages,
        texts_as_blobs,
        table_renamed,
        column_renamed,
        virtual_table,
        empty_view,
        another_database,
        wrong_page_size,
        zero_tail,
        encrypted,
    )
}
"""Every change by its name, without those that are slow or leave a sound database."""


def write_ahead_log(content: bytes, statements: str) -> tuple[bytes, bytes]:
    """Return the bytes of a database and of its write-ahead log, in which alone the statements' effect stands."""
    import tempfile  # noqa: PLC0415 - only here
    from pathlib import Path  # noqa: PLC0415 - only here

    with tempfile.TemporaryDirectory(prefix="mvtcase-control-") as folder:
        path = Path(folder) / "database"
        path.write_bytes(content)
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.executescript(statements)
        pair = path.read_bytes(), path.with_name("database-wal").read_bytes()
        connection.close()
    return pair


def _edited(content: bytes, statements: str) -> bytes:
    def edit(connection: sqlite3.Connection) -> None:
        for statement in statements.split("; "):
            connection.execute(statement)

    return edited(content, edit)


def _root(content: bytes, table: str) -> int:
    with opened(content) as connection:
        query = "SELECT rootpage FROM sqlite_master WHERE type = 'table' AND lower(name) = lower(?)"
        return int(connection.execute(query, (table,)).fetchone()[0])


def _with_page(content: bytes, number: int, change: Callable[[bytes], bytes]) -> bytes:
    start = (number - 1) * PAGE
    return content[:start] + change(content[start : start + PAGE]) + content[start + PAGE :]


def _each_page(content: bytes, change: Callable[[bytes], bytes]) -> bytes:
    pages = [content[start : start + PAGE] for start in range(PAGE, len(content), PAGE)]
    return content[:PAGE] + b"".join(map(change, pages))


def _serialized(connection: sqlite3.Connection) -> bytes:
    # `Connection.serialize` came with Python 3.11; a file does the same everywhere.
    import tempfile  # noqa: PLC0415 - only here
    from pathlib import Path  # noqa: PLC0415 - only here

    with tempfile.TemporaryDirectory(prefix="mvtcase-control-") as folder:
        path = Path(folder) / "database"
        connection.commit()
        connection.execute("VACUUM INTO ?", (str(path),))
        connection.close()
        return path.read_bytes()
