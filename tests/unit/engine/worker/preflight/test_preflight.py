"""The look before MVT: healthy control evidence has no problem, and each thing only the whole shows is seen."""

from __future__ import annotations

import json
import plistlib
import zipfile
import zlib
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.engine.worker.preflight.inspect import inspect
from mvtcase.engine.worker.task import Task
from mvtcase.model import EvidenceKind, Gap
from mvtcase.phones.adb_backup import build_adb_backup
from mvtcase.phones.android import build_androidqf
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.bugreport import Layout, Writing, build_bugreport
from mvtcase.phones.intrusion_logs import build_intrusion_logs
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_fs import build_ios_file_system
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.line_ios import line_ios_files
from mvtcase.phones.line_stories import healthy_account
from mvtcase.phones.sqlite_files import edited
from mvtcase.phones.sysdiagnose import build_sysdiagnose
from mvtcase.phones.sysdiagnose_phone import SysdiagnosePhone

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

BUILDERS: dict[EvidenceKind, Callable[[Path], Path]] = {
    EvidenceKind.IOS_BACKUP: lambda folder: build_ios_backup(folder / "phone", IosPhone()).path,
    EvidenceKind.IOS_FILE_SYSTEM: lambda folder: build_ios_file_system(folder / "phone", IosPhone()).path,
    EvidenceKind.SYSDIAGNOSE: lambda folder: build_sysdiagnose(folder, SysdiagnosePhone(), archive=False).path,
    EvidenceKind.ANDROIDQF: lambda folder: build_androidqf(folder / "phone", AndroidPhone()).path,
    EvidenceKind.BUGREPORT: lambda folder: build_bugreport(folder / "bugreport.zip", AndroidPhone()).path,
    EvidenceKind.ANDROID_BACKUP: lambda folder: build_adb_backup(folder / "backup.ab", AndroidPhone()).path,
    EvidenceKind.INTRUSION_LOGS: lambda folder: build_intrusion_logs(folder / "logs", AndroidPhone()).path,
}


def looked_at(kind: EvidenceKind, target: Path) -> list[Gap | str]:
    """Return all that the look finds."""
    fields: dict[str, Any] = dict.fromkeys(Task.__dataclass_fields__)
    return list(inspect(Task(**{**fields, "name": "scan", "kind": kind, "target": target})))


def reasons(kind: EvidenceKind, target: Path) -> str:
    """Return the reasons of all gaps in one text."""
    return "; ".join(each.reason for each in looked_at(kind, target) if isinstance(each, Gap))


@pytest.fixture
def built(tmp_path: Path) -> Callable[[EvidenceKind], Path]:
    """Return a function that builds healthy evidence of a kind."""
    return lambda kind: BUILDERS[kind](tmp_path)


@pytest.mark.parametrize("kind", list(BUILDERS))
def test_healthy_evidence_has_no_problem(kind: EvidenceKind, built: Callable[[EvidenceKind], Path]) -> None:
    """Neither a gap nor a remark."""
    assert looked_at(kind, built(kind)) == []


def changed_plist(path: Path, **entries: object) -> None:
    """Write entries into a property list."""
    path.write_bytes(plistlib.dumps({**plistlib.loads(path.read_bytes()), **entries}))


def changed_database(content: bytes, statement: str) -> bytes:
    """Return a database after one statement."""

    def edit(connection: sqlite3.Connection) -> None:
        connection.execute(statement)

    return edited(content, edit)


def test_a_manifest_that_does_not_list_what_is_there(built: Callable[[EvidenceKind], Path]) -> None:
    """Modules find files by the Manifest: what it does not list is not examined."""
    root = built(EvidenceKind.IOS_BACKUP)
    manifest = root / "Manifest.db"
    whole = manifest.read_bytes()
    manifest.write_bytes(changed_database(whole, "DELETE FROM Files WHERE rowid % 2"))
    assert "are not listed in Manifest.db" in reasons(EvidenceKind.IOS_BACKUP, root)
    manifest.write_bytes(changed_database(whole, "DELETE FROM Files"))
    assert "lists no file at all" in reasons(EvidenceKind.IOS_BACKUP, root)
    manifest.write_bytes(changed_database(whole, "UPDATE Files SET fileID = upper(fileID)"))
    assert "have names that no backup gives a file" in reasons(EvidenceKind.IOS_BACKUP, root)


