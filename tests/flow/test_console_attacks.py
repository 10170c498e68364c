"""What no browser sends: requests written by hand, over a plain socket, at a console that somebody is let into."""

from __future__ import annotations

import contextlib
import socket
import time
from typing import TYPE_CHECKING

import pytest

from browsing import Browser, serving
from mvtcase import workflow
from mvtcase.web import door as doors
from mvtcase.web.console import Console
from mvtcase.web.door import Door
from mvtcase.web.listening import LOOPBACK, listen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mvtcase.workflow.desk import Desk


@pytest.fixture
def browser(desk: Desk, tmp_path: Path) -> Iterator[Browser]:
    """Give a browser that was let in."""
    (tmp_path / "evidence").mkdir(exist_ok=True)
    console = Console(desk=desk, door=Door(), names=frozenset(), evidence_root=tmp_path / "evidence", wait_seconds=5.0)
    place = listen(LOOPBACK, 0)
    with serving(console, place):
        made = Browser(place.listening.getsockname()[1])
        made.enter(console.door.new_token())
        yield made


def said(browser: Browser, *lines: str, body: bytes = b"") -> bytes:
    """Return all that the console answers to lines as they are, until it closes."""
    told = "\r\n".join(lines).replace("OURS", f"127.0.0.1:{browser.port}").replace("COOKIE", browser.cookie)
    told = told.replace("PORT", str(browser.port))
    answer = b""
    with contextlib.suppress(ConnectionError), socket.create_connection((LOOPBACK, browser.port), timeout=20) as wire:
        wire.sendall(f"{told}\r\n\r\n".encode("latin-1") + body)
        while got := wire.recv(65536):
            answer += got
    return answer


PEOPLE = "GET /c/line-2021/people HTTP/1.1"
OTHERS = {
    "no host": (PEOPLE, "Cookie: COOKIE"),
    "two hosts": (PEOPLE, "Host: OURS", "Host: evil.example", "Cookie: COOKIE"),
    "no port": (PEOPLE, "Host: 127.0.0.1", "Cookie: COOKIE"),
    "another port": (PEOPLE, "Host: 127.0.0.1:1", "Cookie: COOKIE"),
    "a trailing dot": (PEOPLE, "Host: localhost.:PORT", "Cookie: COOKIE"),
    "a name in front": (PEOPLE, "Host: evil.localhost:PORT", "Cookie: COOKIE"),
    "another form of the address": (PEOPLE, "Host: 2130706433:PORT", "Cookie: COOKIE"),
    "a user before it": (PEOPLE, "Host: evil@OURS", "Cookie: COOKIE"),
    "IPv6": (PEOPLE, "Host: [::1]:PORT", "Cookie: COOKIE"),
    "an absolute address": ("GET http://evil.example/c/line-2021/people HTTP/1.1", "Host: OURS", "Cookie: COOKIE"),
    "an absolute address of ours": ("GET http://OURS/c/line-2021/people HTTP/1.1", "Host: OURS", "Cookie: COOKIE"),
    "two slashes": ("GET //evil.example/c/line-2021/people HTTP/1.1", "Host: OURS", "Cookie: COOKIE"),
    "no cookie on the way round": ("GET /static/../c/line-2021/people HTTP/1.1", "Host: OURS"),
    "no cookie behind what is open": ("GET /enter/../c/line-2021/people HTTP/1.1", "Host: OURS"),
    "another's script": (PEOPLE, "Host: OURS", "Cookie: COOKIE", "Sec-Fetch-Site: same-site"),
    "another's picture": (PEOPLE, "Host: OURS", "Cookie: COOKIE", "Sec-Fetch-Site: cross-site"),
    "HTTP of long ago": ("GET /c/line-2021/people",),
    "a line of two": ("GET /c/line-2021/people HTTP/1.1\rX: y", "Host: OURS", "Cookie: COOKIE"),
    "a blank before the colon": (PEOPLE, "Host : OURS", "Cookie: COOKIE"),
}  # fmt: skip


