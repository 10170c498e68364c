"""Writing files so that a reader sees the old one or the new one, never half of either, and nobody else sees any."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mvtcase.canon import new_uuid

if TYPE_CHECKING:
    from pathlib import Path


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read, replacing the old one in a single step once all is on disk.

    Raises `OSError`, and then leaves the old file as it was and nothing beside it.
    """
    incoming = path.with_name(f".{path.name}.{new_uuid()}")
    try:
        with os.fdopen(os.open(incoming, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        incoming.replace(path)
    finally:
        incoming.unlink(missing_ok=True)
