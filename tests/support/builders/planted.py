"""All sound phones with one planted value, of every kind of evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builders.planted_android import planted_android
from builders.planted_inputs import numbered
from builders.planted_ios import planted_ios
from builders.planted_sysdiagnose import planted_sysdiagnose

if TYPE_CHECKING:
    from builders.planted_inputs import SoundInput


def planted() -> list[SoundInput]:
    """Return every one; several hundred."""
    return numbered([*planted_ios(), *planted_android(), *planted_sysdiagnose()])
