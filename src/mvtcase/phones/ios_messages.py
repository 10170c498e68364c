"""The messages and calls of an iPhone: SMS, iMessages, calls, WhatsApp and its like (schemas of iOS 17, shortened)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from mvtcase.phones.ios_phone import Anatomy, Desk, Oddity, PhoneFile, mac_nanoseconds, mac_seconds
from mvtcase.phones.sqlite_files import database

if TYPE_CHECKING:
    import random
    from datetime import datetime

    from mvtcase.phones.sqlite_files import Row


_SCHEMA = """
CREATE TABLE _SqliteDatabaseProperties (key TEXT, value TEXT, UNIQUE(key));
CREATE TABLE handle (ROWID INTEGER PRIMARY KEY AUTOINCREMENT UNIQUE, id TEXT NOT NULL, country TEXT,
    service TEXT NOT NULL, uncanonicalized_id TEXT, person_centric_id TEXT, UNIQUE (id, service));
CREATE TABLE message (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, text TEXT,
    replace INTEGER DEFAULT 0, service_center TEXT, handle_id INTEGER DEFAULT 0, subject TEXT, country TEXT,
    attributedBody BLOB, version INTEGER DEFAULT 0, type INTEGER DEFAULT 0, service TEXT, account TEXT,
    account_guid TEXT, error INTEGER DEFAULT 0, date INTEGER, date_read INTEGER, date_delivered INTEGER,
    is_delivered INTEGER DEFAULT 0, is_finished INTEGER DEFAULT 0, is_from_me INTEGER DEFAULT 0,
    is_read INTEGER DEFAULT 0, is_sent INTEGER DEFAULT 0, cache_has_attachments INTEGER DEFAULT 0,
    item_type INTEGER DEFAULT 0, group_title TEXT, balloon_bundle_id TEXT, payload_data BLOB,
    message_summary_info BLOB, destination_caller_id TEXT);
CREATE TABLE chat (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, style INTEGER, state INTEGER,
    account_id TEXT, chat_identifier TEXT, service_name TEXT, display_name TEXT);
CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER, message_date INTEGER DEFAULT 0,
    PRIMARY KEY (chat_id, message_id));
CREATE TABLE chat_handle_join (chat_id INTEGER, handle_id INTEGER, UNIQUE(chat_id, handle_id));
CREATE TABLE attachment (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL,
    created_date INTEGER DEFAULT 0, start_date INTEGER DEFAULT 0, filename TEXT, uti TEXT, mime_type TEXT,
    transfer_state INTEGER DEFAULT 0, is_outgoing INTEGER DEFAULT 0, user_info BLOB, transfer_name TEXT,
    total_bytes INTEGER DEFAULT 0, is_sticker INTEGER DEFAULT 0, sticker_user_info BLOB, attribution_info BLOB,
    hide_attachment INTEGER DEFAULT 0, ck_server_change_token_blob BLOB);
