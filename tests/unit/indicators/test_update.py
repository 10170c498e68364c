"""Updates from a local server: what changed is told, what cannot be had leaves the sets at hand as they are."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.errors import IndicatorFileError, UpdateError
from mvtcase.indicators.catalog import Catalog, Source, load_catalog
from mvtcase.indicators.fetching import HttpsFetcher
from mvtcase.indicators.update import update

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mvtcase.indicators.library import IndicatorLibrary

INDEX = """
indicators:
  - type: github
    name: Invented indicators
    sources: [Invented Lab]
    references: [https://lab.example/report]
    github: {owner: lab, repo: sets, branch: main, path: 2026/one.stix2}
  - type: download
    name: Elsewhere
    download_url: BASE/two.stix2
"""


class Server:
    """A server on the loopback whose pages a test sets; a page is bytes, or a status and a Location."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes | tuple[int, str]] = {}
        pages = self.pages

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = pages.get(self.path, (404, ""))
                status, location = (200, "") if isinstance(page, bytes) else page
                body = page if isinstance(page, bytes) else b""
                self.send_response(status)
                self.send_header("ETag", '"tag"')
                self.send_header("Content-Length", str(len(body)))
                if location:
                    self.send_header("Location", location)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.http.server_address[1]}"

    def publish(self, path: str, *domains: str) -> None:
        """Put a bundle of domains at a path."""
        objects = [{"type": "indicator", "id": each, "pattern": f"[domain-name:value='{each}']"} for each in domains]
        self.pages[path] = json.dumps({"objects": objects}).encode()


@pytest.fixture
def update_server() -> Iterator[Server]:
    """Give a server with an index of two sets."""
    server = Server()
    thread = threading.Thread(target=lambda: server.http.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    server.pages["/index.yaml"] = INDEX.replace("BASE", server.base).encode()
    server.publish("/lab/sets/main/2026/one.stix2", "one.example")
    server.publish("/two.stix2", "two.example")
    yield server
    server.http.shutdown()
    server.http.server_close()


@pytest.fixture
def update_catalog(update_server: Server, tmp_path: Path) -> Catalog:
    """Return a catalog file that names the server's index and a set of its own."""
    update_server.publish("/three.stix2", "three.example")
    path = tmp_path / "catalog.toml"
    path.write_text(
        f"""
allow_loopback_http = true
[[index]]
name = "lab"
url = "{update_server.base}/index.yaml"
raw_url = "{update_server.base}/{{owner}}/{{repo}}/{{branch}}/{{path}}"
names = {{ "2026/one.stix2" = "first" }}
licences = {{ "lab/sets" = "MIT" }}
[[source]]
name = "third"
url = "{update_server.base}/three.stix2"
licence = "CC-BY-4.0"
""",
        encoding="utf-8",
    )
    return load_catalog(path)


def test_update(indicator_library: IndicatorLibrary, update_server: Server, update_catalog: Catalog) -> None:
    """Sets of the catalog and of its index are imported with their provenance; then only what changed is told."""
    heard: list[tuple[str, int, int]] = []
    report = update(indicator_library, update_catalog, on_progress=lambda *args: heard.append(args))
    assert [(each.name, each.outcome and each.outcome.state) for each in report.sets] == [
        ("third", "new"),
        ("first", "new"),
        ("two", "new"),
    ]
    assert heard == [("third", 1, 3), ("first", 2, 3), ("two", 3, 3)]
    assert all(each.etag == '"tag"' and each.sha256 for each in report.sets)
    assert report.failures == ()
    first = indicator_library.get("first")
    assert (first.publisher, first.licence, first.title) == ("Invented Lab", "MIT", "Invented indicators")
    assert first.source_url.endswith("/lab/sets/main/2026/one.stix2")
    update_server.publish("/two.stix2", "two.example", "new.example")
    again = update(indicator_library, update_catalog)
    assert [each.outcome and each.outcome.state for each in again.sets] == ["unchanged", "unchanged", "new_version"]
    assert again.sets[2].outcome is not None
    assert again.sets[2].outcome.added == (("domains", "new.example"),)


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (b"<html>blocked</html>", "web page"),
        (b'{"objects": [', "JSON"),
        (b"{}", "no STIX objects"),
        ((500, ""), "answered 500"),
        ((404, ""), "answered 404"),
        ((302, "ftp://127.0.0.1/x"), "only https"),
        ((302, "http://lab.example/x"), "only https"),
        ((302, "/two.stix2"), "redirects more than"),
    ],
)
def test_one_set_fails(
    page: bytes | tuple[int, str],
    words: str,
    indicator_library: IndicatorLibrary,
    update_server: Server,
    update_catalog: Catalog,
) -> None:
    """A set that cannot be had is told, keeps its version at hand, and does not keep the others back."""
    update(indicator_library, update_catalog)
    before = indicator_library.get("two")
    update_server.pages["/two.stix2"] = page
    update_server.publish("/three.stix2", "newer.example")
    report = update(indicator_library, update_catalog)
    assert indicator_library.get("two") == before
    assert report.sets[0].outcome is not None
    assert report.sets[0].outcome.state == "new_version"
    assert len(report.failures) == 1
    assert words in report.failures[0]


def test_redirect_is_followed(
    indicator_library: IndicatorLibrary, update_server: Server, update_catalog: Catalog
) -> None:
    """A redirect to an address that is allowed is followed."""
    update_server.pages["/two.stix2"] = (301, "/three.stix2")
    assert update(indicator_library, update_catalog).failures == ()


