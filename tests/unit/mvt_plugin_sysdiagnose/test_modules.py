"""The modules over built sysdiagnoses: every layout, every plant, every damage, every absence."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.phones.plants import Plant, PlantKind
from mvtcase.phones.sysdiagnose import BUILDS, SPOTS, SysdiagnoseDamage, SysdiagnosePhone, build_sysdiagnose

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Examine = Callable[..., dict[str, Any]]

SLUGS = {
    "sysdiagnose_shutdown_log",
    "sysdiagnose_processes",
    "sysdiagnose_log_statistics",
    "sysdiagnose_crashes",
    "sysdiagnose_profiles",
    "sysdiagnose_activation",
    "sysdiagnose_installations",
    "sysdiagnose_network_usage",
}
PATTERNS = {
    PlantKind.PROCESSES: "[process:name='{}']",
    PlantKind.FILE_PATHS: "[file:path='{}']",
    PlantKind.FILE_NAMES: "[file:name='{}']",
    PlantKind.DOMAINS: "[domain-name:value='{}']",
    PlantKind.URLS: "[url:value='{}']",
    PlantKind.APP_IDS: "[app:id='{}']",
    PlantKind.IOS_PROFILE_IDS: "[configuration-profile:id='{}']",
}
VALUES = {
    PlantKind.PROCESSES: "bh",
    PlantKind.FILE_PATHS: "/private/var/tmp/agent-x/agentd",
    PlantKind.FILE_NAMES: "stage2.dylib",
    PlantKind.DOMAINS: "evil.example.net",
    PlantKind.URLS: "https://evil.example.net/p/1",
    PlantKind.APP_IDS: "com.example.hidden.agent",
    PlantKind.IOS_PROFILE_IDS: "0B5C7E2A-91D4-4F3A-8E61-7A2D9C4B1F00",
}
SOURCES = (
    "shutdown_log",
    "ps",
    "ps_thread",
    "taskinfo",
    "spindump",
    "jetsam_table",
    "task_table",
    "running_board",
    "shared_cache",
    "log_statistics",
    "log_statistics_text",
    "pairings",
    "permissions",
    "binary_locations",
    "crashes",
    "profiles",
    "activation",
    "installation",
    "powerlog",
    "network_extensions",
    "associated_domains",
)


def _folder(tmp_path: Path, phone: SysdiagnosePhone, **options: object) -> Path:
    return build_sysdiagnose(tmp_path / "evidence", phone, archive=False, **options).path  # type: ignore[arg-type]


@pytest.mark.parametrize("version", BUILDS)
def test_a_healthy_phone_gives_no_alert_above_low(tmp_path: Path, examine: Examine, version: int) -> None:
    """In every layout all key sources are read, nothing crashes and no alert is MEDIUM or above."""
    found = examine(_folder(tmp_path, SysdiagnosePhone(ios_version=version)), "[process:name='bh']")
    assert set(found) == SLUGS
    for examined in found.values():
        assert {level for level, _ in examined.alerts} <= {"INFORMATIONAL", "LOW"}
        assert examined.crashed == []
        assert set(examined.states.values()) <= {"read", "absent_on_version"}
        assert any(state == "read" for state in examined.states.values())


@pytest.mark.parametrize(
    ("spot", "kind"), [(spot, kind) for spot, where in SPOTS.items() for kind in sorted(where.kinds, key=str)]
)
@pytest.mark.parametrize("oldest", [True, False])
def test_every_plant_is_found_by_its_module(
    tmp_path: Path, examine: Examine, spot: str, kind: PlantKind, *, oldest: bool
) -> None:
    """Each kind of indicator at each place raises exactly one critical alert, of the module that reads the place."""
    version = max(14, SPOTS[spot].since) if oldest else 26
    phone = SysdiagnosePhone(ios_version=version, plants=(Plant(kind, VALUES[kind], spot),))
    found = examine(_folder(tmp_path, phone), PATTERNS[kind].format(VALUES[kind]), only=SPOTS[spot].module)
    examined = found[SPOTS[spot].module]
    assert {alert.matched_indicator.value for alert in examined.critical} == {VALUES[kind]}
    assert all(alert.event["source"] for alert in examined.critical)
    assert all(alert.module == SPOTS[spot].module for alert in examined.critical)


def test_the_window_of_a_planted_process_is_told(tmp_path: Path, examine: Examine) -> None:
    """The alert of the shutdown log carries the first and last restart at which the process was seen, in UTC."""
    phone = SysdiagnosePhone(plants=(Plant(PlantKind.PROCESSES, "bh"),), restarts=5)
    examined = examine(_folder(tmp_path, phone), "[process:name='bh']")["sysdiagnose_shutdown_log"]
    (alert,) = examined.critical
    clients = [record for record in examined.of_kind("shutdown_client") if record["process"] == "bh"]
    assert len(clients) == 2
    assert alert.event_time == alert.event["first_seen"] == clients[0]["isodate"]
    assert alert.event["last_seen"] == clients[1]["isodate"]
    assert alert.event["time_basis"] == "utc"
    expected = phone.created.astimezone(timezone.utc) - timedelta(days=9)
    assert abs(datetime.fromisoformat(clients[1]["isodate"]) - expected.replace(tzinfo=None)) < timedelta(hours=11)


def test_a_matched_program_is_no_lead_as_well(tmp_path: Path, examine: Examine) -> None:
    """With an indicator the staging path is a match; without one it is a lead of level MEDIUM that says so."""
    folder = _folder(tmp_path, SysdiagnosePhone(plants=(Plant(PlantKind.PROCESSES, "bh"),)))
    slug = "sysdiagnose_shutdown_log"
    matched = examine(folder, "[process:name='bh']")[slug]
    unmatched = examine(folder, "[process:name='other']")[slug]
    assert [level for level, _ in matched.alerts if level != "INFORMATIONAL"] == ["CRITICAL"]
    (lead,) = [text for level, text in unmatched.alerts if level == "MEDIUM"]
    assert "roleaccountd.staging/bh" in lead
    assert "not a finding" in lead


def test_leads_need_no_indicators(tmp_path: Path, examine: Examine) -> None:
    """Without any indicator the modules still read, store and name leads."""
    folder = _folder(tmp_path, SysdiagnosePhone(plants=(Plant(PlantKind.PROCESSES, "bh", "ps"),)))
    examined = examine(folder)["sysdiagnose_processes"]
    assert [level for level, _ in examined.alerts] == ["MEDIUM"]
    assert examined.of_kind("process")


@pytest.mark.parametrize("damage", SysdiagnoseDamage)
def test_no_damage_crashes_a_module_or_passes_unnoticed(
    tmp_path: Path, examine: Examine, damage: SysdiagnoseDamage
) -> None:
    """Damage of every kind in every source crashes nothing; a file without evidence left is never called read."""
    phone = SysdiagnosePhone()
    folder = _folder(tmp_path, phone, damage=dict.fromkeys(SOURCES, damage))
    found = examine(folder, "[process:name='bh']", "[domain-name:value='evil.example.net']")
    states = {source: state for examined in found.values() for source, state in examined.states.items()}
    for examined in found.values():
        assert examined.crashed == []
    useless = {"empty", "blank", "noise", "nuls", "web_page", "symlink", "fifo"}
    if damage.value in useless:
        for source in SOURCES:
            assert states[source] in {"damaged", "empty"}, source
    if damage.value not in useless | {"deep_json"}:
        assert len(found["sysdiagnose_processes"].of_kind("process")) > 10


@pytest.mark.parametrize("source", SOURCES)
def test_a_missing_part_is_told_from_one_the_version_does_not_have(
    tmp_path: Path, examine: Examine, source: str
) -> None:
    """A source left out is `missing` (or `empty` where its folder was collected), with a reason and a warning."""
    found = examine(_folder(tmp_path, SysdiagnosePhone(), missing=(source,)), "[process:name='bh']")
    records = {record["source"]: record for examined in found.values() for record in examined.module.source_states}
    assert records[source]["state"] in {"missing", "empty"}
    assert records[source]["reason"]
    assert records["data_usage"]["state"] == "absent_on_version"
    if records[source]["state"] == "missing":
        messages = [record.getMessage() for examined in found.values() for record in examined.log]
        assert any(records[source]["title"] in text for text in messages)


def test_the_app_store_database_is_absent_on_ios_26(tmp_path: Path, examine: Examine) -> None:
    """What no archive of this version holds is not called missing; on an older version it would be."""
    newer = examine(_folder(tmp_path / "26", SysdiagnosePhone(ios_version=26)))["sysdiagnose_installations"]
    older = examine(_folder(tmp_path / "17", SysdiagnosePhone(), missing=("app_store",)))["sysdiagnose_installations"]
    assert newer.states["app_store"] == "absent_on_version"
    assert older.states["app_store"] == "missing"


def test_one_damaged_report_does_not_hide_the_others(tmp_path: Path, examine: Examine) -> None:
    """A crash report cut short is a counted gap with an ERROR; the process in another report is still found."""
    folder = _folder(tmp_path, SysdiagnosePhone(plants=(Plant(PlantKind.PROCESSES, "bh", "crash"),)))
    reports = sorted((folder / "crashes_and_spins").glob("*.ips"))
    victim = next(path for path in reports if path.name.startswith("locationd-"))
    victim.write_bytes(victim.read_bytes()[:200])
    examined = examine(folder, "[process:name='bh']")["sysdiagnose_crashes"]
    (source,) = [record for record in examined.module.source_states if record["source"] == "crashes"]
    assert (source["state"], source["damaged_files"], source["files"]) == ("damaged", 1, len(reports))
    assert source["problems"][0]["file"].endswith(victim.name)
    assert any(record.levelname == "ERROR" and victim.name in record.getMessage() for record in examined.log)
    assert len(examined.critical) == 1


def test_a_report_of_zero_bytes_still_gives_its_name(tmp_path: Path, examine: Examine) -> None:
    """The process name in a crash report's file name is compared even when the report holds nothing."""
    folder = _folder(tmp_path, SysdiagnosePhone(plants=(Plant(PlantKind.PROCESSES, "bh", "crash"),)))
    for path in (folder / "crashes_and_spins").glob("bh-*.ips"):
        path.write_bytes(b"")
    examined = examine(folder, "[process:name='bh']")["sysdiagnose_crashes"]
    assert [alert.event["record"] for alert in examined.critical] == ["crash_file"]


