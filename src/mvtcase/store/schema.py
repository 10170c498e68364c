"""What a case file of this release holds: every table with its columns, and every other object with its text."""

from __future__ import annotations

import json
import sqlite3
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mvtcase.canon import digest, kept_beside, sha256_bytes
from mvtcase.store import migrations, views

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEPT = (None, 1)
"""The numbers of steps whose outcome is kept: all, and those of 0.1.0, by which old seals are checked."""


@cache
def tables(steps: int | None = None) -> Mapping[str, Mapping[str, str | None]]:
    """Return the columns of every table after so many steps (None: all), each with the SQL text of its default."""
    made = _of_release()[str(steps)] if steps in _KEPT else _after(steps)
    return dict(made["columns"])


@cache
def expected() -> Mapping[tuple[str, str], str]:
    """Return the SQL text of every object of a new case by type and name."""
    return {(kind, name): text for kind, name, text in _of_release()["None"]["objects"]}


@cache
def _of_release() -> Mapping[str, Any]:
    """Return what a case holds after the steps asked for again and again; made once for the files of a release."""
    folder = Path(migrations.__file__)
    texts = [sha256_bytes(each.read_bytes()) for each in (*sorted(folder.parent.glob("m*.py")), Path(views.__file__))]
    made: Mapping[str, Any] = kept_beside(
        folder,
        digest(texts)[:16],
        lambda: json.dumps({str(steps): _after(steps) for steps in _KEPT}).encode(),
        json.loads,
    )
    return made


def _after(steps: int | None) -> Mapping[str, Any]:
    connection = _empty_case(steps)
    try:
        found = objects(connection)
        columns = {
            name: {row[1]: row[4] for row in connection.execute(f"PRAGMA table_info({name})")}
            for (_, name), text in found.items()
            if text.startswith("CREATE TABLE")
        }
        return {"columns": columns, "objects": [[*key, text] for key, text in found.items()]}
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
