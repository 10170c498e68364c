"""What the real MVT makes of the synthetic Android evidence: all modules fed, nothing raised, every plant found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from builders.stix_bundles import write_stix_bundle
from mvtcase.phones.adb_backup import build_adb_backup
from mvtcase.phones.android import AndroidApp, AndroidDamage, AndroidPhone, build_androidqf, build_androidqf_zip
from mvtcase.phones.android_spots import SPOTS, AndroidEvidence
from mvtcase.phones.bugreport import Layout, build_bugreport
from mvtcase.phones.intrusion_logs import build_intrusion_logs
from mvtcase.phones.plants import BuiltEvidence, Plant, PlantKind

AskAndroidMvt = Callable[[Path, list[dict[str, Any]]], list[dict[str, Any]]]
pytestmark = pytest.mark.engine

VALUES = {
    PlantKind.DOMAINS: "{}-planted.example.net",
    PlantKind.URLS: "https://{}.example.com/a/link",
    PlantKind.EMAILS: "{}@example.org",
    PlantKind.PROCESSES: "{}d",
    PlantKind.FILE_NAMES: "{}.planted.bin",
    PlantKind.FILE_PATHS: "/data/planted/{}",
    PlantKind.FILES_MD5: "{:032x}",
    PlantKind.FILES_SHA1: "{:040x}",
    PlantKind.FILES_SHA256: "{:064x}",
    PlantKind.APP_IDS: "com.planted.{}",
    PlantKind.APP_CERT_HASHES: "{:064x}",
    PlantKind.ANDROID_PROPERTY_NAMES: "ro.planted.{}",
}
HEALTHY = AndroidPhone()
PASSWORD = "correct horse"


def every_plant() -> tuple[Plant, ...]:
    """Return one plant with a value of its own for every kind at every spot."""
    places = [(spot, kind) for spot, about in SPOTS.items() for kind in sorted(about.kinds)]
    plants = []
    for number, (spot, kind) in enumerate(places):
        template = VALUES[kind]
        name = f"{spot.replace('_', '-')}-{number}" if "{}" in template else number + 0xABC000
        plants.append(Plant(kind, template.format(name), spot))
    return tuple(plants)


PLANTS = every_plant()
PLANTED = HEALTHY.with_plants(*PLANTS)


def only(phone: AndroidPhone, *evidence: AndroidEvidence) -> AndroidPhone:
    """Return the phone with only those plants that the given evidence has a place for."""
    return replace(phone, plants=tuple(p for p in phone.plants if p.spot and SPOTS[p.spot].evidence in evidence))


BUGREPORT = only(PLANTED, AndroidEvidence.BUGREPORT)
BACKUP = only(PLANTED, AndroidEvidence.BACKUP)
LOGS = only(PLANTED, AndroidEvidence.INTRUSION_LOGS)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One piece of evidence and the command to run over it."""

    command: str
    build: Callable[[Path], BuiltEvidence]
    options: dict[str, str] = field(default_factory=dict)


