"""A sealed case that is open: its files in a private view, memory where there is one, and its case file under a key."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import stat
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mvtcase.files import destroy, regular_files
from mvtcase.store.folder import CaseFolder
from mvtcase.store.vault import FOLDER, UNITS, Vault, derived, unit_of, units_below
from mvtcase.workspaces import leftovers, sweep_leftovers, workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mvtcase.keys.ring import Keys

MEMORY = Path("/dev/shm")  # noqa: S108  # only a folder of our own in it is used
PAGE_BYTES = 65536
"""The largest page of SQLite: the size of a sealed case file tells nothing finer."""
_ROOM = 4
"""Of memory, a working folder may take one part in so many; what is larger goes to the disk and is wiped."""


def module_for(key: object) -> Any:  # noqa: ANN401  # two modules of one interface
    """Return the module that opens a case file: SQLCipher's where there is a key, else the standard library's."""
    if not key:
        return sqlite3
    from sqlcipher3 import dbapi2  # noqa: PLC0415  # only sealed cases pay for it

    return dbapi2


def unlock(connection: sqlite3.Connection, key: bytes | None) -> None:
    """Give a connection its key, before anything is read."""
    if key:
        connection.execute(f"PRAGMA cipher_default_page_size = {PAGE_BYTES}")
        connection.execute(f"""PRAGMA key = "x'{key.hex()}'\"""")


def copy_into(target: sqlite3.Connection, source: Path, key: bytes | None) -> None:
    """Copy a case file, encrypted or in clear, into an empty one that SQLCipher has open."""
    target.execute(f"PRAGMA cipher_default_page_size = {PAGE_BYTES}")
    target.execute("ATTACH DATABASE ? AS source KEY ?", (str(source), f"x'{key.hex()}'" if key else ""))
    target.execute("SELECT sqlcipher_export('main', 'source')")
    target.execute("DETACH DATABASE source")


def case_key(secret: str) -> bytes:
    """Return the raw key of the case file of a sealed case."""
    return derived(secret, "case file")


def memory_folder() -> Path | None:
    """Return the private folder for views in this machine's memory, None where there is none that is ours alone."""
    if os.name != "posix" or not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK):
        return None
    folder = MEMORY / f"mvtcase-{os.getuid()}"
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077:
            return folder
    return None


def opened(folder: CaseFolder) -> CaseFolder:
    """Return a case folder ready to be read and written: a sealed one as a view. Raises `CaseSealedError`."""
    return SealedFolder(folder.home, folder.keys) if folder.sealed else folder


class SealedFolder(CaseFolder):
    """A sealed case while one store has it open: what is asked for is unpacked, what was changed is sealed again."""

    def __init__(self, home: Path, keys: Keys) -> None:
        super().__init__(home, keys)
        secret = keys.secret_of(self.key_file)
        self.vault = Vault(home, secret)
        self._key = case_key(secret)
        self._seen: dict[str, object] = {}
        self._view: Path | None = None
        self._held = contextlib.ExitStack()

    @property
    def key(self) -> bytes:
        """The raw key of the case file."""
        return self._key

    @property
    def path(self) -> Path:
        """The private view, made when it is first needed."""
        if self._view is None:
            self._view = self._held.enter_context(workspace(self._places()[0]))
            for part in (*UNITS, "working"):
                (self._view / part).mkdir(mode=0o700)
        return self._view

    def _places(self) -> list[Path]:
        """Return where views of this case are made, the best first."""
        memory = memory_folder()
        own = [memory / self.vault.name_of("view")] if memory else []
        return [*own, self.home / "working"]

    def file(self, inside: str) -> Path:
        """Return the path of a file or folder of the case, unpacked when it is first asked for."""
        unit = unit_of(PurePosixPath(inside))
        if unit is not None and unit not in self._seen and not (self.path / unit).exists():
            if self.vault.crate(unit).exists():
                _unpacked(self.path, unit).touch()
            self.vault.read(unit, self.path)
            self._seen[unit] = _state(self.path / unit)
        return self.path / inside

    @contextlib.contextmanager
    def listing_damage(self) -> Iterator[dict[str, str]]:
        """As of every folder of a case."""
        with self.vault.listing_damage() as told:
            yield told

    def take(self, unit: str, root: Path) -> None:
        """Seal a unit that lies below another folder; the view has it no more."""
        self.vault.write(unit, root)
        self.forget(unit)

    def forget(self, unit: str) -> None:
        """Drop a unit from the view, where it was only read."""
        destroy(self.path / unit)
        self._seen.pop(unit, None)

    def listed(self, part: str) -> tuple[str, ...]:
        """Return the paths inside of the case of everything in one of its folders."""
        for unit in self.vault.units():
            if unit.startswith(f"{part}/"):
                self.file(unit)
        return super().listed(part)

    def remove(self, inside: str) -> None:
        """Destroy a unit in the view and on the disk."""
        super().remove(inside)
        if (unit := unit_of(PurePosixPath(inside))) is not None:
            self.vault.remove(unit)
            self._seen.pop(unit, None)

    def flush(self) -> None:
        """Seal every unit of the view that was changed since it was unpacked; forget those that were taken away."""
        if self._view is None:
            return
        present = units_below(self._view)
        for unit in present:
            state = _state(self._view / unit)
            if self._seen.get(unit) != state:
                self.vault.write(unit, self._view)
                self._seen[unit] = state
        for unit in self._seen.keys() - set(present):
            if self._seen.pop(unit) is not None:
                self.vault.remove(unit)

    def sweep(self) -> None:
        """Destroy views that killed verbs left, once what a scan had said until then is sealed."""
        for place in self._places():
            for name in leftovers(place):
                for unit in units_below(place / name):
                    known = self.vault.crate(unit).exists() or _unpacked(place / name, unit).exists()
                    if unit.startswith("scans/") and not known:  # one that was unpacked may be purged by now
                        self.vault.write(unit, place / name)
            sweep_leftovers(place)

    def scan_lock(self, acquisition: str) -> Path:
        """Return the lock file of an acquisition, under a name that tells nothing."""
        return self.home / FOLDER / f".{self.vault.name_of(f'lock {acquisition}')}"

    def working_for(self, size: int) -> Path:
        """Return where working folders go: memory where it has room, else the disk, where they are wiped."""
        if shutil.disk_usage(self.path).free > size * _ROOM:
            return self.working
        return self.home / "working"

    def close(self) -> None:
        """Destroy the view."""
        self._held.close()
        self._view = None


def _unpacked(view: Path, unit: str) -> Path:
    """Return the mark in a view that a unit came from the disk and was not made there."""
    return view / f".unpacked-{unit.replace('/', '-')}"


def _state(path: Path) -> object:
    """Return what tells whether a unit was changed: its files with sizes and times; None where there is none."""
    if not path.exists():
        return None
    files = regular_files(path) if path.is_dir() else [path]
    found = [(str(each), each.stat()) for each in files]
    return tuple((name, one.st_size, one.st_mtime_ns, one.st_ino) for name, one in found) or None
