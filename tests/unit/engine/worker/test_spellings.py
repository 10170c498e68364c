"""A password opens a backup however the keyboard composed its accents."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest
from mvt.android import cmd_check_backup

from mvtcase.engine.worker.decrypt import RefusedError, unlocked
from mvtcase.engine.worker.run import commands
from mvtcase.engine.worker.task import spellings
from mvtcase.phones.adb_backup import build_adb_backup
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.encrypted import encrypt_ios_backup
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone

if TYPE_CHECKING:
    from pathlib import Path

COMPOSED = "café-Ångström"
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)


def test_a_password_of_plain_letters_is_tried_once() -> None:
    """Deriving a key is slow by design."""
    assert spellings("wisteria-42") == ("wisteria-42",)
    assert spellings(None) == (None,)
    assert spellings(DECOMPOSED) == (DECOMPOSED, COMPOSED)


@pytest.mark.parametrize(("set_as", "typed"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_an_iphone_backup_opens_by_either_spelling(tmp_path: Path, set_as: str, typed: str) -> None:
    """A Mac gives decomposed letters where Windows gives composed ones."""
    plain = build_ios_backup(tmp_path / "plain", IosPhone(messages=1)).path
    encrypted = encrypt_ios_backup(plain, tmp_path / "encrypted", set_as)
    assert unlocked(encrypted, typed, None) is not None
    with pytest.raises(RefusedError):
        unlocked(encrypted, f"{typed}!", None)


@pytest.mark.parametrize(("set_as", "typed"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_an_android_backup_opens_by_either_spelling(tmp_path: Path, set_as: str, typed: str) -> None:
    """MVT's reader is asked once more with the other spelling."""
    assert commands.CLASSES
    path = build_adb_backup(tmp_path / "phone.ab", AndroidPhone(), password=set_as).path
    assert b"ustar" in cmd_check_backup.parse_backup_file(path.read_bytes(), password=typed)