CREATE TABLE message_attachment_join (message_id INTEGER, attachment_id INTEGER, UNIQUE(message_id, attachment_id));
CREATE INDEX message_idx_handle ON message(handle_id, date);
CREATE INDEX chat_message_join_idx_message_id_only ON chat_message_join(message_id);
"""
_SENTENCES = (
    "Are we still meeting at the library at six?", "The committee moved to Thursday.", "Call me when you are out.",
    "I left the folder at the reception desk.", "晚上七點老地方見。", "記得帶雨傘,下午會下雨。",
    "Train is ten minutes late 🚆", "Thanks, got it.", "Could you send the minutes again?", "Happy birthday! 🎂",
    "The parcel is with the neighbour.",
    "No news from the printer yet.", "See you tomorrow then.", "我明天請假。", "Your code is 482 913.",
    "The draft is here: https://docs.example.org/minutes/2026", "Map: https://maps.example.com/?q=old+harbour",
    "菜單在這裡 https://cafe.example.net/menu",
)  # fmt: skip
_LURES = ("Your delivery could not be completed: {}", "Someone shared a document with you {}", "您的包裹已送達 {}")
_STRANGER = 7
"""The handle of the number that sends what is planted."""

_WARNING = (
    "ALERT: Apple detected a targeted mercenary spyware attack against your iPhone. "
    "See the details at account.apple.com"
)
_ATTACHMENTS = (("IMG_{:04d}.HEIC", "public.heic", "image/heic"), ("Notes {}.pdf", "com.adobe.pdf", "application/pdf"))


def sms(desk: Desk) -> PhoneFile:
    """Return sms.db."""
    rng = desk.rng("sms")
    messages = _messages(desk, rng)
    attachments, attachment_joins = _attachments(desk, rng, messages)
    correspondents = [*(person.phone for person in desk.people[: _STRANGER - 1]), "+447700900999"]
    rows: dict[str, list[Row]] = {
        "_SqliteDatabaseProperties": [{"key": "_ClientVersion", "value": "17008"}],
        "handle": [
            {"ROWID": number, "id": phone, "country": "gb", "service": "iMessage" if number % 2 else "SMS"}
            for number, phone in enumerate(correspondents, 1)
        ],
        "message": messages,
        "chat": [
            {
                "ROWID": number, "guid": f"iMessage;-;{phone}", "style": 45, "state": 3, "chat_identifier": phone,
                "service_name": "iMessage" if number % 2 else "SMS",
            }
            for number, phone in enumerate(correspondents, 1)
        ],
        "chat_handle_join": [{"chat_id": number, "handle_id": number} for number in range(1, len(correspondents) + 1)],
        "chat_message_join": [
            {"chat_id": message["handle_id"] or 1, "message_id": message["ROWID"], "message_date": message["date"]}
            for message in messages
        ],
        "attachment": attachments,
        "message_attachment_join": attachment_joins,
    }  # fmt: skip
    return PhoneFile(
        source="sms",
        domain="HomeDomain",
        relative_path="Library/SMS/sms.db",
        device_path="private/var/mobile/Library/SMS/sms.db",
        content=database(_SCHEMA, rows),
        anatomy=Anatomy(table="message", text="text", date="date"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A message before it has a number: handle 0 joins it to nobody, `hidden` text stands in attributedBody only."""

    text: str
    handle: int
    hidden: bool = False
    sent: bool = False


def _messages(desk: Desk, rng: random.Random) -> list[Row]:
    ordinary, lures = _ordinary(desk, rng), _lures(desk, rng)
    moments = [*desk.moments(rng, len(ordinary)), *desk.moments(rng, len(lures), days=60)]
    drafts = zip([*ordinary, *lures], moments, strict=True)
    return [_message(rng, number, draft, moment) for number, (draft, moment) in enumerate(drafts, 1)]


def _ordinary(desk: Desk, rng: random.Random) -> list[_Draft]:
    count = desk.phone.messages
    hidden = set(rng.sample(range(count), min(desk.phone.attributed_body_only, count)))
    loose = set(rng.sample(range(count), min(desk.phone.without_handle, count)))
    return [
        _Draft(
            text=rng.choice(_SENTENCES),
            handle=0 if index in loose else rng.randrange(1, _STRANGER),
            hidden=index in hidden,
            sent=rng.random() < 0.4 or index in loose,
        )
        for index in range(count)
    ]


def _lures(desk: Desk, rng: random.Random) -> list[_Draft]:
    """Return what strangers sent: the planted links, each in the form its spot is named for, and Apple's warning."""
    lures = [_Draft(text=rng.choice(_LURES).format(link), handle=_STRANGER) for link in desk.at("sms")]
    lures += [
        _Draft(text=rng.choice(_LURES).format(link), handle=_STRANGER, hidden=True)
        for link in desk.at("attributed_body")
    ]
    lures += [
        _Draft(text=f"Your parcel waits at {domain}/r/4fQ2x", handle=_STRANGER) for domain in desk.at("sms_bare_link")
    ]
    lures += [_Draft(text=rng.choice(_LURES).format(link), handle=0) for link in desk.at("sms_without_handle")]
    lures += [_Draft(text=text, handle=_STRANGER) for text in desk.phone.extra_messages]
    if desk.has(Oddity.THREAT_NOTIFICATION):
        lures.append(_Draft(text=_WARNING, handle=_STRANGER))
    return lures


