"""The incident report as a document: what a minister can quote, then who, how sure and what next, then the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.report import drawings
from mvtcase.report.document import (
    Bullets,
    Card,
    Drawing,
    Pairs,
    Para,
    Section,
    Table,
    Tone,
    bold,
    chip,
    code,
    joined,
    soft,
)
from mvtcase.report.pages import parts
from mvtcase.report.pictures import Mark, strips
from mvtcase.wording import Said, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mvtcase.report.document import Block, Document, Inline
    from mvtcase.report.facts import DeviceFact, PersonFact
    from mvtcase.report.incident import IncidentFacts
    from mvtcase.report.lines import LineFact
    from mvtcase.report.pictures import MatrixRow

_ORDER = ("confirmed", "targeted", "indicator_match", "suspicious", "inconclusive", "no_trace", "not_examined")
MOST_GAPS, MOST_MINOR, MOST_MOMENTS = 12, 8, 80
"""How many gaps and minor lines of a phone, and moments of the whole, are told one by one; the JSON has all."""


def page(facts: IncidentFacts) -> Document:
    """Return the incident report."""
    return parts.document(
        facts, say("Incident report"), _blocks(facts), title=facts.details.title, lead=facts.details.description
    )


def _blocks(facts: IncidentFacts) -> Iterator[Block]:
    people = sorted(facts.people, key=lambda one: _ORDER.index(one.status))
    yield parts.bottom_line(facts.summary)
    yield Section(say("Incident details"), (parts.facts_of_case(facts.details, facts.marking),), "details")
    yield Section(say("Status of officials and phones"), tuple(_status(facts, people)), "status")
    yield Section(say("What each phone could have shown"), tuple(_matrix(facts.matrix)), "matrix")
    yield Section(say("Findings"), tuple(_findings(facts)), "findings")
    yield Section(say("Timeline and spread"), tuple(_timeline(facts)), "timeline")
    yield parts.lines(say("Attack methodology"), facts.methodology, "methodology")
    yield parts.lines(say("Impact"), facts.impact, "impact")
    yield parts.indicators(facts.indicators)
    yield parts.sealing(facts.sealing, tuple(_strip(facts)))
    if facts.links:
        yield parts.links(facts.links, naming=True)
    yield Section(say("Coverage: what was and was not examined"), tuple(_coverage(facts, people)), "coverage")
    yield parts.lines(say("Response so far"), facts.response, "response")
    yield parts.lines(say("Lessons learned"), facts.lessons, "lessons")
    yield parts.advice(facts.recommendations, facts.recommendations_for_all)
    yield parts.method(facts.method, tuple(_consents(people)))
    if facts.items:
        yield Section(say("Items of evidence"), (parts.items_table(facts.items), *_results(people)), "items")
    yield parts.lines(say("Limits"), facts.limits, "limits")
    yield parts.definitions()
    yield parts.signatures(facts.details)
    yield parts.custody(facts.custody)


def _status(facts: IncidentFacts, people: Sequence[PersonFact]) -> Iterator[Block]:
    yield parts.numbers(facts.tallies, say("Officials by status"))
    if facts.merging:
        yield Bullets(facts.merging)
    if facts.withheld:
        yield Para(
            say(
                "Withheld by publication level: {withheld}; they are in every "
                "number and in no row. Findings that stand in "
                "no row: {unlisted}.",
                withheld=facts.withheld,
                unlisted=facts.unlisted,
            ),
            Tone.SMALL,
        )
    yield from parts.group_numbers(facts.groups)
    yield from parts.found_and_unknown(facts.summary)
    if people:
        yield Table(
            name=say("People"),
            head=(say("official"), say("groups"), say("status"), say("phones"), say("examined")),
            rows=tuple(map(_person, people)),
        )


def _person(one: PersonFact) -> tuple[Inline, ...]:
    beside = soft(say("dismissed: {dismissed}; leads: {leads}", dismissed=one.dismissed, leads=one.leads))
    told: tuple[Inline, ...] = (chip(one.words, one.status), "\n", beside)
    told += tuple(("\n", each) for each in one.notifications)
    phones = "\n".join(f"{each.id}: {each.what}, {each.state}" for each in one.devices)
    examined = joined(tuple(Said(each.completeness or "not examined") for each in one.devices), "\n")
    role: tuple[Inline, ...] = ("\n", soft(one.role)) if one.role else ()
    return (
        (bold(one.who), *role, "\n", soft(one.roster)),
        ", ".join(one.groups) or parts.NOTHING,
        told,
        phones or say("no phone registered"),
        examined if one.devices else parts.NOTHING,
    )


def _matrix(rows: Sequence[MatrixRow]) -> Iterator[Block]:
    if not rows:
        yield Para(say("Nobody who may have a row was examined."))
        return
    legend = say(
        "{found} found, to be reviewed or confirmed; {lead} a lead that "
        "ordinary phones show too; {nothing} could have shown "
        "something, nothing found; {empty} read, held nothing; {absent} not carried by what was taken.",
        found=drawings.sign(Mark.FOUND),
        lead=drawings.sign(Mark.LEAD),
        nothing=drawings.sign(Mark.NOTHING),
        empty=drawings.sign(Mark.EMPTY),
        absent=drawings.sign(Mark.NOT_CARRIED),
    )
    if drawn := drawings.matrix(rows, "people and traces"):
        yield Drawing(drawn, legend)
    yield Table(
        name=say("Traces by person"),
        head=(say("official"), *(each.words for each in rows[0].cells)),
        rows=tuple(
            (
                bold(row.who),
                *(
                    (drawings.sign(each.mark), "\n", soft(each.span)) if each.span else drawings.sign(each.mark)
                    for each in row.cells
                ),
            )
            for row in rows
        ),
    )


def _findings(facts: IncidentFacts) -> Iterator[Block]:
    heavy = [one for one in facts.lines if not one.minor]
    if not facts.lines:
        yield Para(say("No finding that may be told one by one. What that means is bounded by the coverage below."))
    for one in heavy:
        yield line(one)
    minor = [one for one in facts.lines if one.minor]
    if minor:
        yield minor_lines(minor[:MOST_MINOR])
    if len(minor) > MOST_MINOR:
        yield Para(
            say("{more} more minor lines stand in the JSON of this report.", more=len(minor) - MOST_MINOR), Tone.SMALL
        )


def line(one: LineFact) -> Card:
    """Return one incident line: what it is, means and does not mean, how often and when, and who judged it."""
    rows: list[tuple[Inline, Inline]] = [
        (say("Where"), (bold(one.who), f", {one.device}; ", code(one.module))),
        (say("Records"), (str(one.records), ": ", when(one))),
        (say("Review"), one.state),
    ]
    if one.indicator:
        used = one.indicator
        rows += [
            (say("Indicator"), (code(used.value), f" ({used.type}; {used.family})")),
            (say("Indicator set"), f"{used.set} {used.version}; {used.publisher}; {used.licence}"),
        ]
    else:
        rows.append((say("Indicator"), say("none: this rests on a rule, not on a published indicator")))
    rows += [(say("Weight"), one.weight)] if one.weight else []
    rows += [("ATT&CK for Mobile", one.technique)] if one.technique else []
    rows.append((say("Line"), (code(one.id), f"; {one.level}")))
    means = Para((one.means, " ", bold(say("What it does not mean:")), " ", one.does_not_mean))
    judged = tuple(
        (bold(each.verdict), f", {each.examiner}, ", parts.moment(each.at), f": {each.reason}" if each.reason else "")
        for each in one.judged
    )
    return Card(
        one.title,
        (means, Pairs(tuple(rows)), *((Bullets(judged),) if judged else ())),
        f"class {one.evidence_class}{'' if one.stands else ' settled'}",
        one.class_name,
    )


def when(one: LineFact) -> Inline:
    """Return from when to when a line's records are, with their clock."""
    if one.first is None or one.last is None:
        return say("time unknown")
    if one.first == one.last:
        return (parts.moment(one.first), f" ({one.basis})")
    return (parts.moment(one.first), " – ", parts.moment(one.last), f" ({one.basis})")


