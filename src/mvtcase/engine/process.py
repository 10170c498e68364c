"""One worker process: started in its box with nothing inherited, listened to, and killed when its time is up."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from typing_extensions import Protocol

from mvtcase.engine import box as boxes
from mvtcase.engine import warm
from mvtcase.engine.box import worker_environment
from mvtcase.engine.events import MAX_LINE_BYTES, parse_event
from mvtcase.engine.job import job_line
from mvtcase.errors import WorkerStartError
from mvtcase.wording import Reason, text_of, why

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from typing_extensions import Self

    from mvtcase.engine.box import Box, Wrap
    from mvtcase.engine.warm import WarmWorker
    from mvtcase.model import Json
    from mvtcase.settings import Limits

    Worker = subprocess.Popen[bytes] | WarmWorker

MAX_LOG_BYTES = 1 << 20
OPEN_FILES = 1024
POLL_SECONDS = 0.2
GRACE_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How a worker is run: its private folder, where its prints go, its box, its limits and when the job began.

    `began` is on the clock of `time.monotonic`; `limits` are already scaled.
    """

    private: Path
    log: Path
    box: Box
    wrap: Wrap
    limits: Limits
    began: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a worker ended: why it was killed, empty when it was not, and its exit status, negative for a signal."""

    killed_for: str
    status: int

    @property
    def reason(self) -> Reason:
        """Why it ended."""
        if self.killed_for:
            return text_of(self.killed_for)
        # A sandbox's own process reports a signal to its child as 128 and its number, as shells do.
        number = -self.status if self.status < 0 else self.status - 128
        if number == signal.SIGKILL:
            return why("worker.killed")
        with suppress(ValueError):
            return why("worker.signal", signal=signal.Signals(number).name)
        return why("worker.status", status=self.status)


class Listener(Protocol):
    """Who hears a worker."""

    def started(self, sandbox: str, pid: int) -> None:
        """Hear that a worker runs, in which sandbox."""

    def hear(self, event: Mapping[str, Any]) -> None:
        """Hear one event."""

    def is_module_running(self) -> bool:
        """Return whether a module is running; while it is, what it says does not win it more time."""

    def waiting(self) -> None:
        """Hear a few times a second that the worker is still at work; what is raised here ends it."""


def converse(setup: Setup, fields: Mapping[str, Json], listener: Listener) -> Ending:
    """Run a worker on a job until it ends or its time is up, and return how it ended; no process of it is left.

    Raises `WorkerStartError` when it cannot be started. Whatever else is raised on the way, the worker is killed first.
    """
    reader, writer = os.pipe()
    try:
        process, sandbox = _started(setup, writer)
    except OSError as error:
        os.close(reader)
        raise WorkerStartError("The worker could not be started: {error}.", error=error) from error
    finally:
        os.close(writer)
    grace = 0.0
    try:
        listener.started(sandbox, process.pid)
        left = max(0.0, setup.began + setup.limits.wall_seconds - time.monotonic())
        _send_job(process, {**fields, "limits": _limit_fields(setup.limits), "seconds_left": left})
        killed_for = _listen(setup, process, reader, listener)
        grace = 0.0 if killed_for else GRACE_SECONDS
    finally:
        _end(process, grace)
        os.close(reader)
    return Ending(killed_for=killed_for, status=process.returncode)


def worker_argv(events: int) -> list[str]:
    """Return the command line that starts a worker sending its events to a descriptor."""
    return [sys.executable, "-I", "-m", "mvtcase.engine.worker", str(events)]


def _started(setup: Setup, writer: int) -> tuple[Worker, str]:
    """Return a worker and its sandbox: forked where a warm parent stands ready, else started."""
    environment = worker_environment(setup.private)
    if setup.wrap is boxes.wrap:
        forked = warm.worker_for(setup.box, setup.private, environment, writer)
        if forked is not None:
            return forked
    argv, sandbox = setup.wrap(worker_argv(writer), setup.box)
    process = subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(writer,),
        env=environment,
        cwd=setup.private,
        start_new_session=True,
        umask=0o077,
    )
    return process, sandbox


def _send_job(process: Worker, fields: Mapping[str, Json]) -> None:
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


def _listen(setup: Setup, process: Worker, reader: int, listener: Listener) -> str:
    """Hand on events until there are none left; return why the worker must be killed, empty when it ended by itself."""
    clock = _Clock(setup)
    log = _BoundedLog(setup.log)
    disk = DiskWatch((setup.private, *setup.box.writable), setup.box.temporary_bytes)
    prints = process.stdout.fileno() if process.stdout is not None else reader
    with LineReader({"events": reader, "log": prints}) as lines:
        while not lines.at_end("events"):
            for source, line in lines.read(POLL_SECONDS):
                event = parse_event(line) if source == "events" else None
                if event is not None:
                    listener.hear(event)
                    clock.heard(event, module_running=listener.is_module_running())
                elif source == "log":
                    log.write(line)
            listener.waiting()
            reason = clock.overrun() or disk.overrun()
            if reason:
                return reason
        for _, line in lines.read(0):
            log.write(line)
    return ""


class _Clock:
    """The clock of one worker: for a module from its start, for anything else from the last event, and for the job."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._since = time.monotonic()

    def heard(self, event: Mapping[str, Any], *, module_running: bool) -> None:
        """Start the clock again, unless a module is running and may not hold it off by what it says."""
        if not module_running or event.get("event") == "started":
            self._since = time.monotonic()

    def overrun(self) -> str:
        """Return why the worker must be killed now, empty when it need not."""
        now = time.monotonic()
        limits = self._setup.limits
        if now - self._setup.began > limits.wall_seconds:
            return why("worker.scan_late", seconds=limits.wall_seconds)
        if now - self._since > limits.module_seconds:
            return why("worker.late", seconds=limits.module_seconds)
        return ""


