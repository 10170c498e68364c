"""Before and beside MVT: what of the evidence cannot be read, is damaged, or is less than it should be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from mvtcase.model import ModuleOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that was not or will not be examined: the module or part it concerns, and why, for people."""

    module: str
    reason: str
    outcome: ModuleOutcome = ModuleOutcome.DAMAGED


Found: TypeAlias = "Problem | str"
"""A problem, or a sentence on what limits the examination without being a hole in it."""
