"""Every byte of a file, and of what is packed in it: zip, gzip, zlib, tar and Android backups, within bounds."""

from __future__ import annotations

import os
import stat
import tarfile
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from typing_extensions import Protocol

from mvtcase.canon import open_untouched
from mvtcase.engine.worker.reader.sweep_search import PIECE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mvtcase.engine.worker.reader.sweep_search import Hit, Searcher

MAX_DEPTH = 5
MAX_MEMBERS = 500_000
MAX_RATIO = 200
LEAST_BOUND, MOST_BOUND = 256 << 20, 16 << 30
"""What one file may unfold to: so many times its size, but at least and at most so many bytes."""

_HELD = 16 << 20
_HEAD = 512
_TAR_MAGIC = slice(257, 262)
_AB_LINES = 4


class _Readable(Protocol):
    """Something bytes can be read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes, none at the end."""


class BoundError(Exception):
    """What is packed in a file goes beyond the bounds."""


@dataclass(slots=True)
class Unfolding:
    """One file of the evidence on its way: what may still be unfolded, and what was not looked into."""

    searcher: Searcher
    found: Callable[[str, dict[bytes, Hit]], None]
    tick: Callable[[int], None]
    left: int = 0
    members: int = MAX_MEMBERS
    locked: int = 0
    broken: int = 0
    bounded: bool = field(default=False)

    def file(self, path: Path) -> None:
        """Search a file of the evidence and what is packed in it. Raises `OSError` when it cannot be read."""
        with os.fdopen(open_untouched(path), "rb") as handle:
            size = _regular_size(handle)
            self.left = min(MOST_BOUND, max(LEAST_BOUND, MAX_RATIO * size))
            self._search("", _solid_pieces(handle, self.tick))
            handle.seek(0)
            try:
                self._look_inside("", handle, 1)
            except BoundError:
                self.bounded = True

    def _search(self, label: str, pieces: Iterator[tuple[int, bytes]]) -> None:
        hits = self.searcher.search(pieces)
        if hits:
            self.found(label, hits)

    def _look_inside(self, label: str, handle: IO[bytes], depth: int) -> None:
        head = handle.read(_HEAD)
        handle.seek(0)
        for fits, unfold in _FORMATS:
            if fits(head):
                if depth > MAX_DEPTH:
                    raise BoundError
                try:
                    unfold(self, label, handle, depth)
                except (OSError, EOFError, ValueError, RuntimeError, zlib.error, tarfile.TarError, *_ZIP_ERRORS):
                    # A part that is not there or damaged; its raw bytes were searched all the same.
                    self.broken += 1
                return

    def _member(self, label: str, stream: _Readable, depth: int) -> None:
        """Search something unpacked; what is itself an archive is kept on the disk to look into it."""
        self.members -= 1
        if self.members < 0:
            raise BoundError
        head = stream.read(_HEAD)
        if not any(fits(head) for fits, _ in _FORMATS):
            self._search(label, self._counted(head, stream))
            return
        with tempfile.SpooledTemporaryFile(max_size=_HELD) as kept:
            self._search(label, self._counted(head, stream, kept))
            kept.seek(0)
            self._look_inside(label, kept, depth + 1)

    def _counted(self, head: bytes, stream: _Readable, copy: IO[bytes] | None = None) -> Iterator[tuple[int, bytes]]:
        offset, piece = 0, head
        while piece:
            self.left -= len(piece)
            if self.left < 0:
                raise BoundError
            if copy is not None:
                copy.write(piece)
            yield offset, piece
            self.tick(0)
            offset += len(piece)
            piece = stream.read(PIECE)

    def zip(self, label: str, handle: IO[bytes], depth: int) -> None:
        """Search the members of a zip, each that can be read."""
        with zipfile.ZipFile(handle) as archive:
            for info in archive.infolist():
                if info.is_dir():
                    continue
                if info.flag_bits & 1:
                    self.locked += 1
                    continue
                with self._surviving(), archive.open(info) as stream:
                    self._member(_inside(label, info.filename), stream, depth)

    def tar(self, label: str, handle: IO[bytes], depth: int) -> None:
        """Search the regular files of a tar."""
        with tarfile.open(fileobj=handle, mode="r:") as archive:
            for member in archive:
                if not member.isreg() or member.issparse():
                    continue
                stream = archive.extractfile(member)
                if stream is not None:
                    with stream:
                        self._member(_inside(label, member.name), stream, depth)

    def gzip(self, label: str, handle: IO[bytes], depth: int) -> None:
        """Search what a gzip file holds."""
        self._member(_inside(label, "gzip"), _Inflated(handle, zlib.MAX_WBITS | 16), depth)

    def zlib(self, label: str, handle: IO[bytes], depth: int) -> None:
        """Search what a zlib stream holds."""
        self._member(_inside(label, "zlib"), _Inflated(handle, zlib.MAX_WBITS), depth)

    def backup(self, label: str, handle: IO[bytes], depth: int) -> None:
        """Search what an Android backup holds that is not encrypted."""
        lines = [handle.readline(_HEAD).strip() for _ in range(_AB_LINES)]
        if lines[3] != b"none":
            self.locked += 1
            return
        stream: _Readable = _Inflated(handle, zlib.MAX_WBITS) if lines[2] == b"1" else handle
        self._member(_inside(label, "backup.tar"), stream, depth)

    @contextmanager
    def _surviving(self) -> Iterator[None]:
        """A member that cannot be read costs itself alone."""
        try:
            yield
        except (OSError, EOFError, ValueError, RuntimeError, zlib.error, *_ZIP_ERRORS):
            self.broken += 1


