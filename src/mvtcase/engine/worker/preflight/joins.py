"""What MVT's own joins leave out without a word: rows that name a row of another table that is not there."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NO_PAGE = "{} visits are of pages that are not there, and were left out"
_NO_VISIT = "{} pages have no visit at all, and were left out"

JOINS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "sms": (
        (
            "SELECT count(*) FROM message WHERE handle_id > 0 AND handle_id NOT IN (SELECT ROWID FROM handle)",
            "{} messages name a correspondent that is not there, and were left out",
        ),
    ),
    "safari_history": (
        ("SELECT count(*) FROM history_visits WHERE history_item NOT IN (SELECT id FROM history_items)", _NO_PAGE),
        ("SELECT count(*) FROM history_items WHERE NOT EXISTS (SELECT 1 FROM history_visits)", _NO_VISIT),
    ),
    "chrome_history": (
        ("SELECT count(*) FROM visits WHERE url NOT IN (SELECT id FROM urls)", _NO_PAGE),
        ("SELECT count(*) FROM urls WHERE NOT EXISTS (SELECT 1 FROM visits)", _NO_VISIT),
    ),
    "firefox_history": (
        ("SELECT count(*) FROM visits WHERE siteID NOT IN (SELECT id FROM history)", _NO_PAGE),
        ("SELECT count(*) FROM history WHERE NOT EXISTS (SELECT 1 FROM visits)", _NO_VISIT),
    ),
    "datausage": (
        (
            "SELECT count(*) FROM ZLIVEUSAGE WHERE ZHASPROCESS NOT IN (SELECT Z_PK FROM ZPROCESS)",
            "{} rows of usage are of processes that are not there",
        ),
    ),
    "shortcuts": (
        (
            "SELECT count(*) FROM ZSHORTCUTACTIONS WHERE ZSHORTCUT NOT IN (SELECT Z_PK FROM ZSHORTCUT)",
            "{} actions are of shortcuts that are not there, and were left out",
        ),
    ),
}
"""By the slug of the module: a query that counts what was left out, and a sentence. Tables and joins: the modules of
MVT 2026.10.26."""


def lost_joins(connection: sqlite3.Connection, slug: str) -> Iterator[str]:
    """Yield a sentence for each join of a module that leaves rows out; tables of another version are passed over."""
    for query, sentence in JOINS.get(slug, ()):
        with suppress(sqlite3.Error):
            count = connection.execute(query).fetchone()[0]
            if count:
                yield sentence.format(count)
