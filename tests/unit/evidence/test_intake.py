"""Every kind is told, damaged ones too, wherever it lies; nothing else is taken for evidence."""

from __future__ import annotations

import os
import plistlib
import shutil
import socket
import zipfile
from typing import TYPE_CHECKING

import pytest

from mvtcase.errors import EvidenceHostileError, EvidenceMissingError, SeveralEvidenceError, UnknownEvidenceError
from mvtcase.evidence import intake
from mvtcase.evidence.intake import find_all, identify
from mvtcase.kinds import KINDS
from mvtcase.model import EvidenceKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

EXPECTED = {
    "ios": (EvidenceKind.IOS_BACKUP, False),
    "ios_encrypted": (EvidenceKind.IOS_BACKUP_ENCRYPTED, True),
    "ios_fs": (EvidenceKind.IOS_FILE_SYSTEM, False),
    "sysdiagnose": (EvidenceKind.SYSDIAGNOSE, False),
    "sysdiagnose_folder": (EvidenceKind.SYSDIAGNOSE, False),
    "androidqf": (EvidenceKind.ANDROIDQF, False),
    "androidqf_zip": (EvidenceKind.ANDROIDQF, False),
    "androidqf_flat_zip": (EvidenceKind.ANDROIDQF, False),
    "age": (EvidenceKind.ANDROIDQF_AGE, True),
    "bugreport": (EvidenceKind.BUGREPORT, False),
    "bugreport_samsung": (EvidenceKind.BUGREPORT, False),
    "bugreport_wrapped": (EvidenceKind.BUGREPORT, False),
    "bugreport_folder": (EvidenceKind.BUGREPORT, False),
    "logs": (EvidenceKind.INTRUSION_LOGS, False),
    "logs_zip": (EvidenceKind.INTRUSION_LOGS, False),
    "ab": (EvidenceKind.ANDROID_BACKUP, False),
    "ab_encrypted": (EvidenceKind.ANDROID_BACKUP, True),
}
NAMELESS = ["sysdiagnose", "androidqf_zip", "bugreport", "bugreport_wrapped", "logs_zip", "ab", "age"]


@pytest.mark.parametrize("name", EXPECTED)
def test_healthy_evidence_is_told(evidence_of: Mapping[str, Path], name: str) -> None:
    """Each kind is told with its encryption, and its root is the path given."""
    found = identify(evidence_of[name])
    assert (found.kind, found.encrypted, found.root) == (*EXPECTED[name], evidence_of[name])


@pytest.mark.parametrize("name", NAMELESS)
def test_archives_are_told_without_their_name(evidence_of: Mapping[str, Path], tmp_path: Path, name: str) -> None:
    """An archive somebody renamed is told by what is in it."""
    renamed = tmp_path / "evidence.bin"
    shutil.copy(evidence_of[name], renamed)
    assert identify(renamed).kind is EXPECTED[name][0]


@pytest.mark.parametrize("name", ["ios", "ios_fs", "androidqf_zip", "sysdiagnose", "sysdiagnose_folder"])
def test_evidence_is_found_below_the_given_folder(evidence_of: Mapping[str, Path], tmp_path: Path, name: str) -> None:
    """A path one or two levels too high leads to the evidence, and says that it did."""
    source, target = evidence_of[name], tmp_path / "phone" / "taken today" / evidence_of[name].name
    target.parent.mkdir(parents=True)
    shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    found = identify(tmp_path / "phone")
    assert (found.kind, found.root, found.wrapped) == (EXPECTED[name][0], target, "in folder taken today")


def test_wrapped_bugreport_names_the_inner_archive(evidence_of: Mapping[str, Path]) -> None:
    """A manufacturer's zip is told as the bugreport it holds, with the name of the zip inside."""
    wrapped = identify(evidence_of["bugreport_wrapped"]).wrapped
    assert wrapped.startswith("oem zip: ")
    assert wrapped.endswith(".zip")


@pytest.mark.parametrize("name", ["androidqf_zip", "androidqf_flat_zip"])
def test_a_packed_collection_is_not_told_as_the_bugreport_or_logs_in_it(
    evidence_of: Mapping[str, Path], tmp_path: Path, name: str
) -> None:
    """A zip of AndroidQF's zip would be examined as the least of what it holds: it is turned away, with what to do."""
    with zipfile.ZipFile(tmp_path / "given.zip", "w") as outer:
        outer.write(evidence_of[name], "collection.zip")
    with pytest.raises(UnknownEvidenceError) as caught:
        identify(tmp_path / "given.zip")
    assert "collection.zip" in str(caught.value.hint)


def test_several_phones_are_listed(evidence_of: Mapping[str, Path], tmp_path: Path) -> None:
    """A folder of two backups is an error that names both, and `find_all` gives both."""
    for name in ("one", "two"):
        shutil.copytree(evidence_of["ios"], tmp_path / name)
    with pytest.raises(SeveralEvidenceError, match=r"2 acquisitions: [^\n]*one[^\n]*two"):
        identify(tmp_path)
    assert [found.root.name for found in find_all(tmp_path)] == ["one", "two"]


