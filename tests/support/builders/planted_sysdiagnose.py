"""Sound sysdiagnoses, each with one value in one place.

Files and paths follow EC-DIGIT-CSIRC/sysdiagnose (its parsers name each file), Kaspersky's iShutdown, and
mandiant/macos-UnifiedLogs; forms of reports follow Apple's documentation of them.
"""

from __future__ import annotations

import json
import plistlib
import tarfile
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING

from builders import planted_inputs as given
from builders.planted_forms import tables, tracev3, uuidtext
from builders.planted_inputs import INDICATORS, SoundInput
from mvtcase.model import EvidenceKind
from mvtcase.phones.plants import PlantKind
from mvtcase.phones.sysdiagnose import build_sysdiagnose
from mvtcase.phones.sysdiagnose_phone import SysdiagnosePhone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Members = dict[str, bytes]
    Edit = Callable[[Members, str], None]
    SysPlace = tuple[str, str, tuple[PlantKind, ...], Edit]

_RUN = (PlantKind.PROCESSES,)
_APPS = (PlantKind.APP_IDS,)
_PATHS = (PlantKind.FILE_PATHS,)
_DOMAINS = (PlantKind.DOMAINS,)
_LINKS = (PlantKind.DOMAINS, PlantKind.URLS)
_NAMES = (PlantKind.FILE_NAMES,)
_PROFILES = (PlantKind.IOS_PROFILE_IDS,)
_CSIRC = "EC-DIGIT-CSIRC/sysdiagnose"
_PHONE = SysdiagnosePhone(seed=8)


def sysdiagnose(folder: Path, phone: SysdiagnosePhone, edit: Callable[[Members], None]) -> Path:
    """Return a packed sysdiagnose after `edit` changed its files."""
    path = build_sysdiagnose(folder / "sysdiagnose", phone).path
    with tarfile.open(path) as old:
        infos = {each.name.split("/", 1)[1]: each for each in old}
        members = {name: file.read() for name, each in infos.items() if (file := old.extractfile(each)) is not None}
    edit(members)
    moment = int(phone.created.timestamp())
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT, compresslevel=1) as new:
        for name, data in members.items():
            member = tarfile.TarInfo(f"{phone.name}/{name}")
            member.size, member.mtime, member.mode = len(data), moment, 0o644
            new.addfile(member, BytesIO(data))
    return path


def _file(name: str, make: Callable[[str], bytes | str]) -> Edit:
    def edit(members: Members, value: str) -> None:
        data = make(value)
        members[name] = data.encode() if isinstance(data, str) else data

    return edit


def _line(name: str, line: str) -> Edit:
    def edit(members: Members, value: str) -> None:
        members[name] = members.get(name, b"") + f"{line.format(value)}\n".encode()

    return edit


def _plist(name: str, make: Callable[[str], dict[str, object]]) -> Edit:
    return _file(name, lambda value: plistlib.dumps(make(value), fmt=plistlib.FMT_BINARY))


def _shutdown(members: Members, value: str) -> None:
    name = next(each for each in members if each.endswith("shutdown.log") or "shutdown" in each)
    path = value if value.startswith("/") else f"/private/var/db/com.apple.xpc.roleaccountd.staging/{value}"
    members[name] += (
        f"After 4.01s, these clients are still here:\n\t\tremaining client pid: 344 ({path})\nSIGTERM: [1791900000] All buffers flushed\n".encode()
    )


def _report(kind: str, body: Callable[[str], object]) -> Callable[[str], bytes]:
    return lambda value: (
        json.dumps({"bug_type": kind, "timestamp": "2026-10-10 08:00:00.00 +0800"})
        + "\n"
        + json.dumps(body(value), indent=1)
    ).encode()


_STATISTICS = "system_logs.logarchive/Extra/logdata.statistics.0.jsonl"
_TCC = (
    "CREATE TABLE access (service TEXT, client TEXT, client_type INTEGER, auth_value INTEGER, last_modified INTEGER);"
)
_STORE = "CREATE TABLE app (bundle_id TEXT, item_name TEXT, timestamp REAL);"

