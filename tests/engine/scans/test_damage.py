"""Damaged and hostile evidence through the real MVT: nothing of it is ever taken for examined."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mvtcase.control.android import build_androidqf
from mvtcase.control.android_phone import AndroidPhone
from mvtcase.control.damage import Damage
from mvtcase.control.ios import build_ios_backup
from mvtcase.control.ios_phone import IosPhone
from mvtcase.control.plants import Plant, PlantKind
from mvtcase.engine.job import Secret
from mvtcase.model import Completeness, EvidenceKind, Outcome
from mvtcase.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.engine.job import EngineResult
    from mvtcase.model import ModuleRun

pytestmark = pytest.mark.engine

PHONE = IosPhone(plants=(Plant(PlantKind.DOMAINS, "planted.example.net", "sms"),))
EXAMINED = {Outcome.CHECKED, Outcome.EXTRACTED}


def run_of(result: EngineResult, slug: str, part: str = "backup") -> ModuleRun:
    """Return the run of one module."""
    return next(run for run in result.modules if (run.part, run.slug) == (part, slug))


@pytest.mark.parametrize(
    "damage",
    [
        Damage.NOISE,
        Damage.NOISE_INSIDE,
        Damage.TRUNCATED,
        Damage.EMPTY,
        Damage.HEADER,
        Damage.TABLE_MISSING,
        Damage.SYMLINK,
        Damage.FOLDER,
    ],
)
def test_a_damaged_sms_db_is_never_examined(
    damage: Damage, examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """Whatever MVT makes of it, the messages were not read, the scan is partial, and the rest was examined."""
    built = build_ios_backup(tmp_path / "backup", PHONE, damage={"sms": damage})
    result = examine_with_mvt(EvidenceKind.IOS_BACKUP, built.path)
    assert run_of(result, "sms").outcome not in EXAMINED
    assert result.completeness is Completeness.PARTIAL
    assert "SMS" in {gap.module for gap in result.gaps}
    assert run_of(result, "datausage").outcome is Outcome.CHECKED


@pytest.mark.parametrize("damage", [Damage.NOISE, Damage.TRUNCATED, Damage.EMPTY, Damage.TABLE_MISSING])
def test_a_broken_manifest_stops_nobody_else(
    damage: Damage, examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """MVT stops after three of 28 modules and exits with 0; here the others run and the scan is no full one."""
    built = build_ios_backup(tmp_path / "backup", PHONE, damage={"manifest_db": damage})
    result = examine_with_mvt(EvidenceKind.IOS_BACKUP, built.path)
    assert run_of(result, "manifest").outcome not in EXAMINED
    assert result.completeness is Completeness.PARTIAL
    assert run_of(result, "sms").outcome is Outcome.CHECKED
    assert "sms" in {alert.module for alert in result.alerts}


def test_a_pipe_in_place_of_a_file_costs_its_modules_their_time_and_nobody_else(
    examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """MVT waits for ever; here the modules that read it are given up and the others run again without them."""
    built = build_ios_backup(tmp_path / "backup", PHONE, damage={"tcc": Damage.FIFO})
    limits = Limits(module_seconds=2, wall_seconds=60)
    result = examine_with_mvt(EvidenceKind.IOS_BACKUP, built.path, limits=limits)
    assert result.finished
    assert run_of(result, "tcc").outcome is not Outcome.CHECKED
    assert run_of(result, "sms").outcome is Outcome.CHECKED
    assert [alert.module for alert in result.alerts].count("sms") == 1
    assert result.completeness is Completeness.PARTIAL


def test_no_indicators_is_blind(examine_with_mvt: Callable[..., EngineResult], tmp_path: Path) -> None:
    """A scan with nothing to look for finds nothing and says that it is blind."""
    built = build_ios_backup(tmp_path / "backup", PHONE)
    result = examine_with_mvt(EvidenceKind.IOS_BACKUP, built.path, values={})
    assert result.finished
    assert (result.indicators_loaded, result.completeness) == (0, Completeness.BLIND)


def test_an_empty_folder_is_blind(examine_with_mvt: Callable[..., EngineResult], tmp_path: Path) -> None:
    """A file system dump entered one level too high says "no data" everywhere, and that is not an examination."""
    (tmp_path / "dump").mkdir()
    result = examine_with_mvt(EvidenceKind.IOS_FILE_SYSTEM, tmp_path / "dump")
    assert result.completeness is Completeness.BLIND


def test_a_set_without_any_domain_does_not_fail_the_modules(
    examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """Plain MVT fails every module that checks a link; here a set of processes alone is as good as any."""
    built = build_ios_backup(tmp_path / "backup", PHONE)
    result = examine_with_mvt(EvidenceKind.IOS_BACKUP, built.path, values={"processes": ("plantedd",)})
    assert result.completeness is Completeness.FULL


def test_a_bugreport_that_cannot_be_opened_costs_the_bugreport(
    examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """MVT's command dies there, before the backup and before its alerts are written."""
    phone = AndroidPhone(plants=(Plant(PlantKind.DOMAINS, "planted.example.net"),))
    built = build_androidqf(tmp_path / "androidqf", phone)
    (built.path / "bugreport.zip").write_bytes(b"no zip at all")
    result = examine_with_mvt(EvidenceKind.ANDROIDQF, built.path)
    assert result.finished
    assert result.completeness is Completeness.PARTIAL
    assert ("bugreport", Outcome.FAILED) in {(gap.module, gap.outcome) for gap in result.gaps}
    assert run_of(result, "sms", "backup").outcome is Outcome.CHECKED


@pytest.mark.parametrize("password", [None, "wrong"])
def test_an_encrypted_backup_without_its_password_is_a_gap(
    password: str | None, examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """MVT writes a warning and exits with 0; nobody has read the messages."""
    built = build_androidqf(tmp_path / "androidqf", AndroidPhone(), backup_password="right")
    secret = Secret(value=password) if password else None
    result = examine_with_mvt(EvidenceKind.ANDROIDQF, built.path, password=secret)
    assert result.completeness is Completeness.PARTIAL
    assert "backup" in {gap.module for gap in result.gaps}
    right = examine_with_mvt(EvidenceKind.ANDROIDQF, built.path, password=Secret(value="right"))
    assert right.completeness is Completeness.FULL


def test_a_backup_alone_that_cannot_be_opened_is_blind(
    examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """MVT's library calls `sys.exit`; the scan says what happened and stays blind."""
    (tmp_path / "backup.ab").write_bytes(b"ANDROID BACKUP\n5\n0\nnone\nnot a tar")
    result = examine_with_mvt(EvidenceKind.ANDROID_BACKUP, tmp_path / "backup.ab")
    assert result.completeness is Completeness.BLIND
    assert not result.finished
    assert result.error
