"""Who may use the console: one browser that brings a token, or registered examiners; known afterwards by a cookie."""

from __future__ import annotations

import asyncio
import hmac
import secrets
import time
from collections import OrderedDict, deque
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

from mvtcase.canon import person_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "mvtcase_session"
COOKIE_UNDER_TLS = f"__Host-{COOKIE}"
"""Browsers take a cookie of this name from the host itself alone, over TLS, and send it nowhere else."""
IDLE_SECONDS = 30 * 60.0
"""How long a session lasts without a request."""
LONGEST_SECONDS = 12 * 3600.0
"""How long a session lasts at most."""
TRIES, TRIES_SECONDS = 10, 60.0
"""How many attempts to enter are answered in how long a time; then the door stays shut."""
MAX_KNOCKING = 1024
"""How many addresses and names are remembered for the attempts they made."""
BODY_SECONDS = 60.0
"""How long a form may let wait for its next part."""
MAX_BODY, MAX_SIGNING_IN = 33 << 20, 64 << 10
"""How many bytes a form may hold, with the file in it; and one of somebody who was not let in yet."""
ENTER = "/enter"
OPEN_TO_ALL = frozenset({ENTER, "/static/console.css", "/static/console.js", "/static/icon.svg"})
OWN_SITES = frozenset({"same-origin", "none"})
"""Where browsers say that a request comes from when it is a page of the console, or the person's own doing."""
CLOSE = {"Connection": "close"}
"""What makes an answer the last of its connection, so that nothing more is read from who was refused."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
"""What every answer carries: nothing is loaded from elsewhere, kept, framed or guessed at."""


@dataclass(kw_only=True)
class Session:
    """One browser that was let in; `form_key` is what its forms must carry."""

    key: str
    form_key: str
    began: float
    seen: float
    examiner: str = ""
    """Who signed in; empty for whoever started the console."""
    flash: tuple[str, ...] = ()
    """Sentences to be told on the next page."""


class Door:
    """Lets browsers in, and knows them again until they were idle or here for too long; one for each examiner."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._token: str | None = None
        self._sessions: dict[str, Session] = {}
        self._tries: OrderedDict[str, deque[float]] = OrderedDict()

    def new_token(self) -> str:
        """Return a token that lets one browser in, once; an earlier one is worth nothing from now on."""
        self._token = secrets.token_urlsafe(32)
        return self._token

    def enter(self, token: str) -> Session | None:
        """Return a new session for the right token, None for any other, and for any after too many tries."""
        if not self.may_try("token") or self._token is None:
            return None
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            return None
        self._token = None
        return self.begin("")

    def may_try(self, *who: str) -> bool:
        """Count an attempt to enter, and return whether it is to be answered: by address, and by name."""
        now, allowed = self._now(), True
        for each in who:
            tries = self._tries.setdefault(each, deque(maxlen=TRIES))
            self._tries.move_to_end(each)
            if len(tries) == TRIES and now - tries[0] < TRIES_SECONDS:
                allowed = False
            else:
                tries.append(now)
        while len(self._tries) > MAX_KNOCKING:
            self._tries.popitem(last=False)
        return allowed

    def begin(self, examiner: str, *, instead_of: Session | None = None) -> Session:
        """Return a new session; one that the browser or the examiner had before is worth nothing from now on."""
        now = self._now()
        made = Session(
            key=secrets.token_urlsafe(32), form_key=secrets.token_urlsafe(32), began=now, seen=now, examiner=examiner
        )
        self._sessions = {
            key: each
            for key, each in self._sessions.items()
            if each is not instead_of and person_key(each.examiner) != person_key(examiner) and not self._is_over(each)
        }
        self._sessions[made.key] = made
        return made

    def known(self, key: str) -> Session | None:
        """Return the session of a cookie, None when there is none or its time is over."""
        session = self._sessions.get(key)
        if session is None:
            return None
        if self._is_over(session):
            del self._sessions[key]
            return None
        session.seen = self._now()
        return session

    def holds(self, session: Session) -> bool:
        """Return whether a session goes on, without taking that for a sign of life."""
        return session.key in self._sessions and not self._is_over(session)

    def _is_over(self, session: Session) -> bool:
        now = self._now()
        return now - session.seen > IDLE_SECONDS or now - session.began > LONGEST_SECONDS

    def leave(self, session: Session) -> None:
        """End a session."""
        self._sessions.pop(session.key, None)


