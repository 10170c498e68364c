"""Reports: write, list, review, release, supersede; what may be shown is decided below, in `mvtcase.report`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mvtcase import correlate
from mvtcase.canon import StrEnum, person_key, sha256_bytes, timestamp
from mvtcase.casebook import read as read_casebook
from mvtcase.errors import CaseReadOnlyError, ConflictError, InputError, NotFoundError
from mvtcase.files import write_atomically
from mvtcase.model import Report, ReportState
from mvtcase.report.group import group as group_report
from mvtcase.report.incident import incident
from mvtcase.report.letter import letter
from mvtcase.report.publication import FEWEST_TOGETHER, Edition, face_of, is_withheld
from mvtcase.report.render import Format, render
from mvtcase.report.view import Occasion, SealingSeen, SeenLink, view_of
from mvtcase.store import queries
from mvtcase.store.folder import PRIVATE_FOLDER
from mvtcase.wording import Message, do, say
from mvtcase.workflow import payloads, sealing
from mvtcase.workflow.desk import Outcome
from mvtcase.workflow.observations import LETTER_SEALING
from mvtcase.workflow.recording import settled_case

if TYPE_CHECKING:
    from pathlib import Path

    from mvtcase.casebook import Casebook
    from mvtcase.model import Group, Official
    from mvtcase.store.store import Store
    from mvtcase.workflow.desk import Desk


class Kind(StrEnum):
    """Which reports there are."""

    INCIDENT = "incident"
    GROUP = "group"
    LETTER = "letter"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportsShown:
    """Reports, each with its whole path."""

    reports: tuple[Report, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedReport(Report):
    """A report with whether its file is still what was written."""

    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """What `report list` returns."""

    reports: tuple[ListedReport, ...]


_Maker = Callable[["Casebook", Occasion, Mapping[str, SealingSeen], Sequence[SeenLink]], object]
_MAKERS: dict[Kind, _Maker] = {Kind.INCIDENT: incident, Kind.GROUP: group_report, Kind.LETTER: letter}
_NEXT = {ReportState.DRAFT: ReportState.REVIEWED, ReportState.REVIEWED: ReportState.RELEASED}


def write(
    desk: Desk,
    kind: str,
    *,
    target: str | None = None,
    formats: Sequence[str] = ("html",),
    edition: str | None = None,
    output: Path | None = None,
) -> Outcome[ReportsShown]:
    """Write a report as draft files in the case folder, one for each format, and return them.

    From a case that cannot be written to they go to the folder `output` and the case knows nothing of them. `target` is
    a group or an official; without one the whole case is meant. `edition` is `internal` for an incident report and
    `outside` for one on a group unless it is given. Raises `InputError` on an unknown kind or format,
    `ConflictError` when the publication level forbids the report, `RenderError` when a format cannot be made; then
    nothing is written.
    """
    chosen, wanted = read_kind(kind), read_formats(formats)
    meant = read_edition(edition, chosen)
    with settled_case(desk, to_change=True) as store:
        if store.read_only and output is None:
            raise CaseReadOnlyError(
                "The case {slug} cannot be written to.",
                hint=say("Name a folder with {0}.", do(output="FOLDER")),
                slug=store.folder.slug,
            )
        group, official = _target(store, chosen, target, meant)
        book = read_casebook(store, desk.newest())
        _require_company(book, chosen, group, meant)
        first = _next_number(store)
        pages = {}
        for place, each in enumerate(wanted):
            occasion = replace(
                _occasion(desk, store, book, f"R-{first + place:04d}", chosen, group, official), edition=meant
            )
            facts = _MAKERS[chosen](book, occasion, sealing_of(book), _links(book, occasion))
            pages[occasion.report] = (each, render(facts, chosen, each))
        name = str(chosen) if chosen is Kind.LETTER else f"{chosen}-{meant}"
        if store.read_only and output is not None:
            return _put(desk, book, chosen, name, pages, output)
        _keep(desk, store, book, chosen, name, pages, target=_id_of(group, official))
        written = [each for each in queries.reports(store) if each.id in pages]
        return Outcome(
            data=_shown(store, written),
            messages=(
                *_not_listed(book, chosen, meant),
                say("A draft: another examiner looks at it with {0}.", do("report review", "REPORT")),
            ),
        )


def _not_listed(book: Casebook, kind: Kind, edition: Edition) -> tuple[Message, ...]:
    """Return a note on people who are in the numbers and in no row, so that nobody looks for them in vain."""
    withheld = sum(is_withheld(one.official) for one in book.officials)
    if kind is not Kind.INCIDENT or edition is not Edition.OUTSIDE or not withheld:
        return ()
    return (
        say(
            "Withheld: {withheld} of {all} officials; they are in every number and in no row. With their agreement, "
            "{0} changes that.",
            do("official set", "OFFICIAL", publication="role"),
            withheld=withheld,
            all=len(book.officials),
        ),
    )


def _require_company(book: Casebook, kind: Kind, group: Group | None, edition: Edition) -> None:
    """Raise `ConflictError` when so few people are withheld that the numbers would single them out."""
    if kind is Kind.LETTER or edition is not Edition.OUTSIDE:
        return
    members = book.members(group.id) if group else book.officials
    withheld = sum(is_withheld(one.official) for one in members)
    if 0 < withheld < FEWEST_TOGETHER:
        raise ConflictError(
            "{withheld} of the {all} people in this report are withheld: fewer than {fewest} cannot hide in its "
            "numbers, and leaving them out would make the numbers untrue.",
            hint=say(
                "With their agreement, {0} changes that; else write about a larger group, or {1} for the case team.",
                do("official set", "OFFICIAL", publication="counted"),
                do("report write", str(kind), edition="internal"),
            ),
            withheld=withheld,
            all=len(members),
            fewest=FEWEST_TOGETHER,
        )


def read_edition(text: str | None, kind: Kind) -> Edition:
    """Return the edition a text names, without one the usual one of a kind of report. Raises `InputError`."""
    if text is None:
        return Edition.INTERNAL if kind is Kind.INCIDENT else Edition.OUTSIDE
    try:
        return Edition(text.lower())
    except ValueError:
        raise InputError(
            "There is no edition {given}.", hint=say("Use one of {edition}.", edition=", ".join(Edition)), given=text
        ) from None


def read_kind(text: str) -> Kind:
    """Return the kind a text names. Raises `InputError`."""
    try:
        return Kind(text.lower())
    except ValueError:
        raise InputError(
            "There is no report {given!r}.", hint=say("Use one of {kind}.", kind=", ".join(Kind)), given=text
        ) from None


def read_formats(texts: Sequence[str]) -> tuple[Format, ...]:
    """Return formats from texts, each possibly several with commas between. Raises `InputError`."""
    names = [name.strip().lower() for text in texts for name in text.split(",") if name.strip()]
    try:
        wanted = tuple(Format(name) for name in dict.fromkeys(names))
    except ValueError as error:
        raise InputError("{error}.", hint=say("Use some of {format}.", format=", ".join(Format)), error=error) from None
    if not wanted:
        raise InputError("No format was named.", hint=say("Use some of {format}.", format=", ".join(Format)))
    return wanted


def _target(store: Store, kind: Kind, target: str | None, edition: Edition) -> tuple[Group | None, Official | None]:
    """Return the group or official a report is about. Raises `NotFoundError` or `ConflictError`."""
    if target is None:
        if kind is Kind.INCIDENT:
            return None, None
        raise InputError(
            "The report {kind} needs to know about whom.",
            hint=say("Use {0}.", do("report write", str(kind), "TARGET")),
            kind=kind,
        )
    if kind is Kind.GROUP:
        return queries.group(store, target), None
    if kind is Kind.LETTER:
        return None, _official(store, target)
    try:
        return queries.group(store, target), None
    except NotFoundError:
        official = _official(store, target)
    if kind is Kind.INCIDENT and edition is Edition.OUTSIDE and face_of(official) is None:
        raise ConflictError(
            "{official} is shown in counts at most, and this report would be about nobody else.",
            hint="Write the person's own 'letter' or an internal edition, or change the publication level with the "
            "person's agreement.",
            official=official.id,
        )
    return None, official


def _official(store: Store, named: str) -> Official:
    """Return the official of an id, a pseudonym, or a name that only one person has."""
    fitting = [one for one in queries.officials(store) if one.name and one.name.casefold() == named.strip().casefold()]
    return fitting[0] if len(fitting) == 1 else queries.official(store, named)


def _id_of(group: Group | None, official: Official | None) -> str:
    about = group or official
    return about.id if about else ""


def _next_number(store: Store) -> int:
    return max((int(each.id.partition("-")[2]) for each in queries.reports(store)), default=0) + 1


def _occasion(
    desk: Desk, store: Store, book: Casebook, report: str, kind: Kind, group: Group | None, official: Official | None
) -> Occasion:
    at_head = (each.sequence for each in queries.custody_events(store) if each.digest == book.custody_head)
    return Occasion(
        report=report,
        kind=kind,
        written_at=timestamp(desk.clock()),
        examiner=desk.actor,
        organisation=desk.settings.organisation,
        contact=desk.settings.contact,
        language=desk.language_of(book.case),
        events=next(at_head, 0),
        group=group,
        official=official,
    )


def _links(book: Casebook, occasion: Occasion) -> tuple[SeenLink, ...]:
    """Return what links the people whom a report may look at; nobody else enters the reckoning."""
    shown = view_of(book, occasion).shown
    inside = {one.official.id for one in shown}
    part = replace(
        book,
        officials=shown,
        findings=tuple(one for one in book.findings if one.official in inside),
        observations=tuple(one for one in book.observations if one.official in inside),
    )
    return tuple(
        SeenLink(
            kind=str(each.kind),
            meaning=correlate.MEANING[each.kind],
            value=each.value,
            officials=each.officials,
            findings=len(each.findings),
            first=each.first,
            last=each.last,
        )
        for each in correlate.links(part, sealing_windows(part))
    )


def sealing_windows(book: Casebook) -> list[correlate.Window]:
    """Return between which looks Letter Sealing went off, for each official for whom it did."""
    return [
        correlate.Window(official=official, last_on=seen.last_on, first_off=seen.first_off)
        for official, seen in sealing_of(book).items()
        if seen.last_on and seen.first_off
    ]


def sealing_of(book: Casebook) -> dict[str, SealingSeen]:
    """Return what the observations of each official say of LINE Letter Sealing; who was never asked is left out."""
    asked = {each.official for each in book.observations if each.kind == LETTER_SEALING}
    return {official: _sealing_seen(book, official) for official in sorted(asked)}


def _sealing_seen(book: Casebook, official: str) -> SealingSeen:
    looks = [each for each in book.observations if (each.official, each.kind) == (official, LETTER_SEALING)]
    judged = sealing.judge(looks)
    return SealingSeen(
        sealing=str(judged.sealing),
        last_on=judged.last_on,
        first_off=judged.first_off,
        last_seen=judged.last.at if judged.last else None,
        method=judged.last.method if judged.last else "",
    )


def _keep(
    desk: Desk,
    store: Store,
    book: Casebook,
    kind: Kind,
    name: str,
    pages: Mapping[str, tuple[Format, bytes]],
    *,
    target: str,
) -> None:
    """Write files and rows. Raises `ConflictError` when another process took the numbers printed in the pages."""
    with store.change("report.written", actor=desk.actor, kind=str(kind), target=target) as change:
        for report, (form, page) in pages.items():
            if change.new_id("report") != report:
                raise ConflictError("Another report was written at the same moment.", hint="Write this one again.")
            path = store.folder.reports / f"{report}-{name}.{form}"
            write_atomically(path, page)
            change.insert(
                "report",
                id=report,
                kind=kind,
                format=form,
                target=target,
                path=str(path.relative_to(store.folder.path)),
                sha256=sha256_bytes(page),
                state=ReportState.DRAFT,
                custody_head=book.custody_head,
                written_at=change.at,
                written_by=desk.actor,
                language=desk.language_of(book.case),
            )
        change.payload["subject"] = ", ".join(pages)


def _put(
    desk: Desk, book: Casebook, kind: Kind, name: str, pages: Mapping[str, tuple[Format, bytes]], folder: Path
) -> Outcome[ReportsShown]:
    """Write files beside a case that cannot be written to, and return them."""
    folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    written: list[Report] = []
    for number, (form, page) in pages.items():
        path = folder.absolute() / f"{book.case.slug}-{name}.{form}"
        if path.exists():
            raise ConflictError("{path} exists already.", hint="Choose another folder.", path=path)
        write_atomically(path, page)
        written.append(
            Report(
                id=number,
                uuid="",
                kind=str(kind),
                format=str(form),
                path=str(path),
                sha256=sha256_bytes(page),
                state=ReportState.DRAFT,
                written_at=timestamp(desk.clock()),
                written_by=desk.actor,
                custody_head=book.custody_head,
            )
        )
    note = say("The case is on a read-only medium: it does not know of this report, and its number may be given again.")
    return Outcome(data=ReportsShown(reports=tuple(written)), messages=(note,))


def _shown(store: Store, reports: Iterable[Report]) -> ReportsShown:
    return ReportsShown(reports=tuple(replace(each, path=_path(store, each)) for each in reports))


def _path(store: Store, report: Report) -> str:
    return str(store.folder.path / report.path)


def list_reports(desk: Desk) -> Outcome[Reports]:
    """Return all reports, and whether each file is still what was written."""
    with desk.open_case() as store:
        listed = [
            payloads.filled(ListedReport, each, path=_path(store, each), file=_file_state(store, each))
            for each in queries.reports(store)
        ]
        return Outcome(data=Reports(reports=tuple(listed)))


def _file_state(store: Store, report: Report) -> str:
    path = store.folder.path / report.path
    if not path.is_file():
        return "missing"
    return "as written" if sha256_bytes(path.read_bytes()) == report.sha256 else "altered"


def review(desk: Desk, named: str) -> Outcome[ReportsShown]:
    """Mark a draft as reviewed; its writer cannot review it."""
    with desk.open_case(to_change=True) as store:
        report = _report(store, named)
        if person_key(report.written_by) == person_key(desk.actor):
            raise ConflictError(
                "{report} was written by {written_by}.",
                hint="Another examiner reviews it.",
                report=report.id,
                written_by=report.written_by,
            )
        return _advance(desk, store, report, ReportState.REVIEWED)


def release(desk: Desk, named: str) -> Outcome[ReportsShown]:
    """Mark a reviewed report as released; its file must still be what was written."""
    with desk.open_case(to_change=True) as store:
        return _advance(desk, store, _report(store, named), ReportState.RELEASED)


def _advance(desk: Desk, store: Store, report: Report, state: ReportState) -> Outcome[ReportsShown]:
    if _NEXT.get(report.state) is not state:
        raise ConflictError(
            "{report} is {state} and cannot become {state_2}.", report=report.id, state=report.state, state_2=state
        )
    if (found := _file_state(store, report)) != "as written":
        raise ConflictError(
            "The file of {report} is {found}.", hint="Write the report again.", report=report.id, found=found
        )
    return _set_state(desk, store, report, state)


def supersede(desk: Desk, named: str, *, by: str) -> Outcome[ReportsShown]:
    """Mark a report as replaced by a newer one of the same kind and target."""
    with desk.open_case(to_change=True) as store:
        old, new = _report(store, named), _report(store, by)
        if old.state is ReportState.SUPERSEDED or new.id <= old.id:
            raise ConflictError(
                "{new} cannot replace {old}, which is {state}.", new=new.id, old=old.id, state=old.state
            )
        if (old.kind, old.target) != (new.kind, new.target):
            raise ConflictError("{new} is not about what {old} is about.", new=new.id, old=old.id)
        with store.change("report.superseded", actor=desk.actor, subject=old.id, by=new.id) as change:
            change.update("report", old.uuid, state=ReportState.SUPERSEDED)
            change.update("report", new.uuid, supersedes=old.id)
        return Outcome(data=_shown(store, [_report(store, each) for each in (old.id, new.id)]))


def _set_state(desk: Desk, store: Store, report: Report, state: ReportState) -> Outcome[ReportsShown]:
    with store.change(f"report.{state}", actor=desk.actor, subject=report.id, sha256=report.sha256) as change:
        change.update("report", report.uuid, state=state)
    return Outcome(data=_shown(store, [_report(store, report.id)]))


def _report(store: Store, named: str) -> Report:
    for each in queries.reports(store):
        if each.id == named:
            return each
    raise NotFoundError(
        "This case holds no report {named!r}.", hint=say("{0} shows the reports.", do("report list")), named=named
    )
