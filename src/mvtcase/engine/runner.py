"""The parent's side of a scan: start the worker, listen, keep every event, kill what hangs, go on without it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mvtcase.canon import canonical_json, sha256_file
from mvtcase.engine import box as boxes
from mvtcase.engine.commands import COMMANDS
from mvtcase.engine.files import regular_files
from mvtcase.engine.job import EngineEvent, EngineResult, Resumption, ScanJob, job_line, scan_fields
from mvtcase.engine.lines import LineReader
from mvtcase.engine.results import (
    EVENTS_FILE,
    HASHES_FILE,
    MVT_FOLDER,
    PRIVATE_FOLDER,
    Ledger,
    parse_event,
    take_safely,
)
from mvtcase.errors import EngineError, ForeignModuleError, IndicatorCountError, WorkerStartError
from mvtcase.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mvtcase.engine.box import Wrap
    from mvtcase.model import Json
    from mvtcase.settings import Limits

    OnEvent = Callable[[EngineEvent], None]

LOG_FILE = "worker.log"
MAX_LOG_BYTES = 1 << 20
MAX_RESTARTS = 12
MAX_ALERT_BYTES_PER_EVENT = 8 << 20
OPEN_FILES = 1024
POLL_SECONDS = 0.2
GRACE_SECONDS = 10.0

FATAL_STEPS = frozenset({"start", "examine"})
"""Steps that nothing can be gone on without."""

BOUNDARIES = frozenset({"hello", "plan", "started", "finished", "problem", "done", "lost", "alert"})
"""Events after which the file is forced to the disk, so that a power cut loses no alert either."""

_REFUSALS: dict[str, type[EngineError]] = {
    "start": WorkerStartError,
    "indicator_count": IndicatorCountError,
    "foreign_module": ForeignModuleError,
}


@dataclass(slots=True)
class _Scan:
    """One scan while it runs: where its files go and what the events said so far."""

    results: Path
    limits: Limits
    on_event: OnEvent
    wrap: Wrap
    read_only: tuple[Path, ...]
    began: float = field(default_factory=time.monotonic)
    ledger: Ledger = field(default_factory=Ledger)

    @property
    def private(self) -> Path:
        return self.results / PRIVATE_FOLDER


def run_scan(job: ScanJob, *, on_event: OnEvent, wrap: Wrap = boxes.wrap) -> EngineResult:
    """Return what a scan of readable evidence found, after every module ran, failed or was given up.

    A module that hangs past `limits.module_seconds` or kills the worker is recorded as such, and the others run again
    without it. Raises `WorkerStartError`, `IndicatorCountError` or `ForeignModuleError` before any module ran, and
    `FileExistsError` when the results folder is already there. Ctrl-C ends the worker and goes on up.
    """
    limits = job.limits.scaled(job.evidence_bytes)
    scan = _Scan(
        results=job.results,
        limits=limits,
        on_event=on_event,
        wrap=wrap,
        read_only=(job.target, job.matchset),
    )
    first: dict[str, Json] = {
        "event": "job",
        "kind": str(job.kind),
        "encrypted": job.encrypted,
        "command": COMMANDS[job.kind].line,
        "indicators_expected": job.expected_indicators,
    }
    return _run(scan, first, lambda resumption: scan_fields(job, resumption))


def _run(scan: _Scan, first: dict[str, Json], fields: Callable[[Resumption], dict[str, Json]]) -> EngineResult:
    """Run workers until one comes to its end or nothing is left to try."""
    _make_folders(scan.results)
    try:
        with (scan.results / EVENTS_FILE).open("ab", buffering=0) as events:
            _keep(scan, events.fileno(), first)
            for _ in range(MAX_RESTARTS + 1):
                _run_worker(scan, events.fileno(), fields(_resumption(scan.ledger)))
                if _is_over(scan):
                    break
    finally:
        _remove_tree(scan.private)
    return scan.ledger.result(
        duration_ms=int((time.monotonic() - scan.began) * 1000), results_sha256=write_hashes(scan.results)
    )


def _is_over(scan: _Scan) -> bool:
    if scan.ledger.refusal is not None:
        code, message = scan.ledger.refusal
        raise _REFUSALS.get(code, WorkerStartError)(message)
    return scan.ledger.done or scan.ledger.error is not None


def _resumption(ledger: Ledger) -> Resumption:
    lost = {key for key, run in ledger.modules.items() if run.error is not None and run.records is None}
    return Resumption(
        finished=ledger.finished_modules - lost,
        skipped=frozenset(lost),
        steps_done=frozenset(name for name, finished in ledger.steps.items() if finished),
        steps_lost=frozenset(ledger.lost_steps),
    )


def _run_worker(scan: _Scan, events: int, fields: Mapping[str, Json]) -> None:
    """Run one worker to its end, of whatever kind, and keep all it says."""
    reader, writer = os.pipe()
    try:
        argv, sandbox = scan.wrap(worker_argv(writer), _box(scan))
        process = _start(argv, scan, writer)
    except OSError as error:
        os.close(reader)
        raise WorkerStartError(f"The worker could not be started: {error}.") from error
    finally:
        os.close(writer)
    try:
        _keep(scan, events, {"event": "worker", "sandbox": sandbox, "pid": process.pid})
        _send_job(process, {**fields, "limits": _limit_fields(scan.limits)})
        with LineReader({"events": reader, "log": _fileno(process.stdout)}) as lines:
            reason = _listen(scan, events, process, lines)
    finally:
        _kill_group(process)
        os.close(reader)
    _conclude(scan, events, process, reason)


def _listen(scan: _Scan, events: int, process: subprocess.Popen[bytes], lines: LineReader) -> str:
    """Keep events until the worker has none left; return why it was killed, empty when it ended by itself."""
    watch = _Deadline(scan)
    log = _BoundedLog(scan.results / LOG_FILE)
    while not lines.at_end("events"):
        for source, line in lines.read(POLL_SECONDS):
            if source == "log":
                log.write(line)
                continue
            event = parse_event(line)
            if event is not None:
                _keep(scan, events, event)
                watch.heard(event)
        reason = watch.overrun()
        if reason:
            _kill_group(process)
            return reason
    for _, line in lines.read(0):
        log.write(line)
    return ""


def _conclude(scan: _Scan, events: int, process: subprocess.Popen[bytes], reason: str) -> None:
    """Where a worker ended before its end, say what was lost with it."""
    ledger = scan.ledger
    if ledger.done or ledger.refusal is not None:
        return
    if not ledger.tools and not reason and process.returncode != 0 and ledger.open_step() is None:
        raise WorkerStartError(f"The worker ended with status {process.returncode} before it said hello: {_tail(scan)}")
    outcome = Outcome.TIMED_OUT if reason else Outcome.FAILED
    text = reason or f"the worker {_ending(process.returncode)}"
    step = ledger.open_step() if ledger.running is None else None
    out_of_time = time.monotonic() - scan.began > scan.limits.wall_seconds
    final = out_of_time or (ledger.running is None and (step is None or step in FATAL_STEPS))
    _keep(scan, events, {"event": "lost", "reason": text, "outcome": str(outcome), "final": final})


class _Deadline:
    """The clock of one worker: for a module from its start, for anything else from the last event, and for the scan."""

    def __init__(self, scan: _Scan) -> None:
        self._scan = scan
        self._since = time.monotonic()

    def heard(self, event: Mapping[str, Any]) -> None:
        """Start the clock again, unless a module is running and may not hold it off by what it says."""
        if self._scan.ledger.running is None or event.get("event") == "started":
            self._since = time.monotonic()

    def overrun(self) -> str:
        """Return why the worker must be killed now, empty when it need not."""
        now = time.monotonic()
        limits = self._scan.limits
        if now - self._scan.began > limits.wall_seconds:
            return f"the scan did not end within {limits.wall_seconds} seconds"
        if now - self._since > limits.module_seconds:
            return f"it did not end within {limits.module_seconds} seconds"
        return ""


class _BoundedLog:
    """What the worker prints, up to a bound; it is evidence text and of no further use."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._left = MAX_LOG_BYTES

    def write(self, line: bytes) -> None:
        """Append a line as long as there is room."""
        if self._left > 0:
            with self._path.open("ab") as handle:
                handle.write(line[: self._left])
            self._left -= len(line)


