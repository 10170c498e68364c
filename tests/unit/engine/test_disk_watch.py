"""The watch over a worker's temporary disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.engine import disk_watch
from mvtcase.engine.disk_watch import DiskWatch, disk_use

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_what_stands_below_is_counted_and_no_link_is_followed(tmp_path: Path) -> None:
    """Blocks on disk and entries, at any depth; a link counts as itself and a missing folder as nothing."""
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "deep" / "file").write_bytes(b"x" * 100_000)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "big").write_bytes(b"x" * 1_000_000)
    (tmp_path / "in" / "link").symlink_to(tmp_path / "out")
    used, entries = disk_use((tmp_path / "in", tmp_path / "gone"))
    assert 100_000 <= used < 200_000
    assert entries == 3


def test_more_than_the_limit_is_an_overrun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so when it is time to look, and never without a limit."""
    (tmp_path / "file").write_bytes(b"x" * 100_000)
    assert DiskWatch((tmp_path,), 50_000).overrun() == ""
    monkeypatch.setattr(disk_watch, "EVERY_SECONDS", -1.0)
    assert "50000 bytes" in DiskWatch((tmp_path,), 50_000).overrun()
    assert DiskWatch((tmp_path,), 500_000).overrun() == ""
    assert DiskWatch((tmp_path,), 0).overrun() == ""


def test_a_flood_of_files_is_an_overrun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty files take no blocks and still fill a disk."""
    monkeypatch.setattr(disk_watch, "EVERY_SECONDS", -1.0)
    monkeypatch.setattr(disk_watch, "MAX_ENTRIES", 5)
    for number in range(9):
        (tmp_path / str(number)).touch()
    assert "more than 5 files" in DiskWatch((tmp_path,), 1 << 30).overrun()
