"""The identity of an examiner: an age key that opens and an Ed25519 key that signs, in one file under a passphrase.

The file is JSON: `format`, the two public keys in clear, and `locked`, which holds both secret halves and is bound to
the public ones.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from mvtcase.canon import canonical_json
from mvtcase.errors import ConflictError, NotFoundError, WrongKeyError
from mvtcase.files import write_atomically
from mvtcase.keys import SIGNS, locks
from mvtcase_readers.regular import read_bounded

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = "mvtcase-identity/1"
MAX_IDENTITY_BYTES = 64 << 10
_PUBLIC = re.compile(r"age1[0-9a-z]{20,100}|ed25519:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The secret half of an examiner's keys; it is never shown, stored or logged."""

    age_secret: str = field(repr=False)
    signing_key: Ed25519PrivateKey = field(repr=False)

    @property
    def recipient(self) -> str:
        """The age public key (`age1…`) to which something is encrypted for this person alone."""
        return str(pyrage.x25519.Identity.from_str(self.age_secret).to_public())

    @property
    def verify_key(self) -> str:
        """The Ed25519 public key, 64 hex digits, with which this person's signatures are checked."""
        return self.signing_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    @property
    def public_keys(self) -> tuple[str, str]:
        """Both public keys as the register of examiners keeps them: `age1…` and `ed25519:…`."""
        return self.recipient, f"{SIGNS}{self.verify_key}"


def make(path: Path, passphrase: str, *, cost: locks.Cost = locks.USUAL) -> Identity:
    """Write a new identity to a file that must not exist yet, and return it. Raises `ConflictError`."""
    if os.path.lexists(path):
        raise ConflictError("{path} exists already; an identity is never overwritten.", path=path)
    made = Identity(age_secret=str(pyrage.x25519.Identity.generate()), signing_key=Ed25519PrivateKey.generate())
    seed = made.signing_key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()).hex()
    secret = canonical_json({"age": made.age_secret, "ed25519": seed}).encode()
    public = list(made.public_keys)
    locked = locks.lock(secret, passphrase, bound_to=_bound(public), cost=cost)
    told = {"format": FORMAT, "public_keys": public, "locked": locked}
    write_atomically(path, json.dumps(told, indent=1).encode() + b"\n")
    return made


def load(path: Path, passphrase: str) -> Identity:
    """Return the identity in a file. Raises `NotFoundError`, or `WrongKeyError` where the passphrase does not fit."""
    told = _read(path)
    # Whoever wrote the secret half wrote the public one beside it: the lock is bound to that.
    halves = json.loads(locks.unlock(told["locked"], passphrase, bound_to=_bound(told["public_keys"])))
    signing_key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(halves["ed25519"]))
    return Identity(age_secret=halves["age"], signing_key=signing_key)


def public_keys(path: Path) -> tuple[str, ...]:
    """Return the public keys of an identity file, for which no passphrase is needed. Raises as `load`."""
    return tuple(map(str, _read(path)["public_keys"]))


def is_public_key(text: str) -> bool:
    """Tell whether a text has the form of a public key: `age1…` or `ed25519:` and 64 hex digits."""
    return _PUBLIC.fullmatch(text) is not None


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise NotFoundError("There is no identity file {path}.", path=path)
    try:
        told = json.loads(read_bounded(path, MAX_IDENTITY_BYTES))
        sound = told["format"] == FORMAT and isinstance(told["locked"], dict)
        sound = sound and all(is_public_key(each) for each in told["public_keys"])
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        sound = False
    if not sound:
        raise WrongKeyError("{path} is no identity file.", path=path)
    return dict(told)


def _bound(public: list[str]) -> bytes:
    return canonical_json([FORMAT, *public]).encode()
