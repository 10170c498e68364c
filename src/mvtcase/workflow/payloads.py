"""What several verbs return, as records whose fields are the keys of the JSON output, and the one way to write them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from mvtcase import model
from mvtcase.findings.review import state_of
from mvtcase.findings.status import WORDS
from mvtcase.model import AlertSource, Level
from mvtcase.reasons import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from _typeshed import DataclassInstance

    from mvtcase.casebook import Casebook, DeviceStanding, OfficialStanding, Stale

Record = TypeVar("Record")


def as_json(value: object) -> Any:  # noqa: ANN401  # whatever JSON has a form for
    """Return a payload as JSON values: fields are keys in their order, sets are sorted, words and paths are texts.

    Messages stay what they are: the face words them.
    """
    if isinstance(value, Message):
        return value
    if isinstance(value, (str, Path)):
        return str(value)
    if is_dataclass(value):
        return {key_of(each.name): as_json(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): as_json(item) for name, item in value.items()}
    if isinstance(value, Collection):
        return [as_json(item) for item in (sorted(value) if isinstance(value, (set, frozenset)) else value)]
    return value


def key_of(field: str) -> str:
    """Return the JSON key of a field: its name, less the underscore that keeps it apart from a word of Python."""
    return field.rstrip("_")


def extended(kind: Callable[..., Record], record: DataclassInstance, **more: object) -> Record:
    """Return a payload that has the fields of a record, those given in `more` instead of or beside them."""
    return kind(**{**{each.name: getattr(record, each.name) for each in fields(record)}, **more})


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceStatus:
    """One device of `status`."""

    id: str
    label: str
    platform: model.Platform
    state: model.DeviceState
    status: model.Status
    completeness: model.Completeness
    gaps: tuple[model.Gap, ...]
    last_scan: str | None
    sandbox: str | None
    stale: tuple[Stale, ...]
    findings: tuple[str, ...]


def device(standing: DeviceStanding) -> DeviceStatus:
    """Return how a device stands."""
    return DeviceStatus(**_standing(standing))


def _standing(standing: DeviceStanding) -> dict[str, Any]:
    last = standing.last_scan
    return {
        "id": standing.device.id,
        "label": standing.device.label,
        "platform": standing.device.platform,
        "state": standing.device.state,
        "status": standing.status,
        "completeness": standing.completeness,
        "gaps": standing.gaps,
        "last_scan": last.id if last else None,
        "sandbox": last.sandbox if last else None,
        "stale": standing.stale,
        "findings": tuple(one.id for one in standing.findings),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialStatus:
    """One official of `status`; `groups` are names."""

    id: str
    pseudonym: str
    name: str
    role: str
    roster: model.RosterState
    publication: model.Publication
    status: model.Status
    status_words: str
    groups: tuple[str, ...]
    devices: tuple[DeviceStatus, ...]


def official(standing: OfficialStanding) -> OfficialStatus:
    """Return how an official stands."""
    one = standing.official
    return OfficialStatus(
        id=one.id,
        pseudonym=one.pseudonym,
        name=one.name,
        role=one.role,
        roster=one.roster,
        publication=one.publication,
        status=standing.status,
        status_words=WORDS[standing.status],
        groups=tuple(group.name for group in standing.groups),
        devices=tuple(device(each) for each in standing.devices),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStatus:
    """What `status` says of a case, or of a group in it."""

    case: model.CaseFile
    counts: Mapping[model.Status, int]
    officials: tuple[OfficialStatus, ...]
    custody_head: str


def status(book: Casebook, officials: Sequence[OfficialStanding]) -> CaseStatus:
    """Return how some of the case's officials stand."""
    tally = Counter(one.status for one in officials)
    return CaseStatus(
        case=book.case,
        counts={each: tally.get(each, 0) for each in WORDS},
        officials=tuple(official(each) for each in officials),
        custody_head=book.custody_head,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanShown(model.Scan):
    """A scan with its device's status as it stands now, the alerts MVT raised by level, and the findings' ids."""

    status: model.Status | None
    alerts: Mapping[Level, int]
    findings: tuple[str, ...]


def scan(
    one: model.Scan, *, alerts: Sequence[model.RawAlert], findings: Sequence[str], status: model.Status | None
) -> ScanShown:
    """Return a scan as it is shown."""
    levels = Counter(alert.level for alert in alerts if alert.source is AlertSource.MVT)
    counts = {level: levels.get(level, 0) for level in reversed(Level)}
    return extended(ScanShown, one, status=status, alerts=counts, findings=tuple(findings))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scans:
    """Several scans or rechecks."""

    scans: tuple[ScanShown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingShown(model.Finding):
    """A finding with where it stands in review."""

    status: model.FindingState


def finding(one: model.Finding) -> FindingShown:
    """Return a finding as it is shown."""
    return extended(FindingShown, one, status=state_of(one.dispositions))
