"""Whose account lost its sealing, from two phones that hold one chat: built as databases, read, and judged together."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from builders.line import (
    LAST_DAY,
    LineAccount,
    LineChat,
    LineMessage,
    healthy_account,
    line_android_databases,
    line_ios_files,
    unsealed_from,
    write_line_backup,
    write_line_databases,
)
from mvt_plugin_line import android_db, android_files, ios_db, ios_files
from mvt_plugin_line.rows import account_results
from mvt_plugin_line.verdict import judge
from mvtcase.engine.events import MVT_FOLDER
from mvtcase.workflow.sealing_pairs import SealingPair, Side, Strength, judge_pair, sides_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvt_plugin_line.records import Account

_WHEN = LAST_DAY - timedelta(days=6)
ANN, BEN = "O-0001", "O-0002"


def _one_chat(ann: LineAccount, ben: LineAccount) -> tuple[LineAccount, LineAccount]:
    """Return both accounts with the same chat in front: what the one sends the other receives."""
    texts = ann.chats[0].messages
    return _with(ann, ben.mid, texts), _with(
        ben, ann.mid, [replace(each, outgoing=not each.outgoing) for each in texts]
    )


def _with(account: LineAccount, peer: str, texts: tuple[LineMessage, ...] | list[LineMessage]) -> LineAccount:
    return replace(account, chats=(LineChat(mid=peer, name="peer", messages=tuple(texts)), *account.chats[1:]))


def _both() -> tuple[LineAccount, LineAccount]:
    return _one_chat(healthy_account(seed=41, messages=60), healthy_account(seed=42, messages=60))


def _fell(account: LineAccount, only: slice) -> LineAccount:
    """Return the account with some of its chats unsealed from a moment on."""
    turned = unsealed_from(account, _WHEN).chats
    chats = list(account.chats)
    chats[only] = turned[only]
    return replace(account, chats=tuple(chats))


def _until(account: LineAccount, keep: Callable[[LineMessage], bool]) -> LineAccount:
    first = account.chats[0]
    chat = replace(first, messages=tuple(each for each in first.messages if keep(each)))
    return replace(account, chats=(chat, *account.chats[1:]))


_ALL, _SHARED = slice(None), slice(1)


@pytest.mark.parametrize(
    ("ann", "ben", "answer", "strength"),
    [
        # The chat is plain on both phones; the other chats tell.
        (_ALL, _SHARED, ANN, Strength.ONE_SOURCE),
        (_SHARED, _ALL, BEN, Strength.ONE_SOURCE),
        (_ALL, _ALL, "", Strength.NONE),
        (_SHARED, _SHARED, "", Strength.NONE),
        # The chat is plain on one phone and sealed on the other.
        (_ALL, slice(0), ANN, Strength.TWO_SOURCES),
        (slice(0), _ALL, BEN, Strength.TWO_SOURCES),
        (_SHARED, slice(1, None), "", Strength.NONE),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_whose_account_it_was(
    tmp_path: Path, ann: slice, ben: slice, answer: str, strength: Strength, *, swapped: bool
) -> None:
    """The account that fell is named with its strength, or nothing is; it is the same whoever comes first."""
    one, other = _both()
    (pair,) = _judged(tmp_path, _fell(one, ann), _fell(other, ben), swapped=swapped)
    assert (pair.account_of, pair.strength, pair.officials) == (answer, strength, (ANN, BEN))
    assert pair.first <= pair.last


def test_two_sound_accounts_say_nothing(tmp_path: Path) -> None:
    """A chat that is sealed on both phones is no pair."""
    assert _judged(tmp_path, *_both()) == ()


def test_phones_that_share_no_minute_cannot_tell(tmp_path: Path) -> None:
    """The one phone holds the chat before the change alone: the other's plain texts have nothing to stand against."""
    one, other = _both()
    (pair,) = _judged(tmp_path, _fell(one, _ALL), _until(other, lambda each: each.at < _WHEN - timedelta(days=1)))
    assert (pair.account_of, pair.strength) == ("", Strength.NONE)


def test_strangers_are_no_pair(tmp_path: Path) -> None:
    """Two phones without a chat in common say nothing of each other."""
    assert _judged(tmp_path, unsealed_from(healthy_account(seed=1), _WHEN), healthy_account(seed=2)) == ()


@pytest.mark.parametrize("text", ["{", "[1, null, {}]", '[{"record": "line_chat", "account_mid_hash": 1}]', "[" * 9000])
def test_results_are_read_as_hostile(tmp_path: Path, text: str) -> None:
    """Whatever stands in a result file, nothing is raised and nobody is accused."""
    folder = tmp_path / MVT_FOLDER / "ios"
    folder.mkdir(parents=True)
    (folder / "line_ios.json").write_text(text)
    assert sides_in(tmp_path, ANN) == ()


def _judged(folder: Path, ann: LineAccount, ben: LineAccount, *, swapped: bool = False) -> tuple[SealingPair, ...]:
    """Return what an iPhone and an Android phone with these accounts say, by way of the modules' results."""
    presence = ios_files.in_backup(write_line_backup(folder / "backup", line_ios_files(ann)))
    iphone = ios_db.read_account(presence.folders[0], presence.preferences, lambda _: False)
    (place,) = android_files.in_dump(write_line_databases(folder / "dump", line_android_databases(ben)))
    android = android_db.read_account(place, lambda _: False)
    sides = [*_sides(folder / "S-1", iphone, ANN), *_sides(folder / "S-2", android, BEN)]
    return judge_pair(*reversed(sides)) if swapped else judge_pair(*sides)


def _sides(folder: Path, account: Account, official: str) -> tuple[Side, ...]:
    place = folder / MVT_FOLDER / "part"
    place.mkdir(parents=True)
    (place / "line_x.json").write_text(json.dumps(account_results(account, judge(account))))
    return sides_in(folder, official)
