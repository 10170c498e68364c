"""What a scan examined and what it did not: the one judge of completeness."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mvtcase import kinds
from mvtcase.model import Completeness, EvidenceKind, Gap, ModuleOutcome
from mvtcase.model.reach import measured, merged
from mvtcase.wording import why

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from mvtcase.kinds import KeyModule, Kind
    from mvtcase.model import ModuleRun
    from mvtcase.model.reach import Reach

GAP_OUTCOMES = frozenset(
    {
        ModuleOutcome.FAILED,
        ModuleOutcome.DAMAGED,
        ModuleOutcome.TIMED_OUT,
        ModuleOutcome.DENIED,
        ModuleOutcome.RECOVERED,
        ModuleOutcome.NOT_RUN,
    }
)
"""Outcomes that are a gap on any module that was to run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a scan beside what its worker says, and decides as much how complete it was."""

    problems: tuple[Gap, ...] = ()
    """What was lost on the way to the worker: by staging, by decryption."""
    counts: Mapping[str, int] | None = None
    """The usable indicators of the chosen sets by type; None where nobody counted them."""
    second_reader: bool = True
    """Whether the second reader was to run: it alone looks where MVT is known to look past."""
    base: Completeness | None = None
    """For a recheck, how complete the scan was whose results it read: what was not examined then is not now."""
    base_gaps: tuple[Gap, ...] = ()
    told: frozenset[str] = frozenset()
    """The codes of the limitations that the worker told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How complete a scan was, its gaps, what its kind of evidence never carries, and what it could have shown."""

    completeness: Completeness
    gaps: tuple[Gap, ...]
    limitations: tuple[str, ...]
    reach: tuple[Reach, ...]


def assess(
    *,
    kind: EvidenceKind,
    finished: bool,
    indicators_loaded: int,
    modules: Sequence[ModuleRun],
    extra_gaps: Sequence[Gap] = (),
    known: Known | None = None,
    inside: Mapping[int, tuple[EvidenceKind, str]] | None = None,
) -> Judgement:
    """Return how complete a scan was: the only place that decides it, from everything that decides it.

    `extra_gaps` are those that no module run stands for: of the pre-flight, of nested commands, of the second reader,
    of telling files that nobody read. What lies `inside`, by number, is judged by its own kind's key modules, too.
    """
    known = known or Known()
    facts = kinds.of(kind)
    own_modules = [run for run in modules if not run.part.startswith("inside")]
    runs = {(run.part, run.slug): run for run in modules}
    stood_in_for = [row for row in facts.key_modules if _is_stood_in_for(row, runs)]
    required = {
        (row.part, row.slug): row
        for row in facts.key_modules
        if row not in stood_in_for and not _is_excused(row, known)
    }
    within = [_Inside(number, *each, modules) for number, each in (inside or {}).items()]
    blinding = _blinding(kind, indicators_loaded, known.counts)
    gaps = dict.fromkeys(
        (
            *known.problems,
            *(gap for run in own_modules if (gap := _gap_of(run, required.get((run.part, run.slug)))) is not None),
            *(gap for each in within for gap in each.gaps()),
            *_absent(required, runs, {gap.module for gap in extra_gaps}),
            *extra_gaps,
            *_never_examined(facts, known),
            *blinding,
            *known.base_gaps,
        )
    )
    seen = bool(stood_in_for) or any(is_examined(runs[key], row) for key, row in required.items() if key in runs)
    own = Completeness.PARTIAL if gaps else Completeness.FULL
    if blinding or not finished or not seen:
        own = Completeness.BLIND
    return Judgement(
        completeness=max(own, known.base or own, key=list(Completeness).index),
        gaps=tuple(gaps),
        limitations=tuple(
            why("kind.limit", sentence=each)
            for each in facts.limits([run.slug for run in own_modules if run.records and is_examined(run)])
        ),
        reach=merged([measured(kind, own_modules), *(measured(each.kind, each.runs) for each in within)]),
    )


_EXCUSES: Mapping[str, Callable[[KeyModule], bool]] = {
    "androidqf.none_chosen": lambda row: row.part == "backup",
    "androidqf.before_bugreports": lambda row: row.part == "bugreport",
    "shutdown.none": lambda row: row.slug.endswith("shutdown_log"),
}
"""What a key module need not have examined, by the limitation that tells why: it costs reach, and is no hole."""


def _is_excused(row: KeyModule, known: Known) -> bool:
    return any(code in _EXCUSES and _EXCUSES[code](row) for code in known.told)


class _Inside:
    """An acquisition inside the one that is judged: its modules' runs, and what its own kind misses of them."""

    def __init__(self, number: int, kind: EvidenceKind, place: str, modules: Sequence[ModuleRun]) -> None:
        self.kind, self.place, self.number = kind, place, number
        self.runs = [run for run in modules if run.part.startswith(f"inside{number}-")]

    def gaps(self) -> Iterator[Gap]:
        """Yield the gaps of its modules, each naming the place."""
        runs = {(run.part.partition("-")[2], run.slug): run for run in self.runs}
        required = {(row.part, row.slug): row for row in kinds.of(self.kind).key_modules if row.part in _parts(runs)}
        required = {key: row for key, row in required.items() if not _is_stood_in_for(row, runs)}
        for key, run in runs.items():
            gap = _gap_of(run, required.get(key))
            if gap is not None:
                yield replace(gap, module=f"{gap.module} in {self.place}")
        for gap in _absent(required, runs, ()):
            yield replace(gap, module=f"{gap.module} in {self.place}")
        if not runs:
            reason = why("reader.inside", file=self.place, kind=kinds.of(self.kind).words)
            yield Gap(module="sweep", outcome=ModuleOutcome.NOT_RUN, reason=reason)


