"""What browsers keep on an iPhone: Safari, WebKit, Chrome and Firefox; histories, tabs, favicons, sites loaded."""

from __future__ import annotations

import plistlib
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mvtcase.phones.ios_phone import (
    Anatomy,
    Desk,
    Oddity,
    PhoneFile,
    chrome_microseconds,
    mac_seconds,
    naive,
    unix_seconds,
)
from mvtcase.phones.sqlite_files import database

if TYPE_CHECKING:
    from mvtcase.phones.sqlite_files import Row


SAFARI_CONTAINER = "private/var/mobile/Containers/Data/Application/0E4C6A52-8C3B-4B0E-9F53-2D1B7A9E6C44"
SITES = (
    "https://news.example.com/2026/river", "https://docs.example.org/minutes", "https://cafe.example.net/menu",
    "https://maps.example.com/?q=harbour", "https://weather.example.org/week", "https://library.example.net/catalogue",
    "https://trains.example.com/timetable", "https://garden.example.org/roses", "https://choir.example.net/",
)  # fmt: skip
"""Harmless pages; no real set lists a name below the reserved `example` domains (RFC 2606)."""

_VISITS_TO_AN_UPGRADE = 40
"""Visits among which one page was asked for without encryption and came with it."""

_HISTORY = """
CREATE TABLE history_items (id INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL UNIQUE, domain_expansion TEXT,
    visit_count INTEGER NOT NULL, daily_visit_counts BLOB NOT NULL, should_recompute_derived_visit_counts INTEGER
    NOT NULL, visit_count_score INTEGER NOT NULL, status_code INTEGER NOT NULL DEFAULT 0);
CREATE TABLE history_visits (id INTEGER PRIMARY KEY AUTOINCREMENT, history_item INTEGER NOT NULL REFERENCES
    history_items(id) ON DELETE CASCADE, visit_time REAL, title TEXT, load_successful BOOLEAN NOT NULL DEFAULT 1,
    http_non_get BOOLEAN NOT NULL DEFAULT 0, synthesized BOOLEAN NOT NULL DEFAULT 0, redirect_source INTEGER,
    redirect_destination INTEGER, origin INTEGER NOT NULL DEFAULT 0, generation INTEGER NOT NULL DEFAULT 0);
CREATE INDEX history_visits__last_visit ON history_visits (history_item, visit_time DESC);
CREATE TABLE metadata (key TEXT NOT NULL UNIQUE, value);
"""
_TABS = """
CREATE TABLE tabs (id INTEGER PRIMARY KEY, uuid TEXT UNIQUE, title TEXT, url TEXT, user_visible_url TEXT,
    order_index INTEGER, last_viewed_time REAL, opened_from_link INTEGER, private_browsing INTEGER);
CREATE TABLE tab_sessions (id INTEGER PRIMARY KEY, tab_uuid TEXT UNIQUE, session_data BLOB);
"""
_FAVICONS = """
CREATE TABLE page_url (url TEXT PRIMARY KEY NOT NULL, uuid TEXT NOT NULL);
CREATE TABLE icon_info (uuid TEXT PRIMARY KEY NOT NULL, url TEXT NOT NULL, timestamp REAL NOT NULL, width REAL,
    height REAL, has_generated_representations INTEGER);
CREATE TABLE rejected_resources (page_url TEXT, icon_url TEXT, timestamp REAL);
"""
_OBSERVATIONS = """
CREATE TABLE ObservedDomains (domainID INTEGER PRIMARY KEY, registrableDomain TEXT NOT NULL UNIQUE ON CONFLICT FAIL,
    lastSeen REAL NOT NULL, hadUserInteraction INTEGER NOT NULL, mostRecentUserInteractionTime REAL NOT NULL,
    grandfathered INTEGER NOT NULL, isPrevalent INTEGER NOT NULL, isVeryPrevalent INTEGER NOT NULL,
    mostRecentWebPushInteractionTime REAL NOT NULL);
"""


