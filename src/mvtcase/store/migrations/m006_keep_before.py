"""Add what rows said before events changed them, so that a case can be read as it was at a head of its chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

_TABLE = """
CREATE TABLE custody_before (
  -- What a row said before an event changed or deleted it; a person's rows are taken out where they have to go.
  number INTEGER PRIMARY KEY, -- order of writing
  sequence INTEGER NOT NULL, -- the event
  table_name TEXT NOT NULL, -- the row's table
  row_uuid TEXT NOT NULL, -- the row
  was TEXT NOT NULL -- JSON: the changed columns as they were; of a row that was deleted, all
) STRICT
"""


def apply(connection: sqlite3.Connection) -> None:
    """Create the table. It has no seal of its own: what is put back is held to the seals of the events of then."""
    connection.execute(_TABLE.strip())
    connection.execute("CREATE INDEX idx_custody_before_row ON custody_before(row_uuid)")
    connection.execute(
        "CREATE TRIGGER custody_before_no_update BEFORE UPDATE ON custody_before "
        "BEGIN SELECT RAISE(ABORT, 'custody_before is append-only'); END"
    )
