"""Where a value stands: every carrier of a process, a packed target, a file's name or its bytes, as its writer has it.

Forms follow their writers: AOSP (debuggerd, dumpstate, ActivityManager, batterystats, lmkd), Linux (OOM killer, audit),
Apple's documented crash, jetsam and stackshot reports, the manuals of ps, top, lsof and launchctl, redirectors' public
addresses.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import plistlib
import zlib
from typing import TYPE_CHECKING

import pytest

from builders.planted_forms import lz4_block, proto, tracev3
from mvtcase.matchset import Collection, MatchSet
from mvtcase.model import EvidenceKind
from reading import database, of, reading, tarred, zipped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOST = "planted.example.net"
TARGET = f"https://{HOST}/landing"
NAME = "qzk"
FILE = "wavelet-agent.dylib"
CONTENT = b"\x7fELF" + b"second stage " * 40
VALUES = {
    "domains": (HOST,),
    "processes": (NAME, "bh"),
    "file_names": (FILE,),
    "files_md5": (hashlib.md5(CONTENT, usedforsecurity=False).hexdigest(),),
    "files_sha1": (hashlib.sha1(CONTENT, usedforsecurity=False).hexdigest(),),
    "files_sha256": (hashlib.sha256(CONTENT).hexdigest(),),
}
SETS = MatchSet(collections=(Collection(id="1", name="Invented", file_name="invented.stix2", values=VALUES),))


def found(folder: Path, name: str, content: bytes, kind: EvidenceKind = EvidenceKind.ANDROIDQF) -> set[str]:
    """Return the indicators that a file of an acquisition gives rise to, mentions left out."""
    path = folder / "evidence" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    alerts = of(reading(folder / "evidence", kind, SETS), "alert")
    return {str(each["indicator"]["value"]) for each in alerts if each["level"] not in {"LOW", "INFORMATIONAL"}}


def report(body: object, kind: str = "309") -> bytes:
    """Return an .ips file: a line of JSON and a body of JSON."""
    return (json.dumps({"bug_type": kind}) + "\n" + json.dumps(body, indent=1)).encode()


PS = f"""------ PROCESSES AND THREADS (ps -A -T -Z -O pri,nice,rtprio,sched,pcy,time) ------
LABEL           USER    PID   TID  PPID     VSZ    RSS WCHAN            ADDR S PRI  NI TIME CMD
u:r:init:s0     root      1     1     0 1234567   1234 0                   0 S  19   0 00:01 init
u:r:shell:s0    shell  7072  7072     1    9000    900 do_epoll_wait       0 S  19   0 00:01 {NAME}
------ 0.220s was the duration of 'PROCESSES' ------
"""
TOMBSTONE = "logs/data/tombstones/tombstone_01"
TOP = "  PID USER         PR  NI VIRT  RES  SHR S[%CPU] %MEM     TIME+ ARGS\n 7072 shell 20 0 9M 1M 1M S 12 0 0:01 "
LSOF = "COMMAND     PID       USER   FD      TYPE             DEVICE  SIZE/OFF       NODE NAME\n"
LINE = "11-20 08:01:02.003  1042  1042 I"
RUNNING: dict[str, tuple[str, bytes]] = {
    "tombstone": (TOMBSTONE, f"*** ***\npid: 8, tid: 9, name: {NAME}  >>> /system/bin/x <<<\n".encode()),
    "tombstone's program": (TOMBSTONE, f"pid: 8, tid: 8, name: x  >>> /data/local/{NAME} <<<\n".encode()),
    "command line of a tombstone": (TOMBSTONE, f"Cmdline: {NAME} -d 4\npid: 8, tid: 8, name: x\n".encode()),
    "tombstone in protobuf": (f"{TOMBSTONE}.pb", proto((1, 1), (2, "google/tokay"), (5, 8), (9, NAME), (10, "x"))),
    "thread of a tombstone in protobuf": (f"{TOMBSTONE}.pb", proto((1, 1), (16, proto((1, 8), (2, proto((2, NAME))))))),
    "trace of a hang": ("logs/data/anr/anr_2026", f"----- pid 811 -----\nCmd line: {NAME}\n".encode()),
    "entry of the dropbox": ("logs/dropbox/x@1.txt.gz", gzip.compress(f"Process: {NAME}\nPID: 4\n".encode())),
    "process table": ("bugreport-x.txt", PS.encode()),
    "top": ("dumpsys.txt", f"{TOP}{NAME} -x\n".encode()),
    "lsof": ("dumpsys.txt", f"{LSOF}{NAME} 7072 root txt REG 254,53 0 12 /x\n".encode()),
    "event log": ("logcat.txt", f"{LINE} am_proc_start: [0,7070,10777,{NAME},service,x]\n".encode()),
    "start of a process": ("logcat.txt", f"{LINE} ActivityManager: Start proc 4233:{NAME}/u0a99 for x\n".encode()),
    "end of a process": ("logcat.txt", f"{LINE} ActivityManager: Process {NAME} (pid 4233) has died\n".encode()),
    "batterystats of a checkin": ("dumpsys.txt", f'9,10123,l,pr,"{NAME}",120,30,0,2,0,0\n'.encode()),
    "batterystats": ("dumpsys.txt", f"  u0a77:\n    Proc {NAME}:\n      CPU: 1s usr\n".encode()),
    "memory of processes": ("dumpsys.txt", f"     12,345K: {NAME} (pid 7070 / activities)\n".encode()),
    "load of processes": ("dumpsys.txt", f"  12% 7070/{NAME}: 8% user + 4% kernel\n".encode()),
    "statistics of processes": ("dumpsys.txt", f"  * {NAME} / u0a77 / v7:\n".encode()),
    "killed for memory": ("logcat.txt", f"11-20 I lowmemorykiller: Kill '{NAME}' (7070), uid 10077\n".encode()),
    "killed by the kernel": ("logs/dmesg.txt", f"[ 12.3] Killed process 7070 ({NAME}) total-vm:9kB\n".encode()),
    "audit": ("logcat.txt", f'avc: denied {{ read }} for pid=7070 comm="{NAME}" dev="dm-4"\n'.encode()),
    "service of init": ("logs/dmesg.txt", f"[  12.3] init: starting service '{NAME}'...\n".encode()),
    "launchctl": ("launchctl-list.txt", f"7070\t0\t{NAME}".encode()),
    "launchctl with its heading": ("launchctl-list.txt", f"PID\tStatus\tLabel\n1\t0\tx\n7070\t0\t{NAME}\n".encode()),
    "unified log": ("Persist/1.tracev3", tracev3(f"/usr/libexec/{NAME} started by launchd", "com.apple.x")),
    "name in the unified log": ("Persist/1.tracev3", tracev3(f"{NAME}(7070) deny(1) file-read", "com.apple.x")),
    "crash report": ("x.ips", report({"procName": NAME, "pid": 4})),
    "older crash report": ("x.crash", f"Process:             {NAME} [7070]\nParent Process:  launchd [1]\n".encode()),
    "jetsam report": ("JetsamEvent-1.ips", report({"processes": [{"pid": 3, "name": NAME, "rpages": 9}]}, "298")),
    "largest process": ("JetsamEvent-1.ips", report({"largestProcess": NAME}, "298")),
    "stackshot": ("stacks-1.ips", report({"processByPid": {"7070": {"id": 7070, "procname": NAME}}}, "288")),
    "spindump": ("spindump-nosymbols.txt", f"Process:          {NAME} [7070]\nUUID: 0A1B\n".encode()),
    "task list": ("taskinfo.txt", f'process: "{NAME}" [7070] [unique ID: 4]\n'.encode()),
}  # fmt: skip


@pytest.mark.parametrize("carrier", RUNNING)
def test_a_process_of_three_letters_is_found_where_processes_are_named(carrier: str, tmp_path: Path) -> None:
    """Text, table, protobuf or JSON: whatever the system writes of what ran."""
    name, content = RUNNING[carrier]
    assert found(tmp_path, name, content) == {NAME}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("data/system/device_policies.xml", "artefact"),
        ("data/system/packages.xml", "artefact"),
        ("data/data/org.x/shared_prefs/y.xml", "heuristic"),
    ],
)
def test_an_app_in_the_systems_own_lists_of_apps_is_there(name: str, shown: str, tmp_path: Path) -> None:
    """An administrator of the device, as AOSP's DevicePolicyData writes it; elsewhere it is a word of a text."""
    app = "com.invented.helper"
    sets = MatchSet(collections=(Collection(id="1", name="I", file_name="invented.stix2", values={"app_ids": (app,)}),))
    path = tmp_path / "evidence" / name
    path.parent.mkdir(parents=True)
    path.write_text(f'<?xml version="1.0"?><policies><admin name="{app}/{app}.Admin"><x/></admin></policies>')
    (alert,) = of(reading(tmp_path / "evidence", EvidenceKind.ANDROID_FILE_SYSTEM, sets), "alert")
    assert alert["data"]["place_class"] == shown


