"""Healthy phones with ordinary noise, and the same with one real trace among it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from builders.planted_inputs import SoundInput


def healthy() -> list[SoundInput]:
    """Return every one."""
    return []
