"""Clusters: make the keys by which machines know each other. A cluster belongs to no case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.canon import utc_now
from mvtcase.cluster import keys
from mvtcase.wording import say
from mvtcase.workflow.desk import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeKeys:
    """The folders that were made, one for each machine."""

    folders: tuple[str, ...]


def make_keys(folder: Path, nodes: Sequence[str], *, days: int) -> Outcome[MadeKeys]:
    """Make a cluster's keys or those of further nodes and return the folders; raises as `cluster.keys` does."""
    made = keys.make_keys(folder, nodes, days=days, clock=utc_now)
    return Outcome(
        data=MadeKeys(folders=tuple(map(str, made))),
        messages=(
            say(
                "Carry each folder to its machine by hand; the coordinator's holds all public keys, and is needed anew."
            ),
            say("{key} lets machines in: keep it off them.", key=folder / keys.CA_KEY),
        ),
    )
