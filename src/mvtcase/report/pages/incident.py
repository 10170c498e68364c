"""The incident report as a document: what a minister can quote, then who, how sure and what next, then the rest."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from mvtcase.report import drawings
from mvtcase.report.document import (
    NOTHING,
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
from mvtcase.report.pages import counts, parts
from mvtcase.report.pictures import Mark, strips
from mvtcase.wording import Said, say, translator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mvtcase.report.device import DeviceFacts
    from mvtcase.report.document import Block, Document, Inline
    from mvtcase.report.facts import DeviceFact, PersonFact, TimelineFact
    from mvtcase.report.incident import IncidentFacts
    from mvtcase.report.lines import LineFact
    from mvtcase.report.pictures import MatrixCell
    from mvtcase.wording import Message

_ORDER = ("confirmed", "targeted", "indicator_match", "suspicious", "inconclusive", "no_trace", "not_examined")
MOST_GAPS, MOST_MOMENTS, FEWEST_ALIKE = 12, 60, 4
"""How many gaps of a phone, and moments of the whole, are told one by one; the JSON has all. So many acquisitions, or
scans, of one day are one moment."""
CARDS_OF_A_PHONE, MOST_CARDS = 6, 12
"""How many lines have a card of their own, of one phone and of all: the gravest; others have a row."""
ROWS_OF_A_PHONE, MOST_ROWS = 12, 40


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
    yield Section(say("What each phone could have shown"), tuple(_matrix(facts)), "matrix")
    yield Section(say("Findings"), tuple(_findings(facts)), "findings")
    yield Section(say("Timeline and spread"), tuple(_timeline(facts)), "timeline")
    yield parts.lines(say("Attack methodology"), facts.methodology, "methodology")
    yield parts.lines(say("Impact"), facts.impact, "impact")
    yield counts.indicators(facts.indicators)
    yield counts.sealing(facts.sealing, tuple(_strip(facts)))
    if facts.links:
        yield counts.links(facts.links, naming=True)
    yield Section(say("Coverage: what was and was not examined"), tuple(_coverage(facts, people)), "coverage")
    yield parts.lines(say("Response so far"), facts.response, "response")
    yield parts.lines(say("Lessons learned"), facts.lessons, "lessons")
    yield parts.advice(facts.recommendations, facts.recommendations_for_all)
    yield parts.method(facts.method, tuple(consents(people)))
    if facts.items:
        yield Section(
            say("Items of evidence"),
            (parts.items_table(facts.items, results([each for one in people for each in one.devices])),),
            "items",
        )
    yield parts.lines(say("Limits"), facts.limits, "limits")
    yield parts.definitions()
    yield parts.signatures(facts.details)
    yield parts.custody(facts.custody)


def _status(facts: IncidentFacts, people: Sequence[PersonFact]) -> Iterator[Block]:
    yield counts.numbers(facts.tallies, say("Officials by status"))
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
    yield from counts.group_numbers(facts.groups)
    yield from counts.found_and_unknown(facts.summary)
    if people:
        yield Table(
            name=say("People"),
            head=(say("official"), say("groups"), say("status"), say("phones")),
            rows=tuple(map(_person, people)),
            beside=((1, 0),),
        )


def _person(one: PersonFact) -> tuple[Inline, ...]:
    beside = say("dismissed: {dismissed}; leads: {leads}", dismissed=one.dismissed, leads=one.leads)
    told: tuple[Inline, ...] = (chip(one.words, one.status), "\n", beside)
    told += tuple(("\n", each) for each in one.notifications)
    phones = tuple(
        (f"{each.id}: {each.what}, {each.state}", say("; "), say("examined"), say(": "), _examined(each))
        for each in one.devices
    )
    role: tuple[Inline, ...] = (say(", "), one.role) if one.role else ()
    return (
        (bold(one.who), *role, say(", "), one.roster),
        ", ".join(one.groups) or NOTHING,
        told,
        joined(phones, "\n") if phones else say("no phone registered"),
    )


def _examined(device: DeviceFact) -> Said:
    return Said(device.completeness or "not examined")


def _matrix(facts: IncidentFacts) -> Iterator[Block]:
    rows = facts.matrix
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
    if drawn := drawings.matrix(rows, _told(facts)("Traces by person")):
        yield Drawing(drawn, legend, of_table=True)
    alike: dict[tuple[MatrixCell, ...], list[str]] = {}
    for row in rows:
        alike.setdefault(row.cells, []).append(row.who)
    yield Table(
        name=say("Traces by person"),
        head=(say("official"), *(each.words for each in rows[0].cells)),
        rows=tuple(_traces(cells, names) for cells, names in alike.items()),
    )


def _told(facts: IncidentFacts) -> Callable[[str], str]:
    """Return what words a text of the catalogue inside a drawing."""
    return translator(facts.details.language).text


_READ = frozenset({Mark.FOUND, Mark.LEAD, Mark.NOTHING})
"""What is said of traces that were there; where their time is unknown, that of others must not seem to be theirs."""


def _traces(cells: tuple[MatrixCell, ...], names: Sequence[str]) -> tuple[Inline, ...]:
    """Return a row of people whose phones could have shown the same; the time that most cells cover stands once."""
    spans = Counter(each.span for each in cells if each.span)
    most, often = max(spans.items(), key=lambda each: each[1], default=("", 0))
    common = most if often > 1 and spans.total() < 2 * often else ""
    told = (each.span or (say("time unknown") if common and each.mark in _READ else "") for each in cells)
    signs = (
        (drawings.sign(each.mark), "\n", soft(span)) if span not in ("", common) else drawings.sign(each.mark)
        for each, span in zip(cells, told, strict=True)
    )
    reach = ("\n", soft(common)) if common else ()
    return ((bold(", ".join(names)), *reach), *signs)


def _findings(facts: IncidentFacts) -> Iterator[Block]:
    if not facts.lines:
        yield Para(say("No finding that may be told one by one. What that means is bounded by the coverage below."))
    heavy = [one for one in facts.lines if not one.minor]
    cards = _first(heavy, of_a_phone=CARDS_OF_A_PHONE, of_all=MOST_CARDS)
    yield from map(line, cards)
    told = {one.id for one in cards}
    rest = [one for one in heavy if one.id not in told]
    rows = _first(rest, of_a_phone=ROWS_OF_A_PHONE, of_all=MOST_ROWS)
    if rows:
        yield Section(say("More findings"), (lines_table(rows, say("More findings")),))
    if more := len(rest) - len(rows):
        yield Para(
            say("{more:# more such line stands|# more such lines stand} in the JSON of this report.", more=more),
            Tone.SMALL,
        )
    minor = tuple(_minor([one for one in facts.lines if one.minor]))
    if minor:
        yield Section(MINOR, minor)


def _minor(lines: Sequence[LineFact]) -> Iterator[Block]:
    """Yield what is of little weight, each cause once with the phones that have it, the weightiest first."""
    alike: dict[tuple[str, str], list[LineFact]] = {}
    for one in lines:
        alike.setdefault((one.class_name, one.title), []).append(one)
    causes = list(alike.values())
    if causes:
        yield Table(
            name=MINOR,
            head=(say("what"), say("when"), say("phones"), say("records"), say("where")),
            rows=tuple(
                (
                    titled(same[0]),
                    NOTHING if same[1:] else when(same[0]),
                    str(len({one.device for one in same})),
                    str(sum(one.records for one in same)),
                    counts.some(tuple(dict.fromkeys(f"{one.who} {one.device}" for one in same))),
                )
                for same in causes[:MOST_ROWS]
            ),
            numbers=frozenset({2, 3}),
            under=((1, 0),),
        )
    if more := sum(map(len, causes[MOST_ROWS:])):
        yield Para(
            say("{more:# more such line stands|# more such lines stand} in the JSON of this report.", more=more),
            Tone.SMALL,
        )


def _first(lines: Sequence[LineFact], *, of_a_phone: int, of_all: int) -> list[LineFact]:
    """Return the first lines of each phone, so that a noisy one does not bury the others."""
    taken: Counter[str] = Counter()
    chosen: list[LineFact] = []
    for one in lines:
        taken[one.device] += 1
        if taken[one.device] <= of_a_phone and len(chosen) < of_all:
            chosen.append(one)
    return chosen


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
        "" if one.title.startswith(one.class_name) else one.class_name,
    )


def when(one: LineFact) -> Inline:
    """Return from when to when a line's records are, with their clock."""
    if one.first is None or one.last is None:
        return say("time unknown")
    if one.first == one.last:
        return (parts.moment(one.first), f" ({one.basis})")
    return (parts.moment(one.first), " – ", parts.moment(one.last), f" ({one.basis})")


