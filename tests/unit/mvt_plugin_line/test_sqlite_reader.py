"""The reader of hostile databases: read-only, bounded, keys out of reach."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from mvt_plugin_line import sqlite_reader
from mvt_plugin_line.sqlite_reader import KEY_MATERIAL, DatabaseFile, UnreadableError, open_database

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Return a small database with a key column."""
    path = tmp_path / "e2ee"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE keystore (mid TEXT, prikey BLOB); INSERT INTO keystore VALUES ('u1', x'00');"
        )
    return path


@pytest.mark.parametrize(
    "query", ["SELECT prikey FROM keystore", "SELECT length(prikey) FROM keystore", "SELECT * FROM keystore"]
)
def test_key_columns_cannot_be_read(keys: Path, query: str) -> None:
    """SQLite itself refuses a query that touches a key column, in any form."""
    with open_database(DatabaseFile(path=keys)) as database:
        assert list(database.rows(query)) == []
        assert "prohibited" in database.faults[0]


def test_other_columns_can_be_read(keys: Path) -> None:
    """The refusal is of the column, not of the table."""
    with open_database(DatabaseFile(path=keys)) as database:
        assert database.require("keystore", "mid") == {"mid", "prikey"}
        assert list(database.rows("SELECT mid FROM keystore")) == [("u1",)]
    assert {"prikey", "pubkey", "zkeydata", "chunks"} <= KEY_MATERIAL


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM keystore", "ATTACH 'x' AS y", "PRAGMA writable_schema=1", "SELECT load_extension('x')", "VACUUM"],
)
def test_nothing_but_reading_is_allowed(keys: Path, statement: str) -> None:
    """Writing, attaching, settings and other functions are refused and leave the file as it was."""
    before = keys.read_bytes()
    with open_database(DatabaseFile(path=keys)) as database:
        assert list(database.rows(statement)) == []
        assert database.faults
    assert keys.read_bytes() == before
    assert [each.name for each in keys.parent.iterdir()] == ["e2ee"]


def test_a_long_query_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reading beyond the time limit ends with a reason."""
    path = tmp_path / "t"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE t (x)")
        connection.executemany("INSERT INTO t VALUES (?)", [(number,) for number in range(500)])
    monkeypatch.setattr(sqlite_reader, "MOST_SECONDS", -1.0)
    with open_database(DatabaseFile(path=path)) as database:
        assert list(database.rows("SELECT count(*) FROM t a, t b, t c, t d")) == []
        assert database.faults == ["reading took too long and was stopped"]


def test_slow_work_on_rows_is_stopped_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time a caller spends on each row counts: after the limit no further row is given, and that is said."""
    path = tmp_path / "t"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE t (x); INSERT INTO t VALUES (1), (2), (3);")
    monkeypatch.setattr(sqlite_reader, "MOST_SECONDS", -1.0)
    with open_database(DatabaseFile(path=path)) as database:
        assert list(database.rows("SELECT x FROM t")) == [(1,)]
        assert database.faults == ["reading took too long and was stopped"]


def test_recursion_is_refused(keys: Path) -> None:
    """A query that could go on for ever by itself is not even begun."""
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n"
    with open_database(DatabaseFile(path=keys)) as database:
        assert list(database.rows(endless)) == []
        assert database.faults == ["SQLite says: not authorized"]


def test_a_write_ahead_log_is_read_and_left_alone(tmp_path: Path) -> None:
    """Rows that are still in the log are seen, from a copy; no file appears beside the evidence."""
    live = tmp_path / "live"
    connection = sqlite3.connect(live)
    connection.executescript("PRAGMA journal_mode=WAL; CREATE TABLE t (x); INSERT INTO t VALUES (41);")
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    main, wal = evidence / "a", evidence / "b"
    main.write_bytes(live.read_bytes())
    wal.write_bytes(live.with_name("live-wal").read_bytes())
    connection.close()
    with open_database(DatabaseFile(path=main, wal=wal)) as database:
        assert list(database.rows("SELECT x FROM t")) == [(41,)]
    assert sorted(each.name for each in evidence.iterdir()) == ["a", "b"]


def test_broken_text_does_not_end_a_reading(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 come as visible escapes, and the next row is read."""
    path = tmp_path / "t"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE t (x); INSERT INTO t VALUES (CAST(x'41ff' AS TEXT)), ('b');")
    with open_database(DatabaseFile(path=path)) as database:
        assert list(database.rows("SELECT x FROM t")) == [("A\\xff",), ("b",)]


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "empty"), (b"garbage", "not a SQLite"), (b"SQLite format 3\x00", "SQLite says")]
)
def test_files_that_are_no_database_have_a_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    """Each kind of broken file is told apart."""
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(UnreadableError, match=reason), open_database(DatabaseFile(path=path)):
        pass


def test_a_log_that_is_too_large_is_refused(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that would need a copy beyond the limit is a gap, not a full disk."""
    monkeypatch.setattr(sqlite_reader, "MOST_COPY_BYTES", 10)
    wal = keys.with_name("wal")
    wal.write_bytes(b"x")
    with pytest.raises(UnreadableError, match="larger than"), open_database(DatabaseFile(path=keys, wal=wal)):
        pass