def safari_history(desk: Desk) -> PhoneFile:
    """Return Safari's History.db."""
    rng = desk.rng("safari_history")
    items = list(SITES)
    visits = [(rng.randrange(len(SITES)) + 1, moment) for moment in desk.moments(rng, desk.phone.visits, days=90)]
    for link, moment in zip(
        desk.at("safari_history"), desk.moments(rng, len(desk.at("safari_history")), days=30), strict=True
    ):
        items += [] if link in items else [link]
        visits.append((items.index(link) + 1, moment))
    rows: list[Row] = [
        {"id": number, "history_item": item, "visit_time": mac_seconds(moment), "title": "", "origin": 0}
        for number, (item, moment) in enumerate(visits, 1)
    ]
    for number, moment in enumerate(desk.moments(rng, desk.phone.visits // _VISITS_TO_AN_UPGRADE, days=90), 1):
        items += [f"{scheme}://site{number}.example.org/" for scheme in ("http", "https")]
        rows += _redirect(len(rows) + 1, len(items) - 1, mac_seconds(moment))
    if desk.has(Oddity.FAST_REDIRECT):
        start = mac_seconds(desk.moments(rng, 1, days=30)[0])
        items += ["http://shop.example.net/cart", "https://landing.example.org/x"]
        rows += _redirect(len(rows) + 1, len(items) - 1, start)
    pages: list[Row] = [
        {
            "id": number, "url": url, "visit_count": 3, "daily_visit_counts": b"\x03\x00\x00\x00",
            "should_recompute_derived_visit_counts": 0, "visit_count_score": 100,
        }
        for number, url in enumerate(items, 1)
    ]  # fmt: skip
    return PhoneFile(
        source="safari_history",
        domain="HomeDomain",
        relative_path="Library/Safari/History.db",
        device_path="private/var/mobile/Library/Safari/History.db",
        content=database(_HISTORY, {"history_items": pages, "history_visits": rows}),
        anatomy=Anatomy(table="history_visits", text="title", date="visit_time"),
    )


def _redirect(visit: int, item: int, start: float) -> list[Row]:
    """Return two visits of which the first led to the second, the page after its own, within a second."""
    return [
        {"id": visit, "history_item": item, "visit_time": start, "redirect_destination": visit + 1},
        {"id": visit + 1, "history_item": item + 1, "visit_time": start + 0.2, "redirect_source": visit},
    ]


def safari_tabs(desk: Desk) -> PhoneFile:
    """Return Safari's BrowserState.db, each tab with its session history behind a 4-byte header."""
    rng = desk.rng("safari_browser_state")
    links = [*rng.sample(SITES, 5), *desk.at("safari_browser_state")]
    moments = desk.moments(rng, len(links), days=14)
    names = [str(uuid.UUID(int=rng.getrandbits(128), version=4)).upper() for _ in links]
    tabs: list[Row] = [
        {
            "id": number, "uuid": name, "title": urlsplit(link).hostname or "", "url": link, "user_visible_url": link,
            "order_index": number, "last_viewed_time": mac_seconds(moment), "opened_from_link": 0,
            "private_browsing": 0,
        }
        for number, (name, link, moment) in enumerate(zip(names, links, moments, strict=True), 1)
    ]  # fmt: skip
    sessions: list[Row] = [
        {"id": number, "tab_uuid": name, "session_data": _session(rng.choice(SITES))}
        for number, name in enumerate(names, 1)
    ]
    return PhoneFile(
        source="safari_browser_state",
        domain="HomeDomain",
        relative_path="Library/Safari/BrowserState.db",
        device_path="private/var/mobile/Library/Safari/BrowserState.db",
        content=database(_TABS, {"tabs": tabs, "tab_sessions": sessions}),
        anatomy=Anatomy(table="tabs", text="title", date="last_viewed_time"),
    )


def _session(link: str) -> bytes:
    entry = {
        "SessionHistoryEntryURL": link,
        "SessionHistoryEntryOriginalURL": link,
        "SessionHistoryEntryData": b"\0" * 24,
    }
    session = {"SessionHistory": {"SessionHistoryEntries": [entry], "SessionHistoryCurrentIndex": 0}}
    return b"\x00\x00\x00\x02" + plistlib.dumps(session, fmt=plistlib.FMT_BINARY)


def safari_favicons(desk: Desk) -> PhoneFile:
    """Return Safari's Favicons.db, which no backup carries."""
    rng = desk.rng("safari_favicon")
    links = list(dict.fromkeys([*SITES, *desk.at("safari_favicon")]))
    names = [str(uuid.UUID(int=rng.getrandbits(128), version=4)).upper() for _ in links]
    pages: list[Row] = [{"url": link, "uuid": name} for name, link in zip(names, links, strict=True)]
    icons: list[Row] = [
        {"uuid": name, "url": f"https://{urlsplit(link).hostname}/favicon.ico", "timestamp": mac_seconds(moment)}
        for name, link, moment in zip(names, links, desk.moments(rng, len(links)), strict=True)
    ]
    return PhoneFile(
        source="safari_favicon",
        device_path="private/var/mobile/Library/Image Cache/Favicons/Favicons.db",
        content=database(_FAVICONS, {"page_url": pages, "icon_info": icons}),
        anatomy=Anatomy(table="icon_info", text="url", date="timestamp"),
    )


def webkit_statistics(desk: Desk) -> PhoneFile:
    """Return WebKit's observations.db of resource loads."""
    rng = desk.rng("webkit_resource_load_statistics")
    usual = ("example.com", "example.org", "example.net")
    domains = list(dict.fromkeys([*usual, *desk.at("webkit_resource_load_statistics")]))
    seen = zip(domains, desk.moments(rng, len(domains), days=30), strict=True)
    rows: list[Row] = [
        {
            "domainID": number, "registrableDomain": domain, "lastSeen": float(unix_seconds(moment)),
            "hadUserInteraction": 1, "mostRecentUserInteractionTime": float(unix_seconds(moment)), "grandfathered": 0,
            "isPrevalent": 0, "isVeryPrevalent": 0, "mostRecentWebPushInteractionTime": -1.0,
        }
        for number, (domain, moment) in enumerate(seen, 1)
    ]  # fmt: skip
    path = "Library/WebKit/WebsiteData/ResourceLoadStatistics/observations.db"
    return PhoneFile(
        source="webkit_resource_load_statistics",
        domain="AppDomain-com.apple.mobilesafari",
        relative_path=path,
        device_path=f"{SAFARI_CONTAINER}/{path}",
        content=database(_OBSERVATIONS, {"ObservedDomains": rows}),
        anatomy=Anatomy(table="ObservedDomains", text="registrableDomain", date="lastSeen"),
    )


def webkit_session_log(desk: Desk) -> PhoneFile:
    """Return WebKit's full_browsing_session_resourceLog.plist."""
    rng = desk.rng("webkit_session_resource_log")
    origins = ["news.example.com", "docs.example.org", "cafe.example.net", *desk.at("webkit_session_resource_log")]
    statistics = [
        {
            "PrevalentResourceOrigin": origin, "hadUserInteraction": True, "lastSeen": naive(moment),
            "mostRecentUserInteraction": naive(moment - timedelta(minutes=3)),
            "subresourceUnderTopFrameOrigins": [{"origin": "static.example.net", "count": rng.randrange(1, 9)}],
        }
        for origin, moment in zip(origins, desk.moments(rng, len(origins), days=30), strict=True)
    ]  # fmt: skip
    path = "Library/WebKit/WebsiteData/ResourceLoadStatistics/full_browsing_session_resourceLog.plist"
    return PhoneFile(
        source="webkit_session_resource_log",
        domain="AppDomain-com.apple.mobilesafari",
        relative_path=path,
        device_path=f"{SAFARI_CONTAINER}/{path}",
        content=plistlib.dumps({"version": 9, "browsingStatistics": statistics}, fmt=plistlib.FMT_BINARY),
    )


_CHROME_DOMAIN = "AppDomain-com.google.chrome.ios"
_CHROME_PATH = "Library/Application Support/Google/Chrome/Default"
_CHROME_ON_DEVICE = "private/var/mobile/Containers/Data/Application/5D2A8F31-7B64-4C9A-A1E8-3F0C6B5D9E21"
_CHROME_HISTORY = """
CREATE TABLE urls (id INTEGER PRIMARY KEY AUTOINCREMENT, url LONGVARCHAR, title LONGVARCHAR,
    visit_count INTEGER DEFAULT 0 NOT NULL, typed_count INTEGER DEFAULT 0 NOT NULL, last_visit_time INTEGER NOT NULL,
    hidden INTEGER DEFAULT 0 NOT NULL);
CREATE TABLE visits (id INTEGER PRIMARY KEY AUTOINCREMENT, url INTEGER NOT NULL, visit_time INTEGER NOT NULL,
    from_visit INTEGER, transition INTEGER DEFAULT 0 NOT NULL, segment_id INTEGER, visit_duration INTEGER DEFAULT 0);
"""
_CHROME_FAVICONS = """
CREATE TABLE favicons (id INTEGER PRIMARY KEY, url LONGVARCHAR NOT NULL, icon_type INTEGER DEFAULT 1);
CREATE TABLE favicon_bitmaps (id INTEGER PRIMARY KEY, icon_id INTEGER NOT NULL, last_updated INTEGER DEFAULT 0,
    image_data BLOB, width INTEGER DEFAULT 0, height INTEGER DEFAULT 0, last_requested INTEGER DEFAULT 0);
CREATE TABLE icon_mapping (id INTEGER PRIMARY KEY, page_url LONGVARCHAR NOT NULL, icon_id INTEGER);
"""
_FIREFOX = """
CREATE TABLE history (id INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT NOT NULL UNIQUE, url TEXT UNIQUE,
    title TEXT NOT NULL, server_modified INTEGER, local_modified INTEGER, is_deleted TINYINT NOT NULL DEFAULT 0,
    should_upload TINYINT NOT NULL DEFAULT 0);
CREATE TABLE visits (id INTEGER PRIMARY KEY AUTOINCREMENT, siteID INTEGER NOT NULL REFERENCES history(id),
    date REAL NOT NULL, type INTEGER NOT NULL, is_local TINYINT NOT NULL);
CREATE TABLE favicons (id INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL UNIQUE, width INTEGER, height INTEGER,
    type INTEGER NOT NULL, date REAL NOT NULL);
CREATE TABLE favicon_sites (id INTEGER PRIMARY KEY AUTOINCREMENT, siteID INTEGER NOT NULL, faviconID INTEGER NOT NULL);
"""


def chrome_history(desk: Desk) -> PhoneFile:
    """Return Chrome's History."""
    rng = desk.rng("chrome_history")
    links = [*rng.sample(SITES, 6), *desk.at("chrome_history")]
    stamps = [chrome_microseconds(moment) for moment in desk.moments(rng, len(links), days=90)]
    urls: list[Row] = [
        {"id": number, "url": link, "title": urlsplit(link).hostname or "", "visit_count": 1, "last_visit_time": stamp}
        for number, (link, stamp) in enumerate(zip(links, stamps, strict=True), 1)
    ]
    visits: list[Row] = [
        {"id": number, "url": number, "visit_time": stamp, "from_visit": 0} for number, stamp in enumerate(stamps, 1)
    ]
    return PhoneFile(
        source="chrome_history",
        domain=_CHROME_DOMAIN,
        relative_path=f"{_CHROME_PATH}/History",
        device_path=f"{_CHROME_ON_DEVICE}/{_CHROME_PATH}/History",
        content=database(_CHROME_HISTORY, {"urls": urls, "visits": visits}, wal=False),
        anatomy=Anatomy(table="urls", text="title"),
    )


def chrome_favicons(desk: Desk) -> PhoneFile:
    """Return Chrome's Favicons."""
    rng = desk.rng("chrome_favicon")
    links = [*rng.sample(SITES, 6), *desk.at("chrome_favicon")]
    numbered = list(enumerate(links, 1))
    icons: list[Row] = [{"id": n, "url": f"https://{urlsplit(link).hostname}/favicon.ico"} for n, link in numbered]
    bitmaps: list[Row] = [
        {"id": number, "icon_id": number, "last_updated": chrome_microseconds(moment), "last_requested": 0}
        for number, moment in enumerate(desk.moments(rng, len(links), days=90), 1)
    ]
    pages: list[Row] = [{"id": number, "page_url": link, "icon_id": number} for number, link in numbered]
    tables = {"favicons": icons, "favicon_bitmaps": bitmaps, "icon_mapping": pages}
    return PhoneFile(
        source="chrome_favicon",
        domain=_CHROME_DOMAIN,
        relative_path=f"{_CHROME_PATH}/Favicons",
        device_path=f"{_CHROME_ON_DEVICE}/{_CHROME_PATH}/Favicons",
        content=database(_CHROME_FAVICONS, tables, wal=False),
        anatomy=Anatomy(table="icon_mapping", text="page_url"),
    )


def firefox(desk: Desk) -> PhoneFile:
    """Return Firefox's browser.db, which holds visits and favicons alike."""
    rng = desk.rng("firefox")
    visited = list(dict.fromkeys([*rng.sample(SITES, 5), *desk.at("firefox_history")]))
    icons = [f"https://{urlsplit(link).hostname}/favicon.ico" for link in visited[:5]]
    stamps = [unix_seconds(moment) for moment in desk.moments(rng, len(visited), days=90)]
    history: list[Row] = [
        {"id": number, "guid": f"{rng.getrandbits(60):015x}", "url": link, "title": urlsplit(link).hostname or ""}
        for number, link in enumerate(visited, 1)
    ]
    visits: list[Row] = [
        {"id": number, "siteID": number, "date": stamp * 1_000_000.0, "type": 1, "is_local": 1}
        for number, stamp in enumerate(stamps, 1)
    ]
    favicons: list[Row] = [
        {"id": number, "url": url, "width": 32, "height": 32, "type": 1, "date": float(stamps[0])}
        for number, url in enumerate(dict.fromkeys([*icons, *desk.at("firefox_favicon")]), 1)
    ]
    sites: list[Row] = [{"id": n, "siteID": 1 + n % 5, "faviconID": n} for n in range(1, len(favicons) + 1)]
    tables = {"history": history, "visits": visits, "favicons": favicons, "favicon_sites": sites}
    return PhoneFile(
        source="firefox",
        domain="AppDomainGroup-group.org.mozilla.ios.Firefox",
        relative_path="profile.profile/browser.db",
        device_path="private/var/mobile/profile.profile/browser.db",
        content=database(_FIREFOX, tables),
        anatomy=Anatomy(table="history", text="title"),
    )
