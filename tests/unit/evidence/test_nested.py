"""Acquisitions inside another one are made plain for their own modules, from dumps and from backups."""

from __future__ import annotations

import hashlib
import sqlite3
from typing import TYPE_CHECKING

import pytest

from mvtcase.evidence.nested import stage_inside
from mvtcase.kinds import EvidenceKind
from mvtcase.kinds.inside import MAX_INSIDE
from mvtcase.phones.adb_backup import build_adb_backup
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.bugreport import build_bugreport
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.sysdiagnose import SysdiagnosePhone, build_sysdiagnose
from mvtcase.settings import Limits

if TYPE_CHECKING:
    from pathlib import Path

    from mvtcase.kinds.inside import Inside

DUMP, BACKUP = EvidenceKind.IOS_FILE_SYSTEM, EvidenceKind.IOS_BACKUP
FOLDER = "private/var/mobile/Library/Logs/CrashReporter/DiagnosticLogs/sysdiagnose"


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    """Return an empty dump."""
    (tmp_path / "dump" / FOLDER).mkdir(parents=True)
    return tmp_path / "dump"


def staged(target: Path, kind: EvidenceKind) -> list[Inside]:
    """Return what lies inside, staged into a new private folder."""
    work = target.parent / "work"
    work.mkdir(mode=0o700, exist_ok=True)
    return stage_inside(target, kind, work, Limits())[0]


@pytest.mark.parametrize("archive", [True, False])
def test_a_sysdiagnose_in_a_dump_is_staged(dump: Path, archive: bool) -> None:  # noqa: FBT001 - a parametrised fact
    """Packed it is unpacked privately, unpacked it is used where it lies."""
    built = build_sysdiagnose(dump / FOLDER / "x", SysdiagnosePhone(seed=1), archive=archive).path
    named = built.rename(dump / FOLDER / ("sysdiagnose_2026.10.14_16-20-05+0800_x" + (".tar.gz" if archive else "")))
    (found,) = staged(dump, DUMP)
    assert (found.kind, found.place) == (EvidenceKind.SYSDIAGNOSE, f"{FOLDER}/{named.name}")
    assert (found.target / "ps.txt").is_file()
    assert (dump in found.target.parents) is not archive


def test_a_sysdiagnose_in_a_backup_is_laid_out_by_its_list(tmp_path: Path) -> None:
    """Files of a backup have hashes for names: the list says where they belong."""
    source = build_sysdiagnose(tmp_path / "sysdiagnose", SysdiagnosePhone(seed=1), archive=False).path
    backup = build_ios_backup(tmp_path / "backup", IosPhone(seed=1)).path
    prefix = "Library/Logs/sysdiagnose_2026.10.14_16-20-05+0800_x"
    with sqlite3.connect(backup / "Manifest.db") as connection:
        for path in sorted(each for each in source.rglob("*") if each.is_file()):
            relative = f"{prefix}/{path.relative_to(source)}"
            name = hashlib.sha1(f"HomeDomain-{relative}".encode(), usedforsecurity=False).hexdigest()
            (backup / name[:2]).mkdir(exist_ok=True)
            (backup / name[:2] / name).write_bytes(path.read_bytes())
            connection.execute("INSERT INTO Files VALUES (?, 'HomeDomain', ?, 1, x'')", (name, relative))
    connection.close()
    (found,) = staged(backup, BACKUP)
    assert (found.kind, found.place) == (EvidenceKind.SYSDIAGNOSE, f"HomeDomain-{prefix}")
    assert (found.target / "ps.txt").read_bytes() == (source / "ps.txt").read_bytes()


def test_reports_and_backups_among_an_androids_files_are_staged(tmp_path: Path) -> None:
    """Each as its own kind; what merely has such a name is none."""
    root = tmp_path / "files" / "data" / "media" / "0"
    root.mkdir(parents=True)
    build_bugreport(root / "bugreport-husky-2026-11-20.zip", AndroidPhone(seed=1))
    build_adb_backup(root / "old.ab", AndroidPhone(seed=1))
    build_adb_backup(root / "locked.ab", AndroidPhone(seed=1), password="wisteria")
    (root / "bugreport-notes.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    found = staged(tmp_path / "files", EvidenceKind.ANDROID_FILE_SYSTEM)
    assert {(each.kind, each.place.rpartition("/")[2]) for each in found} == {
        (EvidenceKind.BUGREPORT, "bugreport-husky-2026-11-20.zip"),
        (EvidenceKind.ANDROID_BACKUP, "old.ab"),
    }


def test_a_backup_in_a_folder_of_a_dump_is_staged(dump: Path) -> None:
    """As one that a computer's folder was copied with."""
    build_ios_backup(dump / "private/var/mobile/Media/Downloads/backup", IosPhone(seed=2))
    (found,) = staged(dump, DUMP)
    assert (found.kind, found.target) == (BACKUP, dump / "private/var/mobile/Media/Downloads/backup")


def test_no_more_than_some_are_staged(dump: Path) -> None:
    """The rest is named as not examined by the worker."""
    for number in range(MAX_INSIDE + 2):
        folder = dump / FOLDER / f"sysdiagnose_2026.10.{number:02}_16-20-05+0800_x"
        folder.mkdir()
        for name in ("sysdiagnose.log", "ps.txt", "taskinfo.txt"):
            (folder / name).write_text("x")
    assert len(staged(dump, DUMP)) == MAX_INSIDE


def test_a_file_has_nothing_inside(tmp_path: Path) -> None:
    """Its command reads it as a whole."""
    assert staged(build_adb_backup(tmp_path / "a.ab", AndroidPhone(seed=1)).path, EvidenceKind.ANDROID_BACKUP) == []
