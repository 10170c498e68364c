"""A case read as a whole: every official and device with status, completeness, gaps and what has gone stale.

It stands between the stores of facts below and the reports and verbs above, so that each of them sees the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mvtcase.canon import StrEnum
from mvtcase.findings import review
from mvtcase.findings import status as table
from mvtcase.findings.ratings import ONLY_HERE, only_here
from mvtcase.model import AcquisitionState, Completeness, Gap, ModuleOutcome, Rating, ScanState, Status
from mvtcase.model.reach import merged, of_scan, sentence, suffices
from mvtcase.store import queries
from mvtcase.wording import Reason, why

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from mvtcase.model import (
        Acquisition,
        CaseFile,
        Consent,
        Device,
        EvidenceKind,
        Finding,
        Group,
        IndicatorSet,
        Observation,
        Official,
        Scan,
    )
    from mvtcase.model.reach import Reach
    from mvtcase.store.store import Store


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """How many indicator sets a recheck is due for, and how many indicators these hold."""

    sets: int
    indicators: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceStanding:
    """A device with everything its status rests on; `latest` holds the latest finished scan of each acquisition."""

    device: Device
    status: Status
    completeness: Completeness
    acquisitions: tuple[Acquisition, ...]
    latest: tuple[Scan, ...]
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    stale: tuple[Stale, ...]
    reach: tuple[Reach, ...]
    compared: tuple[IndicatorSet, ...]

    @property
    def dismissed(self) -> int:
        """How many of its findings were dismissed."""
        return review.dismissed(self.findings)

    @property
    def leads(self) -> int:
        """How many leads stand beside its status."""
        return review.leads(self.findings)

    @property
    def last_scan(self) -> Scan | None:
        """The newest finished scan of the device, None without one."""
        return max(self.latest, key=_place, default=None)

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
class Casebook:
    """One case as it stands at one moment."""

    case: CaseFile
    groups: tuple[Group, ...]
    officials: tuple[OfficialStanding, ...]
    scans: tuple[Scan, ...]
    findings: tuple[Finding, ...]
    observations: tuple[Observation, ...]
    custody_head: str

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


def _worded(status: Status, reach: Sequence[Reach]) -> str:
    return f"no trace found in: {sentence(reach)}" if status is Status.NO_TRACE else table.WORDS[status]


def read(store: Store, newest: Newest) -> Casebook:
    """Return the whole case, read in one transaction so that its parts agree."""
    with store.reading():
        scans = queries.scans(store)
        findings = with_only_here(queries.findings(store), scans)
        case, groups = queries.case_file(store), queries.groups(store)
        devices = tuple(
            _device_standing(store, device, scans, findings, newest, case.fixed_sets)
            for device in queries.devices(store)
        )
        return Casebook(
            case=case,
            groups=groups,
            officials=tuple(
                _official_standing(store, one, groups, devices, needed=1 if case.single_examiner else 2)
                for one in queries.officials(store)
            ),
            scans=scans,
            findings=findings,
            observations=queries.observations(store),
            custody_head=store.custody_head(),
        )


def _official_standing(
    store: Store, official: Official, groups: Sequence[Group], devices: Sequence[DeviceStanding], *, needed: int
) -> OfficialStanding:
    own = tuple(each for each in devices if each.device.official == official.id)
    told = review.notifications(queries.observations(store, official.id))
    return OfficialStanding(
        official=official,
        status=table.with_notifications(
            table.official_status([(each.device.state, each.status) for each in own]),
            seen_by=review.seen_by(told),
            needed=needed,
        ),
        groups=tuple(each for each in groups if each.id in official.groups),
        devices=own,
        consents=queries.consents(store, official.id),
        notifications=told,
    )


def with_only_here(findings: Sequence[Finding], scans: Sequence[Scan]) -> tuple[Finding, ...]:
    """Return findings; a lead about a thing that one phone alone shows, of five or more of its kind, is suspicious."""
    phones: dict[EvidenceKind, set[str]] = {}
    for scan in scans:
        if scan.state is ScanState.FINISHED:
            phones.setdefault(scan.kind, set()).add(scan.device)
    by_device: dict[str, list[Finding]] = {}
    for one in findings:
        by_device.setdefault(one.device, []).append(one)
    alone = frozenset[str]().union(*(only_here(by_device, devices) for devices in phones.values()))
    return tuple(
        replace(one, rating=Rating.SUSPICIOUS, rule=f"{one.rule} + {ONLY_HERE}") if one.id in alone else one
        for one in findings
    )


def _device_standing(
    store: Store,
    device: Device,
    scans: Sequence[Scan],
    findings: Sequence[Finding],
    newest: Newest,
    fixed: Collection[str] | None,
) -> DeviceStanding:
    counted = [each for each in queries.acquisitions(store, device.id) if each.state is AcquisitionState.REGISTERED]
    latest = {each.id: latest_finished(scans, each.id) for each in counted}
    done = tuple(scan for scan in latest.values() if scan is not None)
    stale = tuple(
        each
        for acquisition in counted
        if (scan := latest[acquisition.id]) is not None
        for each in staleness(
            scan, _compared_since(scans, scan), newest, at_hand=Path(acquisition.path).exists(), fixed=fixed
        )
    )
    own = tuple(finding for finding in findings if finding.device == device.id)
    reach = merged(map(of_scan, done))
    view = table.DeviceView(
        findings=own,
        coverage=tuple(scan.completeness if scan else None for scan in latest.values()),
        recheck_due=any(each.remedy is Remedy.RECHECK for each in stale),
        sees_execution=suffices(reach),
        state=device.state,
    )
    return DeviceStanding(
        device=device,
        status=table.device_status(view),
        completeness=table.device_completeness(view),
        acquisitions=tuple(counted),
        latest=done,
        findings=own,
        gaps=(
            *(gap for scan in done for gap in scan.gaps),
            *_unscanned(counted, latest, scans),
            *((TOO_NARROW,) if done and not view.sees_execution else ()),
        ),
        stale=tuple(dict.fromkeys(stale)),
        reach=reach,
        compared=tuple({used.sha256: used for scan in done for used in _compared_since(scans, scan)}.values()),
    )


def latest_finished(scans: Sequence[Scan], acquisition: str) -> Scan | None:
    """Return the latest finished scan of an acquisition, rechecks left out: they examine nothing anew."""
    done = [
        scan
        for scan in scans
        if scan.acquisition == acquisition and scan.state is ScanState.FINISHED and scan.recheck_of is None
    ]
    return max(done, key=_place, default=None)


def _place(scan: Scan) -> tuple[int, int, str]:
    """Return what a scan's place among the others goes by: the order they were written down in, whatever the clock."""
    return (scan.sequence or 0, len(scan.id), scan.id)


def _unscanned(
    counted: Sequence[Acquisition], latest: Mapping[str, Scan | None], scans: Sequence[Scan]
) -> tuple[Gap, ...]:
    return tuple(
        Gap(module=f"acquisition {each.id}", outcome=ModuleOutcome.NOT_RUN, reason=_why_unscanned(each, scans))
        for each in counted
        if latest[each.id] is None
    )


def _why_unscanned(acquisition: Acquisition, scans: Sequence[Scan]) -> Reason:
    tried = [scan for scan in scans if scan.acquisition == acquisition.id and scan.recheck_of is None]
    if not tried:
        return why("scan.none")
    last = tried[-1]
    return why("scan.unfinished", scan=last.id, state=str(last.state), error=last.error or why("scan.no_reason"))


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