PLACES: tuple[SysPlace, ...] = (
    ("shutdown log", "Kaspersky iShutdown", (*_RUN, *_PATHS), _shutdown),
    ("ps.txt", f"{_CSIRC} ps", _RUN, _line("ps.txt", "root               0  7070     1  0.0  0.1  4 0 -      S    -       0    -  8:00AM   0:00.10 /usr/libexec/{}")),
    ("path in ps.txt", f"{_CSIRC} ps", _PATHS, _line("ps.txt", "root               0  7070     1  0.0  0.1  4 0 -      S    -       0    -  8:00AM   0:00.10 {}")),
    ("crash report", "Apple, JSON crash reports", _RUN, _file("crashes_and_spins/x-2026-10-10-080000.ips", _report("309", lambda value: {"procName": value, "procPath": f"/usr/libexec/{value}", "pid": 4}))),
    ("bundle in a crash report", "Apple, JSON crash reports", _APPS, _file("crashes_and_spins/x-2026-10-10-080000.ips", _report("309", lambda value: {"procName": "x", "procPath": "/x", "bundleInfo": {"CFBundleIdentifier": value}}))),
    ("coalition in a crash report", "Apple, JSON crash reports", _APPS, _file("crashes_and_spins/x-2026-10-10-080000.ips", _report("309", lambda value: {"procName": "x", "procPath": "/x", "coalitionName": value}))),
    ("jetsam report", "Apple, jetsam event reports", _RUN, _file("crashes_and_spins/JetsamEvent-2026-10-10-080000.ips", _report("298", lambda value: {"largestProcess": "x", "processes": [{"pid": 3, "name": value, "rpages": 9}]}))),
    ("logdata.statistics", f"{_CSIRC} logdata_statistics", _RUN, _file(_STATISTICS, lambda value: json.dumps({"file": "x.tracev3", "unixTime": 1791900000, "processList": [{"process": f"/usr/libexec/{value}", "cnt": 3, "size": 9}]}) + "\n")),
    ("path in logdata.statistics", f"{_CSIRC} logdata_statistics", _PATHS, _file(_STATISTICS, lambda value: json.dumps({"processList": [{"process": value, "cnt": 3}]}).replace("/", "\\/") + "\n")),
    ("taskSummary.csv", f"{_CSIRC} taskinfo", _RUN, _file("summaries/taskSummary.csv", lambda value: f'"Date","Process","PID","CPU"\n"2026-10-14 16:00:00","{value}","7070","0.1"\n')),
    ("TCC.db", f"{_CSIRC} accessibility_tcc", _APPS, _file("logs/Accessibility/TCC.db", lambda value: tables(_TCC, ("INSERT INTO access VALUES ('kTCCServiceMicrophone', ?, 0, 2, 1791000000)", (value,))))),
    ("unified log", "mandiant/macos-UnifiedLogs", (*_RUN, *_LINKS), _file("system_logs.logarchive/Persist/0000000000000a11.tracev3", lambda value: tracev3(f"/usr/libexec/{value} started by launchd" if "." not in value else f"connecting to {value} port 443", "com.apple.network"))),
    ("subsystem of the unified log", "mandiant/macos-UnifiedLogs", _APPS, _file("system_logs.logarchive/Special/0000000000000a12.tracev3", lambda value: tracev3("ready", value))),
    ("uuidtext", "mandiant/macos-UnifiedLogs", _PATHS, _file("system_logs.logarchive/0A/1B2C3D4E5F60718293A4B5C6D7E8F9", uuidtext)),
    ("spindump", f"{_CSIRC} spindumpnosymbols", _RUN, _line("spindump-nosymbols.txt", "Process:          {} [7070]\nPath:             /usr/libexec/x\nParent:           launchd [1]")),
    ("tailspin's binaries", f"{_CSIRC} uuid2path", _PATHS, _file("logs/tailspindb/UUIDToBinaryLocations", lambda value: plistlib.dumps({"0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9": value}))),
    ("launchctl", "launchctl(1)", _RUN, _line("launchctl-list.txt", "7070\t0\t{}")),
    ("dump of launchd", "launchctl(1)", _PATHS, _file("logs/launchd/launchctl-dumpstate.txt", lambda value: f"com.apple.x = {{\n\tactive count = 1\n\tprogram = {value}\n}}\n")),
    ("mobile_installation.log", f"{_CSIRC} mobileinstallation", _APPS, _line("logs/MobileInstallation/mobile_installation.log.0", "Wed Oct 14 08:00:00 2026 [211] <notice> (0x16f0) -[MIInstaller performInstallationWithError:]: Installing <MIInstallableBundle ID={}; Version=1.0>")),
    ("containermanagerd.log", f"{_CSIRC} containermanager", _APPS, _line("logs/MobileContainerManager/containermanagerd.log.0", "Wed Oct 14 08:00:00 2026 [54] <notice> (0x16f0) Created data container for [{}]")),
    ("app store", f"{_CSIRC} itunesstore", _APPS, _file("logs/itunesstored/downloads.28.sqlitedb", lambda value: tables(_STORE, ("INSERT INTO app VALUES (?, 'x', 1)", (value,))))),
    ("app installation", f"{_CSIRC} appinstallation", _APPS, _file("logs/appinstallation/AppUpdates.sqlite.db", lambda value: tables(_STORE, ("INSERT INTO app VALUES (?, 'x', 1)", (value,))))),
    ("power log", f"{_CSIRC} powerlogs", _RUN, _file("logs/powerlogs/powerlog_2026-10-14_16-20.PLSQL", lambda value: tables("CREATE TABLE PLProcessNetworkAgent_EventInterval_UsageDiff (ID INTEGER PRIMARY KEY, timestamp REAL, ProcessName TEXT, BundleName TEXT);", ("INSERT INTO PLProcessNetworkAgent_EventInterval_UsageDiff VALUES (1, 1791900000, ?, NULL)", (value,))))),
    ("app of the power log", f"{_CSIRC} powerlogs", _APPS, _file("logs/powerlogs/powerlog_2026-10-14_16-20.PLSQL", lambda value: tables("CREATE TABLE PLApplicationAgent_EventForward_Application (ID INTEGER PRIMARY KEY, timestamp REAL, BundleID TEXT);", ("INSERT INTO PLApplicationAgent_EventForward_Application VALUES (1, 1791900000, ?)", (value,))))),
    ("profile", f"{_CSIRC} mcstate", _PROFILES, _plist("logs/MCState/Shared/profile-77aa.stub", lambda value: {"PayloadUUID": value.lower(), "PayloadType": "Configuration"})),
    ("profile in the manifest", f"{_CSIRC} mcstate", _PROFILES, _plist("logs/MCState/Shared/PayloadManifest.plist", lambda value: {"OrderedProfiles": [value]})),
    ("settings by a profile", f"{_CSIRC} mcstate", _PROFILES, _plist("logs/MCState/Shared/MCSettingsEvents.plist", lambda value: {"events": [{value: {"process": "profiled"}}]})),
    ("server of a profile", f"{_CSIRC} mcstate", _LINKS, _plist("logs/MCState/Shared/profile-77ab.stub", lambda value: {"PayloadContent": [{"PayloadType": "com.apple.mdm", "ServerURL": value}]})),
    ("mobileactivationd.log", f"{_CSIRC} mobileactivation", _LINKS, _line("logs/MobileActivation/mobileactivationd.log.0", "Wed Oct 14 08:00:00 2026 [99] <notice> (0x16f0) request to {}")),
    ("associated domains", f"{_CSIRC} swcutil", _DOMAINS, _line("swcutil_show.txt", "Service:              applinks\nApp ID:               ABCDE12345.org.example.x\nDomain:               {}\nUser Approval:        unspecified")),
    ("lsaw of launch services", f"{_CSIRC} lsaw", _APPS, _file("lsaw.csstoredump", lambda value: b"csst" + b"\0" * 24 + f"bundle id:                  {value}\n".encode())),
    ("known networks", f"{_CSIRC} wifi_known_networks", _LINKS, _plist("WiFi/com.apple.wifi.known-networks.plist", lambda value: {"wifi.network.ssid.Cafe": {"CaptiveProfile": {"CaptiveWebSheetURL": value}}})),
    ("network extension", f"{_CSIRC} networkextension", _DOMAINS, _plist("logs/Networking/com.apple.networkextension.plist", lambda value: {"$objects": ["$null", {"serverAddress": value}]})),
    ("transparency logs", f"{_CSIRC} transparency_json", _LINKS, _file("transparency.log", lambda value: json.dumps({"pinning": {"url": value}}))),
    ("installed files", "apfs and install logs", _NAMES, _line("logs/MobileInstallation/mobile_installation.log.0", "Wed Oct 14 08:00:00 2026 [211] <err> (0x16f0) could not verify /private/var/tmp/{}")),
    ("registry of devices", "ioreg(8)", _RUN, _line("ioreg/IOService.txt", '    | |         "IOUserClientCreator" = "pid 345, {}"')),
    ("unified log as text", "log(1)", _RUN, _line("system_logs.txt", "2026-10-14 08:00:00.000000+0800 0x1234     Default     0x0                  345    0    {}: (CFNetwork) [com.apple.x] x")),
    ("connections", "netstat(1)", _RUN, _line("logs/Networking/netstat-PRE.txt", "tcp4       0      0  10.0.0.2.50000         1.2.3.4.443       ESTABLISHED  131072  131480  {}:345      00102")),
    ("who may go on", f"{_CSIRC} runningboard", _RUN, _line("RunningBoard/RunningBoard_state.log", "[daemon<{}>:345] running-active")),
    ("log of launchd", "launchd(8)", _RUN, _line("logs/launchd/launchd.log", "2026-10-14 08:00:00.000 (pid/345 [{}]) <Notice>: created")),
    ("what keeps it awake", "pmset(1)", _RUN, _line("logs/powerlogs/pmset.txt", '   pid 345({}): [0x0000009100018a21] 00:00:11 PreventUserIdleSystemSleep named: "x"')),
    ("panic", "Apple, panic reports", _RUN, _file("crashes_and_spins/panic-full-2026-10-10-090001.0002.ips", _report("210", lambda value: {"panicString": f"panic(cpu 0 caller 0xff): x\nPanicked task 0xffffffe4cb4b5938: 3214 pages, 12 threads: pid 345: {value}\nPanicked thread: 0x0"}))),
    ("services of launchd", "launchctl(1)", _RUN, _line("logs/launchd/launchctl-dumpstate.txt", "\tservices = {{\n\t\t\t   345      - \tcom.example.x\n\t\t\t     0   (pe) \t{}\n\t}}")),
    ("table of top", "top(1)", _RUN, _line("top.txt", "PID    COMMAND      %CPU TIME     #TH   STATE\n345    {}    0.0  00:00.10 2     sleeping")),
    ("name of a report on power", "Apple, diagnostic reports", _RUN, _line("errors/sysdiagnose.log", "copied /var/mobile/Library/Logs/CrashReporter/{}.cpu_resource-2026-10-10-080000.ips")),
    ("stack samples of libraries", f"{_CSIRC} spindumpnosymbols", _NAMES, _line("spindump-nosymbols.txt", "  Binary Images:\n           0x1000 - ???  {} <0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9> /private/var/x/lib")),
)  # fmt: skip


def planted_sysdiagnose() -> Iterator[SoundInput]:
    """Yield the sysdiagnoses: every place with every class that it can hold."""
    for name, source, kinds, edit in PLACES:
        for kind in kinds:
            values = [(INDICATORS[kind][0], "")]
            values += [(given.SHORT_PROCESS, "short ")] if kind is PlantKind.PROCESSES else []
            values += [(given.LONG_PROCESS[:16], "cut ")] if name == "jetsam report" else []
            for value, how in values:
                yield SoundInput(
                    name=f"sysdiagnose: {how}{kind} in {name}",
                    half="planted",
                    group=str(kind),
                    kind=EvidenceKind.SYSDIAGNOSE,
                    build=partial(_build, edit, value),
                    source=source,
                )


def _build(edit: Edit, value: str, folder: Path) -> Path:
    return sysdiagnose(folder, _PHONE, lambda members: edit(members, value))
