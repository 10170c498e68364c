"""Where a finding stands in review: the latest judgement counts, and what changes much takes a second pair of eyes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.canon import person_key
from mvtcase.model import FindingState, Level, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mvtcase.model import Finding, Observation

PROGRAM = "mvtcase"
"""Who recorded an observation that a scan made: no pair of eyes."""
_DISMISSED = {Verdict.FALSE_POSITIVE: FindingState.FALSE_POSITIVE, Verdict.BENIGN: FindingState.BENIGN}
DISMISSED = frozenset(_DISMISSED.values())
"""Where a finding stands that was dismissed for good."""
_SETTLED = frozenset({FindingState.CONFIRMED, *DISMISSED})
_NOTIFICATION = ".threat_notification"
_NOTHING = frozenset({"no", "none"})


def state_of(finding: Finding) -> FindingState:
    """Return where a finding stands by its dispositions, oldest first.

    To confirm, and to dismiss a grave finding, takes as many examiners as it needs, in one unbroken run of judgements
    that agree; until then it is `confirmed_once` or `dismissed_once`. What was confirmed stays so until it is dismissed
    for good: nobody lowers a status alone.
    """
    state = FindingState.OPEN
    run: set[str] = set()
    before: Verdict | None = None
    for one in finding.dispositions:
        run = {*(run if before and _side(before) is _side(one.verdict) else ()), person_key(one.examiner)}
        before = one.verdict
        reached = _reached(finding, one.verdict, len(run))
        state = reached if reached in _SETTLED or state is not FindingState.CONFIRMED else state
    return state


def _side(verdict: Verdict) -> Verdict:
    return Verdict.BENIGN if verdict in _DISMISSED else verdict


def _reached(finding: Finding, verdict: Verdict, examiners: int) -> FindingState:
    """Return what a run of agreeing judgements by so many examiners reaches, by its latest verdict."""
    if verdict is Verdict.NEEDS_EXPERT:
        return FindingState.NEEDS_EXPERT
    if verdict is Verdict.CONFIRMED:
        enough = examiners >= finding.examiners_needed
        return FindingState.CONFIRMED if enough else FindingState.CONFIRMED_ONCE
    enough = examiners >= finding.examiners_needed or not is_grave(finding)
    return _DISMISSED[verdict] if enough else FindingState.DISMISSED_ONCE


def is_grave(finding: Finding) -> bool:
    """Return whether nobody dismisses a finding alone: it is CRITICAL or HIGH, or an indicator matched."""
    return finding.indicator is not None or finding.level.rank >= Level.HIGH.rank


def stands(finding: Finding) -> bool:
    """Return whether a finding still counts towards the status."""
    return state_of(finding) not in DISMISSED


def notifications(observations: Sequence[Observation]) -> tuple[Observation, ...]:
    """Return the vendors' threat notifications among observations, as people recorded them.

    One is taken back by a later record of the same kind and moment with the value `none`.
    """
    told = sorted(
        (one for one in observations if one.kind.endswith(_NOTIFICATION) and one.recorded_by != PROGRAM),
        key=lambda one: one.order,
    )
    standing: list[Observation] = []
    for one in told:
        if one.value.strip().lower() in _NOTHING:
            standing = [each for each in standing if (each.kind, each.at) != (one.kind, one.at)]
        else:
            standing.append(one)
    return tuple(standing)


def seen_by(observations: Iterable[Observation]) -> int:
    """Return how many people recorded some observations."""
    return len({person_key(one.recorded_by) for one in observations})
