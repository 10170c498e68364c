"""Scans: from a registered acquisition to stored outcomes, alerts and findings; list and show them."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mvtcase.casebook import MOST_RENEWED, latest_finished, overview
from mvtcase.cluster.examining import Examination, examine
from mvtcase.engine import warm
from mvtcase.engine.box import Box
from mvtcase.errors import EngineError, EvidenceAlteredError, InputError, MvtcaseError, PasswordError
from mvtcase.evidence import manifest
from mvtcase.kinds import Opener, of
from mvtcase.model import AcquisitionState, Completeness, ScanState
from mvtcase.store import queries
from mvtcase.store.folder import PRIVATE_FOLDER
from mvtcase.store.store import Store
from mvtcase.wording import Message, Reason, do, say
from mvtcase.workflow import consents, control, payloads
from mvtcase.workflow.acquisitions import learn_personal
from mvtcase.workflow.batches import Batch, usable_memory
from mvtcase.workflow.desk import Outcome, OutcomeStatus, RealEngine
from mvtcase.workflow.recording import (
    acquisition_lock,
    begin,
    fail,
    file_interrupted,
    pack_results,
    record,
    recover,
    refuse,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from mvtcase.cluster.coordinator import Cluster
    from mvtcase.cluster.examining import Examined
    from mvtcase.engine.job import DecryptJob, DecryptResult, EngineEvent, Secret
    from mvtcase.model import Acquisition, Scan
    from mvtcase.store.folder import CaseFolder
    from mvtcase.workflow.batches import Step
    from mvtcase.workflow.control import Choice
    from mvtcase.workflow.desk import Desk

Gained = TypeVar("Gained")


class StoppedError(Exception):
    """The batch was stopped from outside; the scan it stopped is left as interrupted, with what it had found."""


def _no_event(acquisition: str, event: EngineEvent) -> None:
    """Hear nothing: the default where nobody watches."""


def _no_step(step: Step) -> None:
    """Hear nothing of a batch: the default where nobody watches."""


def _no_password(acquisition: Acquisition) -> Secret | None:
    """Give no password: the default where nobody can be asked."""
    del acquisition
    return None


MAX_PASSWORDS = 3
"""How often somebody at the terminal may mistype the password of one backup."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """Which acquisitions to scan, with what, and who to ask and tell.

    Without any choice the one acquisition of the case is meant. `everything` means each acquisition that counts and has
    not been scanned with these sets and tools. `password` is tried on everything encrypted; without one, `ask_password`
    is asked once for each encrypted acquisition and may return None.
    """

    acquisitions: tuple[str, ...] = ()
    official: str | None = None
    device: str | None = None
    everything: bool = False
    sets: tuple[str, ...] = ()
    jobs: int = 1
    sweep: bool = True
    stock_matcher: bool = False
    stock: bool = False
    allow_foreign_modules: bool = False
    despite_control: str = ""
    age_identity: Path | None = None
    password: Secret | None = None
    ask_password: Callable[[Acquisition], Secret | None] = _no_password
    on_event: Callable[[str, EngineEvent], None] = _no_event
    on_step: Callable[[Step], None] = _no_step
    """Hears of each phone of a batch that is done."""
    stop: threading.Event = field(default_factory=threading.Event)
    cluster: Cluster | None = None
    """The cluster whose nodes examine, None for this machine."""
    keys: dict[str, Secret] = field(default_factory=dict, repr=False)
    """Keys of decrypted backups by device, for this batch."""


def run(desk: Desk, request: Request) -> Outcome[payloads.Scans]:
    """Scan acquisitions and return each scan with its status; one that cannot be scanned never stops the others.

    With a single acquisition the reason it cannot be scanned is raised; in a batch it becomes a message and the outcome
    is partial. Raises before anything runs when there is nothing to scan or the indicator sets cannot be used.
    """
    desk.require_sandbox()
    with contextlib.ExitStack() as standing:
        with desk.open_case(to_change=True) as store:
            recover(desk, store)
            choice = control.choose(desk, request.sets or queries.case_file(store).fixed_sets or ())
            wanted = _wanted(store, request, choice)
            if not wanted:
                return Outcome(
                    data=payloads.Scans(scans=()),
                    messages=(say("Nothing to do: every acquisition was scanned with these sets."),),
                )
            desk.require_examiner()
            secrets = {each.id: _secret(request, each) for each in wanted}
            if len(wanted) > 1 and request.cluster is None and not (request.stock or request.stock_matcher):
                standing.enter_context(warm_workers(desk, store.folder, wanted))
            kinds = {each.kind for each in wanted}
            choice = control.require_control(desk, choice, kinds, despite=request.despite_control)
        done = _run_all(desk, request, choice, wanted, secrets)
    failures = [message for _, message in done if message]
    with desk.open_case() as store:
        shown = shown_scans(desk, store, [scan for scan, _ in done if scan])
    complete = not failures and all(each.completeness is Completeness.FULL for each in shown)
    return Outcome(
        data=payloads.Scans(scans=shown),
        status=OutcomeStatus.SUCCESS if complete else OutcomeStatus.PARTIAL,
        messages=(*failures, *_drifts(shown)),
    )


def warm_workers(
    desk: Desk, folder: CaseFolder, wanted: Iterable[Acquisition]
) -> contextlib.AbstractContextManager[None]:
    """Return a context in which the workers that examine some acquisitions of a case are forked from one parent."""
    if not desk.settings.warm_workers or not isinstance(desk.engine, RealEngine):
        return contextlib.nullcontext()
    own = (control.home_of(desk), folder.path / "scans", folder.working)
    for each in own:
        each.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    read_only = (desk.workspace.iocs, *(Path(each.path) for each in wanted))
    return warm.serving(Box(read_only=read_only, writable=own), folder.working)


def _drifts(shown: Iterable[payloads.ScanShown]) -> Iterator[Message]:
    """Yield how much of each acquisition is not laid out as the readers know: nobody reads it among the limits."""
    for each in shown:
        told = sum(isinstance(reason, Reason) and reason.code == "drift" for reason in each.limitations)
        if told:
            yield say(
                "{scan}: things that no reader here knows: {n}. Please report them; {0} lists them as drift.",
                do("scan show", each.id),
                scan=each.id,
                n=told,
            )


def _secret(request: Request, acquisition: Acquisition) -> Secret | None:
    opened_by_password = of(acquisition.kind).opener in {Opener.PASSWORD, Opener.PASSWORD_IF_ENCRYPTED}
    if request.password is None and acquisition.encrypted and opened_by_password:
        return request.ask_password(acquisition)
    return request.password


def _wanted(store: Store, request: Request, choice: Choice) -> list[Acquisition]:
    if request.acquisitions:
        return [queries.acquisition(store, each) for each in dict.fromkeys(request.acquisitions)]
    counted = [each for each in queries.acquisitions(store) if each.state is AcquisitionState.REGISTERED]
    if request.official:
        official = queries.official(store, request.official).id
        return _some([each for each in counted if each.official == official], f"official {official}")
    if request.device:
        return _some([each for each in counted if each.device == request.device], f"device {request.device}")
    if request.everything:
        latest = latest_finished(queries.scans(store, in_full=False))
        return [each for each in counted if not _is_done(latest.get(each.id), choice)]
    if len(counted) != 1:
        raise InputError(
            "There are {counted} acquisitions.",
            hint=say("Name those to scan, or use {0}; see {1}.", do(all=True), do("acquisition list")),
            counted=len(counted),
        )
    return counted


def _some(chosen: list[Acquisition], whose: str) -> list[Acquisition]:
    if not chosen:
        raise InputError(
            "There is no acquisition of {whose}.",
            hint=say("Register one with {0}.", do("acquisition add", "PATH")),
            whose=whose,
        )
    return chosen


def _is_done(scan: Scan | None, choice: Choice) -> bool:
    """Return whether a scan came to its end with just these sets and tools, so that another would say the same."""
    if scan is None or scan.error is not None:
        return False
    return {each.sha256 for each in scan.sets} == {each.sha256 for each in choice.sets} and all(
        scan.tools.get(name, version) == version for name, version in choice.tools.items()
    )


def _run_all(
    desk: Desk, request: Request, choice: Choice, wanted: Sequence[Acquisition], secrets: dict[str, Secret | None]
) -> list[tuple[str | None, Message]]:
    """Return, for each acquisition, the id of its scan (None when none began) and why it failed (empty when not)."""
    if len(wanted) == 1:
        return [(_scan_one(desk, request, choice, wanted[0], secrets.get(wanted[0].id)), Message())]
    batch = Batch(
        jobs=request.jobs,
        scan=lambda each: _scan_or_say_why(desk, request, choice, each, secrets.get(each.id)),
        told=request.on_step,
        stop=request.stop,
        memory=None if request.cluster else usable_memory(),
    )
    return batch.run(wanted)


def _scan_or_say_why(
    desk: Desk, request: Request, choice: Choice, acquisition: Acquisition, secret: Secret | None
) -> tuple[str | None, Message]:
    try:
        return _scan_one(desk, request, choice, acquisition, secret), Message()
    except MvtcaseError as error:
        return None, say("{acquisition} was not scanned: {error}", acquisition=acquisition.id, error=error.whole)


def _scan_one(desk: Desk, request: Request, choice: Choice, acquisition: Acquisition, secret: Secret | None) -> str:
    """Scan one acquisition on a connection of its own and return the scan's id."""
    _stop_if_asked(request)
    choice = control.proven(choice, acquisition.kind)
    with Store.open(desk.case_folder(), clock=desk.clock) as store:
        consents.require(store, queries.official(store, acquisition.official), desk.clock())
        if acquisition.encrypted and secret is None and of(acquisition.kind).opener is Opener.PASSWORD:
            raise PasswordError(
                "{acquisition} is an encrypted backup, and no password was given.", acquisition=acquisition.id
            )
        with acquisition_lock(store, acquisition.id):
            compared = _Comparison(request, store, acquisition)
            compared.before()
            learn_personal(desk, store, acquisition)
            scan = begin(desk, store, choice, acquisition, action="scan.started")
            try:
                examined = _examine(desk, request, choice, store, acquisition, scan, secret)
                compared.after(examined)
            except EvidenceAlteredError as error:
                refuse(desk, store, scan, error)
                raise
            except MvtcaseError as error:
                fail(desk, store, scan, error)
                raise
            except OSError as error:  # a full disk or a medium pulled out is the machine's matter, not the phone's
                failure = EngineError(
                    "The machine failed: {error}.", hint="Check the disk, then scan again.", error=error
                )
                fail(desk, store, scan, failure)
                raise failure from error
            except (KeyboardInterrupt, StoppedError):
                file_interrupted(desk, store, queries.scan(store, scan))
                raise
            record(desk, store, scan, examined.result, notes=examined.notes, state=ScanState.FINISHED)
            pack_results(store, acquisition.id)
        return scan


