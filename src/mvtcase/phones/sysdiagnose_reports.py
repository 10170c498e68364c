"""Crash, jetsam, stack and resource reports of the invented iPhone, in the form of its iOS version."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mvtcase.phones.plants import PlantKind
from mvtcase.phones.sysdiagnose_phone import SysdiagnoseFile, SysdiagnosePhone
from mvtcase.phones.sysdiagnose_system import DAEMONS, binary_uuid

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIRST_JSON_BODY = 15
_CRASHED = (DAEMONS[5], DAEMONS[23], DAEMONS[16])


def crash_reports(phone: SysdiagnosePhone) -> Iterator[SysdiagnoseFile]:
    """Yield the reports: ordinary crashes, planted ones, two jetsam reports, a stack report and a resource report."""
    for number, path in enumerate((*_CRASHED, *phone.planted_paths("crash"))):
        yield _file(phone, path.rsplit("/", 1)[-1], _crash(phone, path, "", number), number)
    for number, bundle in enumerate(phone.planted_at("crash", PlantKind.APP_IDS)):
        path = f"/private/var/containers/Bundle/Application/{binary_uuid(bundle)}/Notes.app/Notes"
        yield _file(phone, "Notes", _crash(phone, path, bundle, 40 + number), 40 + number)
    for number in (60, 61):
        yield _file(phone, "JetsamEvent", _jetsam(phone, number), number)
    yield _file(phone, "stacks", _stacks(phone), 70)
    yield _file(phone, "locationd.cpu_resource", _resource(phone, 71), 71)
    yield _summary(phone)


def _moment(phone: SysdiagnosePhone, number: int) -> datetime:
    return phone.created - timedelta(hours=5 * (number + 1))


def _file(phone: SysdiagnosePhone, name: str, text: str, number: int) -> SysdiagnoseFile:
    path = f"crashes_and_spins/{name}-{_moment(phone, number):%Y-%m-%d-%H%M%S}.ips"
    return SysdiagnoseFile(source="crashes", path=path, content=text.encode())


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}.00 {moment:%z}"


def _header(phone: SysdiagnosePhone, number: int, kind: str, **fields: object) -> str:
    head = {
        "bug_type": kind,
        "timestamp": _written(_moment(phone, number)),
        "os_version": phone.os_text,
        "incident_id": str(uuid.UUID(int=phone.random(f"incident {number}").getrandbits(128))).upper(),
    }
    return json.dumps({**head, **fields})


def _crash(phone: SysdiagnosePhone, path: str, bundle: str, number: int) -> str:
    name = path.rsplit("/", 1)[-1]
    if phone.ios_version >= _FIRST_JSON_BODY:
        header = _header(phone, number, "309", app_name=name, name=name, bundleID=bundle)
        return f"{header}\n{json.dumps(_crash_body(phone, path, bundle, number), indent=2)}\n"
    header = _header(phone, number, "109", app_name=name, name=name, bundleID=bundle)
    return f"{header}\n{_crash_text(phone, path, bundle or name, number)}"


def _crash_body(phone: SysdiagnosePhone, path: str, bundle: str, number: int) -> dict[str, object]:
    return {
        "uptime": 44000 + number,
        "procRole": "Background",
        "version": 2,
        "userID": 501,
        "osVersion": {"train": f"iPhone OS {phone.version}", "build": phone.build, "releaseType": "User"},
        "captureTime": _written(_moment(phone, number)),
        "pid": 435 + number,
        "procName": path.rsplit("/", 1)[-1],
        "procPath": path,
        "parentProc": "launchd",
        "parentPid": 1,
        "coalitionName": bundle or f"com.apple.{path.rsplit('/', 1)[-1].replace(' ', '')}",
        "bundleInfo": {"CFBundleIdentifier": bundle} if bundle else {},
        "exception": {"type": "EXC_CRASH", "signal": "SIGABRT"},
        "threads": [{"id": 8114, "frames": [{"imageOffset": 2900388204, "imageIndex": 0}]}],
        "usedImages": [
            {"base": 6442450944, "size": 4811128948, "uuid": binary_uuid(path).lower(), "path": path},
            {"base": 6542450944, "size": 11128948, "uuid": binary_uuid("dyld").lower(), "path": "/usr/lib/dyld"},
        ],
    }


def _crash_text(phone: SysdiagnosePhone, path: str, identifier: str, number: int) -> str:
    name = path.rsplit("/", 1)[-1]
    return (
        f"Incident Identifier: {binary_uuid(f'{name}{number}')}\nCrashReporter Key:   {'ab' * 20}\n"
        f"Hardware Model:      iPhone11,2\nProcess:             {name} [{435 + number}]\nPath:                {path}\n"
        f"Identifier:          {identifier}\nVersion:             1\nCode Type:           ARM-64 (Native)\n"
        f"Parent Process:      launchd [1]\n\nDate/Time:           {_written(_moment(phone, number))}\n"
        f"OS Version:          {phone.os_text}\n\nException Type:  EXC_CRASH (SIGABRT)\nTriggered by Thread:  0\n\n"
        f"Thread 0 Crashed:\n0   {name}   0x0000000104b0c000 0x104b00000 + 49152\n\nBinary Images:\n"
        f"0x104b00000 - 0x104b3ffff {name} arm64  <{binary_uuid(path).replace('-', '').lower()}> {path}\n\nEOF\n"
    )


def _jetsam(phone: SysdiagnosePhone, number: int) -> str:
    rng = phone.random(f"jetsam {number}")
    names = [path.rsplit("/", 1)[-1] for path in DAEMONS]
    names += phone.planted_at("jetsam", PlantKind.PROCESSES)
    body = {
        "build": phone.os_text,
        "product": "iPhone14,5",
        "date": _written(_moment(phone, number)),
        "largestProcess": "LINE",
        "genCounter": 1,
        "processes": [
            {"name": name, "pid": 30 + at, "rpages": rng.randrange(100, 9000), "states": ["daemon", "idle"]}
            for at, name in enumerate(names)
        ],
    }
    return f"{_header(phone, number, '298')}\n{json.dumps(body, indent=1)}\n"


def _stacks(phone: SysdiagnosePhone) -> str:
    names = [path.rsplit("/", 1)[-1] for path in DAEMONS]
    body = {
        "build": phone.os_text,
        "reason": "stackshot of the invented phone",
        "processByPid": {str(at * 7 + 1): {"procname": name, "pid": at * 7 + 1} for at, name in enumerate(names)},
    }
    return f"{_header(phone, 70, '288')}\n{json.dumps(body)}\n"


def _resource(phone: SysdiagnosePhone, number: int) -> str:
    moment = _written(_moment(phone, number))
    return (
        f"{_header(phone, number, '202', app_name='locationd', name='locationd')}\n"
        f"Date/Time:        {moment}\nOS Version:       iPhone OS {phone.version} (Build {phone.build})\n"
        f"Command:          locationd\nPath:             {DAEMONS[5]}\nAction taken:     none\n"
    )


def _summary(phone: SysdiagnosePhone) -> SysdiagnoseFile:
    folder = "/private/var/mobile/Library/Logs/CrashReporter"
    rows = ["Crashes and spins:"]
    rows += [
        f"{folder}/{path.rsplit('/', 1)[-1]}-{_moment(phone, number):%Y-%m-%d-%H%M%S}.ips, 20480 bytes"
        for number, path in enumerate(_CRASHED)
    ]
    return SysdiagnoseFile(
        source="crash_summary", path="summaries/crashes_and_spins.log", content=("\n".join(rows) + "\n").encode()
    )
