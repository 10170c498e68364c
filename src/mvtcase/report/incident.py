"""The incident report's facts from a casebook: every part is made by its own file, this one only joins them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.escape import visible
from mvtcase.report import evidence, narrative, sealing
from mvtcase.report import examined as coverage
from mvtcase.report import sentences as words
from mvtcase.report.facts import Custody, Details, IncidentFacts, Marking
from mvtcase.report.publication import EDITION_WORDS, is_withheld
from mvtcase.report.view import view_of
from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mvtcase.casebook import Casebook
    from mvtcase.model import Tlp
    from mvtcase.report.view import Occasion, SealingSeen, SeenLink, View
    from mvtcase.wording import Message


def incident(
    book: Casebook, occasion: Occasion, sealed: Mapping[str, SealingSeen], links: Sequence[SeenLink] = ()
) -> IncidentFacts:
    """Return what the incident report of a case, a group or one official says; `sealed` is by official id."""
    view = view_of(book, occasion)
    return IncidentFacts(
        marking=marking(book.case.tlp),
        details=details(view),
        summary=narrative.summary(view),
        counted=len(view.shown),
        withheld=sum(is_withheld(one.official) for one in view.shown),
        unlisted=len(view.findings) - len(view.listed),
        tallies=narrative.tallies(view.shown),
        groups=narrative.groups(view),
        people=coverage.people(view),
        counted_only=coverage.counted_only(view),
        findings=evidence.findings(view),
        timeline=evidence.timeline(view, sealed),
        sealing=sealing.facts(view, sealed),
        methodology=narrative.methodology(view, sealed),
        impact=narrative.impact(view),
        indicators=evidence.indicators(view),
        links=evidence.links(view, links),
        response=narrative.response(view),
        recommendations=narrative.recommendations(view),
        recommendations_for_all=words.RECOMMENDATIONS_FOR_ALL,
        method=narrative.method(view),
        limits=words.LIMITS,
        custody=Custody(head=book.custody_head, events=occasion.events),
    )


def marking(tlp: Tlp) -> Marking:
    """Return the marking of a case."""
    return Marking(label=f"TLP:{tlp}", meaning=words.TLP_MEANING[tlp], colour=words.TLP_COLOUR[tlp])


def details(view: View) -> Details:
    """Return which report this is; the people who did the scans and judged the findings are named as examiners."""
    case, occasion = view.book.case, view.occasion
    scanned = {scan.examiner for scan in view.scans}
    judged = {each.examiner for one in view.findings for each in one.dispositions}
    return Details(
        report=occasion.report,
        kind=occasion.kind,
        case=case.id,
        title=view.veil.text(case.title),
        description=view.veil.text(case.description),
        opened_at=case.created_at,
        written_at=occasion.written_at,
        examiner=visible(occasion.examiner),
        examiners=tuple(sorted(visible(each) for each in {*scanned, *judged, occasion.examiner})),
        organisation=visible(occasion.organisation),
        contact=visible(occasion.contact),
        scope=view.word(_scope(view)),
        edition=str(occasion.edition),
        edition_words=EDITION_WORDS[occasion.edition],
        single_examiner=view.veil.text(case.single_examiner or ""),
        language=occasion.language,
    )


def _scope(view: View) -> Message:
    if view.occasion.official:
        face = view.faces.get(view.occasion.official.id)
        return say("one official: {who}", who=face.who) if face else say("one official")
    if view.occasion.group:
        return say("the group {name}", name=view.veil.text(view.occasion.group.name))
    return say("the whole case")
