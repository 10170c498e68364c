"""Healthy iPhones with what ordinary ones show: each noise by itself, and several together.

Names are facts restated: process names of plaso's test databases (netusage.sqlite, DataUsage.sqlite, Apache-2.0), paths of
the public iOS images that iLEAPP lists (abrignoni/iLEAPP), payload types of Apple's device management reference, app ids
of the App Store.
"""

from __future__ import annotations

import json
import plistlib
import zlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from builders.healthy_inputs import (
    OTHER_SHORTENERS,
    REPORTED,
    SHORTENERS,
    TALK,
    WARNING,
    WIDE_NEIGHBOUR,
    block_lists,
    chat_export,
    news,
    short_news,
)
from builders.healthy_line import healthy_line
from builders.planted_forms import changed, tables
from builders.planted_ios import build_ios
from builders.planted_places import both, device
from mvtcase.model import EvidenceKind
from mvtcase.phones import ios_browsing, ios_messages, ios_people, ios_system
from mvtcase.phones.ios_phone import Desk, IosPhone, Oddity, PhoneFile
from mvtcase.phones.line_ios import line_ios_files, preference_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Files = Callable[[Desk], list[PhoneFile]]

_DATE = 800_000_000_000_000_000
_PROFILE = "Library/ConfigurationProfiles"
_PROFILE_DOMAIN = "SysSharedContainerDomain-systemgroup.com.apple.configurationprofiles"
_PROFILE_DEVICE = f"private/var/containers/Shared/SystemGroup/systemgroup.com.apple.configurationprofiles/{_PROFILE}"
_GROUP = "private/var/mobile/Containers/Shared/AppGroup/5C0FA2B1-7E1D-4B0C-9C53-1F0A6D2B7C11"

