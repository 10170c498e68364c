"""What is new in evidence is told, thing by thing, and what is as it was is not."""

from __future__ import annotations

import io
import json
import sqlite3
import tarfile
import zipfile
import zlib
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from builders.line_android import write_line_android_fs
from mvtcase.kinds import EvidenceKind
from mvtcase.kinds.layouts import LAYOUTS
from mvtcase.phones.adb_backup import build_adb_backup
from mvtcase.phones.android import build_androidqf
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.androidqf_layouts import AndroidQFLayout
from mvtcase.phones.bugreport import Layout, build_bugreport
from mvtcase.phones.intrusion_logs import build_intrusion_logs
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_fs import build_ios_file_system
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.line_ios import account_file, line_ios_files, write_line_backup, write_line_ios_fs
from mvtcase.phones.line_stories import healthy_account
from mvtcase.phones.sysdiagnose import BUILDS, SysdiagnosePhone, build_sysdiagnose
from mvtcase_readers.drift import Drift, DriftKind, Known, drifts
from shared import SHARED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FIELD = SHARED / "field" / "real"
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


def _of_android_backup(folder: Path) -> Path:
    plain = build_adb_backup(folder.with_suffix(".ab"), AndroidPhone()).path
    *_, packed = plain.read_bytes().split(b"\n", 4)
    target = folder.with_suffix(".new.ab")
    place = "apps/com.android.providers.telephony"
    with tarfile.open(fileobj=io.BytesIO(zlib.decompress(packed))) as archive:
        members = {each.name: archive.extractfile(each).read() for each in archive if each.isfile()}  # type: ignore[union-attr]
    texts = json.loads(zlib.decompress(members[f"{place}/d_f/000000_sms_backup"]))
    texts[0]["rcs_id"] = "7"
    members[f"{place}/d_f/000000_sms_backup"] = zlib.compress(json.dumps(texts).encode())
    members[f"{place}/d_f/000000_rcs_backup"] = members.pop(f"{place}/d_f/000000_mms_backup")
    members["apps/org.example.notes/q/note"] = b"new"
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    target.write_bytes(b"ANDROID BACKUP\n5\n1\nnone\n" + zlib.compress(stream.getvalue()))
    return target


def _of_intrusion_logs(folder: Path) -> Path:
    root = build_intrusion_logs(folder, AndroidPhone()).path
    first, second, *_ = sorted(root.iterdir())
    first.rename(first.with_suffix(".jsonl"))
    (root / "summary.pb").write_bytes(b"\x08\x01")
    second.write_text(
        '{"security_event": {"event_id": 1, "event_time": 2, "satellite_link": {}}}\n' + second.read_text()
    )
    return root