def _message(rng: random.Random, number: int, draft: _Draft, moment: datetime) -> Row:
    service = "iMessage" if draft.handle % 2 else "SMS"
    read = 0 if draft.sent else mac_nanoseconds(moment + timedelta(minutes=rng.randrange(1, 55)))
    return {
        "ROWID": number,
        "guid": str(uuid.UUID(int=rng.getrandbits(128), version=4)).upper(),
        "text": None if draft.hidden else draft.text,
        "handle_id": draft.handle,
        "attributedBody": attributed_body(draft.text) if draft.hidden or service == "iMessage" else None,
        "version": 10,
        "service": service,
        "account": "p:+447700900000",
        "date": mac_nanoseconds(moment),
        "date_read": read,
        "is_delivered": 1,
        "is_finished": 1,
        "is_from_me": int(draft.sent),
        "is_read": int(not draft.sent),
        "is_sent": int(draft.sent),
    }


def attributed_body(text: str) -> bytes:
    """Return the `typedstream` archive of an attributed string, as iOS stores the text of an iMessage."""
    data = text.encode()
    units = len(text.encode("utf-16-le")) // 2
    return (
        b"\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84\x84\x84\x12NSAttributedString\x00\x84\x84\x08NSObject\x00\x85\x92"
        b"\x84\x84\x84\x08NSString\x01\x94\x84\x01+" + _typed_integer(len(data)) + data + b"\x86\x84\x02iI\x01"
        + _typed_integer(units)
        + b"\x92\x84\x84\x84\x0cNSDictionary\x00\x94\x84\x01i\x01\x92\x84\x96\x96\x1d__kIMMessagePartAttributeName\x86"
        b"\x92\x84\x84\x84\x08NSNumber\x00\x84\x84\x07NSValue\x00\x94\x84\x01*\x84\x99\x99\x00\x86\x86\x86"
    )  # fmt: skip


def _typed_integer(value: int) -> bytes:
    return bytes([value]) if value < 0x80 else b"\x81" + value.to_bytes(2, "little")


def _attachments(desk: Desk, rng: random.Random, messages: list[Row]) -> tuple[list[Row], list[Row]]:
    received = [message for message in messages if not message["is_from_me"]]
    names: list[tuple[str, str, str]] = []
    for number in range(min(8, len(received))):
        name, uti, mime = _ATTACHMENTS[number % 2]
        folder = f"~/Library/SMS/Attachments/{rng.randrange(256):02x}/{number:02d}"
        names.append((f"{folder}/{name.format(number + 1)}", uti, mime))
    names += [(path, "public.data", "application/octet-stream") for path in desk.at("sms_attachments")]
    if desk.has(Oddity.TEMPORARY_ATTACHMENT):
        names.append(("/var/tmp/com.apple.messages/kq7x-1", "com.compuserve.gif", "image/gif"))  # noqa: S108 - content
    rows: list[Row] = []
    joins: list[Row] = []
    for number, (path, uti, mime) in enumerate(names, 1):
        carrier = received[number % len(received)] if received else None
        seconds = int(str(carrier["date"])[:9]) if carrier else int(mac_seconds(desk.phone.backed_up))
        rows.append(
            {
                "ROWID": number, "guid": f"at_0_{rng.getrandbits(64):016X}", "created_date": seconds,
                "start_date": seconds, "filename": path, "uti": uti, "mime_type": mime, "transfer_state": 5,
                "is_outgoing": 0,
                "transfer_name": path.rsplit("/", 1)[-1], "total_bytes": rng.randrange(20_000, 4_000_000),
            }
        )  # fmt: skip
        if carrier:
            joins.append({"message_id": carrier["ROWID"], "attachment_id": number})
    return rows, joins


