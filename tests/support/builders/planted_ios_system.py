"""Where iOS itself keeps names: usage, streams, browsing, permissions, processes, profiles, apps, files.

Schemas and paths follow public parsers: iLEAPP (abrignoni), APOLLO (mac4n6), ccl-segb, macos-UnifiedLogs (mandiant),
dtformats (libyal), and Kaspersky's iShutdown notes for the shutdown log.
"""

from __future__ import annotations

import base64
import json
import plistlib
from dataclasses import replace
from typing import TYPE_CHECKING

from builders.planted_forms import (
    binary_cookies,
    changed,
    keyed_archive,
    lz4_block,
    proto,
    segb_v1,
    segb_v2,
    tables,
    tracev3,
    uuidtext,
    with_wal,
)
from builders.planted_inputs import CERTIFICATE, HASHED, INDICATORS
from builders.planted_places import Place, both, device
from mvtcase.phones import ios_browsing, ios_system
from mvtcase.phones.ios_phone import PhoneFile
from mvtcase.phones.plants import PlantKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from mvtcase.phones.ios_phone import Desk

    Build = Callable[[Desk, str], list[PhoneFile]]

_DOMAINS = (PlantKind.DOMAINS,)
_LINKS = (PlantKind.DOMAINS, PlantKind.URLS)
_APPS = (PlantKind.APP_IDS,)
_RUN = (PlantKind.PROCESSES,)
_PATHS = (PlantKind.FILE_PATHS,)
_NAMES = (PlantKind.FILE_NAMES,)
_PROFILES = (PlantKind.IOS_PROFILE_IDS,)
_MOBILE = "private/var/mobile/Library"
_SAFARI = "private/var/mobile/Containers/Data/Application/6C5E2E91-2F6A-4E1D-9C6E-3F9B6A0E7D21/Library"
_BIOME = f"{_MOBILE}/Biome/streams/restricted"


def _database(path: str, script: str, statement: str, *, domain: str = "", relative: str = "") -> Build:
    """Return a place in a database of its own, whose one row holds the value."""

    def build(_desk: Desk, value: str) -> list[PhoneFile]:
        content = tables(script, (statement, (value,)))
        return both(domain, relative, path, content) if domain else [device(path, content)]

    return build


def _edited(make: Callable[[Desk], PhoneFile], *statements: tuple[str, tuple[object, ...]]) -> Build:
    def build(desk: Desk, value: str) -> list[PhoneFile]:
        file = make(desk)
        filled = [
            (text, [each.format(value) if isinstance(each, str) else each for each in row]) for text, row in statements
        ]
        return [replace(file, content=changed(file.content, *filled))]

    return build


def _plist(
    path: str, make: Callable[[str], dict[str, object]], *, domain: str = "", relative: str = "", xml: bool = False
) -> Build:
    def build(_desk: Desk, value: str) -> list[PhoneFile]:
        content = plistlib.dumps(make(value), fmt=plistlib.FMT_XML if xml else plistlib.FMT_BINARY)
        return both(domain, relative, path, content) if domain else [device(path, content)]

    return build


def _content(path: str, make: Callable[[str], bytes], *, domain: str = "", relative: str = "") -> Build:
    def build(_desk: Desk, value: str) -> list[PhoneFile]:
        return both(domain, relative, path, make(value)) if domain else [device(path, make(value))]

    return build


def _named(path: str, *, domain: str = "", relative: str = "") -> Build:
    """Return a place in a file's own name or path."""

    def build(_desk: Desk, value: str) -> list[PhoneFile]:
        relative_path = relative.format(value.lstrip("/"))
        return [
            PhoneFile(
                source="added", domain=domain, relative_path=relative_path, device_path=path.format(value.lstrip("/")),
                content=b"\xcf\xfa\xed\xfe" + b"\0" * 60,
            )
        ]  # fmt: skip

    return build


