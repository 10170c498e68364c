"""Tombstones, the crash records of native processes, as text and as the protobuf message beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from mvtcase.phones.android_phone import AndroidPhone

_STARS = " ".join(["***"] * 16)
_ARM64 = 1
_SIGSEGV = 11
_UPTIME_SECONDS = 412


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """One crash of one process; MVT warns of the user ids 0, 1000 and 2000, so it runs as an app."""

    phone: AndroidPhone
    process: str
    number: int
    uid: int = 10231

    @property
    def pid(self) -> int:
        """Return the process id."""
        return 9850 + self.number

    @property
    def at(self) -> datetime:
        """Return when it crashed, on the phone's wall clock."""
        return self.phone.wall_clock - timedelta(days=2 + self.number, minutes=11)

    @property
    def stamp(self) -> str:
        """Return when it crashed as tombstones write it, with nanoseconds and zone."""
        return f"{self.at:%Y-%m-%d %H:%M:%S}.104233871{self.phone.utc_offset_hours:+03d}00"


def tombstone_text(crash: Crash) -> str:
    """Return the text tombstone."""
    return "\n".join(
        (
            _STARS,
            f"Build fingerprint: '{crash.phone.fingerprint}'",
            "Revision: 'MP1.0'",
            "ABI: 'arm64'",
            f"Timestamp: {crash.stamp}",
            f"Process uptime: {_UPTIME_SECONDS}s",
            f"Cmdline: {crash.process}",
            f"pid: {crash.pid}, tid: {crash.pid}, name: {crash.process}  >>> {crash.process} <<<",
            f"uid: {crash.uid}",
            "signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x0000000000000010",
            "Cause: null pointer dereference",
            "    x0  0000000000000000  x1  0000007fd21f4c10  x2  0000000000000020  x3  0000000000000008",
            "",
            "backtrace:",
            "      #00 pc 00000000000603ca  /apex/com.android.runtime/lib64/bionic/libc.so (abort+166)",
            "",
        )
    )


def tombstone_message(crash: Crash) -> bytes:
    """Return the protobuf tombstone; field numbers from AOSP's debuggerd/proto/tombstone.proto."""
    thread = _number(1, crash.pid) + _text(2, crash.process)
    signal = _number(1, _SIGSEGV) + _text(2, "SIGSEGV") + _number(3, 1) + _text(4, "SEGV_MAPERR")
    return b"".join(
        (
            _number(1, _ARM64),
            _text(2, crash.phone.fingerprint),
            _text(3, "MP1.0"),
            _text(4, crash.stamp),
            _number(5, crash.pid),
            _number(6, crash.pid),
            _number(7, crash.uid),
            _text(8, "u:r:untrusted_app:s0:c512,c768"),
            _text(9, crash.process),
            _bytes(10, signal),
            _bytes(16, _number(1, crash.pid) + _bytes(2, thread)),
            _number(20, _UPTIME_SECONDS),
        )
    )


def _varint(value: int) -> bytes:
    pieces = bytearray()
    while value > 0x7F:
        pieces.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*pieces, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())
