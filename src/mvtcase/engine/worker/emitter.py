"""The one way out of the worker: JSON lines on a descriptor of their own, each written at once."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from mvtcase.canon import canonical_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mvtcase.model import Json


class Emitter:
    """Writes events to a descriptor; unbuffered, so that a crash right after loses none."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()

    def __call__(self, event: str, **fields: Json) -> None:
        """Send one event; raises `BrokenPipeError` when the parent is gone."""
        self.send({"event": event, **fields})

    def send(self, fields: Mapping[str, Json]) -> None:
        """Send an event given as a mapping with a key `event`."""
        remaining = memoryview(canonical_json(dict(fields)).encode("ascii") + b"\n")
        with self._lock:
            while remaining:
                remaining = remaining[os.write(self._descriptor, remaining) :]
