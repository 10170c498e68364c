"""The engine's own folders: hashed whole, removed whole, links never followed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mvtcase.canon import sha256_bytes
from mvtcase.engine.results_folder import remove_tree, write_hashes
from mvtcase.files import regular_files

if TYPE_CHECKING:
    from pathlib import Path

DEPTH = 1500


def deep_folder(root: Path) -> None:
    """Make folders nested deeper than Python's own walkers can go, with a file at the end."""
    here = os.open(root, os.O_RDONLY)
    for _ in range(DEPTH):
        os.mkdir("d", dir_fd=here)
        deeper = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(os.open("end", os.O_WRONLY | os.O_CREAT, dir_fd=here))
    os.close(here)


def test_hashes_list_every_regular_file_by_path(tmp_path: Path) -> None:
    """The list is sorted, holds names as JSON, and leaves links out."""
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x\n").write_bytes(b"1")
    (tmp_path / "a").write_bytes(b"2")
    (tmp_path / "link").symlink_to("/etc/hostname")
    digest = write_hashes(tmp_path)
    text = (tmp_path / "results.sha256").read_text("ascii")
    assert text == f'{sha256_bytes(b"2")}  "a"\n{sha256_bytes(b"1")}  "b/x\\n"\n'
    assert digest == sha256_bytes(text.encode())


def test_hashes_can_be_written_again(tmp_path: Path) -> None:
    """The list is not part of what it lists."""
    (tmp_path / "a").write_bytes(b"2")
    assert write_hashes(tmp_path) == write_hashes(tmp_path)


def test_a_folder_is_removed_however_deep(tmp_path: Path) -> None:
    """A worker can leave folders that the standard library cannot remove."""
    root = tmp_path / "root"
    root.mkdir()
    deep_folder(root)
    remove_tree(root)
    assert not root.exists()


def test_removing_follows_no_link(tmp_path: Path) -> None:
    """What a link in the folder points to stays."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_bytes(b"")
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(outside)
    remove_tree(root)
    assert (outside / "kept").exists()
    assert not root.exists()


def test_removing_what_is_not_there_is_quiet(tmp_path: Path) -> None:
    """A second removal changes nothing."""
    remove_tree(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_files_are_found_at_any_depth(tmp_path: Path) -> None:
    """Ordinary nesting is walked without recursion."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").write_bytes(b"")
    assert regular_files(tmp_path) == [tmp_path / "a" / "b" / "c"]
