"""Measure `scan run --cluster`: the same phones over one and over two worker processes of this machine.

Run `python benchmarks/cluster.py [PHONES] [RUNS]`. Runs alternate, and the median of each is printed, with the load
of the machine before it: where other work takes the cores, two processes are not twice as fast. Joining the cluster and
the positive control, which come once per batch, are no part of it.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mvtcase.canon import utc_now
from mvtcase.cluster.coordinator import connected
from mvtcase.cluster.keys import make_keys, read_keys
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.store.folder import Workspace
from mvtcase.workflow import scans
from mvtcase.workflow.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

PHONES, RUNS, PORT = 4, 3, 18700
rechecks = importlib.import_module("rechecks")  # benchmarks/ is no package
call, POINTS = rechecks.call, rechecks.POINTS


def prepare(workspace: Path, phones: int) -> Desk:
    """Register synthetic backups of people who consented, and let the control of the built-in sets pass."""
    call(workspace, "init", workspace)
    call(workspace, "case", "new", "Speed", "--slug", "speed")
    for number in range(phones):
        path = build_ios_backup(workspace / f"evidence/{number}", IosPhone(seed=number, photos=400)).path
        person = call(workspace, "official", "add", "--name", f"Person {number}", "--role", "Member")["official"]["id"]
        how = ("--by", "them", "--method", "written", "--scope", "a phone", "--informed", POINTS)
        call(workspace, "consent", "record", person, *how)
        call(workspace, "acquisition", "add", path, "--official", person)
    call(workspace, "iocs", "selftest")
    return Desk(workspace=Workspace(workspace), examiner="Ada")


@contextlib.contextmanager
def cluster(folder: Path, workspace: Path, nodes: int, port: int) -> Iterator[str]:
    """Give the address of a scheduler with so many nodes of one slot."""
    program = [sys.executable, "-m", "mvtcase", "cluster"]
    address = f"tls://127.0.0.1:{port}"
    commands = [["scheduler", "--keys", str(folder / "scheduler"), "--host", "127.0.0.1", "--port", str(port)]]
    commands += [
        ["worker", address, "--keys", str(folder / f"node-{number}"), "--folder", str(folder / f"work-{number}"),
         "--evidence-map", f"{workspace}={workspace}"]
        for number in range(nodes)
    ]  # fmt: skip
    with (folder / "log").open("ab") as log:
        running = [subprocess.Popen([*program, *each], stdout=log, stderr=log) for each in commands]
        try:
            _await(port)
            yield address
        finally:
            for process in running:
                process.kill()
                process.wait()


def _await(port: int) -> None:
    """Wait until the scheduler listens; on a busy machine that takes a minute."""
    for _ in range(600):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.2)


def measured(desk: Desk, folder: Path, nodes: int, phones: int, port: int) -> float:
    """Return the seconds that a batch of all phones takes."""
    ids = tuple(f"A-{number + 1:04}" for number in range(phones))
    own = read_keys(folder / "coordinator")
    with cluster(folder, desk.workspace.path, nodes, port) as address, connected(address, own) as joined:
        joined.client.wait_for_workers(nodes, timeout=120)
        began = time.monotonic()
        done = scans.run(desk, scans.Request(acquisitions=ids, jobs=2 * nodes, cluster=joined))
        took = time.monotonic() - began
    assert not done.messages, done.messages  # noqa: S101 - a benchmark of what failed says nothing
    return took


def main(phones: int, runs: int) -> None:
    """Print the medians and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        desk = prepare(place / "workspace", phones)
        make_keys(place / "keys", ["node-0", "node-1"], days=1, clock=utc_now)
        seconds: dict[int, list[float]] = {1: [], 2: []}
        load = os.getloadavg()[0]
        for run in range(runs):
            for nodes, taken in seconds.items():
                taken.append(measured(desk, place / "keys", nodes, phones, PORT + 2 * run + nodes))
                print(f"{nodes} node(s): {taken[-1]:.1f} s, load {os.getloadavg()[0]:.1f}", flush=True)
    one, two = (statistics.median(each) for each in seconds.values())
    print(f"{phones} phones, {os.cpu_count()} cores, load {load:.1f} before:")
    print(f"one node {one:.1f} s, two nodes {two:.1f} s: {one / two:.2f} times as fast")


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    main(*(given + [PHONES, RUNS][len(given) :]))
