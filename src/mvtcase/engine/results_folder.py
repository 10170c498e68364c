"""Walking the folders the engine itself made, and what a hostile worker may have put into them."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import shutil
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import zstandard

from mvtcase.canon import sha256_file
from mvtcase.engine.events import HASHES_FILE
from mvtcase.engine.packed import ENDING, open_packed
from mvtcase.engine.words import FILE_NAME
from mvtcase.files import destroy, paths_below, regular_files, sync_folder, written
from mvtcase_readers.regular import UnreadableError, open_regular, open_untouched

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


_PLAIN = re.compile(r'"[^"\\\x00-\x1f]*"')
"""JSON of a text without escapes, which can be read without a parser."""
_LONGEST_NAME, _MOST_FILES = 64 << 10, 5_000_000
_PIECE = 1 << 20
_BLOCK_BYTES = 4096
"""What a disk gives a file at least: packing less saves nothing."""
_AS_IT_IS = (".gz", ENDING, FILE_NAME)
"""How names end of files that are dense already, or looked up in place."""
_PIT = ".packing"
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


def _digest_of_packed(path: str) -> str:
    """Return the hash of what a packed file holds."""
    hasher = hashlib.sha256()
    try:
        with open_packed(path) as handle:
            for piece in iter(partial(handle.read, _PIECE), b""):
                hasher.update(piece)
    except (OSError, UnreadableError):
        return UNREADABLE
    return hasher.hexdigest()


def _listed(results: Path) -> dict[str, str]:
    """Return the hashes that `write_hashes` left, by name. Raises `OSError` and `ValueError`."""
    listed = {}
    for line in (results / HASHES_FILE).read_text("ascii").splitlines():
        digest, _, name = line.partition("  ")
        plain = name[1:-1] if _PLAIN.fullmatch(name) else str(json.loads(name))
        listed[plain] = digest
    return listed


def _present(results: Path, listed: Collection[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the files that stand under their own names, and those that are packed, both by the name when hashed."""
    above = len(os.path.join(results, ""))  # noqa: PTH118  # as `paths_below` has them
    found = {path[above:]: path for path in paths_below(results)}
    found.pop(HASHES_FILE, None)
    packed = {
        name[: -len(ENDING)]: path
        for name, path in found.items()
        if name not in listed and name.endswith(ENDING) and name[: -len(ENDING)] in listed
    }
    return {name: path for name, path in found.items() if packed.get(name[: -len(ENDING)]) != path}, packed


def changed_since_hashed(results: Path) -> list[tuple[str, str]]:
    """Return the result files that differ from the list `write_hashes` left, each with what became of it.

    A file that was packed since is held to the hash of what it holds. Raises `OSError` when there is no list and
    `ValueError` when it is none.
    """
    listed = _listed(results)
    plain, packed = _present(results, listed)
    changed = [(name, "is missing") for name in listed if name not in plain and name not in packed]
    changed += [(name, "was added") for name in plain if name not in listed]
    changed += [
        (name, "was changed") for name, path in plain.items() if name in listed and _digest(path) != listed[name]
    ]
    changed += [(name, "was changed") for name, path in packed.items() if _digest_of_packed(path) != listed[name]]
    return sorted({*changed})


def unpacked(results: Path, target: Path) -> Path:
    """Return a results folder as it was when it was hashed: itself where nothing is packed, else a copy, `target`.

    Raises `OSError` where what is packed is damaged.
    """
    try:
        plain, packed = _present(results, _listed(results))
    except (OSError, ValueError):
        return results
    if not packed:
        return results
    for name, path in {HASHES_FILE: str(results / HASHES_FILE), **packed, **plain}.items():
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (open_regular if path == str(results / name) else open_packed)(path) as source, copy.open("xb") as handle:
            shutil.copyfileobj(source, handle, _PIECE)
    return target


def pack(results: Path, before: Path | None = None) -> None:
    """Pack the larger files of a results folder that was hashed; those that `before` holds just so are shared with it.

    A file goes only once its packed form is on the disk and holds what was hashed: whatever is cut off half way leaves
    every file in one form at least, and packing again goes on from there. What does not fit the list stays as it is.
    """
    pit = results.with_name(_PIT)
    with suppress(OSError, ValueError):
        listed = _listed(results)
        plain, packed = _present(results, listed)
        fitting = [name for name in plain if _is_worth_it(name, Path(plain[name]), listed)]
        if not fitting:
            return
        shared = _shareable(before) if before else {}
        destroy(pit)
        pit.mkdir(mode=0o700)
        try:
            done = [
                path
                for name in fitting
                if _is_packed(path := Path(plain[name]), listed[name], packed.get(name), shared.get(listed[name]), pit)
            ]
            for folder in {path.parent for path in done}:
                sync_folder(folder)
            for path in done:
                path.unlink()
        finally:
            destroy(pit)


def _is_worth_it(name: str, path: Path, listed: Mapping[str, str]) -> bool:
    is_small = path.lstat().st_size <= _BLOCK_BYTES or name.endswith(_AS_IT_IS)
    return not is_small and name in listed and f"{name}{ENDING}" not in listed


def _shareable(before: Path) -> dict[str, str]:
    """Return the packed files of another scan's results by the hash of what they should hold."""
    try:
        listed = _listed(before)
    except (OSError, ValueError):
        return {}
    return {listed[name]: path for name, path in _present(before, listed)[1].items()}


def _is_packed(path: Path, digest: str, already: str | None, same: str | None, pit: Path) -> bool:
    """Put the packed form of a file beside it, by a link where another is the same; tell whether it is there now."""
    if already and _digest_of_packed(already) == digest:  # an earlier try was cut off before the file itself went
        return True
    incoming = pit / "next"
    if same and _digest_of_packed(same) == digest:
        with suppress(OSError):  # another disk, or one without links
            os.link(same, incoming)
    if not incoming.exists():
        with open_regular(path) as source, written(incoming) as handle:
            size = os.fstat(source.fileno()).st_size
            zstandard.ZstdCompressor().copy_stream(source, handle, size=size, read_size=_PIECE, write_size=_PIECE)
        if _digest_of_packed(str(incoming)) != digest:
            incoming.unlink()
            return False
    incoming.replace(f"{path}{ENDING}")
    return True


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
