"""Synthetic iTunes backups: an invented iPhone's content, healthy, with planted indicators, damaged, or incomplete.

Every module that MVT's check-backup runs finds its source here (`tests/engine/test_control_ios.py` holds it to that).
"""

from __future__ import annotations

import os
import plistlib
import uuid
from functools import lru_cache
from itertools import chain
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from mvtcase.phones import ios_apps, ios_browsing, ios_messages, ios_people, ios_system
from mvtcase.phones import ios_browsing as ios_browsers
from mvtcase.phones import ios_messages as ios_chats
from mvtcase.phones.damage import Damage, write_damaged
from mvtcase.phones.ios_apps import installed_apps
from mvtcase.phones.ios_bulk import bulk_files
from mvtcase.phones.ios_phone import Anatomy, Desk, IosPhone, Oddity, PhoneFile, file_id, naive, unix_seconds
from mvtcase.phones.ios_spots import IosEvidence, place
from mvtcase.phones.plants import BuiltEvidence
from mvtcase.phones.sqlite_files import database

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from pathlib import Path

    from mvtcase.phones.sqlite_files import Row


__all__ = ["ENCRYPTED_ONLY", "Damage", "IosPhone", "Oddity", "build_ios_backup", "phone_files", "refuse_unknown"]

ENCRYPTED_ONLY = ("calls", "safari_history", "safari_browser_state", "interaction_c")
"""Sources that iOS puts into encrypted backups only: as `missing` they turn the content into an unencrypted backup's.

Sources: Apple, "About encrypted backups on your iPhone, iPad, or iPod touch" (website history, call history, Health);
MVT docs/ios/records.md for the interactions.
"""

_WRITERS: tuple[Callable[[Desk], PhoneFile], ...] = (
    ios_messages.sms,
    ios_messages.calls,
    ios_people.contacts,
    ios_people.calendar,
    ios_people.interactions,
    ios_chats.whatsapp,
    ios_chats.whatsapp_contacts,
    ios_chats.whatsapp_identifiers,
    ios_browsing.safari_history,
    ios_browsing.safari_tabs,
    ios_browsing.safari_favicons,
    ios_browsing.webkit_statistics,
    ios_browsing.webkit_session_log,
    ios_browsers.chrome_history,
    ios_browsers.chrome_favicons,
    ios_browsers.firefox,
    ios_system.datausage,
    ios_system.netusage,
    ios_system.os_analytics,
    ios_system.tcc,
    ios_system.locationd_clients,
    ios_system.id_status_cache,
    ios_system.shortcuts,
    ios_system.global_preferences,
    ios_apps.profile_events,
)


def build_ios_backup(
    folder: Path,
    phone: IosPhone,
    *,
    missing: Collection[str] = (),
    lost: Collection[str] = (),
    damage: Mapping[str, Damage] | None = None,
) -> BuiltEvidence:
    """Write an iTunes backup of the phone into a new or empty folder and return what is planted in it.

    Sources are named as the MVT modules that read them (`sms`, `datausage`, `firefox`, …) or `manifest_db`,
    `info_plist`, `manifest_plist`, `status_plist`. A `missing` source was never backed up; a `lost` one is listed in
    Manifest.db, but its file is not there; a `damage` is put into a source's file. Raises `ValueError` for an unknown
    source, a plant without a place, and a fault that the file cannot have; `OSError` when writing fails.
    """
    damage = damage or {}
    spots, planted = place(phone.plants, IosEvidence.BACKUP)
    desk = Desk.of(phone, spots)
    files = [file for file in phone_files(desk) if file.domain]
    refuse_unknown({*missing, *lost, *damage}, {*(file.source for file in files), *TOP_LEVEL})
    listed = [file for file in files if file.source not in missing]
    folder.mkdir(parents=True, exist_ok=True)
    for file in chain(listed, bulk_files(desk), top_level(desk, chain(listed, bulk_files(desk)))):
        if file.source not in lost and file.source not in missing:
            _write(folder, file, damage.get(file.source), unix_seconds(phone.backed_up))
    return BuiltEvidence(path=folder, planted=planted)


def phone_files(desk: Desk) -> list[PhoneFile]:
    """Return every file of the phone that a backup or a file system dump can carry."""
    return [
        *(write(desk) for write in _WRITERS),
        *ios_apps.configuration_profiles(desk),
        *ios_apps.metadata_files(desk),
        *ios_apps.plain_files(desk),
        *desk.phone.extra_files,
    ]


