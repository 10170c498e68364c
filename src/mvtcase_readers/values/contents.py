"""Bytes of one container, wherever they are: a file of the evidence, memory, or a private temporary file."""

from __future__ import annotations

import io
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from mvtcase_readers.regular import open_regular

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PIECE = 4 << 20
HEAD = 1024


def database_of(name: str) -> str:
    """Return the name of the database that a log belongs to, the name itself when it is no log's."""
    return name.removesuffix("-wal").removesuffix("-journal")


class BoundError(Exception):
    """A bound of the reading was reached."""


class Readable(Protocol):
    """Something bytes can be read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes, none at the end."""
        ...


class Content:
    """The bytes of one container with its size and first bytes; `beside` finds what stands beside it by a suffix."""

    __slots__ = ("_data", "_handle", "beside_of", "cut", "head", "path", "size")

    def __init__(
        self,
        source: bytes | BinaryIO,
        *,
        path: Path | None = None,
        beside: Callable[[str], Content | None] | None = None,
    ) -> None:
        self.path = path
        self._handle: BinaryIO | None = None
        self._data: bytes | None = None
        # Cells of databases come by the million: nothing is made for them that may not be needed.
        if isinstance(source, bytes):
            self._data = source
            self.size = len(source)
            self.head = source[:HEAD]
        else:
            self._handle = source
            self.size = source.seek(0, os.SEEK_END)
            self.head = self.at(0, HEAD)
        self.beside_of = beside
        self.cut: Exception | None = None
        """Why the bytes end before their end."""

    def at(self, offset: int, count: int) -> bytes:
        """Return up to `count` bytes from an offset."""
        if self._data is not None:
            return self._data[offset : offset + count]
        handle = self.file()
        handle.seek(offset)
        return handle.read(count)

    def all(self, limit: int) -> bytes:
        """Return all bytes. Raises `BoundError` when there are more than `limit`."""
        if self._data is not None:
            return self._data
        if self.size > limit:
            raise BoundError(f"larger than {limit >> 20} MiB")
        return self.at(0, self.size)

    def pieces(self, size: int = PIECE) -> Iterator[tuple[int, bytes]]:
        """Yield the bytes in order with their offsets, passing over holes of a sparse file."""
        offset = 0
        while offset < self.size:
            offset = self._solid(offset)
            piece = self.at(offset, size)
            if not piece:
                return
            yield offset, piece
            offset += len(piece)

    def _solid(self, offset: int) -> int:
        if self.path is None or self._data is not None or not hasattr(os, "SEEK_DATA"):
            return offset
        descriptor = self.file().fileno()
        before = os.lseek(descriptor, 0, os.SEEK_CUR)
        try:
            return os.lseek(descriptor, offset, os.SEEK_DATA)
        except OSError as error:
            # ENXIO: nothing but a hole up to the end. Anything else: a file system that knows no holes.
            return self.size if error.errno == 6 else offset  # noqa: PLR2004 - errno.ENXIO
        finally:
            # The handle's buffer keeps its own count of where the descriptor stands.
            os.lseek(descriptor, before, os.SEEK_SET)

    def file(self) -> BinaryIO:
        """Return a handle at the first byte; it belongs to the content."""
        if self._handle is None:
            self._handle = io.BytesIO(self._data or b"")
        self._handle.seek(0)
        return self._handle

    def beside(self, suffix: str) -> Content | None:
        """Return what stands beside it under its name and a suffix (`-wal`), None where nothing does."""
        return self.beside_of(suffix) if self.beside_of is not None else None

    @contextmanager
    def on_disk(self) -> Iterator[Path]:
        """Give a path that holds the bytes: the file itself, or a private copy for as long as it is needed."""
        if self.path is not None:
            yield self.path
            return
        with tempfile.TemporaryDirectory(prefix="values-") as folder:
            copy = Path(folder) / "copy"
            self.copy_to(copy)
            yield copy

    def copy_to(self, target: Path) -> None:
        """Write the bytes into a new private file."""
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as writer:
            for offset in range(0, self.size, PIECE):
                writer.write(self.at(offset, PIECE))

    def close(self) -> None:
        """Close the handle and forget the bytes."""
        if self._handle is not None:
            self._handle.close()


class Stretch:
    """A stretch of a content as a stream."""

    def __init__(self, content: Content, start: int, size: int | None = None) -> None:
        self._content = content
        self._at = start
        self._end = content.size if size is None else min(content.size, start + size)

    def read(self, size: int = -1, /) -> bytes:
        """Return up to so many bytes, none at the end."""
        wanted = self._end - self._at if size < 0 else min(size, self._end - self._at)
        piece = self._content.at(self._at, wanted)
        self._at += len(piece)
        return piece


def opened(path: Path, beside: Callable[[str], Content | None] | None = None) -> Content:
    """Return the content of a regular file, opened without following a link. Raises `OSError` and `UnreadableError`."""
    return Content(open_regular(path), path=path, beside=beside)


def spooled(stream: Readable, spend: Callable[[int], None], held: int) -> Content:
    """Return what a stream gives, in memory or, when it is large, in a private file without a name.

    `spend` hears each piece's size. When it or the stream raises, the content holds what came before, and its `cut` the
    error.
    """
    kept: BinaryIO = io.BytesIO()
    cut: Exception | None = None
    try:
        while piece := stream.read(1 << 20):
            spend(len(piece))
            if isinstance(kept, io.BytesIO) and kept.tell() + len(piece) > held:
                kept = _moved_to_disk(kept)
            kept.write(piece)
    except Exception as error:  # noqa: BLE001 - decoders of damaged bytes raise anything; the caller looks at it
        cut = error
    content = Content(kept.getvalue() if isinstance(kept, io.BytesIO) else kept)
    content.cut = cut
    return content


def _moved_to_disk(memory: io.BytesIO) -> BinaryIO:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the content closes it
    file.write(memory.getvalue())
    return file
