"""File what a scan gave: outcomes, gaps, alerts and findings, in one transaction with the scan's end."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from mvtcase.canon import timestamp
from mvtcase.engine.events import INTERRUPTED, read_events
from mvtcase.engine.events import PRIVATE_FOLDER as PRIVATE
from mvtcase.engine.results_folder import pack, remove_tree
from mvtcase.engine.safe_json import safe_json
from mvtcase.errors import CaseLockedError, CaseReadOnlyError, ConflictError
from mvtcase.findings.normalise import Context, normalise
from mvtcase.findings.review import PROGRAM
from mvtcase.model import Completeness, ScanState
from mvtcase.store import filing as results
from mvtcase.store import queries
from mvtcase.store.folder import PRIVATE_FOLDER, held_lock
from mvtcase.wording import do, say, text_of
from mvtcase.workflow import observations
from mvtcase_readers.regular import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mvtcase.engine.job import EngineResult
    from mvtcase.errors import MvtcaseError
    from mvtcase.model import Acquisition, Finding, RawAlert, Scan
    from mvtcase.store.store import Store
    from mvtcase.wording import Message
    from mvtcase.workflow.control import Choice
    from mvtcase.workflow.desk import Desk

    Filed = tuple[tuple[Finding, tuple[int, ...]], ...]


def begin(
    desk: Desk,
    store: Store,
    choice: Choice,
    acquisition: Acquisition,
    *,
    action: str,
    recheck_of: str | None = None,
) -> str:
    """Write down that a scan starts, and with what, and return its id; until it ends it counts for nothing."""
    with store.change(action, actor=desk.actor) as change:
        scan = change.new_id("scan")
        change.payload |= {
            "subject": scan,
            "acquisition": acquisition.id,
            "manifest_sha256": acquisition.manifest_sha256,
            "sets": {each.name: each.sha256 for each in choice.sets},
            "tools": dict(choice.tools),
            "recheck_of": recheck_of,
        }
        change.insert(
            "scan",
            id=scan,
            acquisition=acquisition.id,
            device=acquisition.device,
            kind=acquisition.kind,
            command="",
            state=ScanState.RUNNING,
            completeness=Completeness.BLIND,
            tools=dict(choice.tools),
            control_passed_at=choice.control_passed_at,
            started_at=change.at,
            examiner=desk.actor,
            recheck_of=recheck_of,
            sequence=change.sequence,
        )
        results.pin_sets(store, change, scan, choice.sets)
        results.note_active(store, change, choice.active)
        store.folder.scan(scan).mkdir(parents=True, mode=PRIVATE_FOLDER, exist_ok=True)
    return scan


def fail(desk: Desk, store: Store, scan: str, error: MvtcaseError) -> None:
    """Write down that a scan could not be done, and why; alerts raised before it failed are filed all the same."""
    close_early(desk, store, scan, state=ScanState.FAILED, error=str(error), code=error.code)


def refuse(desk: Desk, store: Store, scan: str, error: MvtcaseError) -> None:
    """Write down that a scan read what was not registered; what its worker said is nobody's, and is not filed."""
    row = queries.scan(store, scan)
    remove_tree(store.folder.results(scan))
    with store.change("scan.failed", actor=desk.actor, subject=scan) as change:
        change.payload |= {"code": error.code}
        change.update("scan", row.uuid, state=ScanState.FAILED, error=str(error), finished_at=change.at)


def close_early(desk: Desk, store: Store, scan: str, *, state: ScanState, error: str, code: str | None = None) -> None:
    """Mark a scan that did not come to its end, and file whatever its worker had said until then."""
    try:
        heard = read_events(store.folder.results(scan), error=error)
    except FileNotFoundError:  # it ended before the worker said anything
        heard = None
    except (OSError, UnreadableError) as unread:
        # Its alerts are lost with its events, and nobody may take that for a scan without alerts.
        heard, error = None, f"{error} What its worker had said cannot be read: {unread}"
    # Its private folder may hold plaintext of the phone, which a kill kept the engine from removing.
    remove_tree(store.folder.results(scan) / PRIVATE)
    if heard is not None:
        record(desk, store, scan, heard, state=state)
        return
    row = queries.scan(store, scan)
    with store.change(f"scan.{state}", actor=desk.actor, subject=scan) as change:
        change.payload |= {"code": code} if code else {}
        change.update("scan", row.uuid, state=state, error=error, finished_at=change.at)


