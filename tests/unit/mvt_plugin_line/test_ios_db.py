"""One iPhone account, read from built databases."""

from __future__ import annotations

import plistlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.line import (
    LAST_DAY,
    ContentType,
    LineAccount,
    healthy_account,
    line_ios_files,
    with_login_notice,
    with_message,
    with_messages,
    write_line_backup,
)
from builders.line_variant import after
from mvt_plugin_line import ios_db
from mvt_plugin_line.ios_db import metadata_entries, mid_of, read_account, sealed_version
from mvt_plugin_line.ios_files import in_backup
from mvt_plugin_line.records import Account, ChatKind
from mvt_plugin_line.verdict import judge
from mvtcase.phones.line_ios import LINE_SCHEMA, archived, line_rows, mid_data
from mvtcase.phones.sqlite_files import database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _read(tmp_path: Path, account: LineAccount, line: bytes | None = None) -> Account:
    files = list(line_ios_files(account))
    if line is not None:
        files[0] = replace(files[0], content=line)
    presence = in_backup(write_line_backup(tmp_path, files))
    return read_account(presence.folders[0], presence.preferences, lambda text: text.endswith("example.com"))


def test_a_healthy_account_is_read_whole(tmp_path: Path) -> None:
    """Every message is counted, every chat has its kind, and nothing is a gap."""
    built = healthy_account(seed=2)
    account = _read(tmp_path, built)
    assert account.mid == built.mid
    assert sum(chat.messages for chat in account.chats) == sum(len(chat.messages) for chat in built.chats)
    kinds = sorted(chat.kind.value for chat in account.chats)
    assert kinds == sorted(["direct"] * 6 + ["group", "never_sealed"])
    assert (account.gaps, account.messages_complete) == ((), True)
    assert all(chat.two_way for chat in account.chats if chat.kind is ChatKind.DIRECT)


def test_key_records_are_read_without_keys(tmp_path: Path) -> None:
    """Each direct chat has its key record, own keys are counted, and no key is anywhere."""
    account = _read(tmp_path, healthy_account(seed=2))
    assert [chat.usable for chat in account.chats if chat.kind is ChatKind.DIRECT] == [True] * 6
    assert [key.created_ms for key in account.own_keys] == [None]
    assert "KEY-MATERIAL" not in repr(account)


def test_message_texts_are_kept_with_links_alone(tmp_path: Path) -> None:
    """Of all texts only the one with a link stays, with its sender and time."""
    built = with_message(healthy_account(seed=2), "go to https://x.example.com/1", LAST_DAY)
    account = _read(tmp_path, built)
    (link,) = account.links
    assert link.links == ("https://x.example.com/1",)
    assert (link.sender, link.outgoing) == (built.chats[0].mid, False)
    assert "The meeting" not in repr(account)


def test_a_text_searched_in_part_is_a_gap(tmp_path: Path) -> None:
    """More links than are compared in one message are said, not passed over."""
    text = " ".join(f"https://h{number}.example.com" for number in range(300))
    account = _read(tmp_path, with_message(healthy_account(seed=2), text, LAST_DAY))
    assert [gap.reason for gap in account.gaps] == ["1 rows with more text or links than are searched"]


def test_a_link_in_metadata_is_found(tmp_path: Path) -> None:
    """A rich message keeps its link in the metadata, not in the text."""
    rows = line_rows(healthy_account(seed=2))
    rows["ZMESSAGE"][0] = {**rows["ZMESSAGE"][0], "ZCONTENTMETADATA": archived({"u": "https://x.example.com/meta"})}
    account = _read(tmp_path, healthy_account(seed=2), database(LINE_SCHEMA, rows))
    assert [link.links for link in account.links] == [("https://x.example.com/meta",)]


def test_a_login_notice_is_found_in_the_official_chat_alone(tmp_path: Path) -> None:
    """The same words from a person are no notice."""
    at = LAST_DAY - timedelta(days=1)
    built = with_message(with_login_notice(healthy_account(seed=2), at), "登入通知", at)
    assert [notice.kind for notice in _read(tmp_path, built).notices] == ["login"]


