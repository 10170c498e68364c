"""`Manifest.mbdb`, the list of a backup's files up to iOS 9: domain and path of each, by which its name is a hash.

The layout as public readers of it agree (iphone-dataprotection's `backup4.py`, Metasploit's parser): the mark, then
records of five texts, forty bytes of numbers with the file's mode first and the number of properties last, and two
texts for each property. A text has its length in two bytes before it; 0xFFFF stands for none.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from .regular import UnreadableError, read_bounded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "Manifest.mbdb"
MAGIC = b"mbdb\x05\x00"
MAX_BYTES = 128 << 20
MAX_RECORDS = 5_000_000
_NONE = 0xFFFF
_NUMBERS = 40
_KIND, _REGULAR = 0xF000, 0x8000


class Listed(NamedTuple):
    """One entry: the name that the backup gives it, its domain and path, and whether it is a regular file."""

    name: str
    domain: str
    path: str
    is_file: bool


def listed(manifest: Path) -> Iterator[Listed]:
    """Yield the entries of a list, up to the first place that is none; nothing where it is missing or no list."""
    try:
        data = read_bounded(manifest, MAX_BYTES)
    except (OSError, UnreadableError):
        return
    at, count = len(MAGIC), 0
    while data.startswith(MAGIC) and at < len(data) and count < MAX_RECORDS:
        (domain, path), at = _texts(data, at, 2)
        # Target of a link, hash and key.
        _, at = _texts(data, at, 3)
        numbers = data[at : at + _NUMBERS]
        _, at = _texts(data, at + _NUMBERS, 2 * numbers[-1] if len(numbers) == _NUMBERS else 0)
        if not domain:
            return
        yield _entry(domain, path, int.from_bytes(numbers[:2], "big") if numbers else _REGULAR)
        count += 1


def _texts(data: bytes, at: int, count: int) -> tuple[list[bytes], int]:
    found: list[bytes] = []
    for _ in range(count):
        length = int.from_bytes(data[at : at + 2], "big")
        length = 0 if length == _NONE else length
        found.append(data[at + 2 : at + 2 + length])
        at += 2 + length
    return found, at


def _entry(domain: bytes, path: bytes, mode: int) -> Listed:
    name = hashlib.sha1(b"-".join((domain, path)), usedforsecurity=False).hexdigest()
    told = (domain.decode("utf-8", "replace"), path.decode("utf-8", "replace"))
    return Listed(name, *told, mode & _KIND == _REGULAR)
