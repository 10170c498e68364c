"""Damaged and hostile evidence through the real MVT: nothing of it is ever taken for examined."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from mvtcase.engine.job import Secret
from mvtcase.errors import PasswordError
from mvtcase.model import Completeness, EvidenceKind, ModuleOutcome
from mvtcase.phones.adb_backup import build_adb_backup
from mvtcase.phones.android import build_androidqf
from mvtcase.phones.android_damage import AndroidDamage
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.damage import ROW_DAMAGES, Damage
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.plants import Plant, PlantKind
from mvtcase.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.engine.job import EngineResult
    from mvtcase.model import ModuleRun

pytestmark = pytest.mark.engine

PHONE = IosPhone(plants=(Plant(PlantKind.DOMAINS, "planted.example.net", "sms"),))
EXAMINED = {ModuleOutcome.CHECKED, ModuleOutcome.EXTRACTED}


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
    assert run_of(result, "datausage").outcome is ModuleOutcome.CHECKED


@pytest.mark.parametrize("damage", [Damage.NOISE, Damage.TABLE_MISSING])
def test_a_broken_manifest_stops_nobody_else(
    damage: Damage, examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """MVT stops after three of 28 modules and exits with 0; here the others run and the scan is no full one."""
    built = build_ios_backup(tmp_path / "backup", PHONE, damage={"manifest_db": damage})
    result = examine_with_mvt(EvidenceKind.IOS_BACKUP, built.path)
    assert run_of(result, "manifest").outcome not in EXAMINED
    assert result.completeness is Completeness.PARTIAL
    assert run_of(result, "sms").outcome is ModuleOutcome.CHECKED
    assert "sms" in {alert.module for alert in result.alerts}


@pytest.mark.parametrize("damage", [Damage.FIFO, Damage.SYMLINK])
def test_what_is_no_regular_file_is_refused_at_once(
    damage: Damage, examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """MVT would wait for a pipe for ever and copy the analyst's file behind a link; nobody else loses time over it."""
    sources = ("tcc", "info_plist", "os_analytics_ad_daily", "configuration_profiles")
    built = build_ios_backup(tmp_path / "backup", PHONE, damage=dict.fromkeys(sources, damage))
    limits = Limits(module_seconds=30, wall_seconds=60)
    result = examine_with_mvt(EvidenceKind.IOS_BACKUP, built.path, limits=limits)
    assert result.finished
    assert ModuleOutcome.TIMED_OUT not in {run.outcome for run in result.modules}
    assert run_of(result, "sms").outcome is ModuleOutcome.CHECKED
    assert result.completeness is Completeness.PARTIAL
    for slug in ("tcc", "backup_info", "os_analytics_ad_daily"):
        assert run_of(result, slug).outcome not in EXAMINED


