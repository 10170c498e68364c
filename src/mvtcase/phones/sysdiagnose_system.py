"""What ran on the invented iPhone: shutdown log, process lists, stack samples, and its crash and analytics reports."""

from __future__ import annotations

import json
import plistlib
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mvtcase.phones.plants import PlantKind
from mvtcase.phones.sysdiagnose_phone import SysdiagnoseFile, SysdiagnosePhone

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator


DAEMONS = (
    "/sbin/launchd",
    "/usr/libexec/logd",
    "/usr/libexec/UserEventAgent",
    "/usr/libexec/runningboardd",
    "/usr/libexec/nfcd",
    "/usr/libexec/locationd",
    "/usr/libexec/securityd",
    "/usr/libexec/amfid",
    "/usr/libexec/nsurlsessiond",
    "/usr/libexec/mobileassetd",
    "/usr/libexec/lockdownd",
    "/usr/libexec/keybagd",
    "/usr/sbin/bluetoothd",
    "/usr/sbin/mDNSResponder",
    "/usr/sbin/wifid",
    "/usr/sbin/mediaserverd",
    "/System/Library/CoreServices/SpringBoard.app/SpringBoard",
    "/System/Library/PrivateFrameworks/TCC.framework/Support/tccd",
    "/System/Library/PrivateFrameworks/ApplePushService.framework/apsd",
    "/System/Library/PrivateFrameworks/IDS.framework/identityservicesd.app/identityservicesd",
    "/System/Library/PrivateFrameworks/CloudKitDaemon.framework/Support/cloudd",
    "/System/Library/Frameworks/WebKit.framework/XPCServices/com.apple.WebKit.Networking.xpc/com.apple.WebKit.Networking",
    "/System/Library/Frameworks/HealthKit.framework/healthd",
    "/private/var/containers/Bundle/Application/6F1C2A54-0F0B-4B8B-9D8E-3F0B8C1B7A10/Kanban Board.app/Kanban Board",
    "/private/var/containers/Bundle/Application/0D0A4E4B-6E70-4B3F-8B9B-6C3C2B0F2E55/LINE.app/LINE",
    "/private/var/containers/Bundle/Application/A5B2C3D4-1111-4222-8333-444455556666/Weather Walk.app/Weather Walk",
)
"""Programs of an ordinary iPhone, the last three with invented or common apps; two names hold a blank."""

UPDATE_BRAIN = (
    "/private/var/db/com.apple.xpc.roleaccountd.staging/"
    "com.apple.MobileSoftwareUpdate.UpdateBrainService.16777219.4711.xpc/"
    "com.apple.MobileSoftwareUpdate.UpdateBrainService"
)
"""Apple's own update service, which also runs from the staging folder."""

_OLD_HEADER = (
    "USER             UID   PID  PPID  %CPU %MEM PRI NI      VSZ    RSS WCHAN    TT  STAT STARTED      TIME COMMAND"
)
_NEW_HEADER = (
    "USER               UID PRSNA   PID  PPID        F  %CPU %MEM PRI NI      VSZ    RSS WCHAN    TT  STAT STARTED"
    "      TIME COMMAND"
)
_FIRST_WITH_PERSONA = 16
_FIRST_NUMBERED_LOG = 26


