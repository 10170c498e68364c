"""Scans that a killed process left running: found by their free lock, marked, and their alerts filed."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from mvtcase.engine.events import INTERRUPTED
from mvtcase.errors import CaseLockedError, CaseReadOnlyError
from mvtcase.findings.review import PROGRAM
from mvtcase.model import ScanState
from mvtcase.store import queries
from mvtcase.store.folder import held_lock
from mvtcase.workflow.recording import close_early

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mvtcase.model import Scan
    from mvtcase.store.store import Store
    from mvtcase.workflow.desk import Desk


@contextlib.contextmanager
def acquisition_lock(store: Store, acquisition: str) -> Iterator[None]:
    """Hold an acquisition while it is scanned. Raises `CaseLockedError` when another process is scanning it."""
    with held_lock(store.folder.scan_lock(acquisition)) as held:
        if not held:
            raise CaseLockedError("Another process is scanning {acquisition}.", acquisition=acquisition)
        yield


@contextlib.contextmanager
def settled_case(desk: Desk, *, to_change: bool = False) -> Iterator[Store]:
    """Give the case's store with everything filed that a killed scan had found, for verbs that state results.

    Raises `CaseReadOnlyError` when something has to be filed and the medium cannot be written to.
    """
    with desk.open_case(to_change=to_change) as store:
        named = desk.examiner or desk.settings.examiner
        recover(desk if named.strip() else replace(desk, examiner=PROGRAM), store)
        yield store


def recover(desk: Desk, store: Store) -> tuple[str, ...]:
    """Mark every scan that no living process holds as interrupted, file what it had found, and return their ids."""
    return tuple(scan.id for scan in queries.scans(store) if _recover_one(desk, store, scan))


def _recover_one(desk: Desk, store: Store, scan: Scan) -> bool:
    if scan.state is not ScanState.RUNNING:
        return False
    if store.read_only:
        raise CaseReadOnlyError("What scan {scan} had found when it was cut off is not filed yet.", scan=scan.id)
    with held_lock(store.folder.scan_lock(scan.acquisition)) as held:
        if not held or queries.scan(store, scan.id).state is not ScanState.RUNNING:
            return False
        file_interrupted(desk, store, scan)
    return True


def file_interrupted(desk: Desk, store: Store, scan: Scan) -> None:
    """Mark a scan as interrupted and file what its worker had said until then; the caller holds its acquisition."""
    close_early(desk, store, scan.id, state=ScanState.INTERRUPTED, error=INTERRUPTED)
