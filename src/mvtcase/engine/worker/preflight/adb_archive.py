"""Whether an Android backup that is not encrypted can be read to its end, found out without holding it in memory."""

from __future__ import annotations

import tarfile
import zlib
from typing import TYPE_CHECKING

from mvtcase.wording import Reason, why
from mvtcase_readers.regular import UnreadableError, open_regular

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

MAGIC = b"ANDROID BACKUP\n"
MAX_HEADER_LINE = 64
MAX_UNFOLDED = 8 << 30
_BLOCK = 512
_CHUNK = 1 << 20


class _BrokenError(Exception):
    """The archive ends before its end; the reason says where."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def backup_problem(path: Path) -> Reason | None:
    """Return why a backup cannot be read to its end, None when it can, or when that is not for this look to tell."""
    try:
        with open_regular(path) as handle:
            if handle.readline(MAX_HEADER_LINE) != MAGIC:
                return None
            _version, packed, cipher = (handle.readline(MAX_HEADER_LINE).strip() for _ in range(3))
            if cipher != b"none":
                return None
            _Blocks(_unpacked(handle) if packed == b"1" else _pieces(handle)).walk()
    except (OSError, UnreadableError):
        return None
    except _BrokenError as error:
        return error.reason
    return None


def _pieces(handle: BinaryIO) -> Iterator[bytes]:
    while piece := handle.read(_CHUNK):
        yield piece


def _unpacked(handle: BinaryIO) -> Iterator[bytes]:
    unpacker = zlib.decompressobj()
    unfolded = 0
    try:
        for piece in _pieces(handle):
            while piece and not unpacker.eof:
                out = unpacker.decompress(piece, _CHUNK)
                piece = unpacker.unconsumed_tail  # noqa: PLW2901 - the rest of the piece
                unfolded += len(out)
                if unfolded > MAX_UNFOLDED:
                    raise _BrokenError(why("ab.bomb", gib=MAX_UNFOLDED >> 30))
                yield out
    except zlib.error as error:
        raise _BrokenError(why("ab.data", error=str(error))) from error
    if not unpacker.eof:
        raise _BrokenError(why("ab.data_cut"))


class _Blocks:
    """The blocks of a tar archive, walked from header to header."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = b""

    def walk(self) -> None:
        """Read to the end of the archive. Raises `_BrokenError` where it breaks off."""
        while True:
            block = self._take(_BLOCK)
            if block == bytes(_BLOCK):
                # The end of the archive is two such blocks; whatever follows is padding.
                self._rest()
                return
            if len(block) < _BLOCK:
                raise _BrokenError(why("ab.cut"))
            try:
                size = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape").size
            except tarfile.HeaderError as error:
                raise _BrokenError(why("ab.damaged", error=str(error))) from error
            self._skip(-(-size // _BLOCK) * _BLOCK)

    def _take(self, count: int) -> bytes:
        while len(self._held) < count:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._held += piece
        taken, self._held = self._held[:count], self._held[count:]
        return taken

    def _skip(self, count: int) -> None:
        while count > 0:
            taken = self._take(min(count, _CHUNK))
            if not taken:
                raise _BrokenError(why("ab.file_cut"))
            count -= len(taken)

    def _rest(self) -> None:
        for _ in self._pieces:
            pass
