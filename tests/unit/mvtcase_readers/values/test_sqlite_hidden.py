"""What SQL does not show of a database is found: deleted rows, logs, lost and damaged pages."""

from __future__ import annotations

import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest

from mvtcase_readers.values import Batch, Extent, Reading, Value, read_values

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOUGHT = "https://evil.example/stage"


def _read(path: Path) -> tuple[Reading, list[Value]]:
    values: list[Value] = []

    def take(batch: Batch) -> None:
        values.extend(batch.values())

    return read_values(path, tick=lambda _: None, take=take, say=lambda *_: None), values


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Give a new database with 300 ordinary rows, as phones keep them: nothing is overwritten when it is deleted."""
    made = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    made.executescript("PRAGMA synchronous=OFF; PRAGMA secure_delete=OFF")
    made.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT, n INTEGER)")
    made.execute("BEGIN")
    made.executemany("INSERT INTO t VALUES (?, ?, ?, 7)", [(row, f"row {row}", "x" * 40) for row in range(300)])
    made.execute("COMMIT")
    yield made
    made.close()


def _whole(path: Path) -> list[Value]:
    return [value for value in _read(path)[1] if value.text == SOUGHT and value.whole]


def test_a_deleted_row_keeps_its_edges(tmp_path: Path, connection: sqlite3.Connection) -> None:
    """A row deleted from the middle of a page is given as whole values, whatever stands beside it."""
    connection.execute("INSERT INTO t VALUES (1000, ?, 'right beside', 300)", (SOUGHT,))
    connection.execute("INSERT INTO t VALUES (1001, 'a', 'b', 300)")
    connection.execute("DELETE FROM t WHERE id = 1000")
    (found,) = _whole(tmp_path / "a.db")
    assert found.place.column == "a"
    assert found.place.table.startswith("t (page ")


def test_a_dropped_table_is_read(tmp_path: Path, connection: sqlite3.Connection) -> None:
    """Rows of a dropped table stand in free pages, and are given."""
    connection.execute("CREATE TABLE gone (a TEXT)")
    connection.executemany("INSERT INTO gone VALUES (?)", [(SOUGHT,)] + [(f"filler {row}" * 9,) for row in range(200)])
    connection.execute("DROP TABLE gone")
    assert _whole(tmp_path / "a.db")


def test_a_long_value_of_a_deleted_row_is_followed(tmp_path: Path, connection: sqlite3.Connection) -> None:
    """A text over several overflow pages is given in one piece, deleted with its whole table too."""
    text = "y" * 4055 + SOUGHT + "z" * 9000
    connection.execute("CREATE TABLE gone (a TEXT)")
    connection.execute("INSERT INTO gone VALUES (?)", (text,))
    assert any(value.text == text for value in _read(tmp_path / "a.db")[1])
    connection.execute("DROP TABLE gone")
    assert any(SOUGHT in value.text for value in _read(tmp_path / "a.db")[1])


def test_a_table_that_the_schema_forgot_is_read(tmp_path: Path, connection: sqlite3.Connection) -> None:
    """Pages that no table reaches and no list calls free are given."""
    connection.execute("CREATE TABLE gone (a TEXT)")
    connection.execute("INSERT INTO gone VALUES (?)", (SOUGHT,))
    connection.executescript("PRAGMA writable_schema=ON; DELETE FROM sqlite_master WHERE name = 'gone'")
    assert _whole(tmp_path / "a.db")


def test_without_rowid_generated_and_wide_texts(tmp_path: Path) -> None:
    """Tables without rowid, generated columns and UTF-16 databases are read as any other."""
    made = sqlite3.connect(tmp_path / "a.db")
    made.executescript(
        "PRAGMA encoding='UTF-16le';"
        "CREATE TABLE t (a TEXT, b TEXT PRIMARY KEY, c TEXT AS (a || b) STORED) WITHOUT ROWID"
    )
    made.execute("INSERT INTO t (a, b) VALUES ('https://evil', '.example/stage')")
    made.commit()
    made.close()
    (found,) = _whole(tmp_path / "a.db")
    assert (found.place.table, found.place.column) == ("t", "c")


@pytest.mark.parametrize("commit", [True, False])
def test_a_log_is_read_with_and_without_its_database(
    tmp_path: Path, connection: sqlite3.Connection, *, commit: bool
) -> None:
    """Values that stand in the write-ahead log alone are given, committed or not, overwritten later or not."""
    connection.executescript("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=1; BEGIN")
    connection.execute("INSERT INTO t VALUES (1000, ?, ?, 3)", (SOUGHT, "q" * 9000))
    connection.executemany("INSERT INTO t VALUES (?, 'b', ?, 2)", [(row, "u" * 900) for row in range(2000, 2100)])
    if commit:
        connection.execute("COMMIT")
        connection.execute("UPDATE t SET a = 'harmless' WHERE id = 1000")
    kept = tmp_path / "kept"
    kept.mkdir()
    for name in ("a.db", "a.db-wal"):
        shutil.copy(tmp_path / name, kept / name)
    assert _whole(kept / "a.db-wal")
    (kept / "a.db").unlink()
    reading, values = _read(kept / "a.db-wal")
    assert reading.form == "sqlite wal"
    assert any(SOUGHT in value.text for value in values)


def test_the_newest_state_of_a_database_is_that_of_its_log(tmp_path: Path, connection: sqlite3.Connection) -> None:
    """A database is read together with its log, and what the log hides of it is read too."""
    connection.execute("UPDATE t SET a = ? WHERE id = 7", (SOUGHT,))
    connection.executescript("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0")
    connection.execute("UPDATE t SET a = 'https://newer.example/' WHERE id = 7")
    assert _whole(tmp_path / "a.db")
    newer = [value for value in _read(tmp_path / "a.db")[1] if value.text == "https://newer.example/"]
    assert (newer[0].place.table, newer[0].place.row, newer[0].place.column) == ("t", 7, "a")


def test_a_rollback_journal_holds_the_state_before(tmp_path: Path, connection: sqlite3.Connection) -> None:
    """What a transaction overwrote stands in the journal that it left, and is given."""
    connection.execute("UPDATE t SET a = ? WHERE id = 7", (SOUGHT,))
    connection.executescript("PRAGMA cache_size=1; BEGIN; UPDATE t SET a = 'gone', b = 'gone'")
    shutil.copy(tmp_path / "a.db-journal", tmp_path / "journal")
    connection.execute("ROLLBACK")
    reading, values = _read(tmp_path / "journal")
    assert (reading.form, reading.extent) == ("sqlite journal", Extent.FULL)
    assert any(value.text == SOUGHT for value in values)


@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_damaged_database_is_read_as_far_as_pages_go(
    tmp_path: Path, connection: sqlite3.Connection, page: int
) -> None:
    """Rows outside of a destroyed page are given, be it the schema's, and the reading says damaged."""
    connection.execute("INSERT INTO t VALUES (1000, ?, '', 1)", (SOUGHT,))
    data = bytearray((tmp_path / "a.db").read_bytes())
    data[(page - 1) * 4096 + (100 if page == 1 else 0) : page * 4096] = b"\xff" * (4096 - (100 if page == 1 else 0))
    (tmp_path / "b.db").write_bytes(data)
    reading, values = _read(tmp_path / "b.db")
    assert reading.extent is Extent.DAMAGED
    assert any(value.text == SOUGHT for value in values)


def test_a_cut_database_is_damaged(tmp_path: Path, connection: sqlite3.Connection) -> None:
    """A database that ends early gives its rows up to there, and says damaged."""
    connection.execute("UPDATE t SET a = ? WHERE id = 0", (SOUGHT,))
    data = (tmp_path / "a.db").read_bytes()
    (tmp_path / "b.db").write_bytes(data[: len(data) - 5000])
    reading, values = _read(tmp_path / "b.db")
    assert reading.extent is Extent.DAMAGED
    assert any(value.text == SOUGHT for value in values)
