"""The incident report's facts from a casebook: every part is made by its own file, this one only joins them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase import kinds
from mvtcase.escape import visible
from mvtcase.report import evidence, narrative, numbers, pictures, sealing, summary
from mvtcase.report import examined as coverage
from mvtcase.report import sentences as words
from mvtcase.report.facts import Custody, Details, Marking
from mvtcase.report.lines import lines
from mvtcase.report.publication import EDITION_WORDS, is_withheld
from mvtcase.report.view import LONG, view_of
from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mvtcase.casebook import Casebook
    from mvtcase.model import SealingSeen, Tlp
    from mvtcase.report.crowds import Counted
    from mvtcase.report.facts import (
        Advice,
        CountedCoverage,
        FindingFact,
        GroupTally,
        IndicatorRow,
        LinkFact,
        Method,
        PersonFact,
        SealingFacts,
        Shown,
        Summary,
        Tally,
        TimelineFact,
    )
    from mvtcase.report.lines import LineFact
    from mvtcase.report.view import Occasion, SeenLink, View


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFact:
    """One acquisition as an item of evidence; the serial number is for the case team alone."""

    who: str
    device: str
    what: str
    serial: str
    acquisition: str
    kind: str
    taken_at: str | None
    received_at: str
    received_by: str
    files: int
    bytes: int
    manifest_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFacts:
    """Everything an incident report says.

    `withheld` officials are in every number and in no row; `unlisted` are the findings of people without a row;
    `numbers` is what was given in exact numbers, and `merging` says what was merged.
    """

    marking: Marking
    details: Details
    summary: Summary
    counted: int
    withheld: Shown
    unlisted: Shown
    merging: tuple[str, ...]
    tallies: tuple[Tally, ...]
    groups: tuple[GroupTally, ...]
    numbers: tuple[Counted, ...]
    people: tuple[PersonFact, ...]
    counted_only: CountedCoverage | None
    matrix: tuple[pictures.MatrixRow, ...]
    lines: tuple[LineFact, ...]
    findings: tuple[FindingFact, ...]
    timeline: tuple[TimelineFact, ...]
    moments: tuple[pictures.Moment, ...]
    spread: tuple[pictures.Moment, ...]
    sealing: SealingFacts | None
    methodology: tuple[str, ...]
    impact: tuple[str, ...]
    indicators: tuple[IndicatorRow, ...]
    links: tuple[LinkFact, ...]
    response: tuple[str, ...]
    lessons: tuple[str, ...]
    recommendations: tuple[Advice, ...]
    recommendations_for_all: tuple[str, ...]
    items: tuple[ItemFact, ...]
    method: Method
    limits: tuple[str, ...]
    custody: Custody


def incident(
    book: Casebook, occasion: Occasion, sealed: Mapping[str, SealingSeen], links: Sequence[SeenLink] = ()
) -> IncidentFacts:
    """Return what the incident report of a case, a group or one official says; `sealed` is by official id.

    Raises `ConflictError` where an outside edition would single somebody out.
    """
    view = view_of(book, occasion)
    whole = numbers.counted(view)
    view = numbers.at_rung(view, whole)
    groups, given = numbers.groups(view, whole)
    found, timeline, seals = (
        evidence.findings(view),
        evidence.timeline(view, sealed),
        sealing.facts(view, sealed, given),
    )
    return IncidentFacts(
        marking=marking(book.case.tlp),
        details=details(view),
        summary=summary.summary(view, whole),
        counted=len(view.shown),
        withheld=view.number(sum(is_withheld(one.official) for one in view.shown)),
        unlisted=view.number(len(view.findings) - len(view.told_apart)),
        merging=numbers.merging(view, whole, groups),
        tallies=numbers.tallies(view, whole),
        groups=groups,
        numbers=() if occasion.official else (whole, *given),
        people=coverage.people(view),
        counted_only=coverage.counted_only(view),
        matrix=pictures.matrix(view),
        lines=lines(view, found),
        findings=found,
        timeline=timeline,
        moments=pictures.moments(view, timeline),
        spread=pictures.spread(view),
        sealing=seals,
        methodology=narrative.methodology(view, sealed),
        impact=narrative.impact(view, whole),
        indicators=evidence.indicators(view),
        links=evidence.links(view, links),
        response=narrative.response(view),
        lessons=narrative.lessons(view),
        recommendations=narrative.recommendations(view, whole),
        recommendations_for_all=narrative.for_all(view, seals),
        items=tuple(items(view)),
        method=narrative.method(view),
        limits=view.told(words.LIMITS),
        custody=custody(view),
    )


def marking(tlp: Tlp) -> Marking:
    """Return the marking of a case."""
    return Marking(label=f"TLP:{tlp}", meaning=words.TLP_MEANING[tlp], colour=words.TLP_COLOUR[tlp])


def custody(view: View) -> Custody:
    """Return the head of the chain that a report prints."""
    return Custody(head=view.occasion.head or view.book.custody_head, events=view.occasion.events)


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
        scope=_scope(view),
        edition=str(occasion.edition),
        edition_words=view.word(EDITION_WORDS[occasion.edition]),
        single_examiner=view.text("", case.single_examiner or "", limit=LONG)
        or view.word(_ONE_IS_ENOUGH[bool(case.single_examiner)]),
        language=occasion.language,
        life=occasion.life,
        time_zone=occasion.time_zone,
    )


_ONE_IS_ENOUGH = {True: "The reason is kept in the case.", False: ""}


def _scope(view: View) -> str:
    if view.occasion.official:
        face = view.faces.get(view.occasion.official.id)
        return view.word(say("one official: {who}", who=face.who) if face else say("one official"))
    if view.occasion.group:
        return view.word(say("the group {group}", group=view.veil.text(view.occasion.group.name)))
    return view.word(say("the whole case"))


def items(view: View) -> Iterator[ItemFact]:
    """Yield every acquisition of everybody who may have a row, as an item that was handed over."""
    for one in view.rows:
        for device in one.devices:
            for each in device.acquisitions:
                yield ItemFact(
                    who=view.who(one.official.id),
                    device=device.device.id,
                    what=coverage.what(view, device.device.identity, device.device.platform),
                    serial=visible(device.device.identity.serial or "") if view.shows_texts else "",
                    acquisition=each.id,
                    kind=view.word(kinds.of(each.kind).words),
                    taken_at=visible(each.acquired_at) if each.acquired_at else None,
                    received_at=each.registered_at,
                    received_by=visible(each.registered_by),
                    files=each.files,
                    bytes=each.bytes,
                    manifest_sha256=each.manifest_sha256,
                )
