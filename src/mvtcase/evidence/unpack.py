"""Archives unpacked by us, bounded, so that MVT only ever meets plain files in plain folders.

A bad member becomes a gap and the others are still unpacked; at a bound of the whole archive unpacking stops with a
gap, what was unpacked until then is examined, and the scan can no longer be full.
"""

from __future__ import annotations

import calendar
import contextlib
import errno
import os
import stat
import time
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from mvtcase.evidence.archives import PIECE_BYTES, RATIO_FLOOR_BYTES, ArchiveProblem, open_tar
from mvtcase.evidence.looks import READ_BY_MODULES, opened_zip
from mvtcase.model import Gap, ModuleOutcome
from mvtcase.wording import Reason, why

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from mvtcase.evidence.archives import TarMember
    from mvtcase.settings import Limits

MODULE = "staging"
"""What gaps of staging name in place of a module."""

MAX_DEPTH = 64
MAX_PATH_CHARACTERS = 1_024
MAX_PART_BYTES = 250
MAX_GAPS = 200
MAX_NAMED = 4 << 20
"""Letters of all names without content together: they go to the worker with its job."""

_SHOWN_CHARACTERS = 120
_PASSWORD_FLAG = 0x1
_READABLE = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_MEMBER_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError, OSError)
_WHATS = {"link": "member.link", "device": "member.device", "sparse": "member.sparse"}


@dataclass(slots=True)
class Notes:
    """The gaps found while staging: the first `MAX_GAPS` one by one, the rest counted."""

    found: list[Gap] = field(default_factory=list)
    uncounted: int = 0
    links_are_normal: bool = False
    """Whether links in an archive are those of every phone: then they count only where a module would read the file."""
    names: list[tuple[str, str]] = field(default_factory=list)
    """What has a name and no content, each with what it leads to where it is a link."""
    letters: int = 0
    """Of those names, up to `MAX_NAMED`."""

    def name(self, name: str, leads_to: str = "") -> None:
        """Note a link, or another entry that is a name without content."""
        self.letters += len(name) + len(leads_to)
        if self.letters > MAX_NAMED:
            self.uncounted += 1
        else:
            self.names.append((name, leads_to))

    def add(self, name: str, reason: Reason, outcome: ModuleOutcome = ModuleOutcome.DENIED) -> None:
        """Note that one entry of the evidence is not examined, or not wholly, and why."""
        if self.links_are_normal and reason.code == "member.link" and not READ_BY_MODULES.search(name):
            return
        if len(self.found) >= MAX_GAPS:
            self.uncounted += 1
            return
        self.found.append(
            Gap(module=MODULE, outcome=outcome, reason=why("staging.entry", entry=shown(name), what=reason))
        )

    def gaps(self) -> tuple[Gap, ...]:
        """Return the gaps, with one more that counts those not named."""
        if not self.uncounted:
            return tuple(self.found)
        rest = Gap(module=MODULE, outcome=ModuleOutcome.DENIED, reason=why("staging.more", count=self.uncounted))
        return (*self.found, rest)


def shown(name: str) -> str:
    """Return a name of the evidence short and without control characters, surrogates or direction marks."""
    plain = "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in name)
    return plain if len(plain) <= _SHOWN_CHARACTERS else f"…{plain[-_SHOWN_CHARACTERS:]}"


@dataclass(slots=True, kw_only=True)
class Budget:
    """What unpacking one acquisition may still cost: members, bytes on disk; and its bounds per member and ratio."""

    members: int
    bytes: int
    member_bytes: int
    ratio: int

    @classmethod
    def of(cls, limits: Limits) -> Budget:
        """Return the budget that a scan's limits allow."""
        return cls(
            members=limits.archive_members,
            bytes=limits.temporary_bytes,
            member_bytes=limits.file_bytes,
            ratio=limits.archive_ratio,
        )

    def spend_member(self) -> None:
        """Count one member. Raises `ArchiveProblem` when there are too many."""
        self.members -= 1
        if self.members < 0:
            raise ArchiveProblem(why("archive.members"), hostile=True)

    def spend(self, count: int) -> None:
        """Count bytes written. Raises `ArchiveProblem` when they are too many."""
        self.bytes -= count
        if self.bytes < 0:
            raise ArchiveProblem(why("archive.bound"), hostile=True)


