"""Where people's talk stands on an iPhone: messages, calls, contacts, calendars, mail, notes, apps of others.

Schemas and paths follow public parsers: iLEAPP (abrignoni), APOLLO (mac4n6), whapa, the Apple Cloud Notes Parser, RFC 5322 and 2045.
"""

from __future__ import annotations

import base64
import plistlib
import quopri
import sqlite3
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

from builders.planted_forms import changed, keyed_archive, note_body, proto, segb_v2, tables, typedstream, with_wal
from builders.planted_places import Place, both, device
from mvtcase.phones import ios_messages, ios_people
from mvtcase.phones.plants import PlantKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from mvtcase.phones.ios_phone import Desk, PhoneFile

_LINKS = (PlantKind.DOMAINS, PlantKind.URLS)
_NAMES = (PlantKind.DOMAINS, PlantKind.URLS, PlantKind.EMAILS)
_MAIL = (PlantKind.EMAILS,)
_FILES = (PlantKind.FILE_NAMES,)
_MESSAGE = (
    "INSERT INTO message (guid, text, attributedBody, handle_id, service, date, is_from_me) VALUES (?,?,?,1,'SMS',?,0)"
)
_DATE = 800_000_000_000_000_000
_GROUP = "private/var/mobile/Containers/Shared/AppGroup/5C0FA2B1-7E1D-4B0C-9C53-1F0A6D2B7C11"
_DATA = "private/var/mobile/Containers/Data/Application/7A10D3C5-2A46-4E0F-8B41-9D3C5E7F1A22"


def _edited(
    make: Callable[[Desk], PhoneFile], statement: str, *values: object
) -> Callable[[Desk, str], list[PhoneFile]]:
    """Return a place in an existing database: `{}` in a value is what is planted, `bytes` ones hold it as bytes."""

    def build(desk: Desk, value: str) -> list[PhoneFile]:
        filled = [each.format(value) if isinstance(each, str) else each for each in values]
        file = make(desk)
        return [replace(file, content=changed(file.content, (statement, filled)))]

    return build


def _hidden_body(desk: Desk, value: str) -> list[PhoneFile]:
    return _message(desk, None, typedstream(f"您的包裹 {value} 已送達"))


def _long_body(desk: Desk, value: str) -> list[PhoneFile]:
    return _message(desk, None, typedstream("很長的訊息。" * 900 + f" {value} " + "再見。" * 100))


def _overflow(desk: Desk, value: str) -> list[PhoneFile]:
    # The value lies over the end of a page: an overflow page holds 4,092 bytes, its first four are the next one's number.
    before = 4096 * 3 - 700 - len(value)
    return _message(desk, "x" * before + " " + (value + " ") * 40, None)


def _message(desk: Desk, text: str | None, body: bytes | None) -> list[PhoneFile]:
    file = ios_messages.sms(desk)
    return [replace(file, content=changed(file.content, (_MESSAGE, ("planted-guid", text, body, _DATE))))]


def _preview(desk: Desk, value: str) -> list[PhoneFile]:
    link = keyed_archive({"URL": f"{value}", "title": "Your parcel", "summary": "Track it"}, "LPLinkMetadata")
    statement = (
        "UPDATE message SET payload_data=?, balloon_bundle_id='com.apple.messages.URLBalloonProvider' WHERE ROWID=3"
    )
    file = ios_messages.sms(desk)
    return [replace(file, content=changed(file.content, (statement, (link,))))]


def _edited_away(desk: Desk, value: str) -> list[PhoneFile]:
    history = {
        "ec": {"0": [{"d": 700000000.0, "t": typedstream(f"see {value}")}, {"d": 700000060.0, "t": typedstream("-")}]}
    }
    info = plistlib.dumps(history, fmt=plistlib.FMT_BINARY)
    file = ios_messages.sms(desk)
    return [
        replace(
            file, content=changed(file.content, ("UPDATE message SET message_summary_info=? WHERE ROWID=4", (info,)))
        )
    ]


