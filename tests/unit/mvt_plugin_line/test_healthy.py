"""Ordinary accounts that nobody switched off are not called so; one that was is found among the same noise."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from builders.healthy_line import healthy_line
from builders.line import (
    LAST_DAY,
    LineAccount,
    line_android_databases,
    line_ios_files,
    unsealed_from,
    with_new_key,
    write_line_backup,
    write_line_databases,
)
from mvt_plugin_line import android_db, android_files, ios_db, ios_files
from mvt_plugin_line.checks import is_domain
from mvt_plugin_line.records import Platform
from mvt_plugin_line.verdict import Sealing, Verdict, judge

if TYPE_CHECKING:
    from pathlib import Path

_ACCOUNTS = dict(healthy_line())
_SPEAKING = {"R1", "R3", "R5", "R6"}
"""Rules that speak of the account, not of a peer."""


def _judged(folder: Path, account: LineAccount, platform: Platform) -> Verdict:
    if platform is Platform.IOS:
        presence = ios_files.in_backup(write_line_backup(folder, line_ios_files(account)))
        return judge(ios_db.read_account(presence.folders[0], presence.preferences, is_domain))
    (place,) = android_files.in_dump(write_line_databases(folder, line_android_databases(account)))
    return judge(android_db.read_account(place, is_domain))


@pytest.mark.parametrize("platform", list(Platform))
@pytest.mark.parametrize("name", list(_ACCOUNTS))
def test_an_ordinary_account_is_not_called_switched_off(name: str, platform: Platform, tmp_path: Path) -> None:
    """Neither the summary nor a rule about the account says so."""
    verdict = _judged(tmp_path, _ACCOUNTS[name], platform)
    assert verdict.summary.sealing in {Sealing.ON, Sealing.UNKNOWN}, verdict.summary
    assert not _SPEAKING & {each.rule.id for each in verdict.findings}


def test_the_corpus_is_as_large_as_promised() -> None:
    """More than forty stories, each told by both platforms."""
    assert len(_ACCOUNTS) > 40


@pytest.mark.parametrize("name", sorted(_ACCOUNTS)[::4])
def test_a_switch_off_among_the_noise_is_found(name: str, tmp_path: Path) -> None:
    """The account that is switched off for the last days says R1, R2, R3, R5 and R6 whatever else it holds."""
    when = LAST_DAY - timedelta(days=12)
    account = with_new_key(unsealed_from(_ACCOUNTS[name], when), when + timedelta(days=2))
    answered = {m.outgoing for chat in account.chats for m in chat.messages if m.sealed and m.text}
    if len(answered) < 2:
        pytest.skip("this story has no sealed talk of both sides to switch off")
    verdict = _judged(tmp_path, account, Platform.ANDROID)
    assert verdict.summary.sealing is Sealing.CHANGED
    assert {"R1", "R2", "R3", "R5", "R6"} <= {each.rule.id for each in verdict.findings}
