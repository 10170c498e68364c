"""The .ab builder: Android's header, the message store inside, encryption that hides it."""

from __future__ import annotations

import io
import json
import tarfile
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.phones.adb_backup import TELEPHONY, build_adb_backup
from mvtcase.phones.android import AndroidDamage, AndroidPhone
from mvtcase.phones.plants import Plant, PlantKind

if TYPE_CHECKING:
    from pathlib import Path

PHONE = AndroidPhone(seed=5)
LINK = Plant(PlantKind.DOMAINS, "parcel.example.net")


def messages(path: Path, kind: str) -> list[dict[str, Any]]:
    """Return the stored SMS or MMS of a plain backup."""
    payload = path.read_bytes().split(b"\n", 4)[4]
    with tarfile.open(fileobj=io.BytesIO(zlib.decompress(payload))) as archive:
        member = archive.extractfile(f"apps/{TELEPHONY}/d_f/000000_{kind}_backup")
        assert member is not None
        stored: list[dict[str, Any]] = json.loads(zlib.decompress(member.read()))
        return stored


def test_the_header_says_what_follows(tmp_path: Path) -> None:
    """Magic, version, compression and encryption stand in the first four lines."""
    plain = build_adb_backup(tmp_path / "a.ab", PHONE).path.read_bytes()
    sealed = build_adb_backup(tmp_path / "b.ab", PHONE, password="secret").path.read_bytes()
    assert plain.split(b"\n", 4)[:4] == [b"ANDROID BACKUP", b"5", b"1", b"none"]
    assert sealed.split(b"\n", 4)[:4] == [b"ANDROID BACKUP", b"5", b"1", b"AES-256"]


def test_every_message_is_stored(tmp_path: Path) -> None:
    """Text and multimedia messages together are the phone's talk, in SMS or MMS form."""
    path = build_adb_backup(tmp_path / "a.ab", PHONE).path
    bodies = [row["body"] for row in messages(path, "sms")] + [row["mms_body"] for row in messages(path, "mms")]
    assert sorted(bodies) == sorted(message.body for message in PHONE.talk())


def test_a_planted_domain_arrives_as_a_link(tmp_path: Path) -> None:
    """The planted domain is the host of a link with a scheme in a received message."""
    built = build_adb_backup(tmp_path / "a.ab", PHONE.with_plants(LINK))
    carrying = [row for row in messages(built.path, "sms") if "https://parcel.example.net/" in row["body"]]
    assert len(carrying) == 1
    assert carrying[0]["date_sent"] == "0"
    assert [found.module for found in built.planted] == ["sms"]


def test_a_bare_domain_has_no_scheme(tmp_path: Path) -> None:
    """The link that MVT does not see is in the message's text without `http://`, and recorded as unreported."""
    bare = Plant(PlantKind.DOMAINS, "parcel.example.net", "sms_text")
    built = build_adb_backup(tmp_path / "a.ab", PHONE.with_plants(bare))
    bodies = [row["body"] for row in messages(built.path, "sms") if "parcel.example.net" in row["body"]]
    assert len(bodies) == 1
    assert "://" not in bodies[0]
    assert not built.planted[0].reported_by_mvt


def test_backups_are_the_same_every_time(tmp_path: Path) -> None:
    """Plain and encrypted backups of one phone are the same bytes each time."""
    for password in (None, "secret"):
        first, second = (build_adb_backup(tmp_path / name, PHONE, password=password).path.read_bytes() for name in "ab")
        assert first == second


def test_another_password_is_another_ciphertext(tmp_path: Path) -> None:
    """The user's key, and so the wrapped master key, depends on the password."""
    first, second = (
        build_adb_backup(tmp_path / name, PHONE, password=name).path.read_bytes().split(b"\n", 9)[8] for name in "ab"
    )
    assert first != second


def test_one_message_loses_its_body(tmp_path: Path) -> None:
    """Exactly one text message has no body field."""
    path = build_adb_backup(tmp_path / "a.ab", PHONE, damage=AndroidDamage.BODYLESS_MESSAGE).path
    stored = messages(path, "sms")
    assert len([row for row in stored if "body" not in row]) == 1
    assert len(stored) > 1


def test_a_package_has_no_place_in_messages(tmp_path: Path) -> None:
    """Planting what no message can carry raises."""
    with pytest.raises(ValueError, match="app_ids"):
        build_adb_backup(tmp_path / "a.ab", PHONE.with_plants(Plant(PlantKind.APP_IDS, "com.x")))