_CALLS = """
CREATE TABLE ZCALLRECORD (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZANSWERED INTEGER,
    ZCALLTYPE INTEGER, ZORIGINATED INTEGER, ZREAD INTEGER, ZDATE TIMESTAMP, ZDURATION FLOAT, ZADDRESS VARCHAR,
    ZISO_COUNTRY_CODE VARCHAR, ZLOCATION VARCHAR, ZNAME VARCHAR, ZSERVICE_PROVIDER VARCHAR, ZUNIQUE_ID VARCHAR);
CREATE TABLE Z_PRIMARYKEY (Z_ENT INTEGER PRIMARY KEY, Z_NAME VARCHAR, Z_SUPER INTEGER, Z_MAX INTEGER);
"""


def calls(desk: Desk) -> PhoneFile:
    """Return the call history."""
    rng = desk.rng("calls")
    rows: list[Row] = [
        {
            "Z_PK": number, "Z_ENT": 2, "Z_OPT": 1, "ZANSWERED": 1, "ZCALLTYPE": 1, "ZORIGINATED": rng.randrange(2),
            "ZREAD": 1, "ZDATE": mac_seconds(moment), "ZDURATION": float(rng.randrange(3, 1800)),
            "ZADDRESS": rng.choice(desk.people).phone, "ZISO_COUNTRY_CODE": "gb", "ZLOCATION": "United Kingdom",
            "ZSERVICE_PROVIDER": rng.choice(("com.apple.Telephony", "com.apple.FaceTime")),
            "ZUNIQUE_ID": str(uuid.UUID(int=rng.getrandbits(128), version=4)).upper(),
        }
        for number, moment in enumerate(desk.moments(rng, 24, days=90), 1)
    ]  # fmt: skip
    keys: list[Row] = [{"Z_ENT": 2, "Z_NAME": "CallRecord", "Z_SUPER": 0, "Z_MAX": len(rows)}]
    return PhoneFile(
        source="calls",
        domain="HomeDomain",
        relative_path="Library/CallHistoryDB/CallHistory.storedata",
        device_path="private/var/mobile/Library/CallHistoryDB/CallHistory.storedata",
        content=database(_CALLS, {"ZCALLRECORD": rows, "Z_PRIMARYKEY": keys}),
        anatomy=Anatomy(table="ZCALLRECORD", text="ZLOCATION", date="ZDATE"),
    )


