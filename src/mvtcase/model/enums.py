"""The closed sets of words of a case: outcomes, levels, states, each word once; those of evidence stand in `kinds`."""

from __future__ import annotations

from mvtcase.canon import StrEnum


class ModuleOutcome(StrEnum):
    """What became of one module in one scan; the default is `not_run`."""

    CHECKED = "checked"
    EXTRACTED = "extracted"
    EMPTY = "empty"
    NO_SOURCE = "no_source"
    RECOVERED = "recovered"
    DENIED = "denied"
    DAMAGED = "damaged"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    NOT_RUN = "not_run"


class Completeness(StrEnum):
    """How much of what should have been examined in a scan was."""

    FULL = "full"
    PARTIAL = "partial"
    BLIND = "blind"


class Level(StrEnum):
    """MVT's alert level; not a verdict (a link in a message and a running process are both CRITICAL)."""

    INFORMATIONAL = "INFORMATIONAL"
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"

    @property
    def rank(self) -> int:
        """Position from 0 (INFORMATIONAL) to 4 (CRITICAL)."""
        return _RANKS[self]


_RANKS = {level: rank for rank, level in enumerate(Level)}


class EvidenceClass(StrEnum):
    """What a finding would show if it holds."""

    ATTEMPT = "attempt"
    EXPOSURE = "exposure"
    EXECUTION = "execution"
    ARTEFACT = "artefact"
    HEURISTIC = "heuristic"
    POSTURE = "posture"


class Rating(StrEnum):
    """How much a finding weighs by the rule that raised it; unrated ones weigh as suspicious."""

    UNRATED = ""
    CONTEXT = "context"
    POSTURE = "posture"
    LEAD = "lead"
    MENTION = "mention"
    SUSPICIOUS = "suspicious"


class Verdict(StrEnum):
    """An examiner's judgement on a finding."""

    CONFIRMED = "confirmed"
    FALSE_POSITIVE = "false_positive"
    BENIGN = "benign"
    NEEDS_EXPERT = "needs_expert"


class FindingState(StrEnum):
    """Where a finding stands, computed from its dispositions."""

    OPEN = "open"
    CONFIRMED_ONCE = "confirmed_once"
    CONFIRMED = "confirmed"
    NEEDS_EXPERT = "needs_expert"
    DISMISSED_ONCE = "dismissed_once"
    FALSE_POSITIVE = "false_positive"
    BENIGN = "benign"


class Status(StrEnum):
    """The detection status, worst first; computed, never stored by hand."""

    CONFIRMED = "confirmed"
    TARGETED = "targeted"
    INDICATOR_MATCH = "indicator_match"
    SUSPICIOUS = "suspicious"
    INCONCLUSIVE = "inconclusive"
    NO_TRACE = "no_trace"
    NOT_EXAMINED = "not_examined"


class Stage(StrEnum):
    """How far somebody has come, in the order of the way; a person can have several."""

    INVITED = "invited"
    CONSENTED = "consented"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    WITHDRAWN = "withdrawn"
    PHONE_REPLACED = "phone_replaced"
    PHONE_LOST = "phone_lost"
    ACQUIRED = "acquired"
    SCANNED = "scanned"
    JUDGED = "judged"
    LETTER_SENT = "letter_sent"


class NextStep(StrEnum):
    """What is to be done next for a person, in the order of the way."""

    INVITE = "invite"
    CONSENT = "consent"
    ACQUIRE = "acquire"
    SCAN = "scan"
    RECHECK = "recheck"
    REVIEW = "review"
    SECOND_LOOK = "second_look"
    LETTER = "letter"
    NOTHING = "nothing"


class Order(StrEnum):
    """By what people are sorted in `status`."""

    WORST = "worst"
    NEXT = "next"
    NAME = "name"
    GROUP = "group"
    ID = "id"


class TimeBasis(StrEnum):
    """What clock a device's time was read from."""

    UTC = "utc"
    DEVICE_LOCAL = "device_local"
    UNKNOWN = "unknown"


class Publication(StrEnum):
    """How much of an official a report may show."""

    NAMED = "named"
    ROLE = "role"
    COUNTED = "counted"
    WITHHELD = "withheld"


class RosterState(StrEnum):
    """Where an official stands in the inquiry."""

    INVITED = "invited"
    CONSENTED = "consented"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    WITHDRAWN = "withdrawn"


class OfficialState(StrEnum):
    """Whether an official is counted: not under an id that was merged into another, or added by mistake."""

    ACTIVE = "active"
    MERGED = "merged"
    REMOVED = "removed"


class ExaminerRole(StrEnum):
    """What a registered examiner does in a case."""

    LEAD = "lead"
    EXAMINER = "examiner"
    REVIEWER = "reviewer"
    READER = "reader"


class Mark(StrEnum):
    """A step of the way with an official; an open set in the case file."""

    INVITED = "invited"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    PHONE_REPLACED = "phone_replaced"
    PHONE_LOST = "phone_lost"
    LETTER_SENT = "letter_sent"


class AllowedThing(StrEnum):
    """What an entry of the allow-list names."""

    VALUE = "value"
    RULE = "rule"


class AllowWord(StrEnum):
    """What an examiner said of an entry of the allow-list."""

    AGREED = "agreed"
    ENDED = "ended"


class DecisionKind(StrEnum):
    """On what two laptops differ."""

    VALUES = "values"
    PERSON = "person"
    PHONE = "phone"
    JUDGEMENT = "judgement"
    PURGED = "purged"


class PurgeGrounds(StrEnum):
    """What a person's data was destroyed upon."""

    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REQUEST = "request"
    CASE = "case"


class PurgeState(StrEnum):
    """How far the destruction of a person's data has come."""

    BEGUN = "begun"
    EMPTIED = "emptied"
    DONE = "done"


class DeviceState(StrEnum):
    """What became of a device."""

    IN_USE = "in_use"
    REPLACED = "replaced"
    LOST = "lost"
    UNAVAILABLE = "unavailable"


class AcquisitionState(StrEnum):
    """Whether an acquisition counts for the device's status; setting aside takes a reason."""

    REGISTERED = "registered"
    SET_ASIDE = "set_aside"


class CaseState(StrEnum):
    """Whether a case takes new work."""

    OPEN = "open"
    CLOSED = "closed"


class ConsentPoint(StrEnum):
    """What the MVT License 1.1 (§1.17) demands the data owner was informed of."""

    NATURE = "nature"
    PRIVACY = "privacy"
    RETENTION = "retention"
    DISPOSAL = "disposal"


class ConsentMethod(StrEnum):
    """How the consent was given."""

    WRITTEN = "written"
    ELECTRONIC = "electronic"
    ORAL_WITNESSED = "oral_witnessed"


class ScanState(StrEnum):
    """What became of a scan; `failed` and `interrupted` scans examined nothing that counts."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class AlertSource(StrEnum):
    """Who raised an alert: MVT (verbatim), the sweep, or nobody's module."""

    MVT = "mvt"
    SWEEP = "sweep"


class ReportState(StrEnum):
    """Where a report stands between draft and release."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    RELEASED = "released"
    SUPERSEDED = "superseded"


class Tlp(StrEnum):
    """The Traffic Light Protocol 2.0 (FIRST): who a report may be shown to."""

    RED = "RED"
    AMBER_STRICT = "AMBER+STRICT"
    AMBER = "AMBER"
    GREEN = "GREEN"
    CLEAR = "CLEAR"
