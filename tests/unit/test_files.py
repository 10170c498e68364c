"""Writing a file in one step: the old one or the new one, and nobody else reads either."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from mvtcase.files import absolute, write_atomically

if TYPE_CHECKING:
    from pathlib import Path


def test_a_path_goes_without_steps_upward_and_keeps_its_links(tmp_path: Path) -> None:
    """What modules open is told by its text, which a step upward would change; a link is how evidence was called."""
    (tmp_path / "phone").mkdir()
    (tmp_path / "link").symlink_to("phone")
    assert absolute(tmp_path / "phone" / ".." / "phone") == tmp_path / "phone"
    assert absolute(tmp_path / "link") == tmp_path / "link"


def test_a_file_is_written_and_private(tmp_path: Path) -> None:
    """Whatever the umask; nothing else stays in the folder."""
    before = os.umask(0)
    try:
        write_atomically(tmp_path / "f", b"one")
        write_atomically(tmp_path / "f", b"two")
    finally:
        os.umask(before)
    assert (tmp_path / "f").read_bytes() == b"two"
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["f"]


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """A full disk at any step."""
    write_atomically(tmp_path / "f", b"old")

    def fail(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    target: object = type(tmp_path) if step == "replace" else os
    monkeypatch.setattr(target, {"write": "fdopen", "fsync": "fsync", "replace": "replace"}[step], fail)
    with pytest.raises(OSError, match="No space"):
        write_atomically(tmp_path / "f", b"new")
    monkeypatch.undo()
    assert (tmp_path / "f").read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["f"]


def test_a_link_in_the_place_is_replaced_and_not_written_through(tmp_path: Path) -> None:
    """What it pointed at stays."""
    (tmp_path / "victim").write_bytes(b"kept")
    (tmp_path / "f").symlink_to("victim")
    write_atomically(tmp_path / "f", b"new")
    assert (tmp_path / "victim").read_bytes() == b"kept"
    assert not (tmp_path / "f").is_symlink()


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """The caller knows where files belong."""
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "none" / "f", b"x")