def test_odd_rows_are_counted_and_still_searched(tmp_path: Path) -> None:
    """A broken row is a gap and stays out of the comparison; a link in it is found all the same."""
    rows = line_rows(healthy_account(seed=2))
    rows["ZMESSAGE"][3] = {**rows["ZMESSAGE"][3], "ZTEXT": b"\xff https://x.example.com/blob"}
    rows["ZMESSAGE"][5] = {**rows["ZMESSAGE"][5], "ZTIMESTAMP": "noon"}
    account = _read(tmp_path, healthy_account(seed=2), database(LINE_SCHEMA, rows))
    assert {gap.reason: gap.rows for gap in account.gaps} == {
        "1 rows with values of a wrong type, searched for links and left out of the sealing comparison": 1,
        "1 rows with a time that no message can have": 1,
    }
    assert dict(account.counts)["messages"] == len(rows["ZMESSAGE"])
    assert [link.links for link in account.links] == [("https://x.example.com/blob",)]


def test_links_are_found_without_the_table_of_chats(tmp_path: Path) -> None:
    """A database whose chats are gone tells no sealing, and its links are compared all the same."""
    built = with_message(healthy_account(seed=2), "https://x.example.com/1", LAST_DAY)
    line = after(line_ios_files(built)[0].content, ("DROP TABLE ZCHAT",))
    account = _read(tmp_path, built, line)
    assert [link.links for link in account.links] == [("https://x.example.com/1",)]
    assert {chat.kind for chat in account.chats} == {ChatKind.UNKNOWN}
    assert not account.messages_complete


def test_a_chat_without_a_stored_type_is_told_by_its_id(tmp_path: Path) -> None:
    """Where the column of types is gone, people and groups are told by their ids."""
    built = healthy_account(seed=2)
    line = after(line_ios_files(built)[0].content, ("ALTER TABLE ZCHAT DROP COLUMN ZTYPE",))
    kinds = [chat.kind for chat in _read(tmp_path, built, line).chats]
    assert (kinds.count(ChatKind.DIRECT), kinds.count(ChatKind.GROUP)) == (7, 1)


