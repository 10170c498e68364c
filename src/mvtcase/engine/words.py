"""The words of a scan's results, in a form that tells in a millisecond what no recheck of them can find.

A recheck reads what modules stored and the terms of the value index. An indicator stands there only where its words do:
the first may end a longer word (`not` before `evil.example`), the last may begin one, those between are whole. So the
first eight letters of every word are kept, and its last eight, as sorted numbers; of what the second reader took from
files of no known form, in which a word may begin anywhere, eight letters from every place on. What differs only behind
them is not told apart: such an indicator is looked for in the results themselves.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import mmap
import os
import re
import socket
import struct
import sys
from array import array
from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from mvtcase.engine.events import MVT_FOLDER
from mvtcase.engine.packed import left_files
from mvtcase_readers.regular import UnreadableError, open_regular

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

FILE_NAME = "words.bin"
INDEX = "values.jsonl.gz"
NOT_RESULTS = frozenset({"alerts.json", "info.json", "claims.json"})
"""Files beside the modules' results that no recheck reads."""

PIECE = 8 << 20
WIDTH = 8
MAX_WORDS = 6_000_000
MAX_WORD, MAX_LINE = 1 << 20, 1 << 28
_MAGIC = b"mvtcase-words/1\n"
_COUNTS = struct.Struct("<3Q")
_LETTERS = b"abcdefghijklmnopqrstuvwxyz0123456789-_"
_SPACED = bytes(ord(chr(code).lower()) if bytes([code]).lower() in _LETTERS else 0x20 for code in range(128)).ljust(
    256, b" "
)
_TERM = re.compile(rb'^\["([a-z])(?:\\u0001)?((?:[^"\\]|\\.)*)"', re.MULTILINE)
_NUMBERS = re.compile(
    rb'^\["[dua](?:\\u0001)?((?:0[xX][0-9A-Fa-f]{1,8}|\d{1,12})(?:\.(?:0[xX][0-9A-Fa-f]{1,8}|\d{1,12})){0,3})\.?["/:?#]',
    re.MULTILINE,
)
_KELVIN = (b"u212a", "\u212a".encode())


def words_of(data: bytes) -> list[bytes]:
    """Return the words of some bytes in small letters: runs of letters, digits, hyphens and underscores of ASCII."""
    return data.translate(_SPACED).split()


def has_kelvin(data: bytes) -> bool:
    """Return whether some bytes hold the sign for kelvin: the one letter beyond ASCII whose small form is ASCII's."""
    return any(letter in data for letter in _KELVIN)


def addresses_in(index: bytes) -> list[str]:
    """Return the IPv4 addresses that terms of a value index write in another way, as they are compared."""
    found = []
    for written in _NUMBERS.findall(index):
        with contextlib.suppress(OSError):
            found.append(socket.inet_ntoa(socket.inet_aton(written.decode())))
    return found


def result_files(results: Path) -> Iterator[Path]:
    """Yield the files of a scan's results that a recheck compares."""
    for path in left_files(results / MVT_FOLDER):
        if path.name == INDEX or (path.suffix == ".json" and path.name not in NOT_RESULTS):
            yield path


def write_words(results: Path) -> None:
    """Write the words of a scan's results beside them; nothing where they are too many, or cannot be read or kept."""
    with contextlib.suppress(OSError, EOFError, ValueError, UnreadableError):
        kept = _Kept(array("Q"), array("Q"), array("Q"))
        for path in result_files(results):
            with open_regular(path) as raw:
                if path.name == INDEX:
                    kept.index(gzip.GzipFile(fileobj=raw).read)
                else:
                    kept.text(raw.read)
        kept.write(results / FILE_NAME)


@dataclass(frozen=True, slots=True)
class _Kept:
    starts: array[int]
    ends: array[int]
    inside: array[int]

    def write(self, path: Path) -> None:
        """Write all words, sorted; a machine of another byte order keeps none."""
        if sys.byteorder == "little":
            parts = [array("Q", sorted(each)) for each in (self.starts, self.ends, self.inside)]
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
                handle.write(_MAGIC + _COUNTS.pack(*map(len, parts)))
                for each in parts:
                    each.tofile(handle)

    def text(self, read: Callable[[int], bytes]) -> None:
        """Take in the words of a file."""
        for piece in pieces(read):
            self._take(piece)

    def index(self, read: Callable[[int], bytes]) -> None:
        """Take in the words of the terms of a value index; what stands behind a term is where it stood."""
        for piece in pieces(read, b"\n"):
            terms = [(sort, _unescaped(text) if b"\\" in text else text) for sort, text in _TERM.findall(piece)]
            self._take(b" ".join([text for _, text in terms]))
            self._take(" ".join(addresses_in(piece)).encode())
            raw = set(words_of(b" ".join([text for sort, text in terms if sort == b"r"])))
            _add(self.inside, [word[at : at + WIDTH] for word in raw for at in range(1, len(word))])

    def _take(self, piece: bytes) -> None:
        if has_kelvin(piece):
            raise ValueError("a letter that only Unicode makes small")
        words = set(words_of(piece))
        _add(self.starts, {word[:WIDTH] for word in words})
        _add(self.ends, {word[: -WIDTH - 1 : -1] for word in words})


