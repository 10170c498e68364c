"""PDF: texts and addresses of its objects and streams, unpacked by their filters; fonts' own codings as far as told.

Facts: ISO 32000-1, sections 7.3 (objects), 7.4 (filters) and 9.10 (ToUnicode).
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from bisect import bisect_left
from typing import TYPE_CHECKING

from .contents import BoundError, Content
from .shapes import Batch, Extent, Place
from .texts import give_texts, read_lines
from .walk import LockedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .walk import Walk

_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_END = b"endstream"
_FILTERS = re.compile(rb"/Filter\s{0,16}(\[[^\]]{0,400}\]|/[A-Za-z0-9]{1,32})")
_NAME = re.compile(rb"/([A-Za-z0-9]{1,32})")
_LENGTH = re.compile(rb"/Length\s{1,16}(\d{1,12})(?!\s{1,16}\d{1,9}\s{1,16}R)")
_HEX = re.compile(rb"<([0-9A-Fa-f\s]+)>")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\r\n": b"", b"\n": b"", b"\r": b""}
_PARENTHESIS = re.compile(rb"\\.|[()]", re.DOTALL)
_SHOWN = re.compile(rb"\[[^\[\]]*\]\s{0,16}TJ")
_MAPPED = re.compile(rb"<([0-9A-Fa-f]{2,8})>\s*<([0-9A-Fa-f]{4,64})>")
_RANGE = re.compile(rb"<([0-9A-Fa-f]{2,8})>\s*<([0-9A-Fa-f]{2,8})>\s*<([0-9A-Fa-f]{4,8})>")
_HEADER = 4096
_IMAGES = frozenset({b"DCTDecode", b"JPXDecode", b"CCITTFaxDecode", b"JBIG2Decode", b"DCT", b"CCF"})
_MOST_RANGE = 65536


def read_pdf(walk: Walk, content: Content, place: Place) -> str:
    """Give the strings of a document and of its streams. Raises `LockedError` when it is encrypted."""
    data = content.all(walk.bounds.held)
    walk.progress(len(data))
    if b"/Encrypt" in data and re.search(rb"/Encrypt\s{1,16}(?:\d{1,9}\s|<<)", data):
        raise LockedError("an encrypted PDF")
    codes: dict[bytes, str] = {}
    texts: list[tuple[int, bytes]] = []
    outside: list[bytes] = []
    position = 0
    for start, end, raw in _streams(data):
        outside.append(data[position:start])
        position = end
        plain = _unpacked(walk, data[max(0, start - _HEADER) : start], raw)
        if plain is not None:
            _learn(plain, codes)
            texts.append((start, plain))
    outside.append(data[position:])
    objects = b"\n".join(outside)
    _give(walk, objects, place, codes)
    read_lines(walk, Content(objects), place)
    for start, plain in texts:
        here = place.at_key(f"stream at {start}")
        _give(walk, plain, here, codes)
        # Whatever it is: metadata, a file that is attached, or texts in no brackets.
        walk.cell(Content(plain), here)
    return ""


def _streams(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield each stream's start, end and bytes: by the length that is told, or up to the mark of its end."""
    position = 0
    while found := _STREAM.search(data, position):
        start = found.end()
        told = _LENGTH.search(data, max(position, start - _HEADER), found.start())
        end = start + int(told[1]) if told else -1
        if end < 0 or not data[end : end + 20].lstrip().startswith(_END):
            end = data.find(_END, start)
        end = len(data) if end < 0 else end
        yield start, end, data[start:end]
        position = end


def _unpacked(walk: Walk, header: bytes, raw: bytes) -> bytes | None:
    """Return a stream's bytes without its filters, None for pictures and what cannot be unpacked."""
    header = header[max(header.rfind(b"endobj"), header.rfind(b" obj"), 0) :]
    found = _FILTERS.search(header)
    names = _NAME.findall(found[1]) if found else []
    for name in names:
        if name in _IMAGES:
            return None
        try:
            raw = _FILTERED[name](walk, raw)
        except KeyError:
            walk.limit(Extent.UNKNOWN_FORM, f"streams packed with {name.decode()}")
            return None
        except (zlib.error, ValueError, binascii.Error, IndexError) as error:
            walk.limit(Extent.DAMAGED, f"a stream that does not unpack: {error}")
            return None
    return raw


def _inflate(walk: Walk, raw: bytes) -> bytes:
    inflater = zlib.decompressobj()
    data = inflater.decompress(raw, walk.bounds.held)
    walk.spend(len(data))
    if inflater.unconsumed_tail:
        raise BoundError("a stream unfolds beyond all bounds")
    return data


