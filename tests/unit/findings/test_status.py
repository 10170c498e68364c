"""The status table, and that nothing unexamined can ever come out as no trace."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from mvtcase.findings.status import (
    TABLE,
    WORDS,
    DeviceView,
    counts,
    device_completeness,
    device_status,
    official_status,
    weigh,
    with_notifications,
)
from mvtcase.model import (
    Completeness,
    DeviceState,
    Disposition,
    EvidenceClass,
    Finding,
    IndicatorRef,
    Level,
    Rating,
    Status,
    Verdict,
)

INDICATOR = IndicatorRef(value="bh", type="processes", family="Pegasus", set="pegasus")
FULL, PARTIAL, BLIND = Completeness.FULL, Completeness.PARTIAL, Completeness.BLIND


def _finding(
    evidence_class: EvidenceClass,
    *verdicts: tuple[Verdict, str],
    level: Level = Level.CRITICAL,
    indicator: IndicatorRef | None = INDICATOR,
) -> Finding:
    return Finding(
        id="F-1",
        device="D-0001",
        official="O-0001",
        evidence_class=evidence_class,
        level=level,
        module="datausage",
        title="t",
        indicator=indicator,
        dispositions=tuple(
            Disposition(uuid=str(place), finding="F-1", verdict=verdict, reason="r", examiner=who, at=str(place))
            for place, (verdict, who) in enumerate(verdicts)
        ),
    )


CONFIRM, DENY, HARMLESS, EXPERT = Verdict.CONFIRMED, Verdict.FALSE_POSITIVE, Verdict.BENIGN, Verdict.NEEDS_EXPERT
HEURISTIC = EvidenceClass.HEURISTIC


def test_without_traces_of_programs_that_ran_nobody_hears_no_trace() -> None:
    """Two messages read in full are too narrow a look at a phone."""
    assert device_status(DeviceView(coverage=(FULL,))) is Status.INCONCLUSIVE
    assert device_status(DeviceView(coverage=(FULL,), sees_execution=True)) is Status.NO_TRACE


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (_finding(EvidenceClass.EXECUTION), Status.INDICATOR_MATCH),
        (_finding(EvidenceClass.EXECUTION, (CONFIRM, "Ada")), Status.INDICATOR_MATCH),
        (_finding(EvidenceClass.EXECUTION, (CONFIRM, "Ada"), (CONFIRM, "ada ")), Status.INDICATOR_MATCH),
        (_finding(EvidenceClass.EXECUTION, (CONFIRM, "Ada"), (CONFIRM, "Ben")), Status.CONFIRMED),
        (_finding(EvidenceClass.ARTEFACT, (CONFIRM, "Ada"), (CONFIRM, "Ben")), Status.CONFIRMED),
        (_finding(EvidenceClass.ARTEFACT, (CONFIRM, "Ada"), (DENY, "Ben"), (CONFIRM, "Ada")), Status.INDICATOR_MATCH),
        (_finding(EvidenceClass.ARTEFACT, (CONFIRM, "Ada"), (CONFIRM, "Ben"), (DENY, "Cem")), Status.CONFIRMED),
        (_finding(EvidenceClass.ARTEFACT, (DENY, "Ada")), Status.INDICATOR_MATCH),
        (_finding(EvidenceClass.ARTEFACT, (DENY, "Ada"), (HARMLESS, "Cem")), Status.NO_TRACE),
        (_finding(EvidenceClass.ATTEMPT), Status.INDICATOR_MATCH),
        (_finding(EvidenceClass.ATTEMPT, (CONFIRM, "Ada")), Status.INDICATOR_MATCH),
        (_finding(EvidenceClass.EXPOSURE, (CONFIRM, "Ada"), (CONFIRM, "Ben")), Status.TARGETED),
        (_finding(EvidenceClass.EXPOSURE, (EXPERT, "Ada")), Status.INDICATOR_MATCH),
        (_finding(EvidenceClass.EXPOSURE, (HARMLESS, "Ada")), Status.INDICATOR_MATCH),
        (_finding(HEURISTIC, indicator=None, level=Level.MEDIUM), Status.SUSPICIOUS),
        (_finding(HEURISTIC, level=Level.MEDIUM), Status.SUSPICIOUS),
        (_finding(HEURISTIC, indicator=None, level=Level.LOW), Status.NO_TRACE),
        (_finding(HEURISTIC, (DENY, "Ada"), indicator=None), Status.SUSPICIOUS),
        (_finding(HEURISTIC, (DENY, "Ada"), indicator=None, level=Level.MEDIUM), Status.NO_TRACE),
        *(
            (replace(_finding(HEURISTIC, indicator=None), rating=rating), status)
            for rating, status in {
                Rating.UNRATED: Status.SUSPICIOUS,
                Rating.SUSPICIOUS: Status.SUSPICIOUS,
                Rating.LEAD: Status.NO_TRACE,
                Rating.CONTEXT: Status.NO_TRACE,
                Rating.POSTURE: Status.NO_TRACE,
                Rating.MENTION: Status.NO_TRACE,
            }.items()
        ),
        (_finding(EvidenceClass.POSTURE, indicator=None, level=Level.HIGH), Status.NO_TRACE),
    ],
)
def test_a_single_finding_on_a_fully_examined_phone(finding: Finding, expected: Status) -> None:
    """Each row of the table, reached by one finding."""
    assert device_status(DeviceView(findings=(weigh(finding),), coverage=(FULL,), sees_execution=True)) is expected


@pytest.mark.parametrize(
    ("coverage", "recheck_due", "expected"),
    [
        ((), False, Status.NOT_EXAMINED),
        ((None,), False, Status.NOT_EXAMINED),
        ((FULL,), False, Status.NO_TRACE),
        ((FULL, FULL), False, Status.NO_TRACE),
        ((FULL,), True, Status.INCONCLUSIVE),
        ((FULL, None), False, Status.INCONCLUSIVE),
        ((FULL, PARTIAL), False, Status.INCONCLUSIVE),
        ((FULL, BLIND), False, Status.INCONCLUSIVE),
        ((BLIND,), False, Status.INCONCLUSIVE),
    ],
)
def test_coverage_alone(coverage: tuple[Completeness | None, ...], recheck_due: bool, expected: Status) -> None:  # noqa: FBT001  # a parametrised case
    """Without a finding, only full coverage of everything taken gives no trace."""
    assert device_status(DeviceView(coverage=coverage, recheck_due=recheck_due, sees_execution=True)) is expected


def test_no_trace_never_stands_on_anything_but_full_coverage() -> None:
    """Every combination of up to three acquisitions and one finding: no trace implies that all was examined."""
    findings = [(), (_finding(HEURISTIC),), (_finding(EvidenceClass.POSTURE),), (_finding(EvidenceClass.ATTEMPT),)]
    options = [None, *Completeness]
    seen = 0
    for size in range(4):
        for coverage in itertools.product(options, repeat=size):
            for found in findings:
                view = DeviceView(findings=tuple(map(weigh, found)), coverage=coverage, sees_execution=True)
                if device_status(view) is Status.NO_TRACE:
                    seen += 1
                    assert coverage
                    assert set(coverage) == {FULL}
    assert seen == 6


def test_adding_a_failed_look_never_improves_a_status() -> None:
    """One more acquisition without a finished scan, or a worse one, moves no status up the list."""
    order = [*Status]
    for coverage in itertools.product([None, *Completeness], repeat=2):
        before = device_status(DeviceView(coverage=coverage, sees_execution=True))
        for worse in (None, BLIND, PARTIAL):
            after = device_status(DeviceView(coverage=(*coverage, worse), sees_execution=True))
            if before is Status.NO_TRACE:
                assert after is Status.INCONCLUSIVE
            elif before is not Status.NOT_EXAMINED:
                assert order.index(after) <= order.index(before)


@pytest.mark.parametrize(
    ("coverage", "expected"),
    [((), BLIND), ((None,), BLIND), ((BLIND, None), BLIND), ((FULL, None), PARTIAL), ((FULL, FULL), FULL)],
)
def test_a_devices_completeness(coverage: tuple[Completeness | None, ...], expected: Completeness) -> None:
    """Full only when every acquisition that counts was examined in full."""
    assert device_completeness(DeviceView(coverage=coverage)) is expected


IN_USE, REPLACED = DeviceState.IN_USE, DeviceState.REPLACED


@pytest.mark.parametrize(
    ("devices", "expected"),
    [
        ([], Status.NOT_EXAMINED),
        ([(IN_USE, Status.NOT_EXAMINED)], Status.NOT_EXAMINED),
        ([(IN_USE, Status.NO_TRACE)], Status.NO_TRACE),
        ([(IN_USE, Status.NO_TRACE), (IN_USE, Status.NOT_EXAMINED)], Status.INCONCLUSIVE),
        ([(IN_USE, Status.NO_TRACE), (REPLACED, Status.NOT_EXAMINED)], Status.NO_TRACE),
        ([(REPLACED, Status.NO_TRACE)], Status.INCONCLUSIVE),
        ([(IN_USE, Status.NO_TRACE), (REPLACED, Status.INDICATOR_MATCH)], Status.INDICATOR_MATCH),
        ([(IN_USE, Status.SUSPICIOUS), (IN_USE, Status.TARGETED)], Status.TARGETED),
        ([(IN_USE, Status.INDICATOR_MATCH), (IN_USE, Status.NOT_EXAMINED)], Status.INDICATOR_MATCH),
    ],
)
def test_an_officials_status(devices: list[tuple[DeviceState, Status]], expected: Status) -> None:
    """The worst of the devices, and no trace only when every phone in use was examined."""
    assert official_status(devices) is expected


def test_counts_name_every_status() -> None:
    """A group's line shows zeros too."""
    assert counts([Status.NO_TRACE, Status.NO_TRACE]) == {each: 2 * (each is Status.NO_TRACE) for each in Status}


