"""Synthetic file system dumps: the content of an invented iPhone laid out below `private/var`, as check-fs reads it."""

from __future__ import annotations

import json
import os
import plistlib
from datetime import timedelta, timezone
from typing import TYPE_CHECKING

from mvtcase.phones.damage import Damage, write_damaged
from mvtcase.phones.ios import phone_files, refuse_unknown
from mvtcase.phones.ios_browsing import SAFARI_CONTAINER, SITES
from mvtcase.phones.ios_phone import Anatomy, Desk, IosPhone, PhoneFile, unix_seconds
from mvtcase.phones.ios_spots import IosEvidence, place
from mvtcase.phones.ios_system import DAEMONS
from mvtcase.phones.plants import BuiltEvidence, PlantKind
from mvtcase.phones.sqlite_files import database

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from mvtcase.phones.sqlite_files import Row

_CACHE = """
CREATE TABLE cfurl_cache_response (entry_ID INTEGER PRIMARY KEY AUTOINCREMENT UNIQUE, version INTEGER,
    hash_value INTEGER, storage_policy INTEGER, request_key TEXT UNIQUE, time_stamp NOT NULL, partition TEXT);
"""
_ANALYTICS = "".join(
    f"CREATE TABLE {table} (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp REAL, data BLOB);"
    for table in ("hard_failures", "soft_failures", "all_events")
)
_GESTALT = (
    "private/var/containers/Shared/SystemGroup/systemgroup.com.apple.mobilegestaltcache/Library/Caches/"
    "com.apple.MobileGestalt.plist"
)
_VIEW_SERVICE = (
    "private/var/mobile/Containers/Data/Application/0E4C6A52-8C3B-4B0E-9F53-2D1B7A9E6C44/"
    "SystemData/com.apple.SafariViewService/Library/WebKit/WebsiteData"
)


def build_ios_file_system(
    folder: Path,
    phone: IosPhone,
    *,
    missing: Collection[str] = (),
    damage: Mapping[str, Damage] | None = None,
) -> BuiltEvidence:
    """Write a file system dump of the phone into a new or empty folder and return what is planted in it.

    `missing` sources are left out, a `damage` is put into each file of a source; sources are named as in
    `build_ios_backup`, with `shutdown_log`, `analytics`, `cache_files` and the other check-fs modules beside them.
    Raises `ValueError` for an unknown source, a plant without a place, and a fault that a file cannot have.
    """
    damage = damage or {}
    spots, planted = place(phone.plants, IosEvidence.FILE_SYSTEM)
    desk = Desk.of(phone, spots)
    files = dump_files(desk)
    refuse_unknown({*missing, *damage}, {file.source for file in files})
    for file in files:
        if file.source not in missing:
            _write(folder, file, damage.get(file.source))
    _date_everything(folder, unix_seconds(phone.backed_up))
    return BuiltEvidence(path=folder, planted=planted)


def _write(folder: Path, file: PhoneFile, damage: Damage | None) -> None:
    path = folder / file.device_path
    path.parent.mkdir(parents=True, exist_ok=True)
    outside = folder.with_name(f"{folder.name}-outside")
    write_damaged(path, file.content, damage, file.anatomy, outside=outside)


def _date_everything(folder: Path, moment: int) -> None:
    # WebKit's folders are evidence by name and time alone, so folders need the phone's time as well as files.
    for path in [folder, *sorted(folder.rglob("*"))]:
        if not path.is_symlink():
            os.utime(path, (moment, moment))


def dump_files(desk: Desk) -> list[PhoneFile]:
    """Return every file of the phone that a file system dump carries; an extra file replaces one of its path."""
    files = [
        *phone_files(desk),
        *_binaries(),
        *_identity(desk.phone),
        shutdown_log(desk),
        analytics(desk),
        version_journal(desk),
        cache(desk),
        *_web_folders(desk),
        *desk.phone.extra_files,
    ]
    return list({file.device_path: file for file in files if file.device_path}.values())


def _binaries() -> list[PhoneFile]:
    # MVT takes a process without bundle id and without a binary of its name for suspicious.
    return [
        PhoneFile(source="binaries", device_path=f"usr/libexec/{daemon}", content=b"\xcf\xfa\xed\xfe" + bytes(28))
        for daemon in DAEMONS
    ]


def _identity(phone: IosPhone) -> list[PhoneFile]:
    contents: dict[str, dict[str, object]] = {
        "System/Library/CoreServices/SystemVersion.plist": {
            "ProductName": "iPhone OS",
            "ProductVersion": phone.ios_version,
            "ProductBuildVersion": phone.build,
        },
        "private/var/root/Library/Lockdown/data_ark.plist": {
            "-DeviceName": phone.device_name,
            "-UniqueDeviceID": phone.udid,
            "-SerialNumber": phone.serial,
            "-ProductVersion": phone.ios_version,
            "-BuildVersion": phone.build,
        },
        "private/var/wireless/Library/Preferences/com.apple.commcenter.plist": {
            "IMEI": phone.imei,
            "PhoneNumber": phone.phone_number,
        },
        _GESTALT: {
            "CacheExtra": {"h9jDsbgj7xIVeIQ8S3/X3Q": phone.product_type, "VasUgeSzVyHdB27g2XpN0g": phone.serial}
        },
    }
    return [
        PhoneFile(source="identity", device_path=path, content=plistlib.dumps(entries, fmt=plistlib.FMT_BINARY))
        for path, entries in contents.items()
    ]


