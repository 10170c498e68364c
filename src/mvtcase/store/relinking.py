"""Giving what the scans of one acquisition found to another phone, so that nothing found is lost and nothing stays.

Whose finding it is goes into its id: each gets a new one, with its judgements, and the old one goes where nothing else
rests on it. The event that does it names every row that came and every row that went.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mvtcase.model import Level
from mvtcase.store import purging, queries, schema

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from mvtcase.store.store import Change, Store

_IN = "IN (SELECT value FROM json_each(?))"
_JUDGED = ("disposition", "finding_assignment")


def give_findings(
    store: Store, change: Change, scans: Collection[str], renamed: Mapping[str, str], *, device: str, official: str
) -> None:
    """Give findings to a phone under new ids (by the old ones), as far as they rest on these scans."""
    with purging.without_guards(store.connection):
        for old, new in renamed.items():
            _give(store, change, scans, old, new, {"device": device, "official": official})
        query = f"SELECT uuid, device FROM observation WHERE scan {_IN}"  # noqa: S608  # own names
        for row in store.rows(query, (json.dumps(sorted(scans)),)):
            own = {"device": device} if row["device"] else {}
            change.update("observation", row["uuid"], official=official, **own)


def _give(store: Store, change: Change, scans: Collection[str], old: str, new: str, whose: Mapping[str, str]) -> None:
    query = (
        "SELECT x.uuid, x.alert, a.scan, a.level FROM finding_alert x JOIN alert a ON a.uuid = x.alert "
        "WHERE x.finding = ? ORDER BY length(a.scan), a.scan, a.ordinal"
    )
    links = store.rows(query, (old,))
    going, staying = [[one for one in links if (one["scan"] in scans) is side] for side in (True, False)]
    (finding,) = _rows(store, "finding", "id = ?", old)
    known = _rows(store, "finding", "id = ?", new)
    if known:
        _raise_level(change, known[0], going)
    else:
        held = {name: value for name, value in finding.items() if name != "uuid"}
        change.insert("finding", **{**held, **whose, "id": new, **_resting_on(finding, going)})
        for table in _JUDGED:
            _copy(store, change, table, "finding", old, new)
        _copy(store, change, "note", "about", old, new)
    change.delete("finding_alert", [one["uuid"] for one in going])
    for one in going:
        change.insert("finding_alert", finding=new, alert=one["alert"])
    if staying:
        change.update("finding", finding["uuid"], **_resting_on(finding, staying))
        return
    for table in _JUDGED:
        change.delete(table, [row["uuid"] for row in _rows(store, table, "finding = ?", old)])
    change.delete("note", [row["uuid"] for row in _rows(store, "note", "about = ?", old)])
    change.delete("finding", [finding["uuid"]])


def _rows(store: Store, table: str, where: str, value: str) -> list[dict[str, Any]]:
    names, order = ", ".join(schema.tables()[table]), queries.IN_ORDER if table == "disposition" else "uuid"
    query = f"SELECT {names} FROM {table} WHERE {where} ORDER BY {order}"  # noqa: S608  # own names
    return [dict(row) for row in store.rows(query, (value,))]


def _copy(store: Store, change: Change, table: str, column: str, old: str, new: str) -> None:
    """Write what hangs on a finding again for the new one, word for word: who said it and when stays."""
    for row in _rows(store, table, f"{column} = ?", old):
        named = {"id": change.new_id(table)} if "id" in row else {}
        held = {name: value for name, value in row.items() if name not in {"uuid", "place"}}
        change.insert(table, **{**held, column: new, **named})


def _resting_on(finding: Mapping[str, Any], links: Sequence[sqlite3.Row]) -> dict[str, object]:
    """Return what of a finding follows from the alerts that it rests on."""
    scans = [one["scan"] for one in links]
    first = finding["first_scan"] if finding["first_scan"] in scans else scans[0]
    return {"level": _highest(links), "first_scan": first}


def _highest(links: Iterable[sqlite3.Row]) -> Level:
    return max((Level(one["level"]) for one in links), key=lambda level: level.rank)


def _raise_level(change: Change, known: Mapping[str, Any], links: Iterable[sqlite3.Row]) -> None:
    if _highest(links).rank > Level(known["level"]).rank:
        change.update("finding", known["uuid"], level=_highest(links))
