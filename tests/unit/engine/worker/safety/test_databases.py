"""The hardened reader: what it refuses to open, to run and to count."""

from __future__ import annotations

import os
import sqlite3
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.engine.worker.preflight.accounts import RULES, accounted_rows, body_only_messages, rows_in
from mvtcase.engine.worker.safety import databases as databases_module
from mvtcase.engine.worker.safety.databases import UnfitDatabaseError, check_regular, check_tables, opened

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


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE y (a)",
        "DELETE FROM x",
        "ATTACH 'other.db' AS other",
        "PRAGMA writable_schema=ON",
        "DROP TABLE x",
    ],
)
def test_only_reading_is_allowed(statement: str, tmp_path: Path) -> None:
    """Whatever is asked of an opened database, nothing is written anywhere."""
    path = written(tmp_path / "x.db", "CREATE TABLE x (a); INSERT INTO x VALUES (1)")
    before = path.read_bytes()
    with opened(path) as connection, pytest.raises(sqlite3.DatabaseError):
        connection.execute(statement)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["x.db"]


def test_an_endless_view_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock is asked while SQLite works."""
    monkeypatch.setattr(databases_module, "SECONDS", 0.05)
    path = written(
        tmp_path / "x.db",
        "CREATE VIEW x AS WITH RECURSIVE e(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM e) SELECT n FROM e",
    )
    with opened(path) as connection, pytest.raises(sqlite3.OperationalError, match="interrupted"):
        connection.execute("SELECT count(*) FROM x").fetchone()


def test_a_write_ahead_log_is_read_and_left_alone(tmp_path: Path) -> None:
    """The newest messages of a phone often stand only there."""
    path = tmp_path / "x.db"
    writer = sqlite3.connect(path)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.executescript("CREATE TABLE x (a); INSERT INTO x VALUES (1)")
    before = (tmp_path / "x.db-wal").read_bytes()
    with opened(path) as connection:
        assert connection.execute("SELECT count(*) FROM x").fetchone() == (1,)
    assert (tmp_path / "x.db-wal").read_bytes() == before
    writer.close()


def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    """Opening it would hang for ever."""
    os.mkfifo(tmp_path / "x.db")
    with pytest.raises(UnfitDatabaseError, match="no regular file"):
        check_regular(tmp_path / "x.db", tmp_path)


def test_a_link_out_of_the_evidence_is_refused_and_one_inside_is_not(tmp_path: Path) -> None:
    """The analyst's own files must not be read as the phone's."""
    root = tmp_path / "evidence"
    root.mkdir()
    (tmp_path / "mine.db").write_bytes(b"")
    (root / "out.db").symlink_to(tmp_path / "mine.db")
    (root / "real.db").write_bytes(b"")
    (root / "in.db").symlink_to(root / "real.db")
    check_regular(root / "in.db", root)
    with pytest.raises(UnfitDatabaseError, match="out of the evidence"):
        check_regular(root / "out.db", root)


def test_a_missing_file_is_refused_in_words(tmp_path: Path) -> None:
    """The reason names the file, not the analyst's path."""
    with pytest.raises(UnfitDatabaseError, match=r"^x\.db cannot be read"):
        check_regular(tmp_path / "x.db", tmp_path)


@pytest.mark.parametrize("name", ["message", "MESSAGE"])
def test_a_view_in_place_of_a_table_is_refused(name: str, tmp_path: Path) -> None:
    """SQLite compares names without regard to case, and so must we."""
    path = written(tmp_path / "x.db", f"CREATE TABLE kept (a); CREATE VIEW {name} AS SELECT * FROM kept")
    with pytest.raises(UnfitDatabaseError, match="a view stands in place of the table message"):
        check_tables(path, ("message",))


def test_tables_and_absent_names_pass(tmp_path: Path) -> None:
    """The module that reads them will say what is missing."""
    check_tables(written(tmp_path / "x.db", "CREATE TABLE message (a)"), ("message", "handle"))
    (tmp_path / "noise.db").write_bytes(b"\xa5" * 4096)
    check_tables(tmp_path / "noise.db", ("message",))


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
