"""The walk is sorted, complete, and follows nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from mvtcase.evidence.walk import sort_key, walk

if TYPE_CHECKING:
    from pathlib import Path


def test_order_is_that_of_the_key(tmp_path: Path) -> None:
    """Entries come sorted by the bytes of their path parts, so two walks can be compared side by side."""
    for name in ("a/z", "a.b", "a-", "a/b/c", "é", "Z", "\udcff"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    paths = [entry.path for entry in walk(tmp_path)]
    assert len(paths) == 7
    assert paths == sorted(paths, key=sort_key)


def test_links_to_folders_are_entries(tmp_path: Path) -> None:
    """A link to a folder, even to its own parent, is one entry and is not entered."""
    (tmp_path / "loop").symlink_to(tmp_path)
    assert [(entry.path, entry.what) for entry in walk(tmp_path)] == [("loop", "link")]


def test_root_may_be_a_file_or_a_link(tmp_path: Path) -> None:
    """A file is one entry without a path; a link to a folder is a link, not its content."""
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path)
    assert [(entry.path, entry.what, entry.size) for entry in walk(tmp_path / "file")] == [("", "file", 1)]
    assert [(entry.path, entry.what) for entry in walk(tmp_path / "link")] == [("", "link")]
    with pytest.raises(FileNotFoundError):
        next(walk(tmp_path / "absent"))


def test_unreadable_folder_is_an_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that may not be opened is one unreadable entry, and its neighbours are walked."""
    (tmp_path / "closed").mkdir()
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "file").write_bytes(b"")
    really_open = os.open

    def refusing(path: str, flags: int, mode: int = 0o777) -> int:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return really_open(path, flags, mode)

    monkeypatch.setattr(os, "open", refusing)
    assert [(entry.path, entry.what) for entry in walk(tmp_path)] == [("closed", "unreadable"), ("open/file", "file")]
