"""The chain of custody: append an event that names every row it wrote, and verify all of it again.

A chain shows accidents and careless edits. Whoever owns the file can rebuild it, so the head digest is printed in every
report, where the owner of the file cannot change it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple, cast

from mvtcase.canon import GENESIS, digest, new_uuid, sha256_file
from mvtcase.model import CustodyEvent
from mvtcase.store import schema, words

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from mvtcase.model import Json

GONE = "0" * 64
"""The seal of a row that the event which names it destroyed."""
_ROWS_WRITTEN = "SELECT sequence, table_name, row_uuid, row_sha256 FROM custody_row ORDER BY sequence, ordinal"
_NO_ROWS = digest([])
_SEALED_BY_0_1_0 = 1
"""How many steps the schema had when events did not yet name the columns that they seal."""


@cache
def covered() -> Mapping[str, Mapping[str, str | None]]:
    """Return the tables whose every row must be named by an event, with their columns and the defaults of those."""
    bare = ("custody_", *words.INDEX)
    return {name: columns for name, columns in schema.tables().items() if not name.startswith(bare)}


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenRow:
    """A row that a transaction wrote, with its digest afterwards."""

    table: str
    uuid: str
    digest: str


class _Seal(NamedTuple):  # hundreds of thousands are made, and a dataclass takes twice as long
    """The newest digest of a row and the columns it covers."""

    digest: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that verification found otherwise than the chain says; `where` names the event, row or file."""

    where: str
    what: str


def is_file(path: Path, expected: str) -> bool:
    """Tell whether there is a regular file of just this sha256."""
    try:
        return sha256_file(path) == expected
    except OSError:
        return False


def row_digests(connection: sqlite3.Connection, table: str, uuids: Sequence[str]) -> dict[str, str]:
    """Return the digests of some stored rows by their UUID; one that is not there has none."""
    columns = tuple(covered()[table])
    named = "WHERE uuid IN (SELECT value FROM json_each(?))"
    rows = connection.execute(f"{_select((*columns, 'uuid'), table)} {named}", (json.dumps(list(uuids)),))
    return {row[-1]: _digest_of(table, columns, tuple(row)[:-1]) for row in rows}


def _select(columns: Iterable[str], table: str) -> str:
    return f"SELECT {', '.join(columns)} FROM {table}"  # noqa: S608  # names of our own schema, or checked against it


def _digest_of(table: str, columns: Sequence[str], row: Sequence[object]) -> str:
    return values_digest(table, dict(zip(columns, row, strict=True)))


def values_digest(table: str, row: Mapping[str, object]) -> str:
    """Return the seal of a row."""
    return digest([table, row])


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
    sealed_columns: dict[str, Json] = {table: list(covered()[table]) for table in sorted({row.table for row in rows})}
    full: dict[str, Json] = {
        **payload,
        "rows": len(rows),
        "rows_sha256": rows_digest(rows),
        "columns": sealed_columns,
    }
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
    sealed = event_digest(event)
    text = json.dumps(full, sort_keys=True, separators=(",", ":"))
    connection.execute(
        "INSERT INTO custody_event (sequence, uuid, at, actor, action, subject, payload, previous, digest) "
        "VALUES (?,?,?,?,?,?,?,?,?)",
        (event.sequence, event.uuid, at, actor, action, subject, text, previous, sealed),
    )
    connection.executemany(
        "INSERT INTO custody_row (sequence, ordinal, table_name, row_uuid, row_sha256) VALUES (?,?,?,?,?)",
        [(event.sequence, place, row.table, row.uuid, row.digest) for place, row in enumerate(rows)],
    )
    return replace(event, digest=sealed)


def rows_digest(rows: Iterable[WrittenRow]) -> str:
    """Return the digest over the list of rows that an event wrote."""
    return digest([[row.table, row.uuid, row.digest] for row in rows])


def event_digest(event: CustodyEvent) -> str:
    """Return the digest that an event's other fields give."""
    return digest({name: getattr(event, name) for name in CustodyEvent.__slots__ if name != "digest"})


def events(connection: sqlite3.Connection) -> Iterator[CustodyEvent]:
    """Yield the events of the chain, oldest first; a payload that is no JSON object is given under `unreadable`."""
    for row in connection.execute(f"{_select(CustodyEvent.__slots__, 'custody_event')} ORDER BY sequence"):
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


@lru_cache(maxsize=8192)
def _payload(text: str) -> Mapping[str, Json]:
    try:
        value = json.loads(text)
    except ValueError:
        return {"unreadable": text}
    return cast("Mapping[str, Json]", value) if isinstance(value, dict) else {"unreadable": text}


def origin_events(connection: sqlite3.Connection, origin: str) -> Iterator[Mapping[str, Json]]:
    """Yield the events of another laptop's chain that was merged, oldest first."""
    query = "SELECT event FROM custody_origin WHERE origin = ? ORDER BY sequence"
    return (_payload(text) for (text,) in connection.execute(query, (origin,)))


def broken_link(event: Mapping[str, Json], number: int, previous: str) -> str:
    """Return what is wrong with an event of another laptop's chain, empty when nothing is.

    Of an event that is not about what was handed over only its number, digest and link are held.
    """
    if (event.get("sequence"), event.get("previous")) != (number, previous):
        return "does not follow from the event before it"
    if "payload" not in event:
        return ""
    own = {name: event.get(name) for name in CustodyEvent.__slots__ if name != "digest"}
    return "" if digest(own) == event.get("digest") else "its content does not give its digest"


