"""Workers of a batch without a start each: a warm parent in the batch's box forks a child for every job.

The parent is started in the sandbox with what all jobs of the batch may touch. Each child narrows that to the box of
its own job by Landlock before it reads a byte of it; where the kernel cannot, every worker is started anew. A job whose
box lies outside of the batch's, and any trouble, are a cold start too: nobody depends on this.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mvtcase import workspaces
from mvtcase.engine import box as boxes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import IO

    from mvtcase.engine.box import Box

READY_SECONDS = 60.0
ORDER_SECONDS = 20.0
ENDING_SECONDS = 60.0
"""How long a parent may take to say that a killed worker is gone."""

_standing: list[WarmParent] = []
if hasattr(os, "register_at_fork"):
    # A copy of this process would share the line of orders: two parents take what was meant for one, and one waits.
    os.register_at_fork(after_in_child=_standing.clear)


class WarmWorker:
    """A worker that a warm parent forked; used as a `subprocess.Popen` is."""

    def __init__(self, line: socket.socket, pid: int, job: int, prints: int) -> None:
        self._line = line
        self.pid = pid
        self.returncode: int = -signal.SIGKILL
        self.stdin: IO[bytes] | None = os.fdopen(job, "wb")
        self.stdout: IO[bytes] | None = os.fdopen(prints, "rb")

    def wait(self, timeout: float | None = None) -> int:
        """Return how the worker ended, as `Popen` does; raises `subprocess.TimeoutExpired` while it has not.

        Without a timeout it is said within `ENDING_SECONDS`, or taken for killed: nothing that hangs holds up a batch.
        """
        if self._line.fileno() >= 0:
            self._line.settimeout(ENDING_SECONDS if timeout is None else timeout)
            try:
                said = self._line.recv(64)
            except (TimeoutError, BlockingIOError) as error:
                if timeout is not None:
                    raise subprocess.TimeoutExpired("worker", timeout) from error
                said = b""
            except OSError:
                said = b""
            # Without a status the parent died, and the kernel killed its children with it.
            self.returncode = int(said) if said else -signal.SIGKILL
            self._line.close()
        return self.returncode


class WarmParent:
    """The process that forks the workers of jobs within one box; it is started when the first is wanted."""

    def __init__(self, box: Box, private: Path) -> None:
        self._box = replace(box, temporary=private)
        self._private = private
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        # Linux ends what `--die-with-parent` guards with the thread that started it: one that lasts as long as this.
        self._starter = ThreadPoolExecutor(max_workers=1)
        self.sandbox = boxes.NONE
        self._orders, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def _start(self) -> None:
        """Start the process and wait until it has loaded everything. Raises `OSError` when it cannot or ends before."""
        if not is_possible():
            raise OSError("no forked worker could be confined here")
        with self._theirs:
            command = [sys.executable, "-I", "-m", "mvtcase.engine.worker.warm", str(self._theirs.fileno())]
            argv, self.sandbox = boxes.wrap(command, self._box)
            self._process = self._starter.submit(
                subprocess.Popen,
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(self._theirs.fileno(),),
                env=boxes.worker_environment(self._private),
                cwd=self._private,
                start_new_session=True,
                umask=0o077,
            ).result()
        self._orders.settimeout(READY_SECONDS)
        if self._orders.recv(16) != b"ready":
            raise OSError("the parent of workers ended")

    def covers(self, box: Box) -> bool:
        """Return whether a job's box lies within what this parent may touch."""
        outer = self._box
        return all(
            _beneath(path, roots)
            for paths, roots in (
                (box.read_only, (*outer.read_only, *outer.writable)),
                ((*box.writable, *([box.temporary] if box.temporary else ())), outer.writable),
            )
            for path in paths
        )

    def fork(self, box: Box, private: Path, environment: Mapping[str, str], events: int) -> WarmWorker:
        """Return a worker in a job's box that sends its events to a descriptor. Raises `OSError` when there is none."""
        with self._lock:
            if self._process is None:
                self._start()
        rules = None if self.sandbox == boxes.NONE else boxes.landlock_rules(box)
        order = json.dumps({"private": str(private.absolute()), "environment": dict(environment), "rules": rules})
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        (job_read, job), (prints, prints_write) = os.pipe(), os.pipe()
        try:
            with theirs:
                socket.send_fds(self._orders, [order.encode()], [job_read, prints_write, events, theirs.fileno()])
            return WarmWorker(ours, _pid_of_ready(ours), job, prints)
        except OSError:
            ours.close()
            os.close(job)
            os.close(prints)
            raise
        finally:
            os.close(job_read)
            os.close(prints_write)

    def close(self) -> None:
        """End the parent and all of its workers."""
        self._orders.close()
        self._theirs.close()
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._starter.shutdown()


def _pid_of_ready(line: socket.socket) -> int:
    """Return the number that a child which says it is confined has here: inside its box it has another."""
    line.settimeout(ORDER_SECONDS)
    said, ancillary, _, _ = line.recvmsg(16, socket.CMSG_SPACE(struct.calcsize("3i")))
    for level, kind, data in ancillary:
        if said == b"ready" and (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            return int(struct.unpack("3i", data[: struct.calcsize("3i")])[0])
    raise OSError("a forked worker could not be confined")


def _beneath(path: Path, roots: Sequence[Path]) -> bool:
    """Return whether a path lies below one of some folders, by its name and in truth."""
    real = Path(os.path.realpath(path))
    return any(
        path.absolute().is_relative_to(root.absolute()) and real.is_relative_to(os.path.realpath(root))
        for root in roots
    )


def worker_for(box: Box, private: Path, environment: Mapping[str, str], events: int) -> tuple[WarmWorker, str] | None:
    """Return a forked worker and its sandbox, None where no warm parent stands ready for such a box."""
    for parent in tuple(_standing):
        if parent.covers(box):
            try:
                return parent.fork(box, private, environment, events), parent.sandbox
            except OSError:
                with contextlib.suppress(ValueError):
                    _standing.remove(parent)
    return None


@contextlib.contextmanager
def serving(box: Box, home: Path) -> Iterator[None]:
    """Let workers of jobs within a box be forked while this lasts, where the machine can and none stands ready yet.

    The parent's own folder is made below `home`, where the next verb destroys what a killed one left.
    """
    if any(parent.covers(box) for parent in tuple(_standing)):
        yield
        return
    with workspaces.workspace(home) as own:
        private = own / "private"
        boxes.make_private(private)
        parent = WarmParent(box, private)
        _standing.append(parent)
        try:
            yield
        finally:
            with contextlib.suppress(ValueError):
                _standing.remove(parent)
            parent.close()


def is_possible() -> bool:
    """Return whether the kernel can narrow the box of a forked worker to its own job, or there is no box at all."""
    return sys.platform.startswith("linux") and (boxes.available() != boxes.BUBBLEWRAP or boxes.works(boxes.LANDLOCK))
