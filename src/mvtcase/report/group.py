"""The report on an affected group: numbers only, fit for people who may not know who is behind them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mvtcase.findings.review import stands
from mvtcase.report import evidence, narrative, numbers, sealing, summary
from mvtcase.report import examined as coverage
from mvtcase.report import sentences as words
from mvtcase.report.facts import ClassCount
from mvtcase.report.incident import custody, details, marking
from mvtcase.report.publication import GROUP_EDITION_WORDS
from mvtcase.report.view import view_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mvtcase.casebook import Casebook
    from mvtcase.model import SealingSeen
    from mvtcase.report.crowds import Counted
    from mvtcase.report.facts import (
        Advice,
        CountedCoverage,
        Custody,
        Details,
        GroupTally,
        IndicatorRow,
        LinkFact,
        Marking,
        Method,
        SealingFacts,
        Shown,
        Summary,
        Tally,
    )
    from mvtcase.report.view import Occasion, SeenLink, View


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFacts:
    """Everything a group's report says: counts only, with no row about anybody, whatever the publication levels.

    `roster` is how many stand where in the inquiry, `months` how many were first touched in which month.
    """

    marking: Marking
    details: Details
    summary: Summary
    counted: int
    merging: tuple[str, ...]
    tallies: tuple[Tally, ...]
    groups: tuple[GroupTally, ...]
    numbers: tuple[Counted, ...]
    roster: tuple[tuple[str, Shown], ...]
    coverage: CountedCoverage | None
    classes: tuple[ClassCount, ...]
    indicators: tuple[IndicatorRow, ...]
    months: tuple[tuple[str, Shown], ...]
    links: tuple[LinkFact, ...]
    sealing: SealingFacts | None
    methodology: tuple[str, ...]
    impact: tuple[str, ...]
    recommendations: tuple[Advice, ...]
    recommendations_for_all: tuple[str, ...]
    method: Method
    limits: tuple[str, ...]
    custody: Custody


def group(
    book: Casebook, occasion: Occasion, sealed: Mapping[str, SealingSeen], links: Sequence[SeenLink] = ()
) -> GroupFacts:
    """Return what the report on a group says: everybody is in the numbers, nobody is in a row.

    Raises `ConflictError` where an outside edition would single somebody out.
    """
    view = view_of(book, occasion, rows=False)
    whole = numbers.counted(view, rows=False)
    view = numbers.at_rung(view, whole)
    groups, given = numbers.groups(view, whole, rows=False)
    seals = sealing.facts(view, sealed, given)
    return GroupFacts(
        marking=marking(book.case.tlp),
        details=replace(details(view), description="", edition_words=view.word(GROUP_EDITION_WORDS[occasion.edition])),
        summary=summary.summary(view, whole),
        counted=len(view.shown),
        merging=numbers.merging(view, whole, groups, rows=False),
        tallies=numbers.tallies(view, whole),
        groups=groups,
        numbers=(whole, *given),
        roster=_roster(view),
        coverage=coverage.counted_only(view),
        classes=_classes(view),
        indicators=evidence.indicators(view),
        months=_months(view),
        links=evidence.links(view, links, naming=False),
        sealing=seals,
        methodology=narrative.methodology(view, sealed),
        impact=narrative.impact(view, whole),
        recommendations=narrative.recommendations(view, whole),
        recommendations_for_all=narrative.for_all(view, seals),
        method=narrative.method(view),
        limits=view.told(words.LIMITS),
        custody=custody(view),
    )


def _roster(view: View) -> tuple[tuple[str, Shown], ...]:
    those = ([one for one in view.shown if one.official.roster is state] for state in words.ROSTER_WORDS)
    return tuple(zip(map(view.word, words.ROSTER_WORDS.values()), view.parts(*those), strict=True))


def _classes(view: View) -> tuple[ClassCount, ...]:
    counted = []
    for kind in words.CLASS_NAME:
        found = [one for one in view.findings if one.evidence_class is kind and stands(one)]
        if found:
            counted.append(
                ClassCount(
                    class_name=view.word(words.CLASS_NAME[kind]),
                    means=view.word(words.CLASS_MEANS[kind]),
                    does_not_mean=view.word(words.CLASS_DOES_NOT_MEAN[kind]),
                    findings=view.number(len(found)),
                    officials=view.number(len({one.official for one in found})),
                )
            )
    return tuple(counted)


def _months(view: View) -> tuple[tuple[str, Shown], ...]:
    """Return in which month how many people were first touched by what a published indicator speaks of."""
    first: dict[str, str] = {}
    for one in view.findings:
        if one.indicator and one.event_time and stands(one):
            month = one.event_time[:7]
            first[one.official] = min(month, first.get(one.official, month))
    months = sorted(set(first.values()))
    those = ([one for one in view.shown if first.get(one.official.id) == month] for month in months)
    return tuple(zip(months, view.parts(*those), strict=True))
