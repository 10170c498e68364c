"""What links officials to each other: the same indicator, sender, link, file, program, moment or sealing window.

A link is a reason to look, and no proof that one attacker stands behind it. What was judged false links nobody. What
half of the people here share, or ordinary phones show as well, is noise: told apart, with the reason, and no cluster in
time is made of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from mvtcase.canon import StrEnum
from mvtcase.findings.ratings import rule_named
from mvtcase.findings.review import stands
from mvtcase.model import EvidenceClass, Level, Rating
from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from mvtcase.casebook import Casebook
    from mvtcase.model import Finding, Json
    from mvtcase.wording import Message

DEFAULT_WINDOW = timedelta(hours=24)
MAX_TEXT_CHARACTERS = 20_000
ENOUGH_PEOPLE = 5
"""From how many examined people on it says something that more than half of them share a thing."""
_SENDER_FIELDS = ("phone_number", "address", "sender", "sender_mid", "from_jid", "ZFROMJID", "from_mid", "handle")
"""Event fields that name who wrote, as MVT's message modules and ours fill them."""
_URL = re.compile(r"https?://(?:[^\s/@]+@)?([A-Za-z0-9.-]{3,253})(?::\d+)?(/[^\s?#\"'<>]{0,500})?", re.IGNORECASE)
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)")
_VARIES = re.compile(r"(?=[^/]*\d)[^/]{5,}|\d+")
"""A part of a path that is made for one person or moment: digits, or five letters and more with a digit among them."""
_SAYING = re.compile(r"[^\W\d_]{4,}")
_HASH = re.compile(r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}", re.IGNORECASE)
_PROFILES = ("profile", "configuration")


class LinkKind(StrEnum):
    """What is shared."""

    INDICATOR = "indicator"
    FAMILY = "family"
    SENDER = "sender"
    HOST = "host"
    URL_PATH = "url_path"
    ATTACHMENT = "attachment"
    CERTIFICATE = "certificate"
    PROFILE = "profile"
    PROCESS = "process"
    MINUTE = "minute"
    DAY = "day"
    TIME = "time"
    SEALING_WINDOW = "sealing_window"