def test_only_plain_requests_are_answered(browser: Browser) -> None:
    """However the address of the console is bent, with the session's own cookie too, no name of a person comes back."""
    plain = said(browser, PEOPLE, "Host: OURS", "Cookie: COOKIE", "Connection: close")
    assert b"Aldith" in plain
    for what, lines in OTHERS.items():
        answer = said(browser, *lines, "Connection: close")
        assert b"Aldith" not in answer, what
        assert not answer.startswith(b"HTTP/1.1 200"), what


def test_no_request_hides_in_another(browser: Browser, desk: Desk) -> None:
    """Where a request says in two ways how long it is, nothing behind it is taken for a second request."""
    hidden = b"POST /c/line-2021/do/note HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    start = ("POST /c/line-2021/do/note HTTP/1.1", "Host: OURS", "Cookie: COOKIE", "Origin: http://OURS")
    for lengths in (
        ("Content-Length: 0", "Content-Length: 71"),
        ("Content-Length: -1",),
        ("Content-Length: 5, 6",),
        ("Transfer-Encoding: chunked, identity",),
        ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
        ("Content-Length: 71", "Transfer-Encoding: chunked"),
    ):
        answer = said(browser, *start, *lengths, body=hidden)
        assert answer.count(b"HTTP/1.1 ") <= 1, lengths
        assert b" 303 " not in answer, lengths
    assert said(browser, *start, "Expect: 200-ok", "Content-Length: 0", "Connection: close").count(b"HTTP/1.1 ") == 1
    keyed = f"/c/line-2021/do/note?form_key={browser.form_key}&text=forged"
    assert said(browser, f"GET {keyed} HTTP/1.1", *start[1:], "Connection: close").startswith(b"HTTP/1.1 405")
    assert said(browser, f"POST {keyed} HTTP/1.1", *start[1:], "Content-Length: 0", "Connection: close").startswith(
        b"HTTP/1.1 403"
    ), "the key of a form is taken from a form alone"
    upgrade = said(
        browser, PEOPLE, "Host: OURS", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"
    )
    assert upgrade.startswith(b"HTTP/1.1 401")
    assert not any(each.action == "note.added" for each in workflow.custody.log(desk).data.events)


def test_a_form_is_as_long_as_it_may_be(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten gigabytes are refused by what they say, else by what has come; strangers may send less."""
    start = ("POST /c/line-2021/do/observe HTTP/1.1", "Host: OURS", "Cookie: COOKIE", "Origin: http://OURS")
    assert b" 413 " in said(browser, *start, f"Content-Length: {10 << 30}")
    assert b" 413 " in said(
        browser, "POST /enter HTTP/1.1", "Host: OURS", "Origin: http://OURS", f"Content-Length: {1 << 20}"
    )
    monkeypatch.setattr(doors, "MAX_BODY", 1 << 20)
    kind = "Content-Type: multipart/form-data; boundary=part"
    part = b'--part\r\nContent-Disposition: form-data; name="attachment"; filename="x"\r\n\r\n'
    chunk = b"40000\r\n" + b"x" * 0x40000 + b"\r\n"
    body = b"%x\r\n%s\r\n" % (len(part), part) + chunk * 8
    answer = said(browser, *start, kind, "Transfer-Encoding: chunked", body=body)
    assert answer.startswith(b"HTTP/1.1 413") or not answer, "refused, or cut off while sending"
    assert b"too large" in answer or not answer
    assert browser.read("people").status == 200


def test_a_form_that_never_ends_is_given_up(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who stops in the middle of a form is told so after a while, and the connection is closed."""
    monkeypatch.setattr(doors, "BODY_SECONDS", 0.1)
    start = ("POST /c/line-2021/do/note HTTP/1.1", "Host: OURS", "Cookie: COOKIE", "Origin: http://OURS")
    kind = "Content-Type: application/x-www-form-urlencoded"
    before = time.monotonic()
    answer = said(browser, *start, kind, "Content-Length: 100", body=b"text=")
    assert answer.startswith(b"HTTP/1.1 408")
    assert time.monotonic() - before < 10