def shutdown_log(desk: Desk) -> PhoneFile:
    """Return shutdown.log: which clients were still running at each restart."""
    rng = desk.rng("shutdown_log")
    moments = desk.moments(rng, 6, days=120)
    late = [value if value.startswith("/") else f"/private/var/db/{value}" for value in desk.at("shutdown_log")]
    lines: list[str] = []
    for number, moment in enumerate(moments):
        clients = [f"/usr/libexec/{daemon}" for daemon in rng.sample(DAEMONS, 2)]
        clients += late if number == len(moments) - 1 else []
        lines.append(f"After 1.{number:02d}s, these clients are still here:")
        lines += [f"\t\tremaining client pid: {rng.randrange(40, 900)} ({client})" for client in clients]
        lines.append(f"SIGTERM: [{unix_seconds(moment)}] all clients exited")
    return PhoneFile(
        source="shutdown_log",
        device_path="private/var/db/diagnostics/shutdown.log",
        content="\n".join([*lines, ""]).encode(),
    )


def analytics(desk: Desk) -> PhoneFile:
    """Return a keychain analytics database: failures of system processes with the build they ran on."""
    rng = desk.rng("analytics")
    names = [*rng.sample(DAEMONS, 5), *desk.at("analytics", PlantKind.PROCESSES)]
    events: list[dict[str, object]] = [{"process": name} for name in names]
    events += [
        {"attribute": link} for kind in (PlantKind.DOMAINS, PlantKind.URLS) for link in desk.at("analytics", kind)
    ]
    rows: list[Row] = [
        {
            "id": number,
            "timestamp": float(unix_seconds(moment)),
            "data": plistlib.dumps({**event, "build": desk.phone.build, "event": "sync"}, fmt=plistlib.FMT_BINARY),
        }
        for number, (event, moment) in enumerate(zip(events, desk.moments(rng, len(events)), strict=True), 1)
    ]
    return PhoneFile(
        source="analytics",
        device_path="private/var/Keychains/Analytics/ckks_analytics.db",
        content=database(_ANALYTICS, {"soft_failures": rows}),
        anatomy=Anatomy(table="soft_failures", text="data", date="timestamp"),
    )


def version_journal(desk: Desk) -> PhoneFile:
    """Return an analytics journal, whose first line names the iOS version of its day."""
    moment = (desk.phone.backed_up - timedelta(days=40)).astimezone(timezone.utc)
    head = {
        "timestamp": moment.strftime("%Y-%m-%d %H:%M:%S.00 +0000"),
        "os_version": f"iPhone OS {desk.phone.ios_version} ({desk.phone.build})",
        "bug_type": "211",
    }
    return PhoneFile(
        source="ios_version_history",
        device_path=f"private/var/db/analyticsd/Analytics-Journal-{moment:%Y-%m-%d}.ips",
        content=json.dumps(head).encode() + b"\n",
    )


def cache(desk: Desk) -> PhoneFile:
    """Return an app's Cache.db of answered requests."""
    rng = desk.rng("cache_files")
    links = list(dict.fromkeys([*SITES, *desk.at("cache_files")]))
    rows: list[Row] = [
        {
            "entry_ID": number,
            "version": 0,
            "hash_value": rng.getrandbits(31),
            "storage_policy": 0,
            "request_key": link,
            "time_stamp": moment.strftime("%Y-%m-%d %H:%M:%S"),
        }
        for number, (link, moment) in enumerate(zip(links, desk.moments(rng, len(links), days=20), strict=True), 1)
    ]
    return PhoneFile(
        source="cache_files",
        device_path=f"{SAFARI_CONTAINER}/Library/Caches/com.apple.mobilesafari/Cache.db",
        content=database(_CACHE, {"cfurl_cache_response": rows}),
        anatomy=Anatomy(table="cfurl_cache_response", text="request_key", date="time_stamp"),
    )


def _web_folders(desk: Desk) -> list[PhoneFile]:
    places = {
        "webkit_indexeddb": (f"{SAFARI_CONTAINER}/Library/WebKit/WebsiteData/IndexedDB", "/IndexedDB.sqlite3"),
        "webkit_local_storage": (f"{SAFARI_CONTAINER}/Library/WebKit/WebsiteData/LocalStorage", ".localstorage"),
        "webkit_safari_view_service": (_VIEW_SERVICE, "/salt"),
    }
    return [
        PhoneFile(source=spot, device_path=f"{parent}/https_{host}_0{tail}", content=b"\0" * 16)
        for spot, (parent, tail) in places.items()
        for host in ("news.example.com", "docs.example.org", *desk.at(spot))
    ]
