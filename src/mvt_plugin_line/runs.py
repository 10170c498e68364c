"""Sealed and unsealed runs of one chat, the transitions between them, and its state at the end."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from .records import Chat, ChatKind, ChatState, Mark, Run, Transition

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MINIMUM_RUN = 2
"""Messages a run needs on either side of a transition: one alone may be a retry that fell back to plain text."""


def runs_of(marks: Iterable[Mark]) -> tuple[Run, ...]:
    """Return the maximal runs of equal marks in time order; marks of one millisecond keep the order they came in."""
    ordered = sorted(marks, key=lambda each: each.at_ms)
    runs = []
    for sealed, group in groupby(ordered, key=lambda each: each.sealed):
        alike = list(group)
        sent = sum(mark.outgoing is True for mark in alike)
        first, last = alike[0].at_ms, alike[-1].at_ms
        runs.append(Run(sealed=sealed, first_ms=first, last_ms=last, messages=len(alike), sent=sent))
    return tuple(runs)


def without_flicker(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Return the runs after those shorter than `MINIMUM_RUN` were dropped and their neighbours joined."""
    kept: list[Run] = []
    for run in runs:
        if run.messages < MINIMUM_RUN:
            continue
        last = kept[-1] if kept else None
        if last is not None and last.sealed == run.sealed:
            kept[-1] = replace(
                last, last_ms=run.last_ms, messages=last.messages + run.messages, sent=last.sent + run.sent
            )
        else:
            kept.append(run)
    return tuple(kept)


def transitions_of(chat: Chat) -> tuple[Transition, ...]:
    """Return every change of a chat from sealed to unsealed, oldest first."""
    return transitions_between(chat.mid, without_flicker(runs_of(chat.marks)))


def transitions_between(chat: str, runs: Sequence[Run]) -> tuple[Transition, ...]:
    """Return every change from sealed to unsealed in the runs of a chat."""
    found = []
    for index in range(1, len(runs)):
        before, after = runs[index - 1], runs[index]
        if after.sealed:
            continue
        resealed = runs[index + 1].first_ms if index + 1 < len(runs) else None
        found.append(
            Transition(
                chat=chat,
                last_sealed_ms=before.last_ms,
                first_unsealed_ms=after.first_ms,
                last_unsealed_ms=after.last_ms,
                resealed_ms=resealed,
                sealed_before=before.messages,
                unsealed_messages=after.messages,
                unsealed_sent=after.sent,
            )
        )
    return tuple(found)


def has_baseline(chats: Iterable[Chat]) -> bool:
    """Return whether any message says it was sealed; without one, a missing mark tells nothing (docs/line.md)."""
    return any(mark.sealed for chat in chats for mark in chat.marks)


def state_of(chat: Chat, *, baseline: bool) -> ChatState:
    """Return how a chat stood at its last two agreeing messages, or by its key record where messages tell nothing."""
    return state_after(chat, without_flicker(runs_of(chat.marks)) if baseline else ())


def state_after(chat: Chat, runs: Sequence[Run]) -> ChatState:
    """Return a chat's state from its runs without flicker; none where the account has no baseline."""
    if chat.kind is ChatKind.NEVER_SEALED:
        return ChatState.UNKNOWN
    if runs and (chat.two_way or any(run.sealed for run in runs)):
        return ChatState.SEALED if runs[-1].sealed else ChatState.UNSEALED
    if chat.usable is None or not chat.two_way:
        return ChatState.UNKNOWN
    return ChatState.SEALED if chat.usable else ChatState.UNSEALED


def direct(chats: Iterable[Chat]) -> tuple[Chat, ...]:
    """Return the one-to-one chats."""
    return tuple(chat for chat in chats if chat.kind is ChatKind.DIRECT)
