"""Hostile SQLite files, read: bounded, read-only, key material out of reach, and damage told instead of raised.

MVT's own helpers are not used here: they repair a malformed database by running the `sqlite3` shell over it, and a
silent repair would pass for a complete reading.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import stat
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    Value = None | int | float | str | bytes
    Row = tuple[Value, ...]

MOST_SECONDS = 120.0
"""Time one database may take."""
MOST_COPY_BYTES = 4 << 30
"""A database with a write-ahead log is read from a copy, up to this size."""
MOST_VALUE_BYTES = 64 << 20
_STEPS = 50_000
_TOO_LONG = "reading took too long and was stopped"
_LIMIT_LENGTH = 0
"""SQLITE_LIMIT_LENGTH of sqlite3.h, which Python names from 3.11 on."""
_FAILURES = (sqlite3.Error, ValueError, OverflowError, MemoryError)
"""What reading a damaged database raises; a damaged name in SQLite's own message makes it a UnicodeDecodeError."""
_HEADER = b"SQLite format 3\x00"

KEY_MATERIAL = frozenset(
    {"prikey", "pubkey", "chunks", "zkeydata", "ze2eepublickeychain", "zpublickeychain", "zenckeydata", "zthumbnail"}
)
"""Columns (folded names) that SQLite itself refuses to read for us: keys, ciphertext, and pictures nobody needs."""

_ALLOWED_FUNCTIONS = frozenset({"substr", "length", "typeof", "like", "lower", "count", "max", "min"})