def _unescaped(text: bytes) -> bytes:
    """Return a text without JSON's escapes: what is compared without the blanks around it stands behind them."""
    return str(json.loads(b'"' + text + b'"', strict=False)).encode("utf-8", "replace")


def _add(numbers: array[int], words: Iterable[bytes]) -> None:
    more = array("Q", b"".join([word.ljust(WIDTH, b"\0") for word in words]))
    more.byteswap()
    numbers.extend(more)
    if len(numbers) > MAX_WORDS:
        raise ValueError("too many words")


def pieces(read: Callable[[int], bytes], end: bytes = b"") -> Iterator[bytes]:
    """Yield a file in pieces that end where a word ends, or behind an `end`."""
    rest = b""
    while data := read(PIECE):
        data = rest + data
        cut = data.rfind(end) + 1 if end else len(data.translate(_SPACED).rpartition(b" ")[0])
        rest = data[cut:]
        if len(rest) > (MAX_LINE if end else MAX_WORD):
            raise ValueError("no end of a word")
        yield data[:cut]
    yield rest


Test = tuple[int, int, int]
"""A question: is there a number from one to another among those of a part?"""

Needle = tuple[tuple[Test, ...], ...]
"""Ways to write a value, each with all that holds of the words where it stands so."""

_STARTS, _ENDS, _INSIDE = range(3)


def needle(forms: Iterable[str], *, whole: bool) -> Needle | None:
    """Return what to ask for a value that is written in one of some forms, None where words cannot tell.

    A value of one word begins a word of the results; where it is `whole` no more follows. A letter beyond ASCII has
    more than one form in JSON.
    """
    asked: list[tuple[Test, ...]] = []
    for form in forms:
        words = words_of(form.encode("utf-8", "replace"))
        if not words or not form.isascii():
            return None
        asked += _one_word(words[0], whole=whole) if len(words) == 1 else [_several_words(words)]
    return tuple(asked)


def _one_word(word: bytes, *, whole: bool) -> list[tuple[Test, ...]]:
    return [(_test(_STARTS, word, whole=whole),), (_test(_INSIDE, word),)]


def _several_words(words: Sequence[bytes]) -> tuple[Test, ...]:
    found = [(len(word), _test(_ENDS, word[::-1])) for word in words[:-1]]
    found += [(len(word), _test(_STARTS, word)) for word in words[1:]]
    return tuple(test for _, test in sorted(found, reverse=True))  # what is long is rare


def _test(part: int, word: bytes, *, whole: bool = False) -> Test:
    key = word[:WIDTH]
    low = int.from_bytes(key.ljust(WIDTH, b"\0"), "big")
    return part, low, low if whole else int.from_bytes(key.ljust(WIDTH, b"\xff"), "big")


class Words:
    """The words of a scan's results as they were kept."""

    def __init__(self, results: Path) -> None:
        """Open them. Raises `OSError`, `UnreadableError` or `ValueError` where there are none to be used."""
        with open_regular(results / FILE_NAME) as raw:
            data = memoryview(mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ))
        head = len(_MAGIC) + _COUNTS.size
        counts = _COUNTS.unpack_from(data, len(_MAGIC))
        if bytes(data[: len(_MAGIC)]) != _MAGIC or len(data) != head + 8 * sum(counts) or sys.byteorder != "little":
            raise ValueError("not in the form that this release reads")
        numbers, ends = data[head:].cast("Q"), list(accumulate(counts))
        self._parts = [numbers[end - count : end] for count, end in zip(counts, ends, strict=True)]

    def may_hold(self, asked: Needle) -> bool:
        """Return whether a value may stand in the results: never False where it does."""
        for tests in asked:
            for part, low, high in tests:
                numbers = self._parts[part]
                place = bisect_left(numbers, low)
                if place == len(numbers) or numbers[place] > high:
                    break
            else:
                return True
        return False
