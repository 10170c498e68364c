"""Which indicator sets a scan compares with, compiled for the worker, and proven by the positive control before use."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mvtcase.errors import NoUsableIndicatorError
from mvtcase.wording import do, say
from mvtcase.workflow import control

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mvtcase.indicators.passport import Passport
    from mvtcase.model import IndicatorSet
    from mvtcase.workflow.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The sets of one scan: pinned, compiled into `matchset`, `total` indicators in all.

    `set_names` maps a collection's file name to its set; `key` stands for this combination of sets; `control_passed_at`
    is when the positive control last found everything planted with it, None before.
    """

    passports: tuple[Passport, ...]
    sets: tuple[IndicatorSet, ...]
    matchset: Path
    total: int
    set_names: Mapping[str, str]
    key: str
    tools: Mapping[str, str]
    control_passed_at: str | None = None

    @property
    def counts(self) -> Mapping[str, int]:
        """The usable indicators of all sets by MVT's type names."""
        total: Counter[str] = Counter()
        for each in self.sets:
            total.update(each.counts)
        return total


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


def require_control(desk: Desk, choice: Choice) -> Choice:
    """Return the choice with the time its positive control passed, running it when it never did with these tools.

    Raises `ControlFailedError` when something planted was not found: such a scan would prove nothing.
    """
    if not desk.with_control:
        return choice
    return replace(choice, control_passed_at=control.passed_at(desk, choice))
