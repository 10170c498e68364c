"""What a report is made of: the case, the occasion, and what can be made again of both later."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mvtcase import correlate
from mvtcase.canon import parse_timestamp, timestamp
from mvtcase.casebook import Newest
from mvtcase.casebook import read as read_casebook
from mvtcase.model import IndicatorSet, SealingSeen, Status
from mvtcase.report.crowds import Given
from mvtcase.report.device import device
from mvtcase.report.group import group as group_report
from mvtcase.report.incident import incident
from mvtcase.report.letter import letter
from mvtcase.report.net import require_nobody_in
from mvtcase.report.publication import Edition
from mvtcase.report.render import Look, spoken
from mvtcase.report.view import Occasion, SeenLink, view_of
from mvtcase.settings import HelpLine
from mvtcase.store import queries
from mvtcase.workflow import report_files
from mvtcase.workflow.editions import ALLOWED, Kind
from mvtcase.workflow.sealing import DEFAULT_EVERY, sealing_of, sealing_windows

if TYPE_CHECKING:
    from mvtcase.casebook import Casebook, OfficialStanding
    from mvtcase.model import Group, Json, Official
    from mvtcase.settings import Settings
    from mvtcase.store.store import Store
    from mvtcase.workflow.desk import Desk

LESSON = "lesson:"
"""How a note of the chain begins that a report shows under lessons learned."""

_Maker = Callable[["Casebook", Occasion, Mapping[str, SealingSeen], Sequence[SeenLink]], object]
_MAKERS: dict[Kind, _Maker] = {
    Kind.INCIDENT: incident,
    Kind.GROUP: group_report,
    Kind.DEVICE: device,
    Kind.LETTER: letter,
}
_LINKING = frozenset({Kind.INCIDENT, Kind.GROUP})
"""The reports that speak of more than one person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Whom or what a report is about; nothing at all is the whole case."""

    group: Group | None = None
    official: Official | None = None
    device: str = ""

    @property
    def id(self) -> str:
        """The id of what it is about, empty for the case."""
        about = self.group or self.official
        return self.device or (about.id if about else "")


def facts_of(book: Casebook, kind: Kind, occasion: Occasion) -> Any:  # noqa: ANN401  # the facts of any kind
    """Return what a report on an occasion says, in its language.

    Raises `ConflictError` where it would single somebody out.
    """
    now = parse_timestamp(occasion.written_at)
    sealed = {
        official: replace(seen, due=seen.last_seen is None or now - parse_timestamp(seen.last_seen) > DEFAULT_EVERY)
        for official, seen in sealing_of(book).items()
    }
    links = _links(book, occasion) if kind in _LINKING else ()
    return spoken(_MAKERS[kind](book, occasion, sealed, links))


def at(now: Occasion, report: str, target: Target) -> Occasion:
    """Return the occasion of one report among those that are written now."""
    return replace(now, report=report, group=target.group, official=target.official, device=target.device)


def occasion_of(desk: Desk, store: Store, book: Casebook, kind: Kind, edition: Edition) -> Occasion:
    """Return the occasion of reports that are written now, without their numbers and targets."""
    at_head = (each.sequence for each in queries.custody_events(store) if each.digest == book.custody_head)
    allowed = (each.subject for each in queries.custody_events(store) if each.action == ALLOWED)
    lessons = (each.text for each in queries.notes(store) if each.text.lower().startswith(LESSON))
    return Occasion(
        report="",
        kind=kind,
        written_at=timestamp(desk.clock()),
        examiner=desk.actor,
        organisation=desk.settings.organisation,
        contact=desk.settings.contact,
        edition=edition,
        events=next(at_head, 0),
        language=desk.language_of(book.case),
        time_zone=book.case.time_zone or "UTC",
        head=book.custody_head,
        before=given_before(store, book) if edition is Edition.OUTSIDE else (),
        shown_before=shown_before(store),
        allowed=frozenset(allowed),
        help_lines=desk.settings.help_lines,
        lessons=tuple(each[len(LESSON) :].strip() for each in lessons),
    )


def given_before(store: Store, book: Casebook) -> tuple[Given, ...]:
    """Return the numbers that released outside editions gave, of people as the groups hold them now."""
    everybody = frozenset(one.official.id for one in book.officials)
    told = []
    for each in report_files.written(store):
        numbers: Any = each.wish.get("numbers", ()) if each.was_released else ()
        for one in numbers:
            inside = frozenset(member.official.id for member in book.members(one["key"])) if one["key"] else everybody
            rows = {who: Status(status) for who, status in one.get("rows", {}).items()}
            given = {**one, "counts": tuple(one["counts"]), "rows": rows}
            told.append(Given(report=each.report.id, people=inside, **given))
    return tuple(told)


def shown_before(store: Store) -> frozenset[str]:
    """Return whom released outside editions were about alone: on the person, or on one of the person's phones."""
    about = {
        each.report.target
        for each in report_files.written(store)
        if each.was_released and each.wish.get("edition") == Edition.OUTSIDE
    }
    owners = {each.id: each.official for each in queries.devices(store)}
    return frozenset(owners.get(each, each) for each in about)


