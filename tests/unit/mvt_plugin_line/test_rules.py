"""The table of rules, and what each rule says of small records."""

from __future__ import annotations

from dataclasses import replace

import pytest
from mvt.plugin import AlertLevel

from mvt_plugin_line.course import course_of
from mvt_plugin_line.records import Account, Chat, ChatKind, Mark, OwnKey, Platform
from mvt_plugin_line.rules import RULES, most_peers_unusable, posture_findings

_HOUR = 3_600_000
_START = 1_625_000_000_000


def _chat(pattern: str, mid: str, *, usable: bool | None = None) -> Chat:
    marks = tuple(Mark(_START + index * _HOUR, letter == "S") for index, letter in enumerate(pattern))
    last = marks[-1].at_ms if marks else _START
    return Chat(mid=mid, kind=ChatKind.DIRECT, marks=marks, two_way=True, last_ms=last, usable=usable)


def _account(*chats: Chat, **fields: object) -> Account:
    base = Account(platform=Platform.ANDROID, label="test", mid="u9", chats=chats, messages_complete=True)
    return replace(base, **fields)  # type: ignore[arg-type]  # the tests name real fields


def _rules(account: Account) -> list[str]:
    return [each.rule.id for each in posture_findings(account, course_of(account.chats))]


def test_the_table_holds_r1_to_r8() -> None:
    """Every rule of the published list stands in the table, each with one plain sentence."""
    assert list(RULES) == [f"R{number}" for number in range(1, 9)]
    assert all(rule.sentence and not rule.sentence.endswith(".") for rule in RULES.values())


def test_no_rule_looks_like_an_indicator_match() -> None:
    """Posture never reaches HIGH; only the switch and the whole-phone flip reach MEDIUM."""
    assert {rule.id for rule in RULES.values() if rule.level is AlertLevel.MEDIUM} == {"R1", "R3"}
    assert {rule.level for rule in RULES.values()} <= {AlertLevel.MEDIUM, AlertLevel.LOW, AlertLevel.INFORMATIONAL}


@pytest.mark.parametrize("word", ["clean", "safe", "infected", "hacked"])
def test_no_sentence_says_what_the_data_cannot(word: str) -> None:
    """No rule's sentence holds a verdict that sealing cannot support."""
    assert all(word not in rule.sentence.lower() for rule in RULES.values())


@pytest.mark.parametrize(("switch", "expected"), [(0, ["R1"]), (1, []), (None, [])])
def test_r1_speaks_of_a_switch_that_is_off(switch: int | None, expected: list[str]) -> None:
    """Only a stored 0 is R1; a missing row is none."""
    assert _rules(_account(switch=switch)) == expected


def test_a_whole_phone_flip_is_r2_for_each_chat_and_one_r3() -> None:
    """Four chats that turn together give four windows, one R3, and no R4."""
    account = _account(*(_chat("SSSSPPPP", f"u{number}") for number in range(4)))
    assert _rules(account) == ["R2"] * 4 + ["R3"]
    flip = posture_findings(account, course_of(account.chats))[-1]
    assert (flip.last_sealed_ms, flip.first_unsealed_ms) == (_START + 3 * _HOUR, _START + 4 * _HOUR)
    assert flip.sentence.endswith("(inference: no published source states this)")


def test_a_single_chat_is_r4_and_names_those_that_stayed_sealed() -> None:
    """One chat of three that turns is its peer's, and the sentence says how many others stayed sealed."""
    account = _account(_chat("S" * 20 + "P" * 60, "u0"), _chat("S" * 80, "u1"), _chat("S" * 80, "u2"))
    assert _rules(account) == ["R2", "R4"]
    assert (
        "2 other chats had sealed messages in that time"
        in posture_findings(account, course_of(account.chats))[1].sentence
    )


def test_a_lone_chat_without_others_says_that_it_may_be_the_account() -> None:
    """Where no other chat speaks, R4 does not pretend that the peer did it."""
    account = _account(_chat("SSSSPPPP", "u0"))
    assert "may as well be the account" in posture_findings(account, course_of(account.chats))[1].sentence


@pytest.mark.parametrize(
    ("held", "expected"), [("000", True), ("0001", False), ("00001", True), ("00", False), ("111", False)]
)
def test_r5_needs_nearly_all_active_peers(held: str, expected: bool) -> None:  # noqa: FBT001 - parametrised
    """Three peers at least and four fifths of them held as not usable make R5."""
    chats = (replace(_chat("", f"u{number}", usable=flag == "1"), had_key=True) for number, flag in enumerate(held))
    assert most_peers_unusable(_account(*chats)) is expected


def test_r5_leaves_out_peers_that_never_had_a_key() -> None:
    """Android keeps a record of official accounts too, always as not usable; a chat that was sealed once counts."""
    official = [_chat("PPPP", f"u{number}", usable=False) for number in range(5)]
    assert not most_peers_unusable(_account(*official))
    assert most_peers_unusable(_account(*official, *(_chat("SSPP", f"u{n}", usable=False) for n in range(5, 8))))


def test_r5_leaves_out_chats_that_only_one_side_wrote() -> None:
    """A chat in which nobody answers may be a service account, which is never sealed."""
    chats = [replace(_chat("", f"u{number}", usable=False), two_way=False, had_key=True) for number in range(5)]
    assert not most_peers_unusable(_account(*chats))


@pytest.mark.parametrize(("hours", "known", "expected"), [(10, True, 1), (2, True, 0), (2000, True, 0), (10, False, 0)])
def test_r6_is_a_key_made_in_the_month_after_a_transition(hours: int, known: bool, expected: int) -> None:  # noqa: FBT001 - parametrised
    """A key from before, from long after, or of unknown owner is no R6."""
    keys = (OwnKey(key_id=2, created_ms=_START + hours * _HOUR),)
    account = _account(_chat("SSSSPPPP", "u0"), own_keys=keys, own_keys_known=known)
    assert _rules(account).count("R6") == expected


def test_r6_survives_a_key_without_a_time() -> None:
    """A key whose time is none gives nothing."""
    keys = (OwnKey(key_id=None, created_ms=None),)
    assert "R6" not in _rules(_account(_chat("SSSSPPPP", "u0"), own_keys=keys, own_keys_known=True))


def test_r8_counts_what_was_left_out() -> None:
    """Rows kept out of the runs are counted in one finding."""
    account = _account(replace(_chat("SS", "u0"), left_out=7))
    (finding,) = posture_findings(account, course_of(account.chats))
    assert (finding.rule.id, "7 messages" in finding.sentence) == ("R8", True)
