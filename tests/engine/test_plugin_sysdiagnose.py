"""Plain MVT with the wheel installed: `check-sysdiagnose` loads the modules, runs them and raises their alerts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.phones.plants import Plant, PlantKind
from mvtcase.phones.sysdiagnose import SysdiagnoseDamage, SysdiagnosePhone, build_sysdiagnose
from shared import REAL_SETS

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.engine

MODULES = {
    "SysdiagnoseShutdownLog",
    "SysdiagnoseProcesses",
    "SysdiagnoseCrashes",
    "SysdiagnoseProfiles",
    "SysdiagnoseActivation",
    "SysdiagnoseInstallations",
    "SysdiagnoseNetworkUsage",
}
PEGASUS = (
    Plant(PlantKind.PROCESSES, "bh", "shutdown_log"),
    Plant(PlantKind.PROCESSES, "roleaboutd", "ps"),
    Plant(PlantKind.PROCESSES, "ckkeyrollfd", "crash"),
)
"""Process names published as Pegasus', one for each of the three sources."""


def _check(tmp_path: Path, evidence: Path, *arguments: str, environment: dict[str, str] | None = None) -> Any:
    env = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(tmp_path),
        "COLUMNS": "400",
        "MVT_CONFIG_FOLDER": str(tmp_path / "config"),
        "MVT_DATA_FOLDER": str(tmp_path / "data"),
        "MVT_NETWORK_ACCESS_ALLOWED": "false",
        **(environment or {}),
    }
    for name in ("config", "data"):
        (tmp_path / name).mkdir(exist_ok=True)
    flags = ("--disable-update-check", "--disable-indicator-update-check", "check-sysdiagnose")
    start = (sys.executable, "-c", "import sys; from mvt.ios import cli; sys.exit(cli())")
    return subprocess.run(  # noqa: PLW1510 - the callers look at the status
        [*start, *flags, *arguments, str(evidence)], env=env, capture_output=True, text=True, timeout=120
    )


def _indicators(tmp_path: Path, *processes: str) -> str:
    objects: list[dict[str, object]] = [{"type": "malware", "id": "malware--1", "name": "Pegasus"}]
    for number, name in enumerate(processes):
        own = f"indicator--{number}"
        objects.append({"type": "indicator", "id": own, "pattern": f"[process:name='{name}']"})
        objects.append({"type": "relationship", "source_ref": own, "target_ref": "malware--1"})
    path = tmp_path / "tiny.stix2"
    path.write_text(json.dumps({"type": "bundle", "objects": objects}))
    return str(path)


def _critical(results: Path) -> dict[str, dict[str, Any]]:
    alerts = json.loads((results / "alerts.json").read_text())
    return {alert["matched_indicator"]["value"]: alert for alert in alerts if alert["level"] == "CRITICAL"}


def test_the_modules_are_listed_with_their_origin(tmp_path: Path) -> None:
    """MVT discovers the modules through the entry point and says which package they come from."""
    evidence = build_sysdiagnose(tmp_path, SysdiagnosePhone()).path
    done = _check(tmp_path, evidence, "--list-modules")
    assert done.returncode == 0
    assert "No forensic sysdiagnose modules" not in done.stdout
    assert "Unable to load modules" not in done.stdout
    text = " ".join(done.stdout.split())
    assert all(name in text for name in MODULES)
    assert "Modules from 'mvtcase@" in text


