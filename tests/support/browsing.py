"""A console that is served for a test, and a browser of the simplest sort at it."""

from __future__ import annotations

import http.client
import importlib
import re
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from mvtcase.web.listening import server
from mvtcase.web.site import make_site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mvtcase.web.console import Console
    from mvtcase.web.listening import Place, Tls


BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def benchmark(name: str) -> Any:
    """Return a module of `benchmarks/`, which is no package: what it builds and tries, tests try in small."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        return importlib.import_module(name)


@dataclass(frozen=True)
class Answer:
    """What the console answered."""

    status: int
    headers: dict[str, str]
    text: str


@dataclass
class Browser:
    """A browser of the simplest sort: it keeps the cookie and follows nothing by itself."""

    port: int
    cookie: str = ""
    form_key: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def connection(self) -> http.client.HTTPConnection:
        """Return a connection of its own for each request."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> Answer:
        """Return the answer to a request."""
        connection = self.connection()
        sent = {"Cookie": self.cookie, **self.headers, **headers}
        if method == "POST":
            scheme = "https" if isinstance(connection, http.client.HTTPSConnection) else "http"
            sent = {
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": f"{scheme}://127.0.0.1:{self.port}",
                **sent,
            }
        connection.request(method, path, body=body.encode("latin-1"), headers=sent)
        got = connection.getresponse()
        answer = Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read().decode())
        connection.close()
        return answer

    def enter(self, token: str) -> Answer:
        """Enter with a token and keep the cookie and the key of forms."""
        answer = self.ask("GET", f"/enter?token={token}")
        self.cookie = answer.headers.get("set-cookie", "").partition(";")[0]
        found = re.search(r'name="form_key" value="([^"]+)"', self.ask("GET", "/").text)
        self.form_key = found[1] if found else ""
        return answer

    def read(self, path: str) -> Answer:
        """Return a page of the case."""
        return self.ask("GET", f"/c/line-2021/{path}")

    def do(self, action: str, **fields: object) -> Answer:
        """Send a form of the case."""
        pairs = {"form_key": self.form_key, "back": "/c/line-2021/people", **fields}
        address = f"/c/line-2021/do/{action}"
        if any(isinstance(each, Path) for each in fields.values()):
            body, kind = _parts(pairs)
            return self.ask("POST", address, body, **{"Content-Type": kind})
        return self.ask("POST", address, urlencode(pairs, doseq=True))

    def told(self) -> str:
        """Return what the next page tells of what was done."""
        return " ".join(re.findall(r'class="flash">([^<]*)<', self.read("").text))


def _parts(fields: dict[str, object]) -> tuple[str, str]:
    """Return a form with files as a browser sends it, and the type it has; the files are texts of Latin-1."""
    lines = []
    for name, value in fields.items():
        for each in value if isinstance(value, list) else [value]:
            named = f'; filename="{each.name}"' if isinstance(each, Path) else ""
            text = each.read_bytes().decode("latin-1") if isinstance(each, Path) else str(each)
            lines.append(f'--part\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n{text}\r\n')
    return f"{''.join(lines)}--part--\r\n", "multipart/form-data; boundary=part"


@contextmanager
def serving(console: Console, place: Place, tls: Tls | None = None) -> Iterator[None]:
    """Serve the console on a thread for as long as it is needed."""
    console.names = place.names
    running = server(make_site(console), tls)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [place.listening]}, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    try:
        yield
    finally:
        running.should_exit = True
        thread.join(20)
        assert not thread.is_alive(), "the server did not end"
