"""An acquisition inside another is examined as its own kind by its own modules, in a scan and in a recheck."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from builders.line import healthy_account, write_line_android_fs
from builders.stix_bundles import write_stix_bundle
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.bugreport import build_bugreport
from mvtcase.phones.ios_fs import build_ios_file_system
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.plants import Plant, PlantKind
from mvtcase.phones.sysdiagnose import SysdiagnosePhone, build_sysdiagnose

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.engine

PROCESS = Plant(PlantKind.PROCESSES, "plantedd")
FOLDER = "private/var/mobile/Library/Logs/CrashReporter/DiagnosticLogs/sysdiagnose"


def dump(root: Path, plants: tuple[Plant, ...]) -> tuple[Path, str]:
    """Build a healthy dump that holds a packed sysdiagnose; return it with the archive's place."""
    built = build_ios_file_system(root / "dump", IosPhone(seed=1)).path
    (built / FOLDER).mkdir(parents=True)
    packed = build_sysdiagnose(root / "sysdiagnose", SysdiagnosePhone(seed=1, plants=plants)).path
    packed.rename(built / FOLDER / packed.name)
    return built, f"{FOLDER}/{packed.name}"


def by_module(scan: dict[str, Any], alerts: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    """Return what MVT's modules raised with an indicator: module, indicator, and the place inside."""
    del scan
    return {
        (each["module"], each["indicator"]["value"], each["event"].get("inside", ""))
        for each in alerts
        if each["indicator"] and each["module"] != "sweep"
    }


def test_a_sysdiagnose_in_a_dump_is_examined_as_one(responder: Any, tmp_path: Path) -> None:
    """Its modules run in the same scan, say where they read, and answer a set that is published later."""
    built, place = dump(tmp_path, (PROCESS,))
    earlier = responder.scan(built)
    slugs = {each["slug"]: each for each in earlier["modules"]}
    assert slugs["sysdiagnose_processes"]["outcome"] == "checked"
    assert slugs["sysdiagnose_shutdown_log"]["outcome"] == "checked"
    assert (earlier["completeness"], earlier["gaps"]) == ("full", [])
    carried = {each["trace"]: each["basis"] for each in earlier["reach"]}
    assert "sysdiagnose_profiles" in carried["profile"]
    responder("iocs", "import", write_stix_bundle(tmp_path / "planted.stix2", (PROCESS,)))
    rechecked = responder("recheck", "run", "--all")["scans"][0]
    later = responder("scan", "run", earlier["acquisition"])["scans"][0]
    found = by_module(later, responder.alerts(later["id"]))
    assert found == by_module(rechecked, responder.alerts(rechecked["id"]))
    assert {inside for _, _, inside in found} == {place}
    assert rechecked["status"] == later["status"] == "indicator_match"


def test_what_is_wrong_inside_is_a_gap_that_names_the_place(responder: Any, tmp_path: Path) -> None:
    """A sysdiagnose without its process list leaves the dump not wholly examined."""
    built = build_ios_file_system(tmp_path / "dump", IosPhone(seed=1)).path
    unpacked = build_sysdiagnose(tmp_path / "sysdiagnose", SysdiagnosePhone(seed=1), archive=False).path
    for name in ("ps.txt", "ps_thread.txt", "taskinfo.txt", "spindump-nosymbols.txt"):
        (unpacked / name).unlink(missing_ok=True)
    (built / FOLDER).mkdir(parents=True)
    unpacked.rename(built / FOLDER / unpacked.name)
    scan = responder.scan(built)
    assert scan["completeness"] == "partial"
    assert any(f" in {FOLDER}/{unpacked.name}" in each["module"] for each in scan["gaps"]), scan["gaps"]


def test_a_bugreport_among_an_androids_files_is_examined(responder: Any, tmp_path: Path) -> None:
    """Of an Android file system LINE alone is parsed; the report that lies in it is another thing."""
    files = write_line_android_fs(tmp_path / "files", healthy_account(seed=1))
    (files / "data/media/0").mkdir(parents=True, exist_ok=True)
    phone = AndroidPhone(seed=1, plants=(PROCESS,))
    build_bugreport(files / "data/media/0/bugreport-husky-2026-11-20.zip", phone)
    responder("iocs", "import", write_stix_bundle(tmp_path / "planted.stix2", (PROCESS,)))
    scan = responder.scan(files)
    assert {"dumpsys_packages", "processes", "line_android_fs"} <= {each["slug"] for each in scan["modules"]}
    assert by_module(scan, responder.alerts(scan["id"])) == {
        ("processes", PROCESS.value, "data/media/0/bugreport-husky-2026-11-20.zip")
    }
