"""LINE accounts as the databases of an Android phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.phones.line_stories import ContentType, LineChatKind
from mvtcase.phones.sqlite_files import database

if TYPE_CHECKING:
    from pathlib import Path

    from mvtcase.phones.line_stories import LineAccount, LineMessage
    from mvtcase.phones.sqlite_files import Row

PACKAGE = "jp.naver.line.android"
KEY_CANARY = b"KEY-MATERIAL-THAT-MUST-NEVER-BE-READ"

MESSAGES_SCHEMA = """
CREATE TABLE chat_history (id INTEGER PRIMARY KEY AUTOINCREMENT, server_id TEXT, type INTEGER, chat_id TEXT,
  from_mid TEXT, content TEXT, created_time TEXT, delivered_time TEXT, status INTEGER, sent_count INTEGER,
  read_count INTEGER, location_name TEXT, location_address TEXT, location_phone TEXT, location_latitude INTEGER,
  location_longitude INTEGER, attachement_image INTEGER, attachement_image_height INTEGER,
  attachement_image_width INTEGER, attachement_image_size INTEGER, attachement_type INTEGER,
  attachement_local_uri TEXT, parameter TEXT, chunks BLOB);
CREATE TABLE chat (chat_id TEXT PRIMARY KEY, chat_name TEXT, owner_mid TEXT, last_from_mid TEXT, last_message TEXT,
  last_created_time TEXT, message_count INTEGER, read_message_count INTEGER, type INTEGER);
CREATE TABLE contacts (m_id TEXT PRIMARY KEY, server_name TEXT, addressbook_name TEXT, status_msg TEXT);
CREATE TABLE membership (id TEXT, m_id TEXT, is_accepted INTEGER);
"""
SEALING_SCHEMA = """
CREATE TABLE userinfo (mid TEXT PRIMARY KEY, key_id INTEGER, usable BOOLEAN, types TEXT,
  spec_version INTEGER DEFAULT 1, sequence_number INTEGER DEFAULT 0);
CREATE TABLE keystore (version INTEGER, mid TEXT, key_id INTEGER, created_time LONG, pubkey BLOB, prikey BLOB);
CREATE INDEX IDX_E2EE_RECENT_KEY ON keystore(created_time DESC);
"""
SWITCH_SCHEMA = """
CREATE TABLE key_value_int (key TEXT PRIMARY KEY, value INTEGER);
CREATE TABLE key_value_text (key TEXT PRIMARY KEY, value TEXT);
"""

_CHAT_TYPE = {LineChatKind.DIRECT: 1, LineChatKind.GROUP: 3, LineChatKind.OFFICIAL: 1, LineChatKind.OPEN_CHAT: 5}
_CONTENT = {
    ContentType.TEXT: 0,
    ContentType.LOCATION: 15,
    ContentType.IMAGE: 1,
    ContentType.CALL: 6,
    ContentType.STICKER: 7,
    ContentType.FILE: 14,
    ContentType.RICH: 17,
    ContentType.EVENT: 18,
    ContentType.FLEX: 22,
    ContentType.UNDECRYPTED: 0,
    ContentType.MIGRATED: 106,
}
_ROW_TYPES = {ContentType.UNDECRYPTED: 17, ContentType.STICKER: 5, ContentType.EVENT: 13, ContentType.CALL: 4}
"""`chat_history.type` of what is no plain message (1)."""


def line_android_databases(account: LineAccount) -> dict[str, bytes]:
    """Return the account's databases by file name."""
    return {
        "naver_line": messages_database(account),
        "e2ee": sealing_database(account),
        "line_general_key_value": switch_database(account),
    }


def messages_database(account: LineAccount) -> bytes:
    """Return `naver_line`: chats, contacts and messages."""
    return database(MESSAGES_SCHEMA, message_rows(account))


def message_rows(account: LineAccount) -> dict[str, list[Row]]:
    """Return the rows of `naver_line` by table."""
    chats: list[Row] = [
        {"chat_id": chat.mid, "chat_name": chat.name, "type": _CHAT_TYPE[chat.kind]} for chat in account.chats
    ]
    contacts: list[Row] = [
        {"m_id": chat.mid, "server_name": chat.name} for chat in account.chats if chat.mid.startswith("u")
    ]
    waiting = sorted(
        ((message.at, chat.mid, message) for chat in account.chats for message in chat.messages),
        key=lambda each: (each[0], each[1]),
    )
    history = [_message_row(number, mid, message) for number, (_, mid, message) in enumerate(waiting, start=1)]
    return {"chat": chats, "contacts": contacts, "chat_history": history}


def _message_row(number: int, chat: str, message: LineMessage) -> Row:
    entries = ["NOTIFICATION_DISABLED", "true"]
    if message.sealed:
        entries += ["e2eeVersion", "2"]
    if message.restored:
        entries += ["restored", "true"]
    entries += [text for entry in message.entries for text in entry]
    return {
        "id": number,
        "server_id": None if message.waiting else str(13_000_000_000_000 + number),
        "type": _ROW_TYPES.get(message.content, 1),
        "chat_id": chat,
        "from_mid": None if message.outgoing else chat,
        "content": message.text,
        "created_time": str(int(message.at.timestamp() * 1000)),
        "status": 3 if message.outgoing else 1,
        "attachement_type": _CONTENT[message.content],
        "parameter": "\t".join(entries),
        "chunks": KEY_CANARY,
    }


def sealing_database(account: LineAccount) -> bytes:
    """Return `e2ee`: the last state of each peer, and key rows whose keys are canaries."""
    held = [chat for chat in account.chats if chat.usable is not None]
    peers: list[Row] = [
        {
            "mid": chat.mid,
            "key_id": 3_000_000 + number if chat.usable else 0,
            "usable": int(bool(chat.usable)),
            "types": "0,15" if chat.usable else "",
            "spec_version": 2,
        }
        for number, chat in enumerate(held, start=1)
    ]
    own = [(account.mid, int(at.timestamp() * 1000)) for at in account.own_keys]
    others = [(chat.mid, own[0][1] if own else 0) for chat in held if chat.had_key]
    keys: list[Row] = [
        {"version": 1, "mid": mid, "key_id": number, "created_time": at, "pubkey": KEY_CANARY, "prikey": KEY_CANARY}
        for number, (mid, at) in enumerate([*own, *others], start=1)
    ]
    return database(SEALING_SCHEMA, {"userinfo": peers, "keystore": keys})


def switch_database(account: LineAccount) -> bytes:
    """Return `line_general_key_value` with the account's switch, or without it where it is None."""
    rows: list[Row] = [{"key": "SECURITY_CENTER_SETTING_TYPE", "value": 0}]
    if account.switch is not None:
        rows.append({"key": "E2EE_ENABLE", "value": account.switch})
    return database(SWITCH_SCHEMA, {"key_value_int": rows})


def write_line_android_fs(root: Path, account: LineAccount, *, user: int = 0) -> Path:
    """Write the account where a file system dump of an Android phone has it and return the dump's root."""
    return write_line_databases(root, line_android_databases(account), user=user)


def write_line_databases(root: Path, databases: dict[str, bytes], *, user: int = 0) -> Path:
    """Write LINE databases given by name below `data/data`, or below `data/user/<n>` for further users."""
    parent = root / "data" / "data" if user == 0 else root / "data" / "user" / str(user)
    folder = parent / PACKAGE / "databases"
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in databases.items():
        (folder / name).write_bytes(content)
    return root
