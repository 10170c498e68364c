"""What iOS itself notes: network use by process, permissions, location clients, lookups, shortcuts, preferences."""

from __future__ import annotations

import plistlib
from datetime import timedelta
from typing import TYPE_CHECKING

from mvtcase.phones.ios_phone import Anatomy, Desk, Oddity, PhoneFile, mac_seconds, naive, unix_seconds
from mvtcase.phones.sqlite_files import database

if TYPE_CHECKING:
    from mvtcase.phones.sqlite_files import Row

DAEMONS = (
    "mDNSResponder",
    "apsd",
    "nsurlsessiond",
    "cloudd",
    "trustd",
    "locationd",
    "timed",
    "assistantd",
    "accountsd",
)
"""System processes without a bundle id; a file system dump holds a binary of that name for each."""

APPS = (
    "com.apple.mobilesafari", "com.apple.MobileSMS", "com.apple.Maps", "com.apple.mobilemail", "com.apple.AppStore",
    "net.whatsapp.WhatsApp", "com.google.chrome.ios", "org.mozilla.ios.Firefox", "org.example.riverbus",
)  # fmt: skip

_USAGE = """
CREATE TABLE ZPROCESS (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZFIRSTTIMESTAMP TIMESTAMP,
    ZTIMESTAMP TIMESTAMP, ZBUNDLENAME VARCHAR, ZPROCNAME VARCHAR);
CREATE TABLE ZLIVEUSAGE (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZKIND INTEGER, ZMETADATA INTEGER,
    ZTAG INTEGER, ZHASPROCESS INTEGER, ZBILLCYCLEEND TIMESTAMP, ZTIMESTAMP TIMESTAMP, ZWIFIIN FLOAT, ZWIFIOUT FLOAT,
    ZWWANIN FLOAT, ZWWANOUT FLOAT);
CREATE TABLE Z_PRIMARYKEY (Z_ENT INTEGER PRIMARY KEY, Z_NAME VARCHAR, Z_SUPER INTEGER, Z_MAX INTEGER);
CREATE TABLE Z_METADATA (Z_VERSION INTEGER PRIMARY KEY, Z_UUID VARCHAR(255), Z_PLIST BLOB);
"""
_TCC = """
CREATE TABLE admin (key TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL);
CREATE TABLE access (service TEXT NOT NULL, client TEXT NOT NULL, client_type INTEGER NOT NULL,
    auth_value INTEGER NOT NULL, auth_reason INTEGER NOT NULL, auth_version INTEGER NOT NULL, csreq BLOB,
    policy_id INTEGER, indirect_object_identifier_type INTEGER,
    indirect_object_identifier TEXT NOT NULL DEFAULT 'UNUSED', indirect_object_code_identity BLOB, flags INTEGER,
    last_modified INTEGER, PRIMARY KEY (service, client, client_type, indirect_object_identifier));
"""
_SHORTCUTS = """
CREATE TABLE ZSHORTCUT (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZCREATIONDATE TIMESTAMP,
    ZMODIFICATIONDATE TIMESTAMP, ZACTIONSDESCRIPTION VARCHAR, ZNAME VARCHAR);
CREATE TABLE ZSHORTCUTACTIONS (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZSHORTCUT INTEGER, ZDATA BLOB);
"""


def datausage(desk: Desk) -> PhoneFile:
    """Return DataUsage.sqlite: mobile data by process, apps and daemons alike."""
    return PhoneFile(
        source="datausage",
        domain="WirelessDomain",
        relative_path="Library/Databases/DataUsage.sqlite",
        device_path="private/var/wireless/Library/Databases/DataUsage.sqlite",
        content=_network_use(desk, "datausage"),
        anatomy=Anatomy(table="ZPROCESS", text="ZPROCNAME", date="ZTIMESTAMP"),
    )


def netusage(desk: Desk) -> PhoneFile:
    """Return networkd's netusage.sqlite, which no backup carries."""
    return PhoneFile(
        source="netusage",
        device_path="private/var/networkd/netusage.sqlite",
        content=_network_use(desk, "netusage"),
        anatomy=Anatomy(table="ZPROCESS", text="ZPROCNAME", date="ZTIMESTAMP"),
    )


