"""Where a finding stands in review, and what threat notifications stand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mvtcase.findings.review import notifications, seen_by, stands, state_of
from mvtcase.findings.status import dismissed, leads, weigh
from mvtcase.model import (
    Disposition,
    EvidenceClass,
    Finding,
    FindingState,
    IndicatorRef,
    Level,
    Observation,
    Rating,
    Verdict,
)

C, F, B, N = Verdict.CONFIRMED, Verdict.FALSE_POSITIVE, Verdict.BENIGN, Verdict.NEEDS_EXPERT
MATCH = IndicatorRef(value="bh", type="processes", family="Pegasus", set="tiny")


def _finding(*judged: tuple[Verdict, str], **more: object) -> Finding:
    given: dict[str, object] = {"level": Level.MEDIUM, "evidence_class": EvidenceClass.HEURISTIC}
    return Finding(
        id="F-1",
        device="D-0001",
        official="O-0001",
        module="sms",
        title="t",
        dispositions=tuple(
            Disposition(uuid=str(place), finding="F-1", verdict=verdict, reason="r", examiner=who, at=str(place))
            for place, (verdict, who) in enumerate(judged)
        ),
        **{**given, **more},  # type: ignore[arg-type]  # as the test says
    )


@pytest.mark.parametrize(
    ("judged", "expected"),
    [
        ([], FindingState.OPEN),
        ([(C, "Ada")], FindingState.CONFIRMED_ONCE),
        ([(C, "Ada"), (C, "Ada")], FindingState.CONFIRMED_ONCE),
        ([(C, "Ada"), (C, "ADA ")], FindingState.CONFIRMED_ONCE),
        ([(C, "Ada Example"), (C, "ada  example")], FindingState.CONFIRMED_ONCE),
        ([(C, "Ada Stra\u00dfe"), (C, "\uff21da STRASSE")], FindingState.CONFIRMED_ONCE),
        ([(C, "Ada"), (C, "Ben")], FindingState.CONFIRMED),
        ([(C, "Ada"), (N, "Ben"), (C, "Ada")], FindingState.CONFIRMED_ONCE),
        ([(C, "Ada"), (F, "Ben")], FindingState.FALSE_POSITIVE),
        ([(F, "Ada"), (N, "Ben")], FindingState.NEEDS_EXPERT),
        ([(B, "Ada")], FindingState.BENIGN),
    ],
)
def test_the_latest_disposition_stands(judged: list[tuple[Verdict, str]], expected: FindingState) -> None:
    """A confirmation needs two different examiners in one unbroken run."""
    assert state_of(_finding(*judged)) is expected


@pytest.mark.parametrize("grave", [{"level": Level.HIGH}, {"level": Level.CRITICAL}, {"indicator": MATCH}])
@pytest.mark.parametrize(
    ("judged", "expected"),
    [
        ([(F, "Ada")], FindingState.DISMISSED_ONCE),
        ([(F, "Ada"), (B, "ada ")], FindingState.DISMISSED_ONCE),
        ([(F, "Ada"), (B, "Ben")], FindingState.BENIGN),
        ([(F, "Ada"), (F, "Ben")], FindingState.FALSE_POSITIVE),
        ([(F, "Ada"), (C, "Ben"), (F, "Ben")], FindingState.DISMISSED_ONCE),
        ([(C, "Ada"), (C, "Ben"), (F, "Cem")], FindingState.CONFIRMED),
        ([(C, "Ada"), (C, "Ben"), (N, "Ada")], FindingState.CONFIRMED),
        ([(C, "Ada"), (C, "Ben"), (F, "Cem"), (B, "Ada")], FindingState.BENIGN),
        ([(F, "Ada"), (F, "Ben"), (C, "Ada")], FindingState.CONFIRMED_ONCE),
        ([(F, "Ada"), (N, "Ben")], FindingState.NEEDS_EXPERT),
    ],
)
def test_what_is_grave_is_dismissed_by_two(
    grave: dict[str, object], judged: list[tuple[Verdict, str]], expected: FindingState
) -> None:
    """Until then it counts as standing; any doubt in between begins the run anew."""
    assert state_of(_finding(*judged, **grave)) is expected
    assert stands(_finding((F, "Ada"), **grave))


def test_one_examiner_is_enough_where_the_case_says_so() -> None:
    """A team of one dismisses and confirms."""
    alone = {"level": Level.CRITICAL, "indicator": MATCH, "examiners_needed": 1}
    assert state_of(_finding((F, "Ada"), **alone)) is FindingState.FALSE_POSITIVE
    assert state_of(_finding((C, "Ada"), **alone)) is FindingState.CONFIRMED


def test_only_what_was_dismissed_stops_counting() -> None:
    """Asking for an expert dismisses nothing; leads are counted while they stand."""
    found = [
        _finding(),
        _finding((N, "Ada")),
        _finding((B, "Ada")),
        _finding((F, "Ada"), rating=Rating.LEAD),
        _finding((F, "Ada"), rating=Rating.LEAD, level=Level.HIGH),
        _finding((C, "Ada"), rating=Rating.LEAD),
    ]
    weights = [weigh(each) for each in found]
    assert (dismissed(weights), leads(weights)) == (2, 2)


def _observation(
    number: int, value: str, who: str = "Ada", *, kind: str = "apple.threat_notification", at: str = "2026-09-02"
) -> Observation:
    return Observation(
        id=f"B-{number:04d}",
        uuid="u",
        official="O-0001",
        value=value,
        recorded_at="2026-09-03",
        recorded_by=who,
        kind=kind,
        at=at,
    )


def test_a_threat_notification_stands_until_it_is_taken_back() -> None:
    """By a later record of the same kind and moment; what the program saw is nobody's look."""
    mail, other = _observation(1, "mail"), _observation(2, "banner", "Ben", kind="google.threat_notification")
    assert notifications((mail, other)) == (mail, other)
    assert seen_by((mail, other, replace(mail, recorded_by=" ADA"))) == 2
    assert notifications((_observation(3, " None "), mail, other)) == (other,)
    assert notifications((_observation(3, "none", at="2026-10-01"), mail)) == (mail,)
    assert notifications((replace(mail, recorded_by="mvtcase"), replace(mail, kind="line.version"))) == ()
