"""How much disk a worker's own folders take, looked at while it runs: temporary files are where archives explode.

A kernel's limit would be a file system in memory, which is the scarcer of the two; so the parent looks, and a worker
can overshoot by what it writes between two looks.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from mvtcase.wording import why

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

EVERY_SECONDS = 0.5
MAX_ENTRIES = 200_000
"""Files and folders a worker may make; more are as good as a full disk."""

_BLOCK = 512


class DiskWatch:
    """Tells when the files below some folders take more than so many bytes of disk; 0 bytes is no bound."""

    def __init__(self, folders: Sequence[Path], limit: int) -> None:
        self._folders = folders
        self._limit = limit
        self._next = time.monotonic() + EVERY_SECONDS

    def overrun(self) -> str:
        """Return why the worker must be killed now, empty when it need not or when it is too soon to look again."""
        if self._limit <= 0 or time.monotonic() < self._next:
            return ""
        used, entries = disk_use(self._folders)
        self._next = time.monotonic() + EVERY_SECONDS
        if entries >= MAX_ENTRIES:
            return why("worker.files", count=MAX_ENTRIES)
        return why("worker.disk", bytes=self._limit) if used > self._limit else ""


def disk_use(folders: Sequence[Path]) -> tuple[int, int]:
    """Return the bytes on disk and the number of entries below folders, following no link; counting ends at a bound."""
    used = entries = 0
    pending = [str(folder) for folder in folders]
    while pending and entries < MAX_ENTRIES:
        with suppress(OSError), os.scandir(pending.pop()) as found:
            for entry in found:
                entries += 1
                with suppress(OSError):
                    used += entry.stat(follow_symlinks=False).st_blocks * _BLOCK
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                if entries >= MAX_ENTRIES:
                    break
    return used, entries