MINOR = say("Minor: no indicator, of little weight, not judged")


def titled(one: LineFact) -> str | Message:
    """Return a line's title, which says the class too."""
    if one.title.startswith(one.class_name):
        return one.title
    return say("{kind}: {what}", kind=one.class_name, what=one.title)


def lines_table(lines: Sequence[LineFact], name: Message) -> Table:
    """Return lines as a table, a row for each."""
    return Table(
        name=name,
        head=(say("class"), say("what"), say("where"), say("records"), say("when"), say("review")),
        rows=tuple(
            (
                one.class_name,
                titled(one),
                f"{one.who}, {one.device}; {one.module}",
                str(one.records),
                when(one),
                one.state,
            )
            for one in lines
        ),
        numbers=frozenset({3}),
        under=((2, 1), (3, 4)),
        left_out=frozenset({0}),
    )


def _timeline(facts: IncidentFacts) -> Iterator[Block]:
    yield Para(
        say("Each time stands with the clock it comes from. Where no time is known, none is guessed."), Tone.SMALL
    )
    tell = _told(facts)
    if drawn := drawings.timeline(facts.moments, tell("Timeline"), tell):
        words = say(
            "Dated findings ({finding}), changes ({change}) and observations ({observation}) of each person.",
            **{kind: drawings.sign(kind) for kind in ("finding", "change", "observation")},
        )
        yield Drawing(drawn, words)
    if drawn := drawings.spread(facts.spread, tell("spread")):
        yield Drawing(
            drawn, say("How many people were touched by a published indicator, by the day of the first trace.")
        )
    told = _weightiest(facts.timeline)
    if told:
        yield Table(
            name=say("Timeline"),
            head=(say("time"), say("who"), say("what")),
            rows=tuple(map(_moment, told)),
        )
    else:
        yield Para(say("Nothing that may be told one by one has happened yet."))
    if more := len(facts.timeline) - sum(map(len, told)):
        yield Para(
            say("{more:# more moment stands|# more moments stand} in the JSON of this report.", more=more), Tone.SMALL
        )