def verify(connection: sqlite3.Connection) -> tuple[Difference, ...]:
    """Return every difference between the chain and the stored rows, none when all holds.

    Re-derives each event's digest, its link to the event before, the digest over the rows it names, and for every row
    of every covered table the digest of its present content against the newest event that names it.
    """
    chain = tuple(events(connection))
    return (
        *_verify_database(connection),
        *_verify_events(connection, chain),
        *_verify_rows(connection, chain),
        *_verify_objects(connection),
        *(Difference(where="index of words", what=each) for each in words.differences(connection)),
    )


def broken_rows(connection: sqlite3.Connection) -> tuple[Difference, ...]:
    """Return the rows that are not what the newest event which names each of them says."""
    return tuple(_verify_rows(connection, tuple(events(connection))))


def _verify_database(connection: sqlite3.Connection) -> Iterator[Difference]:
    for (line,) in connection.execute("PRAGMA integrity_check(20)"):
        if line != "ok":
            yield Difference(where="case.sqlite", what=f"SQLite's integrity check says: {line}")
    for table, rowid, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield Difference(where=f"{table} row {rowid}", what=f"refers to a row of {parent} that is not there")


def _verify_events(connection: sqlite3.Connection, chain: Sequence[CustodyEvent]) -> Iterator[Difference]:
    previous, redacted, written = GENESIS, _redacted(connection), _digests_of_rows(connection)
    for place, event in enumerate(chain, start=1):
        where = f"event {event.sequence}"
        if event.sequence != place:
            yield Difference(where=where, what=f"stands where event {place} is expected")
        if event.previous != previous:
            yield Difference(where=where, what="does not follow from the event before it")
        own = event_digest(event)
        if own not in {event.digest, *redacted.get(str(event.sequence), ())}:
            yield Difference(where=where, what="its content does not give its digest")
        if event.payload.get("rows_sha256") != written.get(event.sequence, _NO_ROWS):
            yield Difference(where=where, what="the list of rows it wrote was changed")
        previous = event.digest


def _redacted(connection: sqlite3.Connection) -> dict[str, set[str]]:
    """Return the digests of what tombstones left of events whose words they destroyed, by the events' sequence."""
    found: dict[str, set[str]] = {}
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'tombstone'").fetchone():
        for (text,) in connection.execute("SELECT events FROM tombstone"):
            for sequence, left in _payload(text).items():
                found.setdefault(sequence, set()).add(str(left))
    return found


def _digests_of_rows(connection: sqlite3.Connection) -> dict[int, str]:
    """Return the digest over the list of rows that each event wrote, by its sequence."""
    by_event = groupby(connection.execute(_ROWS_WRITTEN), key=itemgetter(0))
    return {sequence: digest([list(row[1:]) for row in rows]) for sequence, rows in by_event}


def _verify_rows(connection: sqlite3.Connection, chain: Sequence[CustodyEvent]) -> Iterator[Difference]:
    expected = _newest_seals(connection, chain)
    for table, known in covered().items():
        present = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        missing = known.keys() - present
        if missing:
            yield Difference(where=f"table {table}", what=f"is missing, or its column {min(missing)} is")
            continue
        cursor = connection.execute(f"{_select(known, table)} ORDER BY uuid")
        for values in cursor:
            row = dict(zip(known, values, strict=True))
            seal = expected.pop((table, row["uuid"]), None)
            what = "no event of the chain wrote this row" if seal is None else _broken(seal, table, row)
            if what:
                yield Difference(where=f"{table} {row['uuid']}", what=what)
    for (table, uuid), seal in expected.items():
        if seal.digest != GONE:
            yield Difference(where=f"{table} {uuid}", what="the chain says it was written, and it is not there")


def _newest_seals(connection: sqlite3.Connection, chain: Sequence[CustodyEvent]) -> dict[tuple[str, str], _Seal]:
    """Return the newest seal of every row."""
    named = {event.sequence: event.payload.get("columns") for event in chain}
    columns = cache(lambda sequence, table: _columns(named.get(sequence), table))
    return {
        (table, uuid): _Seal(sealed, columns(sequence, table))
        for sequence, table, uuid, sealed in connection.execute(_ROWS_WRITTEN)
    }


def _columns(named: Json, table: str) -> tuple[str, ...]:
    """Return the columns that an event sealed; before events named them, 0.1.0's were all there were."""
    columns = named.get(table) if isinstance(named, dict) else None
    given = tuple(map(str, columns)) if isinstance(columns, list) else ()
    return given or tuple(schema.tables(_SEALED_BY_0_1_0).get(table, ()))


def _broken(seal: _Seal, table: str, row: Mapping[str, object]) -> str:
    """Return how a row breaks its seal, empty when it does not; a column added since must still hold its default."""
    later = _added_since(table, seal.columns)
    sealed = (
        row
        if not later and len(seal.columns) == len(row)
        else {name: row[name] for name in seal.columns if name in row}
    )
    if seal.digest != values_digest(table, sealed):
        return "differs from what the chain says was written"
    defaults = covered()[table]
    for name in later:
        if row[name] is not None and f"{row[name]}" != (defaults[name] or "").strip("'"):
            return f"its {name} was filled in without an event"
    return ""


@cache
def _added_since(table: str, columns: tuple[str, ...]) -> frozenset[str]:
    return frozenset(covered()[table].keys() - set(columns))


def _verify_objects(connection: sqlite3.Connection) -> Iterator[Difference]:
    """Look for tables, views, triggers and indexes that are missing, changed or foreign; columns are the rows' part."""
    present = schema.objects(connection)
    for (kind, name), text in schema.expected().items():
        found = present.pop((kind, name), None)
        if found is None or (kind != "table" and found.split() != text.split()):
            yield Difference(where=f"{kind} {name}", what="is missing or was changed")
    for kind, name in present:
        yield Difference(where=f"{kind} {name}", what="is not of this program")
