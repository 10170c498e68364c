"""Indicator sets: list, show, lint, import, update, pack, and the self-test that proves they can be found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.errors import ControlFailedError
from mvtcase.workflow import control
from mvtcase.workflow.desk import Outcome
from mvtcase.workflow.sets import choose

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mvtcase.engine.job import EngineEvent
    from mvtcase.workflow.desk import Desk


def selftest(
    desk: Desk, named: Sequence[str] = (), *, on_event: Callable[[EngineEvent], None] = control.unheard
) -> Outcome:
    """Run the positive control on the sets named, or all active ones, and return what became of each plant.

    Raises `ControlFailedError` when one was not.
    """
    choice = choose(desk, named)
    checks, at = control.run(desk, choice, on_event=on_event)
    missed = [check for check in checks if not check.found]
    if missed:
        listed = "; ".join(f"{check.type} {check.value} ({check.platform}: {check.where})" for check in missed)
        raise ControlFailedError(f"{len(missed)} of {len(checks)} planted indicators were not found: {listed}.")
    tested = sorted({check.type for check in checks})
    untested = sorted({kind for each in choice.sets for kind, n in each.counts.items() if n} - set(tested))
    return Outcome(
        data={
            "passed_at": at,
            "planted": len(checks),
            "types": list(tested),
            "types_not_planted": list(untested),
            "sets": [{"name": each.name, "version": each.version, "sha256": each.sha256} for each in choice.sets],
            "checks": [
                {"type": c.type, "value": c.value, "platform": c.platform, "where": c.where, "found": c.found}
                for c in checks
            ],
        },
        messages=tuple(f"No spot can hold an indicator of type {each}; it was not tried." for each in untested),
    )
