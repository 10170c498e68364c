"""Really encrypted iTunes backups, made from plain synthetic ones.

The scheme is Apple's as `iphone_backup_decrypt` and iphone-dataprotection read it: a key bag whose class keys are
wrapped with a key derived from the password in two PBKDF2 steps, a key per file wrapped with its class key, AES-CBC.
"""

from __future__ import annotations

import hashlib
import os
import plistlib
import random
import shutil
import struct
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from cryptography.hazmat.primitives.padding import PKCS7

from mvtcase.phones.ios import TOP_LEVEL, file_record
from mvtcase.phones.sqlite_files import edited, opened

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

_CLASSES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
_FILE_CLASS = 3
_WRAPPED_WITH_PASSWORD = 2
_BACKUP_BAG = 1
_AES_BITS = 128


def encrypt_ios_backup(source: Path, target: Path, password: str, *, rounds: int = 10) -> Path:
    """Write an encrypted copy of a plain synthetic backup into a new folder and return that folder.

    The same source and password give the same bytes. `rounds` are PBKDF2 rounds (a real phone uses ten million: several
    seconds). A file that the manifest lists and the source lacks stays lacking. Raises `OSError` and `sqlite3.Error`
    when the source is no readable plain backup.
    """
    rng = random.Random(hashlib.sha256(f"{password}:{rounds}".encode()).digest())
    bag_keys = {number: rng.randbytes(32) for number in _CLASSES}
    target.mkdir(parents=True)
    manifest_key = rng.randbytes(32)
    manifest = (source / TOP_LEVEL["manifest_db"]).read_bytes()
    encrypted = _encrypt_files(source, target, manifest, bag_keys[_FILE_CLASS], rng)
    (target / TOP_LEVEL["manifest_db"]).write_bytes(_cbc(encrypted, manifest_key))
    plist = plistlib.loads((source / TOP_LEVEL["manifest_plist"]).read_bytes())
    plist["IsEncrypted"] = True
    plist["BackupKeyBag"] = _key_bag(bag_keys, password, rounds, rng)
    plist["ManifestKey"] = _wrapped(manifest_key, bag_keys[_FILE_CLASS])
    (target / TOP_LEVEL["manifest_plist"]).write_bytes(plistlib.dumps(plist, fmt=plistlib.FMT_BINARY))
    for name in ("info_plist", "status_plist"):
        shutil.copy2(source / TOP_LEVEL[name], target / TOP_LEVEL[name])
    _keep_times(source, target)
    return target


def _encrypt_files(source: Path, target: Path, manifest: bytes, class_key: bytes, rng: random.Random) -> bytes:
    with opened(manifest) as connection:
        rows = connection.execute("SELECT fileID, relativePath, file FROM Files WHERE flags = 1").fetchall()
    records: list[tuple[bytes, str]] = []
    for file_id, relative_path, blob in rows:
        key = rng.randbytes(32)
        records.append((_with_key(blob, relative_path, _wrapped(key, class_key)), file_id))
        plain = source / file_id[:2] / file_id
        if plain.is_file():
            (target / file_id[:2]).mkdir(exist_ok=True)
            (target / file_id[:2] / file_id).write_bytes(_cbc(plain.read_bytes(), key))

    def rewrite(connection: sqlite3.Connection) -> None:
        connection.executemany("UPDATE Files SET file = ? WHERE fileID = ?", records)

    return edited(manifest, rewrite)


def _with_key(blob: bytes, relative_path: str, wrapped_key: bytes) -> bytes:
    record = plistlib.loads(blob)["$objects"][1]
    size, moment, inode = int(record["Size"]), int(record["LastModified"]) + 3600, int(record["InodeNumber"])
    return file_record(relative_path, size, moment, inode, wrapped_key=wrapped_key)


def _key_bag(class_keys: dict[int, bytes], password: str, rounds: int, rng: random.Random) -> bytes:
    first_salt, second_salt = rng.randbytes(20), rng.randbytes(20)
    first = hashlib.pbkdf2_hmac("sha256", password.encode(), first_salt, rounds, 32)
    password_key = hashlib.pbkdf2_hmac("sha1", first, second_salt, rounds, 32)
    head = [
        (b"VERS", _number(4)),
        (b"TYPE", _number(_BACKUP_BAG)),
        (b"UUID", rng.randbytes(16)),
        (b"HMCK", rng.randbytes(40)),
        (b"WRAP", _number(_WRAPPED_WITH_PASSWORD)),
        (b"SALT", second_salt),
        (b"ITER", _number(rounds)),
        (b"DPWT", _number(0)),
        (b"DPIC", _number(rounds)),
        (b"DPSL", first_salt),
    ]
    for number, key in class_keys.items():
        head += [
            (b"UUID", rng.randbytes(16)),
            (b"CLAS", _number(number)),
            (b"WRAP", _number(_WRAPPED_WITH_PASSWORD)),
            (b"KTYP", _number(0)),
            (b"WPKY", aes_key_wrap(password_key, key)),
        ]
    return b"".join(tag + struct.pack(">L", len(value)) + value for tag, value in head)


def _number(value: int) -> bytes:
    return struct.pack(">L", value)


def _wrapped(key: bytes, class_key: bytes) -> bytes:
    return struct.pack("<l", _FILE_CLASS) + aes_key_wrap(class_key, key)


def _cbc(plain: bytes, key: bytes) -> bytes:
    padder = PKCS7(_AES_BITS).padder()
    # The zero vector is Apple's: every file has a key of its own.
    encryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor()
    return encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()


def _keep_times(source: Path, target: Path) -> None:
    stat = (source / TOP_LEVEL["info_plist"]).stat()
    for path in target.rglob("*"):
        if path.is_file():
            os.utime(path, (stat.st_mtime, stat.st_mtime))
