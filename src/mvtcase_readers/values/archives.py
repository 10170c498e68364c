"""Archives: zip, tar and Android backups, member by member, each also a name; damaged ones as far as they go."""

from __future__ import annotations

import re
import struct
import tarfile
import zipfile
import zlib
from typing import TYPE_CHECKING, BinaryIO, cast

from .contents import Content, database_of, spooled
from .shapes import Extent, Place, Reading
from .streams import Inflated
from .walk import BROKEN, LockedError, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .walk import Walk

_ENCRYPTED = 1
_LOCAL = struct.Struct("<4x2xHHHHLLLHH")
_LOCAL_MARK = b"PK\x03\x04"
_STORED, _DEFLATED = 0, 8
_STREAMED = 8
_AB_LINES = 4
_LINE = 512
_UNCLEAN = re.compile(r"[\x00-\x1f]")


def read_zip(walk: Walk, content: Content, place: Place) -> str:
    """Give the members of a zip; one whose list of members is damaged is read by the headers before each."""
    try:
        archive = zipfile.ZipFile(content.file())
    except BROKEN as error:
        walk.limit(Extent.DAMAGED, said(error))
        return _by_local_headers(walk, content, place)
    with archive:
        if archive.comment:
            walk.skim_bytes(archive.comment, place)
        for info in archive.infolist():
            _zip_member(walk, archive, info, place)
    return ""


def _zip_member(walk: Walk, archive: zipfile.ZipFile, info: zipfile.ZipInfo, place: Place) -> None:
    here = place.within(info.filename)
    _name(walk, info.filename, here)
    if info.is_dir():
        return
    if info.flag_bits & _ENCRYPTED:
        walk.say(here, Reading(form="member", extent=Extent.ENCRYPTED, note="needs a password"))
        walk.limit(Extent.ENCRYPTED, "members need a password")
        return

    def beside(suffix: str) -> Content | None:
        name = info.filename + suffix if suffix else database_of(info.filename)
        if name == info.filename:
            return None
        return _unpacked(walk, archive.open(name)) if name in archive.NameToInfo else None

    _one(walk, lambda: archive.open(info), here, beside)


def _one(
    walk: Walk, opened: Callable[[], object], place: Place, beside: Callable[[str], Content | None] | None = None
) -> None:
    """Read one member; one that cannot be opened costs itself alone."""
    try:
        stream = opened()
    except NotImplementedError as error:
        _lost(walk, place, Extent.UNKNOWN_FORM, said(error))
    except BROKEN as error:
        _lost(walk, place, Extent.DAMAGED, said(error))
    else:
        reading = walk.member(stream, place, beside)  # type: ignore[arg-type]  # what archives open can be read
        if reading.extent is Extent.DAMAGED:
            walk.limit(Extent.DAMAGED, "members are damaged")


def _lost(walk: Walk, place: Place, extent: Extent, note: str) -> None:
    walk.say(place, Reading(form="member", extent=extent, note=note))
    walk.limit(extent, "members could not be unpacked")


def _unpacked(walk: Walk, stream: object) -> Content | None:
    content = spooled(stream, walk.spend, walk.bounds.held)  # type: ignore[arg-type]  # what archives open can be read
    return None if content.cut else content


def _name(walk: Walk, name: str, place: Place) -> None:
    walk.one(_UNCLEAN.sub(" ", name), place._replace(key="name"), "path")


def _by_local_headers(walk: Walk, content: Content, place: Place) -> str:
    for offset in _marks(content):
        head = content.at(offset, 30)
        if len(head) < _LOCAL.size:
            continue
        flags, method, _, _, _, packed, _, name_size, extra_size = _LOCAL.unpack(head)
        raw = content.at(offset + _LOCAL.size, name_size)
        name = raw.decode("utf-8", "replace")
        here = place.within(name)
        _name(walk, name, here)
        start = offset + _LOCAL.size + name_size + extra_size
        if flags & _ENCRYPTED:
            _lost(walk, here, Extent.ENCRYPTED, "needs a password")
        elif method == _DEFLATED:
            _one(walk, lambda start=start: Inflated(_From(content, start), -zlib.MAX_WBITS, single=True), here)  # type: ignore[misc]
        elif method == _STORED and not flags & _STREAMED:
            _one(walk, lambda start=start, packed=packed: _From(content, start, packed), here)  # type: ignore[misc]
        else:
            _lost(walk, here, Extent.UNKNOWN_FORM, f"compression {method}")
    return "by its members' own headers"


def _marks(content: Content) -> Iterator[int]:
    before = b""
    for offset, piece in content.pieces():
        data = before + piece
        found = data.find(_LOCAL_MARK)
        while found >= 0:
            yield offset - len(before) + found
            found = data.find(_LOCAL_MARK, found + 1)
        before = data[-3:]


class _From:
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


def read_tar(walk: Walk, content: Content, place: Place) -> str:
    """Give the regular files of a tar, and the names of everything in it."""
    with tarfile.open(fileobj=content.file(), mode="r:", ignore_zeros=True) as archive:
        for member in archive:
            archive.members = []  # type: ignore[attr-defined]  # it would keep them all
            here = place.within(member.name)
            _name(walk, member.name, here)
            if member.linkname:
                _name(walk, member.linkname, here)
            if member.isreg() and member.sparse is None:
                _one(walk, lambda member=member: _From(content, member.offset_data, member.size), here)  # type: ignore[misc]
                if member.offset_data + member.size > content.size:
                    walk.limit(Extent.DAMAGED, "it ends within a member")
            elif member.isreg():
                _one(walk, lambda member=member: _Solid(content, member), here)  # type: ignore[misc]
    return ""


class _Solid:
    """The bytes of a sparse member without its holes, which may be a hundred gigabytes of nothing."""

    def __init__(self, content: Content, member: tarfile.TarInfo) -> None:
        total = sum(size for _, size in cast("list[tuple[int, int]]", member.sparse))
        self._stream = _From(content, member.offset_data, total)

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes, none at the end."""
        return self._stream.read(size)


def read_backup(walk: Walk, content: Content, place: Place) -> str:
    """Give what an Android backup holds. Raises `LockedError` when it is encrypted."""
    handle: BinaryIO = content.file()
    lines = [handle.readline(_LINE).strip() for _ in range(_AB_LINES)]
    if lines[3] != b"none":
        raise LockedError(f"an encrypted Android backup ({lines[3].decode('ascii', 'replace')[:20]})")
    start = handle.tell()
    here = place.within("backup.tar")
    stream = _From(content, start)
    if lines[2] == b"1":
        _one(walk, lambda: Inflated(stream, zlib.MAX_WBITS), here)
    else:
        _one(walk, lambda: stream, here)
    return ""