class _Comparison:
    """Evidence against its registered hashes: of a folder while it is read, of all else before it is unpacked."""

    def __init__(self, request: Request, store: Store, acquisition: Acquisition) -> None:
        root = Path(acquisition.path)
        self.is_late = request.sweep and not acquisition.encrypted and root.is_dir()
        # A node compares what it reads.
        self.is_here = request.cluster is None
        self.check = partial(
            manifest.require_unchanged, root, store.folder.manifest(acquisition.id), acquisition.manifest_sha256
        )

    def before(self) -> None:
        """Raise `EvidenceAlteredError` where evidence differs; of what will be read, where names or sizes do."""
        if self.is_here:
            self.check(bytes_too=not self.is_late)

    def after(self, examined: Examined) -> None:
        """Raise `EvidenceAlteredError` where what was read is not what was registered; what was not read is, now."""
        if self.is_here and self.is_late:
            self.check(read=examined.read)


def _stop_if_asked(request: Request) -> None:
    if request.stop.is_set():
        raise StoppedError


def _examine(  # joins everything one scan needs
    desk: Desk,
    request: Request,
    choice: Choice,
    store: Store,
    acquisition: Acquisition,
    scan: str,
    secret: Secret | None,
) -> Examined:
    """Return what the examination of one acquisition gave, wherever it is made."""

    def heard(event: EngineEvent) -> None:
        _stop_if_asked(request)
        request.on_event(acquisition.id, event)

    wanted = Examination(
        path=Path(acquisition.path),
        results=store.folder.results(scan),
        working=store.folder.working_for(acquisition.bytes),
        matchset=choice.matchset,
        expected_indicators=choice.total,
        set_names=choice.set_names,
        withheld=choice.withheld,
        limits=desk.settings.limits,
        evidence_bytes=acquisition.bytes,
        counts=choice.counts,
        problems=control.control_gaps(choice, acquisition.kind),
        stock_matcher=request.stock_matcher,
        stock=request.stock,
        sweep=request.sweep,
        allow_foreign_modules=request.allow_foreign_modules,
        age_identity=request.age_identity,
        password=secret,
    )
    if request.cluster is not None:
        return _on_cluster(request, request.cluster, wanted, acquisition, store, heard)
    decrypt = partial(_decrypt, desk, request, acquisition, on_event=heard)
    return examine(desk.engine, wanted, decrypt=decrypt, on_event=heard)


