"""The sections of `dumpsys`, each as MVT's parser of it expects, and the tombstones of crashed processes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from mvtcase.phones.android_files import setting_values
from mvtcase.phones.android_phone import FIRST_APP_UID, AndroidApp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from mvtcase.phones.android_phone import AndroidPhone
    from mvtcase.phones.android_spots import Placement


_RULE = "-" * 79
_TALKBACK = "com.google.android.marvin.talkback/.TalkBackService"
_OPERATIONS = (("READ_CONTACTS", "fg-s", 5), ("CAMERA", "top-s", 26), ("WAKE_LOCK", "bg-s", 1))


def dumpsys_text(phone: AndroidPhone, placement: Placement) -> str:
    """Return the whole output of `dumpsys`, every section closed by its duration line."""
    return "".join(_section(phone, name, body) for name, body in _sections(phone, placement))


def _sections(phone: AndroidPhone, placement: Placement) -> Iterator[tuple[str, str]]:
    yield "accessibility", _accessibility(phone, placement.at("dumpsys_accessibility"))
    yield "adb", _adb(phone)
    yield "appops", _appops(phone, placement.at("dumpsys_appops"))
    history, daily = placement.at("dumpsys_battery_history"), placement.at("dumpsys_battery_daily")
    yield "batterystats", _batterystats(phone, history, daily)
    yield "connectivity", _connectivity(placement.at("dumpsys_connectivity"))
    yield "dbinfo", _dbinfo(phone, placement.at("dbinfo"))
    yield "iphonesubinfo", f"Phone Subscriber Info:\n  Phone Type = GSM\n  Device ID = {phone.imei_number}\n"
    yield "package", _package(phone, placement)
    yield "platform_compat", _platform_compat(phone, placement.at("dumpsys_platform_compat"))
    yield "settings", _settings(phone)


def _section(phone: AndroidPhone, name: str, body: str) -> str:
    end = f"--------- 0.012s was the duration of dumpsys {name}, ending at: {phone.wall_clock:%Y-%m-%d %H:%M:%S}"
    return f"{_RULE}\nDUMP OF SERVICE {name}:\n{body}{end}\n"


def _lines(rows: Iterable[str]) -> str:
    return "".join(f"{row}\n" for row in rows)


def _accessibility(phone: AndroidPhone, planted: tuple[str, ...]) -> str:
    enabled = [*phone.enabled_accessibility, *(f"{package}/.AssistService" for package in planted)]
    installed = list(dict.fromkeys((_TALKBACK, *enabled)))
    return _lines(
        [
            "ACCESSIBILITY MANAGER (dumpsys accessibility)",
            "",
            "currentUserId=0",
            "User state[",
            f"     attributes:{{id=0, touchExplorationEnabled=false, installedServiceCount={len(installed)}}}",
            "     shortcut key:{}",
            f"     installed services: {{{_braced(installed)}}}",
            "     Bound services:{}",
            f"     Enabled services:{{{_braced(enabled)}}}",
            "     Binding services:{}",
            "     Crashed services:{}",
            "     Client list info:{",
            "          Client list callbacks: 6",
            "     }]",
            "",
        ]
    )


def _braced(components: Iterable[str]) -> str:
    return ", ".join(f"{{{component}}}" for component in components)


def _adb(phone: AndroidPhone) -> str:
    connected = int(phone.taken_at.timestamp() * 1000)
    return _lines(
        [
            "ADB MANAGER STATE (dumpsys adb):",
            "{",
            "  debugging_manager={",
            "    connected_to_adb=true",
            f"    user_keys={phone.adb_host_key}",
            "",
            "    keystore=<?xml version='1.0' encoding='utf-8' standalone='yes' ?>",
            '    <keyStore version="1">',
            f'    <adbKey key="{phone.adb_host_key}" lastConnection="{connected}" />',
            "    </keyStore>",
            "",
            "  }",
            "}",
        ]
    )


def _appops(phone: AndroidPhone, planted: tuple[str, ...]) -> str:
    rows = ["Current AppOps Service state:", "  Settings:", "    top_state_settle_time=+5s0ms", ""]
    for number, name in enumerate((*_user_apps(phone), *planted)):
        rows += [f"  Uid u0a{100 + number}:", "    state=cch", "    capability=LCMNP", f"    Package {name}:"]
        for operation, state, hours in _OPERATIONS:
            when = _stamp(phone.wall_clock - timedelta(hours=hours + number))
            rows += [f"      {operation} (allow): ", "          null=["]
            rows += [f"            Access: [{state}] {when} (-{hours + number}h0m0s0ms)", "          ]"]
    return _lines(rows)


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d}"


def _user_apps(phone: AndroidPhone) -> tuple[str, ...]:
    return tuple(app.package for app in phone.apps if not app.system)


def _batterystats(phone: AndroidPhone, history: tuple[str, ...], daily: tuple[str, ...]) -> str:
    start = phone.wall_clock - timedelta(days=2)
    rows = ["Battery History (0% used, 2720 used of 4096KB, 31 strings using 2694):"]
    rows.append(f"                    0 (19) RESET:TIME: {start:%Y-%m-%d-%H-%M-%S}")
    for number, package in enumerate(_user_apps(phone), start=1):
        rows += [
            f'            +{number}h2m47s645ms (2) 0{99 - number} +job=u0a{number}:"{package}/.sync.RefreshJob"',
            f'            +{number}h2m49s731ms (2) 0{99 - number} -job=u0a{number}:"{package}/.sync.RefreshJob"',
        ]
    front = (*_user_apps(phone)[:1], *history)
    # MVT guesses the package behind a job's name, but takes the one at the front as it stands.
    rows += [f'      +9h26m{number}s315ms (2) 089 +top=u0a280:"{package}"' for number, package in enumerate(front)]
    rows += ["", "", "Daily stats:"]
    return _lines(rows + _daily(phone, daily))


def _daily(phone: AndroidPhone, planted: tuple[str, ...]) -> list[str]:
    end = phone.wall_clock.replace(hour=1, minute=15, second=45)
    updates = [f"      Update {app.package} vers={app.version_code}" for app in phone.apps if not app.system]
    return [
        f"  Current start time: {end:%Y-%m-%d-%H-%M-%S}",
        f"  Daily from {end - timedelta(days=1):%Y-%m-%d-%H-%M-%S} to {end:%Y-%m-%d-%H-%M-%S}:",
        "    Charge step durations:",
        "      #0: +5m15s53ms to 100 (screen-off, power-save-off, device-idle-off)",
        "    Package changes:",
        *updates,
        *(f"      Update {package} vers=3" for package in planted),
    ]


def _connectivity(planted: tuple[str, ...]) -> str:
    rows = ["NetworkProviders for: wifi mobile", "", "Captive portal and request log:"]
    return _lines([*rows, *(f"  17:11:0{number % 10} - request to {value}" for number, value in enumerate(planted))])


def _dbinfo(phone: AndroidPhone, planted: tuple[str, ...]) -> str:
    rows = ["Applications Database Info:", ""]
    for number, package in enumerate((*_user_apps(phone)[:3], *planted)):
        path = f"/data/user/0/{package}/databases/store.db"
        when = _stamp(phone.wall_clock - timedelta(minutes=3 + number))
        rows += [
            f"** Database info for pid {4200 + 11 * number} [{package}] **",
            "",
            f"Connection pool for {path}:",
            "  Open: true",
            "  Max connections: 1",
            "  Available primary connection:",
            "    Connection #0:",
            "      isPrimaryConnection: true",
            "      Most recently executed operations:",
            f'        0: [{when}] [Pid:(0)]executeForLong took 0ms - succeeded, sql="PRAGMA page_size;", path={path}',
            "",
        ]
    return _lines(rows)


def _package(phone: AndroidPhone, placement: Placement) -> str:
    talk = "com.whatsapp" if "com.whatsapp" in _user_apps(phone) else "com.android.phone"
    rows = ["Verifiers:", "  Required: com.android.vending (uid=10019)", ""]
    rows += ["Activity Resolver Table:", "  Full MIME Types:", "      text/plain:"]
    rows += [f"        18d43d {talk}/.ContactPicker"]
    rows += ["", "  Non-Data Actions:", "      android.intent.action.MAIN:"]
    rows += _resolvers(("com.android.settings", *placement.at("dumpsys_activities")), "MainActivity")
    rows += ["", "Receiver Resolver Table:", "  Non-Data Actions:", "      android.intent.action.BOOT_COMPLETED:"]
    rows += _resolvers((talk, *placement.at("dumpsys_receivers")), "BootReceiver")
    rows += ["", "Packages:"]
    for number, app in enumerate(phone.apps):
        rows += _package_block(phone, app, FIRST_APP_UID + number)
    for name in placement.at("dumpsys_packages"):
        rows += _package_block(phone, AndroidApp(package=name), FIRST_APP_UID + 399)
    return _lines([*rows, ""])


def _resolvers(packages: Iterable[str], component: str) -> list[str]:
    return [f"        {0xB928200 + 16 * place:x} {name}/.{component}" for place, name in enumerate(packages)]


def _package_block(phone: AndroidPhone, app: AndroidApp, uid: int) -> list[str]:
    installed = f"{phone.wall_clock - timedelta(days=200):%Y-%m-%d %H:%M:%S}"
    updated = f"{phone.wall_clock - timedelta(days=9):%Y-%m-%d %H:%M:%S}"
    flags = "SYSTEM HAS_CODE" if app.system else "HAS_CODE ALLOW_BACKUP"
    return [
        f"  Package [{app.package}] ({uid * 7919 & 0xFFFFFF:x}):",
        f"    appId={uid}",
        f"    codePath=/{'system/priv-app' if app.system else 'data/app'}/{app.package}",
        f"    versionCode={app.version_code} minSdk=28 targetSdk={phone.sdk}",
        f"    versionName={app.version_name}",
        f"    pkgFlags=[ {flags} ]",
        f"    timeStamp={updated}",
        f"    lastUpdateTime={updated}",
        f"    installerPackageName={app.installer}",
        "    requested permissions:",
        "      android.permission.INTERNET",
        "      android.permission.READ_CONTACTS",
        "    install permissions:",
        "      android.permission.INTERNET: granted=true",
        f"    User 0: ceDataInode={uid * 3} installed=true stopped=false notLaunched=false enabled={3 * app.disabled}",
        f"      firstInstallTime={installed}",
        "      runtime permissions:",
        "        android.permission.READ_CONTACTS: granted=true, flags=[ USER_SET]",
    ]


def _platform_compat(phone: AndroidPhone, planted: tuple[str, ...]) -> str:
    overridden = (*_user_apps(phone)[:1], *planted)
    raw = ", ".join(f"{package}=false" for package in overridden)
    return _lines(
        [
            "ChangeId(180326845; name=OVERRIDE_MIN_ASPECT_RATIO_MEDIUM; disabled; overridable)",
            f"ChangeId(168419799; name=DOWNSCALED; disabled; rawOverrides={{{raw}}}; overridable)",
            "ChangeId(183372781; name=ENABLE_RAW_SYSTEM_GALLERY_ACCESS; enableSinceTargetSdk=30)",
        ]
    )


def _settings(phone: AndroidPhone) -> str:
    rows: list[str] = []
    for namespace in ("global", "secure", "system"):
        rows.append(f"{namespace.upper()} SETTINGS (user 0)")
        rows += [
            f"_id:{number} name:{name} pkg:android value:{value} default:{value} defaultSystemSet:true"
            for number, (name, value) in enumerate(setting_values(namespace, phone).items(), start=1)
        ]
        rows.append("")
    return _lines(rows)


_STARS = " ".join(["***"] * 16)
_ARM64 = 1
_SIGSEGV = 11
_UPTIME_SECONDS = 412


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """One crash of one process; MVT warns of the user ids 0, 1000 and 2000, so it runs as an app."""

    phone: AndroidPhone
    process: str
    number: int
    uid: int = 10231

    @property
    def pid(self) -> int:
        """Return the process id."""
        return 9850 + self.number

    @property
    def at(self) -> datetime:
        """Return when it crashed, on the phone's wall clock."""
        return self.phone.wall_clock - timedelta(days=2 + self.number, minutes=11)

    @property
    def stamp(self) -> str:
        """Return when it crashed as tombstones write it, with nanoseconds and zone."""
        return f"{self.at:%Y-%m-%d %H:%M:%S}.104233871{self.phone.utc_offset_hours:+03d}00"


