"""A look into a zip or tar archive as at the folder that it would unpack to: the same detectors recognise it.

Only names are read, and the first bytes of the few files that tell a backup's kind; nothing is unpacked for it.
"""

from __future__ import annotations

import contextlib
import itertools
import zipfile
import zlib
from functools import cached_property
from typing import TYPE_CHECKING

from mvtcase.evidence.archives import ArchiveProblem, open_tar
from mvtcase.evidence.glance import Glance
from mvtcase.evidence.looks import FILE, FOLDER, member_head, opened_zip

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

MAX_MEMBERS = 1_000_000
LOOK_BYTES = 1 << 30
"""Unpacked bytes of a tar archive that are read for its names (a few seconds): it has no list of them."""

ENCLOSING = 3
"""Folders around the evidence inside an archive that are looked through."""

_DAMAGE = (zipfile.BadZipFile, zlib.error, OSError, ValueError, KeyError, EOFError, NotImplementedError, RuntimeError)


class PackedGlance(Glance):
    """What a folder's glance offers, of the folder `prefix` inside an archive."""

    def __init__(self, path: Path, members: Sequence[str], prefix: str) -> None:
        super().__init__(path)
        self.prefix = prefix
        self._files = {name[len(prefix) :] for name in members if name.startswith(prefix) and not name.endswith("/")}
        self._folders = _folders_of(name[len(prefix) :] for name in members if name.startswith(prefix))

    @property
    def is_folder(self) -> bool:
        """Whether it is like a folder: always."""
        return True

    @property
    def is_file(self) -> bool:
        """Whether it is like a file: never."""
        return False

    @cached_property
    def names(self) -> dict[str, str]:
        """The names at the top with what each is."""
        return self.inside("", MAX_MEMBERS)

    def inside(self, name: str, limit: int) -> dict[str, str]:
        """Return the names in a folder below with what each is, at most `limit` of them, sorted."""
        start = f"{name}/" if name else ""
        files = {each[len(start) :]: FILE for each in self._files if each.startswith(start)}
        folders = {each[len(start) :]: FOLDER for each in self._folders if each.startswith(start)}
        found = {each: what for each, what in (files | folders).items() if each and "/" not in each}
        return dict(itertools.islice(sorted(found.items()), limit))

    def has_folder(self, *parts: str) -> bool:
        """Tell whether there is such a folder below."""
        return "/".join(parts) in self._folders

    def contents(self, names: Sequence[str], limit: int) -> dict[str, bytes]:
        """Return at most `limit` first bytes of each file named, nothing for one that is absent or unreadable."""
        wanted = {self.prefix + name: name for name in names if name in self._files}
        read = _from_zip if Glance(self.path).is_zip else _from_tar
        return dict.fromkeys(names, b"") | {wanted[name]: data for name, data in read(self.path, wanted, limit)}


def _folders_of(names: Iterator[str]) -> set[str]:
    found: set[str] = set()
    for name in names:
        folder = name.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found


def looks_into(glance: Glance) -> Iterator[PackedGlance]:
    """Yield a glance at an archive, then at the one folder that encloses all of it, and so on; none at other files."""
    if not (glance.is_zip or glance.is_tar or glance.is_gzip):
        return
    members = _named(glance)
    prefix = ""
    for _ in range(ENCLOSING + 1):
        look = PackedGlance(glance.path, members, prefix)
        yield look
        folders = [name for name, what in look.names.items() if what == FOLDER and name != "__MACOSX"]
        if len(folders) != 1 or FILE in look.names.values():
            return
        prefix += f"{folders[0]}/"


def _named(glance: Glance) -> list[str]:
    if glance.is_zip:
        with contextlib.suppress(*_DAMAGE), opened_zip(glance.path) as archive:
            return [_plain(name) for name in archive.namelist()[:MAX_MEMBERS]]
        return [_plain(name) for name in glance.zip_members]
    names: list[str] = []
    with contextlib.suppress(ArchiveProblem, OSError), open_tar(glance.path, max_bytes=LOOK_BYTES) as members:
        found = itertools.islice(members, MAX_MEMBERS)
        names.extend(_plain(each.name) + ("/" if each.what == "folder" else "") for each in found)
    return names


def _plain(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./")


def _from_zip(path: Path, wanted: dict[str, str], limit: int) -> Iterator[tuple[str, bytes]]:
    with contextlib.suppress(zipfile.BadZipFile, OSError), opened_zip(path) as archive:
        for info in archive.infolist():
            if (name := _plain(info.filename)) in wanted:
                with contextlib.suppress(*_DAMAGE):
                    yield name, member_head(archive, info.filename, limit)


def _from_tar(path: Path, wanted: dict[str, str], limit: int) -> Iterator[tuple[str, bytes]]:
    missing = set(wanted)
    with contextlib.suppress(ArchiveProblem, OSError), open_tar(path, max_bytes=LOOK_BYTES) as members:
        for member in members:
            if missing and (name := _plain(member.name)) in missing and member.is_file:
                missing.discard(name)
                yield name, member.read(limit)
            if not missing:
                return