def _on_cluster(  # one examination, elsewhere
    request: Request,
    cluster: Cluster,
    wanted: Examination,
    acquisition: Acquisition,
    store: Store,
    heard: Callable[[EngineEvent], None],
) -> Examined:
    """Have a node examine an acquisition; a wrong password is asked for again as at home."""
    listing = store.folder.manifest(acquisition.id)

    def attempt(password: Secret | None) -> Examined:
        return cluster.examine(replace(wanted, password=password), acquisition, listing, on_event=heard)

    return _with_password(attempt, wanted.password, lambda: request.ask_password(acquisition))


def _decrypt(
    desk: Desk, request: Request, acquisition: Acquisition, job: DecryptJob, *, on_event: Callable[[EngineEvent], None]
) -> DecryptResult:
    """Decrypt a backup with the key of the same phone's backup before it, where there was one, else with its password.

    Deriving the key is slow by design; it is kept in memory for this batch and nowhere else.
    """
    known = request.keys.get(acquisition.device)
    if known is not None:
        with contextlib.suppress(PasswordError):  # the backups' passwords differ: this one's own is tried next
            return desk.engine.run_decrypt(replace(job, password=None, key=known), on_event=on_event)
    result = _with_password(
        lambda password: desk.engine.run_decrypt(replace(job, password=password), on_event=on_event),
        job.password,
        lambda: request.ask_password(acquisition),
    )
    if result.key is not None:
        request.keys[acquisition.device] = result.key
    return result


