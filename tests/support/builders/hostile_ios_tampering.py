"""What is done to a whole backup or file system dump that no single file's fault is; sms.db holds the plant."""

from __future__ import annotations

import os
import plistlib
import random
from functools import partial
from typing import TYPE_CHECKING

from builders.hostile_sqlite import write_ahead_log
from mvtcase.phones.damage import hostile_plist
from mvtcase.phones.sqlite_files import edited

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Tampering = Callable[[Path, Path], None]

_DEEP = 1500
"""More nested folders than Python's recursion allows."""


def _edit(path: Path, statements: str) -> None:
    def edit(connection: sqlite3.Connection) -> None:
        for statement in statements.split("; "):
            connection.execute(statement)

    path.write_bytes(edited(path.read_bytes(), edit))


def _with_sms(statements: str) -> Tampering:
    return lambda _, sms: _edit(sms, statements)


def _manifest_without(condition: str) -> Tampering:
    """Make Manifest.db forget files, and take sms.db away, as a backup looks that was thinned out."""

    def tamper(root: Path, sms: Path) -> None:
        _edit(root / "Manifest.db", condition.format(sms=sms.name))
        sms.unlink()

    return tamper


def _linked_to(target: str) -> Tampering:
    def tamper(_: Path, sms: Path) -> None:
        sms.unlink()
        sms.symlink_to(target)

    return tamper


def _only_manifest(root: Path, _: Path) -> None:
    for path in root.glob("??/*"):
        path.unlink()


def _wrong_folder(root: Path, sms: Path) -> None:
    other = root / "zz"
    other.mkdir()
    sms.rename(other / sms.name)


def _deep_folders(root: Path, sms: Path) -> None:
    sms.unlink()
    here = os.open(root, os.O_RDONLY)
    for _ in range(_DEEP):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)


def _another_info(root: Path, _: Path) -> None:
    path = root / "Info.plist"
    entries = plistlib.loads(path.read_bytes())
    foreign = {"Unique Identifier": "0" * 40, "Target Identifier": "0" * 40, "Serial Number": "F4GOTHER0000"}
    path.write_bytes(plistlib.dumps({**entries, **foreign}))


def _endless_info(root: Path, sms: Path) -> None:
    sms.unlink()
    (root / "Info.plist").write_bytes(hostile_plist(("Applications", "Device Name"), cycle=False))


def _sparse(_: Path, sms: Path) -> None:
    size = sms.stat().st_size
    os.truncate(sms, 4096)
    os.truncate(sms, size)


BACKUP_TAMPERINGS: Mapping[str, Tampering] = {
    "no correspondents": _with_sms("DELETE FROM handle"),
    "messages of an unknown correspondent": _with_sms("UPDATE message SET handle_id = 99999"),
    "manifest lists nothing": _manifest_without("DELETE FROM Files"),
    "manifest does not list sms.db": _manifest_without("DELETE FROM Files WHERE fileID = '{sms}'"),
    "manifest forgets all but ten files": _manifest_without("DELETE FROM Files WHERE rowid > 10"),
    "manifest lists file ids in capitals": _manifest_without("UPDATE Files SET fileID = upper(fileID)"),
    "manifest lists files as folders": _manifest_without("UPDATE Files SET flags = 2"),
    "only the manifest is left": _only_manifest,
    "sms.db in the wrong folder": _wrong_folder,
    "sms.db is a link to itself": lambda root, sms: _linked_to(sms.name)(root, sms),
    "sms.db is a link to an endless device": _linked_to("/dev/zero"),
    "sms.db is sparse": _sparse,
    "thousands of folders deep, sms.db gone": _deep_folders,
    "Info.plist unfolds without end, sms.db gone": _endless_info,
}


def _noise_log(_: Path, sms: Path) -> None:
    _edit(sms, "DROP TABLE message")
    sms.with_name(f"{sms.name}-wal").write_bytes(random.Random(1).randbytes(8192))


def _pipe_log(_: Path, sms: Path) -> None:
    sms.unlink()
    os.mkfifo(sms.with_name(f"{sms.name}-wal"))


def _rows_in_log(_: Path, sms: Path, *, torn: bool) -> None:
    """Move the messages into the write-ahead log: the main file alone has none."""
    _edit(sms, "CREATE TABLE held AS SELECT * FROM message; DELETE FROM message")
    content, journal = write_ahead_log(sms.read_bytes(), "INSERT INTO message SELECT * FROM held")
    sms.write_bytes(content)
    sms.with_name(f"{sms.name}-wal").write_bytes(journal[: len(journal) // 2] if torn else journal)


def _link_outside(root: Path, sms: Path) -> None:
    outside = root.with_name("outside.db")
    sms.rename(outside)
    sms.symlink_to(outside)


def _one_level_too_high(root: Path, _: Path) -> None:
    inside = root / "export" / "phone"
    entries = list(root.iterdir())
    inside.mkdir(parents=True)
    for path in entries:
        path.rename(inside / path.name)


def _empty_shutdown_log(root: Path, sms: Path) -> None:
    sms.unlink()
    (root / "private/var/db/diagnostics/shutdown.log").write_bytes(b"\n\n")


DUMP_TAMPERINGS: Mapping[str, Tampering] = {
    "no correspondents": _with_sms("DELETE FROM handle"),
    "sms.db is a link out of the dump": _link_outside,
    "sms.db is a link to an endless device": _linked_to("/dev/zero"),
    "sms.db has a torn write-ahead log": partial(_rows_in_log, torn=True),
    "sms.db has its rows in the write-ahead log": partial(_rows_in_log, torn=False),
    "write-ahead log of noise, no table": _noise_log,
    "write-ahead log is a pipe, sms.db gone": _pipe_log,
    "one level too high": _one_level_too_high,
    "shutdown.log without a restart": _empty_shutdown_log,
    "thousands of folders deep, sms.db gone": _deep_folders,
}
