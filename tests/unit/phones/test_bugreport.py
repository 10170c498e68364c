"""The bugreport builder: dumpstate's layout, in every form in which it arrives."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from mvtcase.phones.android import AndroidDamage, AndroidPhone
from mvtcase.phones.bugreport import MAIN_ENTRY, Layout, build_bugreport
from mvtcase.phones.plants import Plant, PlantKind

if TYPE_CHECKING:
    from pathlib import Path

PHONE = AndroidPhone(seed=11)
SECTIONS = ("accessibility", "adb", "appops", "batterystats", "dbinfo", "package", "platform_compat", "settings")


def long_text(path: Path) -> str:
    """Return the text that main_entry.txt of a bugreport zip points to."""
    with zipfile.ZipFile(path) as archive:
        return archive.read(archive.read(MAIN_ENTRY).decode()).decode()


def test_the_entry_points_to_the_long_text(tmp_path: Path) -> None:
    """The long text has the properties, the process table and every section, each closed by its duration line."""
    text = long_text(build_bugreport(tmp_path / "b.zip", PHONE).path)
    assert "------ SYSTEM PROPERTIES" in text
    assert "------ PROCESSES AND THREADS" in text
    for section in SECTIONS:
        assert f"\nDUMP OF SERVICE {section}:\n" in text
        assert f"duration of dumpsys {section}, ending at: 2026-11-20 17:30:00" in text


def test_the_same_phone_gives_the_same_bugreport(tmp_path: Path) -> None:
    """Two builds are the same bytes."""
    first, second = (build_bugreport(tmp_path / name, PHONE).path.read_bytes() for name in ("a", "b"))
    assert first == second


def test_members_carry_the_phones_wall_clock(tmp_path: Path) -> None:
    """Zip members are stamped with the device's local time, tombstones with the time of their crash."""
    with zipfile.ZipFile(build_bugreport(tmp_path / "b.zip", PHONE).path) as archive:
        assert archive.getinfo(MAIN_ENTRY).date_time == (2026, 11, 20, 17, 30, 0)
        assert archive.getinfo("FS/data/tombstones/tombstone_00").date_time == (2026, 11, 18, 17, 19, 0)


@pytest.mark.parametrize(
    ("layout", "pattern"), [(Layout.SAMSUNG, "dumpState_"), (Layout.DUMPSYS, "bugreport/dumpsys.txt")]
)
def test_other_layouts_have_no_main_entry(tmp_path: Path, layout: Layout, pattern: str) -> None:
    """Samsung's and the older layout begin elsewhere."""
    with zipfile.ZipFile(build_bugreport(tmp_path / "b.zip", PHONE, layout=layout).path) as archive:
        assert MAIN_ENTRY not in archive.namelist()
        assert any(name.startswith(pattern) for name in archive.namelist())


def test_the_wrapper_holds_the_same_bugreport(tmp_path: Path) -> None:
    """A manufacturer's zip holds logs and one archive that is the plain bugreport, byte for byte."""
    plain = build_bugreport(tmp_path / "plain.zip", PHONE).path.read_bytes()
    with zipfile.ZipFile(build_bugreport(tmp_path / "oem.zip", PHONE, wrapped=True).path) as archive:
        inner = [name for name in archive.namelist() if name.endswith(".zip")]
        assert len(inner) == 1
        assert archive.read(inner[0]) == plain
        assert zipfile.is_zipfile(io.BytesIO(archive.read(inner[0])))


def test_the_folder_has_the_same_files(tmp_path: Path) -> None:
    """Unpacked, the same names and bytes, with the device's times as modification times."""
    folder = build_bugreport(tmp_path / "folder", PHONE, folder=True).path
    with zipfile.ZipFile(build_bugreport(tmp_path / "b.zip", PHONE).path) as archive:
        expected = {name: archive.read(name) for name in archive.namelist()}
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert found == expected
    assert (folder / MAIN_ENTRY).stat().st_mtime == PHONE.taken_at.timestamp()


@pytest.mark.parametrize("folder", [True, False])
def test_no_entry_point_leaves_the_rest(tmp_path: Path, *, folder: bool) -> None:
    """Only main_entry.txt is gone."""
    path = build_bugreport(tmp_path / "b", PHONE, folder=folder, damage=AndroidDamage.NO_ENTRY_POINT).path
    names = (
        {child.relative_to(path).as_posix() for child in path.rglob("*")}
        if folder
        else set(zipfile.ZipFile(path).namelist())
    )
    assert MAIN_ENTRY not in names
    assert "version.txt" in names


def test_damage_in_a_folder_hits_the_long_text(tmp_path: Path) -> None:
    """In an unpacked bugreport the general damages are done to the text everything is read from."""
    path = build_bugreport(tmp_path / "b", PHONE, folder=True, damage=AndroidDamage.EMPTY).path
    assert (path / (path / MAIN_ENTRY).read_text(encoding="utf-8")).read_bytes() == b""


def test_a_crash_is_told_twice(tmp_path: Path) -> None:
    """A planted process crashes once, recorded as text and as protobuf."""
    phone = PHONE.with_plants(Plant(PlantKind.PROCESSES, "plantedd", "tombstones"))
    built = build_bugreport(tmp_path / "b.zip", phone)
    with zipfile.ZipFile(built.path) as archive:
        assert b">>> plantedd <<<" in archive.read("FS/data/tombstones/tombstone_01")
        assert b"plantedd" in archive.read("FS/data/tombstones/tombstone_01.pb")
    assert [found.module for found in built.planted] == ["tombstones"]