@pytest.mark.parametrize(
    "text",
    [
        "see bh and qzk there",
        "bh",
        "my bh.",
        "/Users/bh/Documents",
        "bh@mail.example",
        "a list: qzk, bh",
        "chapter qzk 12",
    ],
)
def test_a_process_of_two_letters_is_no_word_of_a_text(text: str, tmp_path: Path) -> None:
    """Such names stand in messages and notes of every phone."""
    assert found(tmp_path, "notes/today.txt", f"{text}\nmore\n".encode()) == set()
    database(tmp_path / "evidence" / "notes.db", "notes", "body TEXT, name TEXT", (text, text))
    assert found(tmp_path, "notes/other.txt", b"-") == set()


def _zstd(data: bytes) -> bytes:
    packed: bytes = pytest.importorskip("zstandard").ZstdCompressor().compress(data)
    return packed


def _lzfse(data: bytes) -> bytes:
    packed: bytes = pytest.importorskip("lzfse").compress(data)
    return packed


def _bv41(data: bytes) -> bytes:
    block = lz4_block(data)
    return b"bv41" + len(data).to_bytes(4, "little") + len(block).to_bytes(4, "little") + block + b"bv4$"


def _plist(data: bytes) -> bytes:
    # In UTF-16, so that nothing is to be seen in the bytes.
    return plistlib.dumps({"u": f"{data.decode()}\u4e2d"}, fmt=plistlib.FMT_BINARY)


