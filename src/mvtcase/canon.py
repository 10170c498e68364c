"""Canonical forms: one way to write JSON, hashes, times and identifiers, so that equal things have equal bytes."""

from __future__ import annotations

import contextlib
import enum
import hashlib
import json
import os
import time
import unicodedata
import uuid
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar, Union

from mvtcase_readers.regular import open_untouched

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Json: TypeAlias = Union[bool, int, float, str, "list[Json]", "dict[str, Json]", None]
"""A value as JSON gives it."""

GENESIS = "0" * 64
"""The `previous` digest of the first event of a custody chain."""

HASH_CHUNK_BYTES = 1 << 20

_Made = TypeVar("_Made")

Clock = Callable[[], datetime]
"""A function returning the present moment as an aware UTC datetime; tests pass their own."""


class StrEnum(str, enum.Enum):
    """A closed set of words that is also its own text (the standard library has one from Python 3.11 on)."""

    def __str__(self) -> str:
        return str(self._value_)

    __hash__ = str.__hash__
    """As of the text that it is equal to: an enumeration's own is a function of Python, asked at each look-up."""


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def canonical_json(value: object) -> str:
    r"""Return JSON text that is the same for equal values: sorted keys, no spaces, ASCII only.

    Lone surrogates become `\\udXXX` escapes, so the text always encodes. Raises `TypeError` on values JSON has no form
    for and `ValueError` on NaN and infinities, which have no canonical form.
    """
    return _ENCODER.encode(value)


def sha256_text(text: str) -> str:
    """Return the hex SHA-256 of a text's UTF-8 bytes, lone surrogates kept as WTF-8."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def sha256_bytes(data: bytes) -> str:
    """Return the hex SHA-256 of some bytes."""
    return hashlib.sha256(data).hexdigest()


def digest(value: object) -> str:
    """Return the hex SHA-256 of a value's canonical JSON."""
    return sha256_text(canonical_json(value))


def sha256_file(path: Path | str, *, on_bytes: Callable[[int], None] | None = None) -> str:
    """Return the hex SHA-256 of a regular file, read in 1 MiB pieces without following a link.

    `on_bytes` hears the size of each piece. The access time is kept where the system allows it. Raises `OSError`.
    """
    hasher = hashlib.sha256()
    descriptor = open_untouched(path)
    try:  # no file object: of thousands of small files making them takes longer than reading
        feed(hasher, iter(lambda: os.read(descriptor, HASH_CHUNK_BYTES), b""), on_bytes)
    finally:
        os.close(descriptor)
    return hasher.hexdigest()


def feed(hasher: _Hash, pieces: Iterable[bytes], on_bytes: Callable[[int], None] | None = None) -> None:
    """Feed pieces of bytes to a hash and tell `on_bytes` the size of each."""
    for piece in pieces:
        hasher.update(piece)
        if on_bytes is not None:
            on_bytes(len(piece))


def utc_now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(timezone.utc)


def boot_id() -> str:
    """Return what tells this start of the machine from any other, empty where the system does not say."""
    with contextlib.suppress(OSError), open("/proc/sys/kernel/random/boot_id", encoding="ascii") as told:  # noqa: PTH123  # `pathlib` is for types here
        return told.read().strip()
    return ""


def ran_for(clock: Clock) -> dict[str, Json]:
    """Return which start of this machine it is, and for how many seconds it has run since, asleep or awake.

    Nobody sets that by hand, so that it tells a clock that was. Nothing where the clock is not the machine's own, or
    the system does not say (all but Linux).
    """
    boot = boot_id() if clock is utc_now else ""
    if not boot or not hasattr(time, "CLOCK_BOOTTIME"):
        return {}
    return {"boot": sha256_text(boot)[:12], "ran": int(time.clock_gettime(time.CLOCK_BOOTTIME))}


def timestamp(moment: datetime) -> str:
    """Return a moment as `2026-11-24T01:02:03.000004Z`, the one way times of our clock are written.

    Raises `ValueError` on a naive datetime: a time of our clock always knows its zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a time of our clock must carry its zone")
    utc = moment.astimezone(timezone.utc).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='microseconds')}Z"  # strftime gives the year 999 three digits


def parse_timestamp(text: str) -> datetime:
    """Return the aware UTC datetime of a text that `timestamp` wrote; seconds without fraction are read too.

    Raises `ValueError` when the text is none.
    """
    layout = "%Y-%m-%dT%H:%M:%S.%fZ" if "." in text else "%Y-%m-%dT%H:%M:%SZ"
    return datetime.strptime(text, layout).replace(tzinfo=timezone.utc)


def new_uuid() -> str:
    """Return a new UUIDv7 text (RFC 9562): sortable by time and distinct across field laptops."""
    milliseconds = time.time_ns() // 1_000_000
    tail = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & (1 << 48) - 1) << 80 | 0x7 << 76 | (tail >> 64 & 0xFFF) << 64
    value |= 0b10 << 62 | tail & ((1 << 62) - 1)
    return str(uuid.UUID(int=value))


def spelled(name: str) -> str:
    """Return a person's name in the one spelling in which it is kept: composed letters, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).split())


def person_key(name: str) -> str:
    """Return what tells one person from another: the spelling, whatever the case of its letters."""
    return spelled(spelled(name).casefold())


def storable_text(text: str) -> str:
    r"""Return a text that SQLite and UTF-8 files accept: lone surrogates become visible `\\udcXX` escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def kept_beside(path: Path, stamp: str, make: Callable[[], bytes], load: Callable[[bytes], _Made]) -> _Made:
    """Return what was made from a file of the program, made once and kept beside it as Python keeps modules.

    It is made again where `stamp` is another one or where it cannot be loaded; a folder that cannot be written to costs
    time and nothing else.
    """
    kept = path.parent / "__pycache__" / f"{path.stem}.{stamp}.kept"
    with contextlib.suppress(OSError, ValueError, EOFError, TypeError):
        return load(kept.read_bytes())
    made = make()
    with contextlib.suppress(OSError):
        kept.parent.mkdir(exist_ok=True)
        for old in kept.parent.glob(f"{path.stem}.*.kept"):
            old.unlink(missing_ok=True)
        fresh = kept.with_name(f"{new_uuid()}.{kept.name}")
        fresh.write_bytes(made)
        fresh.replace(kept)
    return load(made)
