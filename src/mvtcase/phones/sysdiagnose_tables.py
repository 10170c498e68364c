"""What the invented iPhone's sysdiagnose holds beside its oldest files: statistics of its log, tables, permissions.

Layouts as public parsers and the collectors' own strings have them; docs/sysdiagnose.md names each source.
"""

from __future__ import annotations

import json
import plistlib
from datetime import timedelta
from typing import TYPE_CHECKING

from mvtcase.phones.plants import PlantKind
from mvtcase.phones.sqlite_files import database
from mvtcase.phones.sysdiagnose_phone import SysdiagnoseFile, SysdiagnosePhone
from mvtcase.phones.sysdiagnose_system import DAEMONS, binary_uuid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mvtcase.phones.sqlite_files import Row

_FIRST_WITH_JSON = 16
_FIRST_WITH_TRANSPARENCY = 16
_ROTATIONS = 8
_LISTED = 20
"""`logd` lists no more programs than these, those that wrote most first."""

_TCC = """
CREATE TABLE access (service TEXT NOT NULL, client TEXT NOT NULL, client_type INTEGER NOT NULL,
    auth_value INTEGER NOT NULL, auth_reason INTEGER NOT NULL, auth_version INTEGER NOT NULL, csreq BLOB,
    policy_id INTEGER, indirect_object_identifier TEXT NOT NULL DEFAULT 'UNUSED', flags INTEGER,
    last_modified INTEGER NOT NULL, PRIMARY KEY (service, client, client_type, indirect_object_identifier));
"""


def tables(phone: SysdiagnosePhone) -> Iterator[SysdiagnoseFile]:
    """Yield every file of this room, in the layout of the phone's iOS version."""
    yield from log_statistics(phone)
    yield _jetsam_table(phone)
    yield _task_table(phone)
    yield _running_board(phone)
    yield _shared_cache(phone)
    yield _permissions(phone)
    yield _pairing_log(phone)
    yield from _unparsed(phone)


def log_statistics(phone: SysdiagnosePhone) -> Iterator[SysdiagnoseFile]:
    """Yield logd's statistics of eight weekly rotations as text and, from iOS 16 on, as lines of JSON."""
    folder = "system_logs.logarchive/Extra"
    moments = [phone.created - timedelta(days=7 * number, hours=3) for number in range(_ROTATIONS, 0, -1)]
    text = "".join(_as_text(phone, moment, number) for number, moment in enumerate(moments))
    yield SysdiagnoseFile(
        source="log_statistics_text", path=f"{folder}/logdata.statistics.0.txt", content=text.encode()
    )
    if phone.ios_version >= _FIRST_WITH_JSON:
        lines = "".join(_as_json(phone, moment, number) for number, moment in enumerate(moments))
        yield SysdiagnoseFile(
            source="log_statistics", path=f"{folder}/logdata.statistics.0.jsonl", content=lines.encode()
        )


def _writers(phone: SysdiagnosePhone, spot: str, number: int) -> list[tuple[int, str]]:
    """Return bytes and path of the programs of one rotation; planted ones wrote in the third and the fourth."""
    rng = phone.random(f"log statistics {number}")
    planted = phone.planted_paths(spot) if number in {2, 3} else ()
    programs = [*rng.sample(DAEMONS, _LISTED - len(planted)), *planted]
    return sorted(((rng.randrange(20_000, 4_000_000), path) for path in programs), reverse=True)


def _as_text(phone: SysdiagnosePhone, moment: datetime, number: int) -> str:
    writers = _writers(phone, "log_statistics_text", number)
    total = sum(size for size, _ in writers)
    rows = "".join(f"    - [ {size:>10}, {100 * size / total:>5.1f}, {path} ]\n" for size, path in writers)
    kind = f"File Rotate\nfile  : Persist/{number:016x}.tracev3" if number % 2 else "Memory Rollover"
    return (
        f"--- !logd statistics record\ntype  : {kind}\ntime  : {moment:%Y-%m-%d %H:%M:%S%z}\n"
        f"total : {total}\nprocs :\n{rows}\n"
    )


def _as_json(phone: SysdiagnosePhone, moment: datetime, number: int) -> str:
    writers = _writers(phone, "log_statistics", number)
    record = {
        "type": "File Rotate" if number % 2 else "Memory Rollover",
        "file": f"Persist/{number:016x}.tracev3" if number % 2 else "",
        "unixTime": int(moment.timestamp()),
        "totalBytes": sum(size for size, _ in writers),
        "processList": [{"process": path, "size": size} for size, path in writers],
    }
    return json.dumps(record) + "\n"


def _jetsam_table(phone: SysdiagnosePhone) -> SysdiagnoseFile:
    rows = ["#,pid,name,priority,priority_name,state,footprint,footprint_peak"]
    names = [path.rsplit("/", 1)[-1] for path in DAEMONS] + list(phone.planted_at("jetsam_table", PlantKind.PROCESSES))
    rows += [f"{at},{30 + at * 7},{name},40,DEFAULT,D,{900 + at},{1900 + at}" for at, name in enumerate(names)]
    return SysdiagnoseFile(source="jetsam_table", path="jetsam_priority.csv", content=("\n".join(rows) + "\n").encode())


