"""What MVT's own joins leave out without a word: rows that name a row of another table that is not there."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING

from mvtcase.wording import Reason, why

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
