"""Destroying a person's rows so that the chain of custody still verifies, and no byte of them is left in the file.

A row that was destroyed is named by the event that did it with a seal that says so. An event of before that held words
about the person loses them; the tombstone keeps the digest of what is left of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mvtcase.canon import canonical_json, digest
from mvtcase.store import custody, words

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from mvtcase.model import Json
    from mvtcase.store.store import Change, Store

_IN = "IN (SELECT value FROM json_each(?))"
_FREE = frozenset({"reason", "path", "text", "note", "title", "label", "name"})
"""Keys of an event whose value somebody typed: of a person's events they go, whatever they say."""
_TYPED = {
    "note": "text",
    "disposition": "reason",
    "roster_mark": "note",
    "observation": "note",
    "acquisition": "state_reason",
    "device": "label",
    "report": "erratum",
}
"""Columns that somebody typed, which may name a person whose row it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What a case holds of a person: ids and UUIDs of rows by table, in the order in which they can be destroyed."""

    ids: Mapping[str, tuple[str, ...]]
    rows: Mapping[str, tuple[str, ...]]

    @property
    def every_id(self) -> frozenset[str]:
        """The short ids of all of them."""
        return frozenset(each for some in self.ids.values() for each in some)


def holdings(store: Store, officials: Collection[str]) -> Holdings:
    """Return what a case holds of a person, who may stand under several ids that were merged."""
    ids: dict[str, tuple[str, ...]] = {"official": tuple(officials)}

    def found(table: str, where: str, *of: str, column: str = "id") -> tuple[str, ...]:
        values = [json.dumps(list(ids[each])) for each in of]
        query = f"SELECT {column} AS found FROM {table} WHERE {where}"  # noqa: S608  # own names
        return tuple(row["found"] for row in store.rows(query, values))

    ids["device"] = found("device", f"official {_IN}", "official")
    ids["acquisition"] = found("acquisition", f"official {_IN} OR device {_IN}", "official", "device")
    ids["scan"] = found("scan", f"acquisition {_IN} OR device {_IN}", "acquisition", "device")
    ids["finding"] = found("finding", f"official {_IN} OR device {_IN}", "official", "device")
    ids["consent"] = found("consent", f"official {_IN}", "official")
    ids["observation"] = found("observation", f"official {_IN} OR device {_IN}", "official", "device")
    by_scan = dict.fromkeys(("alert", "module_run", "gap", "scan_set"), f"scan {_IN}")
    by_finding = dict.fromkeys(("finding_alert", "disposition", "finding_assignment"), f"finding {_IN}")
    rows = {table: found(table, where, "finding", column="uuid") for table, where in by_finding.items()}
    rows["roster_mark"] = found("roster_mark", f"official {_IN} OR device {_IN}", "official", "device", column="uuid")
    rows["membership"] = found("membership", f"official {_IN}", "official", column="uuid")
    rows["handover"] = found("handover", f"device {_IN}", "device", column="uuid")
    about = f"about {_IN} OR about {_IN} OR about {_IN}"
    rows["note"] = found("note", about, "finding", "device", "official", column="uuid")
    for table in ("finding", "observation"):
        rows[table] = found(table, f"id {_IN}", table, column="uuid")
    rows |= {table: found(table, where, "scan", column="uuid") for table, where in by_scan.items()}
    for table in ("scan", "acquisition", "device", "consent", "official"):
        rows[table] = found(table, f"id {_IN}", table, column="uuid")
    own = json.dumps([uuid for some in rows.values() for uuid in some])
    decisions = store.rows(f"SELECT uuid FROM decision WHERE row_uuid {_IN}", (own,))  # noqa: S608  # own names
    rows = {"decision": tuple(row["uuid"] for row in decisions), **rows}
    return Holdings(ids=ids, rows=rows)


def destroy_rows(store: Store, change: Change, held: Holdings, names: Sequence[str], stone: str) -> dict[str, Json]:
    """Destroy a person's rows and what events and typed texts say of the person, inside the caller's transaction.

    `names` are the texts that tell the person, `stone` what stands in their place. Returns what the tombstone keeps:
    `digest`, `counts`, `ids` (the last of each table) and `events`.
    """
    connection = store.connection
    connection.execute("PRAGMA defer_foreign_keys = ON")
    kept: dict[str, Json] = {
        "digest": digest(sorted(_seals(store, held))),
        "counts": {table: len(uuids) for table, uuids in held.rows.items() if uuids},
        "ids": {table: max(ids, key=_number) for table, ids in held.ids.items() if ids and table != "finding"},
    }
    with without_guards(connection):
        kept["events"] = dict(_redacted_events(store, held, names, stone))
        _shorten_origins(store, held, names)
        for table, uuids in held.rows.items():
            change.delete(table, uuids, for_good=True)
        _redact_typed(store, change, names, stone)
        change.forget([uuid for some in held.rows.values() for uuid in some], names)
    words.wipe(connection)
    return kept


