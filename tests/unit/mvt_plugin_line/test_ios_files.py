"""Where LINE's files are found in backups and dumps."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from builders.line import healthy_account, line_ios_files, two_accounts, write_line_backup, write_line_ios_fs
from mvt_plugin_line.ios_files import APP_DOMAIN, GROUP_DOMAIN, in_backup, in_dump
from mvtcase.phones.line_stories import LAST_DAY
from mvtcase_readers.regular import UnreadableError

if TYPE_CHECKING:
    from pathlib import Path


def test_file_ids_are_those_of_the_published_example() -> None:
    """The builder names files as the worked example of the facts does."""
    account = replace(healthy_account(), mid="u0123456789abcdef0123456789abcdef")
    ids = [file.file_id for file in line_ios_files(account)]
    assert ids == [
        "a66b10db81cd4a0095ca00b9c179b239a67b6237",
        "277cf131bf16cd582eb6fb22d6a005dbd0638dde",
        "57d414db0dcad3bdb4b651f0684b483343854064",
    ]


def test_every_account_is_found(tmp_path: Path) -> None:
    """Two accounts in one backup are two folders, none picked silently."""
    accounts = two_accounts(LAST_DAY)
    files = {file.file_id: file for account in accounts for file in line_ios_files(account)}
    presence = in_backup(write_line_backup(tmp_path, files.values()))
    assert {folder.mid for folder in presence.folders} == {account.mid for account in accounts}


def test_both_domains_are_searched_and_a_second_copy_is_named(tmp_path: Path) -> None:
    """The group domain wins where both hold an account, and the other copy is not forgotten."""
    account = healthy_account()
    files = [*line_ios_files(account), *line_ios_files(account, domain=APP_DOMAIN)]
    (folder,) = in_backup(write_line_backup(tmp_path, files)).folders
    assert {listed.domain for listed in folder.files.values()} == {GROUP_DOMAIN}
    assert len(folder.copies) == 2


def test_an_account_in_the_app_domain_alone_is_found(tmp_path: Path) -> None:
    """Older builds keep the account in the app's own domain."""
    (folder,) = in_backup(write_line_backup(tmp_path, line_ios_files(healthy_account(), domain=APP_DOMAIN))).folders
    assert folder.database("Messages/Line.sqlite").path.exists()


def test_a_write_ahead_log_belongs_to_its_database(tmp_path: Path) -> None:
    """The log has a file id of its own and is given with the database."""
    files = list(line_ios_files(healthy_account()))
    files.append(replace(files[0], relative_path=f"{files[0].relative_path}-wal", content=b"log"))
    (folder,) = in_backup(write_line_backup(tmp_path, files)).folders
    wal = folder.database("Messages/Line.sqlite").wal
    assert wal is not None
    assert wal.read_bytes() == b"log"


def test_no_line_is_not_seen(tmp_path: Path) -> None:
    """A backup without LINE's domains gives an absence."""
    assert not in_backup(write_line_backup(tmp_path, [])).seen


@pytest.mark.parametrize("file_id", ["../../../etc/passwd", "", "AB", None, 7])
def test_a_file_id_that_is_none_is_never_opened(tmp_path: Path, file_id: object) -> None:
    """A hostile file id is a gap, and the file counts as missing."""
    backup = write_line_backup(tmp_path, line_ios_files(healthy_account()))
    with closing(sqlite3.connect(backup / "Manifest.db")) as connection, connection:
        connection.execute("UPDATE Files SET fileID = ? WHERE relativePath LIKE '%Line.sqlite'", (file_id,))
    presence = in_backup(backup)
    assert any("file id" in gap.reason for gap in presence.gaps)
    with pytest.raises(UnreadableError, match="missing"):
        presence.folders[0].database("Messages/Line.sqlite")


def test_a_manifest_that_is_a_view_is_refused(tmp_path: Path) -> None:
    """A view in place of the list of files is damage, not an absence."""
    (tmp_path / "Manifest.db").unlink(missing_ok=True)
    with closing(sqlite3.connect(tmp_path / "Manifest.db")) as connection, connection:
        connection.execute("CREATE VIEW Files AS SELECT 1 AS fileID, 2 AS domain, 3 AS relativePath, 1 AS flags")
    with pytest.raises(UnreadableError, match="no plain table"):
        in_backup(tmp_path)


@pytest.mark.parametrize("start", [".", "private", "private/var/mobile"])
def test_a_dump_is_found_from_several_starting_points(tmp_path: Path, start: str) -> None:
    """The dump's root or the mobile folder may be given; a folder in between finds what it can."""
    write_line_ios_fs(tmp_path, line_ios_files(healthy_account()))
    folders = in_dump(tmp_path / start).folders
    assert len(folders) == 1
    assert folders[0].database("Messages/E2EEData.sqlite").path.exists()


def test_a_link_in_a_dump_is_not_followed(tmp_path: Path) -> None:
    """A linked folder may lead out of the dump, and `var` beside `private/var` is no second copy."""
    outside = write_line_ios_fs(tmp_path / "outside", line_ios_files(healthy_account()))
    (tmp_path / "dump").mkdir()
    (tmp_path / "dump" / "private").symlink_to(outside / "private")
    presence = in_dump(tmp_path / "dump")
    assert not presence.seen
    assert {gap.reason for gap in presence.gaps} == {"reached through a link out of the dump"}
    write_line_ios_fs(tmp_path / "whole", line_ios_files(healthy_account()))
    (tmp_path / "whole" / "var").symlink_to("private/var")
    (folder,) = in_dump(tmp_path / "whole").folders
    assert folder.copies == ()


def test_a_dump_without_line_is_not_seen(tmp_path: Path) -> None:
    """An empty folder gives an absence."""
    assert not in_dump(tmp_path).seen
