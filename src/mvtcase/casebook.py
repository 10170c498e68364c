"""A case read as a whole: every official and device with status, completeness, gaps and what has gone stale.

It stands between the stores of facts below and the reports and verbs above, so that each of them sees the same answer.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from mvtcase.canon import StrEnum
from mvtcase.findings import review
from mvtcase.findings import status as table
from mvtcase.findings.ratings import ONLY_HERE, PHONES_TO_COMPARE, is_compared, only_here
from mvtcase.findings.status import Weight
from mvtcase.model import (
    AcquisitionState,
    Completeness,
    EvidenceClass,
    FindingState,
    Gap,
    Level,
    ModuleOutcome,
    Rating,
    ScanState,
    Status,
)
from mvtcase.model.reach import merged, of_scan, sentence, suffices
from mvtcase.store import queries
from mvtcase.wording import Kept, Reason, Said, why

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence

    from mvtcase.findings.ratings import Ruled
    from mvtcase.model import (
        Acquisition,
        CaseFile,
        Consent,
        Device,
        Finding,
        Group,
        IndicatorSet,
        Observation,
        Official,
        Scan,
    )
    from mvtcase.model.reach import Reach
    from mvtcase.store.store import Store, Written


MOST_RENEWED = 20
"""How many people are read again one by one; of more the whole case is."""
TOO_NARROW = Gap(
    module="reach",
    outcome=ModuleOutcome.NO_SOURCE,
    reason=why("reach.too_narrow"),
)
"""The gap of a phone whose acquisitions, however well they were read, cannot carry the words "no trace found"."""


class Remedy(StrEnum):
    """What makes a stale result fresh again."""

    RECHECK = "recheck"
    SCAN_AGAIN = "scan_again"
    PHONE_NEEDED = "phone_needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """What a scan was not compared with or not done with, and what to do about it.

    `used` is the version that it was done with, empty for an indicator set that is new to it; `indicators` counts those
    of the set.
    """

    what: str
    used: str
    newer: str
    remedy: Remedy
    indicators: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """The newest versions at hand: active indicator sets by name, tools by name (`mvt`, `mvtcase`, plugins)."""

    sets: Mapping[str, IndicatorSet]
    tools: Mapping[str, str]

    @property
    def marks(self) -> tuple[tuple[str, str], ...]:
        """What tells these versions from any others."""
        return (*sorted((name, each.sha256) for name, each in self.sets.items()), *sorted(self.tools.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """How many indicator sets a recheck is due for, and how many indicators these hold."""

    sets: int
    indicators: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceStanding:
    """A device with everything its status rests on; `latest` holds the latest finished scan of each acquisition.

    `weights` are what a status looks at in its findings.
    """

    device: Device
    status: Status
    completeness: Completeness
    acquisitions: tuple[Acquisition, ...]
    latest: tuple[Scan, ...]
    weights: tuple[Weight, ...]
    gaps: tuple[Gap, ...]
    stale: tuple[Stale, ...]
    reach: tuple[Reach, ...]
    compared: tuple[IndicatorSet, ...]

    @property
    def dismissed(self) -> int:
        """How many of its findings were dismissed."""
        return table.dismissed(self.weights)

    @property
    def leads(self) -> int:
        """How many leads stand beside its status."""
        return table.leads(self.weights)

    @property
    def last_scan(self) -> Scan | None:
        """The newest finished scan of the device, None without one."""
        return max(self.latest, key=lambda scan: scan.order, default=None)

    @property
    def words(self) -> str:
        """The status in words, with the reach where no trace was found."""
        return _worded(self.status, self.reach)

    @property
    def due(self) -> Due | None:
        """The active indicator sets that the phone's results were not compared with, None when there is none."""
        missing = {each.what: each.indicators for each in self.stale if each.remedy is Remedy.RECHECK}
        return Due(sets=len(missing), indicators=sum(missing.values())) if missing else None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialStanding:
    """An official with status, groups and devices; `notifications` are the vendors' warnings to the person."""

    official: Official
    status: Status
    groups: tuple[Group, ...]
    devices: tuple[DeviceStanding, ...]
    consents: tuple[Consent, ...]
    notifications: tuple[Observation, ...] = ()

    @property
    def dismissed(self) -> int:
        """How many findings of the person's devices were dismissed."""
        return sum(each.dismissed for each in self.devices)

    @property
    def leads(self) -> int:
        """How many leads stand beside the person's status."""
        return sum(each.leads for each in self.devices)

    @property
    def reach(self) -> tuple[Reach, ...]:
        """What the person's phones together could have shown."""
        return merged(each.reach for each in self.devices)

    @property
    def rests_on_notification(self) -> bool:
        """Whether the status is a vendor's warning alone: no phone shows as much."""
        shown = {each.status for each in self.devices}
        return bool(self.notifications) and self.status in table.NOTIFIED and self.status not in shown

    @property
    def words(self) -> str:
        """The status in words, with the reach where no trace was found."""
        return table.NOTIFIED[self.status] if self.rests_on_notification else _worded(self.status, self.reach)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """How everybody in a case stands at one moment, without the findings themselves."""

    case: CaseFile
    groups: tuple[Group, ...]
    officials: tuple[OfficialStanding, ...]
    observations: tuple[Observation, ...]
    custody_head: str
    running: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[Status, int]:
        """How many officials stand at each status."""
        return table.counts(one.status for one in self.officials)

    def members(self, group: str) -> tuple[OfficialStanding, ...]:
        """Return the officials of a group and of the groups inside it."""
        inside = self._with_descendants(group)
        return tuple(one for one in self.officials if inside & set(one.official.groups))

    def _with_descendants(self, group: str) -> set[str]:
        inside, size = {group}, 0
        while len(inside) > size:
            size = len(inside)
            inside |= {each.id for each in self.groups if each.parent in inside}
        return inside