def minor_lines(lines: Sequence[LineFact]) -> Table:
    """Return lines of little weight as a table."""
    return Table(
        name=say("Minor: no indicator, below MEDIUM, not judged"),
        head=(say("class"), say("what"), say("where"), say("records"), say("when")),
        rows=tuple(
            (one.class_name, one.title, f"{one.who}, {one.device}; {one.module}", str(one.records), when(one))
            for one in lines
        ),
        numbers=frozenset({3}),
    )


def _timeline(facts: IncidentFacts) -> Iterator[Block]:
    yield Para(
        say("Each time stands with the clock it comes from. Where no time is known, none is guessed."), Tone.SMALL
    )
    if drawn := drawings.timeline(facts.moments, "timeline"):
        yield Drawing(drawn, say("Dated findings, changes and observations of each person."))
    if drawn := drawings.spread(facts.spread, "spread"):
        yield Drawing(
            drawn, say("How many people were touched by a published indicator, by the day of the first trace.")
        )
    told = facts.timeline[:MOST_MOMENTS]
    if told:
        yield Table(
            name=say("Timeline"),
            head=(say("time"), say("clock"), say("who"), say("what")),
            rows=tuple(
                (parts.moment(one.at), one.basis, one.who, (soft(Said(one.kind)), " ", one.what)) for one in told
            ),
        )
    else:
        yield Para(say("Nothing that may be told one by one has happened yet."))
    if len(facts.timeline) > len(told):
        yield Para(
            say("{more} more moments stand in the JSON of this report.", more=len(facts.timeline) - len(told)),
            Tone.SMALL,
        )


