"""What links the officials of a case, as a verb."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from mvtcase import correlate
from mvtcase.casebook import read as read_casebook
from mvtcase.errors import InputError
from mvtcase.wording import say
from mvtcase.workflow import payloads
from mvtcase.workflow.desk import Outcome
from mvtcase.workflow.report_making import sealing_windows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mvtcase.casebook import Casebook
    from mvtcase.workflow.desk import Desk

MAX_HOURS = 24 * 366


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """An official whom a link touches."""

    id: str
    pseudonym: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkShown(correlate.Link):
    """A link with what it means, and with whom it links by pseudonym."""

    meaning: str
    officials: tuple[Linked, ...]  # type: ignore[assignment]  # ids below, more of each here


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """What `correlate` returns."""

    links: tuple[LinkShown, ...]
    window_hours: int


def links(desk: Desk, *, hours: int = 24) -> Outcome[Links]:
    """Return what two or more officials share; events no farther apart than `hours` count as close together."""
    if not 1 <= hours <= MAX_HOURS:
        raise InputError(
            "{hours} hours is no window.", hint=say("Use 1 to {max_hours}.", max_hours=MAX_HOURS), hours=hours
        )
    with desk.open_case() as store:
        book = read_casebook(store, desk.newest())
    found = links_of(book, within=timedelta(hours=hours))
    called = {one.official.id: one.official.pseudonym for one in book.officials}
    return Outcome(
        data=Links(links=tuple(_shown(each, called) for each in found), window_hours=hours),
        messages=(say("A link is a reason to look, and no proof that one attacker stands behind it."),)
        if found
        else (),
    )


def links_of(book: Casebook, *, within: timedelta = correlate.DEFAULT_WINDOW) -> tuple[correlate.Link, ...]:
    """Return the links of a case with the sealing windows its observations give."""
    return correlate.links(book, sealing_windows(book), within=within)


def _shown(link: correlate.Link, called: Mapping[str, str]) -> LinkShown:
    officials = tuple(Linked(id=official, pseudonym=called[official]) for official in link.officials)
    return payloads.filled(LinkShown, link, meaning=correlate.MEANING[link.kind], officials=officials)
