"""Which transitions happened to the account and which to a peer, from marks alone."""

from __future__ import annotations

from dataclasses import replace

from mvt_plugin_line.course import MOST_TRANSITIONS, course_of, flips_of
from mvt_plugin_line.records import Chat, ChatKind, Mark

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


def _chats(*patterns: str, step: int = 1) -> list[Chat]:
    return [_chat(pattern, mid=f"u{number}", step=step) for number, pattern in enumerate(patterns)]


def test_three_chats_that_turn_together_are_a_flip() -> None:
    """The flip's window is the narrowest that all chats allow."""
    (flip,) = flips_of(_chats("SSSSPPPP", "SSS..PPP", "SS...PPP"))
    assert flip.last_sealed_ms == _START + 3 * _HOUR
    assert flip.first_unsealed_ms == _START + 4 * _HOUR
    assert (len(flip.followers), flip.still_sealed, flip.resealed_ms) == (3, 0, None)


def test_two_chats_are_no_flip() -> None:
    """Two chats are too few for the account."""
    assert flips_of(_chats("SSSSPPPP", "SSSSPPPP")) == ()


def test_chats_that_stay_sealed_speak_against_a_flip() -> None:
    """Three peers who change among ten who do not are peers."""
    turned = ["S" * 40 + "P" * 60] * 3
    assert flips_of(_chats(*turned, *["S" * 100] * 7)) == ()


def test_one_chat_that_stays_sealed_among_many_does_not_hide_a_flip() -> None:
    """One in nine that goes on sealed may be a clock or an old message; the flip stands and counts it."""
    (flip,) = flips_of(_chats(*["S" * 40 + "P" * 60] * 8, "S" * 100))
    assert (len(flip.followers), flip.still_sealed) == (8, 1)


def test_one_unsealed_text_in_each_chat_is_no_flip() -> None:
    """What is sent once to several chats is shared from elsewhere more often than the account was switched off."""
    assert flips_of(_chats("SSSSP", "SSSS.P", "SSSS..P", "SSSS...P")) == ()


def test_what_the_owner_alone_wrote_is_no_flip() -> None:
    """An unsealed account receives plain texts too, so plain texts that were only sent have another reason."""

    def sent(chat: Chat, *, answered: bool) -> Chat:
        marks = [replace(mark, outgoing=not answered or bool(number % 2)) for number, mark in enumerate(chat.marks)]
        return replace(chat, marks=tuple(marks))

    chats = _chats("SSSSPPPP", "SSSSPPPP", "SSSSPPPP")
    assert flips_of([sent(chat, answered=False) for chat in chats]) == ()
    assert len(flips_of([sent(chat, answered=True) for chat in chats])) == 1


def test_a_flip_that_ended_says_when_sealing_came_back() -> None:
    """The first sealed message in any chat ends the flip."""
    (flip,) = flips_of(_chats(*["S" * 30 + "P" * 60 + "S" * 30] * 4))
    assert flip.resealed_ms == _START + 90 * _HOUR


def test_two_flips_are_told_apart() -> None:
    """An account that went off twice gives two flips in time order."""
    flips = flips_of(_chats(*["S" * 30 + "P" * 60 + "S" * 60 + "P" * 60] * 4))
    assert [flip.first_unsealed_ms for flip in flips] == [_START + 30 * _HOUR, _START + 150 * _HOUR]


def test_groups_do_not_feed_flips() -> None:
    """A group goes plain when one of its members does, so groups tell nothing about the account."""
    groups = [_chat("SSSSPPPP", mid=f"c{number}", kind=ChatKind.GROUP) for number in range(5)]
    assert flips_of(groups) == ()


def test_peers_that_change_weeks_apart_are_no_flip() -> None:
    """Three peers that change at three times, each while the others are sealed, are three peers."""
    day = 24
    patterns = ["S" * day * (5 * number + 5) + "P" * day * (40 - 5 * number) for number in range(3)]
    assert flips_of(_chats(*patterns, "S" * day * 45, "S" * day * 45)) == ()


def test_a_hostile_number_of_transitions_is_bounded() -> None:
    """Thousands of transitions are answered for the newest ones alone, at once."""
    chats = _chats(*["SSPP" * 2_000] * 3)
    flips = flips_of(chats)
    assert sum(len(flip.followers) for flip in flips) <= MOST_TRANSITIONS


def test_the_course_tells_what_is_lone_and_what_lasts() -> None:
    """A single peer's transition is lone; one that ended is not lasting."""
    course = course_of(_chats("S" * 40 + "P" * 60, "S" * 100, "S" * 40 + "P" * 20 + "S" * 40))
    assert {each.chat for each in course.lone} == {"u0", "u2"}
    assert [each.chat for each in course.lasting] == ["u0"]
    assert course.sealed_now == 2
