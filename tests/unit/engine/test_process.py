"""The watch over a worker's temporary disk."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mvtcase.engine import process
from mvtcase.engine import process as lines_module
from mvtcase.engine.process import DiskWatch, LineReader, disk_use

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
    monkeypatch.setattr(process, "EVERY_SECONDS", -1.0)
    assert "50000 bytes" in DiskWatch((tmp_path,), 50_000).overrun()
    assert DiskWatch((tmp_path,), 500_000).overrun() == ""
    assert DiskWatch((tmp_path,), 0).overrun() == ""


def test_a_flood_of_files_is_an_overrun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty files take no blocks and still fill a disk."""
    monkeypatch.setattr(process, "EVERY_SECONDS", -1.0)
    monkeypatch.setattr(process, "MAX_ENTRIES", 5)
    for number in range(9):
        (tmp_path / str(number)).touch()
    assert "more than 5 files" in DiskWatch((tmp_path,), 1 << 30).overrun()


def test_lines_come_whole_and_the_last_one_at_the_end() -> None:
    """A line torn over two writes is one line, and what is left when the writer goes is one too."""
    reader, writer = os.pipe()
    with LineReader({"a": reader}) as lines:
        os.write(writer, b"one\ntw")
        assert list(lines.read(1)) == [("a", b"one\n")]
        os.write(writer, b"o\nthree")
        assert list(lines.read(1)) == [("a", b"two\n")]
        os.close(writer)
        assert list(lines.read(1)) == [("a", b"three")]
        assert lines.at_end("a")
    os.close(reader)


def test_waiting_ends_when_nothing_comes() -> None:
    """The caller gets its turn to look at the clock."""
    reader, writer = os.pipe()
    with LineReader({"a": reader}) as lines:
        assert list(lines.read(0.01)) == []
        assert not lines.at_end("a")
    os.close(writer)
    os.close(reader)


def test_a_line_over_the_bound_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that never ends its line cannot fill the memory."""
    monkeypatch.setattr(lines_module, "MAX_LINE_BYTES", 10)
    reader, writer = os.pipe()
    with LineReader({"a": reader}) as lines:
        os.write(writer, b"x" * 30)
        assert list(lines.read(1)) == [("a", b"x" * 30)]
        os.write(writer, b"y\n")
        assert list(lines.read(1)) == [("a", b"y\n")]
    os.close(writer)
    os.close(reader)


def test_several_pipes_keep_their_lines_apart() -> None:
    """What the worker prints never mixes with its events."""
    one, two = os.pipe(), os.pipe()
    with LineReader({"a": one[0], "b": two[0]}) as lines:
        os.write(one[1], b"x")
        os.write(two[1], b"y\n")
        assert list(lines.read(1)) == [("b", b"y\n")]
        os.write(one[1], b"\n")
        assert list(lines.read(1)) == [("a", b"x\n")]
    for descriptor in (*one, *two):
        os.close(descriptor)
