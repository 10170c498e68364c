"""Counting the records of a source: what a module should have given of it."""

from __future__ import annotations

import sqlite3
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.engine.worker.preflight.accounts import RULES, accounted_rows, body_only_messages, rows_in

if TYPE_CHECKING:
    from pathlib import Path

SMS = """
    CREATE TABLE handle (id TEXT);
    CREATE TABLE message (handle_id INTEGER, is_from_me INTEGER, item_type INTEGER, text TEXT, attributedBody BLOB);
    INSERT INTO handle VALUES ('+886900000000');
    INSERT INTO message VALUES (1, 0, 0, 'with correspondent', NULL), (0, 1, 0, 'sent to a group', NULL),
        (0, 0, 2, NULL, NULL), (0, 0, 0, 'received from nobody', NULL), (1, 0, 0, NULL, X'00');
"""


def written(path: Path, script: str) -> Path:
    """Write a database by a script."""
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()
    return path


def module(slug: str, results: Any = (), **attributes: Any) -> Any:
    """Return what an account needs of a module."""
    return SimpleNamespace(get_slug=lambda: slug, results=results, **attributes)


def test_messages_are_counted_as_the_module_reads_them(tmp_path: Path) -> None:
    """Sent to a group and group notices have no correspondent by design; a received text without one is missed."""
    path = written(tmp_path / "sms.db", SMS)
    assert rows_in(path, RULES["sms"]) == 3
    assert body_only_messages([path]) == 1


def test_records_that_answer_to_no_row_are_added(tmp_path: Path) -> None:
    """WhatsApp's module gives chats beside messages; the count can still be compared with all it gave."""
    path = written(
        tmp_path / "w.db",
        "CREATE TABLE ZWAMESSAGE (a); CREATE TABLE ZWAMEDIAITEM (a); CREATE TABLE ZWAMESSAGEDATAITEM (a);"
        "INSERT INTO ZWAMESSAGE VALUES (1), (2), (3)",
    )
    given = [{"ZTEXT": "a"}, {"ZTEXT": "b"}, {"chat": 1}]
    assert accounted_rows(module("whatsapp", given), [path]) == 4


def test_a_database_opened_beside_does_not_hinder_the_count(tmp_path: Path) -> None:
    """Names and numbers come from others; only one that should hold the table counts."""
    path = written(tmp_path / "a.db", "CREATE TABLE access (a); INSERT INTO access VALUES (1)")
    other = written(tmp_path / "b.db", "CREATE TABLE names (a)")
    assert accounted_rows(module("tcc", [{"a": 1}]), [path, other]) == 1
    assert accounted_rows(module("tcc"), [other]) is None


def test_what_has_no_rule_is_not_counted(tmp_path: Path) -> None:
    """Nothing is made up."""
    assert accounted_rows(module("some_module"), []) is None


def test_logs_are_counted_by_what_mvt_loaded(tmp_path: Path) -> None:
    """Events that a module drops in silence are missed here."""
    loaded = {"dns_event": [{"a": 1}, {"a": 2}]}
    assert accounted_rows(module("dns_event", [{"a": 1}], il_events_by_type=loaded), []) == 2


@pytest.mark.parametrize(("content", "rows"), [({}, 0), ({"a": 1}, None), ([], None)])
def test_an_empty_property_list_is_known_to_be_empty(content: object, rows: int | None, tmp_path: Path) -> None:
    """IOS leaves some of its lists empty; one that holds anything else is counted by nobody."""
    import plistlib  # noqa: PLC0415 - used here only

    path = tmp_path / "x.plist"
    path.write_bytes(plistlib.dumps(content))  # type: ignore[arg-type]  # a list is a property list too
    assert accounted_rows(module("locationd_clients", file_path=str(path)), []) == rows
