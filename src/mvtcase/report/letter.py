"""The letter to one official: what was examined, what came of it, what to do; about nobody else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mvtcase.model import Publication
from mvtcase.report import evidence, sealing
from mvtcase.report import examined as coverage
from mvtcase.report import sentences as words
from mvtcase.report.facts import Custody, LetterFacts
from mvtcase.report.incident import details, marking
from mvtcase.report.view import view_of
from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mvtcase.casebook import Casebook, OfficialStanding
    from mvtcase.report.view import Occasion, SealingSeen, SeenLink


def letter(
    book: Casebook, occasion: Occasion, sealed: Mapping[str, SealingSeen], links: Sequence[SeenLink] = ()
) -> LetterFacts:
    """Return what the letter to the occasion's official says.

    The letter goes to the person: where the publication level hides them from others, the pseudonym stands for them.
    Links are left out: they would speak of others.
    """
    del links
    meant = occasion.official
    if meant is None:
        raise ValueError("a letter is to one official")
    view = view_of(replace(book, officials=tuple(_told(one, meant.id) for one in book.officials)), occasion)
    (one,), (person,) = view.shown, coverage.people(view)
    seen = sealing.facts(view, sealed)
    return LetterFacts(
        marking=marking(book.case.tlp),
        details=replace(
            details(view), scope=view.word(say("one person: {who}", who=person.who)), description="", title=""
        ),
        who=person.who,
        status=str(one.status),
        words=person.words,
        dismissed=person.dismissed,
        leads=person.leads,
        notifications=person.notifications,
        result=words.LETTER_WARNED if one.rests_on_notification else words.LETTER_RESULT[one.status],
        devices=person.devices,
        findings=tuple(replace(each, dispositions=()) for each in evidence.findings(view)),
        steps=(
            *words.LETTER_STEPS[one.status],
            *(words.LETTER_NOTIFIED if one.notifications else ()),
            *words.LETTER_FOR_ALL,
        ),
        sealing=seen.rows[0] if seen and seen.rows else None,
        consent=person.consent,
        limits=words.LIMITS[:2],
        custody=Custody(head=book.custody_head, events=occasion.events),
    )


def _told(one: OfficialStanding, meant: str) -> OfficialStanding:
    """Return the official as this letter sees them: the person under the pseudonym at least, others not at all."""
    if one.official.id != meant:
        return replace(one, official=replace(one.official, publication=Publication.WITHHELD))
    if one.official.publication is Publication.NAMED:
        return one
    return replace(one, official=replace(one.official, publication=Publication.ROLE))