def _strip(facts: IncidentFacts) -> Iterator[Block]:
    if drawn := drawings.strip(strips(facts.sealing), "Letter Sealing"):
        yield Drawing(
            drawn,
            say("Each look at Letter Sealing: on, off, unknown; between two different looks the change happened."),
        )


def _coverage(facts: IncidentFacts, people: Sequence[PersonFact]) -> Iterator[Block]:
    yield Para(say("A finding, or its absence, means only as much as what was looked at."), Tone.SMALL)
    for one in people:
        for device in one.devices:
            yield device_card(device, one.who)
    rest = facts.counted_only
    if rest:
        yield Section(
            say("People who are only in the numbers"),
            counted(rest.officials, rest.devices, rest.completeness, rest.gaps),
        )


def counted(
    officials: object, devices: object, completeness: Sequence[tuple[str, object]], gaps: Sequence[tuple[str, object]]
) -> tuple[Block, ...]:
    """Return the coverage of people without a word on whose it is."""
    told = Para(
        say(
            "Phones: {devices}, of officials: {officials}; {completeness}.",
            devices=devices,
            officials=officials,
            completeness=", ".join(f"{name.replace('_', ' ')}: {number}" for name, number in completeness) or "–",
        )
    )
    return (told, *((Bullets(tuple(f"{name} ({number})" for name, number in gaps)),) if gaps else ()))


def device_card(device: DeviceFact, who: str) -> Card:
    """Return one phone: what it could have shown, what it was compared with, and what was not examined."""
    told: list[tuple[Inline, Inline]] = [
        (say("Examined"), (bold(Said(device.completeness or "not examined")), " ", device.completeness_words)),
        (say("Could have shown"), device.reach or parts.NOTHING),
        (say("Compared with"), "; ".join(device.compared) or parts.NOTHING),
    ]
    told += [(say("Modules"), "; ".join(device.key_facts))] if device.key_facts else []
    told += [(say("Never carried"), " ".join(device.limitations))] if device.limitations else []
    told += [(say("Newer at hand"), "; ".join(device.stale))] if device.stale else []
    gaps: tuple[Inline, ...] = tuple(
        (bold(gap.module), f": {gap.words}", f"; {gap.reason}" if gap.reason else "") for gap in device.gaps[:MOST_GAPS]
    )
    more = len(device.gaps) - len(gaps)
    gaps += (say("{more} more gaps stand in the JSON of this report.", more=more),) if more else ()
    listed = (
        (Para(bold(say("Gaps"))), Bullets(gaps)) if gaps else (Para(say("No gaps.")),) if device.completeness else ()
    )
    return Card((f"{device.id}: {device.what} ", soft(f"({who})")), (Pairs(tuple(told)), *listed), device.status)


def _consents(people: Sequence[PersonFact]) -> Iterator[Block]:
    if people:
        yield Bullets(tuple(f"{one.who}: {one.consent}" for one in people))


def _results(people: Sequence[PersonFact]) -> Iterator[Block]:
    rows = tuple(
        (scan.id, scan.acquisition, parts.moment(scan.finished_at), code(scan.results_sha256 or parts.NOTHING))
        for one in people
        for device in one.devices
        for scan in device.scans
    )
    if rows:
        yield Table(
            name=say("Kept results"),
            head=(say("scan"), say("item"), say("finished"), say("SHA-256 of the results")),
            rows=rows,
        )
