"""Walking the folders the engine itself made, and what a hostile worker may have put into them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def regular_files(folder: Path) -> list[Path]:
    """Return all regular files below a folder in the order of their paths, following no link and at any depth."""
    found: list[Path] = []
    pending = [folder]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(folder.__class__(entry.path))
                elif entry.is_file(follow_symlinks=False):
                    found.append(folder.__class__(entry.path))
    return sorted(found, key=str)
