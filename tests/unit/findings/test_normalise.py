"""From alerts to findings with stable ids."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mvtcase.findings.normalise import (
    MAX_DETAIL_CHARACTERS,
    Context,
    event_time,
    evidence_class,
    normalise,
    unlike_its_alerts,
)
from mvtcase.model import AlertSource, Device, EvidenceClass, IndicatorRef, Json, Level, Platform, RawAlert, TimeBasis

DEVICE = Device(
    id="D-0001", uuid="u", official="O-0001", label="phone", platform=Platform.IOS, fingerprint="udid:00008110"
)
INDICATOR = IndicatorRef(value="bh", type="processes", family="Pegasus", set="pegasus")
ALERT = RawAlert(
    module="datausage",
    level=Level.CRITICAL,
    message='Found a known suspicious process name "bh"',
    event_time="",
    event={"proc_name": "bh", "isodate": "2026-01-02 03:04:05", "file": "/evidence/a/b"},
    indicator=INDICATOR,
)
CONTEXT = Context(device=DEVICE, scan="S-0001", run_paths=("/evidence/a",))


def _id(alert: RawAlert, context: Context = CONTEXT) -> str:
    return normalise([alert], context)[0][0].id


def test_the_same_alert_gives_the_same_finding_in_another_scan_at_another_place() -> None:
    """Scan, set version, family, level and path do not enter the identity."""
    elsewhere = replace(
        ALERT,
        event={"proc_name": "bh", "isodate": "2026-01-02 03:04:05", "file": "/mnt/usb/b"},
        indicator=replace(INDICATOR, family="Other report", set="newer"),
        level=Level.HIGH,
        message="the wording of a later MVT",
    )
    assert _id(elsewhere, Context(device=DEVICE, scan="S-0099", run_paths=("/mnt/usb",))) == _id(ALERT)


@pytest.mark.parametrize(
    "other",
    [
        replace(ALERT, module="sms"),
        replace(ALERT, indicator=replace(INDICATOR, value="roleaboutd")),
        replace(ALERT, indicator=None),
        replace(ALERT, event={"proc_name": "bh", "isodate": "2026-01-03 03:04:05"}),
    ],
)
def test_something_else_is_another_finding(other: RawAlert) -> None:
    """Module, indicator and event tell findings apart."""
    assert _id(other) != _id(ALERT)


def test_another_phone_is_another_finding() -> None:
    """The device's fingerprint enters the identity, its short id does not."""
    other = replace(DEVICE, fingerprint="udid:other")
    assert _id(ALERT, replace(CONTEXT, device=other)) != _id(ALERT)
    assert _id(ALERT, replace(CONTEXT, device=replace(DEVICE, id="D-0099"))) == _id(ALERT)


def test_what_mvt_writes_of_the_indicator_into_the_event_does_not_count() -> None:
    """It names the set's file, which changes with its version."""
    marked = replace(ALERT, event={**dict(ALERT.event), "matched_indicator": {"file": "x"}})  # type: ignore[arg-type]  # an object
    assert _id(marked) == _id(ALERT)


def test_alerts_about_one_thing_make_one_finding_at_the_highest_level() -> None:
    """The unit of review is the thing, not the alert."""
    (finding, places), *others = normalise(
        [replace(ALERT, level=Level.LOW), ALERT, replace(ALERT, level=Level.HIGH)], CONTEXT
    )
    assert others == []
    assert places == (0, 1, 2)
    assert (finding.level, finding.alerts) == (Level.CRITICAL, 3)


def test_every_alert_belongs_to_exactly_one_finding() -> None:
    """No alert is lost on the way."""
    alerts = [replace(ALERT, event={"n": number % 3}) for number in range(10)]
    found = normalise(alerts, CONTEXT)
    assert sorted(place for _, places in found for place in places) == list(range(10))
    assert len(found) == 3


def test_a_huge_event_is_shortened_in_the_finding_and_says_so() -> None:
    """The alert keeps all of it."""
    finding = normalise([replace(ALERT, event={"text": "x" * 1_000_000})], CONTEXT)[0][0]
    assert finding.detail["characters"] > MAX_DETAIL_CHARACTERS  # type: ignore[operator]  # a number
    assert len(str(finding.detail["shortened"])) == MAX_DETAIL_CHARACTERS


def test_a_title_is_one_bounded_line() -> None:
    """Line breaks in evidence text forge no second line."""
    finding = normalise([replace(ALERT, message="a\nERROR forged\n" + "x" * 1000)], CONTEXT)[0][0]
    assert finding.title.startswith("a ERROR forged")
    assert len(finding.title) == 300


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(event=_JSON, message=st.text(), run=st.text(min_size=1))
def test_any_event_gets_a_stable_id(event: object, message: str, run: str) -> None:
    """Whatever hostile text an event holds, the id is the same twice and is one."""
    alert = replace(ALERT, event=event, message=message)  # type: ignore[arg-type]  # any JSON
    context = replace(CONTEXT, run_paths=(run,))
    assert _id(alert, context) == _id(alert, context)
    assert len(_id(alert, context)) == 18


