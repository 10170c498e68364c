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

    The moment is one that lies in as many transition windows as possible (each widened by `SLACK_MS`); chats with a
    sealed message after it, while the others were unsealed, speak against it.
    """
    one_to_one = direct(chats)
    found = sorted(
        (each for chat in one_to_one for each in transitions_of(chat)), key=lambda each: each.first_unsealed_ms
    )
    open_transitions = found[-MOST_TRANSITIONS:]
    flips = []
    while len(followers := _together(open_transitions)) >= MINIMUM_CHATS:
        flip = _flip(followers, one_to_one)
        if flip is not None:
            flips.append(flip)
        open_transitions = [each for each in open_transitions if each not in followers]
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


def _flip(followers: tuple[Transition, ...], chats: Sequence[Chat]) -> Flip | None:
    first_unsealed = min(each.first_unsealed_ms for each in followers)
    resealed = min((each.resealed_ms for each in followers if each.resealed_ms is not None), default=None)
    turned = {each.chat for each in followers}
    against = sum(
        _sealed_between(chat, first_unsealed + SLACK_MS, resealed) for chat in chats if chat.mid not in turned
    )
    if len(followers) < FOLLOWING_SHARE * (len(followers) + against):
        return None
    before = [each.last_sealed_ms for each in followers if each.last_sealed_ms <= first_unsealed]
    return Flip(
        last_sealed_ms=max(before),
        first_unsealed_ms=first_unsealed,
        resealed_ms=resealed,
        followers=tuple(sorted(followers, key=lambda each: each.first_unsealed_ms)),
        still_sealed=against,
    )


def _sealed_between(chat: Chat, after_ms: int, before_ms: int | None) -> bool:
    return any(
        mark.sealed and mark.at_ms > after_ms and (before_ms is None or mark.at_ms < before_ms) for mark in chat.marks
    )