def _knowledge(column: str, statement: str) -> Build:
    script = (
        "CREATE TABLE ZOBJECT (Z_PK INTEGER PRIMARY KEY, ZSTREAMNAME VARCHAR, ZVALUESTRING VARCHAR, ZSTARTDATE TIMESTAMP);"
        "CREATE TABLE ZSTRUCTUREDMETADATA (Z_PK INTEGER PRIMARY KEY, Z_DKSAFARIHISTORYMETADATAKEY__TITLE VARCHAR,"
        " Z_DKDIGITALHEALTHMETADATAKEY__WEBPAGEURL VARCHAR, Z_DKDIGITALHEALTHMETADATAKEY__WEBDOMAIN VARCHAR);"
    )
    return _database(f"{_MOBILE}/CoreDuet/Knowledge/knowledgeC.db", script, statement.format(column))


def _biome(stream: str, make: Callable[[str], bytes], *, new: bool = True) -> Build:
    def build(_desk: Desk, value: str) -> list[PhoneFile]:
        records = [make("com.apple.MobileSMS"), make(value), make("com.apple.mobilesafari")]
        data = segb_v2(records) if new else segb_v1(records)
        return [device(f"{_BIOME}/{stream}/local/777000000000000", data)]

    return build


def _in_focus(value: str) -> bytes:
    return proto((1, 1), (2, 1), (4, 800000000), (6, value), (9, "1.0"), (10, "100"))


def _history_gone(desk: Desk, value: str) -> list[PhoneFile]:
    file = ios_browsing.safari_history(desk)
    script = "CREATE TABLE history_tombstones (id INTEGER PRIMARY KEY, start_time REAL, end_time REAL, url TEXT, generation INTEGER)"
    row = ("INSERT INTO history_tombstones VALUES (1, 800000000, 800000000, ?, 3)", (value,))
    return [replace(file, content=changed(file.content, (script, ()), row))]


def _history_freed(desk: Desk, value: str) -> list[PhoneFile]:
    file = ios_browsing.safari_history(desk)
    columns = "id, url, visit_count, daily_visit_counts, should_recompute_derived_visit_counts, visit_count_score"
    statement = f"INSERT INTO history_items ({columns}) VALUES (?, ?, 1, x'01', 0, 1)"
    add = [(statement, (9000 + number, f"{value}#{'z' * 200}{number}")) for number in range(60)]
    return [replace(file, content=changed(file.content, *add, ("DELETE FROM history_items WHERE id >= 9000", ())))]


def _history_logged(desk: Desk, value: str) -> list[PhoneFile]:
    file = ios_browsing.safari_history(desk)
    add = ("UPDATE history_visits SET title=? WHERE id=(SELECT min(id) FROM history_visits)", (f"{value}",))
    main, log = with_wal(file.content, add)
    beside = replace(
        file, source="added", relative_path=f"{file.relative_path}-wal", device_path=f"{file.device_path}-wal"
    )
    return [replace(file, content=main), replace(beside, content=log, anatomy=None)]


def _crash(value: str) -> bytes:
    head = {"app_name": value.rsplit("/", 1)[-1], "timestamp": "2026-10-01 08:00:00.00 +0800", "bug_type": "309"}
    body = {
        "procName": value.rsplit("/", 1)[-1],
        "procPath": f"/private/var/db/{value}" if "/" not in value else value,
        "pid": 311,
    }
    return (json.dumps(head) + "\n" + json.dumps(body, indent=2)).encode()


def _powerlog(_desk: Desk, value: str) -> list[PhoneFile]:
    script = (
        "CREATE TABLE PLProcessMonitorAgent_EventInterval_ProcessMonitorInterval_Dynamic (ID INTEGER PRIMARY KEY, "
        "timestamp REAL, ProcessName TEXT, value REAL);"
    )
    row = (
        "INSERT INTO PLProcessMonitorAgent_EventInterval_ProcessMonitorInterval_Dynamic VALUES (1, 1790000000, ?, 3)",
        (value,),
    )
    path = "private/var/containers/Shared/SystemGroup/4D1A/Library/BatteryLife/CurrentPowerlog.PLSQL"
    return [device(path, tables(script, row))]


