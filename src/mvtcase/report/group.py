"""The report on an affected group: numbers only, fit for people who may not know who is behind them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mvtcase.findings.review import stands
from mvtcase.model import Publication
from mvtcase.report import evidence, narrative, sealing
from mvtcase.report import examined as coverage
from mvtcase.report import sentences as words
from mvtcase.report.facts import ClassCount, Custody, GroupFacts
from mvtcase.report.incident import details, marking
from mvtcase.report.publication import EDITION_WORDS, Edition
from mvtcase.report.view import view_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mvtcase.casebook import Casebook, OfficialStanding
    from mvtcase.report.view import Occasion, SealingSeen, SeenLink, View


def group(
    book: Casebook, occasion: Occasion, sealed: Mapping[str, SealingSeen], links: Sequence[SeenLink] = ()
) -> GroupFacts:
    """Return what the report on a group says: everybody is in the numbers, nobody is in a row."""
    counted = replace(book, officials=tuple(map(_in_counts, book.officials)))
    view = view_of(counted, replace(occasion, edition=Edition.OUTSIDE))
    return GroupFacts(
        marking=marking(book.case.tlp),
        details=replace(details(view), edition=str(occasion.edition), edition_words=EDITION_WORDS[occasion.edition]),
        summary=narrative.summary(view),
        counted=len(view.shown),
        tallies=narrative.tallies(view.shown),
        groups=narrative.groups(view),
        coverage=coverage.counted_only(view),
        classes=_classes(view),
        indicators=evidence.indicators(view),
        links=evidence.links(view, links, naming=False),
        sealing=sealing.facts(view, sealed),
        methodology=narrative.methodology(view, sealed),
        impact=narrative.impact(view),
        recommendations=narrative.recommendations(view),
        recommendations_for_all=words.RECOMMENDATIONS_FOR_ALL,
        method=narrative.method(view),
        limits=words.LIMITS,
        custody=Custody(head=book.custody_head, events=occasion.events),
    )


def _in_counts(one: OfficialStanding) -> OfficialStanding:
    if one.official.publication is Publication.WITHHELD:
        return one
    return replace(one, official=replace(one.official, publication=Publication.COUNTED))


def _classes(view: View) -> tuple[ClassCount, ...]:
    counted = []
    for kind in words.CLASS_NAME:
        found = [one for one in view.findings if one.evidence_class is kind and stands(one)]
        if found:
            counted.append(
                ClassCount(
                    class_name=words.CLASS_NAME[kind],
                    means=words.CLASS_MEANS[kind],
                    does_not_mean=words.CLASS_DOES_NOT_MEAN[kind],
                    findings=len(found),
                    officials=len({one.official for one in found}),
                )
            )
    return tuple(counted)
