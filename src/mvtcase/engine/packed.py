"""Result files of a recorded scan: each as the engine left it, or packed with zstandard under its name and `.zst`.

Whoever reads names the file as it was called when the scan ended, and gets its bytes. What is packed may have been put
there by somebody else: it is unpacked as it is read, in a bounded window, and never further than the reader asks.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, BinaryIO, cast

from mvtcase.files import paths_below
from mvtcase_readers.regular import UnreadableError, open_regular

ENDING = ".zst"
_WINDOW_BYTES = 8 << 20
_PIECE = 1 << 17
_HEAD_BYTES = 18
"""The longest head of a frame of zstandard."""


class _Unpacking(io.RawIOBase):
    """The bytes of a packed file; damage is an error of the machine, as it is for a file that is not packed."""

    def __init__(self, packed: BinaryIO) -> None:
        import zstandard  # noqa: PLC0415  # a worker that reads nothing packed need not load it

        self._packed, self._error = packed, zstandard.ZstdError
        unpacker = zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES)
        self._left = _size_in(packed.read(_HEAD_BYTES))
        packed.seek(0)
        self._stream = unpacker.stream_reader(packed)

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  # whatever holds bytes
        """Fill a buffer and return how many bytes came; none at the end."""
        try:
            came = int(self._stream.readinto(buffer))
        except self._error as error:
            raise OSError(f"what is packed is damaged: {error}") from error
        self._left -= came
        if not came and self._left:  # zstandard takes a file that was cut short for one that ends there
            raise OSError("what is packed is damaged: it was cut short")
        return came

    def close(self) -> None:
        """Close the packed file."""
        self._packed.close()
        super().close()


def _size_in(head: bytes) -> int:
    """Return how much a packed file says that it holds. Raises `OSError`."""
    import zstandard  # noqa: PLC0415  # as above

    try:
        return max(0, zstandard.frame_content_size(head))
    except zstandard.ZstdError as error:
        raise OSError(f"what is packed is damaged: {error}") from error


def open_packed(path: Path | str) -> BinaryIO:
    """Return what a packed file holds, opened for reading. Raises `OSError` and `UnreadableError`."""
    packed = open_regular(path)
    try:
        return cast("BinaryIO", io.BufferedReader(_Unpacking(packed), _PIECE))
    except OSError:
        packed.close()
        raise


def open_result(path: Path | str) -> BinaryIO:
    """Return a result file opened for reading, packed or not. Raises `OSError`, and `UnreadableError` for no file."""
    try:
        return open_regular(path)
    except FileNotFoundError:
        return open_packed(f"{path}{ENDING}")


def read_result(path: Path, limit: int) -> bytes:
    """Return all bytes of a result file. Raises `OSError`, and `UnreadableError` when it is larger than `limit`."""
    with open_result(path) as handle:
        # Python takes memory for as much as is asked for, however small the file.
        data = handle.read(min(limit, result_bytes(path)) + 1)
    if len(data) > limit:
        raise UnreadableError(f"{path.name} is larger than {limit} bytes")
    return data


def result_bytes(path: Path) -> int:
    """Return how large a result file is; one that is packed says so itself. Raises `OSError`."""
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        with open_regular(f"{path}{ENDING}") as packed:
            return _size_in(packed.read(_HEAD_BYTES))


def left_files(results: Path) -> list[Path]:
    """Return every file below a folder of results, as it was called when the scan ended, in the order of paths."""
    return [*map(Path, sorted({each.removesuffix(ENDING) for each in paths_below(results)}))]