def _deleted(desk: Desk, value: str) -> list[PhoneFile]:
    file = ios_messages.sms(desk)
    texts = [(_MESSAGE, (f"planted-{number}", f"delivered: {value} " + "y" * 300, None, _DATE)) for number in range(40)]
    gone = ("DELETE FROM message WHERE guid LIKE 'planted-%'", ())
    return [replace(file, content=changed(file.content, *texts, gone))]


def _log_only(desk: Desk, value: str) -> list[PhoneFile]:
    file = ios_messages.sms(desk)
    main, log = with_wal(file.content, (_MESSAGE, ("planted-guid", f"now: {value}", None, _DATE)))
    beside = replace(
        file, source="sms_wal", relative_path=f"{file.relative_path}-wal", device_path=f"{file.device_path}-wal"
    )
    return [replace(file, content=main), replace(beside, content=log, anatomy=None)]


def _call(desk: Desk, value: str) -> list[PhoneFile]:
    file = ios_messages.calls(desk)
    statement = (
        "INSERT INTO ZCALLRECORD (ZADDRESS, ZSERVICE_PROVIDER, ZDATE, ZDURATION, ZORIGINATED) "
        "VALUES (?, 'com.apple.FaceTime', 800000000, 0, 0)"
    )
    return [replace(file, content=changed(file.content, (statement, (sqlite3.Binary(value.encode()),))))]


def _calendar(statement: str) -> Callable[[Desk, str], list[PhoneFile]]:
    return _edited(ios_people.calendar, statement, "{}")


_NOTE_SCHEMA = """
CREATE TABLE ZICNOTEDATA (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZNOTE INTEGER, ZDATA BLOB);
CREATE TABLE ZICCLOUDSYNCINGOBJECT (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, ZTITLE1 VARCHAR, ZSNIPPET VARCHAR, ZURLSTRING VARCHAR);
"""


def _note(desk: Desk, value: str) -> list[PhoneFile]:
    body = ("INSERT INTO ZICNOTEDATA VALUES (1, 19, 1, 2, ?)", (note_body(f"Shopping\nrice, tea\n{value}\n"),))
    title = ("INSERT INTO ZICCLOUDSYNCINGOBJECT VALUES (2, 11, 'Shopping', 'rice, tea', NULL)", ())
    content = tables(_NOTE_SCHEMA, body, title)
    return both("AppDomainGroup-group.com.apple.notes", "NoteStore.sqlite", f"{_GROUP}/NoteStore.sqlite", content)


def _mail(name: str, body: Callable[[str], bytes]) -> Callable[[Desk, str], list[PhoneFile]]:
    path = f"Library/Mail/IMAP-lena@mail.example.com/INBOX.imapmbox/Messages/{name}"
    return lambda _desk, value: [device(f"private/var/mobile/{path}", body(value))]


