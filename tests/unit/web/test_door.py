"""The door of the console lets one browser in for each token, and the guard lets nothing else pass."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.web.door import COOKIE, HEADERS, IDLE_SECONDS, LONGEST_SECONDS, TRIES, TRIES_SECONDS, Door, Guard, is_ours

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

NAMES = frozenset({"127.0.0.1:8642", "localhost:8642"})


class Now:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.at


@pytest.fixture
def now() -> Now:
    """Give a clock."""
    return Now()


@pytest.fixture
def door(now: Now) -> Door:
    """Give a door."""
    return Door(now=now)


def test_a_token_lets_in_once(door: Door) -> None:
    """A token that was used, as one read over a shoulder would be, opens nothing a second time."""
    token = door.new_token()
    assert door.enter(token) is not None
    assert door.enter(token) is None


def test_only_the_newest_token_counts(door: Door) -> None:
    """A new address makes the one before it worthless."""
    old, new = door.new_token(), door.new_token()
    assert door.enter(old) is None
    assert door.enter(new) is not None


def test_who_enters_anew_closes_the_session_before(door: Door) -> None:
    """Two browsers never share the console, and a session made before a new entry is worth nothing."""
    first = door.enter(door.new_token())
    second = door.enter(door.new_token())
    assert first is not None
    assert second is not None
    assert door.known(first.key) is None
    assert door.known(second.key) is second


def test_guessing_is_stopped(door: Door, now: Now) -> None:
    """After ten tries the right token is refused too, until a minute has passed."""
    token = door.new_token()
    for _ in range(TRIES):
        assert door.enter("wrong") is None
    assert door.enter(token) is None
    now.at += TRIES_SECONDS + 1
    assert door.enter(token) is not None


@pytest.mark.parametrize("step", [IDLE_SECONDS + 1, LONGEST_SECONDS + 1])
def test_a_session_ends(door: Door, now: Now, step: float) -> None:
    """A session ends when it was idle for too long."""
    session = door.enter(door.new_token())
    assert session is not None
    now.at += step
    assert door.known(session.key) is None


def test_a_session_ends_though_it_is_used(door: Door, now: Now) -> None:
    """However busy it is, a session ends after twelve hours."""
    session = door.enter(door.new_token())
    assert session is not None
    while now.at - session.began <= LONGEST_SECONDS:
        assert door.known(session.key) is session
        now.at += IDLE_SECONDS - 1
    assert door.known(session.key) is None


def test_a_form_of_another_session_is_not_ours(door: Door) -> None:
    """A form carries its session's own key."""
    session = door.enter(door.new_token())
    assert session is not None
    assert is_ours(session, session.form_key)
    assert not is_ours(session, session.key)


def ask(door: Door, method: str = "GET", path: str = "/", **headers: str) -> tuple[int, dict[str, str]]:
    """Return status and headers of what the guard, with an application behind it that answers 200, makes of a call."""
    sent: list[Message] = []

    async def behind(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    given = {"host": "127.0.0.1:8642", **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }
    asyncio.run(Guard(behind, door, NAMES)(scope, receive, send))
    start = sent[0]
    return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}


def test_every_answer_is_sealed(door: Door) -> None:
    """Refused or not, an answer says that it is not to be kept, framed, guessed at or filled from elsewhere."""
    for headers in (ask(door, path="/enter")[1], ask(door)[1], ask(door, host="evil.example")[1]):
        assert {name.lower(): value for name, value in HEADERS.items()}.items() <= headers.items()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8642", "127.0.0.1", "127.0.0.1:80", ""])
def test_another_name_for_this_machine_is_refused(door: Door, host: str) -> None:
    """DNS rebinding makes a foreign name lead here; the console answers to its own address alone."""
    assert ask(door, path="/enter", host=host)[0] == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {},
        {"origin": "http://127.0.0.1:8642", "sec_fetch_site": "cross-site"},
        {"origin": "http://127.0.0.1:8642", "sec_fetch_site": "same-site"},
    ],
)
def test_a_form_of_another_page_is_refused(door: Door, headers: dict[str, str]) -> None:
    """Only the console's own pages may send forms, even with the session's cookie."""
    session = door.enter(door.new_token())
    assert session is not None
    cookie = f"{COOKIE}={session.key}"
    assert ask(door, "POST", "/c/x/do/note", cookie=cookie, **headers)[0] == 403
    assert ask(door, "POST", "/c/x/do/note", cookie=cookie, origin="http://127.0.0.1:8642")[0] == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT"])
def test_other_methods_are_refused(door: Door, method: str) -> None:
    """Pages are read and forms are sent; nothing else is answered."""
    assert ask(door, method)[0] == 405


@pytest.mark.parametrize("cookie", ["", f"{COOKIE}=", f"{COOKIE}=x", "other=1", f'{COOKIE}="\\"', "\xff=;;=", "[]"])
def test_nobody_reads_without_a_session(door: Door, cookie: str) -> None:
    """Without the cookie of a session nothing but the door itself and the style are given."""
    door.new_token()
    assert ask(door, cookie=cookie)[0] == 401
    assert ask(door, path="/enter", cookie=cookie)[0] == 200
