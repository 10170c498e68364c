"""What SQLite says of a database below its rows, and what the shape of its tables hides from a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builders import hostile_sqlite
from builders.hostile_sqlite import write_ahead_log
from mvtcase.engine.worker.preflight.integrity import doubted, faults_of, shape_faults
from mvtcase.model import ModuleOutcome
from mvtcase.phones.ios_phone import Anatomy
from mvtcase.phones.sqlite_files import database, edited

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from mvtcase.phones.sqlite_files import Row

ANATOMY = Anatomy(table="access", text="client")
SCHEMA = "CREATE TABLE access (client TEXT NOT NULL, service TEXT); CREATE INDEX access_idx ON access(service);"
HEALTHY = database(SCHEMA, {"access": [{"client": f"net.example.{n}", "service": f"s{n}"} for n in range(400)]})


def written(path: Path, content: bytes, journal: bytes = b"") -> Path:
    """Write a database, and a write-ahead log where there is one."""
    path.write_bytes(content)
    if journal:
        path.with_name(f"{path.name}-wal").write_bytes(journal)
    return path


def test_a_sound_database_has_no_fault(tmp_path: Path) -> None:
    """Also one that breaks the phone's own rules for values, which are all read."""
    assert faults_of(written(tmp_path / "a.db", HEALTHY)) == ()

    def break_a_rule(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute("UPDATE sqlite_master SET sql = replace(sql, 'service TEXT)', 'service TEXT NOT NULL)')")
        connection.execute("INSERT INTO access VALUES ('x', NULL)")

    assert faults_of(written(tmp_path / "b.db", edited(HEALTHY, break_a_rule))) == ()


@pytest.mark.parametrize(
    "name", ["root_zeroed", "leaves_zeroed", "cells_forgotten", "indexes_zeroed", "indexes_emptied", "zero_tail"]
)
def test_damage_below_the_rows_is_seen(name: str, tmp_path: Path) -> None:
    """Pages and indexes that give fewer rows and no error."""
    assert faults_of(written(tmp_path / "a.db", hostile_sqlite.CHANGES[name](HEALTHY, ANATOMY)))


def test_a_whole_write_ahead_log_is_no_fault_and_a_cut_one_is(tmp_path: Path) -> None:
    """SQLite passes over what comes after the last whole write, without a word."""
    content, journal = write_ahead_log(HEALTHY, "INSERT INTO access SELECT client || 'x', service FROM access")
    assert faults_of(written(tmp_path / "whole.db", content, journal)) == ()
    for number, cut in enumerate((len(journal) // 2, len(journal) - 4096, len(journal) - 1)):
        assert "cut" in faults_of(written(tmp_path / f"{number}.db", content, journal[:cut]))[0]
    assert "is none" in faults_of(written(tmp_path / "noise.db", content, b"noise" * 100))[0]


def test_texts_that_are_bytes_are_never_compared(tmp_path: Path) -> None:
    """MVT compares text with text: bytes of the same letters match nothing."""
    path = written(tmp_path / "a.db", hostile_sqlite.texts_as_blobs(HEALTHY, ANATOMY))
    (fault,) = shape_faults(path, "tcc")
    assert "400 rows of access" in fault
    assert shape_faults(path, "another") == ()


def test_a_missing_column_of_texts_is_told(tmp_path: Path) -> None:
    """MVT selects all columns, and nothing fails where the one with the texts is gone."""
    content = database("CREATE TABLE message (body TEXT, handle_id INTEGER);", {"message": [{"body": "x"}]})
    assert shape_faults(written(tmp_path / "a.db", content), "sms") == ("the table message has no column text",)


def test_only_what_was_trusted_is_doubted(tmp_path: Path) -> None:
    """An outcome that already says so keeps its own reason."""
    path = written(tmp_path / "a.db", hostile_sqlite.cells_forgotten(HEALTHY, ANATOMY))
    assert doubted("tcc", (ModuleOutcome.CHECKED, ""), [path])[0] is ModuleOutcome.DAMAGED
    assert doubted("tcc", (ModuleOutcome.FAILED, "why"), [path]) == (ModuleOutcome.FAILED, "why")
    assert doubted("tcc", (ModuleOutcome.EMPTY, ""), []) == (ModuleOutcome.EMPTY, "")


def test_what_is_no_database_is_left_to_its_module(tmp_path: Path) -> None:
    """It cannot be opened there either, and that has a reason of its own."""
    assert faults_of(written(tmp_path / "a.db", b"no database at all" * 100)) == ()
    assert faults_of(tmp_path / "gone.db") == ()


def test_what_a_join_leaves_out_is_counted(tmp_path: Path) -> None:
    """Rows whose other side is not there, and a table of pages that no visit leads to; other versions are passed by."""
    schema = "CREATE TABLE history_items (id INTEGER, url TEXT); CREATE TABLE history_visits (history_item INTEGER);"
    items: list[Row] = [{"id": number, "url": f"https://{number}.example.com"} for number in range(3)]
    whole = database(schema, {"history_items": items, "history_visits": [{"history_item": 1}]})
    assert shape_faults(written(tmp_path / "whole.db", whole), "safari_history") == ()
    dangling = database(schema, {"history_items": items, "history_visits": [{"history_item": 9}]})
    assert shape_faults(written(tmp_path / "dangling.db", dangling), "safari_history") == (
        "1 visit is of a page that is not there, and was left out",
    )
    bare = database(schema, {"history_items": items})
    assert shape_faults(written(tmp_path / "bare.db", bare), "safari_history") == (
        "3 pages have no visit at all, and were left out",
    )
    other = database("CREATE TABLE history_visits (page INTEGER);", {"history_visits": [{"page": 1}]})
    assert shape_faults(written(tmp_path / "other.db", other), "safari_history") == ()
