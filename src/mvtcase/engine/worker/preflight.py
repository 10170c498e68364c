"""The look at the evidence before MVT sees it, with our own readers: problems that MVT passes over in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mvtcase.engine.worker.task import Task
    from mvtcase.model import Gap


def inspect(task: Task) -> Iterator[Gap]:
    """Yield what is missing, damaged or hostile in the evidence, each as a gap that a person understands."""
    del task
    yield from ()
