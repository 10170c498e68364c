"""How long the console's server takes for each page of a case of many people, and what hundreds of readers do to it.

    python benchmarks/console.py                       120 officials
    python benchmarks/console.py --officials 1000
    python benchmarks/console.py --readers 200         readers at once, while a client dawdles
    python benchmarks/console.py --profile people      what one page spends its time on

The case is that of `benchmarks/store.py`. A figure is wall time at the client, over one connection after the other, and
beside it the CPU time of the server, which is what other work on the machine does not change.
"""

from __future__ import annotations

import argparse
import cProfile
import http.client
import importlib
import pstats
import statistics
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mvtcase.store.folder import Workspace
from mvtcase.web.console import Console
from mvtcase.web.door import Door
from mvtcase.web.listening import LOOPBACK, listen, server
from mvtcase.web.site import make_site
from mvtcase.workflow.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

build = importlib.import_module("store").build  # beside this file: benchmarks/ is no package
PAGES = (
    "", "people", "people/O-0007", "devices/D-0005", "roster", "due", "queue", "queue?level=HIGH", "second", "matrix",
    "timeline?official=O-0007", "timeline", "links", "sealing", "sets", "scans", "scans/S-0005", "reports", "custody",
)  # fmt: skip
"""Pages of the case, as they are asked for."""
LIMITS = {120: 300, 1000: 800}
"""Milliseconds of server time that 95 of 100 pages stay below, by officials."""


class Reader:
    """A browser that was let in."""

    def __init__(self, port: int, cookie: str) -> None:
        self.port, self.cookie = port, cookie

    def read(self, path: str) -> tuple[int, int]:
        """Return the status and the length of a page."""
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=300)
        connection.request("GET", path, headers={"Cookie": self.cookie})
        answer = connection.getresponse()
        length = len(answer.read())
        connection.close()
        return answer.status, length


@contextmanager
def serving(workspace: Path) -> Iterator[Reader]:
    """Give a reader at a console that serves a workspace on a thread."""
    door, place = Door(), listen(LOOPBACK, 0)
    console = Console(desk=Desk(workspace=Workspace(workspace), examiner="Ada"), door=door, names=place.names)
    running = server(make_site(console))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [place.listening]}, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.05)
    port = place.listening.getsockname()[1]
    session = door.enter(door.new_token())
    if session is None:
        raise RuntimeError("the door does not open")
    yield Reader(port, f"{console.cookie}={session.key}")
    running.should_exit = True
    thread.join(30)


def each_page(reader: Reader, times: int) -> Iterator[tuple[str, float, float, int]]:
    """Yield pages with the CPU and wall milliseconds of each reading, and their length."""
    for page in PAGES:
        reader.read(f"/c/many/{page}")
        for _ in range(times):
            cpu, wall = time.process_time(), time.perf_counter()
            status, length = reader.read(f"/c/many/{page}")
            if status != http.client.OK:
                raise RuntimeError(f"{page}: {status}")
            yield page, 1000 * (time.process_time() - cpu), 1000 * (time.perf_counter() - wall), length


def together(reader: Reader, readers: int) -> str:
    """Return how so many readers at once were answered, while a client opens a request and sends no more."""
    slow = http.client.HTTPConnection(LOOPBACK, reader.port, timeout=60)
    slow.connect()
    slow.sock.sendall(b"POST /c/many/do/note HTTP/1.1\r\nHost: x\r\n")
    took: list[tuple[int, float]] = []

    def one(number: int) -> None:
        began = time.perf_counter()
        status, _ = reader.read(f"/c/many/people/O-{1 + number % 100:04d}")
        took.append((status, time.perf_counter() - began))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(readers)]
    began = time.perf_counter()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    slow.close()
    right = sum(status == http.client.OK for status, _ in took)
    whole = time.perf_counter() - began
    return f"{right} of {readers} read a person's page in {whole:.1f} s, the slowest in {max(t for _, t in took):.1f} s"


def profile(workspace: Path, page: str) -> None:
    """Print what one page spends its time on."""
    with serving(workspace) as reader:
        reader.read(f"/c/many/{page}")
        watched = cProfile.Profile()
        threading.setprofile(lambda *_: watched.enable())
        reader.read(f"/c/many/{page}")
        threading.setprofile(None)
        watched.disable()
    pstats.Stats(watched).sort_stats("cumulative").print_stats(45)


def main() -> None:
    """Build the case, or take the one that is there, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--officials", type=int, default=120)
    parser.add_argument("--keep", type=Path, help="Folder for the case, taken again where it is there.")
    parser.add_argument("--times", type=int, default=5, help="How often each page is read.")
    parser.add_argument("--readers", type=int, default=0)
    parser.add_argument("--profile", default=None, metavar="PAGE")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.keep or Path(scratch) / "workspace"
        if not folder.exists():
            build(Workspace(folder), officials=asked.officials)
        if asked.profile is not None:
            profile(folder, asked.profile)
            return
        with serving(folder) as reader:
            if asked.readers:
                sys.stdout.write(together(reader, asked.readers) + "\n")
                return
            figures = list(each_page(reader, asked.times))
    for page in PAGES:
        own = [each for each in figures if each[0] == page]
        cpu, wall = statistics.median(each[1] for each in own), statistics.median(each[2] for each in own)
        sys.stdout.write(f"{page or 'desk':28} {cpu:7.0f} ms CPU {wall:7.0f} ms wall {own[0][3] >> 10:6} KiB\n")
    cpu, wall = (statistics.quantiles(each, n=20)[-1] for each in ([f[1] for f in figures], [f[2] for f in figures]))
    sys.stdout.write(f"95th percentile: {cpu:.0f} ms CPU, {wall:.0f} ms wall; limit {LIMITS.get(asked.officials)}\n")


if __name__ == "__main__":
    main()
