"""Measure `scan run --cluster`: the same phones over one, two and more worker processes of this machine.

Run `python benchmarks/cluster.py [--phones N] [--files N] [--nodes 1 2 4] [--runs N] [--markdown]`. Runs alternate.
Beside them two independent processes do the work of one worker twice: what they gain over one after the other is what
this machine's cores can give, and the bound of any two nodes. Joining the cluster and the positive control, which come
once per batch, are no part of it.
"""

from __future__ import annotations

import argparse
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
from mvtcase.phones.ios_bulk import phone_of_size
from mvtcase.store.folder import Workspace
from mvtcase.workflow import scans
from mvtcase.workflow.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

PHONES, FILES, NODES, RUNS, PORT = 4, 4_000, (1, 2, 4), 3, 18700
rechecks, scanning = importlib.import_module("rechecks"), importlib.import_module("scans")  # benchmarks/ is no package
call = rechecks.call


def prepare(workspace: Path, phones: int, files: int) -> Desk:
    """Register synthetic backups of people who consented, and let the control of the built-in sets pass."""
    call(workspace, "init", workspace)
    call(workspace, "case", "new", "Speed", "--slug", "speed")
    for number in range(phones):
        rechecks.register(workspace, number, phone_of_size(files, seed=number))
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


SPIN = "sum(each * each % 7 for each in range(12_000_000))"


def ceiling() -> float:
    """Return how many times as fast two processes at once are as one after the other: 2 on two idle cores."""

    def spin() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", SPIN])

    began = time.monotonic()
    for _ in range(2):
        spin().wait()
    alone, began = time.monotonic() - began, time.monotonic()
    for each in [spin(), spin()]:
        each.wait()
    return alone / (time.monotonic() - began)


def section(seconds: dict[int, list[float]], bound: float, asked: argparse.Namespace, load: float) -> str:
    """Return the section of the page."""
    told = (
        f"`python benchmarks/cluster.py --markdown`, on {os.cpu_count()} virtual cores (load {load:.0f} before): "
        f"`scan run --cluster` of {asked.phones} iOS backups of {asked.files:,} files with all built-in sets, over a "
        "scheduler and nodes of one slot each, on the same machine over TLS; joining and the control left out. "
        f"Two processes that only reckon were {bound:.2f} times as fast at once as one after the other on these cores, "
        "with what else they did: no two nodes can gain more here, since a node works on one core."
    )
    one = statistics.median(seconds[min(seconds)])
    rows = [
        f"| {nodes} | {', '.join(f'{each:.1f}' for each in taken)} | {statistics.median(taken):.1f} | "
        f"{one / statistics.median(taken):.2f} |"
        for nodes, taken in seconds.items()
    ]
    head = "| nodes | seconds, each run | median | times as fast as one |\n| ---: | --- | ---: | ---: |"
    return "\n".join(("## A cluster", "", told, "", head, *rows))


def main() -> None:
    """Measure and print or write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phones", type=int, default=PHONES)
    parser.add_argument("--files", type=int, default=FILES)
    parser.add_argument("--nodes", type=int, nargs="*", default=NODES)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--markdown", action="store_true", help="write the section into docs/benchmarks.md")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        desk = prepare(place / "workspace", asked.phones, asked.files)
        make_keys(place / "keys", [f"node-{each}" for each in range(max(asked.nodes))], days=1, clock=utc_now)
        seconds: dict[int, list[float]] = {nodes: [] for nodes in asked.nodes}
        bounds, load = list[float](), os.getloadavg()[0]
        for run in range(asked.runs):
            for nodes, taken in seconds.items():
                taken.append(measured(desk, place / "keys", nodes, asked.phones, PORT + 10 * run + nodes))
                bounds.append(ceiling())
                told = f"{nodes} node(s): {taken[-1]:.1f} s, bound {bounds[-1]:.2f}, load {os.getloadavg()[0]:.1f}"
                print(told, flush=True)
    text = section(seconds, statistics.median(bounds), asked, load)
    if asked.markdown:
        scanning.replace_section("cluster", text)
    print(text)


if __name__ == "__main__":
    main()
