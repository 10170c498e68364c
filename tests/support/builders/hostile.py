"""Damaged and hostile evidence of every kind, as builders: each holds one planted indicator where the damage is.

What is asked of a scan of any of them: it ends in its time, and it either reports the planted indicator or does not
call the examination full. The healthy ones must be called full, with their plant found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from builders.hostile_android import android_inputs
from builders.hostile_archives import archive_inputs
from builders.hostile_healthy import healthy_inputs
from builders.hostile_inputs import DOMAIN, INDICATORS, HostileInput
from builders.hostile_ios import ios_inputs
from builders.hostile_sysdiagnose import sysdiagnose_inputs

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DOMAIN", "INDICATORS", "HostileInput", "corpus", "healthy_inputs", "sample"]


def corpus() -> Iterator[HostileInput]:
    """Yield every damaged or hostile input there is a builder for; several hundred."""
    yield from ios_inputs()
    yield from android_inputs()
    yield from sysdiagnose_inputs()
    yield from archive_inputs()


def sample(every: int) -> Iterator[HostileInput]:
    """Yield one of so many inputs of each group, always the same ones, and at least four of each."""
    groups: dict[str, list[HostileInput]] = {}
    for each in corpus():
        groups.setdefault(each.group, []).append(each)
    for members in groups.values():
        yield from members[:: max(1, min(every, len(members) // 4))]
