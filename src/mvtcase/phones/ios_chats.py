"""WhatsApp on an iPhone: chats, contacts, and the pairs of hidden and telephone identifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.phones.ios_phone import Anatomy, Desk, PhoneFile, mac_seconds
from mvtcase.phones.sqlite_files import database

if TYPE_CHECKING:
    import random
    from datetime import datetime

    from mvtcase.phones.sqlite_files import Row

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
_SENTENCES = (
    "Did you see the photos?", "On my way", "好的,謝謝", "Minutes: https://docs.example.org/minutes/2026",
    "😂", "Let us talk tonight", "The bus is late again", "明天見", "Recipe https://cooking.example.com/leek-pie",
)  # fmt: skip


def whatsapp(desk: Desk) -> PhoneFile:
    """Return ChatStorage.sqlite, half as many messages as the phone has SMS."""
    rng = desk.rng("whatsapp")
    friends = desk.people[6:11]
    moments = desk.moments(rng, max(desk.phone.messages // 2, 1))
    messages = [
        _message(
            rng, number, 1 + number % len(friends), f"{friends[number % len(friends)].digits}@s.whatsapp.net", moment
        )
        for number, moment in enumerate(moments, 1)
    ]
    for link, moment in zip(desk.at("whatsapp"), desk.moments(rng, len(desk.at("whatsapp")), days=60), strict=True):
        text = f"Is this you in the picture? {link}"
        messages.append(_message(rng, len(messages) + 1, 1, "447700900998@s.whatsapp.net", moment, text=text))
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


def _message(
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
        "ZTEXT": text or rng.choice(_SENTENCES),
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
