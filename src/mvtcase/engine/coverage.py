"""What a scan examined and what it did not: the one judge of completeness."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase import kinds
from mvtcase.model import Completeness, EvidenceKind, Gap, ModuleOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mvtcase.kinds import KeyModule
    from mvtcase.model import ModuleRun

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

_DEFAULT_REASONS = {
    ModuleOutcome.NO_SOURCE: "the source is not in this acquisition",
    ModuleOutcome.EMPTY: "no record was read, and nothing tells an empty source from a lost one",
    ModuleOutcome.NOT_RUN: "the module did not run",
    ModuleOutcome.FAILED: "the module failed",
    ModuleOutcome.DAMAGED: "the source is damaged",
    ModuleOutcome.DENIED: "the source could not be read",
    ModuleOutcome.TIMED_OUT: "the module did not end in its time",
    ModuleOutcome.RECOVERED: "the source is damaged; what could be recovered was examined",
}


def uncompared(kind: EvidenceKind, counts: Mapping[str, int]) -> Gap | None:
    """Return the gap of a scan whose sets hold no indicator of any type that this kind of evidence is compared with.

    `counts` are the loaded indicators by type. Thousands of Android app ids say nothing of an iPhone.
    """
    if any(counts.get(name, 0) for name in kinds.of(kind).compared_types):
        return None
    held = ", ".join(sorted(name for name, count in counts.items() if count)) or "none"
    reason = f"the sets hold no indicator of a type that this kind of evidence is compared with (they hold: {held})"
    return Gap(module="indicators", outcome=ModuleOutcome.NOT_RUN, reason=reason)


def assess(
    *,
    kind: EvidenceKind,
    finished: bool,
    indicators_loaded: int,
    modules: Sequence[ModuleRun],
    extra_gaps: Sequence[Gap] = (),
) -> tuple[Completeness, tuple[Gap, ...], tuple[str, ...]]:
    """Return how complete a scan was, its gaps and its limitations.

    `extra_gaps` are those that no module run stands for: of the pre-flight, of nested commands, of the sweep.
    """
    facts = kinds.of(kind)
    keys = facts.key_modules
    runs = {(run.part, run.slug): run for run in modules}
    required = {(row.part, row.slug): row for row in keys if not _is_stood_in_for(row, runs)}
    gaps = [gap for run in modules if (gap := _gap_of(run, required.get((run.part, run.slug)))) is not None]
    # A part that is missing as a whole is one gap, not one for each of its modules.
    whole = {gap.module for gap in extra_gaps}
    gaps += [_absent(row) for key, row in required.items() if key not in runs and row.part not in whole]
    gaps += [gap for gap in extra_gaps if gap not in gaps]
    if facts.never_whole:
        gaps.append(Gap(module="file system", outcome=ModuleOutcome.NOT_RUN, reason=facts.never_whole))
    if indicators_loaded == 0:
        gaps.append(Gap(module="indicators", outcome=ModuleOutcome.NOT_RUN, reason="no indicator was loaded"))
    seen = len(required) < len(keys)  # a stand-in was examined
    seen = seen or any(is_examined(runs[key], row) for key, row in required.items() if key in runs)
    limits = facts.limits([run.slug for run in modules if run.records and is_examined(run)])
    if not finished or indicators_loaded == 0 or not seen:
        return Completeness.BLIND, tuple(gaps), limits
    return Completeness.PARTIAL if gaps else Completeness.FULL, tuple(gaps), limits


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
        counted = f"{run.source_rows} records in the source, {run.records or 0} examined"
        return Gap(module=run.module, outcome=run.outcome, reason=counted)
    is_gap = run.outcome in GAP_OUTCOMES or (row is not None and not is_examined(run, row))
    if not is_gap:
        return None
    return Gap(module=run.module, outcome=run.outcome, reason=run.reason or _DEFAULT_REASONS.get(run.outcome, ""))


def _absent(row: KeyModule) -> Gap:
    reason = f"the module did not run, although {row.reason}"
    return Gap(module=row.slug, outcome=ModuleOutcome.NOT_RUN, reason=reason)