def tombstone_text(crash: Crash) -> str:
    """Return the text tombstone."""
    return "\n".join(
        (
            _STARS,
            f"Build fingerprint: '{crash.phone.fingerprint}'",
            "Revision: 'MP1.0'",
            "ABI: 'arm64'",
            f"Timestamp: {crash.stamp}",
            f"Process uptime: {_UPTIME_SECONDS}s",
            f"Cmdline: {crash.process}",
            f"pid: {crash.pid}, tid: {crash.pid}, name: {crash.process}  >>> {crash.process} <<<",
            f"uid: {crash.uid}",
            "signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x0000000000000010",
            "Cause: null pointer dereference",
            "    x0  0000000000000000  x1  0000007fd21f4c10  x2  0000000000000020  x3  0000000000000008",
            "",
            "backtrace:",
            "      #00 pc 00000000000603ca  /apex/com.android.runtime/lib64/bionic/libc.so (abort+166)",
            "",
        )
    )


def tombstone_message(crash: Crash) -> bytes:
    """Return the protobuf tombstone; field numbers from AOSP's debuggerd/proto/tombstone.proto."""
    thread = _number(1, crash.pid) + _text(2, crash.process)
    signal = _number(1, _SIGSEGV) + _text(2, "SIGSEGV") + _number(3, 1) + _text(4, "SEGV_MAPERR")
    return b"".join(
        (
            _number(1, _ARM64),
            _text(2, crash.phone.fingerprint),
            _text(3, "MP1.0"),
            _text(4, crash.stamp),
            _number(5, crash.pid),
            _number(6, crash.pid),
            _number(7, crash.uid),
            _text(8, "u:r:untrusted_app:s0:c512,c768"),
            _text(9, crash.process),
            _bytes(10, signal),
            _bytes(16, _number(1, crash.pid) + _bytes(2, thread)),
            _number(20, _UPTIME_SECONDS),
        )
    )


def _varint(value: int) -> bytes:
    pieces = bytearray()
    while value > 0x7F:
        pieces.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*pieces, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())
