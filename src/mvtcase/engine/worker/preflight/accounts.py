"""How many records a source holds, counted by our own reader, to be compared with what a module extracted.

A rule counts what the module would give if it read everything: its own joins are repeated, so that a row it leaves out
by design is not missed. Queries: the modules of MVT 2026.10.26.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from mvtcase_readers.regular import UnreadableError
from mvtcase_readers.sqlite import opened, quoted, tables_of
from mvtcase_readers.trees import read_plist

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mvt.common.module import MVTModule


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The tables a module reads and the query that counts what it should give.

    `counted` picks of the module's results those that the query counts; `needed` columns of the first table must be
    there for the query to be asked.
    """

    tables: tuple[str, ...]
    query: str
    needed: tuple[str, ...] = ()
    counted: Callable[[dict[str, Any]], bool] = bool


_SMS = """
    SELECT count(*) FROM message WHERE EXISTS (SELECT 1 FROM handle WHERE handle.ROWID = message.handle_id)
    OR (is_from_me = 0 AND item_type = 0 AND (text IS NOT NULL OR attributedBody IS NOT NULL))
"""
"""MVT joins messages with their correspondents. What the user sent to a group has none, nor have a group's own notices;
a received text without one is a message that nobody read."""

_USAGE = """
    SELECT (SELECT count(*) FROM ZLIVEUSAGE) + (SELECT count(*) FROM ZPROCESS WHERE NOT EXISTS
    (SELECT 1 FROM ZLIVEUSAGE WHERE ZHASPROCESS = ZPROCESS.Z_PK))
"""

RULES: dict[str, Rule] = {
    "manifest": Rule(tables=("Files",), query="SELECT count(*) FROM Files"),
    "sms": Rule(
        tables=("message", "handle"),
        query=_SMS,
        needed=("handle_id", "is_from_me", "item_type", "text", "attributedBody"),
    ),
    "sms_attachments": Rule(tables=("attachment", "message", "handle"), query="SELECT count(*) FROM attachment"),
    "calls": Rule(tables=("ZCALLRECORD",), query="SELECT count(*) FROM ZCALLRECORD"),
    "contacts": Rule(
        tables=("ABPerson", "ABMultiValue"),
        query="SELECT count(*) FROM ABMultiValue JOIN ABPerson ON ABPerson.ROWID = record_id WHERE value IS NOT NULL",
    ),
    "safari_history": Rule(
        tables=("history_visits", "history_items"),
        query="SELECT count(*) FROM history_visits JOIN history_items ON history_item = history_items.id",
    ),
    "chrome_history": Rule(
        tables=("visits", "urls"), query="SELECT count(*) FROM visits JOIN urls ON visits.url = urls.id"
    ),
    "firefox_history": Rule(
        tables=("visits", "history"), query="SELECT count(*) FROM visits JOIN history ON visits.siteID = history.id"
    ),
    "chrome_favicon": Rule(
        tables=("icon_mapping", "favicons", "favicon_bitmaps"),
        query="SELECT count(*) FROM icon_mapping JOIN favicons ON icon_id = favicons.id",
    ),
    "firefox_favicon": Rule(
        tables=("favicons", "favicon_sites", "history"),
        query="SELECT count(*) FROM favicon_sites JOIN favicons ON faviconID = favicons.id "
        "JOIN history ON siteID = history.id",
    ),
    "whatsapp_contacts": Rule(tables=("ZWAADDRESSBOOKCONTACT",), query="SELECT count(*) FROM ZWAADDRESSBOOKCONTACT"),
    "datausage": Rule(tables=("ZLIVEUSAGE", "ZPROCESS"), query=_USAGE),
    "netusage": Rule(tables=("ZLIVEUSAGE", "ZPROCESS"), query=_USAGE),
    "tcc": Rule(tables=("access",), query="SELECT count(*) FROM access"),
    "interaction_c": Rule(tables=("ZINTERACTIONS",), query="SELECT count(*) FROM ZINTERACTIONS"),
    "whatsapp": Rule(
        tables=("ZWAMESSAGE", "ZWAMEDIAITEM", "ZWAMESSAGEDATAITEM"),
        query="SELECT count(*) FROM ZWAMESSAGE",
        counted=lambda record: "ZTEXT" in record,
    ),
    "safari_browser_state": Rule(tables=("tabs",), query="SELECT count(*) FROM tabs"),
    "webkit_resource_load_statistics": Rule(tables=("ObservedDomains",), query="SELECT count(*) FROM ObservedDomains"),
    "calendar": Rule(tables=("CalendarItem",), query="SELECT count(*) FROM CalendarItem"),
    "shortcuts": Rule(tables=("ZSHORTCUT",), query="SELECT count(*) FROM ZSHORTCUT"),
}
"""By the slug of the module."""

BODY_ONLY = """
    SELECT count(*) FROM message WHERE (text IS NULL OR text = '') AND attributedBody IS NOT NULL AND item_type = 0
"""
"""Messages whose text stands only in `attributedBody`, as recent iOS writes them: MVT's module compares none of it."""


