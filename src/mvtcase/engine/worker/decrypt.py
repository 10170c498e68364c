"""A decryption in the worker: an iTunes backup, file by file, from an original that is only read.

MVT's own `DecryptBackup` opens the original Manifest.db for writing, so only its key handling is used here.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from Crypto.Cipher import AES
from iphone_backup_decrypt.google_iphone_dataprotection import Keybag
from iphone_backup_decrypt.utils import FilePlist
from mvt.ios.decrypt import MVTEncryptedBackup

from mvtcase.engine.safe_json import safe_text
from mvtcase.engine.worker.task import spellings
from mvtcase.model import ModuleOutcome
from mvtcase.wording import Reason, why
from mvtcase_readers.regular import UnreadableError, check_regular, read_bounded
from mvtcase_readers.sqlite import Bounds, open_database
from mvtcase_readers.trees import parse_plist

if TYPE_CHECKING:
    from mvtcase.engine.worker.emitter import Emitter

MAX_ROUNDS = {b"DPIC": 20_000_000, b"ITER": 1_000_000}
"""Rounds of the two key derivations that a backup may ask for; iOS asks for 10,000,000 and 10,000."""

MAX_PLIST_BYTES = 64 << 20
MAX_FAILURES = 1000
PROGRESS_EVERY = 50
KEY_LENGTH = 64
_FILE_ID = re.compile(r"[0-9a-f]{40}")

OF_MANIFEST = Bounds(seconds=24 * 3600.0)
"""The files are decrypted between its rows: the scan's own limit ends that."""

_LISTED = "SELECT fileID, domain, relativePath, file FROM Files WHERE flags = 1"


class RefusedError(Exception):
    """The backup cannot be decrypted at all; `code` says why as the parent's errors do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def load_ciphers() -> None:
    """Load the ciphers' native parts now: at their first use a want of memory would look like a damaged backup."""
    for mode in ({"mode": AES.MODE_ECB}, {"mode": AES.MODE_CBC, "iv": bytes(16)}):
        AES.new(bytes(32), **mode).encrypt(bytes(16))


def run_decrypt(fields: dict[str, Any], emit: Emitter) -> int:
    """Run a decrypt job and return the worker's exit status: 0 when it came to its end, 3 when it could not begin."""
    load_ciphers()
    source, target = Path(fields["source"]), Path(fields["target"])
    try:
        backup = unlocked(source, fields["password"], fields["key"])
        manifest = target / "Manifest.db"
        _save_manifest(backup, manifest)
    except RefusedError as error:
        emit("refused", code=error.code, message=str(error))
        return 3
    emit("key", key=backup.get_decryption_key())
    for path in sorted(source.glob("*.plist")):
        _copy_plist(path, target / path.name)
    files = _Files(backup, source, target, emit).decrypt(manifest)
    emit("done", files=files)
    return 0


def _save_manifest(backup: MVTEncryptedBackup, manifest: Path) -> None:
    try:
        backup.save_manifest_file(output_filename=str(manifest))
    except MemoryError:
        raise
    except Exception as error:
        raise _unusable(error) from error


def unlocked(source: Path, password: str | None, key: str | None) -> MVTEncryptedBackup:
    """Return the backup with its class keys unwrapped.

    Raises `RefusedError`: `password` when the secret does not fit, `hostile` when the backup asks for more rounds than
    any real one, `evidence` when it is no encrypted backup.
    """
    _check_rounds(source / "Manifest.plist")
    for each in spellings(password):
        backup = _tried(source, each, key)
        if backup is not None:
            return backup
    raise RefusedError("password", "The password or key does not open this backup.")


def _tried(source: Path, password: str | None, key: str | None) -> MVTEncryptedBackup | None:
    """Return the opened backup, None where the secret does not fit."""
    try:
        backup = _opened(source, password, key)
        backup._read_and_unlock_keybag()  # noqa: SLF001 - the one call that tells a wrong password from a damaged backup
    except ValueError:
        return None
    except (RefusedError, MemoryError):
        raise
    except Exception as error:
        raise _unusable(error) from error
    return backup


def _opened(source: Path, password: str | None, key: str | None) -> MVTEncryptedBackup:
    if password is not None:
        return MVTEncryptedBackup(backup_directory=str(source), passphrase=password)
    if key is None or len(key) != KEY_LENGTH:
        raise RefusedError("password", f"A key has {KEY_LENGTH} hexadecimal digits.")
    return MVTEncryptedBackup(backup_directory=str(source), derived_key=bytes.fromhex(key))


