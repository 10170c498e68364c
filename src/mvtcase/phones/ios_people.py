"""The people around a phone's owner: address book, calendar, and iOS's own record of interactions."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from mvtcase.phones.ios_phone import Anatomy, Desk, Oddity, PhoneFile, mac_seconds
from mvtcase.phones.sqlite_files import database

if TYPE_CHECKING:
    import random
    from datetime import datetime

    from mvtcase.phones.sqlite_files import Row

_CONTACTS = """
CREATE TABLE ABPerson (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, First TEXT, Last TEXT, Middle TEXT, Organization TEXT,
    Department TEXT, Note TEXT, Kind INTEGER, Birthday TEXT, CreationDate INTEGER, ModificationDate INTEGER, guid TEXT);
CREATE TABLE ABMultiValue (UID INTEGER PRIMARY KEY, record_id INTEGER, property INTEGER, identifier INTEGER,
    label INTEGER, value TEXT, guid TEXT);
CREATE TABLE ABMultiValueLabel (value TEXT, UNIQUE(value));
"""
_CALENDAR = """
CREATE TABLE Calendar (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, store_id INTEGER, title TEXT, flags INTEGER, UUID TEXT);
CREATE TABLE Participant (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, entity_type INTEGER, type INTEGER, status INTEGER,
    role INTEGER, owner_id INTEGER, UUID TEXT, email TEXT, phone_number TEXT, is_self INTEGER, comment TEXT,
    last_modified REAL);
CREATE TABLE CalendarItem (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, summary TEXT, location_id INTEGER, description TEXT,
    start_date REAL, start_tz TEXT, end_date REAL, end_tz TEXT, all_day INTEGER, calendar_id INTEGER,
    organizer_id INTEGER, status INTEGER, url TEXT, last_modified REAL, external_id TEXT, external_mod_tag TEXT,
    unique_identifier TEXT, hidden INTEGER, has_attendees INTEGER, UUID TEXT, entity_type INTEGER, creation_date REAL,
    action TEXT, created_by_id INTEGER);
"""
_INTERACTIONS = """
CREATE TABLE ZINTERACTIONS (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZDIRECTION INTEGER,
    ZISRESPONSE INTEGER, ZMECHANISM INTEGER, ZRECIPIENTCOUNT INTEGER, ZSENDER INTEGER, ZCREATIONDATE TIMESTAMP,
    ZENDDATE TIMESTAMP, ZSTARTDATE TIMESTAMP, ZACCOUNT VARCHAR, ZBUNDLEID VARCHAR, ZCONTENTURL VARCHAR,
    ZDERIVEDINTENTIDENTIFIER VARCHAR, ZDOMAINIDENTIFIER VARCHAR, ZGROUPNAME VARCHAR, ZLOCATIONUUID VARCHAR,
    ZTARGETBUNDLEID VARCHAR);
CREATE TABLE ZCONTACTS (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZINCOMINGRECIPIENTCOUNT INTEGER,
    ZINCOMINGSENDERCOUNT INTEGER, ZOUTGOINGRECIPIENTCOUNT INTEGER, ZCREATIONDATE TIMESTAMP,
    ZFIRSTINCOMINGRECIPIENTDATE TIMESTAMP, ZFIRSTINCOMINGSENDERDATE TIMESTAMP, ZFIRSTOUTGOINGRECIPIENTDATE TIMESTAMP,
    ZLASTINCOMINGRECIPIENTDATE TIMESTAMP, ZLASTINCOMINGSENDERDATE TIMESTAMP, ZLASTOUTGOINGRECIPIENTDATE TIMESTAMP,
    ZCUSTOMIDENTIFIER VARCHAR, ZDISPLAYNAME VARCHAR, ZIDENTIFIER VARCHAR, ZPERSONID VARCHAR);
CREATE TABLE ZATTACHMENT (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZSIZEINBYTES INTEGER,
    ZCLOUDIDENTIFIER VARCHAR, ZCONTENTTEXT VARCHAR, ZCONTENTURL VARCHAR, ZPHOTOLOCALIDENTIFIER VARCHAR, ZUTI VARCHAR,
    ZIDENTIFIER BLOB);
