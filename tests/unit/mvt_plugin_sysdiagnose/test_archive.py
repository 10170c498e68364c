"""Finding and reading the files of an archive, whatever lies in their place."""

from __future__ import annotations

import io
import os
import tarfile
from typing import TYPE_CHECKING

import pytest

from mvt_plugin_sysdiagnose.archive import Archive, compiled_pattern
from mvtcase_readers.regular import UnreadableError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("pattern", "name", "found"),
    [
        ("ps.txt", "sysdiagnose_x/ps.txt", True),
        ("ps.txt", "around/sysdiagnose_x/ps.txt", True),
        ("ps.txt", "sysdiagnose_x/xps.txt", False),
        ("ps.txt", "sysdiagnose_x/ps.txt/inner", False),
        ("a/*.ips", "r/a/b.ips", True),
        ("a/*.ips", "r/a/b/c.ips", False),
        ("a/b.log*", "r/a/b.log.1", True),
        ("a+b.txt", "r/a+b.txt", True),
        ("a/****.ips", "r/a/b.ips", True),
    ],
)
def test_a_pattern_matches_whole_components_at_the_end(pattern: str, name: str, found: bool) -> None:  # noqa: FBT001 - parametrised
    """Patterns are anchored at a component and do not cross one."""
    assert (compiled_pattern(pattern).search(name) is not None) is found


def test_companions_of_the_finder_are_no_evidence() -> None:
    """AppleDouble files `._name` are left out of every search."""
    archive = Archive(names=["r/ps.txt", "r/._ps.txt"], parent="/nowhere")
    assert archive.find(["*ps.txt"]) == ["r/ps.txt"]


def test_a_file_is_read_up_to_the_limit(tmp_path: Path) -> None:
    """A larger file is cut and says so; one of exactly the limit is whole."""
    (tmp_path / "f").write_bytes(b"12345")
    archive = Archive(names=["f"], parent=str(tmp_path))
    whole, cut = archive.read("f", 5), archive.read("f", 4)
    assert (whole.data, whole.truncated) == (b"12345", False)
    assert (cut.data, cut.truncated, cut.path) == (b"1234", True, str(tmp_path / "f"))


def test_links_pipes_and_folders_are_not_read(tmp_path: Path) -> None:
    """A link is not followed and a named pipe does not hang the reader."""
    (tmp_path / "secret").write_text("the examiner's own file")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    archive = Archive(names=[], parent=str(tmp_path))
    for name in ("link", "pipe", "folder", "absent"):
        with pytest.raises(UnreadableError):
            archive.read(name, 100)


def test_members_of_a_tar_archive_are_read_the_same_way() -> None:
    """Regular members are read up to the limit; links and unknown names are refused."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        member = tarfile.TarInfo("r/ps.txt")
        member.size = 5
        tar.addfile(member, io.BytesIO(b"12345"))
        link = tarfile.TarInfo("r/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        tar.addfile(link)
    buffer.seek(0)
    with tarfile.open(fileobj=buffer) as tar:
        archive = Archive(names=["r/ps.txt", "r/link"], parent=None, tar=tar)
        assert archive.root == "r"
        assert archive.read("r/ps.txt", 3).data == b"123"
        for name in ("r/link", "r/absent"):
            with pytest.raises(UnreadableError):
                archive.read(name, 3)


def test_an_empty_archive_has_no_root() -> None:
    """Nothing inside means no name, not a crash."""
    assert Archive(names=[], parent=None).root == ""
