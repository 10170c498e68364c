"""Limits on what hostile evidence may cost; every one that is reached is reported as a gap, never passed over."""

from __future__ import annotations

MEBIBYTE = 1 << 20

MAX_TEXT_BYTES = 64 * MEBIBYTE
"""Bytes of one text file that are examined; a real spindump or taskinfo has a few MiB."""

MAX_REPORT_BYTES = 24 * MEBIBYTE
"""Bytes of one crash report: parsing JSON costs about ten times its size in memory."""

MAX_PLIST_BYTES = 16 * MEBIBYTE
MAX_DATABASE_BYTES = 128 * MEBIBYTE
"""Bytes of one database, packed or unpacked; a real power log has 10 to 40 MiB."""

MAX_LINE_CHARACTERS = 16_384
MAX_VALUE_CHARACTERS = 1_024
MAX_FILES = 5_000
"""Files of one source that are opened."""

MAX_RECORDS = 50_000
"""Records kept of one source; equal ones are merged before this counts."""

MAX_PLIST_NODES = 200_000
MAX_TABLES = 1_000
MAX_NAMED_PROBLEMS = 50
"""Damaged files named one by one in a source's record; the rest is counted."""