class UnreadableError(Exception):
    """A database, or a table of it, cannot be read; the text is the reason. `damaged`: it exists but is broken."""

    def __init__(self, reason: str, *, damaged: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.damaged = damaged


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFile:
    """A database in the evidence and, where it has one, the write-ahead log that belongs to it."""

    path: Path
    wal: Path | None = None


@dataclass(slots=True, kw_only=True)
class Database:
    """An open evidence database; `faults` collects why a reading ended before its end."""

    connection: sqlite3.Connection
    deadline: float
    """On the monotonic clock; SQLite watches it during a step, `rows` between rows: what is done with a row counts."""
    faults: list[str] = field(default_factory=list)

    def columns(self, table: str) -> frozenset[str] | None:
        """Return the folded column names of a real table, None when there is none of that name.

        Raises `UnreadableError` for a view or a virtual table in its place: neither is normal in evidence, and a
        view can yield rows without end.
        """
        found = self._one("SELECT type, substr(sql, 1, 40) FROM sqlite_master WHERE lower(name) = ?", table.lower())
        if found is None:
            return None
        kind, sql = found
        if kind != "table" or not isinstance(sql, str) or not sql.upper().startswith("CREATE TABLE"):
            raise UnreadableError(f"{table} is no plain table, which is never normal")
        names = frozenset(str(row[1]).lower() for row in self.rows(f'PRAGMA table_info("{table}")'))
        if not names:
            raise UnreadableError(self.faults.pop() if self.faults else f"the columns of {table} cannot be read")
        return names

    def require(self, table: str, *needed: str) -> frozenset[str]:
        """Return the columns of a table that must exist with certain columns; raises `UnreadableError` otherwise."""
        columns = self.columns(table)
        if columns is None:
            raise UnreadableError(f"table {table} is missing: another version, or no LINE database")
        missing = [name for name in needed if name.lower() not in columns]
        if missing:
            raise UnreadableError(f"table {table} lacks {', '.join(missing)}: another version, or no LINE database")
        return columns

    def rows(self, sql: str, *parameters: Value) -> Iterator[Row]:
        """Yield the rows of a query; a fault ends the reading and is kept in `faults`."""
        try:
            for row in self.connection.execute(sql, parameters):
                yield row
                if time.monotonic() > self.deadline:
                    self.faults.append(_TOO_LONG)
                    return
        except _FAILURES as error:
            self.faults.append(_words(error))

    def _one(self, sql: str, *parameters: Value) -> Row | None:
        try:
            found: Row | None = self.connection.execute(sql, parameters).fetchone()
        except _FAILURES as error:
            raise UnreadableError(_words(error)) from error
        return found


def _words(error: BaseException) -> str:
    text = str(error).encode("utf-8", "backslashreplace").decode()[:200]
    if "interrupted" in text:
        return _TOO_LONG
    if isinstance(error, MemoryError):
        return "a value is too large for memory"
    return f"SQLite says: {text}"


def expressions(columns: frozenset[str], *names: str, cut: int | None = None) -> list[str]:
    """Return what to select for columns of which some may be missing (NULL), long values cut to `cut`."""
    wanted = [name if name.lower() in columns else "NULL" for name in names]
    return [f"substr({name}, 1, {cut})" if cut and name != "NULL" else name for name in wanted]


def lacking(columns: frozenset[str], table: str, *names: str) -> list[str]:
    """Return a sentence for each column that a table lacks."""
    return [f"table {table} lacks {name}" for name in names if name.lower() not in columns]


@contextlib.contextmanager
def open_database(file: DatabaseFile) -> Iterator[Database]:
    """Open an evidence database for reading and close it afterwards; the evidence is never written to.

    Raises `UnreadableError` when it is no regular file, is empty, has no SQLite header, or does not open.
    """
    check_regular(file.path)
    _check_header(file.path)
    with contextlib.ExitStack() as stack:
        uri = stack.enter_context(_readable(file))
        try:
            connection = stack.enter_context(closing(sqlite3.connect(uri, uri=True, isolation_level=None)))
            deadline = time.monotonic() + MOST_SECONDS
            _tame(connection, deadline)
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except _FAILURES as error:
            raise UnreadableError(_words(error)) from error
        yield Database(connection=connection, deadline=deadline)


def check_regular(path: Path) -> int:
    """Return the size of a regular file; raises `UnreadableError` for links, devices, folders and unseen files."""
    try:
        status = path.lstat()
    except (OSError, ValueError) as error:
        raise UnreadableError(f"the file cannot be opened ({error.__class__.__name__})") from error
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableError("not a regular file (a link, a folder or a device)")
    return status.st_size


def _check_header(path: Path) -> None:
    try:
        with path.open("rb") as handle:
            header = handle.read(len(_HEADER))
    except OSError as error:
        raise UnreadableError(f"the file cannot be read ({error.__class__.__name__})") from error
    if not header:
        raise UnreadableError("the file is empty (0 bytes)")
    if header != _HEADER:
        raise UnreadableError("not a SQLite database (damaged or encrypted)")


@contextlib.contextmanager
def _readable(file: DatabaseFile) -> Iterator[str]:
    """Yield the URI to open: the file itself where it stands alone, a private copy where it has a write-ahead log."""
    if file.wal is None:
        yield f"{file.path.absolute().as_uri()}?mode=ro&immutable=1"
        return
    if check_regular(file.path) + check_regular(file.wal) > MOST_COPY_BYTES:
        raise UnreadableError(
            f"larger than {MOST_COPY_BYTES >> 30} GiB together with its write-ahead log", damaged=False
        )
    with tempfile.TemporaryDirectory(prefix="mvt_line_") as folder:
        copy = Path(folder) / "database"
        try:
            shutil.copyfile(file.path, copy)
            shutil.copyfile(file.wal, Path(f"{copy}-wal"))
        except OSError as error:
            raise UnreadableError(f"could not be copied for reading ({error.__class__.__name__})") from error
        yield copy.as_uri()


def _tame(connection: sqlite3.Connection, deadline: float) -> None:
    connection.text_factory = _text
    # `setlimit` came with Python 3.11; the queries cut long values themselves.
    if hasattr(connection, "setlimit"):
        connection.setlimit(_LIMIT_LENGTH, MOST_VALUE_BYTES)
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA query_only=ON")
    connection.execute("PRAGMA cell_size_check=ON")
    connection.set_authorizer(_authorise)
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")


def _authorise(action: int, first: str | None, second: str | None, _database: str | None, _trigger: str | None) -> int:
    """Allow reading and nothing else, and never a column that holds keys."""
    if action == sqlite3.SQLITE_READ:
        return sqlite3.SQLITE_DENY if (second or "").lower() in KEY_MATERIAL else sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_SELECT:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION:
        return sqlite3.SQLITE_OK if (second or "").lower() in _ALLOWED_FUNCTIONS else sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_PRAGMA:
        return sqlite3.SQLITE_OK if (first or "").lower() == "table_info" else sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_DENY