def _ascii85(walk: Walk, raw: bytes) -> bytes:
    del walk
    text = raw.strip().removeprefix(b"<~")
    return base64.a85decode(text[: text.find(b"~")] if b"~" in text else text)


def _ascii_hex(walk: Walk, raw: bytes) -> bytes:
    del walk
    return _from_hex(raw.partition(b">")[0])


def _run_length(walk: Walk, raw: bytes) -> bytes:
    parts: list[bytes] = []
    position = 0
    while position < len(raw) and raw[position] != 128:  # noqa: PLR2004 - the end by the standard
        count = raw[position]
        if count < 128:  # noqa: PLR2004 - so many and one literal bytes
            parts.append(raw[position + 1 : position + 2 + count])
            position += 2 + count
        else:
            parts.append(raw[position + 1 : position + 2] * (257 - count))
            position += 2
    data = b"".join(parts)
    walk.spend(len(data))
    return data


_FILTERED = {
    b"FlateDecode": _inflate,
    b"Fl": _inflate,
    b"ASCII85Decode": _ascii85,
    b"A85": _ascii85,
    b"ASCIIHexDecode": _ascii_hex,
    b"AHx": _ascii_hex,
    b"RunLengthDecode": _run_length,
    b"RL": _run_length,
}


def _learn(plain: bytes, codes: dict[bytes, str]) -> None:
    """Take in what a ToUnicode table says: which characters the codes of a font stand for."""
    if b"beginbf" not in plain:
        return
    for part in plain.split(b"beginbfrange")[1:]:
        for first, last, target in _RANGE.findall(part.partition(b"endbfrange")[0]):
            low, high, mark = int(first, 16), int(last, 16), int(target, 16)
            for offset in range(min(high - low + 1, _MOST_RANGE)):
                code = (low + offset).to_bytes(len(first) // 2, "big")
                codes.setdefault(code, chr(mark + offset) if mark + offset < 0x110000 else "\ufffd")  # noqa: PLR2004
    for part in plain.split(b"beginbfchar")[1:]:
        for code, target in _MAPPED.findall(part.partition(b"endbfchar")[0]):
            codes.setdefault(_from_hex(code), _from_hex(target).decode("utf-16-be", "replace"))


def _give(walk: Walk, plain: bytes, place: Place, codes: dict[bytes, str]) -> None:
    strings = [text for raw in _strings(plain) for text in _readings(raw, codes)]
    give_texts(walk, Batch(texts=strings, place=lambda _: place, role=place.role))


def _strings(plain: bytes) -> Iterator[bytes]:
    """Yield what is shown in pieces as one, then each string; brackets within a string are letters of it."""
    strings = _in_brackets(plain)
    starts = [start for start, _, _ in strings]
    around = bytearray(plain)
    for start, end, _ in strings:
        around[start:end] = b" " * (end - start)
    for shown in _SHOWN.finditer(around):
        pieces = strings[bisect_left(starts, shown.start()) : bisect_left(starts, shown.end())]
        yield b"".join(raw for _, _, raw in pieces)
    for _, _, raw in strings:
        yield raw


def _in_brackets(plain: bytes) -> list[tuple[int, int, bytes]]:
    """Return the strings in parentheses, which may hold pairs of them, and in hexadecimal, by start and end."""
    found = [(hexed.start(), hexed.end(), _from_hex(hexed[1])) for hexed in _HEX.finditer(plain)]
    depth, start = 0, 0
    for mark in _PARENTHESIS.finditer(plain):
        if mark[0] == b"(":
            depth += 1
            if depth == 1:
                start = mark.end()
        elif mark[0] == b")" and depth:
            depth -= 1
            if depth == 0:
                found.append((start, mark.start(), _ESCAPE.sub(_meant, plain[start : mark.start()])))
    return sorted(found)


def _meant(found: re.Match[bytes]) -> bytes:
    if found[1][:1].isdigit():
        return bytes((int(found[1], 8) & 0xFF,)) if found[1][:1] < b"8" else found[1]
    return _LETTERS.get(found[1], found[1])


def _from_hex(digits: bytes) -> bytes:
    plain = b"".join(digits.split())
    return binascii.unhexlify(plain + b"0" * (len(plain) % 2))


def _readings(raw: bytes, codes: dict[bytes, str]) -> list[str]:
    """Return what a string can mean: UTF-16 with its mark, the standard's coding, and the codes of fonts."""
    if raw.startswith(b"\xfe\xff"):
        return [raw[2:].decode("utf-16-be", "replace")]
    texts = [raw.decode("latin-1")]
    for width in (1, 2):
        pieces = [codes.get(raw[at : at + width]) for at in range(0, len(raw), width)] if codes else []
        if any(pieces):
            texts.append("".join(piece or "\ufffd" for piece in pieces))
    return texts
