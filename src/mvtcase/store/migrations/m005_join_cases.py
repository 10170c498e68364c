"""Add what 0.3.0 keeps of people far apart: signed heads, the cases of other laptops, decisions, handovers.

Numbers given on another laptop say less than their place there: `place` orders what was merged as it would be ordered
there, so that two laptops that took each other's case say the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.store.migrations.m002_add_claims import rebuild

if TYPE_CHECKING:
    import sqlite3

_PLACE = """
  place INTEGER, -- the number of its id where it was first written down; null = here"""
_BEFORE = {"scan": "results_sha256", "disposition": "examiner", "observation": "recorded_by"}
"""Tables whose order says what counts, each with the column that the new one stands before."""

_TABLES = (
    """
CREATE TABLE origin (
  -- The case of another laptop that was merged into this one.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  id TEXT NOT NULL UNIQUE, -- what its short ids are told by, as in O-0007@taichung
  genesis TEXT NOT NULL, -- digest of the first event of its chain
  head TEXT NOT NULL, -- digest of the newest event of its chain that is held here
  events INTEGER NOT NULL, -- how many events that are
  public_key TEXT NOT NULL, -- key that its newest bundle was signed with
  bundle TEXT NOT NULL, -- UUID of that bundle
  merged_at TEXT NOT NULL, -- UTC; when that was merged
  merged_by TEXT NOT NULL -- examiner
) STRICT
""",
    """
CREATE TABLE alias (
  -- What a row of this case is called on another laptop.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  origin TEXT NOT NULL REFERENCES origin(id), -- on which
  table_name TEXT NOT NULL, -- the table
  their_id TEXT NOT NULL, -- its short id there
  their_uuid TEXT NOT NULL, -- its UUID there
  row_uuid TEXT NOT NULL, -- its UUID here; another one where both wrote down the same thing
  UNIQUE (origin, table_name, their_id)
) STRICT
""",
    """
CREATE TABLE seen_version (
  -- A version of a row that is no news here: it was taken over, or decided about.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  row_uuid TEXT NOT NULL, -- the row
  content TEXT NOT NULL, -- digest of what it said, whatever the short ids
  UNIQUE (row_uuid, content)
) STRICT
""",
    """
CREATE TABLE decision (
  -- Something on which two laptops differ, and which a person has to decide.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  id TEXT NOT NULL UNIQUE, -- short human id, M-0001
  kind TEXT NOT NULL CHECK (kind IN ('values','person','phone','judgement','purged')), -- on what they differ
  table_name TEXT NOT NULL, -- table of the row it is about
  row_uuid TEXT NOT NULL, -- the row
  about TEXT NOT NULL, -- its short id
  digest TEXT NOT NULL UNIQUE, -- what tells one difference from another
  said TEXT NOT NULL, -- JSON: what each side says; 'here' is this laptop
  kept TEXT, -- the side that holds; null = nobody decided
  reason TEXT NOT NULL DEFAULT '', -- why
  at TEXT NOT NULL, -- UTC; when it was found, then when it was decided
  examiner TEXT NOT NULL -- who merged, then who decided
) STRICT
""",
    """
CREATE TABLE handover (
  -- A thing given from hand to hand, with the form that two people sign.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  id TEXT NOT NULL UNIQUE, -- short human id, H-0001
  item TEXT NOT NULL, -- what was given
  device TEXT REFERENCES device(id), -- the phone it is or was taken from; null = another thing
  given_by TEXT NOT NULL, -- who gave it
  taken_by TEXT NOT NULL, -- who took it
  reason TEXT NOT NULL, -- why
  at TEXT NOT NULL, -- UTC
  recorded_by TEXT NOT NULL, -- examiner
  scan_sha256 TEXT -- hash of the signed form kept in attachments/; null = not yet
) STRICT
""",
    """
CREATE TABLE custody_signature (
  -- An examiner's signature under the head of the chain as it was then.
  digest TEXT NOT NULL, -- the head that was signed
  sequence INTEGER NOT NULL, -- the number of its event
  examiner TEXT NOT NULL, -- who signed
  public_key TEXT NOT NULL, -- Ed25519, base64
  signature TEXT NOT NULL, -- Ed25519 over the statement of the head, base64
  at TEXT NOT NULL, -- UTC; as the signer's clock said
  PRIMARY KEY (digest, public_key)
) STRICT
""",
    """
CREATE TABLE custody_timestamp (
  -- A time stamp (RFC 3161) that an authority gave for the head of the chain.
  digest TEXT NOT NULL, -- the head
  sequence INTEGER NOT NULL, -- the number of its event
  authority TEXT NOT NULL, -- address of the authority
  at TEXT NOT NULL, -- UTC; as the authority said
  response TEXT NOT NULL, -- the answer as it came, base64
  PRIMARY KEY (digest, authority)
) STRICT
""",
    """
CREATE TABLE custody_origin (
  -- The chain of another laptop's case as its bundle told it; the event that merged it names its head.
  origin TEXT NOT NULL REFERENCES origin(id), -- whose chain
  sequence INTEGER NOT NULL, -- the event's number there
  event TEXT NOT NULL, -- JSON: the event; of one that is not about what was handed over, its digest and link alone
  PRIMARY KEY (origin, sequence)
) STRICT
""",
)
_INDEXES = (
    "CREATE INDEX idx_alias_row ON alias(row_uuid)",
    "CREATE INDEX idx_alias_theirs ON alias(their_uuid)",
)
_APPEND_ONLY = ("alias", "seen_version", "custody_signature", "custody_timestamp", "custody_origin")
_CHANGEABLE = ("origin", "decision", "handover")
_SCAN = "uuid, id, item, given_by, taken_by, reason, at, recorded_by"
"""What of a handover is never changed."""
_SEEN = (
    "uuid, id, device, kind, value, method, at, recorded_at, recorded_by, note, attachment_sha256, attachment_name, "
    "scan, place"
)
"""What of an observation is never changed: all but whose it is."""


def apply(connection: sqlite3.Connection) -> None:
    """Rebuild the tables that gain a column, and create the new ones with their guards."""
    for table, before in _BEFORE.items():
        rebuild(connection, table, f"\n  {before} ", f"{_PLACE}\n  {before} ")
    forbidding = [(table, "UPDATE", "is append-only") for table in _APPEND_ONLY]
    forbidding += [("handover", f"UPDATE OF {_SCAN}", "is append-only")]
    forbidding += [("observation", f"UPDATE OF {_SEEN}", "is append-only")]
    connection.execute("DROP TRIGGER observation_no_update")
    forbidding += [(table, "DELETE", "keeps every row") for table in (*_APPEND_ONLY, *_CHANGEABLE)]
    triggers = [
        f"CREATE TRIGGER {table}_no_{verb.split()[0].lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} {why}'); END"
        for table, verb, why in forbidding
    ]
    for statement in (*_TABLES, *_INDEXES, *triggers):
        connection.execute(statement.strip())
