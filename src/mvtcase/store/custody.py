"""The chain of custody: append an event that names every row it wrote, and verify all of it again.

A chain shows accidents and careless edits. Whoever owns the file can rebuild it, so the head digest is printed in every
report, where the owner of the file cannot change it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from mvtcase.canon import GENESIS, digest, new_uuid
from mvtcase.model import CustodyEvent
from mvtcase.store import schema

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mvtcase.model import Json

COVERED = tuple(table for table in (*schema.CHANGEABLE, *schema.APPEND_ONLY) if not table.startswith("custody_"))
"""The tables whose every row must be named by an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenRow:
    """A row that a transaction wrote, with its digest afterwards."""

    table: str
    uuid: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that verification found otherwise than the chain says; `where` names the event, row or file."""

    where: str
    what: str


def row_digest(connection: sqlite3.Connection, table: str, uuid: str) -> str | None:
    """Return the digest of a stored row, None when there is no such row."""
    cursor = connection.execute(f"SELECT * FROM {table} WHERE uuid = ?", (uuid,))  # noqa: S608  # our own table names
    row = cursor.fetchone()
    return None if row is None else _digest_of(table, [column[0] for column in cursor.description], row)


def _digest_of(table: str, columns: Sequence[str], row: Sequence[object]) -> str:
    return digest([table, dict(zip(columns, row, strict=True))])


def head(connection: sqlite3.Connection) -> tuple[int, str]:
    """Return the sequence and digest of the newest event; (0, genesis) for a chain without any."""
    row = connection.execute("SELECT sequence, digest FROM custody_event ORDER BY sequence DESC LIMIT 1").fetchone()
    return (0, GENESIS) if row is None else (row[0], row[1])


def append(
    connection: sqlite3.Connection,
    *,
    at: str,
    actor: str,
    action: str,
    subject: str,
    payload: Mapping[str, Json],
    rows: Sequence[WrittenRow],
) -> CustodyEvent:
    """Append one event to the chain inside the caller's transaction and return it."""
    sequence, previous = head(connection)
    full: dict[str, Json] = {**payload, "rows": len(rows), "rows_sha256": _rows_digest(rows)}
    event = CustodyEvent(
        sequence=sequence + 1,
        uuid=new_uuid(),
        at=at,
        actor=actor,
        action=action,
        subject=subject,
        payload=full,
        previous=previous,
        digest="",
    )
    sealed = _event_digest(event)
    text = json.dumps(full, sort_keys=True, separators=(",", ":"))
    connection.execute(
        "INSERT INTO custody_event VALUES (?,?,?,?,?,?,?,?,?)",
        (event.sequence, event.uuid, at, actor, action, subject, text, previous, sealed),
    )
    connection.executemany(
        "INSERT INTO custody_row VALUES (?,?,?,?,?)",
        [(event.sequence, place, row.table, row.uuid, row.digest) for place, row in enumerate(rows)],
    )
    return replace(event, digest=sealed)


def _rows_digest(rows: Iterable[WrittenRow]) -> str:
    return digest([[row.table, row.uuid, row.digest] for row in rows])


def _fields(event: CustodyEvent) -> dict[str, object]:
    return {name: getattr(event, name) for name in CustodyEvent.__slots__}


def _event_digest(event: CustodyEvent) -> str:
    fields = _fields(event)
    del fields["digest"]
    return digest(fields)


def events(connection: sqlite3.Connection) -> Iterator[CustodyEvent]:
    """Yield the events of the chain, oldest first; a payload that is no JSON object is given under `unreadable`."""
    for row in connection.execute("SELECT * FROM custody_event ORDER BY sequence"):
        sequence, uuid, at, actor, action, subject, payload, previous, sealed = row
        yield CustodyEvent(
            sequence=sequence,
            uuid=uuid,
            at=at,
            actor=actor,
            action=action,
            subject=subject,
            payload=_payload(payload),
            previous=previous,
            digest=sealed,
        )


def _payload(text: str) -> Mapping[str, Json]:
    try:
        value = json.loads(text)
    except ValueError:
        return {"unreadable": text}
    return cast("Mapping[str, Json]", value) if isinstance(value, dict) else {"unreadable": text}


def verify(connection: sqlite3.Connection) -> tuple[Difference, ...]:
    """Return every difference between the chain and the stored rows, none when all holds.

    Re-derives each event's digest, its link to the event before, the digest over the rows it names, and for every row
    of every covered table the digest of its present content against the newest event that names it.
    """
    return (
        *_verify_database(connection),
        *_verify_events(connection),
        *_verify_rows(connection),
        *_verify_triggers(connection),
    )


def _verify_database(connection: sqlite3.Connection) -> Iterator[Difference]:
    for (line,) in connection.execute("PRAGMA integrity_check(20)"):
        if line != "ok":
            yield Difference(where="case.sqlite", what=f"SQLite's integrity check says: {line}")
    for table, rowid, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield Difference(where=f"{table} row {rowid}", what=f"refers to a row of {parent} that is not there")


def _verify_events(connection: sqlite3.Connection) -> Iterator[Difference]:
    previous = GENESIS
    for place, event in enumerate(events(connection), start=1):
        where = f"event {event.sequence}"
        if event.sequence != place:
            yield Difference(where=where, what=f"stands where event {place} is expected")
        if event.previous != previous:
            yield Difference(where=where, what="does not follow from the event before it")
        if _event_digest(event) != event.digest:
            yield Difference(where=where, what="its content does not give its digest")
        yield from _verify_event_rows(connection, event)
        previous = event.digest


def _verify_event_rows(connection: sqlite3.Connection, event: CustodyEvent) -> Iterator[Difference]:
    written = [
        WrittenRow(table=table, uuid=uuid, digest=sealed)
        for table, uuid, sealed in connection.execute(
            "SELECT table_name, row_uuid, row_sha256 FROM custody_row WHERE sequence = ? ORDER BY ordinal",
            (event.sequence,),
        )
    ]
    if event.payload.get("rows_sha256") != _rows_digest(written):
        yield Difference(where=f"event {event.sequence}", what="the list of rows it wrote was changed")


def _newest_digests(connection: sqlite3.Connection) -> dict[tuple[str, str], str]:
    return {
        (table, uuid): sealed
        for table, uuid, sealed in connection.execute(
            "SELECT table_name, row_uuid, row_sha256 FROM custody_row ORDER BY sequence, ordinal"
        )
    }


def _verify_rows(connection: sqlite3.Connection) -> Iterator[Difference]:
    expected = _newest_digests(connection)
    for table in COVERED:
        cursor = connection.execute(f"SELECT * FROM {table} ORDER BY uuid")  # noqa: S608  # our own table names
        columns = [column[0] for column in cursor.description]
        at = columns.index("uuid")
        for row in cursor:
            sealed = expected.pop((table, row[at]), None)
            if sealed is None:
                yield Difference(where=f"{table} {row[at]}", what="no event of the chain wrote this row")
            elif sealed != _digest_of(table, columns, row):
                yield Difference(where=f"{table} {row[at]}", what="differs from what the chain says was written")
    for table, uuid in expected:
        yield Difference(where=f"{table} {uuid}", what="the chain says it was written, and it is not there")


def _verify_triggers(connection: sqlite3.Connection) -> Iterator[Difference]:
    present = {
        " ".join(sql.split()) for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'")
    }
    for statement in schema.triggers():
        if " ".join(statement.split()) not in present:
            name = statement.split()[2]
            yield Difference(where=f"trigger {name}", what="is missing or was changed")