def _of_bugreport(folder: Path) -> Path:
    with zipfile.ZipFile(build_bugreport(folder.with_suffix(".zip"), AndroidPhone()).path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["release.txt"] = members.pop("version.txt", b"2.0")
    members["neural.bin"] = b"new"
    (text,) = (name for name in members if name.startswith("bugreport-"))
    members[text] = members[text].replace(b" CMD", b" COHORT CMD", 1)
    target = folder.with_suffix(".new.zip")
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return target


@pytest.mark.parametrize(
    ("kind", "build", "told"),
    [
        (EvidenceKind.IOS_FILE_SYSTEM, _of_dump, ("messages2.db", "Permissions.db", "message.sent_by_satellite")),
        (EvidenceKind.IOS_BACKUP, _of_backup, ("messages2.db", "Permissions.db", "message.sent_by_satellite")),
        (EvidenceKind.SYSDIAGNOSE, _of_sysdiagnose, ("restarts.log", "process_list.txt", "JETSAM")),
        (EvidenceKind.ANDROID_BACKUP, _of_android_backup, ("notes/q ", "000000_rcs_backup", "rcs_id")),
        (EvidenceKind.INTRUSION_LOGS, _of_intrusion_logs, (".jsonl", "summary.pb", "security_event.satellite_link")),
        (EvidenceKind.BUGREPORT, _of_bugreport, ("neural.bin", "release.txt", "PROCESSES.COHORT")),
    ],
)
def test_of_each_kind_exactly_three_are_told(
    tmp_path: Path, kind: EvidenceKind, build: Callable[[Path], Path], told: tuple[str, ...]
) -> None:
    """One file renamed, one new file, one new column: three drifts, each with the name of what is new."""
    found = drifts(build(tmp_path / "a"), LAYOUTS[kind])
    assert [each.kind for each in found] == [DriftKind.FILE, DriftKind.FILE, DriftKind.COLUMN]
    assert all(name in f"{each.file} {each.what}" for name, each in zip(told, found, strict=True))


def test_archives_are_known(tmp_path: Path) -> None:
    """An Android backup, logs and reports as they are built say nothing, nor does one that is encrypted or cut."""
    phone = AndroidPhone()
    backup = build_adb_backup(tmp_path / "a.ab", phone).path
    assert drifts(backup, LAYOUTS[EvidenceKind.ANDROID_BACKUP]) == []
    assert drifts(build_intrusion_logs(tmp_path / "logs", phone).path, LAYOUTS[EvidenceKind.INTRUSION_LOGS]) == []
    for layout in Layout:
        report = build_bugreport(tmp_path / f"{layout}.zip", phone, layout=layout).path
        assert drifts(report, LAYOUTS[EvidenceKind.BUGREPORT]) == []
    locked = build_adb_backup(tmp_path / "b.ab", phone, password="secret").path
    (tmp_path / "c.ab").write_bytes(backup.read_bytes()[:400])
    for path in (locked, tmp_path / "c.ab", tmp_path / "none"):
        assert drifts(path, LAYOUTS[EvidenceKind.ANDROID_BACKUP]) == []


@pytest.mark.parametrize("form", ["backup", "dump", "android"])
def test_what_is_new_in_line_is_told(tmp_path: Path, form: str) -> None:
    """A column and a table of messages that no reader knows, and a file beside them."""
    account = healthy_account(chats=2, messages=2)
    if form == "android":
        root, kind = write_line_android_fs(tmp_path, account), EvidenceKind.ANDROID_FILE_SYSTEM
        (path,) = root.rglob("naver_line")
        message, table, new = "chat_history", "chat_history_sealed", "messages_v2"
        (path.parent / new).touch()
    else:
        write, kind = (
            (write_line_backup, EvidenceKind.IOS_BACKUP)
            if form == "backup"
            else (write_line_ios_fs, EvidenceKind.IOS_FILE_SYSTEM)
        )
        files = line_ios_files(account)
        message, table, new = "ZMESSAGE", "ZMESSAGETEXT", "LineText.sqlite"
        root = write(tmp_path, (*files, account_file(account.mid, f"Messages/{new}", b"new")))
        (path,) = (each for each in root.rglob("*") if each.is_file() and each.read_bytes() == files[0].content)
    assert [each.file.rpartition("/")[2] for each in drifts(root, LAYOUTS[kind])] == [new]
    with closing(sqlite3.connect(path)) as connection:
        kind_of_content = "attachement_type" if form == "android" else "ZCONTENTTYPE"
        connection.execute(f"UPDATE {message} SET {kind_of_content} = 137 WHERE rowid = 1")
        connection.commit()
        (told,) = (each for each in drifts(root, LAYOUTS[kind]) if each.kind.value == "value")
        assert told.what == f"{message}.{kind_of_content} holds 137"
        connection.execute(f"UPDATE {message} SET {kind_of_content} = 0 WHERE rowid = 1")
        connection.execute(f"ALTER TABLE {message} ADD COLUMN sealed_text")
        connection.execute(f"CREATE TABLE {table} (id)")
        connection.commit()
    found = drifts(root, LAYOUTS[kind])
    assert [each.kind.value for each in found] == ["file", "table", "column"]
    assert [each.what for each in found[-2:]] == [f"table {table}", f"{message}.sealed_text"]


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
