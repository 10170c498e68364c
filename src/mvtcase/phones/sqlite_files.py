"""SQLite databases as bytes: the same schema and rows give the same bytes with the same SQLite library."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Value = None | int | float | str | bytes
    Row = Mapping[str, Value]

_FORMAT_VERSIONS = slice(18, 20)
_WAL = b"\x02\x02"


def database(schema: str, rows: Mapping[str, Sequence[Row]], *, wal: bool = True) -> bytes:
    """Return a database with the given schema script and rows by table.

    `wal` marks the header as write-ahead logged, as iOS leaves nearly all its databases: who opens such a file without
    `immutable=1` writes beside it. Raises `sqlite3.Error` where rows do not fit the schema.
    """

    def fill(connection: sqlite3.Connection) -> None:
        for table, entries in rows.items():
            for entry in entries:
                insert(connection, table, entry)

    return _written(b"", fill, wal=wal, schema=schema)


def insert(connection: sqlite3.Connection, table: str, row: Row) -> None:
    """Insert one row, given by column name."""
    columns = ", ".join(f'"{column}"' for column in row)
    marks = ", ".join("?" * len(row))
    connection.execute(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', tuple(row.values()))


def edited(content: bytes, edit: Callable[[sqlite3.Connection], None]) -> bytes:
    """Return the bytes of a database after `edit` changed it; the header's journal mode stays as it was."""
    return _written(_rollback_journal(content), edit, wal=content[_FORMAT_VERSIONS] == _WAL)


@contextmanager
def opened(content: bytes) -> Iterator[sqlite3.Connection]:
    """Open the bytes of a database for reading; blobs and rows come as they are stored."""
    with tempfile.TemporaryDirectory(prefix="mvtcase-control-") as folder:
        path = Path(folder) / "database"
        path.write_bytes(_rollback_journal(content))
        with closing(sqlite3.connect(path)) as connection:
            yield connection


def _rollback_journal(content: bytes) -> bytes:
    return content[:18] + b"\x01\x01" + content[20:] if content[_FORMAT_VERSIONS] == _WAL else content


def _written(content: bytes, change: Callable[[sqlite3.Connection], None], *, wal: bool, schema: str = "") -> bytes:
    # `Connection.serialize` would do without a file, but came with Python 3.11.
    with tempfile.TemporaryDirectory(prefix="mvtcase-control-") as folder:
        path = Path(folder) / "database"
        path.write_bytes(content)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            # No freed page may keep bytes of an earlier state, and nobody needs a crash-safe temporary file.
            connection.executescript(
                f"PRAGMA page_size=4096; PRAGMA secure_delete=ON; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
                f"BEGIN; {schema}"
            )
            change(connection)
            connection.execute("COMMIT")
        data = path.read_bytes()
    return data[:18] + _WAL + data[20:] if wal else data
