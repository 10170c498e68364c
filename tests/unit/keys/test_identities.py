"""Identity files: made once, opened by their passphrase alone, and refused when anything in them was changed."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import pyrage
import pytest

from mvtcase.errors import ConflictError, NotFoundError, WrongKeyError
from mvtcase.keys import identities, locks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHEAP = locks.Cost(memory_kib=64, passes=1, lanes=1)
WORDS = "four plain words here"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Return an identity file that costs little to open."""
    identities.make(tmp_path / "chen.identity", WORDS, cost=CHEAP)
    return tmp_path / "chen.identity"


def test_what_was_made_is_what_is_loaded_and_both_halves_work(tmp_path: Path) -> None:
    """The keys of the file decrypt what was encrypted to the public one, and sign what the other public one checks."""
    path = tmp_path / "chen.identity"
    made = identities.make(path, WORDS, cost=CHEAP)
    found = identities.load(path, WORDS)
    sealed = pyrage.encrypt(b"x", [pyrage.x25519.Recipient.from_str(identities.public_keys(path)[0])])
    assert pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(found.age_secret)]) == b"x"
    made.signing_key.public_key().verify(found.signing_key.sign(b"head"), b"head")
    assert found.public_keys == identities.public_keys(path) == made.public_keys
    assert all(map(identities.is_public_key, found.public_keys))


def test_the_file_is_private_and_holds_no_secret_in_clear(kept: Path) -> None:
    """Others cannot read it, and neither secret half stands in it; nor does a printed identity show one."""
    found = identities.load(kept, WORDS)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert found.age_secret.encode() not in kept.read_bytes()
    assert found.age_secret not in repr(found)


def test_an_identity_is_never_overwritten(kept: Path) -> None:
    """A second one of that name would lock its owner out of every case."""
    with pytest.raises(ConflictError):
        identities.make(kept, WORDS, cost=CHEAP)


def test_another_passphrase_and_a_missing_file_are_told_apart(kept: Path) -> None:
    """Who mistypes the name is not told to try other passphrases."""
    with pytest.raises(WrongKeyError):
        identities.load(kept, "four other words here")
    with pytest.raises(NotFoundError):
        identities.load(kept.with_name("none"), WORDS)


def _swapped(told: dict[str, Any]) -> None:
    told["public_keys"][1] = "ed25519:" + "0" * 64


def _costly(told: dict[str, Any]) -> None:
    told["locked"]["memory_kib"] = 1 << 40


def _bare(told: dict[str, Any]) -> None:
    del told["locked"]["salt"]


def _foreign(told: dict[str, Any]) -> None:
    told["format"] = "another/1"


@pytest.mark.parametrize("harm", [_swapped, _costly, _bare, _foreign])
def test_a_changed_file_is_refused(kept: Path, harm: Callable[[dict[str, Any]], None]) -> None:
    """A public key put in its place, a cost that would stop the machine, a part taken out: none is followed."""
    told = json.loads(kept.read_text())
    harm(told)
    kept.write_text(json.dumps(told))
    with pytest.raises(WrongKeyError):
        identities.load(kept, WORDS)
