"""Evidence that came in an archive or in partitions is told, identified and laid out as if it lay there unpacked."""

from __future__ import annotations

import io
import shutil
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mvtcase.engine.worker.preflight.android import dumpstate_head
from mvtcase.evidence import advice
from mvtcase.evidence.glance import Partition
from mvtcase.evidence.intake import Staged, identify, read_identity, stage
from mvtcase.evidence.walk import walk
from mvtcase.kinds import EvidenceKind
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.android_spots import Placement
from mvtcase.phones.bugreport import build_bugreport, dumpstate_text
from mvtcase.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LOGS = "intrusion_logs/"
PACKED = ("ios", "ios_encrypted", "ios_fs", "androidqf", "sysdiagnose_folder")
FORMS: Mapping[str, Callable[[Path, Path, str], None]]


def _zip(source: Path, target: Path, prefix: str) -> None:
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(source.rglob("*")):
            archive.write(path, f"{prefix}{path.relative_to(source)}")


def _tar(source: Path, target: Path, prefix: str) -> None:
    with tarfile.open(target, "w:gz" if target.suffix == ".gz" else "w") as archive:
        archive.add(source, arcname=prefix.rstrip("/") or ".")


FORMS = {"a.zip": _zip, "a.tar": _tar, "a.tar.gz": _tar}


def _staged(path: Path, work: Path) -> Staged:
    work.mkdir(mode=0o700)
    return stage(identify(path), work, Limits())


def _names(folder: Path) -> set[str]:
    return {entry.path for entry in walk(folder)}


@pytest.mark.parametrize("name", PACKED)
@pytest.mark.parametrize(("form", "prefix"), [("a.zip", "phones/lin/"), ("a.tar", "backup/"), ("a.tar.gz", "")])
def test_an_archive_is_taken_as_the_folder_in_it(
    evidence_of: Mapping[str, Path], tmp_path: Path, name: str, form: str, prefix: str
) -> None:
    """Kind, encryption and identity are those of the folder, and so is every file that MVT is handed."""
    packed = tmp_path / form
    FORMS[form](evidence_of[name], packed, prefix)
    found, plain = identify(packed), identify(evidence_of[name])
    assert (found.kind, found.encrypted, found.root) == (plain.kind, plain.encrypted, packed)
    # A sysdiagnose tells its model by the name of its folder, which is another here.
    assert replace(read_identity(found), model=None) == replace(read_identity(plain), model=None)
    staged = _staged(packed, tmp_path / "work")
    assert staged.problems == ()
    # Archives of intrusion logs are unpacked wherever an acquisition is copied.
    assert {each for each in _names(staged.target) if LOGS not in each} == {
        each for each in _names(evidence_of[name]) if LOGS not in each
    }


@pytest.fixture
def partitions(evidence_of: Mapping[str, Path], tmp_path: Path) -> Path:
    """A dump as UFED writes it: the system in one folder, what the phone has at /private/var in another."""
    root = tmp_path / "extraction"
    shutil.copytree(evidence_of["ios_fs"], root / "filesystem1")
    (root / "filesystem1" / "private" / "var").rename(root / "filesystem2")
    (root / "filesystem1" / "private" / "var" / "db" / "diagnostics").mkdir(parents=True)
    (root / "extraction.ufd").write_text("[DeviceInfo]\nModel=iPhone\n")
    return root


@pytest.mark.parametrize("packed", [False, True])
def test_two_partitions_are_one_phone(
    evidence_of: Mapping[str, Path], partitions: Path, tmp_path: Path, *, packed: bool
) -> None:
    """They are one acquisition, and the copy that MVT is handed is laid out as the phone is."""
    given = partitions
    if packed:
        given = tmp_path / "extraction.zip"
        _zip(partitions, given, "")
    found = identify(given)
    assert found.partitions == (
        Partition(folder="filesystem1", place=""),
        Partition(folder="filesystem2", place="private/var"),
    )
    assert read_identity(found) == read_identity(identify(evidence_of["ios_fs"]))
    staged = _staged(given, tmp_path / "work")
    assert _names(staged.target) == _names(evidence_of["ios_fs"])
    assert not staged.in_place
    assert staged.problems == ()


