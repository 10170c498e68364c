"""How many: of officials, groups and things, as an edition may tell it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mvtcase.findings.status import WORDS
from mvtcase.report.crowds import EXAMINED, TOTAL, merged_words
from mvtcase.report.facts import GroupTally, Tally
from mvtcase.report.view import SHORT
from mvtcase.wording import Message, count, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mvtcase.casebook import OfficialStanding
    from mvtcase.model import Status
    from mvtcase.report.crowds import Counted
    from mvtcase.report.facts import Shown
    from mvtcase.report.view import View

COUNTED = {
    "official": ("{n} official", "{n} officials"),
    "device": ("{n} device", "{n} devices"),
    "examined device": ("{n} examined device", "{n} examined devices"),
    "gap": ("{n} gap", "{n} gaps"),
    "acquisition": ("{n} acquisition", "{n} acquisitions"),
    "scan": ("{n} scan", "{n} scans"),
    "recheck": ("{n} recheck", "{n} rechecks"),
    "observation": ("{n} observation", "{n} observations"),
}
"""Things that are counted: one of them, and several."""


def some(number: Shown, what: str) -> Message:
    """Return a number of things: `1 gap`, `2 gaps`, `fewer than 5 gaps`."""
    return count(*COUNTED[what], number)


def people_count(number: Shown) -> Message:
    """Return a number of officials in words."""
    return some(number, "official")


def counted(view: View, *, rows: bool = True) -> Counted:
    """Return the numbers of a report as exactly as they give nobody away. Raises `ConflictError`.

    A report on one official hides nobody: who may not be shown has none outside.
    """
    key, people = view.occasion.group.id if view.occasion.group else "", frozenset(map(id_of, view.shown))
    crowd = view.crowd(rows=rows)
    return crowd.counted(key, people, crowd.rung(people) if view.is_outside and not view.occasion.official else 0)


def at_rung(view: View, numbers: Counted) -> View:
    """Return a view that tells no number of a part of people who may be told in their total alone."""
    return replace(view, tells_total_only=view.is_outside and numbers.rung == TOTAL)


def inside(view: View, numbers: Counted, *statuses: Status) -> tuple[Shown, ...]:
    """Return how many stand at each of some statuses, all of them in one cell of a report or each in its own.

    Who stands there by a vendor's word alone is not among them.
    """
    cell = {each for told in numbers.cells if set(told.statuses) & set(statuses) for each in told.statuses}
    those = [one for one in view.shown if one.status in cell]
    apart = [[one for one in those if one.status is each and not one.rests_on_notification] for each in statuses]
    rest = [one for one in those if one.status not in statuses or one.rests_on_notification]
    return view.parts(*apart, rest)[:-1]


def tallies(view: View, numbers: Counted) -> tuple[Tally, ...]:
    """Return how many officials stand at each status, worst first, every status named."""
    total = sum(each.count for each in numbers.cells) or 1
    return tuple(
        Tally(
            status=str(cell.statuses[0]),
            statuses=tuple(map(str, cell.statuses)),
            words=view.word(quoted(merged_words(cell.statuses, WORDS))),
            count=cell.count,
            share=round(100 * cell.count / total, 2),
            dismissed=view.number(sum(one.dismissed for one in view.shown if one.status in cell.statuses)),
            leads=view.number(sum(one.leads for one in view.shown if one.status in cell.statuses)),
        )
        for cell in numbers.cells
    )


def groups(view: View, numbers: Counted, *, rows: bool = True) -> tuple[tuple[GroupTally, ...], tuple[Counted, ...]]:
    """Return the counts of each group that somebody shown belongs to; members of inner groups count in the outer.

    Beside them the numbers that were given. A group that cannot be given apart has no numbers.
    """
    shown = frozenset(map(id_of, view.shown))
    whole = {each.id: frozenset(map(id_of, view.book.members(each.id))) for each in view.book.groups}
    # Outside, a part of a group that is in this report only would be one more set of people to subtract.
    present = {
        key: people & shown
        for key, people in whole.items()
        if people & shown and (people <= shown or not view.is_outside)
    }
    crowd = view.crowd(rows=rows)
    rungs = crowd.groups(present, shown, numbers.rung) if view.is_outside else dict.fromkeys(present, 0)
    told, given = [], []
    for group in view.book.groups:
        if group.id not in present:
            continue
        own = crowd.counted(group.id, present[group.id], rungs[group.id]) if group.id in rungs else None
        given += [own] if own else []
        told.append(
            GroupTally(
                group=view.veil.text(group.name, limit=SHORT),
                total=len(present[group.id]) if own else None,
                tallies=tallies(_of(view, present[group.id]), own) if own else (),
            )
        )
    return tuple(told), tuple(given)


def _of(view: View, people: frozenset[str]) -> View:
    return replace(view, shown=tuple(one for one in view.shown if one.official.id in people))


def id_of(one: OfficialStanding) -> str:
    """Return an official's id."""
    return one.official.id


def merging(view: View, numbers: Counted, told: Sequence[GroupTally], *, rows: bool = True) -> tuple[str, ...]:
    """Return what an outside edition says of numbers that are merged, banded or not given."""
    if not view.is_outside:
        return ()
    notes = [
        say(
            "Numbers that could single a person out are given as bands, such as fewer than 5, or merged; the exact "
            "ones are in the internal edition. Everybody is in every number."
        )
    ]
    if numbers.rung:
        notes.append(say("Statuses that too few people stand at are given together with others."))
    found = view.crowd(rows=rows).found(frozenset(map(id_of, view.shown)))
    if numbers.rung == EXAMINED and found:
        notes.append(
            say(
                "Of those examined, a published indicator or something unusual was found with {found}; for the others "
                "nothing like it was found, or no statement is possible.",
                found=people_count(found),
            )
        )
    apart = [each.group for each in told if each.total is None]
    if apart:
        notes.append(
            say(
                "Not given apart, since few people could be told from the others: {groups}. They are in the total.",
                groups=", ".join(apart),
            )
        )
    return view.told(notes)


def quoted(words_of: Message | str) -> Message:
    """Return words as a message, for use in another one."""
    return words_of if isinstance(words_of, Message) else say(words_of)


def were(number: Shown) -> Message:
    """Return the verb that goes with a number of people."""
    return say("was") if number == 1 else say("were")
