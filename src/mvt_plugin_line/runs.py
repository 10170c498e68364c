"""Sealed and unsealed runs of a chat, the transitions between them, and which of them happened to the whole phone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .records import Chat, ChatKind, ChatState, Mark, Run, Transition

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MINIMUM_RUN = 2
"""Messages a run needs on either side of a transition: one alone may be a retry that fell back to plain text."""
SLACK_MS = 24 * 3600 * 1000
"""How far transitions of one account may lie apart: a peer's phone keeps sealing until it hears of the change."""
MINIMUM_CHATS = 3
"""Direct chats that must turn together before the account, and not its peers, is the plainer reading."""
MOST_TRANSITIONS = 400
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


def runs_of(marks: Iterable[Mark]) -> tuple[Run, ...]:
    """Return the maximal runs of equal marks in time order; marks of one millisecond keep the order they came in."""
    runs: list[Run] = []
    for mark in sorted(marks, key=lambda each: each.at_ms):
        last = runs[-1] if runs else None
        if last is not None and last.sealed == mark.sealed:
            runs[-1] = Run(sealed=last.sealed, first_ms=last.first_ms, last_ms=mark.at_ms, messages=last.messages + 1)
        else:
            runs.append(Run(sealed=mark.sealed, first_ms=mark.at_ms, last_ms=mark.at_ms, messages=1))
    return tuple(runs)


