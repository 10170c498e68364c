"""LINE Letter Sealing over a group and over time: on, off, changed, conflicting, unknown, and who is due again."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from mvtcase.canon import StrEnum, parse_timestamp
from mvtcase.engine.safe_json import safe_text
from mvtcase.errors import InputError
from mvtcase.model import SealingSeen
from mvtcase.store import queries
from mvtcase.wording import say
from mvtcase.workflow import payloads
from mvtcase.workflow.desk import Outcome
from mvtcase.workflow.observations import LETTER_SEALING, Seen
from mvtcase.workflow.sealing_pairs import SealingPair, line_files, moment, pairs, records_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from mvtcase import correlate
    from mvtcase.casebook import Overview
    from mvtcase.model import Group, Observation, Official
    from mvtcase.store.store import Store
    from mvtcase.workflow.desk import Desk


DEFAULT_EVERY = timedelta(days=30)
SAME_TIME = timedelta(hours=24)
"""Two looks less far apart that disagree are a conflict, not a change: one of them is wrong, or both need a third."""


class Sealing(StrEnum):
    """What all observations of an official together say."""

    ON = "on"
    OFF = "off"
    CHANGED_ON_OFF = "changed_on_off"
    CONFLICTING = "conflicting"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The sealing of one official: `last_on` and `first_off` bound a change, `last` is the latest look that told."""

    sealing: Sealing
    last: Observation | None = None
    last_on: str | None = None
    first_off: str | None = None

    @property
    def window(self) -> str:
        """The change's bounds in words, empty without one."""
        return f"{self.last_on} … {self.first_off}" if self.last_on and self.first_off else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSealing:
    """How many of a group stand at each sealing, the groups inside it counted too."""

    group: str
    on: int
    off: int
    changed_on_off: int
    conflicting: int
    unknown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialSealing:
    """The sealing of one official with the latest look at it; `groups` are names."""

    id: str
    pseudonym: str
    name: str
    groups: tuple[str, ...]
    sealing: Sealing
    window: str
    last_on: str | None
    first_off: str | None
    last_seen: str | None
    method: str
    note: str
    due: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingStatus:
    """What `status --sealing` returns."""

    groups: tuple[GroupSealing, ...]
    officials: tuple[OfficialSealing, ...]
    pairs: tuple[SealingPair, ...]
    """Where two examined phones hold one chat: whose account lost its sealing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueOfficial:
    """An official to be asked again; `days_overdue` is None for one who was never asked."""

    id: str
    pseudonym: str
    name: str
    groups: tuple[str, ...]
    value: str | None
    last_seen: str | None
    days_overdue: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What `observe due` returns."""

    due: tuple[DueOfficial, ...]
    every_days: int


def judge(observations: Sequence[Observation]) -> Judgement:
    """Return what observations of `line.letter_sealing`, oldest first, say together.

    The latest look that saw on or off counts. Off after on is a change with its window; looks within a day that
    disagree are conflicting. An unknown look changes nothing. Of looks at the very same moment the one recorded last
    counts: that is how a wrong one is corrected, and how a backup scanned again speaks once.
    """
    corrected: dict[str, str] = {}
    for each in observations:
        corrected[each.at] = max(each.recorded_at, corrected.get(each.at, ""))
    told = [
        each
        for each in observations
        if each.value in {Sealing.ON, Sealing.OFF} and each.recorded_at == corrected[each.at]
    ]
    if not told:
        return Judgement(sealing=Sealing.UNKNOWN)
    last = latest = told[-1]
    if any(_disagree(each, latest) for each in told[:-1]):
        return Judgement(sealing=Sealing.CONFLICTING, last=last)
    if latest.value == Sealing.ON:
        return Judgement(sealing=Sealing.ON, last=last)
    return _off(told, last)


def _off(told: Sequence[Observation], last: Observation) -> Judgement:
    before = [place for place, each in enumerate(told) if each.value == Sealing.ON]
    if not before:
        return Judgement(sealing=Sealing.OFF, last=last)
    turn = before[-1]
    return Judgement(sealing=Sealing.CHANGED_ON_OFF, last=last, last_on=told[turn].at, first_off=told[turn + 1].at)


