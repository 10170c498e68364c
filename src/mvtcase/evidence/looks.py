"""Bounded looks at hostile files and folders: regular files only, no links followed, no more bytes than asked for."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import stat
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO

from mvtcase_readers import trees
from mvtcase_readers.regular import UnreadableError, open_regular, read_head

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_PLIST_BYTES = 48 << 20
"""A real Info.plist carries the icons of every app and grows to some 20 MB."""

MAX_NAMES = 5_000
"""Names of one folder or archive that a detector looks at."""

MAX_DIRECTORY_BYTES = 64 << 20
"""Bytes of a zip's central directory that are read into memory (about half a million members)."""

_END_OF_DIRECTORY = b"PK\x05\x06"
_END_OF_DIRECTORY_64 = b"PK\x06\x06"
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_ZIP_PROBLEMS = (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, RuntimeError, struct.error)

READ_BY_MODULES = re.compile(
    r"\.(?:db|sqlite|sqlitedb|storedata|plist|log|txt|json|ips|tracev3|xml|abx|pb|tombstone|ab|mbdb)(?:[.-]|$)|tombstone_",
    re.IGNORECASE,
)
"""Names of files that some module opens; most of the rest of a file system dump is looked at by name only."""

FILE = "file"
FOLDER = "folder"
LINK = "link"
FIFO = "fifo"
SOCKET = "socket"
DEVICE = "device"
UNREADABLE = "unreadable"

_FOLDER_FLAGS = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)

_TYPES = {
    stat.S_IFREG: FILE,
    stat.S_IFDIR: FOLDER,
    stat.S_IFLNK: LINK,
    stat.S_IFIFO: FIFO,
    stat.S_IFSOCK: SOCKET,
    stat.S_IFBLK: DEVICE,
    stat.S_IFCHR: DEVICE,
}


def type_of_mode(mode: int) -> str:
    """Return the word for what a mode says: `file`, `folder`, `link`, `fifo`, `socket`, `device`."""
    return _TYPES.get(stat.S_IFMT(mode), UNREADABLE)