def refuse_unknown(named: Collection[str], known: Collection[str]) -> None:
    """Raise `ValueError` when a name is no source: a fault put nowhere would make a test pass for nothing."""
    unknown = sorted(set(named) - set(known))
    if unknown:
        raise ValueError(f"no such source on this phone: {', '.join(unknown)}; known: {', '.join(sorted(known))}")


def _write(folder: Path, file: PhoneFile, damage: Damage | None, modified: int) -> None:
    path = folder / file.file_id[:2] / file.file_id if file.domain else folder / file.relative_path
    path.parent.mkdir(exist_ok=True)
    outside = folder.with_name(f"{folder.name}-outside")
    write_damaged(path, file.content, damage, file.anatomy, outside=outside)
    if damage is not Damage.SYMLINK:
        os.utime(path, (modified, modified))


TOP_LEVEL = {
    "manifest_db": "Manifest.db",
    "manifest_plist": "Manifest.plist",
    "info_plist": "Info.plist",
    "status_plist": "Status.plist",
}
"""Names of the sources that lie unhashed at the top of a backup."""

_FILES = """
CREATE TABLE Files (fileID TEXT PRIMARY KEY, domain TEXT, relativePath TEXT, flags INTEGER, file BLOB);
CREATE INDEX FilesDomainIdx ON Files(domain);
CREATE INDEX FilesRelativePathIdx ON Files(relativePath);
CREATE INDEX FilesFlagsIdx ON Files(flags);
CREATE TABLE Properties (key TEXT PRIMARY KEY, value BLOB);
"""
_REGULAR, _DIRECTORY = 1, 2


def top_level(desk: Desk, listed: Iterable[PhoneFile]) -> list[PhoneFile]:
    """Return the four files for a backup that lists these files."""
    return [
        PhoneFile(
            source="manifest_db",
            relative_path=TOP_LEVEL["manifest_db"],
            content=_manifest_db(desk, listed),
            anatomy=Anatomy(table="Files", text="relativePath"),
        ),
        *(
            PhoneFile(source=source, relative_path=TOP_LEVEL[source], content=plistlib.dumps(entries))
            for source, entries in (
                ("manifest_plist", _manifest_plist(desk)),
                ("info_plist", _info_plist(desk)),
                ("status_plist", _status_plist(desk)),
            )
        ),
    ]


def _manifest_db(desk: Desk, listed: Iterable[PhoneFile]) -> bytes:
    rng = desk.rng("manifest_db")
    rows: dict[str, Row] = {}
    for file in listed:
        for folder in _folders(file):
            inode = rng.randrange(10**6)
            if folder not in rows:
                rows[folder] = _row(desk, file.domain, folder.split("\0")[1], None, inode)
        rows[f"{file.domain}\0{file.relative_path}"] = _row(
            desk, file.domain, file.relative_path, len(file.content), rng.randrange(10**6)
        )
    return database(_FILES, {"Files": list(rows.values())})


def _folders(file: PhoneFile) -> list[str]:
    parents = [str(parent) for parent in PurePosixPath(file.relative_path).parents]
    return [f"{file.domain}\0{'' if parent == '.' else parent}" for parent in reversed(parents)]


def _row(desk: Desk, domain: str, path: str, size: int | None, inode: int) -> Row:
    return {
        "fileID": file_id(domain, path),
        "domain": domain,
        "relativePath": path,
        "flags": _DIRECTORY if size is None else _REGULAR,
        "file": file_record(path, size, unix_seconds(desk.phone.backed_up), inode),
    }


def file_record(path: str, size: int | None, moment: int, inode: int, *, wrapped_key: bytes | None = None) -> bytes:
    """Return the archived MBFile of a Manifest row; `size` None makes a folder, `wrapped_key` an encrypted file.

    The key is the 4-byte little-endian protection class followed by the AES-wrapped file key.
    """
    if size is None or wrapped_key is not None or not path.isascii():
        return _archived(path, size, moment, inode, wrapped_key)
    mould = _mould(len(path), _width(size), _width(inode), moment)
    # Equal numbers are one object in a property list: where the two meet another, or each other, no mould fits.
    if mould is None or {size, inode} & _numbers(moment) or size == inode:
        return _archived(path, size, moment, inode, None)
    blob = bytearray(mould[0])
    for begin, value in zip(mould[1], (path.encode(), _big(size), _big(inode)), strict=True):
        blob[begin : begin + len(value)] = value
    return bytes(blob)


def _numbers(moment: int) -> set[int]:
    return {0, 3, 501, 0o100644, 100_000, moment - 86_400, moment - 3_600}


def _width(number: int) -> int:
    """Return the bytes in which a binary property list keeps a number."""
    return next(width for width in (1, 2, 4, 8) if number < 1 << 8 * width)