def _disagree(one: Observation, latest: Observation) -> bool:
    if one.value == latest.value or {one.method, latest.method} == {"backup"}:
        return False  # a backup that tells both is a history with its own times, not two looks
    return abs(parse_timestamp(latest.at) - parse_timestamp(one.at)) < SAME_TIME


def status(desk: Desk, *, group: str | None = None) -> Outcome[SealingStatus]:
    """Return the sealing of every official (or of a group's) and counts per group."""
    with desk.open_case() as store:
        groups, officials = _chosen(store, group)
        seen = _by_official(queries.observations(store), LETTER_SEALING)
        judged = {one.id: judge(seen.get(one.id, ())) for one in officials}
        together = tuple(pair for pair in pairs(store) if judged.keys() & set(pair.officials))
    now = desk.clock()
    return Outcome(
        data=SealingStatus(
            groups=tuple(_group_row(each, groups, officials, judged) for each in groups),
            officials=tuple(_official_row(one, groups, judged[one.id], now) for one in officials),
            pairs=together,
        ),
        messages=(
            say(
                "Off shows no spyware: the setting is the account's, and any logged-in client can change it. "
                "A device status of no trace does not clear it either."
            ),
        ),
    )


def due(desk: Desk, *, every: str, group: str | None = None, kind: str = LETTER_SEALING) -> Outcome[Due]:
    """Return who was never asked, or not within `every` (`30d`, `12w`), the longest overdue first."""
    interval = read_interval(every)
    now = desk.clock()
    with desk.open_case() as store:
        groups, officials = _chosen(store, group)
        seen = _by_official(queries.observations(store), kind)
    rows = [_due_row(one, groups, seen.get(one.id, ()), now, interval) for one in officials]
    waiting = [row for row in rows if row is not None]
    waiting.sort(key=lambda row: (row.days_overdue is not None, -(row.days_overdue or 0)))
    return Outcome(data=Due(due=tuple(waiting), every_days=interval.days))


def read_interval(text: str) -> timedelta:
    """Return the interval of `30d`, `4w` or a plain number of days. Raises `InputError`."""
    shape = re.fullmatch(r"(\d{1,4})\s*([dw]?)", text.strip().lower())
    if shape is None or int(shape[1]) == 0:
        raise InputError("{given!r} is no interval.", hint="Write days or weeks: 30d, 4w.", given=text)
    return timedelta(weeks=int(shape[1])) if shape[2] == "w" else timedelta(days=int(shape[1]))


def _chosen(store: Store, group: str | None) -> tuple[list[Group], list[Official]]:
    groups, officials = list(queries.groups(store)), list(queries.officials(store))
    if group is None:
        return groups, officials
    inside = _with_descendants(queries.group(store, group).id, groups)
    return [each for each in groups if each.id in inside], [one for one in officials if inside & set(one.groups)]


def _with_descendants(group: str, groups: Sequence[Group]) -> set[str]:
    inside = {group}
    for _ in groups:
        inside |= {each.id for each in groups if each.parent in inside}
    return inside


def _by_official(observations: Iterable[Observation], kind: str) -> dict[str, list[Observation]]:
    found: dict[str, list[Observation]] = {}
    for each in observations:
        if each.kind == kind:
            found.setdefault(each.official, []).append(each)
    return found


def _group_row(
    group: Group, groups: Sequence[Group], officials: Sequence[Official], judged: Mapping[str, Judgement]
) -> GroupSealing:
    """Return a group's counts, the groups inside it counted too, as everywhere a group is named."""
    inside = _with_descendants(group.id, groups)
    tally = Counter(judged[one.id].sealing for one in officials if inside & set(one.groups))
    return GroupSealing(group=group.name, **{str(each): tally.get(each, 0) for each in Sealing})