_GROUP = "AppDomainGroup-group.net.whatsapp.WhatsApp.shared"
_ON_DEVICE = "private/var/mobile/Containers/Shared/AppGroup/6C1E3B7A-41D2-4E0B-9D55-0A7E1C2B9F10"
_CHATS = """
CREATE TABLE ZWAMESSAGE (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZISFROMME INTEGER,
    ZMESSAGESTATUS INTEGER, ZMESSAGETYPE INTEGER, ZSORT INTEGER, ZCHATSESSION INTEGER, ZGROUPMEMBER INTEGER,
    ZMEDIAITEM INTEGER, ZMESSAGEDATE TIMESTAMP, ZSENTDATE TIMESTAMP, ZFROMJID VARCHAR, ZPUSHNAME VARCHAR,
    ZSTANZAID VARCHAR, ZTEXT VARCHAR, ZTOJID VARCHAR);
CREATE TABLE ZWAMEDIAITEM (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZFILESIZE INTEGER, ZMESSAGE INTEGER,
    ZAUTHORNAME VARCHAR, ZMEDIALOCALPATH VARCHAR, ZMEDIAURL VARCHAR, ZTITLE VARCHAR);
CREATE TABLE ZWAMESSAGEDATAITEM (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZMESSAGE INTEGER,
    ZCONTENT1 VARCHAR, ZCONTENT2 VARCHAR, ZMATCHEDTEXT VARCHAR, ZSUMMARY VARCHAR, ZTITLE VARCHAR);
CREATE TABLE ZWACHATSESSION (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZARCHIVED INTEGER, ZHIDDEN INTEGER,
    ZMESSAGECOUNTER INTEGER, ZREMOVED INTEGER, ZSESSIONTYPE INTEGER, ZGROUPINFO INTEGER, ZLASTMESSAGEDATE TIMESTAMP,
    ZCONTACTJID VARCHAR, ZPARTNERNAME VARCHAR);
CREATE TABLE ZWAGROUPINFO (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZCHATSESSION INTEGER,
    ZCREATIONDATE TIMESTAMP);
"""
_CONTACTS = """
CREATE TABLE ZWAADDRESSBOOKCONTACT (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZPHONESTATUS INTEGER,
    ZSYNCPOLICY INTEGER, ZDISAPPEARINGMODEDURATION INTEGER, ZDISAPPEARINGMODETIMESTAMP TIMESTAMP,
    ZABOUTTIMESTAMP TIMESTAMP, ZLASTUPDATED TIMESTAMP, ZABOUTTEXT VARCHAR, ZFULLNAME VARCHAR, ZGIVENNAME VARCHAR,
    ZLASTNAME VARCHAR, ZLID VARCHAR, ZPHONENUMBER VARCHAR, ZWHATSAPPID VARCHAR);
"""
_LIDS = """
CREATE TABLE ZWAPHONENUMBERLIDPAIR (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZTIMESTAMP TIMESTAMP,
    ZLID VARCHAR, ZPHONENUMBER VARCHAR);
"""
_CHAT_SENTENCES = (
    "Did you see the photos?", "On my way", "好的,謝謝", "Minutes: https://docs.example.org/minutes/2026",
    "😂", "Let us talk tonight", "The bus is late again", "明天見", "Recipe https://cooking.example.com/leek-pie",
)  # fmt: skip


