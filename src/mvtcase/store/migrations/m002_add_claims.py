"""Add what 0.2.0 keeps: claims, reach, reasons as codes, ratings, and two settings of a case.

The CHECKs on the kind of evidence and on who raised an alert become checks of form: a later release's kind or reader
needs no rewriting of the table, and the program's own closed sets are what it reads them with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

_NEW_COLUMNS: Mapping[str, tuple[str, str]] = {
    # Table: the column that the new ones stand before, and the new ones. The last column of a table would not do: a
    # column that somebody added by hand stands between it and its comment.
    "case_file": (
        "created_at",
        """
  fixed_sets TEXT, -- JSON: the names of the indicator sets this case is held to; null = every active one
  active_sets TEXT NOT NULL DEFAULT '[]', -- JSON: the sha256 of each indicator set that scans used when last noted
  single_examiner TEXT, -- why one examiner's judgement is enough here; null = it takes two""",
    ),
    "scan": (
        "results_sha256",
        """
  claims TEXT NOT NULL DEFAULT '{}', -- JSON: how many files there were, and who read them
  reach TEXT NOT NULL DEFAULT '[]', -- JSON: which traces over which span of time the evidence could have shown
  sequence INTEGER, -- custody event that began it, which says what came later whatever the clock; null = before 0.2""",
    ),
    "module_run": (
        "messages",
        """
  reason_code TEXT NOT NULL DEFAULT 'text', -- the outcome as a code; text = in words only
  reason_params TEXT NOT NULL DEFAULT '{}', -- JSON: what the code speaks of
  first_time TEXT, -- the earliest time in its records; null = none told
  last_time TEXT, -- the latest time in its records; null = none told""",
    ),
    "gap": (
        "reason",
        """
  code TEXT NOT NULL DEFAULT 'text', -- the reason as a code; text = in words only
  params TEXT NOT NULL DEFAULT '{}', -- JSON: what the code speaks of""",
    ),
    "finding": (
        "first_scan",
        """
  rating TEXT NOT NULL DEFAULT '' CHECK (rating IN ('','context','posture','lead','mention','suspicious')), -- weight
  rule TEXT NOT NULL DEFAULT '', -- the rule that rated it""",
    ),
}
_KIND = """CHECK (kind IN ('ios_backup','ios_backup_encrypted','ios_file_system','sysdiagnose','androidqf',
    'androidqf_age','bugreport','android_backup','intrusion_logs','android_file_system'))"""
_SOURCE = "CHECK (source IN ('mvt','sweep'))"


def apply(connection: sqlite3.Connection) -> None:
    """Rebuild the tables that gain columns or lose a closed list."""
    for table, (before, added) in _NEW_COLUMNS.items():
        rebuild(connection, table, f"\n  {before} ", f"{added}\n  {before} ")
    rebuild(connection, "acquisition", _KIND, "CHECK (kind <> '' AND kind NOT GLOB '*[^a-z0-9_]*')")
    rebuild(connection, "alert", _SOURCE, "CHECK (source <> '' AND source NOT GLOB '*[^a-z0-9_]*')")


def rebuild(connection: sqlite3.Connection, table: str, old: str, new: str) -> None:
    """Make a table anew from its own text with one place changed, with all rows, indexes and triggers.

    Starting from the file's own text keeps a column that somebody added by hand: it is theirs, and may be evidence.
    """
    mine = "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL AND type {} 'table'"
    (text,) = connection.execute(mine.format("="), (table,)).fetchone()
    attached = [sql for (sql,) in connection.execute(mine.format("<>"), (table,))]
    connection.execute(f"ALTER TABLE {table} RENAME TO {table}_before")
    columns = ", ".join(f'"{row[1]}"' for row in connection.execute(f"PRAGMA table_info({table}_before)"))
    connection.execute(text.replace(old, new, 1))
    connection.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table}_before")  # noqa: S608  # own names
    connection.execute(f"DROP TABLE {table}_before")
    for statement in attached:
        connection.execute(statement)
