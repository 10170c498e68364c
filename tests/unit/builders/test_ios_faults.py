"""The list of faults that iPhone evidence can have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builders.ios_faults import ios_faults
from mvtcase.phones.damage import ROW_DAMAGES, Damage
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_fs import build_ios_file_system
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.ios_spots import SPOTS, IosEvidence
from mvtcase.phones.plants import Plant, PlantKind

if TYPE_CHECKING:
    from pathlib import Path

SOME = ("sms", "chrome_favicon", "id_status_cache", "photos", "manifest_db", "info_plist")


def test_there_are_hundreds_of_damaged_backups() -> None:
    """Databases can have a row's fault, property lists a list's, and every file the general ones."""
    faults = ios_faults(IosEvidence.BACKUP)
    assert sum(len(possible) for possible in faults.values()) > 300
    assert set(faults["sms"]) >= ROW_DAMAGES
    assert Damage.TEXT_DATE not in faults["chrome_history"]
    assert Damage.PLIST_BOMB in faults["info_plist"]
    assert Damage.PLIST_BOMB not in faults["photos"]
    assert "shutdown_log" in ios_faults(IosEvidence.FILE_SYSTEM)


@pytest.mark.parametrize(
    ("source", "damage"),
    [(source, damage) for source in SOME for damage in ios_faults(IosEvidence.BACKUP)[source]],
)
def test_each_fault_can_be_built(tmp_path: Path, source: str, damage: Damage) -> None:
    """The builder takes each pair that the list names."""
    build_ios_backup(tmp_path / "backup", IosPhone(messages=3, photos=1), damage={source: damage})
    assert (tmp_path / "backup").is_dir()


@pytest.mark.parametrize("seed", range(12))
def test_any_seed_builds_both_forms(tmp_path: Path, seed: int) -> None:
    """No seed runs into a constraint of its tables."""
    phone = IosPhone(seed=seed, attributed_body_only=3, without_handle=3)
    assert build_ios_backup(tmp_path / "backup", phone).planted == ()
    assert build_ios_file_system(tmp_path / "dump", phone).planted == ()


def test_a_value_can_be_planted_twice_and_be_there_already(tmp_path: Path) -> None:
    """Tables that hold a page only once do not refuse a plant; each plant is still recorded."""
    spots = [name for name, spot in SPOTS.items() if PlantKind.URLS in spot.kinds and name != "sms"]
    plants = tuple(Plant(PlantKind.URLS, "https://docs.example.org/minutes", spot) for spot in spots) * 2
    evidence = build_ios_file_system(tmp_path / "dump", IosPhone(plants=plants))
    assert len(evidence.planted) == len(plants)
    statistics = (Plant(PlantKind.DOMAINS, "example.com", "webkit_resource_load_statistics"),)
    assert build_ios_backup(tmp_path / "backup", IosPhone(plants=statistics)).planted[0].plant == statistics[0]
