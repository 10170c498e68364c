"""The words of letters: what a person who has never heard of forensics reads, and acts on the same day."""

from __future__ import annotations

import functools
from datetime import date
from typing import TYPE_CHECKING

from mvtcase.model import EvidenceClass, Rating, Status, Trace
from mvtcase.report.sentences import vendor
from mvtcase.wording import Day, Message, Said, said, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mvtcase.findings.lines import IncidentLine
    from mvtcase.model import Observation
    from mvtcase.model.reach import Reach

RESULT: Mapping[Status, str] = said({
    Status.CONFIRMED: "We found traces of spyware on your phone, and two of us, each alone, confirmed it.",
    Status.TARGETED: "Somebody tried to attack your phone; whether it worked, we do not know.",
    Status.INDICATOR_MATCH: (
        "We found something on your phone that is known from spyware, and we are still checking it."
    ),
    Status.SUSPICIOUS: (
        "We found something unusual on your phone; such things often have an ordinary cause, and we are checking it."
    ),
    Status.INCONCLUSIVE: "We cannot tell you yet: we could not look at enough of your phone.",
    Status.NO_TRACE: "We found no trace of spyware in what we could look at.",
    Status.NOT_EXAMINED: "We have not examined your phone, so we know nothing about it.",
})  # fmt: skip
"""The result as the person reads it, in one sentence."""
CONFIRMED_BY_ONE = Said("We found traces of spyware on your phone, and one of us confirmed it.")
"""The result where this case needs no second examiner."""
ONLY_SENT = Said(
    "Somebody sent you a link or a message that is known from spyware attacks, and we are still checking it."
)
"""The result where all that was found is something the person received."""
WARNED = Said(
    "The maker of a service warned you that you may have been attacked; "
    "we take that seriously, whatever your phone shows."
)
"""The result where it rests on such a warning alone."""
WAITING = Said(
    "We cannot tell you yet: more has become known since we looked at your phone, and we still have to compare it."
)
"""The result where enough was looked at, and only what is newly known was not compared yet."""

DOES_NOT_MEAN: Mapping[Status, tuple[str, ...]] = said({
    Status.CONFIRMED: (
        "It does not tell who did it, or what was read or taken. It is not your fault: such attacks need no mistake.",
    ),
    Status.TARGETED: (
        "It does not mean that the attack worked. It is not your fault: people are chosen for what they do.",
    ),
    Status.INDICATOR_MATCH: ("It does not mean that your phone was taken over. Names and addresses can coincide.",),
    Status.SUSPICIOUS: ("It does not mean that you were attacked.",),
    Status.INCONCLUSIVE: ("It is neither good news nor bad news.",),
    Status.NO_TRACE: (
        (
            "It does not mean that nothing happened. Spyware can hide, remove "
            "its traces, or be unknown to everybody so far."
        ),
    ),
    Status.NOT_EXAMINED: ("It is neither good news nor bad news.",),
})  # fmt: skip
"""What the result does not mean."""

_KEEP = Said(
    "Keep the phone as it is. Do not reset, sell, repair or return it before we have told you that we are done."
)
_UPDATE = Said(
    "Install updates as soon as they appear, restart the phone every "
    "day, and turn on Lockdown Mode (iPhone) or Advanced "
    "Protection (Android 16 or later)."
)
_CALL = Said("Call us today, from another phone.")
STEPS: Mapping[Status, tuple[str, ...]] = said({
    Status.CONFIRMED: (
        _CALL,
        "Use another phone for everything confidential from now on, and leave this one outside of meetings.",
        _KEEP,
        "From another device, change your passwords and log out every device you do not know.",
        "Decide with us whom of your contacts to tell, and how.",
    ),
    Status.TARGETED: (
        _CALL,
        "Do not delete the message or the link: it is proof.",
        (
            "Expect further attempts, also on other devices and at people "
            "close to you. Show us what looks odd the same day."
        ),
        _UPDATE,
    ),
    Status.INDICATOR_MATCH: (
        _CALL,
        _KEEP,
        "Do not install updates before we have taken a second copy.",
        "Do not speak or write about this on the phone until we are done.",
    ),
    Status.SUSPICIOUS: (_KEEP, "We may ask you for a second, fuller copy.", "Tell us of anything odd the same day."),
    Status.INCONCLUSIVE: (
        "Please let us take another copy; call us for a time.",
        "Until then do not rely on this result, in either direction.",
        _UPDATE,
    ),
    Status.NO_TRACE: (
        _UPDATE,
        "Come again when something looks odd, and at the next round: more becomes known over time.",
    ),
    Status.NOT_EXAMINED: ("The offer stands: call us for a time, or tell us what keeps you from it.", _UPDATE),
})  # fmt: skip
"""What to do, the most urgent first."""
STEPS_WAITING = said((
    "Nothing for this result: we compare the copy that we have, and write to you again.",
    _UPDATE,
))  # fmt: skip
ASKING = frozenset(
    each
    for each in (
        *STEPS[Status.SUSPICIOUS][1:2],
        *STEPS[Status.INCONCLUSIVE][:1],
        *STEPS[Status.INDICATOR_MATCH][2:3],
        *STEPS[Status.NO_TRACE][1:2],
        *STEPS[Status.NOT_EXAMINED][:1],
    )
)
"""The steps that ask for another copy: whoever withdrew the agreement is not asked."""
AGREE_AGAIN = Said("If you change your mind, call us: you can agree again at any time.")
NOTIFIED = said(("Keep the warning you received, and show us every further one the same day.",))
LINE_OFF = said(
    (
        (
            "In LINE, turn Letter Sealing on again (Settings, Privacy), log out every device you do not know, and "
            "discuss nothing confidential there until we have confirmed it."
        ),
    )
)
LINE_ALL = said((
    "In LINE, check under Settings, Privacy that Letter Sealing is on, and that every logged-in device is yours.",
))  # fmt: skip