def _official_row(one: Official, groups: Sequence[Group], judgement: Judgement, now: datetime) -> OfficialSealing:
    last = judgement.last
    return payloads.filled(
        OfficialSealing,
        one,
        groups=tuple(each.name for each in groups if each.id in one.groups),
        sealing=judgement.sealing,
        window=judgement.window,
        last_on=judgement.last_on,
        first_off=judgement.first_off,
        last_seen=last.at if last else None,
        method=last.method if last else "",
        note=last.note if last else "",
        due=last is None or now - parse_timestamp(last.at) > DEFAULT_EVERY,
    )


def _due_row(
    one: Official, groups: Sequence[Group], seen: Sequence[Observation], now: datetime, interval: timedelta
) -> DueOfficial | None:
    told = [each for each in seen if each.value != Sealing.UNKNOWN]
    last = told[-1] if told else None
    overdue = (now - parse_timestamp(last.at) - interval).days if last else None
    if last is not None and now - parse_timestamp(last.at) <= interval:
        return None
    return payloads.filled(
        DueOfficial,
        one,
        groups=tuple(each.name for each in groups if each.id in one.groups),
        value=last.value if last else None,
        last_seen=last.at if last else None,
        days_overdue=overdue,
    )


MAX_ACCOUNTS = 16
SUMMARY = "line_sealing_summary"


def sealing_seen(results: Path, device: str) -> tuple[tuple[Seen, ...], tuple[str, ...]]:
    """Return the observations that a scan's LINE results amount to, and a sentence for each file that cannot be read.

    A change from on to off becomes two, so that the bounds of its window stand in the case; what the modules could not
    tell becomes `unknown` with the reason. What a worker wrote is read as hostile, like evidence.
    """
    read = [records_in(path, SUMMARY) for path in line_files(results)]
    summaries = [record for records, _ in read for record in records]
    seen = tuple(seen for record in summaries[:MAX_ACCOUNTS] for seen in _seen(record, device))
    return seen, tuple(sentence for _, sentence in read if sentence)[:MAX_ACCOUNTS]


def _seen(record: dict[str, Any], device: str) -> Iterator[Seen]:
    note = f"{record.get('basis', '')}: {record.get('reason', '')}; LINE account {record.get('account', '')}".strip()
    last_sealed, first_unsealed = moment(record.get("last_sealed")), moment(record.get("first_unsealed"))

    def seen(value: str, at: str | None) -> Seen:
        return Seen(kind=LETTER_SEALING, value=value, method="backup", at=at, note=safe_text(note, 2000), device=device)

    match record.get("sealing"):
        case "changed_on_off":
            yield seen("on", last_sealed)
            yield seen("off", first_unsealed)
        case "on":
            if first_unsealed is not None:  # it was off for a while and came back
                yield seen("off", first_unsealed)
            yield seen("on", last_sealed)
        case "off":
            yield seen("off", first_unsealed)
        case _:
            yield seen("unknown", None)


def sealing_windows(book: Overview) -> list[correlate.Window]:
    """Return between which looks Letter Sealing went off, for each official for whom it did."""
    from mvtcase import correlate  # noqa: PLC0415  # slow to load, and few verbs link phones

    return [
        correlate.Window(official=official, last_on=seen.last_on, first_off=seen.first_off)
        for official, seen in sealing_of(book).items()
        if seen.last_on and seen.first_off
    ]


def sealing_of(book: Overview) -> dict[str, SealingSeen]:
    """Return what the observations of each official say of LINE Letter Sealing; who was never asked is left out."""
    asked = _by_official(book.observations, LETTER_SEALING)
    return {official: _sealing_seen(looks) for official, looks in sorted(asked.items())}


def _sealing_seen(looks: Sequence[Observation]) -> SealingSeen:
    judged = judge(looks)
    return SealingSeen(
        sealing=str(judged.sealing),
        last_on=judged.last_on,
        first_off=judged.first_off,
        last_seen=judged.last.at if judged.last else None,
        method=judged.last.method if judged.last else "",
        looks=tuple((each.at, each.value) for each in looks),
    )