def record(
    desk: Desk,
    store: Store,
    scan: str,
    result: EngineResult,
    *,
    notes: Sequence[str] = (),
    state: ScanState,
) -> None:
    """File everything a scan gave in one transaction: outcomes, gaps, alerts, findings, the end of the scan."""
    from mvtcase.indicators.house import validity  # noqa: PLC0415  # slow to load, and most verbs record no scan
    from mvtcase.workflow.sealing import sealing_seen  # noqa: PLC0415  # as above

    row = queries.scan(store, scan)
    device = queries.device(store, row.device)
    alerts, found = _findings(result.alerts, Context(device=device, scan=scan, run_paths=_run_paths(store, row)))
    if any(one.indicator for one, _ in found):
        found = _with_validity(found, validity(desk.library, row.sets, timestamp(desk.clock())[:10]))
    sealing, unread = sealing_seen(store.folder.results(scan), row.device)
    with store.change(f"scan.{state}", actor=desk.actor, subject=scan) as change:
        change.payload |= {
            "completeness": str(result.completeness),
            "alerts": len(alerts),
            "results_sha256": result.results_sha256,
        }
        results.add_modules(change, scan, result.modules)
        results.add_gaps(change, scan, result.gaps)
        uuids = results.add_alerts(change, scan, alerts)
        results.add_findings(store, change, found, uuids)
        for seen in sealing:
            observations.insert(change, device.official, seen, actor=PROGRAM, scan=scan)
        change.update(
            "scan",
            row.uuid,
            state=state,
            command=result.command,
            completeness=result.completeness,
            indicators_loaded=result.indicators_loaded,
            tools={**row.tools, **result.tools},
            sandbox=result.sandbox,
            finished_at=change.at,
            duration_ms=result.duration_ms,
            error=result.error,
            limitations=[text_of(each).data for each in (*result.limitations, *notes, *unread)],
            reach=[each.json for each in result.reach],
            results_sha256=result.results_sha256,
            claims=dict(result.claims),
        )


def pack_results(store: Store, acquisition: str) -> None:
    """Pack what the latest two scans of an acquisition left, equal files once; the caller holds the acquisition.

    The one before may be of an earlier release, or cut off half way. What a sealed case seals is packed there.
    """
    if store.folder.sealed:
        return
    scans = queries.scans(store, acquisition, in_full=False)
    done = [each.id for each in scans if each.state is ScanState.FINISHED and each.recheck_of is None][-2:]
    folders = [store.folder.results(each) for each in done]
    for each, before in zip(folders, (None, *folders), strict=False):
        pack(each, before)


def _findings(alerts: tuple[RawAlert, ...], context: Context) -> tuple[tuple[RawAlert, ...], Filed]:
    """Return alerts that can be stored, verbatim but where only a worker that was taken over can have written them."""
    try:
        return alerts, normalise(alerts, context)
    except (ValueError, RecursionError):  # numbers that are none, or nesting beyond what the worker's encoder gives
        alerts = tuple(replace(each, event=safe_json(each.event)) for each in alerts)
        return alerts, normalise(alerts, context)


def _with_validity(found: Filed, said: Mapping[tuple[str, str, str], str]) -> Filed:
    """Return findings whose indicator its publisher took back, or gave an end that is past, with that in the title."""
    return tuple((_noted(one, said), places) for one, places in found)


def _noted(one: Finding, said: Mapping[tuple[str, str, str], str]) -> Finding:
    ref = one.indicator
    note = said.get((ref.set, ref.type, ref.value)) if ref is not None else None
    return replace(one, title=f"{one.title} [indicator {note}]") if note else one


def contexts(store: Store) -> dict[str, Context]:
    """Return what the alerts of each scan were seen in, by the scan's id."""
    devices = {each.id: each for each in queries.devices(store)}
    acquired = {each.id: each.path for each in queries.acquisitions(store)}
    names = {
        row["row_uuid"]: row["their_id"]
        for row in store.rows("SELECT row_uuid, their_id FROM alias WHERE table_name = 'scan' ORDER BY uuid DESC")
    }
    return {
        each["id"]: Context(
            device=devices[each["device"]],
            scan=names.get(each["uuid"], each["id"]),
            run_paths=(acquired[each["acquisition"]],),
        )
        for each in queries.scan_places(store)
        if each["device"] in devices and each["acquisition"] in acquired
    }


def _run_paths(store: Store, scan: Scan) -> tuple[str, ...]:
    acquisition = queries.acquisition(store, scan.acquisition)
    return (acquisition.path, str(store.folder.working), str(store.folder.scan(scan.id)))


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


def undecided(store: Store) -> tuple[Message, ...]:
    """Return the note that merged cases still differ, so that a person or a phone may count twice, or for another."""
    number = queries.open_decisions(store)
    told = say(
        "Merged cases differ: {number:# decision is|# decisions are} open, and a person or a phone may count "
        "twice or for somebody else; {0} shows on what.",
        do("bundle decisions"),
        number=number,
    )
    return (told,) if number else ()


def require_decided(store: Store) -> None:
    """Raise `ConflictError` while merged cases differ: a number that leaves the case team must count nobody twice."""
    if number := queries.open_decisions(store):
        raise ConflictError(
            "Merged cases differ, and {number:# decision is|# decisions are} open.",
            hint=say("{0} shows on what, {1} settles it.", do("bundle decisions"), do("bundle decide", "DECISION")),
            number=number,
        )


def recover(desk: Desk, store: Store) -> tuple[str, ...]:
    """Mark every scan that no living process holds as interrupted, file what it had found, and return their ids."""
    return tuple(each for each in queries.running(store) if _recover_one(desk, store, queries.scan(store, each)))


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