def _weightiest(timeline: Sequence[TimelineFact]) -> list[list[TimelineFact]]:
    """Return the moments to tell, in order; of too many, routine of one day is one, and what weighs little goes."""
    if len(timeline) <= MOST_MOMENTS:
        return [[one] for one in timeline]
    alike: dict[object, list[TimelineFact]] = {}
    for place, one in enumerate(timeline):
        alike.setdefault((one.kind, one.at and one.at[:10]) if one.kind in _ROUTINE else place, []).append(one)
    moments = [
        part for same in alike.values() for part in ([same] if len(same) >= FEWEST_ALIKE else [[each] for each in same])
    ]
    weights = [(same[0].kind != "change", same[0].minor) for same in moments]
    chosen = sorted(range(len(moments)), key=weights.__getitem__)[:MOST_MOMENTS]
    return [moments[place] for place in sorted(chosen)]


_ROUTINE = {"acquisition", "scan"}


def _several(kind: str, number: int) -> Message:
    if kind == "acquisition":
        return say("{n} acquisitions; each stands among the items of evidence", n=number)
    return say("{n} scans; each stands with its phone in the JSON of this report", n=number)


def _moment(same: Sequence[TimelineFact]) -> tuple[Inline, ...]:
    first = same[0]
    if same[1:]:
        who = counts.some(tuple(dict.fromkeys(one.who for one in same)))
        return parts.day(first.at), who, _several(first.kind, len(same))
    # Our own times are written with their zone; the times of evidence have none of their own.
    clock = "" if first.basis == "UTC" and first.kind != "finding" else f" ({first.basis})"
    return (parts.moment(first.at), clock), first.who, (soft(Said(first.kind)), " ", first.what)


def _strip(facts: IncidentFacts) -> Iterator[Block]:
    if drawn := drawings.strip(strips(facts.sealing), "Letter Sealing", _told(facts)):
        yield Drawing(
            drawn,
            say(
                "Each look at Letter Sealing: {on} on, {off} off, {unknown} unknown; "
                "between two different looks the change happened.",
                **{seen: drawings.sign(seen) for seen in ("on", "off", "unknown")},
            ),
        )


