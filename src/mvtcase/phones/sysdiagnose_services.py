"""Profiles, service logs, databases and network settings of the invented iPhone."""

from __future__ import annotations

import plistlib
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from mvtcase.phones.plants import PlantKind
from mvtcase.phones.sqlite_files import database
from mvtcase.phones.sysdiagnose_phone import SysdiagnoseFile, SysdiagnosePhone
from mvtcase.phones.sysdiagnose_system import DAEMONS, binary_uuid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mvtcase.phones.sqlite_files import Row

_LAST_WITH_APP_STORE = 18
_APPS = ("com.example.kanbanboard", "jp.naver.line", "com.example.weatherwalk")
_POWERLOG = """
CREATE TABLE PLStorageOperator_EventForward_TimeOffset (ID INTEGER PRIMARY KEY, timestamp REAL, baseband REAL,
    kernel REAL, system REAL);
CREATE TABLE PLProcessNetworkAgent_EventInterval_UsageDiff (ID INTEGER PRIMARY KEY, timestamp REAL, timestampEnd REAL,
    BundleName TEXT, ProcessName TEXT, WifiIn REAL, WifiOut REAL, CellIn REAL, CellOut REAL);
CREATE TABLE PLApplicationAgent_EventForward_Application (ID INTEGER PRIMARY KEY, timestamp REAL, BundleID TEXT,
    State INTEGER);
CREATE TABLE PLBatteryAgent_EventBackward_Battery (ID INTEGER PRIMARY KEY, timestamp REAL, Level REAL);
"""
_APP_STORE = "CREATE TABLE app_updates (ROWID INTEGER PRIMARY KEY, bundle_id TEXT, timestamp REAL, store_name TEXT);"


def profiles(phone: SysdiagnosePhone) -> Iterator[SysdiagnoseFile]:
    """Yield the stub of one ordinary profile, one per planted identifier or address, and the events of settings."""
    identifiers = phone.planted_at("profile", PlantKind.IOS_PROFILE_IDS)
    addresses = phone.planted_at("profile", PlantKind.DOMAINS, PlantKind.URLS)
    stubs = [("F2B6A1E0-6A5B-4B7E-9C1D-2E3F40516273", "https://printers.example.org/office.mobileconfig")]
    stubs += [(identifier, "https://profiles.example.org/") for identifier in identifiers]
    stubs += [
        (binary_uuid(address), address if "://" in address else f"https://{address}/mdm") for address in addresses
    ]
    for number, (identifier, address) in enumerate(stubs):
        yield SysdiagnoseFile(
            source="profiles",
            path=f"logs/MCState/Shared/profile-{binary_uuid(identifier).replace('-', '').lower()}.stub",
            content=_stub(phone, identifier, address, number),
        )
    events = {"restrictedBool": {"allowCamera": {"timestamp": _naive(phone, 3), "process": "profiled", "event": "set"}}}
    yield SysdiagnoseFile(
        source="profile_events",
        path="logs/MCState/Shared/MCSettingsEvents.plist",
        content=plistlib.dumps(events, sort_keys=True),
    )
    yield SysdiagnoseFile(
        source="managed_settings",
        path="logs/MCState/User/EffectiveUserSettings.plist",
        content=plistlib.dumps({"restrictedBool": {}}),
    )


def _naive(phone: SysdiagnosePhone, days: int) -> datetime:
    return (phone.created - timedelta(days=days)).astimezone(timezone.utc).replace(tzinfo=None, microsecond=0)


def _stub(phone: SysdiagnosePhone, identifier: str, address: str, number: int) -> bytes:
    stub = {
        "PayloadUUID": identifier,
        "PayloadIdentifier": f"org.example.profile.{number}",
        "PayloadDisplayName": "Office printer" if number == 0 else "Network update",
        "PayloadOrganization": "Example Ministry",
        "PayloadType": "Configuration",
        "InstallDate": _naive(phone, 40 + number),
        "PayloadContent": [
            {
                "PayloadType": "com.apple.airprint",
                "PayloadUUID": binary_uuid(f"payload {identifier}"),
                "PayloadIdentifier": f"org.example.profile.{number}.airprint",
                "URL": address,
            }
        ],
        "SignerCerts": [b"0\x82\x01synthetic"],
    }
    return plistlib.dumps(stub, fmt=plistlib.FMT_BINARY, sort_keys=True)


def activation_log(phone: SysdiagnosePhone) -> SysdiagnoseFile:
    """Return the activation daemon's log with a startup block, Apple's addresses and the planted ones."""
    prefix = "(0x16f1db000) MA: main: "
    messages = [
        f"<debug> {prefix}____________________ Mobile Activation Startup _____________________",
        f"<debug> {prefix}build_version: {phone.build}",
        f"<debug> {prefix}product_type: iPhone14,5",
        "<debug> (0x16f1db000) MA: copy_activation_record: https://albert.apple.com/deviceservices/deviceActivation",
        "<notice> (0x16f1db000) MA: handle_request: activation info requested by lockdownd",
    ]
    messages += [
        f"<debug> (0x16f1db000) MA: send: {value if '://' in value else f'https://{value}/activate'}"
        for value in phone.planted_at("activation", PlantKind.DOMAINS, PlantKind.URLS)
    ]
    messages += [
        f"<notice> (0x16f1db000) MA: handle_request: activation info requested by {value}"
        for value in phone.planted_at("activation", PlantKind.PROCESSES)
    ]
    return SysdiagnoseFile(
        source="activation",
        path="logs/MobileActivation/mobileactivationd.log.0",
        content=_log(phone, messages),
    )


