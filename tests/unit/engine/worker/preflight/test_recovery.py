"""Working copies: odd cells set right, damaged pages gone around, nothing of the database's own code carried over."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.engine.worker.preflight.recovery import Repair, repaired_copy

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 2000
SCHEMA = "CREATE TABLE message (ROWID INTEGER PRIMARY KEY, text TEXT, date INTEGER, body BLOB, plain)"


def database(path: Path, *statements: str, rows: int = 5) -> Path:
    """Write a database of messages and change it by statements."""
    connection = sqlite3.connect(path)
    connection.execute(SCHEMA)
    connection.executemany(
        "INSERT INTO message VALUES (?, ?, ?, ?, ?)",
        [
            (number, f"text {number} " + "x" * 100, 700_000_000 + number, b"\x00\xff", "p")
            for number in range(1, rows + 1)
        ],
    )
    for statement in statements:
        connection.executescript(statement)
    connection.commit()
    connection.close()
    return path


def copied(source: Path, **options: Any) -> tuple[Repair, sqlite3.Connection]:
    """Return the repair of a database and its copy, opened."""
    target = source.with_name("copy.db")
    repair = repaired_copy(source, target, **options)
    return repair, sqlite3.connect(target)


def test_a_healthy_database_is_copied_as_it_is(tmp_path: Path) -> None:
    """Values keep their kinds, rows their numbers."""
    repair, copy = copied(database(tmp_path / "x.db"))
    assert (repair.fixed, repair.copied, repair.lost) == ({}, 5, False)
    row = copy.execute("SELECT ROWID, text, date, body, plain FROM message WHERE ROWID = 3").fetchone()
    assert row == (3, "text 3 " + "x" * 100, 700_000_003, b"\x00\xff", "p")
    copy.close()


@pytest.mark.parametrize(
    ("change", "column", "found"),
    [
        ("text = CAST(X'61FF' AS TEXT)", "text", "a\\xff"),
        ("text = X'6162'", "text", "ab"),
        ("date = 'yesterday'", "date", None),
        ("date = X'00'", "date", None),
        ("plain = CAST(X'61FF' AS TEXT)", "plain", "a\\xff"),
    ],
)
def test_an_odd_cell_is_set_right_and_its_row_kept(change: str, column: str, found: object, tmp_path: Path) -> None:
    """Whoever hides a message behind an odd date gains nothing: the row is there, with all its other cells."""
    repair, copy = copied(database(tmp_path / "x.db", f"UPDATE message SET {change} WHERE ROWID = 2"))
    assert repair.fixed == {f"message.{column}": 1}
    assert f"message.{column} (1)" in repair.sentence
    assert copy.execute(f"SELECT {column} FROM message WHERE ROWID = 2").fetchone() == (found,)
    assert copy.execute("SELECT count(*) FROM message").fetchone() == (5,)
    copy.close()


@pytest.mark.parametrize("change", ["date = NULL", "date = 9223372036854775807", "date = 'yesterday'"])
def test_times_are_filled_only_when_asked(change: str, tmp_path: Path) -> None:
    """A missing time breaks some modules; in the first copy it stays missing."""
    source = database(tmp_path / "x.db", f"UPDATE message SET {change} WHERE ROWID = 2")
    repair, copy = copied(source, fill_times=True)
    assert repair.fixed == {"message.date": 1}
    assert copy.execute("SELECT date FROM message WHERE ROWID = 2").fetchone() == (1,)
    copy.close()


def test_views_and_triggers_stay_behind(tmp_path: Path) -> None:
    """They are code of the evidence's; the copy has tables alone."""
    source = database(
        tmp_path / "x.db",
        "CREATE VIEW v AS SELECT * FROM message",
        "CREATE TRIGGER t AFTER INSERT ON message BEGIN DELETE FROM message; END",
    )
    _, copy = copied(source)
    assert copy.execute("SELECT type, name FROM sqlite_master").fetchall() == [("table", "message")]
    assert copy.execute("SELECT count(*) FROM message").fetchone() == (5,)
    copy.close()


def test_rows_around_a_damaged_page_are_saved(tmp_path: Path) -> None:
    """One page of noise costs its own rows; those before and behind it are there."""
    source = database(tmp_path / "x.db", rows=ROWS)
    content = bytearray(source.read_bytes())
    page = int.from_bytes(content[16:18], "big")
    middle = len(content) // page // 2 * page
    content[middle : middle + page] = b"\xa5" * page
    source.write_bytes(content)
    repair, copy = copied(source)
    first, last, count = copy.execute("SELECT min(ROWID), max(ROWID), count(*) FROM message").fetchone()
    assert repair.lost
    assert (first, last) == (1, ROWS)
    assert ROWS * 0.8 < count < ROWS
    assert "others are lost" in repair.sentence
    copy.close()


def test_what_is_no_database_cannot_be_saved(tmp_path: Path) -> None:
    """Noise stays noise, and says so."""
    (tmp_path / "x.db").write_bytes(b"\xa5" * 8192)
    with pytest.raises(sqlite3.DatabaseError):
        repaired_copy(tmp_path / "x.db", tmp_path / "copy.db")


def test_a_table_without_rowid_is_copied(tmp_path: Path) -> None:
    """Some of the phone's tables are made so."""
    source = database(
        tmp_path / "x.db", "CREATE TABLE w (a TEXT PRIMARY KEY) WITHOUT ROWID; INSERT INTO w VALUES ('x')"
    )
    repair, copy = copied(source)
    assert not repair.lost
    assert copy.execute("SELECT a FROM w").fetchall() == [("x",)]
    copy.close()


def test_hostile_names_and_types_are_only_names_and_types(tmp_path: Path) -> None:
    """A quote in a name, or a constraint in place of a type, runs nothing."""
    source = database(
        tmp_path / "x.db",
        'CREATE TABLE "a""b" ("c""d" TEXT DEFAULT (1), e CHECK (e)); INSERT INTO "a""b" VALUES (1, 2)',
    )
    _, copy = copied(source)
    assert copy.execute('SELECT "c""d", e FROM "a""b"').fetchall() == [("1", 2)]
    copy.close()
