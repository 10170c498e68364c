"""The invented phone: filled from its seed, and nobody's."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from mvtcase.phones.ios_phone import (
    Desk,
    IosPhone,
    chrome_microseconds,
    mac_nanoseconds,
    mac_seconds,
    naive,
    unix_seconds,
    with_check_digit,
)


def test_fields_left_empty_come_from_the_seed() -> None:
    """Two phones of a seed are equal, and given fields stay as given."""
    assert IosPhone(seed=5) == IosPhone(seed=5)
    assert IosPhone(seed=5).serial != IosPhone(seed=6).serial
    assert IosPhone(serial="C0NTR0L001").serial == "C0NTR0L001"
    assert all(value for value in (IosPhone().udid, IosPhone().imei, IosPhone().build, IosPhone().last_backup))


def test_product_name_and_version_fit_the_product_type() -> None:
    """A given model gets its own name."""
    phone = IosPhone(product_type="iPhone16,1")
    assert (phone.product_name, phone.ios_version, phone.build) == ("iPhone 15 Pro", "26.6.2", "23G90")


@pytest.mark.parametrize("seed", range(8))
def test_identity_belongs_to_nobody(seed: int) -> None:
    """The IMEI is of the test range with a right check digit, the number of the range kept for fiction."""
    phone = IosPhone(seed=seed)
    assert phone.imei.startswith("00101")
    assert len(phone.imei) == 15
    assert with_check_digit(phone.imei[:14]) == phone.imei
    assert phone.phone_number.startswith("+447700900")


def test_check_digit_is_luhn() -> None:
    """The example of the GSM Association's document ends in the same digit."""
    assert with_check_digit("49015420323751") == "490154203237518"


def test_clocks_of_the_databases() -> None:
    """Each database counts from its own epoch."""
    moment = datetime(2026, 1, 1, tzinfo=timezone.utc)
    assert mac_seconds(moment) == 788_918_400.0
    assert len(str(mac_nanoseconds(moment))) == 18
    assert unix_seconds(moment) == 1_767_225_600
    assert chrome_microseconds(moment) == 13_411_699_200_000_000
    assert naive(moment) == moment.replace(tzinfo=None)


def test_sources_do_not_disturb_each_other() -> None:
    """Each source draws from a generator of its own, so that a change in one leaves the others' bytes alone."""
    desk = Desk.of(IosPhone(), {})
    first = desk.rng("sms").random()
    desk.rng("calls").random()
    assert desk.rng("sms").random() == first
    assert desk.rng("calls").random() != first


def test_moments_are_ordered_and_before_the_backup() -> None:
    """Moments rise, and the last is at least an hour before the backup."""
    desk = Desk.of(IosPhone(), {})
    moments = desk.moments(desk.rng("x"), 50, days=10)
    assert moments == sorted(moments)
    assert (desk.phone.backed_up - moments[-1]).total_seconds() >= 3600
    assert (desk.phone.backed_up - moments[0]).days <= 10
