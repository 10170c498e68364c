"""LINE accounts as the files of an iPhone, and a minimal backup around them."""

from __future__ import annotations

import plistlib
import sqlite3
from typing import TYPE_CHECKING

from mvtcase.phones.ios_phone import PhoneFile
from mvtcase.phones.line_stories import ContentType, LineChatKind
from mvtcase.phones.sqlite_files import database

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mvtcase.phones.line_stories import LineAccount, LineChat, LineMessage
    from mvtcase.phones.sqlite_files import Row

GROUP_DOMAIN = "AppDomainGroup-group.com.linecorp.line"
APP_DOMAIN = "AppDomain-jp.naver.line"
_CONTAINER = "private/var/mobile/Containers/Shared/AppGroup/6D0E5A52-3B1F-4C7E-9E5B-2A1B0C9D8E7F"

# Columns: pa_script (ZCHAT, ZUSER, ZGROUP, Z_1MEMBERS), public converters of LINE histories (Z_PRIMARYKEY).
LINE_SCHEMA = """
CREATE TABLE ZMESSAGE (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZCONTENTTYPE INTEGER, ZREADCOUNT INTEGER,
  ZSENDSTATUS INTEGER, ZTIMESTAMP INTEGER, ZCHAT INTEGER, ZSENDER INTEGER, ZLATITUDE FLOAT, ZLONGITUDE FLOAT,
  ZID VARCHAR, ZMESSAGETYPE VARCHAR, ZTEXT VARCHAR, ZCONTENTMETADATA BLOB, ZTHUMBNAIL BLOB);
CREATE TABLE ZCHAT (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZALERT INTEGER, ZE2EECONTENTTYPES INTEGER,
  ZENABLE INTEGER, ZLASTRECEIVEDMESSAGEID INTEGER, ZLIVE INTEGER, ZREADUPTOMESSAGEID INTEGER,
  ZREADUPTOMESSAGEIDSYNCED INTEGER, ZSESSIONID INTEGER, ZSORTORDER INTEGER, ZTYPE INTEGER, ZUNREAD INTEGER,
  ZMETADATA INTEGER, ZEXPIREINTERVAL FLOAT, ZLASTUPDATED TIMESTAMP, ZINPUTTEXT VARCHAR, ZINVITERMID VARCHAR,
  ZLASTMESSAGE VARCHAR, ZMID VARCHAR, ZSKIN VARCHAR);
CREATE TABLE ZUSER (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZALERT INTEGER, ZBLOCKING INTEGER,
  ZCAPABILITIES INTEGER, ZCONTACTTYPE INTEGER, ZE2EECONTENTTYPES INTEGER, ZFAVORITEORDER INTEGER,
  ZFRIENDREQUESTSTATUS INTEGER, ZISFRIEND INTEGER, ZISHIDDEN INTEGER, ZISINADDRESSBOOK INTEGER, ZISRECOMMENDED INTEGER,
  ZISREMOVED INTEGER, ZISUNREGISTERED INTEGER, ZISVIEWED INTEGER, ZMYHOMECAPABLE INTEGER, ZUSERTYPE INTEGER,
  ZVIDEOCALLCAPABLE INTEGER, ZVOICECALLCAPABLE INTEGER, ZCREATEDTIME TIMESTAMP, ZSTATUSUPDATEDAT TIMESTAMP,
  ZADDRESSBOOKNAME VARCHAR, ZCOUNTRY VARCHAR, ZCUSTOMNAME VARCHAR, ZMID VARCHAR, ZNAME VARCHAR, ZPICTURESTATUS VARCHAR,
  ZPICTUREURL VARCHAR, ZPROFILEIMAGE VARCHAR, ZRECOMMENDPARAMS VARCHAR, ZSORTABLENAME VARCHAR, ZSTATUSMESSAGE VARCHAR,
  ZE2EEPUBLICKEYCHAIN BLOB, ZPUBLICKEYCHAIN BLOB);
CREATE TABLE ZGROUP (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZALERT INTEGER, ZENABLE INTEGER,
  ZFAVORITEORDER INTEGER, ZISACCEPTED INTEGER, ZISPREVENTLINKINVITATION INTEGER, ZISVIEWED INTEGER, ZCREATOR INTEGER,
  ZCREATEDTIME TIMESTAMP, ZID VARCHAR, ZLINKINVITATION VARCHAR, ZNAME VARCHAR, ZPICTURESTATUS VARCHAR);
CREATE TABLE Z_1MEMBERS (Z_1CHATS INTEGER, Z_12MEMBERS INTEGER, PRIMARY KEY (Z_1CHATS, Z_12MEMBERS));
CREATE TABLE Z_4MEMBERS (Z_4GROUPS INTEGER, Z_12MEMBERS1 INTEGER, PRIMARY KEY (Z_4GROUPS, Z_12MEMBERS1));
CREATE TABLE Z_PRIMARYKEY (Z_ENT INTEGER PRIMARY KEY, Z_NAME VARCHAR, Z_SUPER INTEGER, Z_MAX INTEGER);
CREATE TABLE Z_METADATA (Z_VERSION INTEGER PRIMARY KEY, Z_UUID VARCHAR(255), Z_PLIST BLOB);
CREATE TABLE Z_MODELCACHE (Z_CONTENT BLOB);
"""
_ENTITIES = {"ZCHAT": (1, "Chat"), "ZGROUP": (4, "Group"), "ZMESSAGE": (5, "Message"), "ZUSER": (12, "User")}
"""Core Data's number and name of each kind of row; the tables that join them carry the numbers."""
SEALING_SCHEMA = """
CREATE TABLE ZE2EECHAT (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZCONTENTTYPES INTEGER,
  ZCURRENTKEYID INTEGER, ZSEQUENCENUMBER INTEGER, ZVERSION INTEGER, ZMIDDATA BLOB);
CREATE TABLE ZE2EEKEY (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZCREATEDTIME TIMESTAMP, ZKEYID INTEGER,
  ZENCKEYID INTEGER, ZVERSION INTEGER, ZKEYDATA BLOB, ZMIDDATA BLOB);
"""
_COCOA = 978_307_200
"""2001-01-01 in Unix seconds."""
KEY_CANARY = b"KEY-MATERIAL-THAT-MUST-NEVER-BE-READ"
"""Stands where LINE keeps keys; a result that holds it has read what it must not."""