def test_a_data_partition_alone_is_laid_out_as_the_phone_has_it(partitions: Path, tmp_path: Path) -> None:
    """Modules look below private/var, which the partition's own root is."""
    staged = _staged(partitions / "filesystem2", tmp_path / "work")
    assert (staged.target / "private/var/mobile/Library/SMS/sms.db").is_file()


def test_half_of_an_extraction_says_which_half_is_missing(partitions: Path) -> None:
    """The system alone tells nothing of who used the phone, and the other half may lie on another disk."""
    (partitions / "filesystem1" / "System/Library/CoreServices").mkdir(parents=True, exist_ok=True)
    for name, said in (("filesystem1", "the data of the phone's user are not in it"), ("filesystem2", "system's (")):
        (told,) = advice.on(partitions / name, identify(partitions / name))
        assert said in str(told)
    assert advice.on(partitions, identify(partitions)) == ()


def test_an_android_phone_in_two_partitions_is_one(tmp_path: Path) -> None:
    """The data partition beside the system's."""
    for folder in ("a/data/com.example", "a/app", "b/priv-app"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "file").write_bytes(b"x")
    found = identify(tmp_path)
    assert found.kind is EvidenceKind.ANDROID_FILE_SYSTEM
    staged = _staged(tmp_path, tmp_path.with_name(f"{tmp_path.name}-work"))
    assert _names(staged.target) == {"data/data/com.example/file", "data/app/file", "system/priv-app/file"}


def test_links_that_every_phone_has_are_no_gaps_of_an_archive(evidence_of: Mapping[str, Path], tmp_path: Path) -> None:
    """A link in place of a database that modules read still is one."""
    packed = tmp_path / "dump.tar"
    _tar(evidence_of["ios_fs"], packed, "")
    with tarfile.open(packed, "a") as archive:
        for name in ("var", "private/var/mobile/other.db"):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, "private/var"
            archive.addfile(link, io.BytesIO())
    reasons = [str(gap.reason) for gap in _staged(packed, tmp_path / "work").problems]
    assert len(reasons) == 1
    assert "other.db" in reasons[0]


@pytest.mark.parametrize("form", ["text", "zip", "nested zip", "folder"])
def test_a_bugreport_without_an_entry_is_read_from_its_text(tmp_path: Path, form: str) -> None:
    """It is recognised by its first lines and handed over as it is; a bare text in an archive, as MVT opens it."""
    folder = build_bugreport(tmp_path / "report", AndroidPhone(), folder=True).path
    (folder / "main_entry.txt").unlink()
    (text,) = folder.glob("bugreport-*.txt")
    given = {"text": text, "folder": folder}.get(form, tmp_path / "report.zip")
    if "zip" in form:
        _zip(folder, given, "report/" if form == "nested zip" else "")
    if form == "text":
        given = Path(shutil.copy(text, tmp_path / "notes.txt"))
    found = identify(given)
    assert found.kind is EvidenceKind.BUGREPORT
    assert read_identity(found).serial == AndroidPhone().serial_number
    staged = _staged(given, tmp_path / "work")
    assert staged.in_place is (form != "text")
    name, start = dumpstate_head(staged.target)
    assert name.endswith(".txt")
    assert text.read_bytes().startswith(start)


@pytest.mark.parametrize(
    "name", ["dumpState.log", "dumpstate.log", "act_dumpstate.txt", "log/dumpState_1783577655961.log"]
)
def test_the_long_text_is_found_by_the_names_that_manufacturers_give_it(tmp_path: Path, name: str) -> None:
    """Samsung's zips name it so, beside other files (tools that read the logs of its phones list these names)."""
    text = dumpstate_text(AndroidPhone(), Placement(by_spot={})).encode()
    given = tmp_path / "sent.zip"
    with zipfile.ZipFile(given, "w") as archive:
        archive.writestr("FS/data/log/notes.txt", b"no report")
        archive.writestr(name, text)
    found = identify(given)
    assert found.kind is EvidenceKind.BUGREPORT
    assert read_identity(found).serial == AndroidPhone().serial_number
    assert dumpstate_head(_staged(given, tmp_path / "work").target) == (name, text[:4096])