def test_lists_of_another_phone_or_of_a_backup_that_was_not_finished(built: Callable[[EvidenceKind], Path]) -> None:
    """Two property lists must speak of one device, and the last of its end."""
    root = built(EvidenceKind.IOS_BACKUP)
    changed_plist(root / "Status.plist", SnapshotState="uploading")
    assert "was not finished: uploading" in reasons(EvidenceKind.IOS_BACKUP, root)
    changed_plist(root / "Info.plist", **{"Target Identifier": "0" * 40})
    assert "of another device" in reasons(EvidenceKind.IOS_BACKUP, root)
    (root / "Info.plist").write_bytes(plistlib.dumps({}))
    assert "names no device" in reasons(EvidenceKind.IOS_BACKUP, root)


@pytest.mark.parametrize("year", [1970, 2999])
def test_an_impossible_date_is_a_remark(year: int, built: Callable[[EvidenceKind], Path]) -> None:
    """A wrong clock hides nothing, but times must be read with care."""
    root = built(EvidenceKind.IOS_BACKUP)
    changed_plist(root / "Info.plist", **{"Last Backup Date": datetime(year, 1, 1)})  # noqa: DTZ001 - as plists hold it
    (remark,) = looked_at(EvidenceKind.IOS_BACKUP, root)
    assert isinstance(remark, str)
    assert str(year) in remark


def test_line_that_is_installed_and_not_in_the_backup(tmp_path: Path) -> None:
    """An app that was never opened has nothing to back up: a remark and no gap, none with LINE's data there."""
    bare = build_ios_backup(tmp_path / "bare", IosPhone()).path
    changed_plist(bare / "Info.plist", **{"Installed Applications": ["jp.naver.line"]})
    assert reasons(EvidenceKind.IOS_BACKUP, bare) == ""
    assert "LINE is installed" in " ".join(map(str, looked_at(EvidenceKind.IOS_BACKUP, bare)))
    held = build_ios_backup(tmp_path / "held", IosPhone(extra_files=line_ios_files(healthy_account()))).path
    changed_plist(held / "Info.plist", **{"Installed Applications": ["jp.naver.line"]})
    assert list(looked_at(EvidenceKind.IOS_BACKUP, held)) == []


@pytest.mark.parametrize(("version", "told"), [("26.1", True), ("26", True), ("18.6.2", False), ("", False)])
def test_a_dump_without_a_shutdown_log(version: str, told: bool, built: Callable[[EvidenceKind], Path]) -> None:  # noqa: FBT001 - parametrised
    """Since iOS 26 the log does not outlive a restart, so it may be away; before that it is missing."""
    root = built(EvidenceKind.IOS_FILE_SYSTEM)
    changed_plist(root / "System/Library/CoreServices/SystemVersion.plist", ProductVersion=version)
    assert list(looked_at(EvidenceKind.IOS_FILE_SYSTEM, root)) == []
    (root / "private/var/db/diagnostics/shutdown.log").unlink()
    codes = [getattr(each, "code", "") for each in looked_at(EvidenceKind.IOS_FILE_SYSTEM, root)]
    assert codes == (["shutdown.none"] if told else [])


def test_a_folder_in_place_of_a_database(built: Callable[[EvidenceKind], Path]) -> None:
    """Modules look for files and pass over it."""
    root = built(EvidenceKind.IOS_FILE_SYSTEM)
    (root / "private" / "Cache.db").mkdir()
    assert "private/Cache.db is a folder in place of a file" in reasons(EvidenceKind.IOS_FILE_SYSTEM, root)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"After 1s\n\tremaining client pid: 7 (/x)\nSIGTERM: [1", "in the middle of a line"),
        (b"SIGTERM: [1] x\nAfter 1s\n\tremaining client pid: 7 (/x)\n", "in the middle of a restart"),
    ],
)
def test_a_shutdown_log_that_was_cut(content: bytes, expected: str, built: Callable[[EvidenceKind], Path]) -> None:
    """Processes after its last whole entry are never compared, and nobody says so."""
    dump = built(EvidenceKind.IOS_FILE_SYSTEM)
    (dump / "private/var/db/diagnostics/shutdown.log").write_bytes(content)
    assert expected in reasons(EvidenceKind.IOS_FILE_SYSTEM, dump)