class MemberProblem(Exception):  # noqa: N818 - turned into a gap, never shown as an error
    """Why one member was left out or is not whole."""

    def __init__(self, reason: Reason, outcome: ModuleOutcome = ModuleOutcome.DENIED) -> None:
        super().__init__(reason)
        self.reason = reason
        self.outcome = outcome


class Sink(Protocol):
    """Where members go: a folder, another archive, or nowhere when only their soundness is asked."""

    def put(self, parts: tuple[str, ...], moment: tuple[int, ...], pieces: Iterable[bytes]) -> None:
        """Write one member. Raises `MemberProblem` and `OSError`; what `pieces` raises passes through."""

    def make_folder(self, parts: tuple[str, ...]) -> None:
        """Make a folder, where the sink has any."""


class FolderSink:
    """Writes members as private files below a folder; nothing that exists is ever replaced."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, parts: tuple[str, ...], moment: tuple[int, ...], pieces: Iterable[bytes]) -> None:
        """Write one member with its time as modification time, read as UTC: evidence has no other zone here."""
        target = self._folder.joinpath(*parts)
        self.make_folder(parts[:-1])
        try:
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
        except (FileExistsError, IsADirectoryError) as error:
            raise MemberProblem(why("member.twin")) from error
        try:
            with os.fdopen(descriptor, "wb") as handle:
                for piece in pieces:
                    handle.write(piece)
        except ArchiveProblem as problem:
            if problem.hostile:
                target.unlink(missing_ok=True)
            raise
        finally:
            with contextlib.suppress(OSError, OverflowError, ValueError):
                stamp = calendar.timegm((*moment, 0, 0, 0))
                os.utime(target, (stamp, stamp))

    def make_folder(self, parts: tuple[str, ...]) -> None:
        """Create a private folder below. Raises `MemberProblem` where a file has the name."""
        folder = self._folder
        for part in parts:
            folder = folder / part
            try:
                folder.mkdir(mode=0o700)
            except FileExistsError:
                if not folder.is_dir():
                    raise MemberProblem(why("member.folder")) from None


class NoSink:
    """Reads members to their end and keeps nothing."""

    def put(self, parts: tuple[str, ...], moment: tuple[int, ...], pieces: Iterable[bytes]) -> None:
        """Read one member to its end."""
        del parts, moment
        for _ in pieces:
            pass

    def make_folder(self, parts: tuple[str, ...]) -> None:
        """Make none."""


class ZipSink:
    """Writes members into a new zip under their names and times, uncompressed."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def put(self, parts: tuple[str, ...], moment: tuple[int, ...], pieces: Iterable[bytes]) -> None:
        """Write one member."""
        year, month, day, hour, minute, second = moment
        info = zipfile.ZipInfo("/".join(parts), date_time=(max(year, 1980), month, day, hour, minute, second))
        with self._archive.open(info, "w", force_zip64=True) as handle:
            for piece in pieces:
                handle.write(piece)

    def make_folder(self, parts: tuple[str, ...]) -> None:
        """Make none: the names of files say what folders there are."""


def safe_parts(name: str) -> tuple[str, ...]:
    """Return the parts of a member's path below the unpacking folder.

    Raises `MemberProblem` for a path that is absolute, climbs, nests or stretches over the bounds, or names nothing.
    """
    path = name.replace("\\", "/")
    parts = tuple(part for part in path.split("/") if part not in {"", "."})
    drive = len(path) > 1 and path[1] == ":" and path[0].isalpha()
    if path.startswith("/") or drive or ".." in parts:
        raise MemberProblem(why("member.outside"))
    if not parts or "\0" in path:
        raise MemberProblem(why("member.no_name"))
    if len(parts) > MAX_DEPTH or len(path) > MAX_PATH_CHARACTERS:
        raise MemberProblem(why("member.deep", depth=MAX_DEPTH))
    try:
        too_long = any(len(os.fsencode(part)) > MAX_PART_BYTES for part in parts)
    except UnicodeEncodeError:
        raise MemberProblem(why("member.odd_name")) from None
    if too_long:
        raise MemberProblem(why("member.long_name"))
    return parts