@dataclass(frozen=True, kw_only=True)  # without slots: letters to everybody ask whose findings are whose
class Casebook(Overview):
    """One case as it stands at one moment, with every scan in full and every finding, worst level first."""

    scans: tuple[Scan, ...]
    findings: tuple[Finding, ...]

    @cached_property
    def by_official(self) -> Mapping[str, tuple[Finding, ...]]:
        """The findings of each official who has some."""
        return _sorted_out(self.findings, lambda one: one.official)


def _worded(status: Status, reach: Sequence[Reach]) -> str:
    return why("reach.no_trace", reach=sentence(reach)) if status is Status.NO_TRACE else table.WORDS[status]


def overview(store: Store, newest: Newest, of: str | None = None) -> Overview:
    """Return how everybody stands, or one official alone, read in one transaction.

    What it takes grows with people, phones and scans, and not with their findings.
    """
    if store.memory is None or of is not None:
        return _overview(store, newest, of)
    at_hand = tuple(map(os.path.exists, queries.paths(store)))
    known = store.remembered(
        ("overview", newest.marks, at_hand),
        lambda: _overview(store, newest, None),
        lambda known, written: _renewed(store, newest, known, written),
    )
    return replace(known, custody_head=store.custody_head())


def _renewed(store: Store, newest: Newest, known: Overview, written: Written) -> Overview | None:
    """Return an overview with those people read again whose own rows were written; None where it may be anybody."""
    whose = queries.owners(store, written)
    if whose is None or len(whose) > MOST_RENEWED:
        return None
    with store.reading():
        again = {one.official.id: one for who in whose for one in _overview(store, newest, who).officials}
        observations = queries.observations(store) if whose else known.observations
    people = tuple(again.get(one.official.id, one) for one in known.officials)
    return replace(known, officials=people, observations=observations)


def _overview(store: Store, newest: Newest, of: str | None) -> Overview:
    with store.reading():
        return Overview(**_stands(store, newest, queries.scans(store, in_full=False, official=of), of))


def read(store: Store, newest: Newest) -> Casebook:
    """Return the whole case, read in one transaction so that its parts agree."""
    with store.reading():
        scans = queries.scans(store)
        told = _stands(store, newest, scans)
        return Casebook(**told, scans=scans, findings=overlaid(queries.findings(store), lonely(store)))


def _stands(store: Store, newest: Newest, scans: Sequence[Scan], of: str | None = None) -> dict[str, Any]:
    """Return the fields of an overview."""
    case, groups, observations = queries.case_file(store), queries.groups(store), queries.observations(store, of)
    given = _Given(
        newest=newest,
        fixed=case.fixed_sets,
        acquisitions=_sorted_out(queries.acquisitions(store, official=of), lambda one: one.device),
        scans=_sorted_out(scans, lambda one: one.acquisition),
        weights=_weights(store, of),
    )
    devices = _sorted_out(
        (_device_standing(one, given) for one in queries.devices(store, of)), lambda one: one.device.official
    )
    consents = _sorted_out(queries.consents(store, of), lambda one: one.official)
    seen = _sorted_out(observations, lambda one: one.official)
    return {
        "case": case,
        "groups": groups,
        "officials": tuple(
            _official_standing(
                one,
                groups,
                devices.get(one.id, ()),
                consents.get(one.id, ()),
                review.notifications(seen.get(one.id, ())),
                needed=1 if case.single_examiner else 2,
            )
            for one in queries.officials(store)
            if of in {None, one.id}
        ),
        "running": queries.running(store),
        "observations": observations,
        "custody_head": store.custody_head(),
    }


Thing = TypeVar("Thing")


