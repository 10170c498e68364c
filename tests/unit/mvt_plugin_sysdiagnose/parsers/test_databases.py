"""The reader of hostile databases: usage per process, the power log's clock, views, bombs and damage."""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from mvt_plugin_sysdiagnose.archive import Content
from mvt_plugin_sysdiagnose.device import Device
from mvt_plugin_sysdiagnose.parsers import databases
from mvt_plugin_sysdiagnose.parsers.databases import parse_database
from mvtcase_readers.sqlite import Bounds

if TYPE_CHECKING:
    from pathlib import Path

    from mvt_plugin_sysdiagnose.parsers.result import Parsed

NETWORK = "PLProcessNetworkAgent_EventInterval_UsageDiff"
USAGE = f"CREATE TABLE {NETWORK} (timestamp REAL, ProcessName TEXT, BundleName TEXT, WifiIn REAL)"
INSERT = f"INSERT INTO {NETWORK} VALUES (?, ?, ?, ?)"
OFFSETS = "CREATE TABLE PLStorageOperator_EventForward_TimeOffset (timestamp REAL, system REAL)"


def _database(path: Path, *statements: str, rows: tuple[tuple[object, ...], ...] = ()) -> Content:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.executemany(INSERT, rows)
        connection.commit()
    return Content(name=path.name, data=path.read_bytes(), path=str(path))


def _parse(content: Content) -> Parsed:
    return parse_database(content, Device())


def test_usage_is_one_record_per_process_with_its_window(tmp_path: Path) -> None:
    """Rows of one process are one record: first and last time, count and traffic."""
    rows = (
        (1_700_000_000.0, "bh", None, 5.0),
        (1_700_000_060.0, "bh", None, 7.0),
        (1_700_000_000.0, "LINE", "x.y.z", 0.0),
    )
    content = _database(tmp_path / "p.PLSQL", USAGE, rows=rows)
    found = {record["process"]: record for record in _parse(content).records}
    assert (found["bh"]["isodate"], found["bh"]["last_seen"]) == (
        "2023-11-14 22:13:20.000000",
        "2023-11-14 22:14:20.000000",
    )
    assert (found["bh"]["occurrences"], found["bh"]["traffic"]) == (2, {"WifiIn": 12})
    assert found["bh"]["time_basis"] == databases.POWERLOG_BASIS
    assert found["LINE"]["bundle_id"] == "x.y.z"


def test_the_power_logs_clock_is_corrected_by_its_offsets(tmp_path: Path) -> None:
    """The offset that was valid at the time of a row is added, and the time is UTC then."""
    offsets = "INSERT INTO PLStorageOperator_EventForward_TimeOffset VALUES (1, 100), (1700000050, 1000), ('odd', NULL)"
    rows = ((1_700_000_000.0, "a", None, 1.0), (1_700_000_060.0, "b", None, 1.0))
    content = _database(tmp_path / "p.PLSQL", USAGE, OFFSETS, offsets, rows=rows)
    found = {record["process"]: record for record in _parse(content).records}
    assert found["a"]["isodate"] == "2023-11-14 22:15:00.000000"
    assert found["b"]["isodate"] == "2023-11-14 22:31:00.000000"
    assert found["b"]["time_basis"] == "utc"


def test_core_data_times_count_from_2001(tmp_path: Path) -> None:
    """Tables of Core Data (ZPROCESS of DataUsage.sqlite) count seconds from 2001."""
    content = _database(
        tmp_path / "DataUsage.sqlite",
        USAGE,
        "CREATE TABLE ZPROCESS (ZPROCNAME TEXT, ZBUNDLENAME TEXT, ZTIMESTAMP REAL)",
        "INSERT INTO ZPROCESS VALUES ('bh', NULL, 700000000)",
    )
    (record,) = _parse(content).records
    assert (record["process"], record["isodate"]) == ("bh", "2023-03-08 20:26:40.000000")