def unpack_tar(path: Path, target: Path, budget: Budget, notes: Notes) -> None:
    """Unpack a tar archive, gzipped or not, into a folder; what goes wrong is noted. Raises `OSError`: full disk."""
    sink = FolderSink(target)
    try:
        with open_tar(path, max_bytes=budget.bytes, ratio=budget.ratio) as members:
            for member in members:
                budget.spend_member()
                if member.what in {"link", "device"}:
                    notes.name(member.name, member.leads_to)
                with _noted(member.name, notes):
                    _put_tar_member(sink, member, budget)
    except ArchiveProblem as problem:
        notes.add(path.name, problem.reason, _outcome_of(problem))
    except OSError as error:
        refuse_full_disk(error)
        notes.add(path.name, why("staging.unread", error=str(error)), ModuleOutcome.DAMAGED)


def _put_tar_member(sink: FolderSink, member: TarMember, budget: Budget) -> None:
    if member.what == "folder" and not member.name.strip("./"):
        return
    parts = safe_parts(member.name)
    if member.what == "folder":
        sink.make_folder(parts)
        return
    if not member.is_file:
        raise MemberProblem(why(_WHATS[member.what]))
    if not 0 <= member.size <= budget.member_bytes:
        raise MemberProblem(why("member.bytes", count=member.size))
    sink.put(parts, _utc_fields(member.mtime), _counted(member.pieces(), budget))


def _utc_fields(stamp: float) -> tuple[int, ...]:
    try:
        return tuple(time.gmtime(stamp)[:6])
    except (OverflowError, ValueError, OSError):
        return (1980, 1, 1, 0, 0, 0)


def _counted(pieces: Iterable[bytes], budget: Budget) -> Iterator[bytes]:
    for piece in pieces:
        budget.spend(len(piece))
        yield piece


@contextlib.contextmanager
def _noted(name: str, notes: Notes) -> Iterator[None]:
    """Turn what is wrong with one member into a gap. A damaged archive, a bound and a full disk go on to the caller."""
    try:
        yield
    except MemberProblem as problem:
        notes.add(name, problem.reason, problem.outcome)
    except OSError as error:
        refuse_full_disk(error)
        notes.add(name, why("member.error", error=error.strerror or str(error)))


