"""LINE's databases: which file belongs to which write-ahead log, and which columns are never read.

MVT's own helpers are not used here: they repair a malformed database by running the `sqlite3` shell over it, and a
silent repair would pass for a complete reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 - a dataclass field, named at run time
from typing import TYPE_CHECKING

from mvtcase_readers import sqlite

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

KEY_MATERIAL = frozenset(
    {"prikey", "pubkey", "chunks", "zkeydata", "ze2eepublickeychain", "zpublickeychain", "zenckeydata", "zthumbnail"}
)
"""Columns (folded names) that SQLite itself refuses to read for us: keys, ciphertext, and pictures nobody needs."""

BOUNDS = sqlite.Bounds(seconds=120.0, hidden=KEY_MATERIAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFile:
    """A database in the evidence and, where it has one, the write-ahead log that belongs to it."""

    path: Path
    wal: Path | None = None


def open_database(file: DatabaseFile) -> AbstractContextManager[sqlite.Database]:
    """Return a database of LINE's, open for reading, its keys out of reach; raises `UnreadableError` as readers do."""
    return sqlite.open_database(file.path, log=file.wal, bounds=BOUNDS)


def expressions(columns: frozenset[str], *names: str, cut: int | None = None) -> list[str]:
    """Return what to select for columns of which some may be missing (NULL), long values cut to `cut`."""
    wanted = [name if name.lower() in columns else "NULL" for name in names]
    return [f"substr({name}, 1, {cut})" if cut and name != "NULL" else name for name in wanted]


def lacking(columns: frozenset[str], table: str, *names: str) -> list[str]:
    """Return a sentence for each column that a table lacks."""
    return [f"table {table} lacks {name}" for name in names if name.lower() not in columns]
