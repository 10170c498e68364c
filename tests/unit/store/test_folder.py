"""Where things lie on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mvtcase.errors import AmbiguousError, ConflictError, InputError, NotFoundError, WorkspaceError
from mvtcase.store.folder import CASE_FILE, CaseFolder, Workspace, find_workspace, held_lock, only, slug_of

if TYPE_CHECKING:
    from pathlib import Path


def _workspace(path: Path, *cases: str) -> Workspace:
    workspace = Workspace(path)
    workspace.create()
    for slug in cases:
        folder = workspace.new_case_folder(slug)
        folder.create()
        folder.case_file.touch()
    return workspace


def test_the_nearest_parent_with_cases_is_the_workspace(tmp_path: Path) -> None:
    """A verb works from anywhere inside."""
    workspace = _workspace(tmp_path / "w")
    inside = workspace.cases / "x" / "y"
    inside.mkdir(parents=True)
    assert find_workspace(None, inside) == workspace


def test_no_workspace_says_how_to_make_one(tmp_path: Path) -> None:
    """The hint names the verb."""
    with pytest.raises(WorkspaceError) as caught:
        find_workspace(None, tmp_path)
    assert "init" in caught.value.hint


def test_a_named_folder_must_be_a_workspace(tmp_path: Path) -> None:
    """A mistyped name is never made into a workspace."""
    with pytest.raises(WorkspaceError, match="no folder 'cases'"):
        find_workspace(str(tmp_path), tmp_path)


def test_a_workspace_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    """A file in the way is told as such."""
    (tmp_path / "w").write_text("in the way")
    with pytest.raises(WorkspaceError, match="cannot be used"):
        Workspace(tmp_path / "w").create()


@pytest.mark.parametrize("slug", ["", "../x", "A", "-a", "a/b", "x" * 65, "a b", "a\n"])
def test_a_slug_is_only_ever_a_plain_name(tmp_path: Path, slug: str) -> None:
    """No slug leads out of the workspace."""
    with pytest.raises(InputError):
        _workspace(tmp_path / "w").new_case_folder(slug)


def test_a_taken_slug_is_a_conflict(tmp_path: Path) -> None:
    """Two cases never share a folder."""
    with pytest.raises(ConflictError):
        _workspace(tmp_path / "w", "one").new_case_folder("one")


@pytest.mark.parametrize(
    ("title", "slug"),
    [("LINE 2021", "line-2021"), ("Café — Ünïon", "cafe-union"), ("立法院", "case"), ("x" * 90, "x" * 64)],
)
def test_a_slug_is_made_from_a_title(title: str, slug: str) -> None:
    """Whatever the script, the result is a plain name."""
    assert slug_of(title) == slug


def test_the_only_case_is_taken_and_several_are_asked_about(tmp_path: Path) -> None:
    """Guessing between cases would be wrong."""
    workspace = _workspace(tmp_path / "w", "one")
    assert only(workspace.case_folders()).slug == "one"
    _workspace(tmp_path / "w", "two")
    with pytest.raises(AmbiguousError, match="one, two"):
        only(workspace.case_folders())
    with pytest.raises(NotFoundError):
        only(())


def test_a_folder_without_a_case_file_is_no_case(tmp_path: Path) -> None:
    """A stray folder is passed over."""
    workspace = _workspace(tmp_path / "w", "one")
    (workspace.cases / "stray").mkdir()
    assert [folder.slug for folder in workspace.case_folders()] == ["one"]
    with pytest.raises(NotFoundError):
        workspace.case_folder("stray")


def test_a_case_folder_is_private(tmp_path: Path) -> None:
    """Every folder made is for its owner alone."""
    folder = CaseFolder(tmp_path / "c")
    folder.create()
    assert folder.case_file == tmp_path / "c" / CASE_FILE
    assert {each.stat().st_mode & 0o777 for each in (folder.path, folder.reports, folder.working)} == {0o700}


def test_a_lock_is_held_once(tmp_path: Path) -> None:
    """The second one is told so, and gets it after the first."""
    with held_lock(tmp_path / "lock") as first, held_lock(tmp_path / "lock") as second:
        assert (first, second) == (True, False)
    with held_lock(tmp_path / "lock") as third:
        assert third
