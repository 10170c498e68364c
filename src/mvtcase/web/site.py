"""The console as an application: addresses to pages and actions, answers to HTML or to the verb's own JSON."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from mvtcase import workflow
from mvtcase.canon import person_key, sha256_bytes
from mvtcase.engine.job import Secret
from mvtcase.errors import MvtcaseError, NotFoundError
from mvtcase.web.doing import ACTIONS, Filled
from mvtcase.web.door import ENTER, Guard, is_ours, session_of
from mvtcase.web.pages import PAGES, Page
from mvtcase.web.templating import PACKAGE, make_environment
from mvtcase.wording import Message, say
from mvtcase.workflow.payloads import envelope

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request

    from mvtcase.web.console import Console
    from mvtcase.web.door import Session
    from mvtcase.workflow.desk import Desk

MAX_SIGNING_IN = 2
"""How many passwords are hashed at a time: each takes 64 MiB."""
_STREAM_SECONDS = 0.5
PREVIEW = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
"""What a report may do while it is looked at: be drawn, with the style and the pictures that it brings itself."""
_MAX_FORM_FIELDS = 200
_OF_ONE_PERSON = frozenset({"letter", "device"})
"""Reports that tell of one person: who reads one is written down."""


def make_site(console: Console) -> Starlette:
    """Return the application: behind the guard, with its pages, its actions and its stream of progress."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(lambda: console.works.stop_all(wait=console.wait_seconds))

    face = _Face(console)
    return Starlette(
        routes=[
            Route(ENTER, face.enter, methods=["GET"]),
            Route(ENTER, face.sign_in, methods=["POST"]),
            Route("/leave", face.leave, methods=["POST"]),
            Mount("/static", StaticFiles(packages=[(PACKAGE, "static")])),
            *(Route(each.path, face.page(each), methods=["GET"]) for each in PAGES),
            Route("/c/{case}/choose/{official}", face.choose, methods=["GET"]),
            Route("/c/{case}/reports/{report}/file", face.report_file, methods=["GET"]),
            Route("/c/{case}/reports/{report}/preview", face.preview, methods=["GET"]),
            Route("/c/{case}/attachments/{digest}", face.attachment, methods=["GET"]),
            Route("/c/{case}/progress", face.progress, methods=["GET"]),
            Route("/c/{case}/do/{action}", face.act, methods=["POST"]),
        ],
        middleware=[Middleware(Guard, door=console.door, names=console.names, tls=console.tls)],
        exception_handlers={MvtcaseError: face.told, HTTPException: face.missing},  # type: ignore[dict-item]  # of its kind
        lifespan=lifespan,
    )