def _sorted_out(things: Iterable[Thing], key: Callable[[Thing], str]) -> dict[str, tuple[Thing, ...]]:
    """Return things by a key of theirs, each list in the order given."""
    found: dict[str, list[Thing]] = {}
    for one in things:
        found.setdefault(key(one), []).append(one)
    return {name: tuple(own) for name, own in found.items()}


def _official_standing(
    official: Official,
    groups: Sequence[Group],
    own: tuple[DeviceStanding, ...],
    consents: tuple[Consent, ...],
    told: tuple[Observation, ...],
    *,
    needed: int,
) -> OfficialStanding:
    return OfficialStanding(
        official=official,
        status=table.with_notifications(
            table.official_status([(each.device.state, each.status) for each in own]),
            seen_by=review.seen_by(told),
            needed=needed,
        ),
        groups=tuple(each for each in groups if each.id in official.groups),
        devices=own,
        consents=consents,
        notifications=told,
    )


def lonely(store: Store) -> frozenset[str]:
    """Return the leads that stand on one phone only, of five or more of its kind, by id."""
    return store.remembered(
        "lonely",
        lambda: frozenset(
            row["id"] for row in queries.rare_leads(store, phones=PHONES_TO_COMPARE) if is_compared(row["rule"])
        ),
        unless_found,
    )


def unless_found(known: Thing, written: Written) -> Thing | None:
    """Return what follows from findings and scans alone, None where some were written since."""
    return None if written.keys() & {"finding", "scan"} else known


