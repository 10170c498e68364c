"""LINE Letter Sealing in a report: counts for each group, a row for each person who may have one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.escape import visible
from mvtcase.model import SealingSeen, Status
from mvtcase.report.facts import SealingFacts, SealingGroup, SealingRow
from mvtcase.report.view import SHORT
from mvtcase.wording import said, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mvtcase.casebook import OfficialStanding
    from mvtcase.report.crowds import Counted
    from mvtcase.report.view import View

ON, OFF, CHANGED, CONFLICTING, UNKNOWN = "on", "off", "changed_on_off", "conflicting", "unknown"
WORDS = said({ON: "on", OFF: "off", CHANGED: "changed from on to off", CONFLICTING: "conflicting", UNKNOWN: "unknown"})
_COLUMNS = ("on", "off", "changed", "conflicting", "unknown")
_MATCHED = frozenset({Status.CONFIRMED, Status.TARGETED, Status.INDICATOR_MATCH})
_NEVER = SealingSeen(sealing=UNKNOWN, due=True)
NOTES = said((
    (
        "Letter Sealing is LINE's end-to-end encryption. It is a setting of the account, kept by LINE's "
        "server: any logged-in client can change it, and older versions let users switch it off."
    ),
    "Off shows no spyware. No trace on the phone does not clear the account.",
))  # fmt: skip


def facts(view: View, sealing: Mapping[str, SealingSeen], apart: Sequence[Counted] = ()) -> SealingFacts | None:
    """Return the sealing of everybody shown, None when nobody shown was ever asked.

    Groups have a row where their numbers may be given apart.
    """
    if not any(one.official.id in sealing for one in view.shown):
        return None
    counted = [_group(view, view.word(say("Everybody in this report")), view.shown, sealing)]
    given = {each.key for each in apart}
    for group in (each for each in view.book.groups if each.id in given):
        inside = {one.official.id for one in view.book.members(group.id)}
        members = [one for one in view.shown if one.official.id in inside]
        counted.append(_group(view, view.veil.text(group.name, limit=SHORT), members, sealing))
    due = [one for one in view.shown if sealing.get(one.official.id, _NEVER).due]
    return SealingFacts(
        groups=tuple(counted),
        rows=_rows(view, sealing),
        due=view.part(due, view.shown),
        notes=view.told(NOTES),
    )


def _group(
    view: View, name: str, members: Sequence[OfficialStanding], sealing: Mapping[str, SealingSeen]
) -> SealingGroup:
    told = {one.official.id: _told(one, sealing) for one in members}
    parts = view.parts(*([one for one in members if told[one.official.id] == each] for each in WORDS))
    overlap = [one for one in members if told[one.official.id] in {OFF, CHANGED} and one.status in _MATCHED]
    return SealingGroup(
        group=name,
        **dict(zip(_COLUMNS, parts, strict=True)),
        overlap=view.part(overlap, members),
    )


def _told(one: OfficialStanding, sealing: Mapping[str, SealingSeen]) -> str:
    seen = sealing.get(one.official.id)
    return seen.sealing if seen and seen.sealing in WORDS else UNKNOWN


def _rows(view: View, sealing: Mapping[str, SealingSeen]) -> tuple[SealingRow, ...]:
    """Return a row for everybody who may have one: who was never asked is due, and must not be forgotten."""
    return tuple(
        SealingRow(
            who=view.who(one.official.id),
            groups=tuple(view.veil.text(group.name, limit=SHORT) for group in one.groups),
            sealing=WORDS[_told(one, sealing)],
            last_on=seen.last_on,
            first_off=seen.first_off,
            last_seen=seen.last_seen,
            method=view.word(visible(seen.method)),
            status=str(one.status),
            looks=seen.looks,
            due=seen.due,
        )
        for one in view.rows
        for seen in (sealing.get(one.official.id, _NEVER),)
    )
