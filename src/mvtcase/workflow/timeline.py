"""Everything that happened, in order: on the phones, in what people saw, and in the inquiry itself.

Times of phones whose clock's zone nobody knows are kept apart: they cannot be put in one order with the others.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, fields, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mvtcase.canon import StrEnum
from mvtcase.casebook import overview
from mvtcase.errors import InputError
from mvtcase.escape import csv_cell
from mvtcase.model import TimeBasis
from mvtcase.store import queries
from mvtcase.wording import say
from mvtcase.workflow.desk import Outcome
from mvtcase.workflow.payloads import as_json
from mvtcase.workflow.report_making import sealing_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from mvtcase.casebook import OfficialStanding
    from mvtcase.model import CaseFile, Finding, Observation, Scan
    from mvtcase.report.view import SealingSeen
    from mvtcase.store.store import Store
    from mvtcase.workflow.desk import Desk

DEVICE_ZONE = "device.time_zone"
"""The observation that says in which zone a phone's clock ran."""


class Form(StrEnum):
    """The forms in which a timeline is written for other programs, a moment a line."""

    CSV = "csv"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One thing at one time; `at` is as given, None when unknown, and `ref` is the record it comes from.

    `shown` is the time in the case's zone, empty where the clock's zone is not known.
    """

    at: str | None
    basis: TimeBasis
    kind: str
    official: str
    device: str
    what: str
    ref: str
    shown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What `timeline` returns: moments of known zones in order, then those of phones' own clocks, then the others."""

    events: tuple[Moment, ...]
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which moments are meant: kinds (`finding`, `scan` …), one device, from when to when (UTC)."""

    kinds: Collection[str] = ()
    device: str | None = None
    since: str | None = None
    until: str | None = None

    def holds(self, one: Moment) -> bool:
        """Return whether a moment is meant; one without a known time only where no time was asked for."""
        if (self.kinds and one.kind not in self.kinds) or self.device not in {None, one.device}:
            return False
        if self.since is None and self.until is None:
            return True
        at = _comparable(one.at)
        return bool(at) and _comparable(self.since) <= at and (self.until is None or at <= _comparable(self.until))


ALL = Span()


def timeline(
    desk: Desk, *, official: str | None = None, group: str | None = None, span: Span = ALL
) -> Outcome[Timeline]:
    """Return the moments of a case, a group or an official in order, those of unknown time last."""
    with desk.open_case() as store:
        wanted = queries.official(store, official).id if official else None
        book = overview(store, desk.newest(), wanted)
        people = book.members(queries.group(store, group).id) if group else book.officials
        zone = zone_of(book.case)
        told = _told(store, book.observations, sealing_of(book), wanted)
        moments = [each for one in people for each in _of(told, one)]
    shown = [in_zone(each, zone, told.zones) for each in moments]
    meant = sorted((each for each in shown if span.holds(each)), key=_order)
    apart = sum(each.at is not None and not each.shown for each in meant)
    note = say("Times are shown in {zone}.", zone=str(zone))
    loose = say(
        "{apart} times are of phones' own clocks, and stand apart: observe {kind} of a phone where its zone is known.",
        apart=apart,
        kind=DEVICE_ZONE,
    )
    return Outcome(
        data=Timeline(events=tuple(meant), time_zone=str(zone)), messages=(note, loose) if apart else (note,)
    )


def read_form(text: str) -> Form:
    """Return the form that a text names. Raises `InputError`."""
    try:
        return Form(text.lower())
    except ValueError:
        raise InputError(
            "There is no form {given!r}.", hint=say("Use one of {form}.", form=", ".join(Form)), given=text
        ) from None


def written(moments: tuple[Moment, ...], form: Form) -> Iterator[str]:
    """Yield a timeline line by line in a form for other programs; text of the evidence is no formula."""
    if form is Form.JSONL:
        for one in moments:
            yield json.dumps(as_json(one), ensure_ascii=True)
        return
    names = [each.name for each in fields(Moment)]
    for row in (names, *([csv_cell(getattr(one, name) or "") for name in names] for one in moments)):
        line = io.StringIO(newline="")
        csv.writer(line, lineterminator="").writerow(row)
        yield line.getvalue()


def zone(desk: Desk) -> ZoneInfo | timezone:
    """Return the zone that times of the case meant are shown in."""
    with desk.open_case() as store:
        return zone_of(queries.case_file(store))


def zone_of(case: CaseFile) -> ZoneInfo | timezone:
    """Return the zone that a case's times are shown in: the one chosen for it, else this machine's, else UTC."""
    found = (_zone(name) for name in (case.time_zone, _of_the_machine()) if name)
    return next((each for each in found if each is not None), timezone.utc)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _of_the_machine() -> str | None:
    """Return the name of this machine's zone as far as the system tells it."""
    try:
        return str(Path("/etc/localtime").resolve()).partition("/zoneinfo/")[2] or None
    except OSError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What the moments of people are made of, by official, and the zones of phones."""

    observations: Mapping[str, list[Observation]]
    findings: Mapping[str, list[Finding]]
    scans: Mapping[str, list[Scan]]
    sealing: Mapping[str, SealingSeen]
    zones: Mapping[str, str]


def _told(
    store: Store, observations: tuple[Observation, ...], sealing: Mapping[str, SealingSeen], of: str | None
) -> _Told:
    seen: dict[str, list[Observation]] = {}
    for one in observations:
        seen.setdefault(one.official, []).append(one)
    found: dict[str, list[Finding]] = {}
    for finding in queries.findings(store, queries.of_official(of) if of else queries.ALL):
        found.setdefault(finding.official, []).append(finding)
    scans: dict[str, list[Scan]] = {}
    for scan in queries.scans(store, in_full=False, official=of):
        scans.setdefault(scan.device, []).append(scan)
    zones = {each.device: each.value for each in observations if each.kind == DEVICE_ZONE and each.device}
    return _Told(observations=seen, findings=found, scans=scans, sealing=sealing, zones=zones)


def in_zone(one: Moment, zone: ZoneInfo | timezone, zones: Mapping[str, str]) -> Moment:
    """Return a moment with its time in the case's zone; one of a phone's own clock only where its zone is known."""
    moment = _read(one.at)
    if moment is None:
        return one
    if one.basis is not TimeBasis.UTC:
        if one.device not in zones or one.basis is TimeBasis.UNKNOWN:
            return one
        own = _zone(zones[one.device])
        if own is None:
            return one
        moment = moment.replace(tzinfo=own)
    return replace(one, shown=f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}")


def _read(text: str | None) -> datetime | None:
    """Return a time as a phone or we wrote it, taken for UTC; None where it is none."""
    try:
        return datetime.fromisoformat((text or "").strip().replace("Z", "+00:00")).replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def _comparable(text: str | None) -> str:
    return (text or "").replace(" ", "T")


def _order(one: Moment) -> tuple[bool, bool, str, str, str]:
    """Return the place of a moment: known zones before phones' own clocks before unknown times."""
    return (one.at is None, not one.shown, _comparable(one.at), one.kind, one.ref)