CREATE TABLE Z_1INTERACTIONS (Z_1ATTACHMENTS INTEGER, Z_3INTERACTIONS INTEGER);
CREATE TABLE Z_2INTERACTIONRECIPIENT (Z_2RECIPIENTS INTEGER, Z_3INTERACTIONRECIPIENT INTEGER);
"""
_EVENTS = (
    "Budget committee", "Dentist", "Team breakfast", "Interview with the local radio", "Constituency hours",
    "讀書會", "Plumber", "Train to the coast", "Parents' evening", "Choir practice",
)  # fmt: skip


def contacts(desk: Desk) -> PhoneFile:
    """Return the address book: a telephone number and a mail address for each person."""
    rng = desk.rng("contacts")
    stamp = int(mac_seconds(desk.phone.backed_up - timedelta(days=300)))
    people: list[Row] = [
        {
            "ROWID": number, "First": person.given, "Last": person.family, "Kind": 0, "CreationDate": stamp + number,
            "Organization": "Riverside Society" if number % 4 == 0 else None, "ModificationDate": stamp + number,
            "guid": f"{uuid.UUID(int=rng.getrandbits(128), version=4)}:ABPerson".upper(),
        }
        for number, person in enumerate(desk.people, 1)
    ]  # fmt: skip
    values: list[Row] = []
    for number, person in enumerate(desk.people, 1):
        values.append({"UID": 2 * number - 1, "record_id": number, "property": 3, "label": 1, "value": person.phone})
        values.append({"UID": 2 * number, "record_id": number, "property": 4, "label": 2, "value": person.email})
    labels: list[Row] = [{"value": "_$!<Mobile>!$_"}, {"value": "_$!<Work>!$_"}]
    return PhoneFile(
        source="contacts",
        domain="HomeDomain",
        relative_path="Library/AddressBook/AddressBook.sqlitedb",
        device_path="private/var/mobile/Library/AddressBook/AddressBook.sqlitedb",
        content=database(_CONTACTS, {"ABPerson": people, "ABMultiValue": values, "ABMultiValueLabel": labels}),
        anatomy=Anatomy(table="ABPerson", text="First", date="CreationDate"),
    )


def calendar(desk: Desk) -> PhoneFile:
    """Return the calendar, with planted addresses as organisers of invitations."""
    rng = desk.rng("calendar")
    organisers = [person.email for person in desk.people[:4]] + list(desk.at("calendar"))
    guests: list[Row] = [
        {
            "ROWID": number, "entity_type": 7, "type": 1, "status": 1, "role": 0, "email": email, "is_self": 0,
            "UUID": str(uuid.UUID(int=rng.getrandbits(128), version=4)).upper(),
            "last_modified": mac_seconds(desk.phone.backed_up - timedelta(days=30 + number)),
        }
        for number, email in enumerate(organisers, 1)
    ]  # fmt: skip
    titles: list[tuple[str, str | None, int | None]] = [(rng.choice(_EVENTS), None, None) for _ in range(20)]
    titles += [("Invitation", "See the agenda", number) for number in range(1, len(organisers) + 1)]
    if desk.has(Oddity.BACKDATED_INVITATION):
        titles.append(("Meeting", "Notes", 1))
    moments = desk.moments(rng, len(titles))
    items = [_event(rng, number, *entry) for number, entry in enumerate(zip(titles, moments, strict=True), 1)]
    store: list[Row] = [{"ROWID": 1, "store_id": 2, "title": "Home", "flags": 1, "UUID": "HOME"}]
    return PhoneFile(
        source="calendar",
        domain="HomeDomain",
        relative_path="Library/Calendar/Calendar.sqlitedb",
        device_path="private/var/mobile/Library/Calendar/Calendar.sqlitedb",
        content=database(_CALENDAR, {"Calendar": store, "Participant": guests, "CalendarItem": items}),
        anatomy=Anatomy(table="CalendarItem", text="summary", date="start_date"),
    )


def _event(rng: random.Random, number: int, title: tuple[str, str | None, int | None], start: datetime) -> Row:
    summary, description, organiser = title
    return {
        "ROWID": number,
        "summary": summary,
        "description": description,
        "start_date": mac_seconds(start),
        "start_tz": "Europe/London",
        "end_date": mac_seconds(start + timedelta(hours=1)),
        "all_day": 0,
        "calendar_id": 1,
        "organizer_id": organiser,
        "last_modified": mac_seconds(start),
        "unique_identifier": f"{rng.getrandbits(64):016X}",
        "hidden": 0,
        "UUID": str(uuid.UUID(int=rng.getrandbits(128), version=4)).upper(),
        "entity_type": 2,
        "creation_date": mac_seconds(start - timedelta(days=3)),
    }


def interactions(desk: Desk) -> PhoneFile:
    """Return interactionC.db: who wrote to whom, through which app."""
    rng = desk.rng("interactions")
    people: list[Row] = [
        {
            "Z_PK": number, "Z_ENT": 2, "Z_OPT": 3, "ZDISPLAYNAME": person.name, "ZIDENTIFIER": person.phone,
            "ZPERSONID": f"{rng.getrandbits(64):016X}:ABPerson", "ZINCOMINGRECIPIENTCOUNT": 0,
            "ZINCOMINGSENDERCOUNT": rng.randrange(1, 30), "ZOUTGOINGRECIPIENTCOUNT": rng.randrange(30),
            "ZCREATIONDATE": mac_seconds(desk.phone.backed_up - timedelta(days=250)),
        }
        for number, person in enumerate(desk.people, 1)
    ]  # fmt: skip
    events: list[Row] = []
    for number, moment in enumerate(desk.moments(rng, 36, days=30), 1):
        bundle = rng.choice(("com.apple.MobileSMS", "net.whatsapp.WhatsApp", "com.apple.mobilephone"))
        start = mac_seconds(moment)
        events.append(
            {
                "Z_PK": number, "Z_ENT": 3, "Z_OPT": 1, "ZDIRECTION": rng.randrange(2), "ZISRESPONSE": 0,
                "ZMECHANISM": 4,
                "ZRECIPIENTCOUNT": 1, "ZSENDER": rng.randrange(1, len(people) + 1), "ZCREATIONDATE": start + 0.5,
                "ZSTARTDATE": start, "ZENDDATE": start, "ZBUNDLEID": bundle,
                "ZDOMAINIDENTIFIER": f"iMessage;-;{rng.choice(desk.people).phone}",
            }
        )  # fmt: skip
    return PhoneFile(
        source="interaction_c",
        domain="HomeDomain",
        relative_path="Library/CoreDuet/People/interactionC.db",
        device_path="private/var/mobile/Library/CoreDuet/People/interactionC.db",
        content=database(_INTERACTIONS, {"ZINTERACTIONS": events, "ZCONTACTS": people}),
        anatomy=Anatomy(table="ZINTERACTIONS", text="ZBUNDLEID", date="ZSTARTDATE"),
    )
