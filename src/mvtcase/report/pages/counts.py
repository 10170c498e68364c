"""What reports count, as tables: people by status and group, indicators, links, Letter Sealing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.report.document import (
    NOTHING,
    Bullets,
    Card,
    Para,
    Section,
    Table,
    Tone,
    chip,
    code,
    joined,
)
from mvtcase.report.pages import parts
from mvtcase.wording import Said, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mvtcase.report.document import Block, Inline
    from mvtcase.report.facts import (
        GroupTally,
        IndicatorRow,
        LinkFact,
        SealingFacts,
        Summary,
        Tally,
    )
    from mvtcase.wording import Message

MOST_LINKS, MOST_NAMED, OF_MANY = 20, 12, 4
"""How many links stand in a table, and how many people of each: of more people only a few, since what so many share
says little of each. The JSON has all."""


def numbers(tallies: Sequence[Tally], name: Message) -> Table:
    """Return how many stand at each status."""
    return Table(
        name=name,
        head=(say("status"), say("officials"), say("dismissed"), say("leads")),
        rows=tuple(
            (chip(each.words, each.status), str(each.count), str(each.dismissed), str(each.leads)) for each in tallies
        ),
        numbers=frozenset({1, 2, 3}),
    )


def group_numbers(groups: Sequence[GroupTally]) -> Iterator[Block]:
    """Yield the numbers of each group that is given apart."""
    given = [each for each in groups if each.total is not None]
    if not given:
        return
    heads = tuple(_short(each) for each in given[0].tallies)
    yield Table(
        name=say("By affected group"),
        head=(say("group"), say("officials"), *heads),
        rows=tuple(
            (
                each.group,
                str(each.total),
                *(str(tally.count) if tally.count else NOTHING for tally in each.tallies),
            )
            for each in given
        ),
        numbers=frozenset(range(1, len(heads) + 2)),
    )


def _short(tally: Tally) -> Inline:
    return joined(tuple(Said(each.replace("_", " ")) for each in tally.statuses), " / ")


def found_and_unknown(summary: Summary) -> tuple[Block, ...]:
    """Return what was found and what is not known."""
    return (
        Card(say("What was found"), (Bullets(summary.sentences),), "quiet"),
        Card(say("What is not known"), (Bullets(summary.unknowns),), "unknown"),
    )


def indicators(rows: Sequence[IndicatorRow]) -> Section:
    """Return every indicator that was found, or that there was none."""
    table = Table(
        name=say("Indicators"),
        head=(
            say("indicator"),
            say("type"),
            say("family"),
            say("set"),
            say("findings"),
            say("officials"),
            say("first seen"),
            say("last seen"),
        ),
        rows=tuple(
            (
                code(one.indicator.value),
                one.indicator.type,
                one.indicator.family,
                f"{one.indicator.set} {one.indicator.version}",
                str(one.findings),
                str(one.officials),
                parts.moment(one.first_seen),
                parts.moment(one.last_seen),
            )
            for one in rows
        ),
        numbers=frozenset({4, 5}),
        under=((1, 0), (2, 3), (7, 6)),
    )
    none = Para(say("None provided: no published indicator was found."))
    return Section(say("Indicators"), (table,) if rows else (none,), "indicators")


def links(found: Sequence[LinkFact], *, naming: bool) -> Section:
    """Return what two or more officials share."""
    named = (say("among them"),) if naming else ()
    return Section(
        say("What links officials"),
        (
            Para(say("A link is a reason to look, and no proof that one attacker stands behind it."), Tone.SMALL),
            Table(
                name=say("What links officials"),
                head=(say("link"), say("what"), say("officials"), *named, say("findings"), say("first"), say("last")),
                rows=tuple(
                    (
                        each.meaning,
                        code(each.value),
                        str(each.officials),
                        *((some(each.who),) if naming else ()),
                        str(each.findings),
                        parts.moment(each.first),
                        parts.moment(each.last),
                    )
                    for each in found[:MOST_LINKS]
                ),
                numbers=frozenset({2}),
                under=((0, 1), (4, 1), (6, 5)) if naming else ((0, 1), (3, 1), (5, 4)),
            ),
            *(
                (
                    Para(
                        say("{more:# more link stands|# more links stand} in the JSON of this report.", more=more),
                        Tone.SMALL,
                    ),
                )
                if (more := len(found) - MOST_LINKS) > 0
                else ()
            ),
        ),
        "links",
    )


def some(names: Sequence[str]) -> Inline:
    """Return names, of many only the first."""
    told = names if len(names) <= MOST_NAMED else names[:OF_MANY]
    more = len(names) - len(told)
    listed = ", ".join(told) or NOTHING
    return (listed, say(", "), say("{more} more", more=more)) if more else listed


def sealing(facts: SealingFacts | None, drawing: tuple[Block, ...] = ()) -> Section:
    """Return the behavioural indicator: LINE Letter Sealing over the groups, and of everybody who may have a row."""
    title, anchor = say("Behavioural indicators: LINE Letter Sealing"), "sealing"
    if facts is None:
        return Section(title, (Para(say("None provided: nobody was asked about Letter Sealing so far.")),), anchor)
    groups = Table(
        name=say("Letter Sealing by group"),
        head=(
            say("group"),
            say("on"),
            say("off"),
            say("changed on to off"),
            say("conflicting"),
            say("unknown"),
            say("off or changed, and a match or more"),
        ),
        rows=tuple(
            (
                each.group,
                *(
                    str(number)
                    for number in (each.on, each.off, each.changed, each.conflicting, each.unknown, each.overlap)
                ),
            )
            for each in facts.groups
        ),
        numbers=frozenset(range(1, 7)),
    )
    people = Table(
        name=say("Letter Sealing by person"),
        head=(
            say("official"),
            say("Letter Sealing"),
            say("changed between"),
            say("last looked at"),
            say("to be asked again"),
        ),
        rows=tuple(
            (
                each.who,
                each.sealing,
                (parts.day(each.last_on), " – ", parts.day(each.first_off))
                if each.last_on and each.first_off
                else NOTHING,
                (parts.moment(each.last_seen), f" ({each.method})" if each.method else "")
                if each.last_seen or each.looks
                else say("nobody asked so far"),
                say("due") if each.due else NOTHING,
            )
            for each in facts.rows
        ),
    )
    rows = (people,) if facts.rows else ()
    return Section(title, (Bullets(facts.notes), groups, *drawing, *rows), anchor)