def test_too_much_to_search_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder too large to search through is an error, never a list that may lack a phone."""
    monkeypatch.setattr(intake, "SEARCH_ENTRIES", 5)
    for number in range(10):
        (tmp_path / str(number)).write_bytes(b"")
    with pytest.raises(EvidenceHostileError, match="too much"):
        find_all(tmp_path)


def test_unknown_evidence_says_what_was_tried(tmp_path: Path) -> None:
    """A folder of holiday pictures is no evidence, and the error says what each detector looked for."""
    (tmp_path / "beach.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(UnknownEvidenceError) as caught:
        identify(tmp_path)
    assert all(each.looks_for in str(caught.value) for each in KINDS)
    assert str(caught.value).isprintable()
    assert caught.value.hint


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("signal-2026-10-01.backup", "30 digits"),
        ("msgstore.db.crypt15", "WhatsApp"),
        ("LINE.imazingapp", "iMazing"),
        ("phone.7z", "not opened here"),
        ("phone.tar.xz", "not opened here"),
    ],
)
def test_what_is_no_acquisition_is_told_by_its_name(tmp_path: Path, name: str, said: str) -> None:
    """With what to take instead."""
    (tmp_path / name).write_bytes(bytes(range(200)))
    with pytest.raises(UnknownEvidenceError) as caught:
        identify(tmp_path / name)
    assert said in str(caught.value.hint)


@pytest.mark.parametrize(
    "content", [b"", b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06" + b"\xff" * 18, bytes(range(7, 256)) * 16]
)
def test_noise_is_unknown(tmp_path: Path, content: bytes) -> None:
    """Empty, cut and random files are unknown, not an exception."""
    path = tmp_path / "noise"
    path.write_bytes(content)
    with pytest.raises(UnknownEvidenceError):
        identify(path)


def test_one_file_of_a_backup_is_explained(evidence_of: Mapping[str, Path]) -> None:
    """Who gives Manifest.db is told to give its folder."""
    with pytest.raises(UnknownEvidenceError) as caught:
        identify(evidence_of["ios"] / "Manifest.db")
    assert "folder" in caught.value.hint


def test_nothing_there_is_missing(tmp_path: Path) -> None:
    """A path with nothing at it is missing evidence, not unknown evidence."""
    with pytest.raises(EvidenceMissingError):
        identify(tmp_path / "absent")


def test_links_pipes_and_sockets_are_refused(evidence_of: Mapping[str, Path], tmp_path: Path) -> None:
    """Neither a link to good evidence nor a pipe nor a socket is taken, and none is waited for."""
    (tmp_path / "link").symlink_to(evidence_of["ios"])
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        for name in ("link", "pipe", "socket"):
            with pytest.raises(EvidenceHostileError):
                identify(tmp_path / name)
    assert find_all(tmp_path) == ()


def test_pipe_in_place_of_the_manifest_does_not_hang(evidence_of: Mapping[str, Path], tmp_path: Path) -> None:
    """A backup whose Manifest.db and Manifest.plist are pipes is still told, without waiting for them."""
    shutil.copytree(evidence_of["ios"], tmp_path / "backup")
    for name in ("Manifest.db", "Manifest.plist"):
        (tmp_path / "backup" / name).unlink()
        os.mkfifo(tmp_path / "backup" / name)
    assert identify(tmp_path / "backup").kind is EvidenceKind.IOS_BACKUP


@pytest.mark.parametrize(
    ("name", "content"), [("Manifest.db", b""), ("Manifest.db", b"\0" * 5000), ("Manifest.plist", b"bplist00")]
)
@pytest.mark.parametrize("kind", ["ios", "ios_encrypted"])
def test_damage_changes_neither_kind_nor_encryption(
    evidence_of: Mapping[str, Path], tmp_path: Path, kind: str, name: str, content: bytes
) -> None:
    """One damaged manifest makes a plain backup no encrypted one and an encrypted one no plain one."""
    backup = tmp_path / "backup"
    shutil.copytree(evidence_of[kind], backup)
    (backup / name).write_bytes(content)
    assert identify(backup).kind is EXPECTED[kind][0]


def test_backup_without_manifests_is_told_by_its_folders(evidence_of: Mapping[str, Path], tmp_path: Path) -> None:
    """A backup that lost all four top files is told by its hashed names; one with a manifest alone is told too."""
    backup = tmp_path / "backup"
    shutil.copytree(evidence_of["ios"], backup)
    for name in ("Manifest.db", "Manifest.plist", "Info.plist", "Status.plist"):
        (backup / name).unlink(missing_ok=True)
    assert identify(backup).kind is EvidenceKind.IOS_BACKUP
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(evidence_of["ios"] / "Manifest.db", alone)
    assert identify(alone).kind is EvidenceKind.IOS_BACKUP


def test_decrypted_copy_is_not_encrypted(evidence_of: Mapping[str, Path], tmp_path: Path) -> None:
    """A decrypted copy that kept the Manifest.plist of the encrypted backup is a plain backup."""
    backup = tmp_path / "backup"
    shutil.copytree(evidence_of["ios"], backup)
    (backup / "Manifest.plist").write_bytes(plistlib.dumps({"IsEncrypted": True}))
    assert identify(backup).encrypted is False


def test_info_plist_alone_is_no_backup(tmp_path: Path) -> None:
    """An app bundle's Info.plist does not make its folder a backup."""
    (tmp_path / "Info.plist").write_bytes(plistlib.dumps({}))
    with pytest.raises(UnknownEvidenceError):
        identify(tmp_path)


