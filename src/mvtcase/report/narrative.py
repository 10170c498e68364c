"""The parts of a report that are sentences: summary, unknowns, methodology, impact, response, advice and method."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

from mvtcase.escape import visible
from mvtcase.findings.review import stands, state_of
from mvtcase.findings.status import WORDS, counts
from mvtcase.model import Completeness, EvidenceClass, FindingState, RosterState, Status
from mvtcase.report import sentences as words
from mvtcase.report.examined import SHORT
from mvtcase.report.facts import Advice, GroupTally, Method, SetFact, Summary, Tally
from mvtcase.wording import Message, count, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mvtcase.casebook import OfficialStanding
    from mvtcase.model import Finding, IndicatorSet
    from mvtcase.report.view import SealingSeen, View

_CHANGED = "changed_on_off"
METHODS: Mapping[EvidenceClass, str] = {
    EvidenceClass.ATTEMPT: "Links or messages from published attack infrastructure were sent to {n}.",
    EvidenceClass.EXPOSURE: "Phones of {n} opened or looked up published attack infrastructure.",
    EvidenceClass.EXECUTION: "A program named as published spyware ran on phones of {n}.",
    EvidenceClass.ARTEFACT: "Things that published spyware leaves were on phones of {n}.",
}


COUNTED = {
    "official": ("{n} official", "{n} officials"),
    "device": ("{n} device", "{n} devices"),
    "examined device": ("{n} examined device", "{n} examined devices"),
    "gap": ("{n} gap", "{n} gaps"),
    "acquisition": ("{n} acquisition", "{n} acquisitions"),
    "scan": ("{n} scan", "{n} scans"),
    "recheck": ("{n} recheck", "{n} rechecks"),
    "observation": ("{n} observation", "{n} observations"),
}
"""Things that are counted: one of them, and several."""


def some(number: int, what: str) -> Message:
    """Return a number of things: `1 gap`, `2 gaps`."""
    return count(*COUNTED[what], number)


def people_count(number: int) -> Message:
    """Return a number of officials in words."""
    return some(number, "official")


def tallies(officials: Sequence[OfficialStanding]) -> tuple[Tally, ...]:
    """Return how many officials stand at each status, worst first, every status named."""
    total = len(officials) or 1
    found = counts(one.status for one in officials)
    return tuple(
        Tally(
            status=str(status),
            words=WORDS[status],
            count=number,
            share=round(100 * number / total, 2),
            dismissed=sum(one.dismissed for one in officials if one.status is status),
            leads=sum(one.leads for one in officials if one.status is status),
        )
        for status, number in found.items()
    )


def groups(view: View) -> tuple[GroupTally, ...]:
    """Return the counts of each group that somebody shown belongs to; members of inner groups count in the outer."""
    rows = []
    for group in view.book.groups:
        inside = {one.official.id for one in view.book.members(group.id)}
        members = [one for one in view.shown if one.official.id in inside]
        if members:
            rows.append(
                GroupTally(group=view.veil.text(group.name, limit=SHORT), total=len(members), tallies=tallies(members))
            )
    return tuple(rows)


def summary(view: View) -> Summary:
    """Return the executive summary."""
    return Summary(sentences=view.told(_found(view)), unknowns=view.told(_unknown(view)))


def _found(view: View) -> Iterator[str | Message]:
    examined = [one for one in view.shown if one.status is not Status.NOT_EXAMINED]
    phones = sum(bool(device.latest) for device in view.devices)
    lead = say(
        "Of {shown}, {examined} {were} examined",
        shown=people_count(len(view.shown)),
        examined=len(examined),
        were=_were(len(examined)),
    )
    yield say("{lead}, with {phones}.", lead=lead, phones=some(phones, "device"))
    for status, number in counts(one.status for one in view.shown).items():
        if number and status is not Status.NOT_EXAMINED:
            told = sum(one.rests_on_notification for one in view.shown if one.status is status)
            alone = say(" ({told} of them by a vendor's threat notification alone)", told=told) if told else ""
            yield say("{count}: {words}{alone}.", count=people_count(number), words=WORDS[status], alone=alone)
    warned = [one for one in view.shown if one.notifications]
    if warned:
        vendors = sorted({words.vendor(each.kind) for one in warned for each in one.notifications})
        yield (
            say(
                "{warned} {were} warned by {vendors} with a threat notification that is recorded "
                "here; such a warning stands whatever a phone shows.",
                warned=people_count(len(warned)),
                were=_were(len(warned)),
                vendors=", ".join(vendors),
            )
        )
    standing = [one for one in view.findings if one.indicator and stands(one)]
    families = sorted(
        {view.veil.text(one.indicator.family) for one in standing if one.indicator and one.indicator.family}
    )
    if families:
        yield say("Published indicators that were found speak of: {families}.", families=", ".join(families))
    if not any(state_of(one) is FindingState.CONFIRMED for one in standing):
        yield say("No finding has been confirmed by two examiners so far.")


def _were(number: int) -> Message:
    return say("was") if number == 1 else say("were")


def _unknown(view: View) -> Iterator[str | Message]:
    tally = Counter(one.status for one in view.shown)
    if tally[Status.NOT_EXAMINED]:
        number = tally[Status.NOT_EXAMINED]
        yield say(
            "Nothing is known about {number} who {were} not examined{roster}.",
            number=people_count(number),
            were=_were(number),
            roster=_roster(view),
        )
    if tally[Status.INCONCLUSIVE]:
        yield (
            say(
                "For {tally} no statement is possible: part of the data was not examined or compared, or it shows too "
                "little.",
                tally=people_count(tally[Status.INCONCLUSIVE]),
            )
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
        gaps = some(sum(len(each.gaps) for each in partial), "gap")
        of = sum(bool(each.latest) for each in view.devices)
        yield say(
            "{partial} of {of} could not be examined in full: {gaps} in coverage.",
            partial=len(partial),
            of=some(of, "examined device"),
            gaps=gaps,
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


def _roster(view: View) -> str | Message:
    tally = Counter(one.official.roster for one in view.shown if one.status is Status.NOT_EXAMINED)
    told = [say("{n} {what}", n=tally[each], what=words.ROSTER_WORDS[each]) for each in RosterState if tally[each]]
    return say(" ({told})", told="; ".join(view.told(told))) if told else ""


def methodology(view: View, sealing: Mapping[str, SealingSeen]) -> tuple[str, ...]:
    """Return how the attack was done as far as confirmed findings say, which may be nothing."""
    sentences = [
        say(words_of, n=people_count(len(affected)))
        for kind, words_of in METHODS.items()
        if (affected := {one.official for one in _confirmed(view) if one.evidence_class is kind})
    ]
    changed = [one for one in view.shown if _is_changed(sealing, one)]
    if changed:
        sentences.append(
            say(
                "LINE Letter Sealing changed from on to off for {changed}. The setting belongs to the "
                "account: any logged-in client can change it. How it was changed is unknown.",
                changed=people_count(len(changed)),
            )
        )
    return view.told(sentences or [say("Unknown. No finding that would show a method has been confirmed.")])


def _confirmed(view: View) -> list[Finding]:
    """Return the findings that count as confirmed: by the same rule by which the status table counts them."""
    return [one for one in view.findings if state_of(one) is FindingState.CONFIRMED]


def _is_changed(sealing: Mapping[str, SealingSeen], one: OfficialStanding) -> bool:
    return one.official.id in sealing and sealing[one.official.id].sealing == _CHANGED


def impact(view: View) -> tuple[str, ...]:
    """Return what is known of the consequences."""
    tally = Counter(one.status for one in view.shown if not one.rests_on_notification)
    proven, aimed = tally[Status.CONFIRMED], tally[Status.TARGETED]
    yielded: list[str | Message] = []
    if proven:
        yielded.append(
            say(
                "On phones of {proven} two examiners confirmed traces of spyware. Such spyware can read "
                "messages, listen and follow the position; whether it did is not visible in this data.",
                proven=people_count(proven),
            )
        )
    if aimed:
        yielded.append(
            say("Attacks on {aimed} were confirmed; whether any succeeded is unknown.", aimed=people_count(aimed))
        )
    if not proven and not aimed:
        yielded.append(say("Unknown. No attack has been confirmed so far."))
    yielded.append(say("What was read or taken from a phone or an account is unknown."))
    return view.told(yielded)


def response(view: View) -> tuple[str, ...]:
    """Return what has been done so far."""
    asked = len(view.shown)
    consented = sum(any(each.withdrawn_at is None for each in one.consents) for one in view.shown)
    acquisitions = sum(len(each.acquisitions) for each in view.devices)
    scans = [scan for scan in view.scans if scan.recheck_of is None]
    judged = [one for one in view.findings if one.dispositions]
    done = [
        say(
            "{asked} on the roster; {consented} with a recorded consent that stands.",
            asked=people_count(asked),
            consented=consented,
        ),
        say(
            "{acquisitions} registered, each with the hash of every file.",
            acquisitions=some(acquisitions, "acquisition"),
        ),
        say(
            "{scans} finished that count; {rechecks} of results.",
            scans=some(len(scans), "scan"),
            rechecks=some(len(view.scans) - len(scans), "recheck"),
        ),
        say("{judged} of {findings} findings judged by an examiner.", judged=len(judged), findings=len(view.findings)),
    ]
    if view.observations:
        done.append(
            say(
                "{observations} recorded about people named here.",
                observations=some(len(view.observations), "observation"),
            )
        )
    return view.told(done)


def recommendations(view: View) -> tuple[Advice, ...]:
    """Return what to do for those whom a vendor warned, and for each status that somebody stands at, worst first."""
    warned = sum(bool(one.notifications) for one in view.shown)
    told = view.word(say("warned by a vendor's threat notification"))
    return (
        *((Advice(status=str(Status.TARGETED), words=told, officials=warned, steps=words.NOTIFIED),) if warned else ()),
        *(
            Advice(status=str(status), words=WORDS[status], officials=number, steps=words.RECOMMENDATIONS[status])
            for status, number in counts(one.status for one in view.shown).items()
            if number
        ),
    )


def method(view: View) -> Method:
    """Return tools, sets, boxes and control of the scans in this report."""
    tools = sorted({(name, visible(version)) for scan in view.scans for name, version in scan.tools.items()})
    return Method(
        tools=tuple((visible(name), version) for name, version in tools),
        sets=_sets(view),
        scans=len(view.scans),
        sandboxes=tuple(sorted({visible(scan.sandbox) for scan in view.scans})),
        control=_control(view),
        consent=words.CONSENT_CLAUSE,
    )


def _sets(view: View) -> tuple[SetFact, ...]:
    used = {each.sha256: each for scan in view.scans for each in scan.sets}
    return tuple(
        SetFact(
            name=visible(each.name),
            version=visible(each.version),
            publisher=visible(each.publisher) or words.UNKNOWN,
            licence=visible(each.licence) or words.UNKNOWN,
            source_url=view.veil.text(each.source_url),
            sha256=each.sha256,
            usable=each.usable,
            unusable=each.unusable,
        )
        for each in sorted(used.values(), key=lambda one: (one.name, one.version, one.sha256))
    )


def _control(view: View) -> tuple[str, ...]:
    passed = sorted({scan.control_passed_at for scan in view.scans if scan.control_passed_at})
    without = sum(scan.control_passed_at is None for scan in view.scans)
    told = (
        [say("The positive control (planted indicators, all found) passed on {passed}.", passed=passed[-1])]
        if passed
        else []
    )
    if without:
        told.append(
            say(
                "{without} of {scans} scans ran without a passed positive control.",
                without=without,
                scans=len(view.scans),
            )
        )
    return view.told(told or [say("No scan stands behind this report.")])