def kept(book: Casebook, occasion: Occasion, newest: Newest, facts: Any) -> dict[str, Json]:  # noqa: ANN401  # as above
    """Return what the chain keeps of an occasion: to make the same report again, and to compare later ones."""
    numbers = getattr(facts, "numbers", ()) if occasion.edition is Edition.OUTSIDE else ()
    rows = view_of(book, occasion).rows if numbers and occasion.kind == Kind.INCIDENT else ()
    return {
        "edition": str(occasion.edition),
        "language": occasion.language,
        "time_zone": occasion.time_zone,
        "organisation": occasion.organisation,
        "contact": occasion.contact,
        "written_at": occasion.written_at,
        "events": occasion.events,
        "help_lines": [
            {"name": each.name, "contact": each.contact, "checked_on": each.checked_on, "paused": each.paused}
            for each in occasion.help_lines
        ],
        "newest": {
            "sets": {
                name: {"sha256": each.sha256, "version": each.version, "usable": each.usable}
                for name, each in newest.sets.items()
            },
            "tools": dict(newest.tools),
        },
        "numbers": [
            {
                "key": each.key,
                "rung": each.rung,
                "counts": [cell.count for cell in each.cells],
                "rows": {one.official.id: str(one.status) for one in rows if _is_in(book, one, each.key)},
            }
            for each in numbers
        ],
    }


def _is_in(book: Casebook, one: OfficialStanding, group: str) -> bool:
    return not group or one in book.members(group)


def made_again(store: Store, written: report_files.Written, newest: Newest | None = None) -> Any:  # noqa: ANN401  # as above
    """Return the facts that a report would have if it were made of the case as it is now.

    Without `newest` indicator sets and tools are those of then, so that only the case itself can make a difference.
    """
    book, occasion = occasion_again(store, written, newest)
    return facts_of(book, Kind(written.report.kind), occasion)


def occasion_again(
    store: Store, written: report_files.Written, newest: Newest | None = None
) -> tuple[Casebook, Occasion]:
    """Return the case as it is now and the occasion of a report that was written."""
    wish: Mapping[str, Any] = written.wish
    then = wish["newest"]
    of_then = Newest(
        sets={name: IndicatorSet(name=name, **each) for name, each in then["sets"].items()}, tools=then["tools"]
    )
    report = written.report
    kind = Kind(report.kind)
    book = read_casebook(store, newest or of_then)
    edition = Edition(wish["edition"])
    others = tuple(each for each in given_before(store, book) if each.report != report.id)
    allowed = (each.subject for each in queries.custody_events(store) if each.action == ALLOWED)
    lessons = (each.text for each in queries.notes(store) if each.text.lower().startswith(LESSON))
    target = target_of(store, kind, report.target)
    occasion = Occasion(
        report=report.id,
        kind=kind,
        written_at=wish["written_at"],
        examiner=report.written_by,
        organisation=wish["organisation"],
        contact=wish["contact"],
        edition=edition,
        events=wish["events"],
        group=target.group,
        official=target.official,
        device=target.device,
        language=wish["language"],
        time_zone=wish.get("time_zone", "UTC"),
        head=report.custody_head,
        life=written.life,
        before=others if edition is Edition.OUTSIDE else (),
        shown_before=shown_before(store),
        allowed=frozenset(allowed),
        help_lines=tuple(HelpLine(**each) for each in wish["help_lines"]),
        lessons=tuple(each[len(LESSON) :].strip() for each in lessons),
    )
    return book, occasion


def target_of(store: Store, kind: Kind, named: str) -> Target:
    """Return what a stored report is about, by id."""
    if not named:
        return Target()
    if kind is Kind.DEVICE:
        return Target(device=named, official=queries.official(store, queries.device(store, named).official))
    if named.startswith("G-"):
        return Target(group=queries.group(store, named))
    return Target(official=queries.official(store, named))


def look_over(book: Casebook, occasion: Occasion, files: Iterable[tuple[str, bytes]]) -> None:
    """Raise `RenderError` where finished files of an outside edition hold what must not be told of somebody.

    A letter is to one person, and holds that person alone.
    """
    if occasion.edition is Edition.OUTSIDE and occasion.kind != Kind.LETTER:
        require_nobody_in(view_of(book, occasion), files)


def look_of(settings: Settings) -> Look:
    """Return the logo and the templates of an organisation."""
    return Look(
        logo=Path(settings.logo).expanduser() if settings.logo else None,
        templates=Path(settings.templates).expanduser() if settings.templates else None,
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
        if each.noise is None
    )