def _with_password(
    attempt: Callable[[Secret | None], Gained], password: Secret | None, ask: Callable[[], Secret | None]
) -> Gained:
    """Do what needs a password; a wrong one is asked for again where somebody can be asked, three times in all."""
    for _ in range(MAX_PASSWORDS - 1):
        try:
            return attempt(password)
        except PasswordError:  # noqa: PERF203  # a key is derived for a second or more
            password = ask()
            if password is None:
                raise
    return attempt(password)


def shown_scans(desk: Desk, store: Store, wanted: Collection[str]) -> tuple[payloads.ScanShown, ...]:
    """Return scans as they are shown, each with its device's status as it stands now."""
    shown = queries.scans(store, among=wanted)
    owners = {queries.device(store, each).official for each in {scan.device for scan in shown}}
    few = len(owners) <= MOST_RENEWED and store.memory is None
    books = [overview(store, desk.newest(), who) for who in (sorted(owners) if few else [None])]
    standing = {each.device.id: each for book in books for one in book.officials for each in one.devices}
    return tuple(
        payloads.scan(
            scan,
            alerts=queries.alert_levels(store, scan.id),
            findings=queries.findings_of_scan(store, scan.id),
            device=standing.get(scan.device),
        )
        for scan in shown
    )


def list_scans(
    desk: Desk, *, device: str | None = None, sheet: payloads.Sheet = payloads.WHOLE
) -> Outcome[payloads.ListedScans]:
    """Return all scans, or those of one device, oldest first; the first page of them holds the newest."""
    with desk.open_case() as store:
        newest_first = queries.scan_ids(store, queries.device(store, device).id if device else None)[::-1]
        return Outcome(
            data=payloads.ListedScans(
                scans=shown_scans(desk, store, sheet.of(newest_first)),
                in_all=len(newest_first),
                page=sheet.page,
                pages=sheet.pages(len(newest_first)),
            )
        )


def show(desk: Desk, named: str, *, limit: int | None = None) -> Outcome[payloads.OneScan]:
    """Return one scan with every module's outcome, its gaps and its alerts, or so many of them, the first."""
    with desk.open_case() as store:
        queries.scan(store, named)
        (shown,) = shown_scans(desk, store, [named])
        whole = payloads.filled(payloads.WholeScan, shown, raised=queries.alerts(store, shown.id, limit))
        return Outcome(data=payloads.OneScan(scan=whole))
