"""How long the console's server takes for each page of a case of many people, and what hundreds of readers do to it.

    python benchmarks/console.py                       120 officials
    python benchmarks/console.py --officials 1000
    python benchmarks/console.py --readers 200         readers at once, while a client dawdles
    python benchmarks/console.py --names 1000          as many hostile names or more, of people, phones and findings
    python benchmarks/console.py --profile people      what one page spends its time on

The case is that of `benchmarks/store.py`. A figure is wall time at the client, over one connection after the other, and
beside it the CPU time of the server, which is what other work on the machine does not change.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import http.client
import importlib
import pstats
import random
import statistics
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mvtcase import workflow
from mvtcase.store.folder import Workspace
from mvtcase.web import site
from mvtcase.web.console import Console
from mvtcase.web.door import Door
from mvtcase.web.listening import LOOPBACK, listen, server
from mvtcase.workflow.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SEED = 20261128
build = importlib.import_module("store").build  # beside this file: benchmarks/ is no package
PAGES = (
    "", "people", "people/O-0007", "devices/D-0005", "devices/D-0007", "roster", "due", "queue",
    "queue?level=HIGH", "second", "matrix",
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
        status, content = self._get(path)
        return status, len(content)

    def _get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=300)
        connection.request("GET", path, headers={"Cookie": self.cookie})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content


@contextmanager
def serving(workspace: Path) -> Iterator[Reader]:
    """Give a reader at a console that serves a workspace on a thread."""
    door, place = Door(), listen(LOOPBACK, 0)
    console = Console(desk=Desk(workspace=Workspace(workspace), examiner="Ada"), door=door, names=place.names)
    running = server(site.make_site(console))
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


def each_page(reader: Reader, times: int, change: Callable[[], object]) -> Iterator[tuple[str, float, float, int]]:
    """Yield pages with the CPU and wall milliseconds of each reading, and their length; the first after a change."""
    for page in PAGES:
        reader.read(f"/c/many/{page}")
        for place in range(times):
            if place == 0:
                change()
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


PIECES = (
    "<script>attack(1)</script>", "'\"><img src=x onerror=attack(1)>", "{{ 'tem' ~ 'plated' }}", "{% raw %}",
    "javascript:attack(1)",
    "</title><svg onload=attack(1)>", "&lt;script&gt;attack(1)", "\u202eattack", "\u2066", "\x1b[31m",
    "\r\nSet-Cookie: a=b",
    "' onfocus=attack(1) autofocus='", "<style>@import 'http://evil.example'</style>", "林小明", "%0d%0a", "\\",
)  # fmt: skip
"""What tries to be markup, script, style, address, format, control or direction."""
NAMED = {
    "official": ("name", "role", "contact"),
    "consent": ("given_by", "scope"),
    "device": ("label",),
    "module_run": ("module",),
    "gap": ("module", "reason"),
    "alert": ("module", "message", "indicator_value", "indicator_family", "indicator_set"),
    "finding": ("module", "title", "indicator_value", "indicator_family", "indicator_set", "rule"),
}
"""What people and phones name, by table: the ids, times and closed sets of words are ours."""


def hostile_names(number: int) -> Iterator[str]:
    """Yield hostile names, drawn from a seed."""
    dice = random.Random(SEED)  # the same names every time
    for _ in range(number):
        yield " ".join(dice.choices(PIECES, k=dice.randrange(1, 5))) + f" {dice.randrange(10**6)}"


class Hostile:
    """A change of a case in which whatever a person or a phone names is hostile."""

    def __init__(self, change: Any) -> None:  # noqa: ANN401  # of the store
        self._change, self._names = change, hostile_names(10**9)
        self.given = 0

    def insert(self, table: str, **values: object) -> object:
        """Write a row."""
        named: dict[str, object] = {
            each: next(self._names) for each in NAMED.get(table, ()) if values.get(each, "") is not None
        }
        self.given += len(named)
        if "identity" in values:
            named["identity"] = {each: next(self._names) for each in ("name", "model", "os_version", "serial")}
        for each in {"event", "detail"} & {*values}:
            named[each] = {next(self._names): next(self._names)}
        return self._change.insert(table, **{**values, **named})


def build_hostile(workspace: Workspace, officials: int) -> int:
    """Make a case of people, phones and findings that somebody hostile named, and return with how many names."""
    made: Any = importlib.import_module("store")
    made.FINDINGS_PER_OFFICIAL = 12
    build(workspace, officials=0)
    desk = Desk(workspace=workspace, examiner="Ada", case="many")
    with desk.open_case(to_change=True) as store, store.change("invented", actor="Ada") as change:
        names = Hostile(change)
        writer = made.Builder(names, officials=officials)
        for number in range(1, officials + 1):
            writer.official(number)
    for place, name in enumerate(hostile_names(50)):
        seen = workflow.observations.Seen(kind="line.letter_sealing", value="off", note=name, method="screen")
        workflow.observations.add(desk, f"O-{1 + place % officials:04d}", seen)
        workflow.custody.note(desk, name)
    return names.given


def attacked(workspace: Path, number: int) -> str:
    """Return how many pages showed so many hostile names or more. Raises `RuntimeError` where one is not text."""
    people = max(number // 8, 1)  # each has three names of his or her own, a phone with more, and findings
    given = build_hostile(Workspace(workspace), people)
    desk = Desk(workspace=Workspace(workspace), examiner="Ada", case="many")
    found = [each.id for each in workflow.findings.list_findings(desk, limit=people).data.findings]
    pages = [f"{page}?page={1 + place}" for place in range(1 + people // 100) for page in PAGES if "?" not in page]
    pages += [f"{kind}-{1 + place:04d}" for place in range(people) for kind in ("people/O", "devices/D")]
    pages += [f"queue?at={each}" for each in found[: people // 2]]
    inside = Inside(workspace)
    for page in pages:
        if attacks := attacks_in(inside.text(f"/c/many/{page}")):
            raise RuntimeError(f"{page}: {attacks}")
    return f"{given} hostile names of {people} people, phones and findings on {len(pages)} pages: text everywhere"


def attacks_in(text: str) -> list[str]:
    """Return what in a page is more than text."""
    held = _Tags()
    held.feed(text)
    return [*held.found, *({"templated"} if "templated" in text else ()), *map(repr, sorted({*text} & {*_UNSEEN}))]


class _Tags(HTMLParser):
    """Finds what no page of the console has: scripts but its own, handlers, styles, addresses elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that has no place here."""
        values = dict(attrs)
        links = [str(values.get(each) or "/") for each in ("href", "src", "action")]
        own = all(each.startswith(("/", "?", "#")) and not each.startswith("//") for each in links)
        if (
            tag in {"img", "style", "iframe", "object", "embed", "base"}
            or (tag == "script" and values.get("src") != "/static/console.js")
            or any(each.startswith("on") or each in {"style", "autofocus"} for each in values)
            or not own
        ):
            self.found.append(f"{tag} {attrs}")


_UNSEEN = "\u202e\u2066\x1b"


class Inside:
    """A browser that was let in, at a console in this very thread."""

    def __init__(self, workspace: Path) -> None:
        async def here(work: Callable[..., Any], *given: object, **named: object) -> object:
            return work(*given, **named)

        site.run_in_threadpool = here  # type: ignore[attr-defined, assignment]  # one thread
        door, desk = Door(), Desk(workspace=Workspace(workspace), examiner="Ada")
        console = Console(desk=desk, door=door, names=frozenset({"here"}))
        session = door.begin("")
        self._headers = [(b"host", b"here"), (b"cookie", f"{console.cookie}={session.key}".encode())]
        self._site = site.make_site(console)

    def text(self, address: str) -> str:
        """Return a page. Raises `RuntimeError` when it is none."""
        path, _, query = address.partition("?")
        scope = {
            "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
            "headers": self._headers, "root_path": "", "scheme": "http",
        }  # fmt: skip
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        asyncio.run(self._site(scope, receive, send))  # type: ignore[arg-type]  # as a server calls it
        if sent[0]["status"] != http.client.OK:
            raise RuntimeError(f"{address}: {sent[0]['status']}")
        return b"".join(each.get("body", b"") for each in sent[1:]).decode()


def profile(workspace: Path, page: str) -> None:
    """Print what one page spends its time on, read a second time as from a server that is warm."""
    inside, watched = Inside(workspace), cProfile.Profile()
    inside.text(f"/c/many/{page}")
    watched.runcall(inside.text, f"/c/many/{page}")
    pstats.Stats(watched).sort_stats("cumulative").print_stats(45)


def main() -> None:
    """Build the case, or take the one that is there, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--officials", type=int, default=120)
    parser.add_argument("--keep", type=Path, help="Folder for the case, taken again where it is there.")
    parser.add_argument("--times", type=int, default=5, help="How often each page is read.")
    parser.add_argument("--readers", type=int, default=0)
    parser.add_argument("--names", type=int, default=0)
    parser.add_argument("--profile", default=None, metavar="PAGE")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.keep or Path(scratch) / "workspace"
        if asked.names:
            sys.stdout.write(attacked(folder, asked.names) + "\n")
            return
        if not folder.exists():
            build(Workspace(folder), officials=asked.officials)
        if asked.profile is not None:
            profile(folder, asked.profile)
            return
        with serving(folder) as reader:
            if asked.readers:
                sys.stdout.write(together(reader, asked.readers) + "\n")
                return
            desk = Desk(workspace=Workspace(folder), examiner="Ada", case="many")
            figures = list(each_page(reader, asked.times, lambda: workflow.custody.note(desk, "a change")))
    for page in PAGES:
        own = [each for each in figures if each[0] == page]
        cpu, wall = statistics.median(each[1] for each in own), statistics.median(each[2] for each in own)
        first = f"{own[0][1]:7.0f} after a change"
        sys.stdout.write(f"{page or 'desk':28} {cpu:7.0f} ms CPU {first} {wall:7.0f} ms wall {own[0][3] >> 10:6} KiB\n")
    cpu, wall = (statistics.quantiles(each, n=20)[-1] for each in ([f[1] for f in figures], [f[2] for f in figures]))
    sys.stdout.write(f"95th percentile: {cpu:.0f} ms CPU, {wall:.0f} ms wall; limit {LIMITS.get(asked.officials)}\n")


if __name__ == "__main__":
    main()
