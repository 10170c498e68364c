"""A node: takes one phone at a time for each slot, examines it as its own machine would, and keeps nothing.

`run_task` is the only function that Dask may run here. Its argument and its answer are parcels; what goes wrong is part
of the answer, because what Dask makes of an exception ends in logs.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mvtcase import workspaces
from mvtcase.cluster import parcels
from mvtcase.cluster.examining import Examination, examine
from mvtcase.cluster.plain import DOORS, guarded, security
from mvtcase.engine import runner
from mvtcase.engine.job import RecheckJob, Secret
from mvtcase.errors import EngineError, EvidenceMissingError, InputError, MvtcaseError
from mvtcase.evidence import manifest
from mvtcase.model import EvidenceKind
from mvtcase.settings import Limits
from mvtcase.wording import do, say, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mvtcase.cluster.keys import Keys
    from mvtcase.engine.job import EngineEvent
    from mvtcase.model import Gap, Json

WIPED = "wiped"
"""What a node says when nothing of a phone is left on it."""


class _CancelledError(Exception):
    """The coordinator no longer wants this answer, or this node is being ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """This machine as a node: its keys, the private folder it works in, and where it finds what evidence.

    `evidence` maps a folder as the coordinator names it to the folder here; nothing outside of these is read.
    """

    keys: Keys
    folder: Path
    evidence: tuple[tuple[PurePosixPath, Path], ...] = ()


_nodes: list[Node] = []
"""The node that this process is, set once when it starts: Dask calls a plain function."""


def run_task(parcel: object) -> list[bytes]:
    """Return the answer to a parcel, sealed for the coordinator; nothing of it is left on this machine."""
    from distributed import Reschedule

    (node,) = _nodes
    line = _Line()
    try:
        with workspaces.workspace(node.folder) as work:
            return _answer(node, parcel, work, line)
    except _CancelledError:
        raise Reschedule from None  # to another node where this one is being ended; nowhere when it was cancelled
    finally:
        line.tell({"what": WIPED})


def _answer(node: Node, parcel: object, work: Path, line: _Line) -> list[bytes]:
    word: dict[str, Json] = {"node": node.keys.name, "tools": dict(parcels.tools())}
    incoming = work / "in"
    incoming.mkdir(mode=0o700)
    try:
        order = parcels.opened(incoming, parcel, node.keys, Limits())
        _require_same_tools(node, order["tools"])
        word |= _TASKS[order["task"]](node, order, work, line)
    except MvtcaseError as error:
        word["error"] = {"code": error.code, "text": str(error)}
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        word["error"] = {"code": EngineError.code, "text": f"{type(error).__name__}: {error}"}
    try:
        return parcels.seal(work, word, parcels.files_of(work / "results", "results"), node.keys)
    except MvtcaseError as error:
        word["error"] = {"code": error.code, "text": str(error)}
        return parcels.seal(work, word, (), node.keys)


def _require_same_tools(node: Node, theirs: Mapping[str, str]) -> None:
    own = parcels.tools()
    names = [name for name in sorted({*own, *theirs}) if own.get(name) != theirs.get(name)]
    if names:
        told = "; ".join(f"{name} {own.get(name, 'none')}, not {theirs.get(name, 'none')}" for name in names)
        raise EngineError("{node} has other versions than the coordinator: {told}.", node=node.keys.name, told=told)


def _hello(_node: Node, _order: Mapping[str, Any], _work: Path, _line: _Line) -> dict[str, Json]:
    return {}


def _scan(node: Node, order: Mapping[str, Any], work: Path, line: _Line) -> dict[str, Json]:
    incoming = work / "in"
    path = _evidence(node, str(order["path"]), incoming)
    manifest.require_unchanged(path, incoming / "manifest.jsonl", str(order["manifest_sha256"]))
    password, age = order.get("password"), incoming / "age.txt"
    wanted = Examination(
        path=path,
        results=work / "results",
        working=work / "working",
        sweep=bool(order["sweep"]),
        stock=bool(order["stock"]),
        stock_matcher=bool(order["stock_matcher"]),
        age_identity=age if age.exists() else None,
        password=None if password is None else Secret(value=str(password)),
        counts={},
        evidence_bytes=int(order["evidence_bytes"]),
        **_shared(order, incoming),
    )
    examined = examine(runner, wanted, decrypt=partial(runner.run_decrypt, on_event=line.hear), on_event=line.hear)
    return {
        "problems": [_gap(each) for each in examined.problems],
        "notes": [text_of(each).data for each in examined.notes],
        "duration_ms": examined.result.duration_ms,
    }


def _recheck(_node: Node, order: Mapping[str, Any], work: Path, line: _Line) -> dict[str, Json]:
    job = RecheckJob(
        results=work / "in" / "base",
        kind=EvidenceKind(order["kind"]),
        out=work / "results",
        stock_matcher=bool(order["stock_matcher"]),
        **_shared(order, work / "in"),
    )
    return {"duration_ms": runner.run_recheck(job, on_event=line.hear).duration_ms}


_TASKS: Mapping[str, Callable[[Node, Mapping[str, Any], Path, _Line], dict[str, Json]]] = {
    "hello": _hello,
    "scan": _scan,
    "recheck": _recheck,
}