_TYPES = {LineChatKind.DIRECT: 0, LineChatKind.GROUP: 2, LineChatKind.OFFICIAL: 4, LineChatKind.OPEN_CHAT: 3}
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
    # iOS has no kind of its own for these; that of Android is a row type.
    ContentType.UNDECRYPTED: 0,
    ContentType.MIGRATED: 106,
}
_TEXT_AND_LOCATION = 1 | 1 << 15


def line_ios_files(account: LineAccount, *, domain: str = GROUP_DOMAIN, sealing: bool = True) -> tuple[PhoneFile, ...]:
    """Return the account's files: `Line.sqlite`, `E2EEData.sqlite` (if `sealing`) and a preference list.

    They go into `IosPhone(extra_files=…)` or `write_line_backup`.
    """
    files = [account_file(account.mid, "Messages/Line.sqlite", line_database(account), domain)]
    if sealing:
        files.append(account_file(account.mid, "Messages/E2EEData.sqlite", sealing_database(account), domain))
    preferences = plistlib.dumps({"mid": account.mid, "name": "Invented", "migrationDate": "2020-03-01"})
    return (*files, preference_file("group.com.linecorp.line.plist", preferences, domain))


def account_file(mid: str, name: str, content: bytes, domain: str = GROUP_DOMAIN) -> PhoneFile:
    """Return a file of an account by its path in the account's folder."""
    return line_file(f"Library/Application Support/PrivateStore/P_{mid}/{name}", content, domain)


def line_file(relative_path: str, content: bytes, domain: str = GROUP_DOMAIN) -> PhoneFile:
    """Return any file of LINE's container."""
    return PhoneFile(
        source=f"line_{relative_path.rsplit('/', 1)[-1]}",
        domain=domain,
        relative_path=relative_path,
        device_path=f"{_CONTAINER}/{relative_path}",
        content=content,
    )