def _number(id_: str) -> tuple[int, str]:
    return (len(id_), id_)


def _seals(store: Store, held: Holdings) -> Iterator[list[str]]:
    query = (
        f"SELECT table_name, row_uuid, row_sha256, max(sequence) FROM custody_row WHERE row_uuid {_IN} "  # noqa: S608
        "GROUP BY table_name, row_uuid"
    )
    for uuids in held.rows.values():
        yield from ([*map(str, tuple(row)[:3])] for row in store.rows(query, (json.dumps(list(uuids)),)))


class without_guards:  # noqa: N801  # reads as the verb it is
    """Take away the triggers that keep rows, and put them back word for word."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name GLOB '*_no_*'"
        self._guards = [tuple(row) for row in connection.execute(query)]

    def __enter__(self) -> None:
        for name, _ in self._guards:
            self._connection.execute(f"DROP TRIGGER {name}")

    def __exit__(self, *_: object) -> None:
        for _, text in self._guards:
            self._connection.execute(text)


def _redacted_events(store: Store, held: Holdings, names: Sequence[str], stone: str) -> Iterator[tuple[str, str]]:
    """Take a person's words out of events; yield the sequence of each with the digest of what is left."""
    uuids = json.dumps([uuid for some in held.rows.values() for uuid in some])
    query = f"SELECT DISTINCT sequence FROM custody_row WHERE row_uuid {_IN}"  # noqa: S608  # own names
    touched = {row["sequence"] for row in store.rows(query, (uuids,))}
    for event in list(custody.events(store.connection)):
        own = event.sequence in touched or event.subject in held.every_id
        left = {
            key: value
            for key, value in event.payload.items()
            if not (own and key in _FREE) and not _names_any(value, names)
        }
        if left != dict(event.payload):
            after = replace(event, payload={**left, "purged": stone})
            store.connection.execute(
                "UPDATE custody_event SET payload = ? WHERE sequence = ?",
                (canonical_json(after.payload), event.sequence),
            )
            yield str(event.sequence), custody.event_digest(after)


def _shorten_origins(store: Store, held: Holdings, names: Sequence[str]) -> None:
    """Leave only digest and link of the events of other laptops that speak of a person; their chains still hold."""
    uuids = json.dumps([uuid for some in held.rows.values() for uuid in some])
    query = f"SELECT origin, their_id FROM alias WHERE row_uuid {_IN}"  # noqa: S608  # own names
    theirs = {(row["origin"], row["their_id"]) for row in store.rows(query, (uuids,))}
    for row in store.rows("SELECT origin, sequence, event FROM custody_origin"):
        event = json.loads(row["event"])
        if (row["origin"], event.get("subject")) in theirs or _names_any(event, names):
            left = {name: event[name] for name in ("sequence", "previous", "digest")}
            store.connection.execute(
                "UPDATE custody_origin SET event = ? WHERE origin = ? AND sequence = ?",
                (canonical_json(left), row["origin"], row["sequence"]),
            )


def _names_any(value: object, names: Sequence[str]) -> bool:
    text = json.dumps(value, ensure_ascii=False)
    return any(name in text for name in names)


def _redact_typed(store: Store, change: Change, names: Sequence[str], stone: str) -> None:
    for table, column in _TYPED.items():
        for row in store.rows(f"SELECT uuid, {column} AS text FROM {table} WHERE {column} <> ''"):  # noqa: S608  # own names
            text = row["text"]
            for name in names:
                text = text.replace(name, f"[{stone}]")
            if text != row["text"]:
                change.update(table, row["uuid"], **{column: text})


def forget_pages(store: Store) -> None:
    """Write the whole case file anew, so that nothing of destroyed rows is left in free pages or in the log.

    Raises `CaseLockedError` when another process has the case open.
    """
    store.run_alone("PRAGMA temp_store = MEMORY", "PRAGMA secure_delete = ON", "VACUUM")
    store.run_alone("PRAGMA wal_checkpoint(TRUNCATE)")