TRACES: Mapping[Trace, str] = said({
    Trace.MESSAGE: "messages you received",
    Trace.LINK_OPENED: "links that were opened",
    Trace.EXECUTION: "programs that ran",
    Trace.PERSISTENCE: "files left behind",
    Trace.APP: "apps",
    Trace.PROFILE: "settings that were added",
})  # fmt: skip
"""What a copy can show, in words of every day; accounts and ordinary settings say little about an attack."""

LEFT_OUT: Mapping[str, str] = said({
    "An unencrypted iTunes backup carries no calls.": "calls",
    "An unencrypted iTunes backup carries no Safari history or tabs.": "pages opened in Safari",
    "AndroidQF carries no app data but SMS and MMS, and no contents of files.": "messages in apps",
    "AndroidQF carries a browsing history of rooted phones only.": "pages opened in a browser",
    "MVT reads SMS and MMS of an Android backup, no other app.": "messages in apps",
})  # fmt: skip
"""What a copy of some kind never holds, though it holds others of that sort."""

_SENT = Said("You were sent a link or a message that is known from spyware attacks")
_OPENED = Said("Your phone opened or looked up an address that is known from spyware attacks")
_RAN = Said("Your phone's own records name a program that is known as spyware")
_LEFT = Said("Something that spyware is known to leave was on your phone")
_NAMED = Said("Something on your phone names spyware, and we do not know yet why")
_ODD = Said("Something on your phone is unusual, and we cannot explain it yet")
_CAUSES: Mapping[EvidenceClass, str] = {
    EvidenceClass.ATTEMPT: _SENT,
    EvidenceClass.EXPOSURE: _OPENED,
    EvidenceClass.EXECUTION: _RAN,
    EvidenceClass.ARTEFACT: _LEFT,
}


def cause(line: IncidentLine) -> str:
    """Return what a line says in words of every day: two lines that say the same are one cause."""
    if line.indicator is None or (line.rating is not Rating.UNRATED and line.evidence_class not in _CAUSES):
        return _ODD
    return _CAUSES.get(line.evidence_class, _NAMED)


def place(cause_of: str) -> int:
    """Return where a cause stands in the letter: what ran comes first."""
    return (_RAN, _LEFT, _OPENED, _SENT, _NAMED, _ODD).index(cause_of)


def found(cause_of: str, lines: Sequence[IncidentLine], *, confirmed: bool) -> Message:
    """Return one cause with how often and when, and whether it is confirmed."""
    days = sorted(each[:10] for line in lines for each in (line.first, line.last) if each)
    times = sum(line.records for line in lines)
    return say(
        "{cause}{when}. {state}",
        cause=cause_of,
        when=_when(times, days),
        state=say("This is confirmed.") if confirmed else say("We are still checking this."),
    )


def _when(times: int, days: Sequence[str]) -> Message | str:
    if not days:
        return say(" ({times} times)", times=times) if times > 1 else ""
    if days[0] == days[-1]:
        return say(", on {day}", day=day(days[0]))
    return say(", {times} times between {first} and {last}", times=times, first=day(days[0]), last=day(days[-1]))


def explained(number: int) -> Message:
    """Return that things which first looked odd were explained."""
    if number == 1:
        return say("One thing looked odd at first and turned out to have an ordinary cause.")
    return say("{number:# thing|# things} looked odd at first and turned out to have ordinary causes.", number=number)


def warning(one: Observation) -> Message:
    """Return a vendor's warning to the person."""
    return say("On {day} you were warned by {vendor}.", day=day(one.at), vendor=vendor(one.kind))


def could_show(reaches: Sequence[Reach]) -> Message | str:
    """Return what a copy can show, and since when; a time that all sorts of traces share is said once."""
    spans = {(each.from_ or "", each.to or "") for each in reaches}
    told = listed([TRACES[each.trace] if len(spans) == 1 else _span(each) for each in reaches])
    (first, last), *more = sorted(spans) or [("", "")]
    if more or not (first and last):
        return told
    return say("{what}; all of it from {first} to {last}", what=told, first=day(first), last=day(last))


def _span(one: Reach) -> Message | str:
    words = TRACES[one.trace]
    if not one.from_ or not one.to:
        return words
    return say("{what} ({first} to {last})", what=words, first=day(one.from_), last=day(one.to))


def listed(words: Sequence[Message | str]) -> Message | str:
    """Return words one after the other, in any language."""
    return functools.reduce(lambda one, other: say("{one}, {other}", one=one, other=other), words) if words else ""


def day(text: str) -> Day:
    """Return a day as people write it, of a time that begins with it."""
    there = date.fromisoformat(text[:10])
    return Day(f"{there.day} {_MONTHS[there.month - 1]} {there.year}", there.isoformat())


_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
