"""The parent's side of a scan: start the worker, listen, keep every event, kill what hangs, go on without it."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mvtcase import kinds
from mvtcase.canon import canonical_json
from mvtcase.engine import box as boxes
from mvtcase.engine.decryption import run_decrypt
from mvtcase.engine.events import (
    EVENTS_FILE,
    MVT_FOLDER,
    PRIVATE_FOLDER,
    READ_FILE,
    Ledger,
    take_safely,
)
from mvtcase.engine.job import EngineEvent, EngineResult, RecheckJob, Resumption, ScanJob, recheck_fields, scan_fields
from mvtcase.engine.process import Ending, Setup, converse
from mvtcase.engine.results_folder import read_to_their_end, remove_tree, write_hashes
from mvtcase.engine.words import write_words
from mvtcase.errors import ForeignModuleError, IndicatorCountError, MvtcaseError, PasswordError, WorkerStartError
from mvtcase.model import ModuleOutcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from mvtcase.engine.box import Wrap
    from mvtcase.engine.events import ModuleKey
    from mvtcase.model import Json
    from mvtcase.settings import Limits

    OnEvent = Callable[[EngineEvent], None]

__all__ = ["run_decrypt", "run_recheck", "run_scan"]

LOG_FILE = "worker.log"
MAX_RESTARTS = 12
WORKING_SECONDS = 0.5

HUNGRY = frozenset({"module.memory", "worker.killed"})
"""Reasons of modules that may find room where nothing else has run."""

FATAL_STEPS = frozenset({"start", "examine"})
"""Steps that nothing can be gone on without."""

BOUNDARIES = frozenset({"hello", "plan", "started", "finished", "problem", "done", "lost"})
"""Events after which the file is forced to the disk, so that a power cut loses no alert either."""

_REFUSALS: dict[str, type[MvtcaseError]] = {
    "start": WorkerStartError,
    "indicator_count": IndicatorCountError,
    "foreign_module": ForeignModuleError,
    "password": PasswordError,
}


@dataclass(slots=True)
class _Scan:
    """One scan while it runs: where its files go and what the events said so far."""

    results: Path
    limits: Limits
    on_event: OnEvent
    wrap: Wrap
    read_only: tuple[Path, ...]
    ledger: Ledger
    again: frozenset[ModuleKey] = frozenset()
    tried: frozenset[ModuleKey] = frozenset()
    """Modules that the next worker runs once more because they ran out of memory, and those that were run again."""
    began: float = field(default_factory=time.monotonic)

    @property
    def private(self) -> Path:
        return self.results / PRIVATE_FOLDER


def run_scan(job: ScanJob, *, on_event: OnEvent, wrap: Wrap = boxes.wrap) -> EngineResult:
    """Return what a scan of readable evidence found, after every module ran, failed or was given up.

    A module that hangs past `limits.module_seconds` or kills the worker is recorded as such, and the others run again
    without it. Raises `WorkerStartError`, `IndicatorCountError` or `ForeignModuleError` before any module ran,
    `PasswordError` when the evidence as a whole is an Android backup that the password does not open, and
    `FileExistsError` when the results folder is already there. Ctrl-C ends the worker and goes on up.
    """
    limits = job.limits.scaled(job.evidence_bytes)
    scan = _Scan(
        results=job.results,
        limits=limits,
        on_event=on_event,
        wrap=wrap,
        read_only=(job.target, job.matchset, *(each.target for each in job.inside)),
        ledger=Ledger(known=job.known),
    )
    first: dict[str, Json] = {
        "event": "job",
        "kind": str(job.kind),
        "command": kinds.of(job.kind).command.line,
        "indicators_expected": job.expected_indicators,
    }
    return _run(scan, first, lambda resumption: scan_fields(job, resumption), finish=write_words)


def run_recheck(job: RecheckJob, *, on_event: OnEvent, wrap: Wrap = boxes.wrap) -> EngineResult:
    """Return what an earlier scan's stored results say to other indicators, without the phone.

    A module whose stored results are missing or cannot be loaded is a gap. Raises as `run_scan` does.
    """
    scan = _Scan(
        results=job.out,
        limits=job.limits,
        on_event=on_event,
        wrap=wrap,
        read_only=(job.results, job.matchset, *([job.evidence] if job.evidence else [])),
        ledger=Ledger(known=job.known),
    )
    first: dict[str, Json] = {
        "event": "job",
        "kind": str(job.kind),
        "command": f"{kinds.of(job.kind).command.line}, stored results",
        "indicators_expected": job.expected_indicators,
    }
    return _run(scan, first, lambda resumption: recheck_fields(job, resumption), heard=job.heard)


def _run(
    scan: _Scan,
    first: dict[str, Json],
    fields: Callable[[Resumption], dict[str, Json]],
    finish: Callable[[Path], None] = lambda _results: None,
    heard: Sequence[Mapping[str, Json]] = (),
) -> EngineResult:
    """Run workers until one comes to its end or nothing is left to try, then finish what they left."""
    _make_folders(scan)
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        with os.fdopen(os.open(scan.results / EVENTS_FILE, flags, 0o600), "ab", buffering=0) as events:
            hearing = _Hearing(scan, events.fileno())
            for each in (first, *heard):
                hearing.hear(each)
            for _ in range(MAX_RESTARTS + 1):
                ending = converse(_setup(scan), fields(_resumption(scan)), hearing)
                scan.again = frozenset()
                _conclude(scan, hearing, ending)
                if _is_over(scan) and not _starved(scan):
                    break
            else:
                scan.ledger.error = f"The worker was lost {MAX_RESTARTS + 1} times."
        read = read_to_their_end(scan.private / READ_FILE)
    finally:
        remove_tree(scan.private)
    finish(scan.results)
    result = scan.ledger.result(
        duration_ms=int((time.monotonic() - scan.began) * 1000), results_sha256=write_hashes(scan.results)
    )
    return replace(result, read=read)


def _is_over(scan: _Scan) -> bool:
    if scan.ledger.refusal is not None:
        code, message = scan.ledger.refusal
        raise _REFUSALS.get(code, WorkerStartError)(message)
    return scan.ledger.done or scan.ledger.error is not None


def _starved(scan: _Scan) -> bool:
    """Choose the modules that ran out of memory for one more try, alone in a fresh worker; return whether there are."""
    ledger = scan.ledger
    in_time = time.monotonic() - scan.began < scan.limits.wall_seconds
    scan.again = frozenset(
        key
        for key, run in ledger.modules.items()
        if getattr(run.reason, "code", "") in HUNGRY and key not in scan.tried
    )
    if not scan.again or ledger.error is not None or not in_time:
        return False
    scan.tried |= scan.again
    ledger.done = False
    return True


def _resumption(scan: _Scan) -> Resumption:
    ledger = scan.ledger
    lost = {key for key, run in ledger.modules.items() if run.error is not None and run.records is None}
    return Resumption(
        finished=ledger.finished_modules - lost - scan.again,
        skipped=frozenset(lost - scan.again),
        steps_done=frozenset(name for name, finished in ledger.steps.items() if finished),
        steps_lost=frozenset(ledger.lost_steps),
    )


class _Hearing:
    """Keeps every event of a scan: on the disk first, then in the ledger, then for the progress bars."""

    def __init__(self, scan: _Scan, events: int) -> None:
        self._scan = scan
        self._events = events
        self._told = time.monotonic()

    def started(self, sandbox: str, pid: int) -> None:
        """Note that a worker runs."""
        self.hear({"event": "worker", "sandbox": sandbox, "pid": pid})

    def hear(self, event: Mapping[str, Any]) -> None:
        """Keep one event."""
        line = canonical_json(dict(event)).encode("ascii") + b"\n"
        if not self._scan.ledger.has_room(event, len(line)):
            return
        os.write(self._events, line)
        if event["event"] in BOUNDARIES:
            os.fsync(self._events)
        take_safely(self._scan.ledger, event)
        told = public_event(self._scan.ledger, event)
        if told is not None:
            self._scan.on_event(told)

    def is_module_running(self) -> bool:
        """Return whether a module is running."""
        return self._scan.ledger.running is not None

    def waiting(self) -> None:
        """Tell the progress bars that the worker is at work, a few times a second."""
        now = time.monotonic()
        if now - self._told < WORKING_SECONDS:
            return
        self._told = now
        ledger = self._scan.ledger
        running = ledger.modules[ledger.running].module if ledger.running is not None else ""
        in_hand = len(ledger.finished_modules) + 1
        self._scan.on_event(
            EngineEvent(what="working", module=running, index=in_hand, total=max(in_hand, len(ledger.modules)))
        )


def _conclude(scan: _Scan, hearing: _Hearing, ending: Ending) -> None:
    """Where a worker ended before its end, say what was lost with it."""
    ledger = scan.ledger
    if ledger.done or ledger.refusal is not None:
        return
    step = ledger.open_step() if ledger.running is None else None
    if not ledger.tools and step is None and not ending.killed_for:
        raise WorkerStartError("The worker did not start ({reason}): {scan}", reason=ending.reason, scan=_tail(scan))
    out_of_time = time.monotonic() - scan.began > scan.limits.wall_seconds
    final = out_of_time or (ledger.running is None and (step is None or step in FATAL_STEPS))
    outcome = ModuleOutcome.TIMED_OUT if ending.killed_for else ModuleOutcome.FAILED
    hearing.hear({"event": "lost", "reason": ending.reason.data, "outcome": str(outcome), "final": final})


def public_event(ledger: Ledger, event: Mapping[str, Any]) -> EngineEvent | None:
    """Return what the progress bars need of an event, None when nothing."""
    names = {"hello": "started", "started": "module_started", "finished": "module_finished", "alert": "alert"}
    name = str(event["event"])
    if name == "step" and str(event.get("name")).startswith("sweep"):
        return EngineEvent(what="sweep", detail="" if event.get("finished") else "started")
    if name == "progress":
        return EngineEvent(
            what="sweep",
            index=int(event.get("index") or 0),
            total=int(event.get("total") or 0),
            detail=str(event.get("detail", "")),
        )
    if name not in names:
        return None
    # The module in hand counts; one that finished is no longer in hand.
    in_hand = 0 if name in {"finished", "hello"} else 1
    return EngineEvent(
        what=names[name],
        module=str(event.get("module", "")),
        index=len(ledger.finished_modules) + in_hand,
        total=len(ledger.modules),
        detail=str(event.get("outcome") or event.get("level") or ""),
    )


def _setup(scan: _Scan) -> Setup:
    box = boxes.Box(
        read_only=scan.read_only,
        writable=(scan.results / MVT_FOLDER,),
        temporary=scan.private,
        temporary_bytes=scan.limits.temporary_bytes,
    )
    return Setup(
        private=scan.private,
        log=scan.results / LOG_FILE,
        box=box,
        wrap=scan.wrap,
        limits=scan.limits,
        began=scan.began,
    )


def _make_folders(scan: _Scan) -> None:
    scan.results.mkdir(mode=0o700)
    (scan.results / MVT_FOLDER).mkdir(mode=0o700)
    boxes.make_private(scan.private)


def _tail(scan: _Scan) -> str:
    with suppress(OSError):
        return (scan.results / LOG_FILE).read_text("utf-8", "replace")[-500:].strip()
    return "it printed nothing"
