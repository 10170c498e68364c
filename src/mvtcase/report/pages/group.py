"""The group report as a document: numbers for the affected group itself, with nobody to be recognised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.report.document import Bullets, Para, Section, Table
from mvtcase.report.pages import counts, incident, parts
from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mvtcase.report.document import Block, Document
    from mvtcase.report.group import GroupFacts


def page(facts: GroupFacts) -> Document:
    """Return the group report."""
    lead = say("About {scope}, in numbers. Nobody is named here.", scope=facts.details.scope)
    return parts.document(facts, say("Group report"), _blocks(facts), title=facts.details.title, lead=lead)


def _blocks(facts: GroupFacts) -> Iterator[Block]:
    yield parts.bottom_line(facts.summary)
    yield Section(say("Details"), (parts.facts_of_case(facts.details, facts.marking),), "details")
    yield Section(say("Status"), tuple(_status(facts)), "status")
    yield Section(say("Findings by class"), tuple(_classes(facts)), "findings")
    yield counts.indicators(facts.indicators)
    yield Section(say("Spread over time"), tuple(_spread(facts)), "spread")
    yield counts.sealing(facts.sealing)
    if facts.links:
        yield counts.links(facts.links, naming=False)
    yield parts.lines(say("Attack methodology"), facts.methodology, "methodology")
    yield parts.lines(say("Impact"), facts.impact, "impact")
    rest = facts.coverage
    if rest:
        told = incident.counted(rest.officials, rest.devices, rest.completeness, rest.gaps)
        yield Section(say("Coverage: what was and was not examined"), told, "coverage")
    yield parts.advice(facts.recommendations, facts.recommendations_for_all)
    yield parts.method(facts.method)
    yield parts.lines(say("Limits"), facts.limits, "limits")
    yield parts.definitions()
    yield parts.custody(facts.custody)


def _status(facts: GroupFacts) -> Iterator[Block]:
    yield counts.numbers(facts.tallies, say("Officials by status"))
    if facts.merging:
        yield Bullets(facts.merging)
    yield from counts.group_numbers(facts.groups)
    yield Table(
        name=say("Roster"),
        head=(say("where they stand"), say("officials")),
        rows=tuple((state, str(number)) for state, number in facts.roster),
        numbers=frozenset({1}),
    )
    yield from counts.found_and_unknown(facts.summary)


def _classes(facts: GroupFacts) -> Iterator[Block]:
    if not facts.classes:
        yield Para(say("No finding. What that means is bounded by the coverage below."))
        return
    yield Table(
        name=say("Findings by class"),
        head=(say("class"), say("findings"), say("officials"), say("what it means"), say("what it does not mean")),
        rows=tuple(
            (each.class_name, str(each.findings), str(each.officials), each.means, each.does_not_mean)
            for each in facts.classes
        ),
        numbers=frozenset({1, 2}),
    )


def _spread(facts: GroupFacts) -> Iterator[Block]:
    if not facts.months:
        yield Para(say("Unknown: no published indicator with a time was found."))
        return
    yield Table(
        name=say("Spread over time"),
        head=(say("month of the first trace"), say("officials")),
        rows=tuple((month, str(number)) for month, number in facts.months),
        numbers=frozenset({1}),
    )
