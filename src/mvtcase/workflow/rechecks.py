"""Rechecks: compare an earlier scan's stored results with other indicator sets, without the phone (retro-hunt)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mvtcase.casebook import latest_finished
from mvtcase.engine.coverage import Known
from mvtcase.engine.job import RecheckJob
from mvtcase.errors import EngineError, InputError, MvtcaseError
from mvtcase.model import AcquisitionState, ScanState
from mvtcase.store import queries
from mvtcase.wording import Message, do, say
from mvtcase.workflow import consents, payloads, sets
from mvtcase.workflow.desk import Outcome, OutcomeStatus
from mvtcase.workflow.interrupted import acquisition_lock, recover
from mvtcase.workflow.recording import begin, fail, record
from mvtcase.workflow.scans import shown_scans

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mvtcase.engine.job import EngineEvent
    from mvtcase.model import Scan
    from mvtcase.store.store import Store
    from mvtcase.workflow.desk import Desk
    from mvtcase.workflow.sets import Choice


def run(
    desk: Desk,
    named: Sequence[str],
    *,
    everything: bool = False,
    set_names: Sequence[str] = (),
    despite_control: str = "",
    on_event: Callable[[str, EngineEvent], None],
) -> Outcome[payloads.Scans]:
    """Recheck scans, or the latest finished scan of every acquisition; one that cannot be rechecked stops no other.

    A recheck examines nothing anew: it can add findings and never improves a completeness. Consent is asked for as for
    a scan, since the data are the same.
    """
    desk.require_sandbox()
    with desk.open_case(to_change=True) as store:
        recover(desk, store)
        wanted = _wanted(store, named, everything=everything)
        chosen = set_names or queries.case_file(store).fixed_sets or ()
        choice = sets.choose(desk, chosen)
        choice = sets.require_control(desk, choice, {each.kind for each in wanted}, despite=despite_control)
        done: list[str] = []
        messages: list[Message] = []
        for scan in wanted:
            try:
                done.append(_recheck(desk, store, choice, scan, partial(on_event, scan.id)))
            except MvtcaseError as error:  # noqa: PERF203  # one bad scan must not stop the others
                messages.append(say("{scan} was not rechecked: {error}", scan=scan.id, error=error.whole))
        shown = shown_scans(desk, store, done)
    complete = not messages and all(not each.gaps for each in shown)
    return Outcome(
        data=payloads.Scans(scans=shown),
        status=OutcomeStatus.SUCCESS if complete else OutcomeStatus.PARTIAL,
        messages=tuple(messages),
    )


def _wanted(store: Store, named: Sequence[str], *, everything: bool) -> list[Scan]:
    if named:
        return [queries.scan(store, each) for each in dict.fromkeys(named)]
    if not everything:
        raise InputError(
            "Which scans?", hint=say("Name scans, or use {0} for the latest of each acquisition.", do(all=True))
        )
    scans = queries.scans(store)
    counted = [each for each in queries.acquisitions(store) if each.state is AcquisitionState.REGISTERED]
    latest = (latest_finished(scans, each.id) for each in counted)
    return [scan for scan in latest if scan is not None]


def _recheck(desk: Desk, store: Store, choice: Choice, scan: Scan, on_event: Callable[[EngineEvent], None]) -> str:
    if scan.recheck_of is not None:
        raise InputError(
            "{scan} is a recheck itself.",
            hint=say("Recheck {recheck_of} instead.", recheck_of=scan.recheck_of),
            scan=scan.id,
        )
    if scan.state is not ScanState.FINISHED:
        raise InputError("{scan} is {state}: it left no complete results to recheck.", scan=scan.id, state=scan.state)
    choice = sets.proven(choice, scan.kind)
    acquisition = queries.acquisition(store, scan.acquisition)
    consents.require(store, queries.official(store, acquisition.official), desk.clock())
    with acquisition_lock(store, acquisition.id):
        recheck = begin(desk, store, choice, acquisition, action="recheck.started", recheck_of=scan.id)
        try:
            result = desk.engine.run_recheck(
                RecheckJob(
                    results=store.folder.results(scan.id),
                    kind=scan.kind,
                    out=store.folder.results(recheck),
                    matchset=choice.matchset,
                    expected_indicators=choice.total,
                    set_names=choice.set_names,
                    limits=desk.settings.limits,
                    known=Known(
                        problems=sets.control_gaps(choice, scan.kind),
                        counts=choice.counts,
                        base=scan.completeness,
                        base_gaps=scan.gaps,
                    ),
                ),
                on_event=on_event,
            )
        except MvtcaseError as error:
            fail(desk, store, recheck, error)
            raise
        except OSError as error:  # as in a scan: the machine's matter, and no reason to stop the others
            failure = EngineError(
                "The machine failed: {error}.", hint="Check the disk, then recheck again.", error=error
            )
            fail(desk, store, recheck, failure)
            raise failure from error
        record(desk, store, recheck, result, state=ScanState.FINISHED)
    return recheck


def list_rechecks(desk: Desk) -> Outcome[payloads.Scans]:
    """Return all rechecks."""
    with desk.open_case() as store:
        wanted = [each.id for each in queries.scans(store) if each.recheck_of is not None]
        return Outcome(data=payloads.Scans(scans=shown_scans(desk, store, wanted)))
