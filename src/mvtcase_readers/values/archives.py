"""Archives: zip, tar and Android backups, member by member, each also a name; damaged ones as far as they go."""

from __future__ import annotations

import re
import struct
import tarfile
import zipfile
import zlib
from typing import TYPE_CHECKING, BinaryIO, cast

from .contents import PIECE, BoundError, Content, Stretch, database_of, spooled
from .shapes import Extent, Place, Reading
from .streams import Inflated, give_certificates
from .walk import BROKEN, LockedError, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .walk import Walk

_ENCRYPTED = 1
_LOCAL = struct.Struct("<4x2xHHHHLLLHH")
_LOCAL_MARK = b"PK\x03\x04"
_STORED, _DEFLATED = 0, 8
_STREAMED = 8
_DESCRIPTOR = 32
_MOST_HEADERS = 20_000
_LAST_METHOD, _LONGEST_NAME = 99, 4096
"""The last number of a compression, and bytes of a name: what says more is no header."""
_BLOCK = 512
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
        covered = [(info.header_offset, _end_of(content, info)) for info in archive.infolist()]
        covered.append((archive.start_dir, content.size))
    _between(walk, content, covered, place, least=_DESCRIPTOR)
    return ""


def _end_of(content: Content, info: zipfile.ZipInfo) -> int:
    """Return where a member's packed bytes end; sizes after them may follow."""
    name_size, extra_size = struct.unpack("<HH", content.at(info.header_offset + 26, 4).ljust(4, b"\0"))
    return info.header_offset + _LOCAL.size + int(name_size) + int(extra_size) + info.compress_size


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
    for number, offset in enumerate(_marks(content)):
        if number >= _MOST_HEADERS:
            raise BoundError("too many headers of members")
        head = content.at(offset, 30)
        if len(head) < _LOCAL.size:
            continue
        flags, method, _, _, _, packed, _, name_size, extra_size = _LOCAL.unpack(head)
        if method > _LAST_METHOD or name_size > _LONGEST_NAME:
            continue
        raw = content.at(offset + _LOCAL.size, name_size)
        name = raw.decode("utf-8", "replace")
        here = place.within(name)
        _name(walk, name, here)
        start = offset + _LOCAL.size + name_size + extra_size
        if flags & _ENCRYPTED:
            _lost(walk, here, Extent.ENCRYPTED, "needs a password")
        elif method == _DEFLATED:
            _one(walk, lambda start=start: Inflated(Stretch(content, start), -zlib.MAX_WBITS, single=True), here)  # type: ignore[misc]
        elif method == _STORED and not flags & _STREAMED:
            _one(walk, lambda start=start, packed=packed: Stretch(content, start, packed), here)  # type: ignore[misc]
        else:
            _lost(walk, here, Extent.UNKNOWN_FORM, f"compression {method}")
    walk.skim(content, place)
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


def read_tar(walk: Walk, content: Content, place: Place) -> str:
    """Give the regular files of a tar, the names of everything in it, and runs of what is in no member."""
    covered: list[tuple[int, int]] = []
    with tarfile.open(fileobj=content.file(), mode="r:", ignore_zeros=True) as archive:
        while (member := archive.next()) is not None:
            # It would keep them all.
            archive.members = []  # type: ignore[attr-defined]  # no stub has it
            _tar_member(walk, content, member, place)
            held = sum(size for _, size in _stretches(member))
            covered.append((member.offset, member.offset_data + -(-held // _BLOCK) * _BLOCK))
    if covered and covered[-1][1] - _BLOCK > content.size:
        walk.limit(Extent.DAMAGED, "it ends within a member")
    _between(walk, content, covered, place, least=1)
    return ""


def _tar_member(walk: Walk, content: Content, member: tarfile.TarInfo, place: Place) -> None:
    here = place.within(member.name)
    _name(walk, member.name, here)
    if member.linkname:
        _name(walk, member.linkname, here)
    for key, value in member.pax_headers.items():
        if key not in tarfile.PAX_FIELDS:
            # What a system keeps beside a file: where it was loaded from, who may read it.
            walk.cell(Content(value.encode("utf-8", "surrogateescape")), here.at_key(key))
    if member.isreg():
        # A sparse member's holes may be a hundred gigabytes of nothing: they are left out.
        size = sum(size for _, size in _stretches(member))
        _one(walk, lambda: Stretch(content, member.offset_data, size), here)


def _stretches(member: tarfile.TarInfo) -> list[tuple[int, int]]:
    sparse = cast("list[tuple[int, int]] | None", member.sparse)
    return sparse if sparse is not None else [(0, member.size if member.isreg() else 0)]


def _between(walk: Walk, content: Content, covered: list[tuple[int, int]], place: Place, least: int) -> None:
    """Skim what stands between an archive's members, before and after them, unless it is zeros or very short."""
    end = 0
    for start, following in [*sorted(covered), (content.size, content.size)]:
        for offset in range(end, start, PIECE) if start - end >= least else ():
            part = content.at(offset, min(PIECE, start - offset))
            if part.strip(b"\0"):
                walk.limit(Extent.SKIMMED, "bytes that belong to no member")
                walk.skim_bytes(part, place, offset)
                give_certificates(walk, part, place)
        end = max(end, following)


def read_backup(walk: Walk, content: Content, place: Place) -> str:
    """Give what an Android backup holds. Raises `LockedError` when it is encrypted."""
    handle: BinaryIO = content.file()
    lines = [handle.readline(_LINE).strip() for _ in range(_AB_LINES)]
    if lines[3] != b"none":
        raise LockedError(f"an encrypted Android backup ({lines[3].decode('ascii', 'replace')[:20]})")
    start = handle.tell()
    here = place.within("backup.tar")
    stream = Stretch(content, start)
    if lines[2] == b"1":
        _one(walk, lambda: Inflated(stream, zlib.MAX_WBITS), here)
    else:
        _one(walk, lambda: stream, here)
    return ""
