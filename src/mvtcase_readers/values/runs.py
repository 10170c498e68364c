"""What has no known form: the runs of printable characters in its bytes, in ASCII, UTF-8 and UTF-16.

Bytes are first mapped to a few classes, so that the search for runs is one of the C library's: random bytes of photos
and films, which are most of a phone, pass quickly.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAST = 4
LEAST_IN_BULK = 6
"""Characters of a run that is given: from small blobs and from large files."""

_PRINTABLE, _HIGH, _NUL, _OTHER = 0x41, 0x48, 0x00, 0x20
_CLASSES = bytes(
    _NUL if byte == 0 else _PRINTABLE if 0x20 <= byte < 0x7F or byte == 0x09 else _HIGH if byte >= 0x80 else _OTHER  # noqa: PLR2004
    for byte in range(256)
)
_LETTERS = bytes(_PRINTABLE if each in {_PRINTABLE, _HIGH} else _OTHER for each in _CLASSES)
"""Of a byte of a text an `A`, of any other a blank."""

_TELLING = (
    r"\.[A-Za-z]{2}|/[A-Za-z0-9_.@%+~-]*/|[A-Za-z][A-Za-z0-9_-]{7}|[A-Za-z0-9+/_-]{12}"
    r"|%[0-9A-Fa-f]{2}|&(?:#|[A-Za-z]{2,24};)|\\[uUx/\"'\\nrtbf.]|=(?:\r?\n|2[EeFfDd]|3[AaDd]|40)"
    r"|[\[({]\s{0,2}(?:\.|(?i:dot|at)|[@:/])|\.\]|(?i:h(?:xx|\*\*)p)"
)
TELLING = re.compile(_TELLING + "|\u3002")
"""What a run of bytes is not without that holds an address, a path, a name or a hash, or something coded."""

NAME_ALONE = re.compile(r"[A-Za-z](?!(?:[^0-9]*[0-9]){5})[A-Za-z0-9_-]{7,63}")
"""A text that can be a program's name by itself; what has many digits is a key."""

_TELLING_BYTES = re.compile(
    # The others begin letters of two or more bytes that are read as one of ASCII, or as nothing (NFKC), and texts.
    _TELLING.encode() + rb"|[\xc2\xc4\xc5\xc7\xca\xcb\xcd\xce\xd8][\x80-\xbf]|[\xe1-\xf4][\x80-\xbf]{2}"
)
_BACK = 96
_PAIR = 2
_WIDE_START = b"A\0A\0A\0"
"""Three ASCII characters in UTF-16: the shortest ending of a host's name. Big-endian text has them one byte on."""
_WIDE_ASCII = re.compile(rb"(?:A\0)*")
_WIDE_CHARACTER = re.compile(r"[\x09\x20-\x7e\xa0-\u2fff\u3000-\u9fff\uac00-\ud7a3\uf900-\ufaff\ufe30-\uffef]")


def runs(data: bytes, least: int = LEAST) -> Iterator[tuple[int, str]]:
    """Yield the printable runs of some bytes with their offsets: each of ASCII with the UTF-8 around it, and UTF-16.

    Runs with other bytes are noise, of which photos and films are full, unless something in them is telling.
    """
    classes = data.translate(_CLASSES)
    yield from _narrow(data, classes, least)
    yield from _wide(data, classes)


def _narrow(data: bytes, classes: bytes, least: int) -> Iterator[tuple[int, str]]:
    needle, done = b"A" * least, 0
    letters = data.translate(_LETTERS)
    found = classes.find(needle)
    while found >= 0:
        # Letters of other scripts before the first ASCII one belong to the text.
        least_start = max(done, found - _BACK)
        start = max(least_start, letters.rfind(b" ", least_start, found) + 1)
        done = letters.find(b" ", found)
        done = len(data) if done < 0 else done
        run = data[start:done]
        if run.isascii() or _TELLING_BYTES.search(run):
            yield start, run.decode("utf-8", "ignore")
        found = classes.find(needle, done)


