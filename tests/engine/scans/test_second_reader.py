"""The second reader in whole scans: what no module reported is told, and a healthy phone stays healthy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mvtcase.engine.worker.match.compiled import matchset_collections
from mvtcase.engine.worker.match.loader import load_collections
from mvtcase.findings.normalise import Context, evidence_class, normalise
from mvtcase.model import AlertSource, Completeness, Device, EvidenceClass, EvidenceKind, Level, Platform
from mvtcase.phones.android import build_androidqf
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_fs import build_ios_file_system
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.plants import Plant, PlantKind
from mvtcase.phones.sysdiagnose import build_sysdiagnose
from mvtcase.phones.sysdiagnose_phone import SysdiagnosePhone
from mvtcase.wording import why

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.engine.job import EngineResult
    from mvtcase.model import RawAlert
    from mvtcase.phones.plants import BuiltEvidence

pytestmark = pytest.mark.engine

LINK = "planted.example.net"


def of_sweep(result: EngineResult) -> list[RawAlert]:
    """Return the second reader's alerts."""
    return [alert for alert in result.alerts if alert.source is AlertSource.SWEEP]


@pytest.mark.parametrize("spot", ["attributed_body", "sms_bare_link"])
def test_what_mvt_passes_over_on_an_iphone_is_found(
    spot: str, examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """A link that MVT's module does not compare: the database, its place on the phone and the level say what to do."""
    built = build_ios_backup(tmp_path / "backup", IosPhone(plants=(Plant(PlantKind.DOMAINS, LINK, spot),)))
    result = examine_with_mvt(EvidenceKind.IOS_BACKUP_ENCRYPTED, built.path)
    (alert,) = of_sweep(result)
    assert [each for each in result.alerts if each.indicator] == [alert]
    assert alert.level is Level.HIGH
    assert evidence_class(alert) is EvidenceClass.ATTEMPT
    assert "HomeDomain-Library/SMS/sms.db" in alert.message
    assert alert.indicator is not None
    assert (alert.indicator.value, alert.indicator.set) == (LINK, "invented")
    without = examine_with_mvt(EvidenceKind.IOS_BACKUP_ENCRYPTED, built.path, sweep=False)
    assert of_sweep(without) == []
    assert why("reader.off_limit") in without.limitations
    assert why("reader.off_limit") not in result.limitations


def test_texts_that_nothing_looked_at_are_a_gap(examine_with_mvt: Callable[..., EngineResult], tmp_path: Path) -> None:
    """Texts only in `attributedBody` are the second reader's alone: without it a hole, with it a limitation."""
    built = build_ios_backup(tmp_path / "backup", IosPhone(attributed_body_only=5))
    without = examine_with_mvt(EvidenceKind.IOS_BACKUP_ENCRYPTED, built.path, sweep=False)
    assert without.completeness is Completeness.PARTIAL
    assert "5 messages" in without.gaps[0].reason
    assert examine_with_mvt(EvidenceKind.IOS_BACKUP_ENCRYPTED, built.path).completeness is Completeness.FULL


def test_what_lies_in_apps_that_mvt_does_not_parse_is_found(
    examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """Another app's file in an Android backup, compressed, inside an acquisition."""
    built = build_androidqf(tmp_path / "phone", AndroidPhone(plants=(Plant(PlantKind.DOMAINS, LINK, "backup_files"),)))
    (alert,) = of_sweep(examine_with_mvt(EvidenceKind.ANDROIDQF, built.path))
    assert "backup.ab!backup.tar!apps/" in alert.message


def test_what_a_module_reported_is_one_finding(examine_with_mvt: Callable[..., EngineResult], tmp_path: Path) -> None:
    """The same indicator seen twice in messages is one finding that holds both alerts."""
    built = build_ios_backup(tmp_path / "backup", IosPhone(plants=(Plant(PlantKind.DOMAINS, LINK, "sms"),)))
    result = examine_with_mvt(EvidenceKind.IOS_BACKUP_ENCRYPTED, built.path)
    assert len(of_sweep(result)) == 1
    device = Device(
        id="D-0001", uuid="u", official="O-0001", label="phone", platform=Platform.IOS, fingerprint="udid:00008110"
    )
    found = normalise(result.alerts, Context(device=device, scan="S-0001"))
    matched = [finding for finding, _ in found if finding.indicator]
    assert [(each.module, each.evidence_class) for each in matched] == [("sms", EvidenceClass.ATTEMPT)]
    assert matched[0].alerts > 1


HEALTHY: dict[EvidenceKind, Callable[[Path], BuiltEvidence]] = {
    EvidenceKind.IOS_BACKUP_ENCRYPTED: lambda folder: build_ios_backup(folder / "backup", IosPhone()),
    EvidenceKind.IOS_FILE_SYSTEM: lambda folder: build_ios_file_system(folder / "dump", IosPhone()),
    EvidenceKind.SYSDIAGNOSE: lambda folder: build_sysdiagnose(folder / "sys", SysdiagnosePhone(), archive=False),
    EvidenceKind.ANDROIDQF: lambda folder: build_androidqf(folder / "phone", AndroidPhone()),
}


@pytest.mark.shared
@pytest.mark.parametrize("kind", list(HEALTHY))
def test_a_healthy_phone_has_no_string_of_the_real_sets(
    kind: EvidenceKind, examine_with_mvt: Callable[..., EngineResult], shared_folder: Path, tmp_path: Path
) -> None:
    """Five thousand real indicators: full, and neither a module nor the second reader reports one of them."""
    values: dict[str, tuple[str, ...]] = {}
    stix = [str(path) for path in sorted((shared_folder / "iocs").glob("*.stix2"))]
    for collection in matchset_collections(load_collections(stix)):
        for type_, held in collection.values.items():
            values[type_] = tuple(dict.fromkeys((*values.get(type_, ()), *held)))
    result = examine_with_mvt(kind, HEALTHY[kind](tmp_path).path, values=values)
    assert result.completeness is Completeness.FULL
    assert [alert.message for alert in result.alerts if alert.indicator] == []
