"""iTunes and Finder backups: told by their manifests, or by their hashed folders where these are lost."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mvtcase.evidence.glance import Glance, Identified
from mvtcase.evidence.looks import FOLDER, MAX_PLIST_BYTES, parse_plist
from mvtcase.evidence.readers.base import Facts, Job, Reader, Staged, folder_or_archive, moment, text
from mvtcase.kinds import EvidenceKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mvtcase.evidence.parts import Parts

BACKUP_MARKS = frozenset({"Manifest.db", "Manifest.mbdb", "Manifest.plist", "Info.plist", "Status.plist"})
HASHED_NAME = re.compile(r"[0-9a-f]{40}")
_HASHED_FOLDER = re.compile(r"[0-9a-f]{2}")
_SQLITE = b"SQLite format 3\0"
_CIPHER_BLOCK = 16
_SAMPLE_BYTES = 4096

_PROBES = (
    "3d/3d0d7e5fb2ce288813306e4d4636395e047a3d28",  # messages
    "31/31bb7ba8914766d4ba40d6dfb6113c8b614be442",  # contacts
    "5a/5a4935c78a5255723f707230a451d79c540d2741",  # calls
    "0d/0d609c54856a9bb2d56729df1d68f2958a88426b",  # data usage
)
"""Databases of nearly every backup by the SHA-1 of domain and path; their first bytes tell whether it is encrypted."""


def detect(glance: Glance) -> Identified | None:
    """Recognise an iTunes or Finder backup by its manifests, or by its hashed folders where these are lost."""
    marks = BACKUP_MARKS & set(glance.names)
    manifest = bool(marks & {"Manifest.db", "Manifest.mbdb"})
    # Info.plist alone is in every app bundle; with hashed folders or another mark it is a backup's.
    if not (manifest or len(marks) > 1 or (marks and _hashed_folders(glance, 1)) or _hashed_folders(glance, 2)):
        return None
    encrypted = backup_is_encrypted(glance)
    kind = EvidenceKind.IOS_BACKUP_ENCRYPTED if encrypted else EvidenceKind.IOS_BACKUP
    return Identified(kind=kind, root=glance.path, encrypted=encrypted)


def _hashed_folders(glance: Glance, enough: int) -> bool:
    found = 0
    for name, what in glance.names.items():
        if what == FOLDER and _HASHED_FOLDER.fullmatch(name):
            inside = glance.inside(name, 50)
            found += any(each.startswith(name) and HASHED_NAME.fullmatch(each) for each in inside)
        if found >= enough:
            return True
    return False


def backup_is_encrypted(glance: Glance) -> bool:
    """Tell whether the files of a backup are encrypted; a damaged manifest alone does not make it so.

    The files themselves are the best witness, then Manifest.plist. A plain Manifest.db beside `IsEncrypted` is either a
    decrypted copy or a backup by iOS 10.0 and older, which only its files tell apart.
    """
    heads = glance.contents((*_PROBES, "Manifest.db"), _SAMPLE_BYTES)
    plain = [heads[probe].startswith(_SQLITE) for probe in _PROBES if heads[probe]]
    if any(plain):
        return False
    told = parse_plist(glance.contents(("Manifest.plist",), MAX_PLIST_BYTES)["Manifest.plist"])
    claimed, start = told.get("IsEncrypted"), heads["Manifest.db"]
    if start.startswith(_SQLITE):
        return claimed is True and bool(plain)
    return claimed if isinstance(claimed, bool) else _looks_like_cipher_text(start)


def _looks_like_cipher_text(sample: bytes) -> bool:
    """Tell whether a file's first bytes look random and are those of whole cipher blocks."""
    blocks = len(sample) >= _CIPHER_BLOCK and len(sample) % _CIPHER_BLOCK == 0
    return blocks and len(set(sample)) > min(200, len(sample) // 2)


def identity(parts: Parts) -> Facts:
    """Return what the backup's property lists say of the phone."""
    found = parts.contents(("*/Info.plist", "*/Manifest.plist", "*/Status.plist"), MAX_PLIST_BYTES)
    info, manifest, status = (parse_plist(each) for each in found.values())
    lockdown = manifest.get("Lockdown")
    locked: Mapping[str, Any] = lockdown if isinstance(lockdown, dict) else {}
    itunes, macos = (text(info.get(f"{name} Version")) for name in ("iTunes", "macOS"))
    return {
        "name": text(info.get("Device Name"), info.get("Display Name"), locked.get("DeviceName")),
        "model": text(info.get("Product Name")),
        "product_type": text(info.get("Product Type"), locked.get("ProductType")),
        "os_version": text(info.get("Product Version"), locked.get("ProductVersion")),
        "os_build": text(info.get("Build Version"), locked.get("BuildVersion")),
        "udid": text(info.get("Target Identifier"), locked.get("UniqueDeviceID"), info.get("Unique Identifier")),
        "serial": text(info.get("Serial Number"), locked.get("SerialNumber")),
        "imei": text(info.get("IMEI"), info.get("IMEI 1"), info.get("IMEI 2")),
        "phone_number": text(info.get("Phone Number"), locked.get("PhoneNumber")),
        "last_backup_at": moment(info.get("Last Backup Date"), manifest.get("Date"), status.get("Date")),
        "collector": f"Finder, macOS {macos}" if macos else f"iTunes {itunes}" if itunes else None,
    }


def stage(found: Identified, job: Job) -> Staged:
    """Use the folder, or unpack the archive that the backup came in."""
    return folder_or_archive(found, job, detect)


READER = Reader(
    kinds=(EvidenceKind.IOS_BACKUP, EvidenceKind.IOS_BACKUP_ENCRYPTED),
    detect=detect,
    identity=identity,
    stage=stage,
    packed=True,
)
