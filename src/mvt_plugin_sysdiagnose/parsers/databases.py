"""SQLite databases of the sysdiagnose: the power log with its network usage, the App Store database, data usage.

A database is opened as hostile ones are, and only its real tables are read.
"""

from __future__ import annotations

import sqlite3
import tempfile
import zlib
from bisect import bisect_right
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mvt_plugin_sysdiagnose.clock import NO_TIME, Stamp, of_unix
from mvt_plugin_sysdiagnose.shelf import MAX_DATABASE_BYTES, MAX_RECORDS, MAX_TABLES, Record, plain
from mvtcase_readers.sqlite import Bounds, connect, quoted

from .result import Parsed, record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mvt_plugin_sysdiagnose.archive import Content
    from mvt_plugin_sysdiagnose.device import Device

_PROCESS_COLUMNS: Final = ("processname", "launchdname", "zprocname")
_BUNDLE_COLUMNS: Final = ("bundleid", "bundlename", "bundle_id", "bundleidentifier", "zbundlename")
_TIME_COLUMNS: Final = ("timestamp", "ztimestamp")
_TRAFFIC_COLUMNS: Final = ("wifiin", "wifiout", "cellin", "cellout")
_OFFSETS: Final = "PLStorageOperator_EventForward_TimeOffset"
_PERMISSION: Final = ("service", "client", "client_type", "auth_value", "last_modified")
_MAC_EPOCH: Final = 978_307_200
BOUNDS: Final = Bounds(seconds=30.0, copy_bytes=2 * MAX_DATABASE_BYTES)

POWERLOG_BASIS: Final = "powerlog_uncorrected"
"""The power log's own clock, where the table with its distance from UTC is missing."""


def parse_database(content: Content, _device: Device) -> Parsed:
    """Return one `usage` per process and bundle of each table that names them, with first and last time and traffic.

    Raises `ValueError` when the file is no database that can be read.
    """
    parsed = Parsed()
    failed: list[str] = []
    with _on_disk(content) as path, _opened(path) as connection:
        try:
            offsets = _offsets(connection)
            tables = _tables(connection)
        except sqlite3.Error as error:
            raise ValueError(f"no readable database: {error}") from error
        for table, columns in tables:
            try:
                parsed.records.extend(_usage(connection, table, columns, offsets))
            except sqlite3.Error as error:  # noqa: PERF203 - one damaged table must not hide the others
                failed.append(f"{plain(table, 120)}: {error}")
    if failed:
        parsed.problem = f"{len(failed)} of its {len(tables)} tables could not be read, the first {failed[0]}"
    elif len(parsed.records) >= MAX_RECORDS:
        parsed.problem = "it holds more rows than are examined"
    return parsed


def parse_permissions(content: Content, _device: Device) -> Parsed:
    """Return one `permission` per client and service of `TCC.db`: what the phone's owner, or Apple, let an app do.

    Columns: `client_type` 0 is a bundle, 1 a path; `last_modified` counts seconds since 1970 and is missing in old
    layouts. Raises `ValueError` when the file is no database that can be read.
    """
    with _on_disk(content) as path, _opened(path) as connection:
        try:
            columns = _columns(connection, "access")
            if not {"service", "client"} <= set(columns):
                return Parsed(problem="it has no table of permissions")
            wanted = [quoted(columns[name]) if name in columns else "NULL" for name in _PERMISSION]
            query = f"SELECT {', '.join(wanted)} FROM access LIMIT ?"  # noqa: S608 - names quoted above
            rows = connection.execute(query, (MAX_RECORDS,)).fetchall()
        except sqlite3.Error as error:
            raise ValueError(f"no readable database: {error}") from error
    return Parsed(records=[_permission(row) for row in rows if isinstance(row[1], str) and row[1]])


def _permission(row: tuple[object, ...]) -> Record:
    service, client, kind, granted, when = row
    name = plain(client)
    is_path = kind == 1 or name.startswith("/")
    return record(
        "permission",
        of_unix(when) if isinstance(when, (int, float)) and when else NO_TIME,
        bundle_id="" if is_path else name,
        path=name if is_path else "",
        role=plain(service, 120),
        granted=granted if isinstance(granted, int) else None,
    )


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        connection = connect(path, bounds=BOUNDS)
    except sqlite3.Error as error:
        raise ValueError(f"no readable database: {error}") from error
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _on_disk(content: Content) -> Iterator[Path]:
    data = _unpacked(content)
    if content.path is not None and data is content.data and not content.truncated:
        yield Path(content.path)
        return
    with tempfile.TemporaryDirectory(prefix="mvt_sysdiagnose_") as folder:
        path = Path(folder) / "database"
        path.write_bytes(data)
        yield path