@pytest.mark.parametrize("archive", [True, False], ids=["archive", "folder"])
@pytest.mark.parametrize("version", [14, 26])
def test_pegasus_processes_are_found_in_three_sources(tmp_path: Path, archive: bool, version: int) -> None:  # noqa: FBT001 - parametrised
    """A process in shutdown.log, ps.txt and an .ips raises a critical alert each, in archives and folders."""
    phone = SysdiagnosePhone(ios_version=version, plants=PEGASUS)
    evidence = build_sysdiagnose(tmp_path / "evidence", phone, archive=archive)
    results = tmp_path / "results"
    iocs = _indicators(tmp_path, *(plant.value for plant in PEGASUS))
    done = _check(tmp_path, evidence.path, "--iocs", iocs, "--output", str(results))
    assert done.returncode == 0, done.stderr
    found = _critical(results)
    assert {name: alert["module"] for name, alert in found.items()} == {
        planted.plant.value: planted.module for planted in evidence.planted
    }
    assert found["bh"]["event"]["source"] == "shutdown_log"
    assert found["roleaboutd"]["event"]["source"] == "ps"
    assert found["ckkeyrollfd"]["event"]["source"] == "crashes"
    assert all(alert["event_time"] for alert in found.values())
    assert "Error in running extraction" not in done.stdout + done.stderr


@pytest.mark.shared
def test_the_published_set_finds_them_too(tmp_path: Path) -> None:
    """Amnesty's own Pegasus indicators meet the three plants."""
    iocs = REAL_SETS / "pegasus.stix2"
    if not iocs.exists():
        pytest.skip("the published indicators are not beside the checkout")
    evidence = build_sysdiagnose(tmp_path / "evidence", SysdiagnosePhone(plants=PEGASUS)).path
    results = tmp_path / "results"
    assert _check(tmp_path, evidence, "--iocs", str(iocs), "--output", str(results)).returncode == 0
    assert set(_critical(results)) == {"bh", "roleaboutd", "ckkeyrollfd"}


def test_a_healthy_archive_leaves_results_and_states_and_no_severe_alert(tmp_path: Path) -> None:
    """Each module writes its file with the state of each of its sources; nothing is MEDIUM or above."""
    evidence = build_sysdiagnose(tmp_path / "evidence", SysdiagnosePhone(ios_version=18)).path
    results = tmp_path / "results"
    done = _check(tmp_path, evidence, "--iocs", _indicators(tmp_path, "bh"), "--output", str(results))
    assert done.returncode == 0
    files = {path.stem: json.loads(path.read_text()) for path in results.glob("sysdiagnose_*.json")}
    files.pop("sysdiagnose_info", None)
    states = {
        record["source"]: record["state"]
        for name, records in files.items()
        if not name.endswith("_detected")
        for record in records
        if record["record"] == "sysdiagnose_source"
    }
    assert len(states) == 27
    assert {source for source, state in states.items() if state != "read"} == {"app_updates", "data_usage"}
    alerts = json.loads((results / "alerts.json").read_text())
    assert {alert["level"] for alert in alerts} <= {"INFORMATIONAL", "LOW"}
    assert (results / "timeline.csv").read_text().count("shutdown_client") > 5


def test_a_damaged_archive_is_told_and_the_rest_is_found(tmp_path: Path) -> None:
    """MVT runs to its end over an archive with a different damage in each source, and the sound one is compared."""
    damage = {
        "shutdown_log": SysdiagnoseDamage.NOISE,
        "taskinfo": SysdiagnoseDamage.TRUNCATED,
        "spindump": SysdiagnoseDamage.NULS,
        "crashes": SysdiagnoseDamage.DEEP_JSON,
        "profiles": SysdiagnoseDamage.WEB_PAGE,
        "activation": SysdiagnoseDamage.CONTROL_CHARACTERS,
        "installation": SysdiagnoseDamage.LONG_LINE,
        "powerlog": SysdiagnoseDamage.TRUNCATED,
    }
    phone = SysdiagnosePhone(plants=(Plant(PlantKind.PROCESSES, "bh", "ps"),))
    evidence = build_sysdiagnose(tmp_path / "evidence", phone, damage=damage).path
    results = tmp_path / "results"
    done = _check(tmp_path, evidence, "--iocs", _indicators(tmp_path, "bh"), "--output", str(results))
    assert done.returncode == 0
    assert {name: alert["module"] for name, alert in _critical(results).items()} == {"bh": "sysdiagnose_processes"}
    log = (results / "command.log").read_text()
    assert "Error in running extraction" not in log
    assert "Error when checking indicators" not in log
    assert log.count("Examined in part or not at all") >= 5
