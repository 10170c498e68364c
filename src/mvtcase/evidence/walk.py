"""One way to walk evidence: iterative, sorted, links never followed, everything that is no regular file reported."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from mvtcase.evidence.looks import FILE, FOLDER, UNREADABLE, open_folder, type_of_mode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Entry(NamedTuple):
    """One entry below a root: `path` is relative with `/` between its parts, `what` a word of `reading.type_of_mode`.

    `path` is "" when the root is itself a file. Times are nanoseconds since 1970, sizes bytes.
    """

    path: str
    what: str
    size: int = 0
    mtime_ns: int = 0
    mode: int = 0
    depth: int = 0


def walk(root: Path, *, folders: bool = False) -> Iterator[Entry]:
    """Yield every entry below a root, sorted by the bytes of each path part; readable `folders` only where wanted.

    A folder that cannot be read comes as `unreadable`. Memory holds the names of the folders on the way down, no more;
    folders nest as deep as the system's paths reach, and a deeper one is `unreadable` too. Access times are kept where
    the system allows it. Raises `FileNotFoundError` when the root itself is gone.
    """
    status = os.lstat(root)
    if type_of_mode(status.st_mode) != FOLDER:
        yield _entry("", status, 0)
        return
    yield from _below(os.fspath(root), folders=folders)


def _below(base: str, *, folders: bool) -> Iterator[Entry]:
    pending: list[Iterator[Entry]] = [_listed(base, "", 0)]
    while pending:
        entry = next(pending[-1], None)
        if entry is None:
            pending.pop()
        elif entry.what == FOLDER:
            if folders:
                yield entry
            pending.append(_listed(base, entry.path, entry.depth))
        else:
            yield entry


def _listed(base: str, relative: str, depth: int) -> Iterator[Entry]:
    """Yield a folder's entries sorted, or one `unreadable` entry for the folder itself; only its names are held."""
    folder = f"{base}/{relative}" if relative else base
    try:
        descriptor = open_folder(folder)
        try:
            names = sorted(os.listdir(descriptor), key=os.fsencode)  # noqa: PTH208 - by descriptor, no link can slip in
        finally:
            os.close(descriptor)
    except OSError:
        yield Entry(relative, UNREADABLE, depth=depth)
        return
    prefix = f"{relative}/" if relative else ""
    for name in names:
        yield _looked_at(f"{folder}/{name}", prefix + name, depth + 1)


def _looked_at(path: str, relative: str, depth: int) -> Entry:
    try:
        return _entry(relative, os.lstat(path), depth)
    except OSError:
        return Entry(relative, UNREADABLE, depth=depth)


def _entry(path: str, status: os.stat_result, depth: int) -> Entry:
    what = type_of_mode(status.st_mode)
    return Entry(path, what, status.st_size if what == FILE else 0, status.st_mtime_ns, status.st_mode & 0o7777, depth)


def sort_key(path: str) -> tuple[bytes, ...]:
    """Return the key by which `walk` sorts: the bytes of each part of a path."""
    return tuple(os.fsencode(part) for part in path.split("/"))