@pytest.mark.parametrize("index", [b"", b"[", b"indicators: 5", b"- x", b"a: &a [*a]\nindicators: {x: *a}"])
def test_bad_index(
    index: bytes, indicator_library: IndicatorLibrary, update_server: Server, update_catalog: Catalog
) -> None:
    """An index that is none is told, and the catalog's own sets are fetched all the same."""
    update_server.pages["/index.yaml"] = index
    report = update(indicator_library, update_catalog)
    assert [each.name for each in report.sets] == ["third"]
    assert "index" in report.failures[0]


def test_bad_entries(indicator_library: IndicatorLibrary, update_server: Server, update_catalog: Catalog) -> None:
    """Entries without an address, or with one outside the repository, are told and not fetched."""
    update_server.pages["/index.yaml"] = b"""
indicators:
  - 5
  - {type: github}
  - {type: github, github: {owner: a, repo: b, path: ../../x}}
  - {type: github, github: {owner: "a/b@c", repo: b, path: x}}
  - {type: x, download_url: "file:///etc/passwd"}
"""
    report = update(indicator_library, update_catalog)
    assert len(report.failures) == 5
    assert indicator_library.names() == ("pegasus-starter", "third")


def test_offline(indicator_library: IndicatorLibrary, update_server: Server, update_catalog: Catalog) -> None:
    """Without a connection there is a clear error, and the sets at hand stay."""
    update(indicator_library, update_catalog)
    before = indicator_library.list_sets()
    update_server.http.shutdown()
    update_server.http.server_close()
    with pytest.raises(UpdateError, match="no connection"):
        update(indicator_library, update_catalog)
    assert indicator_library.list_sets() == before


def test_bounds(update_server: Server) -> None:
    """Too much or too slow is not fetched."""
    update_server.pages["/big"] = b"x" * 1000
    with pytest.raises(UpdateError, match="larger"):
        HttpsFetcher(allow_loopback_http=True, max_bytes=999)(f"{update_server.base}/big")
    with pytest.raises(UpdateError, match="longer"):
        HttpsFetcher(allow_loopback_http=True, total_seconds=-1)(f"{update_server.base}/big")


def test_half_a_list_is_not_taken_for_the_whole() -> None:
    """What breaks off before the length that the server told would be imported with what it lacks otherwise."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\none.example\ntwo.exa")

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(UpdateError, match="cut short"):
            HttpsFetcher(allow_loopback_http=True)(f"http://127.0.0.1:{listening.getsockname()[1]}/set")


def test_a_class_of_its_own_is_fetched_when_it_is_asked_for(
    indicator_library: IndicatorLibrary, update_server: Server, update_catalog: Catalog
) -> None:
    """Stalkerware is another question than spyware of states; once at hand it is kept fresh."""
    apart = replace(update_catalog.sources[0].details, family_class="stalkerware")
    catalog = replace(update_catalog, sources=(replace(update_catalog.sources[0], details=apart),))
    first = update(indicator_library, catalog)
    assert ([each.name for each in first.left_out], "third" in indicator_library.names()) == (["third"], False)
    assert update(indicator_library, catalog, classes=["stalkerware"]).left_out == ()
    update_server.publish("/three.stix2", "newer.example")
    again = update(indicator_library, catalog)
    assert {each.name: each.outcome and each.outcome.state for each in again.sets}["third"] == "new_version"


@pytest.mark.parametrize("before", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"])
def test_trickled_answers_end_with_the_time_limit(before: bytes) -> None:
    """A byte now and then, in the headers or in the body, never times out a read; the limit holds all the same."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def trickle() -> None:
            connection, _ = listening.accept()
            with contextlib.suppress(OSError), connection:
                connection.sendall(before)
                while not stop.wait(0.05):
                    connection.sendall(b"x")

        threading.Thread(target=trickle, daemon=True).start()
        fetch = HttpsFetcher(allow_loopback_http=True, total_seconds=0.4)
        began = time.monotonic()
        try:
            with pytest.raises(UpdateError, match=r"longer than 0\.4 seconds"):
                fetch(f"http://127.0.0.1:{listening.getsockname()[1]}/set")
        finally:
            stop.set()
        assert time.monotonic() - began < 10


def test_plain_http_needs_the_catalog_to_say_so(indicator_library: IndicatorLibrary, update_server: Server) -> None:
    """Plain http to the loopback is refused unless the catalog allows it."""
    catalog = Catalog(sources=(Source(name="x", url=f"{update_server.base}/two.stix2"),))
    with pytest.raises(UpdateError, match="only https"):
        update(indicator_library, catalog)


@pytest.mark.parametrize("text", ["[", "source = 5", "[[source]]\nurl = 'x'", "[[index]]\nname = 'x'"])
def test_bad_catalog(text: str, tmp_path: Path) -> None:
    """A file that is no catalog is a clear error."""
    path = tmp_path / "catalog.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(IndicatorFileError, match="catalog"):
        load_catalog(path)
    with pytest.raises(IndicatorFileError, match="catalog"):
        load_catalog(tmp_path / "none.toml")


def test_our_catalog() -> None:
    """The catalog that comes with mvtcase names the index MVT reads and only https addresses."""
    catalog = load_catalog()
    assert {"pegasus-starter", "pegasus", "eaglemsgspy"} <= {each.name for each in catalog.built_in}
    assert "mvt-project/mvt-indicators" in catalog.indexes[0].url
    addresses = [*(each.url for each in catalog.sources), *(each.url for each in catalog.indexes)]
    assert all(each.startswith("https://") for each in addresses)
    assert not catalog.allow_loopback_http