def _network_use(desk: Desk, spot: str) -> bytes:
    rng = desk.rng(spot)
    names: list[tuple[str, str | None]] = [(daemon, None) for daemon in DAEMONS]
    names += [(f"{app.rsplit('.', 1)[-1]}/{app}", app) for app in APPS]
    rng.shuffle(names)
    names += [(process, None) for process in desk.at(spot)]
    firsts = desk.moments(rng, len(names))
    lasts = desk.moments(rng, len(names), days=3)
    # Numbered without holes: a hole is what MVT takes for a deleted process.
    processes: list[Row] = [
        {
            "Z_PK": number, "Z_ENT": 6, "Z_OPT": rng.randrange(1, 400), "ZFIRSTTIMESTAMP": mac_seconds(first),
            "ZTIMESTAMP": mac_seconds(last), "ZBUNDLENAME": bundle, "ZPROCNAME": name,
        }
        for number, ((name, bundle), first, last) in enumerate(zip(names, firsts, lasts, strict=True), 1)
    ]  # fmt: skip
    usage: list[Row] = [
        {
            "Z_PK": number, "Z_ENT": 5, "Z_OPT": 2, "ZKIND": 0, "ZHASPROCESS": number, "ZTIMESTAMP": mac_seconds(last),
            "ZWIFIIN": 0.0, "ZWIFIOUT": 0.0, "ZWWANIN": float(rng.randrange(10**6)),
            "ZWWANOUT": float(rng.randrange(10**5)),
        }
        for number, last in enumerate(lasts, 1)
    ]  # fmt: skip
    if desk.has(Oddity.DELETED_PROCESS) and spot == "datausage":
        del processes[4]
    keys: list[Row] = [{"Z_ENT": 6, "Z_NAME": "Process", "Z_SUPER": 0, "Z_MAX": len(names)}]
    return database(_USAGE, {"ZPROCESS": processes, "ZLIVEUSAGE": usage, "Z_PRIMARYKEY": keys})


def os_analytics(desk: Desk) -> PhoneFile:
    """Return com.apple.osanalytics.addaily.plist."""
    rng = desk.rng("os_analytics_ad_daily")
    names = [*DAEMONS, *APPS, *desk.at("os_analytics_ad_daily")]
    baseline = {
        name: [naive(moment), *(float(rng.randrange(10**6)) for _ in range(4))]
        for name, moment in zip(names, desk.moments(rng, len(names), days=7), strict=True)
    }
    path = "Library/Preferences/com.apple.osanalytics.addaily.plist"
    return _preferences("os_analytics_ad_daily", path, {"netUsageBaseline": baseline, "version": 1})


def tcc(desk: Desk) -> PhoneFile:
    """Return TCC.db: which app may use microphone, camera, photos and contacts."""
    rng = desk.rng("tcc")
    services = ("kTCCServiceMicrophone", "kTCCServiceCamera", "kTCCServicePhotos", "kTCCServiceAddressBook")
    grants = [(service, app) for app in APPS[5:] for service in services]
    grants = list(dict.fromkeys([*grants, *(("kTCCServiceMicrophone", client) for client in desk.at("tcc"))]))
    rows: list[Row] = [
        {
            "service": service, "client": client, "client_type": 0, "auth_value": rng.choice((0, 2, 2)),
            "auth_reason": 2, "auth_version": 1, "flags": 0, "last_modified": unix_seconds(moment),
        }
        for (service, client), moment in zip(grants, desk.moments(rng, len(grants)), strict=True)
    ]  # fmt: skip
    return PhoneFile(
        source="tcc",
        domain="HomeDomain",
        relative_path="Library/TCC/TCC.db",
        device_path="private/var/mobile/Library/TCC/TCC.db",
        content=database(_TCC, {"admin": [{"key": "version", "value": 23}], "access": rows}),
        anatomy=Anatomy(table="access", text="client", date="last_modified"),
    )


def locationd_clients(desk: Desk) -> PhoneFile:
    """Return locationd's clients.plist."""
    rng = desk.rng("locationd_clients")
    clients: dict[str, object] = {"com.apple.locationd.migration": 3}
    for app, moment in zip(APPS, desk.moments(rng, len(APPS), days=20), strict=True):
        path = f"/private/var/containers/Bundle/Application/{app}.app"
        clients[f"i{app}:"] = {
            "BundleId": app, "BundlePath": path, "Registered": path, "Authorization": 2,
            "LocationTimeStopped": mac_seconds(moment),
        }  # fmt: skip
    for value in desk.at("locationd_clients"):
        clients[f"{value}:"] = {"Executable": value, "Authorization": 4}
    path = "Library/Caches/locationd/clients.plist"
    return PhoneFile(
        source="locationd_clients",
        domain="RootDomain",
        relative_path=path,
        device_path=f"private/var/root/{path}",
        content=plistlib.dumps(clients, fmt=plistlib.FMT_BINARY),
    )


