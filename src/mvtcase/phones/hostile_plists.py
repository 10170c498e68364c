"""Binary property lists that no library writes: values that contain themselves, or that unfold without end.

The format is that of CoreFoundation's `CFBinaryPList.c`: objects, a table of their offsets, a trailer of 32 bytes.
"""

from __future__ import annotations

import struct

_DICTIONARY, _ARRAY, _ASCII, _INTEGER = 0xD0, 0xA0, 0x50, 0x10
_LONG = 0x0F
_WIDTH = 8
_LEVELS = 9
_REFERENCE_BYTES = 2


def hostile_plist(keys: tuple[str, ...], *, cycle: bool) -> bytes:
    """Return a dictionary whose every value is the dictionary itself, or arrays of arrays of 10**9 numbers in all.

    The second is 9 arrays of ten references each to the next: a few hundred bytes that JSON turns into gigabytes.
    """
    names = keys or ("key",)
    first_array = 1 + len(names)
    values = [0 if cycle else first_array] * len(names)
    objects = [_sized(_DICTIONARY, len(names)) + _references([*range(1, first_array), *values])]
    objects += [_sized(_ASCII, len(name)) + name.encode("ascii", "replace") for name in names]
    objects += [_sized(_ARRAY, 10) + _references([first_array + level + 1] * 10) for level in range(_LEVELS)]
    objects.append(bytes([_INTEGER, 7]))
    return _assembled(objects)


def _sized(marker: int, count: int) -> bytes:
    if count < _LONG:
        return bytes([marker | count])
    return bytes([marker | _LONG, _INTEGER | 1]) + struct.pack(">H", count)


def _references(numbers: list[int]) -> bytes:
    return b"".join(struct.pack(">H", number) for number in numbers)


def _assembled(objects: list[bytes]) -> bytes:
    head, offsets = b"bplist00", []
    for content in objects:
        offsets.append(len(head))
        head += content
    table = b"".join(struct.pack(">Q", offset) for offset in offsets)
    trailer = bytes(6) + bytes([_WIDTH, _REFERENCE_BYTES]) + struct.pack(">QQQ", len(objects), 0, len(head))
    return head + table + trailer
