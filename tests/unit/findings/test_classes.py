"""The evidence class of an alert."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mvtcase.findings.classes import evidence_class
from mvtcase.model import AlertSource, EvidenceClass, IndicatorRef, Level, RawAlert


def _alert(module: str, kind: str | None = None, source: AlertSource = AlertSource.MVT) -> RawAlert:
    indicator = IndicatorRef(value="v", type=kind, family="f", set="s") if kind else None
    return RawAlert(
        module=module, level=Level.CRITICAL, message="m", event_time="", event={}, indicator=indicator, source=source
    )


@pytest.mark.parametrize(
    ("module", "kind", "expected"),
    [
        ("datausage", "processes", EvidenceClass.EXECUTION),
        ("shutdown_log", "processes", EvidenceClass.EXECUTION),
        ("sysdiagnose_processes", "processes", EvidenceClass.EXECUTION),
        ("aqf_processes", "processes", EvidenceClass.EXECUTION),
        ("aqf_collected_processes", "processes", EvidenceClass.EXECUTION),
        ("manifest", "processes", EvidenceClass.ARTEFACT),
        ("sms", "domains", EvidenceClass.ATTEMPT),
        ("whatsapp", "urls", EvidenceClass.ATTEMPT),
        ("line_ios", "domains", EvidenceClass.ATTEMPT),
        ("safari_history", "domains", EvidenceClass.EXPOSURE),
        ("dns_event", "domains", EvidenceClass.EXPOSURE),
        ("a_module_nobody_knows", "domains", EvidenceClass.EXPOSURE),
        ("id_status_cache", "emails", EvidenceClass.ATTEMPT),
        ("manifest", "file_paths", EvidenceClass.ARTEFACT),
        ("aqf_packages", "app_ids", EvidenceClass.ARTEFACT),
        ("configuration_profiles", "ios_profile_ids", EvidenceClass.ARTEFACT),
        ("aqf_files", "files_sha256", EvidenceClass.ARTEFACT),
        ("datausage", None, EvidenceClass.HEURISTIC),
        ("root_binaries", None, EvidenceClass.HEURISTIC),
        ("a_module_nobody_knows", None, EvidenceClass.HEURISTIC),
        ("aqf_settings", None, EvidenceClass.POSTURE),
        ("global_preferences", None, EvidenceClass.POSTURE),
        ("line_ios", None, EvidenceClass.POSTURE),
    ],
)
def test_the_class_is_told_by_place_and_indicator(module: str, kind: str | None, expected: EvidenceClass) -> None:
    """One row for each way an alert can be read."""
    assert evidence_class(_alert(module, kind)) is expected


@pytest.mark.parametrize(
    ("place_class", "expected"),
    [
        ("attempt", EvidenceClass.ATTEMPT),
        ("execution", EvidenceClass.EXECUTION),
        ("mention", EvidenceClass.HEURISTIC),
        ("lead", EvidenceClass.HEURISTIC),
        ("confirmed", EvidenceClass.HEURISTIC),
    ],
)
def test_what_the_second_reader_saw_is_of_its_place_s_class(place_class: str, expected: EvidenceClass) -> None:
    """The place says what it shows; a place that says nothing, and a mention, are heuristic."""
    alert = replace(_alert("sms", "domains", AlertSource.SWEEP), event={"place_class": place_class})
    assert evidence_class(alert) is expected
    assert evidence_class(replace(alert, event=[])) is EvidenceClass.HEURISTIC