def test_files_of_a_sysdiagnose_that_arrived_empty_or_cut(built: Callable[[EvidenceKind], Path]) -> None:
    """A text ends with a line's end; one without a byte was not examined."""
    root = built(EvidenceKind.SYSDIAGNOSE)
    (root / "ps.txt").write_bytes((root / "ps.txt").read_bytes()[:-20])
    (root / "swcutil_show.txt").write_bytes(b" \n\n")
    told = reasons(EvidenceKind.SYSDIAGNOSE, root)
    assert "ps.txt ends in the middle of a line" in told
    assert "swcutil_show.txt is empty" in told


def test_a_file_that_is_not_as_androidqf_took_it(built: Callable[[EvidenceKind], Path]) -> None:
    """AndroidQF lists a hash of every file; absolute names of the machine it ran on are understood."""
    root = built(EvidenceKind.ANDROIDQF)
    hashes = root / "hashes.csv"
    hashes.write_text(hashes.read_text().replace("packages.json", "C:\\\\case\\\\phone\\\\packages.json"))
    assert looked_at(EvidenceKind.ANDROIDQF, root) == []
    with hashes.open("a") as handle:
        handle.write(f"/case/phone/apks/net.example.apk,{'0' * 64}\n")
    (remark,) = looked_at(EvidenceKind.ANDROIDQF, root)
    assert isinstance(remark, str)
    (root / "packages.json").write_bytes(b"[]")
    (root / "env.txt").unlink()
    told = reasons(EvidenceKind.ANDROIDQF, root)
    assert "packages.json is not as AndroidQF took it" in told
    assert "env.txt is listed in hashes.csv and is not there" in told


def test_a_day_of_intrusion_logs_without_a_byte(built: Callable[[EvidenceKind], Path]) -> None:
    """The events of that day are lost."""
    root = built(EvidenceKind.INTRUSION_LOGS)
    newest = max(root.glob("*.txt"))
    newest.write_bytes(b"")
    assert f"{newest.name} is empty" in reasons(EvidenceKind.INTRUSION_LOGS, root)


@pytest.mark.parametrize(("writing", "told"), [(Writing.USUAL, 0), (Writing.ARABIC, 0), (Writing.PRIORITIES, 6)])
def test_headings_with_a_priority_are_drift_and_no_gap(tmp_path: Path, writing: Writing, told: int) -> None:
    """The modules read them all the same; the makers of the readers should hear of them."""
    path = build_bugreport(tmp_path / "report.zip", AndroidPhone(), writing=writing).path
    found = looked_at(EvidenceKind.BUGREPORT, path)
    assert sum("a priority in the heading of" in str(each) for each in found) == len(found) == told


