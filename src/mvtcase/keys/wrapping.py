"""The key file of a sealed case: the case's key, wrapped for each who may open it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyrage

from mvtcase.canon import canonical_json
from mvtcase.errors import CaseSealedError, WrongKeyError
from mvtcase.files import write_atomically
from mvtcase.keys import locks
from mvtcase.keys.ring import FORMAT, GRAIN, read_keys

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


USUAL = locks.USUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Holders:
    """Who is to open a case: the age keys of people, a passphrase, the public half of a recovery key on paper."""

    recipients: tuple[str, ...] = ()
    passphrase: str = ""
    recovery: str = ""


def new_secret() -> str:
    """Return a new random age key: of a case, or to be written on paper."""
    return str(pyrage.x25519.Identity.generate())


def public_half(secret: str) -> str:
    """Return the public half of an age key. Raises `WrongKeyError` where it is none."""
    try:
        return str(pyrage.x25519.Identity.from_str(secret.strip().upper()).to_public())
    except pyrage.IdentityError as error:
        raise WrongKeyError("This is no age key.") from error


def write_keys(path: Path, secret: str, holders: Holders) -> str:
    """Write the key file of a case for those who may open it, and return its SHA-256.

    Raises `CaseSealedError` where nobody could: such a case would be lost.
    """
    recipients = dict.fromkeys(filter(None, (*holders.recipients, holders.recovery)))
    if not recipients and not holders.passphrase:
        raise CaseSealedError(
            "Nobody could open this case.", hint="Name an identity file, a passphrase or a recovery key."
        )
    told = {
        "format": FORMAT,
        "wrapped": [_wrapped(secret, each) for each in recipients],
        "locked": locks.lock(secret.encode(), holders.passphrase, cost=USUAL) if holders.passphrase else None,
        "recovery": holders.recovery,
    }
    return _write(path, told)


def let_in(path: Path, secret: str, recipients: Sequence[str], new: Path) -> str:
    """Write a key file that opens a case to more people than the one at `path` does, and return its SHA-256."""
    told = read_keys(path)
    return _write(new, {**told, "wrapped": [*told["wrapped"], *(_wrapped(secret, each) for each in recipients)]})


def _wrapped(secret: str, recipient: str) -> str:
    return base64.b64encode(pyrage.encrypt(secret.encode(), [pyrage.x25519.Recipient.from_str(recipient)])).decode()


def _write(path: Path, told: dict[str, Any]) -> str:
    text = canonical_json(told).encode()
    whole = text.ljust(-(-len(text) // GRAIN) * GRAIN)
    write_atomically(path, whole)
    return hashlib.sha256(whole).hexdigest()