def refuse_full_disk(error: OSError) -> None:
    """Raise the error again when it says that our own disk is full: that is no fault of the evidence."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        raise error


def _outcome_of(problem: ArchiveProblem) -> ModuleOutcome:
    return ModuleOutcome.DENIED if problem.hostile else ModuleOutcome.DAMAGED


def unpack_zip(path: Path, target: Path, budget: Budget, notes: Notes, *, only: str = "") -> None:
    """Unpack a zip, or the one member named, into a folder; what goes wrong is noted. Raises `OSError`: full disk."""
    pour_zip(path, FolderSink(target), budget, notes, only=only)


def pour_zip(path: Path, sink: Sink, budget: Budget, notes: Notes, *, only: str = "") -> None:
    """Give every sound member of a zip, or the one named, to a sink; what goes wrong is noted.

    Of a damaged member what could be read is kept and noted as damaged. Raises `OSError` on a full disk.
    """
    try:
        with opened_zip(path) as archive:
            size = path.lstat().st_size
            allowed = _Allowance(archive_bytes=size, budget=budget)
            seen: set[str] = set()
            for info in archive.infolist():
                if only and info.filename.replace("\\", "/") != only:
                    continue
                budget.spend_member()
                if stat.S_ISLNK(info.external_attr >> 16):
                    notes.name(info.filename, _link_in(archive, info))
                with _noted(info.filename, notes):
                    _pour_member(archive, info, sink, allowed, seen)
    except ArchiveProblem as problem:
        notes.add(path.name, problem.reason, _outcome_of(problem))
    except zipfile.BadZipFile as error:
        notes.add(path.name, why("archive.no_zip", error=str(error)), ModuleOutcome.DAMAGED)
    except OSError as error:
        refuse_full_disk(error)
        notes.add(path.name, why("staging.unread", error=str(error)), ModuleOutcome.DAMAGED)


@dataclass(slots=True, kw_only=True)
class _Allowance:
    """What one zip may unpack to: the budget, and a multiple of its own size (members may share their bytes)."""

    archive_bytes: int
    budget: Budget
    written: int = 0

    def spend(self, count: int) -> None:
        self.budget.spend(count)
        self.written += count
        if self.written > max(RATIO_FLOOR_BYTES, self.budget.ratio * self.archive_bytes):
            raise ArchiveProblem(why("archive.ratio_bound", ratio=self.budget.ratio), hostile=True)


def _pour_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, sink: Sink, allowed: _Allowance, seen: set[str]
) -> None:
    if info.is_dir():
        sink.make_folder(safe_parts(info.filename))
        return
    parts = safe_parts(info.filename)
    _refuse_odd_member(info, allowed.budget)
    key = "/".join(parts)
    if key in seen:
        raise MemberProblem(why("member.twin"))
    seen.add(key)
    damage: list[str] = []
    sink.put(parts, info.date_time, _zip_pieces(archive, info, allowed, damage))
    if damage:
        raise MemberProblem(why("member.damaged", error=damage[0]), ModuleOutcome.DAMAGED)


def _link_in(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> str:
    """Return what a link in a zip leads to: its content says so."""
    try:
        with archive.open(info) as handle:
            return handle.read(MAX_PATH_CHARACTERS).decode("utf-8", "replace")
    except _MEMBER_DAMAGE:
        return ""


def _refuse_odd_member(info: zipfile.ZipInfo, budget: Budget) -> None:
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
        raise MemberProblem(why("member.link") if stat.S_ISLNK(mode) else why("member.no_file"))
    if info.flag_bits & _PASSWORD_FLAG:
        raise MemberProblem(why("member.password"))
    if info.compress_type not in _READABLE:
        raise MemberProblem(why("member.compression", number=info.compress_type))
    if info.file_size > budget.member_bytes:
        raise MemberProblem(why("member.bytes", count=info.file_size))


def _zip_pieces(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, allowed: _Allowance, damage: list[str]
) -> Iterator[bytes]:
    """Yield a member's bytes up to where it is damaged, which is written into `damage`."""
    checksum = 0
    try:
        with archive.open(info) as handle:
            # zipfile throws the last bytes away when the checksum is wrong, of a small file all: they are evidence.
            handle._expected_crc = None  # type: ignore[attr-defined]  # noqa: SLF001 - there is no public way
            while piece := handle.read(PIECE_BYTES):
                allowed.spend(len(piece))
                checksum = zlib.crc32(piece, checksum)
                yield piece
    except _MEMBER_DAMAGE as error:
        damage.append(str(error) or type(error).__name__)
    else:
        if checksum != info.CRC:
            damage.append("its checksum is wrong")


def sound_zip(path: Path, repacked: Path, limits: Limits, notes: Notes) -> Path:
    """Return a zip in which every member can be read: the very one when it is sound, else a copy of what is.

    A zip stays a zip for MVT's bugreport command, which takes the phone's clock from the members' times. What is left
    out or damaged is noted. Raises `OSError` on a full disk.
    """
    found = Notes()
    pour_zip(path, NoSink(), Budget.of(limits), found)
    if not found.found:
        return path
    with zipfile.ZipFile(repacked, "x") as archive:
        pour_zip(path, ZipSink(archive), Budget.of(limits), notes)
    repacked.chmod(0o600)
    return repacked