class Guard:
    """Stands before every page: only this machine's own name and pages may ask, and only a browser that was let in.

    A page of another site that a browser has open cannot reach it: not under another host name that leads here (DNS
    rebinding), since `Host` must be one of `names`, and not by a form or script of its own (CSRF), since `Origin` must
    be one of ours and each form carries its session's key.
    """

    def __init__(self, app: ASGIApp, door: Door, names: frozenset[str], *, tls: bool = False) -> None:
        self._app = app
        self._door = door
        self._names = names
        self._cookie = COOKIE_UNDER_TLS if tls else COOKIE
        self._origins = {f"{'https' if tls else 'http'}://{each}" for each in names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                message["headers"] += [
                    (name.lower().encode(), value.encode())
                    for name, value in HEADERS.items()
                    if name.lower().encode() not in given
                ]
            await send(message)

        refused = self._why_not(scope, headers)
        if refused:
            await PlainTextResponse(refused[1], status_code=refused[0], headers=CLOSE)(scope, receive, sealed)
            return
        await self._app(scope, _hurried(receive, _most(scope)) if scope["method"] == "POST" else receive, sealed)

    def _why_not(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        """Return the status and the sentence with which a request is refused, None when it may pass."""
        refused = self._why_nobody(scope, headers)
        if refused:
            return refused
        session = self._door.known(_cookie(headers.get("cookie", ""), self._cookie))
        scope.setdefault("state", {})["session"] = session
        if session is None and scope["path"] not in OPEN_TO_ALL:
            return 401, "Nobody is let in here, or the time was over. Go in by the address that the console gave you."
        return None

    def _why_nobody(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        """Return why nobody is answered who asks so, whoever it is."""
        if headers.get("host", "") not in self._names:
            return 421, "This console answers to its own address only."
        if scope["method"] not in {"GET", "HEAD", "POST"}:
            return 405, "This console takes GET and POST only."
        origin = headers.get("origin")
        foreign = origin is not None and origin not in self._origins
        if foreign or (headers.get("sec-fetch-site", "none") not in OWN_SITES and not _is_entering(scope)):
            return 403, "This request comes from another page than the console's own."
        if scope["method"] == "POST" and origin is None:
            return 403, "A form of the console names where it comes from; this one does not."
        return (413, "This form is too large.") if int(headers.get("content-length", "0")) > _most(scope) else None


def _hurried(receive: Receive, most: int) -> Receive:
    """Return what receives a form that has to come to its end in time and to hold no more than `most` bytes.

    Whoever waits for the answer may wait after that.
    """
    came, ended = 0, False

    async def received() -> Message:
        nonlocal came, ended
        if ended:
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), BODY_SECONDS)
        except asyncio.TimeoutError:
            raise HTTPException(408, headers=CLOSE) from None
        came, ended = came + len(message.get("body", b"")), not message.get("more_body")
        if came > most:
            raise HTTPException(413, headers=CLOSE)
        return message

    return received


def _is_entering(scope: Scope) -> bool:
    """Return whether somebody follows the printed address, which may stand on a page elsewhere, as a terminal does."""
    return bool(scope["method"] != "POST" and scope["path"] == ENTER)


def _most(scope: Scope) -> int:
    return MAX_SIGNING_IN if scope["path"] == ENTER else MAX_BODY


def _cookie(header: str, name: str) -> str:
    try:
        found = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


def session_of(request: Request) -> Session:
    """Return the session of a request that the guard let pass."""
    session = request.state.session
    if not isinstance(session, Session):
        raise TypeError("the guard lets no request without a session pass here")
    return session


def is_ours(session: Session, form_key: str) -> bool:
    """Return whether a form was written for this session."""
    return hmac.compare_digest(session.form_key.encode(), form_key.encode())
