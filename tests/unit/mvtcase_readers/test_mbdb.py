"""The list of a backup up to iOS 9 names its files, as far as it can be read."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from mvtcase_readers.mbdb import MAGIC, Listed, listed

if TYPE_CHECKING:
    from pathlib import Path

SMS = "3d0d7e5fb2ce288813306e4d4636395e047a3d28"
"""The name of sms.db in every backup."""


def _text(text: bytes | None) -> bytes:
    return b"\xff\xff" if text is None else struct.pack(">H", len(text)) + text


def _record(domain: bytes, path: bytes, mode: int, properties: tuple[bytes, ...] = ()) -> bytes:
    texts = b"".join(map(_text, (domain, path, None, b"\x01" * 20, None)))
    numbers = struct.pack(">HQIIIIIQBB", mode, 1, 501, 501, 0, 0, 0, 42, 4, len(properties) // 2)
    return texts + numbers + b"".join(map(_text, properties))


WHOLE = MAGIC + b"".join(
    (
        _record(b"HomeDomain", b"Library/SMS", 0x41ED, (b"name", b"value", b"other", b"")),
        _record(b"HomeDomain", b"Library/SMS/sms.db", 0x81A4),
    )
)


def test_files_and_folders_are_told_apart(tmp_path: Path) -> None:
    """Each with the name that the backup gives it; properties in between are passed over."""
    (tmp_path / "list").write_bytes(WHOLE)
    folder, file = listed(tmp_path / "list")
    assert file == Listed(SMS, "HomeDomain", "Library/SMS/sms.db", is_file=True)
    assert (folder.path, folder.is_file) == ("Library/SMS", False)


@pytest.mark.parametrize("kept", range(0, len(WHOLE), 7))
def test_a_list_that_is_cut_gives_what_came_before(tmp_path: Path, kept: int) -> None:
    """Nothing is raised, wherever it ends."""
    (tmp_path / "list").write_bytes(WHOLE[:kept])
    assert len(list(listed(tmp_path / "list"))) <= 2


def test_what_is_no_list_gives_nothing(tmp_path: Path) -> None:
    """A missing one, another file, a folder."""
    (tmp_path / "other").write_bytes(b"SQLite format 3\0" * 9)
    assert [list(listed(tmp_path / name)) for name in ("missing", "other", "")] == [[], [], []]
