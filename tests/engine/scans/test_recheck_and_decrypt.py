"""Rechecks of stored results and decryption of backups, with the real MVT's modules and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.engine.job import DecryptJob, RecheckJob, Secret
from mvtcase.engine.runner import run_decrypt, run_recheck
from mvtcase.errors import EngineError, EvidenceError, EvidenceHostileError, PasswordError
from mvtcase.model import Completeness, EvidenceKind, ModuleOutcome
from mvtcase.phones.damage import Damage
from mvtcase.phones.encrypted import encrypt_ios_backup
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.plants import Plant, PlantKind
from mvtcase.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.engine.job import EngineEvent, EngineResult
    from mvtcase.matchset import MatchSet

pytestmark = pytest.mark.engine

LINK = "planted.example.net"
PHONE = IosPhone(plants=(Plant(PlantKind.DOMAINS, LINK, "sms"),))
PASSWORD = "correct horse"
KIND = EvidenceKind.IOS_BACKUP_ENCRYPTED


def quiet(event: EngineEvent) -> None:
    """Hear an event and do nothing."""


@pytest.fixture
def encrypted_backup(tmp_path: Path) -> Path:
    """Return an encrypted backup with a planted link."""
    built = build_ios_backup(tmp_path / "plain", PHONE)
    return encrypt_ios_backup(built.path, tmp_path / "encrypted", PASSWORD)


@pytest.fixture
def recheck(tmp_path: Path, planted_sets: Callable[..., tuple[Path, MatchSet]]) -> Callable[..., EngineResult]:
    """Return a function that rechecks the results of an earlier scan with other indicators."""

    def again(results: Path, values: dict[str, tuple[str, ...]]) -> EngineResult:
        path, matchset = planted_sets(values)
        job = RecheckJob(
            results=results,
            kind=KIND,
            out=tmp_path / "rechecked",
            matchset=path,
            expected_indicators=matchset.count,
            set_names={"invented.stix2": "invented"},
            limits=Limits(),
        )
        return run_recheck(job, on_event=quiet)

    return again


def test_a_recheck_finds_what_the_scan_did_not_know(
    examine_with_mvt: Callable[..., EngineResult], recheck: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """The link was there all the time; with the new set the stored messages tell of it, the phone not needed."""
    built = build_ios_backup(tmp_path / "backup", PHONE)
    before = examine_with_mvt(KIND, built.path, values={"domains": ("other.example.org",)})
    assert not [alert for alert in before.alerts if alert.indicator]
    after = recheck(tmp_path / "results-0", {"domains": (LINK,)})
    assert [alert.module for alert in after.alerts if alert.indicator] == ["sms", "sweep"]
    assert (after.finished, after.completeness) == (True, Completeness.FULL)
    assert {run.slug: run.records for run in after.modules} == {run.slug: run.records for run in before.modules}
    assert any("recheck" in text for text in after.limitations)


def test_a_recheck_without_the_value_index_says_so(
    examine_with_mvt: Callable[..., EngineResult], recheck: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """What the second reader took apart is gone: the recheck answers for the modules' results and for nothing else."""
    built = build_ios_backup(tmp_path / "backup", PHONE)
    examine_with_mvt(KIND, built.path)
    (tmp_path / "results-0" / "mvt" / "values.jsonl.gz").unlink()
    after = recheck(tmp_path / "results-0", {"domains": (LINK,)})
    assert after.completeness is Completeness.PARTIAL
    assert [gap.module for gap in after.gaps] == ["second reader"]


