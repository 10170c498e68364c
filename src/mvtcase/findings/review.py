"""Where a finding stands in review: the latest disposition counts, and a confirmation needs a second pair of eyes."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from mvtcase.canon import person_key
from mvtcase.model import FindingState, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mvtcase.model import Disposition

REVIEWERS_NEEDED = 2
_STATES = {
    Verdict.FALSE_POSITIVE: FindingState.FALSE_POSITIVE,
    Verdict.BENIGN: FindingState.BENIGN,
    Verdict.NEEDS_EXPERT: FindingState.NEEDS_EXPERT,
}


def state_of(dispositions: Sequence[Disposition]) -> FindingState:
    """Return where a finding with these dispositions (oldest first) stands.

    `confirmed` when the latest run of dispositions are all confirmations and come from two examiners; `confirmed_once`
    while only one gave them.
    """
    if not dispositions:
        return FindingState.OPEN
    latest = dispositions[-1].verdict
    if latest is not Verdict.CONFIRMED:
        return _STATES[latest]
    streak = takewhile(lambda one: one.verdict is Verdict.CONFIRMED, reversed(dispositions))
    examiners = {person_key(one.examiner) for one in streak}
    return FindingState.CONFIRMED if len(examiners) >= REVIEWERS_NEEDED else FindingState.CONFIRMED_ONCE


def stands(state: FindingState) -> bool:
    """Return whether a finding in this state still counts towards the status."""
    return state not in {FindingState.FALSE_POSITIVE, FindingState.BENIGN}
