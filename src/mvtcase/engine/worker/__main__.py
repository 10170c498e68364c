"""The worker's start: bind its life to the parent's, set its limits, read the job, and only then import MVT."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
from typing import Any

from mvtcase.engine.launcher import forbid_processes
from mvtcase.engine.worker.emitter import Emitter

PR_SET_PDEATHSIG = 1
"""From Linux's <sys/prctl.h>: the signal to get when the parent's thread that started this process ends."""

MAX_JOB_BYTES = 64 << 20
FEW_PROCESSES = 64


def main(arguments: list[str]) -> int:
    """Run the job on stdin and return the exit status; everything else goes out through the events' descriptor."""
    die_with_parent()
    os.umask(0o077)
    emit = Emitter(int(arguments[0]))
    os.set_inheritable(int(arguments[0]), False)
    fields = json.loads(sys.stdin.buffer.readline(MAX_JOB_BYTES))
    sys.stdin.close()
    apply_limits(fields["limits"])
    start_no_process()
    return run_task(fields, emit)


def run_task(fields: dict[str, Any], emit: Emitter) -> int:
    """Run the task a job names."""
    # Imported here: MVT and what it imports must only ever load within the limits.
    match fields["task"]:
        case "scan":
            from mvtcase.engine.worker.scan import run_scan  # noqa: PLC0415 - see above

            return run_scan(fields, emit)
        case "recheck":
            from mvtcase.engine.worker.recheck import run_recheck  # noqa: PLC0415 - see above

            return run_recheck(fields, emit)
        case "decrypt":
            from mvtcase.engine.worker.decrypt import run_decrypt  # noqa: PLC0415 - see above

            return run_decrypt(fields, emit)
    emit("refused", code="start", message=f"The worker knows no task {fields['task']!r}.")
    return 2


def die_with_parent() -> None:
    """Ask the kernel to kill this process when the parent dies, also by SIGKILL; other systems have no such call."""
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def start_no_process() -> None:
    """Let the worker start no process: nothing of it can outlive it, or become many. Other systems bound the number."""
    with contextlib.suppress(OSError, AttributeError):
        if sys.platform.startswith("linux"):
            forbid_processes()
        else:
            resource.setrlimit(resource.RLIMIT_NPROC, (FEW_PROCESSES, FEW_PROCESSES))


def apply_limits(limits: dict[str, int]) -> None:
    """Bound CPU seconds, address space, file size, open files and core dumps of this process."""
    wanted = {
        resource.RLIMIT_CPU: limits["cpu_seconds"],
        resource.RLIMIT_AS: limits["memory_bytes"],
        resource.RLIMIT_FSIZE: limits["file_bytes"],
        resource.RLIMIT_NOFILE: limits["open_files"],
        resource.RLIMIT_CORE: 0,
    }
    for name, value in wanted.items():
        _, ceiling = resource.getrlimit(name)
        bound = value if ceiling == resource.RLIM_INFINITY else min(value, ceiling)
        # macOS refuses some of them; the parent's wall clock holds everywhere.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(name, (bound, bound))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
