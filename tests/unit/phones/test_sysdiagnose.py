"""The builder of synthetic sysdiagnoses: the same phone gives the same bytes, and nothing is left out in silence."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

import pytest

from mvtcase.phones.plants import Plant, PlantKind
from mvtcase.phones.sysdiagnose import (
    BUILDS,
    SPOTS,
    SysdiagnoseDamage,
    SysdiagnosePhone,
    build_sysdiagnose,
    sysdiagnose_files,
)

if TYPE_CHECKING:
    from pathlib import Path

PLANTS = tuple(
    Plant(kind, "value.of.example.net" if kind is PlantKind.DOMAINS else "bh-agent.example.x", spot)
    for spot, where in SPOTS.items()
    for kind in sorted(where.kinds, key=str)
)


@pytest.mark.parametrize("version", BUILDS)
def test_the_same_phone_gives_the_same_bytes(tmp_path: Path, version: int) -> None:
    """Seed and specification decide every byte of the archive; another seed gives others."""
    plants = tuple(each for each in PLANTS if version >= SPOTS[each.spot or ""].since)
    phone = SysdiagnosePhone(ios_version=version, seed=7, plants=plants)
    first, again = (build_sysdiagnose(tmp_path / name, phone).path.read_bytes() for name in "ab")
    other = build_sysdiagnose(tmp_path / "c", SysdiagnosePhone(ios_version=version, seed=8)).path.read_bytes()
    assert first == again
    assert first != other


def test_archive_and_folder_hold_the_same_files(tmp_path: Path) -> None:
    """The archive is the folder, packed under its own name."""
    phone = SysdiagnosePhone()
    packed = build_sysdiagnose(tmp_path / "a", phone).path
    folder = build_sysdiagnose(tmp_path / "b", phone, archive=False).path
    with tarfile.open(packed) as tar:
        members = {member.name: tar.extractfile(member) for member in tar if member.isreg()}
        contents = {name: handle.read() for name, handle in members.items() if handle is not None}
    on_disk = {
        f"{folder.name}/{path.relative_to(folder)}": path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    assert contents == on_disk
    assert packed.name == f"{folder.name}.tar.gz"


@pytest.mark.parametrize(
    ("version", "log", "persona", "json_body", "app_store"),
    [
        (14, "shutdown.log", False, False, True),
        (15, "shutdown.log", False, True, True),
        (16, "shutdown.log", True, True, True),
        (18, "shutdown.log", True, True, True),
        (26, "shutdown.0.log", True, True, False),
    ],
)
def test_layouts_differ_by_version(
    version: int,
    log: str,
    persona: bool,  # noqa: FBT001 - parametrised
    json_body: bool,  # noqa: FBT001 - parametrised
    app_store: bool,  # noqa: FBT001 - parametrised
) -> None:
    """Log names, columns, report bodies and databases are those of the version."""
    files = {file.path: file.content for file in sysdiagnose_files(SysdiagnosePhone(ios_version=version))}
    assert f"system_logs.logarchive/Extra/{log}" in files
    assert (b"PRSNA" in files["ps.txt"]) is persona
    crash = next(content for path, content in files.items() if path.startswith("crashes_and_spins/locationd-"))
    assert (b'"procName"' in crash) is json_body
    assert ("logs/appinstallation/appstored.sqlitedb" in files) is app_store


def test_every_plant_is_in_the_bytes_and_in_the_record(tmp_path: Path) -> None:
    """Each plant is recorded with the module that must report it, and its value is in one of the files."""
    for plant in PLANTS:
        phone = SysdiagnosePhone(plants=(plant,))
        (planted,) = build_sysdiagnose(tmp_path / "x", phone, archive=False).planted
        assert plant.spot is not None
        assert planted.module == SPOTS[plant.spot].module
        source = {file.path: file.content for file in sysdiagnose_files(phone)}
        healthy = {file.path: file.content for file in sysdiagnose_files(SysdiagnosePhone())}
        changed = [content for path, content in source.items() if healthy.get(path) != content]
        assert any(plant.value.encode() in content for content in changed)


@pytest.mark.parametrize(
    "plant",
    [
        Plant(PlantKind.EMAILS, "x@example.net"),
        Plant(PlantKind.FILES_SHA256, "0" * 64),
        Plant(PlantKind.PROCESSES, "bh", "profile"),
        Plant(PlantKind.PROCESSES, "bh", "nowhere"),
    ],
)
def test_a_plant_without_a_place_is_refused(plant: Plant) -> None:
    """What a sysdiagnose cannot hold is an error, not a control that can never be found."""
    with pytest.raises(ValueError, match="holds no"):
        SysdiagnosePhone(plants=(plant,))


def test_unknown_versions_sources_and_impossible_damage_are_refused(tmp_path: Path) -> None:
    """A name that is no source would make a test pass for nothing."""
    with pytest.raises(ValueError, match="no layout"):
        SysdiagnosePhone(ios_version=13)
    with pytest.raises(ValueError, match="has no log_statistics"):
        SysdiagnosePhone(ios_version=15, plants=(Plant(PlantKind.PROCESSES, "bh", "log_statistics"),))
    with pytest.raises(ValueError, match="app_store"):
        build_sysdiagnose(tmp_path, SysdiagnosePhone(ios_version=26), missing=["app_store"])
    with pytest.raises(ValueError, match="links and pipes"):
        build_sysdiagnose(tmp_path, SysdiagnosePhone(), damage={"ps": SysdiagnoseDamage.FIFO})


@pytest.mark.parametrize("damage", SysdiagnoseDamage)
def test_damage_changes_the_source_and_nothing_else(tmp_path: Path, damage: SysdiagnoseDamage) -> None:
    """Every kind of damage differs from the healthy file; the other files stay as they are."""
    healthy = build_sysdiagnose(tmp_path / "a", SysdiagnosePhone(), archive=False).path
    damaged = build_sysdiagnose(tmp_path / "b", SysdiagnosePhone(), archive=False, damage={"taskinfo": damage}).path
    changed = damaged / "taskinfo.txt"
    special = damage in {SysdiagnoseDamage.FIFO, SysdiagnoseDamage.SYMLINK}
    if special:
        assert changed.is_symlink() or changed.is_fifo()
    elif damage is not SysdiagnoseDamage.IMPOSSIBLE_TIMES:
        # taskinfo.txt holds no date: this damage leaves it alone.
        assert changed.read_bytes() != (healthy / "taskinfo.txt").read_bytes()
    assert (damaged / "ps.txt").read_bytes() == (healthy / "ps.txt").read_bytes()


def test_a_missing_source_is_left_out(tmp_path: Path) -> None:
    """Only the files of that source are gone."""
    folder = build_sysdiagnose(tmp_path, SysdiagnosePhone(), archive=False, missing=["crashes"]).path
    assert not (folder / "crashes_and_spins").exists()
    assert (folder / "ps.txt").exists()
