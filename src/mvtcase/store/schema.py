"""What a case file of this release holds: every table with its columns, and every other object with its text."""

from __future__ import annotations

import json
import sqlite3
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mvtcase.canon import digest, kept_beside, sha256_bytes
from mvtcase.store import migrations

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def tables(steps: int | None = None) -> Mapping[str, Mapping[str, str | None]]:
    """Return the columns of every table after so many steps (None: all), each with the SQL text of its default."""
    if steps is not None:
        return _tables(steps)
    folder = Path(migrations.__file__)
    stamp = digest([sha256_bytes(each.read_bytes()) for each in sorted(folder.parent.glob("m*.py"))])[:16]
    return kept_beside(folder, stamp, lambda: json.dumps(_tables(None)).encode(), _loaded)


def _loaded(data: bytes) -> Mapping[str, Mapping[str, str | None]]:
    return dict(json.loads(data))


def _tables(steps: int | None) -> Mapping[str, Mapping[str, str | None]]:
    connection = _empty_case(steps)
    try:
        return {
            name: {row[1]: row[4] for row in connection.execute(f"PRAGMA table_info({name})")}
            for (_, name), text in objects(connection).items()
            if text.startswith("CREATE TABLE")
        }
    finally:
        connection.close()


@cache
def expected() -> Mapping[tuple[str, str], str]:
    """Return the SQL text of every object of a new case by type and name."""
    connection = _empty_case(None)
    try:
        return objects(connection)
    finally:
        connection.close()


def objects(connection: sqlite3.Connection) -> dict[tuple[str, str], str]:
    """Return the SQL text of every object of an open case by type and name, without SQLite's own or the steps'."""
    query = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name <> '_sqlite_migrations'"
    return {(kind, name): text for kind, name, text in connection.execute(query) if not name.startswith("sqlite_")}


def _empty_case(steps: int | None) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrations.take_steps(connection, migrations.STEPS[:steps])
    return connection
