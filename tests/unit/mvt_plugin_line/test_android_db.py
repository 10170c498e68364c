"""One Android account, read from built databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.line import (
    LAST_DAY,
    ContentType,
    LineAccount,
    healthy_account,
    line_android_databases,
    with_login_notice,
    with_message,
    with_messages,
    with_new_key,
    write_line_databases,
)
from builders.line_variant import after
from mvt_plugin_line import android_db
from mvt_plugin_line.android_db import parameters, read_account
from mvt_plugin_line.android_files import in_dump
from mvtcase.phones.sqlite_files import database

if TYPE_CHECKING:
    from pathlib import Path

    from mvt_plugin_line.records import Account
    from mvtcase.phones.sqlite_files import Row


def _read(tmp_path: Path, account: LineAccount, **contents: bytes) -> Account:
    write_line_databases(tmp_path, {**line_android_databases(account), **contents})
    (folder,) = in_dump(tmp_path)
    return read_account(folder, lambda text: text.endswith("example.com"))


def test_a_healthy_account_is_read_whole(tmp_path: Path) -> None:
    """Every message is counted, the switch and the own id are known, and nothing is a gap."""
    built = healthy_account(seed=2)
    account = _read(tmp_path, built)
    assert (account.switch, account.mid, account.gaps) == (1, built.mid, ())
    assert sum(chat.messages for chat in account.chats) == sum(len(chat.messages) for chat in built.chats)
    assert {(chat.usable, chat.content_types) for chat in account.chats} == {(True, "0,15"), (None, None)}


def test_own_keys_are_told_from_those_of_peers(tmp_path: Path) -> None:
    """Only the account's own key rows are taken, with their times."""
    at = datetime(2021, 7, 15, tzinfo=timezone.utc)
    account = _read(tmp_path, with_new_key(healthy_account(seed=2), at))
    assert [key.created_ms for key in account.own_keys] == [1583020800000, int(at.timestamp() * 1000)]
    assert account.own_keys_known


def test_keys_of_unknown_owners_are_not_taken_for_own(tmp_path: Path) -> None:
    """Two owners that are nobody's peer leave the own id unknown."""
    schema = """CREATE TABLE userinfo (mid TEXT, usable INTEGER);
    CREATE TABLE keystore (mid TEXT, key_id INTEGER, created_time LONG, prikey BLOB);"""
    rows: list[Row] = [{"mid": f"u{number:032x}", "key_id": 1, "created_time": 1583020800000} for number in (1, 2)]
    account = _read(tmp_path, healthy_account(seed=2), e2ee=database(schema, {"keystore": rows}))
    assert (account.mid, account.own_keys, account.own_keys_known) == (None, (), False)


def test_no_key_material_is_read(tmp_path: Path) -> None:
    """Keys and leftover ciphertext are nowhere in what was read."""
    assert "KEY-MATERIAL" not in repr(_read(tmp_path, healthy_account(seed=2)))


def test_links_and_notices_are_found(tmp_path: Path) -> None:
    """A link has its sender's name; a notice comes from LINE's own chat."""
    built = with_message(healthy_account(seed=2), "x.example.com", LAST_DAY, outgoing=False)
    account = _read(tmp_path, with_login_notice(built, LAST_DAY - timedelta(days=2)))
    (link,) = account.links
    assert (link.domains, link.sender_name) == (("x.example.com",), built.chats[0].name)
    assert [notice.kind for notice in account.notices] == ["login"]


def test_a_limit_that_was_reached_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More messages than are read are said, and the reading counts as incomplete."""
    monkeypatch.setattr(android_db, "MOST_MESSAGES", 50)
    account = _read(tmp_path, healthy_account(seed=2))
    assert [gap.reason for gap in account.gaps] == ["only the newest 50 messages were read"]
    assert not account.messages_complete


def test_a_damaged_contact_database_costs_the_names_alone(tmp_path: Path) -> None:
    """The newer database of contacts is optional, and broken it is a gap."""
    account = _read(tmp_path, healthy_account(seed=2), contact=b"broken")
    assert [(gap.source, gap.damaged) for gap in account.gaps] == [("contact", True)]
    assert account.messages_complete


def test_rows_of_a_wrong_type_are_counted_and_still_searched(tmp_path: Path) -> None:
    """A chat id, content or sender that is no text keeps its row out of the comparison, and no link is lost."""
    content = line_android_databases(healthy_account(seed=2))["naver_line"]
    spoilt = after(
        content,
        (
            "UPDATE chat_history SET chat_id = x'00' WHERE id = 1",
            "UPDATE chat_history SET content = CAST('https://x.example.com/blob' AS BLOB) WHERE id = 2",
            "UPDATE chat_history SET from_mid = x'00' WHERE id = 3",
        ),
    )
    account = _read(tmp_path, healthy_account(seed=2), naver_line=spoilt)
    assert dict(account.counts)["odd_rows"] == 3
    assert [link.links for link in account.links] == [("https://x.example.com/blob",)]


def test_names_come_from_the_newer_contact_database_too(tmp_path: Path) -> None:
    """Newer builds keep contacts in a database of their own."""
    built = with_message(healthy_account(seed=2), "x.example.com", LAST_DAY)
    rows = [{"mid": built.chats[0].mid, "profile_name": "Newer Name"}]
    contact = database("CREATE TABLE contacts (mid TEXT, profile_name TEXT, overridden_name TEXT);", {"contacts": rows})
    assert _read(tmp_path, built, contact=contact).links[0].sender_name == "Newer Name"


def test_undecryptable_messages_are_counted_and_left_out(tmp_path: Path) -> None:
    """Rows of type 17 are no unsealed messages."""
    built = with_messages(
        healthy_account(seed=2), lambda ms: tuple(replace(m, content=ContentType.UNDECRYPTED) for m in ms), chat=0
    )
    account = _read(tmp_path, built)
    assert dict(account.counts)["undecryptable_messages"] == len(built.chats[0].messages)
    chat = next(chat for chat in account.chats if chat.mid == built.chats[0].mid)
    assert (chat.marks, chat.left_out) == ((), len(built.chats[0].messages))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, {}),
        ("", {}),
        ("a\tb\te2eeVersion\t2", {"a": "b", "e2eeVersion": "2"}),
        ("a\tb\t", {"a": "b"}),
        ("a\tb\tc", None),
        ("a\x00\tb", None),
        (b"a\tb", None),
    ],
)
def test_parameters_are_pairs(text: object, expected: dict[str, str] | None) -> None:
    """Keys and values alternate; anything else is no parameter text."""
    assert parameters(text) == expected


@given(st.dictionaries(st.text(st.characters(exclude_characters="\t\x00")).filter(bool), st.just("v")))
def test_any_pairs_come_back(pairs: dict[str, str]) -> None:
    """What is written as pairs is read as the same pairs."""
    assert parameters("\t".join(part for pair in pairs.items() for part in pair)) == pairs
