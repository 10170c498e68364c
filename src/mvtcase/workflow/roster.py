"""The roster: how far everybody has come, counted per group, every number open into its list; and what is due."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from mvtcase.canon import parse_timestamp, timestamp
from mvtcase.casebook import overview
from mvtcase.findings.status import is_unsettled, is_waiting
from mvtcase.model import DeviceState, RosterState, Stage
from mvtcase.store import queries
from mvtcase.wording import Said, do, say
from mvtcase.workflow.decay import at_restart, gone_by, sources
from mvtcase.workflow.desk import Outcome
from mvtcase.workflow.recording import settled_case
from mvtcase.workflow.steps import letters_sent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from mvtcase.casebook import DeviceStanding, OfficialStanding
    from mvtcase.wording import Message
    from mvtcase.workflow.desk import Desk


_OF_ROSTER = {
    RosterState.INVITED: Stage.INVITED,
    RosterState.CONSENTED: Stage.CONSENTED,
    RosterState.REFUSED: Stage.REFUSED,
    RosterState.UNREACHABLE: Stage.UNREACHABLE,
    RosterState.WITHDRAWN: Stage.WITHDRAWN,
}
EVERYBODY = Said("everybody")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRoster:
    """How many of a group have come how far, the groups inside it counted too; the first is everybody."""

    group: str
    people: int
    counts: Mapping[Stage, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnRoster:
    """One person with all marks."""

    id: str
    pseudonym: str
    name: str
    role: str
    groups: tuple[str, ...]
    marks: tuple[Stage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """What `roster` returns: the numbers, and who is behind the one that was asked for."""

    groups: tuple[GroupRoster, ...]
    people: tuple[OnRoster, ...]


def roster(desk: Desk, *, group: str | None = None, mark: Stage | None = None) -> Outcome[Roster]:
    """Return how far everybody, or a group, has come; `people` are those with a mark, without one all of them."""
    with settled_case(desk) as store:
        book = overview(store, desk.newest())
        named = queries.group(store, group) if group else None
        sent = letters_sent(store)
    marks = {one.official.id: marks_of(one, sent) for one in book.officials}
    chosen = book.members(named.id) if named else book.officials
    shown = [each for each in book.groups if named is None or each.id == named.id]
    tallies = [] if named else [_tally(EVERYBODY, book.officials, marks)]
    tallies += [_tally(each.name, book.members(each.id), marks) for each in shown]
    people = tuple(
        OnRoster(
            id=one.official.id,
            pseudonym=one.official.pseudonym,
            name=one.official.name,
            role=one.official.role,
            groups=tuple(each.name for each in one.groups),
            marks=marks[one.official.id],
        )
        for one in chosen
        if mark is None or mark in marks[one.official.id]
    )
    return Outcome(data=Roster(groups=tuple(tallies), people=people))


def _tally(name: str, people: tuple[OfficialStanding, ...], marks: Mapping[str, tuple[Stage, ...]]) -> GroupRoster:
    counted = Counter(mark for one in people for mark in marks[one.official.id])
    return GroupRoster(group=name, people=len(people), counts={mark: counted.get(mark, 0) for mark in Stage})


def marks_of(one: OfficialStanding, sent: Mapping[str, str]) -> tuple[Stage, ...]:
    """Return how far a person has come; `sent` says who was sent a letter."""
    return tuple(sorted({_OF_ROSTER[one.official.roster], *_of_phones(one, sent)}, key=list(Stage).index))


def _of_phones(one: OfficialStanding, sent: Mapping[str, str]) -> Iterator[Stage]:
    states = {each.device.state for each in one.devices}
    if DeviceState.REPLACED in states:
        yield Stage.PHONE_REPLACED
    if DeviceState.LOST in states:
        yield Stage.PHONE_LOST
    if any(each.acquisitions for each in one.devices):
        yield Stage.ACQUIRED
    if any(each.latest for each in one.devices):
        yield Stage.SCANNED
        weights = [weight for each in one.devices for weight in each.weights]
        if not any(is_waiting(each) or is_unsettled(each) for each in weights):
            yield Stage.JUDGED
    if one.official.id in sent:
        yield Stage.LETTER_SENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A phone that has to be seen or scanned again: why, and by when, None for as soon as it can be."""

    official: str
    who: str
    device: str
    label: str
    why: Message
    by: str | None
    overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """What `case due` returns, the most pressing first."""

    due: tuple[Visit, ...]


def due(desk: Desk, *, group: str | None = None, within: timedelta = timedelta(days=1)) -> Outcome[Visits]:
    """Return what is due by tomorrow, or `within`: phones by the case's interval, by new sets, or by decay, and data.

    Data are due for destruction when the time agreed is over, and when the person withdrew.
    """
    with settled_case(desk) as store:
        book = overview(store, desk.newest())
        members = book.members(queries.group(store, group).id) if group else book.officials
    now = desk.clock()
    every = book.case.scan_interval_days
    gone = {RosterState.REFUSED, RosterState.WITHDRAWN}
    visits = [
        each
        for one in members
        if one.official.roster not in gone
        for device in one.devices
        if device.device.state is DeviceState.IN_USE
        for each in _visits(one, device, now, every)
    ]
    visits += [each for one in members for each in _data_of(one, now)]
    visits = [each for each in visits if each.by is None or parse_timestamp(each.by) <= now + within]
    visits.sort(key=lambda each: (each.by is not None, each.by or "", each.official, each.device))
    notes = () if every else (say("No interval is set: {0} sets one.", do("case set", scan_interval="30d")),)
    return Outcome(data=Visits(due=tuple(visits)), messages=(*notes, *sources([each.why for each in visits])))


def _data_of(one: OfficialStanding, now: datetime) -> Iterator[Visit]:
    """Yield that a person's data have to go, and by when."""
    until = one.consents[-1].retain_until if one.consents else None
    withdrew = one.official.roster is RosterState.WITHDRAWN
    if not (withdrew or until):
        return
    step = do("official purge", one.official.id, reason="TEXT")
    yield Visit(
        official=one.official.id,
        who=one.official.name or one.official.pseudonym,
        device="",
        label="",
        why=say("withdrew: {0} destroys the data", step) if withdrew else say("time over: {0} destroys the data", step),
        by=None if withdrew else until,
        overdue=withdrew or (until is not None and parse_timestamp(until) <= now),
    )


def _visits(one: OfficialStanding, device: DeviceStanding, now: datetime, every: int | None) -> Iterator[Visit]:
    for why, by in _reasons(device, every):
        yield Visit(
            official=one.official.id,
            who=one.official.name or one.official.pseudonym,
            device=device.device.id,
            label=device.device.label,
            why=why,
            by=by,
            overdue=by is None or parse_timestamp(by) <= now,
        )


def _reasons(device: DeviceStanding, every: int | None) -> Iterator[tuple[Message, str | None]]:
    """Yield why a phone is due, and by when."""
    if not device.latest:
        yield from ((why, None) for why in (say("never scanned"), *at_restart(device)))
    if device.due:
        yield say("{sets:# indicator set is|# indicator sets are} newer than its scan", sets=device.due.sets), None
    last = device.last_scan
    if every and last is not None and last.finished_at:
        again = timestamp(parse_timestamp(last.finished_at) + timedelta(days=every))
        yield say("to be scanned every {days:day|# days}", days=every), again
    yield from gone_by(device)