def _keep(scan: _Scan, events: int, event: Mapping[str, Any]) -> None:
    """Write an event down, add it to the ledger and tell the listener; in this order."""
    os.write(events, canonical_json(dict(event)).encode("ascii") + b"\n")
    if event["event"] in BOUNDARIES:
        os.fsync(events)
    take_safely(scan.ledger, event)
    told = _public_event(scan.ledger, event)
    if told is not None:
        scan.on_event(told)


def _public_event(ledger: Ledger, event: Mapping[str, Any]) -> EngineEvent | None:
    """Return what the progress bars need of an event, None when nothing."""
    names = {"hello": "started", "started": "module_started", "finished": "module_finished", "alert": "alert"}
    name = str(event["event"])
    if name == "step" and event.get("name") == "sweep":
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
    return EngineEvent(
        what=names[name],
        module=str(event.get("module", "")),
        index=len(ledger.finished_modules),
        total=len(ledger.modules),
        detail=str(event.get("outcome") or event.get("level") or ""),
    )


def worker_argv(events: int) -> list[str]:
    """Return the command line that starts a worker sending its events to a descriptor."""
    return [sys.executable, "-I", "-m", "mvtcase.engine.worker", str(events)]


def worker_environment(private: Path) -> dict[str, str]:
    """Return all of the worker's environment: nothing is inherited.

    PATH names an empty folder, because MVT repairs malformed databases with a `sqlite3` shell where it finds one.
    """
    return {
        "HOME": str(private / "home"),
        "TMPDIR": str(private / "tmp"),
        "PATH": str(private / "empty"),
        "MVT_CONFIG_FOLDER": str(private / "home"),
        "MVT_DATA_FOLDER": str(private / "home"),
        "MVT_NETWORK_ACCESS_ALLOWED": "false",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "NO_COLOR": "1",
        "COLUMNS": "200",
    }