CASES: dict[str, Case] = {
    "androidqf": Case(command="androidqf", build=lambda p: build_androidqf(p, HEALTHY)),
    "androidqf zip": Case(command="androidqf", build=lambda p: build_androidqf_zip(p, HEALTHY)),
    "androidqf flat zip": Case(command="androidqf", build=lambda p: build_androidqf_zip(p, PLANTED, top_folder=False)),
    "androidqf planted": Case(command="androidqf", build=lambda p: build_androidqf(p, PLANTED)),
    "androidqf zip planted": Case(command="androidqf", build=lambda p: build_androidqf_zip(p, PLANTED)),
    "androidqf locked": Case(
        command="androidqf", build=lambda p: build_androidqf(p, PLANTED, backup_password=PASSWORD)
    ),
    "androidqf unlocked": Case(
        command="androidqf",
        build=lambda p: build_androidqf(p, PLANTED, backup_password=PASSWORD),
        options={"backup_password": PASSWORD},
    ),
    "bugreport": Case(command="bugreport", build=lambda p: build_bugreport(p, HEALTHY)),
    "bugreport planted": Case(command="bugreport", build=lambda p: build_bugreport(p, BUGREPORT)),
    "bugreport folder": Case(command="bugreport", build=lambda p: build_bugreport(p, BUGREPORT, folder=True)),
    "bugreport wrapped": Case(command="bugreport", build=lambda p: build_bugreport(p, BUGREPORT, wrapped=True)),
    "bugreport samsung": Case(
        command="bugreport", build=lambda p: build_bugreport(p, BUGREPORT, layout=Layout.SAMSUNG)
    ),
    "bugreport dumpsys": Case(
        command="bugreport", build=lambda p: build_bugreport(p, BUGREPORT, layout=Layout.DUMPSYS)
    ),
    "backup": Case(command="backup", build=lambda p: build_adb_backup(p, HEALTHY)),
    "backup planted": Case(command="backup", build=lambda p: build_adb_backup(p, BACKUP)),
    "backup encrypted": Case(
        command="backup",
        build=lambda p: build_adb_backup(p, BACKUP, password=PASSWORD),
        options={"backup_password": PASSWORD},
    ),
    "backup wrong password": Case(
        command="backup",
        build=lambda p: build_adb_backup(p, BACKUP, password=PASSWORD),
        options={"backup_password": "wrong"},
    ),
    "logs": Case(command="intrusion_logs", build=lambda p: build_intrusion_logs(p, HEALTHY)),
    "logs planted": Case(command="intrusion_logs", build=lambda p: build_intrusion_logs(p, LOGS)),
    "logs zip": Case(command="intrusion_logs", build=lambda p: build_intrusion_logs(p, LOGS, zipped=True)),
}

AQF_DAMAGE = (
    ("packages.json", AndroidDamage.NOT_JSON, "aqf_packages"),
    ("packages.json", AndroidDamage.TRUNCATED, "aqf_packages"),
    ("packages.json", AndroidDamage.EMPTY, "aqf_packages"),
    ("packages.json", AndroidDamage.MISSING_FIELD, "aqf_packages"),
    ("files.json", AndroidDamage.ODD_TIMESTAMP, "aqf_files"),
    ("files.json", AndroidDamage.MISSING_FIELD, "aqf_files"),
    ("ps.txt", AndroidDamage.INVALID_UTF8, "aqf_processes"),
    ("getprop.txt", AndroidDamage.INVALID_UTF8, "aqf_get_prop"),
    ("mounts.json", AndroidDamage.TRUNCATED, "mounts"),
    ("bugreport.zip", AndroidDamage.TRUNCATED, "dumpsys_packages"),
    ("bugreport.zip", AndroidDamage.EMPTY, "dumpsys_packages"),
    ("bugreport.zip", AndroidDamage.BAD_CRC, "dumpsys_packages"),
    ("bugreport.zip", AndroidDamage.PASSWORD, "dumpsys_packages"),
    ("bugreport.zip", AndroidDamage.NO_ENTRY_POINT, "dumpsys_packages"),
    ("backup.ab", AndroidDamage.TRUNCATED, "sms"),
    ("backup.ab", AndroidDamage.NOISE, "sms"),
    ("backup.ab", AndroidDamage.BODYLESS_MESSAGE, "sms"),
    ("intrusion_logs", AndroidDamage.TEXT_TIME, "dns_event"),
)


def broken_bugreport(damage: AndroidDamage) -> Case:
    """Return the case of a planted bugreport zip with some damage."""
    return Case(command="bugreport", build=lambda p: build_bugreport(p, BUGREPORT, damage=damage))