def test_a_limit_that_was_reached_is_a_gap_and_no_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More messages than are read leave the account unknown rather than on."""
    monkeypatch.setattr(ios_db, "MOST_MESSAGES", 50)
    account = _read(tmp_path, healthy_account(seed=2))
    assert [gap.reason for gap in account.gaps] == ["only the newest 50 messages were read"]
    assert dict(account.counts)["messages"] == 50
    assert judge(account).summary.sealing.value == "unknown"


def test_a_rich_message_is_a_message(tmp_path: Path) -> None:
    """Content type 17 is RICH on iOS: nothing is left out for it, and it says nothing about sealing."""
    built = with_messages(
        healthy_account(seed=2),
        lambda ms: tuple(replace(m, content=ContentType.RICH, sealed=False) for m in ms),
        chat=0,
    )
    account = _read(tmp_path, built)
    (chat,) = [each for each in account.chats if each.mid == built.chats[0].mid]
    assert (chat.left_out, chat.marks, chat.messages) == (0, (), len(built.chats[0].messages))


def test_missing_senders_cost_the_names_alone(tmp_path: Path) -> None:
    """Without the table of users a link is still found, without its sender."""
    built = with_message(healthy_account(seed=2), "https://x.example.com/1", LAST_DAY)
    account = _read(tmp_path, built, after(line_ios_files(built)[0].content, ("DROP TABLE ZUSER",)))
    assert [(link.sender, link.sender_name) for link in account.links] == [(None, "")]
    assert [gap.source for gap in account.gaps] == ["Line.sqlite senders"]


def test_key_records_of_an_unknown_form_are_counted(tmp_path: Path) -> None:
    """A row whose id has another length is skipped and counted, the others are read."""
    files = list(line_ios_files(healthy_account(seed=2)))
    changed = after(files[1].content, ("UPDATE ZE2EECHAT SET ZMIDDATA = x'00' WHERE Z_PK = 1",))
    files[1] = replace(files[1], content=changed)
    presence = in_backup(write_line_backup(tmp_path, files))
    account = read_account(presence.folders[0], presence.preferences, lambda _: False)
    assert [(gap.source, gap.rows) for gap in account.gaps] == [("E2EEData.sqlite", 1)]
    assert sum(chat.usable is True for chat in account.chats) == 5


def test_preferences_that_cannot_be_read_are_gaps(tmp_path: Path) -> None:
    """A broken, missing or huge preference list costs itself alone."""
    files = list(line_ios_files(healthy_account(seed=2)))
    files[2] = replace(files[2], content=b"broken")
    backup = write_line_backup(tmp_path, files)
    presence = in_backup(backup)
    read = read_account(presence.folders[0], presence.preferences, lambda _: False)
    assert [gap.reason for gap in read.gaps] == ["no readable property list"]
    (backup / files[2].file_id[:2] / files[2].file_id).unlink()
    presence = in_backup(backup)
    read = read_account(presence.folders[0], presence.preferences, lambda _: False)
    assert [gap.reason for gap in read.gaps] == ["listed by the backup, but the file is missing"]


def test_preferences_are_raw_facts(tmp_path: Path) -> None:
    """Only keys that speak of sealing or a migration are given, and values stay small."""
    account = healthy_account(seed=2)
    files = list(line_ios_files(account))
    content = plistlib.dumps({"e2eeFlag": True, "migrationDate": "2021", "tel": "0", "SealX": {"deep": 1}})
    files[2] = replace(files[2], content=content)
    presence = in_backup(write_line_backup(tmp_path, files))
    read = read_account(presence.folders[0], presence.preferences, lambda _: False)
    assert read.preferences == (("e2eeFlag", "True"), ("migrationDate", "2021"))


@pytest.mark.parametrize("make", [archived, plistlib.dumps, lambda d: plistlib.dumps(d, fmt=plistlib.FMT_BINARY)])
def test_metadata_is_read_archived_or_flat(make: Callable[[dict[str, str]], bytes]) -> None:
    """Keyed archives and flat lists give the same entries."""
    assert metadata_entries(make({"e2eeVersion": "2", "a": "b"})) == {"e2eeVersion": "2", "a": "b"}


@given(st.binary(max_size=200))
def test_no_bytes_break_the_metadata_reader(blob: bytes) -> None:
    """Any bytes give entries or None."""
    assert metadata_entries(b"bplist00" + blob) is None or isinstance(metadata_entries(b"bplist00" + blob), dict)
    assert metadata_entries(blob) is None or isinstance(metadata_entries(blob), dict)


def test_a_metadata_cycle_ends() -> None:
    """An archive that refers to itself is answered."""
    archive = {"$objects": ["$null", {"NS.keys": [plistlib.UID(1)], "NS.objects": [plistlib.UID(99)]}]}
    assert metadata_entries(plistlib.dumps(archive, fmt=plistlib.FMT_BINARY)) == {}


@pytest.mark.parametrize(("value", "sealed"), [("1", True), ("2", True), (None, False), ("3", None), ("", None)])
def test_only_known_versions_are_sealed(value: str | None, sealed: bool | None) -> None:  # noqa: FBT001 - parametrised
    """Versions 1 and 2 are sealed, absence is unsealed, anything else tells nothing."""
    assert sealed_version(value) is sealed


def test_ids_are_read_from_their_bytes() -> None:
    """The type byte 0 is a person; other types keep their number, and other forms are none."""
    mid = "u" + "ab" * 16
    assert mid_of(mid_data(mid)) == mid
    assert mid_of(b"\x02" + bytes(16)) == "type2-" + "00" * 16
    assert [mid_of(value) for value in (None, b"", b"\x00" * 16, "text")] == [None] * 4
