"""What ran on the invented iPhone: shutdown log, process lists, task information, stack samples."""

from __future__ import annotations

import plistlib
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from mvtcase.phones.plants import PlantKind
from mvtcase.phones.sysdiagnose_phone import SysdiagnoseFile, SysdiagnosePhone

if TYPE_CHECKING:
    import random

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
