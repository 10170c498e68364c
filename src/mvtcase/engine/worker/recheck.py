"""A recheck in the worker: an earlier scan's stored results compared with other indicators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mvtcase.engine.worker.emitter import Emitter


def run_recheck(fields: dict[str, Any], emit: Emitter) -> int:
    """Run a recheck job and return the worker's exit status."""
    del fields
    emit("refused", code="start", message="This worker does no recheck yet.")
    return 3
