"""The parts of a report that are sentences: methodology, impact, response, lessons, advice and method."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.escape import defang, visible
from mvtcase.findings.review import state_of
from mvtcase.findings.status import WORDS
from mvtcase.model import EvidenceClass, FindingState, ModuleOutcome, RosterState, Status
from mvtcase.model.reach import suffices
from mvtcase.report import sentences as words
from mvtcase.report.crowds import merged_words
from mvtcase.report.facts import Advice, Method, SetFact
from mvtcase.report.numbers import inside, people_count, quoted, some
from mvtcase.report.plain_words import day
from mvtcase.wording import Message, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mvtcase.casebook import OfficialStanding
    from mvtcase.model import Finding, SealingSeen
    from mvtcase.report.crowds import Counted
    from mvtcase.report.facts import SealingFacts, Shown
    from mvtcase.report.view import Occasion, View

_BROKEN = frozenset({ModuleOutcome.DAMAGED, ModuleOutcome.DENIED, ModuleOutcome.FAILED, ModuleOutcome.TIMED_OUT})
_UNHEARD = frozenset({RosterState.REFUSED, RosterState.UNREACHABLE, RosterState.WITHDRAWN})
_CHANGED = "changed_on_off"
_MOST_NAMED = 20
"""How many people a sentence names; the table has all of them."""
METHODS: Mapping[EvidenceClass, str] = {
    EvidenceClass.ATTEMPT: "Links or messages from published attack infrastructure were sent to {n}.",
    EvidenceClass.EXPOSURE: "Phones of {n} opened or looked up published attack infrastructure.",
    EvidenceClass.EXECUTION: "A program named as published spyware ran on phones of {n}.",
    EvidenceClass.ARTEFACT: "Things that published spyware leaves were on phones of {n}.",
}


def methodology(view: View, sealing: Mapping[str, SealingSeen]) -> tuple[str, ...]:
    """Return how the attack was done as far as confirmed findings say, which may be nothing."""
    sentences = [
        say(words_of, n=people_count(view.number(len(affected))))
        for kind, words_of in METHODS.items()
        if (affected := {one.official for one in _confirmed(view) if one.evidence_class is kind})
    ]
    changed = [one for one in view.shown if _is_changed(sealing, one)]
    if changed:
        sentences.append(
            say(
                "LINE Letter Sealing changed from on to off for {changed}. The setting belongs to the "
                "account: any logged-in client can change it. How it was changed is unknown.",
                changed=people_count(view.part(changed, view.shown)),
            )
        )
    return view.told(sentences or [say("Unknown. No finding that would show a method has been confirmed.")])


def _confirmed(view: View) -> list[Finding]:
    """Return the findings that count as confirmed: by the same rule by which the status table counts them."""
    return [one for one in view.findings if state_of(one) is FindingState.CONFIRMED]


def _is_changed(sealing: Mapping[str, SealingSeen], one: OfficialStanding) -> bool:
    return one.official.id in sealing and sealing[one.official.id].sealing == _CHANGED


def impact(view: View, numbers: Counted) -> tuple[str, ...]:
    """Return what is known of the consequences."""
    proven, aimed = inside(view, numbers, Status.CONFIRMED, Status.TARGETED)
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
            say(
                "Attacks on {aimed} were confirmed; whether any succeeded is unknown.",
                aimed=people_count(aimed),
            )
        )
    if not proven and not aimed:
        yielded.append(say("Unknown. No attack has been confirmed so far."))
    yielded.append(say("What was read or taken from a phone or an account is unknown."))
    return view.told(yielded)


def response(view: View) -> tuple[str, ...]:
    """Return what has been done so far."""
    consented = [one for one in view.shown if any(each.withdrawn_at is None for each in one.consents)]
    scans = [scan for scan in view.scans if scan.recheck_of is None]
    done = [
        say(
            "{asked} on the roster; {consented} with a recorded consent that stands.",
            asked=people_count(len(view.shown)),
            consented=view.part(consented, view.shown),
        ),
        say(
            "{acquisitions} registered, each with the hash of every file.",
            acquisitions=some(view.number(sum(len(each.acquisitions) for each in view.devices)), "acquisition"),
        ),
        say(
            "{scans} finished that count; {rechecks} of results.",
            scans=some(view.number(len(scans)), "scan"),
            rechecks=some(view.number(len(view.scans) - len(scans)), "recheck"),
        ),
        say(
            "{judged} of {findings:# finding|# findings} judged by an examiner.",
            judged=view.number(sum(bool(one.dispositions) for one in view.findings)),
            findings=view.number(len(view.findings)),
        ),
    ]
    if view.observations:
        done.append(
            say(
                "{observations} recorded about people named here.",
                observations=some(view.number(len(view.observations)), "observation"),
            )
        )
    return view.told(done)


def lessons(view: View) -> tuple[str, ...]:
    """Return what the inquiry itself teaches: what stood in its way, and what examiners wrote down as a lesson."""
    told: list[Message | str] = []
    poor = [each for each in view.devices if each.latest and not suffices(each.reach)]
    if poor:
        told.append(
            say(
                "{devices} could not show programs that ran, since the copy taken of them does not carry that: an "
                "encrypted backup, a sysdiagnose or AndroidQF does.",
                devices=some(view.number(len(poor)), "examined device"),
            )
        )
    broken = [gap for each in view.devices for gap in each.gaps if gap.outcome in _BROKEN]
    if broken:
        told.append(
            say(
                (
                    "{gaps} came from data that was damaged, refused or cut: "
                    "check a copy while the phone is still at hand."
                ),
                gaps=some(view.number(len(broken)), "gap"),
            )
        )
    unheard = [one for one in view.shown if one.official.roster in _UNHEARD]
    if unheard:
        told.append(
            say(
                "{people} did not answer, refused or withdrew: ask what kept them, and offer it again.",
                people=people_count(view.part(unheard, view.shown)),
            )
        )
    false = sum(state_of(one) is FindingState.FALSE_POSITIVE for one in view.findings)
    if false:
        told.append(
            say(
                "{false} of {findings} findings were false: the reasons are kept and help the next review.",
                false=view.number(false),
                findings=view.number(len(view.findings)),
            )
        )
    told += [view.veil.text(each) for each in view.occasion.lessons if view.shows_texts]
    return view.told(told or [say("None has been written down so far.")])


def recommendations(view: View, numbers: Counted) -> tuple[Advice, ...]:
    """Return what to do for those whom a vendor warned, and for each status that somebody stands at, worst first."""
    warned = [one for one in view.shown if one.notifications]
    told: list[Advice] = []
    if warned:
        notified = view.word(say("warned by a vendor's threat notification"))
        told.append(
            Advice(
                status=str(Status.TARGETED),
                words=notified,
                officials=view.part(warned, view.shown),
                steps=view.told(words.NOTIFIED),
            )
        )
    for cell in numbers.cells:
        if cell.count:
            steps = dict.fromkeys(step for each in _advised(cell.statuses) for step in words.RECOMMENDATIONS[each])
            told.append(
                Advice(
                    status=str(cell.statuses[0] if len(cell.statuses) == 1 else _advised(cell.statuses)[0]),
                    words=view.word(quoted(merged_words(cell.statuses, WORDS))),
                    officials=cell.count,
                    steps=view.told(steps),
                )
            )
    return tuple(told)


def _advised(statuses: Sequence[Status]) -> tuple[Status, ...]:
    """Return whose advice a cell gets: that of no one status among several, which would tell which it is."""
    if len(statuses) == 1:
        return tuple(statuses)
    return tuple(each for each in statuses if each not in {Status.CONFIRMED, Status.TARGETED})


def for_all(view: View, sealed: SealingFacts | None) -> tuple[str, ...]:
    """Return what to do for everybody in the affected groups, with whom to ask again and whom to examine."""
    asked = len(view.shown)
    missing = sum(one.status is Status.NOT_EXAMINED for one in view.shown)
    due = sealed.due if sealed else view.number(asked)
    named = [row.who for row in sealed.rows if row.due] if sealed else [view.who(one.official.id) for one in view.rows]
    monitoring = say(
        "Watch the encryption settings continuously: look at LINE's Letter Sealing of everybody every thirty days. Due "
        "now: {due}{named}.",
        due=people_count(due),
        named=_named(named, due),
    )
    examining = say(
        "Examine the phones of all affected officials: {missing} of {asked} on the roster not examined so far.",
        missing=people_count(view.number(missing)),
        asked=asked,
    )
    return view.told((monitoring, examining, *words.RECOMMENDATIONS_FOR_ALL, *help_lines(view.occasion)))


def _named(people: Sequence[str], of: Shown) -> Message | str:
    """Return the list of those who are due: all of them, or those who may be named, or as many as a sentence takes."""
    told = ", ".join(people[:_MOST_NAMED])
    if len(people) > _MOST_NAMED:
        more = len(people) - _MOST_NAMED
        return say(" (among them {named}, and {more} more in the table of Letter Sealing)", named=told, more=more)
    if not people:
        return ""
    return say(" ({named})", named=told) if of == len(people) else say(" (among them {named})", named=told)


def help_lines(occasion: Occasion) -> Iterator[Message]:
    """Yield the help lines that take requests, each with the day it was checked on; nobody is sent to a paused one."""
    for each in occasion.help_lines:
        if not each.paused:
            yield say(
                "{name}: {contact} (checked on {checked})",
                name=visible(each.name),
                contact=visible(each.contact),
                checked=day(each.checked_on),
            )


def method(view: View) -> Method:
    """Return tools, sets, boxes and control of the scans in this report."""
    tools = sorted({(name, visible(version)) for scan in view.scans for name, version in scan.tools.items()})
    return Method(
        tools=tuple((visible(name), version) for name, version in tools),
        plugins=tuple(sorted({visible(run.origin) for scan in view.scans for run in scan.modules if run.origin})),
        sets=_sets(view),
        scans=view.number(len(view.scans)),
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
            source_url=visible(defang(each.source_url)),
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
                "{without} of {scans:# scan|# scans} ran without a passed positive control.",
                without=view.number(without),
                scans=view.number(len(view.scans)),
            )
        )
    return view.told(told or [say("No scan stands behind this report.")])
