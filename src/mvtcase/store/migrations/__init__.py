"""The steps that bring a case file to this release's schema: frozen text each, recorded in the file as they are taken.

The views are no step: they hold nothing, and are written anew whenever this release's differ from the file's.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Protocol
from zlib import crc32

from mvtcase.canon import timestamp, utc_now
from mvtcase.store.migrations import (
    m001_create_case,
    m002_add_claims,
    m003_add_people,
    m004_index_findings,
    m005_join_cases,
    m006_keep_before,
    m007_pack_alerts,
)
from mvtcase.store.views import VIEWS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator


class Step(Protocol):
    """One migration: a module named `mNNN_verb_noun`."""

    __name__: str

    def apply(self, connection: sqlite3.Connection, /) -> None:
        """Bring the schema of the step before to this one, inside the caller's transaction."""
        ...


STEPS: tuple[Step, ...] = (
    m001_create_case, m002_add_claims, m003_add_people, m004_index_findings, m005_join_cases, m006_keep_before,
    m007_pack_alerts,
)  # fmt: skip
_VIEWS_VERSION = crc32("\0".join(VIEWS).encode()) >> 1
"""Kept as the file's `user_version`, which is a signed number of 32 bits."""
_RECORD = """
CREATE TABLE IF NOT EXISTS _sqlite_migrations (id INTEGER PRIMARY KEY, migration_set TEXT, name TEXT, applied_at TEXT)
"""


def name_of(step: Step) -> str:
    """Return the name under which a step is recorded."""
    return step.__name__.rpartition(".")[2]


def applied(connection: sqlite3.Connection) -> frozenset[str]:
    """Return the names of the steps that a file has seen; none for a file that is no case."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchone():
        return frozenset()
    return frozenset(
        name for (name,) in connection.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = 'mvtcase'")
    )


def is_current(connection: sqlite3.Connection) -> bool:
    """Return whether a file has this release's schema and views."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return bool(version == _VIEWS_VERSION) and applied(connection) >= {name_of(step) for step in STEPS}


@contextlib.contextmanager
def migrating(connection: sqlite3.Connection) -> Iterator[tuple[str, ...]]:
    """Take every step that is due and give their names; all is committed on leaving, or nothing when that fails."""
    # Rebuilding a table renames it, which must leave the references of the others alone.
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA legacy_alter_table = ON")
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield take_steps(connection, STEPS)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.execute("PRAGMA legacy_alter_table = OFF")
        connection.execute("PRAGMA foreign_keys = ON")


def take_steps(connection: sqlite3.Connection, steps: tuple[Step, ...]) -> tuple[str, ...]:
    """Take those of some steps that are due, inside the caller's transaction, and return their names."""
    connection.execute(_RECORD)
    known = applied(connection)
    due = [step for step in steps if name_of(step) not in known]
    for view in VIEWS:
        connection.execute(f"DROP VIEW IF EXISTS {view.split()[2]}")
    for step in due:
        step.apply(connection)
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('mvtcase', ?, ?)",
            (name_of(step), timestamp(utc_now())),
        )
    for view in VIEWS:
        connection.execute(view.strip())
    connection.execute(f"PRAGMA user_version = {_VIEWS_VERSION}")
    return tuple(name_of(step) for step in due)
