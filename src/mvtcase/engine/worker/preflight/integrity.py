"""Whether a database is sound below its rows: what SQLite itself says of pages, indexes and the write-ahead log.

MVT asks for rows. A page that says it holds none, an index that leads nowhere or a log that was cut give fewer rows and
no error.
"""

from __future__ import annotations

import sqlite3
import struct
from functools import cache
from typing import TYPE_CHECKING

from mvtcase.engine.safe_json import safe_text
from mvtcase.engine.worker.preflight.accounts import RULES
from mvtcase.engine.worker.preflight.ios import lost_joins
from mvtcase.model import ModuleOutcome
from mvtcase.wording import Reason, text_of, why
from mvtcase_readers.regular import UnreadableError
from mvtcase_readers.sqlite import Bounds, opened, quoted, tables_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

CHECKING = Bounds(seconds=90.0, copy_bytes=8 << 30, pragmas=frozenset({"integrity_check"}))
MAX_FAULTS = 3

_HEADER = b"SQLite format 3\0"
_WAL_MAGIC = frozenset({0x377F0682, 0x377F0683})
_WAL_HEADER, _FRAME_HEADER = 32, 24
_OF_THE_SCHEMA = ("NULL value in ", "CHECK constraint failed", "TEXT value in ", "NUMERIC value in ")
"""What the check says of rows that break a rule of the phone's own schema; they are all read."""


@cache
def faults_of(path: Path) -> tuple[Reason, ...]:
    """Return what is wrong inside a database; nothing where it is sound or cannot even be opened.

    A database that cannot be opened fails its module, which says so itself. Looking takes at most `CHECKING.seconds`; a
    database that takes longer is not called damaged.
    """
    try:
        return (*_log_faults(path), *_page_faults(path))[:MAX_FAULTS]
    except (OSError, sqlite3.Error, UnreadableError):
        return ()


def doubted(slug: str, examined: tuple[ModuleOutcome, str], databases: Iterable[Path]) -> tuple[ModuleOutcome, str]:
    """Return a module's outcome and reason, `damaged` where it read without complaint what is not sound below."""
    outcome, reason = examined
    if outcome not in _TRUSTING:
        return outcome, reason
    if slug in _NEVER_EMPTY and outcome is ModuleOutcome.EMPTY:
        return ModuleOutcome.DAMAGED, why("database.no_row", what=why(_NEVER_EMPTY[slug]))
    for path in databases:
        faults = (*faults_of(path), *shape_faults(path, slug))
        if faults:
            return ModuleOutcome.DAMAGED, why("database.faults", faults=faults)
    return outcome, reason


_NEVER_EMPTY = {
    "datausage": "database.counts",
    "manifest": "database.lists",
}
"""Sources that no phone in use leaves without a row, and why."""


def shape_faults(path: Path, slug: str) -> tuple[Reason, ...]:
    """Return what a module would pass over in silence: columns it compares that are gone, texts that are bytes."""
    rule = RULES.get(slug)
    if rule is None:
        return ()
    try:
        with opened(path) as connection:
            kinds = tables_of(connection)
            tables = [name for name in rule.tables if kinds.get(name.lower()) == "table"]
            return (*_shapes(connection, tables, slug), *lost_joins(connection, slug))
    except (sqlite3.Error, OSError, UnreadableError):
        return ()


def _shapes(connection: sqlite3.Connection, tables: list[str], slug: str) -> Iterator[Reason]:
    for table in tables:
        columns = {
            str(row[1]): str(row[2]).upper() for row in connection.execute(f"PRAGMA table_info({quoted(table)})")
        }
        for name in _COMPARED.get((slug, table), ()):
            if name not in columns:
                yield why("database.no_column", table=table, column=name)
        texts = [name for name, word in columns.items() if any(part in word for part in ("CHAR", "TEXT", "CLOB"))]
        wrong = " OR ".join(f"typeof({quoted(name)}) = 'blob'" for name in texts) or "0"
        count = connection.execute(f'SELECT count(*) FROM "{table}" WHERE {wrong}').fetchone()[0]  # noqa: S608 - as above
        if count:
            yield why("database.bytes", count=count, table=table)


_COMPARED = {
    ("sms", "message"): ("text",),
    ("sms_attachments", "attachment"): ("filename",),
    ("whatsapp", "ZWAMESSAGE"): ("ZTEXT",),
}
"""Columns that modules read by `SELECT *`, so that nothing fails where they are gone."""

_TRUSTING = frozenset({ModuleOutcome.CHECKED, ModuleOutcome.EXTRACTED, ModuleOutcome.EMPTY})


def _page_faults(path: Path) -> tuple[Reason, ...]:
    try:
        with opened(path, bounds=CHECKING) as connection:
            rows = connection.execute("PRAGMA integrity_check(20)").fetchall()
    except sqlite3.DatabaseError as error:
        return (why("database.malformed"),) if "malformed" in str(error) else ()
    lines = [line for row in rows for line in str(row[0]).splitlines() if not line.startswith("*** ")]
    return tuple(
        text_of(safe_text(line, 200)) for line in lines if line != "ok" and not line.startswith(_OF_THE_SCHEMA)
    )


def _log_of(path: Path) -> Path | None:
    log = path.with_name(f"{path.name}-wal")
    return log if log.is_file() and not log.is_symlink() and log.stat().st_size else None


def _log_faults(path: Path) -> tuple[Reason, ...]:
    """Return what is wrong with the write-ahead log: SQLite passes over what comes after its last whole write.

    Format: https://www.sqlite.org/walformat.html. Frames of an older round of the log, known by other salts, are
    normal.
    """
    log = _log_of(path)
    if log is None:
        return ()
    size = log.stat().st_size
    with log.open("rb") as handle:
        head = handle.read(_WAL_HEADER)
        if len(head) < _WAL_HEADER or struct.unpack(">I", head[:4])[0] not in _WAL_MAGIC:
            return (why("database.no_log"),)
        page = struct.unpack(">I", head[8:12])[0]
        if not _WAL_HEADER <= page <= 1 << 16:
            return (why("database.log_page"),)
        frames, rest = divmod(size - _WAL_HEADER, page + _FRAME_HEADER)
        current = committed = 0
        for number in range(frames):
            handle.seek(_WAL_HEADER + number * (page + _FRAME_HEADER))
            frame = handle.read(_FRAME_HEADER)
            if frame[8:16] != head[16:24]:
                break
            current = number + 1
            committed = current if frame[4:8] != b"\0\0\0\0" else committed
    if current > committed or (rest and current == frames):
        lost = current - committed + bool(rest)
        return (why("database.log_cut", count=lost),)
    return ()
