"""The console as an application: addresses to pages and actions, answers to HTML or to the verb's own JSON."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from mvtcase import workflow
from mvtcase.errors import MvtcaseError, NotFoundError
from mvtcase.escape import visible
from mvtcase.model import ConsentMethod, ConsentPoint, Level, NextStep, Order, Verdict
from mvtcase.report.phrases import Templates
from mvtcase.web import drawing
from mvtcase.web.doing import ACTIONS, Filled
from mvtcase.web.door import COOKIE, ENTER, Door, Guard, is_ours, session_of
from mvtcase.web.pages import NEXT, PAGES, Page, folders
from mvtcase.web.work import Works
from mvtcase.wording import Message, say, translator
from mvtcase.workflow.payloads import as_json, envelope

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
    from pathlib import Path

    from starlette.requests import Request

    from mvtcase.wording import Translator
    from mvtcase.workflow.desk import Desk

_ROWS = 200
"""Rows of a long list on one page."""
_PACKAGE = "mvtcase.web"
_STREAM_SECONDS = 0.5
_MAX_FORM_FIELDS = 200


@dataclass(kw_only=True)
class Console:
    """What all pages share: the desk of the examiner at the machine, the door, the work under way."""

    desk: Desk
    door: Door
    names: frozenset[str]
    evidence_root: Path | None = None
    tongue: Translator = field(default_factory=translator)
    works: Works = field(default_factory=Works)
    wait_seconds: float = 30.0
    """How long a server that ends waits for its workers."""

    def at(self, request: Request) -> Desk:
        """Return the desk at the case that an address names."""
        case = request.path_params.get("case")
        return replace(self.desk, case=case) if case else self.desk

    def word(self, told: object) -> str:
        """Return what is told in the console's language, harmless to show."""
        return visible(self.tongue.word(told))


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
            Route("/leave", face.leave, methods=["POST"]),
            Mount("/static", StaticFiles(packages=[(_PACKAGE, "static")])),
            *(Route(each.path, face.page(each), methods=["GET"]) for each in PAGES),
            Route("/c/{case}/choose/{official}", face.choose, methods=["GET"]),
            Route("/c/{case}/reports/{report}/file", face.report_file, methods=["GET"]),
            Route("/c/{case}/attachments/{digest}", face.attachment, methods=["GET"]),
            Route("/c/{case}/progress", face.progress, methods=["GET"]),
            Route("/c/{case}/do/{action}", face.act, methods=["POST"]),
        ],
        middleware=[Middleware(Guard, door=console.door, names=console.names)],
        exception_handlers={MvtcaseError: face.told, HTTPException: face.missing},  # type: ignore[dict-item]  # of its kind
        lifespan=lifespan,
    )


