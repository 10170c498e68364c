"""Chrome and Firefox on an iPhone: visits and favicons."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mvtcase.phones.ios_browsing import SITES
from mvtcase.phones.ios_phone import Anatomy, Desk, PhoneFile, chrome_microseconds, unix_seconds
from mvtcase.phones.sqlite_files import database

if TYPE_CHECKING:
    from mvtcase.phones.sqlite_files import Row

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