def test_what_was_not_examined_on_the_phone_stays_a_gap(
    examine_with_mvt: Callable[..., EngineResult], recheck: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """A recheck cannot read a database that was damaged when the phone was there."""
    built = build_ios_backup(tmp_path / "backup", PHONE, damage={"sms": Damage.NOISE})
    examine_with_mvt(KIND, built.path)
    after = recheck(tmp_path / "results-0", {"domains": (LINK,)})
    assert after.completeness is Completeness.PARTIAL
    assert "SMS" in {gap.module for gap in after.gaps}


def test_gaps_of_the_earlier_scan_are_carried_along(
    examine_with_mvt: Callable[..., EngineResult], recheck: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """What was recovered only, or missing from the acquisition, is no better known when nothing is read again."""
    damage = {"sms": Damage.TEXT_DATE}
    built = build_ios_backup(tmp_path / "backup", PHONE, damage=damage, lost=("whatsapp",))
    before = examine_with_mvt(KIND, built.path)
    after = recheck(tmp_path / "results-0", {"domains": (LINK,)})
    assert {gap.reason for gap in before.gaps} <= {gap.reason for gap in after.gaps}
    assert ModuleOutcome.RECOVERED in {gap.outcome for gap in after.gaps}
    assert after.completeness is Completeness.PARTIAL


def test_a_recheck_of_an_interrupted_scan_is_no_full_one(
    examine_with_mvt: Callable[..., EngineResult], recheck: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """Whatever was stored before the end, the rest was never looked at."""
    built = build_ios_backup(tmp_path / "backup", PHONE)
    examine_with_mvt(KIND, built.path)
    events = tmp_path / "results-0" / "events.jsonl"
    events.write_bytes(b"".join(events.read_bytes().splitlines(keepends=True)[:-1]))
    after = recheck(tmp_path / "results-0", {"domains": (LINK,)})
    assert after.completeness is Completeness.PARTIAL
    assert "scan" in {gap.module for gap in after.gaps}


def test_stored_results_that_changed_are_gaps(
    examine_with_mvt: Callable[..., EngineResult], recheck: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """Deleted, emptied, torn or shortened: none of it is taken for what was stored."""
    built = build_ios_backup(tmp_path / "backup", PHONE)
    examine_with_mvt(KIND, built.path)
    stored = tmp_path / "results-0" / "mvt" / "backup"
    (stored / "sms.json").unlink()
    (stored / "datausage.json").write_bytes(b"")
    (stored / "whatsapp.json").write_bytes(b"[1, 2")
    (stored / "calendar.json").write_bytes(b'[{"summary": "x"}]')
    after = recheck(tmp_path / "results-0", {"domains": (LINK,)})
    outcomes = {run.slug: run.outcome for run in after.modules}
    changed = {slug for slug, outcome in outcomes.items() if outcome is ModuleOutcome.FAILED}
    assert changed == {"sms", "datausage", "whatsapp", "calendar"}
    assert outcomes["tcc"] is ModuleOutcome.CHECKED
    assert after.completeness is Completeness.PARTIAL


def test_a_folder_without_results_is_blind(recheck: Callable[..., EngineResult], tmp_path: Path) -> None:
    """Nothing stored is nothing examined."""
    (tmp_path / "empty").mkdir()
    assert recheck(tmp_path / "empty", {"domains": (LINK,)}).completeness is Completeness.BLIND


def decrypt(source: Path, target: Path, **secrets: Any) -> Any:
    """Decrypt a backup with a password or key."""
    return run_decrypt(DecryptJob(source=source, target=target, limits=Limits(), **secrets), on_event=quiet)


def test_a_decrypted_backup_is_examined_in_full(
    encrypted_backup: Path, examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """Every file is there again, the original is untouched, and the key opens the backup a second time."""

    def state() -> list[tuple[str, int, bytes]]:
        files = sorted(path for path in encrypted_backup.rglob("*") if path.is_file())
        return [(path.name, path.stat().st_mtime_ns, path.read_bytes()) for path in files]

    before = state()
    result = decrypt(encrypted_backup, tmp_path / "opened", password=Secret(value=PASSWORD))
    assert state() == before
    assert result.files > 0
    assert result.failed == ()
    scanned = examine_with_mvt(EvidenceKind.IOS_BACKUP_ENCRYPTED, tmp_path / "opened")
    assert scanned.completeness is Completeness.FULL
    assert "sms" in {alert.module for alert in scanned.alerts if alert.indicator}
    assert PASSWORD not in repr(result)
    again = decrypt(encrypted_backup, tmp_path / "again", key=result.key)
    assert again.files == result.files


@pytest.mark.parametrize(
    "secret",
    [{"password": Secret(value="wrong")}, {"key": Secret(value="ab" * 32)}, {"key": Secret(value="short")}, {}],
)
def test_a_wrong_secret_is_told_before_anything_is_written(
    secret: dict[str, Secret], encrypted_backup: Path, tmp_path: Path
) -> None:
    """No hours of work, no folder left behind."""
    with pytest.raises(PasswordError):
        decrypt(encrypted_backup, tmp_path / "opened", **secret)
    assert not (tmp_path / "opened").exists()
    assert not list(tmp_path.glob(".opened*"))


def test_a_plain_backup_is_not_decrypted(tmp_path: Path) -> None:
    """A backup without keys is told from one with another password."""
    built = build_ios_backup(tmp_path / "plain", PHONE)
    with pytest.raises(EvidenceError, match="not encrypted"):
        decrypt(built.path, tmp_path / "opened", password=Secret(value=PASSWORD))


def test_files_that_cannot_be_decrypted_are_gaps(encrypted_backup: Path, tmp_path: Path) -> None:
    """A torn file, a missing file and a pipe each cost themselves, and the gap names the file."""
    files = sorted(path for path in encrypted_backup.glob("??/*") if path.stat().st_size > 64)
    files[0].write_bytes(files[0].read_bytes()[:33])
    files[1].unlink()
    files[2].unlink()
    files[2].symlink_to("/dev/zero")
    result = decrypt(encrypted_backup, tmp_path / "opened", password=Secret(value=PASSWORD))
    reasons = [gap.reason for gap in result.failed]
    assert sum("could not be decrypted" in reason for reason in reasons) == 2
    assert any(reason.startswith("1 file that Manifest.db lists is not in the backup") for reason in reasons)


@pytest.mark.parametrize("name", ["Manifest.db", "Manifest.plist"])
def test_a_backup_whose_description_is_damaged_is_an_error(name: str, encrypted_backup: Path, tmp_path: Path) -> None:
    """It is the backup's fault, not the password's, and says so."""
    (encrypted_backup / name).write_bytes((encrypted_backup / name).read_bytes()[:-100])
    with pytest.raises(EvidenceError) as caught:
        decrypt(encrypted_backup, tmp_path / "opened", password=Secret(value=PASSWORD))
    assert not isinstance(caught.value, PasswordError)


def test_a_backup_that_asks_for_endless_rounds_is_refused(tmp_path: Path) -> None:
    """Two thousand million rounds of key derivation would be days; the number stands in the file."""
    built = build_ios_backup(tmp_path / "plain", PHONE)
    hostile = encrypt_ios_backup(built.path, tmp_path / "hostile", PASSWORD)
    manifest = hostile / "Manifest.plist"
    content = manifest.read_bytes()
    place = content.index(b"DPIC") + 8
    manifest.write_bytes(content[:place] + b"\x7f\xff\xff\xff" + content[place + 4 :])
    with pytest.raises(EvidenceHostileError, match="rounds"):
        decrypt(hostile, tmp_path / "opened", password=Secret(value=PASSWORD))


def test_a_decryption_that_dies_is_an_error_and_leaves_nothing(encrypted_backup: Path, tmp_path: Path) -> None:
    """A worker without the memory to start cannot have decrypted anything."""
    limits = Limits(memory_bytes=8 << 20)
    job = DecryptJob(
        source=encrypted_backup, target=tmp_path / "opened", limits=limits, password=Secret(value=PASSWORD)
    )
    with pytest.raises(EngineError):
        run_decrypt(job, on_event=quiet)
    assert not (tmp_path / "opened").exists()