def test_every_status_has_its_row_and_its_words() -> None:
    """Nothing can come out that the reports have no words for, and no words claim too much."""
    assert {status for status, _ in TABLE} == set(Status) == set(WORDS)
    assert "in what could be examined" in WORDS[Status.NO_TRACE]
    for words in WORDS.values():
        assert not {"clean", "safe", "infected"} & set(words.split())


@pytest.mark.parametrize(
    ("status", "seen_by", "expected"),
    [
        (Status.NO_TRACE, 0, Status.NO_TRACE),
        (Status.NO_TRACE, 1, Status.SUSPICIOUS),
        (Status.NOT_EXAMINED, 1, Status.SUSPICIOUS),
        (Status.NOT_EXAMINED, 2, Status.TARGETED),
        (Status.INDICATOR_MATCH, 1, Status.INDICATOR_MATCH),
        (Status.INDICATOR_MATCH, 3, Status.TARGETED),
        (Status.CONFIRMED, 2, Status.CONFIRMED),
    ],
)
def test_a_threat_notification_makes_an_official_at_least_suspicious(
    status: Status, seen_by: int, expected: Status
) -> None:
    """Whatever the phones show; seen by two it says that the person was targeted."""
    assert with_notifications(status, seen_by=seen_by, needed=2) is expected
    assert with_notifications(Status.NO_TRACE, seen_by=1, needed=1) is Status.TARGETED