NETUSAGE = (
    "configd", "captiveagent", "geod", "com.apple.purplebuddy", "CommCenter", "akd", "CommCenterMobile",
    "AssetCacheLocato", "com.apple.mobileassetd", "IMRemoteURLConne", "softwareupdated", "swcd", "passd", "remindd",
    "watchlistd", "itunesstored", "bookassetd", "com.apple.Diagno", "mobileactivation", "healthappd", "appstored",
    "coreidvd", "com.apple.sbd", "syncdefaultsd", "familycircled", "ind", "amsaccountsd", "sharingd", "bird",
    "bluetoothd", "softwareupdatese", "seld", "storebookkeeperd", "vmd", "CategoriesServic", "FMIPClientXPCSer",
    "assistant_servic", "com.apple.coreduetd", "com.apple.Mobile", "promotedcontentd",
)  # fmt: skip
OTHER_DAEMONS = (
    "mediaserverd", "triald", "chronod", "routined", "analyticsd", "biomesyncd", "dasd", "symptomsd", "maild", "gamed",
    "searchpartyd", "transparencyd", "rapportd", "suggestd", "newsd", "photoanalysisd", "ScreenTimeAgent", "imagent",
    "com.apple.WebKit.Networking", "IMTransferAgent", "nanoregistryd", "weatherd", "networkserviceproxy", "mediaanalysisd",
)  # fmt: skip
DATAUSAGE = (
    "CumulativeUsageTracker", "terminusd/com.apple.datausage.general", "CommCenter/com.apple.datausage.telephony",
    "siri/com.apple.siri", "parsec-fbf/com.apple.datausage.siri", "willowd/com.apple.datausage.homekit",
    "protectedcloudstorage.protectedcloudkeysyncing/com.apple.protectedcloudstorage.protectedcloudkeysyncing",
    "assistant.assistantd/com.apple.datausage.siri", "icloud.searchpartyd/com.apple.icloud.searchpartyd",
    "1FB47783-A2FE-47D9-B256-DF50EF44BBA4/com.apple.Fitness", "WeatherWidget/com.apple.weather",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class IosNoise:
    """One thing that healthy iPhones show: files instead of or beside the phone's own, and oddities of the builder."""

    name: str
    source: str
    files: tuple[Files, ...] = ()
    oddities: frozenset[Oddity] = frozenset()
    missing: tuple[str, ...] = ()
    after: Callable[[Path], None] | None = None
    forms: tuple[EvidenceKind, ...] = (EvidenceKind.IOS_BACKUP_ENCRYPTED, EvidenceKind.IOS_FILE_SYSTEM)
    phone: dict[str, object] = field(default_factory=dict)


def ios_phone(noises: tuple[IosNoise, ...], seed: int, extra: tuple[PhoneFile, ...] = ()) -> IosPhone:
    """Return a phone with these noises; `extra` files stand beside them."""
    phone = IosPhone(seed=seed, messages=60, photos=4, attributed_body_only=12)
    for noise in noises:
        phone = replace(phone, oddities=phone.oddities | noise.oddities, **noise.phone)  # type: ignore[arg-type]
    desk = Desk.of(phone, {})
    files = [file for noise in noises for make in noise.files for file in make(desk)]
    return replace(phone, extra_files=(*files, *extra))


def build_noisy_ios(
    form: EvidenceKind, noises: tuple[IosNoise, ...], seed: int, folder: Path, extra: tuple[PhoneFile, ...] = ()
) -> Path:
    """Return the phone as evidence of a kind."""
    missing = tuple(name for noise in noises for name in noise.missing)
    after = [noise.after for noise in noises if noise.after is not None]
    return build_ios(form, ios_phone(noises, seed, extra), folder, missing=missing, after=after)


def _edit(make: Callable[[Desk], PhoneFile], *statements: tuple[str, tuple[object, ...]]) -> Files:
    return lambda desk: [replace(file := make(desk), content=changed(file.content, *statements))]


def _texts(*texts: str, handle: int = 1) -> Files:
    statement = "INSERT INTO message (guid, text, handle_id, service, date, is_from_me) VALUES (?,?,?,'iMessage',?,0)"
    rows = [(statement, (f"noise-{number}", text, handle, _DATE + number)) for number, text in enumerate(texts)]
    return _edit(ios_messages.sms, *rows)


def _usage(make: Callable[[Desk], PhoneFile], names: tuple[str, ...]) -> Files:
    statement = (
        "INSERT INTO ZPROCESS (Z_PK, Z_ENT, Z_OPT, ZFIRSTTIMESTAMP, ZTIMESTAMP, ZBUNDLENAME, ZPROCNAME) "
        "VALUES (?, 9, 1, 780000000, 800000000, ?, ?)"
    )
    live = (
        "INSERT INTO ZLIVEUSAGE (Z_PK, Z_ENT, Z_OPT, ZKIND, ZHASPROCESS, ZTIMESTAMP, ZWIFIIN, ZWIFIOUT, ZWWANIN, ZWWANOUT)"
        " VALUES (?, 7, 1, 0, ?, 800000000, 1, 1, 1, 1)"
    )
    rows: list[tuple[str, tuple[object, ...]]] = []
    for number, name in enumerate(names, 500):
        bundle = name if name.startswith("com.apple.") and "/" not in name else None
        rows += [(statement, (number, bundle, name)), (live, (number, number))]
    return _edit(make, *rows)


def _holes(desk: Desk) -> list[PhoneFile]:
    # Core Data gives numbers out once: what is pruned after its time leaves holes (APOLLO's notes on retention).
    file = ios_system.datausage(desk)
    gone = "SELECT Z_PK FROM ZPROCESS WHERE Z_PK % 5 = 2"
    rows = (f"DELETE FROM ZLIVEUSAGE WHERE ZHASPROCESS IN ({gone})", "DELETE FROM ZPROCESS WHERE Z_PK % 5 = 2")
    return [replace(file, content=changed(file.content, *((row, ()) for row in rows)))]


def _profiles(*payloads: str) -> Files:
    def make(_desk: Desk) -> list[PhoneFile]:
        files = []
        for number, kind in enumerate(payloads):
            name = f"profile-noise{number:02d}.stub"
            content = {
                "PayloadType": "Configuration", "PayloadUUID": f"3A51D0C2-77AA-4F0E-9B1C-5E6F7081920{number}",
                "PayloadDisplayName": "Ministry device management", "PayloadIdentifier": f"tw.example.mdm.{number}",
                "PayloadDescription": "", "InstallDate": desk_date(_desk),
                "PayloadContent": [{"PayloadType": kind, "PayloadUUID": f"7B{number:02d}D0C2-77AA-4F0E-9B1C-5E6F70819200", "PayloadIdentifier": f"tw.example.payload.{number}"}],
            }  # fmt: skip
            files += both(
                _PROFILE_DOMAIN,
                f"{_PROFILE}/{name}",
                f"{_PROFILE_DEVICE}/{name}",
                plistlib.dumps(content, fmt=plistlib.FMT_BINARY),
            )
        return files

    return make


def desk_date(desk: Desk) -> object:
    """Return the day of the backup as property lists hold it."""
    return desk.phone.backed_up.replace(tzinfo=None)


def _metadata(entries: dict[str, object], number: int) -> Files:
    path = (
        f"private/var/containers/Bundle/Application/1F0A6D2B-7C11-4B0C-9C53-00000000{number:04d}/iTunesMetadata.plist"
    )
    return lambda _desk: [device(path, plistlib.dumps(entries, fmt=plistlib.FMT_BINARY))]


def _info_plist(apps: dict[str, dict[str, object]]) -> Callable[[Path], None]:
    def after(root: Path) -> None:
        path = root / "Info.plist"
        if not path.exists():
            return
        info = plistlib.loads(path.read_bytes())
        for bundle, metadata in apps.items():
            info["Applications"][bundle] = {
                "iTunesMetadata": plistlib.dumps(metadata, fmt=plistlib.FMT_BINARY),
                "PlaceholderIcon": b"x",
            }
            info["Installed Applications"].append(bundle)
        path.write_bytes(plistlib.dumps(info))

    return after


_LINE_APP: dict[str, dict[str, object]] = {
    "jp.naver.line": {"itemName": "LINE", "softwareVersionBundleId": "jp.naver.line", "bundleShortVersionString": "15.7.2"},
}  # fmt: skip


def _line_of(name: str) -> Files:
    """Return the files of an ordinary LINE account."""
    return lambda _: list(line_ios_files(dict(healthy_line())[name]))


_WITHOUT_ID: dict[str, dict[str, object]] = {
    "tw.example.field": {
        "itemName": "Field Notes",
        "bundleShortVersionString": "1.2",
        "sourceApp": "com.apple.TestFlight",
    },
    "com.apple.Keynote": {"itemName": "Keynote", "artistName": "Apple"},
}
_TESTFLIGHT: dict[str, dict[str, object]] = {
    "tw.example.beta": {
        "softwareVersionBundleId": "tw.example.beta",
        "itemName": "Beta",
        "sourceApp": "com.apple.TestFlight",
    },
    "com.epicgames.fortnite": {
        "softwareVersionBundleId": "com.epicgames.fortnite",
        "itemName": "Game",
        "sourceApp": "com.epicgames.ios.store",
    },
    "org.altstore.clip": {
        "softwareVersionBundleId": "org.altstore.clip",
        "itemName": "Clip",
        "sourceApp": "io.altstore.AltStore-pal",
    },
    "tw.example.mdmapp": {
        "softwareVersionBundleId": "tw.example.mdmapp",
        "itemName": "Intranet",
        "sourceApp": "com.apple.dmd",
    },
}


def _meeting(desk: Desk) -> list[PhoneFile]:
    file = ios_people.calendar(desk)
    row = ("UPDATE CalendarItem SET summary='Meeting', description='Notes' WHERE ROWID=2", ())
    return [replace(file, content=changed(file.content, row))]


def _block_list(_desk: Desk) -> list[PhoneFile]:
    hosts = [f"ads{number}.tracker.example.com" for number in range(3000)] + list(REPORTED)
    rules = [{"trigger": {"url-filter": f"^https?://([^/]*\\.)?{host}"}, "action": {"type": "block"}} for host in hosts]
    name = "Library/Application Support/blockerList.json"
    plain = "\n".join(f"||{host}^" for host in hosts).encode()
    return [
        *both("AppDomainGroup-group.com.adguard.AdGuard", name, f"{_GROUP}/{name}", json.dumps(rules).encode()),
        *both("AppDomainGroup-group.com.adguard.AdGuard", "filters/11.txt", f"{_GROUP}/filters/11.txt", plain),
    ]


def _kept(name: str, content: bytes) -> Files:
    """Return a file of an app that keeps lists and articles."""
    return lambda _: both("AppDomainGroup-group.com.adguard.AdGuard", name, f"{_GROUP}/{name}", content)


_RULES = json.dumps(
    [{"trigger": {"url-filter": ".*", "if-domain": [f"*ads{n}.example.com" for n in range(300)] + [f"*{host}" for host in REPORTED[:2]]}, "action": {"type": "block"}}]
).encode()  # fmt: skip
_FRAUD = tables(
    "CREATE TABLE blacklist (id INTEGER PRIMARY KEY, host TEXT);",
    *(("INSERT INTO blacklist (host) VALUES (?)", (host,)) for host in [*(f"phish{n}.example.com" for n in range(300)), *REPORTED[:2]]),
)  # fmt: skip
_ARTICLES = tables(
    "CREATE TABLE articles (id INTEGER PRIMARY KEY, content TEXT);",
    *(
        ("INSERT INTO articles (content) VALUES (?)", (text,))
        for text in (
            f"<p>Amnesty's Security Lab saw the phone go to {REPORTED[0]}, a part of NSO Group's Pegasus spyware.</p>",
            f"國際特赦組織的調查指出,NSO 集團的飛馬間諜軟體曾使用 {REPORTED[1]} 這個網域。",
        )
    ),
)
_RESULTS = json.dumps(
    [{"level": "CRITICAL", "message": f'Found a known suspicious domain {REPORTED[2]} matching indicator "{REPORTED[2]}" from "Pegasus"', "matched_indicator": {"value": REPORTED[2]}}]
).encode()  # fmt: skip


def _few_blocked(_desk: Desk) -> list[PhoneFile]:
    folder = "filters"
    return [
        file
        for name, data in block_lists().items()
        for file in both(
            "AppDomainGroup-group.com.adguard.AdGuard", f"{folder}/{name}", f"{_GROUP}/{folder}/{name}", data
        )
    ]


def _exported(_desk: Desk) -> list[PhoneFile]:
    name = "File Provider Storage/[LINE]與王小明的聊天.txt"
    return both("AppDomainGroup-group.com.apple.FileProvider.LocalStorage", name, f"{_GROUP}/{name}", chat_export())


def _newsletter(_desk: Desk) -> list[PhoneFile]:
    body = "\r\n".join(
        ["From: news@weekly.example.tw", "Subject: =?utf-8?B?6LOH5a6J6YCx5aCx?=", "MIME-Version: 1.0",
         "Content-Type: text/html; charset=utf-8", "", f"<html><body><p>{'</p><p>'.join([*short_news(), *news()])}</p></body></html>"]
    ).encode()  # fmt: skip
    path = "Library/Mail/IMAP-x@mail.example/INBOX.mbox/Messages/77.emlx"
    return both("HomeDomain", path, f"private/var/mobile/{path}", b"%d\n" % len(body) + body)


def _report_pdf(_desk: Desk) -> list[PhoneFile]:
    text = "".join(f"(Indicator {host}) Tj T* " for host in REPORTED)
    stream = zlib.compress(f"BT /F1 9 Tf {text} ET".encode())
    data = b"%PDF-1.7\n1 0 obj<</Length " + str(len(stream)).encode() + b"/Filter/FlateDecode>>stream\n" + stream
    data += b"\nendstream endobj\n%%EOF\n"
    return both("HomeDomain", "Library/Downloads/report.pdf", "private/var/mobile/Library/Downloads/report.pdf", data)


def _visits(*links: str) -> Files:
    statements: list[tuple[str, tuple[object, ...]]] = []
    for number, link in enumerate(links, 7000):
        statements += [
            (
                (
                    "INSERT INTO history_items (id, url, visit_count, daily_visit_counts, should_recompute_derived_visit_counts,"
                    " visit_count_score) VALUES (?, ?, 1, x'01000000', 0, 1)"
                ),
                (number, link),
            ),
            (
                "INSERT INTO history_visits (id, history_item, visit_time, title) VALUES (?, ?, ?, 'x')",
                (number, number, 799_000_000 + number),
            ),
        ]
    return _edit(ios_browsing.safari_history, *statements)


def _bookmarks(_desk: Desk) -> list[PhoneFile]:
    rows = [
        (
            "INSERT INTO bookmarks VALUES (?, ?, ?)",
            (number, f"Report on {host}", f"https://lab.example.org/reports/{host}"),
        )
        for number, host in enumerate(REPORTED[:3])
    ]
    content = tables("CREATE TABLE bookmarks (id INTEGER PRIMARY KEY, title TEXT, url TEXT);", *rows)
    return both("HomeDomain", "Library/Safari/Bookmarks.db", "private/var/mobile/Library/Safari/Bookmarks.db", content)


def _names_of_ios(_desk: Desk) -> list[PhoneFile]:
    # usr/libexec/BackupAgent, folders `bh` and files `payload` stand in the public images' path lists.
    bundle = "private/var/containers/Bundle/Application/5F0C2B7E-1D34-4A6B-9C8D-0E1F2A3B4C5D/TikTok.app"
    store = "private/var/mobile/Containers/Data/Application/6A1D3C8F-2E45-4B7C-8D9E-1F2A3B4C5D6E/Library"
    paths = (
        "usr/libexec/BackupAgent", "usr/libexec/BackupAgent2",
        f"{bundle}/BDPlatformSDKLocalizableResource.bundle/bh/Localizable.strings",
        f"{store}/Application Support/PersistentStorage/Store/HCVRiderEducationStoreKey/payload",
    )  # fmt: skip
    return [device(path, b"\xcf\xfa\xed\xfe" + b"\0" * 60) for path in paths]


def _names_of_apps(_desk: Desk) -> list[PhoneFile]:
    return [
        *both(
            "AppDomain-com.example.reader",
            "Documents/bh/index",
            "private/var/mobile/Containers/Data/Application/8AC3/Documents/bh/index",
            b"\0" * 40,
        ),
        *both(
            "AppDomain-com.example.reader",
            "Library/payload",
            "private/var/mobile/Containers/Data/Application/8AC3/Library/payload",
            b"\0" * 40,
        ),
    ]


def _crashes(_desk: Desk) -> list[PhoneFile]:
    files = []
    for number, name in enumerate(("SpringBoard", "backboardd", "mediaserverd", "WhatsApp", "locationd")):
        head = json.dumps({"app_name": name, "bug_type": "309", "timestamp": "2026-09-01 08:00:00.00 +0800"})
        body = json.dumps({"procName": name, "procPath": f"/usr/libexec/{name}", "pid": 100 + number})
        files.append(
            device(
                f"private/var/mobile/Library/Logs/CrashReporter/{name}-2026-09-0{number + 1}-080000.ips",
                f"{head}\n{body}".encode(),
            )
        )
    return files


def _attachments(desk: Desk) -> list[PhoneFile]:
    # Shared from apps: their own temporary folders, as iLEAPP's samples of sms.db show.
    file = ios_messages.sms(desk)
    row = "INSERT INTO attachment (guid, filename, transfer_name, mime_type, is_outgoing) VALUES (?, ?, ?, 'image/jpeg', 1)"
    names = [f"~/Library/SMS/Attachments/0a/1{number}/AB/IMG_000{number}.jpeg" for number in range(4)]
    rows = [(row, (f"noise-{number}", name, name.rsplit("/", 1)[-1])) for number, name in enumerate(names)]
    return [replace(file, content=changed(file.content, *rows))]


def _whatsapp(*texts: str) -> Files:
    rows = [
        (
            "INSERT INTO ZWAMESSAGE (ZISFROMME, ZMESSAGEDATE, ZFROMJID, ZTEXT) VALUES (0, 799000000, '886900000000@s.whatsapp.net', ?)",
            (text,),
        )
        for text in texts
    ]
    return _edit(ios_messages.whatsapp, *rows)


def _location_clients(_desk: Desk) -> list[PhoneFile]:
    clients = {
        f"com.apple.locationd.bundle-/System/Library/LocationBundles/{name}.bundle": {"BundlePath": f"/System/Library/LocationBundles/{name}.bundle", "Registered": f"/System/Library/LocationBundles/{name}.bundle"}
        for name in ("Emergency SOS", "TimeZone", "Routine")
    }  # fmt: skip
    path = "private/var/root/Library/Caches/locationd/clients.plist"
    return both(
        "RootDomain", "Library/Caches/locationd/clients.plist", path, plistlib.dumps(clients, fmt=plistlib.FMT_BINARY)
    )


def _write_ahead(desk: Desk) -> list[PhoneFile]:
    file = ios_messages.sms(desk)
    empty = replace(
        file,
        source="added",
        relative_path=f"{file.relative_path}-wal",
        device_path=f"{file.device_path}-wal",
        content=b"",
        anatomy=None,
    )
    return [
        empty,
        replace(
            empty,
            relative_path=f"{file.relative_path}-shm",
            device_path=f"{file.device_path}-shm",
            content=b"\0" * 32768,
        ),
    ]


_ONLY_DUMP = (EvidenceKind.IOS_FILE_SYSTEM,)
_ONLY_BACKUP = (EvidenceKind.IOS_BACKUP, EvidenceKind.IOS_BACKUP_ENCRYPTED)
_ABOUT = tuple(
    link
    for host in REPORTED[:3]
    for link in (
        f"https://www.virustotal.com/gui/domain/{host}",
        f"https://www.google.com/search?q={host}",
        f"https://urlscan.io/search/#{host}",
        f"https://web.archive.org/web/20210718120000/https://{host}/",
    )
)

IOS_NOISES: tuple[IosNoise, ...] = (
    IosNoise(name="nothing special", source="the base phone"),
    IosNoise(name="unencrypted backup", source="Apple, About encrypted backups", forms=(EvidenceKind.IOS_BACKUP,)),
    IosNoise(name="redirect under a second", source="plaso History.db: most redirects", oddities=frozenset({Oddity.FAST_REDIRECT})),
    IosNoise(name="short links", source="t.co and others in messages", files=(_texts(*(f"看這個 https://{host}/3xAmp1e" for host in SHORTENERS)),)),
    IosNoise(name="short links visited", source="t.co and others in History.db", files=(_visits(*(f"https://{host}/3xAmp1e" for host in SHORTENERS)),)),
    IosNoise(
        name="apps without a bundle id in their metadata", source="Apple's own and TestFlight apps",
        files=tuple(_metadata(entries, number) for number, entries in enumerate(_WITHOUT_ID.values())), after=_info_plist(_WITHOUT_ID),
    ),
    IosNoise(
        name="TestFlight, marketplaces and managed apps", source="Apple, MarketplaceKit; Apple, managed apps",
        files=tuple(_metadata(entries, number) for number, entries in enumerate(_TESTFLIGHT.values())), after=_info_plist(_TESTFLIGHT),
    ),
    IosNoise(name="names in network use", source="plaso netusage.sqlite", files=(_usage(ios_system.netusage, NETUSAGE),), forms=_ONLY_DUMP),
    IosNoise(name="names in data usage", source="plaso DataUsage.sqlite", files=(_usage(ios_system.datausage, DATAUSAGE),)),
    IosNoise(name="holes in row numbers", source="APOLLO, retention of DataUsage", files=(_holes,)),
    IosNoise(name="device management", source="Apple, device management payloads", files=(_profiles("com.apple.mdm", "com.apple.wifi.managed", "com.apple.vpn.managed", "com.apple.security.root"),)),
    IosNoise(name="notification settings by a profile", source="Apple, Notifications payload", files=(_profiles("com.apple.notificationsettings", "com.apple.applicationaccess"),)),
    IosNoise(name="web filter by a profile", source="Apple, WebContentFilter and DNSSettings payloads", files=(_profiles("com.apple.webcontent-filter", "com.apple.dnsSettings.managed", "com.apple.proxy.http.global"),)),
    IosNoise(name="a meeting with notes", source="any calendar", files=(_meeting,)),
    IosNoise(name="forwarded news", source="press reports that name domains", files=(_texts(*news()),)),
    IosNoise(name="forwarded news in WhatsApp", source="press reports that name domains", files=(_whatsapp(*news()),)),
    IosNoise(name="ad blocker's lists", source="EasyList and AdGuard filter syntax", files=(_block_list,)),
    IosNoise(name="filters that block a few", source="manuals of AdGuard, dnsmasq and unbound", files=(_few_blocked,)),
    IosNoise(name="rules of a content blocker that name a few", source="Apple, Creating a content blocker", files=(_kept("rules/blockerList.json", _RULES),)),
    IosNoise(name="a table of fraud's hosts", source="apps against phishing", files=(_kept("fraud.db", _FRAUD),)),
    IosNoise(name="articles that name one", source="press reports that name domains", files=(_kept("articles.db", _ARTICLES),)),
    IosNoise(name="a result of MVT's", source="MVT's alerts.json", files=(_kept("mvt/alerts.json", _RESULTS),)),
    IosNoise(name="a chat's export", source="LINE help, saving a chat as text", files=(_exported,)),
    IosNoise(name="a newsletter in zh-TW", source="RFC 5322, HTML mail", files=(_newsletter,)),
    IosNoise(name="news that names a few", source="press reports that name domains", files=(_texts(*short_news()),)),
    IosNoise(name="other short links", source="Taiwanese shorteners", files=(_texts(*(f"看這個 https://{host}/3xAmp1e" for host in OTHER_SHORTENERS)),)),
    IosNoise(name="other short links visited", source="Taiwanese shorteners", files=(_visits(*(f"https://{host}/3xAmp1e" for host in OTHER_SHORTENERS)),)),
    IosNoise(name="other daemons of the system", source="iLEAPP path lists a and b", files=(_usage(ios_system.netusage, OTHER_DAEMONS),), forms=_ONLY_DUMP),
    IosNoise(name="a researcher's report", source="published indicator lists", files=(_report_pdf,)),
    IosNoise(name="pages about a domain", source="VirusTotal, search engines", files=(_visits(*_ABOUT),)),
    IosNoise(name="bookmarks to reports", source="lab reports", files=(_bookmarks,)),
    IosNoise(name="neighbour of a published host", source="shared hosting", files=(_visits(*WIDE_NEIGHBOUR),)),
    IosNoise(name="Apple's warning forwarded by a friend", source="Apple, About threat notifications", files=(_texts(*WARNING),)),
    IosNoise(name="names that iOS carries", source="iLEAPP path lists a and b", files=(_names_of_ios,), forms=_ONLY_DUMP),
    IosNoise(name="names in an app's data", source="iLEAPP path lists a and b", files=(_names_of_apps,)),
    IosNoise(name="crashes of Apple's processes", source="any phone's Analytics Data", files=(_crashes,), forms=_ONLY_DUMP),
    IosNoise(name="sent pictures", source="iLEAPP sms.db samples", files=(_attachments,)),
    IosNoise(name="everyday talk in zh-TW", source="invented", files=(_texts(*TALK),)),
    IosNoise(name="location bundles", source="iLEAPP locationd", files=(_location_clients,)),
    IosNoise(name="empty write-ahead log", source="sqlite.org/walformat", files=(_write_ahead,), forms=_ONLY_DUMP),
    IosNoise(name="no restart since the update", source="iOS 26 empties shutdown.log on restart", missing=("shutdown_log",), forms=_ONLY_DUMP, phone={"ios_version": "26.1", "build": "23B85"}),
    IosNoise(name="no other browsers", source="apps that were never installed", missing=("chrome_history", "chrome_favicon", "firefox")),
    IosNoise(name="no WhatsApp", source="apps that were never installed", missing=("whatsapp",), forms=(EvidenceKind.IOS_BACKUP_ENCRYPTED,)),
    IosNoise(name="LINE installed and never opened", source="Apple, app containers", after=_info_plist(_LINE_APP), forms=_ONLY_BACKUP),
    IosNoise(name="LINE opened, nobody in it", source="pa_script, LINE's preference lists", files=(lambda _: [preference_file("group.com.linecorp.line.plist", plistlib.dumps({"migrationDate": "2026-01-02"}))],), after=_info_plist(_LINE_APP)),
    IosNoise(name="links shared in LINE", source="LINE help, contentId 50000087", files=(_line_of("links both ways for a month"),), after=_info_plist(_LINE_APP)),
    IosNoise(name="official accounts in LINE", source="LINE help, contentId 50000087", files=(_line_of("official accounts that send links"),), after=_info_plist(_LINE_APP)),
    IosNoise(name="20,000 messages", source="scale of a busy phone", phone={"messages": 20_000}),
    IosNoise(name="lockdown mode on", source="Apple, Lockdown Mode", phone={"lockdown_mode": True}),
)  # fmt: skip
"""Each noise by itself."""
