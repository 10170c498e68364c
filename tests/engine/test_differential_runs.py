"""Whole runs: the alerts stored in a case are the alerts that plain MVT raises itself on the same input and sets."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from builders.line import healthy_account, line_ios_files, unsealed_from, with_link, write_line_android_fs
from builders.stix_bundles import write_stix_bundle
from mvtcase.engine.packed import left_files, read_result
from mvtcase.phones.adb_backup import build_adb_backup
from mvtcase.phones.android import build_androidqf
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.android_spots import SPOTS as ANDROID_SPOTS
from mvtcase.phones.bugreport import build_bugreport
from mvtcase.phones.intrusion_logs import build_intrusion_logs
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_fs import build_ios_file_system
from mvtcase.phones.ios_phone import IosPhone, Oddity
from mvtcase.phones.ios_spots import SPOTS as IOS_SPOTS
from mvtcase.phones.ios_spots import IosEvidence
from mvtcase.phones.line_stories import LAST_DAY
from mvtcase.phones.plants import Plant, PlantKind
from mvtcase.phones.sysdiagnose import SPOTS as SYSDIAGNOSE_SPOTS
from mvtcase.phones.sysdiagnose import SysdiagnosePhone, build_sysdiagnose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

pytestmark = pytest.mark.engine

VALUES = {
    PlantKind.DOMAINS: "planted{}.example.net",
    PlantKind.URLS: "https://planted{}.example.org/a/b",
    PlantKind.EMAILS: "planted{}@example.net",
    PlantKind.PROCESSES: "plantedd{}",
    PlantKind.FILE_NAMES: "planted{}.plist",
    PlantKind.FILE_PATHS: "/private/var/planted{}/agent",
    PlantKind.APP_IDS: "net.example.planted{}",
    PlantKind.IOS_PROFILE_IDS: "net.example.profile{}",
    PlantKind.ANDROID_PROPERTY_NAMES: "persist.planted{}",
    PlantKind.FILES_MD5: "{:032x}",
    PlantKind.FILES_SHA1: "{:040x}",
    PlantKind.FILES_SHA256: "{:064x}",
    PlantKind.APP_CERT_HASHES: "{:064x}",
}


def value(kind: PlantKind, place: str) -> str:
    """Return an invented value of a type, its own for every place."""
    return VALUES[kind].format(sum(place.encode()) * 7 % 9973)


def everywhere(places: Iterable[tuple[str, Iterable[PlantKind]]]) -> tuple[Plant, ...]:
    """Return a plant of every type at every place that can hold it."""
    return tuple(Plant(kind, value(kind, place), place) for place, kinds in places for kind in sorted(kinds))


IOS_BACKUP_PLANTS = everywhere(
    (name, spot.kinds) for name, spot in IOS_SPOTS.items() if IosEvidence.BACKUP in spot.evidence
)
IOS_DUMP_PLANTS = everywhere(
    (name, spot.kinds) for name, spot in IOS_SPOTS.items() if IosEvidence.FILE_SYSTEM in spot.evidence
)
ANDROID_PLANTS = everywhere((name, spot.kinds) for name, spot in ANDROID_SPOTS.items())
SYSDIAGNOSE_PLANTS = everywhere((name, spot.kinds) for name, spot in SYSDIAGNOSE_SPOTS.items())


def of_part(part: str) -> tuple[Plant, ...]:
    """Return the Android plants that lie in one form of evidence."""
    return tuple(each for each in ANDROID_PLANTS if ANDROID_SPOTS[str(each.spot)].evidence == part)


ACCOUNT = with_link(unsealed_from(healthy_account(seed=5), LAST_DAY), f"https://{value(PlantKind.DOMAINS, 'line')}/x")


def build_all(root: Path) -> dict[str, tuple[str, Path]]:
    """Build a healthy and a planted phone in every form and return kind and path by name."""
    ios = IosPhone(seed=2, plants=IOS_BACKUP_PLANTS, oddities=frozenset(Oddity), extra_files=line_ios_files(ACCOUNT))
    dump = IosPhone(seed=3, plants=IOS_DUMP_PLANTS, oddities=frozenset(Oddity))
    android = AndroidPhone(seed=4, plants=ANDROID_PLANTS, root_binaries=("/system/xbin/su",))
    part = {name: AndroidPhone(seed=5, plants=of_part(name)) for name in ("bugreport", "backup", "intrusion_logs")}
    system = SysdiagnosePhone(seed=6, plants=SYSDIAGNOSE_PLANTS)
    return {
        "ios backup": ("ios_backup", build_ios_backup(root / "ios", IosPhone(seed=1)).path),
        "ios backup, planted": ("ios_backup", build_ios_backup(root / "ios-planted", ios).path),
        "dump": ("ios_file_system", build_ios_file_system(root / "dump", IosPhone(seed=7)).path),
        "dump, planted": ("ios_file_system", build_ios_file_system(root / "dump-planted", dump).path),
        "sysdiagnose, planted": ("sysdiagnose", build_sysdiagnose(root / "sysdiagnose", system).path),
        "androidqf": ("androidqf", build_androidqf(root / "aqf", AndroidPhone(seed=8)).path),
        "androidqf, planted": ("androidqf", build_androidqf(root / "aqf-planted", android).path),
        "bugreport, planted": ("bugreport", build_bugreport(root / "bugreport.zip", part["bugreport"]).path),
        "backup, planted": ("android_backup", build_adb_backup(root / "backup.ab", part["backup"]).path),
        "logs, planted": ("intrusion_logs", build_intrusion_logs(root / "logs", part["intrusion_logs"]).path),
        "LINE, planted": ("android_file_system", write_line_android_fs(root / "android", ACCOUNT)),
    }


def ask_plain_mvt(root: Path, built: dict[str, tuple[str, Path]], bundle: Path) -> dict[str, list[dict[str, Any]]]:
    """Run MVT's own commands in a process of their own and return their alerts by name."""
    root.mkdir()
    jobs: list[dict[str, Any]] = [
        {"kind": kind, "target": str(path), "indicators": [str(bundle)], "answer": str(root / f"{number}.json")}
        for number, (kind, path) in enumerate(built.values())
    ]
    (root / "jobs.json").write_text(json.dumps(jobs), encoding="utf-8")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MVT_")},
        "MVT_CONFIG_FOLDER": str(root / "config"),
        "MVT_DATA_FOLDER": str(root / "data"),
        "MVT_NETWORK_ACCESS_ALLOWED": "false",
    }
    probe = Path(__file__).with_name("plain_mvt_probe.py")
    run = subprocess.run(
        [sys.executable, str(probe), str(root / "jobs.json")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return {name: json.loads(Path(job["answer"]).read_text("utf-8")) for name, job in zip(built, jobs, strict=True)}


class Trial:
    """Every phone, what plain MVT says of it, and what the case holds after a scan with each matcher."""

    def __init__(self, root: Path, responder: Any) -> None:
        built = build_all(root)
        planted = [*IOS_BACKUP_PLANTS, *IOS_DUMP_PLANTS, *ANDROID_PLANTS, *SYSDIAGNOSE_PLANTS]
        planted.append(Plant(PlantKind.DOMAINS, value(PlantKind.DOMAINS, "line")))
        bundle = write_stix_bundle(root / "planted.stix2", planted)
        self.plain = ask_plain_mvt(root / "plain", built, bundle)
        responder("iocs", "import", bundle)
        self.acquisitions = {responder.register(path): name for name, (_, path) in built.items()}
        options = ("--iocs", "planted", "--no-sweep")
        chosen = [each for each, name in self.acquisitions.items() if "planted" in name]
        self.scans = {
            "stock": self._run(responder, "scan", "run", *chosen, *options, "--stock"),
            "ours": self._run(responder, "scan", "run", *self.acquisitions, *options),
        }
        self.rechecks = self._run(responder, "recheck", "run", "--all", "--iocs", "planted")
        self.folder = responder.workspace / "cases/trial/scans"

    def files(self, scans: str, name: str) -> dict[str, Any]:
        """Return the values of every file that MVT's modules and commands left in a scan, but for moments of ours."""
        root = self.folder / self.scans[scans][name]["id"] / "results/mvt"
        return {
            str(path.relative_to(root)): values_of(path)
            for path in left_files(root)
            if path.suffix in {".json", ".csv"}
        }

    def _run(self, responder: Any, *arguments: str) -> dict[str, dict[str, Any]]:
        fields = ("module", "level", "message", "event")
        scans = responder(*arguments)["scans"]
        for scan in scans:
            raised = responder.alerts(scan["id"])
            scan["raised"] = [{field: alert[field] for field in fields} for alert in raised]
        return {self.acquisitions[scan["acquisition"]]: scan for scan in scans}


def values_of(path: Path) -> Any:
    """Return what a stored file says; rows of one moment are in no order."""
    text = read_result(path, 1 << 30).decode()
    if path.suffix == ".csv":
        return sorted(csv.reader(io.StringIO(text, newline=""), escapechar="\\"))
    held = json.loads(text)
    return {**held, "date": "", "target_path": ""} if path.name == "info.json" else held


NAMES = (
    "ios backup",
    "ios backup, planted",
    "dump",
    "dump, planted",
    "sysdiagnose, planted",
    "androidqf",
    "androidqf, planted",
    "bugreport, planted",
    "backup, planted",
    "logs, planted",
    "LINE, planted",
)


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory, start_responder: Callable[[], Any]) -> Trial:
    """Return the phones, scanned by plain MVT once."""
    return Trial(tmp_path_factory.mktemp("differential"), start_responder())


@pytest.mark.parametrize(
    ("name", "matcher"),
    [*((name, "ours") for name in NAMES), *((name, "stock") for name in NAMES if "planted" in name)],
)
def test_the_case_holds_the_alerts_that_plain_mvt_raises(name: str, matcher: str, trial: Trial) -> None:
    """Module, level, message and event are the same, one for one and in order, by our matcher and by MVT's."""
    assert trial.scans[matcher][name]["raised"] == trial.plain[name]


@pytest.mark.parametrize("name", [name for name in NAMES if "planted" in name])
def test_the_files_hold_the_values_that_mvts_own_functions_store(name: str, trial: Trial) -> None:
    """With the faster functions and without (`--stock`): equal files, equal values, equal rows of the timeline."""
    ours, stock = trial.files("ours", name), trial.files("stock", name)
    assert sorted(ours) == sorted(stock)
    assert "info.json" in ours
    assert {each for each in ours if ours[each] != stock[each]} == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_recheck_says_of_stored_results_what_the_scan_said_of_the_phone(name: str, trial: Trial) -> None:
    """With the same sets every indicator match comes again, nothing is lost on the way through the files.

    The scans ran without the second reader, so their rechecks say beside that gap that it left no values to ask.
    """

    def matched(scan: dict[str, Any]) -> list[tuple[str, str]]:
        return sorted((each["module"], each["message"]) for each in scan["raised"] if each["level"] == "CRITICAL")

    scan, recheck = trial.scans["ours"][name], trial.rechecks[name]
    assert matched(recheck) == matched(scan)
    assert recheck["completeness"] == scan["completeness"]
    told = [each for each in recheck["gaps"] if each["code"] != "reader.no_index"]
    assert len(told) == len(recheck["gaps"]) - 1
    assert sorted(map(str, told)) == sorted(map(str, scan["gaps"]))


def test_the_planted_phones_raise_alerts_of_many_modules(trial: Trial) -> None:
    """The comparison is not of nothing with nothing."""
    assert set(NAMES) == set(trial.plain)
    for name, alerts in trial.plain.items():
        if "planted" in name:
            assert any(alert["level"] == "CRITICAL" for alert in alerts), name
    assert len({alert["module"] for alerts in trial.plain.values() for alert in alerts}) > 40