def accounted_rows(module: MVTModule, databases: Sequence[Path]) -> int | None:
    """Return how many records a module should have given of its sources, None where nobody counted; never raises.

    A recheck's modules bring the count of the earlier scan along. Records that answer to no row of a source (chats
    beside messages) are added, so that the number can be compared with all of the module's records.
    """
    slug = str(module.get_slug())
    if hasattr(module, "accounted_rows"):
        return cast("int | None", module.accounted_rows)
    if hasattr(module, "il_events_by_type"):
        # MVT reads all logs once; what a module makes of its share is what may get lost.
        return len((module.il_events_by_type or {}).get(slug, ()))
    counter = _COUNTERS.get(slug)
    if counter is not None:
        return counter(module)
    rule = RULES.get(slug)
    return None if rule is None else _rows_of(module, rule, databases)


def _rows_of(module: MVTModule, rule: Rule, databases: Sequence[Path]) -> int | None:
    counts = [rows_in(path, rule) for path in databases if holds_any(path, rule)]
    known = [count for count in counts if count is not None]
    if not known or len(known) < len(counts):
        return None
    return sum(known) + len(module.results or ()) - _answering(module, rule)


def holds_any(path: Path, rule: Rule) -> bool:
    """Return whether a database holds one of a rule's tables; a module may open others beside, for names."""
    try:
        with opened(path) as connection:
            kinds = tables_of(connection)
    except (sqlite3.Error, OSError, UnreadableError):
        return True
    return any(name.lower() in kinds for name in rule.tables)


def rows_in(path: Path, rule: Rule) -> int | None:
    """Return how many records a module should give of a database, None when that cannot be counted."""
    try:
        with opened(path) as connection:
            kinds = tables_of(connection)
            if any(kinds.get(name.lower()) != "table" for name in rule.tables):
                return None
            if not set(rule.needed) <= _columns(connection, rule.tables[0]):
                return None
            return int(connection.execute(rule.query).fetchone()[0])
    except (sqlite3.Error, OSError, UnreadableError, TypeError):
        return None


def blank_records(module: MVTModule) -> int:
    """Return how many of a module's records stand for files that it could not read: MVT keeps them, empty."""
    if module.get_slug() != "configuration_profiles" or not isinstance(module.results, list):
        return 0
    return sum(1 for record in module.results if not record.get("plist"))


def body_only_messages(databases: Iterable[Path]) -> int:
    """Return how many messages have their text only where MVT's module does not compare it."""
    rule = Rule(tables=("message",), query=BODY_ONLY, needed=("text", "attributedBody", "item_type"))
    return sum(rows_in(path, rule) or 0 for path in databases)


def _answering(module: MVTModule, rule: Rule) -> int:
    results = module.results
    return sum(1 for record in results if rule.counted(record)) if isinstance(results, list) else len(results or ())


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {str(row[1]) for row in connection.execute(f"PRAGMA table_info({quoted(table)})")}


def _installed_apps(module: MVTModule) -> int | None:
    return _entries(read_plist(Path(module.target_path) / "Info.plist"), "Applications")


def _daily_processes(module: MVTModule) -> int | None:
    content = read_plist(_found_file(module))
    # Without its table of processes the list is none of iOS.
    return _entries(content, "netUsageBaseline") if content and "netUsageBaseline" in content else None


def _entries(content: dict[str, Any] | None, key: str) -> int | None:
    held = content.get(key, {}) if content is not None else None
    return len(held) if isinstance(held, dict) else None


def _empty_plist_count(module: MVTModule) -> int | None:
    """Return 0 when the property list is an empty one, None otherwise: what is in it is counted by nobody."""
    return 0 if not module.results and read_plist(_found_file(module)) == {} else None


def _accessibility_count(module: MVTModule) -> int | None:
    """A phone without accessibility services is healthy; only the section in the dump tells it from a lost dump."""
    if module.results:
        return None
    try:
        content = module._get_dumpstate_file().decode("utf-8", "replace")  # noqa: SLF001 - MVT has no other way
        section = module.extract_dumpsys_section(content, "DUMP OF SERVICE accessibility:")
    except Exception:  # noqa: BLE001 - then nothing is known
        return None
    counted = _SERVICE_COUNT.findall(section)
    return 0 if _NO_SERVICES.search(section) or (counted and not any(map(int, counted))) else None


_SERVICE_COUNT = re.compile(r"installedServiceCount=(\d{1,4})\b")
"""Of each user: Android 10 lists no installed services beside it."""
_NO_SERVICES = re.compile(r"installed services:\s*\{\s*\}", re.IGNORECASE)


def _found_file(module: MVTModule) -> Path:
    return Path(str(module.file_path or ""))


_COUNTERS: dict[str, Callable[[MVTModule], int | None]] = {
    "applications": _installed_apps,
    "os_analytics_ad_daily": _daily_processes,
    "dumpsys_accessibility": _accessibility_count,
    # iOS leaves the lookup cache empty since 14.7; the others are empty on a phone that was never asked.
    "id_status_cache": _empty_plist_count,
    "locationd_clients": _empty_plist_count,
    "global_preferences": _empty_plist_count,
}
"""Sources that are no databases, by the slug of the module."""
