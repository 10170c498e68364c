"""Safari and WebKit on an iPhone: history, tabs, favicons, and what WebKit noted of the sites it loaded."""

from __future__ import annotations

import plistlib
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mvtcase.phones.ios_phone import Anatomy, Desk, Oddity, PhoneFile, mac_seconds, naive, unix_seconds
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
    visits = [(rng.randrange(len(SITES)) + 1, moment) for moment in desk.moments(rng, 36, days=90)]
    for link, moment in zip(
        desk.at("safari_history"), desk.moments(rng, len(desk.at("safari_history")), days=30), strict=True
    ):
        items += [] if link in items else [link]
        visits.append((items.index(link) + 1, moment))
    rows: list[Row] = [
        {"id": number, "history_item": item, "visit_time": mac_seconds(moment), "title": "", "origin": 0}
        for number, (item, moment) in enumerate(visits, 1)
    ]
    if desk.has(Oddity.FAST_REDIRECT):
        start = mac_seconds(desk.moments(rng, 1, days=30)[0])
        items += ["http://shop.example.net/cart", "https://landing.example.org/x"]
        origin = len(rows) + 1
        rows.append(
            {"id": origin, "history_item": len(items) - 1, "visit_time": start, "redirect_destination": origin + 1}
        )
        rows.append(
            {"id": origin + 1, "history_item": len(items), "visit_time": start + 0.2, "redirect_source": origin}
        )
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
