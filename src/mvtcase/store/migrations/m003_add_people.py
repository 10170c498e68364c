"""Add what 0.2.0 keeps of people: the register of examiners, retention, roster marks, assignment, and what was purged.

Beside them stand notes on one thing, the allow-list, editions of reports, and the case's time zone and language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.store.migrations.m002_add_claims import rebuild

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

_NEW_COLUMNS: Mapping[str, tuple[str, str]] = {
    # Table: the column that the new ones stand before, and the new ones.
    "case_file": (
        "created_at",
        """
  time_zone TEXT, -- IANA name of the zone that times are shown in; null = never chosen
  language TEXT, -- tag of the language that the case is worded in; null = never chosen
  scan_interval_days INTEGER CHECK (scan_interval_days > 0), -- older scans are due again; null = age makes none due""",
    ),
    "official": (
        "publication",
        """
  register_id TEXT NOT NULL DEFAULT '', -- the person's id in the roster that was imported; empty = none
  state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active','merged','removed')), -- whether the person is counted
  merged_into TEXT REFERENCES official(id), -- the same person under another id; null = counted under this one""",
    ),
    "consent": (
        "withdrawn_at",
        """
  retain_until TEXT, -- UTC; the last moment at which the data may be kept; null = none was agreed""",
    ),
    "disposition": (
        "examiner",
        """
  line TEXT NOT NULL DEFAULT '', -- key of the incident line that was judged as one; empty = the finding alone""",
    ),
    "note": (
        "at",
        """
  about TEXT NOT NULL DEFAULT '', -- id of the finding, device or official it is on; empty = the case""",
    ),
    "report": (
        "supersedes",
        """
  number TEXT NOT NULL DEFAULT '', -- the report that this file is one format of; empty = its own id
  edition TEXT NOT NULL DEFAULT '', -- for whom it was written; empty = before there were editions
  language TEXT NOT NULL DEFAULT '', -- tag of its language; empty = English, before there was another
  reviewed_by TEXT, -- examiner; null = nobody
  reviewed_at TEXT, -- UTC
  released_by TEXT, -- examiner; null = nobody
  released_at TEXT, -- UTC
  outdated TEXT NOT NULL DEFAULT '', -- why it has to be superseded; empty = it stands
  erratum TEXT NOT NULL DEFAULT '', -- what in it is wrong, for those who have it; empty = nothing known""",
    ),
}

_TABLES = (
    """
CREATE TABLE examiner (
  -- A person who may work on this case. Where anybody is registered, the second examiner is one of them.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  id TEXT NOT NULL UNIQUE, -- short human id, E-0001
  name TEXT NOT NULL, -- composed letters, single spaces
  person_key TEXT NOT NULL UNIQUE, -- the name as people are told apart: whatever the case of its letters
  role TEXT NOT NULL CHECK (role IN ('lead','examiner','reviewer','reader')), -- what the person does here
  active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0,1)), -- whether the person works on the case now
  public_keys TEXT NOT NULL DEFAULT '[]', -- JSON: keys that signatures are checked with
  registered_at TEXT NOT NULL, -- UTC
  registered_by TEXT NOT NULL -- examiner
) STRICT
""",
    """
CREATE TABLE roster_mark (
  -- A step of the way with one official: invited, refused, letter sent; append-only, the latest of a kind stands.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  official TEXT NOT NULL REFERENCES official(id), -- with whom
  device TEXT REFERENCES device(id), -- the phone that was lost or replaced; null = about the person
  mark TEXT NOT NULL CHECK (mark <> '' AND mark NOT GLOB '*[^a-z0-9_]*'), -- invited, letter_sent, …
  at TEXT NOT NULL, -- UTC; when it was so
  note TEXT NOT NULL DEFAULT '', -- free text
  recorded_at TEXT NOT NULL, -- UTC; when it was written down
  recorded_by TEXT NOT NULL -- examiner
) STRICT
""",
    """
CREATE TABLE finding_assignment (
  -- Who is to look at a finding; append-only, the latest stands.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  finding TEXT NOT NULL REFERENCES finding(id), -- at what
  examiner TEXT NOT NULL, -- who; empty = nobody any more
  at TEXT NOT NULL, -- UTC
  assigned_by TEXT NOT NULL -- examiner
) STRICT
""",
    """
