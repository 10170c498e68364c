"""The detection status: one table, worst first, and pure functions that read it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.findings.normalise import SILENT
from mvtcase.findings.review import DISMISSED, state_of
from mvtcase.model import Completeness, DeviceState, EvidenceClass, FindingState, Level, Rating, Status
from mvtcase.wording import said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mvtcase.model import Finding

WORDS: Mapping[Status, str] = said({
    Status.CONFIRMED: "traces of spyware confirmed by two examiners",
    Status.TARGETED: "an attack on this person was confirmed",
    Status.INDICATOR_MATCH: "a published indicator was found; awaits review",
    Status.SUSPICIOUS: "something unusual was found; awaits review",
    Status.INCONCLUSIVE: "no statement possible: part of the data was not examined or compared, or it shows too little",
    Status.NO_TRACE: "no trace found in what could be examined",
    Status.NOT_EXAMINED: "not examined",
})  # fmt: skip
"""What each status means in the words that reports use."""
NOTIFIED: Mapping[Status, str] = said({
    Status.TARGETED: "a vendor's threat notification to this person was seen by two",
    Status.SUSPICIOUS: "a vendor's threat notification was recorded; awaits a second look",
})  # fmt: skip
"""What a status means that rests on a notification, and on no phone."""

_PROVES = frozenset({EvidenceClass.EXECUTION, EvidenceClass.ARTEFACT})
_AIMS = frozenset({EvidenceClass.ATTEMPT, EvidenceClass.EXPOSURE})
_SUSPICIOUS = frozenset({Rating.SUSPICIOUS, Rating.UNRATED})
_SUSPICIOUS_FROM = Level.MEDIUM.rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """What a status looks at in a finding, and on how many of a device it is the same; `matched`: by an indicator."""

    evidence_class: EvidenceClass
    level: Level
    rating: Rating
    matched: bool
    state: FindingState
    number: int = 1

    @property
    def stands(self) -> bool:
        """Whether it still counts towards the status."""
        return self.state not in DISMISSED


def weigh(finding: Finding) -> Weight:
    """Return what a status looks at in a finding."""
    return Weight(
        evidence_class=finding.evidence_class,
        level=finding.level,
        rating=finding.rating,
        matched=finding.indicator is not None,
        state=state_of(finding),
    )


def dismissed(weights: Iterable[Weight]) -> int:
    """Return how many findings were dismissed for good."""
    return sum(one.number for one in weights if not one.stands)


def leads(weights: Iterable[Weight]) -> int:
    """Return how many findings are leads that stand."""
    return sum(one.number for one in weights if one.rating is Rating.LEAD and one.stands)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceView:
    """What the status of one device is computed from.

    `findings` are the weights of its findings; `coverage` holds, for each acquisition that counts, the completeness of
    its latest finished scan, None without one. `sees_execution` says whether what was examined holds traces of programs
    that ran.
    """

    findings: tuple[Weight, ...] = ()
    coverage: tuple[Completeness | None, ...] = ()
    recheck_due: bool = False
    sees_execution: bool = False
    state: DeviceState = DeviceState.IN_USE


def _proven(one: Weight) -> bool:
    return one.evidence_class in _PROVES and one.state is FindingState.CONFIRMED


def _aimed(one: Weight) -> bool:
    return one.evidence_class in _AIMS and one.state is FindingState.CONFIRMED


def _matched(one: Weight) -> bool:
    return one.matched and one.evidence_class not in SILENT and one.stands


def _unusual(one: Weight) -> bool:
    heuristic = one.evidence_class is EvidenceClass.HEURISTIC and one.rating in _SUSPICIOUS
    return heuristic and one.level.rank >= _SUSPICIOUS_FROM and one.stands


def is_waiting(one: Weight) -> bool:
    """Return whether nobody has judged findings that make a status."""
    return one.state is FindingState.OPEN and (_matched(one) or _unusual(one))


def is_unsettled(one: Weight) -> bool:
    """Return whether findings wait for a second examiner, or for an expert."""
    return one.state in _UNSETTLED


_UNSETTLED = frozenset({FindingState.CONFIRMED_ONCE, FindingState.DISMISSED_ONCE, FindingState.NEEDS_EXPERT})


def device_completeness(view: DeviceView) -> Completeness:
    """Return how much of a device's acquisitions was examined: full only when each of them was in full."""
    seen = [each or Completeness.BLIND for each in view.coverage]
    if not seen or all(each is Completeness.BLIND for each in seen):
        return Completeness.BLIND
    return Completeness.FULL if all(each is Completeness.FULL for each in seen) else Completeness.PARTIAL


def is_enough(view: DeviceView) -> bool:
    """Return whether what was examined can carry the words "no trace found in"."""
    return device_completeness(view) is Completeness.FULL and view.sees_execution and not view.recheck_due


TABLE: tuple[tuple[Status, Callable[[DeviceView], bool]], ...] = (
    (Status.CONFIRMED, lambda view: any(map(_proven, view.findings))),
    (Status.TARGETED, lambda view: any(map(_aimed, view.findings))),
    (Status.INDICATOR_MATCH, lambda view: any(map(_matched, view.findings))),
    (Status.SUSPICIOUS, lambda view: any(map(_unusual, view.findings))),
    (Status.NOT_EXAMINED, lambda view: not any(view.coverage)),
    (Status.INCONCLUSIVE, lambda view: not is_enough(view)),
    (Status.NO_TRACE, is_enough),
)
"""The status table: the first row that holds is the device's status.

`not_examined` is asked before `inconclusive` because a device without any finished scan has nothing to be inconclusive
about.
"""


def device_status(view: DeviceView) -> Status:
    """Return the detection status of one device."""
    for status, holds in TABLE:
        if holds(view):
            return status
    return Status.INCONCLUSIVE


def official_status(devices: Sequence[tuple[DeviceState, Status]]) -> Status:
    """Return the worst status of an official's devices; `no_trace` needs a device in use, and all such examined."""
    statuses = [status for _, status in devices]
    examined = [status for status in statuses if status is not Status.NOT_EXAMINED]
    if not examined:
        return Status.NOT_EXAMINED
    worst = min(examined, key=list(Status).index)
    in_use = [status for state, status in devices if state is DeviceState.IN_USE]
    if worst is Status.NO_TRACE and (not in_use or Status.NOT_EXAMINED in in_use):
        return Status.INCONCLUSIVE
    return worst


def with_notifications(status: Status, *, seen_by: int, needed: int) -> Status:
    """Return an official's status when so many people saw a vendor's threat notification to the person.

    It is at least suspicious, and targeted when as many saw it as a judgement needs.
    """
    if not seen_by:
        return status
    told = Status.TARGETED if seen_by >= needed else Status.SUSPICIOUS
    return min(status, told, key=list(Status).index)


def counts(statuses: Iterable[Status]) -> dict[Status, int]:
    """Return how many stand at each status, every status named, worst first: groups and cases are counts."""
    tally = Counter(statuses)
    return {status: tally.get(status, 0) for status in Status}