OTHER_DAMAGE: dict[str, tuple[Case, str]] = {
    **{
        f"bugreport {damage}": (broken_bugreport(damage), "dumpsys_packages")
        for damage in (
            AndroidDamage.BAD_CRC,
            AndroidDamage.PASSWORD,
            AndroidDamage.NO_ENTRY_POINT,
            AndroidDamage.TRUNCATED,
        )
    },
    "bugreport folder without entry": (
        Case(
            command="bugreport",
            build=lambda p: build_bugreport(p, BUGREPORT, folder=True, damage=AndroidDamage.NO_ENTRY_POINT),
        ),
        "dumpsys_packages",
    ),
    "backup bodyless": (
        Case(command="backup", build=lambda p: build_adb_backup(p, BACKUP, damage=AndroidDamage.BODYLESS_MESSAGE)),
        "sms",
    ),
    "logs with a bad nested zip": (
        Case(
            command="intrusion_logs",
            build=lambda p: build_intrusion_logs(p, LOGS, zipped=True, damage=AndroidDamage.BAD_NESTED_ZIP),
        ),
        "dns_event",
    ),
}
KNOBS: dict[str, tuple[AndroidPhone, str, str]] = {
    "an app from nowhere": (
        replace(HEALTHY, apps=(*HEALTHY.apps, AndroidApp(package="org.example.side", installer="null"))),
        "aqf_packages",
        "MEDIUM",
    ),
    "root binaries": (replace(HEALTHY, root_binaries=("/system/xbin/su",)), "root_binaries", "HIGH"),
    "accessibility": (
        replace(HEALTHY, enabled_accessibility=("org.example.help/.Reader",)),
        "dumpsys_accessibility",
        "MEDIUM",
    ),
    "an old patch level": (replace(HEALTHY, security_patch="2024-02-05"), "aqf_get_prop", "MEDIUM"),
}


def damaged(part: str, damage: AndroidDamage) -> Case:
    """Return the case of a planted acquisition with one damaged part."""
    return Case(command="androidqf", build=lambda p: build_androidqf(p, PLANTED, damage={part: damage}))


def with_knob(phone: AndroidPhone) -> Case:
    """Return the case of a phone that has something for MVT's heuristics."""
    return Case(command="androidqf", build=lambda p: build_androidqf(p, phone))


ALL_CASES: dict[str, Case] = {
    **CASES,
    **{f"{part} {damage}": damaged(part, damage) for part, damage, _ in AQF_DAMAGE},
    **{name: case for name, (case, _) in OTHER_DAMAGE.items()},
    **{name: with_knob(phone) for name, (phone, _, _) in KNOBS.items()},
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory, ask_android_mvt: AskAndroidMvt) -> dict[str, Any]:
    """Return what one MVT process answered to every case, by name."""
    root = tmp_path_factory.mktemp("android")
    indicators = write_stix_bundle(root / "planted.stix2", PLANTS)
    jobs = []
    for number, (name, case) in enumerate(ALL_CASES.items()):
        target = root / f"{number:02d}" / ("evidence.zip" if "zip" in name else "evidence")
        target.parent.mkdir()
        built = case.build(target)
        jobs.append(
            {
                "command": case.command,
                "target": str(built.path),
                "indicators": str(indicators),
                "options": case.options,
            }
        )
    return dict(zip(ALL_CASES, ask_android_mvt(root, jobs), strict=True))


def records(answer: dict[str, Any]) -> dict[str, int]:
    """Return how many records each module extracted, by command and slug."""
    return {f"{module['of']}/{module['slug']}": module["records"] for module in answer["modules"]}


