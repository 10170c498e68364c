"""Where LINE's databases are found in Android data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builders.line import healthy_account, write_line_android_fs
from mvt_plugin_line.android_files import PACKAGE, in_dump, label_of, listed_databases
from mvtcase_readers.regular import UnreadableError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("start", [".", "data", "data/data", f"data/data/{PACKAGE}", f"data/data/{PACKAGE}/databases"])
def test_any_level_of_a_dump_may_be_given(tmp_path: Path, start: str) -> None:
    """The root, the partition, the app's folder and its databases lead to the same files."""
    write_line_android_fs(tmp_path, healthy_account())
    (folder,) = in_dump(tmp_path / start)
    assert set(folder.files) == {"naver_line", "e2ee", "line_general_key_value"}


def test_a_dump_below_other_folders_is_found(tmp_path: Path) -> None:
    """Tools put the phone's name above the root."""
    write_line_android_fs(tmp_path / "phone", healthy_account())
    assert len(in_dump(tmp_path)) == 1


def test_every_user_is_found(tmp_path: Path) -> None:
    """A work profile has a LINE of its own."""
    write_line_android_fs(tmp_path, healthy_account())
    write_line_android_fs(tmp_path, healthy_account(seed=2), user=10)
    assert {folder.label for folder in in_dump(tmp_path)} == {"android-user-0", "android-user-10"}


def test_a_linked_folder_is_not_followed(tmp_path: Path) -> None:
    """`data/user/0` is a link on a phone; in a dump a link may lead anywhere."""
    write_line_android_fs(tmp_path / "elsewhere" / "a" / "b" / "c", healthy_account())
    (tmp_path / "dump" / "data").mkdir(parents=True)
    (tmp_path / "dump" / "data" / "data").symlink_to(tmp_path / "elsewhere" / "a" / "b" / "c" / "data" / "data")
    assert in_dump(tmp_path / "dump") == ()


def test_a_linked_databases_folder_is_not_followed(tmp_path: Path) -> None:
    """LINE is seen, its databases are not."""
    write_line_android_fs(tmp_path / "a" / "b" / "c" / "outside", healthy_account())
    inside = tmp_path / "dump" / "data" / "data" / PACKAGE
    inside.mkdir(parents=True)
    (inside / "databases").symlink_to(tmp_path / "a/b/c/outside/data/data" / PACKAGE / "databases")
    (folder,) = in_dump(tmp_path / "dump")
    assert folder.files == {}


def test_a_missing_database_is_an_absence(tmp_path: Path) -> None:
    """What the dump does not hold is not called damaged."""
    (tmp_path / "data" / "data" / PACKAGE).mkdir(parents=True)
    (folder,) = in_dump(tmp_path)
    with pytest.raises(UnreadableError) as caught:
        folder.database("e2ee")
    assert not caught.value.damaged


def test_no_line_gives_nothing(tmp_path: Path) -> None:
    """A folder without LINE has no folder of it, and a deep one is searched in bounds."""
    deep = tmp_path
    for _ in range(60):
        deep = deep / "d"
    deep.mkdir(parents=True)
    assert in_dump(tmp_path) == ()


def test_listed_names_are_grouped_by_folder() -> None:
    """Names of an acquisition, with either kind of slash, give LINE's databases by folder and nothing else."""
    base = f"acq/data/data/{PACKAGE}/databases"
    names = [f"{base}/e2ee", f"{base}/e2ee-wal", f"{base}/other", base.replace("/", "\\") + "\\naver_line", "e2ee"]
    assert listed_databases(names) == {
        base: {"e2ee": names[0], "e2ee-wal": names[1], "naver_line": names[3]},
    }


def test_users_are_told_by_their_path() -> None:
    """The first user's folder has two names."""
    assert label_of(f"data/user/95/{PACKAGE}/databases") == "android-user-95"
    assert label_of(f"data/data/{PACKAGE}") == "android-user-0"
