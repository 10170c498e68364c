"""The detection status of a case or group, what is due, and what links its officials."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from mvtcase.canon import timestamp
from mvtcase.casebook import overview
from mvtcase.indicators.library import OUTDATED_DAYS
from mvtcase.model import NextStep, Order, Status
from mvtcase.store import queries
from mvtcase.wording import do, say
from mvtcase.workflow import payloads, steps
from mvtcase.workflow.desk import Outcome, OutcomeStatus
from mvtcase.workflow.recording import settled_case, undecided

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mvtcase.casebook import OfficialStanding
    from mvtcase.wording import Message
    from mvtcase.workflow.desk import Desk

EXIT_CODES = {
    Status.CONFIRMED: 10,
    Status.TARGETED: 10,
    Status.INDICATOR_MATCH: 10,
    Status.SUSPICIOUS: 11,
    Status.INCONCLUSIVE: 12,
}
"""What `--exit-code` makes of the worst status; others leave the ordinary exit status."""


def status(
    desk: Desk,
    *,
    group: str | None = None,
    only: Status | None = None,
    next_step: NextStep | None = None,
    order: Order = Order.ID,
    most: int | None = None,
) -> Outcome[payloads.CaseStatus]:
    """Return the status and next step of every official, with counts; partial while anything is not examined.

    The counts are those of everybody, or of a group; `only` and `next_step` choose who is shown of them, the first
    `most` in that order.
    """
    with settled_case(desk) as store:
        book = overview(store, desk.newest())
        members = book.members(queries.group(store, group).id) if group else book.officials
        sent = steps.letters_sent(store)
        differing = undecided(store)
        now = desk.clock()
        everybody = [(one, steps.next_step(one, sent, now)) for one in members]
        meant = [each for each in everybody if only in {None, each[0].status} and next_step in {None, each[1].what}]
        shown = sorted(meant, key=_ORDERS[order])[:most]
        ids = queries.finding_ids(store, (each.device.id for one, _ in shown for each in one.devices))
    complete = all(one.status not in {Status.INCONCLUSIVE, Status.NOT_EXAMINED} for one in members)
    under_way = "Scan {scan} is running: what it finds is not in these numbers yet."
    notes = [*differing, *(say(under_way, scan=each) for each in book.running)]
    if any(each.due for one in members for each in one.devices):
        notes.append(
            say("Not everything was compared with every active set: {0} does it.", do("recheck run", all=True))
        )
    if number := sum(one.dismissed for one in members):
        listing = do("finding list", dismissed=True)
        notes.append(say("Findings dismissed by examiners: {number}; {0} gives the reasons.", listing, number=number))
    notes += outdated_sets(desk)
    if book.case.single_examiner:
        notes.append(say("One examiner's judgement is enough here: {reason}", reason=book.case.single_examiner))
    return Outcome(
        data=payloads.status(book, members, shown, ids, left=len(meant) - len(shown)),
        status=OutcomeStatus.SUCCESS if complete else OutcomeStatus.PARTIAL,
        messages=tuple(notes),
    )


def outdated_sets(desk: Desk) -> list[Message]:
    """Return the line about active sets that were not compared with their publishers' for long."""
    outdated = desk.library.outdated(timestamp(desk.clock())[:10])
    if not outdated:
        return []
    name, day = next(iter(outdated.items()))
    return [
        say(
            "Indicator sets older than {days} days: {count} (the oldest, {name}, as of {day}); {0} fetches newer ones.",
            do("iocs update"),
            count=len(outdated),
            days=OUTDATED_DAYS,
            name=name,
            day=day,
        )
    ]


_Shown: TypeAlias = "tuple[OfficialStanding, payloads.Next]"
_STATUSES, _NEXT = list(Status), list(NextStep)


def _worst(shown: _Shown) -> tuple[int, int, int, str]:
    one, step = shown
    return (_STATUSES.index(one.status), _NEXT.index(step.what), len(one.official.id), one.official.id)


def _id(shown: _Shown) -> tuple[int, str]:
    return (len(shown[0].official.id), shown[0].official.id)


_ORDERS: Mapping[Order, Callable[[_Shown], tuple[object, ...]]] = {
    Order.WORST: _worst,
    Order.NEXT: lambda shown: (_NEXT.index(shown[1].what), *_worst(shown)),
    Order.NAME: lambda shown: (shown[0].official.name.casefold(), *_id(shown)),
    Order.GROUP: lambda shown: (tuple(each.name for each in shown[0].groups), *_worst(shown)),
    Order.ID: _id,
}


def worst_exit_code(statuses: Iterable[Status]) -> int:
    """Return the exit code of the worst of some statuses, 0 when none has one."""
    ranked = sorted(statuses, key=list(Status).index)
    return next((EXIT_CODES[each] for each in ranked if each in EXIT_CODES), 0)
