"""What is drawn in a report, as plain values: who could have shown what, when things happened, how sealing went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from mvtcase import kinds
from mvtcase.canon import StrEnum
from mvtcase.findings.review import stands
from mvtcase.findings.status import WORDS
from mvtcase.model import EvidenceClass, Rating, Trace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mvtcase.casebook import OfficialStanding
    from mvtcase.model import Finding
    from mvtcase.model.reach import Reach
    from mvtcase.report.facts import SealingFacts, TimelineFact
    from mvtcase.report.view import View

_ABSENT = frozenset({Rating.CONTEXT, Rating.POSTURE, Rating.MENTION})


class Mark(StrEnum):
    """What a person's phones show of one sort of trace."""

    FOUND = "found"
    LEAD = "lead"
    NOTHING = "nothing"
    EMPTY = "empty"
    NOT_CARRIED = "not_carried"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixCell:
    """One sort of trace of one person: what it shows, and over which time it could have shown something."""

    trace: str
    words: str
    mark: str
    span: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixRow:
    """One person of the matrix."""

    who: str
    status: str
    words: str
    cells: tuple[MatrixCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One dated thing in the life of one person's phones; `tone` is a class of evidence or a kind of moment."""

    who: str
    day: str
    tone: str
    what: str


def matrix(view: View) -> tuple[MatrixRow, ...]:
    """Return a row for everybody who may have one and was examined, the worst status first."""
    found = _by_official(view)
    rows = sorted((one for one in view.rows if any(each.latest for each in one.devices)), key=_worst)
    return tuple(
        MatrixRow(
            who=view.who(one.official.id),
            status=str(one.status),
            words=view.word(WORDS[one.status]),
            cells=tuple(_cell(view, one, trace, found.get(one.official.id, ())) for trace in Trace),
        )
        for one in rows
    )


def _worst(one: OfficialStanding) -> tuple[int, str]:
    return (list(WORDS).index(one.status), one.official.id)


def _by_official(view: View) -> dict[str, list[Finding]]:
    """Return the findings that stand, by official."""
    found: dict[str, list[Finding]] = {}
    for each in view.told_apart:
        if stands(each):
            found.setdefault(each.official, []).append(each)
    return found


def _cell(view: View, one: OfficialStanding, trace: Trace, found: Iterable[Finding]) -> MatrixCell:
    reach = next((each for each in one.reach if each.trace is trace), None)
    standing = [each for each in found if _trace(each) is trace]
    return MatrixCell(
        trace=str(trace),
        words=view.word(trace.words),
        mark=str(_mark(standing, reach)),
        span=_span(reach) if reach and reach.is_carried else "",
    )


def _trace(one: Finding) -> Trace:
    """Return the sort of trace a finding is: by its module, else by what its class says."""
    return kinds.TRACES.get(one.module) or _OF_CLASS[one.evidence_class]


_OF_CLASS = {
    EvidenceClass.EXECUTION: Trace.EXECUTION,
    EvidenceClass.ARTEFACT: Trace.PERSISTENCE,
    EvidenceClass.EXPOSURE: Trace.LINK_OPENED,
    EvidenceClass.ATTEMPT: Trace.MESSAGE,
    EvidenceClass.HEURISTIC: Trace.PERSISTENCE,
    EvidenceClass.POSTURE: Trace.POSTURE,
}


def _mark(standing: Iterable[Finding], reach: Reach | None) -> Mark:
    weights = [each for each in standing if each.indicator or each.rating not in _ABSENT]
    if any(each.indicator or each.rating is not Rating.LEAD for each in weights):
        return Mark.FOUND
    if weights:
        return Mark.LEAD
    if reach is None or not reach.is_carried:
        return Mark.EMPTY if reach is not None and reach.basis == "no records" else Mark.NOT_CARRIED
    return Mark.NOTHING


def _span(reach: Reach) -> str:
    begin, end = (reach.from_ or "")[:10], (reach.to or "")[:10]
    return f"{begin} – {end}" if begin and end else ""


def moments(view: View, timeline: Iterable[TimelineFact]) -> tuple[Moment, ...]:
    """Return the dated moments of everybody who may have a row that can be drawn: findings, changes, observations."""
    names = {view.who(one.official.id) for one in view.rows}
    drawn = [each for each in timeline if each.at and each.kind in {"finding", "change", "observation"}]
    return tuple(
        Moment(who=each.who, day=each.at[:10], tone=each.kind, what=each.what)
        for each in drawn
        if each.at and each.who in names and _is_day(each.at[:10])
    )


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).year >= _FIRST_YEAR
    except ValueError:
        return False


_FIRST_YEAR = 1990
"""Before that no phone kept a time: such a date is a clock that was never set."""


def spread(view: View) -> tuple[Moment, ...]:
    """Return when each person who may have a row was first touched by what a published indicator speaks of."""
    told = []
    for official, found in _by_official(view).items():
        days = sorted(
            each.event_time[:10]
            for each in found
            if each.indicator and each.event_time and _is_day(each.event_time[:10])
        )
        if days:
            told.append(Moment(who=view.who(official), day=days[0], tone="finding", what=""))
    return tuple(sorted(told, key=lambda each: (each.day, each.who)))


def strips(sealed: SealingFacts | None) -> tuple[tuple[str, tuple[Moment, ...]], ...]:
    """Return, for everybody with a row, each look at LINE Letter Sealing in order."""
    rows = sealed.rows if sealed else ()
    return tuple(
        (row.who, tuple(Moment(who=row.who, day=at[:10], tone=seen, what="") for at, seen in row.looks))
        for row in rows
        if row.looks
    )
