"""Triage: one phone in one command, from a path to a status and a report, asking for what it needs."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.errors import ConflictError, ConsentError, ConsentMissingError, NotFoundError, WorkspaceError
from mvtcase.evidence import intake
from mvtcase.files import absolute
from mvtcase.model import ConsentMethod, ConsentPoint, Publication
from mvtcase.settings import load_settings
from mvtcase.store import queries
from mvtcase.store.folder import Workspace, find_workspace
from mvtcase.workflow import acquisitions, cases, consents, devices, officials, payloads, reports, scans, status
from mvtcase.workflow.desk import Desk, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.engine.job import EngineEvent, Secret
    from mvtcase.evidence.intake import Identified
    from mvtcase.model import Acquisition

TITLE = "Triage"
QUESTIONS = {
    ConsentPoint.NATURE: "Was the person told what the examination does?",
    ConsentPoint.PRIVACY: "Was the person told what it means for their privacy?",
    ConsentPoint.RETENTION: "Was the person told what is kept, and for how long?",
    ConsentPoint.DISPOSAL: "Was the person told how it is disposed of?",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the work is done and by whom, as far as the caller said; the rest is found or asked for."""

    start: Path
    workspace: str | None = None
    case: str | None = None
    examiner: str = ""
    unsandboxed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One phone to be examined, with whatever is known beforehand; what is None is asked for."""

    path: Path
    official: str | None = None
    sets: tuple[str, ...] = ()
    consent_by: str | None = None
    informed: str | None = None
    scope: str = "device examination"
    formats: tuple[str, ...] = ("html", "json")
    password: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """How to speak with the person at the keyboard."""

    ask: Callable[[str], str]
    confirm: Callable[[str], bool]
    ask_password: Callable[[Acquisition], Secret | None]
    on_event: Callable[[str, EngineEvent], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Triaged:
    """What `triage` returns; `official` is an id."""

    workspace: str
    official: str
    acquisition: Acquisition
    scans: tuple[payloads.ScanShown, ...]
    status: payloads.CaseStatus
    reports: tuple[reports.ShownReport, ...]


def examine(place: Place, wish: Wish, person: Person) -> Outcome[Triaged]:
    """Return one phone's scan, its official's status and the report written, making what is missing on the way.

    A workspace is made where there is none, a case where none is open, an official where none is named. Consent is
    asked for like everywhere: nobody and nothing skips it. Raises what the single verbs raise.
    """
    found = intake.identify(absolute(wish.path))  # before anything is made or asked for it
    desk = _desk(place, person)
    official = _official(desk, wish, person, found)
    _consent(desk, official, wish, person)
    added = acquisitions.add(desk, wish.path, acquisitions.Registration(official=official))
    acquisition = added.data.acquisition
    request = scans.Request(
        acquisitions=(acquisition.id,),
        sets=wish.sets,
        password=wish.password,
        ask_password=person.ask_password,
        on_event=person.on_event,
    )
    scanned = scans.run(desk, request)
    written = _report(desk, official, wish)
    standing = status.status(desk)
    return Outcome(
        data=Triaged(
            workspace=str(desk.workspace.path),
            official=official,
            acquisition=acquisition,
            scans=scanned.data.scans,
            status=standing.data,
            reports=written.data.reports,
        ),
        status=scanned.status,
        messages=(*scanned.messages, *written.messages),
    )


def _report(desk: Desk, official: str, wish: Wish) -> Outcome[reports.ReportsShown]:
    """Write the official's report, or the case's where the publication level allows none about one person."""
    try:
        return reports.write(desk, "incident", target=official, formats=wish.formats)
    except ConflictError:
        return reports.write(desk, "incident", formats=wish.formats)


def _desk(place: Place, person: Person) -> Desk:
    try:
        workspace = find_workspace(place.workspace, place.start)
    except WorkspaceError:
        if place.workspace is not None:
            raise
        workspace = Workspace(place.start / "mvtcase-work")
        workspace.create()
    settings = load_settings()
    examiner = place.examiner or settings.examiner or person.ask("Your name (examiner)")
    desk = Desk(
        workspace=workspace, case=place.case, examiner=examiner, settings=settings, unsandboxed=place.unsandboxed
    )
    desk.require_sandbox()
    try:
        desk.case_folder()
    except NotFoundError:
        if place.case is not None:
            raise
        cases.new(desk, TITLE, slug=_free_slug(workspace))
    return desk


def _free_slug(workspace: Workspace) -> str:
    taken = {folder.slug for folder in workspace.case_folders()}
    return next(slug for number in range(1, 10_000) if (slug := f"triage-{number}") not in taken)


def _official(desk: Desk, wish: Wish, person: Person, found: Identified) -> str:
    """Return whose phone it is: as named, as the case knows the phone, or a new official."""
    with desk.open_case() as store:
        if wish.official is not None:
            return queries.official(store, wish.official).id
        known = devices.find(store, intake.read_identity(found))
        if known is not None:
            return known.official
    role = person.ask("Whose phone is it? A role or pseudonym is enough")
    return officials.add(desk, officials.Person(role=role, publication=Publication.ROLE)).data.official.id


def _consent(desk: Desk, official: str, wish: Wish, person: Person) -> None:
    """Make sure of a consent that allows the scan, asking point by point. Raises `ConsentError` when one is missing."""
    with desk.open_case() as store, contextlib.suppress(ConsentError):
        consents.require(store, queries.official(store, official), desk.clock())
        return
    by = wish.consent_by
    if by is None:
        if not person.confirm("Has the person who uses this phone agreed to its examination, free of pressure?"):
            raise ConsentMissingError(
                "Without the data owner's consent nothing is examined (MVT License 1.1, section 3.0)."
            )
        by = person.ask("Name of that person, as on the consent form")
    informed = _informed(wish, person)
    consents.record(desk, official, by=by, method=ConsentMethod.WRITTEN, scope=wish.scope, informed=informed)
    with desk.open_case() as store:
        consents.require(store, queries.official(store, official), desk.clock())


def _informed(wish: Wish, person: Person) -> frozenset[ConsentPoint]:
    if wish.informed is not None:
        return consents.read_points(wish.informed)
    return frozenset(point for point, question in QUESTIONS.items() if person.confirm(question))
