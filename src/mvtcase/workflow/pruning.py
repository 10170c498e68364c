"""Destroying result files that nothing rests on any more: older scans', of which the case keeps every outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mvtcase.casebook import latest_finished
from mvtcase.files import destroy, regular_files
from mvtcase.model import ScanState
from mvtcase.store import queries
from mvtcase.wording import say
from mvtcase.workflow.desk import Outcome
from mvtcase.workflow.recording import settled_case

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from mvtcase.model import Scan
    from mvtcase.store.store import Store
    from mvtcase.workflow.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What `scan prune` returns: the scans whose result files went or would go, and how much room that gives.

    What a scan that stays shares with them gives none.
    """

    scans: tuple[str, ...]
    files: int
    bytes: int
    destroyed: bool


Confirm = Callable[[Pruned], bool]


def prune(desk: Desk, *, confirm: Confirm) -> Outcome[Pruned]:
    """Destroy the result files of scans that are neither an acquisition's latest nor where a finding was first found.

    Outcomes, alerts, findings and gaps stay in the case, and the event keeps the digest of each list of files. The
    latest recheck of a scan that stays keeps its files too. Nothing goes unless `confirm` agrees to what it is shown.
    """
    with settled_case(desk, to_change=True) as store:
        spare = [each for each in _spare(store) if store.folder.results(each.id).is_dir()]
        files = [path for each in spare for path in regular_files(store.folder.results(each.id))]
        plan = Pruned(
            scans=tuple(each.id for each in spare),
            files=len(files),
            bytes=_freed(files),
            destroyed=False,
        )
        if not spare or not confirm(plan):
            return Outcome(data=plan, messages=(say("Nothing was destroyed."),))
        # Written down first: a list of files that is missing without an event would read as tampering.
        with store.change("scan.pruned", actor=desk.actor) as change:
            change.payload |= {"results_sha256": {each.id: each.results_sha256 for each in spare}, "files": len(files)}
            for each in spare:
                change.update("scan", each.uuid, results_sha256=None)
        for each in spare:
            destroy(store.folder.results(each.id))
        return Outcome(data=replace(plan, destroyed=True))


def _freed(files: Iterable[Path]) -> int:
    """Return how many bytes go with some files: those of a file that others share only where all who share it go."""
    found = [path.lstat() for path in files]
    going = Counter((each.st_dev, each.st_ino) for each in found)
    sizes = {(each.st_dev, each.st_ino): (each.st_size, each.st_nlink) for each in found}
    return sum(size for key, (size, links) in sizes.items() if going[key] >= links)


def _spare(store: Store) -> list[Scan]:
    """Return the scans whose result files nothing needs, oldest first."""
    scans = queries.scans(store, in_full=False)
    kept = {*(each.id for each in latest_finished(scans).values()), *queries.first_scans(store)}
    kept |= {max(again, key=lambda one: one.order).id for again in _rechecks(scans, kept)}
    return [each for each in scans if each.id not in kept and each.state is not ScanState.RUNNING]


def _rechecks(scans: Sequence[Scan], kept: set[str]) -> Iterator[list[Scan]]:
    """Yield the finished rechecks of each scan that stays."""
    for scan in sorted(kept):
        if again := [each for each in scans if each.recheck_of == scan and each.state is ScanState.FINISHED]:
            yield again
