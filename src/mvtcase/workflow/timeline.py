"""Everything that happened, in order: on the phones, in what people saw, and in the inquiry itself.

Times of phones whose clock's zone nobody knows are kept apart: they cannot be put in one order with the others.
"""

from __future__ import annotations

import csv
import io
import json
from bisect import insort
from collections import Counter
from dataclasses import dataclass, fields, replace
from datetime import datetime, timezone
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mvtcase.canon import StrEnum
from mvtcase.casebook import MOST_RENEWED, overview
from mvtcase.errors import InputError
from mvtcase.escape import csv_cell
from mvtcase.findings.ratings import heading
from mvtcase.model import IndicatorRef, TimeBasis
from mvtcase.store import queries
from mvtcase.wording import Said, say
from mvtcase.workflow.desk import Outcome
from mvtcase.workflow.payloads import WHOLE, Sheet, as_json
from mvtcase.workflow.sealing import sealing_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from sqlite3 import Row

    from mvtcase.casebook import OfficialStanding, Overview
    from mvtcase.model import CaseFile, Disposition, Observation, Scan, SealingSeen
    from mvtcase.store.store import Store, Written
    from mvtcase.wording import Message
    from mvtcase.workflow.desk import Desk

_DAY = len("2026-08-01")
DEVICE_ZONE = "device.time_zone"
"""The observation that says in which zone a phone's clock ran."""
_PLAIN = frozenset({"on", "off", "unknown"})
"""Values of observations that are words of ours."""


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
    what: Message
    ref: str
    shown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What `timeline` returns: moments of known zones in order, then those of phones' own clocks, then the others.

    `events` are a page of them, `in_all` how many there are, `days` how many on each day.
    """

    events: tuple[Moment, ...]
    time_zone: str
    in_all: int
    page: int
    pages: int
    days: Mapping[str, int]


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
    desk: Desk, *, official: str | None = None, group: str | None = None, span: Span = ALL, sheet: Sheet = WHOLE
) -> Outcome[Timeline]:
    """Return the moments of a case, a group or an official in order, those of unknown time last, a page of them."""
    with desk.open_case() as store:
        wanted = queries.official(store, official).id if official else None
        book = overview(store, desk.newest(), wanted)
        people = book.members(queries.group(store, group).id) if group else book.officials
        zone = zone_of(book.case)

        # A server keeps the one list of everything, and none of the many that a filter makes.
        whole = wanted is None and span.device is None and not span.kinds
        every = (
            store.remembered("moments", lambda: _moments(store, book), lambda *old: _renewed(store, book, *old))
            if whole
            else _moments(store, book, wanted, span)
        )
    who = {one.official.id for one in people}
    meant = every if group is None else [each for each in every if each[2].official in who]
    meant = meant if span == ALL else [each for each in meant if span.holds(each[2])]
    apart = sum(at is None and each.at is not None for _, at, each in meant)
    note = say("Times are shown in {zone}.", zone=str(zone))
    loose = say(
        "{apart:# time is of a phone's own clock, and stands|# times are of phones' own clocks, and stand} "
        "apart: observe {kind} of a phone where its zone is known.",
        apart=apart,
        kind=DEVICE_ZONE,
    )
    data = Timeline(
        events=tuple(_shown(at, each, zone) for _, at, each in sheet.of(meant)),
        time_zone=str(zone),
        in_all=len(meant),
        page=sheet.page,
        pages=sheet.pages(len(meant)),
        days=_days(each for _, _, each in meant),
    )
    return Outcome(data=data, messages=(note, loose) if apart else (note,))


_Placed: TypeAlias = "tuple[tuple[bool, bool, float, str, str, str], datetime | None, Moment]"
"""A moment behind its place in the order, and when it was."""


def _moments(store: Store, book: Overview, official: str | None = None, span: Span = ALL) -> list[_Placed]:
    """Return the moments of everybody in a book, or of one official, in order."""
    told = _told(store, book, official, span)
    people = (one for one in book.officials if official in {None, one.official.id})
    found = ((_placed(each, told.zones), each) for one in people for each in _of(told, one))
    return sorted(((_order(each), *each) for each in found), key=itemgetter(0))


def _renewed(store: Store, book: Overview, known: list[_Placed], written: Written) -> list[_Placed] | None:
    """Return all moments, with those people's read again whose own rows were written since."""
    whose = queries.owners(store, written)
    if whose is None or len(whose) > MOST_RENEWED:
        return None
    kept = [each for each in known if each[2].official not in whose] if whose else known
    for each in (one for who in whose for one in _moments(store, book, who)):
        insort(kept, each, key=itemgetter(0))
    return kept


def _days(moments: Iterable[Moment]) -> dict[str, int]:
    """Return how many moments there are on each day, by the clock that each was told by."""
    counted = Counter(each.at[:_DAY] for each in moments if each.at)
    return {day: number for day, number in sorted(counted.items()) if _read(day)}


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
            yield json.dumps({**as_json(one), "what": str(one.what)}, ensure_ascii=True)
        return
    names = [each.name for each in fields(Moment)]
    for row in (names, *([csv_cell(str(getattr(one, name) or "")) for name in names] for one in moments)):
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
    """What the moments of people are made of, by official, the judgements by finding, and the zones of phones."""

    observations: Mapping[str, list[Observation]]
    findings: Mapping[str, list[Row]]
    judgements: Mapping[str, tuple[Disposition, ...]]
    scans: Mapping[str, list[Scan]]
    sealing: Mapping[str, SealingSeen]
    zones: Mapping[str, str]


