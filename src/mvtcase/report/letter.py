"""The letter to one official: what was looked at, what came of it, what to do; in plain words, about nobody else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mvtcase import kinds
from mvtcase.escape import visible
from mvtcase.findings.lines import group_lines
from mvtcase.findings.review import stands, state_of
from mvtcase.model import Completeness, EvidenceClass, FindingState, Level, Publication, Rating, Status, Trace
from mvtcase.report import plain_words as plain
from mvtcase.report import sealing
from mvtcase.report.examined import what
from mvtcase.report.incident import custody, details, marking
from mvtcase.report.narrative import help_lines
from mvtcase.report.view import view_of
from mvtcase.wording import Message, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mvtcase.casebook import Casebook, DeviceStanding, OfficialStanding
    from mvtcase.findings.lines import IncidentLine
    from mvtcase.model import Finding, SealingSeen
    from mvtcase.report.facts import Custody, Details, Marking
    from mvtcase.report.view import Occasion, SeenLink, View

MOST_CAUSES = 6
"""More causes than this do not fit on two pages; the others are counted."""
_QUIET = frozenset({Rating.CONTEXT, Rating.POSTURE, Rating.MENTION, Rating.LEAD})
_QUIET_STATUSES = frozenset({Status.NO_TRACE, Status.NOT_EXAMINED})


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedAt:
    """One phone of the person: what it is, when it was copied, what the copy could show, in part, or not at all."""

    what: str
    taken: str
    could_show: str
    could_not: str
    in_part: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFacts:
    """Everything the letter to one official says; nobody else is in it."""

    marking: Marking
    details: Details
    who: str
    status: str
    result: str
    looked_at: tuple[LookedAt, ...]
    found: tuple[str, ...]
    does_not_mean: tuple[str, ...]
    steps: tuple[str, ...]
    call: tuple[str, ...]
    consent: str
    custody: Custody
    explained: str = ""
    """What looked odd at first and was explained: told with what was looked at, since it is nothing found."""


def letter(
    book: Casebook, occasion: Occasion, sealed: Mapping[str, SealingSeen], links: Sequence[SeenLink] = ()
) -> LetterFacts:
    """Return what the letter to the occasion's official says.

    It goes to the person and is by name, whatever others may be shown. Links are left out: they would speak of others.
    """
    del links
    meant = occasion.official
    if meant is None:
        raise ValueError("a letter is to one official")
    view = view_of(_about(book, meant.id), occasion)
    (one,) = view.shown
    who = visible(meant.name) or visible(meant.pseudonym)
    steps = (*_steps(one), *(plain.NOTIFIED if one.notifications else ()), *_line(view, sealed))
    return LetterFacts(
        marking=marking(book.case.tlp),
        details=replace(details(view), scope=view.word(say("one person: {who}", who=who)), description="", title=""),
        who=who,
        status=str(one.status),
        result=view.word(_result(view, one)),
        looked_at=tuple(_looked_at(view, each) for each in one.devices),
        found=view.told(_found(one, {each.id: each for each in view.findings})),
        does_not_mean=view.told(plain.DOES_NOT_MEAN[one.status]),
        steps=view.told(steps),
        call=view.told(_call(occasion)),
        consent=view.word(_consent(one, occasion.written_at)),
        custody=custody(view),
        explained=view.word(plain.explained(one.dismissed)) if one.dismissed else "",
    )


def _result(view: View, one: OfficialStanding) -> str:
    if one.rests_on_notification:
        return plain.WARNED
    if one.status is Status.CONFIRMED and view.book.case.single_examiner:
        return plain.CONFIRMED_BY_ONE
    matched = {each.evidence_class for each in view.findings if each.indicator and stands(each)}
    if one.status is Status.INDICATOR_MATCH and matched == {EvidenceClass.ATTEMPT}:
        return plain.ONLY_SENT
    return plain.WAITING if _is_waiting(one) else plain.RESULT[one.status]


def _is_waiting(one: OfficialStanding) -> bool:
    """Return whether enough of the phones was looked at, and only newer knowledge was not compared yet."""
    return (
        one.status is Status.INCONCLUSIVE
        and all(each.completeness is Completeness.FULL for each in one.devices)
        and any(each.stale for each in one.devices)
    )


def _steps(one: OfficialStanding) -> tuple[str, ...]:
    """Return what to do; who withdrew the agreement is asked for nothing more."""
    steps = plain.STEPS_WAITING if _is_waiting(one) else plain.STEPS[one.status]
    if not (one.consents and one.consents[-1].withdrawn_at):
        return steps
    return (*(each for each in steps if each not in plain.ASKING), plain.AGREE_AGAIN)


def _about(book: Casebook, meant: str) -> Casebook:
    """Return the case as this letter sees it: the person by name, and nobody else."""
    (one,) = (each for each in book.officials if each.official.id == meant)
    return replace(
        book,
        officials=(replace(one, official=replace(one.official, publication=Publication.NAMED)),),
        findings=book.by_official.get(meant, ()),
        observations=tuple(each for each in book.observations if each.official == meant),
    )


def _looked_at(view: View, one: DeviceStanding) -> LookedAt:
    taken = sorted((each.acquired_at or each.registered_at)[:10] for each in one.acquisitions)
    carried = [each for each in one.reach if each.is_carried and each.trace in plain.TRACES]
    missing = [each.trace for each in one.reach if not each.is_carried and each.trace in plain.TRACES]
    unread = dict.fromkeys(trace for gap in one.gaps if (trace := kinds.TRACES.get(gap.module.lower())) in plain.TRACES)
    there = {each.trace for each in carried}
    absent = dict.fromkeys((*missing, *(each for each in unread if each not in there))) if one.latest else ()
    told = [str(each) for scan in one.latest for each in scan.limitations]
    left_out = dict.fromkeys(plain.LEFT_OUT[each] for each in told if each in plain.LEFT_OUT)
    return LookedAt(
        what=what(view, one.device.identity, one.device.platform),
        taken=_days(taken),
        could_show=view.word(plain.could_show(carried)),
        could_not=view.word(
            plain.listed([*(plain.TRACES[each] for each in absent if isinstance(each, Trace)), *left_out])
        ),
        in_part=view.word(plain.listed([plain.TRACES[each] for each in unread if each in there])),
    )


def _days(days: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(days))


def _found(one: OfficialStanding, by_id: Mapping[str, Finding]) -> Iterator[Message | str]:
    """Yield each cause once, in words of its own; a letter that found nothing lists nothing."""
    yield from (plain.warning(each) for each in one.notifications)
    causes: dict[str, list[IncidentLine]] = {}
    if one.status not in _QUIET_STATUSES:
        for line in group_lines(each for each in by_id.values() if stands(each) and _weighs(each.rating, each.level)):
            causes.setdefault(plain.cause(line), []).append(line)
    for cause, together in sorted(causes.items(), key=lambda each: plain.place(each[0]))[:MOST_CAUSES]:
        yield plain.found(
            cause, together, confirmed=any(_is_confirmed(by_id[each]) for line in together for each in line.findings)
        )
    if len(causes) > MOST_CAUSES:
        yield say(
            "And {more:# other thing|# other things}, which the responders can explain.", more=len(causes) - MOST_CAUSES
        )


def _weighs(rating: Rating, level: Level) -> bool:
    return rating not in _QUIET and level.rank >= Level.MEDIUM.rank


def _is_confirmed(finding: Finding) -> bool:
    return state_of(finding) is FindingState.CONFIRMED


def _line(view: View, sealed: Mapping[str, SealingSeen]) -> tuple[str, ...]:
    """Return what to do about LINE: what is off is to be turned on again."""
    seen = sealing.facts(view, sealed)
    off = seen is not None and any(row.sealing.endswith("off") for row in seen.rows)
    return plain.LINE_OFF if off else plain.LINE_ALL


def _call(occasion: Occasion) -> Iterator[Message]:
    """Yield whom to call: the responders, then help lines that take requests, with the day they were checked on."""
    if occasion.contact:
        yield say(
            "{organisation}: {contact}",
            organisation=visible(occasion.organisation) or visible(occasion.examiner),
            contact=visible(occasion.contact),
        )
    else:
        yield say("The person who gave you this letter.")
    yield from help_lines(occasion)


def _consent(one: OfficialStanding, now: str) -> Message:
    if not one.consents:
        return say("You have given no written agreement so far. Nothing of yours is examined without it.")
    last = one.consents[-1]
    if last.withdrawn_at:
        return say(
            "You withdrew your agreement on {day}. Nothing of yours has been examined since.",
            day=plain.day(last.withdrawn_at),
        )
    if last.expires_at and last.expires_at < now:
        return say(
            "Your agreement ended on {day}. Nothing more of yours is examined unless you agree again.",
            day=plain.day(last.expires_at),
        )
    return say(
        "You agreed to this on {day}. You can withdraw that at any time; nothing of yours is examined afterwards.",
        day=plain.day(last.given_at),
    )