def _parts(runs: Mapping[tuple[str, str], ModuleRun]) -> set[str]:
    return {part for part, _ in runs}


def _blinding(kind: EvidenceKind, loaded: int, counts: Mapping[str, int] | None) -> tuple[Gap, ...]:
    """Return the gap of a scan that could not have matched anything: thousands of app ids say nothing of an iPhone."""
    reason = why("indicators.none")
    if loaded:
        if counts is None or any(counts.get(name, 0) for name in kinds.of(kind).compared_types):
            return ()
        held = ", ".join(sorted(name for name, count in counts.items() if count)) or "none"
        reason = why("indicators.uncompared", held=held)
    return (Gap(module="indicators", outcome=ModuleOutcome.NOT_RUN, reason=reason),)


def _never_examined(facts: Kind, known: Known) -> Iterator[Gap]:
    if facts.never_whole:
        reason = why("kind.never_whole", sentence=facts.never_whole)
        yield Gap(module="file system", outcome=ModuleOutcome.NOT_RUN, reason=reason)
    if not known.second_reader:
        yield Gap(module="sweep", outcome=ModuleOutcome.NOT_RUN, reason=why("reader.off"))


def is_examined(run: ModuleRun, row: KeyModule | None = None) -> bool:
    """Return whether a module run examined its source: an empty one only where the source is known to be empty."""
    if run.outcome in {ModuleOutcome.CHECKED, ModuleOutcome.EXTRACTED}:
        return True
    if run.outcome is ModuleOutcome.EMPTY:
        return run.source_rows == 0 or (row is not None and row.may_be_empty and run.source_rows is None)
    return False


def _is_stood_in_for(row: KeyModule, runs: Mapping[tuple[str, str], ModuleRun]) -> bool:
    """Return whether a key module's source is not there and another module examined the same content elsewhere."""
    own, other = runs.get((row.part, row.slug)), runs.get((row.part, row.stand_in))
    absent = own is None or own.outcome in {ModuleOutcome.EMPTY, ModuleOutcome.NO_SOURCE}
    return absent and other is not None and is_examined(other)


def _gap_of(run: ModuleRun, row: KeyModule | None) -> Gap | None:
    """Return the gap for this module run, or None."""
    missing = (run.source_rows or 0) - (run.records or 0)
    if run.outcome in {ModuleOutcome.CHECKED, ModuleOutcome.EXTRACTED, ModuleOutcome.EMPTY} and missing > 0:
        counted = why("module.counted", there=run.source_rows or 0, examined=run.records or 0)
        return Gap(module=run.module, outcome=run.outcome, reason=counted)
    is_gap = run.outcome in GAP_OUTCOMES or (row is not None and not is_examined(run, row))
    if not is_gap:
        return None
    return Gap(module=run.module, outcome=run.outcome, reason=run.reason or why(f"outcome.{run.outcome}"))


def _absent(
    required: Mapping[tuple[str, str], KeyModule], runs: Mapping[tuple[str, str], ModuleRun], whole: Collection[str]
) -> Iterator[Gap]:
    """Yield the key modules that never ran; a part that is missing as a whole is one gap, told elsewhere."""
    for key, row in required.items():
        if key not in runs and row.part not in whole:
            reason = why("module.absent", sentence=row.reason)
            yield Gap(module=row.slug, outcome=ModuleOutcome.NOT_RUN, reason=reason)
