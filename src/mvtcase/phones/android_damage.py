"""Archives with fixed bytes, and the ways in which a part of an Android acquisition arrives broken."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

from mvtcase.canon import StrEnum

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime

ZIP_PASSWORD = "examiner-test"  # noqa: S105 - of synthetic evidence only
_CENTRAL_HEADER = b"PK\x01\x02"
_ENCRYPTED_FLAG = 0x1
_CRYPT_HEADER_BYTES = 12
_UNIX = 3


class AndroidDamage(StrEnum):
    """What is wrong with a part.

    The first five suit any file, the next two archives, the last four files in a folder, the rest one part each.
    """

    EMPTY = "empty"
    TRUNCATED = "truncated"
    NOISE = "noise"
    INVALID_UTF8 = "invalid_utf8"
    NOT_JSON = "not_json"
    BAD_CRC = "bad_crc"
    PASSWORD = "password"  # noqa: S105 - the name of a kind of damage
    NO_ENTRY_POINT = "no_entry_point"
    ODD_TIMESTAMP = "odd_timestamp"
    MISSING_FIELD = "missing_field"
    BODYLESS_MESSAGE = "bodyless_message"
    TEXT_TIME = "text_time"
    BAD_NESTED_ZIP = "bad_nested_zip"
    SYMLINK = "symlink"
    FIFO = "fifo"
    FOLDER = "folder"
    UNREADABLE = "unreadable"


IN_PLACE_OF_FILE = frozenset(
    {AndroidDamage.SYMLINK, AndroidDamage.FIFO, AndroidDamage.FOLDER, AndroidDamage.UNREADABLE}
)
"""What stands where the file should be: only in folders."""


def apply_damage(data: bytes, damage: AndroidDamage, rng: random.Random) -> bytes:
    """Return the bytes with the damage done; raises `ValueError` for damage that only the part's builder can do."""
    middle = len(data) // 2
    ways: dict[AndroidDamage, Callable[[], bytes]] = {
        AndroidDamage.EMPTY: lambda: b"",
        AndroidDamage.TRUNCATED: lambda: data[:middle],
        AndroidDamage.NOISE: lambda: rng.randbytes(len(data)),
        AndroidDamage.INVALID_UTF8: lambda: data[:middle] + b"\xff\xfe\xc3\x28" + data[middle:],
        AndroidDamage.NOT_JSON: lambda: b"<!DOCTYPE html><title>Sign in to this network</title>\n",
        AndroidDamage.BAD_CRC: lambda: with_bad_crc(data),
        AndroidDamage.PASSWORD: lambda: with_password(data, ZIP_PASSWORD, rng),
    }
    if damage not in ways:
        raise ValueError(f"{damage} is not a damage of any file")
    return ways[damage]()


def fixed_zip(members: Mapping[str, bytes], moment: datetime) -> bytes:
    """Return a zip archive of these members, each stamped with `moment`, a wall clock as phones write it."""
    return dated_zip({name: (data, moment) for name, data in members.items()})


def dated_zip(members: Mapping[str, tuple[bytes, datetime]]) -> bytes:
    """Return a zip archive of these members, each with its own wall clock (zip keeps even seconds only)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (data, moment) in members.items():
            stamp = (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)
            archive.writestr(_member(name, stamp), data)
    return buffer.getvalue()


def _member(name: str, stamp: tuple[int, int, int, int, int, int]) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, stamp)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = _UNIX
    info.external_attr = 0o100600 << 16
    return info


def with_bad_crc(data: bytes) -> bytes:
    """Return the archive with a wrong checksum recorded for every member, so that none reads to its end."""
    broken = bytearray(data)
    for info in _directory(data):
        info.CRC ^= 0xFFFFFFFF
        _patch(broken, info)
    return bytes(broken)


def with_password(data: bytes, password: str, rng: random.Random) -> bytes:
    """Return the archive with every member encrypted the traditional way, as `zip -e` does."""
    buffer = io.BytesIO()
    plain: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w") as target:
        for info in source.infolist():
            plain[info.filename] = source.read(info)
            stored = _member(info.filename, info.date_time)
            stored.compress_type = zipfile.ZIP_STORED
            target.writestr(stored, _zip_encrypted(plain[info.filename], password, rng))
    sealed = bytearray(buffer.getvalue())
    for info in _directory(bytes(sealed)):
        content = plain[info.filename]
        info.CRC, info.file_size = zlib.crc32(content), len(content)
        info.flag_bits |= _ENCRYPTED_FLAG
        _patch(sealed, info)
    return bytes(sealed)


def without_members(data: bytes, names: Collection[str]) -> bytes:
    """Return the archive without the named members, all else as it was."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w") as target:
        for info in source.infolist():
            if info.filename not in names:
                target.writestr(info, source.read(info))
    return buffer.getvalue()


def _directory(data: bytes) -> list[zipfile.ZipInfo]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.infolist()


def _patch(data: bytearray, info: zipfile.ZipInfo) -> None:
    """Write a member's flags, checksum and size into both of its headers (APPNOTE.TXT 4.3.7 and 4.3.12)."""
    name = info.filename.encode()
    central = data.find(_CENTRAL_HEADER)
    while data[central + 46 : central + 46 + len(name)] != name:
        central = data.index(_CENTRAL_HEADER, central + 1)
    for start, flags in ((info.header_offset, 6), (central, 8)):
        struct.pack_into("<H", data, start + flags, info.flag_bits)
        struct.pack_into("<L", data, start + flags + 8, info.CRC)
        struct.pack_into("<L", data, start + flags + 16, info.file_size)


def _zip_encrypted(content: bytes, password: str, rng: random.Random) -> bytes:
    """Return PKWARE's traditional encryption of some bytes, twelve bytes longer (APPNOTE.TXT 6.1)."""
    keys = [0x12345678, 0x23456789, 0x34567890]
    for byte in password.encode():
        _stir(keys, byte)
    check = zlib.crc32(content) >> 24
    sealed = bytearray()
    for byte in rng.randbytes(_CRYPT_HEADER_BYTES - 1) + bytes([check]) + content:
        mask = keys[2] & 0xFFFF | 2
        sealed.append(byte ^ (mask * (mask ^ 1) >> 8 & 0xFF))
        _stir(keys, byte)
    return bytes(sealed)


def _stir(keys: list[int], byte: int) -> None:
    keys[0] = _crc_step(keys[0], byte)
    keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
    keys[2] = _crc_step(keys[2], keys[1] >> 24)


def _crc_step(crc: int, byte: int) -> int:
    return zlib.crc32(bytes([byte]), crc ^ 0xFFFFFFFF) ^ 0xFFFFFFFF