def binary_uuid(path: str) -> str:
    """Return the invented UUID of a binary, the same for a path wherever it is named."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"binary:{path}")).upper()


def shutdown_log(phone: SysdiagnosePhone) -> SysdiagnoseFile:
    """Return the shutdown log: ordinary restarts with at most three delay notices, planted programs in the last two."""
    rng = phone.random("shutdown")
    rows: list[str] = []
    for number in range(phone.restarts):
        moment = phone.created - timedelta(days=9 * (phone.restarts - number), minutes=rng.randrange(600))
        clients = rng.sample(DAEMONS[1:], 4) + ([UPDATE_BRAIN] if number == 1 else [])
        if number >= phone.restarts - 2:
            clients += phone.planted_paths("shutdown_log")
        rows += _restart(rng, clients)
        rows.append(f"SIGTERM: [{int(moment.timestamp())}] All buffers flushed")
    name = "shutdown.0.log" if phone.ios_version >= _FIRST_NUMBERED_LOG else "shutdown.log"
    return SysdiagnoseFile(
        source="shutdown_log", path=f"system_logs.logarchive/Extra/{name}", content=("\n".join(rows) + "\n").encode()
    )


def _restart(rng: random.Random, clients: list[str]) -> list[str]:
    rows = []
    pids = {client: rng.randrange(60, 4000) for client in clients}
    for notice in range(rng.randrange(1, 4)):
        rows.append(f"After {1.26 + notice * 0.5:.2f}s, these clients are still here:")
        rows += [f"\t\tremaining client pid: {pid} ({path}/{binary_uuid(path)})" for path, pid in pids.items()]
    return rows


def process_table(phone: SysdiagnosePhone) -> SysdiagnoseFile:
    """Return `ps.txt`; iOS 16 added the columns PRSNA and F."""
    rng = phone.random("ps")
    newer = phone.ios_version >= _FIRST_WITH_PERSONA
    rows = [_NEW_HEADER if newer else _OLD_HEADER]
    for number, path in enumerate((*DAEMONS, *phone.planted_paths("ps"))):
        pid = 1 if number == 0 else 30 + number * 7
        user, uid = ("mobile", 501) if rng.random() < 0.6 else ("root", 0)
        persona, flags = ("    -", "     4004") if newer else ("", "")
        rows.append(
            f"{user:<17} {uid:>4}{persona} {pid:>5} {1 if number else 0:>5}{flags}   0.0  0.4  37  0  4226848   8912 "
            f"-        ??  Ss    7:22PM   0:0{rng.randrange(10)}.40 {path}"
        )
    return SysdiagnoseFile(source="ps", path="ps.txt", content=("\n".join(rows) + "\n").encode())


def thread_table(phone: SysdiagnosePhone) -> SysdiagnoseFile:
    """Return `ps_thread.txt`: the first thread of a process names it, the lines of the others begin with blanks."""
    rng = phone.random("ps_thread")
    rows = ["USER               PID   TT   %CPU STAT PRI     STIME     UTIME COMMAND"]
    for number, path in enumerate((*DAEMONS, *phone.planted_paths("ps_thread"))):
        pid = 1 if number == 0 else 30 + number * 7
        rows.append(f"root             {pid:>5}   ??    0.0 S    37T   0:00.40   0:00.62 {path}")
        rows += [f"                 {pid:>5}         0.0 S    37T   0:00.00   0:00.01" for _ in range(rng.randrange(4))]
    return SysdiagnoseFile(source="ps_thread", path="ps_thread.txt", content=("\n".join(rows) + "\n").encode())


def task_information(phone: SysdiagnosePhone) -> SysdiagnoseFile:
    """Return `taskinfo.txt`, which declares its number of tasks in the first line."""
    names = [path.rsplit("/", 1)[-1] for path in DAEMONS]
    names += phone.planted_at("taskinfo", PlantKind.PROCESSES)
    rows = [f"num tasks: {len(names)}"]
    for number, name in enumerate(names):
        rows += [
            f'process: "{name}" [{number * 7 + 1}] [unique ID: {number}]',
            "\tarchitecture: arm64e",
            f"\trun time: {number * 13 + 40} s",
            "\tthreads:",
            f"\tthread ID: 0x{number:x} / {number}",
            "\t\tuser/system time: 0.1 s / 0.2 s",
            "",
            "",
        ]
    return SysdiagnoseFile(source="taskinfo", path="taskinfo.txt", content=("\n".join(rows) + "\n").encode())


def stack_samples(phone: SysdiagnosePhone) -> SysdiagnoseFile:
    """Return `spindump-nosymbols.txt` with a header, processes and their binary images."""
    rows = [
        f"Date/Time:        {phone.created:%Y-%m-%d %H:%M:%S}.759 {phone.created:%z}",
        f"OS Version:       iPhone OS {phone.version} (Build {phone.build})",
        "Architecture:     arm64e",
        "Report Version:   35.1",
        "",
        "-" * 60,
    ]
    for number, path in enumerate((*DAEMONS, *phone.planted_paths("spindump"))):
        name = path.rsplit("/", 1)[-1]
        rows += [
            f"Process:          {name} [{number * 7 + 1}]",
            f"UUID:             {binary_uuid(path)}",
            f"Path:             {path}",
            "Architecture:     arm64e",
            "Parent:           launchd [1]",
            "UID:              501",
            "Time Since Fork:  201s",
            '  Thread 0x8b6    DispatchQueue "com.apple.main-thread"(1)    8 samples (1-8)    priority 31 (base 31)',
            f"  8  ??? ({name} + 99536) [0x102c504d0]",
            "  Binary Images:",
            f"           0x1027f4000 -                ???  {name}  <{binary_uuid(path)}>  {path}",
            "           0x180a95000 -        0x180ed2fff  UIKit  <717D70C9-3B8E-3ABC-AE16-050588FC3EE8>  /System/UIKit",
            "",
        ]
    return SysdiagnoseFile(source="spindump", path="spindump-nosymbols.txt", content=("\n".join(rows) + "\n").encode())


def binary_locations(phone: SysdiagnosePhone) -> SysdiagnoseFile:
    """Return tailspin's property list of binaries by UUID."""
    paths = (*DAEMONS, *phone.planted_paths("binary_locations"))
    return SysdiagnoseFile(
        source="binary_locations",
        path="logs/tailspindb/UUIDToBinaryLocations",
        content=plistlib.dumps({binary_uuid(path): path for path in paths}, sort_keys=True),
    )


def collection_log(phone: SysdiagnosePhone) -> list[SysdiagnoseFile]:
    """Return the files in which the archive tells about itself: its log, the device's properties, its version."""
    state = (
        "Local device\n\tProperties: {\n"
        f"\t\tProductName => iPhone OS\n\t\tOSVersion => {phone.version}\n\t\tBuildVersion => {phone.build}\n"
        f"\t\tProductType => iPhone14,5\n\t\tSerialNumber => SYNTHETIC{phone.seed - 1:02d}\n\t}}\n"
    )
    written = f"/var/mobile/Library/Logs/CrashReporter/DiagnosticLogs/sysdiagnose/{phone.name}.tar.gz"
    version = {"ProductVersion": phone.version, "ProductBuildVersion": phone.build, "ProductName": "iPhone OS"}
    return [
        SysdiagnoseFile(
            source="sysdiagnose_log", path="sysdiagnose.log", content=f"Output available at '{written}'.\n".encode()
        ),
        SysdiagnoseFile(source="remotectl", path="remotectl_dumpstate.txt", content=state.encode()),
        SysdiagnoseFile(
            source="system_version",
            path="logs/SystemVersion/SystemVersion.plist",
            content=plistlib.dumps(version, sort_keys=True),
        ),
    ]


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
