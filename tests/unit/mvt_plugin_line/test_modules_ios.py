"""The iOS module over built backups and dumps."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from mvt.plugin import AlertLevel, DatabaseCorruptedError, DatabaseNotFoundError

from builders.line import (
    LAST_DAY,
    LineAccount,
    healthy_account,
    line_ios_files,
    single_peer_unsealed,
    two_accounts,
    unsealed_from,
    with_messages,
    write_line_backup,
    write_line_ios_fs,
)
from mvt_plugin_line.modules_ios import LineIOS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_WHEN = LAST_DAY - timedelta(days=10)
_KEYS = {
    "record", "platform", "account_mid_hash", "sealing", "basis", "last_sealed", "first_unsealed", "reason",
    "chats_total", "chats_sealed", "chats_unsealed", "chats_unknown",
}  # fmt: skip


@pytest.fixture
def backup_run(tmp_path: Path, run_line: Callable[..., Any]) -> Callable[[LineAccount], Any]:
    """Return a function that builds a backup of an account and runs the module over it."""

    def run(account: LineAccount) -> Any:
        return run_line(LineIOS, write_line_backup(tmp_path / "backup", line_ios_files(account)), is_backup=True)

    return run


def test_the_summary_has_the_keys_an_orchestrator_relies_on(backup_run: Callable[[LineAccount], Any]) -> None:
    """Exactly one summary stands first, with every agreed key, and names the account by its hash."""
    built = healthy_account()
    run = backup_run(built)
    assert run.results[0] == run.summary
    assert set(run.summary) >= _KEYS
    assert run.summary["account_mid_hash"] == hashlib.sha256(built.mid.encode()).hexdigest()
    assert (run.summary["sealing"], run.summary["basis"]) == ("on", "R2")


def test_a_whole_phone_flip_has_the_window_of_the_story(backup_run: Callable[[LineAccount], Any]) -> None:
    """Last sealed lies before the moment of the story and first unsealed after it."""
    summary = backup_run(unsealed_from(healthy_account(messages=60), _WHEN)).summary
    moment = _WHEN.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert (summary["sealing"], summary["basis"]) == ("changed_on_off", "R3")
    assert summary["last_sealed"] < moment <= summary["first_unsealed"]


def test_a_single_peer_is_low_and_the_account_stays_on(backup_run: Callable[[LineAccount], Any]) -> None:
    """One peer's change is R4, and no MEDIUM alert comes of it."""
    run = backup_run(single_peer_unsealed(healthy_account(messages=60), _WHEN))
    assert run.summary["sealing"] == "on"
    assert run.rules() == ["R2", "R4"]
    assert max(alert.level.value for alert in run.alerts) == AlertLevel.LOW.value


def test_each_chat_has_its_runs(backup_run: Callable[[LineAccount], Any]) -> None:
    """The chat that turned shows a sealed and an unsealed run with their times, the others one sealed run."""
    built = single_peer_unsealed(healthy_account(messages=60), _WHEN)
    chats = {chat["chat"]: chat for chat in backup_run(built).of("line_chat")}
    turned = chats[built.chats[0].mid]
    assert [run["sealed"] for run in turned["runs"]] == [True, False]
    assert turned["runs"][0]["last"] < turned["runs"][1]["first"]
    assert (turned["sealing"], turned["sealing_basis"]) == ("unsealed", "messages")
    assert [run["sealed"] for run in chats[built.chats[1].mid]["runs"]] == [True]


def test_a_chat_known_by_its_key_record_alone_says_so(tmp_path: Path, run_line: Callable[..., Any]) -> None:
    """Without any sealed mark a chat's state is that of LINE's key record, and named as such."""
    silent = with_messages(healthy_account(), lambda ms: tuple(replace(message, sealed=False) for message in ms))
    run = run_line(LineIOS, write_line_backup(tmp_path, line_ios_files(silent)), is_backup=True)
    found = {(chat["sealing"], chat["sealing_basis"]) for chat in run.of("line_chat") if chat["kind"] == "direct"}
    assert found == {("sealed", "key_record")}
    assert run.summary["sealing"] == "unknown"


def test_a_flip_that_ended_is_still_raised(backup_run: Callable[[LineAccount], Any]) -> None:
    """Sealing that came back is on again, and the window of the past stands in summary and alert."""
    run = backup_run(unsealed_from(healthy_account(messages=90), _WHEN, until=LAST_DAY - timedelta(days=4)))
    assert run.summary["sealing"] == "on"
    assert run.summary["first_unsealed"] < run.summary["resealed"]
    assert "R3" in run.rules()


def test_no_posture_alert_carries_an_indicator(backup_run: Callable[[LineAccount], Any]) -> None:
    """Every alert without indicators has an event with a time field, a level up to MEDIUM and no indicator."""
    run = backup_run(unsealed_from(healthy_account(), _WHEN))
    assert run.alerts
    for alert in run.alerts:
        assert alert.matched_indicator is None
        assert alert.level.value <= AlertLevel.MEDIUM.value
        assert "isodate" in alert.event
        assert alert.module == "line_ios"


def test_two_accounts_give_two_summaries(tmp_path: Path, run_line: Callable[..., Any]) -> None:
    """No account is picked silently."""
    files = {file.file_id: file for account in two_accounts(_WHEN) for file in line_ios_files(account)}
    run = run_line(LineIOS, write_line_backup(tmp_path, files.values()), is_backup=True)
    states = [each["sealing"] for each in run.of("line_sealing_summary")]
    assert sorted(states) == ["changed_on_off", "on"]


def test_a_dump_gives_what_a_backup_gives(tmp_path: Path, run_line: Callable[..., Any]) -> None:
    """The same account in a file system dump has the same summary."""
    files = line_ios_files(unsealed_from(healthy_account(), _WHEN))
    backup = run_line(LineIOS, write_line_backup(tmp_path / "backup", files), is_backup=True)
    dump = run_line(LineIOS, write_line_ios_fs(tmp_path / "dump", files), is_backup=False)
    assert dump.summary == backup.summary


def test_results_are_json_and_hold_no_chat_text(backup_run: Callable[[LineAccount], Any]) -> None:
    """Results survive JSON and hold no text of a message without link or notice."""
    text = json.dumps(backup_run(healthy_account()).results, ensure_ascii=False)
    assert "The meeting moved" not in text
    assert "明天見" not in text


def test_absence_and_damage_are_told_apart(tmp_path: Path, run_line: Callable[..., Any]) -> None:
    """No LINE is a normal absence; a broken list of files is damage."""
    backup = write_line_backup(tmp_path, [])
    with pytest.raises(DatabaseNotFoundError, match="not in this acquisition"):
        run_line(LineIOS, backup, is_backup=True)
    (backup / "Manifest.db").write_bytes(b"broken")
    with pytest.raises(DatabaseCorruptedError, match=r"Manifest\.db"):
        run_line(LineIOS, backup, is_backup=True)
    (backup / "Manifest.db").unlink()
    with pytest.raises(DatabaseNotFoundError, match=r"no Manifest\.db"):
        run_line(LineIOS, backup, is_backup=True)


def test_the_timeline_holds_what_has_a_time(backup_run: Callable[[LineAccount], Any]) -> None:
    """Rule findings with a time stand in the timeline, chats do not."""
    timeline = backup_run(unsealed_from(healthy_account(), _WHEN)).module.timeline
    assert {entry["event"] for entry in timeline} == {"line_rule"}
    assert all(entry["timestamp"] for entry in timeline)