class _Inflated:
    """The bytes of a deflated stream, piece by piece; what is damaged ends it after the last sound piece."""

    def __init__(self, handle: IO[bytes], bits: int) -> None:
        self._handle = handle
        self._bits = bits
        self._inflater = zlib.decompressobj(bits)
        self._rest = b""

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes, none at the end. Raises `zlib.error` on damage."""
        while True:
            self._rest = self._rest or self._handle.read(1 << 16)
            if not self._rest:
                return b""
            data = self._inflater.decompress(self._rest, size)
            self._rest = self._inflater.unconsumed_tail
            if self._inflater.eof:
                # Several gzip members may follow one another.
                self._rest = self._inflater.unused_data
                self._inflater = zlib.decompressobj(self._bits)
                if self._rest[:2] not in {b"\x1f\x8b", b""}:
                    self._handle.seek(0, os.SEEK_END)
                    self._rest = b""
            if data:
                return data


def _regular_size(handle: IO[bytes]) -> int:
    found = os.fstat(handle.fileno())
    if not stat.S_ISREG(found.st_mode):
        raise OSError("no regular file")
    return found.st_size


def _solid_pieces(handle: IO[bytes], tick: Callable[[int], None]) -> Iterator[tuple[int, bytes]]:
    """Yield the file's bytes with their offsets, passing over holes where the system shows them."""
    offset = 0
    while True:
        try:
            offset = os.lseek(handle.fileno(), offset, os.SEEK_DATA)
        except (OSError, AttributeError):
            if offset == 0 and not hasattr(os, "SEEK_DATA"):
                handle.seek(0)
            else:
                return
        piece = os.read(handle.fileno(), PIECE)
        if not piece:
            return
        yield offset, piece
        offset += len(piece)
        tick(len(piece))


def _inside(label: str, name: str) -> str:
    return f"{label}!{name}" if label else name


def _is_zlib(head: bytes) -> bool:
    if len(head) < 2 or head[0] & 0x0F != 8 or head[0] >> 4 > 7 or (head[0] << 8 | head[1]) % 31:  # noqa: PLR2004 - RFC 1950
        return False
    try:
        return bool(zlib.decompressobj().decompress(head, 64))
    except zlib.error:
        return False


_ZIP_ERRORS = (zipfile.BadZipFile, NotImplementedError)
_FORMATS: tuple[tuple[Callable[[bytes], bool], Callable[[Unfolding, str, IO[bytes], int], None]], ...] = (
    (lambda head: head.startswith((b"PK\x03\x04", b"PK\x05\x06")), Unfolding.zip),
    (lambda head: head.startswith(b"\x1f\x8b\x08"), Unfolding.gzip),
    (lambda head: head[_TAR_MAGIC] == b"ustar", Unfolding.tar),
    (lambda head: head.startswith(b"ANDROID BACKUP\n"), Unfolding.backup),
    (_is_zlib, Unfolding.zlib),
)
"""By the first bytes: what a format looks like, and how it is looked into."""
