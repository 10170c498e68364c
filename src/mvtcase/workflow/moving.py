"""Putting right whose something is: what hangs on a person or phone goes with it; reports that erred are named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.model import ReportState
from mvtcase.store import queries
from mvtcase.wording import do, say

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mvtcase.model import Official, Report
    from mvtcase.store.store import Change, Store
    from mvtcase.wording import Message

OF_DEVICE = {"device": "id", "acquisition": "device", "finding": "device", "observation": "device"}
OF_DEVICE |= {"roster_mark": "device"}
"""The tables that say whose a phone's things are, each with the column that names the phone."""
OF_OFFICIAL = dict.fromkeys(("consent", *OF_DEVICE), "official")
"""The tables that name an official, less the membership of groups, which another may have too."""
_NAMES = {
    "consent": "consents",
    "device": "devices",
    "acquisition": "acquisitions",
    "finding": "findings",
    "observation": "observations",
    "roster_mark": "roster marks",
}


def hand_over(change: Change, store: Store, tables: dict[str, str], named: str, *, to: str) -> None:
    """Give all rows that name a phone or a person to another official, inside the caller's transaction."""
    for table, column in tables.items():
        query = f"SELECT uuid FROM {table} WHERE {column} = ? AND official <> ?"  # noqa: S608  # own names
        for row in store.rows(query, (named, to)):
            change.update(table, row["uuid"], official=to)


def attached_to(store: Store, official: str) -> list[str]:
    """Return how much of what hangs on an official, in words; empty when nothing does."""
    counts = {
        name: store.rows(f"SELECT count(*) AS n FROM {table} WHERE official = ?", (official,))[0]["n"]  # noqa: S608  # own names
        for table, name in _NAMES.items()
    }
    counts["notes"] = sum(each.about == official for each in queries.notes(store))
    counts["reports"] = sum(each.target == official for each in queries.reports(store))
    return [f"{number} {name}" for name, number in counts.items() if number]


def outdate(
    change: Change,
    store: Store,
    officials: tuple[Official, Official],
    why: str,
    *,
    since: tuple[str, str] | None = None,
) -> tuple[str, ...]:
    """Mark the reports that have to be superseded because they told of the wrong person, and return their ids.

    That is each report on the case, on one of these officials, or on a group that one of them was in, written since the
    row `since` (table and UUID) came to be: it may name the wrong one, and its numbers count the wrong one.
    """
    inside = _with_parents(store, [group for each in officials for group in each.groups])
    first = first_event(store, *since) if since else 0
    told = [
        each
        for each in queries.reports(store)
        if each.state is not ReportState.SUPERSEDED
        and each.target in {"", *(one.id for one in officials), *inside}
        and first_event(store, "report", each.uuid) > first
    ]
    for each in told:
        change.update("report", each.uuid, outdated=_added(each, why))
    change.payload["outdated"] = [each.id for each in told]
    return tuple(each.id for each in told)


def _added(report: Report, why: str) -> str:
    return f"{report.outdated}; {why}" if report.outdated else why


def _with_parents(store: Store, groups: Collection[str]) -> set[str]:
    parents = {each.id: each.parent for each in queries.groups(store)}
    inside: set[str] = set()
    for each in groups:
        at: str | None = each
        while at is not None and at not in inside:
            inside.add(at)
            at = parents.get(at)
    return inside


def first_event(store: Store, table: str, uuid: str) -> int:
    """Return the sequence of the custody event that first wrote a row, 0 for none."""
    query = "SELECT min(sequence) AS n FROM custody_row WHERE table_name = ? AND row_uuid = ?"
    return int(store.rows(query, (table, uuid))[0]["n"] or 0)


def told(outdated: Sequence[str]) -> tuple[Message, ...]:
    """Return what to do about reports that told of the wrong person."""
    if not outdated:
        return ()
    return (
        say(
            "Written before, and to be superseded: {reports}. Write them anew, then {0}; call back the copies given "
            "away.",
            do("report supersede", "REPORT", by="REPORT"),
            reports=", ".join(outdated),
        ),
    )
