"""Everything that happened, in order: on the phones, in what people saw, and in the inquiry itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.casebook import read as read_casebook
from mvtcase.model import TimeBasis
from mvtcase.store import queries
from mvtcase.workflow.desk import Outcome
from mvtcase.workflow.report_making import sealing_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mvtcase.casebook import Casebook, OfficialStanding
    from mvtcase.model import Finding
    from mvtcase.workflow.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One thing at one time; `at` is as given, None when unknown, and `ref` is the record it comes from."""

    at: str | None
    basis: TimeBasis
    kind: str
    official: str
    device: str
    what: str
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What `timeline` returns."""

    events: tuple[Moment, ...]


def timeline(desk: Desk, *, official: str | None = None, group: str | None = None) -> Outcome[Timeline]:
    """Return the moments of a case, a group or an official in order, those of unknown time last."""
    with desk.open_case() as store:
        book = read_casebook(store, desk.newest())
        people = book.members(queries.group(store, group).id) if group else book.officials
        if official:
            wanted = queries.official(store, official).id
            people = tuple(one for one in people if one.official.id == wanted)
    moments = sorted((each for one in people for each in _of(book, one)), key=_order)
    return Outcome(data=Timeline(events=tuple(moments)))


def _order(one: Moment) -> tuple[bool, str, str, str]:
    return (one.at is None, (one.at or "").replace(" ", "T"), one.kind, one.ref)


def _of(book: Casebook, one: OfficialStanding) -> Iterator[Moment]:
    who = one.official.id
    for consent in one.consents:
        yield _ours(consent.given_at, "consent", who, "", f"consent given, {consent.method}", consent.id)
        if consent.withdrawn_at:
            yield _ours(consent.withdrawn_at, "consent", who, "", "consent withdrawn", consent.id)
    for seen in (each for each in book.observations if each.official == who):
        yield _ours(seen.at, "observation", who, seen.device or "", f"{seen.kind}: {seen.value}", seen.id)
    changed = sealing_of(book).get(who)
    if changed and changed.last_on and changed.first_off:
        what = f"LINE Letter Sealing changed from on to off, some time after {changed.last_on}"
        yield _ours(changed.first_off, "change", who, "", what, "line.letter_sealing")
    for finding in (each for each in book.findings if each.official == who):
        yield from _of_finding(finding)
    yield from _of_devices(book, one)


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


def _of_devices(book: Casebook, one: OfficialStanding) -> Iterator[Moment]:
    for device in one.devices:
        for taken in device.acquisitions:
            what = f"{taken.kind} registered, {taken.files} files"
            yield _ours(taken.registered_at, "acquisition", one.official.id, device.device.id, what, taken.id)
        for scan in (each for each in book.scans if each.device == device.device.id):
            what = f"{'recheck' if scan.recheck_of else 'scan'} {scan.state}, {scan.completeness}"
            yield _ours(scan.finished_at or scan.started_at, "scan", one.official.id, device.device.id, what, scan.id)