def test_what_the_second_reader_saw_again_joins_the_module_s_finding() -> None:
    """Same indicator, same class: one finding with both alerts; another class is a finding of its own."""
    event: dict[str, Json] = {"file": "DataUsage.sqlite", "place_class": "execution", "context": "bh"}
    again = replace(ALERT, module="sweep", source=AlertSource.SWEEP, event=event)
    elsewhere = replace(again, event={**event, "place_class": "artefact"})
    found = normalise([ALERT, again, elsewhere], CONTEXT)
    assert [(one.module, places) for one, places in found] == [("datausage", (0, 1)), ("sweep", (2,))]
    vague = replace(again, event={**event, "place_class": "heuristic"})
    assert [places for _, places in normalise([ALERT, vague], CONTEXT)] == [(0, 1)]


def test_the_text_around_a_value_is_shown_and_not_part_of_the_identity() -> None:
    """A recheck knows the place and not the text: it must come to the same finding."""
    alert = replace(ALERT, source=AlertSource.SWEEP, event={"file": "a.db", "context": "see bh"})
    assert _id(alert) == _id(replace(alert, event={"file": "a.db"}))
    assert normalise([alert], CONTEXT)[0][0].detail["context"] == "see bh"


def test_a_finding_follows_from_its_alerts_wherever_the_case_was_moved() -> None:
    """The alert names the folders of then; the finding keeps the place out of its identity."""
    event: dict[str, Json] = {
        "text": "from /media/a to /cases/old one/working/x/a.db",
        "path": "/cases/old one/scans/S-0001/b",
    }
    alert = replace(ALERT, indicator=None, message="Odd: /cases/old one/working/x", event=event)
    then = replace(CONTEXT, run_paths=("/evidence/a", "/cases/old one/working", "/cases/old one/scans/S-0001"))
    ((finding, _),) = normalise([alert], then)
    assert unlike_its_alerts(finding, [(alert, then)]) == ""
    near: dict[str, Json] = {"path": "/cases/new/working/x/a.db"}
    moved = replace(ALERT, event=near)
    ((finding, _),) = normalise([moved], replace(CONTEXT, run_paths=("/cases/new/working",)))
    assert unlike_its_alerts(finding, [(moved, replace(CONTEXT, run_paths=()))]) == ""
    assert "id" in unlike_its_alerts(replace(finding, id="F-0"), [(moved, CONTEXT)])


def test_a_hostile_alert_cannot_make_deriving_it_slow() -> None:
    """A megabyte of slashes, and thousands of folders of the right name."""
    for text in ("/" * 1_000_000, "/working/" * 100_000):
        alert = replace(ALERT, event={"path": text})
        ((finding, _),) = normalise([alert], CONTEXT)
        unlike_its_alerts(finding, [(alert, CONTEXT)])


def test_what_a_second_reader_s_alert_adds_makes_no_difference_to_verifying() -> None:
    """It joins a module's finding and leaves its level; both are what the alerts give."""
    low = replace(ALERT, level=Level.HIGH)
    event: dict[str, Json] = {"file": "DataUsage.sqlite", "place_class": "execution"}
    again = replace(ALERT, module="sweep", source=AlertSource.SWEEP, event=event, level=Level.CRITICAL)
    ((finding, _),) = normalise([low, again], CONTEXT)
    assert unlike_its_alerts(finding, [(low, CONTEXT), (again, CONTEXT)]) == ""


def _time(event: Json, given: str = "", platform: Platform = Platform.IOS) -> tuple[str | None, TimeBasis]:
    alert = RawAlert(module="sms", level=Level.CRITICAL, message="m", event_time=given, event=event)
    return event_time(alert, platform)


@pytest.mark.parametrize(
    ("event", "given", "platform", "expected"),
    [
        ({"isodate": "2026-01-02 03:04:05.000000"}, "", Platform.IOS, ("2026-01-02 03:04:05.000000", TimeBasis.UTC)),
        ({}, "2026-01-02 03:04:05.000000", Platform.ANDROID, ("2026-01-02 03:04:05.000000", TimeBasis.DEVICE_LOCAL)),
        ({"timestamp": "2026-01-02T03:04:05Z"}, "", Platform.ANDROID, ("2026-01-02T03:04:05Z", TimeBasis.UTC)),
        (
            {"timestamp": "2026-01-02 03:04:05 +0800"},
            "",
            Platform.IOS,
            ("2026-01-02 03:04:05 +0800", TimeBasis.DEVICE_LOCAL),
        ),
        ({"isodate": "2026-01-02"}, "", Platform.UNKNOWN, ("2026-01-02", TimeBasis.UNKNOWN)),
        (
            {"isodate": "", "first_isodate": "2026-01-02 03:04:05"},
            "",
            Platform.IOS,
            ("2026-01-02 03:04:05", TimeBasis.UTC),
        ),
        ({"isodate": "1970-01-01 00:00:00.000000"}, "", Platform.IOS, (None, TimeBasis.UNKNOWN)),
        ({"isodate": "2001-01-01 00:00:00.000000"}, "", Platform.IOS, (None, TimeBasis.UNKNOWN)),
        ({"isodate": 5, "timestamp": None}, "", Platform.IOS, (None, TimeBasis.UNKNOWN)),
        ({"isodate": "x" * 10_000}, "", Platform.IOS, (None, TimeBasis.UNKNOWN)),
        (["no", "object"], "", Platform.IOS, (None, TimeBasis.UNKNOWN)),
        (None, "soon", Platform.IOS, (None, TimeBasis.UNKNOWN)),
    ],
)
def test_the_time_comes_from_the_events_own_fields(
    event: Json, given: str, platform: Platform, expected: tuple[str | None, TimeBasis]
) -> None:
    """MVT's own field first, then the event's, zero points left out, nothing guessed."""
    assert _time(event, given, platform) == expected


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
