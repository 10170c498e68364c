"""The versions of imported sets on disk: one folder for each, there whole or not at all, never changed afterwards.

`<iocs>/sets/<name>/<first 16 digits of the sha256>/` holds the file as it came and `passport.json`.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from mvtcase.canon import new_uuid, sha256_bytes
from mvtcase.errors import IndicatorFileError, InputError
from mvtcase.files import sync_folder, write_atomically
from mvtcase.indicators.files import read_bytes, read_set
from mvtcase.indicators.ledger import READER_VERSION
from mvtcase.indicators.passport import Passport, make_passport, passport_from_json
from mvtcase.wording import do, say

if TYPE_CHECKING:
    from pathlib import Path

    from mvtcase.indicators.ledger import Reading

SETS = "sets"
PASSPORT = "passport.json"
FOLDER_DIGITS = 16
PRIVATE_FOLDER = 0o700
MAX_NAME = 64

_NAME = re.compile(rf"[a-z0-9][a-z0-9._-]{{0,{MAX_NAME - 1}}}")
_KEEP_OUT = "# Imported sets have their own licences and markings; they never enter version control.\n*\n"


def set_name(text: str) -> str:
    """Return a text as the name of a set: small letters, digits, dots, hyphens. Raises `InputError` when empty."""
    name = re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("._-")[:MAX_NAME].rstrip("._-")
    if not _NAME.fullmatch(name):
        raise InputError(
            "{given!r} gives no name for an indicator set.", hint=say("Give one with {0}.", do(name="NAME")), given=text
        )
    return name


def safe_file_name(text: str) -> str:
    """Return a file name that is only a name, whatever the text holds."""
    base = re.split(r"[/\\]", text)[-1]
    kept = re.sub(r"[^A-Za-z0-9._ +-]", "_", base).strip(" .")[-100:]
    return kept if kept and kept != PASSPORT else f"set-{kept or 'file'}"


class VersionStore:
    """All versions of the imported sets under an `iocs` folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / SETS

    def names(self) -> tuple[str, ...]:
        """Return the names of all imported sets, in order."""
        if not self.folder.is_dir():
            return ()
        return tuple(
            sorted(each.name for each in self.folder.iterdir() if each.is_dir() and _NAME.fullmatch(each.name))
        )

    def of(self, name: str) -> tuple[Passport, ...]:
        """Return the passports of all versions of a set, the latest last.

        Raises `IndicatorFileError` when one is damaged: a set that goes missing unnoticed would be a blind spot.
        """
        home = self.folder / name
        if not _NAME.fullmatch(name) or not home.is_dir():
            return ()
        versions = [self._passport(each) for each in home.iterdir() if not each.name.startswith(".")]
        return tuple(sorted(versions, key=_age))

    def whole(self, name: str) -> tuple[Passport, ...]:
        """Return the passports of those versions of a set that are undamaged, the latest last."""
        home = self.folder / name
        if not home.is_dir():
            return ()
        versions = [self._passport(each) for each in home.iterdir() if self._is_whole(each)]
        return tuple(sorted(versions, key=_age))

    def data(self, passport: Passport) -> bytes:
        """Return the bytes of a version. Raises `IndicatorFileError` when they are not those of its passport."""
        path = self._home(passport) / passport.file_name
        data = read_bytes(path)
        if sha256_bytes(data) != passport.sha256:
            raise IndicatorFileError(
                "The indicator set {passport} ({version}) was changed on disk.",
                hint="Import it again from where it came.",
                passport=passport.name,
                version=passport.version,
            )
        return data

    def reading(self, passport: Passport) -> Reading:
        """Return the account of a version's bytes."""
        return read_set(self.data(passport), passport.file_name, kind=passport.kind, family=passport.family)

    def add(self, passport: Passport, data: bytes) -> None:
        """Keep a version. Raises `OSError`, and then nothing of it is there."""
        home = self._home(passport)
        home.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        self._keep_out_of_version_control()
        incoming = home.parent / f".incoming-{new_uuid()}"
        incoming.mkdir(mode=PRIVATE_FOLDER)
        try:
            write_atomically(incoming / passport.file_name, data)
            write_atomically(incoming / PASSPORT, passport.to_json().encode("ascii"))
            sync_folder(incoming)
            self._put(incoming, home)
            sync_folder(home.parent)
        finally:
            shutil.rmtree(incoming, ignore_errors=True)

    def describe(self, passport: Passport) -> None:
        """Write a version's passport anew; its bytes stay what they are. Raises `OSError`."""
        write_atomically(self._home(passport) / PASSPORT, passport.to_json().encode("ascii"))

    def _put(self, incoming: Path, home: Path) -> None:
        if home.exists() and not self._is_whole(home):
            shutil.rmtree(home)
        try:
            incoming.rename(home)
        except OSError:
            # Another process brought the same bytes a moment ago: they are here, which is all that is wanted.
            if not self._is_whole(home):
                raise

    def _is_whole(self, home: Path) -> bool:
        if home.name.startswith("."):
            return False
        try:
            self.data(self._passport(home))
        except IndicatorFileError:
            return False
        return True

    def _home(self, passport: Passport) -> Path:
        return self.folder / passport.name / passport.sha256[:FOLDER_DIGITS]

    def _passport(self, home: Path) -> Passport:
        try:
            found = (home / PASSPORT).lstat()
            passport = _read_passport(home, (found.st_ino, found.st_mtime_ns, found.st_size))
            _require_place(passport, home)
        except (ValueError, OSError, IndicatorFileError) as error:
            raise IndicatorFileError(
                "The passport of an indicator set is damaged: {parent}/{home} ({error}).",
                hint="Import the set again, or remove that folder.",
                parent=home.parent.name,
                home=home.name,
                error=error,
            ) from error
        return passport if passport.reader == READER_VERSION else self._read_again(passport)

    def _read_again(self, passport: Passport) -> Passport:
        data = self.data(passport)
        reading = read_set(data, passport.file_name, kind=passport.kind, family=passport.family)
        again = make_passport(passport.name, passport.file_name, data, reading, passport.details)
        return replace(again, number=passport.number, imported_at=passport.imported_at, kind=passport.kind)

    def _keep_out_of_version_control(self) -> None:
        marker = self.folder / ".gitignore"
        with contextlib.suppress(FileExistsError), marker.open("x", encoding="ascii") as handle:
            handle.write(_KEEP_OUT)


@lru_cache(maxsize=1024)
def _read_passport(home: Path, _stamp: tuple[int, int, int]) -> Passport:
    """Return what a passport's file says; a verb asks for each of them at every scan that it records."""
    return passport_from_json(read_bytes(home / PASSPORT).decode("utf-8"))


def _require_place(passport: Passport, home: Path) -> None:
    if (passport.name, passport.sha256[:FOLDER_DIGITS]) != (home.parent.name, home.name):
        raise ValueError("it is another set's")
    if safe_file_name(passport.file_name) != passport.file_name:
        raise ValueError("it names a file elsewhere")


def _age(passport: Passport) -> tuple[int, str, str]:
    return passport.number, passport.imported_at or "", passport.sha256
