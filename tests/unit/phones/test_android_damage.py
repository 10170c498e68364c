"""AndroidDamage to bytes and archives does what its name says, and nothing else."""

from __future__ import annotations

import io
import random
import zipfile
from datetime import datetime

import pytest

from mvtcase.phones.android_damage import ZIP_PASSWORD, AndroidDamage, apply_damage, fixed_zip, without_members

MOMENT = datetime(2026, 11, 20, 17, 30, 2)  # noqa: DTZ001 - zip members carry a wall clock
MEMBERS = {"a/first.txt": b"one\n" * 40, "second.bin": bytes(range(256))}
ARCHIVE = fixed_zip(MEMBERS, MOMENT)


def opened(data: bytes) -> zipfile.ZipFile:
    """Return an archive opened from memory."""
    return zipfile.ZipFile(io.BytesIO(data))


def broken(damage: AndroidDamage, data: bytes = ARCHIVE) -> bytes:
    """Return data with one damage done, always the same way."""
    return apply_damage(data, damage, random.Random(5))  # noqa: S311 - fixed damage, no secret


def test_an_archive_is_the_same_every_time() -> None:
    """Members, their order, times and rights are fixed."""
    assert fixed_zip(MEMBERS, MOMENT) == ARCHIVE
    with opened(ARCHIVE) as archive:
        assert {info.filename: archive.read(info) for info in archive.infolist()} == MEMBERS
        assert {info.date_time for info in archive.infolist()} == {(2026, 11, 20, 17, 30, 2)}


def test_a_bad_checksum_lists_but_does_not_read() -> None:
    """The directory is intact; reading any member to its end fails."""
    with opened(broken(AndroidDamage.BAD_CRC)) as archive:
        assert archive.namelist() == list(MEMBERS)
        for name in MEMBERS:
            with pytest.raises(zipfile.BadZipFile, match="CRC"):
                archive.read(name)


def test_a_password_is_really_needed() -> None:
    """Without the password reading fails, with it the content is as before, with another it is not."""
    sealed = broken(AndroidDamage.PASSWORD)
    assert MEMBERS["a/first.txt"] not in sealed
    with opened(sealed) as archive:
        with pytest.raises(RuntimeError, match="password required"):
            archive.read("second.bin")
        archive.setpassword(ZIP_PASSWORD.encode())
        assert {name: archive.read(name) for name in archive.namelist()} == MEMBERS
        with pytest.raises((RuntimeError, zipfile.BadZipFile)):
            archive.read("a/first.txt", b"another")


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (AndroidDamage.EMPTY, b""),
        (AndroidDamage.TRUNCATED, b"hello"),
        (AndroidDamage.INVALID_UTF8, b"hello\xff\xfe\xc3\x28world"),
    ],
)
def test_plain_damage(damage: AndroidDamage, expected: bytes) -> None:
    """Emptied, cut in half, or with bytes in the middle that are no UTF-8."""
    assert broken(damage, b"helloworld") == expected


def test_noise_has_the_same_length_and_other_bytes() -> None:
    """Noise replaces every byte's meaning, not the size."""
    noise = broken(AndroidDamage.NOISE)
    assert len(noise) == len(ARCHIVE)
    assert noise != ARCHIVE
    assert noise == broken(AndroidDamage.NOISE)


def test_a_web_page_is_no_json() -> None:
    """What a captive portal leaves in place of a download."""
    assert broken(AndroidDamage.NOT_JSON).startswith(b"<!DOCTYPE")


@pytest.mark.parametrize(
    "damage", [AndroidDamage.ODD_TIMESTAMP, AndroidDamage.BODYLESS_MESSAGE, AndroidDamage.NO_ENTRY_POINT]
)
def test_damage_of_one_part_is_refused_elsewhere(damage: AndroidDamage) -> None:
    """AndroidDamage that needs to know the part raises rather than doing nothing."""
    with pytest.raises(ValueError, match=str(damage)):
        broken(damage)


def test_members_can_be_taken_out() -> None:
    """Only the named member is gone."""
    with opened(without_members(ARCHIVE, {"second.bin"})) as archive:
        assert archive.namelist() == ["a/first.txt"]
