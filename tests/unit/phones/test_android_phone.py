"""The invented phone: derived identity, clocks and messages."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

from mvtcase.phones.android_phone import AndroidMessage, AndroidPhone, current_patch_level, luhn_digit

PHONE = AndroidPhone(seed=3)


def test_the_check_digit_is_luhns() -> None:
    """The well-known example 49015420323751 has the check digit 8."""
    assert luhn_digit("49015420323751") == "8"


def test_an_invented_imei_is_a_test_number() -> None:
    """An IMEI made from the seed has fifteen digits, the test prefix and a right check digit."""
    assert len(PHONE.imei_number) == 15
    assert PHONE.imei_number.startswith("00")
    assert luhn_digit(PHONE.imei_number[:14]) == PHONE.imei_number[14]


def test_given_identity_is_kept() -> None:
    """Serial, IMEI and number given by the caller win over invented ones."""
    phone = AndroidPhone(serial="ABC", imei="1", phone_number="+447700900123")
    assert (phone.serial_number, phone.imei_number, phone.own_number) == ("ABC", "1", "+447700900123")


def test_the_patch_level_is_never_older_than_half_a_year() -> None:
    """MVT warns after 186 days, so the default stays within them whenever the tests run."""
    level = date.fromisoformat(current_patch_level())
    today = datetime.now(tz=timezone.utc).date()
    assert today - level < timedelta(days=186)
    assert level >= date(2026, 11, 5)


def test_the_wall_clock_follows_the_offset() -> None:
    """The phone's clock shows local time without a zone and leads back to the same moment."""
    assert PHONE.wall_clock == datetime(2026, 11, 20, 17, 30)  # noqa: DTZ001 - a wall clock has no zone
    assert PHONE.instant(PHONE.wall_clock) == PHONE.taken_at.timestamp()


def test_talk_is_before_the_acquisition() -> None:
    """Invented messages lie before the acquisition, in both directions and both kinds."""
    talk = PHONE.talk()
    assert all(message.at < PHONE.taken_at for message in talk)
    assert {message.sent for message in talk} == {True, False}
    assert {message.mms for message in talk} == {True, False}


def test_given_messages_are_kept() -> None:
    """Messages given by the caller are the only ones."""
    message = AndroidMessage(sender="+447700900001", body="hello", at=PHONE.taken_at)
    assert AndroidPhone(messages=(message,)).talk() == (message,)
