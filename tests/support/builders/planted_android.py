r"""Sound Android phones, each with one value in one place: AndroidQF, bugreports, backups, intrusion logs.

Forms follow their writers: mvt-project/androidqf (JSON by Go's encoder, `\\u0026` and `\\/` by others), AOSP's dumpstate
and dumpsys sources, AOSP's backup format, Android's intrusion logging export, ALEAPP's parsers of app data.
"""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import io
import json
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from builders import planted_inputs as given
from builders.planted_forms import proto, tables
from builders.planted_inputs import HASHED, INDICATORS, SoundInput, replaced
from mvtcase.model import EvidenceKind
from mvtcase.phones.android import build_androidqf
from mvtcase.phones.android_damage import dated_zip, fixed_zip
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.android_spots import AndroidEvidence, Placement
from mvtcase.phones.bugreport import Layout, bugreport_members, text_name
from mvtcase.phones.intrusion_logs import log_members
from mvtcase.phones.plants import PlantKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Members = dict[str, bytes]
    Edit = Callable[[Members, str], None]

_DOMAINS = (PlantKind.DOMAINS,)
_LINKS = (PlantKind.DOMAINS, PlantKind.URLS)
_NAMES = (PlantKind.DOMAINS, PlantKind.URLS, PlantKind.EMAILS)
_MAIL = (PlantKind.EMAILS,)
_APPS = (PlantKind.APP_IDS,)
_RUN = (PlantKind.PROCESSES, PlantKind.APP_IDS)
_PATHS = (PlantKind.FILE_PATHS,)
_FILES = (PlantKind.FILE_NAMES,)
_HASHES = tuple(HASHED)
_PROPERTIES = (PlantKind.ANDROID_PROPERTY_NAMES,)
PHONE = AndroidPhone(seed=8)


@dataclass(frozen=True, slots=True)
class AndroidPlace:
    """A place on an Android phone; `edit` puts a value into the files of one part of the evidence."""

    name: str
    source: str
    kinds: tuple[PlantKind, ...]
    edit: Edit
    part: AndroidEvidence = AndroidEvidence.ANDROIDQF

    @property
    def forms(self) -> tuple[EvidenceKind, ...]:
        """Return the kinds of evidence that hold this place."""
        return _FORMS[self.part]

    def value(self) -> str:
        """Return a value of the first class that stands here."""
        return _values(self, self.kinds[0])[0][0]


def androidqf(folder: Path, phone: AndroidPhone, edit: Callable[[Members], None]) -> Path:
    """Return an acquisition after `edit` changed its files; its own list of hashes fits what it then holds."""
    path = build_androidqf(folder / "phone", phone).path
    members = {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}
    before = dict(members)
    edit(members)
    rows = [(name, hashlib.sha256(data).hexdigest()) for name, data in members.items() if name != "hashes.csv"]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    members["hashes.csv"] = text.getvalue().encode()
    for name in before.keys() - members.keys():
        (path / name).unlink()
    for name, data in members.items():
        if before.get(name) != data:
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(data)
    return path


def json_edit(name: str, change: Callable[[list[dict[str, object]], str], object], *, escape: str = "") -> Edit:
    """Return an edit that changes the rows of a JSON file, and may write them escaped."""

    def edit(members: Members, value: str) -> None:
        rows = json.loads(members[name])
        change(rows, value)
        text = json.dumps(rows)
        if escape == "slash":
            text = text.replace("/", "\\/")
        if escape == "unicode":
            text = text.replace(value, "".join(f"\\u{ord(letter):04x}" for letter in value))
        members[name] = text.encode()

    return edit


def text_edit(name: str, line: str, *, after: str = "") -> Edit:
    """Return an edit that adds a line to a text, at its end or after the first line that holds `after`."""

    def edit(members: Members, value: str) -> None:
        lines = members.get(name, b"").decode().splitlines()
        place = next((number for number, each in enumerate(lines) if after and after in each), len(lines) - 1)
        lines[place + 1 : place + 1] = line.format(value).split("\n")
        members[name] = ("\n".join(lines) + "\n").encode()

    return edit


def file_edit(name: str, make: Callable[[str], bytes]) -> Edit:
    """Return an edit that adds a file."""

    def edit(members: Members, value: str) -> None:
        members[name.format(value)] = make(value)

    return edit


