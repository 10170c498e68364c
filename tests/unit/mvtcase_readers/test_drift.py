"""What is new in evidence is told, thing by thing, and what is as it was is not."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mvtcase.kinds import EvidenceKind
from mvtcase.kinds.layouts import LAYOUTS
from mvtcase.phones.android import build_androidqf
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.androidqf_layouts import AndroidQFLayout
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_fs import build_ios_file_system
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.sysdiagnose import BUILDS, SysdiagnosePhone, build_sysdiagnose
from mvtcase_readers.drift import Drift, DriftKind, Known, drifts

if TYPE_CHECKING:
    from collections.abc import Callable

FIELD = Path(__file__).parents[4] / "shared" / "field" / "real"
KNOWN = LAYOUTS[EvidenceKind.ANDROIDQF]


@pytest.fixture
def acquisition(tmp_path: Path) -> Path:
    """A present-day acquisition."""
    return build_androidqf(tmp_path / "acquisition", AndroidPhone(), layout=AndroidQFLayout.TODAY).path


def test_a_file_renamed_a_new_file_and_a_new_column_are_three_drifts(acquisition: Path) -> None:
    """Each is told once, and nothing else is."""
    (acquisition / "processes.json").rename(acquisition / "process_list.json")
    (acquisition / "vendor_apps.json").write_text("[]")
    rows = json.loads((acquisition / "packages.json").read_text())
    rows[0]["install_source"] = "store"
    (acquisition / "packages.json").write_text(json.dumps(rows))
    assert drifts(acquisition, KNOWN) == [
        Drift(kind=DriftKind.FILE, file="process_list.json", what="unknown name"),
        Drift(kind=DriftKind.FILE, file="vendor_apps.json", what="unknown name"),
        Drift(kind=DriftKind.COLUMN, file="packages.json", what="install_source"),
    ]


@pytest.mark.parametrize("layout", AndroidQFLayout)
def test_every_release_of_androidqf_is_known(tmp_path: Path, layout: AndroidQFLayout) -> None:
    """A drift on a phone like all others would be noise."""
    assert drifts(build_androidqf(tmp_path / "a", AndroidPhone(), layout=layout).path, KNOWN) == []


def test_iphones_are_known(tmp_path: Path) -> None:
    """Backups, dumps and sysdiagnoses of every version that is built."""
    phone = IosPhone(messages=2)
    backup = build_ios_backup(tmp_path / "backup", phone).path
    dump = build_ios_file_system(tmp_path / "dump", phone).path
    assert drifts(backup, LAYOUTS[EvidenceKind.IOS_BACKUP]) == []
    assert drifts(dump, LAYOUTS[EvidenceKind.IOS_FILE_SYSTEM]) == []
    for version in BUILDS:
        folder = build_sysdiagnose(tmp_path / str(version), SysdiagnosePhone(ios_version=version), archive=False).path
        assert drifts(folder, LAYOUTS[EvidenceKind.SYSDIAGNOSE]) == []


def test_a_new_column_of_a_database_is_told_in_backup_and_dump(tmp_path: Path) -> None:
    """A backup keeps the file under a hash."""
    phone = IosPhone(messages=2)
    for kind, root in (
        (EvidenceKind.IOS_BACKUP, build_ios_backup(tmp_path / "backup", phone).path),
        (EvidenceKind.IOS_FILE_SYSTEM, build_ios_file_system(tmp_path / "dump", phone).path),
    ):
        (path,) = [*root.rglob("sms.db"), *root.rglob("3d0d7e5fb2ce288813306e4d4636395e047a3d28")]
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("ALTER TABLE message ADD COLUMN sent_by_satellite INTEGER")
        assert [each.what for each in drifts(root, LAYOUTS[kind])] == ["message.sent_by_satellite"]


def _grown(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE message ADD COLUMN sent_by_satellite INTEGER")


def _of_dump(folder: Path) -> Path:
    root = build_ios_file_system(folder, IosPhone(messages=2)).path
    home = root / "private/var/mobile/Library"
    (home / "TCC/TCC.db").rename(home / "TCC/Permissions.db")
    (home / "SMS/messages2.db").touch()
    _grown(home / "SMS/sms.db")
    return root


def _of_backup(folder: Path) -> Path:
    root = build_ios_backup(folder, IosPhone(messages=2)).path
    with closing(sqlite3.connect(root / "Manifest.db")) as manifest:
        manifest.execute(
            "UPDATE Files SET relativePath = 'Library/TCC/Permissions.db', fileID = 'ab' WHERE relativePath = "
            "'Library/TCC/TCC.db'"
        )
        manifest.execute("INSERT INTO Files VALUES ('cd', 'HomeDomain', 'Library/SMS/messages2.db', 1, NULL)")
        manifest.commit()
    _grown(next(root.rglob("3d0d7e5fb2ce288813306e4d4636395e047a3d28")))
    return root


def _of_sysdiagnose(folder: Path) -> Path:
    root = build_sysdiagnose(folder, SysdiagnosePhone(), archive=False).path
    (root / "ps.txt").rename(root / "process_list.txt")
    (root / "system_logs.logarchive/Extra/restarts.log").touch()
    table = root / "ps_thread.txt"
    table.write_text(
        table.read_text().replace("COMMAND", "JETSAM COMMAND", 1) if table.exists() else "USER PID JETSAM\n"
    )
    return root


@pytest.mark.parametrize(
    ("kind", "build", "told"),
    [
        (EvidenceKind.IOS_FILE_SYSTEM, _of_dump, ("messages2.db", "Permissions.db", "message.sent_by_satellite")),
        (EvidenceKind.IOS_BACKUP, _of_backup, ("messages2.db", "Permissions.db", "message.sent_by_satellite")),
        (EvidenceKind.SYSDIAGNOSE, _of_sysdiagnose, ("restarts.log", "process_list.txt", "JETSAM")),
    ],
)
def test_of_iphones_too_exactly_three_are_told(
    tmp_path: Path, kind: EvidenceKind, build: Callable[[Path], Path], told: tuple[str, ...]
) -> None:
    """One file renamed, one new file, one new column: three drifts, each with the name of what is new."""
    found = drifts(build(tmp_path / "a"), LAYOUTS[kind])
    assert [each.kind for each in found] == [DriftKind.FILE, DriftKind.FILE, DriftKind.COLUMN]
    assert all(name in f"{each.file} {each.what}" for name, each in zip(told, found, strict=True))


def test_many_files_that_begin_like_a_missing_one_are_none_of_it(tmp_path: Path) -> None:
    """A backup of iOS 9 has no Manifest.db, and twenty databases in its top folder."""
    for name in ("3d0d7e5f", "1f5a5212", "Manifest.mbdb"):
        (tmp_path / name).write_bytes(b"SQLite format 3\0")
    assert drifts(tmp_path, LAYOUTS[EvidenceKind.IOS_BACKUP]) == []


@pytest.mark.shared
@pytest.mark.skipif(not FIELD.is_dir(), reason="the field inputs are not beside the checkout")
@pytest.mark.parametrize("name", ["paths-ios-a", "paths-ios-b"])
def test_real_phones_are_known(tmp_path: Path, name: str) -> None:
    """On the paths of two public test phones nothing is told."""
    with zipfile.ZipFile(FIELD / f"{name}.csv.zip") as archive:
        (member,) = (each for each in archive.namelist() if not each.startswith("__"))
        paths = [line.split(",")[0].strip("/") for line in archive.read(member).decode("utf-8", "replace").splitlines()]
    known = LAYOUTS[EvidenceKind.IOS_FILE_SYSTEM]
    made = 0
    for path in paths:
        if path.rpartition("/")[0] in known.names:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).touch()
            made += 1
    assert made > 10
    assert drifts(tmp_path, known) == []


def test_a_known_file_in_a_new_form_is_told(acquisition: Path) -> None:
    """A list that became something else is read by no parser of lists."""
    (acquisition / "files.json").write_bytes(b"path,size\n/x,1\n")
    told = drifts(acquisition, KNOWN)
    assert DriftKind.FORM in {each.kind for each in told}
    assert {each.file for each in told} == {"files.json"}


def test_hostile_files_raise_nothing(tmp_path: Path) -> None:
    """Whatever stands under a name, and nothing endless."""
    known = Known(
        names={"": ("a",)}, starts={"a": b"x", "b": b"x"}, columns={("a", "t"): frozenset(), ("a", ""): frozenset()}
    )
    for data in (b"SQLite format 3\0" + b"\xff" * 90, b"[" * 100_000, b"{" * 100_000, b"\0" * 100):
        (tmp_path / "a").write_bytes(data)
        assert len(drifts(tmp_path, known)) <= 50
    for number in range(200):
        (tmp_path / f"x{number}").touch()
    assert len(drifts(tmp_path, known)) == 50
