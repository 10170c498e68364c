"""Examiners of two laptops: their keys, lists of these, and bundles on the way from one to the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mvtcase.keys.identities import Identity
from mvtcase.workflow import bundles

if TYPE_CHECKING:
    from pathlib import Path

    from mvtcase.workflow.desk import Desk


def new_identity() -> Identity:
    """Return fresh keys of an examiner."""
    return Identity(age_secret=str(pyrage.x25519.Identity.generate()), signing_key=Ed25519PrivateKey.generate())


def keys_of(folder: Path, *desks: Desk) -> Path:
    """Write a list of the keys of some examiners."""
    path = folder / "keys.txt"
    lines = [f"{each.actor} {' '.join(each.identity.public_keys)}" for each in desks if each.identity]
    path.write_text("\n".join(["# who signs", *lines]))
    return path


def send(source: Desk, target: Desk, folder: Path, name: str, **wish: Any) -> Path:
    """Write a bundle from one laptop for the other and return where it is."""
    assert target.identity is not None
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-{len(list(folder.iterdir()))}.mvtbundle"
    bundles.export(source, bundles.Wish(to=(target.identity.recipient,), name=name, output=path, **wish))
    return path
