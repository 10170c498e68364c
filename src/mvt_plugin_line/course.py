"""The course of a whole account: all chats' transitions, and which of them happened to the account, not to a peer."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .runs import direct, has_baseline, runs_of, state_after, transitions_between, without_flicker

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .records import Chat, ChatState, Run, Transition

SLACK_MS = 24 * 3600 * 1000
"""How far transitions of one account may lie apart: a peer's phone keeps sealing until it hears of the change."""
MINIMUM_CHATS = 3
"""Direct chats that must turn together before the account, and not its peers, is the plainer reading."""
MOST_TRANSITIONS = 200
"""Newest transitions compared with each other: the comparison is quadratic and a hostile database may hold many."""
FOLLOWING_SHARE = 0.8
"""Of the direct chats that speak about the moment, the share that must have turned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """Transitions of many chats at one moment: the window in which the whole account went unsealed.

    Times are Unix milliseconds; `resealed_ms` is the first sealed message in any of the chats afterwards.
    """

    last_sealed_ms: int
    first_unsealed_ms: int
    resealed_ms: int | None
    followers: tuple[Transition, ...]
    still_sealed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When the direct chats have sealed messages, and any that tell: sorted Unix milliseconds by chat."""

    sealed: dict[str, list[int]]
    all: dict[str, list[int]]

    def sealed_during(self, transition: Transition) -> int:
        """Return how many other chats have a sealed message while this one was unsealed."""
        start, end = _settled(transition.first_unsealed_ms, transition.last_unsealed_ms)
        return self.count(self.sealed, start, end, {transition.chat})

    def sealed_after(self, transition: Transition) -> int:
        """Return how many other chats have a sealed message at any time after this one went unsealed."""
        start = transition.first_unsealed_ms
        return sum(bool(times) and times[-1] > start for chat, times in self.sealed.items() if chat != transition.chat)

    def is_peer_side(self, transition: Transition) -> bool:
        """Return whether other chats were sealed while this one was not, which an unsealed account rules out.

        A few that were do not count, as one may be a message that was under way.
        """
        start, end = _settled(transition.first_unsealed_ms, transition.last_unsealed_ms)
        speaking = self.count(self.all, start, end, {transition.chat})
        return self.sealed_during(transition) > (1 - FOLLOWING_SHARE) * speaking

    @staticmethod
    def count(times: dict[str, list[int]], start: int, end: int, without: set[str]) -> int:
        """Return how many chats have a time after `start` and not after `end`."""
        return sum(
            bisect_right(found, end) > bisect_right(found, start)
            for chat, found in times.items()
            if chat not in without
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What the messages of an account tell: transitions of direct chats, flips of the account, states of all chats."""

    baseline: bool
    transitions: tuple[Transition, ...]
    flips: tuple[Flip, ...]
    states: dict[str, ChatState]
    runs: dict[str, tuple[Run, ...]]
    """The runs of each chat without flicker; none tells anything where there is no baseline."""
    sealed_now: int
    """Direct chats whose last agreeing messages are sealed."""
    last_sealed_ms: int | None
    times: Times

    @property
    def lone(self) -> tuple[Transition, ...]:
        """Return the transitions that belong to no flip."""
        in_flips = {each for flip in self.flips for each in flip.followers}
        return tuple(each for each in self.transitions if each not in in_flips)

    @property
    def lasting(self) -> tuple[Transition, ...]:
        """Return the transitions after which the chat was not sealed again."""
        return tuple(each for each in self.transitions if each.resealed_ms is None)


def course_of(chats: Sequence[Chat]) -> Course:
    """Return the course of an account from its chats, each read through once."""
    baseline = has_baseline(chats)
    steady = {chat.mid: without_flicker(runs_of(chat.marks)) for chat in chats}
    one_to_one = direct(chats)
    transitions = [each for chat in one_to_one for each in transitions_between(chat.mid, steady[chat.mid])]
    times = _times_of(one_to_one)
    states = {chat.mid: state_after(chat, steady[chat.mid] if baseline else ()) for chat in chats}
    by_messages = [steady[chat.mid][-1].sealed for chat in one_to_one if steady[chat.mid]]
    return Course(
        baseline=baseline,
        transitions=tuple(transitions),
        flips=_flips(transitions, times),
        states=states,
        runs=steady if baseline else {},
        sealed_now=sum(by_messages),
        last_sealed_ms=max((found[-1] for found in times.sealed.values() if found), default=None),
        times=times,
    )


def flips_of(chats: Sequence[Chat]) -> tuple[Flip, ...]:
    """Return the moments at which most direct chats turned unsealed together, oldest first."""
    return course_of(chats).flips


def _times_of(chats: Iterable[Chat]) -> Times:
    listed = tuple(chats)
    return Times(
        sealed={chat.mid: sorted(mark.at_ms for mark in chat.marks if mark.sealed) for chat in listed},
        all={chat.mid: sorted(mark.at_ms for mark in chat.marks) for chat in listed},
    )


def _flips(transitions: Iterable[Transition], times: Times) -> tuple[Flip, ...]:
    """Return the flips among transitions: each gathers round one moment that lies in as many windows as possible."""
    left = sorted(transitions, key=lambda each: each.first_unsealed_ms)[-MOST_TRANSITIONS:]
    flips = []
    while len(together := _together(left)) >= MINIMUM_CHATS:
        flip = _flip(together, times)
        if flip is not None:
            flips.append(flip)
        left = [each for each in left if each not in together]
    return tuple(sorted(flips, key=lambda each: each.first_unsealed_ms))


def _together(transitions: Sequence[Transition]) -> tuple[Transition, ...]:
    """Return the largest set of transitions, one a chat, whose windows share a moment (the earliest such moment)."""
    best: tuple[Transition, ...] = ()
    for moment in sorted({each.first_unsealed_ms for each in transitions}):
        by_chat = {each.chat: each for each in transitions if _holds(each, moment)}
        if len(by_chat) > len(best):
            best = tuple(by_chat.values())
    return best


def _holds(transition: Transition, moment: int) -> bool:
    return transition.last_sealed_ms - SLACK_MS <= moment <= transition.first_unsealed_ms + SLACK_MS


def _flip(together: Sequence[Transition], times: Times) -> Flip | None:
    """Return the flip of transitions at one moment, None when too few are left after those of single peers."""
    followers = tuple(each for each in together if not times.is_peer_side(each))
    only_sent = all(each.unsealed_sent == each.unsealed_messages for each in followers)
    if len(followers) < MINIMUM_CHATS or only_sent:  # an unsealed account receives plain texts too
        return None
    first = min(each.first_unsealed_ms for each in followers)
    resealed = min((each.resealed_ms for each in followers if each.resealed_ms is not None), default=None)
    last = max(each.last_unsealed_ms for each in followers)
    start, end = _settled(first, last if resealed is None else min(last, resealed))
    against = times.count(times.sealed, start, end, {each.chat for each in followers})
    if len(followers) < FOLLOWING_SHARE * (len(followers) + against):
        return None
    return Flip(
        last_sealed_ms=max(each.last_sealed_ms for each in followers if each.last_sealed_ms <= first),
        first_unsealed_ms=first,
        resealed_ms=resealed,
        followers=tuple(sorted(followers, key=lambda each: each.first_unsealed_ms)),
        still_sealed=against,
    )


def _settled(start: int, end: int) -> tuple[int, int]:
    """Return an unsealed time without its beginning: a day, or half of a shorter time.

    Until then other phones may not have heard of the change.
    """
    return start + min(SLACK_MS, (end - start) // 2), end