def _box(scan: _Scan) -> boxes.Box:
    return boxes.Box(
        read_only=scan.read_only,
        writable=(scan.results / MVT_FOLDER,),
        temporary=scan.private,
        temporary_bytes=scan.limits.temporary_bytes,
    )


def _start(argv: list[str], scan: _Scan, writer: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(writer,),
        env=worker_environment(scan.private),
        cwd=scan.private,
        start_new_session=True,
        umask=0o077,
    )


def _send_job(process: subprocess.Popen[bytes], fields: Mapping[str, Json]) -> None:
    # A worker that is already gone is found out by listening to it.
    with suppress(BrokenPipeError):
        if process.stdin is not None:
            process.stdin.write(job_line(fields))
            process.stdin.close()


def _limit_fields(limits: Limits) -> dict[str, Json]:
    return {
        "cpu_seconds": limits.cpu_seconds,
        "memory_bytes": limits.memory_bytes,
        "file_bytes": limits.file_bytes,
        "open_files": OPEN_FILES,
    }


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Give a worker that is done a moment to leave, then end it and everything it started."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=0.0 if process.poll() is None else GRACE_SECONDS)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _make_folders(results: Path) -> None:
    results.mkdir(mode=0o700)
    (results / MVT_FOLDER).mkdir(mode=0o700)
    for name in ("home", "tmp", "empty"):
        (results / PRIVATE_FOLDER / name).mkdir(mode=0o700, parents=True)
    (results / PRIVATE_FOLDER).chmod(0o700)


def _fileno(stream: Any) -> int:  # noqa: ANN401 - Popen's stream, which is there because PIPE was asked for
    return int(stream.fileno())


def _ending(status: int | None) -> str:
    if status is not None and status < 0:
        with suppress(ValueError):
            return f"was ended by {signal.Signals(-status).name}"
    return f"ended with status {status}"


def _tail(scan: _Scan) -> str:
    with suppress(OSError):
        return (scan.results / LOG_FILE).read_text("utf-8", "replace")[-500:].strip()
    return "it printed nothing"


def write_hashes(results: Path) -> str:
    """Write the hashes of all files of a results folder beside them and return the digest of that list."""
    listing = results / HASHES_FILE
    with suppress(FileNotFoundError):
        listing.unlink()
    lines = [f"{sha256_file(path)}  {json.dumps(str(path.relative_to(results)))}\n" for path in regular_files(results)]
    descriptor = os.open(listing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as handle:
        handle.writelines(lines)
    return sha256_file(listing)


def _remove_tree(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