def _shared(order: Mapping[str, Any], incoming: Path) -> dict[str, Any]:
    """Return what scans and rechecks are both told."""
    return {
        "matchset": incoming / "matchset",
        "expected_indicators": int(order["expected_indicators"]),
        "set_names": dict(order["set_names"]),
        "withheld": dict(order["withheld"]),
        "limits": Limits(**{str(name): int(value) for name, value in order["limits"].items()}),
        "allow_foreign_modules": bool(order["allow_foreign_modules"]),
    }


def _gap(gap: Gap) -> Json:
    return {"module": gap.module, "outcome": str(gap.outcome), "reason": text_of(gap.reason).data}


def _evidence(node: Node, asked: str, incoming: Path) -> Path:
    """Return where a phone's files are here. Raises `EvidenceMissingError` where they neither are nor came along."""
    wanted = PurePosixPath(asked)
    for there, here in node.evidence:
        if wanted.is_relative_to(there) and ".." not in wanted.parts:
            found = here.joinpath(*wanted.relative_to(there).parts)
            if found.exists():
                return found
    shipped = incoming / "evidence" / wanted.name
    if shipped.exists():
        return shipped
    raise EvidenceMissingError(
        "{node} has nothing at {asked}.",
        hint=say("Start it with {0} for that folder.", do("cluster worker", evidence_map="A=B")),
        node=node.keys.name,
        asked=asked,
    )


class _Line:
    """What a running task tells the coordinator, and how it hears that nobody wants it any more."""

    def __init__(self) -> None:
        from distributed import get_worker

        self._worker = get_worker()
        self._key = str(self._worker.get_current_task())

    def hear(self, event: EngineEvent) -> None:
        """Pass on what the progress bars need; raises when the task was cancelled, which ends the child."""
        state = self._worker.state.tasks.get(self._key)
        if self._worker.status.name not in {"running", "paused"} or state is None or state.state != "executing":
            raise _CancelledError
        self.tell(asdict(event))

    def tell(self, event: Mapping[str, Json]) -> None:
        """Send one event under the task's own random name."""
        self._worker.log_event(self._key, dict(event))


def serve(address: str, node: Node, *, slots: int, memory_bytes: int, disk_bytes: int) -> None:
    """Be a node of the cluster at an address until ended or until the scheduler is gone.

    What a node that was killed left in the folder is wiped first. Raises `InputError` where Dask is not installed.
    """
    node.folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    workspaces.sweep_leftovers(node.folder)
    _nodes[:] = [node]
    with guarded(), workspaces.workspace(node.folder) as scratch:
        asyncio.run(_serve(address, node, scratch, slots, {"memory": memory_bytes, "disk": disk_bytes}))


async def _serve(address: str, node: Node, scratch: Path, slots: int, resources: Mapping[str, float]) -> None:
    from distributed import Worker

    class Quiet(Worker):
        """A worker without a page of its own and without the doors by which clients run code."""

        def start_http_server(self, *_: object, **__: object) -> None:
            """Start none."""

    worker = Quiet(
        address,
        name=f"{node.keys.name}-{os.getpid()}",
        nthreads=slots,
        resources=dict(resources),
        memory_limit=0,  # what takes memory is the child, which has limits of its own
        local_directory=str(scratch),
        dashboard=False,
        security=security(node.keys),
    )
    for door in DOORS:
        worker.handlers.pop(door, None)
    async with worker:
        await _until_ended(worker.finished())


async def _until_ended(finished: Any) -> None:  # noqa: ANN401 - Dask's coroutine
    """Wait for the end of a Dask server, or for Ctrl-C or SIGTERM, whichever comes first."""
    told, loop = asyncio.Event(), asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows ends the process
            loop.add_signal_handler(each, told.set)
    waiting = [asyncio.ensure_future(finished), asyncio.ensure_future(told.wait())]
    _, pending = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()


def schedule(host: str, port: int, keys: Keys) -> None:
    """Be the scheduler of a cluster until ended; it passes on parcels that it cannot open."""
    with guarded():
        asyncio.run(_schedule(host, port, keys))


async def _schedule(host: str, port: int, keys: Keys) -> None:
    from distributed import Scheduler
    from distributed.scheduler import DEFAULT_EXTENSIONS

    class Quiet(Scheduler):
        """A scheduler without a page of its own."""

        def start_http_server(self, *_: object, **__: object) -> None:
            """Start none."""

    scheduler = Quiet(
        host=host,
        port=port,
        protocol="tls",
        security=security(keys),
        dashboard=False,
        allowed_failures=1,  # a phone whose node was lost is tried once more, elsewhere
        # "shuffle" pickles a plugin to every worker, for data frames.
        extensions={name: each for name, each in DEFAULT_EXTENSIONS.items() if name != "shuffle"},
    )
    async with scheduler:
        await _until_ended(scheduler.finished())


def free_disk(folder: Path) -> int:
    """Return the bytes that are free where a folder is or will be."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def evidence_maps(given: Sequence[str]) -> tuple[tuple[PurePosixPath, Path], ...]:
    """Return `A=B` pairs as folders. Raises `InputError` on one that is no pair, or whose folder here is missing."""
    maps = []
    for each in given:
        there, sign, here = each.partition("=")
        if not sign or not there.startswith("/") or not Path(here).is_dir():
            raise InputError(
                "{map} is no map of evidence.",
                hint="Give FOLDER_AT_THE_COORDINATOR=FOLDER_HERE, the first absolute, the second there.",
                map=each,
            )
        maps.append((PurePosixPath(there), Path(here).absolute()))
    return tuple(maps)
