"""The LINE modules in plain MVT: the installed commands load them, run them, and show their alerts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from builders.line import (
    LAST_DAY,
    LineAccount,
    healthy_account,
    line_ios_files,
    two_accounts,
    unsealed_from,
    with_message,
    write_line_android_fs,
    write_line_backup,
    write_line_ios_fs,
)
from shared import REAL_SETS

pytestmark = pytest.mark.engine

_WHEN = LAST_DAY - timedelta(days=10)
_DOMAIN = "line-plant.example.com"
_PEGASUS = REAL_SETS / "pegasus.stix2"


@dataclass(frozen=True, kw_only=True)
class _Run:
    text: str
    status: int
    folder: Path

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts of the LINE modules."""
        path = self.folder / "alerts.json"
        found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        return [alert for alert in found if alert["module"].startswith("line_")]

    def results(self, slug: str) -> list[dict[str, Any]]:
        """Return a module's stored results."""
        found: list[dict[str, Any]] = json.loads((self.folder / f"{slug}.json").read_text(encoding="utf-8"))
        return found


def _mvt(tmp_path: Path, *arguments: str, domain: str = _DOMAIN, indicators: Path | None = None) -> _Run:
    """Run an installed MVT command with its settings in the test's folder and the network off."""
    program, verb, *rest = arguments
    output = tmp_path / "output"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MVT_")},
        "MVT_CONFIG_FOLDER": str(tmp_path / "config"),
        "MVT_DATA_FOLDER": str(tmp_path / "data"),
        "MVT_NETWORK_ACCESS_ALLOWED": "false",
    }
    command = [
        str(Path(sys.executable).with_name(program)),
        "--disable-update-check",
        "--disable-indicator-update-check",
        verb,
        *("--iocs", str(indicators or _stix(tmp_path, domain)), "--output", str(output), *rest),
    ]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    return _Run(text=run.stdout + run.stderr, status=run.returncode, folder=output)


def _stix(folder: Path, domain: str) -> Path:
    """Write a bundle with one domain indicator."""
    stamp = "2026-01-01T00:00:00.000Z"
    indicator = {
        "type": "indicator",
        "spec_version": "2.1",
        "id": "indicator--4f3a1e9a-0f3b-4a7e-8f39-2f1f5a3f6b11",
        "created": stamp,
        "modified": stamp,
        "indicator_types": ["malicious-activity"],
        "pattern": f"[domain-name:value='{domain}']",
        "pattern_type": "stix",
        "valid_from": stamp,
    }
    path = folder / "own.stix2"
    bundle = {"type": "bundle", "id": "bundle--9c1f1f42-6d0c-4a38-a9f2-7b5b6e6b1f0a", "objects": [indicator]}
    path.write_text(json.dumps(bundle), encoding="utf-8")
    return path


def _with_link(account: LineAccount, domain: str = _DOMAIN) -> LineAccount:
    return with_message(account, f"請看https://{domain}/x謝謝", _WHEN)


def test_check_backup_loads_the_module_and_raises_the_planted_link(tmp_path: Path) -> None:
    """`mvt-ios check-backup` finds a planted link in a LINE message, with its time, and the posture finding."""
    account = _with_link(unsealed_from(healthy_account(), _WHEN))
    backup = write_line_backup(tmp_path / "backup", line_ios_files(account))
    run = _mvt(tmp_path, "mvt-ios", "check-backup", str(backup))
    assert run.status == 0, run.text
    matches = [alert for alert in run.alerts() if alert["level"] == "CRITICAL"]
    assert [alert["matched_indicator"]["value"] for alert in matches] == [_DOMAIN]
    assert matches[0]["event"]["isodate"] == "2021-07-10 09:00:00.000000"
    posture = [alert for alert in run.alerts() if "R3" in alert["message"]]
    assert [(alert["level"], alert["matched_indicator"]) for alert in posture] == [("MEDIUM", None)]


def test_check_backup_reports_both_accounts(tmp_path: Path) -> None:
    """A backup with two LINE accounts gives two summaries, one on and one changed."""
    accounts = two_accounts(_WHEN)
    files = [file for account in accounts for file in line_ios_files(account)]
    backup = write_line_backup(tmp_path / "backup", {file.file_id: file for file in files}.values())
    run = _mvt(tmp_path, "mvt-ios", "check-backup", "--module", "LineIOS", str(backup))
    summaries = [each for each in run.results("line_ios") if each["record"] == "line_sealing_summary"]
    assert sorted(each["sealing"] for each in summaries) == ["changed_on_off", "on"]
    assert len({each["account_mid_hash"] for each in summaries}) == 2


def test_check_backup_without_line_is_a_normal_absence(tmp_path: Path) -> None:
    """A backup without LINE logs that there is no data, no error."""
    backup = write_line_backup(tmp_path / "backup", [])
    run = _mvt(tmp_path, "mvt-ios", "check-backup", "--module", "LineIOS", str(backup))
    assert "There might be no data to extract by module LineIOS" in " ".join(run.text.split())
    assert "ERROR" not in (run.folder / "command.log").read_text(encoding="utf-8")


