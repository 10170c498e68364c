"""Where a finding stands in review."""

from __future__ import annotations

import pytest

from mvtcase.findings.review import stands, state_of
from mvtcase.model import Disposition, FindingState, Verdict

C, F, B, N = Verdict.CONFIRMED, Verdict.FALSE_POSITIVE, Verdict.BENIGN, Verdict.NEEDS_EXPERT


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
    dispositions = [
        Disposition(uuid=str(place), finding="F-1", verdict=verdict, reason="r", examiner=who, at=str(place))
        for place, (verdict, who) in enumerate(judged)
    ]
    assert state_of(dispositions) is expected


def test_only_what_was_dismissed_stops_counting() -> None:
    """Asking for an expert dismisses nothing."""
    assert {state for state in FindingState if not stands(state)} == {FindingState.FALSE_POSITIVE, FindingState.BENIGN}