def _lonely(leads: Iterable[Ruled], examined: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return the lonely among some leads, where these phones were examined by these kinds of evidence."""
    phones: dict[str, set[str]] = {}
    for kind, device in examined:
        phones.setdefault(kind, set()).add(device)
    by_device = _sorted_out(leads, lambda one: one.device)
    return frozenset[str]().union(*(only_here(by_device, devices) for devices in phones.values()))


def overlaid(findings: Iterable[Finding], alone: Collection[str]) -> tuple[Finding, ...]:
    """Return findings; the leads named in `alone` weigh as suspicious."""
    return tuple(
        replace(one, rating=Rating.SUSPICIOUS, rule=f"{one.rule} + {ONLY_HERE}") if one.id in alone else one
        for one in findings
    )


def _weights(store: Store, of: str | None = None) -> dict[str, tuple[Weight, ...]]:
    """Return what a status looks at in the findings of each device; leads of one phone alone weigh as suspicious."""
    found: dict[str, Counter[Weight]] = {}
    for row in queries.weights(store, of):
        counted = found.setdefault(row["device"], Counter())
        for matched, number in ((1, row["matched"]), (0, row["number"] - row["matched"])):
            counted[_weight(row["evidence_class"], row["level"], row["rating"], matched, FindingState.OPEN)] += number
    for row in queries.judged_weights(store, of):
        weight = _weight(*(row[each] for each in _WEIGHED))
        found[row["device"]][replace(weight, state=FindingState.OPEN)] -= 1
        found[row["device"]][weight] += 1
    for row in queries.weighing(store, lonely(store), of):
        weight = _weight(*(row[each] for each in _WEIGHED))
        found[row["device"]][weight] -= 1
        found[row["device"]][replace(weight, rating=Rating.SUSPICIOUS)] += 1
    return {
        device: tuple(replace(weight, number=number) for weight, number in counted.items() if number)
        for device, counted in found.items()
    }


_WEIGHED = ("evidence_class", "level", "rating", "matched", "state")


@lru_cache(maxsize=1024)  # thousands of phones have few sorts of findings
def _weight(evidence_class: str, level: str, rating: str, matched: int, state: str) -> Weight:
    return Weight(
        evidence_class=EvidenceClass(evidence_class),
        level=Level(level),
        rating=Rating(rating),
        matched=bool(matched),
        state=FindingState(state),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """What the standing of devices is made of: acquisitions and weights by device, scans by acquisition."""

    newest: Newest
    fixed: Collection[str] | None
    acquisitions: Mapping[str, tuple[Acquisition, ...]]
    scans: Mapping[str, tuple[Scan, ...]]
    weights: Mapping[str, tuple[Weight, ...]]
    stale: dict[Hashable, tuple[Stale, ...]] = field(default_factory=dict)
    """What was found stale before: phones that were scanned with the same sets and tools share it."""

    def staleness(self, scan: Scan, compared: Sequence[IndicatorSet], path: str) -> tuple[Stale, ...]:
        """Return what `staleness` does for the scan of an acquisition whose original was at a path."""
        at_hand = os.path.exists(path)  # noqa: PTH110  # of thousands a `Path` each takes longer than the look
        key = (tuple((each.name, each.version, each.sha256) for each in compared), tuple(scan.tools.items()), at_hand)
        if key not in self.stale:
            self.stale[key] = staleness(scan, compared, self.newest, at_hand=at_hand, fixed=self.fixed)
        return self.stale[key]


def _device_standing(device: Device, given: _Given) -> DeviceStanding:
    counted = tuple(each for each in given.acquisitions.get(device.id, ()) if each.state is AcquisitionState.REGISTERED)
    scans = {each.id: given.scans.get(each.id, ()) for each in counted}
    latest = {name: latest_finished(own).get(name) for name, own in scans.items()}
    done = tuple(scan for scan in latest.values() if scan is not None)
    compared = {scan.acquisition: _compared_since(scans[scan.acquisition], scan) for scan in done}
    stale = tuple(
        each
        for acquisition in counted
        if (scan := latest[acquisition.id]) is not None
        for each in given.staleness(scan, compared[acquisition.id], acquisition.path)
    )
    weights = given.weights.get(device.id, ())
    reach = merged(map(of_scan, done))
    view = table.DeviceView(
        findings=weights,
        coverage=tuple(scan.completeness if scan else None for scan in latest.values()),
        recheck_due=any(each.remedy is Remedy.RECHECK for each in stale),
        sees_execution=suffices(reach),
        state=device.state,
    )
    return DeviceStanding(
        device=device,
        status=table.device_status(view),
        completeness=table.device_completeness(view),
        acquisitions=counted,
        latest=done,
        weights=weights,
        gaps=(
            *(gap for scan in done for gap in scan.gaps),
            *(_unscanned(each, scans[each.id]) for each in counted if latest[each.id] is None),
            *((TOO_NARROW,) if done and not view.sees_execution else ()),
        ),
        stale=stale if len(done) == 1 else tuple(dict.fromkeys(stale)),
        reach=reach,
        compared=tuple({used.sha256: used for own in compared.values() for used in own}.values()),
    )


def latest_finished(scans: Iterable[Scan]) -> dict[str, Scan]:
    """Return the latest finished scan of each acquisition, rechecks left out: they examine nothing anew."""
    done = [scan for scan in scans if scan.state is ScanState.FINISHED and scan.recheck_of is None]
    return {scan.acquisition: scan for scan in sorted(done, key=lambda scan: scan.order)}


def _unscanned(acquisition: Acquisition, scans: Sequence[Scan]) -> Gap:
    return Gap(module=f"acquisition {acquisition.id}", outcome=ModuleOutcome.NOT_RUN, reason=_why_unscanned(scans))


def _why_unscanned(scans: Sequence[Scan]) -> Reason:
    tried = [scan for scan in scans if scan.recheck_of is None]
    if not tried:
        return why("scan.none")
    last = tried[-1]
    return why(
        "scan.unfinished",
        scan=last.id,
        state=Said(last.state),
        error=Kept(last.error) if last.error else why("scan.no_reason"),
    )


def _compared_since(scans: Sequence[Scan], scan: Scan) -> tuple[IndicatorSet, ...]:
    """Return the sets that a scan, and the rechecks that answer for it, compared with."""
    answering = [each for each in scans if each.recheck_of == scan.id and _answers_for(each, scan)]
    return tuple(used for each in (scan, *answering) for used in each.sets)


def _answers_for(recheck: Scan, scan: Scan) -> bool:
    """Return whether a recheck compared everything that its scan examined: it has no gap that the scan has not."""
    if recheck.state is not ScanState.FINISHED or recheck.completeness is Completeness.BLIND:
        return False
    return {(gap.module, gap.reason) for gap in recheck.gaps} <= {(gap.module, gap.reason) for gap in scan.gaps}


def staleness(
    scan: Scan,
    compared: Sequence[IndicatorSet],
    newest: Newest,
    *,
    at_hand: bool = True,
    fixed: Collection[str] | None = None,
) -> tuple[Stale, ...]:
    """Return what a scan was not compared with, and which tools it was done with that have a newer version.

    An active indicator set that it was not compared with asks for a recheck of the stored results, unless the case is
    held to a `fixed` list of sets that does not name it. A newer MVT or plugin asks for the acquisition to be scanned
    again, since its modules may read what the older ones did not, or, where it is not `at_hand` any more, for the
    phone.
    """
    again = Remedy.SCAN_AGAIN if at_hand else Remedy.PHONE_NEEDED
    used = {each.name: each.version for each in compared}
    seen = {each.sha256 for each in compared}
    stale = [
        Stale(
            what=f"indicator set {name}",
            used=used.get(name, ""),
            newer=each.version,
            remedy=Remedy.RECHECK,
            indicators=each.usable,
        )
        for name, each in newest.sets.items()
        if (fixed is None or name in fixed) and each.sha256 not in seen
    ]
    stale += [
        Stale(what=name, used=version, newer=newest.tools[name], remedy=again)
        for name, version in scan.tools.items()
        if name in newest.tools and newest.tools[name] != version
    ]
    return tuple(stale)