class _Face:
    """The endpoints; each runs its verb on a thread, so that no request waits for another's."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._environment = _environment(console)

    async def enter(self, request: Request) -> Response:
        """Let the browser in that brings the token, and no other."""
        session = self._console.door.enter(request.query_params.get("token", ""))
        if session is None:
            return self._html("closed", request, status=403)
        answer = RedirectResponse("/", status_code=303)
        answer.set_cookie(COOKIE, session.key, httponly=True, samesite="strict", path="/")
        return answer

    async def leave(self, request: Request) -> Response:
        """End the session."""
        if is_ours(session_of(request), Filled(await request.form()).text("form_key")):
            self._console.door.leave(session_of(request))
        answer = self._html("closed", request, left=True)
        answer.delete_cookie(COOKIE)
        return answer

    def page(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        """Return the endpoint of a page."""

        async def shown(request: Request) -> Response:
            asked = {**request.query_params, **request.path_params}
            desk = self._console.at(request)

            def read() -> Any:  # noqa: ANN401  # the outcome of whichever verb
                if page.about:
                    workflow.custody.looked_at(desk, asked[page.about])
                return page.read(desk, asked)

            outcome = await run_in_threadpool(read)
            if asked.get("as") == "json":
                told = envelope(
                    page.command, outcome.status, data=outcome.json, messages=map(self._console.word, outcome.messages)
                )
                return Response(json.dumps(told, default=self._console.word), media_type="application/json")
            return await run_in_threadpool(self._html, page.template, request, page=page, outcome=outcome, asked=asked)

        return shown

    async def choose(self, request: Request) -> Response:
        """Show the folders that an acquisition can be registered from."""
        here = request.query_params.get("in", "")
        found = await run_in_threadpool(folders, self._console.evidence_root, here)
        return self._html("choose", request, found=found, root=self._console.evidence_root)

    async def report_file(self, request: Request) -> Response:
        """Give a report's file to be saved: it is shown by the browser from there, without the console's rights."""
        desk, named = self._console.at(request), request.path_params["report"]
        listed = await run_in_threadpool(workflow.reports.list_reports, desk)
        for each in listed.data.reports:
            if each.id == named:
                content = await run_in_threadpool((desk.case_folder().path / each.path).read_bytes)
                return _download(content, f"{named}.{each.format}")
        raise NotFoundError("This case holds no report {named!r}.", named=named)

    async def attachment(self, request: Request) -> Response:
        """Give an attachment to be saved, by its SHA-256: never shown, since it is evidence."""
        content = await run_in_threadpool(
            workflow.attachments.read, self._console.at(request), request.path_params["digest"]
        )
        return _download(content, request.path_params["digest"])

    async def progress(self, request: Request) -> Response:
        """Stream where the work on a case stands, each time that it has changed."""

        async def told() -> AsyncIterator[str]:
            before = ""
            while not await request.is_disconnected():
                works = [each.shown for each in self._console.works.of(request.path_params["case"])]
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
            desk = self._console.at(request)
            outcome = await run_in_threadpool(action, desk, form, self._console.works)
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
        """Show that there is nothing at an address."""
        return self._html(
            "error",
            request,
            status=error.status_code,
            told=[self._console.word(say("There is no such page."))],
            steps=[],
        )

    def _html(self, template: str, request: Request, *, status: int = 200, **more: object) -> HTMLResponse:
        session = request.state.session if hasattr(request.state, "session") else None
        page = more.get("page")
        flash, case = (), request.path_params.get("case")
        if session is not None:
            flash, session.flash = session.flash, ()
        text = self._environment.get_template(f"{template}.html.j2").render(
            {"page": None, "outcome": None, "asked": {}, **more},
            session=session,
            command=page.typed if isinstance(page, Page) else "",
            flash=flash,
            case=case,
            here=request.url.path,
            query=dict(request.query_params),
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


def _environment(console: Console) -> Environment:
    made = Environment(
        loader=Templates(console.tongue, _PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_harmless,
    )
    made.filters |= {
        "w": console.word,
        "words": lambda told: visible(console.tongue.text(str(told))).replace("_", " "),
        "json": lambda value: json.dumps(as_json(value), ensure_ascii=False, indent=1, default=console.word),
        "first": lambda rows: list(rows)[:_ROWS],
        "fromjson": json.loads,
        "moment": lambda text: visible(str(text or "")).replace("T", " ").partition(".")[0].replace("Z", "")[:19],
    }
    made.globals |= {
        "pages": [each for each in PAGES if each.menu],
        "language": console.tongue.language,
        "draw": drawing,
        "next_of": _next_of,
        "verdicts": [str(each) for each in Verdict],
        "levels": [str(each) for each in Level],
        "next_steps": [str(each) for each in NextStep],
        "orders": [str(each) for each in Order],
        "consent_points": [str(each) for each in ConsentPoint],
        "consent_methods": [str(each) for each in ConsentMethod],
        "observed": workflow.observations.KINDS,
        "methods": workflow.observations.METHODS,
        "rows_shown": _ROWS,
        "export_formats": [str(each) for each in workflow.exports.ExportFormat],
        "sealing_states": _sealing_states,
        "sealing_strip": lambda rows: [(str(each.sealing), f"{each.pseudonym}: {each.sealing}") for each in rows],
        "link_pairs": lambda links: [(each.kind, [who.pseudonym for who in each.officials]) for each in links],
    }
    return made


def _harmless(value: object) -> object:
    """Return a text with marks of direction and controls visible: names and evidence may hold them."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _next_of(steps: Iterable[Any], case: str | None) -> list[tuple[str, str]]:
    """Return the steps that can be taken in the console as links: `(address, words)`."""
    known = ((each, NEXT.get(each.verb.split(" ")[0])) for each in steps if each.verb)
    return [(f"/c/{case}/{page}", each.verb) for each, page in known if page and case]


def _sealing_states(observations: Iterable[Any]) -> list[tuple[str, str]]:
    """Return the course of Letter Sealing as boxes of a strip: `(class, words)`, oldest first."""
    seen = sorted(
        (each for each in observations if each.kind == workflow.observations.LETTER_SEALING), key=lambda each: each.at
    )
    return [(each.value, f"{each.at[:10]} {each.value} ({each.method or 'no method'})") for each in seen]