def _trust(_desk: Desk, value: str) -> list[PhoneFile]:
    script = "CREATE TABLE tsettings (sha1 BLOB, subj BLOB, tset BLOB, data BLOB);"
    row = ("INSERT INTO tsettings VALUES (?, ?, NULL, NULL)", (bytes.fromhex(value), b"0\x0b"))
    return [device("private/var/protected/trustd/private/TrustStore.sqlite3", tables(script, row))]


def _by_hash(_desk: Desk, value: str) -> list[PhoneFile]:
    content = next(data for kind, data in HASHED.items() if INDICATORS[kind] == (value,))
    name = "Media/Downloads/holiday.bin"
    return both("MediaDomain", name, "private/var/mobile/Media/Downloads/holiday.bin", content)


def _origin(value: str) -> bytes:
    # WebsiteData/Default/HASH/HASH/origin of iOS 16 and later: scheme, host and port of top and own origin.
    host = value.encode()
    one = (
        len(b"https").to_bytes(4, "little") + b"\x01https" + len(host).to_bytes(4, "little") + b"\x01" + host + b"\x00"
    )
    return one + one


def _launch_item(value: str) -> dict[str, object]:
    return {"Label": "com.apple.harrow.helper", "ProgramArguments": [value, "-d"], "RunAtLoad": True, "KeepAlive": True}


_PROFILE_FOLDER = "Library/ConfigurationProfiles"
_PROFILE_DOMAIN = "SysSharedContainerDomain-systemgroup.com.apple.configurationprofiles"
_PROFILE_DEVICE = (
    f"private/var/containers/Shared/SystemGroup/systemgroup.com.apple.configurationprofiles/{_PROFILE_FOLDER}"
)


def _profile(name: str, make: Callable[[str], dict[str, object]]) -> Build:
    return _plist(f"{_PROFILE_DEVICE}/{name}", make, domain=_PROFILE_DOMAIN, relative=f"{_PROFILE_FOLDER}/{name}")


_PREFERENCE = "private/var/preferences/SystemConfiguration/preferences.plist"
_STORE = "CREATE TABLE application_identifier_tab (id INTEGER PRIMARY KEY, application_identifier TEXT);"
_TIME = "CREATE TABLE ZUSAGETIMEDITEM (Z_PK INTEGER PRIMARY KEY, ZBUNDLEIDENTIFIER VARCHAR, ZDOMAIN VARCHAR, ZTOTALTIMEINSECONDS INTEGER);"
_PROCESS_ROW = "INSERT INTO ZPROCESS (Z_PK, Z_ENT, Z_OPT, ZFIRSTTIMESTAMP, ZTIMESTAMP, ZBUNDLENAME, ZPROCNAME) VALUES (900, 1, 1, 1, 800000000, {}, {})"