def whatsapp(desk: Desk) -> PhoneFile:
    """Return ChatStorage.sqlite, half as many messages as the phone has SMS."""
    rng = desk.rng("whatsapp")
    friends = desk.people[6:11]
    moments = desk.moments(rng, max(desk.phone.messages // 2, 1))
    messages = [
        _chat_message(
            rng, number, 1 + number % len(friends), f"{friends[number % len(friends)].digits}@s.whatsapp.net", moment
        )
        for number, moment in enumerate(moments, 1)
    ]
    for link, moment in zip(desk.at("whatsapp"), desk.moments(rng, len(desk.at("whatsapp")), days=60), strict=True):
        text = f"Is this you in the picture? {link}"
        messages.append(_chat_message(rng, len(messages) + 1, 1, "447700900998@s.whatsapp.net", moment, text=text))
    sessions: list[Row] = [
        {
            "Z_PK": number, "Z_ENT": 4, "Z_OPT": 1, "ZARCHIVED": 0, "ZHIDDEN": 0, "ZREMOVED": 0, "ZSESSIONTYPE": 0,
            "ZMESSAGECOUNTER": 30, "ZCONTACTJID": f"{friend.digits}@s.whatsapp.net", "ZPARTNERNAME": friend.name,
            "ZLASTMESSAGEDATE": mac_seconds(moments[-1]),
        }
        for number, friend in enumerate(friends, 1)
    ]  # fmt: skip
    media: list[Row] = [
        {
            "Z_PK": number, "Z_ENT": 8, "Z_OPT": 1, "ZMESSAGE": number, "ZFILESIZE": 81_920,
            "ZMEDIAURL": f"https://mmg.whatsapp.net/d/f/{rng.getrandbits(64):x}.enc", "ZTITLE": "",
        }
        for number in range(1, min(4, len(messages)) + 1)
    ]  # fmt: skip
    return PhoneFile(
        source="whatsapp",
        domain=_GROUP,
        relative_path="ChatStorage.sqlite",
        device_path=f"{_ON_DEVICE}/ChatStorage.sqlite",
        content=database(_CHATS, {"ZWAMESSAGE": messages, "ZWACHATSESSION": sessions, "ZWAMEDIAITEM": media}),
        anatomy=Anatomy(table="ZWAMESSAGE", text="ZTEXT", date="ZMESSAGEDATE"),
    )


def _chat_message(
    rng: random.Random, number: int, session: int, sender: str, moment: datetime, *, text: str | None = None
) -> Row:
    sent = text is None and rng.random() < 0.4
    return {
        "Z_PK": number,
        "Z_ENT": 9,
        "Z_OPT": 1,
        "ZISFROMME": int(sent),
        "ZMESSAGESTATUS": 8,
        "ZMESSAGETYPE": 0,
        "ZSORT": number,
        "ZCHATSESSION": session,
        "ZMESSAGEDATE": mac_seconds(moment),
        "ZSENTDATE": mac_seconds(moment),
        "ZFROMJID": None if sent else sender,
        "ZTOJID": sender if sent else None,
        "ZSTANZAID": f"{rng.getrandbits(80):020X}",
        "ZTEXT": text or rng.choice(_CHAT_SENTENCES),
    }


def whatsapp_contacts(desk: Desk) -> PhoneFile:
    """Return ContactsV2.sqlite."""
    rng = desk.rng("whatsapp_contacts")
    updated = mac_seconds(desk.moments(rng, 1, days=20)[0])
    rows: list[Row] = [
        {
            "Z_PK": number, "Z_ENT": 1, "Z_OPT": 1, "ZPHONESTATUS": 1, "ZSYNCPOLICY": 1,
            "ZDISAPPEARINGMODEDURATION": rng.choice((0, 0, 86_400)), "ZLASTUPDATED": updated, "ZABOUTTEXT": "Available",
            "ZFULLNAME": person.name, "ZGIVENNAME": person.given, "ZLASTNAME": person.family,
            "ZLID": f"{10**14 + number}@lid", "ZPHONENUMBER": person.phone,
            "ZWHATSAPPID": f"{person.digits}@s.whatsapp.net",
        }
        for number, person in enumerate(desk.people, 1)
    ]  # fmt: skip
    return PhoneFile(
        source="whatsapp_contacts",
        domain=_GROUP,
        relative_path="ContactsV2.sqlite",
        device_path=f"{_ON_DEVICE}/ContactsV2.sqlite",
        content=database(_CONTACTS, {"ZWAADDRESSBOOKCONTACT": rows}),
        anatomy=Anatomy(table="ZWAADDRESSBOOKCONTACT", text="ZFULLNAME", date="ZLASTUPDATED"),
    )


def whatsapp_identifiers(desk: Desk) -> PhoneFile:
    """Return LID.sqlite."""
    rng = desk.rng("whatsapp_lid")
    seen = mac_seconds(desk.moments(rng, 1)[0])
    rows: list[Row] = [
        {
            "Z_PK": number, "Z_ENT": 1, "Z_OPT": 1, "ZTIMESTAMP": seen + number, "ZLID": f"{10**14 + number}@lid",
            "ZPHONENUMBER": f"{person.digits}@s.whatsapp.net",
        }
        for number, person in enumerate(desk.people, 1)
    ]  # fmt: skip
    return PhoneFile(
        source="whatsapp_lid",
        domain=_GROUP,
        relative_path="LID.sqlite",
        device_path=f"{_ON_DEVICE}/LID.sqlite",
        content=database(_LIDS, {"ZWAPHONENUMBERLIDPAIR": rows}),
        anatomy=Anatomy(table="ZWAPHONENUMBERLIDPAIR", text="ZLID", date="ZTIMESTAMP"),
    )
