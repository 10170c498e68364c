"""The one hardened way to open a database: only reading, real tables, an end in time, hidden columns."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mvtcase_readers.regular import UnreadableError
from mvtcase_readers.sqlite import Bounds, check_tables, connect, open_database, opened

NO_KEYS = Bounds(hidden=frozenset({"prikey"}))
LATE = Bounds(seconds=-1.0)


def written(path: Path, script: str) -> Path:
    """Write a database by a script."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
    return path


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
    with open_database(keys, bounds=NO_KEYS) as database:
        assert list(database.rows(query)) == []
        assert "prohibited" in database.faults[0]


def test_other_columns_can_be_read(keys: Path) -> None:
    """The refusal is of the column, not of the table."""
    with open_database(keys, bounds=NO_KEYS) as database:
        assert database.require("keystore", "mid") == {"mid", "prikey"}
        assert list(database.rows("SELECT mid FROM keystore")) == [("u1",)]


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM keystore", "ATTACH 'x' AS y", "PRAGMA writable_schema=1", "SELECT load_extension('x')", "VACUUM"],
)
def test_nothing_but_reading_is_allowed(keys: Path, statement: str) -> None:
    """Writing, attaching, settings and other functions are refused and leave the file as it was."""
    before = keys.read_bytes()
    with open_database(keys, bounds=NO_KEYS) as database:
        assert list(database.rows(statement)) == []
        assert database.faults
    assert keys.read_bytes() == before
    assert [each.name for each in keys.parent.iterdir()] == ["e2ee"]


def test_a_long_query_is_stopped(tmp_path: Path) -> None:
    """A reading beyond the time limit ends with a reason."""
    path = tmp_path / "t"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE t (x)")
        connection.executemany("INSERT INTO t VALUES (?)", [(number,) for number in range(500)])
    with open_database(path, bounds=LATE) as database:
        assert list(database.rows("SELECT count(*) FROM t a, t b, t c, t d")) == []
        assert database.faults == ["reading took too long and was stopped"]


def test_slow_work_on_rows_is_stopped_too(tmp_path: Path) -> None:
    """The time a caller spends on each row counts: after the limit no further row is given, and that is said."""
    path = tmp_path / "t"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE t (x); INSERT INTO t VALUES (1), (2), (3);")
    with open_database(path, bounds=LATE) as database:
        assert list(database.rows("SELECT x FROM t")) == [(1,)]
        assert database.faults == ["reading took too long and was stopped"]


def test_recursion_is_refused(keys: Path) -> None:
    """A query that could go on for ever by itself is not even begun."""
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n"
    with open_database(keys, bounds=NO_KEYS) as database:
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
    with open_database(main, log=wal) as database:
        assert list(database.rows("SELECT x FROM t")) == [(41,)]
    assert sorted(each.name for each in evidence.iterdir()) == ["a", "b"]


def test_broken_text_does_not_end_a_reading(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 come as visible escapes, and the next row is read."""
    path = tmp_path / "t"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE t (x); INSERT INTO t VALUES (CAST(x'41ff' AS TEXT)), ('b');")
    with open_database(path) as database:
        assert list(database.rows("SELECT x FROM t")) == [("A\\xff",), ("b",)]


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "empty"), (b"garbage", "not a SQLite"), (b"SQLite format 3\x00", "SQLite says")]
)
def test_files_that_are_no_database_have_a_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    """Each kind of broken file is told apart."""
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(UnreadableError, match=reason), open_database(path):
        pass


def test_a_log_that_is_too_large_is_refused(keys: Path) -> None:
    """A database that would need a copy beyond the limit is a gap, not a full disk."""
    wal = keys.with_name("wal")
    wal.write_bytes(b"x")
    with (
        pytest.raises(UnreadableError, match="larger than"),
        open_database(keys, log=wal, bounds=Bounds(copy_bytes=10)),
    ):
        pass


@pytest.mark.parametrize(
    "query", ["SELECT a FROM v", "SELECT count(*) FROM v", "SELECT x.a FROM x JOIN v", "SELECT q FROM f"]
)
def test_views_and_virtual_tables_cannot_be_read(query: str, tmp_path: Path) -> None:
    """A view yields rows without end, a virtual table runs a module: real tables beside them are still read."""
    path = written(
        tmp_path / "x.db",
        "CREATE TABLE x (a); INSERT INTO x VALUES (1);"
        "CREATE VIEW V AS SELECT 1 AS a; CREATE VIRTUAL TABLE f USING fts5(q)",
    )
    with opened(path) as connection:
        assert connection.execute("SELECT a FROM x").fetchall() == [(1,)]
        with pytest.raises(sqlite3.DatabaseError, match=r"prohibited|not authorized|constructor failed"):
            connection.execute(query)


@pytest.mark.skipif(not hasattr(sqlite3.Connection, "setlimit"), reason="Python bounds values from 3.11 on")
def test_a_generated_value_is_bounded(tmp_path: Path) -> None:
    """The schema is the evidence's, and what it computes may fill the memory."""
    path = written(tmp_path / "x.db", "CREATE TABLE x (a, b AS (zeroblob(a))); INSERT INTO x(a) VALUES (1 << 29)")
    with opened(path) as connection, pytest.raises(sqlite3.DataError, match="too big"):
        connection.execute("SELECT b FROM x").fetchall()


def test_a_private_copy_goes_with_the_connection(tmp_path: Path) -> None:
    """A database and its log beside it are read from a copy; nothing of the copy stays."""
    writer = sqlite3.connect(tmp_path / "x.db")
    writer.executescript("PRAGMA journal_mode=WAL; CREATE TABLE x (a); INSERT INTO x VALUES (1)")
    before = (tmp_path / "x.db-wal").read_bytes()
    connection = connect(tmp_path / "x.db")
    copy = Path(connection.folder.name) if connection.folder else None
    assert connection.execute("SELECT count(*) FROM x").fetchone() == (1,)
    assert copy is not None
    assert copy.is_dir()
    connection.close()
    assert not copy.exists()
    assert (tmp_path / "x.db-wal").read_bytes() == before
    writer.close()


@pytest.mark.parametrize("name", ["message", "MESSAGE"])
def test_a_view_in_place_of_a_table_is_refused(name: str, tmp_path: Path) -> None:
    """SQLite compares names without regard to case, and so must we."""
    path = written(tmp_path / "x.db", f"CREATE TABLE kept (a); CREATE VIEW {name} AS SELECT * FROM kept")
    with pytest.raises(UnreadableError, match="a view stands in place of the table message"):
        check_tables(path, ("message",))


def test_tables_and_absent_names_pass(tmp_path: Path) -> None:
    """The module that reads them will say what is missing."""
    check_tables(written(tmp_path / "x.db", "CREATE TABLE message (a)"), ("message", "handle"))
    (tmp_path / "noise.db").write_bytes(b"\xa5" * 4096)
    check_tables(tmp_path / "noise.db", ("message",))
