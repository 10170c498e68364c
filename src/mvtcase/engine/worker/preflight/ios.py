"""What only the whole of a backup or dump shows: its lists against its files, its parts against each other."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from mvtcase.engine.safe_json import safe_text
from mvtcase.engine.worker.preflight import Found, Problem
from mvtcase.engine.worker.preflight.messengers import encrypted_messengers
from mvtcase.engine.worker.preflight.sysdiagnose import file_problem, no_shutdown_log
from mvtcase.wording import Reason, why
from mvtcase_readers.regular import UnreadableError
from mvtcase_readers.sqlite import opened, tables_of
from mvtcase_readers.trees import read_plist

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mvtcase.engine.worker.task import Task


_FILE_ID = re.compile(r"[0-9a-f]{40}")
_DATABASE = re.compile(r"[\w.-]+\.(?:db|sqlite|sqlitedb)", re.IGNORECASE)
_FIRST_IPHONE = datetime(2007, 6, 29)  # noqa: DTZ001 - property lists hold naive UTC
_CLOCK_SLACK = timedelta(days=2)

LINE_APP = "jp.naver.line"
LINE_DOMAINS = ("AppDomainGroup-group.com.linecorp.line", "AppDomain-jp.naver.line")
"""Where LINE keeps its data on an iPhone, as `mvt_plugin_line` reads it."""

MAX_ROWS = 20_000_000
UNLISTED_SHARE = 200
"""One file in so many may be in a backup without being listed: an interrupted backup leaves some behind."""


def backup(task: Task) -> Iterator[Found]:
    """Yield what is wrong with an iTunes backup as a whole."""
    root = task.target
    yield from _lists(root)
    yield from _identities(root)
    yield from _dates(root)
    yield from _completeness(root)
    yield from _line(root)


def file_system(task: Task) -> Iterator[Found]:
    """Yield what is wrong with a file system dump as a whole."""
    log = task.target / "private/var/db/diagnostics/shutdown.log"
    reason = file_problem(log) if log.is_file() and not log.is_symlink() else None
    if reason:
        yield Problem(module="ShutdownLog", reason=why("file.odd", file="shutdown.log", what=reason))
    told = read_plist(task.target / "System/Library/CoreServices/SystemVersion.plist") or {}
    if no_shutdown_log(told, (path.name for path in log.parent.glob("shutdown*.log"))):
        yield why("shutdown.none")
    yield from encrypted_messengers(task.target)
    for name in _folders_for_files(task.target):
        yield Problem(module="filesystem", reason=why("backup.folder", file=name))


def _folders_for_files(root: Path) -> Iterator[str]:
    """Yield the folders that have the name of a database: modules look for files and pass over them."""
    pending = [str(root)]
    while pending:
        for entry in _entries(pending.pop()):
            if entry.is_dir(follow_symlinks=False):
                if _DATABASE.fullmatch(entry.name):
                    yield os.path.relpath(entry.path, root)
                pending.append(entry.path)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        # Staging and the modules tell of folders that cannot be read.
        return []


def _lists(root: Path) -> Iterator[Found]:
    try:
        with opened(root / "Manifest.db") as connection:
            if tables_of(connection).get("files") != "table":
                return
            listed, bad, files = _listed_ids(connection)
    except (sqlite3.Error, OSError, UnreadableError):
        # The module that reads it says so itself.
        return
    if not files:
        yield Problem(module="Manifest", reason=why("backup.no_files"))
    if bad:
        yield Problem(module="Manifest", reason=why("backup.odd_names", count=bad))
    unlisted = [name for name in _names_on_disk(root) if name not in listed]
    if len(unlisted) * UNLISTED_SHARE > len(listed):
        yield Problem(
            module="Manifest",
            reason=why("backup.unlisted", count=len(unlisted)),
        )


def _listed_ids(connection: sqlite3.Connection) -> tuple[set[str], int, int]:
    """Return all proper file ids, the number of improper ones, and the number of rows that are files."""
    listed: set[str] = set()
    bad = files = 0
    for file_id, flags in connection.execute("SELECT fileID, flags FROM Files LIMIT ?", (MAX_ROWS,)):
        if isinstance(file_id, str) and _FILE_ID.fullmatch(file_id):
            listed.add(file_id)
        else:
            bad += 1
        files += flags == 1
    return listed, bad, files


def _names_on_disk(root: Path) -> Iterator[str]:
    with os.scandir(root) as folders:
        for folder in folders:
            if len(folder.name) != 2 or not folder.is_dir(follow_symlinks=False):  # noqa: PLR2004 - `ab` of `ab/abcd…`
                continue
            with os.scandir(folder.path) as entries:
                yield from (entry.name for entry in entries if _FILE_ID.fullmatch(entry.name))


def _identities(root: Path) -> Iterator[Found]:
    info, manifest = read_plist(root / "Info.plist") or {}, read_plist(root / "Manifest.plist") or {}
    lockdown = manifest.get("Lockdown")
    held = lockdown.get("UniqueDeviceID") if isinstance(lockdown, dict) else None
    told = info.get("Target Identifier") or info.get("Unique Identifier")
    if isinstance(held, str) and isinstance(told, str) and held.lower() != told.lower():
        yield Problem(module="BackupInfo", reason=why("backup.other_device"))


def _completeness(root: Path) -> Iterator[Found]:
    """Yield what Status.plist and Info.plist say of a backup that is not whole."""
    status, info = read_plist(root / "Status.plist") or {}, read_plist(root / "Info.plist")
    state = status.get("SnapshotState")
    if isinstance(state, str) and state != "finished":
        yield Problem(module="Manifest", reason=why("backup.unfinished", state=safe_text(state, 40)))
    if info is not None and not any(info.get(name) for name in _TELLS_THE_PHONE):
        yield Problem(module="BackupInfo", reason=why("backup.no_device"))
    installed, described = (_number((info or {}).get(name)) for name in ("Installed Applications", "Applications"))
    if installed and not described:
        yield Problem(module="Applications", reason=why("backup.undescribed_apps"))
    elif described * 2 < installed:
        reason = why("backup.few_described_apps", described=described, installed=installed)
        yield Problem(module="Applications", reason=reason)


def _number(held: object) -> int:
    return len(held) if isinstance(held, (list, dict)) else 0


def _line(root: Path) -> Iterator[Found]:
    """Yield that LINE is installed and left nothing: an app that was never opened has nothing to back up."""
    installed = (read_plist(root / "Info.plist") or {}).get("Installed Applications")
    if not isinstance(installed, list) or LINE_APP not in installed:
        return
    try:
        with opened(root / "Manifest.db") as connection:
            held = connection.execute("SELECT 1 FROM Files WHERE domain IN (?, ?) LIMIT 1", LINE_DOMAINS).fetchone()
    except (sqlite3.Error, OSError, UnreadableError):
        return
    if held is None:
        yield why("backup.no_line")


_TELLS_THE_PHONE = ("Unique Identifier", "Target Identifier", "Serial Number", "Product Version", "IMEI")


def _dates(root: Path) -> Iterator[Found]:
    info = read_plist(root / "Info.plist") or {}
    moment = info.get("Last Backup Date")
    if not isinstance(moment, datetime):
        return
    now = datetime.now(tz=timezone.utc).replace(tzinfo=None)
    if not _FIRST_IPHONE < moment < now + _CLOCK_SLACK:
        yield why("backup.date", date=f"{moment:%Y-%m-%d}")


JOINS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "sms": (
        (
            "SELECT count(*) FROM message WHERE handle_id > 0 AND handle_id NOT IN (SELECT ROWID FROM handle)",
            "joins.messages",
        ),
    ),
    "safari_history": (
        (
            "SELECT count(*) FROM history_visits WHERE history_item NOT IN (SELECT id FROM history_items)",
            "joins.visits",
        ),
        ("SELECT count(*) FROM history_items WHERE NOT EXISTS (SELECT 1 FROM history_visits)", "joins.pages"),
    ),
    "chrome_history": (
        ("SELECT count(*) FROM visits WHERE url NOT IN (SELECT id FROM urls)", "joins.visits"),
        ("SELECT count(*) FROM urls WHERE NOT EXISTS (SELECT 1 FROM visits)", "joins.pages"),
    ),
    "firefox_history": (
        ("SELECT count(*) FROM visits WHERE siteID NOT IN (SELECT id FROM history)", "joins.visits"),
        ("SELECT count(*) FROM history WHERE NOT EXISTS (SELECT 1 FROM visits)", "joins.pages"),
    ),
    "datausage": (
        (
            "SELECT count(*) FROM ZLIVEUSAGE WHERE ZHASPROCESS NOT IN (SELECT Z_PK FROM ZPROCESS)",
            "joins.usage",
        ),
    ),
    "shortcuts": (
        (
            "SELECT count(*) FROM ZSHORTCUTACTIONS WHERE ZSHORTCUT NOT IN (SELECT Z_PK FROM ZSHORTCUT)",
            "joins.actions",
        ),
    ),
}
"""By the slug of the module: a query that counts what was left out, and the code of the reason. Tables and joins: the
modules of MVT 2026.10.26."""


def lost_joins(connection: sqlite3.Connection, slug: str) -> Iterator[Reason]:
    """Yield a reason for each join of a module that leaves rows out; tables of another version are passed over."""
    for query, code in JOINS.get(slug, ()):
        with suppress(sqlite3.Error):
            count = connection.execute(query).fetchone()[0]
            if count:
                yield why(code, count=count)
