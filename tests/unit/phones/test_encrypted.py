"""Encrypted backups: the library that MVT uses opens them with the password, and with nothing else."""

from __future__ import annotations

import plistlib
import sqlite3
from typing import TYPE_CHECKING

import pytest
from iphone_backup_decrypt import EncryptedBackup

from mvtcase.phones.encrypted import encrypt_ios_backup
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone, file_id

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "correct 馬 battery staple"
SMS = file_id("HomeDomain", "Library/SMS/sms.db")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a plain backup without a photo and its encrypted copy."""
    folder = tmp_path_factory.mktemp("encrypted")
    build_ios_backup(folder / "plain", IosPhone(), lost={"tcc"})
    return folder / "plain", encrypt_ios_backup(folder / "plain", folder / "encrypted", PASSWORD)


def test_password_opens_every_file(pair: tuple[Path, Path]) -> None:
    """Each file of the plain backup comes out of the encrypted one byte by byte."""
    plain, encrypted = pair
    backup = EncryptedBackup(backup_directory=str(encrypted), passphrase=PASSWORD)
    with backup.manifest_db_cursor() as cursor:
        rows = cursor.execute("SELECT fileID, domain, relativePath FROM Files WHERE flags = 1").fetchall()
    stored = [(key, domain, path) for key, domain, path in rows if (plain / key[:2] / key).exists()]
    assert len(stored) == len(rows) - 1
    for key, domain, path in stored:
        content = backup.extract_file_as_bytes(path, domain_like=domain)
        assert content == (plain / key[:2] / key).read_bytes()


def test_wrong_password_is_refused(pair: tuple[Path, Path]) -> None:
    """No key unwraps."""
    with pytest.raises(ValueError, match="incorrect passphrase"):
        EncryptedBackup(backup_directory=str(pair[1]), passphrase="wrong").test_decryption()


def test_nothing_is_readable_without_the_password(pair: tuple[Path, Path]) -> None:
    """Neither the manifest nor a message is a database any more, and no text of a message is left."""
    plain, encrypted = pair
    for path in (encrypted / "Manifest.db", encrypted / SMS[:2] / SMS):
        with pytest.raises(sqlite3.DatabaseError):
            sqlite3.connect(path).execute("SELECT count(*) FROM sqlite_master").fetchone()
    assert b"library at six" in (plain / SMS[:2] / SMS).read_bytes()
    assert not any(b"library at six" in path.read_bytes() for path in encrypted.rglob("*") if path.is_file())


def test_backup_says_that_it_is_encrypted(pair: tuple[Path, Path]) -> None:
    """Manifest.plist carries the flag, the key bag and the manifest's key; identity stays readable."""
    plain, encrypted = pair
    before, after = (plistlib.loads((folder / "Manifest.plist").read_bytes()) for folder in (plain, encrypted))
    assert (before["IsEncrypted"], after["IsEncrypted"]) == (False, True)
    assert len(after["ManifestKey"]) == 44
    assert after["BackupKeyBag"].startswith(b"VERS\x00\x00\x00\x04")
    assert (plain / "Info.plist").read_bytes() == (encrypted / "Info.plist").read_bytes()


def test_same_password_gives_same_bytes(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """Encryption draws its keys from the password alone: control evidence stays reproducible."""
    again = encrypt_ios_backup(pair[0], tmp_path / "again", PASSWORD)
    other = encrypt_ios_backup(pair[0], tmp_path / "other", "another")
    name = f"{SMS[:2]}/{SMS}"
    assert (again / name).read_bytes() == (pair[1] / name).read_bytes()
    assert (other / name).read_bytes() != (pair[1] / name).read_bytes()
