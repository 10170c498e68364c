"""File what a scan gave: outcomes, gaps, alerts and findings, in one transaction with the scan's end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.findings.normalise import Context, normalise
from mvtcase.model import Completeness
from mvtcase.store import queries, results

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mvtcase.engine.job import EngineResult
    from mvtcase.model import Gap, Scan, ScanState
    from mvtcase.store.store import Store
    from mvtcase.workflow.desk import Desk


def record(
    desk: Desk,
    store: Store,
    scan: str,
    result: EngineResult,
    *,
    problems: Sequence[Gap] = (),
    state: ScanState,
) -> None:
    """File everything a scan gave in one transaction: outcomes, gaps, alerts, findings, the end of the scan.

    Something lost on the way to the worker is a gap like any other, and keeps the completeness from being full.
    """
    row = queries.scan(store, scan)
    device = queries.device(store, row.device)
    completeness = result.completeness
    if problems and completeness is Completeness.FULL:
        completeness = Completeness.PARTIAL
    found = normalise(result.alerts, Context(device=device, scan=scan, run_paths=_run_paths(store, row)))
    with store.change(f"scan.{state}", actor=desk.actor, subject=scan) as change:
        change.payload |= {
            "completeness": str(completeness),
            "alerts": len(result.alerts),
            "results_sha256": result.results_sha256,
        }
        results.add_modules(change, scan, result.modules)
        results.add_gaps(change, scan, (*problems, *result.gaps))
        uuids = results.add_alerts(change, scan, result.alerts)
        results.add_findings(store, change, found, uuids)
        change.update(
            "scan",
            row.uuid,
            state=state,
            command=result.command,
            completeness=completeness,
            indicators_loaded=result.indicators_loaded,
            tools={**row.tools, **result.tools},
            sandbox=result.sandbox,
            finished_at=change.at,
            duration_ms=result.duration_ms,
            error=result.error,
            limitations=list(result.limitations),
            results_sha256=result.results_sha256,
        )


def _run_paths(store: Store, scan: Scan) -> tuple[str, ...]:
    acquisition = queries.acquisition(store, scan.acquisition)
    return (acquisition.path, str(store.folder.working), str(store.folder.scan(scan.id)))
