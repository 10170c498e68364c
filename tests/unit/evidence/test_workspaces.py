"""Working folders are private, always destroyed, and swept up after a kill, but never under a live process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mvtcase.files import destroy
from mvtcase.workspaces import sweep_leftovers, workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_HOLDER = """
import sys, time
from pathlib import Path
from mvtcase.workspaces import workspace
with workspace(Path(sys.argv[1])) as folder:
    (folder / "plain text").write_text("message")
    print(folder, flush=True)
    time.sleep(60)
"""


def test_workspace_is_private_and_destroyed(tmp_path: Path) -> None:
    """The folder has mode 0700 and is gone afterwards with all that was in it, its lock too."""
    with workspace(tmp_path / "tmp") as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "file").write_bytes(b"x")
    assert list((tmp_path / "tmp").iterdir()) == []


def test_workspace_is_destroyed_after_an_error(tmp_path: Path) -> None:
    """An exception inside does not leave the folder behind."""
    with pytest.raises(KeyError), workspace(tmp_path):
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_deep_and_odd_content_is_removed(nested: Callable[[str, int], Path], tmp_path: Path) -> None:
    """Thousands of nested folders, unreadable folders, links, pipes and odd names are all removed."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_bytes(b"x")
    root = nested("d" * 100, 1500)
    (root / "locked").mkdir()
    (root / "locked" / "file").write_bytes(b"x")
    (root / "locked").chmod(0)
    (root / "link").symlink_to(outside)
    (root / "0").mkdir()
    os.mkfifo(root / "pipe")
    (root / "\udcff\n").write_bytes(b"x")
    destroy(root)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outside"]
    assert (outside / "kept").exists()


def test_destroying_a_link_leaves_its_target(tmp_path: Path) -> None:
    """A link in place of the folder is removed, what it points at stays; nothing there is no error."""
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    destroy(tmp_path / "link")
    destroy(tmp_path / "absent")
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_leftovers_of_a_killed_process_are_swept(tmp_path: Path) -> None:
    """A working folder is left alone while its process lives, and wiped once that was killed."""
    with subprocess.Popen([sys.executable, "-c", _HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        folder = process.stdout.readline().strip()
        assert sweep_leftovers(tmp_path) == ()
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert [str(tmp_path / name) for name in sweep_leftovers(tmp_path)] == [folder]
    assert list(tmp_path.iterdir()) == []


def test_own_workspace_is_not_swept(tmp_path: Path) -> None:
    """A sweep while a workspace of this process is open leaves it alone, and other files too."""
    (tmp_path / "note.txt").write_bytes(b"x")
    with workspace(tmp_path) as folder:
        assert sweep_leftovers(tmp_path) == ()
        assert folder.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_half_removed_leftover_is_swept(tmp_path: Path) -> None:
    """A folder whose removal was interrupted is swept by its working folder's name; an absent parent has nothing."""
    (tmp_path / "work-1.removing-2" / "3").mkdir(parents=True)
    assert sweep_leftovers(tmp_path) == ("work-1",)
    assert list(tmp_path.iterdir()) == []
    assert sweep_leftovers(tmp_path / "absent") == ()
