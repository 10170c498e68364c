"""What several verbs return, as records whose fields are the keys of the JSON output, and the one way to write them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from mvtcase import model
from mvtcase.errors import InputError
from mvtcase.findings.review import state_of
from mvtcase.findings.status import WORDS
from mvtcase.model import Level, NextStep
from mvtcase.model.reach import of_scan, sentence
from mvtcase.wording import Message, Step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed import DataclassInstance

    from mvtcase.casebook import DeviceStanding, Due, OfficialStanding, Overview, Stale
    from mvtcase.model.reach import Reach

Row = TypeVar("Row")
Shown = TypeVar("Shown", bound="DataclassInstance")
ShownDevice = TypeVar("ShownDevice", bound="DeviceStatus")


def as_json(value: object) -> Any:  # noqa: ANN401  # whatever JSON has a form for
    """Return a payload as JSON values: fields are keys in their order, sets are sorted, words and paths are texts.

    Messages stay what they are: the face words them.
    """
    if type(value) in _JSON_ALREADY or isinstance(value, Message):
        return value
    if isinstance(value, (str, Path)):
        return str(value)
    if is_dataclass(value):
        return {key: as_json(getattr(value, name)) for name, key in _keys(type(value))}  # type: ignore[arg-type]  # any class can be a key
    if isinstance(value, Mapping):
        return {str(name): as_json(item) for name, item in value.items()}
    if isinstance(value, Collection):
        return [as_json(item) for item in (sorted(value) if isinstance(value, (set, frozenset)) else value)]
    return value


_JSON_ALREADY = frozenset({str, int, float, bool, type(None)})


@cache
def _keys(kind: Any) -> tuple[tuple[str, str], ...]:  # noqa: ANN401  # any payload's class
    """Return the fields of a payload, each with its key."""
    return tuple((each.name, key_of(each.name)) for each in fields(kind))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Which part of a long list is meant: so many rows, and which such part; without a limit all of it."""

    limit: int | None = None
    page: int = 1

    def __post_init__(self) -> None:
        if self.page < 1 or (self.limit is not None and self.limit < 1):
            raise InputError("Pages and limits are counted from 1.")

    def pages(self, rows: int) -> int:
        """Return how many such parts so many rows make."""
        return 1 if self.limit is None else max(1, -(-rows // self.limit))

    def of(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return the rows of this part."""
        return rows if self.limit is None else rows[(self.page - 1) * self.limit : self.page * self.limit]


WHOLE = Sheet()
SCHEMA = "mvtcase/1"


def envelope(
    command: str,
    status: str,
    *,
    data: Mapping[str, object] | None = None,
    messages: Iterable[str] = (),
    errors: Sequence[Mapping[str, object]] = (),
) -> dict[str, object]:
    """Return the one JSON object that a face answers with: the verb's data, its messages in words, its errors."""
    return {
        "schema": SCHEMA,
        "command": command,
        "status": str(status),
        "data": data if data is not None else {},
        "messages": list(messages),
        "errors": list(errors),
    }


def key_of(field: str) -> str:
    """Return the JSON key of a field: its name, less the underscore that keeps it apart from a word of Python."""
    return field.rstrip("_")


def filled(kind: type[Shown], record: DataclassInstance, **more: object) -> Shown:
    """Return a payload whose fields are those of the same name in a record, but for what is given in `more`."""
    names = {each.name for each in fields(kind)} & {each.name for each in fields(record)}
    return kind(**{**{name: getattr(record, name) for name in names}, **more})


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedSet:
    """One indicator set that a device's results were compared with."""

    name: str
    version: str
    indicators: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclaimed:
    """A file that nobody read; `telling` where its sort can hold what is looked for."""

    path: str
    bytes: int
    telling: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """How many files there were, who read them and how far; `unclaimed` lists no more than fifty a scan."""

    files: int
    claimed: int
    second_reader: int
    missing: int
    unclaimed_files: int
    extents: Mapping[str, int]
    unclaimed: tuple[Unclaimed, ...]


def claims(scans: Iterable[model.Scan]) -> Claims | None:
    """Return who read the files of some scans together, None where nobody counted them, as in cases of 0.1.0."""
    counted: list[Mapping[str, Any]] = [each.claims for each in scans if each.claims]
    if not counted:
        return None
    extents: Counter[str] = Counter()
    for each in counted:
        extents.update({name: number or 0 for name, number in each.get("extents", {}).items()})
    return Claims(
        **{name: sum(each.get(name) or 0 for each in counted) for name in _COUNTS},
        extents=dict(extents),
        unclaimed=tuple(Unclaimed(**file) for each in counted for file in each.get("unclaimed", ())),
    )


_COUNTS = ("files", "claimed", "second_reader", "missing", "unclaimed_files")


@dataclass(frozen=True, kw_only=True)  # no slots: below it is laid over a device's own record
class DeviceStatus:
    """One device of `status`."""

    id: str
    label: str
    platform: model.Platform
    state: model.DeviceState
    status: model.Status
    dismissed: int
    leads: int
    completeness: model.Completeness
    gaps: tuple[model.Gap, ...]
    last_scan: str | None
    sandbox: str | None
    stale: tuple[Stale, ...]
    recheck_due: Due | None
    compared: tuple[ComparedSet, ...]
    claims: Claims | None
    reach: tuple[Reach, ...]
    reach_words: str
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDevice(DeviceStatus, model.Device):
    """A device with how it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeDevice(DeviceStatus, model.Device):
    """A device with how it stands, its acquisitions and its findings."""

    acquisitions: tuple[model.Acquisition, ...]
    findings: tuple[FindingShown, ...]  # type: ignore[assignment]  # in full here, ids elsewhere


Ids = Mapping[str, Sequence[str]]
"""The ids of findings by device, the gravest first."""


def device(kind: type[ShownDevice], standing: DeviceStanding, ids: Ids, **more: object) -> ShownDevice:
    """Return how a device stands, as one of the records above; `more` is what it has beyond or instead."""
    last = standing.last_scan
    told = {
        "status": standing.status,
        "dismissed": standing.dismissed,
        "leads": standing.leads,
        "completeness": standing.completeness,
        "gaps": standing.gaps,
        "last_scan": last.id if last else None,
        "sandbox": last.sandbox if last else None,
        "stale": standing.stale,
        "recheck_due": standing.due,
        "compared": tuple(
            ComparedSet(name=each.name, version=each.version, indicators=each.usable) for each in standing.compared
        ),
        "claims": claims(standing.latest),
        "reach": standing.reach,
        "reach_words": sentence(standing.reach),
        "findings": tuple(ids.get(standing.device.id, ())),
    }
    return filled(kind, standing.device, **{**told, **more})


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """The next step for a person and the verb that takes it, None where nothing is to be done."""

    what: NextStep
    step: Step | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialStatus:
    """One official of `status`; `groups` are names, `next` is what is to be done, None where nobody asked."""

    id: str
    pseudonym: str
    name: str
    role: str
    roster: model.RosterState
    publication: model.Publication
    status: model.Status
    status_words: str
    dismissed: int
    leads: int
    notifications: tuple[model.Observation, ...]
    claims: Claims | None
    reach: tuple[Reach, ...]
    reach_words: str
    groups: tuple[str, ...]
    next_: Next | None
    devices: tuple[DeviceStatus, ...]


def official(standing: OfficialStanding, ids: Ids, next_: Next | None = None) -> OfficialStatus:
    """Return how an official stands."""
    reach = standing.reach
    return filled(
        OfficialStatus,
        standing.official,
        status=standing.status,
        status_words=standing.words,
        dismissed=standing.dismissed,
        leads=standing.leads,
        notifications=standing.notifications,
        claims=claims(scan for each in standing.devices for scan in each.latest),
        reach=reach,
        reach_words=sentence(reach),
        groups=tuple(group.name for group in standing.groups),
        next_=next_,
        devices=tuple(device(DeviceStatus, each, ids) for each in standing.devices),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStatus:
    """What `status` says of a case, or of a group in it; `left` are so many more whom nobody asked to be shown."""

    case: model.CaseFile
    counts: Mapping[model.Status, int]
    officials: tuple[OfficialStatus, ...]
    left: int
    custody_head: str


def status(
    book: Overview,
    officials: Sequence[OfficialStanding],
    shown: Sequence[tuple[OfficialStanding, Next]],
    ids: Ids,
    *,
    left: int,
) -> CaseStatus:
    """Return how many of some officials stand where, and how those who are shown stand; so many are `left`."""
    tally = Counter(one.status for one in officials)
    return CaseStatus(
        case=book.case,
        counts={each: tally.get(each, 0) for each in WORDS},
        officials=tuple(official(each, ids, next_) for each, next_ in shown),
        left=left,
        custody_head=book.custody_head,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanShown(model.Scan):
    """A scan with its device's status as it stands now, all alerts by level, and the findings' ids."""

    status: model.Status | None
    dismissed: int
    leads: int
    claims: Claims | None  # type: ignore[assignment]  # as the line below
    reach: tuple[Reach, ...]  # type: ignore[assignment]  # stored as JSON has it
    reach_words: str
    alerts: Mapping[Level, int]
    findings: tuple[str, ...]


def scan(
    one: model.Scan, *, alerts: Mapping[str, int], findings: Sequence[str], device: DeviceStanding | None
) -> ScanShown:
    """Return a scan as it is shown, with how many alerts of each level it raised."""
    reach = of_scan(one)
    told = {
        "status": device.status if device else None,
        "dismissed": device.dismissed if device else 0,
        "leads": device.leads if device else 0,
        "claims": claims([one]),
        "reach": reach,
        "reach_words": sentence(reach),
        "alerts": {level: alerts.get(level, 0) for level in reversed(Level)},
        "findings": tuple(findings),
    }
    return filled(ScanShown, one, **told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scans:
    """Scans or rechecks."""

    scans: tuple[ScanShown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedScans(Scans):
    """A page of scans, of so many in all; the first page holds the newest."""

    in_all: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rechecks(Scans):
    """Rechecks, and what came of them: ids of findings that are new, of known ones, of rechecks with gaps."""

    newly_matching: tuple[str, ...]
    explained: tuple[str, ...]
    not_compared: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeScan(ScanShown):
    """A scan with its alerts, verbatim: `alerts` says how many there are."""

    raised: tuple[model.RawAlert, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OneScan:
    """What `scan show` returns."""

    scan: WholeScan


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingShown(model.Finding):
    """A finding with where it stands in review."""

    status: model.FindingState


def finding(one: model.Finding) -> FindingShown:
    """Return a finding as it is shown."""
    return filled(FindingShown, one, status=state_of(one))