def _wide(data: bytes, classes: bytes) -> Iterator[tuple[int, str]]:
    found = classes.find(_WIDE_START)
    while found >= 0:
        start, end = found, found + len(_WIDE_START)
        while start >= _PAIR and found - start < _BACK and _is_wide(data[start - _PAIR : start]):
            start -= _PAIR
        while _is_wide(data[end : end + _PAIR]):
            end = _WIDE_ASCII.match(classes, end + _PAIR).end()  # type: ignore[union-attr]  # matches the empty run too
        yield start, data[start:end].decode("utf-16-le", "ignore")
        stop = _WIDE_ASCII.match(classes, found).end()  # type: ignore[union-attr]  # matches the empty run too
        if data[found - 1 : found] == b"\0" and classes[stop : stop + 1] == b"A":
            # Big-endian: the last letter is followed by what comes next, and no zero.
            yield found, data[found : stop + 1 : 2].decode("ascii")
        found = classes.find(_WIDE_START, end)


def _is_wide(pair: bytes) -> bool:
    return len(pair) == _PAIR and _WIDE_CHARACTER.match(pair.decode("utf-16-le", "ignore")) is not None


_LEAST_TOLD = 3
_WIDTHS = (4, 2, 1)
_ASN1_TEXTS = b"\x0c\x13\x16\x81\x82\x86"
"""Before a length: texts in UTF-8, printable, IA5; an address, a host and a link among a certificate's other names."""
_JAVA_TEXT = b"t"
"""Before the length of a text that Java wrote with an object (Java Object Serialization, TC_STRING)."""
_NEW_WORD = b"\xff\xff"
"""Before the length of a text that Android's binary XML has for the first time."""


def _marked_in(data: bytes, offset: int, text: str) -> str | None:
    if data[offset - 4 : offset - 2] == _NEW_WORD and offset >= _WIDTHS[0]:
        number = int.from_bytes(data[offset - 2 : offset], "big")
        return text[:number] if _LEAST_TOLD < number <= len(text) else None
    if data[offset - 3 : offset - 2] == _JAVA_TEXT or data[offset - 2 : offset] == _JAVA_TEXT + b"\0":
        first = int(data[offset - 2 : offset - 1] == _JAVA_TEXT)  # the length's last byte may be a letter itself
        number = int.from_bytes(data[offset - 2 + first : offset + first], "big")
        if _LEAST_TOLD < number <= len(text) - first:
            return text[first : first + number]
    for start in (offset - 1, offset):  # the length may be a letter itself
        if start > 0 and data[start - 1] in _ASN1_TEXTS:
            first = start + 1 - offset
            if _LEAST_TOLD < data[start] <= len(text) - first:
                return text[first : first + data[start]]
    return None


def _numbers(raw: bytes) -> tuple[int, int]:
    return int.from_bytes(raw, "little"), int.from_bytes(raw, "big")


def whole_in(data: bytes, offset: int, text: str) -> str | None:
    """Return the text that a run of ASCII holds from its first to its last letter, None where its ends are not known.

    They are known where zeros stand around it, and where its length stands before it, as most formats have it: a number
    of four, two or one bytes, perhaps with a mark between, or a letter that is the number. Where a mark tells that it
    is a text's length (ASN.1 in certificates, Android's binary XML), other letters may follow at once.
    """
    size = len(text)
    if not text.isascii() or data[offset : offset + 1] != text[:1].encode():
        return None
    end = offset + size
    if offset > 0 and size > _LEAST_TOLD and data[offset] == size - 1:
        return text[1:]
    if (told := _marked_in(data, offset, text) or _told_before(data, offset, text)) is not None:
        return told
    before, after = data[offset - 1 : offset], data[end : end + 1]
    if before in {b"", b"\0"} and after in {b"", b"\0"}:
        return text
    # A number of two bytes is believed where other letters follow and nothing else tells.
    return _cut(_numbers(data[offset - 2 : offset]), text) if offset > 1 else None


def _told_before(data: bytes, offset: int, text: str) -> str | None:
    for start in (offset, offset - 1):
        for width in _WIDTHS:
            raw = data[max(0, start - width) : start]
            if len(raw) == width and len(text) in (told := _numbers(raw)):
                return text
            # A number of four bytes is believed where other letters follow at once, too.
            if width == _WIDTHS[0] == len(raw) and (cut := _cut(told, text)) is not None:
                return cut
    return None


def _cut(told: tuple[int, int], text: str) -> str | None:
    return next((text[:number] for number in told if _LEAST_TOLD < number < len(text)), None)
