"""Whose account lost its sealing, from two phones that hold one chat: built as databases, read, and judged together."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from builders.line import (
    LineAccount,
    LineMessage,
    healthy_account,
    line_android_databases,
    line_ios_files,
    unsealed_from,
    write_line_backup,
    write_line_databases,
)
from builders.line_fallen import ALL, FELL, PAIRS, Pair, fell, sound_pair
from mvt_plugin_line import android_db, android_files, ios_db, ios_files
from mvt_plugin_line.rows import account_results
from mvt_plugin_line.verdict import judge
from mvtcase.engine.events import MVT_FOLDER
from mvtcase.workflow.sealing_pairs import SealingPair, Side, Strength, judge_pair, sides_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvt_plugin_line.records import Account

ANN, BEN = "O-0001", "O-0002"


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("swapped", [False, True])
def test_whose_account_it_was(tmp_path: Path, pair: Pair, *, swapped: bool) -> None:
    """The account that fell is named with its strength, or nothing is; it is the same whoever comes first."""
    one, other = sound_pair()
    (told,) = _judged(tmp_path, fell(one, pair.first), fell(other, pair.second), swapped=swapped)
    answer = "" if pair.account_of is None else (ANN, BEN)[pair.account_of]
    assert (told.account_of, told.strength, told.officials) == (answer, pair.strength, (ANN, BEN))
    assert told.first <= told.last


def test_two_sound_accounts_say_nothing(tmp_path: Path) -> None:
    """A chat that is sealed on both phones is no pair."""
    assert _judged(tmp_path, *sound_pair()) == ()


def test_phones_that_share_no_minute_cannot_tell(tmp_path: Path) -> None:
    """The one phone holds the chat before the change alone: the other's plain texts have nothing to stand against."""
    one, other = sound_pair()
    (pair,) = _judged(tmp_path, fell(one, ALL), _until(other, lambda each: each.at < FELL - timedelta(days=1)))
    assert (pair.account_of, pair.strength) == ("", Strength.NONE)


def test_strangers_are_no_pair(tmp_path: Path) -> None:
    """Two phones without a chat in common say nothing of each other."""
    assert _judged(tmp_path, unsealed_from(healthy_account(seed=1), FELL), healthy_account(seed=2)) == ()


@pytest.mark.parametrize("text", ["{", "[1, null, {}]", '[{"record": "line_chat", "account_mid_hash": 1}]', "[" * 9000])
def test_results_are_read_as_hostile(tmp_path: Path, text: str) -> None:
    """Whatever stands in a result file, nothing is raised and nobody is accused."""
    folder = tmp_path / MVT_FOLDER / "ios"
    folder.mkdir(parents=True)
    (folder / "line_ios.json").write_text(text)
    assert sides_in(tmp_path, ANN) == ()


def _until(account: LineAccount, keep: Callable[[LineMessage], bool]) -> LineAccount:
    first = account.chats[0]
    chat = replace(first, messages=tuple(each for each in first.messages if keep(each)))
    return replace(account, chats=(chat, *account.chats[1:]))


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