def test_check_backup_logs_a_damaged_database_as_an_error(tmp_path: Path) -> None:
    """A truncated Line.sqlite is an error in MVT's own log and a gap in the results."""
    files = line_ios_files(healthy_account())
    backup = write_line_backup(tmp_path / "backup", files)
    place = backup / files[0].file_id[:2] / files[0].file_id
    place.write_bytes(place.read_bytes()[:5000])
    run = _mvt(tmp_path, "mvt-ios", "check-backup", "--module", "LineIOS", str(backup))
    assert "ERROR - LINE data of ios" in (run.folder / "command.log").read_text(encoding="utf-8")
    gaps = [each for each in run.results("line_ios") if each["record"] == "line_gap" and each["damaged"]]
    assert [gap["source"] for gap in gaps] == ["Line.sqlite"]


def test_check_fs_reads_line_in_a_dump(tmp_path: Path) -> None:
    """`mvt-ios check-fs` reads the same account from a file system dump."""
    dump = write_line_ios_fs(tmp_path / "dump", line_ios_files(_with_link(healthy_account())))
    run = _mvt(tmp_path, "mvt-ios", "check-fs", "--module", "LineIOS", str(dump))
    assert [alert["level"] for alert in run.alerts()] == ["CRITICAL"]


def test_the_android_command_is_registered_and_runs(tmp_path: Path) -> None:
    """`mvt-android check-line-fs` comes with the wheel and raises R1, R3 and the planted link."""
    dump = write_line_android_fs(tmp_path / "dump", _with_link(unsealed_from(healthy_account(), _WHEN)))
    run = _mvt(tmp_path, "mvt-android", "check-line-fs", str(dump))
    assert run.status == 0, run.text
    messages = " ".join(alert["message"] for alert in run.alerts())
    assert "LINE R1:" in messages
    assert "LINE R3:" in messages
    assert _DOMAIN in messages
    timeline = (run.folder / "timeline.csv").read_text(encoding="utf-8")
    assert timeline.startswith('"UTC Timestamp"')


def test_check_androidqf_reads_databases_that_were_put_into_it(tmp_path: Path) -> None:
    """`mvt-android check-androidqf` finds LINE's databases in an acquisition folder."""
    folder = tmp_path / "acquisition"
    write_line_android_fs(folder, unsealed_from(healthy_account(), _WHEN))
    (folder / "packages.json").write_text("[]", encoding="utf-8")
    run = _mvt(tmp_path, "mvt-android", "check-androidqf", "--module", "LineAndroidQF", str(folder))
    summaries = [each for each in run.results("line_androidqf") if each["record"] == "line_sealing_summary"]
    assert [each["sealing"] for each in summaries] == ["changed_on_off"]


def test_check_iocs_raises_the_alerts_again_from_stored_results(tmp_path: Path) -> None:
    """`mvt-ios check-iocs` over stored results finds a domain that was no indicator at the time of the scan."""
    backup = write_line_backup(tmp_path / "backup", line_ios_files(_with_link(healthy_account())))
    first = _mvt(tmp_path, "mvt-ios", "check-backup", "--module", "LineIOS", str(backup), domain="other.example.net")
    assert [alert for alert in first.alerts() if alert["level"] == "CRITICAL"] == []
    command = [str(Path(sys.executable).with_name("mvt-ios")), "check-iocs", "--iocs", str(_stix(tmp_path, _DOMAIN))]
    environment = {
        **os.environ,
        "MVT_CONFIG_FOLDER": str(tmp_path / "config"),
        "MVT_DATA_FOLDER": str(tmp_path / "data"),
        "MVT_NETWORK_ACCESS_ALLOWED": "false",
    }
    again = subprocess.run(
        [*command, str(first.folder)], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert _DOMAIN in again.stdout + again.stderr


@pytest.mark.shared
@pytest.mark.skipif(not _PEGASUS.exists(), reason="the real indicator sets are not beside this checkout")
def test_a_real_pegasus_domain_in_a_line_message_is_found(tmp_path: Path) -> None:
    """A domain of the published Pegasus set, planted in a LINE message, is found by plain MVT."""
    bundle = json.loads(_PEGASUS.read_text(encoding="utf-8"))
    patterns = (each.get("pattern", "") for each in bundle["objects"])
    domain = next(pattern.split("'")[1] for pattern in patterns if pattern.startswith("[domain-name:value="))
    backup = write_line_backup(tmp_path / "backup", line_ios_files(_with_link(healthy_account(), domain)))
    run = _mvt(tmp_path, "mvt-ios", "check-backup", str(backup), indicators=_PEGASUS)
    assert domain in {alert["matched_indicator"]["value"] for alert in run.alerts() if alert["matched_indicator"]}
