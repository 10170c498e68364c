"""Regular files of the evidence, opened without following a link, waiting for a pipe or reading without end."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


class UnreadableError(ValueError):
    """A file, or a part of it, must not or cannot be read; the text is the reason, `damaged`: it is broken."""

    def __init__(self, reason: str, *, damaged: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.damaged = damaged


def open_untouched(path: Path | str) -> int:
    """Return a read-only descriptor of a file, opened without following a link or waiting for a FIFO.

    `O_NOATIME` is used where the system has it and grants it (the file's owner or root). Raises `OSError`.
    """
    try:
        return os.open(path, _FLAGS | getattr(os, "O_NOATIME", 0))
    except PermissionError:
        return os.open(path, _FLAGS)


def open_regular(path: Path | str) -> BinaryIO:
    """Return a regular file opened for reading bytes. Raises `OSError`, and `UnreadableError` for anything else."""
    descriptor = open_untouched(path)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UnreadableError("not a regular file")
    return os.fdopen(descriptor, "rb")


def read_head(path: Path | str, limit: int) -> bytes:
    """Return at most `limit` first bytes of a regular file. Raises `OSError` and `UnreadableError`."""
    with open_regular(path) as handle:
        # Python takes memory for as much as is asked for, however small the file.
        return handle.read(min(limit, os.fstat(handle.fileno()).st_size + 1))


def read_bounded(path: Path | str, limit: int) -> bytes:
    """Return all bytes of a regular file. Raises `OSError`, and `UnreadableError` when it is larger than `limit`."""
    data = read_head(path, limit + 1)
    if len(data) > limit:
        raise UnreadableError(f"{os.path.basename(path)} is larger than {limit} bytes")  # noqa: PTH119 - may be a text
    return data


def copy_regular(source: Path, target: Path) -> None:
    """Copy the bytes of a regular file into a new file of our own. Raises `OSError` and `UnreadableError`."""
    with open_regular(source) as reader, target.open("xb") as writer:
        shutil.copyfileobj(reader, writer, 1 << 20)


def size_of(path: Path) -> int:
    """Return a file's size in bytes, 0 when it is not there."""
    with contextlib.suppress(OSError, ValueError):
        return path.stat().st_size
    return 0


def check_regular(path: Path, root: Path | None = None) -> int:
    """Return the size of a regular file; raises `UnreadableError` for a folder, a pipe, a device or an unseen file.

    A link is refused, unless a `root` is given and the link leads to a regular file below it: a link out of the
    evidence would bring the analyst's own file into the results.
    """
    try:
        found = path.lstat()
        leaves = False
        if root is not None and stat.S_ISLNK(found.st_mode):
            leaves = not path.resolve().is_relative_to(root.resolve())
            found = path.stat()
    except (OSError, ValueError, RuntimeError) as error:
        raise UnreadableError(f"{path.name} cannot be read: {_said(error)}") from error
    if leaves:
        raise UnreadableError(f"{path.name} is a link out of the evidence")
    if not stat.S_ISREG(found.st_mode):
        raise UnreadableError(f"{path.name} is not a regular file (a link, a folder or a device)")
    return found.st_size


def lines(data: bytes, longest: int) -> Iterator[str]:
    """Yield the lines of some bytes, decoded with replacement marks and cut at `longest` characters."""
    # Not `split`: tens of millions of empty lines would be as many objects at once.
    start = 0
    while start <= len(data):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        raw = data[start : min(end, start + longest * 4)]
        yield raw.decode("utf-8", "replace")[:longest].rstrip("\r")
        start = end + 1


def _said(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
