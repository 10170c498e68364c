"""Rechecks: compare an earlier scan's stored results with other indicator sets, without the phone (retro-hunt)."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mvtcase import workspaces
from mvtcase.casebook import latest_finished
from mvtcase.engine.coverage import Known
from mvtcase.engine.job import RecheckJob
from mvtcase.engine.results_folder import remove_tree, unpacked
from mvtcase.errors import EngineError, InputError, MvtcaseError
from mvtcase.evidence import intake, manifest
from mvtcase.model import AcquisitionState, ScanState
from mvtcase.store import queries
from mvtcase.store.store import Store
from mvtcase.wording import Message, do, say
from mvtcase.workflow import consents, control, payloads
from mvtcase.workflow.desk import Outcome, OutcomeStatus
from mvtcase.workflow.joins import Joiner
from mvtcase.workflow.recording import acquisition_lock, begin, fail, file_interrupted, record, recover
from mvtcase.workflow.scans import StoppedError, shown_scans, warm_workers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mvtcase.cluster.coordinator import Cluster
    from mvtcase.engine.events import Ledger
    from mvtcase.engine.job import EngineEvent
    from mvtcase.model import Acquisition, Scan
    from mvtcase.store.folder import CaseFolder
    from mvtcase.workflow.control import Choice
    from mvtcase.workflow.desk import Desk

AT_ONCE = 50
"""Rechecks that are filed in one transaction; nobody else writes to the case meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Which scans to recheck, with which sets, and how.

    `everything` means the latest finished scan of every acquisition that was not rechecked with these sets yet.
    `with_evidence` lets the second reader read the evidence again where it is at hand and needs no password.
    """

    scans: tuple[str, ...] = ()
    everything: bool = False
    sets: tuple[str, ...] = ()
    jobs: int = 1
    with_evidence: bool = False
    despite_control: str = ""
    cluster: Cluster | None = None
    on_event: Callable[[str, EngineEvent], None] = lambda _scan, _event: None


def run(desk: Desk, request: Request) -> Outcome[payloads.Rechecks]:
    """Recheck scans; one that cannot be rechecked stops no other.

    A recheck never improves a completeness: it can add findings, and say what could not be compared. Consent is asked
    for as for a scan, since the data are the same.
    """
    desk.require_sandbox()
    with contextlib.ExitStack() as standing:
        with desk.open_case(to_change=True) as store:
            recover(desk, store)
            choice = control.choose(desk, request.sets or queries.case_file(store).fixed_sets or ())
            wanted = _wanted(store, request, choice)
            if wanted:
                desk.require_examiner()
            if len(wanted) > 1 and request.cluster is None:
                read_again = queries.acquisitions(store) if request.with_evidence else ()
                standing.enter_context(warm_workers(desk, store.folder, read_again))
            kinds = {each.kind for each in wanted}
            choice = control.require_control(desk, choice, kinds, despite=request.despite_control)
            joiner = Joiner(desk=desk, choice=choice)
            joined = {} if request.with_evidence else _join(desk, store, choice, joiner, wanted)
        left = [each.id for each in wanted if each.id not in joined]
        with ThreadPoolExecutor(max_workers=max(1, min(request.jobs, len(left)))) as pool:
            one = partial(_recheck_or_say_why, desk, request, choice, joiner, store.folder)
            replayed = pool.map(one, left)
            told = {scan: (recheck, Message()) for scan, recheck in joined.items()} | dict(
                zip(left, replayed, strict=True)
            )
    done = [told[each.id] for each in wanted]
    with desk.open_case() as store:
        shown = shown_scans(desk, store, [scan for scan, _ in done if scan])
        data = _summed(store, shown)
    failures = tuple(message for _, message in done if message)
    complete = not failures and not data.not_compared
    return Outcome(
        data=data,
        status=OutcomeStatus.SUCCESS if complete else OutcomeStatus.PARTIAL,
        messages=(*failures, *_ending(data)),
    )


def _summed(store: Store, shown: tuple[payloads.ScanShown, ...]) -> payloads.Rechecks:
    seen = {finding for each in shown for finding in queries.findings_of_scan(store, each.id)}
    found = [each for each in queries.findings(store, queries.of_findings(sorted(seen))) if each.indicator]
    ids = {each.id for each in shown}
    return payloads.Rechecks(
        scans=shown,
        newly_matching=tuple(dict.fromkeys(each.id for each in found if each.first_scan in ids)),
        explained=tuple(dict.fromkeys(each.id for each in found if each.first_scan not in ids)),
        not_compared=tuple(each.id for each in shown if each.gaps),
    )


def _ending(data: payloads.Rechecks) -> tuple[Message, ...]:
    if not data.scans:
        return ()
    return (
        say(
            "Newly matching: {new}. Known before: {known}. Rechecks in which something could not be compared: {gaps}.",
            new=len(data.newly_matching),
            known=len(data.explained),
            gaps=len(data.not_compared),
        ),
    )


def _wanted(store: Store, request: Request, choice: Choice) -> list[Scan]:
    if request.scans:
        return [queries.scan(store, each) for each in dict.fromkeys(request.scans)]
    if not request.everything:
        raise InputError(
            "Which scans?", hint=say("Name scans, or use {0} for the latest of each acquisition.", do(all=True))
        )
    scans = queries.scans(store, in_full=False)
    counted = [each for each in queries.acquisitions(store) if each.state is AcquisitionState.REGISTERED]
    latest = latest_finished(scans)
    found = (latest.get(each.id) for each in counted)
    return [scan for scan in found if scan is not None and not _is_done(scans, scan, request, choice)]


def _is_done(scans: Sequence[Scan], scan: Scan, request: Request, choice: Choice) -> bool:
    """Return whether a scan was rechecked with just these sets, so that a batch that was stopped goes on after it."""
    wanted = {each.sha256 for each in choice.sets}
    return any(
        each.recheck_of == scan.id
        and each.state is ScanState.FINISHED
        and each.error is None
        and {one.sha256 for one in each.sets} == wanted
        and not (request.with_evidence and each.gaps)
        for each in scans
    )


def _join(desk: Desk, store: Store, choice: Choice, joiner: Joiner, wanted: Sequence[Scan]) -> dict[str, str]:
    """File the rechecks whose answer is known without a replay, many at once; return their ids by those of the scans.

    Whatever stands in the way of one is said by the replay that it is left to.
    """
    done: dict[str, str] = {}
    for start in range(0, len(wanted), AT_ONCE):
        answered = [
            _Answered(scan=each, choice=own, acquisition=acquisition, ledger=ledger)
            for each in wanted[start : start + AT_ONCE]
            for own, acquisition in _if_admitted(desk, store, choice, each)
            if (ledger := joiner.answer(each, store.folder.results(each.id))) is not None
        ]
        for some in (answered, *([one] for one in answered)):  # where all at once cannot be filed, each by itself
            left = [each for each in some if each.scan.id not in done]
            with contextlib.suppress(MvtcaseError, OSError), store.together():
                done |= {each.scan.id: _file(desk, store, joiner, each) for each in left}
    return done


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answered:
    """A scan whose stored results answer for themselves, and what they say."""

    scan: Scan
    choice: Choice
    acquisition: Acquisition
    ledger: Ledger


def _if_admitted(desk: Desk, store: Store, choice: Choice, scan: Scan) -> tuple[tuple[Choice, Acquisition], ...]:
    try:
        return (_admitted(desk, store, choice, scan),)
    except MvtcaseError:
        return ()


def _file(desk: Desk, store: Store, joiner: Joiner, answered: _Answered) -> str:
    scan, choice, acquisition = answered.scan, answered.choice, answered.acquisition
    with acquisition_lock(store, acquisition.id):
        recheck = begin(desk, store, choice, acquisition, action="recheck.started", recheck_of=scan.id)
        out = store.folder.results(recheck)
        remove_tree(out)  # what an undone transaction left under this number
        result = joiner.result(answered.ledger, out, _known(choice, scan))
        record(desk, store, recheck, result, state=ScanState.FINISHED)
    return recheck


def _recheck_or_say_why(
    desk: Desk, request: Request, choice: Choice, joiner: Joiner, folder: CaseFolder, scan: str
) -> tuple[str | None, Message]:
    try:
        with Store.open(folder, clock=desk.clock) as store:
            return _recheck(desk, store, request, choice, joiner, queries.scan(store, scan)), Message()
    except MvtcaseError as error:
        return None, say("{scan} was not rechecked: {error}", scan=scan, error=error.whole)


def _recheck(desk: Desk, store: Store, request: Request, choice: Choice, joiner: Joiner, scan: Scan) -> str:
    choice, acquisition = _admitted(desk, store, choice, scan)
    private = store.folder.working_for(acquisition.bytes if request.with_evidence else 0)
    with acquisition_lock(store, acquisition.id), workspaces.workspace(private) as work:
        recheck = begin(desk, store, choice, acquisition, action="recheck.started", recheck_of=scan.id)
        try:
            evidence = _evidence(desk, store, acquisition, work) if request.with_evidence else None
            stored = unpacked(store.folder.results(scan.id), work / "stored-results")
            compare = (
                partial(request.cluster.run_recheck, working=store.folder.working)
                if request.cluster
                else desk.engine.run_recheck
            )
            result = compare(
                RecheckJob(
                    results=stored,
                    kind=scan.kind,
                    out=store.folder.results(recheck),
                    matchset=choice.matchset,
                    expected_indicators=choice.total,
                    set_names=choice.set_names,
                    withheld=choice.withheld,
                    limits=desk.settings.limits.scaled(acquisition.bytes) if evidence else desk.settings.limits,
                    known=_known(choice, scan),
                    evidence=evidence,
                    heard=joiner.heard.get(scan.id, ()),
                ),
                on_event=partial(request.on_event, scan.id),
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
        except (KeyboardInterrupt, StoppedError):
            file_interrupted(desk, store, queries.scan(store, recheck))
            raise
        record(desk, store, recheck, result, state=ScanState.FINISHED)
    return recheck


def _admitted(desk: Desk, store: Store, choice: Choice, scan: Scan) -> tuple[Choice, Acquisition]:
    """Return what a scan is compared with, and its acquisition. Raises where it cannot, or may not, be rechecked."""
    if scan.recheck_of is not None:
        raise InputError(
            "{scan} is a recheck itself.",
            hint=say("Recheck {recheck_of} instead.", recheck_of=scan.recheck_of),
            scan=scan.id,
        )
    if scan.state is not ScanState.FINISHED:
        raise InputError("{scan} is {state}: it left no complete results to recheck.", scan=scan.id, state=scan.state)
    if queries.is_pruned(store, scan.id):
        raise InputError(
            "The results of {scan} are not kept any more.",
            hint=say("Recheck a later scan of {acquisition}.", acquisition=scan.acquisition),
            scan=scan.id,
        )
    choice = control.proven(choice, scan.kind)
    acquisition = queries.acquisition(store, scan.acquisition)
    consents.require(store, queries.official(store, acquisition.official), desk.clock())
    return choice, acquisition


def _known(choice: Choice, scan: Scan) -> Known:
    return Known(
        problems=control.control_gaps(choice, scan.kind),
        counts=choice.counts,
        base=scan.completeness,
        base_gaps=scan.gaps,
    )


def _evidence(desk: Desk, store: Store, acquisition: Acquisition, work: Path) -> Path | None:
    """Return the acquisition's files ready to be read again, None where they are not at hand or need a password."""
    original = Path(acquisition.path)
    if acquisition.encrypted or not original.exists():
        return None
    manifest.require_unchanged(original, store.folder.manifest(acquisition.id), acquisition.manifest_sha256)
    return intake.stage(intake.identify(original), work, desk.settings.limits.scaled(acquisition.bytes)).target


def list_rechecks(desk: Desk) -> Outcome[payloads.Scans]:
    """Return all rechecks."""
    with desk.open_case() as store:
        wanted = [each.id for each in queries.scans(store, in_full=False) if each.recheck_of is not None]
        return Outcome(data=payloads.Scans(scans=shown_scans(desk, store, wanted)))