class _BoundedLog:
    """What the worker prints, up to a bound; it is evidence text and of no further use."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._left = MAX_LOG_BYTES

    def write(self, line: bytes) -> None:
        """Append a line as long as there is room."""
        if self._left > 0:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            with os.fdopen(os.open(self._path, flags, 0o600), "ab") as handle:
                handle.write(line[: self._left])
            self._left -= len(line)


def _end(process: Worker, grace: float) -> None:
    """Wait so many seconds for a worker that closed its events to leave, then end it and everything it started."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=grace)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


EVERY_SECONDS = 0.5
MAX_ENTRIES = 200_000
"""Files and folders a worker may make; more are as good as a full disk."""

_BLOCK = 512


class DiskWatch:
    """Tells when the files below some folders take more than so many bytes of disk; 0 bytes is no bound."""

    def __init__(self, folders: Sequence[Path], limit: int) -> None:
        self._folders = folders
        self._limit = limit
        self._next = time.monotonic() + EVERY_SECONDS

    def overrun(self) -> str:
        """Return why the worker must be killed now, empty when it need not or when it is too soon to look again."""
        if self._limit <= 0 or time.monotonic() < self._next:
            return ""
        used, entries = disk_use(self._folders)
        self._next = time.monotonic() + EVERY_SECONDS
        if entries >= MAX_ENTRIES:
            return why("worker.files", count=MAX_ENTRIES)
        return why("worker.disk", bytes=self._limit) if used > self._limit else ""


def disk_use(folders: Sequence[Path]) -> tuple[int, int]:
    """Return the bytes on disk and the number of entries below folders, following no link; counting ends at a bound."""
    used = entries = 0
    pending = [str(folder) for folder in folders]
    while pending and entries < MAX_ENTRIES:
        with suppress(OSError), os.scandir(pending.pop()) as found:
            for entry in found:
                entries += 1
                with suppress(OSError):
                    used += entry.stat(follow_symlinks=False).st_blocks * _BLOCK
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                if entries >= MAX_ENTRIES:
                    break
    return used, entries


CHUNK_BYTES = 1 << 16


class LineReader:
    """Lines of named pipes as they come; a line over the bound is cut there and its rest counts as another line."""

    def __init__(self, descriptors: Mapping[str, int]) -> None:
        self._selector = selectors.DefaultSelector()
        self._held = dict.fromkeys(descriptors, b"")
        self._ended: set[str] = set()
        for name, descriptor in descriptors.items():
            self._selector.register(descriptor, selectors.EVENT_READ, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()

    def at_end(self, name: str) -> bool:
        """Return whether a pipe has no writer any more and all of it was read."""
        return name in self._ended

    def read(self, seconds: float) -> Iterator[tuple[str, bytes]]:
        """Yield (name, line) of all lines there are now, after waiting up to so many seconds for the first."""
        for key, _ in self._selector.select(seconds):
            name = str(key.data)
            data = os.read(key.fd, CHUNK_BYTES)
            if not data:
                self._selector.unregister(key.fd)
                self._ended.add(name)
                data, self._held[name] = self._held[name], b""
                if data:
                    yield name, data
                continue
            yield from self._lines(name, data)

    def _lines(self, name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
        pieces = (self._held[name] + data).split(b"\n")
        self._held[name] = pieces.pop()
        for piece in pieces:
            yield name, piece + b"\n"
        if len(self._held[name]) > MAX_LINE_BYTES:
            held, self._held[name] = self._held[name], b""
            yield name, held
