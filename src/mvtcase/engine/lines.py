"""Reading lines from several pipes at once, with a bound on each line and a time to wait."""

from __future__ import annotations

import os
import selectors
from typing import TYPE_CHECKING

from mvtcase.engine.events import MAX_LINE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from typing_extensions import Self

CHUNK_BYTES = 1 << 16


class LineReader:
    """Lines of named pipes as they come; a line over the bound is cut there and its rest counts as another line."""

    def __init__(self, descriptors: Mapping[str, int]) -> None:
        self._selector = selectors.DefaultSelector()
        self._held = dict.fromkeys(descriptors, b"")
        self._ended: set[str] = set()
        for name, descriptor in descriptors.items():
            self._selector.register(descriptor, selectors.EVENT_READ, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()

    def at_end(self, name: str) -> bool:
        """Return whether a pipe has no writer any more and all of it was read."""
        return name in self._ended

    def read(self, seconds: float) -> Iterator[tuple[str, bytes]]:
        """Yield (name, line) of all lines there are now, after waiting up to so many seconds for the first."""
        for key, _ in self._selector.select(seconds):
            name = str(key.data)
            data = os.read(key.fd, CHUNK_BYTES)
            if not data:
                self._selector.unregister(key.fd)
                self._ended.add(name)
                data, self._held[name] = self._held[name], b""
                if data:
                    yield name, data
                continue
            yield from self._lines(name, data)

    def _lines(self, name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
        pieces = (self._held[name] + data).split(b"\n")
        self._held[name] = pieces.pop()
        for piece in pieces:
            yield name, piece + b"\n"
        if len(self._held[name]) > MAX_LINE_BYTES:
            held, self._held[name] = self._held[name], b""
            yield name, held