class _Face:
    """The endpoints; each runs its verb on a thread, so that no request waits for another's."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._environment = make_environment(console)
        self._signing_in = asyncio.Semaphore(MAX_SIGNING_IN)

    async def enter(self, request: Request) -> Response:
        """Let the browser in that brings the token, and no other; where examiners have passwords, ask for theirs."""
        if self._console.shared:
            return self._html("sign_in", request)
        session = self._console.door.enter(request.query_params.get("token", ""))
        return self._html("closed", request, status=403) if session is None else self._let_in(session)

    async def sign_in(self, request: Request) -> Response:
        """Let in a registered examiner who knows the password; others wait as long and read the same."""
        if not self._console.shared:
            raise HTTPException(404)
        async with request.form(max_files=0, max_fields=4) as data:
            form = Filled(data)
            name, password = form.text("name"), Secret(value=form.exactly("password"))
        door, client = self._console.door, request.client.host if request.client else ""
        if not door.may_try(f"from {client}", f"as {person_key(name)}"):
            return self._html("sign_in", request, status=429, refused=True)
        async with self._signing_in:
            known = await run_in_threadpool(workflow.passwords.recognised, self._console.desk.workspace, name, password)
        if known is None:
            return self._html("sign_in", request, status=403, refused=True)
        return self._let_in(door.begin(known, instead_of=request.state.session))

    def _let_in(self, session: Session) -> Response:
        answer = RedirectResponse("/", status_code=303)
        answer.set_cookie(
            self._console.cookie, session.key, httponly=True, samesite="strict", path="/", secure=self._console.tls
        )
        return answer

    async def leave(self, request: Request) -> Response:
        """End the session."""
        async with request.form(max_files=0, max_fields=4) as data:
            if is_ours(session_of(request), Filled(data).text("form_key")):
                self._console.door.leave(session_of(request))
        answer = self._html("closed", request, left=True)
        answer.delete_cookie(self._console.cookie, httponly=True, samesite="strict", path="/", secure=self._console.tls)
        return answer

    async def _desk(self, request: Request) -> Desk:
        """Return the desk of whoever asks, at the case of the address."""
        return await run_in_threadpool(self._console.at, session_of(request), request.path_params.get("case"))

    def page(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        """Return the endpoint of a page."""

        async def shown(request: Request) -> Response:
            asked = {**request.query_params, **request.path_params}
            desk = await self._desk(request)

            in_json = asked.get("as") == "json"
            told = await run_in_threadpool(self._told, page, desk, asked, alone=in_json)
            if not in_json:
                return await run_in_threadpool(self._html, page.template, request, page=page, asked=asked, **told)
            outcome = told["outcome"]
            words = map(self._console.told, outcome.messages)
            answer = envelope(page.command, outcome.status, data=outcome.json, messages=words)
            return Response(json.dumps(answer, default=self._console.told), media_type="application/json")

        return shown

    def _told(self, page: Page, desk: Desk, asked: dict[str, str], *, alone: bool) -> dict[str, Any]:
        """Return the answers that a page shows; that somebody read a person's record is written down first."""
        for each in filter(asked.get, page.about):
            self._console.looked_at(desk, asked[each])
        outcome = page.read(desk, asked)
        if desk.case is None:
            outcome = self._console.own_cases(desk, outcome)
        told: dict[str, Any] = {"outcome": outcome}
        if desk.case and not alone:
            told["zone"] = workflow.timeline.zone(desk)
        for name, beside in page.beside.items() if not alone else ():
            told[name] = beside(desk, asked, told)
        return told

    async def choose(self, request: Request) -> Response:
        """Show the folders that an acquisition can be registered from."""
        here = request.query_params.get("in", "")
        await self._desk(request)
        found = await run_in_threadpool(self._console.folders, here)
        return self._html("choose", request, found=found, root=self._console.evidence_root, shared=self._console.shared)

    async def report_file(self, request: Request) -> Response:
        """Give a report's file to be saved: it is shown by the browser from there, without the console's rights."""
        return await self._file(request, request.query_params.get("format", ""))

    async def preview(self, request: Request) -> Response:
        """Show a report as it was written, in a box without scripts, forms, origin or anything from elsewhere."""
        shown = await self._file(request, "html")
        shown.headers["Content-Type"] = "text/html; charset=utf-8"
        shown.headers["Content-Security-Policy"] = PREVIEW
        del shown.headers["Content-Disposition"]
        return shown

    async def _file(self, request: Request, wanted: str) -> Response:
        """Return a report's file as it was written. Raises `NotFoundError` when it is not there or was changed."""
        desk, named = await self._desk(request), request.path_params["report"]

        def read() -> Response:
            for each in workflow.reports.list_reports(desk).data.reports:
                if each.id == named and wanted in {"", each.format}:
                    with desk.open_case() as store:  # of a sealed case nothing lies in clear
                        content = store.folder.file(str(Path(each.path).relative_to(store.folder.home))).read_bytes()
                    if sha256_bytes(content) == each.sha256:
                        if each.kind in _OF_ONE_PERSON:
                            self._console.looked_at(desk, each.target)
                        return _download(content, f"{named}.{each.format}")
            raise NotFoundError("This case holds no report {named!r}.", named=named)

        return await run_in_threadpool(read)

    async def attachment(self, request: Request) -> Response:
        """Give an attachment to be saved, by its SHA-256: never shown, since it is evidence."""
        desk = await self._desk(request)
        digest = request.path_params["digest"]
        content = await run_in_threadpool(workflow.attachments.read, desk, digest)
        await run_in_threadpool(self._console.looked_at, desk, digest)
        return _download(content, digest)

    async def progress(self, request: Request) -> Response:
        """Stream where the work on a case stands, each time that it has changed."""
        await self._desk(request)
        session, case = session_of(request), request.path_params["case"]

        async def told() -> AsyncIterator[str]:
            before = ""
            while self._console.door.holds(session) and not await request.is_disconnected():
                works = [each.shown for each in self._console.works.of(case)]
                if (now := json.dumps(works)) != before:
                    yield f"data: {now}\n\n"
                before = now
                if all(each["done"] for each in works):
                    return
                await asyncio.sleep(_STREAM_SECONDS)

        return StreamingResponse(told(), media_type="text/event-stream")

    async def act(self, request: Request) -> Response:
        """Do what a form asks for, and go back to where it stood, with the verb's sentences."""
        action = ACTIONS.get(request.path_params["action"])
        if action is None:
            raise HTTPException(404)
        async with request.form(max_files=1, max_fields=_MAX_FORM_FIELDS) as data:
            form, session = Filled(data), session_of(request)
            if not is_ours(session, form.text("form_key")):
                return self._html(
                    "error",
                    request,
                    status=403,
                    told=[self._console.word(say("This form is not of this session."))],
                    steps=[],
                )
            outcome = await run_in_threadpool(action, await self._desk(request), form, self._console)
            told = (outcome,) if isinstance(outcome, Message) else outcome.messages or (say("Done."),)
            session.flash = (*session.flash, *map(self._console.word, told))
            return RedirectResponse(_back(form.text("back"), request.path_params["case"]), status_code=303)

    async def told(self, request: Request, error: MvtcaseError) -> Response:
        """Show why a verb stopped: what happened, to what, and the step to take as a link."""
        status = 404 if isinstance(error, NotFoundError) else 400
        told = [self._console.word(each) for each in (error.message, error.hint) if each]
        if request.query_params.get("as") == "json":
            error_told = {"code": error.code, "message": told[0], "hint": told[1] if len(told) > 1 else ""}
            return JSONResponse(envelope("", "error", errors=[error_told]), status_code=status)
        steps = error.hint.steps if isinstance(error.hint, Message) else ()
        return self._html("error", request, status=status, told=told, steps=steps, code=error.code)

    async def missing(self, request: Request, error: HTTPException) -> Response:
        """Show that there is nothing at an address, or that a form came too slowly, too large or damaged."""
        no_page = error.status_code in {404, 405}
        told = say("There is no such page.") if no_page else say("This form is too large, incomplete or damaged.")
        shown = self._html("error", request, status=error.status_code, told=[self._console.word(told)], steps=[])
        shown.headers.update(error.headers or {})
        return shown

    def _html(self, template: str, request: Request, *, status: int = 200, **more: Any) -> HTMLResponse:  # noqa: ANN401
        session = getattr(request.state, "session", None)
        page = more.get("page")
        flash, case = (), request.path_params.get("case")
        if session is not None:
            flash, session.flash = session.flash, ()
        text = self._environment.get_template(f"{template}.html.j2").render(
            {"page": None, "outcome": None, "asked": {}, **more},
            session=session,
            command=shlex.join(page.typed(more["asked"])) if isinstance(page, Page) else "",
            flash=flash,
            case=case,
            here=request.url.path,
            query=dict(request.query_params),
            actor=(session.examiner if session else "") or self._console.desk.examiner,
            zone=more.get("zone"),
            works=self._console.works.of(case) if case else (),
        )
        return HTMLResponse(text, status_code=status)


def _download(content: bytes, name: str) -> Response:
    """Return bytes that a browser saves and never runs, whatever they are."""
    safe = "".join(each if each.isascii() and (each.isalnum() or each in ".-_") else "_" for each in name)
    return Response(
        content,
        media_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{safe}"', "Content-Security-Policy": "sandbox"},
    )


def _back(asked: str, case: str) -> str:
    """Return the address to go back to: one of this case's own, whatever was asked."""
    own = f"/c/{case}/"
    return asked if asked.startswith(own) and "\\" not in asked and "\n" not in asked else own
