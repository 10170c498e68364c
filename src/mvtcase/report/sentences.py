"""The fixed sentences of reports: what each class, level, outcome and status means, and what it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.escape import visible
from mvtcase.model import (
    Completeness,
    ConsentMethod,
    ConsentPoint,
    DeviceState,
    EvidenceClass,
    FindingState,
    ModuleOutcome,
    Platform,
    RosterState,
    Status,
    TimeBasis,
    Tlp,
    Verdict,
)
from mvtcase.wording import said

if TYPE_CHECKING:
    from collections.abc import Mapping

UNKNOWN = "unknown"

TLP_MEANING: Mapping[Tlp, str] = {
    Tlp.RED: "For the eyes and ears of the named recipients only.",
    Tlp.AMBER_STRICT: "Only within the recipients' own organisation, on a need-to-know basis.",
    Tlp.AMBER: "Only within the recipients' organisation and its clients, on a need-to-know basis.",
    Tlp.GREEN: "Within the recipients' community; not to be published.",
    Tlp.CLEAR: "No limit on disclosure.",
}
"""FIRST, Traffic Light Protocol 2.0, in short."""

TLP_COLOUR: Mapping[Tlp, str] = {
    Tlp.RED: "#ff2b2b",
    Tlp.AMBER_STRICT: "#ffc000",
    Tlp.AMBER: "#ffc000",
    Tlp.GREEN: "#33ff00",
    Tlp.CLEAR: "#ffffff",
}
"""The text colours on black that TLP 2.0 prescribes."""

CLASS_NAME: Mapping[EvidenceClass, str] = {
    EvidenceClass.EXECUTION: "Execution",
    EvidenceClass.ARTEFACT: "Artefact",
    EvidenceClass.EXPOSURE: "Exposure",
    EvidenceClass.ATTEMPT: "Attempt",
    EvidenceClass.HEURISTIC: "Heuristic",
    EvidenceClass.POSTURE: "Posture",
}
CLASS_MEANS: Mapping[EvidenceClass, str] = {
    EvidenceClass.EXECUTION: (
        "A program with a name published as spyware's appears in the phone's own records of what ran."
    ),
    EvidenceClass.ARTEFACT: (
        "Something published as left by spyware (a file, an account, a profile) is or was on the phone."
    ),
    EvidenceClass.EXPOSURE: "The phone opened or looked up an address published as used in attacks.",
    EvidenceClass.ATTEMPT: (
        "Somebody sent this person an address or wrote from an account published as used in attacks."
    ),
    EvidenceClass.HEURISTIC: (
        "Something unusual that spyware is known to leave, "
        "or the text of a published indicator where no module reads it."
    ),
    EvidenceClass.POSTURE: "A setting or state that makes an attack easier.",
}
CLASS_DOES_NOT_MEAN: Mapping[EvidenceClass, str] = {
    EvidenceClass.EXECUTION: (
        "It does not show what the program did or took. Names can coincide, so two examiners look at each."
    ),
    EvidenceClass.ARTEFACT: "It does not by itself show that spyware was active, or when.",
    EvidenceClass.EXPOSURE: "It does not show that the attack succeeded.",
    EvidenceClass.ATTEMPT: "It does not show that the link was opened or that the phone was attacked successfully.",
    EvidenceClass.HEURISTIC: "Ordinary causes are common. It shows no attack until an expert has looked at it.",
    EvidenceClass.POSTURE: "It shows no attack. People and apps change settings for many reasons.",
}
SWEEP = "sweep"
SWEEP_MEANS = "The text of a published indicator stands in a file whose place does not say what it is there for."
SWEEP_DOES_NOT_MEAN = (
    "It does not show what the text was there for: a news article or a list of known attacks holds the same. "
    "An expert has to look at the file."
)

OUTCOME_WORDS: Mapping[ModuleOutcome, str] = {
    ModuleOutcome.CHECKED: "examined and compared",
    ModuleOutcome.EXTRACTED: "read; MVT has no check for it",
    ModuleOutcome.EMPTY: "read; held nothing",
    ModuleOutcome.NO_SOURCE: "no source in this data",
    ModuleOutcome.RECOVERED: "read from a repaired copy of a damaged file",
    ModuleOutcome.DENIED: "access was denied",
    ModuleOutcome.DAMAGED: "the source is damaged",
    ModuleOutcome.FAILED: "the module failed",
    ModuleOutcome.TIMED_OUT: "the module ran out of time",
    ModuleOutcome.NOT_RUN: "was not run",
}
COMPLETENESS_WORDS: Mapping[Completeness, str] = {
    Completeness.FULL: "What was taken from this device was read in full.",
    Completeness.PARTIAL: "Part of what should have been examined was not; the gaps are listed.",
    Completeness.BLIND: "Nothing that counts could be examined.",
}
NOT_EXAMINED = "Not examined."
CONSENT_METHOD_WORDS: Mapping[ConsentMethod, str] = {each: str(each).replace("_", ", ") for each in ConsentMethod}
POINT_WORDS: Mapping[ConsentPoint, str] = {each: str(each) for each in ConsentPoint}
PLATFORM_WORDS: Mapping[Platform, str] = {
    Platform.IOS: "iPhone or iPad",
    Platform.ANDROID: "Android device",
    Platform.UNKNOWN: "device of unknown kind",
}
DEVICE_STATE_WORDS: Mapping[DeviceState, str] = {
    DeviceState.IN_USE: "in use",
    DeviceState.REPLACED: "replaced",
    DeviceState.LOST: "lost",
    DeviceState.UNAVAILABLE: "unavailable",
}
ROSTER_WORDS: Mapping[RosterState, str] = {
    RosterState.INVITED: "invited, no answer yet",
    RosterState.CONSENTED: "consented",
    RosterState.REFUSED: "refused the examination",
    RosterState.UNREACHABLE: "could not be reached",
    RosterState.WITHDRAWN: "withdrew the consent",
}
AS_TOLD = "as told"
BASIS_WORDS: Mapping[TimeBasis, str] = {
    TimeBasis.UTC: "UTC",
    TimeBasis.DEVICE_LOCAL: "device's local time",
    TimeBasis.UNKNOWN: "clock unknown",
}
REVIEW_WORDS: Mapping[FindingState, str] = {
    FindingState.OPEN: "awaits review",
    FindingState.CONFIRMED_ONCE: "confirmed by one examiner; a second must look",
    FindingState.CONFIRMED: "confirmed by two examiners",
    FindingState.NEEDS_EXPERT: "needs an expert",
    FindingState.DISMISSED_ONCE: "dismissed by one examiner; it counts until a second agrees",
    FindingState.FALSE_POSITIVE: "judged a false positive",
    FindingState.BENIGN: "judged benign",
}
VERDICT_WORDS: Mapping[Verdict, str] = {
    Verdict.CONFIRMED: "confirmed",
    Verdict.FALSE_POSITIVE: "false positive",
    Verdict.BENIGN: "benign",
    Verdict.NEEDS_EXPERT: "needs an expert",
}

RECOMMENDATIONS: Mapping[Status, tuple[str, ...]] = {
    Status.CONFIRMED: (
        (
            "Stop using the phone for anything confidential and keep it: do not reset, update or return it "
            "before an expert has taken a full copy."
        ),
        "Bring in a forensic laboratory with experience in mercenary spyware for an independent look.",
        (
            "Change passwords and end all sessions from another, trusted device; assume that what the phone "
            "could see was seen."
        ),
        "Tell the people whom this person talks to in confidence, in the way the person decides.",
    ),
    Status.TARGETED: (
        "Treat the person as a chosen target: expect further attempts over other channels and devices.",
        (
            "Preserve the phone and the messages; take a second acquisition (encrypted backup, sysdiagnose) "
            "before anything else."
        ),
        "Update the phone, then turn on Lockdown Mode (iPhone) or Advanced Protection (Android 16 or later).",
    ),
    Status.INDICATOR_MATCH: (
        "Have two examiners review the findings before anybody acts on them or speaks of an attack.",
        "Preserve the phone as it is: no reset, no new phone, no update until a second acquisition has been taken.",
        "Ask for expert help early: a help line that takes requests, or a laboratory of your own choice.",
    ),
    Status.SUSPICIOUS: (
        "Have an expert look at the unusual findings; ordinary causes are common.",
        "Take a richer acquisition of the same phone (encrypted backup, sysdiagnose or AndroidQF with bug report).",
    ),
    Status.INCONCLUSIVE: (
        "Close the gaps listed under coverage with another acquisition: nothing can be said about this phone before.",
        "Where a recheck is due, run it: it compares the stored results with the other indicators, without the phone.",
        "For iPhones use an encrypted backup, which carries far more than an unencrypted one.",
    ),
    Status.NO_TRACE: (
        "No trace is no all-clear. Keep the phone updated, restart it daily and repeat the examination at intervals.",
        "Recheck the stored results whenever new indicators are published; the phone is not needed for that.",
    ),
    Status.NOT_EXAMINED: (
        "Offer the examination again: as long as somebody was not examined, nothing is known about that phone.",
    ),
}
NOTIFIED = (
    "Take a vendor's threat notification as a warning that this person was chosen, whatever a phone shows.",
    "Keep the notice itself (mail, banner, account page) with its date, and have a second examiner look at it.",
    (
        "Take an encrypted backup and a sysdiagnose (Android: AndroidQF with a bug report) before any reset or update; "
        "then turn on Lockdown Mode or Advanced Protection."
    ),
    "Ask the vendor's and an independent helpline for what they know; examine the person's other devices too.",
)
"""What to do for those whom a vendor warned."""
OBSERVED: Mapping[str, str] = {
    "line.letter_sealing": "LINE Letter Sealing",
    "line.linked_devices": "devices logged in to LINE",
    "line.login_notice": "LINE's notice of a login",
    "line.version": "version of LINE",
    "line.premium_backup": "LINE Premium Backup",
    "apple.threat_notification": "Apple's threat notification",
    "google.threat_notification": "Google's threat notification",
    "meta.threat_notification": "Meta's threat notification",
    "whatsapp.threat_notification": "WhatsApp's threat notification",
    "ios.lockdown_mode": "Lockdown Mode",
    "suspicious_message": "suspicious message",
    "device.time_zone": "time zone of the phone",
}
"""What an observation is about."""
_VENDORS = {"apple": "Apple", "google": "Google", "meta": "Meta", "whatsapp": "WhatsApp"}


def vendor(kind: str) -> str:
    """Return the vendor that a kind of observation names: `apple.threat_notification` is by Apple."""
    name = visible(kind.partition(".")[0])
    return _VENDORS.get(name, name.capitalize())


RECOMMENDATIONS_FOR_ALL = (
    (
        "Install system updates as soon as they appear and turn on Lockdown Mode (iPhone) or Advanced "
        "Protection (Android 16 or later) for everybody in the affected groups."
    ),
    "Check in LINE that Letter Sealing is on, look at the list of logged-in devices, and log out what is not known.",
    (
        "Until Letter Sealing is confirmed, use a channel for confidential matters whose other end was verified "
        "independently, in person or by another channel."
    ),
    (
        "Review which vendors and third parties have access to the accounts and phones (linked services, management "
        "of devices, chat bots, desktop clients), and end what nobody needs."
    ),
    "Report threat notifications from Apple, Google or WhatsApp to the responders on the day they arrive.",
)

LIMITS = (
    (
        "No trace found means: nothing was found in what could be examined, compared with the indicators "
        "named here. It does not mean that no attack took place. Spyware can leave no trace, remove its "
        "traces, or be unknown to every set used."
    ),
    (
        "Indicators age and are published late. A later recheck of the same data with newer sets can find "
        "what this one could not."
    ),
    "A match is a match of a name, an address or a file. Two examiners judge each one; until then it is open.",
    "Times of the device are shown as the device gave them, with the clock they come from. Unknown stays unknown.",
    (
        "LINE Letter Sealing that is off shows no spyware: the setting belongs to the account, and any "
        "logged-in client can change it. No trace on a phone does not clear the account either."
    ),
    (
        "This report does not say who was behind an attack, and what was read or taken from a phone is not "
        "visible in this data."
    ),
)
CONSENT_CLAUSE = (
    "The MVT License 1.1 (section 3.0) allows an examination only with the data owner's explicit consent "
    "after information on the nature of the procedure, the privacy implications, retention and disposal."
)
MOMENTS = ("finding", "observation", "acquisition", "scan", "change")
"""What a moment of the timeline is."""


_NO_SENTENCES = frozenset({"TLP_COLOUR", "SWEEP"})
globals().update(
    {name: said(told) for name, told in tuple(globals().items()) if name.isupper() and name not in _NO_SENTENCES}
)