@pytest.mark.parametrize("name", ["androidqf_zip", "bugreport", "sysdiagnose"])
def test_truncated_archives_keep_their_kind(evidence_of: Mapping[str, Path], tmp_path: Path, name: str) -> None:
    """An archive cut in half has lost its directory and is told by its first headers."""
    data = evidence_of[name].read_bytes()
    path = tmp_path / "cut"
    path.write_bytes(data[: len(data) // 2])
    assert identify(path).kind is EXPECTED[name][0]


@pytest.mark.parametrize("name", ["androidqf_zip", "bugreport"])
def test_zip_with_a_destroyed_start_keeps_its_kind(evidence_of: Mapping[str, Path], tmp_path: Path, name: str) -> None:
    """A zip whose first bytes are gone is told by the directory at its end."""
    path = tmp_path / "damaged"
    path.write_bytes(b"\0\0\0\0" + evidence_of[name].read_bytes()[4:])
    assert identify(path).kind is EXPECTED[name][0]


def test_bugreport_of_noise_is_told_by_its_name(tmp_path: Path) -> None:
    """What is named like a bugreport and cannot be opened is registered as one, to be scanned with a gap."""
    (tmp_path / "bugreport-x.zip").write_bytes(b"PK\x03\x04" + bytes(range(256)))
    assert identify(tmp_path / "bugreport-x.zip").kind is EvidenceKind.BUGREPORT


def test_android_file_system_is_told(tmp_path: Path) -> None:
    """A dump is told by data/data, its data partition by data beside app."""
    (tmp_path / "whole" / "data" / "data").mkdir(parents=True)
    (tmp_path / "partition" / "data").mkdir(parents=True)
    (tmp_path / "partition" / "app").mkdir()
    told = {found.root.name: found.kind for found in find_all(tmp_path)}
    assert told == dict.fromkeys(("whole", "partition"), EvidenceKind.ANDROID_FILE_SYSTEM)


def test_zip_claiming_a_huge_directory_is_not_read(tmp_path: Path, zip_at: Callable[..., Path]) -> None:
    """A zip whose end record claims a directory of gigabytes is told by its local headers instead."""
    path = zip_at("report.zip", {"main_entry.txt": b"x", "bugreport-x.txt": b"y"})
    data = bytearray(path.read_bytes())
    end = data.rfind(b"PK\x05\x06")
    data[end + 12 : end + 16] = (0xFFFFFFF0).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    assert identify(path).kind is EvidenceKind.BUGREPORT


def test_identifying_touches_nothing(
    evidence_of: Mapping[str, Path], state_of: Callable[[Path], dict[str, tuple[int, int, bytes]]]
) -> None:
    """Bytes, modes and modification times are the same after a look, and for root or owner the access times."""
    root = evidence_of["ios"]
    before = state_of(root)
    paths = [root, *root.rglob("*")]
    for path in paths:
        os.utime(path, ns=(10**18, path.stat().st_mtime_ns))
    identify(root)
    assert {path.stat().st_atime_ns for path in paths} == {10**18}
    assert state_of(root) == before


@pytest.mark.shared
def test_real_samples_are_told(mvt_samples: Path) -> None:
    """MVT's own test evidence is told as what it is."""
    expected = {
        "ios_backup": EvidenceKind.IOS_BACKUP,
        "androidqf": EvidenceKind.ANDROIDQF,
        "androidqf.zip": EvidenceKind.ANDROIDQF,
        "androidqf_encrypted": EvidenceKind.ANDROID_BACKUP,
        "android_data/bugreport": EvidenceKind.BUGREPORT,
        "android_backup/backup3.ab": EvidenceKind.ANDROID_BACKUP,
    }
    assert {name: identify(mvt_samples / name).kind for name in expected} == expected


@pytest.mark.parametrize("other", ["logs", "logs_zip", "bugreport", "androidqf_zip"])
def test_evidence_of_several_phones_in_one_folder_stays_apart(
    evidence_of: Mapping[str, Path], tmp_path: Path, other: str
) -> None:
    """Nothing beside another phone's evidence is taken for a part of it: each gives what it gives alone."""
    for name, path in evidence_of.items():
        if name in {"key", other}:  # folders and zips of logs alone are the days of one phone
            continue
        both = tmp_path / name
        both.mkdir()
        for number, source in enumerate((path, evidence_of[other])):
            target = both / f"{number}-{source.name}"
            if source.is_dir():
                shutil.copytree(source, target, symlinks=True)
            else:
                shutil.copy(source, target)
        kinds = [each.kind for each in find_all(both)]
        assert kinds == [identify(path).kind, identify(evidence_of[other]).kind], name