def test_an_empty_shutdown_log_is_a_lead_of_low_level(tmp_path: Path, examine: Examine) -> None:
    """An emptied log is worth a look and no more, and on iOS 26 the text says why it may be ordinary."""
    for version, phrase in ((17, "reported to empty it"), (26, "overwrite")):
        phone = SysdiagnosePhone(ios_version=version)
        folder = _folder(tmp_path / str(version), phone, damage={"shutdown_log": SysdiagnoseDamage.EMPTY})
        examined = examine(folder)["sysdiagnose_shutdown_log"]
        ((level, text),) = examined.alerts
        assert (level, examined.states["shutdown_log"]) == ("LOW", "empty")
        assert phrase in text


def test_an_empty_folder_is_no_data(tmp_path: Path, examine: Examine) -> None:
    """A folder that is no sysdiagnose leaves MVT's own "no data" and the state of every source."""
    (tmp_path / "nothing").mkdir()
    for examined in examine(tmp_path / "nothing", "[process:name='bh']").values():
        assert any("There might be no data" in record.getMessage() for record in examined.log)
        assert set(examined.states.values()) == {"missing"}


def test_results_can_be_checked_again_without_the_phone(tmp_path: Path, examine: Examine) -> None:
    """Stored records alone raise the same alerts: `Module(results=…).check_indicators()`, MVT's retro-check."""
    folder = _folder(tmp_path, SysdiagnosePhone(plants=(Plant(PlantKind.PROCESSES, "bh", "ps"),)))
    first = examine(folder, "[process:name='bh']")["sysdiagnose_processes"]
    again = type(first.module)(results=list(first.module.results))
    again.indicators = first.module.indicators
    again.check_indicators()
    assert [alert.message for alert in again.alertstore.alerts] == [text for _, text in first.alerts]