def _head(encoding: str, extra: str = "") -> bytes:
    return (
        "Received: from mx.example.com (192.0.2.4) by mail.example.com; Mon, 9 Nov 2026 08:00:00 +0000\r\n"
        f"From: Parcel Service <info@parcel.example.com>\r\n{extra}To: me@example.com\r\nSubject: Delivery\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    ).encode()


def _base64_mail(value: str) -> bytes:
    return _head("base64") + base64.encodebytes(f"<html><body>Hello,<p>{value}</p></body></html>".encode())


def _quoted_mail(value: str) -> bytes:
    text = "<p>" + "晚安。" * 5 + f'<a href="{value}?x=1">open</a></p>'
    # Breaking inside the value is what a 76-column limit does to links.
    lines = quopri.encodestring(text.encode()).replace(value[:5].encode(), value[:5].encode() + b"=\n")
    return _head("quoted-printable") + lines


def _folded_mail(value: str) -> bytes:
    half = len(value) // 2
    word = base64.b64encode(value[:half].encode()).decode(), base64.b64encode(value[half:].encode()).decode()
    extra = f"X-Original: =?utf-8?B?{word[0]}?=\r\n =?utf-8?B?{word[1]}?=\r\n"
    return _head("7bit", extra) + b"<p>Hello</p>"


def _nested_mail(value: str) -> bytes:
    import io  # noqa: PLC0415 - one use
    import zipfile  # noqa: PLC0415 - one use

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("invoice.html", "<html>" + "<br>" * 200 + value + "</html>")
    return (
        b"From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=zz\r\n\r\n--zz\r\n"
        b"Content-Type: application/zip; name=invoice.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(packed.getvalue())
        + b"--zz--\r\n"
    )


def _attachment_mail(value: str) -> bytes:
    return (
        b"From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=zz\r\n\r\n--zz\r\n"
        + f"Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename*=UTF-8''{value}\r\n".encode()
        + b"Content-Transfer-Encoding: base64\r\n\r\nAAECAw==\r\n--zz--\r\n"
    )


def _emlx(data: bytes) -> bytes:
    tail = plistlib.dumps({"flags": 8590195713, "remote-id": "17"})
    return f"{len(data)}\n".encode() + data + tail


def _whatsapp(column: str) -> Callable[[Desk, str], list[PhoneFile]]:
    table, field = column.split(".")
    return _edited(ios_messages.whatsapp, f"INSERT INTO {table} ({field}) VALUES (?)", "{}")


def _app_database(domain: str, name: str, script: str, statement: str) -> Callable[[Desk, str], list[PhoneFile]]:
    def build(_desk: Desk, value: str) -> list[PhoneFile]:
        return both(domain, name, f"{_GROUP}/{name}", tables(script, (statement, (f"請看 {value} 謝謝",))))

    return build


def _telegram(_desk: Desk, value: str) -> list[PhoneFile]:
    # Postbox: table t7 holds a message as a blob, text with a 4-byte length (stek29/telegram-ios parser).
    text = f"look at {value}".encode()
    blob = b"\x00\x01" + b"\x07" * 20 + len(text).to_bytes(4, "little") + text + b"\x00" * 9
    content = tables("CREATE TABLE t7 (key BLOB, value BLOB);", ("INSERT INTO t7 VALUES (?,?)", (b"\x00" * 20, blob)))
    name = "telegram-data/account-1/postbox/db/db_sqlite"
    return both("AppDomainGroup-group.ph.telegra.Telegraph", name, f"{_GROUP}/{name}", content)


def _signal(_desk: Desk, value: str) -> list[PhoneFile]:
    # Signal's database is encrypted; its group preferences are plain.
    content = plistlib.dumps({"lastShareTarget": {"title": f"{value}"}, "isActive": True}, fmt=plistlib.FMT_BINARY)
    name = "Library/Preferences/group.org.whispersystems.signal.group.plist"
    return both("AppDomainGroup-group.org.whispersystems.signal.group", name, f"{_GROUP}/{name}", content)


def _accounts(_desk: Desk, value: str) -> list[PhoneFile]:
    script = "CREATE TABLE ZACCOUNT (Z_PK INTEGER PRIMARY KEY, ZACCOUNTTYPE INTEGER, ZUSERNAME VARCHAR, ZACCOUNTDESCRIPTION VARCHAR);"
    content = tables(script, ("INSERT INTO ZACCOUNT VALUES (4, 7, ?, 'Mail')", (value,)))
    return both(
        "HomeDomain",
        "Library/Accounts/Accounts3.sqlite",
        "private/var/mobile/Library/Accounts/Accounts3.sqlite",
        content,
    )


def _vcard(_desk: Desk, value: str) -> list[PhoneFile]:
    card = f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Lena\r\nEMAIL;TYPE=INTERNET:{value[:9]}\r\n {value[9:]}\r\nEND:VCARD\r\n"
    name = "Library/SMS/Attachments/3f/15/AB12/lena.loc.vcf"
    return both("MediaDomain", name, f"private/var/mobile/{name}", card.encode())


def _invitation(_desk: Desk, value: str) -> list[PhoneFile]:
    text = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Dinner\r\nORGANIZER:mailto:{value}\r\nURL:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    name = "Library/SMS/Attachments/3f/15/AB13/invite.ics"
    return both("MediaDomain", name, f"private/var/mobile/{name}", text.encode())


def _pdf(_desk: Desk, value: str) -> list[PhoneFile]:
    stream = zlib.compress(f"BT /F1 12 Tf (see {value}) Tj ET".encode())
    data = b"%PDF-1.7\n1 0 obj<</Length " + str(len(stream)).encode() + b"/Filter/FlateDecode>>stream\n" + stream
    data += b"\nendstream endobj\n2 0 obj<</Type/Action/S/URI/URI(https://www.example.com/)>>endobj\n%%EOF\n"
    name = "Library/SMS/Attachments/3f/15/AB14/letter.pdf"
    return both("MediaDomain", name, f"private/var/mobile/{name}", data)


def _intents(_desk: Desk, value: str) -> list[PhoneFile]:
    record = proto(
        (1, "com.apple.MobileSMS"), (2, "INSendMessageIntent"), (8, keyed_archive({"handle": value}, "INPerson"))
    )
    return [
        device(
            "private/var/mobile/Library/Biome/streams/restricted/App.Intent/local/777000000000000", segb_v2([record])
        )
    ]


_SMS = ios_messages.sms
_HANDLE = "INSERT INTO handle (id, country, service) VALUES (?, 'tw', 'iMessage')"
_INTERACTION = "INSERT INTO ZCONTACTS (ZIDENTIFIER, ZDISPLAYNAME, ZCREATIONDATE) VALUES (?, 'L', 800000000)"
_LINE_SCHEMA = "CREATE TABLE {0} (Z_PK INTEGER PRIMARY KEY, {1} VARCHAR);"

TALK: tuple[Place, ...] = (
    Place("message text", "iLEAPP sms.py", _NAMES, _edited(_SMS, _MESSAGE, "planted-guid", "{}", None, _DATE)),
    Place("attributedBody only", "python-typedstream", _NAMES, _hidden_body),
    Place("attributedBody over pages", "python-typedstream", _LINKS, _long_body),
    Place("text over overflow pages", "sqlite.org/fileformat2 §1.6", _LINKS, _overflow),
    Place("link preview payload", "iLEAPP imessage links", _LINKS, _preview),
    Place("earlier version of an edited message", "iLEAPP sms.py message_summary_info", _LINKS, _edited_away),
    Place("deleted messages in free pages", "undark, sqlite.org/fileformat2 §1.5", _NAMES, _deleted),
    Place("message in the write-ahead log only", "sqlite.org/walformat", _NAMES, _log_only),
    Place("handle", "iLEAPP sms.py", _MAIL, _edited(_SMS, _HANDLE, "{}")),
    Place("subject of a message", "iLEAPP sms.py", _LINKS, _edited(_SMS, "UPDATE message SET subject=? WHERE ROWID=2", "{}")),
    Place("name of a group chat", "iLEAPP sms.py", _LINKS, _edited(_SMS, "UPDATE chat SET display_name=? WHERE ROWID=1", "{}")),
    Place(
        "name of an attachment", "iLEAPP sms.py", _FILES,
        _edited(_SMS, "INSERT INTO attachment (guid, filename, transfer_name) VALUES ('p', ?, ?)", "~/Library/SMS/Attachments/0a/10/p/{}", "{}"),
    ),
    Place("FaceTime caller", "iLEAPP callHistory.py, ZADDRESS as a blob", _MAIL, _call),
    Place(
        "name of a caller", "iLEAPP callHistory.py", _NAMES,
        _edited(ios_messages.calls, "UPDATE ZCALLRECORD SET ZADDRESS=? WHERE Z_PK=1", "{}"),
    ),
    Place("contact", "iLEAPP addressBook.py", _NAMES, _edited(ios_people.contacts, "INSERT INTO ABMultiValue (UID, record_id, property, value) VALUES (900, 1, 4, ?)", "{}")),
    Place("note of a contact", "iLEAPP addressBook.py", _NAMES, _edited(ios_people.contacts, "UPDATE ABPerson SET Note=? WHERE ROWID=1", "met at {} once")),
    Place("link of an event", "iLEAPP calendarAll.py", _LINKS, _calendar("UPDATE CalendarItem SET url=? WHERE ROWID=1")),
    Place("notes of an event", "iLEAPP calendarAll.py", _NAMES, _calendar("UPDATE CalendarItem SET description=? WHERE ROWID=1")),
    Place("participant", "iLEAPP calendarAll.py", _MAIL, _calendar("INSERT INTO Participant (entity_type, owner_id, email) VALUES (7, 1, ?)")),
    Place("interaction", "APOLLO interaction_contact_interactions", _MAIL, _edited(ios_people.interactions, _INTERACTION, "{}")),
    Place("content link of an interaction", "APOLLO interactionC", _LINKS, _edited(ios_people.interactions, "UPDATE ZINTERACTIONS SET ZCONTENTURL=? WHERE Z_PK=1", "{}")),
    Place("note", "apple_cloud_notes_parser", _NAMES, _note),
    Place("mail in base64", "RFC 2045, iLEAPP mailprotect", _NAMES, _mail("17.eml", _base64_mail)),
    Place("mail in quoted-printable", "RFC 2045", _LINKS, _mail("18.eml", _quoted_mail)),
    Place("folded mail header", "RFC 2047", _MAIL, _mail("19.eml", _folded_mail)),
    Place("mail as emlx", "dfir.training emlx notes", _NAMES, _mail("20.emlx", lambda value: _emlx(_base64_mail(value)))),
    Place("zip in a mail", "RFC 2046, APPNOTE.TXT", _LINKS, _mail("21.eml", _nested_mail)),
    Place("name of a mail's attachment", "RFC 2231", _FILES, _mail("22.eml", _attachment_mail)),
    Place("WhatsApp message", "iLEAPP whatsApp", _NAMES, _whatsapp("ZWAMESSAGE.ZTEXT")),
    Place("WhatsApp media link", "iLEAPP whatsApp", _LINKS, _whatsapp("ZWAMEDIAITEM.ZMEDIAURL")),
    Place("WhatsApp media name", "iLEAPP whatsApp", _FILES, _whatsapp("ZWAMEDIAITEM.ZTITLE")),
    Place("WhatsApp shared link", "iLEAPP whatsApp", _LINKS, _whatsapp("ZWAMESSAGEDATAITEM.ZMATCHEDTEXT")),
    Place(
        "Viber message", "iLEAPP viber.py", _NAMES,
        _app_database("AppDomainGroup-group.viber.share.container", "com.viber/database/Contacts.data", _LINE_SCHEMA.format("ZVIBERMESSAGE", "ZTEXT"), "INSERT INTO ZVIBERMESSAGE VALUES (1, ?)"),
    ),
    Place(
        "WeChat message", "iLEAPP weChat", _NAMES,
        _app_database("AppDomain-com.tencent.xin", "Documents/6f0c/DB/MM.sqlite", "CREATE TABLE Chat_0c12 (MesLocalID INTEGER PRIMARY KEY, Message TEXT);", "INSERT INTO Chat_0c12 VALUES (1, ?)"),
    ),
    Place(
        "Messenger message", "iLEAPP FacebookMessenger.py", _LINKS,
        _app_database("AppDomainGroup-group.com.facebook.Messenger", "lightspeed-userDatabases/1.db", "CREATE TABLE messages (pk INTEGER PRIMARY KEY, text TEXT);", "INSERT INTO messages VALUES (1, ?)"),
    ),
    Place("Telegram message", "telegram-ios postbox notes", _NAMES, _telegram),
    Place("Signal preferences", "Signal-iOS source", _LINKS, _signal),
    Place("account", "iLEAPP accountData.py", _MAIL, _accounts),
    Place("vCard attachment, folded", "RFC 2426", _MAIL, _vcard),
    Place("calendar attachment", "RFC 5545", _MAIL, _invitation),
    Place("PDF attachment", "ISO 32000-1 §7.3.8", _LINKS, _pdf),
    Place("Siri intent in Biome", "iLEAPP biomeIntents", _MAIL, _intents),
)  # fmt: skip