CREATE TABLE allow_entry (
  -- Something known to be ordinary in this case: it proposes and counts, and hides nothing; append-only.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  id TEXT NOT NULL UNIQUE, -- short human id, L-0001
  what TEXT NOT NULL CHECK (what IN ('value','rule')), -- whether it names a value or a rating rule
  value TEXT NOT NULL, -- the value or the rule
  value_type TEXT NOT NULL DEFAULT '', -- MVT type of an indicator's value; empty = no indicator
  reason TEXT NOT NULL, -- why it is ordinary
  expires_at TEXT, -- UTC; null = until ended
  at TEXT NOT NULL, -- UTC
  examiner TEXT NOT NULL -- who proposed it
) STRICT
""",
    """
CREATE TABLE allow_word (
  -- What an examiner said of an allow-list entry: the second one agrees, or somebody ends it; append-only.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  entry TEXT NOT NULL REFERENCES allow_entry(id), -- of which
  word TEXT NOT NULL CHECK (word IN ('agreed','ended')), -- what was said
  reason TEXT NOT NULL DEFAULT '', -- why
  at TEXT NOT NULL, -- UTC
  examiner TEXT NOT NULL -- by whom
) STRICT
""",
    """
CREATE TABLE tombstone (
  -- What is left of a person whose data was destroyed: that it was, when and why, and digests that prove the chain.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  id TEXT NOT NULL UNIQUE, -- short human id, T-0001
  official TEXT NOT NULL UNIQUE, -- the person's id, which nobody is given again
  grounds TEXT NOT NULL CHECK (grounds IN ('withdrawn','expired','request','case')), -- what it was destroyed upon
  reason TEXT NOT NULL, -- why, in words that name nobody
  state TEXT NOT NULL CHECK (state IN ('begun','emptied','done')), -- rows are gone when emptied, all traces when done
  digest TEXT NOT NULL, -- over the digests of every row and manifest that was destroyed
  counts TEXT NOT NULL DEFAULT '{}', -- JSON: how many rows, files and bytes
  ids TEXT NOT NULL DEFAULT '{}', -- JSON: the last short id of each table that was destroyed; none is given again
  events TEXT NOT NULL DEFAULT '{}', -- JSON: events whose words were destroyed, each with the digest of what is left
  pending TEXT NOT NULL DEFAULT '[]', -- JSON: folders and files of the case folder that are still to be destroyed
  begun_at TEXT NOT NULL, -- UTC
  begun_by TEXT NOT NULL, -- examiner
  done_at TEXT -- UTC; null = not yet
) STRICT
""",
)
_INDEXES = (
    "CREATE INDEX idx_roster_mark_official ON roster_mark(official, mark)",
    "CREATE INDEX idx_finding_assignment_finding ON finding_assignment(finding)",
    "CREATE INDEX idx_note_about ON note(about)",
)
_APPEND_ONLY = ("roster_mark", "finding_assignment", "allow_entry", "allow_word")
_CHANGEABLE = ("examiner", "tombstone")

_FOLLOWING = {
    # What was seen stays as it was written; whose it is follows the phone when that turns out to be another's.
    "observation": "uuid, id, device, kind, value, method, at, recorded_at, recorded_by, note, attachment_sha256, "
    "attachment_name, scan",
    "roster_mark": "uuid, device, mark, at, note, recorded_at, recorded_by",
}
"""Append-only tables with the columns that are never changed: all but the official."""


def apply(connection: sqlite3.Connection) -> None:
    """Rebuild the tables that gain columns, and create the new ones with their guards."""
    for table, (before, added) in _NEW_COLUMNS.items():
        rebuild(connection, table, f"\n  {before} ", f"{added}\n  {before} ")
    connection.execute("DROP TRIGGER observation_no_update")
    forbidding = [(table, f"UPDATE OF {columns}", "is append-only") for table, columns in _FOLLOWING.items()]
    forbidding += [(table, "UPDATE", "is append-only") for table in _APPEND_ONLY if table not in _FOLLOWING]
    forbidding += [(table, "DELETE", "keeps every row") for table in (*_APPEND_ONLY, *_CHANGEABLE)]
    triggers = [
        f"CREATE TRIGGER {table}_no_{verb.split()[0].lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} {why}'); END"
        for table, verb, why in forbidding
    ]
    for statement in (*_TABLES, *_INDEXES, *triggers):
        connection.execute(statement.strip())