SYSTEM: tuple[Place, ...] = (
    Place("knowledgeC app in focus", "APOLLO knowledge_app_inFocus", _APPS, _knowledge("ZVALUESTRING", "INSERT INTO ZOBJECT VALUES (1, '/app/inFocus', ?, 1)")),
    Place("knowledgeC web usage", "APOLLO knowledge_app_webUsage", _LINKS, _knowledge("", "INSERT INTO ZSTRUCTUREDMETADATA VALUES (1, NULL, ?, NULL)")),
    Place("knowledgeC web domain", "APOLLO knowledge_app_webUsage", _DOMAINS, _knowledge("", "INSERT INTO ZSTRUCTUREDMETADATA VALUES (1, NULL, NULL, ?)")),
    Place("Biome app in focus", "ccl-segb, iLEAPP biomeInfocus", _APPS, _biome("App.InFocus", _in_focus)),
    Place("Biome app in focus of iOS 16", "ccl-segb v1", _APPS, _biome("App.InFocus", _in_focus, new=False)),
    Place("Biome web usage", "iLEAPP biomeSafari", _LINKS, _biome("App.WebUsage", lambda value: proto((1, 1), (4, value)))),
    Place("Biome notification", "iLEAPP biomeNotifications", _APPS, _biome("Notification.Usage", lambda value: proto((1, "x"), (4, value)))),
    Place("cookie", "dtformats Safari cookies", _DOMAINS, _content(f"{_MOBILE}/Cookies/Cookies.binarycookies", lambda value: binary_cookies(f".{value}"))),
    Place("cookie without a leading dot", "dtformats Safari cookies", _DOMAINS, _content(f"{_SAFARI}/Cookies/Cookies.binarycookies", binary_cookies)),
    Place("redirect in a cookie", "dtformats Safari cookies", _LINKS, _content(f"{_SAFARI}/Cookies/Cookies.binarycookies", lambda value: binary_cookies("www.example.com", name="next", value=base64.b64encode(value.encode()).decode()))),
    Place("bookmark", "iLEAPP safariBookmarks.py", _LINKS, _database(f"{_MOBILE}/Safari/Bookmarks.db", "CREATE TABLE bookmarks (id INTEGER PRIMARY KEY, title TEXT, url TEXT);", "INSERT INTO bookmarks VALUES (1, 'x', ?)", domain="HomeDomain", relative="Library/Safari/Bookmarks.db")),
    Place("tab of a tab group", "iLEAPP safariTabs", _LINKS, _database(f"{_SAFARI}/Safari/SafariTabs.db", "CREATE TABLE bookmarks (id INTEGER PRIMARY KEY, title TEXT, url TEXT);", "INSERT INTO bookmarks VALUES (1, 'x', ?)", domain="AppDomain-com.apple.mobilesafari", relative="Library/Safari/SafariTabs.db")),
    Place("tab of another device", "iLEAPP cloudTabs", _LINKS, _database(f"{_MOBILE}/Safari/CloudTabs.db", "CREATE TABLE cloud_tabs (tab_uuid TEXT, url TEXT);", "INSERT INTO cloud_tabs VALUES ('A', ?)", domain="HomeDomain", relative="Library/Safari/CloudTabs.db")),
    Place("per-site preference", "Safari PerSitePreferences.db, as listed by mac_apt", _DOMAINS, _database(f"{_SAFARI}/Safari/PerSitePreferences.db", "CREATE TABLE preference_values (id INTEGER PRIMARY KEY, domain TEXT, preference TEXT, preference_value BLOB);", "INSERT INTO preference_values VALUES (1, ?, 'PerSitePreferencesCamera', 1)", domain="AppDomain-com.apple.mobilesafari", relative="Library/Safari/PerSitePreferences.db")),
    Place("Safari download", "iLEAPP safariDownloads", _LINKS, _plist(f"{_MOBILE}/Safari/Downloads/Downloads.plist", lambda value: {"DownloadHistory": [{"sourceURL": value}]}, domain="HomeDomain", relative="Library/Safari/Downloads/Downloads.plist")),
    Place("name of a Safari download", "iLEAPP safariDownloads", _NAMES, _plist(f"{_MOBILE}/Safari/Downloads/Downloads.plist", lambda value: {"DownloadHistory": [{"path": f"~/Downloads/{value}"}]}, domain="HomeDomain", relative="Library/Safari/Downloads/Downloads.plist", xml=True)),
    Place("removed visit in history_tombstones", "iLEAPP safariHistory", _LINKS, _history_gone),
    Place("removed visits in free pages", "undark", _LINKS, _history_freed),
    Place("visit in the write-ahead log only", "sqlite.org/walformat", _LINKS, _history_logged),
    Place("title of a visit", "iLEAPP safariHistory", _LINKS, _edited(ios_browsing.safari_history, ("UPDATE history_visits SET title=? WHERE id=(SELECT max(id) FROM history_visits)", ("{}",)))),
    Place("recent web search", "iLEAPP safariRecentWebSearches", _DOMAINS, _plist(f"{_SAFARI}/Preferences/com.apple.mobilesafari.plist", lambda value: {"RecentWebSearches": [{"SearchString": value}]}, domain="AppDomain-com.apple.mobilesafari", relative="Library/Preferences/com.apple.mobilesafari.plist")),
    Place("WebKit origin file", "WebKit source, Storage/OriginStorageManager", _DOMAINS, _content(f"{_SAFARI}/WebKit/WebsiteData/Default/q0/q0/origin", _origin)),
    Place("WebKit folder of a site in a data store", "WebKit source, WebsiteDataStore", _DOMAINS, _named(_SAFARI + "/WebKit/WebsiteDataStore/0F3E/IndexedDB/https_{}_0/db/IndexedDB.sqlite3")),
    Place("HSTS entry", "iLEAPP, HSTS.plist of NSURLSession", _DOMAINS, _plist(f"{_SAFARI}/Caches/com.apple.mobilesafari/HSTS.plist", lambda value: {"com.apple.CFNetwork.defaultStorageSession": {value: {"Expiry": 8e8}}})),
    Place("keyboard's learned words", "iLEAPP keyboardLexicon, dynamic-lexicon.dat", _DOMAINS, _content(f"{_MOBILE}/Keyboard/en-dynamic.lm/dynamic-lexicon.dat", lambda value: b"\x00\x04DynamicDictionary-8\x00" + b"\x00\x05hello\x00" + b"\x00\x08" + value.encode() + b"\x00\x02ok\x00", domain="KeyboardDomain", relative="Library/Keyboard/en-dynamic.lm/dynamic-lexicon.dat")),
    Place("text shortcut", "iLEAPP, UserDictionary.sqlite", (PlantKind.EMAILS,), _database(f"{_MOBILE}/Keyboard/UserDictionary.sqlite", "CREATE TABLE ZUSERDICTIONARYENTRY (Z_PK INTEGER PRIMARY KEY, ZSHORTCUT VARCHAR, ZPHRASE VARCHAR);", "INSERT INTO ZUSERDICTIONARYENTRY VALUES (1, 'mail', ?)", domain="KeyboardDomain", relative="Library/Keyboard/UserDictionary.sqlite")),
    Place("permission", "iLEAPP tcc.py", _APPS, _edited(ios_system.tcc, ("INSERT INTO access (service, client, client_type, auth_value, auth_reason, auth_version, flags, last_modified) VALUES ('kTCCServiceMicrophone', ?, 0, 2, 2, 1, 0, 1790000000)", ("{}",)))),
    Place("network use of an app", "APOLLO datausage_process", _APPS, _edited(ios_system.datausage, (_PROCESS_ROW.format("?", "'harrow'"), ("{}",)))),
    Place("network use of a process", "APOLLO datausage_process", _RUN, _edited(ios_system.datausage, (_PROCESS_ROW.format("NULL", "?"), ("{}",)))),
    Place("network use, process and app", "APOLLO datausage_process", _RUN, _edited(ios_system.datausage, (_PROCESS_ROW.format("'com.apple.datausage'", "?"), ("{}/com.apple.datausage",)))),
    Place("use of the net by name", "plaso netusage", _RUN, _edited(ios_system.netusage, (_PROCESS_ROW.format("NULL", "?"), ("{}",)))),
    Place("power log", "APOLLO powerlog_process_monitor", _RUN, _powerlog),
    Place("app of the power log", "APOLLO powerlog_app_usage", _APPS, _database("private/var/containers/Shared/SystemGroup/4D1A/Library/BatteryLife/CurrentPowerlog.PLSQL", "CREATE TABLE PLAppTimeService_Aggregate_AppRunTime (ID INTEGER PRIMARY KEY, timestamp REAL, BundleID TEXT, ScreenOnTime REAL);", "INSERT INTO PLAppTimeService_Aggregate_AppRunTime VALUES (1, 1790000000, ?, 60)")),
    Place("screen time", "iLEAPP screentimeAll", _APPS, _database(f"{_MOBILE}/Application Support/com.apple.remotemanagementd/RMAdminStore-Local.sqlite", _TIME, "INSERT INTO ZUSAGETIMEDITEM VALUES (1, ?, NULL, 60)")),
    Place("domain of screen time", "iLEAPP screentimeAll", _DOMAINS, _database(f"{_MOBILE}/Application Support/com.apple.remotemanagementd/RMAdminStore-Local.sqlite", _TIME, "INSERT INTO ZUSAGETIMEDITEM VALUES (1, NULL, ?, 60)")),
    Place("application state", "iLEAPP applicationStateDB", _APPS, _database(f"{_MOBILE}/FrontBoard/applicationState.db", _STORE, "INSERT INTO application_identifier_tab VALUES (1, ?)")),
    Place("home screen", "iLEAPP iconsScreen", _APPS, _plist(f"{_MOBILE}/SpringBoard/IconState.plist", lambda value: {"iconLists": [["com.apple.Maps", value]]}, domain="HomeDomain", relative="Library/SpringBoard/IconState.plist")),
    Place("installed in the past", "iLEAPP mobileInstall logs", _APPS, _content("private/var/installd/Library/Logs/MobileInstallation/mobile_installation.log.0", lambda value: f"Mon Oct  5 08:00:00 2026 [301] <notice> (0x16f) Install of {value} (placeholder)\n".encode())),
    Place("preferences by name", "iOS preferences, iLEAPP", _APPS, _named(_MOBILE + "/Preferences/{}.plist", domain="HomeDomain", relative="Library/Preferences/{}.plist")),
    Place("backup domain", "iLEAPP, Manifest.db", _APPS, lambda _desk, value: both(f"AppDomain-{value}", "Documents/store.bin", f"private/var/mobile/Containers/Data/Application/9F/{value}", b"\0" * 60)),
    Place("container metadata", "iLEAPP, .com.apple.mobile_container_manager.metadata.plist", _APPS, _plist("private/var/mobile/Containers/Data/Application/9F2C/.com.apple.mobile_container_manager.metadata.plist", lambda value: {"MCMMetadataIdentifier": value, "MCMMetadataContentClass": 2})),
    Place("notification settings", "iLEAPP notificationsXI", _APPS, _plist(f"{_MOBILE}/BulletinBoard/VersionedSectionInfo.plist", lambda value: {"sectionInfo": {value: keyed_archive({"sectionID": value}, "BBSectionInfo")}})),
    Place("crash report", "Apple, Interpreting the JSON format of a crash report", _RUN, _content(f"{_MOBILE}/Logs/CrashReporter/harrow-2026-10-01-080000.ips", _crash)),
    Place("path in a crash report", "Apple, Interpreting the JSON format of a crash report", _PATHS, _content(f"{_MOBILE}/Logs/CrashReporter/harrow-2026-10-01-080000.ips", _crash)),
    Place("jetsam report", "iLEAPP; JetsamEvent reports", _RUN, _content(f"{_MOBILE}/Logs/CrashReporter/JetsamEvent-2026-10-01-080000.ips", lambda value: (json.dumps({"bug_type": "298"}) + "\n" + json.dumps({"processes": [{"pid": 4, "name": value, "rpages": 90}]})).encode())),
    Place("shutdown log", "Kaspersky iShutdown", _RUN, _content("private/var/db/diagnostics/shutdown.log", lambda value: f"After 3.00s, these clients are still here:\n\t\tremaining client pid: 88 (/private/var/db/com.apple.xpc.roleaccountd.staging/{value})\nSIGTERM: [1790000000] x\n".encode())),
    Place("unified log", "mandiant/macos-UnifiedLogs", _RUN + _LINKS, _content("private/var/db/diagnostics/Persist/0000000000000a11.tracev3", lambda value: tracev3(f"/usr/libexec/{value} started by launchd" if "." not in value else f"connecting to {value} port 443", "com.apple.network"))),
    Place("uuidtext", "mandiant/macos-UnifiedLogs", _PATHS, _content("private/var/db/uuidtext/0A/1B2C3D4E5F60718293A4B5C6D7E8F9", uuidtext)),
    Place("daily analytics", "MVT's own source, osanalytics", _RUN, _plist(f"{_MOBILE}/Preferences/com.apple.osanalytics.addaily.plist", lambda value: {"netUsageBaseline": {value: [None, 1, 2, 3, 4]}}, domain="HomeDomain", relative="Library/Preferences/com.apple.osanalytics.addaily.plist")),
    Place("launch item", "launchd.plist(5)", _PATHS, _plist("private/var/db/com.apple.xpc.launchd/harrow.plist", _launch_item)),
    Place("location client's path", "iLEAPP, clients.plist", _PATHS, _plist("private/var/root/Library/Caches/locationd/clients.plist", lambda value: {"com.apple.x": {"Executable": value, "BundlePath": "/System"}}, domain="RootDomain", relative="Library/Caches/locationd/clients.plist")),
    Place("file's own path", "MVT docs, check-fs", _PATHS, _named("{}")),
    Place("file's own name", "iLEAPP, Manifest.db", _NAMES, _named("private/var/mobile/Media/Downloads/{}", domain="MediaDomain", relative="Media/Downloads/{}")),
    Place("recent document", "iLEAPP, recents of Files", _NAMES, _plist(f"{_MOBILE}/Application Support/CloudDocs/recent.plist", lambda value: {"items": [{"name": value}]}, domain="HomeDomain", relative="Library/Application Support/CloudDocs/recent.plist")),
    Place("photo library's file name", "iLEAPP Photos.sqlite", _NAMES, _database("private/var/mobile/Media/PhotoData/Photos.sqlite", "CREATE TABLE ZADDITIONALASSETATTRIBUTES (Z_PK INTEGER PRIMARY KEY, ZORIGINALFILENAME VARCHAR);", "INSERT INTO ZADDITIONALASSETATTRIBUTES VALUES (1, ?)", domain="CameraRollDomain", relative="Media/PhotoData/Photos.sqlite")),
    Place("file by its hash", "published hashes", tuple(HASHED), _by_hash),
    Place("trusted certificate", "Apple Security source, TrustStore", (PlantKind.APP_CERT_HASHES,), _trust),
    Place("profile in lower case", "Apple, Configuration Profile Reference", _PROFILES, _profile("profile-0001.stub", lambda value: {"PayloadType": "Configuration", "PayloadUUID": value.lower(), "PayloadContent": []})),
    Place("profile in the order of installation", "Apple, Configuration Profile Reference", _PROFILES, _profile("PayloadManifest.plist", lambda value: {"OrderedProfiles": [value], "HiddenProfiles": []})),
    Place("payload of a profile", "Apple, Configuration Profile Reference", _PROFILES, _profile("profile-0002.stub", lambda value: {"PayloadType": "Configuration", "PayloadUUID": "x", "PayloadContent": [{"PayloadUUID": value, "PayloadType": "com.apple.webClip.managed"}]})),
    Place("server of a profile", "Apple, Configuration Profile Reference", _LINKS, _profile("profile-0003.stub", lambda value: {"PayloadType": "Configuration", "PayloadContent": [{"PayloadType": "com.apple.mdm", "ServerURL": value}]})),
    Place("proxy settings", "Apple, SystemConfiguration", _LINKS, _plist(_PREFERENCE, lambda value: {"NetworkServices": {"A": {"Proxies": {"ProxyAutoConfigURLString": value}}}}, domain="SystemPreferencesDomain", relative="SystemConfiguration/preferences.plist")),
    Place("compressed app cache", "lz4 block format, Apple's bv41 framing", _LINKS, _content(f"{_SAFARI}/Caches/store.lz4", lambda value: b"bv41" + len(("cached entry " * 30 + value).encode()).to_bytes(4, "little") + len(lz4_block(("cached entry " * 30 + value).encode())).to_bytes(4, "little") + lz4_block(("cached entry " * 30 + value).encode()) + b"bv4$")),
    Place("UTF-16 text", "Unicode, sqlite.org/pragma encoding", _LINKS, _database(f"{_SAFARI}/store.db", "PRAGMA encoding='UTF-16le'; CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT);", "INSERT INTO notes VALUES (1, ?)", domain="AppDomain-org.example.riverbus", relative="Documents/store.db")),
)  # fmt: skip
"""Places that iOS fills; `CERTIFICATE` stands in the trust store as the 20 bytes of its SHA-1."""

assert len(CERTIFICATE) == 40, "a SHA-1"
