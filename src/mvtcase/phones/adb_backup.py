"""Android backups (`adb backup`, .ab) with the message store, plain or encrypted as Android itself does it."""

from __future__ import annotations

import io
import json
import tarfile
import zlib
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from mvtcase.phones.android_damage import AndroidDamage, apply_damage
from mvtcase.phones.android_phone import AndroidMessage
from mvtcase.phones.android_spots import AndroidEvidence, Placement, place
from mvtcase.phones.plants import BuiltEvidence, PlantKind

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from mvtcase.phones.android_phone import AndroidPhone

MAGIC = "ANDROID BACKUP"
FORMAT_VERSION = 5
PBKDF2_ROUNDS = 10000
NOTES = "org.example.notes"
TELEPHONY = "com.android.providers.telephony"
_AES_BLOCK_BITS = 128
_SHORT_CODE = "INFO"
_PLANTED_BEFORE = timedelta(hours=6, minutes=30)


def build_adb_backup(
    path: Path, phone: AndroidPhone, *, password: str | None = None, damage: AndroidDamage | None = None
) -> BuiltEvidence:
    """Return an Android backup written to `path`: the telephony provider's SMS and MMS.

    With a password it is encrypted, AES-256 with PBKDF2. `damage` is one of the general kinds or `BODYLESS_MESSAGE`.
    Raises `ValueError` when a plant fits nowhere.
    """
    placement = place(phone.plants, [AndroidEvidence.BACKUP])
    path.write_bytes(backup_bytes(phone, placement, password=password, damage=damage))
    return BuiltEvidence(path=path, planted=placement.planted())


def backup_bytes(
    phone: AndroidPhone, placement: Placement, *, password: str | None = None, damage: AndroidDamage | None = None
) -> bytes:
    """Return the bytes of a backup with the plants of `placement` in its messages."""
    rng = phone.random("backup")
    bodyless = damage is AndroidDamage.BODYLESS_MESSAGE
    payload = zlib.compress(_tar(_members(phone, placement, bodyless=bodyless), phone))
    head = f"{MAGIC}\n{FORMAT_VERSION}\n1\n"
    if password is None:
        whole = f"{head}none\n".encode() + payload
    else:
        whole = f"{head}AES-256\n".encode() + _encrypted(payload, password, rng)
    return whole if damage is None or bodyless else apply_damage(whole, damage, rng)


def _members(phone: AndroidPhone, placement: Placement, *, bodyless: bool) -> dict[str, bytes]:
    talk = (*phone.talk(), *_planted_messages(phone, placement))
    texts = [_sms(phone, message) for message in talk if not message.mms]
    multimedia = [_mms(phone, message) for message in talk if message.mms]
    if bodyless:
        del texts[len(texts) // 2]["body"]
    root = f"apps/{TELEPHONY}"
    notes = placement.at("backup_files")
    return {
        f"{root}/_manifest": f"1\n{TELEPHONY}\n{phone.sdk}\n{phone.sdk}\n\n0\n0\n".encode(),
        f"{root}/d_f/000000_sms_backup": zlib.compress(json.dumps(texts).encode()),
        f"{root}/d_f/000000_mms_backup": zlib.compress(json.dumps(multimedia).encode()),
        f"apps/{NOTES}/_manifest": f"1\n{NOTES}\n7\n{phone.sdk}\n\n0\n0\n".encode(),
        f"apps/{NOTES}/f/notes.txt": "".join(f"{line}\n" for line in ("Groceries: rice, tea", *notes)).encode(),
    }


def _planted_messages(phone: AndroidPhone, placement: Placement) -> list[AndroidMessage]:
    links = [
        (spot, link)
        for spot in ("sms", "mms")
        for link in (
            *(f"https://{domain}/t/4fd1" for domain in placement.at(spot, PlantKind.DOMAINS)),
            *placement.at(spot, PlantKind.URLS),
        )
    ]
    # MVT finds links by their scheme alone: these it reads and never compares.
    links += [("sms", f"{domain}/t/4fd1") for domain in placement.at("sms_text")]
    return [
        AndroidMessage(
            sender=_SHORT_CODE,
            body=f"Your parcel could not be delivered: {link} (reply STOP to end)",
            at=phone.taken_at - _PLANTED_BEFORE,
            mms=spot == "mms",
        )
        for spot, link in links
    ]


def _sms(phone: AndroidPhone, message: AndroidMessage) -> dict[str, object]:
    return {
        "self_phone": phone.own_number,
        "address": message.sender,
        "body": message.body,
        **_dates(message),
        "status": "-1",
        "type": "2" if message.sent else "1",
        "recipients": [message.sender],
        "read": "1",
    }


def _mms(phone: AndroidPhone, message: AndroidMessage) -> dict[str, object]:
    return {
        "self_phone": phone.own_number,
        "mms_addresses": [{"type": 137, "address": message.sender, "charset": 106}],
        "mms_body": message.body,
        "mms_charset": 106,
        **_dates(message),
        "m_type": "128" if message.sent else "132",
        "v": "18",
        "read": "1",
    }


def _dates(message: AndroidMessage) -> dict[str, str]:
    milliseconds = str(int(message.at.timestamp() * 1000))
    return {"date": milliseconds, "date_sent": milliseconds if message.sent else "0"}


def _tar(members: dict[str, bytes], phone: AndroidPhone) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.mtime = len(data), 0o600, int(phone.taken_at.timestamp())
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def _encrypted(payload: bytes, password: str, rng: random.Random) -> bytes:
    """Return the encrypted part after the header: five lines of key material, then the ciphertext (AOSP's format)."""
    user_salt, checksum_salt = rng.randbytes(64), rng.randbytes(64)
    user_iv, master_iv, master_key = rng.randbytes(16), rng.randbytes(16), rng.randbytes(32)
    checksum = _derive(_java_text(master_key), checksum_salt)
    blob = b"".join(bytes([len(piece)]) + piece for piece in (master_iv, master_key, checksum))
    lines = (
        user_salt.hex().upper(),
        checksum_salt.hex().upper(),
        str(PBKDF2_ROUNDS),
        user_iv.hex().upper(),
        _aes(_derive(password.encode(), user_salt), user_iv, blob).hex().upper(),
    )
    return "".join(f"{line}\n" for line in lines).encode() + _aes(master_key, master_iv, payload)


def _derive(secret: bytes, salt: bytes) -> bytes:
    # SHA-1 is what Android's backup format prescribes.
    return PBKDF2HMAC(algorithm=hashes.SHA1(), length=32, salt=salt, iterations=PBKDF2_ROUNDS).derive(secret)  # noqa: S303


def _java_text(key: bytes) -> bytes:
    """Return the key as Java turns signed bytes into characters and those into UTF-8: the format's well-known quirk."""
    return "".join(chr(byte) if byte < 0x80 else chr(0xFF00 | byte) for byte in key).encode()


def _aes(key: bytes, iv: bytes, data: bytes) -> bytes:
    padder = padding.PKCS7(_AES_BLOCK_BITS).padder()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return encryptor.update(padder.update(data) + padder.finalize()) + encryptor.finalize()
