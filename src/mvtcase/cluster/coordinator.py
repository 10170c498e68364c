"""The coordinator: hands phones to nodes and judges what comes back as it judges a worker of its own: as hostile.

It alone knows the case. Nodes get one phone's order, sealed for them; their answers are unpacked within bounds, set
against their own list of hashes, and their events folded and judged here.
"""

from __future__ import annotations

import contextlib
import queue
import tempfile
import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mvtcase import workspaces
from mvtcase.canon import new_uuid, sha256_file
from mvtcase.cluster import parcels
from mvtcase.cluster.examining import Examined
from mvtcase.cluster.node import WIPED, run_task
from mvtcase.cluster.plain import SERIALIZERS, guarded, require_tls, security
from mvtcase.engine.events import EVENTS_FILE, HASHES_FILE, MAX_KEPT_BYTES, read_ledger
from mvtcase.engine.job import EngineEvent, memory_needed
from mvtcase.engine.results_folder import changed_since_hashed
from mvtcase.errors import EngineError, EvidenceMissingError, MvtcaseError
from mvtcase.evidence import manifest
from mvtcase.evidence.looks import FILE
from mvtcase.model import Gap, ModuleOutcome
from mvtcase.settings import Limits
from mvtcase.wording import do, reason_of, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from distributed import Client

    from mvtcase.cluster.examining import Examination
    from mvtcase.cluster.keys import Keys
    from mvtcase.engine.coverage import Known
    from mvtcase.engine.job import EngineResult, RecheckJob
    from mvtcase.model import Acquisition, EvidenceKind, Json

    OnEvent = Callable[[EngineEvent], None]
    Files = list[tuple[str, Path]]

SHIPPED_BYTES = 32 << 20
"""Evidence up to this goes along where a node has no folder of its own for it."""

ROOM_ON_DISK = 512 << 20
"""Bytes of a node's disk that an order takes beside its evidence."""

