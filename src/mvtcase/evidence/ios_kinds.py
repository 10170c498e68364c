"""The detectors for what is taken from iPhones and iPads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mvtcase.evidence.glance import Glance, Identified
from mvtcase.evidence.looks import FOLDER, head, names_in, read_plist
from mvtcase.model import EvidenceKind

if TYPE_CHECKING:
    from pathlib import Path

BACKUP_MARKS = frozenset({"Manifest.db", "Manifest.mbdb", "Manifest.plist", "Info.plist", "Status.plist"})
HASHED_NAME = re.compile(r"[0-9a-f]{40}")
_HASHED_FOLDER = re.compile(r"[0-9a-f]{2}")
_SQLITE = b"SQLite format 3\0"
_CIPHER_BLOCK = 16

_PROBES = (
    "3d/3d0d7e5fb2ce288813306e4d4636395e047a3d28",  # messages
    "31/31bb7ba8914766d4ba40d6dfb6113c8b614be442",  # contacts
    "5a/5a4935c78a5255723f707230a451d79c540d2741",  # calls
    "0d/0d609c54856a9bb2d56729df1d68f2958a88426b",  # data usage
)
"""Databases of nearly every backup by the SHA-1 of domain and path; their first bytes tell whether it is encrypted."""

_SYSDIAGNOSE_MARKS = (
    "sysdiagnose.log",
    "remotectl_dumpstate.txt",
    "system_logs.logarchive",
    "crashes_and_spins",
    "spindump-nosymbols.txt",
    "swcutil_show.txt",
    "taskinfo.txt",
    "tailspin-info.txt",
    "otctl_status.txt",
    "summaries",
    "ps.txt",
    "ps_thread.txt",
    "WiFi",
    "logs",
)
_SYSDIAGNOSE_OWN = frozenset(_SYSDIAGNOSE_MARKS) - {"ps.txt", "WiFi", "logs", "summaries"}
_SYSDIAGNOSE_NAME = re.compile(r"(?:IN_PROGRESS_)?sysdiagnose_\d{4}\.", re.IGNORECASE)


def ios_backup(glance: Glance) -> Identified | None:
    """Recognise an iTunes or Finder backup by its manifests, or by its hashed folders where these are lost."""
    marks = BACKUP_MARKS & set(glance.names)
    manifest = bool(marks & {"Manifest.db", "Manifest.mbdb"})
    # Info.plist alone is in every app bundle; with hashed folders or another mark it is a backup's.
    if not (manifest or len(marks) > 1 or (marks and _hashed_folders(glance, 1)) or _hashed_folders(glance, 2)):
        return None
    encrypted = backup_is_encrypted(glance.path)
    kind = EvidenceKind.IOS_BACKUP_ENCRYPTED if encrypted else EvidenceKind.IOS_BACKUP
    return Identified(kind=kind, root=glance.path, encrypted=encrypted)


def _hashed_folders(glance: Glance, enough: int) -> bool:
    found = 0
    for name, what in glance.names.items():
        if what == FOLDER and _HASHED_FOLDER.fullmatch(name):
            inside = names_in(glance.path / name, 50)
            found += any(each.startswith(name) and HASHED_NAME.fullmatch(each) for each in inside)
        if found >= enough:
            return True
    return False


def backup_is_encrypted(folder: Path) -> bool:
    """Tell whether the files of a backup are encrypted; a damaged manifest alone does not make it so.

    The files themselves are the best witness, then Manifest.plist. A plain Manifest.db beside `IsEncrypted` is either a
    decrypted copy or a backup by iOS 10.0 and older, which only its files tell apart.
    """
    plain = [head(folder / probe, len(_SQLITE)) == _SQLITE for probe in _PROBES if head(folder / probe, 1)]
    if any(plain):
        return False
    claimed = read_plist(folder / "Manifest.plist").get("IsEncrypted")
    start = head(folder / "Manifest.db", len(_SQLITE))
    if start == _SQLITE:
        return claimed is True and bool(plain)
    if isinstance(claimed, bool):
        return claimed
    return len(start) == len(_SQLITE) and _looks_like_cipher_text(folder / "Manifest.db")


def _looks_like_cipher_text(path: Path) -> bool:
    """Tell whether the file's first 4 KiB look random and its size is one of whole cipher blocks."""
    sample = head(path, 4096)
    try:
        size = path.lstat().st_size
    except OSError:
        return False
    return size % _CIPHER_BLOCK == 0 and len(set(sample)) > min(200, len(sample) // 2)


def ios_file_system(glance: Glance) -> Identified | None:
    """Recognise a full file system dump; a data partition alone is told by its `private/var`."""
    marks = (("private", "var", "mobile"), ("private", "var", "db"), ("private", "var", "containers"))
    if any(glance.has_folder(*mark) for mark in marks) or glance.has_folder("System", "Library", "CoreServices"):
        return Identified(kind=EvidenceKind.IOS_FILE_SYSTEM, root=glance.path)
    return None


def sysdiagnose(glance: Glance) -> Identified | None:
    """Recognise a sysdiagnose: the archive by its name or members, the folder by its name or two of its files."""
    named = _SYSDIAGNOSE_NAME.match(glance.path.name) is not None
    found = Identified(kind=EvidenceKind.SYSDIAGNOSE, root=glance.path)
    if glance.is_folder:
        marks = set(_SYSDIAGNOSE_MARKS) & set(glance.names)
        own = marks & _SYSDIAGNOSE_OWN
        return found if own and (named or len(marks) > 1) else None
    if glance.is_gzip or glance.is_tar or (named and glance.is_file):
        return found if named or _sysdiagnose_members(glance.tar_members) else None
    return None


def _sysdiagnose_members(members: tuple[str, ...]) -> bool:
    inside = {part for name in members for part in name.split("/")[1:2]}
    return any(_SYSDIAGNOSE_NAME.match(name.split("/")[0]) for name in members) or bool(inside & _SYSDIAGNOSE_OWN)
