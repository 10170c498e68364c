"""Walking the folders the engine itself made, and what a hostile worker may have put into them."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from mvtcase.canon import sha256_file
from mvtcase.engine.events import HASHES_FILE
from mvtcase.files import destroy, paths_below, regular_files
from mvtcase_readers.regular import open_untouched

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


_PLAIN = re.compile(r'"[^"\\\x00-\x1f]*"')
"""JSON of a text without escapes, which can be read without a parser."""
_LONGEST_NAME, _MOST_FILES = 64 << 10, 5_000_000
UNREADABLE = "unreadable"
"""What stands for the hash of a file that a worker left so that it cannot be opened."""


def write_hashes(results: Path) -> str:
    """Write the hashes of all files of a results folder beside them and return the digest of that list."""
    listing = results / HASHES_FILE
    with suppress(FileNotFoundError):
        listing.unlink()
    lines = [f"{_digest(path)}  {json.dumps(str(path.relative_to(results)))}\n" for path in regular_files(results)]
    descriptor = os.open(listing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as handle:
        handle.writelines(lines)
    return sha256_file(listing)


def _digest(path: Path | str) -> str:
    try:
        return sha256_file(path)
    except OSError:
        return UNREADABLE


def changed_since_hashed(results: Path) -> list[tuple[str, str]]:
    """Return the result files that differ from the list `write_hashes` left, each with what became of it.

    Raises `OSError` when there is no list and `ValueError` when it is none.
    """
    listed = {}
    for line in (results / HASHES_FILE).read_text("ascii").splitlines():
        digest, _, name = line.partition("  ")
        plain = name[1:-1] if _PLAIN.fullmatch(name) else str(json.loads(name))
        listed[plain] = digest
    above = len(os.path.join(results, ""))  # noqa: PTH118  # as `paths_below` has them
    present = {path[above:]: path for path in paths_below(results)}
    present.pop(HASHES_FILE, None)
    changed = [(name, "is missing") for name in listed if name not in present]
    changed += [(name, "was added") for name in present if name not in listed]
    changed += [
        (name, "was changed") for name, path in present.items() if name in listed and _digest(path) != listed[name]
    ]
    return sorted(changed)


def remove_tree(folder: Path) -> None:
    """Remove a folder and all below it, however deep, without following links; what cannot be removed is left."""
    with suppress(OSError):
        destroy(folder)


_SHA256 = re.compile("[0-9a-f]{64}")


def read_to_their_end(listing: Path) -> dict[str, str]:
    """Return what a worker says to have read, by name, with the SHA-256; nothing of what it did not write as it should.

    Whoever compares hashes files himself that are not in there.
    """
    read: dict[str, str] = {}
    with suppress(OSError, ValueError, RecursionError), os.fdopen(open_untouched(listing), "rb") as lines:
        for line in islice(iter(partial(lines.readline, _LONGEST_NAME), b""), _MOST_FILES):
            name, sha256 = json.loads(line)
            if isinstance(name, str) and isinstance(sha256, str) and _SHA256.fullmatch(sha256):
                read[name] = sha256
    return read


INDEX_FILE = "mvt/values.jsonl.gz"
FORMAT = "mvtcase-values/1"
_NAMES = (b'["n', b'["d', b'["i', b'["h', b'["p')
"""How lines of names of processes and apps, dotted names, profiles, hashes and paths begin."""
_VALUES = json.JSONDecoder()
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
            lines = iter(partial(io.BufferedReader(packed).readline, _LONGEST_LINE), b"")
            named = (line for line in islice(lines, _MOST_LINES) if line.startswith(_NAMES))
            keys = (str(_VALUES.raw_decode(line.decode("ascii", "replace"), 1)[0]) for line in named)
            return frozenset(wanted & {key[1:].removeprefix(_HARMLESS).casefold() for key in keys})
    except (OSError, EOFError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None
