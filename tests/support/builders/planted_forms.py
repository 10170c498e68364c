"""Containers as other programs write them, after public descriptions; the smallest correct file of each."""

from __future__ import annotations

import plistlib
import sqlite3
import struct
import tempfile
import zlib
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

COCOA_MOMENT = 800_000_000.0


def typedstream(text: str) -> bytes:
    """Return an NSAttributedString archived as `attributedBody` holds it (NeXT typedstream: dgelessus/python-typedstream)."""
    data = text.encode()
    size = bytes([len(data)]) if len(data) < 0x81 else b"\x81" + struct.pack("<H", len(data))
    return (
        b"\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84\x84\x84\x12NSAttributedString\x00\x84\x84\x08NSObject\x00\x85\x92"
        b"\x84\x84\x84\x08NSString\x01\x94\x84\x01+" + size + data + b"\x86\x84\x02iI\x01" + size + b"\x92\x84\x84\x84"
        b"\x0cNSDictionary\x00\x94\x84\x01i\x01\x92\x84\x96\x96\x1d__kIMMessagePartAttributeName\x86\x92\x84\x84\x84"
        b"\x08NSNumber\x00\x84\x84\x07NSValue\x00\x94\x84\x01*\x84\x99\x99\x00\x86\x86\x86"
    )


def keyed_archive(fields: dict[str, str], class_name: str) -> bytes:
    """Return an NSKeyedArchiver plist of one object whose fields are strings (Apple Foundation; ccl_bplist)."""
    names = list(fields)
    record: dict[str, object] = {name: plistlib.UID(2 + place) for place, name in enumerate(names)}
    record["$class"] = plistlib.UID(2 + len(names))
    objects = ["$null", record, *fields.values(), {"$classname": class_name, "$classes": [class_name, "NSObject"]}]
    archive = {
        "$version": 100000,
        "$archiver": "NSKeyedArchiver",
        "$top": {"root": plistlib.UID(1)},
        "$objects": objects,
    }
    return plistlib.dumps(archive, fmt=plistlib.FMT_BINARY)


def varint(value: int) -> bytes:
    """Return a protobuf varint."""
    pieces = bytearray()
    while value > 0x7F:
        pieces.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*pieces, value])


def proto(*fields: tuple[int, bytes | str | int]) -> bytes:
    """Return a protobuf message of these numbered fields (protobuf.dev, wire types 0 and 2)."""
    parts = []
    for number, value in fields:
        if isinstance(value, int):
            parts.append(varint(number << 3) + varint(value))
        else:
            data = value.encode() if isinstance(value, str) else value
            parts.append(varint(number << 3 | 2) + varint(len(data)) + data)
    return b"".join(parts)


def note_body(text: str) -> bytes:
    """Return ZICNOTEDATA.ZDATA: gzip over NoteStoreProto{document{note{text}}} (threeplanetssoftware notes parser)."""
    run = proto((1, len(text)), (2, proto((1, 1))))
    note = proto((2, text), (5, run))
    packed = zlib.compressobj(wbits=31)
    return packed.compress(proto((2, proto((1, 0), (2, 0), (3, note))))) + packed.flush()


def segb_v1(records: Sequence[bytes]) -> bytes:
    """Return a Biome stream of iOS 15 and 16: 56-byte head, 32-byte record heads, 8-byte alignment (ccl-segb)."""
    body = b""
    for data in records:
        head = struct.pack("<iiddIi", len(data), 1, COCOA_MOMENT, COCOA_MOMENT, zlib.crc32(data), 0)
        body += head + data
        body += b"\0" * (-len(body) % 8)
    return struct.pack("<i", 56 + len(body)) + b"\0" * 48 + b"SEGB" + body


def segb_v2(records: Sequence[bytes]) -> bytes:
    """Return a Biome stream of iOS 17 and later: 32-byte head, 8-byte record heads, trailer of offsets (ccl-segb)."""
    body, trailer = b"", b""
    for data in records:
        body += struct.pack("<Ii", zlib.crc32(data), 0) + data
        trailer += struct.pack("<iid", len(body), 1, COCOA_MOMENT)
        body += b"\0" * (-len(body) % 4)
    return b"SEGB" + struct.pack("<id", len(records), COCOA_MOMENT) + b"\0" * 16 + body + trailer


def binary_cookies(domain: str, *, name: str = "sid", value: str = "1f0c", path: str = "/") -> bytes:
    """Return Cookies.binarycookies with one page of one cookie (libyal/dtformats, Safari cookies)."""
    texts = [text.encode() + b"\0" for text in (domain, name, path, value)]
    offsets, place = [], 56
    for text in texts:
        offsets.append(place)
        place += len(text)
    head = struct.pack("<IIII", place, 0, 0, 0) + struct.pack("<IIII", *offsets) + b"\0" * 8
    cookie = head + struct.pack("<dd", COCOA_MOMENT + 1e6, COCOA_MOMENT) + b"".join(texts)
    page = b"\x00\x00\x01\x00" + struct.pack("<III", 1, 16, 0) + cookie
    return b"cook" + struct.pack(">II", 1, len(page)) + page + b"\x00\x00\x00\x00\x07\x17\x20\x05"


