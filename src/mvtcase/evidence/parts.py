"""Named parts of an acquisition, read the same way whether it is a folder, a zip or a tar archive."""

from __future__ import annotations

import contextlib
import fnmatch
import os
import stat
import zipfile
import zlib
from typing import TYPE_CHECKING, Protocol

from mvtcase.evidence.archives import ArchiveProblem, open_tar
from mvtcase.evidence.glance import Glance
from mvtcase.evidence.looks import (
    FILE,
    FOLDER,
    MAX_PLIST_BYTES,
    entry_type,
    head,
    member_head,
    names_in,
    opened_zip,
)
from mvtcase_readers.regular import open_untouched

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from mvtcase.evidence.glance import Identified, Partition

_MEMBER_PROBLEMS = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    ValueError,
    KeyError,
    EOFError,
    NotImplementedError,
    RuntimeError,
)
_WRAPPED = "oem zip: "
_MAX_INNER_BYTES = 512 << 20
_TAR_LOOK_BYTES = 1 << 30
"""Unpacked bytes of an archive that are read in search of the phone's identity (a few seconds)."""


class Parts(Protocol):
    """Some files of an acquisition by name; a name that is absent or unreadable gives no bytes."""

    @property
    def label(self) -> str:
        """The name of the acquisition's top folder or archive."""

    def content(self, name: str, limit: int = MAX_PLIST_BYTES) -> bytes:
        """Return at most `limit` first bytes of one file by its path below the top folder."""

    def contents(self, patterns: Sequence[str], limit: int) -> dict[str, bytes]:
        """Return for each pattern at most `limit` first bytes of the first file that matches it."""

    def pieces(self, name: str, size: int, limit: int) -> Iterator[bytes]:
        """Yield a file's first `limit` bytes in pieces."""

    def has(self, name: str) -> bool:
        """Tell whether there is such a file."""

    def match(self, pattern: str) -> str:
        """Return the first name that matches a pattern, "" when none does."""


@contextlib.contextmanager
def parts_of(found: Identified) -> Iterator[Parts]:
    """Open what was identified to read some of its files by name; an archive that cannot be opened has no parts."""
    with _opened(found) as parts:
        yield _JoinedParts(parts, found.partitions) if found.partitions else parts


@contextlib.contextmanager
def _opened(found: Identified) -> Iterator[Parts]:
    if entry_type(found.root) == FOLDER:
        yield _FolderParts(found.root)
        return
    glance = Glance(found.root)
    if not glance.is_zip:
        packed = glance.is_tar or glance.is_gzip
        yield _TarParts(found.root, found.inside) if packed else _LoneParts(found.root)
        return
    with contextlib.ExitStack() as stack:
        try:
            archive: zipfile.ZipFile | None = stack.enter_context(opened_zip(found.root))
            if archive is not None and found.wrapped.startswith(_WRAPPED):
                archive = stack.enter_context(_inner_zip(archive, found.wrapped.removeprefix(_WRAPPED)))
        except _MEMBER_PROBLEMS:
            archive = None
        yield _ZipParts(found.root.name, archive, found.inside)


def _inner_zip(outer: zipfile.ZipFile, name: str) -> zipfile.ZipFile:
    """Open a zip inside another. Raises `zipfile.BadZipFile` when it is too large to go back and forth in."""
    info = outer.getinfo(name)
    if info.file_size > _MAX_INNER_BYTES or info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise zipfile.BadZipFile("too large, or compressed in a way that cannot be bounded")
    return zipfile.ZipFile(outer.open(info))


class _JoinedParts:
    """The parts of a dump that came as partitions, by the names that its files have on the phone."""

    def __init__(self, parts: Parts, partitions: Sequence[Partition]) -> None:
        self._parts = parts
        self._partitions = sorted(partitions, key=lambda each: -len(each.place))
        self.label = parts.label

    def _located(self, name: str) -> str:
        return next((found for each in self._partitions if (found := each.locate(name)) is not None), name)

    def content(self, name: str, limit: int = MAX_PLIST_BYTES) -> bytes:
        return self._parts.content(self._located(name), limit)

    def contents(self, patterns: Sequence[str], limit: int) -> dict[str, bytes]:
        located = {pattern: f"*/{self._located(pattern.removeprefix('*/'))}" for pattern in patterns}
        found = self._parts.contents(list(located.values()), limit)
        return {pattern: found[name] for pattern, name in located.items()}

    def pieces(self, name: str, size: int, limit: int) -> Iterator[bytes]:
        return self._parts.pieces(self._located(name), size, limit)

    def has(self, name: str) -> bool:
        return self._parts.has(self._located(name))

    def match(self, pattern: str) -> str:
        return self._parts.match(pattern)


