"""Leads: worded as leads, never above MEDIUM, and silent about what is ordinary."""

from __future__ import annotations

from typing import Any

import pytest
from mvt.plugin import AlertLevel

from mvt_plugin_sysdiagnose.leads import UPDATE_BRAIN, profile_leads, shutdown_leads, staging_leads

NONE: frozenset[str] = frozenset()


def _client(path: str) -> dict[str, Any]:
    return {"record": "shutdown_client", "path": path, "isodate": ""}


def _event(reboot: int, notices: int, isodate: str = "", file: str = "a") -> dict[str, Any]:
    return {"record": "shutdown_event", "reboot": reboot, "notices": notices, "isodate": isodate, "file": file}


@pytest.mark.parametrize(
    "path",
    ["/private/var/db/x/bh", "/private/var/tmp/bh", "/var/tmp/bh", "/tmp/bh", "/private/tmp/bh"],  # noqa: S108 - the phone's folders
)
def test_a_program_in_a_staging_folder_is_one_lead(path: str) -> None:
    """However often it was seen, one path is one lead of level MEDIUM that says it is none of the findings."""
    (lead,) = staging_leads([_client(path)] * 3, NONE)
    assert lead.level is AlertLevel.MEDIUM
    assert "3 times" in lead.message
    assert "not a finding" in lead.message


@pytest.mark.parametrize(
    "path", ["/usr/libexec/nfcd", "/private/var/containers/Bundle/Application/X/A.app/A", "", "/kernel"]
)
def test_ordinary_places_are_none(path: str) -> None:
    """System programs and installed apps are no leads."""
    assert list(staging_leads([_client(path)], NONE)) == []


def test_apples_update_service_is_informational() -> None:
    """What is known to run from the staging folder is named, at the lowest level."""
    (lead,) = staging_leads([_client(f"{UPDATE_BRAIN}.1.2.xpc/x")], NONE)
    assert lead.level is AlertLevel.INFORMATIONAL


def test_matched_paths_and_mentions_are_no_leads() -> None:
    """A path that met an indicator is an alert already, and a path mentioned in a log did not run."""
    mention = {"record": "log_path", "path": "/private/var/tmp/x", "isodate": ""}
    assert list(staging_leads([_client("/private/var/tmp/bh"), mention], frozenset({"/private/var/tmp/bh"}))) == []


def test_many_delays_are_a_lead_and_few_are_ordinary() -> None:
    """Up to four notices are ordinary; the lead names how many restarts and the worst."""
    assert list(shutdown_leads([_event(1, 4), _event(2, 3)])) == []
    (lead,) = shutdown_leads([_event(1, 4), _event(2, 5), _event(3, 9)])
    assert (lead.level, lead.record["reboot"]) == (AlertLevel.LOW, 3)
    assert "2 of 3 restarts" in lead.message


def test_a_log_that_runs_backwards_is_informational() -> None:
    """Times that fall within one file may mean edits or a changed clock; two rotations are not compared."""
    forth = [_event(1, 1, "2024-01-01"), _event(2, 1, "2024-01-02"), _event(1, 1, "2023-01-01", "b")]
    assert list(shutdown_leads(forth)) == []
    (lead,) = shutdown_leads([*forth, _event(3, 1, "2024-01-01 12", "a")])
    assert lead.level is AlertLevel.INFORMATIONAL
    assert "backwards" in lead.message


@pytest.mark.parametrize(
    ("kind", "level"),
    [
        ("com.apple.notificationsettings", AlertLevel.MEDIUM),
        ("com.apple.security.root", AlertLevel.INFORMATIONAL),
        ("com.apple.mdm", AlertLevel.INFORMATIONAL),
        ("com.apple.airprint", None),
    ],
)
def test_a_profile_says_what_it_lets_somebody_do(kind: str, level: AlertLevel | None) -> None:
    """Hiding notifications is MEDIUM as in MVT; ordinary management is named at the lowest level."""
    leads = list(profile_leads([{"record": "profile", "name": "P", "payload_types": [kind]}, {"record": "other"}]))
    assert [lead.level for lead in leads] == ([level] if level else [])