@pytest.mark.parametrize("damage", sorted(ROW_DAMAGES))
def test_an_odd_row_hides_no_other(
    damage: Damage, examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """MVT's module dies of one row, all others unchecked; here the planted link is found and the row is told of."""
    built = build_ios_backup(tmp_path / "backup", PHONE, damage={"sms": damage})
    result = examine_with_mvt(EvidenceKind.IOS_BACKUP_ENCRYPTED, built.path)
    run = run_of(result, "sms")
    assert "sms" in {alert.module for alert in result.alerts if alert.indicator}
    assert run.records == run.source_rows
    if run.outcome is ModuleOutcome.CHECKED:
        assert result.completeness is Completeness.FULL
    else:
        assert (run.outcome, result.completeness) == (ModuleOutcome.RECOVERED, Completeness.PARTIAL)
        assert "set right in a working copy" in run.reason


def test_an_empty_source_is_examined_when_our_own_count_says_so(
    examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """A phone without a single message is a phone without messages, not a damaged one."""
    built = build_ios_backup(tmp_path / "backup", IosPhone(), damage={"sms": Damage.NO_ROWS})
    result = examine_with_mvt(EvidenceKind.IOS_BACKUP_ENCRYPTED, built.path)
    assert (run_of(result, "sms").outcome, run_of(result, "sms").source_rows) == (ModuleOutcome.EMPTY, 0)
    assert result.completeness is Completeness.FULL


@pytest.mark.parametrize("damage", [Damage.VIEW_INSTEAD_OF_TABLE, Damage.ENDLESS_VIEW])
def test_a_view_in_place_of_a_table_is_not_read(
    damage: Damage, examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """A view can give endless rows, or any it likes; it is told from the table before MVT asks it."""
    built = build_ios_backup(tmp_path / "backup", PHONE, damage={"sms": damage})
    result = examine_with_mvt(EvidenceKind.IOS_BACKUP_ENCRYPTED, built.path)
    assert run_of(result, "sms").outcome is ModuleOutcome.DAMAGED
    assert "a view stands in place of the table message" in run_of(result, "sms").reason


def test_damage_that_mvt_passes_over_in_silence_is_a_gap(
    examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """An unreadable profile becomes an empty one, an unreadable database no data: neither is an examination."""
    sources = ("configuration_profiles", "webkit_resource_load_statistics", "os_analytics_ad_daily")
    built = build_ios_backup(tmp_path / "backup", IosPhone(), damage=dict.fromkeys(sources, Damage.NOISE))
    result = examine_with_mvt(EvidenceKind.IOS_BACKUP_ENCRYPTED, built.path)
    assert result.completeness is Completeness.PARTIAL
    assert {run_of(result, slug).module for slug in sources} <= {gap.module for gap in result.gaps}


def test_files_that_the_manifest_lists_and_the_backup_lacks_are_a_gap(
    examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """An app's database that was not copied is told from an app that is not there."""
    built = build_ios_backup(tmp_path / "backup", IosPhone(), lost=("whatsapp",))
    result = examine_with_mvt(EvidenceKind.IOS_BACKUP_ENCRYPTED, built.path)
    assert result.completeness is Completeness.PARTIAL
    assert any("missing from the backup" in gap.reason or "ChatStorage" in gap.reason for gap in result.gaps)


def test_reasons_show_no_path_of_this_machine(examine_with_mvt: Callable[..., EngineResult], tmp_path: Path) -> None:
    """They go into reports; where the evidence lay on the examiner's disk does not."""
    built = build_androidqf(tmp_path / "androidqf", AndroidPhone())
    (built.path / "packages.json").unlink()
    (built.path / "packages.json").symlink_to(tmp_path / "nowhere")
    result = examine_with_mvt(EvidenceKind.ANDROIDQF, built.path)
    assert result.completeness is Completeness.PARTIAL
    shown = [text for run in result.modules for text in (run.reason, run.error or "", *run.messages)]
    assert not [text for text in shown if str(tmp_path) in text]


def test_pipes_in_an_androidqf_folder_cost_nobody_any_time(
    examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """MVT waits for ever for their first byte; here they are refused at once and everything else is examined."""
    built = build_androidqf(tmp_path / "androidqf", AndroidPhone())
    for name in ("packages.json", "backup.ab", "bugreport.zip", "getprop.txt"):
        (built.path / name).unlink()
        os.mkfifo(built.path / name)
    result = examine_with_mvt(EvidenceKind.ANDROIDQF, built.path, limits=Limits(module_seconds=15, wall_seconds=60))
    assert (result.finished, result.completeness) == (True, Completeness.PARTIAL)
    assert ModuleOutcome.TIMED_OUT not in {run.outcome for run in result.modules}
    assert run_of(result, "aqf_processes", "androidqf").outcome is ModuleOutcome.CHECKED
    assert run_of(result, "aqf_packages", "androidqf").outcome not in EXAMINED


def test_one_odd_message_in_an_android_backup_hides_no_other(
    examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """MVT loses all messages over one without a body."""
    phone = AndroidPhone(plants=(Plant(PlantKind.DOMAINS, "planted.example.net"),))
    built = build_androidqf(tmp_path / "androidqf", phone, damage={"backup.ab": AndroidDamage.BODYLESS_MESSAGE})
    result = examine_with_mvt(EvidenceKind.ANDROIDQF, built.path)
    assert run_of(result, "sms", "backup").outcome is ModuleOutcome.RECOVERED
    assert "sms" in {alert.module for alert in result.alerts if alert.indicator}


@pytest.mark.parametrize("password", [None, "wrong"])
def test_an_encrypted_android_backup_asks_for_its_password(
    password: str | None, examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """Where the backup is all there is, a wrong password is an error and no result."""
    phone = AndroidPhone(plants=(Plant(PlantKind.DOMAINS, "planted.example.net"),))
    built = build_adb_backup(tmp_path / "backup.ab", phone, password="right")
    secret = Secret(value=password) if password else None
    with pytest.raises(PasswordError):
        examine_with_mvt(EvidenceKind.ANDROID_BACKUP, built.path, password=secret)
    right = examine_with_mvt(EvidenceKind.ANDROID_BACKUP, built.path, password=Secret(value="right"))
    assert right.completeness is Completeness.FULL


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
    assert ("bugreport", ModuleOutcome.FAILED) in {(gap.module, gap.outcome) for gap in result.gaps}
    assert run_of(result, "sms", "backup").outcome is ModuleOutcome.CHECKED


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


def test_an_encrypted_backup_with_its_password_is_examined(
    examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """The password reaches MVT's nested command."""
    built = build_androidqf(tmp_path / "androidqf", AndroidPhone(), backup_password="right")
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