def _told(store: Store, book: Overview, official: str | None, span: Span) -> _Told:
    """Read no more than is asked for: an official's findings, or a device's, and none where others are meant."""
    seen: dict[str, list[Observation]] = {}
    for one in book.observations:
        seen.setdefault(one.official, []).append(one)
    among = (
        queries.of_device(span.device) if span.device else queries.of_official(official) if official else queries.ALL
    )
    wanted = not span.kinds or bool({"finding", "disposition"} & {*span.kinds})
    found: dict[str, list[Row]] = {}
    for row in queries.finding_times(store, among) if wanted else ():
        found.setdefault(row["official"], []).append(row)
    scans: dict[str, list[Scan]] = {}
    for scan in queries.scans(store, in_full=False, official=official):
        scans.setdefault(scan.device, []).append(scan)
    return _Told(
        observations=seen,
        findings=found,
        judgements=queries.dispositions(store, among) if wanted else {},
        scans=scans,
        sealing=sealing_of(book),
        zones={each.device: each.value for each in book.observations if each.kind == DEVICE_ZONE and each.device},
    )


def _shown(at: datetime | None, one: Moment, zone: ZoneInfo | timezone) -> Moment:
    """Return a moment with its time in the case's zone; one of a phone's own clock only where its zone is known."""
    return one if at is None else replace(one, shown=f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}")


def _placed(one: Moment, zones: Mapping[str, str]) -> datetime | None:
    """Return when a moment was, None where nobody knows in which zone its clock ran."""
    moment = _read(one.at)
    if moment is None or one.basis is TimeBasis.UTC:
        return moment
    own = _zone(zones[one.device]) if one.basis is not TimeBasis.UNKNOWN and one.device in zones else None
    return moment.replace(tzinfo=own) if own else None


def _read(text: str | None) -> datetime | None:
    """Return a time as a phone or we wrote it, taken for UTC; None where it is none."""
    try:
        return datetime.fromisoformat((text or "").strip().replace("Z", "+00:00")).replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def _comparable(text: str | None) -> str:
    return (text or "").replace(" ", "T")


def _order(placed: tuple[datetime | None, Moment]) -> tuple[bool, bool, float, str, str, str]:
    """Return the place of a moment: known zones before phones' own clocks before unknown times."""
    at, one = placed
    return (one.at is None, at is None, at.timestamp() if at else 0.0, _comparable(one.at), one.kind, one.ref)


def _of(told: _Told, one: OfficialStanding) -> Iterator[Moment]:
    who = one.official.id
    for consent in one.consents:
        yield _ours(consent.given_at, "consent", who, "", say("consent given, {how}", how=consent.method), consent.id)
        if consent.withdrawn_at:
            yield _ours(consent.withdrawn_at, "consent", who, "", say("consent withdrawn"), consent.id)
    for seen in told.observations.get(who, ()):
        what = say("{kind}: {what}", kind=seen.kind, what=Said(seen.value) if seen.value in _PLAIN else seen.value)
        yield _ours(seen.at, "observation", who, seen.device or "", what, seen.id)
    changed = told.sealing.get(who)
    if changed and changed.last_on and changed.first_off:
        what = say("LINE Letter Sealing changed from on to off, some time after {moment}", moment=changed.last_on)
        yield _ours(changed.first_off, "change", who, "", what, "line.letter_sealing")
    for finding in told.findings.get(who, ()):
        yield from _of_finding(finding, told.judgements.get(finding["id"], ()))
    yield from _of_devices(told, one)


def _ours(at: str, kind: str, official: str, device: str, what: Message, ref: str) -> Moment:
    return Moment(at=at, basis=TimeBasis.UTC, kind=kind, official=official, device=device, what=what, ref=ref)


def _of_finding(one: Row, judgements: Iterable[Disposition]) -> Iterator[Moment]:
    yield Moment(
        at=one["event_time"],
        basis=TimeBasis(one["event_time_basis"]),
        kind="finding",
        official=one["official"],
        device=one["device"],
        what=say(
            "{kind}: {what}", kind=Said(one["evidence_class"]), what=heading(one["title"], one["rule"], _ref(one))
        ),
        ref=one["id"],
    )
    for each in judgements:
        what = say("{verdict} by {who}: {why}", verdict=each.verdict, who=each.examiner, why=each.reason)
        yield _ours(each.at, "disposition", one["official"], one["device"], what, one["id"])


def _ref(one: Row) -> IndicatorRef | None:
    named = {name: one[f"indicator_{name}"] for name in ("value", "type", "family", "set")}
    return IndicatorRef(**named) if named["value"] is not None else None


def _of_devices(told: _Told, one: OfficialStanding) -> Iterator[Moment]:
    for device in one.devices:
        for taken in device.acquisitions:
            what = say("{kind} registered, {files:# file|# files}", kind=Said(taken.kind), files=taken.files)
            yield _ours(taken.registered_at, "acquisition", one.official.id, device.device.id, what, taken.id)
        for scan in told.scans.get(device.device.id, ()):
            kind = Said("recheck" if scan.recheck_of else "scan")
            what = say("{kind} {state}, {completeness}", kind=kind, state=scan.state, completeness=scan.completeness)
            yield _ours(scan.finished_at or scan.started_at, "scan", one.official.id, device.device.id, what, scan.id)