def without_flicker(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Return the runs after those shorter than `MINIMUM_RUN` were dropped and their neighbours joined."""
    kept: list[Run] = []
    for run in runs:
        if run.messages < MINIMUM_RUN:
            continue
        last = kept[-1] if kept else None
        if last is not None and last.sealed == run.sealed:
            kept[-1] = Run(
                sealed=run.sealed,
                first_ms=last.first_ms,
                last_ms=run.last_ms,
                messages=last.messages + run.messages,
            )
        else:
            kept.append(run)
    return tuple(kept)


def transitions_of(chat: Chat) -> tuple[Transition, ...]:
    """Return every change of a chat from sealed to unsealed, oldest first."""
    runs = without_flicker(runs_of(chat.marks))
    found = []
    for index in range(1, len(runs)):
        before, after = runs[index - 1], runs[index]
        if after.sealed:
            continue
        resealed = runs[index + 1].first_ms if index + 1 < len(runs) else None
        found.append(
            Transition(
                chat=chat.mid,
                last_sealed_ms=before.last_ms,
                first_unsealed_ms=after.first_ms,
                last_unsealed_ms=after.last_ms,
                resealed_ms=resealed,
                sealed_before=before.messages,
                unsealed_messages=after.messages,
            )
        )
    return tuple(found)


def has_baseline(chats: Iterable[Chat]) -> bool:
    """Return whether any message says it was sealed; without one, a missing mark tells nothing (docs/line.md)."""
    return any(mark.sealed for chat in chats for mark in chat.marks)


def state_of(chat: Chat, *, baseline: bool) -> ChatState:
    """Return how a chat stood at its last two agreeing messages, or by its key record where messages tell nothing."""
    if chat.kind is ChatKind.NEVER_SEALED:
        return ChatState.UNKNOWN
    runs = without_flicker(runs_of(chat.marks)) if baseline else ()
    told = bool(runs) and (chat.two_way or any(run.sealed for run in runs))
    if told:
        return ChatState.SEALED if runs[-1].sealed else ChatState.UNSEALED
    if chat.usable is None or not chat.two_way:
        return ChatState.UNKNOWN
    return ChatState.SEALED if chat.usable else ChatState.UNSEALED


def direct(chats: Iterable[Chat]) -> tuple[Chat, ...]:
    """Return the one-to-one chats."""
    return tuple(chat for chat in chats if chat.kind is ChatKind.DIRECT)


def flips_of(chats: Sequence[Chat]) -> tuple[Flip, ...]:
    """Return the moments at which most direct chats turned unsealed together, oldest first.

    The moment is one that lies in as many transition windows as possible (each widened by `SLACK_MS`). Transitions
    during which other chats stayed sealed are their peers' own and do not count. A chat whose very last message alone
    is unsealed counts here, though by itself it is no transition: a recent change shows in many chats at once.
    """
    one_to_one = direct(chats)
    found = [each for chat in one_to_one for each in (*transitions_of(chat), *_lone_ending(chat))]
    found.sort(key=lambda each: each.first_unsealed_ms)
    open_transitions = found[-MOST_TRANSITIONS:]
    flips = []
    while len(followers := _together(open_transitions)) >= MINIMUM_CHATS:
        flip = _flip(followers, one_to_one)
        if flip is not None:
            flips.append(flip)
        open_transitions = [each for each in open_transitions if each not in followers]
    return tuple(sorted(flips, key=lambda each: each.first_unsealed_ms))


def _lone_ending(chat: Chat) -> tuple[Transition, ...]:
    runs = runs_of(chat.marks)
    if len(runs) < 2 or runs[-1].sealed or runs[-1].messages >= MINIMUM_RUN or runs[-2].messages < MINIMUM_RUN:  # noqa: PLR2004
        return ()
    ending = Transition(
        chat=chat.mid,
        last_sealed_ms=runs[-2].last_ms,
        first_unsealed_ms=runs[-1].first_ms,
        last_unsealed_ms=runs[-1].last_ms,
        sealed_before=runs[-2].messages,
        unsealed_messages=runs[-1].messages,
    )
    return (ending,)


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


def _flip(together: tuple[Transition, ...], chats: Sequence[Chat]) -> Flip | None:
    """Return the flip of transitions at one moment, None when too few are left after those of single peers."""
    followers = tuple(each for each in together if not peer_side(each, chats))
    if len(followers) < MINIMUM_CHATS:
        return None
    first_unsealed = min(each.first_unsealed_ms for each in followers)
    resealed = min((each.resealed_ms for each in followers if each.resealed_ms is not None), default=None)
    last_unsealed = max(each.last_unsealed_ms for each in followers)
    end = last_unsealed if resealed is None else min(last_unsealed, resealed)
    turned = {each.chat for each in followers}
    against = sum(_sealed_within(chat, first_unsealed, end) for chat in chats if chat.mid not in turned)
    if len(followers) < FOLLOWING_SHARE * (len(followers) + against):
        return None
    return Flip(
        last_sealed_ms=max(each.last_sealed_ms for each in followers if each.last_sealed_ms <= first_unsealed),
        first_unsealed_ms=first_unsealed,
        resealed_ms=resealed,
        followers=tuple(sorted(followers, key=lambda each: each.first_unsealed_ms)),
        still_sealed=against,
    )


def peer_side(transition: Transition, chats: Sequence[Chat]) -> bool:
    """Return whether other direct chats were sealed while this one was not, which an unsealed account rules out.

    A few that were do not count, as one may be a message that was under way.
    """
    others = [chat for chat in chats if chat.mid != transition.chat]
    start, end = transition.first_unsealed_ms, transition.last_unsealed_ms
    speaking = sum(any(_within(mark, start, end) for mark in chat.marks) for chat in others)
    return sealed_during(transition, chats) > (1 - FOLLOWING_SHARE) * speaking


def sealed_during(transition: Transition, chats: Iterable[Chat]) -> int:
    """Return how many other chats have a sealed message while this one was unsealed."""
    start, end = transition.first_unsealed_ms, transition.last_unsealed_ms
    return sum(_sealed_within(chat, start, end) for chat in chats if chat.mid != transition.chat)


def sealed_after(transition: Transition, chats: Iterable[Chat]) -> int:
    """Return how many other chats have a sealed message at any time after this one went unsealed."""
    return sum(
        any(mark.sealed and mark.at_ms > transition.first_unsealed_ms for mark in chat.marks)
        for chat in chats
        if chat.mid != transition.chat
    )


def _sealed_within(chat: Chat, start: int, end: int) -> bool:
    return any(mark.sealed and _within(mark, start, end) for mark in chat.marks)


def _within(mark: Mark, start: int, end: int) -> bool:
    """Return whether a message is of an unsealed time, without its beginning.

    The beginning is a day, or half of a shorter time: until then other phones may not have heard of the change.
    """
    return start + min(SLACK_MS, (end - start) // 2) < mark.at_ms <= end
