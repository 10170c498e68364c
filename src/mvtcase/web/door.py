"""Who may use the console: one browser on this machine, let in once by a token, known afterwards by a cookie."""

from __future__ import annotations

import hmac
import secrets
import time
from collections import deque
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "mvtcase_session"
IDLE_SECONDS = 30 * 60.0
"""How long a session lasts without a request."""
LONGEST_SECONDS = 12 * 3600.0
"""How long a session lasts at most."""
TRIES, TRIES_SECONDS = 10, 60.0
"""How many attempts to enter are answered in how long a time; then the door stays shut."""
ENTER = "/enter"
OPEN_TO_ALL = frozenset({ENTER, "/static/console.css", "/static/console.js", "/static/icon.svg"})
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
    flash: tuple[str, ...] = ()
    """Sentences to be told on the next page."""


class Door:
    """Lets one browser in for each token, and knows it again until it was idle or here for too long."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._token: str | None = None
        self._sessions: dict[str, Session] = {}
        self._tries: deque[float] = deque(maxlen=TRIES)

    def new_token(self) -> str:
        """Return a token that lets one browser in, once; an earlier one is worth nothing from now on."""
        self._token = secrets.token_urlsafe(32)
        return self._token

    def enter(self, token: str) -> Session | None:
        """Return a new session for the right token, None for any other, and for any after too many tries."""
        now = self._now()
        if len(self._tries) == TRIES and now - self._tries[0] < TRIES_SECONDS:
            return None
        self._tries.append(now)
        if self._token is None or not hmac.compare_digest(token.encode(), self._token.encode()):
            return None
        self._token = None
        made = Session(key=secrets.token_urlsafe(32), form_key=secrets.token_urlsafe(32), began=now, seen=now)
        self._sessions = {made.key: made}  # one browser at a time: who enters anew closes the door behind the last
        return made

    def known(self, key: str) -> Session | None:
        """Return the session of a cookie, None when there is none or its time is over."""
        session, now = self._sessions.get(key), self._now()
        if session is None:
            return None
        if now - session.seen > IDLE_SECONDS or now - session.began > LONGEST_SECONDS:
            del self._sessions[key]
            return None
        session.seen = now
        return session

    def leave(self, session: Session) -> None:
        """End a session."""
        self._sessions.pop(session.key, None)


class Guard:
    """Stands before every page: only this machine's own name and pages may ask, and only a browser that was let in.

    A page of another site that a browser has open cannot reach it: not under another host name that leads here (DNS
    rebinding), since `Host` must be one of `names`, and not by a form or script of its own (CSRF), since `Origin` must
    be one of ours and each form carries its session's key.
    """

    def __init__(self, app: ASGIApp, door: Door, names: frozenset[str]) -> None:
        self._app = app
        self._door = door
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
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
            await PlainTextResponse(refused[1], status_code=refused[0])(scope, receive, sealed)
            return
        await self._app(scope, receive, sealed)

    def _why_not(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        """Return the status and the sentence with which a request is refused, None when it may pass."""
        if headers.get("host", "") not in self._names:
            return 421, "This console answers to its own address only."
        if scope["method"] not in {"GET", "HEAD", "POST"}:
            return 405, "This console takes GET and POST only."
        origin = headers.get("origin")
        foreign = origin is not None and urlsplit(origin).netloc not in self._names
        if foreign or (scope["method"] == "POST" and headers.get("sec-fetch-site", "same-origin") != "same-origin"):
            return 403, "This request comes from another page than the console's own."
        if scope["method"] == "POST" and origin is None:
            return 403, "A form of the console names where it comes from; this one does not."
        session = self._door.known(_cookie(headers.get("cookie", "")))
        scope.setdefault("state", {})["session"] = session
        if session is None and scope["path"] not in OPEN_TO_ALL:
            return 401, "Nobody is let in here, or the time was over. Start the console again for a new address."
        return None


def _cookie(header: str) -> str:
    try:
        found = SimpleCookie(header).get(COOKIE)
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