def _big(number: int) -> bytes:
    return number.to_bytes(_width(number), "big")


@lru_cache(maxsize=4096)
def _mould(length: int, size: int, inode: int, moment: int) -> tuple[bytes, tuple[int, ...]] | None:
    """Return a record of a path and numbers of such lengths and where they stand in it, None where that is unclear."""
    marks = (b"\x01" * length, _mark(size, 0xA1), _mark(inode, 0xB1))
    numbers = [int.from_bytes(each, "big") for each in marks[1:]]
    blob = _archived(marks[0].decode("ascii"), numbers[0], moment, numbers[1], None)
    if any(blob.count(each) != 1 for each in marks):
        return None
    return blob, tuple(blob.index(each) for each in marks)


def _mark(width: int, first: int) -> bytes:
    # Eight bytes hold a number with a sign; a great one would take sixteen.
    return bytes(range(first - 0x80 if width == _SIGNED else first, 0x100))[:width]


_SIGNED = 8


def _archived(path: str, size: int | None, moment: int, inode: int, wrapped_key: bytes | None) -> bytes:
    record: dict[str, object] = {
        "$class": plistlib.UID(3),
        "RelativePath": plistlib.UID(2),
        "Flags": 0,
        "GroupID": 501,
        "UserID": 501,
        "InodeNumber": inode,
        "Mode": 0o40755 if size is None else 0o100644,
        "Size": size or 0,
        "Birth": moment - 86_400,
        "LastModified": moment - 3_600,
        "LastStatusChange": moment - 3_600,
        "ProtectionClass": 0 if size is None else 3,
    }
    objects: list[object] = ["$null", record, path, {"$classname": "MBFile", "$classes": ["MBFile", "NSObject"]}]
    if wrapped_key is not None:
        record["EncryptionKey"] = plistlib.UID(4)
        objects.append({"$class": plistlib.UID(5), "NS.data": wrapped_key})
        objects.append({"$classname": "NSMutableData", "$classes": ["NSMutableData", "NSData", "NSObject"]})
    archive = {
        "$version": 100000,
        "$archiver": "NSKeyedArchiver",
        "$top": {"root": plistlib.UID(1)},
        "$objects": objects,
    }
    return plistlib.dumps(archive, fmt=plistlib.FMT_BINARY)


def _manifest_plist(desk: Desk) -> dict[str, object]:
    phone = desk.phone
    return {
        "Version": "10.0",
        "Date": naive(phone.backed_up),
        "IsEncrypted": False,
        "WasPasscodeSet": True,
        "SystemDomainsVersion": "24.0",
        "Applications": {bundle: {"CFBundleIdentifier": bundle} for bundle in installed_apps(desk)},
        "Lockdown": {
            "DeviceName": phone.device_name,
            "ProductType": phone.product_type,
            "ProductVersion": phone.ios_version,
            "BuildVersion": phone.build,
            "SerialNumber": phone.serial,
            "UniqueDeviceID": phone.udid,
        },
    }


def _info_plist(desk: Desk) -> dict[str, object]:
    phone, rng, apps = desk.phone, desk.rng("info_plist"), installed_apps(desk)
    return {
        "Applications": {
            bundle: {
                "ApplicationSINF": rng.randbytes(32),
                "PlaceholderIcon": b"\x89PNG\r\n\x1a\n" + rng.randbytes(64),
                "iTunesMetadata": plistlib.dumps(metadata, fmt=plistlib.FMT_BINARY),
            }
            for bundle, metadata in apps.items()
        },
        "Build Version": phone.build,
        "Device Name": phone.device_name,
        "Display Name": phone.device_name,
        "GUID": f"{rng.getrandbits(128):032X}",
        "ICCID": f"894400000000000{rng.randrange(10**4):04d}",
        "IMEI": phone.imei,
        "Installed Applications": list(apps),
        "Last Backup Date": naive(phone.backed_up),
        "Phone Number": phone.phone_number,
        "Product Name": phone.product_name,
        "Product Type": phone.product_type,
        "Product Version": phone.ios_version,
        "Serial Number": phone.serial,
        "Target Identifier": phone.udid,
        "Target Type": "Device",
        "Unique Identifier": phone.udid,
        "iTunes Version": "12.13.7",
    }


def _status_plist(desk: Desk) -> dict[str, object]:
    rng = desk.rng("status_plist")
    return {
        "BackupState": "new",
        "Date": naive(desk.phone.backed_up),
        "IsFullBackup": True,
        "SnapshotState": "finished",
        "UUID": str(uuid.UUID(int=rng.getrandbits(128), version=4)).upper(),
        "Version": "3.3",
    }
