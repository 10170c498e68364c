"""The second, independent look: every byte searched for the sets' indicators, without MVT's parsers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mvtcase.engine.worker.emitter import Emitter
    from mvtcase.engine.worker.task import Task
    from mvtcase.matchset import MatchSet


def run(task: Task, matchset: MatchSet, emit: Emitter) -> None:
    """Search the evidence and send hits as `alert` events with source `sweep`, and `progress` events on the way."""
    del task, matchset, emit
