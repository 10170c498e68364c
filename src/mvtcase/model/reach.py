"""Reach: which traces an acquisition's evidence could have shown, over which span of time; measured, not assumed."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from mvtcase import kinds
from mvtcase.kinds.words import Trace
from mvtcase.model.enums import ModuleOutcome
from mvtcase.wording import Day, Said, together, why

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mvtcase.canon import Json
    from mvtcase.kinds.words import EvidenceKind
    from mvtcase.model.records import ModuleRun, Scan
    from mvtcase.wording import Reason

NOT_CARRIED = "not carried"
NO_RECORDS = "no records"
_UNTIMED = "without times: "
NEEDED = Trace.EXECUTION
"""Without these traces nobody is told that no trace was found: spyware is a program that runs."""

_READ = frozenset({ModuleOutcome.CHECKED, ModuleOutcome.EXTRACTED, ModuleOutcome.RECOVERED})
_LOOKED = _READ | {ModuleOutcome.EMPTY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """One class of traces in one or several acquisitions; times as the phone gave them, None where none was told.

    `basis` names the modules whose records carry it, or says why none does.
    """

    trace: Trace
    from_: str | None = None
    to: str | None = None
    basis: str = NOT_CARRIED

    @property
    def is_carried(self) -> bool:
        """Whether there are records of this class."""
        return self.basis not in {NOT_CARRIED, NO_RECORDS}

    @property
    def words(self) -> Reason:
        """The class and its span: `processes 12 Aug to 20 Nov 2026`."""
        return _span(Said(self.trace.words), self.from_, self.to)

    @property
    def json(self) -> dict[str, Json]:
        """The form of the CLI contract, which is the form of the store."""
        return {"trace": str(self.trace), "from": self.from_, "to": self.to, "basis": self.basis}


def measured(kind: EvidenceKind, modules: Sequence[ModuleRun]) -> tuple[Reach, ...]:
    """Return the reach of one acquisition, class by class, from what its modules read."""
    traces = kinds.of(kind).traces
    return tuple(_of_class(trace, [run for run in modules if traces.get(run.slug) is trace]) for trace in Trace)


def _of_class(trace: Trace, runs: Sequence[ModuleRun]) -> Reach:
    read = [run for run in runs if run.outcome in _READ and run.records]
    if not read:
        looked = any(run.outcome in _LOOKED for run in runs)
        return Reach(trace=trace, basis=NO_RECORDS if looked else NOT_CARRIED)
    return Reach(
        trace=trace,
        from_=min((run.first_time for run in read if run.first_time), default=None),
        to=max((run.last_time for run in read if run.last_time), default=None),
        basis=_basis((run.slug for run in read if run.first_time), (run.slug for run in read)),
    )


def _basis(timed: Iterable[str], every: Iterable[str]) -> str:
    """Return `datausage, netusage; without times: shutdown_log`: where the times are from, then what has none."""
    first = dict.fromkeys(timed)
    rest = [slug for slug in dict.fromkeys(every) if slug not in first]
    return "; ".join(filter(None, (", ".join(first), f"{_UNTIMED}{', '.join(rest)}" if rest else "")))


def of_scan(scan: Scan) -> tuple[Reach, ...]:
    """Return a scan's reach as stored; that of a scan from before reach was stored follows from its modules."""
    return tuple(map(_stored, scan.reach)) or (measured(scan.kind, scan.modules) if scan.modules else ())


_TRACES = {str(each): each for each in Trace}


def _stored(each: Mapping[str, Any]) -> Reach:
    return Reach(trace=_TRACES[each["trace"]], from_=each["from"], to=each["to"], basis=each["basis"])


def merged(reaches: Iterable[Sequence[Reach]]) -> tuple[Reach, ...]:
    """Return the reach of several acquisitions together: what any of them carries, over all their times."""
    parts = tuple(map(tuple, reaches))
    if len(parts) == 1 and [each.trace for each in parts[0]] == list(Trace):
        return parts[0]
    every = [each for reach in parts for each in reach]
    return tuple(_together(trace, [each for each in every if each.trace is trace]) for trace in Trace if every)


def _together(trace: Trace, parts: Sequence[Reach]) -> Reach:
    carried = [each for each in parts if each.is_carried]
    if not carried:
        return next((each for each in parts if each.basis == NO_RECORDS), Reach(trace=trace))
    timed: list[str] = []
    untimed: list[str] = []
    for each in carried:
        head, _, tail = each.basis.partition(_UNTIMED)
        timed += head.removesuffix("; ").split(", ") if head else []
        untimed += tail.split(", ") if tail else []
    return Reach(
        trace=trace,
        from_=min((each.from_ for each in carried if each.from_), default=None),
        to=max((each.to for each in carried if each.to), default=None),
        basis=_basis(timed, untimed),
    )


def suffices(reach: Iterable[Reach]) -> bool:
    """Return whether a reach holds what nobody may be without who is told that no trace was found."""
    return any(each.trace is NEEDED and each.is_carried for each in reach)


def sentence(reach: Sequence[Reach]) -> Reason:
    """Return a reach in words: what is carried with its times, then what is not."""
    return _sentence(tuple(reach))


@functools.lru_cache(maxsize=4096)  # a person with one phone has its reach, and many phones of a case have one
def _sentence(reach: tuple[Reach, ...]) -> Reason:
    told = [_listed([each.words for each in reach if each.is_carried])]
    for basis in (NO_RECORDS, NOT_CARRIED):
        absent = [Said(each.trace.words) for each in reach if each.basis == basis]
        told.append(why("reach.absent", traces=_listed(absent), why=Said(basis)) if absent else "")
    return together(*told)


def _listed(words: Sequence[str]) -> str:
    """Return words one after the other, in any language."""
    return functools.reduce(lambda one, other: why("reach.list", one=one, other=other), words) if words else ""


@functools.lru_cache(maxsize=4096)
def _span(traces: Said, first: str | None, last: str | None) -> Reason:
    """Return two times of a phone as days: `on 3 May 2026`, `12 Aug to 20 Nov 2026`, `3 May 2019 to 20 Nov 2026`."""
    begin, end = _day(first), _day(last)
    if begin is None or end is None:
        return why("reach.acquired", traces=traces)
    until = Day(_shown(end), end.isoformat())
    if begin == end:
        return why("reach.on", traces=traces, day=until)
    since = Day(_shown(begin).removesuffix(f" {end.year}"), begin.isoformat())
    return why("reach.span", traces=traces, begin=since, end=until)


def _day(moment: str | None) -> date | None:
    return date.fromisoformat(moment[:10]) if moment else None


def _shown(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
