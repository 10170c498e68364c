"""What was left out of evidence, and what is odd about a backup, is told when it is registered."""

from __future__ import annotations

import plistlib
import shutil
from typing import TYPE_CHECKING

import pytest

from mvtcase.evidence import advice
from mvtcase.evidence.intake import identify

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def _told(path: Path) -> str:
    return " ".join(map(str, advice.on(path, identify(path))))


@pytest.mark.parametrize("name", ["ios", "ios_fs", "sysdiagnose", "androidqf", "bugreport", "ab"])
def test_of_whole_evidence_nothing_is_told(evidence_of: Mapping[str, Path], name: str) -> None:
    """Silence means that all of what was given was taken."""
    assert _told(evidence_of[name]) == ""


def test_what_lies_beside_the_evidence_is_named(evidence_of: Mapping[str, Path], tmp_path: Path) -> None:
    """A folder too high leads to the evidence; what else is in it was not registered."""
    shutil.copytree(evidence_of["ios"], tmp_path / "phone" / "backup")
    (tmp_path / "phone" / "photo.jpg").write_bytes(b"x")
    told = _told(tmp_path)
    assert "1 entry" in told
    assert "photo.jpg" in told


def test_what_lies_beside_several_phones_is_named(tmp_path: Path) -> None:
    """Folder by folder, and nothing of what was found itself."""
    for name in ("desk/one/Manifest.db", "desk/two/Manifest.db", "desk/notes.txt", "photos/a.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    roots = {tmp_path / "desk/one", tmp_path / "desk/two"}
    told = [str(each) for each in advice.beside(tmp_path, roots)]
    assert [each.split(" (")[1] for each in told] == ["'photos').", "'notes.txt')."]
    assert list(advice.beside(tmp_path / "desk/one", roots)) == []


def test_what_lies_beside_a_bugreport_in_its_archive_is_named(evidence_of: Mapping[str, Path]) -> None:
    """A manufacturer's archive holds logs that nobody reads."""
    assert "anr_trace.txt" in _told(evidence_of["bugreport_wrapped"])


def test_a_zip_that_is_locked_says_so(evidence_of: Mapping[str, Path], tmp_path: Path) -> None:
    """Its names are not encrypted, and would promise what nobody can read."""
    data = bytearray(evidence_of["androidqf_zip"].read_bytes())
    (tmp_path / "plain.zip").write_bytes(data)
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(data)
    assert _told(tmp_path / "plain.zip") == ""
    assert "locked with a password" in _told(tmp_path / "locked.zip")


@pytest.fixture
def backup(evidence_of: Mapping[str, Path], tmp_path: Path) -> Path:
    """A backup that a test may change."""
    return shutil.copytree(evidence_of["ios"], tmp_path / "backup")


def test_an_unfinished_backup_is_told_with_what_to_do(backup: Path) -> None:
    """Status.plist names its state."""
    (backup / "Status.plist").write_bytes(plistlib.dumps({"SnapshotState": "new"}))
    told = _told(backup)
    assert "'new'" in told
    assert "again" in told


def test_a_backup_of_an_old_phone_is_told_by_its_manifest(backup: Path) -> None:
    """Manifest.mbdb is a layout that MVT cannot read."""
    (backup / "Manifest.db").rename(backup / "Manifest.mbdb")
    assert "iOS 9 or older" in _told(backup)


def test_a_snapshot_is_told_from_outside_and_inside(backup: Path, tmp_path: Path) -> None:
    """The folder of that name is what iTunes had before."""
    shutil.copytree(backup, tmp_path / "Snapshot")
    (backup / "Snapshot").mkdir()
    assert "Register it by its own path" in _told(backup)
    assert "Take the finished backup" in _told(tmp_path / "Snapshot")


@pytest.mark.parametrize(("platform", "count"), [("win32", 1), ("linux", 0)])
def test_paths_too_long_for_windows_are_told_there_only(platform: str, count: int) -> None:
    """Elsewhere a path of that length is no reason."""
    told = advice.on_paths(["C:/short", "C:/" + "long/" * 60], platform)
    assert len(told) == count
    assert all("1 entry has" in str(each) for each in told)
