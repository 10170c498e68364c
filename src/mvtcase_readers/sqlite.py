"""SQLite databases of the evidence: the one hardened way to open them, for reading and nothing else.

No writing, no schema that runs code, no view or virtual table in place of a table, an end in time and bounded values.
A database with a write-ahead log is read from a private copy of both.
"""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .regular import UnreadableError, check_regular, copy_regular, read_head, size_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Value = None | int | float | str | bytes
    Row = tuple[Value, ...]

HEADER = b"SQLite format 3\0"
STEPS = 20_000
"""After how many steps of SQLite's machine the clock is asked."""

FUNCTIONS = frozenset(
    {"abs", "avg", "coalesce", "count", "date", "datetime", "group_concat", "hex", "ifnull", "instr", "julianday"}
    | {"length", "like", "lower", "ltrim", "max", "min", "nullif", "replace", "round", "rtrim", "strftime", "substr"}
    | {"sum", "time", "total", "trim", "typeof", "unicode", "upper"}
)
"""The functions that queries may name."""

_TOO_LONG = "reading took too long and was stopped"
_LIMIT_LENGTH = 0
"""SQLITE_LIMIT_LENGTH of sqlite3.h, which Python names from 3.11 on."""
_FAILURES = (sqlite3.Error, ValueError, OverflowError, MemoryError)
"""What reading a damaged database raises; a damaged name in SQLite's own message makes it a UnicodeDecodeError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How far one database is read: seconds from opening to the last row, bytes of a copy and of one value.

    `hidden` columns (folded names) are refused by SQLite itself; `pragmas` may be asked beside the columns of a table.
    """

    seconds: float = 60.0
    copy_bytes: int = 4 << 30
    value_bytes: int = 64 << 20
    hidden: frozenset[str] = frozenset()
    pragmas: frozenset[str] = frozenset({"table_info"})


class Guarded(sqlite3.Connection):
    """A connection that may only read; closing it removes the private copy that it reads, where there is one."""

    folder: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Close the connection and remove its private copy."""
        super().close()
        if self.folder is not None:
            self.folder.cleanup()
            self.folder = None


def connect(path: Path, *, log: Path | None = None, bounds: Bounds = Bounds()) -> Guarded:
    """Return a hardened connection to a database, which the caller closes.

    `log` is its write-ahead log where that does not stand beside it under its usual name. Texts that are no UTF-8 are
    read with escapes. What is no database fails at the first query. Raises `UnreadableError` when a copy would be too
    large or cannot be made.
    """
    folder, uri = _readable(path, log or _log_beside(path), bounds)
    try:
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, factory=Guarded)
    except BaseException:
        if folder is not None:
            folder.cleanup()
        raise
    connection.folder = folder
    try:
        tame(connection, bounds)
        connection.text_factory = text_of
    except BaseException:
        connection.close()
        raise
    return connection


@contextlib.contextmanager
def opened(path: Path, *, log: Path | None = None, bounds: Bounds = Bounds()) -> Iterator[sqlite3.Connection]:
    """Open a database as `connect` does and close it afterwards."""
    connection = connect(path, log=log, bounds=bounds)
    try:
        yield connection
    finally:
        connection.close()


def tables_of(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the kind (`table`, `view`, `virtual table`) of every name in a schema, lower-case as SQLite compares."""
    rows = connection.execute("SELECT name, type, sql FROM sqlite_master WHERE type IN ('table', 'view')")
    return {text_of(name).lower(): _kind(text_of(kind), text_of(sql or "")) for name, kind, sql in rows}


def check_tables(path: Path, names: tuple[str, ...]) -> None:
    """Raise `UnreadableError` when something else than a table stands under one of the names; absent ones pass."""
    try:
        with opened(path) as connection:
            kinds = tables_of(connection)
    except sqlite3.Error:
        # Whoever reads it will say so in his own way.
        return
    odd = [name for name in names if kinds.get(name.lower(), "table") != "table"]
    if odd:
        raise UnreadableError(f"in {path.name} a {kinds[odd[0].lower()]} stands in place of the table {odd[0]}")


@dataclass(slots=True, kw_only=True)
class Database:
    """An open database of which damage is told instead of raised; `faults` says why a reading ended before its end."""

    connection: sqlite3.Connection
    deadline: float
    """On the monotonic clock; SQLite watches it during a step, `rows` between rows: what is done with a row counts."""
    faults: list[str] = field(default_factory=list)

    def columns(self, table: str) -> frozenset[str] | None:
        """Return the folded column names of a real table, None when there is none of that name.

        Raises `UnreadableError` for a view or a virtual table in its place: neither is normal in evidence, and a
        view can yield rows without end.
        """
        found = self._one("SELECT type, sql FROM sqlite_master WHERE lower(name) = ?", table.lower())
        if found is None:
            return None
        if _kind(str(found[0]), str(found[1] or "")) != "table":
            raise UnreadableError(f"{table} is no plain table, which is never normal")
        names = frozenset(str(row[1]).lower() for row in self.rows(f"PRAGMA table_info({quoted(table)})"))
        if not names:
            raise UnreadableError(self.faults.pop() if self.faults else f"the columns of {table} cannot be read")
        return names

    def require(self, table: str, *needed: str) -> frozenset[str]:
        """Return the columns of a table that must exist with certain columns; raises `UnreadableError` otherwise."""
        columns = self.columns(table)
        if columns is None:
            raise UnreadableError(f"table {table} is missing: another version, or another app's database")
        missing = [name for name in needed if name.lower() not in columns]
        if missing:
            raise UnreadableError(
                f"table {table} lacks {', '.join(missing)}: another version, or another app's database"
            )
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


