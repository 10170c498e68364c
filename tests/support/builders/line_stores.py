"""LINE's smaller stores on an iPhone, with the columns that the LEAPP module of 2026-09 and pa_script read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.phones.line_ios import account_file, mid_data
from mvtcase.phones.sqlite_files import database

if TYPE_CHECKING:
    from datetime import datetime

    from mvtcase.phones.ios_phone import PhoneFile
    from mvtcase.phones.sqlite_files import Row

STORE_SCHEMAS = {
    "Browser History/BrowserHistory.sqlite": """
CREATE TABLE ZBROWSERHISTORYPAGEEVENT (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZPAGEMETADATA INTEGER,
  ZSTARTOFVISITEDDATE TIMESTAMP, ZVISITEDDATE TIMESTAMP);
CREATE TABLE ZBROWSERHISTORYPAGEMETADATA (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZPAGETYPE INTEGER,
  ZICONFILEURL VARCHAR, ZPAGETITLE VARCHAR, ZPAGEURL VARCHAR);
""",
    "Search Data/SearchData.sqlite": """
CREATE TABLE ZRECENTSEARCHKEYWORD (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZIDX INTEGER, ZTYPE INTEGER,
  ZTIME TIMESTAMP, ZSEARCHKEYWORD VARCHAR);
""",
    "Contacts Syncing/Contacts.sqlite": """
CREATE TABLE ZMANAGEDCNCONTACT (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZISINVITEABLE INTEGER,
  ZISINVITED INTEGER, ZISREMOVED INTEGER, ZSERVERSYNCED INTEGER, ZTYPE INTEGER, ZCREATEDAT TIMESTAMP, ZABLUID VARCHAR,
  ZCNLUID VARCHAR, ZMID VARCHAR, ZNAME VARCHAR, ZPHONENUMBER VARCHAR, ZPHONETICNAME VARCHAR, ZSORTABLENAME VARCHAR);
""",
    "Messages/MessageAttachmentInfo.sqlite": """
CREATE TABLE ZMESSAGEATTACHMENTINFO (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZCONTENTTYPE INTEGER,
  ZFILESIZE INTEGER, ZTIMESTAMP INTEGER, ZCHATMID BLOB, ZFILENAME VARCHAR, ZMESSAGEID VARCHAR);
""",
}
_COCOA = 978_307_200
"""2001-01-01 in Unix seconds."""
_TAG = 1 << 61
"""What half of the attachment rows described have added to their time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallStores:
    """What the smaller stores hold, each with its time: pages opened, searches, contacts, files of messages."""

    pages: tuple[tuple[datetime, str, str], ...] = ()
    searches: tuple[tuple[datetime, str], ...] = ()
    contacts: tuple[tuple[datetime, str, str], ...] = ()
    files: tuple[tuple[datetime, str, str], ...] = ()


def line_store_files(mid: str, stores: SmallStores) -> tuple[PhoneFile, ...]:
    """Return the stores as files of an account's folder."""
    return tuple(account_file(mid, place, content) for place, content in _stores(stores).items())


def _stores(stores: SmallStores) -> dict[str, bytes]:
    """Return the smaller stores by their path in the account's folder."""
    pages = list(enumerate(stores.pages, start=1))
    rows: tuple[dict[str, list[Row]], ...] = (
        {
            "ZBROWSERHISTORYPAGEEVENT": [
                {"Z_PK": key, "ZPAGEMETADATA": key, "ZVISITEDDATE": at.timestamp() - _COCOA}
                for key, (at, _, _) in pages
            ],
            "ZBROWSERHISTORYPAGEMETADATA": [
                {"Z_PK": key, "ZPAGEURL": link, "ZPAGETITLE": title} for key, (_, link, title) in pages
            ],
        },
        {
            "ZRECENTSEARCHKEYWORD": [
                {"ZIDX": number, "ZTIME": at.timestamp() - _COCOA, "ZSEARCHKEYWORD": words}
                for number, (at, words) in enumerate(stores.searches)
            ]
        },
        {
            "ZMANAGEDCNCONTACT": [
                {"ZNAME": name, "ZPHONENUMBER": number, "ZTYPE": 1, "ZCREATEDAT": at.timestamp() - _COCOA}
                for at, name, number in stores.contacts
            ]
        },
        {
            "ZMESSAGEATTACHMENTINFO": [
                {
                    "ZCONTENTTYPE": 1,
                    "ZTIMESTAMP": int(at.timestamp() * 1000) + _TAG * (number % 2),
                    "ZCHATMID": mid_data(chat),
                    "ZFILENAME": name,
                    "ZMESSAGEID": str(13_000_000_000_000 + number),
                }
                for number, (at, name, chat) in enumerate(stores.files)
            ]
        },
    )
    return {place: database(schema, each) for (place, schema), each in zip(STORE_SCHEMAS.items(), rows, strict=True)}
