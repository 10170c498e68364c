"""A decryption in the worker: an iTunes backup into a private folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mvtcase.engine.worker.emitter import Emitter


def run_decrypt(fields: dict[str, Any], emit: Emitter) -> int:
    """Run a decrypt job and return the worker's exit status."""
    del fields
    emit("refused", code="start", message="This worker does no decryption yet.")
    return 3