def installation_log(phone: SysdiagnosePhone) -> SysdiagnoseFile:
    """Return the installation daemon's log: apps installed by the App Store, and what is planted."""
    messages = [_installed(bundle, "appstored") for bundle in _APPS]
    messages += [_installed(bundle, "itunesstored") for bundle in phone.planted_at("installation", PlantKind.APP_IDS)]
    messages += [
        _installed("com.example.helper", requester)
        for requester in phone.planted_at("installation", PlantKind.PROCESSES)
    ]
    messages += [
        f'<err> (0x16be43000) -[MIBundle validate]: Could not read "{path}"'
        for path in phone.planted_paths("installation")
    ]
    return SysdiagnoseFile(
        source="installation",
        path="logs/MobileInstallation/mobile_installation.log.0",
        content=_log(phone, messages),
    )


def _installed(bundle: str, requester: str) -> str:
    return (
        f"<notice> (0x16be43000) -[MIClientConnection _doInstallationForURL:]: Install of "
        f'"/var/mobile/Media/Downloads/{bundle}.app" type User (LSInstallType=1) requested by {requester} (pid 188)\n'
        f"Installing <MIInstallableBundle ID={bundle}; Version=12, ShortVersion=1.2>"
    )


def container_log(phone: SysdiagnosePhone) -> SysdiagnoseFile:
    """Return the container manager's log."""
    messages = [
        "<notice> (0x16be43000) _containermanagerd_init_block_invoke: containermanagerd first boot cleanup complete"
    ]
    return SysdiagnoseFile(
        source="containers", path="logs/MobileContainerManager/containermanagerd.log.0", content=_log(phone, messages)
    )


def _log(phone: SysdiagnosePhone, messages: list[str]) -> bytes:
    rows = [
        f"{_ctime(phone.created - timedelta(days=2, minutes=-number))} [173] {message}"
        for number, message in enumerate(messages)
    ]
    return ("\n".join(rows) + "\n").encode()


def _ctime(moment: datetime) -> str:
    return f"{moment:%a %b} {moment.day:>2} {moment:%H:%M:%S %Y}"


def power_log(phone: SysdiagnosePhone) -> SysdiagnoseFile:
    """Return the power log: its clock runs 1,000 seconds behind UTC, which the offset table tells."""
    start = phone.created.timestamp() - 3 * 86_400 - 1_000
    used = [(path.rsplit("/", 1)[-1], "") for path in DAEMONS[:12]] + [("LINE", "jp.naver.line")]
    used += [(name, "") for name in phone.planted_at("powerlog", PlantKind.PROCESSES)]
    used += [("Helper", bundle) for bundle in phone.planted_at("powerlog", PlantKind.APP_IDS)]
    usage: list[Row] = [
        {
            "timestamp": start + number * 60,
            "timestampEnd": start + number * 60 + 30,
            "BundleName": bundle or None,
            "ProcessName": name,
            "WifiIn": 2048.0 * number,
            "WifiOut": 512.0 * number,
            "CellIn": 0.0,
            "CellOut": 64.0,
        }
        for number, (name, bundle) in enumerate(used)
    ]
    content = database(
        _POWERLOG,
        {
            "PLStorageOperator_EventForward_TimeOffset": [{"timestamp": start, "system": 1000.0}],
            "PLProcessNetworkAgent_EventInterval_UsageDiff": usage,
            "PLApplicationAgent_EventForward_Application": [
                {"timestamp": start + 5, "BundleID": bundle, "State": 8} for bundle in _APPS
            ],
            "PLBatteryAgent_EventBackward_Battery": [{"timestamp": start, "Level": 81.0}],
        },
    )
    name = f"powerlog_{phone.created:%Y-%m-%d_%H-%M}_{binary_uuid('powerlog')[:8]}.PLSQL"
    return SysdiagnoseFile(source="powerlog", path=f"logs/powerlogs/{name}", content=content)


def app_store(phone: SysdiagnosePhone) -> list[SysdiagnoseFile]:
    """Return the App Store's database, which newer versions no longer put into the archive."""
    if phone.ios_version > _LAST_WITH_APP_STORE:
        return []
    rows: list[Row] = [{"bundle_id": bundle, "timestamp": phone.created.timestamp() - 86_400} for bundle in _APPS]
    return [
        SysdiagnoseFile(
            source="app_store",
            path="logs/appinstallation/appstored.sqlitedb",
            content=database(_APP_STORE, {"app_updates": rows}),
        )
    ]


def network_settings(phone: SysdiagnosePhone) -> list[SysdiagnoseFile]:
    """Return the archived network settings and the list of domains associated with apps."""
    objects = ["$null", "Office VPN", "com.example.vpnclient", "vpn.example.org"]
    objects += phone.planted_at("network_extensions")
    archived = {
        "$archiver": "NSKeyedArchiver",
        "$version": 100000,
        "$objects": objects,
        "$top": {"root": plistlib.UID(1)},
    }
    pairs = [("TEAM123456.com.example.weatherwalk", "weather.example.org")]
    pairs += [("TEAM123456.com.example.helper", d) for d in phone.planted_at("associated_domains", PlantKind.DOMAINS)]
    pairs += [(f"TEAM123456.{b}", "app.example.org") for b in phone.planted_at("associated_domains", PlantKind.APP_IDS)]
    entry = (
        "Service:              applinks\nApp ID:               {}\nDomain:               {}\nUser Approval:        no\n"
    )
    listed = ("-" * 80 + "\n").join(entry.format(app, domain) for app, domain in pairs)
    return [
        SysdiagnoseFile(
            source="network_extensions",
            path="logs/Networking/com.apple.networkextension.plist",
            content=plistlib.dumps(archived, fmt=plistlib.FMT_BINARY),
        ),
        SysdiagnoseFile(
            source="associated_domains",
            path="swcutil_show.txt",
            content=f"{' DATABASE ':=^80}\n{listed}".encode(),
        ),
    ]