def _task_table(phone: SysdiagnosePhone) -> SysdiagnoseFile:
    rows = ["pid,process,threads,user time,system time"]
    names = [path.rsplit("/", 1)[-1] for path in DAEMONS] + list(phone.planted_at("task_table", PlantKind.PROCESSES))
    rows += [f"{30 + at * 7},{name},{3 + at % 5},0.{at},0.{at + 1}" for at, name in enumerate(names)]
    return SysdiagnoseFile(source="task_table", path="taskSummary.csv", content=("\n".join(rows) + "\n").encode())


def _running_board(phone: SysdiagnosePhone) -> SysdiagnoseFile:
    labels = [f"com.apple.{path.rsplit('/', 1)[-1].lower().replace(' ', '')}" for path in DAEMONS[1:12]]
    rows = [f"[osservice<{label}>:{40 + at}] running-active (role: None)" for at, label in enumerate(labels)]
    apps = ("com.apple.mobilesafari", *phone.planted_at("running_board", PlantKind.APP_IDS))
    rows += [f"[app<{bundle}((null))>:{900 + at}] suspended (role: None)" for at, bundle in enumerate(apps)]
    names = phone.planted_at("running_board", PlantKind.PROCESSES)
    rows += [f"[anon<{name}>(501):{1900 + at}] running-active (role: None)" for at, name in enumerate(names)]
    path = "RunningBoard/RunningBoard_state.log"
    return SysdiagnoseFile(source="running_board", path=path, content=("\n".join(rows) + "\n").encode())


def _shared_cache(phone: SysdiagnosePhone) -> SysdiagnoseFile:
    paths = ("/usr/lib/dyld", "/System/Library/Frameworks/UIKit.framework/UIKit", *phone.planted_paths("shared_cache"))
    listed = [
        {"Path": path, "UUID_String": binary_uuid(path), "Load_Address": 0x180A95000 + (at << 20), "Text_Size": 4096}
        for at, path in enumerate(paths)
    ]
    held = {"Binaries": listed, "Cache_UUID_String": binary_uuid("cache"), "Unslid_Base_Address": 0x180000000}
    return SysdiagnoseFile(
        source="shared_cache",
        path=f"logs/olddsc/{binary_uuid('cache')}",
        content=plistlib.dumps(held, fmt=plistlib.FMT_BINARY, sort_keys=True),
    )


def _permissions(phone: SysdiagnosePhone) -> SysdiagnoseFile:
    planted = phone.planted_at("permissions", PlantKind.APP_IDS, PlantKind.PROCESSES)
    clients = ("com.apple.mobilesafari", "jp.naver.line", *planted)
    moment = int((phone.created - timedelta(days=20)).timestamp())
    rows: list[Row] = [
        {
            "service": "kTCCServiceMicrophone",
            "client": client,
            "client_type": 0,
            "auth_value": 2,
            "auth_reason": 2,
            "auth_version": 1,
            "last_modified": moment + 60 * at,
        }
        for at, client in enumerate(dict.fromkeys(clients))
    ]
    return SysdiagnoseFile(
        source="permissions", path="logs/Accessibility/TCC.db", content=database(_TCC, {"access": rows})
    )


def _pairing_log(phone: SysdiagnosePhone) -> SysdiagnoseFile:
    moment = phone.created - timedelta(days=1)
    said = [
        "lockstart_local: Build version: " + phone.build,
        "handle_get_value: AMPDevicesAgent attempting to get [ProductType]",
    ]
    said += [
        f"handle_get_value: {name} attempting to get [UniqueDeviceID]"
        for name in phone.planted_at("pairings", PlantKind.PROCESSES)
    ]
    rows = [f"{moment:%m/%d/%y %H:%M:%S}.{at:06} pid=69 {text}" for at, text in enumerate(said)]
    return SysdiagnoseFile(
        source="pairings", path="logs/MobileLockdown/lockdownd.log", content=("\n".join(rows) + "\n").encode()
    )


def _unparsed(phone: SysdiagnosePhone) -> Iterator[SysdiagnoseFile]:
    """Yield what no module parses: our second reader reads it value by value."""
    networks = {"wifi.network.ssid.Example": {"SSID": b"Example", "AddedAt": phone.created.replace(tzinfo=None)}}
    yield SysdiagnoseFile(
        source="known_networks",
        path="WiFi/com.apple.wifi.known-networks.plist",
        content=plistlib.dumps(networks, fmt=plistlib.FMT_BINARY, sort_keys=True),
    )
    keychain = (
        "HomeKit keychain state:\nHomeKit: acct=example,agrp=com.apple.hap.pairing,cdat=2026-01-02 03:04:05 +0000\n"
    )
    yield SysdiagnoseFile(source="keychain", path="security-sysdiagnose.txt", content=keychain.encode())
    yield SysdiagnoseFile(
        source="microstackshots",
        path="microstackshots/microstackshots",
        content=phone.random("samples").randbytes(2048),
    )
    if phone.ios_version >= _FIRST_WITH_TRANSPARENCY:
        held = {
            "copy_status_version": 1,
            "registration": [{"app": "com.apple.madrid", "createdAt": "2026-01-02 03:04:05 +0000"}],
        }
        yield SysdiagnoseFile(source="transparency", path="transparency.log", content=json.dumps(held).encode() + b"\n")