def preference_file(name: str, content: bytes, domain: str = GROUP_DOMAIN) -> PhoneFile:
    """Return a preference list of LINE."""
    return line_file(f"Library/Preferences/{name}", content, domain)


def line_database(account: LineAccount) -> bytes:
    """Return the account's `Line.sqlite`."""
    return database(LINE_SCHEMA, line_rows(account))


def line_rows(account: LineAccount) -> dict[str, list[Row]]:
    """Return the rows of `Line.sqlite` by table, messages in the order in which they were written."""
    rows: dict[str, list[Row]] = {"ZCHAT": [], "ZUSER": [], "ZMESSAGE": [], "ZGROUP": [], "Z_1MEMBERS": []}
    waiting = []
    for key, chat in enumerate(account.chats, start=1):
        rows["ZCHAT"].append(_chat_row(key, chat))
        name: Row = {"ZMID": chat.mid, "ZNAME": chat.name, "ZSORTABLENAME": chat.name, "ZISFRIEND": 1}
        rows["ZUSER"].append({"Z_PK": key, **name, "ZE2EEPUBLICKEYCHAIN": KEY_CANARY})
        rows["Z_1MEMBERS"].append({"Z_1CHATS": key, "Z_12MEMBERS": key})
        if chat.kind is LineChatKind.GROUP:
            rows["ZGROUP"].append({"Z_PK": key, "ZID": chat.mid, "ZNAME": chat.name, "ZISACCEPTED": 1})
        waiting += [(message.at, key, message) for message in chat.messages]
    waiting.sort(key=lambda each: (each[0], each[1]))
    rows["ZMESSAGE"] = [
        _message_row(number, chat, message) for number, (_, chat, message) in enumerate(waiting, start=1)
    ]
    for table, (entity, _) in _ENTITIES.items():
        rows[table] = [{**row, "Z_ENT": entity, "Z_OPT": 1} for row in rows[table]]
    rows["Z_PRIMARYKEY"] = [
        {"Z_ENT": entity, "Z_NAME": name, "Z_SUPER": 0, "Z_MAX": len(rows[table])}
        for table, (entity, name) in _ENTITIES.items()
    ]
    rows["Z_METADATA"] = [{"Z_VERSION": 1, "Z_UUID": "0B1C2D3E-4F50-4617-8293-A4B5C6D7E8F9", "Z_PLIST": b""}]
    return rows


def _chat_row(key: int, chat: LineChat) -> Row:
    newest = chat.messages[-1] if chat.messages else None
    return {
        "Z_PK": key,
        "ZALERT": 1,
        "ZE2EECONTENTTYPES": 0,
        "ZENABLE": 1,
        "ZMID": chat.mid,
        "ZTYPE": _TYPES[chat.kind],
        "ZLIVE": 1,
        "ZUNREAD": 0,
        "ZMETADATA": 0,
        "ZLASTUPDATED": newest.at.timestamp() - _COCOA if newest else 0,
        "ZLASTMESSAGE": newest.text if newest else None,
    }


def _message_row(number: int, chat: int, message: LineMessage) -> Row:
    entries = {"NOTIFICATION_DISABLED": "true"}
    if message.sealed:
        entries["e2eeVersion"] = "2"
    if message.restored:
        entries["restored"] = "true"
    entries |= dict(message.entries)
    return {
        "Z_PK": number,
        "ZCONTENTTYPE": _CONTENT[message.content],
        # Received messages have 1 as well.
        "ZSENDSTATUS": int(not message.waiting),
        "ZTIMESTAMP": int(message.at.timestamp() * 1000),
        "ZCHAT": chat,
        # A direct chat and its one peer have the same row number in this builder.
        "ZSENDER": None if message.outgoing else chat,
        "ZID": str(13_000_000_000_000 + number),
        "ZTEXT": message.text,
        "ZCONTENTMETADATA": archived(entries),
        "ZTHUMBNAIL": KEY_CANARY,
    }