def _unusable(error: Exception) -> RefusedError:
    return RefusedError("evidence", f"The backup cannot be decrypted: {_described(error)}")


def _check_rounds(path: Path) -> None:
    try:
        plist = parse_plist(read_bounded(path, MAX_PLIST_BYTES))
        attributes = Keybag(plist["BackupKeyBag"]).attrs
        rounds = {name: attributes[name] for name in MAX_ROUNDS}
    except (KeyError, TypeError):
        raise RefusedError("evidence", "Manifest.plist names no keys: the backup is not encrypted.") from None
    except MemoryError:
        raise
    except Exception as error:
        raise RefusedError("evidence", f"Manifest.plist cannot be read: {_described(error)}") from error
    for name, limit in MAX_ROUNDS.items():
        if not isinstance(rounds[name], int) or not 1 <= rounds[name] <= limit:
            raise RefusedError("hostile", f"The backup asks for {rounds[name]!r} rounds of key derivation.")


class _Files:
    """The files of a backup on their way; each that fails is a gap, and none stops the others."""

    def __init__(self, backup: MVTEncryptedBackup, source: Path, target: Path, emit: Emitter) -> None:
        self._backup = backup
        self._source = source
        self._target = target
        self._emit = emit
        self._failures = 0
        self._missing = 0

    def decrypt(self, manifest: Path) -> int:
        """Decrypt every file that Manifest.db lists and return how many there are now."""
        done = 0
        try:
            with open_database(manifest, bounds=OF_MANIFEST) as database:
                database.require("Files", "fileID", "domain", "relativePath", "file", "flags")
                total = sum(1 for _ in database.rows("SELECT rowid FROM Files WHERE flags = 1"))
                for number, row in enumerate(database.rows(_LISTED), 1):
                    done += self._one(row)
                    if number % PROGRESS_EVERY == 0 or number == total:
                        self._emit("progress", index=number, total=total)
                faults = database.faults
        except UnreadableError as error:
            faults = [error.reason]
        if faults:
            self._problem("Manifest", why("decrypt.manifest", done=done, error=faults[0]))
        if self._missing:
            self._problem("Manifest", why("decrypt.missing", count=self._missing))
        if self._failures > MAX_FAILURES:
            self._problem("decrypt", why("decrypt.more", count=self._failures - MAX_FAILURES))
        return done

    def _one(self, row: tuple[Any, ...]) -> bool:
        file_id, domain, relative_path, metadata = row
        try:
            if not isinstance(file_id, str) or _FILE_ID.fullmatch(file_id) is None:
                raise ValueError("its name in the backup is not one")  # noqa: TRY301 - one place turns all into gaps
            size = self._size(file_id)
            if size is None:
                self._missing += 1
                return False
            self._write(file_id, metadata, size)
        except Exception as error:  # noqa: BLE001 - a hostile file may raise anything, and only costs itself
            self._failures += 1
            if self._failures <= MAX_FAILURES:
                where = safe_text(f"{domain}/{relative_path}", 500)
                self._problem("decrypt", why("decrypt.file", file=where, error=_described(error)))
            return False
        return True

    def _size(self, file_id: str) -> int | None:
        path = self._source / file_id[:2] / file_id
        return check_regular(path) if os.path.lexists(path) else None

    def _write(self, file_id: str, metadata: bytes, size: int) -> None:
        folder = self._target / file_id[:2]
        folder.mkdir(mode=0o700, exist_ok=True)
        self._backup.extract_file_by_id(file_id=file_id, file_bplist=metadata, output_filename=str(folder / file_id))
        claimed = FilePlist(metadata).filesize
        if size == 0 and claimed:
            raise ValueError(f"it is empty, and {claimed} bytes were backed up")

    def _problem(self, module: str, reason: Reason) -> None:
        self._emit("problem", module=module, outcome=str(ModuleOutcome.DAMAGED), reason=reason.data)


def _copy_plist(source: Path, target: Path) -> None:
    """Copy a property list of the backup's top; one that is a link or too large is left for the scan to miss."""
    try:
        data = read_bounded(source, MAX_PLIST_BYTES)
    except (OSError, UnreadableError):
        return
    target.write_bytes(data)
    shutil.copystat(source, target, follow_symlinks=False)
    target.chmod(0o600)


def _described(error: BaseException) -> str:
    return safe_text(f"{type(error).__name__}: {error}", 500)