def id_status_cache(desk: Desk) -> PhoneFile:
    """Return idstatuscache.plist: addresses that Apple's services looked up."""
    rng = desk.rng("id_status_cache")
    users = [f"tel:{person.phone}" for person in desk.people] + [f"mailto:{person.email}" for person in desk.people[:6]]
    users += [f"mailto:{email}" for email in desk.at("id_status_cache")]
    if desk.has(Oddity.NULLS_IN_LOOKUP):
        users.append("mailto:guest\x00\x00\x00\x00@example.org")
    lookups = {
        user: {"LookupDate": mac_seconds(moment), "IDStatus": rng.choice((0, 1))}
        for user, moment in zip(users, desk.moments(rng, len(users), days=60), strict=True)
    }
    # A planted or odd address must survive: XML property lists cannot hold NUL, binary ones can.
    path = "Library/Preferences/com.apple.identityservices.idstatuscache.plist"
    return _preferences(
        "id_status_cache", path, {"com.apple.madrid": lookups, "com.apple.ess": dict([*lookups.items()][:5])}
    )


def shortcuts(desk: Desk) -> PhoneFile:
    """Return Shortcuts.sqlite, each shortcut opening one page."""
    rng = desk.rng("shortcuts")
    links = ["https://weather.example.org/week", "https://trains.example.com/timetable", *desk.at("shortcuts")]
    moments = desk.moments(rng, len(links))
    rows: list[Row] = [
        {
            "Z_PK": number, "Z_ENT": 1, "Z_OPT": 1, "ZNAME": f"Shortcut {number}", "ZACTIONSDESCRIPTION": "Open a page",
            "ZCREATIONDATE": mac_seconds(moment), "ZMODIFICATIONDATE": mac_seconds(moment + timedelta(minutes=5)),
        }
        for number, moment in enumerate(moments, 1)
    ]  # fmt: skip
    actions: list[Row] = [
        {"Z_PK": number, "Z_ENT": 2, "Z_OPT": 1, "ZSHORTCUT": number, "ZDATA": _open_page(link)}
        for number, link in enumerate(links, 1)
    ]
    return PhoneFile(
        source="shortcuts",
        domain="HomeDomain",
        relative_path="Library/Shortcuts/Shortcuts.sqlite",
        device_path="private/var/mobile/Library/Shortcuts/Shortcuts.sqlite",
        content=database(_SHORTCUTS, {"ZSHORTCUT": rows, "ZSHORTCUTACTIONS": actions}),
        anatomy=Anatomy(table="ZSHORTCUT", text="ZNAME", date="ZCREATIONDATE"),
    )


def _open_page(link: str) -> bytes:
    action = {
        "WFWorkflowActionIdentifier": "is.workflow.actions.openurl",
        "WFWorkflowActionParameters": {"WFInput": link},
    }
    return plistlib.dumps([action], fmt=plistlib.FMT_BINARY)


def global_preferences(desk: Desk) -> PhoneFile:
    """Return .GlobalPreferences.plist, which says whether Lockdown Mode is on."""
    entries = {
        "AppleLanguages": ["en-GB", "zh-Hant-TW"], "AppleLocale": "en_GB", "AppleKeyboards": ["en_GB@sw=QWERTY"],
        "LDMGlobalEnabled": desk.phone.lockdown_mode, "AppleITunesStoreItemKinds": ["eBook", "song"],
    }  # fmt: skip
    return _preferences("global_preferences", "Library/Preferences/.GlobalPreferences.plist", entries)


def _preferences(source: str, path: str, entries: dict[str, object]) -> PhoneFile:
    return PhoneFile(
        source=source,
        domain="HomeDomain",
        relative_path=path,
        device_path=f"private/var/mobile/{path}",
        content=plistlib.dumps(entries, fmt=plistlib.FMT_BINARY),
    )