def _of(told: _Told, one: OfficialStanding) -> Iterator[Moment]:
    who = one.official.id
    for consent in one.consents:
        yield _ours(consent.given_at, "consent", who, "", f"consent given, {consent.method}", consent.id)
        if consent.withdrawn_at:
            yield _ours(consent.withdrawn_at, "consent", who, "", "consent withdrawn", consent.id)
    for seen in told.observations.get(who, ()):
        yield _ours(seen.at, "observation", who, seen.device or "", f"{seen.kind}: {seen.value}", seen.id)
    changed = told.sealing.get(who)
    if changed and changed.last_on and changed.first_off:
        what = f"LINE Letter Sealing changed from on to off, some time after {changed.last_on}"
        yield _ours(changed.first_off, "change", who, "", what, "line.letter_sealing")
    for finding in told.findings.get(who, ()):
        yield from _of_finding(finding)
    yield from _of_devices(told, one)


def _ours(at: str, kind: str, official: str, device: str, what: str, ref: str) -> Moment:
    return Moment(at=at, basis=TimeBasis.UTC, kind=kind, official=official, device=device, what=what, ref=ref)


def _of_finding(one: Finding) -> Iterator[Moment]:
    yield Moment(
        at=one.event_time,
        basis=one.event_time_basis,
        kind="finding",
        official=one.official,
        device=one.device,
        what=f"{one.evidence_class}: {one.title}",
        ref=one.id,
    )
    for each in one.dispositions:
        what = f"{each.verdict} by {each.examiner}: {each.reason}"
        yield _ours(each.at, "disposition", one.official, one.device, what, one.id)


def _of_devices(told: _Told, one: OfficialStanding) -> Iterator[Moment]:
    for device in one.devices:
        for taken in device.acquisitions:
            what = f"{taken.kind} registered, {taken.files} files"
            yield _ours(taken.registered_at, "acquisition", one.official.id, device.device.id, what, taken.id)
        for scan in told.scans.get(device.device.id, ()):
            what = f"{'recheck' if scan.recheck_of else 'scan'} {scan.state}, {scan.completeness}"
            yield _ours(scan.finished_at or scan.started_at, "scan", one.official.id, device.device.id, what, scan.id)
