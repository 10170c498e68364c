"""The executive summary in sentences: the bottom line, how sure it is, what comes next, found and unknown."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

from mvtcase.escape import visible
from mvtcase.findings.review import stands, state_of
from mvtcase.findings.status import WORDS
from mvtcase.model import Completeness, FindingState, RosterState, Status
from mvtcase.report import sentences as words
from mvtcase.report.crowds import EXAMINED, FOUND, TOTAL, merged_words
from mvtcase.report.facts import Summary
from mvtcase.report.numbers import inside, people_count, quoted, some, were
from mvtcase.wording import Message, said, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mvtcase.model import Finding, IndicatorSet
    from mvtcase.report.crowds import Counted
    from mvtcase.report.view import View

BOTTOM_LINE: Mapping[Status, str] = said({
    Status.CONFIRMED: "Traces of spyware were confirmed on phones of {people}.",
    Status.TARGETED: "Attacks on {people} were confirmed; whether they succeeded is not known.",
    Status.INDICATOR_MATCH: (
        "Something published as belonging to spyware was found with {people}; it is under review and not confirmed."
    ),
    Status.SUSPICIOUS: "Something unusual was found with {people}; ordinary causes are common.",
})  # fmt: skip
"""What can be said in public of those at a status."""


def summary(view: View, numbers: Counted) -> Summary:
    """Return the executive summary."""
    return Summary(
        bottom_line=view.told(_bottom_line(view, numbers)),
        how_sure=view.told(_how_sure(view)),
        next_steps=view.told(_next_steps(view, numbers)),
        sentences=view.told(_found(view, numbers)),
        unknowns=view.told(_unknown(view, numbers)),
    )


def _bottom_line(view: View, numbers: Counted) -> Iterator[Message]:
    """Yield what can be said in public in three sentences: who, what was found, and what that does not mean."""
    cells = {each.statuses: each.count for each in numbers.cells}
    asked = sum(cells.values())
    examined = asked - cells.get((Status.NOT_EXAMINED,), 0) if numbers.rung < TOTAL else 0
    if numbers.rung < TOTAL:
        yield say(
            "{examined} of {asked} {were} examined for traces of spyware.",
            examined=examined,
            asked=people_count(asked),
            were=were(examined),
        )
    alone = {status: cells.get((status,), 0) for status in Status} if numbers.rung == 0 else {}
    said = False
    warned = [one for one in view.shown if one.rests_on_notification]
    for status, sentence in BOTTOM_LINE.items():
        number = alone.get(status, 0)
        resting = sum(one.status is status for one in warned)
        if number > resting:
            said = True
            told = inside(view, numbers, status)[0] if resting else number
            yield say(sentence, people=people_count(told))
    if warned:
        said = True
        told_by = view.number(len(warned))
        yield say("{people} {were} warned by a vendor.", people=people_count(told_by), were=were(told_by))
    if numbers.rung:
        for cell in numbers.cells:
            if cell.count and set(cell.statuses) <= FOUND:
                said = True
                found = quoted(merged_words(cell.statuses, WORDS))
                yield say("{people}: {found}.", people=people_count(cell.count), found=found)
        said = said or bool(numbers.rung >= EXAMINED and any(one.status in FOUND for one in view.shown))
    if not said:
        yield _nothing_found(numbers.rung, examined)


def _nothing_found(rung: int, examined: int) -> Message:
    if rung == TOTAL:
        return say("How many of so few people were examined, and with what result, is not told here.")
    if not examined:
        return say("Nothing has been looked at so far, so nothing can be said.")
    return say("No trace of spyware has been found so far in what could be looked at, which is no all-clear.")


def _how_sure(view: View) -> Iterator[Message]:
    standing = [one for one in view.findings if one.indicator and stands(one)]
    confirmed = [one for one in standing if state_of(one) is FindingState.CONFIRMED]
    needed = max((one.examiners_needed for one in view.findings), default=2)
    if confirmed and needed > 1:
        yield say("What is called confirmed was judged by two examiners, each on their own.")
    elif confirmed:
        yield say("What is called confirmed was judged by one examiner: this case needs no second.")
    if len(standing) > len(confirmed):
        yield say("Matches of published indicators that await review can still turn out to be false.")
    partial = [each for each in view.devices if each.latest and each.completeness is not Completeness.FULL]
    if partial:
        yield say(
            "{partial} could not be examined in full, so traces there can have been missed.",
            partial=some(view.number(len(partial)), "device"),
        )
    yield say("Whoever is behind it, and what was read or taken, cannot be seen in this data.")


def _next_steps(view: View, numbers: Counted) -> Iterator[Message]:
    waiting = {one.official for one in view.findings if one.indicator and stands(one) and not _is_settled(one)}
    missing = [one for one in view.shown if one.status is Status.NOT_EXAMINED]
    (open_,) = inside(view, numbers, Status.INCONCLUSIVE)
    due = [each for each in view.devices if each.due]
    if waiting:
        yield say(
            "Review the open findings of {people} by two examiners.", people=people_count(view.number(len(waiting)))
        )
    if missing:
        yield say("Examine {people} not examined so far.", people=people_count(view.number(len(missing))))
    if open_:
        yield say(
            "Close the gaps of {people} with another acquisition or a recheck.",
            people=people_count(open_),
        )
    if due:
        yield say("Recheck {devices} with the newer indicators.", devices=some(view.number(len(due)), "device"))
    yield say("Until Letter Sealing is confirmed, talk over a channel that was verified independently of LINE.")


def _is_settled(one: Finding) -> bool:
    return state_of(one) is FindingState.CONFIRMED


def _found(view: View, numbers: Counted) -> Iterator[str | Message]:
    phones = sum(bool(device.latest) for device in view.devices)
    if numbers.rung < TOTAL:
        examined = sum(each.count for each in numbers.cells if each.statuses != (Status.NOT_EXAMINED,))
        lead = say(
            "Of {shown}, {examined} {were} examined",
            shown=people_count(len(view.shown)),
            examined=examined,
            were=were(examined),
        )
        yield say("{lead}, with {phones}.", lead=lead, phones=some(view.number(phones), "device"))
    for cell in numbers.cells:
        if cell.count and cell.statuses != (Status.NOT_EXAMINED,) and numbers.rung < EXAMINED:
            told = sum(one.rests_on_notification for one in view.shown if one.status in cell.statuses)
            alone = (
                say(" ({told} of them by a vendor's threat notification alone)", told=view.number(told)) if told else ""
            )
            found = quoted(merged_words(cell.statuses, WORDS))
            yield say("{count}: {words}{alone}.", count=people_count(cell.count), words=found, alone=alone)
    warned = [one for one in view.shown if one.notifications]
    if warned:
        vendors = sorted({words.vendor(each.kind) for one in warned for each in one.notifications})
        yield (
            say(
                "{warned} {were} warned by {vendors} with a threat notification that is recorded "
                "here; such a warning stands whatever a phone shows.",
                warned=people_count(view.number(len(warned))),
                were=were(view.number(len(warned))),
                vendors=", ".join(vendors),
            )
        )
    standing = [one for one in view.findings if one.indicator and stands(one)]
    families = sorted({visible(one.indicator.family) for one in standing if one.indicator and one.indicator.family})
    if families:
        yield say("Published indicators that were found speak of: {families}.", families=", ".join(families))
    if not any(state_of(one) is FindingState.CONFIRMED for one in standing):
        yield say("No finding has been confirmed by two examiners so far.")


def _unknown(view: View, numbers: Counted) -> Iterator[str | Message]:
    tally = Counter(one.status for one in view.shown)
    if tally[Status.NOT_EXAMINED]:
        number = view.number(tally[Status.NOT_EXAMINED])
        yield say(
            "Nothing is known about {number} who {were} not examined{roster}.",
            number=people_count(number),
            were=were(number),
            roster=_roster(view),
        )
    (open_,) = inside(view, numbers, Status.INCONCLUSIVE)
    if open_:
        yield say(
            "For {tally} no statement is possible: part of the data was not examined or compared, or it shows too "
            "little.",
            tally=people_count(open_),
        )
    if tally[Status.NO_TRACE]:
        yield (
            say(
                "Where no trace was found, that holds for what could be examined and for the indicators "
                "used, and for no more."
            )
        )
    partial = [each for each in view.devices if each.latest and each.completeness is not Completeness.FULL]
    if partial:
        yield say(
            "{partial} of {of} could not be examined in full: {gaps} in coverage.",
            partial=view.number(len(partial)),
            of=some(view.number(sum(bool(each.latest) for each in view.devices)), "examined device"),
            gaps=some(view.number(sum(len(each.gaps) for each in partial)), "gap"),
        )
    if any(each.stale for each in view.devices):
        yield say("Newer indicators or tools are at hand than were used for some devices; a recheck is due.")
    old = {name: day for name, each in view.sets.items() if (day := _day_of(each)) and day < _days_before(view, 90)}
    if old:
        name = min(old, key=old.__getitem__)
        yield say(
            "Indicator sets that were older than 90 days: {count} (the oldest, {name}, as of {day}). What was "
            "published since was not looked for.",
            count=len(old),
            name=visible(name),
            day=old[name],
        )
    yield say("Who was behind an attack, and what was read or taken from a phone, is unknown.")


def _day_of(used: IndicatorSet) -> str:
    return (used.imported_at or used.published_at or "")[:10]


def _days_before(view: View, days: int) -> str:
    return (date.fromisoformat(view.occasion.written_at[:10]) - timedelta(days=days)).isoformat()


def _roster(view: View) -> Message | str:
    unseen = [one for one in view.shown if one.status is Status.NOT_EXAMINED]
    parts = view.parts(*([one for one in unseen if one.official.roster is each] for each in RosterState))
    told = tuple(
        say("{number} {state}", number=number, state=words.ROSTER_WORDS[each])
        for each, number in zip(RosterState, parts, strict=True)
        if number
    )
    return say(" ({states})", states=told) if told else ""
