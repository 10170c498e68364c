"""The device report as a document: for whoever has to check the work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.report.document import NOTHING, Bullets, Para, Section, Table, code
from mvtcase.report.pages import incident, parts
from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mvtcase.report.device import DeviceFacts
    from mvtcase.report.document import Block, Document, Inline
    from mvtcase.report.facts import FindingFact

MOST_RECORDS = 500
"""More records than this are left to the JSON."""


def page(facts: DeviceFacts) -> Document:
    """Return the report on one phone."""
    lead = say("{device}, used by {who}.", device=facts.device.what, who=facts.who)
    return parts.document(facts, say("Device report"), _blocks(facts), title=facts.device.id, lead=lead)


def _blocks(facts: DeviceFacts) -> Iterator[Block]:
    yield Section(say("Details"), (parts.facts_of_case(facts.details, facts.marking),), "details")
    yield Section(
        say("Status and coverage"), (Para(facts.device.words), incident.device_card(facts.device, facts.who)), "status"
    )
    yield Section(say("Findings"), tuple(_lines(facts)), "findings")
    yield Section(say("Modules"), (_modules(facts),), "modules")
    yield Section(say("Who read which files"), tuple(_claims(facts)), "claims")
    yield Section(
        say("Items of evidence"), (parts.items_table(facts.items, incident.results([facts.device])),), "items"
    )
    yield parts.method(facts.method, tuple(incident.consents([facts])))
    yield parts.lines(say("Limits"), facts.limits, "limits")
    yield Section(say("Annex: records"), tuple(_records(facts)), "records")
    yield parts.definitions()
    yield parts.signatures(facts.details)
    yield parts.custody(facts.custody)


def _lines(facts: DeviceFacts) -> Iterator[Block]:
    for one in facts.lines:
        if not one.minor:
            yield incident.line(one)
    minor = [one for one in facts.lines if one.minor]
    if minor:
        yield Section(incident.MINOR, (incident.lines_table(minor, incident.MINOR),))
    if not facts.lines:
        yield Para(say("No finding. What that means is bounded by the coverage above."))


def _modules(facts: DeviceFacts) -> Table:
    return Table(
        name=say("Modules"),
        head=(
            say("scan"),
            say("module"),
            say("by"),
            say("outcome"),
            say("records"),
            say("alerts"),
            say("from"),
            say("to"),
        ),
        rows=tuple(
            (
                each.scan,
                code(each.module),
                each.origin,
                (each.words, f"; {each.reason}" if each.reason else ""),
                NOTHING if each.records is None else str(each.records),
                str(each.alerts),
                parts.day(each.first) if each.first else NOTHING,
                parts.day(each.last) if each.last else NOTHING,
            )
            for each in facts.modules
        ),
        numbers=frozenset({4, 5}),
        under=((0, 1), (2, 1), (6, 3), (7, 3)),
    )


def _claims(facts: DeviceFacts) -> Iterator[Block]:
    if not facts.claims:
        yield Para(say("Nobody counted who read which files."))
        return
    yield Table(
        name=say("Who read which files"),
        head=(say("scan"), say("files"), say("by modules"), say("by the second reader"), say("by nobody")),
        rows=tuple(
            (
                each.scan,
                *(str(number) for number in (each.files, each.claimed, each.second_reader, each.unclaimed_files)),
            )
            for each in facts.claims
        ),
        numbers=frozenset({1, 2, 3, 4}),
    )
    paths = tuple(code(path) for each in facts.claims for path in each.unclaimed)
    if paths:
        yield Para(say("Read by nobody:"))
        yield Bullets(paths)


def _records(facts: DeviceFacts) -> Iterator[Block]:
    yield Table(
        name=say("Records"),
        head=(say("record"), say("class"), say("what"), say("module"), say("level"), say("time"), say("review")),
        rows=tuple(map(_record, facts.findings[:MOST_RECORDS])),
        under=((4, 0), (1, 2), (3, 2), (6, 5)),
    )
    if len(facts.findings) > MOST_RECORDS:
        more = len(facts.findings) - MOST_RECORDS
        yield Para(say("{more:# more record stands|# more records stand} in the JSON of this report.", more=more))


def _record(one: FindingFact) -> tuple[Inline, ...]:
    when = (parts.moment(one.event_time), f" ({one.basis})" if one.event_time else "")
    return (code(one.id), one.class_name, one.title, code(one.module), one.level, when, one.state_words)