def _coverage(facts: IncidentFacts, people: Sequence[PersonFact]) -> Iterator[Block]:
    yield Para(say("A finding, or its absence, means only as much as what was looked at."), Tone.SMALL)
    alike: dict[DeviceFact, list[tuple[DeviceFact, str]]] = {}
    for one in people:
        for device in one.devices:
            alike.setdefault(_coverage_of(device), []).append((device, one.who))
    for phones in alike.values():
        yield _phones_card(phones) if phones[1:] else device_card(*phones[0])
    rest = facts.counted_only
    if rest:
        yield Section(
            say("People who are only in the numbers"),
            counted(rest.officials, rest.devices, rest.completeness, rest.gaps),
        )


def _coverage_of(device: DeviceFact) -> DeviceFact:
    """Return a phone with nothing left but what was and was not examined: two that are equal in that are told once."""
    return replace(device, id="", what="", state="", status="", words="", reach="", dismissed=0, leads=0, scans=())


def _phones_card(phones: Sequence[tuple[DeviceFact, str]]) -> Card:
    first, in_order = phones[0][0], sorted(phones, key=lambda each: each[0].id)
    named = tuple((f"{each.id}: {each.what} ", soft(f"({who})")) for each, who in in_order)
    return Card(
        say("{n} phones with the same coverage", n=len(phones)),
        (Para(joined(named, "; ")), Pairs(tuple(_compared(first))), *_gaps(first)),
    )


def counted(
    officials: object, devices: object, completeness: Sequence[tuple[str, object]], gaps: Sequence[tuple[str, object]]
) -> tuple[Block, ...]:
    """Return the coverage of people without a word on whose it is."""
    graded = [(Said(name.replace("_", " ")), say(": "), str(number)) for name, number in completeness]
    phones = say("Phones: {devices}, of officials: {officials}", devices=devices, officials=officials)
    told = Para((phones, say(". "), joined(tuple(graded), say(", ")) or NOTHING, say(".")))
    return (told, *((Bullets(tuple(f"{name} ({number})" for name, number in gaps)),) if gaps else ()))


def device_card(device: DeviceFact, who: str) -> Card:
    """Return one phone: what it could have shown, what it was compared with, and what was not examined."""
    return Card(
        (f"{device.id}: {device.what} ", soft(f"({who})")),
        (Pairs(((say("Could have shown"), device.reach or NOTHING), *_compared(device))), *_gaps(device)),
        device.status,
    )


def _compared(device: DeviceFact) -> Iterator[tuple[Inline, Inline]]:
    yield say("Examined"), (bold(_examined(device)), " ", device.completeness_words)
    yield say("Compared with"), "; ".join(device.compared) or NOTHING
    if device.key_facts:
        yield say("Modules"), "; ".join(device.key_facts)
    if device.limitations:
        yield say("Never carried"), " ".join(device.limitations)
    if device.stale:
        yield say("Newer at hand"), "; ".join(device.stale)


def _gaps(device: DeviceFact) -> tuple[Block, ...]:
    gaps: tuple[Inline, ...] = tuple(
        (bold(gap.module), f": {gap.words}", f"; {gap.reason}" if gap.reason else "") for gap in device.gaps[:MOST_GAPS]
    )
    more = len(device.gaps) - len(gaps)
    gaps += (say("{more:# more gap stands|# more gaps stand} in the JSON of this report.", more=more),) if more else ()
    if gaps:
        return (Para(bold(say("Gaps"))), Bullets(gaps))
    return (Para(say("No gaps.")),) if device.completeness else ()


def consents(people: Sequence[PersonFact | DeviceFacts]) -> Iterator[Block]:
    """Yield what people agreed to, each consent once with whose it is."""
    alike: dict[str, list[str]] = {}
    for one in (each for each in people if each.consent):
        alike.setdefault(one.consent, []).append(f"{one.who} ({one.consent_id})" if one.consent_id else one.who)
    if alike:
        yield Bullets(tuple((bold(terms), " ", ", ".join(whose)) for terms, whose in alike.items()))


def results(devices: Sequence[DeviceFact]) -> dict[str, list[tuple[str, str]]]:
    """Return the scans of each acquisition with the hashes of their results."""
    found: dict[str, list[tuple[str, str]]] = {}
    for scan in (each for device in devices for each in device.scans):
        found.setdefault(scan.acquisition, []).append((scan.id, scan.results_sha256 or NOTHING))
    return found