class _FolderParts:
    def __init__(self, root: Path) -> None:
        self._root = root
        self.label = root.name

    def content(self, name: str, limit: int = MAX_PLIST_BYTES) -> bytes:
        return head(self._root / name, limit) if self.has(name) else b""

    def contents(self, patterns: Sequence[str], limit: int) -> dict[str, bytes]:
        return {pattern: self.content(pattern.removeprefix("*/"), limit) for pattern in patterns}

    def pieces(self, name: str, size: int, limit: int) -> Iterator[bytes]:
        if not name or not self.has(name):
            return
        with contextlib.suppress(OSError):
            descriptor = open_untouched(self._root / name)
            with os.fdopen(descriptor, "rb") as handle:
                if stat.S_ISREG(os.fstat(descriptor).st_mode):
                    yield from _read_pieces(handle, size, limit)

    def has(self, name: str) -> bool:
        """Tell whether a file is there, no part of its path a link: a link may lead out of the evidence."""
        *folders, last = name.split("/")
        path = self._root
        for part in folders:
            path = path / part
            if part in {"", ".."} or entry_type(path) != FOLDER:
                return False
        return last not in {"", ".."} and entry_type(path / last) == FILE

    def match(self, pattern: str) -> str:
        names = [name for name, what in names_in(self._root).items() if what == FILE]
        return next(iter(fnmatch.filter(names, pattern)), "")


class _LoneParts(_FolderParts):
    """The one file that an acquisition is."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.parent)
        self._name = path.name
        self.label = path.name

    def has(self, name: str) -> bool:
        return name == self._name and super().has(name)

    def match(self, pattern: str) -> str:
        return self._name if fnmatch.fnmatchcase(self._name, pattern) else ""


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _read_pieces(handle: _Readable, size: int, limit: int) -> Iterator[bytes]:
    for _ in range(0, limit, size):
        piece = handle.read(size)
        if not piece:
            return
        yield piece


class _ZipParts:
    def __init__(self, label: str, archive: zipfile.ZipFile | None, inside: str = "") -> None:
        self._archive = archive
        self._inside = inside
        self._names = archive.namelist() if archive is not None else []
        self._known = frozenset(self._names)
        self.label = self._names[0].split("/")[0] if self._names and "/" in self._names[0] else label

    def _member(self, name: str) -> str:
        """Return the member that is this file at the top or inside one enclosing folder, "" for none."""
        for known in (self._inside + name, name):
            if known in self._known:
                return known
        return next((each for each in self._names if each.endswith(f"/{name}") and each.count("/") == 1), "")

    def content(self, name: str, limit: int = MAX_PLIST_BYTES) -> bytes:
        member = self._member(name)
        if self._archive is None or not member:
            return b""
        try:
            return member_head(self._archive, member, limit)
        except _MEMBER_PROBLEMS:
            return b""

    def contents(self, patterns: Sequence[str], limit: int) -> dict[str, bytes]:
        names = {pattern: self._member(pattern.removeprefix("*/")) or self.match(pattern) for pattern in patterns}
        return {pattern: self.content(name, limit) for pattern, name in names.items()}

    def pieces(self, name: str, size: int, limit: int) -> Iterator[bytes]:
        member = self._member(name)
        if self._archive is None or not member:
            return
        with contextlib.suppress(*_MEMBER_PROBLEMS):
            if self._archive.getinfo(member).compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                return
            with self._archive.open(member) as handle:
                yield from _read_pieces(handle, size, limit)

    def has(self, name: str) -> bool:
        return bool(self._member(name))

    def match(self, pattern: str) -> str:
        return next(iter(fnmatch.filter(self._names, pattern)), "")


class _TarParts:
    """A tar archive is read from front to back, so all that is wanted is asked for at once."""

    def __init__(self, path: Path, inside: str = "") -> None:
        self._path = path
        self._inside = inside
        self.label = path.name

    def content(self, name: str, limit: int = MAX_PLIST_BYTES) -> bytes:
        return self.contents((f"*/{name}",), limit)[f"*/{name}"]

    def contents(self, patterns: Sequence[str], limit: int) -> dict[str, bytes]:
        found = dict.fromkeys(patterns, b"")
        with contextlib.suppress(ArchiveProblem, OSError), open_tar(self._path, max_bytes=_TAR_LOOK_BYTES) as members:
            for member in members:
                for pattern in patterns:
                    if not found[pattern] and member.is_file and self._fits(member.name, pattern):
                        found[pattern] = member.read(limit)
                if all(found.values()):
                    break
        return found

    def _fits(self, name: str, pattern: str) -> bool:
        whole = self._inside + pattern.removeprefix("*/")
        return name.removeprefix("./") == whole if self._inside else fnmatch.fnmatchcase(f"/{name}", pattern)

    def pieces(self, name: str, size: int, limit: int) -> Iterator[bytes]:
        content = self.content(name, min(limit, MAX_PLIST_BYTES)) if name else b""
        yield from (content[start : start + size] for start in range(0, len(content), size))

    def has(self, name: str) -> bool:
        return bool(self.content(name, 1))

    def match(self, pattern: str) -> str:
        """Return nothing: a tar archive has no list of names to search."""
        del pattern
        return ""
