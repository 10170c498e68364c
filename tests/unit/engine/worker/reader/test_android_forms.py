"""Forms in which Android, and what is run on it, name files, apps, accounts, programs and certificates are alerts."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from mvtcase.model import EvidenceKind
from reading import database, invented, of, reading

if TYPE_CHECKING:
    from pathlib import Path

HELD, SHARED, STAGED = "/data/data/com.kept.app/files/k.bin", "/sdcard/KeptNotes/k.dat", "/data/local/tmp/.kept/loader"
SPACED, SYSTEM, NAME = "/sdcard/Kept Files/k.apk", "/system/app/Kept/Kept.apk", "系統更新.apk"
APP, MAIL, PROGRAM, SHORT = "net.kept.sync", "lena.kept@mail.example", "keptrelayd", "qzk"
CERTIFICATE = b"\x30\x82\x02\x10\x30\x82\x01\x78\xa0\x03\x02\x01\x02\x02\x04" + bytes(range(128, 255)) * 4
CERTIFICATE += b"\x81" * (0x214 - len(CERTIFICATE))
SIGNED, SENT = hashlib.sha1(CERTIFICATE, usedforsecurity=False).hexdigest(), hashlib.sha256(b"sent").hexdigest()
SETS = invented(
    file_paths=(HELD, SHARED, STAGED, SPACED, SYSTEM),
    file_names=(NAME,),
    app_ids=(APP,),
    emails=(MAIL,),
    processes=(PROGRAM, SHORT),
    files_sha256=(SENT,),
    app_cert_hashes=(SIGNED,),
)


def _apk() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(
            "META-INF/CERT.RSA", b"\x30\x82\x05\x20\x06\x09" + b"\x82\x91" * 40 + CERTIFICATE + b"\x31\x82"
        )
    return packed.getvalue()


def _signed_apk() -> bytes:
    """Return an APK with its signatures between its members and their list (APK Signature Scheme v2)."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a", b"a")
    data = packed.getvalue()
    at, end = data.index(b"PK\1\2"), data.index(b"PK\5\6") + 16
    block = b"\x81" * 20 + CERTIFICATE + b"APK Sig Block 42"
    moved = (int.from_bytes(data[end : end + 4], "little") + len(block)).to_bytes(4, "little")
    return data[:at] + block + data[at:end] + moved + data[end + 4 :]


def _parcel(text: str) -> bytes:
    return len(text).to_bytes(4, "little") + text.encode("utf-16-le") + b"\0\0"


