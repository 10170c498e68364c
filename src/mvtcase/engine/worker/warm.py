"""The warm parent of workers: imports MVT once, then forks a confined child for each job, and holds no job itself.

It hears of a job's folders alone. Passwords, indicators and evidence reach the child, after it confined itself, by
pipes that the parent only hands on. Numbers go by the socket that each order brings with it: "ready" from the child,
the status when it ended; once that socket is closed, the child is killed and collected.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import json
import os
import selectors
import signal
import socket
import sys
import tempfile
import threading
import traceback
from typing import Any, NoReturn

from mvtcase.engine.launcher import CANNOT, enter
from mvtcase.engine.worker.__main__ import die_with_parent
from mvtcase.engine.worker.__main__ import main as work

MAX_ORDER_BYTES = 1 << 17
PIPES = 4
EVENTS = 3
"""The descriptor by which a child sends events; 0 to 2 are its job and its prints."""


def main(arguments: list[str]) -> int:
    """Import what workers need, say so, and serve until whoever started this process is gone."""
    with socket.socket(fileno=int(arguments[0])) as orders:
        orders.set_inheritable(False)
        _import_all()
        if threading.active_count() != 1:
            return 1  # a fork would copy locks that a thread holds
        gc.collect()
        gc.freeze()
        orders.send(b"ready")
        Parent(orders).serve()
    return 0


def _import_all() -> None:
    from mvtcase.engine.worker import decrypt, recheck, scan  # noqa: F401, PLC0415 - MVT's slow imports, counted here
    from mvtcase.engine.worker.run.commands import ForeignModulesError, load_plugins  # noqa: PLC0415 - as above

    decrypt.load_ciphers()
    with contextlib.suppress(ForeignModulesError):  # each job says so itself
        load_plugins(allow_foreign=False)


class Parent:
    """Forks children on order, tells how they ended, and ends those that nobody listens to any more."""

    def __init__(self, orders: socket.socket) -> None:
        self._orders = orders
        orders.setblocking(False)
        self._lines: dict[int, socket.socket] = {}
        self._told: set[int] = set()
        self._selector = selectors.DefaultSelector()
        self._woken, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._selector.register(orders, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)

    def serve(self) -> None:
        """Take orders until their sender is gone."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._orders:
                    if not self._take_order():
                        return
                elif key.fd == self._woken:
                    with contextlib.suppress(BlockingIOError):
                        os.read(self._woken, 512)
                else:
                    self._collect(int(key.data))
            self._tell_endings()

    def _take_order(self) -> bool:
        try:
            data, pipes, _, _ = socket.recv_fds(self._orders, MAX_ORDER_BYTES, PIPES)
        except BlockingIOError:
            return True  # nothing there after all; waiting for it would leave the endings of others untold
        if not data:
            return False
        line = socket.socket(fileno=pipes.pop())
        child = os.fork()
        if child == 0:
            _become_worker(json.loads(data), pipes, line)
        for each in pipes:
            os.close(each)
        self._lines[child] = line
        self._selector.register(line, selectors.EVENT_READ, child)
        return True

    def _tell_endings(self) -> None:
        """Tell statuses; a child stays uncollected until it is let go, so that its number is nobody else's."""
        for child in self._lines.keys() - self._told:
            ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is not None:
                self._told.add(child)
                status = ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
                with contextlib.suppress(OSError):
                    self._lines[child].send(str(status).encode())

    def _collect(self, child: int) -> None:
        line = self._lines.pop(child)
        self._selector.unregister(line)
        line.close()
        self._told.discard(child)
        for end in (os.killpg, os.kill):  # the group is made by the child, perhaps only now
            with contextlib.suppress(ProcessLookupError, PermissionError):
                end(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _become_worker(order: dict[str, Any], pipes: list[int], line: socket.socket) -> NoReturn:
    """Go on as the worker of one job, as if this process had been started for it."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        die_with_parent()
        _take_pipes(pipes, line)
        os.environ.clear()
        os.environ.update(order["environment"])
        tempfile.tempdir = None
        os.chdir(order["private"])
        if order["rules"] is not None:
            enter(order["rules"])
        os.write(EVENTS + 1, b"ready")
        os.close(EVENTS + 1)
        status = work([str(EVENTS)])
    except SystemExit as ending:
        status = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except OSError:
        traceback.print_exc()
        status = CANNOT
    except BaseException:  # noqa: BLE001 - as the interpreter would end
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _take_pipes(pipes: list[int], line: socket.socket) -> None:
    """Put the job's pipes where a worker has them, and close whatever else this process held."""
    job, prints, events = pipes
    wanted = (job, prints, prints, events, line.detach())
    # First out of the way of the places to be filled.
    for place, each in enumerate([fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, 100) for each in wanted]):
        os.dup2(each, place, inheritable=False)
    os.closerange(len(wanted), os.sysconf("SC_OPEN_MAX"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
