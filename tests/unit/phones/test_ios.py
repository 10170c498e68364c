"""The synthetic iTunes backup: same seed same bytes, complete, and damaged exactly where asked."""

from __future__ import annotations

import hashlib
import os
import plistlib
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.phones import ios
from mvtcase.phones.damage import Damage
from mvtcase.phones.ios import ENCRYPTED_ONLY, TOP_LEVEL, build_ios_backup, file_record
from mvtcase.phones.ios_bulk import phone_of_size
from mvtcase.phones.ios_phone import IosPhone, PhoneFile, file_id
from mvtcase.phones.plants import Plant, PlantKind
from mvtcase.phones.sqlite_files import opened

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

SMS = file_id("HomeDomain", "Library/SMS/sms.db")
KNOWN_IDS = {
    "3d0d7e5fb2ce288813306e4d4636395e047a3d28",
    "0d609c54856a9bb2d56729df1d68f2958a88426b",
    "5a4935c78a5255723f707230a451d79c540d2741",
    "7c7fba66680ef796b916b067077cc246adacf01d",
    "64d0019cb3d46bfc8cce545a8ba54b93e7ea9347",
    "1f5a521220a3ad80ebfdc196978df8e7a2e49dee",
    "f65b5fafc69bbd3c60be019c6e938e146825fa83",
}
"""Names that MVT looks for: sms.db, DataUsage, calls, WhatsApp, TCC, interactionC, OSAnalytics."""


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file by its path below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows(folder: Path, name: str, query: str) -> list[tuple[Any, ...]]:
    """Return what a query says of a database in the backup."""
    path = folder / name if "." in name else folder / name[:2] / name
    with opened(path.read_bytes()) as connection:
        return connection.execute(query).fetchall()


def manifest(folder: Path) -> dict[str, tuple[Any, ...]]:
    """Return the rows of Manifest.db by file id."""
    return {
        row[0]: row
        for row in rows(folder, "Manifest.db", "SELECT fileID, domain, relativePath, flags, file FROM Files")
    }


def test_same_seed_gives_same_bytes_in_another_process(tmp_path: Path) -> None:
    """Neither the hash seed nor the zone nor the locale of a process enters the evidence."""
    build_ios_backup(tmp_path / "here", IosPhone(seed=7))
    program = (
        "import sys; from pathlib import Path; from mvtcase.phones.ios import build_ios_backup, IosPhone; "
        "build_ios_backup(Path(sys.argv[1]), IosPhone(seed=7))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "41", "TZ": "Asia/Taipei", "LC_ALL": "C"}
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "there")], env=environment, check=True)
    assert digests(tmp_path / "here") == digests(tmp_path / "there")


def test_another_seed_gives_another_phone(tmp_path: Path) -> None:
    """Two seeds share neither identity nor messages."""
    build_ios_backup(tmp_path / "a", IosPhone(seed=1))
    build_ios_backup(tmp_path / "b", IosPhone(seed=2))
    first, second = digests(tmp_path / "a"), digests(tmp_path / "b")
    assert first["Info.plist"] != second["Info.plist"]
    assert first[f"{SMS[:2]}/{SMS}"] != second[f"{SMS[:2]}/{SMS}"]


def test_wall_clock_does_not_enter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup built at another time has the same bytes and the phone's own file times."""
    build_ios_backup(tmp_path / "a", IosPhone())
    monkeypatch.setattr("time.time", lambda: 1.0)
    build_ios_backup(tmp_path / "b", IosPhone())
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert (tmp_path / "b" / "Info.plist").stat().st_mtime == IosPhone().backed_up.timestamp()


def test_manifest_lists_exactly_the_files_there_are(tmp_path: Path) -> None:
    """Each regular row is named by the SHA-1 of domain and path, has its file, and each file has its row."""
    build_ios_backup(tmp_path, IosPhone())
    listed = manifest(tmp_path)
    assert all(key == file_id(row[1], row[2]) for key, row in listed.items())
    regular = {key for key, row in listed.items() if row[3] == 1}
    stored = {path.name for path in tmp_path.glob("??/*")}
    assert regular == stored
    assert stored >= KNOWN_IDS


