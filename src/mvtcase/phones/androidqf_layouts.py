"""What AndroidQF left behind in its releases: the same phone in the layout of each.

Tags of mvt-project/androidqf: v1.6.2 (2023-12) has no bugreport, v1.7.0 (2024) has; v1.8.0 (2025-10) writes
`processes.json` and `mounts.json`; v1.8.3 (2026-05) fetches intrusion logs; merged since then are browser histories
(pull request 122), Magisk modules (123) and, on their way, init scripts (127) and APEX containers (128). `ps.txt` is
from before v1.6, as MVT's module still expects it.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING

from mvtcase.canon import StrEnum
from mvtcase.phones.sqlite_files import database

if TYPE_CHECKING:
    from datetime import datetime

    from mvtcase.phones.android_phone import AndroidPhone
    from mvtcase.phones.sqlite_files import Row

_CHROME_EPOCH_SECONDS = 11_644_473_600
_HISTORY = """
CREATE TABLE urls (id INTEGER PRIMARY KEY AUTOINCREMENT, url LONGVARCHAR, title LONGVARCHAR,
    visit_count INTEGER DEFAULT 0 NOT NULL, typed_count INTEGER DEFAULT 0 NOT NULL, last_visit_time INTEGER NOT NULL,
    hidden INTEGER DEFAULT 0 NOT NULL);
CREATE TABLE visits (id INTEGER PRIMARY KEY AUTOINCREMENT, url INTEGER NOT NULL, visit_time INTEGER NOT NULL,
    from_visit INTEGER, transition INTEGER DEFAULT 0 NOT NULL, segment_id INTEGER,
    visit_duration INTEGER DEFAULT 0 NOT NULL);
"""
_SITES = ("https://news.example.org/today", "https://travel.example.org/timetable", "https://mail.example.com/")


class AndroidQFLayout(StrEnum):
    """The releases whose layouts can be built."""

    V1_5 = "v1.5"
    V1_7 = "v1.7.1"
    V1_8 = "v1.8.0"
    TODAY = "v1.9.0"


_LACKS = {
    AndroidQFLayout.V1_5: ("processes.txt", "processes.json", "mounts.json", "bugreport.zip", "intrusion_logs/"),
    AndroidQFLayout.V1_7: ("ps.txt", "processes.json", "mounts.json", "intrusion_logs/"),
    AndroidQFLayout.V1_8: ("ps.txt", "processes.txt", "intrusion_logs/"),
    AndroidQFLayout.TODAY: ("ps.txt", "processes.txt"),
}


def in_layout(
    members: dict[str, bytes], layout: AndroidQFLayout, phone: AndroidPhone, visited: tuple[str, ...]
) -> dict[str, bytes]:
    """Return an acquisition's files as one release would have left them; `visited` stands in a browser's history."""
    added = {**members, "processes.json": members["processes.txt"]}
    if layout is AndroidQFLayout.TODAY:
        added |= _newest(phone, visited)
    return {name: data for name, data in added.items() if not name.startswith(_LACKS[layout])}


def told(acquisition: str, layout: AndroidQFLayout) -> str:
    """Return acquisition.json as a release writes it: old ones name no version, new ones every module's result."""
    held = json.loads(acquisition)
    held["androidqf_version"] = str(layout)
    if layout is AndroidQFLayout.V1_5:
        del held["androidqf_version"]
    if layout is AndroidQFLayout.TODAY:
        held["status"] = "completed"
        held["module_results"] = [{"name": name, "status": "success", "error": ""} for name in ("packages", "files")]
    return json.dumps(held, indent=1)


def _newest(phone: AndroidPhone, visited: tuple[str, ...]) -> dict[str, bytes]:
    profile = "browser_history/com.android.chrome/Default/History"
    manifest = [
        {
            "browser": "Chrome",
            "package": "com.android.chrome",
            "profile": "Default",
            "device_path": "/data/data/com.android.chrome/app_chrome/Default/History",
            "archive_path": profile,
            "method": "su",
            "status": "collected",
        }
    ]
    return {
        profile: history(phone, visited),
        "browser_history/manifest.json": json.dumps(manifest, indent=1).encode(),
        "apks/org.example.notes.apk": apk(b"0\x03certificate", {"classes.dex": b"dex\n035\0"}),
        "tmp/readme.txt": b"left by the examiner\n",
        "init_scripts/00banner": b"#!/system/bin/sh\nlog -t banner ready\n",
        "magisk_modules/modules.json": b"[]\n",
        "logcat_old.txt": f"{phone.wall_clock - timedelta(days=1):%m-%d %H:%M:%S}.000 1 1 I boot: ready\n".encode(),
    }


def history(phone: AndroidPhone, planted: tuple[str, ...]) -> bytes:
    """Return a Chromium `History` database with everyday pages and the planted ones."""
    pages = [*_SITES, *(value if "://" in value else f"https://{value}/" for value in planted)]
    moments = [phone.taken_at - timedelta(days=number + 1, hours=2) for number in range(len(pages))]
    urls: list[Row] = [
        {"id": at, "url": url, "title": url, "visit_count": 1, "last_visit_time": _chrome_time(moment)}
        for at, (url, moment) in enumerate(zip(pages, moments, strict=True), 1)
    ]
    visits: list[Row] = [
        {"url": at, "visit_time": _chrome_time(moment), "transition": 0x30000000}
        for at, moment in enumerate(moments, 1)
    ]
    return database(_HISTORY, {"urls": urls, "visits": visits}, wal=False)


def _chrome_time(moment: datetime) -> int:
    return (int(moment.timestamp()) + _CHROME_EPOCH_SECONDS) * 1_000_000


def apk(certificate: bytes, files: dict[str, bytes]) -> bytes:
    """Return an app signed by APK Signature Scheme v2 with one certificate; its digests and signature are none."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    plain = buffer.getvalue()
    end = plain.rfind(b"PK\x05\x06")
    directory = int.from_bytes(plain[end + 16 : end + 20], "little")
    signed = _prefixed(b"") + _prefixed(_prefixed(certificate)) + _prefixed(b"")
    pair = struct.pack("<I", 0x7109871A) + _prefixed(_prefixed(_prefixed(signed) + _prefixed(b"") + _prefixed(b"")))
    size = 8 + len(pair) + 8 + 16
    block = struct.pack("<QQ", size, len(pair)) + pair + struct.pack("<Q", size) + b"APK Sig Block 42"
    moved = struct.pack("<I", directory + len(block))
    return plain[:directory] + block + plain[directory : end + 16] + moved + plain[end + 20 :]


def _prefixed(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data