def grave(answer: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the alerts of level MEDIUM and above as module, level, message."""
    return [
        (module["slug"], alert["level"], alert["message"])
        for module in answer["modules"]
        for alert in module["alerts"]
        if alert["level"] not in {"LOW", "INFORMATIONAL"}
    ]


def hits(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the indicator matches as value and module slug."""
    return sorted(
        (alert["indicator"], module["slug"])
        for module in answer["modules"]
        for alert in module["alerts"]
        if alert["indicator"]
    )


def expected(phone: AndroidPhone) -> list[tuple[str, str]]:
    """Return the matches that the phone's plants must give, once each."""
    about = [(plant.value.lower(), SPOTS[plant.spot or ""]) for plant in phone.plants]
    return sorted((value, spot.module) for value, spot in about if spot.reported)


@pytest.mark.parametrize(
    ("name", "modules"),
    [("androidqf", 28), ("androidqf zip", 28), ("bugreport", 16), ("backup", 1), ("logs", 3)],
)
def test_healthy_evidence_feeds_every_module(answers: dict[str, Any], name: str, modules: int) -> None:
    """Every module of the command, nested ones too, runs and extracts records; only root binaries find none."""
    counted = records(answers[name])
    assert len(counted) == modules
    assert [module for module, count in counted.items() if not count] == (
        ["androidqf/root_binaries"] if modules == 28 else []
    )
    assert answers[name]["error"] is None


@pytest.mark.parametrize("name", ["androidqf", "androidqf zip", "bugreport", "backup", "logs"])
def test_healthy_evidence_raises_nothing_grave(answers: dict[str, Any], name: str) -> None:
    """A healthy phone gives no alert of level MEDIUM or above, with indicators loaded."""
    assert grave(answers[name]) == []
    assert hits(answers[name]) == []


@pytest.mark.parametrize(
    ("name", "phone"),
    [
        ("androidqf planted", PLANTED),
        ("androidqf zip planted", PLANTED),
        ("androidqf unlocked", PLANTED),
        ("bugreport planted", BUGREPORT),
        ("bugreport folder", BUGREPORT),
        ("bugreport wrapped", BUGREPORT),
        ("bugreport samsung", BUGREPORT),
        ("bugreport dumpsys", BUGREPORT),
        ("backup planted", BACKUP),
        ("backup encrypted", BACKUP),
        ("logs planted", LOGS),
        ("logs zip", LOGS),
    ],
)
def test_every_plant_gives_one_match(answers: dict[str, Any], name: str, phone: AndroidPhone) -> None:
    """Each planted value is matched once, by the module that the builder named; where MVT is deaf, by none."""
    assert hits(answers[name]) == expected(phone)


def test_a_locked_backup_hides_its_messages(answers: dict[str, Any]) -> None:
    """Without the password MVT skips the backup inside an acquisition and says nothing worse than a warning."""
    answer = answers["androidqf locked"]
    assert "backup/sms" not in records(answer)
    assert answer["error"] is None
    assert hits(answer) == [hit for hit in expected(PLANTED) if hit[1] != "sms"]


def test_a_wrong_password_ends_the_command(answers: dict[str, Any]) -> None:
    """MVT leaves the process when the password of a lone backup is wrong."""
    assert answers["backup wrong password"] == {"modules": [], "error": "SystemExit: 1"}


def test_a_zip_without_top_folder_blinds_the_acquisition(answers: dict[str, Any]) -> None:
    """MVT finds nothing of AndroidQF's own files in the flat zip that androidqf writes itself."""
    answer = answers["androidqf flat zip"]
    own = {name: count for name, count in records(answer).items() if name.startswith("androidqf/")}
    assert set(own.values()) == {0}
    assert {slug for _, slug in hits(answer)}.isdisjoint({"aqf_packages", "aqf_files", "aqf_processes", "aqf_get_prop"})


@pytest.mark.parametrize(("part", "damage", "module"), AQF_DAMAGE)
def test_damage_to_a_part_blinds_its_module(
    answers: dict[str, Any], part: str, damage: AndroidDamage, module: str
) -> None:
    """What lies planted in a damaged part of an acquisition is not matched."""
    assert module in {slug for _, slug in expected(PLANTED)}
    values = {value for value, slug in expected(PLANTED) if slug == module}
    if module == "mounts":
        values = {plant.value for plant in PLANTS if plant.spot == "mounts"}
    assert not values & {value for value, _ in hits(answers[f"{part} {damage}"])}


@pytest.mark.parametrize("name", OTHER_DAMAGE)
def test_damage_to_lone_evidence_blinds_its_module(answers: dict[str, Any], name: str) -> None:
    """What lies planted in a damaged bugreport, backup or log is not matched."""
    module = OTHER_DAMAGE[name][1]
    assert module not in {slug for _, slug in hits(answers[name])}


@pytest.mark.parametrize("name", KNOBS)
def test_a_knob_raises_one_heuristic(answers: dict[str, Any], name: str) -> None:
    """Each of the phone's suspicious settings raises an alert of the expected level in the expected module."""
    _, module, level = KNOBS[name]
    assert (module, level) in {(slug, found) for slug, found, _ in grave(answers[name])}


@pytest.mark.parametrize("damage", [AndroidDamage.TRUNCATED, AndroidDamage.EMPTY])
def test_an_unreadable_bugreport_ends_the_whole_command(answers: dict[str, Any], damage: AndroidDamage) -> None:
    """MVT dies at a bugreport.zip that is no zip, so the backup and the intrusion logs beside it go unread."""
    answer = answers[f"bugreport.zip {damage}"]
    assert answer["error"].startswith("BadZipFile")
    assert {module["of"] for module in answer["modules"]} == {"androidqf"}
