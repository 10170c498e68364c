"""Which indicator sets a scan compares with, compiled for the worker, and proven by the positive control before use."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mvtcase.errors import ControlFailedError, NoUsableIndicatorError
from mvtcase.model import EvidenceKind, Gap, ModuleOutcome
from mvtcase.wording import do, say, why
from mvtcase.workflow import control
from mvtcase.workflow.control import Choice

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mvtcase.workflow.desk import Desk


def choose(desk: Desk, named: Sequence[str] = ()) -> Choice:
    """Return the sets named, or all active ones, compiled.

    Raises `IndicatorSetMissingError` or `NoUsableIndicatorError`.
    """
    library = desk.library
    passports = library.active(tuple(named))
    if not passports:
        raise NoUsableIndicatorError(
            "No indicator set is active: a scan would compare with nothing.",
            hint=say("Import one with {0}.", do("iocs import", "FILE")),
        )
    compiled = library.compile(passports)
    if compiled.total == 0:
        raise NoUsableIndicatorError("The chosen indicator sets hold no usable indicator.")
    return Choice(
        passports=tuple(passports),
        sets=compiled.sets,
        matchset=compiled.matchset_path,
        total=compiled.total,
        set_names=compiled.set_names,
        key=compiled.key,
        tools=dict(desk.newest().tools),
    )


def require_control(
    desk: Desk, choice: Choice, wanted: Iterable[EvidenceKind] = tuple(EvidenceKind), *, despite: str = ""
) -> Choice:
    """Return the choice with what became of the positive control of each kind of evidence that is wanted.

    Raises `ControlFailedError` when it failed for all of them and nobody gave a reason to go on despite that: such a
    scan would prove nothing. What fails for one kind does not stop another.
    """
    if not desk.with_control:
        return choice
    verdicts = control.verdicts(desk, choice, wanted)
    choice = replace(choice, verdicts=verdicts, despite=despite)
    failed = [each for each in verdicts.values() if each.missed]
    if failed and len(failed) == len(verdicts) and not despite:
        raise _failure(failed)
    passed = max((each.at for each in verdicts.values() if each.at), default=None)
    return choice if failed else replace(choice, control_passed_at=passed)


def proven(choice: Choice, kind: EvidenceKind) -> Choice:
    """Return the choice for one kind of evidence, with the time its own control passed.

    Raises `ControlFailedError` when it failed and nobody gave a reason to go on despite that.
    """
    verdict = choice.verdicts.get(control.stand_in(kind))
    if verdict is None:
        return choice
    if verdict.missed and not choice.despite:
        raise _failure([verdict])
    return replace(choice, control_passed_at=verdict.at)


def control_gaps(choice: Choice, kind: EvidenceKind) -> tuple[Gap, ...]:
    """Return the gap that a control leaves which failed for a kind of evidence, and was gone past with a reason."""
    verdict = choice.verdicts.get(control.stand_in(kind))
    if verdict is None or not verdict.missed:
        return ()
    reason = why("control.despite", missed=control.listed(verdict.missed), reason=choice.despite)
    return (Gap(module="positive control", outcome=ModuleOutcome.FAILED, reason=reason),)


def _failure(failed: Sequence[control.Verdict]) -> ControlFailedError:
    missed = [check for each in failed for check in each.missed]
    return ControlFailedError(
        "The positive control failed: {missed} of {failed} planted indicators were not found. {missed_2}",
        missed=len(missed),
        failed=sum(each.planted for each in failed),
        missed_2=control.listed(missed),
    )
