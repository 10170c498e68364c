"""The line between this process and the parent of forked workers; what forked ones say is in the engine tests."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

from mvtcase.engine import warm
from mvtcase.engine.box import Box
from mvtcase.engine.worker.warm import Parent

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no process can be copied on this machine")


def test_a_copy_of_this_process_has_no_parent_of_workers(tmp_path: Path) -> None:
    """Two processes on one line took each other's orders, and the one without waited for ever."""
    with warm.serving(Box(writable=(tmp_path,)), tmp_path / "home"):
        copy = os.fork()
        if copy == 0:
            os._exit(len(warm._standing))
        assert os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1]) == 0
        assert warm._standing


@pytest.mark.timeout(20)
def test_a_parent_goes_on_when_there_is_no_order_after_all() -> None:
    """It is told of one and another takes it: whoever waits for the end of a worker still hears of it."""
    orders, ours = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with orders, ours:
        parent = Parent(orders)
        assert parent._take_order()
        ours.close()
        assert not parent._take_order()


def test_a_parent_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker whose end nobody tells counts as killed, and until then as running."""
    monkeypatch.setattr(warm, "ENDING_SECONDS", 0.05)
    line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        worker = warm.WarmWorker(line, 1, *os.pipe()[::-1])
        with pytest.raises(subprocess.TimeoutExpired):
            worker.wait(0)
        assert worker.wait() == -signal.SIGKILL
        for pipe in (worker.stdin, worker.stdout):
            assert pipe is not None
            pipe.close()
