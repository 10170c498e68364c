"""Reading SQLite databases of evidence without running what they bring: the one hardened way to open them here."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECONDS = 60.0
STEPS = 20_000
"""How long one look at a database may take, and after how many steps of SQLite's machine the clock is asked."""

_READING = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})


class UnfitDatabaseError(Exception):
    """A database, or what stands in its place, must not be read; the message says why."""


def check_regular(path: Path, root: Path | None) -> None:
    """Raise `UnfitDatabaseError` unless the path is a regular file, after links, inside the root.

    A pipe in place of a database would be waited on for ever, and a link out of the evidence copies the analyst's file
    into the results.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise UnfitDatabaseError(f"{path.name} cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(found.st_mode):
        raise UnfitDatabaseError(f"{path.name} is no regular file")
    if root is not None and path.is_symlink() and not path.resolve().is_relative_to(root.resolve()):
        raise UnfitDatabaseError(f"{path.name} is a link out of the evidence")


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database for reading: no writing, no schema that runs code, nothing but SELECT, and an end in time.

    Texts that are no UTF-8 are read with escapes. A write-ahead log beside it is read from a temporary copy, as MVT
    does.
    """
    with _readable(path) as uri:
        connection = sqlite3.connect(uri, uri=True)
        try:
            connection.execute("PRAGMA trusted_schema=OFF")
            connection.execute("PRAGMA cell_size_check=ON")
            connection.text_factory = lambda data: data.decode("utf-8", "backslashreplace")
            connection.set_progress_handler(_deadline(SECONDS), STEPS)
            connection.set_authorizer(_only_reading)
            yield connection
        finally:
            connection.close()


def tables_of(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the kind (`table`, `view`) of every name in a schema, in lower case as SQLite compares them."""
    rows = connection.execute("SELECT name, type, sql FROM sqlite_master WHERE type IN ('table', 'view')")
    return {str(name).lower(): _kind(str(kind), str(sql or "")) for name, kind, sql in rows}


def check_tables(path: Path, names: tuple[str, ...]) -> None:
    """Raise `UnfitDatabaseError` when something else than a table stands under one of the names; absent ones pass."""
    try:
        with opened(path) as connection:
            kinds = tables_of(connection)
    except sqlite3.Error:
        # The module that reads it will say so in its own way.
        return
    odd = [name for name in names if kinds.get(name.lower(), "table") != "table"]
    if odd:
        raise UnfitDatabaseError(f"in {path.name} a {kinds[odd[0].lower()]} stands in place of the table {odd[0]}")


@contextmanager
def _readable(path: Path) -> Iterator[str]:
    journal = path.with_name(f"{path.name}-wal")
    if not journal.is_file() or journal.is_symlink():
        yield f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        return
    with tempfile.TemporaryDirectory(prefix="database-") as folder:
        copy = Path(folder) / "copy.db"
        shutil.copyfile(path, copy)
        shutil.copyfile(journal, copy.with_name("copy.db-wal"))
        yield f"{copy.as_uri()}?mode=ro"


def _kind(kind: str, sql: str) -> str:
    return "virtual table" if kind == "table" and sql.lstrip().upper().startswith("CREATE VIRTUAL") else kind


def _only_reading(action: int, first: str | None, *_: str | None) -> int:
    allowed = action in _READING or (action == sqlite3.SQLITE_PRAGMA and first == "table_info")
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _deadline(seconds: float) -> Callable[[], int]:
    end = time.monotonic() + seconds
    return lambda: int(time.monotonic() > end)


def size_of(path: Path) -> int:
    """Return a file's size in bytes, 0 when it is not there."""
    try:
        return os.stat(path).st_size  # noqa: PTH116 - the call that follows links, as SQLite does
    except OSError:
        return 0