MEANING: Mapping[LinkKind, str] = {
    LinkKind.INDICATOR: "the same published indicator was found",
    LinkKind.FAMILY: "indicators of the same family were found",
    LinkKind.SENDER: "findings name the same sender",
    LinkKind.HOST: "findings hold links to the same host",
    LinkKind.URL_PATH: "findings hold links whose paths have the same shape",
    LinkKind.ATTACHMENT: "findings name a file with the same content",
    LinkKind.CERTIFICATE: "findings name an app signed with the same certificate",
    LinkKind.PROFILE: "findings name the same configuration profile",
    LinkKind.PROCESS: "findings name the same process",
    LinkKind.MINUTE: "events of findings lie in the same minute",
    LinkKind.DAY: "events of findings lie on the same day",
    LinkKind.TIME: "events of findings lie close together",
    LinkKind.SEALING_WINDOW: "LINE Letter Sealing may have gone off at the same time",
}
WEIGHT: Mapping[LinkKind, int] = {
    LinkKind.INDICATOR: 60,
    LinkKind.FAMILY: 30,
    LinkKind.SENDER: 40,
    LinkKind.HOST: 40,
    LinkKind.URL_PATH: 40,
    LinkKind.ATTACHMENT: 60,
    LinkKind.CERTIFICATE: 60,
    LinkKind.PROFILE: 60,
    LinkKind.PROCESS: 50,
    LinkKind.MINUTE: 30,
    LinkKind.DAY: 10,
    LinkKind.TIME: 10,
    LinkKind.SEALING_WINDOW: 20,
}
"""How much a kind of link says of two people among many; the more of them share it the less it is worth."""
_FIELDS: Mapping[LinkKind, frozenset[str]] = {
    LinkKind.ATTACHMENT: frozenset({"sha256", "sha1", "md5", "hash", "file_hash"}),
    LinkKind.CERTIFICATE: frozenset({"certificate", "thumbprint", "certificate_sha256", "certificate_sha1", "signer"}),
    LinkKind.PROFILE: frozenset({"profile_uuid", "profile_identifier", "payload_identifier", "profile_id"}),
    LinkKind.PROCESS: frozenset({"proc_name", "process", "process_name"}),
}
_OF_TIME = frozenset({LinkKind.MINUTE, LinkKind.DAY})
_QUIET = frozenset({Rating.CONTEXT, Rating.POSTURE, Rating.MENTION})
_COMMON = ("most phones", "many phones", "every phone", "all phones")
"""How a rule's record begins that says of its thing that ordinary phones show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What two or more officials share; `first` and `last` are times as the devices gave them, None when unknown.

    `first_official` and `first_finding` are who showed it first and by what, None where no time is known. `weight` says
    how much it is worth among the people examined; `noise` why it says nothing, None where it may.
    """

    kind: LinkKind
    value: str
    officials: tuple[str, ...]
    findings: tuple[str, ...] = ()
    first: str | None = None
    last: str | None = None
    first_official: str | None = None
    first_finding: str | None = None
    weight: int = 0
    noise: Message | None = field(default=None, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Between which two looks LINE Letter Sealing of an official went off, in UTC."""

    official: str
    last_on: str
    first_off: str


def links(book: Casebook, windows: Sequence[Window] = (), *, within: timedelta = DEFAULT_WINDOW) -> tuple[Link, ...]:
    """Return every link of two or more officials, noise last, those with the most officials first."""
    examined = {one.official.id for one in book.officials if any(each.latest for each in one.devices)}
    return of_findings(book.findings, windows, people=len(examined), within=within)


def of_findings(
    findings: Iterable[Finding],
    windows: Sequence[Window] = (),
    *,
    people: int = 0,
    within: timedelta = DEFAULT_WINDOW,
) -> tuple[Link, ...]:
    """Return every link that findings make between officials, of so many `people` examined."""
    standing = [one for one in findings if stands(one)]
    return Told.by(standing).links(windows, people=people, within=within)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """What a link needs of a finding: who, when, how much it weighs, and where two findings meet."""

    id: str
    official: str
    event_time: str | None
    moment: datetime | None
    matched: bool
    public: bool
    ordinary: bool
    weighs: bool


_Key = tuple[LinkKind, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Met:
    """Findings that have something in common, but for those in `without`; no link where one person alone is left."""

    without: frozenset[str]
    link: Link | None
    public: bool
    ordinary: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What findings tell of links before anybody's judgement: it stays the same until more is found.

    `shared` holds what the findings of two officials or more have in common, `where` the same by finding. `met` is
    filled as links are asked for: a judgement on one finding changes few of them.
    """

    marks: tuple[_Mark, ...]
    shared: Mapping[_Key, tuple[_Mark, ...]]
    where: Mapping[str, tuple[_Key, ...]]
    met: dict[_Key, _Met] = field(default_factory=dict)

    @classmethod
    def by(cls, findings: Iterable[Finding]) -> Told:
        """Return what some findings tell."""
        marks: list[_Mark] = []
        found: dict[_Key, list[_Mark]] = {}
        for one in findings:
            mark = _marked(one)
            marks.append(mark)
            for key in dict.fromkeys(_keys(one, mark.moment)):
                found.setdefault(key, []).append(mark)
        shared = {key: tuple(own) for key, own in found.items() if len({each.official for each in own}) > 1}
        where: dict[str, list[_Key]] = {}
        for key, own in shared.items():
            for each in own:
                where.setdefault(each.id, []).append(key)
        return cls(marks=tuple(marks), shared=shared, where={one: tuple(keys) for one, keys in where.items()})

    def links(
        self, windows: Sequence[Window], *, people: int, within: timedelta, fallen: Collection[str] = ()
    ) -> tuple[Link, ...]:
        """Return every link between officials, of so many examined; what has `fallen`, by id, links nobody."""
        standing = [one for one in self.marks if one.id not in fallen] if fallen else self.marks
        people = max(people, len({one.official for one in standing}))
        shared = [_judged(each.link, each, people) for each in self._meetings(fallen) if each.link is not None]
        noisy = {
            one for each in shared if each.noise is not None and each.kind not in _OF_TIME for one in each.findings
        }
        quiet = [one for one in standing if one.matched or one.id not in noisy]
        found = [*_without_less(shared, quiet), *_clusters(quiet, within, shared), *_overlaps(windows)]
        kinds = list(LinkKind)
        return tuple(
            sorted(
                found,
                key=lambda one: (
                    one.noise is not None, -len(one.officials), -one.weight, kinds.index(one.kind), one.value,
                ),
            )
        )  # fmt: skip

    def _meetings(self, fallen: Collection[str]) -> Iterator[_Met]:
        touched: dict[_Key, set[str]] = {}
        for one in fallen:
            for key in self.where.get(one, ()):
                touched.setdefault(key, set()).add(one)
        for key, own in self.shared.items():
            without = frozenset(touched.get(key, ()))
            known = self.met.get(key)
            if known is None or known.without != without:
                known = self.met[key] = _met(key, own, without)
            yield known


def _met(key: _Key, own: Iterable[_Mark], without: frozenset[str]) -> _Met:
    sharing = [one for one in own if one.id not in without]
    return _Met(
        without=without,
        link=_link(*key, sharing) if len({one.official for one in sharing}) > 1 else None,
        public=any(one.public for one in sharing),
        ordinary=all(one.ordinary for one in sharing),
    )


def _marked(one: Finding) -> _Mark:
    weighs = _weighs(one)
    return _Mark(
        id=one.id,
        official=one.official,
        event_time=one.event_time,
        moment=_moment(one.event_time) if weighs else None,
        matched=one.indicator is not None,
        public=one.indicator is not None and one.rating not in _QUIET,
        ordinary=_ordinary(one),
        weighs=weighs,
    )


def _link(kind: LinkKind, value: str, sharing: Sequence[_Mark]) -> Link:
    timed = sorted((one for one in sharing if one.event_time), key=lambda one: (_comparable(one.event_time), one.id))
    return Link(
        kind=kind,
        value=value,
        officials=tuple(sorted({one.official for one in sharing})),
        findings=tuple(sorted(one.id for one in sharing)),
        first=timed[0].event_time if timed else None,
        last=timed[-1].event_time if timed else None,
        first_official=timed[0].official if timed else None,
        first_finding=timed[0].id if timed else None,
        weight=WEIGHT[kind],
    )


def _judged(link: Link, met: _Met, people: int) -> Link:
    """Return a link with what it is worth here, and why it is noise where it is."""
    rarity = 1 - (len(link.officials) - 2) / max(people, 2)
    return _with(link, weight=round(link.weight * rarity), noise=_noise(link, met, people))


def _with(link: Link, **changes: object) -> Link:
    return Link(**{**{name: getattr(link, name) for name in Link.__slots__}, **changes})


def _noise(link: Link, met: _Met, people: int) -> Message | None:
    if met.public:
        return None  # a published indicator is told however many share it
    number = len(link.officials)
    if people >= ENOUGH_PEOPLE and number * 2 > people and link.kind not in _OF_TIME:
        return say("{number} of {people} people examined here share it", number=number, people=people)
    if met.ordinary:
        return say("ordinary phones show it too")
    return None


def _ordinary(one: Finding) -> bool:
    """Return whether what raised a finding is known from ordinary phones."""
    record = rule_named(one.rule)
    is_common = record is not None and record.common.startswith(_COMMON)
    return one.rating in _QUIET or (one.rating is Rating.LEAD and is_common)


def _without_less(shared: Sequence[Link], quiet: Sequence[_Mark]) -> Iterator[Link]:
    """Yield links; of moments only those of findings that say something, and no day that a minute tells better."""
    telling = {one.id for one in quiet if one.weighs}
    minutes = [(each.value[:10], set(each.officials)) for each in shared if each.kind is LinkKind.MINUTE]
    for each in shared:
        if each.kind in _OF_TIME and not telling.issuperset(each.findings):
            continue
        if each.kind is LinkKind.DAY and any(
            day == each.value and people >= set(each.officials) for day, people in minutes
        ):
            continue
        yield each


def _keys(one: Finding, moment: datetime | None) -> Iterator[tuple[LinkKind, str]]:
    """Yield what one finding may share with those of others; its moment where that may link anybody."""
    matched = one.indicator.value.lower() if one.indicator else None
    if one.indicator is not None:
        yield LinkKind.INDICATOR, one.indicator.value
        if one.indicator.family:
            yield LinkKind.FAMILY, one.indicator.family
    if moment is not None:
        minute = moment.isoformat(" ", "minutes")
        yield LinkKind.MINUTE, minute
        yield LinkKind.DAY, minute[:10]
    for name, value in one.detail.items():
        if isinstance(value, str) and value.strip() and value.strip().lower() != matched:
            yield from _of_field(name, value.strip(), one.module)
    for text in _texts(list(one.detail.values())):
        yield from _of_links(text[:MAX_TEXT_CHARACTERS], matched)


def _of_field(name: str, value: str, module: str) -> Iterator[tuple[LinkKind, str]]:
    for kind in _said_by(name, module):
        if kind is LinkKind.SENDER:
            yield kind, value
        elif kind is not LinkKind.ATTACHMENT or _HASH.fullmatch(value):
            yield kind, value.lower()


@lru_cache(maxsize=4096)  # a hundred thousand findings have few names of fields
def _said_by(name: str, module: str) -> tuple[LinkKind, ...]:
    """Return what a field of an event of a module's names."""
    lower = name.lower()
    profile = lower in {"identifier", "uuid"} and any(word in module for word in _PROFILES)
    return (
        *((LinkKind.SENDER,) if name in _SENDER_FIELDS else ()),
        *(kind for kind, fields in _FIELDS.items() if lower in fields),
        *((LinkKind.PROFILE,) if profile else ()),
    )


def _of_links(text: str, matched: str | None) -> Iterator[tuple[LinkKind, str]]:
    if "://" not in text:
        return
    for found in _URL.finditer(text):
        host, path = found[1].lower().strip("."), found[2] or ""
        if host != matched:
            yield LinkKind.HOST, host
        shape = path_shape(path)
        if shape:
            yield LinkKind.URL_PATH, shape


@lru_cache(maxsize=4096)
def path_shape(path: str) -> str:
    """Return a path with `*` for what varies from person to person; empty where nothing in it says anything."""
    shape = "/".join(_VARIES.sub("*", part) for part in path.rstrip("/").split("/"))
    return shape if "*" in shape and _SAYING.search(shape) else ""


def _texts(value: Json) -> Iterator[str]:
    """Yield every text inside a value, without recursion: evidence may nest as deep as it likes."""
    waiting: list[object] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _clusters(findings: Iterable[_Mark], within: timedelta, told: Sequence[Link]) -> Iterator[Link]:
    """Yield runs of events, none farther than `within` from the one before, that touch two or more officials.

    A run that lies in one minute or day of the same people is told by that already.
    """
    moments = {(each.officials, each.findings) for each in told if each.kind in _OF_TIME}
    timed = sorted(
        ((one.moment, one) for one in findings if one.moment is not None),
        key=lambda pair: (pair[0], pair[1].id),
    )
    run: list[tuple[datetime, _Mark]] = []
    for pair in [*timed, None]:
        if run and (pair is None or pair[0] - run[-1][0] > within):
            sharing = [one for _, one in run]
            if len({one.official for one in sharing}) > 1:
                link = _link(LinkKind.TIME, f"{run[0][0]:%Y-%m-%d %H:%M} to {run[-1][0]:%Y-%m-%d %H:%M}", sharing)
                if (link.officials, link.findings) not in moments:
                    yield link
            run = []
        if pair is not None:
            run.append(pair)


def _weighs(one: Finding) -> bool:
    """Return whether a finding says enough for its time to link anybody."""
    if one.rating in _QUIET or one.rating is Rating.LEAD:
        return False
    heuristic = one.evidence_class is EvidenceClass.HEURISTIC and one.level.rank >= Level.MEDIUM.rank
    return one.indicator is not None or heuristic


def _moment(text: str | None) -> datetime | None:
    shape = _TIME.match(text or "")
    if shape is None:
        return None
    try:
        return datetime.fromisoformat(f"{shape[1]} {shape[2]}")  # without a zone: clocks differ by device
    except ValueError:
        return None


def _comparable(text: str | None) -> str:
    return (text or "").replace("T", " ")


def _overlaps(windows: Sequence[Window]) -> Iterator[Link]:
    """Yield each largest set of sealing windows that share a moment."""
    seen: set[tuple[str, ...]] = set()
    for start in sorted({each.last_on for each in windows}):
        sharing = [each for each in windows if each.last_on <= start < each.first_off]
        officials = tuple(sorted({each.official for each in sharing}))
        if len(officials) > 1 and not any(set(officials) <= set(larger) for larger in seen):
            seen.add(officials)
            end = min(each.first_off for each in sharing)
            yield Link(
                kind=LinkKind.SEALING_WINDOW,
                value=f"{start} to {end}",
                officials=officials,
                first=start,
                last=end,
                weight=WEIGHT[LinkKind.SEALING_WINDOW],
            )
