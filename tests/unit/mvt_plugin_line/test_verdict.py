"""The summary of an account: what decides, what is said of contradictions, and when nothing can be told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mvt_plugin_line.records import Account, Chat, ChatKind, ChatState, Gap, Mark, Platform
from mvt_plugin_line.verdict import Sealing, judge

_HOUR = 3_600_000
_START = 1_625_000_000_000
_FLIP = "SSSSPPPP"
_BACK = "S" * 30 + "P" * 60 + "S" * 30


def _chats(*patterns: str, usable: bool | None = None) -> tuple[Chat, ...]:
    return tuple(
        Chat(
            mid=f"u{number}",
            kind=ChatKind.DIRECT,
            marks=tuple(Mark(_START + index * _HOUR, letter == "S") for index, letter in enumerate(pattern)),
            two_way=True,
            last_ms=_START + len(pattern) * _HOUR,
            usable=usable,
            had_key=usable is not None,
        )
        for number, pattern in enumerate(patterns)
    )


def _account(*chats: Chat, switch: int | None = None, platform: Platform = Platform.ANDROID) -> Account:
    return Account(platform=platform, label="test", mid="u9", chats=chats, switch=switch, messages_complete=True)


@pytest.mark.parametrize(
    ("patterns", "switch", "sealing", "basis"),
    [
        ((_FLIP,) * 4, None, Sealing.CHANGED, "R3"),
        ((_FLIP,) * 4, 0, Sealing.CHANGED, "R3"),
        ((_FLIP,) * 4, 1, Sealing.CHANGED, "R3"),
        ((_BACK,) * 4, 1, Sealing.ON, "R3"),
        ((_BACK,) * 4, 0, Sealing.OFF, "R1"),
        (("SSSS",) * 4, 0, Sealing.OFF, "R1"),
        (("PPPP",) * 4, 1, Sealing.ON, "R1"),
        (("SSSS",) * 4, None, Sealing.ON, "R2"),
        ((_FLIP, "S" * 40, "S" * 40), None, Sealing.ON, "R2"),
        ((_FLIP, _FLIP), None, Sealing.UNKNOWN, "R7"),
        (("PPPP",) * 4, None, Sealing.UNKNOWN, "R7"),
        ((), None, Sealing.UNKNOWN, "R7"),
    ],
)
def test_the_strongest_source_decides(
    patterns: tuple[str, ...], switch: int | None, sealing: Sealing, basis: str
) -> None:
    """Flips decide over the switch, the switch over messages, and silence is unknown."""
    summary = judge(_account(*_chats(*patterns), switch=switch)).summary
    assert (summary.sealing, summary.basis) == (sealing, basis)
    assert summary.reason


def test_a_changed_account_carries_its_window() -> None:
    """The summary's times are the flip's."""
    summary = judge(_account(*_chats(*(_FLIP,) * 4))).summary
    assert (summary.last_sealed_ms, summary.first_unsealed_ms) == (_START + 3 * _HOUR, _START + 4 * _HOUR)


def test_sealing_that_came_back_gives_the_newest_sealed_message() -> None:
    """For an account that is on again, last sealed is the end, and the time without stands beside it."""
    summary = judge(_account(*_chats(*(_BACK,) * 4))).summary
    assert summary.last_sealed_ms == _START + (len(_BACK) - 1) * _HOUR
    assert (summary.first_unsealed_ms, summary.resealed_ms) == (_START + 30 * _HOUR, _START + 90 * _HOUR)


def test_an_off_switch_after_a_time_that_ended_has_no_invented_start() -> None:
    """The end of an old time without sealing is not taken for the beginning of the present one."""
    summary = judge(_account(*_chats(*(_BACK,) * 4), switch=0)).summary
    assert (summary.sealing, summary.first_unsealed_ms) == (Sealing.OFF, None)


def test_a_switch_that_contradicts_the_messages_is_named() -> None:
    """A flip beside a switch that reads on says so."""
    assert "yet the account switch reads on" in judge(_account(*_chats(*(_FLIP,) * 4), switch=1)).summary.reason


def test_peers_held_as_unusable_make_off_by_inference_alone() -> None:
    """Without messages or switch, R5 gives off and says that it is an inference."""
    summary = judge(_account(*_chats("", "", "", usable=False))).summary
    assert (summary.sealing, summary.basis) == (Sealing.OFF, "R5")
    assert "inference" in summary.reason


def test_peers_held_as_unusable_against_sealed_messages_are_a_contradiction() -> None:
    """R5 against sealed messages is unknown, with the contradiction as the reason."""
    summary = judge(_account(*_chats("SSSS", "SSSS", "SSSS", usable=False))).summary
    assert summary.sealing is Sealing.UNKNOWN
    assert "contradiction" in summary.reason


def test_keys_that_line_holds_do_not_make_on() -> None:
    """A key record tells the past; alone it leaves the account unknown, and the reason says what is held."""
    summary = judge(_account(*_chats("PPPP", "PPPP", "PPPP", usable=True), platform=Platform.IOS)).summary
    assert summary.sealing is Sealing.UNKNOWN
    assert "LINE holds keys for 3 of 3 active chats" in summary.reason
    assert "no account switch is known on iOS" in summary.reason


def test_messages_read_in_part_do_not_make_on() -> None:
    """A table that could not be read to its end may lack the newest messages."""
    account = replace(_account(*_chats("SSSS", "SSSS")), messages_complete=False)
    account = replace(account, gaps=(Gap(source="naver_line", reason="SQLite says: broken", damaged=True),))
    verdict = judge(account)
    assert verdict.summary.sealing is Sealing.UNKNOWN
    assert verdict.summary.reason.startswith("naver_line: SQLite says: broken")
    assert verdict.findings[-1].rule.id == "R7"


def test_every_chat_is_counted_once() -> None:
    """Sealed, unsealed and unknown chats add up to all chats."""
    verdict = judge(_account(*_chats("SSSS", "SSPP", "S")))
    assert [verdict.count(state) for state in ChatState] == [1, 1, 1]
