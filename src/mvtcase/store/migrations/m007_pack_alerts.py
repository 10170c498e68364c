"""Pack what alerts were raised about: JSON past a kilobyte goes into its column as zstandard.

A seal is over the text, which is the same before and after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import zstandard

from mvtcase.store.migrations.m002_add_claims import rebuild

if TYPE_CHECKING:
    import sqlite3

_BEFORE = "event TEXT NOT NULL, -- JSON, verbatim"
_AFTER = "event ANY NOT NULL, -- JSON, verbatim; past 1,024 bytes packed with zstandard, which a seal looks through"
_LONGEST = 1024


def apply(connection: sqlite3.Connection) -> None:
    """Give the column a type that holds both forms, and pack what is long."""
    rebuild(connection, "alert", _BEFORE, _AFTER)
    guard = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = 'alert_no_update'"
    (trigger,) = connection.execute(guard).fetchone()
    connection.execute("DROP TRIGGER alert_no_update")
    connection.create_function("packed_by_007", 1, _packed)
    connection.execute("UPDATE alert SET event = packed_by_007(event) WHERE length(event) > ?", (_LONGEST,))
    connection.create_function("packed_by_007", 1, None)
    connection.execute(trigger)


def _packed(text: str) -> str | bytes:
    packed = zstandard.ZstdCompressor().compress(text.encode())
    return packed if len(packed) < len(text) else text
