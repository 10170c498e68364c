"""Private working folders: locked while in use, destroyed afterwards, and swept up at the next start after a kill."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import TYPE_CHECKING

from mvtcase.canon import boot_id, new_uuid
from mvtcase.files import destroy

if sys.platform != "win32":  # Windows has no flock; the process id alone tells there
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PREFIX = "work-"
_LOCK_SUFFIX = ".lock"


@contextlib.contextmanager
def workspace(parent: Path) -> Iterator[Path]:
    """Give a new private folder (mode 0700) below `parent` that is destroyed afterwards, whatever came to lie in it.

    A lock beside it, held by this process, keeps `sweep_leftovers` of another process away; the kernel releases it when
    this process is killed. Raises `OSError` when the folder cannot be made.
    """
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = parent / f"{_PREFIX}{new_uuid()}"
    # The lock exists before the folder: a folder without a lock is a leftover at any moment.
    lock = _lock_path(folder)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        _hold(descriptor)
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        destroy(folder)
        lock.unlink(missing_ok=True)
        os.close(descriptor)


def sweep_leftovers(parent: Path) -> tuple[str, ...]:
    """Destroy the working folders that killed runs left below `parent` and return their names.

    A folder of a live process is left alone. Raises `OSError` when a leftover cannot be removed.
    """
    names, left = _names(parent), leftovers(parent)
    for name in names:
        if name.split(".")[0] in left and not name.endswith(_LOCK_SUFFIX):
            destroy(parent / name)
    for name in left:
        _lock_path(parent / name).unlink(missing_ok=True)
    return left


def leftovers(parent: Path) -> tuple[str, ...]:
    """Return the names of the working folders below `parent` whose process is gone."""
    return tuple(sorted({name.split(".")[0] for name in _names(parent) if not _is_held(_lock_path(parent / name))}))


def _names(parent: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in os.scandir(parent) if entry.name.startswith(_PREFIX))
    except FileNotFoundError:
        return []


def _lock_path(folder: Path) -> Path:
    """Return the lock of a working folder, which is also that of the name it takes while being removed."""
    return folder.with_name(folder.name.split(".")[0] + _LOCK_SUFFIX)


def _hold(descriptor: int) -> None:
    os.write(descriptor, json.dumps({"pid": os.getpid(), "boot": boot_id()}).encode())
    if sys.platform != "win32":
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_held(lock: Path) -> bool:
    try:
        descriptor = os.open(lock, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        return False
    try:
        if sys.platform == "win32":
            return _owner_lives(os.read(descriptor, 4096))
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        # A file system without locks: the owner's process id has to tell.
        return _owner_lives(os.read(descriptor, 4096))
    else:
        return False
    finally:
        os.close(descriptor)


def _owner_lives(record: bytes) -> bool:
    try:
        owner = json.loads(record)
        if owner["boot"] != boot_id():
            return False
        os.kill(int(owner["pid"]), 0)
    except (ValueError, KeyError, TypeError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
