"""Which names the evidence of a scan carries, by the value index that its worker left: bounded, since it is hostile."""

from __future__ import annotations

import gzip
import json
import os
from itertools import islice
from typing import TYPE_CHECKING

from mvtcase_readers.regular import open_untouched

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

INDEX_FILE = "mvt/values.jsonl.gz"
FORMAT = "mvtcase-values/1"
_NAMES = ('["n', '["d', '["i', '["h', '["p')
"""How lines of names of processes and apps, dotted names, profiles, hashes and paths begin."""
_LONGEST_LINE = 1 << 20
_MOST_LINES = 2_000_002
_HARMLESS = "\x01"


def carried(results: Path, names: Collection[str]) -> frozenset[str] | None:
    """Return which of some names a scan's results hold, case aside; None where they hold no index that can be read."""
    wanted = {name.casefold() for name in names}
    try:
        with os.fdopen(open_untouched(results / INDEX_FILE), "rb") as raw, gzip.GzipFile(fileobj=raw) as packed:
            if json.loads(packed.readline(_LONGEST_LINE)).get("format") != FORMAT:
                return None
            packed.readline(_LONGEST_LINE * 512)
            lines = iter(lambda: packed.readline(_LONGEST_LINE).decode("ascii", "replace"), "")
            keys = (str(json.loads(line)[0]) for line in islice(lines, _MOST_LINES) if line.startswith(_NAMES))
            return frozenset(wanted & {key[1:].removeprefix(_HARMLESS).casefold() for key in keys})
    except (OSError, EOFError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None
