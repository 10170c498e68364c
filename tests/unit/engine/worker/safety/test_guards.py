"""The guards: below the evidence only its own regular files; bounded property lists; databases that only read."""

from __future__ import annotations

import os
import plistlib
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from mvt.android.artifacts.dumpsys_adb import DumpsysADBArtifact
from mvt.android.parsers import backup

from mvtcase.engine.worker.safety import guards
from mvtcase.engine.worker.safety.guards import IrregularFileError, guarded_open
from mvtcase.phones.damage import hostile_plist
from mvtcase_readers.regular import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    """Return a folder of evidence with a file, a pipe, and links in and out of it."""
    root = tmp_path / "evidence"
    root.mkdir()
    (root / "file").write_text("content", "utf-8")
    os.mkfifo(root / "pipe")
    (root / "folder").mkdir()
    (tmp_path / "mine").write_text("the analyst's", "utf-8")
    (root / "out").symlink_to(tmp_path / "mine")
    (root / "device").symlink_to("/dev/zero")
    (root / "in").symlink_to(root / "file")
    (root / "broken").symlink_to(root / "nowhere")
    return root


@pytest.fixture
def guarded(evidence: Path) -> Callable[..., Any]:
    """Return `open` under guard of the evidence."""
    return guarded_open(open, evidence)


@pytest.mark.parametrize("name", ["pipe", "folder", "out", "device"])
@pytest.mark.parametrize("kind", [str, os.fsencode, Path])
def test_what_is_no_file_of_the_evidence_is_refused(
    name: str, kind: Callable[[str], Any], guarded: Callable[..., Any], evidence: Path
) -> None:
    """At once, in words that name the file and not where it lies."""
    with pytest.raises(IrregularFileError) as caught:
        guarded(kind(str(evidence / name)))
    assert str(caught.value).startswith(f"{name} is ")


@pytest.mark.parametrize("name", ["file", "in"])
def test_files_and_links_inside_the_evidence_are_opened(name: str, guarded: Callable[..., Any], evidence: Path) -> None:
    """A dump's own links lead to its own files."""
    with guarded(evidence / name, encoding="utf-8") as handle:
        assert handle.read() == "content"


@pytest.mark.parametrize("name", ["missing", "broken"])
def test_what_is_not_there_is_for_open_to_say(name: str, guarded: Callable[..., Any], evidence: Path) -> None:
    """The module gets the error it knows."""
    with pytest.raises(FileNotFoundError):
        guarded(evidence / name)


def test_a_way_around_by_dots_is_seen(guarded: Callable[..., Any], evidence: Path) -> None:
    """The path is judged by where it leads."""
    with pytest.raises(IrregularFileError):
        guarded(f"{evidence}/folder/../pipe")


def test_elsewhere_everything_is_opened(guarded: Callable[..., Any], tmp_path: Path) -> None:
    """The worker's own files are none of the guard's business, nor are descriptors."""
    with guarded(tmp_path / "mine", encoding="utf-8") as handle, guarded(os.dup(handle.fileno()), "rb") as again:
        assert again.read() == b"the analyst's"


def test_evidence_that_is_one_file_is_opened(tmp_path: Path) -> None:
    """An archive is its own root."""
    (tmp_path / "a.zip").write_bytes(b"PK")
    with guarded_open(open, tmp_path / "a.zip")(tmp_path / "a.zip", "rb") as handle:
        assert handle.read() == b"PK"


@pytest.mark.parametrize("cycle", [True, False])
def test_hostile_lists_raise_where_they_are_read(cycle: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001 - a parameter of pytest
    """By `loads`, too, which reads by `load`; ordinary lists are read as ever."""
    monkeypatch.setattr(plistlib, "load", plistlib.load)
    guards.guard_plists()
    with pytest.raises(UnreadableError):
        plistlib.loads(hostile_plist(("a", "b"), cycle=cycle))
    assert plistlib.loads(plistlib.dumps({"a": [1, 2]})) == {"a": [1, 2]}


def test_a_database_that_mvt_opens_by_itself_is_hardened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its views are refused and nothing can be attached; other connections stay as they are."""
    monkeypatch.setattr(sqlite3, "connect", sqlite3.connect)
    guards.guard_databases()
    with sqlite3.connect(tmp_path / "x.db") as own:
        own.executescript("CREATE TABLE t (a); CREATE VIEW asset AS SELECT 1 AS sinfs_data")
    own.close()
    connection = sqlite3.connect(f"{(tmp_path / 'x.db').as_uri()}?mode=ro", uri=True)
    for statement in ("SELECT sinfs_data FROM asset", "ATTACH 'y.db' AS y"):
        with pytest.raises(sqlite3.DatabaseError):
            connection.execute(statement)
    connection.close()


def test_the_trusted_computers_of_android_10_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its keys stand side by side without a root; newer lists, and what is no list, are read as ever."""
    monkeypatch.setattr(DumpsysADBArtifact, "parse_xml", DumpsysADBArtifact.parse_xml)
    guards.read_rootless_keys()
    keys = "".join(f'<adbKey key="QUFB user{n}@host" lastConnection="{n}" />\n' for n in range(2))
    head = "<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\n"
    for text in (head + keys, f'{head}<keyStore version="1">{keys}</keyStore>'):
        read = DumpsysADBArtifact().parse_xml(text.encode())
        assert [(key["user"], key["last_connected"]) for key in read] == [("user0@host", "0"), ("user1@host", "1")]
    with pytest.raises(ET.ParseError):
        DumpsysADBArtifact().parse_xml(head.encode() + b"<adbKey <<")


@pytest.mark.parametrize("rounds", [2**31, 0])
def test_an_android_backup_cannot_ask_for_endless_rounds(rounds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number stands in its header; Android writes 10,000, and those are derived as ever."""
    asked: list[int] = []
    monkeypatch.setattr(backup, "decrypt_master_key", lambda *, pbkdf2_rounds: asked.append(pbkdf2_rounds))
    guards.guard_rounds()
    with pytest.raises(UnreadableError, match="rounds of key derivation"):
        backup.decrypt_master_key(pbkdf2_rounds=rounds)
    backup.decrypt_master_key(pbkdf2_rounds=10_000)
    assert asked == [10_000]