POLL_SECONDS = 0.5
JOIN_SECONDS = 30
WIPE_SECONDS = 15
MAX_TOLD = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A cluster that this coordinator is connected to; `slots` phones are examined at once."""

    keys: Keys
    client: Client
    slots: int

    def examine(self, wanted: Examination, acquisition: Acquisition, listing: Path, *, on_event: OnEvent) -> Examined:
        """Return what a node's examination gave, its results in the wanted folder; `listing` is the manifest.

        Raises what went wrong there with the node's name, and `EngineError` when nodes were lost twice.
        """
        files: Files = [("matchset", wanted.matchset), ("manifest.jsonl", listing)]
        files += [("age.txt", wanted.age_identity)] if wanted.age_identity else []
        order: dict[str, Json] = {
            "task": "scan",
            "path": acquisition.path,
            "manifest_sha256": acquisition.manifest_sha256,
            "evidence_bytes": wanted.evidence_bytes,
            "sweep": wanted.sweep,
            "stock": wanted.stock,
            "password": wanted.password.value if wanted.password else None,
            **_shared(wanted),
        }
        disk = 2.0 * acquisition.bytes + ROOM_ON_DISK
        needs = {"memory": float(min(wanted.limits.memory_bytes, memory_needed(acquisition.files))), "disk": disk}
        with workspaces.workspace(wanted.working) as work:
            ask = partial(self._ask, work, order, needs=needs, on_event=on_event, target=wanted.results)
            try:
                word = ask(files)
            except EvidenceMissingError:
                word = ask([*files, *_shipped(acquisition, listing)])
            with _understood(word):
                problems = tuple(_gap(each) for each in word["problems"])
                notes = tuple(reason_of(each) for each in word["notes"])
                result = _judged(word, wanted.results, acquisition.kind, wanted.known(problems))
        return Examined(result=result, problems=problems, notes=notes)

    def run_recheck(self, job: RecheckJob, working: Path, *, on_event: OnEvent) -> EngineResult:
        """Return what an earlier scan's stored results say to other indicators, compared on a node."""
        order: dict[str, Json] = {"task": "recheck", "kind": str(job.kind), **_shared(job)}
        files: Files = [("matchset", job.matchset), *parcels.files_of(job.results, "base")]
        needs = {"memory": float(job.limits.memory_bytes) / 2, "disk": float(ROOM_ON_DISK)}
        with workspaces.workspace(working) as work:
            word = self._ask(work, order, files, needs=needs, on_event=on_event, target=job.out)
            with _understood(word):
                return _judged(word, job.out, job.kind, job.known)

    def greet(self) -> None:
        """Ask every node for its versions. Raises `EngineError` that names one which does not fit."""
        with tempfile.TemporaryDirectory() as work:
            for address in self.client.scheduler_info(n_workers=-1)["workers"]:
                self._ask(Path(work), {"task": "hello"}, (), on_event=_unheard, workers=[address])

    def _ask(  # one question: what, with what, where the answer goes, and who listens
        self,
        work: Path,
        order: Mapping[str, Json],
        files: Sequence[tuple[str, Path]],
        *,
        on_event: OnEvent,
        needs: Mapping[str, float] | None = None,
        target: Path | None = None,
        workers: list[str] | None = None,
    ) -> dict[str, Any]:
        """Return a node's word, the results that came with it moved to the target; raises what went wrong there."""
        sealed = parcels.seal(work, {**order, "tools": dict(parcels.tools())}, files, self.keys)
        answer = self._result(sealed, on_event, resources=dict(needs or {}), workers=workers)
        came = work / new_uuid()
        came.mkdir(mode=0o700)
        word = parcels.opened(came, answer, self.keys, Limits())
        if target is not None and (came / "results").is_dir():
            (came / "results").rename(target)  # of a scan that failed there, too: its alerts are filed
        if "error" in word:
            raise _error(word)
        return word

    def _result(self, parcel: list[bytes], on_event: OnEvent, **where: object) -> object:
        """Return a node's sealed answer. Raises what the listener does, once the node was told to stop."""
        key = f"task-{new_uuid()}"
        heard: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.client.subscribe_topic(key, lambda event: heard.put(event[1]))
        future = self.client.submit(run_task, parcel, key=key, pure=False, **where)
        try:
            while future.status == "pending":
                on_event(_event(_next(heard, POLL_SECONDS)))
        except BaseException:
            future.cancel(force=True)
            _wait_until_wiped(heard)
            raise
        finally:
            self.client.unsubscribe_topic(key)
        return _outcome(future)


@contextlib.contextmanager
def connected(address: str, keys: Keys) -> Iterator[Cluster]:
    """Give the cluster at an address, every node of which has these versions.

    Raises `InputError` for an address without TLS, `EngineError` when it cannot be reached, lets us not in, or has no
    node or one with other versions.
    """
    with guarded():
        from distributed import Client

        try:
            client = Client(
                require_tls(address),
                security=security(keys),
                set_as_default=False,
                serializers=list(SERIALIZERS),
                deserializers=list(SERIALIZERS),
                timeout=JOIN_SECONDS,
                name="mvtcase",
            )
        except (OSError, ValueError, TimeoutError) as error:
            raise EngineError(
                "The cluster at {address} cannot be joined: {error}.", address=address, error=error
            ) from error
        with client:
            try:
                client.wait_for_workers(1, timeout=JOIN_SECONDS)
            except TimeoutError as error:
                raise EngineError("No node has joined the cluster at {address}.", address=address) from error
            cluster = Cluster(keys=keys, client=client, slots=sum(client.nthreads().values()))
            cluster.greet()
            yield cluster


def _shared(job: Examination | RecheckJob) -> dict[str, Json]:
    return {
        "expected_indicators": job.expected_indicators,
        "set_names": dict(job.set_names),
        "withheld": dict(job.withheld),
        "limits": dict(asdict(job.limits)),
        "stock_matcher": job.stock_matcher,
        "allow_foreign_modules": job.allow_foreign_modules,
    }


