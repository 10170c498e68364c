"""A first look at a path that all detectors share, so that each thing is read once."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from mvtcase.evidence.looks import (
    FILE,
    FOLDER,
    entry_type,
    gunzip_head,
    has_zip_directory,
    head,
    names_in,
    tar_names,
    zip_names,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from mvtcase.model import EvidenceKind

HEAD_BYTES = 512
PACKED_BYTES = 512 << 10
UNPACKED_BYTES = 8 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """A folder of the evidence and where on the phone it was mounted; both "" for the top."""

    folder: str
    place: str

    def locate(self, name: str) -> str | None:
        """Return where in the evidence a file of the phone lies if it is on this partition, None otherwise."""
        start = f"{self.place}/" if self.place else ""
        if not name.startswith(start):
            return None
        return "/".join(part for part in (self.folder, name[len(start) :]) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """What a path turned out to be.

    `root` is the folder or file that really is the evidence, `wrapped` how it lay in what was given ("oem zip").
    `inside` is the folder of an archive that holds it, with a slash at its end; `partitions` are named where the
    evidence is not laid out as the phone is.
    """

    kind: EvidenceKind
    root: Path
    encrypted: bool = False
    wrapped: str = ""
    inside: str = ""
    partitions: tuple[Partition, ...] = field(default=())


class Glance:
    """What a detector may know of a path: what it is, its names, its first bytes, an archive's member names."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.what = entry_type(path)

    @property
    def is_folder(self) -> bool:
        """Whether the path is a folder (not a link to one)."""
        return self.what == FOLDER

    @property
    def is_file(self) -> bool:
        """Whether the path is a regular file."""
        return self.what == FILE

    @cached_property
    def names(self) -> dict[str, str]:
        """The names in the folder with what each is."""
        return names_in(self.path) if self.is_folder else {}

    def inside(self, name: str, limit: int) -> dict[str, str]:
        """Return the names in a folder below with what each is, at most `limit` of them."""
        return names_in(self.path / name, limit)

    def contents(self, names: Sequence[str], limit: int) -> dict[str, bytes]:
        """Return at most `limit` first bytes of each file named, nothing for one that is absent or unreadable."""
        return {name: head(self.path / name, limit) for name in names}

    @cached_property
    def head(self) -> bytes:
        """The first block of the file, which holds every magic number."""
        return head(self.path, HEAD_BYTES) if self.is_file else b""

    @property
    def is_gzip(self) -> bool:
        """Whether the file starts as a gzip does."""
        return self.head.startswith(b"\x1f\x8b")

    @property
    def is_tar(self) -> bool:
        """Whether the file starts as an unpacked tar archive does."""
        return self.head[257:262] == b"ustar"

    @cached_property
    def is_zip(self) -> bool:
        """Whether the file starts as a zip does, or ends as one: its first bytes may be damaged."""
        if self.head[:4] in {b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"}:
            return True
        # A tar or gzip may end with the directory of a zip inside it.
        maybe = self.is_file and not (self.is_tar or self.is_gzip) and self.path.suffix.lower() in {".zip", ""}
        return maybe and has_zip_directory(self.path)

    @cached_property
    def zip_members(self) -> tuple[str, ...]:
        """The member names of the zip, with forward slashes."""
        return tuple(name.replace("\\", "/") for name in zip_names(self.path)) if self.is_zip else ()

    @cached_property
    def tar_members(self) -> tuple[str, ...]:
        """The first member names of the tar archive, gzipped or not."""
        if self.is_gzip:
            return tar_names(gunzip_head(head(self.path, PACKED_BYTES), UNPACKED_BYTES))
        return tar_names(head(self.path, UNPACKED_BYTES)) if self.is_tar else ()

    def has_folder(self, *parts: str) -> bool:
        """Tell whether there is such a folder below, no part of it a link."""
        path = self.path
        for part in parts:
            path = path / part
            if entry_type(path) != FOLDER:
                return False
        return True

    @cached_property
    def top_names(self) -> frozenset[str]:
        """The names at the top: of the folder, or of the zip with one enclosing folder taken off."""
        if self.is_folder:
            return frozenset(self.names)
        return frozenset(_without_enclosing(self.zip_members))

    def count(self, patterns: Iterable[str]) -> int:
        """Return how many of the patterns (`fnmatch`, case kept) some top name matches."""
        return sum(any(fnmatch.fnmatchcase(name, pattern) for name in self.top_names) for pattern in patterns)


def _without_enclosing(members: tuple[str, ...]) -> set[str]:
    tops = {name.strip("/").split("/")[0] for name in members if name.strip("/")}
    if len(tops) != 1 or not any("/" in name.strip("/") for name in members):
        return tops
    return {name.strip("/").split("/")[1] for name in members if "/" in name.strip("/")}
