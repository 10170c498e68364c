"""Runs and transitions of one chat, from marks alone."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mvt_plugin_line.records import Chat, ChatKind, ChatState, Mark
from mvt_plugin_line.runs import has_baseline, runs_of, state_of, transitions_of, without_flicker

_HOUR = 3_600_000
_START = 1_625_000_000_000


def _chat(pattern: str, *, mid: str = "u1", start: int = 0, step: int = 1, kind: ChatKind = ChatKind.DIRECT) -> Chat:
    """Return a chat from letters: S sealed, P plain, a dot nothing; one letter an hour times `step`."""
    marks = tuple(
        Mark(_START + (start + index * step) * _HOUR, letter == "S")
        for index, letter in enumerate(pattern)
        if letter != "."
    )
    return Chat(mid=mid, kind=kind, marks=marks, messages=len(marks), two_way=True, last_ms=marks[-1].at_ms)


def test_runs_are_maximal_and_in_time_order() -> None:
    """Marks in any order give alternating runs with the first and last time of each."""
    runs = runs_of(reversed(_chat("SSPPPS").marks))
    assert [(run.sealed, run.messages) for run in runs] == [(True, 2), (False, 3), (True, 1)]
    assert runs[1].first_ms == _START + 2 * _HOUR
    assert runs[1].last_ms == _START + 4 * _HOUR


def test_a_single_message_is_flicker() -> None:
    """A single message between two runs that agree is dropped and they are joined."""
    assert [(run.sealed, run.messages) for run in without_flicker(runs_of(_chat("SSPSS").marks))] == [(True, 4)]


def test_a_transition_gives_the_window_on_both_sides() -> None:
    """Last sealed and first unsealed bound the window, and a later sealed run ends it."""
    (transition,) = transitions_of(_chat("SSSPPSS"))
    assert transition.last_sealed_ms == _START + 2 * _HOUR
    assert transition.first_unsealed_ms == _START + 3 * _HOUR
    assert transition.last_unsealed_ms == _START + 4 * _HOUR
    assert transition.resealed_ms == _START + 5 * _HOUR


@pytest.mark.parametrize("pattern", ["SSSS", "PPPP", "PPSS", "SSP", "SPP", "S"])
def test_no_transition_without_two_messages_on_each_side(pattern: str) -> None:
    """Only a sealed run of two followed by an unsealed run of two is a transition."""
    assert transitions_of(_chat(pattern)) == ()


@pytest.mark.parametrize(
    ("pattern", "state"), [("SSSS", ChatState.SEALED), ("SSPP", ChatState.UNSEALED), ("S", ChatState.UNKNOWN)]
)
def test_the_state_is_that_of_the_last_run(pattern: str, state: ChatState) -> None:
    """The last two agreeing messages tell the state; one message does not."""
    assert state_of(_chat(pattern), baseline=True) is state


def test_without_a_baseline_unsealed_marks_tell_nothing() -> None:
    """A database in which no message says it was sealed leaves every chat unknown."""
    chat = _chat("PPPP")
    assert not has_baseline([chat])
    assert state_of(chat, baseline=False) is ChatState.UNKNOWN


@given(st.lists(st.tuples(st.integers(0, 500), st.booleans()), max_size=80))
def test_windows_are_ordered_and_lie_within_the_marks(raw: list[tuple[int, bool]]) -> None:
    """For any messages, each window runs forward and its times are times of messages of the right kind."""
    marks = tuple(Mark(_START + at, sealed) for at, sealed in raw)
    chat = Chat(mid="u1", kind=ChatKind.DIRECT, marks=marks)
    for each in transitions_of(chat):
        assert each.last_sealed_ms <= each.first_unsealed_ms <= each.last_unsealed_ms
        assert Mark(each.last_sealed_ms, sealed=True) in marks
        assert Mark(each.first_unsealed_ms, sealed=False) in marks


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_runs_lose_no_message(letters: list[bool]) -> None:
    """The runs hold as many messages as there were marks, and neighbours differ."""
    runs = runs_of(Mark(_START + index, sealed) for index, sealed in enumerate(letters))
    assert sum(run.messages for run in runs) == len(letters)
    assert all(left.sealed != right.sealed for left, right in pairwise(runs))