def _shipped(acquisition: Acquisition, listing: Path) -> Files:
    """Return the files of small evidence under the names they travel by. Raises what the node did for any other."""
    root = Path(acquisition.path)
    entries = list(manifest.read_manifest(listing)) if acquisition.bytes <= SHIPPED_BYTES and root.exists() else []
    if not entries or any(each.what != FILE for each in entries):
        raise EvidenceMissingError(
            "No node has a folder for {path}, and it cannot be sent along.",
            hint=say(
                "Start nodes with {0}; up to 32 MiB of plain files go along by themselves.",
                do("cluster worker", evidence_map="A=B"),
            ),
            path=acquisition.path,
        )
    below = f"evidence/{root.name}"
    return [(f"{below}/{each.path}" if each.path else below, manifest.located(root, each.path)) for each in entries]


def _next(heard: queue.SimpleQueue[Any], seconds: float) -> object:
    try:
        return heard.get(timeout=seconds)
    except queue.Empty:
        return None


def _event(told: object) -> EngineEvent:
    """Return what a node told for the progress bars; what it cannot have meant is `working`."""
    fields = told if isinstance(told, dict) and told.get("what") != WIPED else {}
    words = {name: str(fields.get(name) or "")[:MAX_TOLD] for name in ("what", "module", "detail")}
    index, total = (number if isinstance(number := fields.get(name), int) else 0 for name in ("index", "total"))
    return EngineEvent(
        what=words["what"] or "working", module=words["module"], detail=words["detail"], index=index, total=total
    )


def _outcome(future: Any) -> object:  # noqa: ANN401 - Dask's future
    if future.status == "finished":
        return future.result()
    if future.status == "error":
        told = future.exception()
        if type(told).__name__ in {"NoValidWorkerError", "NoWorkerError"}:
            raise EngineError("For five minutes no node had the memory and disk for it.")
        raise EngineError("The node was lost, and so was the one that tried again.")
    raise EngineError("The connection to the cluster was lost.")


def _wait_until_wiped(heard: queue.SimpleQueue[Any]) -> None:
    """Give a cancelled node a moment to say that its folder is gone; it goes there in any case."""
    until = time.monotonic() + WIPE_SECONDS
    while time.monotonic() < until:
        told = _next(heard, POLL_SECONDS)
        if isinstance(told, dict) and told.get("what") == WIPED:
            return


def _error(word: Mapping[str, Any]) -> MvtcaseError:
    """Return the error of a node: of its own kind where we know it, so that a wrong password is asked for again."""
    error = word["error"] if isinstance(word["error"], dict) else {}
    kinds, found = [MvtcaseError], EngineError
    while kinds:
        kind = kinds.pop()
        found = kind if kind.code == error.get("code") else found  # type: ignore[assignment]
        kinds += kind.__subclasses__()
    return found("{node}: {told}", node=str(word.get("node"))[:100], told=str(error.get("text"))[:MAX_TOLD])


def _gap(told: Any) -> Gap:  # noqa: ANN401 - what a node says
    return Gap(module=str(told["module"]), outcome=ModuleOutcome(told["outcome"]), reason=reason_of(told["reason"]))


@contextlib.contextmanager
def _understood(word: Mapping[str, Any]) -> Iterator[None]:
    """Turn an answer of a shape that no node of ours gives into an `EngineError`."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, OSError) as error:
        raise EngineError(
            "The answer of {node} cannot be used: {error}.",
            node=str(word.get("node"))[:100],
            error=str(error)[:MAX_TOLD],
        ) from error


def _judged(word: Mapping[str, Any], results: Path, kind: EvidenceKind, known: Known) -> EngineResult:
    """Return the result that a node's events give; what it lists of its files must be what came."""
    changed = changed_since_hashed(results)
    if changed or (results / EVENTS_FILE).stat().st_size > MAX_KEPT_BYTES:
        raise ValueError(f"its results are not those it listed: {changed[:3]}")
    ledger = read_ledger(results)
    ledger.known, ledger.kind = known, kind
    return ledger.result(duration_ms=int(word["duration_ms"]), results_sha256=sha256_file(results / HASHES_FILE))


def _unheard(_event: EngineEvent) -> None:
    """Hear nothing."""
