"""Hostile files end, say how far they were read, and raise nothing: read naively, each would be without end."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest

from mvtcase_readers.values import Batch, Bounds, Extent, Reading, read_values

if TYPE_CHECKING:
    from collections.abc import Iterable

SIZE = 200_000


def _many(part: bytes) -> bytes:
    return part * (SIZE // len(part))


def _bplist(objects: Iterable[bytes]) -> bytes:
    out, offsets = b"bplist00", []
    for held in objects:
        offsets.append(len(out))
        out += held
    table = b"".join(struct.pack(">I", offset) for offset in offsets)
    return out + table + bytes(6) + b"\4\2" + struct.pack(">QQQ", len(offsets), 0, len(out))


def _nested_messages() -> bytes:
    held = b"\x0a\x04abcd"
    for _ in range(500):
        size, length = len(held), b""
        while size > 127:
            length, size = length + bytes([size & 127 | 128]), size >> 7
        held = b"\x0a" + length + bytes([size]) + held
    return b"\x10\x01" + held


HOSTILE = {
    "brackets": _many(b"["),
    "objects": _many(b'{"a":'),
    "escapes": b'{"a":"' + _many(b'\\"'),
    "digits": b"[" + _many(b"9") + b"]",
    "elements": b"<?xml?>" + _many(b"<a>"),
    "attribute": b"<a " + _many(b"a") + b">",
    "comments": b"<x>" + _many(b"<!--"),
    "ends": b"<x>" + _many(b"</a>"),
    "cells": b"a,b\n1,2\n" + _many(b","),
    "quotes": b"a,b\n1,2\n" + _many(b'"'),
    "boundaries": b"From: a\nContent-Type: multipart/mixed; boundary=x\n\n" + _many(b"--x\n\n"),
    "parts in parts": b"From: a\nSubject: b\n" + _many(b"Content-Type: multipart/mixed; boundary=x\n\n--x\n"),
    "encoded words": b"From: a\nSubject: " + _many(b"=?utf-8?q?a"),
    "folds": b"From: a\nX: y" + _many(b"\n "),
    "soft ends": b"BEGIN:VCARD\n" + _many(b"N;QUOTED-PRINTABLE:=\n"),
    "parentheses": b"%PDF-1.4\n" + _many(b"("),
    "streams": b"%PDF-1.4\n" + _many(b"stream\n"),
    "messages": _nested_messages(),
    "arrays": b"\x04\x0bstreamtyped" + _many(b"[9999999c]"),
    "lists of lists": _bplist([*(b"\xa8" + struct.pack(">8H", *[n + 1] * 8) for n in range(60)), b"\x54evil"]),
    "a list of itself": _bplist([b"\xa2" + struct.pack(">2H", 0, 1), b"\x54evil"]),
    "a list of 2^30": _bplist([b"\xaf\x12" + struct.pack(">I", 1 << 30)]),
    "chunks": b"\x00\x10\x00\x00\x11\0\0\0" + bytes(SIZE),
    "records": bytes(52) + b"SEGB" + _many(b"\1" + bytes(39)),
    "frames": b"\x37\x7f\x06\x82" + struct.pack(">III", 3007000, 512, 0) + _many(b"\x0d"),
    "journal": bytes.fromhex("d9d505f920a163d7") + struct.pack(">IIIII", 1, 1, 1, 512, 512) + _many(b"\x0d"),
    "pages": b"SQLite format 3\0\2\0" + bytes(82) + _many(b"\x0d\0\0\0\x60\x01\0\0"),
    "headers of members": _many(b"PK\x03\x04"),
    "a tar of letters": b"a" * 257 + b"ustar" + _many(b"a"),
}


def _read(data: bytes, bounds: Bounds) -> tuple[Reading, list[Reading]]:
    inside: list[Reading] = []
    own = read_values(
        data,
        tick=lambda _: None,
        take=lambda _: None,
        say=lambda _, reading: inside.append(reading),
        bounds=bounds,
    )
    return own, inside


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_end(name: str) -> None:
    """Whatever a file holds, the reading comes to an end and returns."""
    assert _read(HOSTILE[name], Bounds())[0].form


def test_a_bomb_is_bounded_and_deep_nesting_is_told() -> None:
    """What unfolds to more than the bounds is cut there, and what stands too deep is named."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(str(number), bytes(1 << 20))
    assert _read(packed.getvalue(), Bounds(least_unfolded=2 << 20, ratio=2))[0].extent is Extent.BOUNDED
    deep = b"evil"
    for _ in range(40):
        deep = gzip.compress(deep)
    assert Extent.TOO_DEEP in {reading.extent for reading in _read(deep, Bounds())[1]}


def test_a_broken_key_of_a_list_costs_itself_alone() -> None:
    """A property list with one key beyond its end gives the rest, with places, and is damaged."""
    objects = [b"\xd2" + struct.pack(">4H", 1, 2, 3, 4), b"\x5f\x11\xff\xff", b"\x51b", b"\x54evil", b"\x54more"]
    values: list[str] = []

    def take(batch: Batch) -> None:
        values.extend(f"{value.place.key}={value.text}" for value in batch.values())

    reading = read_values(_bplist(objects), tick=lambda _: None, take=take, say=lambda *_: None)
    assert reading.extent is Extent.DAMAGED
    assert "b=more" in values
    assert any("evil" in value for value in values)