_AS_LONG = base64.b64encode(f"from {MAIL} ".ljust(32).encode())
_PACKED = base64.b64encode(gzip.compress(f"opened {STAGED} now".encode(), mtime=0))
_ROW = "-rwxrwxrwx 1 shell shell 12 2026-11-11 10:00"
FILES: dict[str, tuple[str, bytes | str, str]] = {
    "another user's data": ("a.txt", f"opened {HELD.replace('/data/data', '/data/user/10')} now", HELD),
    "storage of a user": ("a.txt", f"opened {SHARED.replace('/sdcard', '/mnt/user/0/primary')} now", SHARED),
    "storage as apps see it": (
        "a.txt", f"opened {SHARED.replace('/sdcard', '/mnt/runtime/write/emulated/0')} now", SHARED,
    ),
    "chosen document": (
        "a.txt", "content://com.android.externalstorage.documents/document/primary%3AKeptNotes%2Fk.dat", SHARED,
    ),
    "compiled program": ("dalvik-cache/arm64/system@app@Kept@Kept.apk@classes.dex", b"oat\n", SYSTEM),
    "compiled app in a list": ("a.txt", f"{_ROW} data@app@{APP}-1@base.apk@classes.dex", APP),
    "files given to others": ("a.txt", f"content://{APP}.fileprovider/x/1", APP),
    "list of folders": ("a.txt", f"/data/local/tmp/.kept:\ntotal 4\n{_ROW} loader\n", STAGED),
    "list of a folder by dumpstate": (
        "a.txt", f"------ TMP (ls -la /data/local/tmp/.kept) ------\ntotal 4\n{_ROW} loader\n", STAGED,
    ),
    "link in a list": ("a.txt", f"/data/local/tmp/.kept:\ntotal 4\n{_ROW} loader -> /system/bin/sh\n", STAGED),
    "Chinese name in a list": ("a.txt", f"total 4\n{_ROW} {NAME}\n", NAME),
    "Chinese name in a text": ("a.txt", f"opened {NAME} now", NAME),
    "path with a blank": ("a.txt", f"opened {SPACED} now", SPACED),
    "path with a blank in a link": ("a.txt", f"opened file://{SPACED.replace(' ', '%20')} now", SPACED),
    "path with a blank in a shell": ("a.txt", f"rm {SPACED.replace(' ', chr(92) + ' ')} now", SPACED),
    "mails of an account": (f"databases/mailstore.{MAIL}.db", b"\0", MAIL),
    "settings of an account": ("a.txt", f"/data/data/com.google.android.gm/shared_prefs/Account-{MAIL}.xml", MAIL),
    "hash in base64": ("a.json", f'{{"h": "{base64.b64encode(bytes.fromhex(SENT)).decode()}"}}', SENT),
    "text as long as a hash": ("a.json", f'{{"h": "{_AS_LONG.decode()}"}}', MAIL),
    "packed in a text": (
        "a.txt", f"cfg={_PACKED.decode()} set", STAGED,
    ),
    "long text of an object of Java's": (
        "clip", b"\xac\xed\0\x05sr\0\x04Data\x12\x84t\0" + bytes([len(HELD)]) + HELD.encode() + b"xp\x81\x82", HELD,
    ),
    "list of packages": ("packages.xml", f'<packages><cert index="0" key="{CERTIFICATE.hex()}" /></packages>', SIGNED),
    "certificate of an APK": ("a.apk", _apk(), SIGNED),
    "signature between members": ("b.apk", _signed_apk(), SIGNED),
    "statistics of processes": ("procstats/state.bin", b"STAP\xff\xfe" + _parcel(SHORT) + b"\xff\xfe\x81", SHORT),
    "name of a process": ("proc/345/comm", f"{SHORT}\n", SHORT),
    "status of a process": ("proc/345/status", f"Name:\t{SHORT}\nUmask:\t0077\n", SHORT),
    "service of init": ("a.txt", f"[init.svc.{PROGRAM}]: [running]", PROGRAM),
    "file of init": ("x.rc", f"service {SHORT} /system/bin/x\n    class main\n", SHORT),
    "two columns": ("a.txt", f"  PID NAME\n    1 init\n 7070 {SHORT}\n", SHORT),
    "rows with labels": ("a.txt", f"u:r:shell:s0 shell 7072 1 9000 900 do_epoll_wait 0 S {SHORT}\n", SHORT),
    "map of a process": ("a.txt", f"------ SHOW MAP 7070: {SHORT} (showmap) ------", SHORT),
    "checked-in statistics": ("a.txt", f"proc,{SHORT},2000,0rf:12", SHORT),
}  # fmt: skip


def _told(folder: Path) -> list[tuple[str, str]]:
    alerts = of(reading(folder, EvidenceKind.ANDROID_FILE_SYSTEM, SETS), "alert")
    return [(each["indicator"]["value"], each["data"]["place_class"]) for each in alerts]


@pytest.mark.parametrize("name", FILES)
def test_a_value_is_found_in_the_form_of_its_writer(evidence: Path, name: str) -> None:
    """Each is told, and none only as what may be one."""
    file, content, value = FILES[name]
    (evidence / file).parent.mkdir(parents=True, exist_ok=True)
    (evidence / file).write_bytes(content.encode() if isinstance(content, str) else content)

    assert [found for found, shown in _told(evidence) if shown not in {"lead", "mention"}] == [value]


def test_the_hash_of_what_was_sent_is_found_as_whatsapp_keeps_it(evidence: Path) -> None:
    """It stands in base64 in a column of its own."""
    database(
        evidence / "msgstore.db", "media", "id INTEGER, h TEXT", (1, base64.b64encode(bytes.fromhex(SENT)).decode())
    )

    assert [value for value, _ in _told(evidence)] == [SENT]


def test_a_process_in_a_report_on_spyware_is_a_mention(evidence: Path) -> None:
    """A reader of reports is not accused of what they name."""
    (evidence / "a.txt").write_text(f"Amnesty: process '{PROGRAM}' is of NSO's Pegasus.")

    assert {shown for _, shown in _told(evidence)} == {"mention"}


@pytest.mark.parametrize(
    "text",
    [
        f"/data/local/tmp/.other:\ntotal 4\n{_ROW} loader\n",
        f"total 4\n{_ROW} loader\n",
        f"cp /data/local/tmp .kept/loader {SHORT}",
        f"PID name\nof {SHORT}\nis none",
        f"primary: KeptNotes/k.dat init.svcs.{PROGRAM}",
        f"customer service {PROGRAM} or other",
    ],
)
def test_what_only_looks_alike_is_none(evidence: Path, text: str) -> None:
    """Another folder's file, two words of a command, a heading of prose."""
    (evidence / "a.txt").write_text(text)

    assert _told(evidence) == []
