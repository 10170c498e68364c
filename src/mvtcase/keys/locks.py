"""A secret under a passphrase: Argon2id makes the key, ChaCha20-Poly1305 locks."""

from __future__ import annotations

import base64
import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from mvtcase.errors import WrongKeyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mvtcase.canon import Json

_SALT_BYTES = 16
_NONCE_BYTES = 12
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one guess at a passphrase costs: memory in KiB, passes over it, lanes at once (RFC 9106)."""

    memory_kib: int
    passes: int
    lanes: int


USUAL = Cost(memory_kib=64 << 10, passes=3, lanes=4)
"""The second recommended choice of RFC 9106, section 4."""
_MOST = Cost(memory_kib=256 << 10, passes=8, lanes=8)


def lock(
    secret: bytes, passphrase: str, *, bound_to: bytes = b"", cost: Cost = USUAL, salt: bytes = b""
) -> dict[str, Json]:
    """Return a secret locked with a passphrase, as JSON values; `bound_to` is what must stand beside it unchanged.

    What shall be tried together with other locks (`unlock_any`) shares their `salt`; all else gets one of its own.
    """
    salt, nonce = salt or os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    sealed = ChaCha20Poly1305(_key(passphrase, salt, cost)).encrypt(nonce, secret, bound_to)
    return {
        "kdf": "argon2id",
        "memory_kib": cost.memory_kib,
        "passes": cost.passes,
        "lanes": cost.lanes,
        "salt": base64.b64encode(salt).decode(),
        "nonce": base64.b64encode(nonce).decode(),
        "data": base64.b64encode(sealed).decode(),
    }


def unlock(locked: Mapping[str, Any], passphrase: str, *, bound_to: bytes = b"") -> bytes:
    """Return the secret. Raises `WrongKeyError` for another passphrase, and for what is damaged or asks too much."""
    return unlock_any([(bound_to, locked)], passphrase)


def unlock_any(several: Iterable[tuple[bytes, Mapping[str, Any]]], passphrase: str) -> bytes:
    """Return the first secret, of several with what they are bound to, that the passphrase opens. Raises as `unlock`.

    Those that share a salt cost one guess together.
    """
    keys: dict[tuple[bytes, Cost], bytes] = {}
    for bound_to, locked in several:
        with contextlib.suppress(InvalidTag, HashingError, ValueError, TypeError, LookupError):
            # A file that asks for more than is ever asked is hostile: at the bound it fails like any other passphrase.
            cost = Cost(**{name: min(int(locked[name]), getattr(_MOST, name)) for name in Cost.__dataclass_fields__})
            salt, nonce, sealed = (base64.b64decode(locked[name], validate=True) for name in ("salt", "nonce", "data"))
            if (salt, cost) not in keys:
                keys[salt, cost] = _key(passphrase, salt, cost)
            return ChaCha20Poly1305(keys[salt, cost]).decrypt(nonce, sealed, bound_to)
    raise WrongKeyError("The passphrase does not fit, or what it locks is damaged.")


def _key(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    return hash_secret_raw(
        passphrase.encode(),
        salt,
        time_cost=cost.passes,
        memory_cost=cost.memory_kib,
        parallelism=cost.lanes,
        hash_len=_KEY_BYTES,
        type=Type.ID,
    )