def _unpacked(content: Content) -> bytes:
    if not content.name.endswith(".gz"):
        return content.data
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        data = unpacker.decompress(content.data, MAX_DATABASE_BYTES)
    except zlib.error as error:
        raise ValueError(f"no readable gzip file: {error}") from error
    if not unpacker.eof:
        raise ValueError("its gzip data is cut short or unpacks to more than is examined")
    return data


def _tables(connection: sqlite3.Connection) -> list[tuple[str, dict[str, str]]]:
    rows = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type='table' AND rootpage > 0 ORDER BY name LIMIT ?", (MAX_TABLES,)
    ).fetchall()
    return [
        (name, _columns(connection, name))
        for name, sql in rows
        if isinstance(name, str) and isinstance(sql, str) and sql.lstrip()[:12].upper() == "CREATE TABLE"
    ]


def _columns(connection: sqlite3.Connection, table: str) -> dict[str, str]:
    rows = connection.execute(f"PRAGMA table_info({quoted(table)})").fetchall()
    return {str(row[1]).lower(): str(row[1]) for row in rows}


def _usage(
    connection: sqlite3.Connection, table: str, columns: dict[str, str], offsets: list[tuple[float, float]]
) -> list[Record]:
    process = next((columns[name] for name in _PROCESS_COLUMNS if name in columns), None)
    bundle = next((columns[name] for name in _BUNDLE_COLUMNS if name in columns), None)
    if process is None and bundle is None:
        return []
    time = next((columns[name] for name in _TIME_COLUMNS if name in columns), None)
    traffic = [columns[name] for name in _TRAFFIC_COLUMNS if name in columns]
    wanted = [
        quoted(process) if process else "NULL",
        quoted(bundle) if bundle else "NULL",
        f"min({quoted(time)})" if time else "NULL",
        f"max({quoted(time)})" if time else "NULL",
        "count(*)",
        *(f"total({quoted(name)})" for name in traffic),
    ]
    query = f"SELECT {', '.join(wanted)} FROM {quoted(table)} GROUP BY 1, 2 LIMIT ?"  # noqa: S608 - names quoted above
    found = []
    for row in connection.execute(query, (MAX_RECORDS,)):
        first, last = (_stamp(value, table, offsets) for value in row[2:4])
        name = plain(row[0]) if isinstance(row[0], str) else ""
        found.append(
            record(
                "network_usage" if traffic else "usage",
                first,
                process=name,
                path=name if name.startswith("/") else "",
                bundle_id=plain(row[1]) if isinstance(row[1], str) else "",
                table=plain(table, 120),
                last_seen=last.isodate or last.text,
                occurrences=row[4],
                traffic={
                    column: int(min(value, 2**53)) for column, value in zip(traffic, row[5:], strict=True) if value > 0
                },
            )
        )
    return [item for item in found if "process" in item or "bundle_id" in item]


def _offsets(connection: sqlite3.Connection) -> list[tuple[float, float]]:
    columns = _columns(connection, _OFFSETS)
    if "timestamp" not in columns or "system" not in columns:
        return []
    query = f"SELECT {quoted(columns['timestamp'])}, {quoted(columns['system'])} FROM {quoted(_OFFSETS)} LIMIT ?"  # noqa: S608 - quoted
    rows = connection.execute(query, (MAX_RECORDS,)).fetchall()
    return sorted((float(at), float(offset)) for at, offset in rows if _is_number(at) and _is_number(offset))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and abs(value) < 2**53


def _stamp(value: object, table: str, offsets: list[tuple[float, float]]) -> Stamp:
    if not isinstance(value, (int, float)) or not _is_number(value):
        return NO_TIME
    if table.upper().startswith("Z"):
        return of_unix(value + _MAC_EPOCH)
    if not offsets:
        return of_unix(value, POWERLOG_BASIS if table.startswith("PL") else "utc")
    at = max(bisect_right(offsets, (float(value), float("inf"))) - 1, 0)
    return of_unix(value + offsets[at][1])