CACHE_HEAD = b"\x30\x5c\x72\xa7\x1b\x6d\xfb\xfc\x05\0\0\0"
PARTS = "https://planted.exam! ted.example.net/lan!"
"""What a packer refers back to, so that the target is not to be seen in the packed bytes."""

PACKED: dict[str, Callable[[bytes], bytes]] = {
    "Apple's LZ4": _bv41,
    "Apple's LZFSE": lambda data: _lzfse(data * 20),
    "Apple's LZVN": _lzfse,
    "Mozilla's LZ4": lambda data: b"mozLz40\0" + len(data).to_bytes(4, "little") + lz4_block(data),
    "zstd": _zstd,
    "gzip in a browser's cache": lambda data: CACHE_HEAD + gzip.compress(data) + b"\xd8\x41\x0d\x97\x45\x6f\xfa\xf4",
    "property list among other bytes": lambda data: b"\x01\x02\xff\xfe" * 9 + _plist(data) + b"\xff" * 9,
}  # fmt: skip


@pytest.mark.parametrize("packing", PACKED)
def test_a_packed_cache_is_unpacked(packing: str, tmp_path: Path) -> None:
    """What a cache holds is on the phone, however its writer packs it."""
    content = PACKED[packing](f"{'cached entry ' * 30}{PARTS} {TARGET} {'more of it ' * 30}".encode())
    assert HOST.encode() not in content
    assert found(tmp_path, "Library/Caches/store.bin", content, EvidenceKind.IOS_FILE_SYSTEM) == {HOST}


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


