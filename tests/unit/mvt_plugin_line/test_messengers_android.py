"""WhatsApp, WhatsApp Business and Viber of an Android dump: a link is found with who sent it and when."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from mvt.plugin import DatabaseCorruptedError, DatabaseNotFoundError

from messengers import LINK, examined, put
from mvt_plugin_line.messengers_android import AndroidMessengers
from mvtcase.phones.sqlite_files import database

if TYPE_CHECKING:
    from pathlib import Path

SENT_AT = 1_790_000_100_000
WHATSAPP = database(
    """
CREATE TABLE jid (_id INTEGER PRIMARY KEY, user TEXT, server TEXT, raw_string TEXT);
CREATE TABLE chat (_id INTEGER PRIMARY KEY, jid_row_id INTEGER, subject TEXT);
CREATE TABLE message (_id INTEGER PRIMARY KEY, chat_row_id INTEGER, from_me INTEGER, key_id TEXT,
    sender_jid_row_id INTEGER, timestamp INTEGER, message_type INTEGER, text_data TEXT);
""",
    {
        "jid": [{"_id": 1, "user": "886900000001"}, {"_id": 2, "user": "886900000002"}],
        "chat": [{"_id": 1, "jid_row_id": 1}, {"_id": 2, "jid_row_id": 2, "subject": "Group"}],
        "message": [
            {"_id": 1, "chat_row_id": 1, "from_me": 0, "sender_jid_row_id": 0, "timestamp": SENT_AT, "text_data": LINK},
            {"_id": 2, "chat_row_id": 1, "from_me": 1, "sender_jid_row_id": 0, "timestamp": SENT_AT, "text_data": "ok"},
            {"_id": 3, "chat_row_id": 2, "from_me": 0, "sender_jid_row_id": 2, "timestamp": 0, "text_data": None},
        ],
    },
)
BEFORE = database(
    "CREATE TABLE messages (_id INTEGER PRIMARY KEY, key_remote_jid TEXT, key_from_me INTEGER, data TEXT, "
    "timestamp INTEGER, remote_resource TEXT);",
    {"messages": [{"key_remote_jid": "886900000001@x", "key_from_me": 0, "data": LINK, "timestamp": SENT_AT}]},
)  # fmt: skip
VIBER = database(
    """
CREATE TABLE messages (_id INTEGER PRIMARY KEY, msg_date INTEGER, send_type INTEGER, body TEXT,
    conversation_id INTEGER, participant_id INTEGER);
CREATE TABLE participants (_id INTEGER PRIMARY KEY, conversation_id INTEGER, participant_info_id INTEGER);
CREATE TABLE participants_info (_id INTEGER PRIMARY KEY, number TEXT, display_name TEXT);
""",
    {
        "messages": [{"msg_date": SENT_AT, "send_type": 0, "body": f"see {LINK}", "participant_id": 4}],
        "participants": [{"_id": 4, "participant_info_id": 7}],
        "participants_info": [{"_id": 7, "number": "886900000001"}],
    },
)


@pytest.mark.parametrize("place", ["data/data", "data/user/10", "data", "extracted/data/data"])
@pytest.mark.parametrize(
    ("name", "data", "messages"),
    [
        ("com.whatsapp/databases/msgstore.db", WHATSAPP, 3),
        ("com.whatsapp.w4b/databases/msgstore.db", BEFORE, 1),
        ("com.viber.voip/databases/viber_messages", VIBER, 1),
    ],
)
def test_a_link_is_found_with_who_and_when(tmp_path: Path, place: str, name: str, data: bytes, messages: int) -> None:
    """Wherever the dump begins, and of every user of the phone."""
    put(tmp_path / place / name, data)
    found = examined(AndroidMessengers, tmp_path)
    (alert,) = found.alertstore.alerts
    assert len(found.results) == messages
    assert alert.event["sender"].startswith("886900000001")
    assert (alert.event["direction"], alert.event_time) == ("received", "2026-09-21 14:15:00.000000")
    assert [found.serialize(each) != {} for each in found.results].count(True) == 1


def test_a_folder_seen_twice_is_read_once_and_no_link_is_followed(tmp_path: Path) -> None:
    """`data/user/0` leads to `data/data`; a link may lead to the examiner's own files."""
    put(tmp_path / "data/data/com.viber.voip/databases/viber_messages", VIBER)
    (tmp_path / "data/user").mkdir()
    (tmp_path / "data/user/0").symlink_to(tmp_path / "data/data")
    assert len(examined(AndroidMessengers, tmp_path).results) == 1


def test_absence_and_damage_are_told_apart(tmp_path: Path) -> None:
    """No app is no source; a store of an unknown schema or without a header is damaged, and the others are read."""
    with pytest.raises(DatabaseNotFoundError):
        examined(AndroidMessengers, tmp_path)
    put(tmp_path / "data/data/com.viber.voip/databases/viber_messages", VIBER)
    put(tmp_path / "data/data/com.whatsapp/databases/msgstore.db", database("CREATE TABLE message (_id);", {}))
    made = AndroidMessengers(target_path=str(tmp_path), log=logging.getLogger("test"))
    with pytest.raises(DatabaseCorruptedError, match="com"):
        made.run()
    assert len(made.results) == 1
