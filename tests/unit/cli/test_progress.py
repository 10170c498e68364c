"""Progress of a batch: a line for each phone where nobody draws, one bar for all where somebody does."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console
from rich.progress import Progress

from mvtcase.cli.progress import ScanProgress, StepLines
from mvtcase.engine.job import EngineEvent
from mvtcase.workflow.batches import Step

if TYPE_CHECKING:
    from collections.abc import Iterable


def step(done: int, seconds_left: float) -> Step:
    """Return a phone of three that is done."""
    return Step(acquisition=f"A-000{done}", done=done, total=3, seconds=61.4, seconds_left=seconds_left)


@pytest.mark.parametrize(
    ("done", "left", "told"),
    [
        (1, 95.2, "1 of 3: A-0001 took 61 s; about 95 s left."),
        (2, 1500, "2 of 3: A-0002 took 61 s; about 25 min left."),
        (2, 9000, "2 of 3: A-0002 took 61 s; about 2 h 30 min left."),
        (3, 0, "3 of 3: A-0003 took 61 s; all done."),
    ],
)
def test_each_phone_of_a_batch_is_a_line_on_stderr(
    done: int, left: float, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who writes the output into a file still sees how far it is; stdout stays the answer's."""
    lines = StepLines()
    lines("A-0001", EngineEvent(what="started"))
    lines.batch(step(done, left))
    captured = capsys.readouterr()
    assert (captured.out, captured.err.strip()) == ("", told)


def test_on_a_terminal_the_batch_has_a_bar_of_its_own_at_the_end() -> None:
    """A phone that is done makes room; the phones at work keep theirs."""
    progress = Progress(console=Console(file=StringIO(), force_terminal=True), auto_refresh=False)
    shown = ScanProgress(progress)

    def bars() -> Iterable[tuple[object, object]]:
        return [(each.fields["subject"], each.completed) for each in progress.tasks]

    for name in ("A-0001", "A-0002"):
        shown(name, EngineEvent(what="module_started", module="sms", index=1, total=9))
    shown.batch(step(1, 100))
    assert bars() == [("A-0002", 0), ("phones", 1)]
    shown.batch(step(2, 100))
    assert bars() == [("phones", 2)]
    progress.stop()


def test_no_bar_is_drawn_over_a_question() -> None:
    """The scans go on while somebody types a password, and their bars come back."""
    progress = Progress(console=Console(file=StringIO(), force_terminal=True), auto_refresh=False)
    shown = ScanProgress(progress)
    with shown.paused():
        shown("A-0001", EngineEvent(what="started"))
        assert not progress.live.is_started
    assert bool(progress.live.is_started)
    with shown.paused():
        assert not progress.live.is_started
    progress.stop()