def lz4_block(data: bytes) -> bytes:
    """Return data as one LZ4 block with back references, so that a text is not to be seen in the bytes (lz4 format)."""
    seen: dict[bytes, int] = {}
    out, start, place = bytearray(), 0, 0
    while place < len(data) - 12:
        word = data[place : place + 4]
        found = seen.get(word, -1)
        seen[word] = place
        if found < 0 or place - found > 0xFFFF:
            place += 1
            continue
        size = 4
        while place + size < len(data) - 5 and data[found + size] == data[place + size]:
            size += 1
        out += _lz4_sequence(data[start:place], place - found, size)
        place += size
        start = place
    return bytes(out + _lz4_sequence(data[start:], 0, 0))


def _lz4_sequence(literals: bytes, offset: int, size: int) -> bytes:
    count, match = len(literals), size - 4 if offset else 0
    token = min(count, 15) << 4 | min(match, 15)
    tail = struct.pack("<H", offset) + _lz4_rest(match) if offset else b""
    return bytes([token]) + _lz4_rest(count) + literals + tail


def _lz4_rest(count: int) -> bytes:
    if count < 15:
        return b""
    count -= 15
    return b"\xff" * (count // 255) + bytes([count % 255])


def tracev3(message: str, subsystem: str) -> bytes:
    """Return a unified log file: header, catalog and one LZ4 chunk set of a simple dump (mandiant/macos-UnifiedLogs)."""
    header = struct.pack("<IIII", 1, 1, 0, 0) + b"\0" * 184
    names = subsystem.encode() + b"\0boot\0"
    catalog = struct.pack("<HHHH", 16, 16 + len(names), 0, 16 + len(names)) + b"\0" * 8 + b"\x11" * 16 + names
    ordinary = [f"backboardd event {number} delivered to com.apple.springboard" for number in range(20)]
    inner = b"".join(_trace_chunk(0x6004, _simple_dump(text, subsystem)) for text in (*ordinary, message))
    block = lz4_block(inner)
    chunk_set = b"bv41" + struct.pack("<II", len(inner), len(block)) + block + b"bv4$"
    return _trace_chunk(0x1000, header) + _trace_chunk(0x600B, catalog) + _trace_chunk(0x600D, chunk_set)


def _simple_dump(message: str, subsystem: str) -> bytes:
    texts = [subsystem.encode() + b"\0", message.encode() + b"\0"]
    head = struct.pack("<QQQQ", 1, 1, 77, 9) + struct.pack("<IHHQ", 0, 0, 0, 0) + b"\x11" * 16 + b"\x22" * 16
    return head + struct.pack("<III", 0, len(texts[0]), len(texts[1])) + b"".join(texts)


def _trace_chunk(tag: int, data: bytes) -> bytes:
    return struct.pack("<IIQ", tag, 0x11, len(data)) + data + b"\0" * (-len(data) % 8)


def uuidtext(image_path: str) -> bytes:
    """Return a uuidtext file: format strings of a binary and, last, its path (mandiant/macos-UnifiedLogs)."""
    strings = b"state changed to %d\0connection from %{public}s\0"
    return struct.pack("<IIIIII", 0x66778899, 2, 1, 1, 4096, len(strings)) + strings + image_path.encode() + b"\0"


def tables(script: str, *rows: tuple[str, Sequence[object]], page_size: int = 4096) -> bytes:
    """Return a database: a schema script, then rows as (insert statement, values)."""
    return _database(
        lambda con: [con.execute(statement, tuple(values)) for statement, values in rows], script, page_size
    )


def _database(fill: Callable[[sqlite3.Connection], object], script: str, page_size: int = 4096) -> bytes:
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        path = Path(folder) / "database"
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.executescript(f"PRAGMA page_size={page_size}; PRAGMA journal_mode=OFF; {script}")
            connection.execute("BEGIN")
            fill(connection)
            connection.execute("COMMIT")
        return path.read_bytes()


def changed(content: bytes, *statements: tuple[str, Sequence[object]]) -> bytes:
    """Return a database after these statements; freed bytes stay in its pages, as iOS leaves them."""
    return with_wal(content, *statements, checkpoint=True)[0]


def with_wal(
    content: bytes, *statements: tuple[str, Sequence[object]], checkpoint: bool = False
) -> tuple[bytes, bytes]:
    """Return the main file and the write-ahead log after statements that only the log holds (sqlite.org/fileformat2)."""
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        path = Path(folder) / "database"
        path.write_bytes(content)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.executescript("PRAGMA secure_delete=OFF; PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;")
            for statement, values in statements:
                connection.execute(statement, tuple(values))
            if checkpoint:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            log = Path(f"{path}-wal")
            return path.read_bytes(), log.read_bytes() if log.exists() else b""