def test_a_packed_power_log_is_unpacked_within_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Archived power logs are packed; one that unpacks to more than is examined raises, as does a cut one."""
    whole = gzip.compress(_database(tmp_path / "p", USAGE, rows=((1.0, "bh", None, 1.0),)).data)
    assert [record["process"] for record in _parse(Content(name="p.PLSQL.gz", data=whole)).records] == ["bh"]
    with pytest.raises(ValueError, match="cut short"):
        _parse(Content(name="p.PLSQL.gz", data=whole[:-20]))
    with pytest.raises(ValueError, match="no readable gzip"):
        _parse(Content(name="p.PLSQL.gz", data=b"no gzip"))
    monkeypatch.setattr(databases, "MAX_DATABASE_BYTES", 1000)
    with pytest.raises(ValueError, match="more than is examined"):
        _parse(Content(name="p.PLSQL.gz", data=gzip.compress(bytes(100_000))))


def test_views_are_never_read(tmp_path: Path) -> None:
    """An endless view in the place of a table is not looked at."""
    endless = "WITH RECURSIVE n(ProcessName) AS (SELECT 1 UNION ALL SELECT ProcessName + 1 FROM n) SELECT * FROM n"
    content = _database(
        tmp_path / "p", USAGE, f"CREATE VIEW PLProcessNetworkAgent AS {endless}", rows=((1.0, "bh", None, 1.0),)
    )
    assert [record["process"] for record in _parse(content).records] == ["bh"]


def test_a_generated_column_is_not_read(tmp_path: Path) -> None:
    """A column that a function of the evidence computes is left alone; the table's own columns are read."""
    computed = "CREATE TABLE a (timestamp REAL, BundleID TEXT, ProcessName TEXT AS (hex(zeroblob(2000))))"
    content = _database(tmp_path / "p", USAGE, computed, "INSERT INTO a (timestamp, BundleID) VALUES (1, 'x.y.z')")
    (record,) = _parse(content).records
    assert (record["bundle_id"], "process" in record) == ("x.y.z", False)


def test_a_query_ends_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that takes too long is a gap."""
    monkeypatch.setattr(databases, "BOUNDS", Bounds(seconds=-1.0))
    content = _database(tmp_path / "p", USAGE, rows=tuple((1.0, f"p{number}", None, 1.0) for number in range(5000)))
    parsed = _parse(content)
    assert (parsed.records, "interrupted" in parsed.problem) == ([], True)


@pytest.mark.parametrize("data", [b"SQLite format 3\x00" + bytes(84), b"garbage" * 1000, b"\x00" * 4096])
def test_what_is_no_database_raises(data: bytes) -> None:
    """Damage is told to the caller, who counts it."""
    with pytest.raises(ValueError, match="database"):
        _parse(Content(name="p.PLSQL", data=data))


def test_a_damaged_table_does_not_hide_the_others(tmp_path: Path) -> None:
    """The other tables' rows stay, and the damaged table is named as a problem."""
    content = _database(
        tmp_path / "p",
        "CREATE TABLE a (ProcessName TEXT, timestamp REAL)",
        "INSERT INTO a VALUES ('bh', 1700000000)",
        USAGE,
        rows=((1.0, "later", None, 1.0),),
    )
    data = bytearray(content.data)
    data[2 * 4096 : 3 * 4096] = b"\xff" * 4096
    parsed = _parse(Content(name="p", data=bytes(data)))
    assert [record["process"] for record in parsed.records] == ["bh"]
    assert parsed.problem.startswith("1 of its 2 tables could not be read, the first PLProcessNetworkAgent")


def test_the_original_is_not_touched(tmp_path: Path) -> None:
    """Reading leaves neither a changed file nor companions beside it."""
    content = _database(tmp_path / "p.PLSQL", USAGE, rows=((1.0, "bh", None, 1.0),))
    data = bytearray(content.data)
    data[18:20] = b"\x02\x02"
    (tmp_path / "p.PLSQL").write_bytes(bytes(data))
    _parse(Content(name="p.PLSQL", data=bytes(data), path=content.path))
    assert [path.name for path in tmp_path.iterdir()] == ["p.PLSQL"]
    assert (tmp_path / "p.PLSQL").read_bytes() == bytes(data)


def test_the_latest_rows_in_a_write_ahead_log_are_read(tmp_path: Path) -> None:
    """Rows that stand only in the `-wal` beside a database count, and both files stay as they were."""
    live = tmp_path / "live"
    with closing(sqlite3.connect(live)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(USAGE)
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute(INSERT, (1_700_000_000.0, "bh", None, 1.0))
        connection.commit()
        copy = tmp_path / "copy"
        copy.mkdir()
        for suffix in ("", "-wal"):
            (copy / f"p.PLSQL{suffix}").write_bytes((tmp_path / f"live{suffix}").read_bytes())
    before = {path.name: path.read_bytes() for path in copy.iterdir()}
    content = Content(name="p.PLSQL", data=before["p.PLSQL"], path=str(copy / "p.PLSQL"))
    assert [record["process"] for record in _parse(content).records] == ["bh"]
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == before
    (copy / "p.PLSQL-wal").unlink()
    (copy / "p.PLSQL-wal").symlink_to(tmp_path / "live-wal")
    assert _parse(content).records == []