def dumped(service: str, line: str) -> Edit:
    """Return an edit that adds lines to a section of dumpsys, or the section."""

    def edit(members: Members, value: str) -> None:
        name = text_name(PHONE)
        text = members[name].decode()
        head = f"DUMP OF SERVICE {service}:\n"
        if head not in text:
            end = f"--------- 0.012s was the duration of dumpsys {service}, ending at: {PHONE.wall_clock:%Y-%m-%d %H:%M:%S}\n"
            text += f"{'-' * 79}\n{head}{end}"
        members[name] = replaced(text.encode(), head, f"{head}{line.format(value)}\n")

    return edit


def section(title: str, line: str) -> Edit:
    """Return an edit that adds a section of dumpstate before dumpsys."""

    def edit(members: Members, value: str) -> None:
        name = text_name(PHONE)
        block = f"------ {title} ------\n{line.format(value)}\n------ 0.011s was the duration of '{title}' ------\n\n"
        members[name] = replaced(members[name], "------ DUMPSYS (", f"{block}------ DUMPSYS (")

    return edit


def _package_row(rows: list[dict[str, object]], value: str) -> None:
    rows.append({**rows[-1], "name": value, "uid": 10777})


def _add_process(rows: list[dict[str, object]], value: str) -> None:
    rows.append({**rows[-1], "pid": 7070, "filename": f"({value[-15:]})", "command_line": [value]})


def _collected(members: Members) -> bytes:
    return members.pop("processes.txt" if "processes.txt" in members else "processes.json")


def _newer_processes(members: Members, value: str) -> None:
    """Androidqf 1.8 and later: processes.json alone."""
    rows = json.loads(_collected(members))
    members.pop("ps.txt", None)
    _add_process(rows, value)
    members["processes.json"] = json.dumps(rows).encode()


def _older_processes(members: Members, value: str) -> None:
    """Androidqf between ps.txt and processes.json: processes.txt alone."""
    rows = json.loads(_collected(members))
    members.pop("ps.txt", None)
    _add_process(rows, value)
    members["processes.txt"] = json.dumps(rows).encode()


def _by_path(members: Members, value: str) -> None:
    """A process whose name is ordinary and whose executable lies where the indicator says."""
    rows = json.loads(_collected(members))
    members.pop("ps.txt", None)
    rows.append({**rows[-1], "pid": 7071, "filename": "(loader)", "path": value, "command_line": [value, "-d"]})
    members["processes.json"] = json.dumps(rows).encode()


def _content_of(value: str) -> bytes:
    return next(data for kind, data in HASHED.items() if INDICATORS[kind] == (value,))


def _hash_in_files(rows: list[dict[str, object]], value: str) -> None:
    name = {32: "md5", 40: "sha1", 64: "sha256"}[len(value)]
    rows[2][name] = value.upper()


def _hash_of_apk(rows: list[dict[str, object]], value: str) -> None:
    files = rows[-1]["files"]
    if isinstance(files, list):
        files[0][{32: "md5", 40: "sha1", 64: "sha256"}[len(value)]] = value


def _certificate(rows: list[dict[str, object]], value: str) -> None:
    files = rows[-1]["files"]
    if isinstance(files, list):
        files[0]["certificate"]["Sha1"] = value.upper()


def _installer(rows: list[dict[str, object]], value: str) -> None:
    rows[-1]["installer"] = value


def _listed(template: str) -> Callable[[list[dict[str, object]], str], None]:
    return lambda rows, value: rows.append({**rows[-1], "path": template.format(value)})


