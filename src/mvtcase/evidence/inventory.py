"""What lies in a folder of evidence that MVT must not meet, and a private mirror of the folder without it.

MVT follows links and waits for ever on a pipe. A folder without either is used in place; otherwise the regular
files are copied (or shared by the file system, where it can) into a private folder. Links and hard links are no way
out: MVT and our modules refuse files that resolve outside the folder, and a hard link changes the original.
"""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mvtcase.canon import HASH_CHUNK_BYTES
from mvtcase.evidence.archives import ArchiveProblem
from mvtcase.evidence.looks import FILE, FOLDER, LINK, READ_BY_MODULES, UNREADABLE
from mvtcase.evidence.manifest import make_private_folders
from mvtcase.evidence.unpack import MAX_DEPTH, Budget, Notes, refuse_full_disk
from mvtcase.evidence.walk import Entry, walk
from mvtcase.kinds import EvidenceKind, of
from mvtcase.model import ModuleOutcome
from mvtcase.wording import Reason, why
from mvtcase_readers.regular import open_untouched

if sys.platform == "linux":
    import fcntl

_FICLONE = 0x40049409
"""Linux's ioctl that lets two files share their blocks until one is written (btrfs, XFS)."""

_REASONS = {
    LINK: "entry.link",
    "fifo": "entry.pipe",
    "socket": "entry.socket",
    "device": "entry.device",
    UNREADABLE: "entry.unreadable",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What a folder holds: counts, and whether something in it must be kept from MVT."""

    files: int
    bytes: int
    needs_mirror: bool


def inventory(root: Path, kind: EvidenceKind, notes: Notes, place: str = "") -> Inventory:
    """Look at every entry of a folder, note what is not examined, and say whether a mirror is needed.

    What is a name without content is noted below the `place` where the phone has the folder.
    """
    files = size = 0
    needs_mirror = False
    for entry in walk(root):
        if _is_fine(root, entry):
            files += 1
            size += entry.size
            continue
        if entry.what not in {FILE, UNREADABLE}:
            notes.name(f"{place}/{entry.path}" if place else entry.path, _leads_to(root, entry))
        reason = _why_left_out(root, entry, kind)
        needs_mirror = needs_mirror or _is_dangerous(root, entry, kind)
        if reason:
            notes.add(entry.path or root.name, reason)
    return Inventory(files=files, bytes=size, needs_mirror=needs_mirror)


def _leads_to(root: Path, entry: Entry) -> str:
    """Return what a link says that it leads to, nothing for what is none."""
    try:
        return os.fspath(_located(root, entry).readlink()) if entry.what == LINK else ""
    except OSError:
        return ""


def _is_fine(root: Path, entry: Entry) -> bool:
    return (
        entry.what == FILE
        and entry.depth <= MAX_DEPTH
        and os.access(f"{root}/{entry.path}" if entry.path else root, os.R_OK)
    )


def _located(root: Path, entry: Entry) -> Path:
    return root / entry.path if entry.path else root


def _why_left_out(root: Path, entry: Entry, kind: EvidenceKind) -> Reason | None:
    """Return why an entry is a gap, None for the links that every file system dump has and that hide nothing."""
    if entry.depth > MAX_DEPTH:
        return why("entry.deep", depth=MAX_DEPTH)
    if entry.what == LINK and of(kind).links_are_normal and not _is_dangerous(root, entry, kind):
        hides = READ_BY_MODULES.search(entry.path.rsplit("/", 1)[-1])
        return why(_REASONS[LINK]) if hides else None
    return why(_REASONS.get(entry.what, _REASONS[UNREADABLE]))


def _is_dangerous(root: Path, entry: Entry, kind: EvidenceKind) -> bool:
    """Tell whether MVT would follow the entry out of the evidence, wait on it, or fail on its depth."""
    if entry.depth > MAX_DEPTH:
        return True
    if entry.what == LINK:
        return not of(kind).links_are_normal or not _stays_inside(root, entry)
    # What merely cannot be read stops nobody, and a mirror could not read it either.
    return entry.what not in {FILE, UNREADABLE}


def _stays_inside(root: Path, entry: Entry) -> bool:
    """Tell whether a link of a dump, followed by the system here and now, ends inside the dump or nowhere at all."""
    path = root / entry.path
    try:
        target = path.readlink()
        if target.is_absolute():
            # On the phone it meant the dump's root; here it means this machine's.
            return not os.path.lexists(target)
        return path.resolve().is_relative_to(root.resolve()) or not path.exists()
    except (OSError, RuntimeError, ValueError):
        return False


def mirror(root: Path, target: Path, budget: Budget, notes: Notes) -> None:
    """Copy the regular files of a folder into a private one, times kept.

    What modules open is copied first; where the budget ends the rest is noted as one gap. Raises `OSError` on a full
    disk.
    """
    make_private_folders(target)
    for opened_by_modules in (True, False):
        for entry in walk(root):
            if _is_fine(root, entry) and _is_opened(entry) is opened_by_modules:
                try:
                    budget.spend_member()
                    _mirror_one(root, target, entry, budget, notes)
                except ArchiveProblem:
                    notes.add(entry.path, why("staging.no_room"))
                    return
    _mirror_folders(root, target, budget, notes)


def _mirror_folders(root: Path, target: Path, budget: Budget, notes: Notes) -> None:
    """Make the folders that no file made: an empty one has a name all the same, and so has one that cannot be made."""
    for entry in walk(root, folders=True):
        if entry.what == FOLDER and entry.depth <= MAX_DEPTH:
            try:
                (target / PurePosixPath(entry.path)).mkdir(mode=0o700)
                budget.spend_member()
            except FileExistsError:
                continue
            except ArchiveProblem:
                notes.add(entry.path, why("staging.no_room"))
                return
            except OSError as error:
                refuse_full_disk(error)
                notes.name(entry.path)


def _is_opened(entry: Entry) -> bool:
    """Tell by its name whether some module opens a file; a backup's files have hashes for names, and any may be."""
    return bool(READ_BY_MODULES.search(entry.path.rsplit("/", 1)[-1]))


def _mirror_one(root: Path, target: Path, entry: Entry, budget: Budget, notes: Notes) -> None:
    copy = target / PurePosixPath(entry.path)
    try:
        make_private_folders(copy.parent)
        copy_file(root / entry.path, copy, budget)
    except ArchiveProblem:
        # Half a database would be read as a damaged one.
        copy.unlink(missing_ok=True)
        raise
    except OSError as error:
        refuse_full_disk(error)
        notes.add(entry.path, why("staging.uncopied", error=error.strerror or str(error)), ModuleOutcome.DAMAGED)


def copy_file(source: Path, copy: Path, budget: Budget) -> None:
    """Copy one regular file privately with its times, sharing its blocks where the file system can.

    Raises `ArchiveProblem` over the budget and `OSError`.
    """
    reader = open_untouched(source)
    with os.fdopen(reader, "rb", buffering=0) as original:
        status = os.fstat(reader)
        if not stat.S_ISREG(status.st_mode):
            raise OSError("not a regular file any more")
        writer = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(writer, "wb", buffering=0) as target:
            if not _shared(writer, reader):
                while piece := original.read(HASH_CHUNK_BYTES):
                    budget.spend(len(piece))
                    target.write(piece)
    os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns))


def _shared(writer: int, reader: int) -> bool:
    if sys.platform != "linux":
        return False
    try:
        fcntl.ioctl(writer, _FICLONE, reader)
    except OSError:
        return False
    return True
