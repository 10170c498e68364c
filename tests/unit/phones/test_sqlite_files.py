"""Databases as bytes."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from mvtcase.phones.sqlite_files import database, edited, opened

if TYPE_CHECKING:
    from mvtcase.phones.sqlite_files import Row

SCHEMA = "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT);"


def test_same_rows_give_same_bytes() -> None:
    """Neither page remains nor counters differ between two builds."""
    rows: list[Row] = [{"a": number, "b": "x" * (number % 90)} for number in range(2_000)]
    assert database(SCHEMA, {"t": rows}) == database(SCHEMA, {"t": rows})


@pytest.mark.parametrize("wal", [True, False])
def test_editing_keeps_the_journal_mode(wal: bool) -> None:  # noqa: FBT001 - a parametrised flag
    """The header says write-ahead log before and after, or neither."""
    content = database(SCHEMA, {"t": [{"a": 1, "b": "x"}]}, wal=wal)

    def empty(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM t")

    changed = edited(content, empty)
    assert content[18:20] == changed[18:20] == (b"\x02\x02" if wal else b"\x01\x01")
    with opened(changed) as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_row_that_does_not_fit_is_an_error() -> None:
    """A mistyped column does not vanish."""
    with pytest.raises(sqlite3.OperationalError):
        database(SCHEMA, {"t": [{"c": 1}]})
