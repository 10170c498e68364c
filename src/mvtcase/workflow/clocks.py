"""What the chain of custody tells of the clock: set back, set forward, or otherwise than an authority says.

Each event holds the time that the machine's clock gave, and for how long the machine had run. Two events of one start
of a machine must be as far apart by the one as by the other. Over a restart nothing tells of a clock that was set
forward and stayed so, but for a time stamp; one that was set right again shows as time that runs backwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from mvtcase.canon import parse_timestamp
from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mvtcase.model import CustodyEvent
    from mvtcase.store.store import Store
    from mvtcase.wording import Message

LEAST_SECONDS = 60
"""What differs by less is the correction of a clock that runs a little fast or slow."""
BY_MACHINE, BY_STAMP = "machine", "time stamp"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningBack:
    """An event whose time is before that of the event it follows."""

    event: int
    at: str
    before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockJump:
    """An event whose time is `seconds` later (or earlier, below zero) than `by` says, going by `since`.

    `by` is how long the machine ran since an earlier event, or a time stamp; `since` is the time of either.
    """

    event: int
    at: str
    since: str
    seconds: int
    by: str


def running_back(events: Sequence[CustodyEvent]) -> tuple[RunningBack, ...]:
    """Return the events that have an earlier time than the one before them."""
    return tuple(
        RunningBack(event=after.sequence, at=after.at, before=before.at)
        for before, after in pairwise(events)
        if after.at < before.at
    )


def jumps(store: Store, events: Sequence[CustodyEvent]) -> tuple[ClockJump, ...]:
    """Return where the clock was set, as how long the machine ran and time stamps of the chain tell."""
    return (*_by_machine(events), *_by_stamps(store, events))


def _by_machine(events: Sequence[CustodyEvent]) -> Iterator[ClockJump]:
    last: dict[str, tuple[str, int]] = {}
    for event in events:
        told = event.payload.get("clock")
        boot, ran = (told.get("boot"), told.get("ran")) if isinstance(told, dict) else (None, None)
        if not isinstance(boot, str) or not isinstance(ran, int):
            continue
        if boot in last:
            since, ran_then = last[boot]
            off = _seconds(since, event.at) - (ran - ran_then)
            if abs(off) >= LEAST_SECONDS:
                yield ClockJump(event=event.sequence, at=event.at, since=since, seconds=off, by=BY_MACHINE)
        last[boot] = (event.at, ran)


def _by_stamps(store: Store, events: Sequence[CustodyEvent]) -> Iterator[ClockJump]:
    """Yield for each time stamp the first event that it holds and that says it is later, or the other way round."""
    for stamp in store.rows("SELECT sequence, at FROM custody_timestamp ORDER BY sequence"):
        for inside in (True, False):
            for event in (each for each in events if (each.sequence <= stamp["sequence"]) is inside):
                off = _seconds(stamp["at"], event.at)
                if off >= LEAST_SECONDS if inside else off <= -LEAST_SECONDS:
                    yield ClockJump(event=event.sequence, at=event.at, since=stamp["at"], seconds=off, by=BY_STAMP)
                    break


def _seconds(since: str, until: str) -> int:
    try:
        return round((parse_timestamp(until) - parse_timestamp(since)).total_seconds())
    except ValueError:  # what is no time is the chain's to tell
        return 0


def told_of(back: Sequence[RunningBack], jumped: Sequence[ClockJump]) -> tuple[Message, ...]:
    """Return in words what was found; it breaks nothing, since the order of events is the chain's."""
    return (
        *(
            say("The time runs backwards at event {n}: {at} after {before}.", n=one.event, at=one.at, before=one.before)
            for one in back
        ),
        *map(_told, jumped),
    )


def _told(one: ClockJump) -> Message:
    told = {"n": one.event, "at": one.at, "since": one.since, "minutes": abs(one.seconds) // 60}
    if one.by == BY_STAMP and one.seconds > 0:
        return say(
            "At event {n} the clock was {minutes:# minute|# minutes} ahead: it says {at}, and a time stamp "
            "of {since} holds it.",
            **told,
        )
    if one.by == BY_STAMP:
        return say(
            "At event {n} the clock was {minutes:# minute|# minutes} behind: it says {at}, and follows a "
            "time stamp of {since}.",
            **told,
        )
    if one.seconds > 0:
        return say(
            "Before event {n} ({at}) the clock went {minutes:# minute|# minutes} further than the machine "
            "ran since {since}: it was set forward, or the machine was halted from outside.",
            **told,
        )
    return say("Before event {n} ({at}) the clock was set back by {minutes:# minute|# minutes} since {since}.", **told)
