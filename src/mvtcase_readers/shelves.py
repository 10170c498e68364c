"""The files of evidence by their place: in a folder, by a backup's list, in a zip, in an Android backup."""

from __future__ import annotations

import fnmatch
import io
import itertools
import os
import re
import sqlite3
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from .regular import UnreadableError, open_regular, read_head
from .sqlite import HEADER, opened
from .values.streams import Inflated

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

MANIFEST = "Manifest.db"
BACKUP = b"ANDROID BACKUP\n"
MAX_NAMES, MAX_FOUND = 5_000, 20
MAX_ROWS = 1_000_000
MAX_KEPT = 1 << 20
"""First bytes of a file inside an archive that are looked at."""

BROKEN = (
    OSError,
    ValueError,
    RuntimeError,
    EOFError,
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    UnreadableError,
)
_WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A file of the evidence: its place, how it is opened, and where it lies if it is a file of its own."""

    name: str
    open: Callable[[], BinaryIO]
    path: Path | None = None

    def head(self, limit: int) -> bytes:
        """Return its first bytes, none where it cannot be read."""
        try:
            with self.open() as handle:
                return handle.read(limit)
        except BROKEN:
            return b""


class Shelf(Protocol):
    """Places are paths with slashes; those of a pattern (`fnmatch`, folder by folder) hold wild cards."""

    def below(self, folder: str) -> list[tuple[str, str]]:
        """Return what lies in the folders of a pattern: folder and name, with a slash behind the name of a folder."""

    def found(self, place: str) -> list[Held]:
        """Return the files of a place or pattern."""


def shelf_of(root: Path, wanted: Collection[str] = ()) -> Shelf:
    """Return the files of a folder, a zip or an Android backup; of the last the `wanted` places can be opened."""
    if root.is_dir():
        return _Folder(root)
    try:
        if read_head(root, len(BACKUP)) == BACKUP:
            return _Members(_backup_members(root, wanted))
        if zipfile.is_zipfile(root):
            return _Members(_zip_members(root))
    except BROKEN:
        pass
    return _Members([])


class _Folder:
    """A folder; where it is a backup, its list has further folders, called by their domain and path."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def below(self, folder: str) -> list[tuple[str, str]]:
        if not _WILD & set(folder):
            return [(folder, name) for name in self._names(folder)]
        folders = itertools.islice(self._root.glob(folder), MAX_FOUND)
        places = [each.relative_to(self._root).as_posix() for each in folders if each.is_dir()]
        return [(place, name) for place in places for name in self._names(place)] or self._listed_below(folder)

    def _names(self, folder: str) -> list[str]:
        try:
            with os.scandir(self._root / folder) as entries:
                taken = itertools.islice(entries, MAX_NAMES)
                return [f"{each.name}/" if each.is_dir(follow_symlinks=False) else each.name for each in taken]
        except OSError:
            return [name for _, name in self._listed_below(folder)] if folder else []

    def _listed_below(self, folder: str) -> list[tuple[str, str]]:
        rows = [held.name.rpartition("/") for held in self._listed(f"{folder}/*", MAX_ROWS)]
        return [(place, name) for place, _, name in rows if fnmatch.fnmatchcase(place, folder)][:MAX_NAMES]

    def found(self, place: str) -> list[Held]:
        if not _WILD & set(place):
            paths = [self._root / place]
        else:
            paths = [*itertools.islice(self._root.glob(place), MAX_FOUND)]
        held = [_file(path.relative_to(self._root).as_posix(), path) for path in paths if path.is_file()]
        return held or self._listed(place, MAX_FOUND)

    def _listed(self, pattern: str, most: int) -> list[Held]:
        """Return what a backup's list has at a place; the pattern's fixed beginning bounds what is looked at."""
        domain, _, path = pattern.partition("/")
        start = re.split(r"[*?\[]", path)[0]
        query = "SELECT relativePath, fileID FROM Files WHERE domain = ? AND flags = 1 AND relativePath >= ?"
        rows = asked(self._root / MANIFEST, f"{query} AND relativePath <= ?", (domain, start, f"{start}\U0010ffff"))
        alike = (row for row in rows if path and fnmatch.fnmatchcase(str(row[0]), path) and str(row[1]).isalnum())
        return [
            _file(f"{domain}/{name}", self._root / str(number)[:2] / str(number))
            for name, number in itertools.islice(alike, most)
        ]


def _file(name: str, path: Path) -> Held:
    return Held(name=name, open=lambda: open_regular(path), path=path)


def asked(path: Path, query: str, values: Sequence[str | int] = ()) -> list[tuple[object, ...]]:
    """Return what a query gives of a file that may be a database, nothing where it cannot be asked."""
    try:
        if read_head(path, len(HEADER)) != HEADER:
            return []
        with opened(path) as connection:
            return connection.execute(query, tuple(values)).fetchmany(MAX_ROWS)
    except (sqlite3.Error, OSError, UnreadableError):
        return []


class _Members:
    """The files of an archive."""

    def __init__(self, members: Sequence[Held]) -> None:
        self._members = {held.name: held for held in members}

    def below(self, folder: str) -> list[tuple[str, str]]:
        depth = folder.count("/") + 1 if folder else 0
        found: dict[tuple[str, str], None] = {}
        for parts in (name.split("/") for name in self._members):
            place = "/".join(parts[:depth])
            if len(parts) > depth and fnmatch.fnmatchcase(place, folder):
                found[place, parts[depth] + "/" * (len(parts) > depth + 1)] = None
        return list(found)

    def found(self, place: str) -> list[Held]:
        names = fnmatch.filter(self._members, place)
        alike = [self._members[name] for name in names if name.count("/") == place.count("/")]
        return alike[:MAX_FOUND]


def _zip_members(path: Path) -> list[Held]:
    def opener(name: str) -> Callable[[], BinaryIO]:
        return lambda: cast("BinaryIO", zipfile.ZipFile(path).open(name))

    with zipfile.ZipFile(path) as archive:
        infos = itertools.islice((each for each in archive.infolist() if not each.is_dir()), MAX_NAMES)
        return [Held(name=info.filename, open=opener(info.filename)) for info in infos]


def _backup_members(path: Path, wanted: Collection[str]) -> list[Held]:
    with open_regular(path) as handle:
        lines = [handle.readline(64).strip() for _ in range(4)]
        if lines[3] != b"none":
            return []
        stream = Inflated(handle, zlib.MAX_WBITS) if lines[2] == b"1" else handle
        return [Held(name=name, open=lambda data=data: io.BytesIO(data)) for name, data in _tar(stream, wanted)]  # type: ignore[misc]


def _tar(stream: object, wanted: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a tar archive as far as it goes, with the first bytes of those that are wanted."""
    try:
        with tarfile.open(fileobj=cast("BinaryIO", stream), mode="r|") as archive:
            for member in itertools.islice(archive, MAX_NAMES):
                if not member.isfile():
                    continue
                is_wanted = any(fnmatch.fnmatchcase(member.name, each) for each in wanted)
                source = archive.extractfile(member) if is_wanted else None
                yield member.name.removeprefix("./"), source.read(MAX_KEPT) if source else b""
    except BROKEN:
        return
