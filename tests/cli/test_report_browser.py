"""A report made from hostile text, opened in a real browser: no script runs and no request leaves."""

from __future__ import annotations

import html.parser
import http.server
import shutil
import subprocess
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from builders import report_example as example
from builders import report_hostile as hostile
from mvtcase.canon import storable_text
from mvtcase.report import incident
from mvtcase.report.render import Format, render

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.browser
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SECONDS = 60
HARMLESS = frozenset(
    {"html", "head", "meta", "title", "style", "body", "div", "span", "main", "header", "footer", "nav"}
)
HARMLESS |= {"section", "article", "p", "h1", "h2", "h3", "ul", "ol", "li", "dl", "dt", "dd", "b", "br", "a", "code"}
HARMLESS |= {"svg", "g", "rect", "circle", "text", "line", "polyline", "figure", "figcaption", "h4"}
HARMLESS |= {"table", "colgroup", "col", "thead", "tbody", "tr", "th", "td"}


class _Proxy(http.server.BaseHTTPRequestHandler):
    """Answers nothing and remembers who was asked for."""

    heard: list[str]

    def do_GET(self) -> None:
        """Note the request and refuse it."""
        self.heard.append(self.path)
        self.send_error(403)

    do_CONNECT = do_POST = do_HEAD = do_GET  # noqa: N815  # names the server looks for

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@dataclass(frozen=True)
class Seen:
    """What a browser made of a page: the document after all scripts, and the beacon's requests at the proxy."""

    dom: str
    requests: tuple[str, ...]


class _Elements(html.parser.HTMLParser):
    """Gathers the names of elements, where links lead, and event handlers."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.links: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one element."""
        self.names.add(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "action", "data"}]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


@pytest.fixture
def proxy() -> Iterator[tuple[str, list[str]]]:
    """Give the address of a proxy that hears every request, and what it heard."""
    heard: list[str] = []
    handler = type("Handler", (_Proxy,), {"heard": heard})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", heard
    server.shutdown()
    server.server_close()


def _open(page: str, folder: Path, proxy: tuple[str, list[str]]) -> Seen:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    path = folder / "page.html"
    path.write_bytes(storable_text(page).encode())
    address, heard = proxy
    heard.clear()
    quiet = ("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")
    done = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            *quiet,
            f"--user-data-dir={folder / 'profile'}",
            f"--proxy-server={address}",
            "--proxy-bypass-list=<-loopback>",
            "--virtual-time-budget=2000",
            "--dump-dom",
            path.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    return Seen(dom=done.stdout, requests=tuple(each for each in heard if hostile.BEACON in each))


def _title(dom: str) -> str:
    return dom.partition("<title>")[2].partition("</title>")[0]


@pytest.fixture(scope="module")
def report() -> str:
    """Give the HTML of a report made from hostile text."""
    facts = incident.incident(hostile.casebook(), hostile.inside(), example.sealing())
    return render(facts, "incident", Format.HTML).decode()


def test_the_probe_sees_scripts_and_requests_where_nothing_stops_them(
    tmp_path: Path, proxy: tuple[str, list[str]]
) -> None:
    """The control: the same texts on a page that escapes nothing run and are heard, so the check below can fail."""
    page = f"<!doctype html><title>quiet</title><body>{' '.join(hostile.TEXTS)}"
    seen = _open(page, tmp_path, proxy)
    assert hostile.RAN in _title(seen.dom)
    assert seen.requests


def test_a_report_of_hostile_text_runs_no_script_and_asks_for_nothing(
    report: str, tmp_path: Path, proxy: tuple[str, list[str]]
) -> None:
    """Escaping: the document has no foreign element, the title stands, the proxy heard nothing."""
    seen = _open(report, tmp_path, proxy)
    assert _title(seen.dom) == "TLP:AMBER+STRICT Incident report R-0001"
    assert seen.requests == ()
    found = _Elements()
    found.feed(seen.dom)
    assert found.names <= HARMLESS
    assert all(target.startswith("#") for target in found.links)
    assert not found.handlers
    assert "&lt;script&gt;" in seen.dom


def test_the_policy_alone_would_stop_what_escaping_let_through(
    report: str, tmp_path: Path, proxy: tuple[str, list[str]]
) -> None:
    """Were a value ever printed raw, the page's policy still runs and fetches nothing."""
    broken = report.replace("<main>", f"<main>{' '.join(hostile.TEXTS)}", 1)
    seen = _open(broken, tmp_path, proxy)
    assert "<script>" in seen.dom
    assert hostile.RAN not in _title(seen.dom)
    assert seen.requests == ()
