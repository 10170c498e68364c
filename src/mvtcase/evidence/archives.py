"""Tar archives read front to back within bounds, by the standard library's parser over a reader that guards it.

tarfile itself reads headers of any claimed size into memory, follows negative sizes round and round, and takes a broken
header in the middle for the end: the reader refuses the first two and the end is checked for its mark.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import stat
import tarfile
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, cast

from mvtcase.wording import Reason, why
from mvtcase_readers.regular import open_untouched

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PIECE_BYTES = 64 << 10
MAX_HEADER_BYTES = 4 << 20
"""Bytes of headers (long names, extended attributes) before one member; real ones have a few KB."""

RATIO_FLOOR_BYTES = 256 << 20
"""Unpacked bytes from which on the ratio to the packed ones counts."""

_BLOCK = 512
_TAR_PROBLEMS = (tarfile.TarError, ValueError, OverflowError, RecursionError, KeyError, IndexError, MemoryError)
_STREAM_PROBLEMS = (OSError, EOFError, zlib.error)


class ArchiveProblem(Exception):  # noqa: N818 - a finding about the archive that its readers turn into a gap
    """Why an archive is not read any further; `hostile` when a bound was passed, else it is damaged."""

    def __init__(self, reason: Reason, *, hostile: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hostile = hostile


@dataclass(frozen=True, slots=True, kw_only=True)
class TarMember:
    """One member as its header gives it; `what` is `file`, `folder`, `link`, `sparse` or `device`.

    Its bytes can be read once, before the next member is asked for.
    """

    name: str
    what: str
    size: int
    mtime: float
    leads_to: str = ""
    reader: ForwardReader = field(repr=False)

    @property
    def is_file(self) -> bool:
        """Whether it is a plain regular file."""
        return self.what == "file"

    def pieces(self) -> Iterator[bytes]:
        """Yield the member's bytes in pieces. Raises `ArchiveProblem`."""
        left = self.size
        while left > 0:
            piece = self.reader.take(min(left, PIECE_BYTES))
            if not piece:
                raise ArchiveProblem(why("archive.cut"))
            left -= len(piece)
            yield piece

    def read(self, limit: int) -> bytes:
        """Return at most `limit` first bytes. Raises `ArchiveProblem`."""
        data = bytearray()
        for piece in self.pieces():
            data += piece
            if len(data) >= limit:
                break
        return bytes(data[:limit])


class ForwardReader:
    """A stream that only goes forward, counts what it unpacks, and refuses headers and totals over their bounds."""

    def __init__(self, raw: BinaryIO, *, max_bytes: int, ratio: int) -> None:
        gzipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        self._raw = raw
        self._stream = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if gzipped else raw
        self._max_bytes = max_bytes
        self._ratio = ratio
        self._position = 0
        self._header_bytes = 0
        self.last_block = b""

    def start_header(self) -> None:
        """Begin counting the header bytes of the next member."""
        self._header_bytes = 0

    def tell(self) -> int:
        """Return the position in the unpacked stream."""
        return self._position

    def seek(self, position: int, whence: int = os.SEEK_SET) -> int:
        """Move forward by reading. Raises `ArchiveProblem` when asked to go back."""
        if whence != os.SEEK_SET or position < self._position:
            raise ArchiveProblem(why("archive.backwards"), hostile=True)
        while self._position < position:
            if not self.take(min(PIECE_BYTES, position - self._position)):
                break
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Return header bytes. Raises `ArchiveProblem` when a member's headers are over their bound."""
        self._header_bytes += max(size, 0)
        if size < 0 or self._header_bytes > MAX_HEADER_BYTES:
            raise ArchiveProblem(why("archive.header_bytes"), hostile=True)
        data = b""
        while len(data) < size and (piece := self.take(size - len(data))):
            data += piece
        self.last_block = data
        return data

    def take(self, size: int) -> bytes:
        """Return at most `size` bytes. Raises `ArchiveProblem` at damage and past a bound."""
        try:
            data = self._stream.read(size)
        except _STREAM_PROBLEMS as error:
            raise ArchiveProblem(why("archive.compressed", error=str(error))) from error
        self._position += len(data)
        self._check_bounds()
        return data

    def _check_bounds(self) -> None:
        if self._position > self._max_bytes:
            raise ArchiveProblem(why("archive.bytes", count=self._max_bytes), hostile=True)
        if self._position > RATIO_FLOOR_BYTES and self._position > self._ratio * self._raw.tell():
            raise ArchiveProblem(why("archive.ratio", ratio=self._ratio), hostile=True)

    def require_end(self) -> None:
        """Read on to the end of the stream. Raises `ArchiveProblem` unless zeros alone follow, behind the end mark."""
        if len(self.last_block) < _BLOCK or any(self.last_block):
            raise ArchiveProblem(why("archive.no_end"))
        while piece := self.take(PIECE_BYTES):
            if any(piece):
                raise ArchiveProblem(why("archive.more"))


@contextlib.contextmanager
def open_tar(path: Path, *, max_bytes: int, ratio: int = 1_000) -> Iterator[Iterator[TarMember]]:
    """Open a tar archive, gzipped or not, and give an iterator of its members that reads it front to back.

    The iterator raises `ArchiveProblem` where the archive is damaged or passes a bound; members before that are sound.
    Raises `OSError`.
    """
    descriptor = open_untouched(path)
    with os.fdopen(descriptor, "rb") as raw:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("not a regular file")
        yield _members(ForwardReader(raw, max_bytes=max_bytes, ratio=ratio))


def _members(reader: ForwardReader) -> Iterator[TarMember]:
    archive = _opened(reader)
    while True:
        info = _next(archive, reader)
        if info is None:
            reader.require_end()
            return
        # tarfile keeps every member it has seen: two million would fill the memory.
        archive.members = []  # type: ignore[attr-defined]  # typeshed does not name it
        yield TarMember(
            name=info.name,
            what=_what(info),
            size=info.size,
            mtime=float(info.mtime),
            leads_to=info.linkname,
            reader=reader,
        )


def _opened(reader: ForwardReader) -> tarfile.TarFile:
    try:
        return tarfile.TarFile(fileobj=cast("BinaryIO", reader), mode="r")
    except (*_TAR_PROBLEMS, *_STREAM_PROBLEMS) as error:
        raise ArchiveProblem(why("archive.no_tar", error=str(error))) from error


def _next(archive: tarfile.TarFile, reader: ForwardReader) -> tarfile.TarInfo | None:
    reader.start_header()
    try:
        return archive.next()
    except (*_TAR_PROBLEMS, *_STREAM_PROBLEMS) as error:
        raise ArchiveProblem(why("archive.header", error=str(error) or type(error).__name__)) from error


def _what(info: tarfile.TarInfo) -> str:
    if info.issparse():
        return "sparse"
    if info.isreg():
        return "file"
    if info.isdir():
        return "folder"
    return "link" if info.issym() or info.islnk() else "device"
