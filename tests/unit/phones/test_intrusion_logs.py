"""The intrusion log builder: one file per local day, one event per line, one counter over all."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.phones.android import AndroidDamage, AndroidPhone
from mvtcase.phones.intrusion_logs import build_intrusion_logs
from mvtcase.phones.plants import Plant, PlantKind

if TYPE_CHECKING:
    from pathlib import Path

PHONE = AndroidPhone(seed=9)


def events(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return every event of a folder of logs as kind and fields, in file order."""
    return [
        next(iter(json.loads(line).items()))
        for path in sorted(folder.glob("*.txt"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def test_files_are_named_by_local_day(tmp_path: Path) -> None:
    """Three days back from 17:30 local time touch four calendar days."""
    folder = build_intrusion_logs(tmp_path / "logs", PHONE).path
    assert sorted(path.name for path in folder.iterdir()) == [f"2026-11-{day}.txt" for day in (17, 18, 19, 20)]


def test_one_counter_runs_over_all_kinds(tmp_path: Path) -> None:
    """Event ids count up over names, connections and security events."""
    found = events(build_intrusion_logs(tmp_path / "logs", PHONE).path)
    assert [event["event_id"] for _, event in found] == list(range(len(found)))
    assert {kind for kind, _ in found} == {"dns_event", "connect_event", "security_event"}


def test_times_have_their_kinds_unit(tmp_path: Path) -> None:
    """Security events count nanoseconds, the others milliseconds, all before the acquisition."""
    taken = PHONE.taken_at.timestamp()
    for kind, event in events(build_intrusion_logs(tmp_path / "logs", PHONE).path):
        seconds = event["event_time"] / (1e9 if kind == "security_event" else 1e3)
        assert taken - 4 * 86400 < seconds < taken + 3600


def test_zip_and_folder_hold_the_same_files(tmp_path: Path) -> None:
    """The zip's members are the folder's files, and the same every time."""
    folder = build_intrusion_logs(tmp_path / "logs", PHONE).path
    first, second = (build_intrusion_logs(tmp_path / name, PHONE, zipped=True).path for name in ("a.zip", "b.zip"))
    with zipfile.ZipFile(first) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            path.name: path.read_bytes() for path in folder.iterdir()
        }
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("plant", "kind"),
    [
        (Plant(PlantKind.DOMAINS, "cc.example.net"), "dns_event"),
        (Plant(PlantKind.DOMAINS, "203.0.113.99", "connect_event"), "connect_event"),
        (Plant(PlantKind.APP_IDS, "com.planted.app"), "security_event"),
        (Plant(PlantKind.FILE_PATHS, "/data/local/tmp/planted"), "security_event"),
    ],
)
def test_a_plant_is_one_event(tmp_path: Path, plant: Plant, kind: str) -> None:
    """Each plant becomes one event of the kind whose module must report it."""
    built = build_intrusion_logs(tmp_path / "logs", PHONE.with_plants(plant))
    carrying = [found for found, event in events(built.path) if plant.value in json.dumps(event)]
    assert carrying == [kind]
    assert [found.module for found in built.planted] == [kind]


def test_times_as_text(tmp_path: Path) -> None:
    """The damage writes every time as a string."""
    folder = build_intrusion_logs(tmp_path / "logs", PHONE, damage=AndroidDamage.TEXT_TIME).path
    assert {type(event["event_time"]) for _, event in events(folder)} == {str}


@pytest.mark.parametrize("zipped", [True, False])
def test_a_bad_nested_zip_lies_beside_the_days(tmp_path: Path, *, zipped: bool) -> None:
    """The unreadable archive is there in folder and zip, the days' files are intact."""
    path = build_intrusion_logs(tmp_path / "logs.zip", PHONE, zipped=zipped, damage=AndroidDamage.BAD_NESTED_ZIP).path
    names = zipfile.ZipFile(path).namelist() if zipped else [child.name for child in path.iterdir()]
    assert "2026-older.zip" in names
    assert len(names) == 5


def test_general_damage_hits_the_newest_day_or_the_zip(tmp_path: Path) -> None:
    """In a folder the newest file is damaged, as a zip the archive itself."""
    folder = build_intrusion_logs(tmp_path / "logs", PHONE, damage=AndroidDamage.EMPTY).path
    assert [path.name for path in sorted(folder.iterdir()) if not path.stat().st_size] == ["2026-11-20.txt"]
    archive = build_intrusion_logs(tmp_path / "logs.zip", PHONE, zipped=True, damage=AndroidDamage.TRUNCATED).path
    assert not zipfile.is_zipfile(archive)