REDIRECTS = {
    "base64": _b64(TARGET),
    "base64 of the host alone": _b64(HOST),
    "base64 for links": base64.urlsafe_b64encode(f"{TARGET}?>>>".encode()).decode().rstrip("="),
    "base64 twice": _b64(_b64(TARGET)),
    "JSON in base64": _b64(json.dumps({"next": TARGET})),
    "token": f"eyJhbGciOiJub25lIn0.{_b64(json.dumps({'aud': HOST})).rstrip('=')}.",
    "base64 in a path": f"https://go.example.com/r/{_b64('//' + HOST + '/x')}/open",
    "hexadecimal": f"https://go.example.com/?to={TARGET.encode().hex()}",
    "mail guard, version 2": f"https://urldefense.example.com/v2/url?u=https-3A__{HOST}_landing&d=Dw",
    "mail guard, version 3": f"https://urldefense.example.com/v3/__{TARGET}__;!!x",
    "AMP": f"https://www.google.com/amp/s/{HOST}/landing",
    "AMP's cache": f"https://cdn.ampproject.org/c/s/{HOST}/landing",
    "AMP's host": "https://planted-example-net.cdn.ampproject.org/x",
    "translated": "https://planted-example-net.translate.goog/landing?_x_tr_sl=en",
    "percent-encoded": "https%3A%2F%2F" + HOST + "%2Flanding",
}


@pytest.mark.parametrize("way", REDIRECTS)
@pytest.mark.parametrize("carrier", ["cookie", "message", "preference"])
def test_the_target_of_a_redirect_is_found(way: str, carrier: str, tmp_path: Path) -> None:
    """In a cookie's value, a message or a preference, as click trackers and mail guards write it."""
    (tmp_path / "evidence").mkdir()
    text = REDIRECTS[way]
    if carrier == "preference":
        assert found(tmp_path, "sp/main.plist", plistlib.dumps({"next": text})) == {HOST}
        return
    table, name = ("cookies", "Cookies") if carrier == "cookie" else ("message", "sms.db")
    database(tmp_path / "evidence" / name, table, "value TEXT", (text,))
    assert found(tmp_path, "x", b"-") == {HOST}


def _mailed() -> bytes:
    head = b"From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n"
    return head + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(CONTENT)


def _backup() -> bytes:
    return b"ANDROID BACKUP\n5\n1\nnone\n" + zlib.compress(tarred("shared/0/Download/a.bin", CONTENT))


INSIDE: dict[str, tuple[str, bytes]] = {
    "Android backup": ("backup.ab", _backup()),
    "zip": ("a.zip", zipped("a.bin", CONTENT)),
    "zip in a zip": ("a.zip", zipped("b.zip", zipped("a.bin", CONTENT))),
    "tar.gz": ("a.tar.gz", gzip.compress(tarred("a.bin", CONTENT))),
    "gzip": ("a.gz", gzip.compress(CONTENT)),
    "mail": ("a.eml", _mailed()),
}


@pytest.mark.parametrize("container", INSIDE)
@pytest.mark.parametrize("kind", ["files_md5", "files_sha1", "files_sha256"])
def test_a_file_is_known_by_its_hash_inside_a_container_too(container: str, kind: str, tmp_path: Path) -> None:
    """The hash of the archive says nothing of what is in it."""
    name, content = INSIDE[container]
    assert set(VALUES[kind]) <= found(tmp_path, name, content)


def _media(column: str, table: str) -> Callable[[Path], None]:
    return lambda folder: database(folder / "ChatStorage.sqlite", table, f"{column} TEXT", (FILE,))


NAMED: dict[str, bytes | Callable[[Path], None]] = {
    "list of recent documents": plistlib.dumps({"items": [{"name": FILE}]}),
    "names alone in a list": plistlib.dumps({"recentDocuments": ["a.txt", FILE]}),
    "keyed by name": plistlib.dumps({"opened": {FILE: 4}}),
    "JSON": json.dumps([{"title": FILE}]).encode(),
    "WhatsApp's media": _media("ZTITLE", "ZWAMEDIAITEM"),
    "a column of any name": _media("zzz", "things"),
    "images of a spindump": f"Binary Images:\n   0x1000 - ???  {FILE} <0A1B> /private/var/x/lib\n".encode(),
    "percent-encoded": f"file:///private/var/tmp/{FILE}?x=1".encode(),
}


@pytest.mark.parametrize("place", NAMED)
def test_a_files_name_is_found_wherever_it_stands_alone(place: str, tmp_path: Path) -> None:
    """In lists, tables and logs, by whatever name the column or key goes."""
    (tmp_path / "evidence").mkdir()
    planted = NAMED[place]
    if not isinstance(planted, bytes):
        planted(tmp_path / "evidence")
        planted = b"-"
    assert found(tmp_path, "recent.plist", planted) == {FILE}