def entry_type(path: Path) -> str:
    """Return what a path itself is, a link not being followed; `unreadable` when it cannot be told."""
    try:
        return type_of_mode(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return UNREADABLE


def head(path: Path, limit: int) -> bytes:
    """Return at most `limit` first bytes of a regular file, nothing for anything else or what cannot be read."""
    with contextlib.suppress(OSError, ValueError):
        return read_head(path, limit)
    return b""


def open_folder(path: str) -> int:
    """Return a descriptor of a folder that is no link, its access time kept where allowed. Raises `OSError`."""
    try:
        return os.open(path, _FOLDER_FLAGS | getattr(os, "O_NOATIME", 0))
    except PermissionError:
        return os.open(path, _FOLDER_FLAGS)


def names_in(folder: Path, limit: int = MAX_NAMES) -> dict[str, str]:
    """Return the names in a folder with what each is, at most `limit` of them, sorted."""
    found: dict[str, str] = {}
    with contextlib.suppress(OSError, ValueError):
        descriptor = open_folder(os.fspath(folder))
        try:
            with os.scandir(descriptor) as entries:
                for entry in itertools.islice(entries, limit):
                    found[entry.name] = type_of_mode(entry.stat(follow_symlinks=False).st_mode)
        finally:
            os.close(descriptor)
    return dict(sorted(found.items()))


def read_plist(path: Path) -> dict[str, Any]:
    """Return a property list's top dictionary, empty when it is damaged, hostile, over the bound or no dictionary."""
    return parse_plist(head(path, MAX_PLIST_BYTES + 1))


def parse_plist(data: bytes) -> dict[str, Any]:
    """Return the top dictionary of a property list's bytes, empty for anything that is not a sane one."""
    try:
        parsed = trees.parse_plist(data, MAX_PLIST_BYTES)
    except UnreadableError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


@contextlib.contextmanager
def opened_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip whose central directory is within bounds.

    Raises `zipfile.BadZipFile` when the directory cannot be read or is over the bound, and `OSError`.
    """
    try:
        handle = open_regular(path)
    except UnreadableError as error:
        raise zipfile.BadZipFile(error.reason) from error
    with handle:
        _refuse_large_directory(handle)
        with _as_zip(handle) as archive:
            yield archive


def _as_zip(handle: Any) -> zipfile.ZipFile:  # noqa: ANN401 - any seekable binary file
    try:
        return zipfile.ZipFile(handle)
    except _ZIP_PROBLEMS as error:
        raise zipfile.BadZipFile(str(error) or type(error).__name__) from error


def _refuse_large_directory(handle: BinaryIO) -> None:
    """Raise `zipfile.BadZipFile` when the end record claims a central directory over the bound."""
    size = handle.seek(0, os.SEEK_END)
    handle.seek(max(0, size - (1 << 16) - 128))
    tail = handle.read()
    wide, narrow = tail.rfind(_END_OF_DIRECTORY_64), tail.rfind(_END_OF_DIRECTORY)
    claimed = 0
    if narrow >= 0 and len(tail) >= narrow + 16:
        claimed = int.from_bytes(tail[narrow + 12 : narrow + 16], "little")
    if wide >= 0 and len(tail) >= wide + 48:
        claimed = int.from_bytes(tail[wide + 40 : wide + 48], "little")
    if min(claimed, size) > MAX_DIRECTORY_BYTES:
        raise zipfile.BadZipFile(f"its directory of {claimed} bytes is over the bound of {MAX_DIRECTORY_BYTES}")


def has_zip_directory(path: Path) -> bool:
    """Tell whether a file ends with the directory of a zip that can be read."""
    try:
        with opened_zip(path):
            return True
    except (zipfile.BadZipFile, OSError):
        return False


def zip_names(path: Path) -> tuple[str, ...]:
    """Return the first member names of a zip; when its directory is damaged, those its first local headers carry."""
    try:
        with opened_zip(path) as archive:
            return tuple(archive.namelist()[:MAX_NAMES])
    except (zipfile.BadZipFile, OSError):
        return _names_of_local_headers(head(path, 8 << 20))


def is_locked_zip(path: Path) -> bool:
    """Tell whether some member of a zip is encrypted with a password."""
    with contextlib.suppress(zipfile.BadZipFile, OSError), opened_zip(path) as archive:
        return any(each.flag_bits & 1 for each in archive.infolist()[:MAX_NAMES])
    return False


def _names_of_local_headers(data: bytes) -> tuple[str, ...]:
    names: list[str] = []
    position = data.find(b"PK\x03\x04")
    while 0 <= position <= len(data) - _LOCAL_HEADER.size and len(names) < MAX_NAMES:
        fields = _LOCAL_HEADER.unpack_from(data, position)
        start = position + _LOCAL_HEADER.size
        names.append(data[start : start + fields[9]].decode("utf-8", "replace"))
        position = data.find(b"PK\x03\x04", start + fields[9])
    return tuple(names)


def zip_member_head(path: Path, name: str, limit: int) -> bytes:
    """Return at most `limit` first bytes of a zip's member, nothing when it cannot be read."""
    with contextlib.suppress(*_ZIP_PROBLEMS, KeyError, zlib.error), opened_zip(path) as archive:
        return member_head(archive, name, limit)
    return b""


def member_head(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """Return at most `limit` first bytes of a member of an open zip.

    Raises what `zipfile` raises, and `NotImplementedError` for other compression than deflate: zipfile unpacks bzip2
    and LZMA without a bound.
    """
    if archive.getinfo(name).compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise NotImplementedError("a compression that cannot be bounded")
    with archive.open(name) as member:
        return member.read(limit)


def gunzip_head(data: bytes, limit: int) -> bytes:
    """Return at most `limit` bytes of what the start of a gzip file unpacks to, as far as it is sound."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        return unpacker.decompress(data, limit)
    except zlib.error:
        return b""


_PRINTABLE_NAME = re.compile(rb"[\x20-\x7e\x80-\xff]+")


def tar_names(data: bytes) -> tuple[str, ...]:
    """Return the member names in the first bytes of a tar archive, by its headers alone.

    Sizes are trusted only as far as the bytes reach, so a lying header costs nothing.
    """
    names: list[str] = []
    position = 0
    while position + 512 <= len(data) and len(names) < MAX_NAMES:
        header = data[position : position + 512]
        if header[257:262] != b"ustar" and position == 0 and not _PRINTABLE_NAME.fullmatch(header[:16]):
            break
        name = (header[345:500].rstrip(b"\0 ") + b"/" if header[345:346].strip(b"\0 ") else b"") + header[:100]
        names.append(name.split(b"\0")[0].decode("utf-8", "replace"))
        position += 512 + _tar_size(header)
    return tuple(name for name in names if name)


def _tar_size(header: bytes) -> int:
    digits = header[124:136].strip(b"\0 ")
    size = int(digits, 8) if re.fullmatch(rb"[0-7]{1,12}", digits) else 0
    return (size + 511) // 512 * 512
