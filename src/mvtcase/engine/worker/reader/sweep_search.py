"""The search itself: bytes as they come, in pieces that overlap, in ASCII and UTF-16, many values at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ahocorasick

from mvtcase.engine.worker.reader.sweep_keys import Key, stands_alone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PIECE = 4 << 20
_PAGE = 4096
_SPACE = 0x20


@dataclass(slots=True)
class Hit:
    """Where a value first stood in a file, how it was written there, and how often it stood there."""

    offset: int
    encoding: str
    count: int = 1


@dataclass(slots=True)
class _Window:
    """Bytes at an offset; values that begin from `first` up to `last` are taken here, with all that is beside them."""

    base: int
    content: bytes
    first: int
    last: int

    def to_its_end(self) -> _Window:
        """Return the window with nothing after it."""
        return _Window(base=self.base, content=self.content, first=self.first, last=len(self.content))

    def moved(self, margin: int) -> _Window:
        """Return the next window: what was not taken, and a margin of what stands before it."""
        kept = max(0, self.last - margin)
        return _Window(base=self.base + kept, content=self.content[kept:], first=self.last - kept, last=0)


class Searcher:
    """Finds values in streams of bytes; made once, for all files."""

    def __init__(self, keys: Mapping[bytes, Key]) -> None:
        self._keys = keys
        self._automaton = ahocorasick.Automaton()
        for needle in keys:
            self._automaton.add_word(needle.decode("latin-1"), needle)
        if keys:
            self._automaton.make_automaton()
        letters = frozenset(byte for needle in keys for byte in needle)
        self._table = bytes(_folded(byte) if _folded(byte) in letters else _SPACE for byte in range(256))
        self._shortest = min(map(len, keys), default=1)
        self._overlap = 2 * max(map(len, keys), default=1) + 32

    def search(self, pieces: Iterable[tuple[int, bytes]]) -> dict[bytes, Hit]:
        """Return the values that stand in a stream of (offset, bytes); a jump in the offsets is a hole."""
        hits: dict[bytes, Hit] = {}
        if not self._keys:
            return hits
        for window in self._windows(pieces):
            for needle, offset, encoding in self._found(window.content):
                if window.first <= offset < window.last:
                    _add(hits, needle, window.base + offset, encoding)
        return hits

    def _windows(self, pieces: Iterable[tuple[int, bytes]]) -> Iterator[_Window]:
        window = _Window(base=0, content=b"", first=0, last=0)
        for offset, piece in pieces:
            if offset != window.base + len(window.content):
                yield window.to_its_end()
                window = _Window(base=offset, content=b"", first=0, last=0)
            window.content += piece
            if len(window.content) > 4 * self._overlap:
                window.last = len(window.content) - self._overlap
                yield window
                window = window.moved(self._overlap)
        yield window.to_its_end()

    def _found(self, window: bytes) -> Iterator[tuple[bytes, int, str]]:
        yield from self._in_bytes(window, 0, 1, "ascii")
        for start in range(0, len(window), _PAGE):
            page = window[start : start + _PAGE + self._overlap]
            # Every address and path has one of these, and random bytes seldom have them so.
            if b".\0" in page or b"/\0" in page:
                for shift in (0, 1):
                    for needle, offset, encoding in self._in_bytes(_utf16(page, shift), start + shift, 2, "utf-16"):
                        if offset < start + _PAGE:
                            yield needle, offset, encoding

    def _in_bytes(self, text: bytes, start: int, width: int, encoding: str) -> Iterator[tuple[bytes, int, str]]:
        candidates = self._candidates(text)
        lowered = text.lower() if candidates else b""
        for needle in candidates:
            position = lowered.find(needle)
            while position >= 0:
                if stands_alone(text, position, position + len(needle), self._keys[needle].type):
                    yield needle, start + position * width, encoding
                position = lowered.find(needle, position + 1)

    def _candidates(self, text: bytes) -> set[bytes]:
        # Most bytes of a phone are photos and films: only runs of letters that values are made of are worth a look.
        runs = [run for run in text.translate(self._table).split() if len(run) >= self._shortest]
        return {needle for _, needle in self._automaton.iter(b" ".join(runs).decode("latin-1"))} if runs else set()


def _folded(byte: int) -> int:
    return byte | _SPACE if ord("A") <= byte <= ord("Z") else byte


def _utf16(page: bytes, shift: int) -> bytes:
    """Return the ASCII letters of UTF-16 text, one byte for each two; big-endian text is little-endian one byte on."""
    whole = bytearray(page[shift : shift + (len(page) - shift) // 2 * 2])
    # Two halves of a character would become one, and every offset after them wrong.
    whole[1::2] = whole[1::2].translate(_NO_HALVES)
    return whole.decode("utf-16-le").encode("ascii", "replace")


_NO_HALVES = bytes(1 if 0xD8 <= byte <= 0xDF else byte for byte in range(256))  # noqa: PLR2004 - surrogates' high bytes


def _add(hits: dict[bytes, Hit], needle: bytes, offset: int, encoding: str) -> None:
    known = hits.get(needle)
    if known is None:
        hits[needle] = Hit(offset=offset, encoding=encoding)
    else:
        known.count += 1
