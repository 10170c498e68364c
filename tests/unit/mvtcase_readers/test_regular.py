"""Regular files: what is refused without waiting, and how much is read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from mvtcase_readers.regular import UnreadableError, check_regular, lines, open_regular, read_bounded, read_head

if TYPE_CHECKING:
    from pathlib import Path


def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    """Opening it would hang for ever."""
    os.mkfifo(tmp_path / "x.db")
    with pytest.raises(UnreadableError, match="not a regular file"):
        check_regular(tmp_path / "x.db", tmp_path)
    with pytest.raises(UnreadableError, match="not a regular file"):
        open_regular(tmp_path / "x.db")


def test_a_folder_and_a_link_are_refused(tmp_path: Path) -> None:
    """Neither is a file of the evidence."""
    (tmp_path / "real").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(UnreadableError):
        open_regular(tmp_path)
    with pytest.raises(OSError, match="link"):
        open_regular(tmp_path / "link")
    with pytest.raises(UnreadableError, match="not a regular file"):
        check_regular(tmp_path / "link")


def test_a_link_out_of_the_evidence_is_refused_and_one_inside_is_not(tmp_path: Path) -> None:
    """The analyst's own files must not be read as the phone's."""
    root = tmp_path / "evidence"
    root.mkdir()
    (tmp_path / "mine.db").write_bytes(b"")
    (root / "out.db").symlink_to(tmp_path / "mine.db")
    (root / "real.db").write_bytes(b"1234")
    (root / "in.db").symlink_to(root / "real.db")
    assert check_regular(root / "in.db", root) == 4
    with pytest.raises(UnreadableError, match="out of the evidence"):
        check_regular(root / "out.db", root)


def test_a_missing_file_is_refused_in_words(tmp_path: Path) -> None:
    """The reason names the file, not the analyst's path."""
    with pytest.raises(UnreadableError, match=r"^x\.db cannot be read"):
        check_regular(tmp_path / "x.db", tmp_path)


def test_reading_is_bounded(tmp_path: Path) -> None:
    """A head is cut at its bound; a whole file beyond it is refused."""
    path = tmp_path / "x"
    path.write_bytes(b"12345")
    assert read_head(path, 3) == b"123"
    assert read_bounded(path, 5) == b"12345"
    with pytest.raises(UnreadableError, match="larger than 4 bytes"):
        read_bounded(path, 4)


def test_lines_are_decoded_and_cut() -> None:
    """Every line comes, the long ones cut, what is no UTF-8 marked."""
    assert list(lines(b"abcdef\r\n\xff\n", 3)) == ["abc", "\ufffd", ""]