def test_manifest_rows_carry_archived_records(tmp_path: Path) -> None:
    """The `file` blob is the keyed archive that iTunes writes: sizes right, folders as folders."""
    build_ios_backup(tmp_path, IosPhone())
    for key, (_, _, path, flags, blob) in manifest(tmp_path).items():
        archive = plistlib.loads(blob)
        record = archive["$objects"][archive["$top"]["root"].data]
        assert archive["$objects"][record["RelativePath"].data] == path
        if flags == 1:
            assert record["Size"] == (tmp_path / key[:2] / key).stat().st_size
            assert record["Mode"] & 0o170000 == 0o100000
        else:
            assert record["Mode"] & 0o170000 == 0o040000


def test_every_database_is_sound_and_write_ahead_logged(tmp_path: Path) -> None:
    """`quick_check` is content with each database, and most carry iOS's journal mode in their header."""
    build_ios_backup(tmp_path, IosPhone())
    databases = [path for path in tmp_path.rglob("*") if path.is_file() and path.read_bytes()[:6] == b"SQLite"]
    assert len(databases) >= 18
    for path in databases:
        with opened(path.read_bytes()) as connection:
            assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
            views = connection.execute(
                "SELECT count(*) FROM sqlite_master WHERE type IN ('view', 'trigger')"
            ).fetchone()
            assert views == (0,)
    logged = [path for path in databases if path.read_bytes()[18:20] == b"\x02\x02"]
    assert len(logged) == len(databases) - 2


def test_identity_stands_in_info_and_manifest(tmp_path: Path) -> None:
    """Info.plist and Manifest.plist tell the same phone as the specification."""
    phone = IosPhone(seed=3, device_name="Committee iPhone", udid="00008120-0000000000000042")
    build_ios_backup(tmp_path, phone)
    info = plistlib.loads((tmp_path / "Info.plist").read_bytes())
    lockdown = plistlib.loads((tmp_path / "Manifest.plist").read_bytes())["Lockdown"]
    assert info["Device Name"] == lockdown["DeviceName"] == "Committee iPhone"
    assert info["Unique Identifier"] == lockdown["UniqueDeviceID"] == "00008120-0000000000000042"
    assert info["IMEI"] == phone.imei
    assert info["Serial Number"] == phone.serial
    assert info["Phone Number"] == phone.phone_number
    assert info["Last Backup Date"] == phone.backed_up.replace(tzinfo=None)


def test_nothing_is_later_than_the_backup(tmp_path: Path) -> None:
    """No message is dated after the backup that holds it."""
    phone = IosPhone(messages=200)
    build_ios_backup(tmp_path, phone)
    newest = rows(tmp_path, SMS, "SELECT max(max(date), max(date_read)) FROM message")[0][0]
    assert newest / 1e9 + 978_307_200 <= phone.backed_up.timestamp()
    assert rows(tmp_path, SMS, "SELECT count(*) FROM message") == [(200,)]


def test_phone_without_messages_can_be_built(tmp_path: Path) -> None:
    """An empty messages database is healthy evidence too."""
    build_ios_backup(tmp_path, IosPhone(messages=0))
    assert rows(tmp_path, SMS, "SELECT count(*) FROM message") == [(0,)]


def test_missing_source_leaves_no_trace_and_lost_one_leaves_its_row(tmp_path: Path) -> None:
    """What was never backed up is not listed; what got lost is."""
    build_ios_backup(tmp_path / "missing", IosPhone(), missing={"sms", "status_plist"})
    build_ios_backup(tmp_path / "lost", IosPhone(), lost={"sms", "manifest_plist"})
    assert SMS not in manifest(tmp_path / "missing")
    assert SMS in manifest(tmp_path / "lost")
    for name in ("missing", "lost"):
        assert not (tmp_path / name / SMS[:2] / SMS).exists()
    assert not (tmp_path / "missing" / "Status.plist").exists()
    assert not (tmp_path / "lost" / "Manifest.plist").exists()


def test_unencrypted_backup_lacks_what_apple_keeps_for_encrypted_ones(tmp_path: Path) -> None:
    """The list of encrypted-only sources is made of sources this phone has."""
    build_ios_backup(tmp_path, IosPhone(), missing=ENCRYPTED_ONLY)
    paths = {row[2] for row in manifest(tmp_path).values()}
    assert "Library/Safari/History.db" not in paths
    assert "Library/SMS/sms.db" in paths


