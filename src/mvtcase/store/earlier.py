"""The case as it was: what rows said before events changed them, and a copy of it put back to an event.

What is kept here has no seal of its own. A copy that was put back is held to the seals that the events of then gave:
whoever alters what is kept gets a case that is refused.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mvtcase.canon import canonical_json
from mvtcase.store import custody

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Sequence

_IN = "IN (SELECT value FROM json_each(?))"
_OF_EVENTS = ("custody_before", "custody_row", "custody_event", "custody_signature", "custody_timestamp")
"""Tables beside a case's own whose rows name the event that they belong to."""


def keep(
    connection: sqlite3.Connection, sequence: int, table: str, uuids: Sequence[str], columns: Iterable[str] = ()
) -> None:
    """Keep what rows say before an event changes some of their columns or, where none is named, deletes them."""
    names = tuple(columns) or tuple(custody.covered()[table])
    query = f"SELECT uuid AS row_uuid, {', '.join(names)} FROM {table} WHERE uuid {_IN}"  # noqa: S608  # own names
    held = connection.execute(query, (canonical_json(list(uuids)),)).fetchall()
    connection.executemany(
        "INSERT INTO custody_before (sequence, table_name, row_uuid, was) VALUES (?,?,?,?)",
        [(sequence, table, row[0], canonical_json(dict(zip(names, row[1:], strict=True)))) for row in held],
    )


def forget(connection: sqlite3.Connection, uuids: Collection[str], names: Sequence[str] = ()) -> None:
    """Forget what some rows said, and whatever is kept that holds one of these texts: a person's data has to go."""
    told = connection.execute("SELECT number, was FROM custody_before") if names else ()
    naming = [number for number, was in told if any(each in _plain(was) for each in names)]
    connection.execute(f"DELETE FROM custody_before WHERE row_uuid {_IN}", (canonical_json(list(uuids)),))  # noqa: S608
    connection.execute(f"DELETE FROM custody_before WHERE number {_IN}", (canonical_json(naming),))  # noqa: S608


def _plain(was: str) -> str:
    return json.dumps(json.loads(was), ensure_ascii=False)


def put_back(connection: sqlite3.Connection, sequence: int) -> tuple[custody.Difference, ...]:
    """Put a copy of a case back to an event, and return the rows that are not what the chain says they were then."""
    connection.execute("PRAGMA foreign_keys = OFF")
    triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in triggers:
        connection.execute(f'DROP TRIGGER "{name}"')
    connection.execute("CREATE TEMP TABLE later (row_uuid TEXT PRIMARY KEY)")
    first = "SELECT row_uuid FROM custody_row GROUP BY table_name, row_uuid HAVING min(sequence) > ?"
    connection.execute(f"INSERT OR IGNORE INTO later {first}", (sequence,))
    for table in custody.covered():
        connection.execute(f"DELETE FROM {table} WHERE uuid IN (SELECT row_uuid FROM later)")  # noqa: S608  # own names
    query = (
        "SELECT table_name, row_uuid, was FROM custody_before "
        "WHERE sequence > ? AND row_uuid NOT IN (SELECT row_uuid FROM later) ORDER BY number DESC"
    )
    for table, uuid, was in connection.execute(query, (sequence,)).fetchall():
        _restore(connection, table, uuid, json.loads(was))
    for table in _OF_EVENTS:
        connection.execute(f"DELETE FROM {table} WHERE sequence > ?", (sequence,))  # noqa: S608  # own names
    return custody.broken_rows(connection)


def _restore(connection: sqlite3.Connection, table: str, uuid: str, was: dict[str, object]) -> None:
    """Write what was kept of a row; only names of our own tables and columns are used, whoever wrote them down."""
    known = custody.covered().get(table, {})
    values = {name: value for name, value in was.items() if name in known}
    if not values:
        return
    assigned = ", ".join(f"{name} = ?" for name in values)
    found = connection.execute(f"UPDATE {table} SET {assigned} WHERE uuid = ?", (*values.values(), uuid))  # noqa: S608
    if found.rowcount == 0 and len(values) == len(known):
        marks = ", ".join("?" * len(values))
        connection.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))  # noqa: S608
