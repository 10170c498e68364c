"""The LINE builder: stories, files, determinism, and that its word is that of MVT's own database names."""

from __future__ import annotations

import plistlib
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from builders.line import (
    LAST_DAY,
    LINE_VARIANTS,
    LineChatKind,
    healthy_account,
    line_android_databases,
    line_ios_files,
    single_peer_unsealed,
    two_accounts,
    unsealed_from,
    with_link,
    with_login_notice,
    with_message,
    with_messages,
    with_new_key,
    write_line_android_fs,
    write_line_backup,
    write_line_ios_fs,
)
from builders.line_variant import LineEvidence
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.line_ios import archived, mid_data

if TYPE_CHECKING:
    from pathlib import Path

_WHEN = LAST_DAY - timedelta(days=10)


def test_the_same_seed_gives_the_same_bytes() -> None:
    """Equal arguments give equal files, and another seed other ones."""
    first, again = line_ios_files(healthy_account(seed=5)), line_ios_files(healthy_account(seed=5))
    assert first == again
    assert line_android_databases(healthy_account(seed=5)) == line_android_databases(healthy_account(seed=5))
    assert healthy_account(seed=6).mid != healthy_account(seed=5).mid


def test_a_healthy_account_is_sealed_but_for_the_official_chat() -> None:
    """Only LINE's own chat is unsealed, as by design."""
    account = healthy_account()
    unsealed = {chat.kind for chat in account.chats for message in chat.messages if not message.sealed}
    assert unsealed == {LineChatKind.OFFICIAL}
    assert account.switch == 1


def test_an_unsealed_account_turns_at_the_moment() -> None:
    """Every message from the moment on is unsealed, every earlier one as it was; the switch reads off."""
    account = unsealed_from(healthy_account(), _WHEN)
    people = [chat for chat in account.chats if chat.kind is not LineChatKind.OFFICIAL]
    assert all(message.sealed == (message.at < _WHEN) for chat in people for message in chat.messages)
    assert (account.switch, {chat.usable for chat in people}) == (0, {False})


def test_an_ended_time_leaves_switch_and_keys() -> None:
    """A time that ended leaves no trace but the messages of it."""
    account = unsealed_from(healthy_account(), _WHEN, until=LAST_DAY)
    assert account.switch == 1
    assert all(chat.usable in (True, None) for chat in account.chats)


def test_a_single_peer_changes_one_chat() -> None:
    """All other chats stay equal."""
    before, after = healthy_account(), single_peer_unsealed(healthy_account(), _WHEN, chat=2)
    assert [index for index, pair in enumerate(zip(before.chats, after.chats, strict=True)) if pair[0] != pair[1]] == [
        2
    ]


def test_two_accounts_are_two() -> None:
    """The accounts of one phone have ids of their own."""
    assert len({account.mid for account in two_accounts(_WHEN)}) == 2


def test_messages_notices_and_keys_are_added_in_time_order() -> None:
    """Additions keep the order of time and are sealed as the message before them."""
    account = with_message(unsealed_from(healthy_account(), _WHEN), "hello", LAST_DAY - timedelta(days=1), chat=1)
    times = [message.at for message in account.chats[1].messages]
    assert times == sorted(times)
    assert not next(message for message in account.chats[1].messages if message.text == "hello").sealed
    assert len(with_new_key(account, LAST_DAY).own_keys) == 2
    official = with_login_notice(account, LAST_DAY).chats[-1]
    assert any("登入通知" in message.text for message in official.messages)
    assert all(chat.messages == () for chat in with_messages(account, lambda _: ()).chats)


@pytest.mark.parametrize(
    ("value", "link"), [("a.example.com", "https://a.example.com/"), ("http://a.example/x", "http://a.example/x")]
)
def test_a_planted_link_is_in_a_received_message(value: str, link: str) -> None:
    """A domain becomes a link, a URL stays as it is."""
    messages = with_link(healthy_account(), value).chats[0].messages
    assert [message.outgoing for message in messages if f" {link} " in message.text] == [False]


def test_a_backup_lists_what_it_holds(tmp_path: Path) -> None:
    """Every listed file is where its id says."""
    files = line_ios_files(healthy_account())
    write_line_backup(tmp_path, files)
    with closing(sqlite3.connect(tmp_path / "Manifest.db")) as connection:
        listed = [row[0] for row in connection.execute("SELECT fileID FROM Files")]
    assert sorted(listed) == sorted(file.file_id for file in files)
    assert all((tmp_path / file_id[:2] / file_id).is_file() for file_id in listed)


def test_line_files_go_into_the_phone_builder(tmp_path: Path) -> None:
    """The builder of whole iPhones takes LINE's files among its own."""
    files = line_ios_files(healthy_account())
    built = build_ios_backup(tmp_path / "backup", IosPhone(extra_files=files))
    assert (built.path / files[0].file_id[:2] / files[0].file_id).read_bytes() == files[0].content


def test_dumps_hold_the_databases_where_the_apps_keep_them(tmp_path: Path) -> None:
    """Both platforms' paths are the published ones."""
    write_line_android_fs(tmp_path / "a", healthy_account())
    write_line_android_fs(tmp_path / "a", healthy_account(), user=11)
    assert (tmp_path / "a/data/data/jp.naver.line.android/databases/naver_line").is_file()
    assert (tmp_path / "a/data/user/11/jp.naver.line.android/databases/e2ee").is_file()
    write_line_ios_fs(tmp_path / "i", line_ios_files(healthy_account()))
    containers = tmp_path / "i" / "private/var/mobile/Containers/Shared/AppGroup"
    pattern = "*/Library/Application Support/PrivateStore/P_u*/Messages/Line.sqlite"
    assert len(list(containers.glob(pattern))) == 1


def test_metadata_is_a_keyed_archive() -> None:
    """The archive has its dictionary at the second object, as the published reader expects."""
    objects = plistlib.loads(archived({"e2eeVersion": "2"}))["$objects"]
    assert [objects[key.data] for key in objects[1]["NS.keys"]] == ["e2eeVersion"]


def test_an_id_becomes_seventeen_bytes() -> None:
    """One type byte and sixteen bytes of the id."""
    assert mid_data("u" + "0f" * 16) == b"\x00" + b"\x0f" * 16


@pytest.mark.parametrize("evidence", list(LineEvidence))
def test_variants_build_for_both_platforms(evidence: LineEvidence, tmp_path: Path) -> None:
    """The first variant of a platform is written where asked, and its name tells the platform."""
    variant = next(each for each in LINE_VARIANTS if each.evidence is evidence)
    target = variant.write(tmp_path / "variant")
    assert target == tmp_path / "variant"
    assert any(target.rglob("*"))
    assert str(variant).startswith(str(evidence))
