"""What links the officials of a case, or of all cases of a workspace, as a verb."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from mvtcase import correlate
from mvtcase.casebook import lonely, overlaid, overview, unless_found
from mvtcase.errors import InputError
from mvtcase.findings.review import stands
from mvtcase.store import queries
from mvtcase.store.store import Store
from mvtcase.wording import say
from mvtcase.workflow import payloads
from mvtcase.workflow.desk import Outcome, readable
from mvtcase.workflow.sealing import sealing_windows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mvtcase.casebook import Overview
    from mvtcase.model import Finding
    from mvtcase.wording import Message
    from mvtcase.workflow.desk import Desk

MAX_HOURS = 24 * 366


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """An official whom a link touches; `case` is the slug of the case, empty where only one was looked at."""

    id: str
    pseudonym: str
    case: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkShown:
    """A link with what it means, with whom it links, and why it is noise where it is."""

    kind: correlate.LinkKind
    value: str
    meaning: str
    officials: tuple[Linked, ...]
    findings: tuple[str, ...]
    first: str | None
    last: str | None
    first_official: str | None
    first_finding: str | None
    weight: int
    noise: Message | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSeen:
    """Who showed something first that others showed later, when by that phone's clock, and by which finding."""

    kind: correlate.LinkKind
    value: str
    official: str
    at: str
    finding: str
    officials: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """What `correlate` returns: what links people, what is noise, and who was first."""

    links: tuple[LinkShown, ...]
    noise: tuple[LinkShown, ...]
    first_seen: tuple[FirstSeen, ...]
    window_hours: int


def links(desk: Desk, *, hours: int = 24, workspace: bool = False) -> Outcome[Links]:
    """Return what two or more officials share; events no farther apart than `hours` count as close together.

    With `workspace` those of every case there are looked at together: a person in two cases is two officials.
    """
    if not 1 <= hours <= MAX_HOURS:
        raise InputError(
            "{hours} hours is no window.", hint=say("Use 1 to {max_hours}.", max_hours=MAX_HOURS), hours=hours
        )
    within = timedelta(hours=hours)
    if workspace:
        people, found = _over_cases(desk, within)
    else:
        with desk.open_case() as store:
            book = overview(store, desk.newest())
            found = store.remembered(("links", hours), lambda: _found(store, book, within))
        people = {
            one.official.id: Linked(id=one.official.id, pseudonym=one.official.pseudonym, case="")
            for one in book.officials
        }
    shown = [_shown(each, people) for each in found]
    note = say("A link is a reason to look, and no proof that one attacker stands behind it.")
    return Outcome(
        data=Links(
            links=tuple(each for each in shown if each.noise is None),
            noise=tuple(each for each in shown if each.noise is not None),
            first_seen=tuple(sorted(_first_seen(found), key=lambda one: one.at.replace("T", " "))),
            window_hours=hours,
        ),
        messages=(note,) if found else (),
    )


def _found(store: Store, book: Overview, within: timedelta) -> tuple[correlate.Link, ...]:
    told: correlate.Told = store.remembered(
        "told",
        lambda: correlate.Told.by(overlaid(queries.findings(store), lonely(store))),
        lambda known, written: unless_found(known, written),  # noqa: PLW0108  # mypy reads no type from the bare name
    )
    judged = queries.findings(store, queries.JUDGED)
    fallen = frozenset(one.id for one in judged if not stands(one))
    return told.links(sealing_windows(book), people=_examined(book), within=within, fallen=fallen)


def _standing(desk: Desk, store: Store) -> tuple[Overview, tuple[Finding, ...]]:
    """Return how everybody stands and all findings, without what the scans read."""
    return overview(store, desk.newest()), overlaid(queries.findings(store), lonely(store))


def _examined(book: Overview) -> int:
    return sum(any(each.latest for each in one.devices) for one in book.officials)


def _over_cases(desk: Desk, within: timedelta) -> tuple[dict[str, Linked], tuple[correlate.Link, ...]]:
    """Return the officials of all readable cases of the workspace and what links them."""
    people: dict[str, Linked] = {}
    findings: list[Finding] = []
    windows: list[correlate.Window] = []
    examined = 0
    for folder in desk.workspace.case_folders():
        if readable(folder) is None:
            continue
        with Store.open(folder, clock=desk.clock) as store:
            book, own = _standing(desk, store)
        named = {one.official.id: f"{folder.slug}/{one.official.id}" for one in book.officials}
        for one in book.officials:
            who = Linked(id=one.official.id, pseudonym=one.official.pseudonym, case=folder.slug)
            people[named[one.official.id]] = who
        examined += _examined(book)
        findings += [replace(one, official=named[one.official]) for one in own if one.official in named]
        windows += [
            replace(each, official=named[each.official]) for each in sealing_windows(book) if each.official in named
        ]
    return people, correlate.of_findings(findings, windows, people=examined, within=within)


def _first_seen(found: Sequence[correlate.Link]) -> Iterator[FirstSeen]:
    for each in found:
        if each.noise is None and each.first and each.first_official and each.first_finding:
            yield FirstSeen(
                kind=each.kind,
                value=each.value,
                official=each.first_official,
                at=each.first,
                finding=each.first_finding,
                officials=len(each.officials),
            )


def _shown(link: correlate.Link, people: Mapping[str, Linked]) -> LinkShown:
    officials = tuple(people[official] for official in link.officials)
    return payloads.filled(LinkShown, link, meaning=correlate.MEANING[link.kind], officials=officials)
