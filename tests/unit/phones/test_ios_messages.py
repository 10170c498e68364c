"""The messages database: where text stands, and who is joined to it."""

from __future__ import annotations

from typing import Any

from mvtcase.phones.ios_messages import attributed_body, sms
from mvtcase.phones.ios_phone import Desk, IosPhone, Oddity
from mvtcase.phones.ios_spots import IosEvidence, place
from mvtcase.phones.plants import Plant, PlantKind
from mvtcase.phones.sqlite_files import opened


def messages(phone: IosPhone, query: str) -> list[tuple[Any, ...]]:
    """Return what a query says of the phone's sms.db."""
    desk = Desk.of(phone, place(phone.plants, IosEvidence.BACKUP)[0])
    with opened(sms(desk).content) as connection:
        return connection.execute(query).fetchall()


def test_text_can_stand_in_attributed_body_alone() -> None:
    """Asked for, some messages have no `text`, and their words are in the archive."""
    phone = IosPhone(attributed_body_only=6)
    hidden = messages(phone, "SELECT attributedBody FROM message WHERE text IS NULL")
    assert len(hidden) == 6
    assert all(body.startswith(b"\x04\x0bstreamtyped") for (body,) in hidden)
    assert messages(IosPhone(), "SELECT count(*) FROM message WHERE text IS NULL") == [(0,)]


def test_attributed_body_counts_bytes_and_units() -> None:
    """Long text gets a two-byte length: bytes before the text, UTF-16 units after it."""
    text = "訊息" * 60
    body = attributed_body(text)
    data = text.encode()
    assert b"+\x81" + len(data).to_bytes(2, "little") + data in body
    assert data + b"\x86\x84\x02iI\x01" + bytes([len(text)]) in body


def test_messages_without_handle_are_joined_to_nobody() -> None:
    """The join that MVT makes leaves them out: the rows of the source are more than it can extract."""
    phone = IosPhone(without_handle=5)
    joined = messages(phone, "SELECT count(*) FROM message, handle WHERE handle.rowid = message.handle_id")
    assert joined == [(phone.messages - 5,)]


def test_planted_links_come_from_a_stranger() -> None:
    """Each spot puts the link where its name says."""
    plants = tuple(
        Plant(PlantKind.DOMAINS, f"{spot.replace('_', '-')}.example", spot)
        for spot in ("sms", "attributed_body", "sms_bare_link", "sms_without_handle")
    )
    found = messages(
        IosPhone(plants=plants), "SELECT text, handle_id, is_from_me, attributedBody FROM message WHERE ROWID > 40"
    )
    (plain, hidden, bare, loose) = found
    assert "https://sms.example/" in plain[0]
    assert hidden[0] is None
    assert b"https://attributed-body.example/" in hidden[3]
    assert "sms-bare-link.example/" in bare[0]
    assert "http" not in bare[0]
    assert [row[1] for row in found] == [7, 7, 7, 0]
    assert all(row[2] == 0 for row in found)
    assert "sms-without-handle.example" in loose[0]


def test_extra_messages_arrive_as_they_are() -> None:
    """Markup, control characters and overrides reach the database unchanged."""
    text = "<script>alert(1)</script> \x1b[31m =HYPERLINK(1) \u202etxt.exe https://lure.example/x"
    phone = IosPhone(extra_messages=(text,))
    assert messages(phone, "SELECT text, is_from_me FROM message WHERE ROWID > 40") == [(text, 0)]


def test_oddities_of_messages() -> None:
    """Apple's warning and the suspicious attachment appear only when asked for."""
    phone = IosPhone(oddities=frozenset({Oddity.THREAT_NOTIFICATION, Oddity.TEMPORARY_ATTACHMENT}))
    query = "SELECT count(*) FROM message WHERE text LIKE 'ALERT: Apple detected a targeted%'"
    assert messages(phone, query) == [(1,)]
    assert messages(IosPhone(), query) == [(0,)]
    query = "SELECT count(*) FROM attachment WHERE filename LIKE '/var/tmp/%-1'"
    assert messages(phone, query) == [(1,)]
    assert messages(IosPhone(), query) == [(0,)]