def test_a_set_without_domains_does_not_stop_the_url_checks(tmp_path: Path, examine: Examine) -> None:
    """MVT's URL check raises when a set holds no domain: ours then compares exact URLs and logs no error."""
    url = "https://evil.example.net/p/1"
    folder = _folder(tmp_path, SysdiagnosePhone(plants=(Plant(PlantKind.URLS, url),)))
    examined = examine(folder, f"[url:value='{url}']")["sysdiagnose_activation"]
    assert [alert.matched_indicator.value for alert in examined.critical] == [url]
    assert [record for record in examined.log if record.levelname == "ERROR"] == []


def test_more_files_than_are_opened_is_a_gap(tmp_path: Path, examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of reports is bounded, and what was not opened is counted."""
    monkeypatch.setattr("mvt_plugin_sysdiagnose.base.MAX_FILES", 3)
    examined = examine(_folder(tmp_path, SysdiagnosePhone()))["sysdiagnose_crashes"]
    (source,) = [record for record in examined.module.source_states if record["source"] == "crashes"]
    assert source["state"] == "damaged"
    assert "4 further files were not opened" in source["reason"]


def test_more_records_than_are_kept_is_a_gap(tmp_path: Path, examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of processes is bounded, and what was not kept is counted."""
    monkeypatch.setattr("mvt_plugin_sysdiagnose.shelf.Shelf.__init__.__defaults__", (5,))
    examined = examine(_folder(tmp_path, SysdiagnosePhone()))["sysdiagnose_processes"]
    (source,) = [record for record in examined.module.source_states if record["source"] == "ps"]
    assert (source["state"], source["records"]) == ("damaged", 5)
    assert "further records were not kept" in source["reason"]


def test_a_parser_that_fails_costs_one_file(tmp_path: Path, examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception nobody foresaw is that file's gap: the others are examined and nothing reaches MVT."""
    monkeypatch.setattr("mvt_plugin_sysdiagnose.parsers.crash_reports._listed", lambda *_: 1 / 0)
    folder = _folder(tmp_path, SysdiagnosePhone(plants=(Plant(PlantKind.PROCESSES, "bh", "crash"),)))
    examined = examine(folder, "[process:name='bh']")["sysdiagnose_crashes"]
    assert examined.crashed == []
    assert examined.states["crashes"] == "damaged"
    assert any("ZeroDivisionError" in problem["reason"] for problem in examined.module.source_states[0]["problems"])


def test_every_record_says_where_and_on_what_basis_it_was_seen(tmp_path: Path, examine: Examine) -> None:
    """Source, file and basis of time are on every record; a time in UTC never comes without a basis."""
    for examined in examine(_folder(tmp_path, SysdiagnosePhone())).values():
        evidence = [record for record in examined.module.results if record["record"] != "sysdiagnose_source"]
        assert evidence
        assert examined.module.examined_records == len(evidence)
        for record in evidence:
            assert record["source"]
            assert record["file"]
            assert (record["time_basis"] in {"unknown", "device_local"}) is (record["isodate"] == "")


def test_a_folder_around_the_sysdiagnose_is_read_the_same(tmp_path: Path, examine: Examine) -> None:
    """Passing the folder around the sysdiagnose finds the same; MVT's own file system modules would find nothing."""
    folder = _folder(tmp_path, SysdiagnosePhone(plants=(Plant(PlantKind.PROCESSES, "bh", "ps"),)))
    inner = examine(folder, "[process:name='bh']")["sysdiagnose_processes"]
    outer = examine(folder.parent, "[process:name='bh']")["sysdiagnose_processes"]
    assert len(inner.critical) == len(outer.critical) == 1
    assert inner.states == outer.states


def test_addresses_reach_mvts_list_of_urls(tmp_path: Path, examine: Examine) -> None:
    """Addresses go into `urls.json` with time and place; bare host names are no addresses."""
    module = examine(_folder(tmp_path, SysdiagnosePhone()), "[process:name='bh']")["sysdiagnose_activation"].module
    (result,) = module.url_results
    assert result["url"] == "https://albert.apple.com/deviceservices/deviceActivation"
    assert result["timestamp"].startswith("2026-10-12")
    assert "mobileactivationd.log.0" in result["source"]