@pytest.mark.parametrize("layout", [Layout.ANDROID, Layout.SAMSUNG])
@pytest.mark.parametrize("as_folder", [True, False])
def test_a_healthy_bugreport_of_any_layout_has_no_problem(layout: Layout, as_folder: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a parameter of pytest
    """As a zip and as a folder."""
    built = build_bugreport(tmp_path / "report", AndroidPhone(), layout=layout, folder=as_folder)
    assert looked_at(EvidenceKind.BUGREPORT, built.path) == []


def rewritten_text(path: Path, old: str, new: str) -> None:
    """Replace words in the long text of a bugreport."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(
                name, data.decode("utf-8", "replace").replace(old, new) if name.startswith("bug") else data
            )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("DUMP OF SERVICE appops:", "DUMP OF SERVICE other:", "section appops is missing"),
        ("was the duration of dumpsys dbinfo", "was", "section dbinfo is cut"),
        ("------ PROCESSES AND", "------ OTHERS AND", "no section processes"),
        ("------ SYSTEM PROPERTIES (", "------ OTHERS (", "no section system properties"),
        (
            "DUMP OF SERVICE package:\n",
            "DUMP OF SERVICE package:\n*** SERVICE 'package' DUMP TIMEOUT\n",
            "error message",
        ),
    ],
)
def test_a_bugreport_without_what_modules_read(
    old: str, new: str, expected: str, built: Callable[[EvidenceKind], Path]
) -> None:
    """MVT finds nothing in a section that is not there, and says nothing."""
    path = built(EvidenceKind.BUGREPORT)
    rewritten_text(path, old, new)
    assert expected in reasons(EvidenceKind.BUGREPORT, path)


def test_a_backup_that_breaks_off(built: Callable[[EvidenceKind], Path]) -> None:
    """In its compressed data, or in the archive that they hold."""
    path = built(EvidenceKind.ANDROID_BACKUP)
    head, data = path.read_bytes().split(b"none\n", 1)
    for broken, expected in (
        (data[:-9], "end before their end"),
        (data[:40] + b"\xff\xff" + data[42:], "damaged"),
        (zlib.compress(zlib.decompress(data)[:1600]), "is cut"),
        (zlib.compress(zlib.decompress(data)[:512]), "is cut"),
        (zlib.compress(b""), "ends before its end"),
    ):
        path.write_bytes(head + b"none\n" + broken)
        assert expected in reasons(EvidenceKind.ANDROID_BACKUP, path)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"completed": "0001-01-01T00:00:00Z"}, "did not come to its end"),
        ({"completed": None}, "did not come to its end"),
        ({"completed": "2026-11-20T09:39:00Z", "status": "partial"}, "calls its own acquisition partial"),
        (
            {"module_results": [{"name": "packages", "status": "failed", "error": "adb: device offline"}]},
            "did not acquire packages whole: failed, adb: device offline",
        ),
        ({"module_results": [{"name": "x", "status": "failed"}] * 30}, "10 more parts"),
        ("no JSON {", "cannot be read"),
    ],
)
def test_what_androidqf_says_of_itself(record: object, expected: str, built: Callable[[EvidenceKind], Path]) -> None:
    """A collector that was cut off, or that says what failed, is believed."""
    root = built(EvidenceKind.ANDROIDQF)
    text = record if isinstance(record, str) else json.dumps(record)
    (root / "acquisition.json").write_text(text, "utf-8")
    assert expected in reasons(EvidenceKind.ANDROIDQF, root)


@pytest.mark.parametrize("status", ["success", "completed", ""])
def test_an_acquisition_that_says_it_went_well_has_no_problem(
    status: str, built: Callable[[EvidenceKind], Path]
) -> None:
    """Whatever word its release has for that."""
    root = built(EvidenceKind.ANDROIDQF)
    record = {
        "completed": "2026-11-20T09:39:00Z",
        "status": status,
        "module_results": [{"name": "files", "status": status}],
    }
    (root / "acquisition.json").write_text(json.dumps(record), "utf-8")
    assert reasons(EvidenceKind.ANDROIDQF, root) == ""


def test_a_list_much_shorter_than_another_of_the_same_acquisition(built: Callable[[EvidenceKind], Path]) -> None:
    """Two packages where the dump of the services describes a dozen: the list was cut."""
    root = built(EvidenceKind.ANDROIDQF)
    listed = json.loads((root / "packages.json").read_text("utf-8"))
    (root / "packages.json").write_text(json.dumps(listed[:2]), "utf-8")
    assert "packages.json lists 2 where dumpsys.txt" in reasons(EvidenceKind.ANDROIDQF, root)


def test_apps_that_are_installed_and_hardly_described(built: Callable[[EvidenceKind], Path]) -> None:
    """Info.plist names them twice, and one of the two lists is nearly empty."""
    root = built(EvidenceKind.IOS_BACKUP)
    changed_plist(root / "Info.plist", **{"Installed Applications": ["a", "b", "c", "d"], "Applications": {"a": {}}})
    assert "4 apps are installed, and only 1" in reasons(EvidenceKind.IOS_BACKUP, root)