@contextlib.contextmanager
def open_database(path: Path, *, log: Path | None = None, bounds: Bounds = Bounds()) -> Iterator[Database]:
    """Open a database for reading, whatever is wrong inside it, and close it afterwards.

    Raises `UnreadableError` when it is no regular file, is empty, has no SQLite header, or does not open.
    """
    check_regular(path)
    _check_header(path)
    with contextlib.ExitStack() as stack:
        deadline = time.monotonic() + bounds.seconds
        try:
            connection = stack.enter_context(contextlib.closing(connect(path, log=log, bounds=bounds)))
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except UnreadableError:
            raise
        except _FAILURES as error:
            raise UnreadableError(_words(error)) from error
        yield Database(connection=connection, deadline=deadline)


def quoted(name: str) -> str:
    """Return a table's or column's name as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'


def _log_beside(path: Path) -> Path | None:
    log = path.with_name(f"{path.name}-wal")
    return log if log.is_file() and not log.is_symlink() and size_of(log) else None


def _readable(path: Path, log: Path | None, bounds: Bounds) -> tuple[tempfile.TemporaryDirectory[str] | None, str]:
    """Return what to open: the file itself where it stands alone, a private copy where it has a write-ahead log."""
    if log is None:
        return None, f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    if size_of(path) + check_regular(log) > bounds.copy_bytes:
        raise UnreadableError(
            f"larger than {bounds.copy_bytes >> 30} GiB together with its write-ahead log", damaged=False
        )
    folder = tempfile.TemporaryDirectory(prefix="database-")
    copy = Path(folder.name) / "copy.db"
    try:
        copy_regular(path.resolve(), copy)
        copy_regular(log, copy.with_name("copy.db-wal"))
    except OSError as error:
        folder.cleanup()
        raise UnreadableError(f"could not be copied for reading ({type(error).__name__})") from error
    return folder, f"{copy.as_uri()}?mode=ro"


def _check_header(path: Path) -> None:
    try:
        header = read_head(path, len(HEADER))
    except OSError as error:
        raise UnreadableError(f"the file cannot be read ({type(error).__name__})") from error
    if not header:
        raise UnreadableError("the file is empty (0 bytes)")
    if header != HEADER:
        raise UnreadableError("not a SQLite database (damaged or encrypted)")


def tame(connection: sqlite3.Connection, bounds: Bounds) -> None:
    """Make a connection one that may only read real tables, within bounds."""
    # `setlimit` came with Python 3.11; before it, queries have to cut long values themselves.
    if hasattr(connection, "setlimit"):
        connection.setlimit(_LIMIT_LENGTH, bounds.value_bytes)
    for pragma in ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON"):
        connection.execute(f"PRAGMA {pragma}")
    end = time.monotonic() + bounds.seconds
    connection.set_progress_handler(lambda: int(time.monotonic() > end), STEPS)
    try:
        kinds = tables_of(connection)
    except sqlite3.DatabaseError:
        # Whoever asks anything gets the same error: MVT opens property lists as databases, and knows it.
        kinds = {}
    connection.set_authorizer(_reading_only(bounds, kinds))


def _reading_only(bounds: Bounds, kinds: Mapping[str, str]) -> Callable[..., int]:
    """Return an authorizer that allows reading real tables, directly, and nothing else."""
    real = {name for name, kind in kinds.items() if kind == "table"} | {"sqlite_master", "sqlite_schema"}

    def allowed(action: int, first: str, second: str, through: str) -> bool:
        if action == sqlite3.SQLITE_READ:
            is_real = first in real and (through not in kinds or through in real)
            return is_real and second not in bounds.hidden
        if action == sqlite3.SQLITE_FUNCTION:
            return second in FUNCTIONS
        if action == sqlite3.SQLITE_PRAGMA:
            return first in bounds.pragmas
        return action == sqlite3.SQLITE_SELECT

    def authorise(action: int, *words: str | None) -> int:
        first, second, _database, through = ((word or "").lower() for word in words)
        return sqlite3.SQLITE_OK if allowed(action, first, second, through) else sqlite3.SQLITE_DENY

    return authorise


def _kind(kind: str, sql: str) -> str:
    # SQLite writes these two words itself, and a hostile schema may hold anything else.
    return "virtual table" if kind == "table" and not sql.upper().startswith("CREATE TABLE") else kind


def text_of(raw: Any) -> str:  # noqa: ANN401 - a cell of any type
    """Return a cell as text; bytes that are no UTF-8 become escapes."""
    return raw.decode("utf-8", "backslashreplace") if isinstance(raw, bytes) else str(raw)


def _words(error: BaseException) -> str:
    text = str(error).encode("utf-8", "backslashreplace").decode()[:200]
    if "interrupted" in text:
        return _TOO_LONG
    if isinstance(error, MemoryError):
        return "a value is too large for memory"
    return f"SQLite says: {text}"
