"""Whole scans of healthy evidence of every kind: full coverage, every module heard, what was planted found."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from mvtcase.kinds import Trace
from mvtcase.model import AlertSource, Completeness, EvidenceKind, IndicatorRef, Level, ModuleOutcome
from mvtcase.model.reach import sentence
from mvtcase.phones.adb_backup import build_adb_backup
from mvtcase.phones.android import build_androidqf, build_androidqf_zip
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.bugreport import build_bugreport
from mvtcase.phones.intrusion_logs import build_intrusion_logs
from mvtcase.phones.ios import ENCRYPTED_ONLY, build_ios_backup
from mvtcase.phones.ios_fs import build_ios_file_system
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.plants import BuiltEvidence, Plant, PlantKind
from mvtcase.phones.sysdiagnose import build_sysdiagnose
from mvtcase.phones.sysdiagnose_phone import SysdiagnosePhone

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.engine.job import EngineResult

pytestmark = pytest.mark.engine

LINK = "planted.example.net"
PROCESS = "plantedd"
IOS = IosPhone(plants=(Plant(PlantKind.DOMAINS, LINK, "sms"),))
ANDROID = AndroidPhone(plants=(Plant(PlantKind.DOMAINS, LINK),))


def built_sysdiagnose(folder: Path) -> BuiltEvidence:
    """Build a healthy sysdiagnose with one planted process."""
    phone = SysdiagnosePhone(plants=(Plant(PlantKind.PROCESSES, PROCESS),))
    return build_sysdiagnose(folder / "sysdiagnose", phone, archive=False)


def built_bugreport(folder: Path) -> BuiltEvidence:
    """Build a healthy bugreport with one planted app."""
    phone = AndroidPhone(plants=(Plant(PlantKind.APP_IDS, "net.example.planted"),))
    return build_bugreport(folder / "bugreport.zip", phone)


HEALTHY: dict[EvidenceKind, Callable[[Path], BuiltEvidence]] = {
    EvidenceKind.IOS_BACKUP: lambda folder: build_ios_backup(folder / "backup", IOS, missing=ENCRYPTED_ONLY),
    EvidenceKind.IOS_BACKUP_ENCRYPTED: lambda folder: build_ios_backup(folder / "backup", IOS),
    EvidenceKind.IOS_FILE_SYSTEM: lambda folder: build_ios_file_system(folder / "dump", IOS),
    EvidenceKind.SYSDIAGNOSE: built_sysdiagnose,
    EvidenceKind.ANDROIDQF: lambda folder: build_androidqf(folder / "androidqf", ANDROID),
    EvidenceKind.BUGREPORT: built_bugreport,
    EvidenceKind.ANDROID_BACKUP: lambda folder: build_adb_backup(folder / "backup.ab", ANDROID),
    EvidenceKind.INTRUSION_LOGS: lambda folder: build_intrusion_logs(folder / "logs", ANDROID),
}


_ALL = set(Trace)
CARRIED: dict[EvidenceKind, set[Trace]] = {
    EvidenceKind.IOS_BACKUP: _ALL,
    EvidenceKind.IOS_BACKUP_ENCRYPTED: _ALL,
    EvidenceKind.IOS_FILE_SYSTEM: _ALL - {Trace.PROFILE},
    EvidenceKind.SYSDIAGNOSE: {Trace.EXECUTION, Trace.APP, Trace.PROFILE, Trace.POSTURE},
    EvidenceKind.ANDROIDQF: _ALL - {Trace.PROFILE},
    EvidenceKind.BUGREPORT: _ALL - {Trace.PROFILE, Trace.MESSAGE, Trace.LINK_OPENED},
    EvidenceKind.ANDROID_BACKUP: {Trace.MESSAGE},
    EvidenceKind.INTRUSION_LOGS: {Trace.LINK_OPENED, Trace.EXECUTION},
}
"""The classes of traces that a healthy phone's evidence holds, by kind."""


def levels_by_mvt(result: EngineResult) -> Counter[Level]:
    """Count the alerts that MVT itself raised, by level."""
    return Counter(alert.level for alert in result.alerts if alert.source is AlertSource.MVT)