def _apk(value: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("AndroidManifest.xml", b"\x03\x00\x08\x00" + b"\0" * 60)
        archive.writestr("classes.dex", b"dex\n035\0" + b"\x10strings of code " * 40 + b"\x1c" + value.encode() + b"\0")
    return packed.getvalue()


def _mounts(members: Members, value: str) -> None:
    rows = json.loads(members["mounts.json"])
    members["mounts.json"] = json.dumps([*rows, f"tmpfs on {value} type tmpfs (rw,relatime)"]).encode()


def _aqf(name: str, source: str, kinds: tuple[PlantKind, ...], edit: Edit) -> AndroidPlace:
    return AndroidPlace(name, source, kinds, edit)


_QF = "androidqf source"
_AQF: tuple[AndroidPlace, ...] = (
    _aqf("processes.json", f"{_QF}, v1.8.0", _RUN, _newer_processes),
    _aqf("processes.txt", f"{_QF}, before v1.8.0", _RUN, _older_processes),
    _aqf("ps.txt", "MVT's own source", _RUN, text_edit("ps.txt", "u0_a99           7070     1  900000   9000 do_epoll_wait       0 S {}")),
    _aqf("path in processes.json", f"{_QF}, v1.8.0", _PATHS, _by_path),
    _aqf("packages.json", _QF, _APPS, json_edit("packages.json", _package_row)),
    _aqf("packages.json in unicode escapes", "RFC 8259 §7", _APPS, json_edit("packages.json", _package_row, escape="unicode")),
    _aqf("installer in packages.json", _QF, _APPS, json_edit("packages.json", _installer)),
    _aqf("hash of an APK", _QF, _HASHES, json_edit("packages.json", _hash_of_apk)),
    _aqf("certificate of an app", _QF, (PlantKind.APP_CERT_HASHES,), json_edit("packages.json", _certificate)),
    _aqf("files.json", _QF, _PATHS, json_edit("files.json", _listed("{}"))),
    _aqf("files.json with escaped slashes", "RFC 8259 §7", _PATHS, json_edit("files.json", _listed("{}"), escape="slash")),
    _aqf("files.json in unicode escapes", "RFC 8259 §7", _PATHS, json_edit("files.json", _listed("{}"), escape="unicode")),
    _aqf("name in files.json", _QF, _FILES, json_edit("files.json", _listed("/sdcard/Download/{}"), escape="slash")),
    _aqf("app's folder in files.json", _QF, _APPS, json_edit("files.json", _listed("/data/data/{}/files/a.bin"))),
    _aqf("hash in files.json", _QF, _HASHES, json_edit("files.json", _hash_in_files)),
    _aqf("APK that was copied, by hash", _QF, _HASHES, file_edit("apks/org.example.app.apk", _content_of)),
    _aqf("text in a copied APK", _QF, _LINKS, file_edit("apks/org.example.app.apk", _apk)),
    _aqf("getprop.txt", _QF, _PROPERTIES, text_edit("getprop.txt", "[{}]: [1]")),
    _aqf("enabled accessibility service", _QF, _APPS, text_edit("settings_secure.txt", "enabled_accessibility_services={}/.Watch")),
    _aqf("device administrator in settings", _QF, _APPS, text_edit("settings_global.txt", "device_provisioning_package={}")),
    _aqf("private DNS", _QF, _DOMAINS, text_edit("settings_global.txt", "private_dns_specifier={}")),
    _aqf("proxy", _QF, _DOMAINS, text_edit("settings_global.txt", "http_proxy={}:8080")),
    _aqf("services.txt", _QF, _APPS, text_edit("services.txt", "2\tharrow: [{}.IWatch]")),
    _aqf("logcat.txt", _QF, (*_NAMES, *_APPS), text_edit("logcat.txt", "11-20 09:12:01.231  4211  4230 D Conn    : opening {} in task 4")),
    _aqf("process start in logcat.txt", "AOSP ActivityManager", _APPS, text_edit("logcat.txt", "11-20 09:12:01.300  1042  1099 I ActivityManager: Start proc 4233:{}/u0a99 for service")),
    _aqf("logcat_old.txt", _QF, _LINKS, text_edit("logcat_old.txt", "11-19 09:12:01.231  4211  4230 D Conn    : opening {} in task 4")),
    _aqf("dumpsys.txt", _QF, _APPS, text_edit("dumpsys.txt", "  Package [{}] (1a2b3c):")),
    _aqf("crash trace in logs", _QF, _APPS, file_edit("logs/data/anr/anr_2026-11-19-08-00-00-001", lambda value: f"----- pid 811 at 2026-11-19 08:00:00 -----\nCmd line: {value}\n".encode())),
    _aqf("tombstone in logs", "AOSP debuggerd", (PlantKind.PROCESSES,), file_edit("logs/data/tombstones/tombstone_01", lambda value: f"pid: 8, tid: 8, name: {value}  >>> {value} <<<\nuid: 10231\n".encode())),
    _aqf("mounts.json", _QF, _PATHS, _mounts),
    _aqf("root_binaries.json", _QF, _PATHS, file_edit("root_binaries.json", lambda value: json.dumps([value]).encode())),
    _aqf("browser_history", f"{_QF}, browser_history", _LINKS, file_edit("browser_history/com.android.chrome.json", lambda value: json.dumps([{"url": value, "title": "x", "visit_time": 1790000000}]).encode())),
    _aqf("file in a temporary folder", _QF, _LINKS, file_edit("tmp/data/local/tmp/run.sh", lambda value: f"#!/system/bin/sh\ncurl -o /data/local/tmp/x {value}\n".encode())),
    _aqf("removed file in files.json", "AOSP MediaProvider", _FILES, json_edit("files.json", _listed("/sdcard/DCIM/.trashed-1790000000-{}"))),
    _aqf("second download in files.json", "AOSP DownloadProvider", _FILES, json_edit("files.json", lambda rows, value: rows.append({**rows[-1], "path": f"/sdcard/Download/{value.replace('.', ' (1).')}"}))),
    _aqf("list of a temporary folder", "toybox ls", _PATHS, file_edit("tmp_list.txt", lambda value: f"{value.rpartition('/')[0]}:\ntotal 4\n-rwxrwxrwx 1 shell shell 12 2026-11-11 10:00 {value.rpartition('/')[2]}\n".encode())),
    _aqf("service of init", "AOSP init", (PlantKind.PROCESSES,), text_edit("getprop.txt", "[init.svc.{}]: [running]")),
    _aqf("compiled app in files.json", "AOSP installd", _APPS, json_edit("files.json", _listed("/data/dalvik-cache/arm64/data@app@{}-1@base.apk@classes.dex"))),
    _aqf("account's mails in files.json", "ALEAPP gmailEmails.py", _MAIL, json_edit("files.json", _listed("/data/data/com.google.android.gm/databases/mailstore.{}.db"))),
    _aqf("env.txt", _QF, _PATHS, text_edit("env.txt", "LD_PRELOAD={}")),
)  # fmt: skip


def _bug(name: str, source: str, kinds: tuple[PlantKind, ...], edit: Edit) -> AndroidPlace:
    return AndroidPlace(name, source, kinds, edit, AndroidEvidence.BUGREPORT)


def _ps_row(members: Members, value: str) -> None:
    name = text_name(PHONE)
    row = f"u:r:shell:s0 shell 7072 7072 1 9000 900 do_epoll_wait 0 S 19 0 - 0 fg 00:00:01 {value}\n"
    end = "------ 0.220s was the duration of 'PROCESSES"
    members[name] = replaced(members[name], end, row + end)


def _tombstone_pb(value: str) -> bytes:
    thread = proto((1, 8), (2, value))
    return proto((1, 1), (2, "google/tokay"), (5, 8), (6, 8), (7, 10231), (9, value), (16, proto((1, 8), (2, thread))))


_BUG: tuple[AndroidPlace, ...] = (
    _bug("process table", "AOSP dumpstate", _RUN, _ps_row),
    _bug("dumpsys package", "AOSP Settings.java", _APPS, dumped("package", "Packages:\n  Package [{}] (1a2b3c):\n    appId=10777")),
    _bug("dumpsys usagestats", "AOSP UsageStatsService, ALEAPP usagestats", _APPS, dumped("usagestats", '    package={} totalTimeUsed="01:12" lastTimeUsed="2026-11-18 10:00:00"')),
    _bug("dumpsys account", "AOSP AccountManagerService", _MAIL, dumped("account", "User UserInfo{{0:Owner:c13}}:\n  Accounts: 1\n    Account {{name={}, type=com.google}}")),
    _bug("dumpsys device_policy", "AOSP DevicePolicyManagerService", _APPS, dumped("device_policy", "  Enabled Device Admins (User 0):\n    {}/.Admin:\n      uid=10777")),
    _bug("dumpsys accessibility", "AOSP AccessibilityManagerService", _APPS, dumped("accessibility", "     Enabled services:{{{{{}/.Watch}}}}")),
    _bug("dumpsys notification", "AOSP NotificationManagerService", (*_APPS, *_LINKS), dumped("notification", "  NotificationRecord(0x0a: pkg=com.x user=0 tickerText={} )")),
    _bug("dumpsys jobscheduler", "AOSP JobSchedulerService", _APPS, dumped("jobscheduler", "  JOB #u0a99/17: 8a1b {}/.Upload")),
    _bug("dumpsys alarm", "AOSP AlarmManagerService", _APPS, dumped("alarm", "    ELAPSED #12: Alarm{{9a type 3 origWhen 1 whenElapsed 2 {}}}")),
    _bug("dumpsys activity", "AOSP ActivityManagerService", _APPS, dumped("activity", "  * ServiceRecord{{3c u0 {}/.Record}}")),
    _bug("dumpsys netstats", "AOSP NetworkStatsService", _DOMAINS, dumped("dnsresolver", "  12:00:01 getaddrinfo({}) netId 101 3ms")),
    _bug("dumpsys connectivity", "AOSP ConnectivityService", _DOMAINS, dumped("connectivity", "  11-20 08:00:00 - PROBE_DNS {} 12ms OK")),
    _bug("dumpsys clipboard", "AOSP ClipboardService", _LINKS, dumped("clipboard", "  primaryClip: {{T:{}}}")),
    _bug("dumpsys shortcut", "AOSP ShortcutService", _LINKS, dumped("shortcut", "      intents: [Intent {{ act=VIEW dat={} }}]")),
    _bug("dumpsys media_session", "AOSP MediaSessionService", _APPS, dumped("media_session", "    Rec {}/rec (userId=0)")),
    _bug("dumpsys appops", "AOSP AppOpsService", _APPS, dumped("appops", "  Uid u0a777:\n    Package {}:\n      RECORD_AUDIO (allow):")),
    _bug("system log", "AOSP dumpstate", (*_NAMES, *_APPS), section("SYSTEM LOG (logcat -v threadtime -v printable)", "11-20 08:01:02.003  1042  1042 I Conn    : opening {} in task 4")),
    _bug("event log", "AOSP event-log-tags", _APPS, section("EVENT LOG (logcat -b events)", "11-20 08:01:02.003  1042  1042 I am_proc_start: [0,7070,10777,{},service,x]")),
    _bug("kernel log", "AOSP dumpstate", (PlantKind.PROCESSES,), section("KERNEL LOG (dmesg)", "[  12.3] init: starting service '{}'...")),
    _bug("system properties", "AOSP dumpstate", _PROPERTIES, text_edit(text_name(PHONE), "[{}]: [1]", after="SYSTEM PROPERTIES")),
    _bug("open files", "AOSP dumpstate, lsof", _PATHS, section("LIST OF OPEN FILES (su root lsof)", "loader 7070 root txt REG 254,53 0 9000 12 {}")),
    _bug("sockets", "AOSP dumpstate, ss", (PlantKind.PROCESSES,), section("DETAILED SOCKET STATE (ss -eionptu)", 'tcp ESTAB 0 0 192.168.1.2:50123 192.0.2.9:443 users:(("{}",pid=345,fd=12))')),
    _bug("mount table", "AOSP dumpstate", _PATHS, file_edit("FS/proc/7070/mountinfo", lambda value: f"90 23 0:60 / {value} rw,relatime shared:30 - tmpfs tmpfs rw\n".encode())),
    _bug("tombstone", "AOSP debuggerd", (PlantKind.PROCESSES,), file_edit("FS/data/tombstones/tombstone_09", lambda value: f"pid: 8, tid: 8, name: {value}  >>> {value} <<<\nuid: 10231\nTimestamp: 2026-11-17 08:00:00.1+0800\n".encode())),
    _bug("tombstone in protobuf", "AOSP tombstone.proto", (PlantKind.PROCESSES,), file_edit("FS/data/tombstones/tombstone_09.pb", _tombstone_pb)),
    _bug("trace of a hang", "AOSP dumpstate", _APPS, file_edit("FS/data/anr/anr_2026-11-17-09-00-00-001", lambda value: f"----- pid 7070 -----\nCmd line: {value}\n".encode())),
    _bug("dropbox entry", "AOSP DropBoxManagerService", _APPS, file_edit("FS/data/system/dropbox/data_app_crash@1790000000000.txt.gz", lambda value: gzip.compress(f"Process: {value}\nPackage: {value} v3\n".encode() + b"\tat a.b.c\n" * 40))),
    _bug("proto of a service", "AOSP dumpstate, proto/", _APPS, file_edit("proto/activity.proto", lambda value: proto((1, proto((1, 3), (2, value)))))),
    _bug("recovery log", "AOSP recovery", _PATHS, file_edit("FS/cache/recovery/last_log", lambda value: f"I:installed {value}\n".encode())),
)  # fmt: skip


def _ab(name: str, source: str, kinds: tuple[PlantKind, ...], edit: Edit) -> AndroidPlace:
    return AndroidPlace(name, source, kinds, edit, AndroidEvidence.BACKUP)


def message_edit(mms: bool, text: str) -> Edit:  # noqa: FBT001 - bound once below
    """Return an edit that adds a received message to a backup."""

    def edit(members: Members, value: str) -> None:
        name = f"apps/com.android.providers.telephony/d_f/000000_{'mms' if mms else 'sms'}_backup"
        rows = json.loads(zlib.decompress(members[name]))
        rows.append({**rows[-1], "mms_body" if mms else "body": text.format(value)})
        members[name] = zlib.compress(json.dumps(rows).encode())

    return edit


def _sender(members: Members, value: str) -> None:
    name = "apps/com.android.providers.telephony/d_f/000000_sms_backup"
    rows = json.loads(zlib.decompress(members[name]))
    rows.append({**rows[-1], "address": value, "body": "Your parcel"})
    members[name] = zlib.compress(json.dumps(rows).encode())


def _preference(value: str) -> bytes:
    return f"<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\n<map>\n    <string name=\"last\">{value}</string>\n</map>\n".encode()


_CHROME = "CREATE TABLE urls(id INTEGER PRIMARY KEY, url LONGVARCHAR, title LONGVARCHAR, visit_count INTEGER);"
_COOKIES = "CREATE TABLE cookies(creation_utc INTEGER, host_key TEXT, name TEXT, value TEXT, path TEXT);"
_AB: tuple[AndroidPlace, ...] = (
    _ab("message with a link", "AOSP TelephonyBackupAgent", _LINKS, message_edit(False, "parcel: {} .")),
    _ab("multimedia message", "AOSP TelephonyBackupAgent", _NAMES, message_edit(True, "請看 {} 謝謝")),
    _ab("sender of a message", "AOSP TelephonyBackupAgent", _MAIL, _sender),
    _ab("preferences of an app", "AOSP SharedPreferences", (*_NAMES, *_APPS), file_edit("apps/org.example.notes/sp/main.xml", _preference)),
    _ab("escaped in preferences", "XML 1.0 §2.4", _LINKS, file_edit("apps/org.example.notes/sp/main.xml", lambda value: _preference("".join(f"&#x{ord(letter):x};" for letter in value)))),
    _ab("history of a browser", "ALEAPP chrome.py", _LINKS, file_edit("apps/org.example.browser/r/app_chrome/Default/History", lambda value: tables(_CHROME, ("INSERT INTO urls VALUES (1, ?, 'x', 1)", (value,))))),
    _ab("cookie of a browser", "ALEAPP chromeCookies.py", _DOMAINS, file_edit("apps/org.example.browser/r/app_chrome/Default/Cookies", lambda value: tables(_COOKIES, ("INSERT INTO cookies VALUES (1, ?, 'sid', '1', '/')", (f".{value}",))))),
    _ab("database of an app", "ALEAPP", _NAMES, file_edit("apps/org.example.chat/db/chat.db", lambda value: tables("CREATE TABLE messages(id INTEGER PRIMARY KEY, body TEXT);", ("INSERT INTO messages VALUES (1, ?)", (value,))))),
    _ab("file of an app in base64", "RFC 4648", _LINKS, file_edit("apps/org.example.chat/f/draft.eml", lambda value: b"MIME-Version: 1.0\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(f"look at {value} soon".encode()))),
    _ab("backed up app", "AOSP BackupManagerService", _APPS, file_edit("apps/{}/_manifest", lambda value: f"1\n{value}\n7\n36\n\n0\n0\n".encode())),
    _ab("shared storage", "AOSP BackupManagerService", _FILES, file_edit("shared/0/Download/{}", lambda _value: b"\x7fELF" + b"\0" * 90)),
    _ab("hash of a file", "published hashes", _HASHES, file_edit("shared/0/Download/holiday.bin", _content_of)),
)  # fmt: skip


def _log(name: str, kinds: tuple[PlantKind, ...], event: str, make: Callable[[str], dict[str, object]]) -> AndroidPlace:
    def edit(members: Members, value: str) -> None:
        newest = max(each for each in members if each.endswith(".txt"))
        moment = int((PHONE.taken_at - timedelta(hours=2)).timestamp() * 1000) * (
            1_000_000 if event == "security_event" else 1
        )
        line = json.dumps({event: {"event_id": 9999, "event_time": moment, **make(value)}})
        members[newest] += f"{line}\n".encode()

    return AndroidPlace(name, "Android intrusion logging export", kinds, edit, AndroidEvidence.INTRUSION_LOGS)


def _resolved(host: str) -> dict[str, object]:
    return {
        "package_name": "org.mozilla.firefox",
        "hostname": host,
        "ip_addresses": ["/192.0.2.9"],
        "ip_addresses_count": 1,
    }


_LOG: tuple[AndroidPlace, ...] = (
    _log("name lookup", _DOMAINS, "dns_event", _resolved),
    _log("name lookup with a trailing dot", _DOMAINS, "dns_event", lambda value: _resolved(f"{value}.")),
    _log("name lookup in capitals", _DOMAINS, "dns_event", lambda value: _resolved(value.upper())),
    _log("lookup by an app", _APPS, "dns_event", lambda value: {**_resolved("www.example.com"), "package_name": value}),
    _log("address that was looked up", _DOMAINS, "dns_event", lambda _: {**_resolved("www.example.com"), "ip_addresses": [f"/{given.ADDRESS}"]}),
    _log("connection", _DOMAINS, "connect_event", lambda _: {"package_name": "a.b", "port": 443, "ip_address": f"/{given.ADDRESS}"}),
    _log("connection by an app", _APPS, "connect_event", lambda value: {"package_name": value, "port": 443, "ip_address": "/192.0.2.8"}),
    _log("process start", _RUN, "security_event", lambda value: {"app_process_start": {"process": value, "uid": 10777, "pid": 7070, "seinfo": "default"}}),
    _log("app installed", _APPS, "security_event", lambda value: {"package_installed": {"package_name": value, "version_code": 7, "user_id": 0}}),
    _log("file sent over USB", _PATHS, "security_event", lambda value: {"adb_sync_send_file": {"path": value}}),
    _log("command over USB", _PATHS, "security_event", lambda value: {"adb_shell_cmd": {"command": f"chmod 755 {value}"}}),
    _log("certificate installed", _DOMAINS, "security_event", lambda value: {"cert_authority_installed": {"success": True, "subject": f"CN={value},O=x"}}),
)  # fmt: skip


PLACES: tuple[AndroidPlace, ...] = (*_AQF, *_BUG, *_AB, *_LOG)


def planted_android() -> Iterator[SoundInput]:
    """Yield the Android phones: every place alone, and what also lies inside an AndroidQF acquisition there too."""
    for place in PLACES:
        for kind in place.kinds:
            for value, how in _values(place, kind):
                for form in _FORMS[place.part] if not how else _FORMS[place.part][:1]:
                    yield SoundInput(
                        name=f"{form}: {how}{kind} in {place.name}",
                        half="planted",
                        group=str(kind),
                        kind=form,
                        build=partial(_build, form, place, value),
                        source=place.source,
                    )


_FORMS = {
    AndroidEvidence.ANDROIDQF: (EvidenceKind.ANDROIDQF,),
    AndroidEvidence.BUGREPORT: (EvidenceKind.BUGREPORT, EvidenceKind.ANDROIDQF),
    AndroidEvidence.BACKUP: (EvidenceKind.ANDROID_BACKUP, EvidenceKind.ANDROIDQF),
    AndroidEvidence.INTRUSION_LOGS: (EvidenceKind.INTRUSION_LOGS,),
}


def _values(place: AndroidPlace, kind: PlantKind) -> list[tuple[str, str]]:
    plain = given.ANDROID_PATH if kind is PlantKind.FILE_PATHS else INDICATORS[kind][0]
    if kind is PlantKind.PROCESSES:
        return [(plain, ""), (given.SHORT_PROCESS, "short ")]
    if kind is PlantKind.DOMAINS and PlantKind.URLS in place.kinds:
        return [(f"https://{plain}/a", ""), (plain, "bare ")]
    return [(plain, "")]


def _build(form: EvidenceKind, place: AndroidPlace, value: str, folder: Path) -> Path:
    edit = place.edit
    if form is EvidenceKind.ANDROIDQF:
        return androidqf(folder, PHONE, lambda members: _inside(members, place, value))
    if form is EvidenceKind.BUGREPORT:
        return bugreport(folder, PHONE, lambda members: edit(members, value))
    if form is EvidenceKind.ANDROID_BACKUP:
        return backup(folder, PHONE, lambda members: edit(members, value))
    return intrusion_logs(folder, PHONE, lambda members: edit(members, value))


def trace_in(form: EvidenceKind, place: AndroidPlace, value: str) -> Callable[[Members], None]:
    """Return what puts a value into the outermost container of this kind, whatever else it holds."""
    if form is EvidenceKind.ANDROIDQF:
        return lambda members: _inside(members, place, value)
    if form is EvidenceKind.BUGREPORT:
        return lambda members: _in_long_text(members, place, value)
    return lambda members: place.edit(members, value)


def _in_long_text(members: Members, place: AndroidPlace, value: str) -> None:
    # Places know the long text by the name that `PHONE` gives it.
    real = next((name for name in members if name.startswith("bugreport-")), text_name(PHONE))
    members[text_name(PHONE)] = members.pop(real)
    place.edit(members, value)
    members[real] = members.pop(text_name(PHONE))


def _inside(members: Members, place: AndroidPlace, value: str) -> None:
    if place.part is AndroidEvidence.BUGREPORT:
        members["bugreport.zip"] = _edited_zip(members["bugreport.zip"], place, value)
    elif place.part is AndroidEvidence.BACKUP:
        members["backup.ab"] = backup_bytes_of(members["backup.ab"], lambda inner: place.edit(inner, value))
    else:
        place.edit(members, value)


def bugreport(folder: Path, phone: AndroidPhone, edit: Callable[[Members], None]) -> Path:
    """Return a bugreport after `edit` changed its members."""
    path = folder / "bugreport.zip"
    path.write_bytes(bugreport_bytes_of(phone, edit))
    return path


def bugreport_bytes_of(phone: AndroidPhone, edit: Callable[[Members], None]) -> bytes:
    """Return the bytes of a bugreport after `edit` changed its members."""
    dated = bugreport_members(phone, Placement({}), Layout.ANDROID)
    members = {name: data for name, (data, _) in dated.items()}
    edit(members)
    usual = phone.wall_clock - timedelta(days=3)
    return dated_zip({name: (data, dated[name][1] if name in dated else usual) for name, data in members.items()})


def _edited_zip(whole: bytes, place: AndroidPlace, value: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        moments = {info.filename: datetime(*info.date_time) for info in archive.infolist()}  # noqa: DTZ001 - zips know no zone
        members = {name: archive.read(name) for name in moments}
    _in_long_text(members, place, value)
    usual = max(moments.values())
    return dated_zip({name: (data, moments.get(name, usual)) for name, data in members.items()})


def backup(folder: Path, phone: AndroidPhone, edit: Callable[[Members], None]) -> Path:
    """Return an Android backup after `edit` changed its members."""
    from mvtcase.phones.adb_backup import build_adb_backup  # noqa: PLC0415 - beside its one use

    path = build_adb_backup(folder / "backup.ab", phone).path
    path.write_bytes(backup_bytes_of(path.read_bytes(), edit))
    return path


def backup_bytes_of(whole: bytes, edit: Callable[[Members], None]) -> bytes:
    """Return the bytes of a backup after `edit` changed its members."""
    head, payload = whole[: whole.index(b"none\n") + 5], whole[whole.index(b"none\n") + 5 :]
    with tarfile.open(fileobj=io.BytesIO(zlib.decompress(payload))) as old:
        members = {each.name: file.read() for each in old if (file := old.extractfile(each)) is not None}
    edit(members)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as new:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.mtime = len(data), 0o600, int(PHONE.taken_at.timestamp())
            new.addfile(info, io.BytesIO(data))
    return head + zlib.compress(buffer.getvalue())


def intrusion_logs(folder: Path, phone: AndroidPhone, edit: Callable[[Members], None]) -> Path:
    """Return intrusion logs, as a zip, after `edit` changed its files."""
    members = log_members(phone, Placement({}))
    edit(members)
    path = folder / "logs.zip"
    path.write_bytes(fixed_zip(members, phone.wall_clock))
    return path