def archived(entries: dict[str, str]) -> bytes:
    """Return a dictionary of texts as `NSKeyedArchiver` writes one."""
    names = list(entries)
    root = {
        "NS.keys": [plistlib.UID(2 + index) for index in range(len(names))],
        "NS.objects": [plistlib.UID(2 + len(names) + index) for index in range(len(names))],
        "$class": plistlib.UID(2 + 2 * len(names)),
    }
    described = {"$classname": "NSDictionary", "$classes": ["NSDictionary", "NSObject"]}
    archive = {
        "$version": 100_000,
        "$archiver": "NSKeyedArchiver",
        "$top": {"root": plistlib.UID(1)},
        "$objects": ["$null", root, *names, *entries.values(), described],
    }
    return plistlib.dumps(archive, fmt=plistlib.FMT_BINARY)


def sealing_database(account: LineAccount) -> bytes:
    """Return the account's `E2EEData.sqlite`; key columns hold a canary."""
    chats = [_sealing_row(number, chat) for number, chat in enumerate(_with_key_record(account), start=1)]
    keys: list[Row] = [
        {
            "Z_PK": number,
            "ZCREATEDTIME": 0,
            "ZKEYID": 4_000_000 + number,
            "ZKEYDATA": KEY_CANARY,
            "ZMIDDATA": mid_data(mid),
        }
        for number, mid in enumerate([account.mid] * len(account.own_keys), start=1)
    ]
    return database(SEALING_SCHEMA, {"ZE2EECHAT": chats, "ZE2EEKEY": keys})


def _with_key_record(account: LineAccount) -> list[LineChat]:
    return [chat for chat in account.chats if chat.usable is not None and chat.kind is LineChatKind.DIRECT]


def _sealing_row(number: int, chat: LineChat) -> Row:
    return {
        "Z_PK": number,
        "ZMIDDATA": mid_data(chat.mid),
        "ZCURRENTKEYID": 3_000_000 + number if chat.usable else 0,
        "ZCONTENTTYPES": _TEXT_AND_LOCATION if chat.usable else 0,
        "ZSEQUENCENUMBER": number,
        "ZVERSION": 2,
    }


def mid_data(mid: str) -> bytes:
    """Return a person's id as `ZMIDDATA` holds it: a zero byte and sixteen bytes."""
    return b"\x00" + bytes.fromhex(mid[1:])


def write_line_backup(folder: Path, files: Iterable[PhoneFile]) -> Path:
    """Write a minimal iTunes backup (iOS 14.6, unencrypted) that holds these files and return its folder."""
    listed = tuple(files)
    folder.mkdir(parents=True, exist_ok=True)
    for file in listed:
        place = folder / file.file_id[:2] / file.file_id
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(file.content)
    write_line_manifest(folder, listed)
    info = {
        "Product Type": "iPhone12,1",
        "Product Version": "14.6",
        "Build Version": "18F72",
        "Device Name": "Invented",
    }
    (folder / "Info.plist").write_bytes(plistlib.dumps(info))
    (folder / "Manifest.plist").write_bytes(plistlib.dumps({"IsEncrypted": False, "Version": "10.0"}))
    (folder / "Status.plist").write_bytes(plistlib.dumps({"IsFullBackup": True, "SnapshotState": "finished"}))
    return folder


def write_line_manifest(folder: Path, files: Iterable[PhoneFile]) -> None:
    """Write a `Manifest.db` that lists these files, replacing one that is there."""
    path = folder / "Manifest.db"
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE Files (fileID TEXT PRIMARY KEY, domain TEXT, relativePath TEXT, flags INTEGER, file BLOB)"
        )
        rows = [(file.file_id, file.domain, file.relative_path, 1, b"") for file in files]
        connection.executemany("INSERT INTO Files VALUES (?, ?, ?, ?, ?)", rows)
    connection.close()


def write_line_ios_fs(root: Path, files: Iterable[PhoneFile]) -> Path:
    """Write these files where a file system dump of an iPhone has them and return the dump's root."""
    for file in files:
        place = root / file.device_path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.content)
    return root
