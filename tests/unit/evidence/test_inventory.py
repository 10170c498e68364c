"""What a folder holds is told before MVT meets it, and the mirror holds the regular files alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from mvtcase.evidence.inventory import copy_file, inventory, mirror
from mvtcase.evidence.unpack import Budget, Notes
from mvtcase.model import EvidenceKind, ModuleOutcome
from mvtcase.settings import Limits

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a database, a picture and a nested log."""
    root = tmp_path / "evidence"
    (root / "logs").mkdir(parents=True)
    (root / "sms.db").write_bytes(b"database")
    (root / "IMG_0001.HEIC").write_bytes(b"picture")
    (root / "logs" / "a.log").write_bytes(b"log")
    return root


def test_plain_folder_needs_nothing(folder: Path) -> None:
    """Regular files alone are counted and need no mirror."""
    notes = Notes()
    seen = inventory(folder, EvidenceKind.IOS_BACKUP, notes)
    assert (seen.files, seen.bytes, seen.needs_mirror, notes.gaps()) == (3, 18, False, ())


def test_unreadable_file_is_a_gap_without_mirror(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that may not be read is a gap; a mirror could not read it either, so none is made."""
    monkeypatch.setattr(os, "access", lambda path, _mode: not str(path).endswith("sms.db"))
    notes = Notes()
    seen = inventory(folder, EvidenceKind.IOS_BACKUP, notes)
    assert (seen.files, seen.needs_mirror) == (2, False)
    assert [(gap.module, gap.outcome) for gap in notes.gaps()] == [("staging", ModuleOutcome.DENIED)]


@pytest.mark.parametrize("kind", [EvidenceKind.IOS_BACKUP, EvidenceKind.ANDROIDQF, EvidenceKind.IOS_FILE_SYSTEM])
def test_pipe_always_needs_a_mirror(folder: Path, kind: EvidenceKind) -> None:
    """Whatever the kind, a pipe must be kept from MVT."""
    os.mkfifo(folder / "sms.db-wal")
    notes = Notes()
    assert inventory(folder, kind, notes).needs_mirror
    assert len(notes.gaps()) == 1


def test_link_loops_are_kept_from_mvt(folder: Path) -> None:
    """Links that lead in circles need a mirror and resolve nowhere."""
    (folder / "one").symlink_to("two")
    (folder / "two").symlink_to("one")
    assert inventory(folder, EvidenceKind.ANDROIDQF, Notes()).needs_mirror


def test_mirror_copies_what_modules_open_first(folder: Path, tmp_path: Path) -> None:
    """When the temporary disk is too small for all, the databases and logs are there, and the picture is a gap."""
    notes = Notes()
    mirror(folder, tmp_path / "copy", Budget.of(Limits(temporary_bytes=12)), notes)
    assert (tmp_path / "copy" / "sms.db").read_bytes() == b"database"
    assert (tmp_path / "copy" / "logs" / "a.log").read_bytes() == b"log"
    assert not (tmp_path / "copy" / "IMG_0001.HEIC").exists()
    assert [gap.reason.split(":")[0] for gap in notes.gaps()] == ["IMG_0001.HEIC"]


def test_file_that_became_a_pipe_is_not_waited_for(folder: Path, tmp_path: Path) -> None:
    """A file replaced by a pipe after the look is refused, not waited for."""
    (folder / "sms.db").unlink()
    os.mkfifo(folder / "sms.db")
    with pytest.raises(OSError, match="not a regular file"):
        copy_file(folder / "sms.db", tmp_path / "copy", Budget.of(Limits()))


def test_writing_to_the_mirror_leaves_the_original(folder: Path, tmp_path: Path) -> None:
    """The mirror shares no file with the original."""
    mirror(folder, tmp_path / "copy", Budget.of(Limits()), Notes())
    (tmp_path / "copy" / "sms.db").write_bytes(b"changed")
    assert (folder / "sms.db").read_bytes() == b"database"
    assert (folder / "sms.db").stat().st_nlink == 1


def test_full_disk_is_no_gap(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk of ours stops the staging with an error instead of being told as a fault of the evidence."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mvtcase.evidence.inventory.copy_file", full)
    with pytest.raises(OSError, match="No space"):
        mirror(folder, tmp_path / "copy", Budget.of(Limits()), Notes())


def test_odd_names_are_mirrored(folder: Path, tmp_path: Path) -> None:
    """Names of undecodable bytes, newlines and direction marks are copied as they are."""
    for name in ("\udcff\udcfe.db", "a\nb.txt", "\u202egpj.exe"):
        (folder / name).write_bytes(os.fsencode(name))
    notes = Notes()
    mirror(folder, tmp_path / "copy", Budget.of(Limits()), notes)
    assert sorted(os.listdir(tmp_path / "copy")) == sorted(os.listdir(folder))  # noqa: PTH208 - names as they are
    assert notes.gaps() == ()
