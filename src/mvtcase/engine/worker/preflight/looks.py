"""Bounded reading for the pre-flight: nothing here follows a link, waits on a pipe or reads without end."""

from __future__ import annotations

import os
import plistlib
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from mvtcase.canon import open_untouched
from mvtcase.model import ModuleOutcome

if TYPE_CHECKING:
    from pathlib import Path

MAX_PLIST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that was not or will not be examined: the module or part it concerns, and why, for people."""

    module: str
    reason: str
    outcome: ModuleOutcome = ModuleOutcome.DAMAGED


Found: TypeAlias = "Problem | str"
"""A problem, or a sentence on what limits the examination without being a hole in it."""


def bounded_bytes(path: Path, limit: int) -> bytes:
    """Return a regular file's bytes. Raises `OSError`, and `ValueError` when it is no file or larger than the limit."""
    descriptor = open_untouched(path)
    with os.fdopen(descriptor, "rb") as handle:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError(f"{path.name} is no regular file")
        data = handle.read(limit + 1)
    if len(data) > limit:
        raise ValueError(f"{path.name} is larger than {limit} bytes")
    return data


def read_plist(path: Path) -> dict[str, Any] | None:
    """Return a property list's dictionary, None when there is none to be had; never raises on what a file holds."""
    try:
        held = plistlib.loads(bounded_bytes(path, MAX_PLIST_BYTES))
    except Exception:  # noqa: BLE001 - a hostile property list may raise anything
        return None
    return held if isinstance(held, dict) else None