@pytest.mark.parametrize("kind", list(HEALTHY))
def test_a_healthy_phone_is_examined_in_full_and_the_plant_is_found(
    kind: EvidenceKind, examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """Every kind can reach full coverage, and the planted indicator is a match of its set."""
    built = HEALTHY[kind](tmp_path)
    values = {"domains": (LINK,), "processes": (PROCESS,), "app_ids": ("net.example.planted",)}
    result = examine_with_mvt(kind, built.path, values=values)
    assert (result.finished, result.completeness, result.gaps) == (True, Completeness.FULL, ())
    assert ModuleOutcome.NOT_RUN not in {run.outcome for run in result.modules}
    planted = {each.module for each in built.planted if each.reported_by_mvt}
    matched = {alert.module for alert in result.alerts if alert.indicator and alert.indicator.set == "invented"}
    assert planted
    assert planted <= matched
    assert {run.origin for run in result.modules} <= {"'mvt@2026.10.26'", "'mvtcase@0.1.0'"}
    assert {each.trace for each in result.reach if each.is_carried} == CARRIED[kind], sentence(result.reach)
    assert any(each.from_ for each in result.reach)


def test_nested_commands_are_heard_and_keep_their_results_apart(
    examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """AndroidQF's own modules, the bugreport's, the backup's and the logs': two modules of one name stay two."""
    built = build_androidqf_zip(tmp_path / "androidqf.zip", ANDROID)
    result = examine_with_mvt(EvidenceKind.ANDROIDQF, built.path)
    counts = Counter(run.part for run in result.modules)
    assert counts["androidqf"] >= 8
    assert counts["bugreport"] >= 16
    assert counts["backup"] == 1
    assert counts["intrusion_logs"] == 3
    folder = tmp_path / "results-0" / "mvt"
    assert (folder / "androidqf" / "mounts.json").read_bytes() != (folder / "bugreport" / "mounts.json").read_bytes()


def test_evidence_is_left_as_it_was(examine_with_mvt: Callable[..., EngineResult], tmp_path: Path) -> None:
    """Names, bytes and times of modification are the same after the scan, and nothing was added."""
    built = build_ios_backup(tmp_path / "backup", IOS)

    def state() -> list[tuple[str, int, bytes]]:
        files = sorted(path for path in built.path.rglob("*") if path.is_file())
        return [(str(path), path.stat().st_mtime_ns, path.read_bytes()) for path in files]

    before = state()
    assert examine_with_mvt(EvidenceKind.IOS_BACKUP, built.path).finished
    assert state() == before


def test_the_stock_matcher_raises_the_same_alerts(
    examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """Our index and MVT's own walk agree alert for alert."""
    built = build_ios_backup(tmp_path / "backup", IOS)
    fast = examine_with_mvt(EvidenceKind.IOS_BACKUP_ENCRYPTED, built.path)
    stock = examine_with_mvt(EvidenceKind.IOS_BACKUP_ENCRYPTED, built.path, stock_matcher=True)
    assert fast.alerts == stock.alerts
    assert len(fast.alerts) > 1


def test_an_alert_without_its_indicator_gets_it_from_the_witness(
    examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """Locationd's alerts name no indicator; the check that returned the match does."""
    phone = IosPhone(plants=(Plant(PlantKind.PROCESSES, PROCESS, "locationd_clients"),))
    built = build_ios_backup(tmp_path / "backup", phone)
    result = examine_with_mvt(EvidenceKind.IOS_BACKUP, built.path, values={"processes": (PROCESS,)})
    expected = IndicatorRef(value=PROCESS, type="processes", family="Invented", set="invented")
    matched = [alert for alert in result.alerts if alert.indicator == expected and alert.source is AlertSource.MVT]
    assert {alert.module for alert in matched} == {"locationd_clients"}
    others = [alert for alert in result.alerts if alert.indicator is None]
    assert all(alert.module != "locationd_clients" for alert in others)


@pytest.mark.shared
def test_mvts_own_backup(shared_folder: Path, examine_with_mvt: Callable[..., EngineResult]) -> None:
    """The 28 modules of MVT's test backup, its two alerts, and a status its coverage supports."""
    result = examine_with_mvt(EvidenceKind.IOS_BACKUP, shared_folder / "samples" / "mvt" / "ios_backup")
    own = [run for run in result.modules if run.origin == "'mvt@2026.10.26'"]
    assert len(own) == 28
    assert Counter(run.outcome for run in own)[ModuleOutcome.NO_SOURCE] == 10
    assert ModuleOutcome.NOT_RUN not in {run.outcome for run in own}
    assert levels_by_mvt(result) == {Level.LOW: 1, Level.INFORMATIONAL: 1}
    assert result.completeness is Completeness.PARTIAL


@pytest.mark.shared
def test_mvts_own_androidqf(shared_folder: Path, examine_with_mvt: Callable[..., EngineResult]) -> None:
    """Its ten alerts, its nested backup, and the bugreport that is not there as a gap."""
    result = examine_with_mvt(EvidenceKind.ANDROIDQF, shared_folder / "samples" / "mvt" / "androidqf")
    assert levels_by_mvt(result) == {
        Level.HIGH: 4,
        Level.MEDIUM: 5,
        Level.INFORMATIONAL: 1,
    }
    assert ("backup", "sms") in {(run.part, run.slug) for run in result.modules}
    assert result.completeness is Completeness.PARTIAL
    assert "bugreport" in {gap.module for gap in result.gaps}