@pytest.mark.parametrize(("missing", "lost"), [({"smss"}, ()), ((), {"smss"})])
def test_unknown_source_is_refused(tmp_path: Path, missing: Collection[str], lost: Collection[str]) -> None:
    """A mistyped source would make a test pass for nothing."""
    with pytest.raises(ValueError, match="no such source on this phone: smss"):
        build_ios_backup(tmp_path, IosPhone(), missing=missing, lost=lost)


def test_damage_of_an_unknown_source_is_refused(tmp_path: Path) -> None:
    """So would a fault put nowhere."""
    with pytest.raises(ValueError, match="safari_favicon"):
        build_ios_backup(tmp_path, IosPhone(), damage={"safari_favicon": Damage.EMPTY})


@pytest.mark.parametrize("source", ["sms", "datausage", *TOP_LEVEL])
def test_damage_changes_only_its_source(tmp_path: Path, source: str) -> None:
    """Every other file keeps its bytes."""
    build_ios_backup(tmp_path / "healthy", IosPhone())
    build_ios_backup(tmp_path / "damaged", IosPhone(), damage={source: Damage.NOISE})
    healthy, damaged = digests(tmp_path / "healthy"), digests(tmp_path / "damaged")
    assert healthy.keys() == damaged.keys()
    assert len([name for name in healthy if healthy[name] != damaged[name]]) == 1


def test_extra_files_are_listed_and_stored(tmp_path: Path) -> None:
    """An app that this package does not know can be put beside its own."""
    extra = PhoneFile(source="line", domain="AppDomainGroup-group.com.linecorp.line", relative_path="a/b", content=b"x")
    build_ios_backup(tmp_path, IosPhone(extra_files=(extra,)))
    assert (tmp_path / extra.file_id[:2] / extra.file_id).read_bytes() == b"x"
    assert manifest(tmp_path)[extra.file_id][2] == "a/b"


def test_planted_values_are_in_the_evidence(tmp_path: Path) -> None:
    """A planted process stands in DataUsage, with the module that must report it."""
    evidence = build_ios_backup(tmp_path, IosPhone(plants=(Plant(PlantKind.PROCESSES, "ctlprocd"),)))
    assert [(planted.module, planted.reported_by_mvt) for planted in evidence.planted] == [("datausage", True)]
    usage = file_id("WirelessDomain", "Library/Databases/DataUsage.sqlite")
    assert rows(tmp_path, usage, "SELECT count(*) FROM ZPROCESS WHERE ZPROCNAME = 'ctlprocd'") == [(1,)]


def test_opening_a_database_of_the_evidence_carelessly_writes_beside_it(tmp_path: Path) -> None:
    """The header of real iOS databases makes a careless reader change the evidence; this evidence keeps the trap."""
    build_ios_backup(tmp_path, IosPhone())
    path = tmp_path / SMS[:2] / SMS
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("SELECT count(*) FROM message").fetchone()
        assert path.with_name(f"{SMS}-shm").exists()


def test_a_record_from_a_mould_is_the_record_that_plistlib_writes() -> None:
    """Paths and numbers of every length, and numbers that meet each other or those of every record."""
    rng = random.Random(3)  # noqa: S311 - seeded test data
    for _ in range(300):
        path = "a" * rng.randrange(90)
        size = rng.choice([0, 3, 501, rng.randrange(256), rng.randrange(65536), rng.randrange(1 << 32), 1 << 40])
        inode = rng.choice([size, 501, rng.randrange(10**6), rng.randrange(300)])
        assert file_record(path, size, 1_790_000_000, inode) == ios._archived(path, size, 1_790_000_000, inode, None)


def test_a_phone_has_as_many_files_as_are_asked_for(tmp_path: Path) -> None:
    """They are listed and there, and the same each time."""
    first, again = (build_ios_backup(tmp_path / name, phone_of_size(60)).path for name in ("a", "b"))
    names = {path.name for path in first.rglob("*") if path.is_file()}
    assert len(names) > 60
    assert (first / "Manifest.db").read_bytes() == (again / "Manifest.db").read_bytes()
    with closing(sqlite3.connect(first / "Manifest.db")) as manifest:
        listed = {name for (name,) in manifest.execute("SELECT fileID FROM Files WHERE flags = 1")}
    assert listed <= names
    assert len(names - listed) == len(TOP_LEVEL)
