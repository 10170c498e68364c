"""What links officials to each other: the same indicator, family, sender or host, the same hours or sealing window.

A link is a reason to look, and no proof that one attacker stands behind it. What was judged false links nobody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mvtcase.canon import StrEnum
from mvtcase.findings.review import stands
from mvtcase.model import EvidenceClass, Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mvtcase.casebook import Casebook
    from mvtcase.model import Finding, Json

DEFAULT_WINDOW = timedelta(hours=24)
MAX_TEXT_CHARACTERS = 20_000
_SENDER_FIELDS = ("phone_number", "address", "sender", "sender_mid", "from_jid", "ZFROMJID", "from_mid", "handle")
"""Event fields that name who wrote, as MVT's message modules and ours fill them."""
_HOST = re.compile(r"https?://(?:[^\s/@]+@)?([A-Za-z0-9.-]{3,253})", re.IGNORECASE)
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)")


class LinkKind(StrEnum):
    """What is shared."""

    INDICATOR = "indicator"
    FAMILY = "family"
    SENDER = "sender"
    HOST = "host"
    TIME = "time"
    SEALING_WINDOW = "sealing_window"


MEANING: Mapping[LinkKind, str] = {
    LinkKind.INDICATOR: "the same published indicator was found",
    LinkKind.FAMILY: "indicators of the same family were found",
    LinkKind.SENDER: "findings name the same sender",
    LinkKind.HOST: "findings hold links to the same host",
    LinkKind.TIME: "events of findings lie close together",
    LinkKind.SEALING_WINDOW: "LINE Letter Sealing may have gone off at the same time",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What two or more officials share; `first` and `last` are times as the devices gave them, None when unknown."""

    kind: LinkKind
    value: str
    officials: tuple[str, ...]
    findings: tuple[str, ...] = ()
    first: str | None = None
    last: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Between which two looks LINE Letter Sealing of an official went off, in UTC."""

    official: str
    last_on: str
    first_off: str


def links(book: Casebook, windows: Sequence[Window] = (), *, within: timedelta = DEFAULT_WINDOW) -> tuple[Link, ...]:
    """Return every link of two or more officials, those with the most officials first."""
    standing = [one for one in book.findings if stands(one)]
    found = [
        *_shared(standing, LinkKind.INDICATOR, _indicators),
        *_shared(standing, LinkKind.FAMILY, _families),
        *_shared(standing, LinkKind.SENDER, _senders),
        *_shared(standing, LinkKind.HOST, _hosts),
        *_clusters(standing, within),
        *_overlaps(windows),
    ]
    kinds = list(LinkKind)
    return tuple(sorted(found, key=lambda one: (-len(one.officials), kinds.index(one.kind), one.value)))


def _shared(findings: Iterable[Finding], kind: LinkKind, keys: _Keys) -> Iterator[Link]:
    by_key: dict[str, list[Finding]] = {}
    for one in findings:
        for key in set(keys(one)):
            by_key.setdefault(key, []).append(one)
    for key, sharing in by_key.items():
        if len({one.official for one in sharing}) > 1:
            yield _link(kind, key, sharing)


def _link(kind: LinkKind, value: str, sharing: Sequence[Finding]) -> Link:
    times = sorted((one.event_time for one in sharing if one.event_time), key=_comparable)
    return Link(
        kind=kind,
        value=value,
        officials=tuple(sorted({one.official for one in sharing})),
        findings=tuple(sorted(one.id for one in sharing)),
        first=times[0] if times else None,
        last=times[-1] if times else None,
    )


def _indicators(one: Finding) -> Iterator[str]:
    if one.indicator:
        yield one.indicator.value


def _families(one: Finding) -> Iterator[str]:
    if one.indicator and one.indicator.family:
        yield one.indicator.family


def _senders(one: Finding) -> Iterator[str]:
    for name in _SENDER_FIELDS:
        value = one.detail.get(name)
        if isinstance(value, str) and value.strip():
            yield value.strip()


def _hosts(one: Finding) -> Iterator[str]:
    matched = one.indicator.value if one.indicator else None
    for text in _texts(one.detail):
        for host in _HOST.findall(text[:MAX_TEXT_CHARACTERS]):
            if host.lower() != matched:
                yield host.lower().strip(".")


def _texts(value: Json | Mapping[str, Json]) -> Iterator[str]:
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


def _clusters(findings: Iterable[Finding], within: timedelta) -> Iterator[Link]:
    """Yield runs of events, none farther than `within` from the one before, that touch two or more officials."""
    timed = sorted(
        ((moment, one) for one in findings if _weighs(one) and (moment := _moment(one.event_time)) is not None),
        key=lambda pair: (pair[0], pair[1].id),
    )
    run: list[tuple[datetime, Finding]] = []
    for pair in [*timed, None]:
        if run and (pair is None or pair[0] - run[-1][0] > within):
            sharing = [one for _, one in run]
            if len({one.official for one in sharing}) > 1:
                yield _link(LinkKind.TIME, f"{run[0][0]:%Y-%m-%d %H:%M} to {run[-1][0]:%Y-%m-%d %H:%M}", sharing)
            run = []
        if pair is not None:
            run.append(pair)


def _weighs(one: Finding) -> bool:
    """Return whether a finding says enough for its time to link anybody."""
    heuristic = one.evidence_class is EvidenceClass.HEURISTIC and one.level.rank >= Level.MEDIUM.rank
    return one.indicator is not None or heuristic


def _moment(text: str | None) -> datetime | None:
    shape = _TIME.match(text or "")
    if shape is None:
        return None
    try:
        return datetime.strptime(f"{shape[1]} {shape[2]}", "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007  # clocks differ by device
    except ValueError:
        return None


def _comparable(text: str) -> str:
    return text.replace("T", " ")


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
                kind=LinkKind.SEALING_WINDOW, value=f"{start} to {end}", officials=officials, first=start, last=end
            )


if TYPE_CHECKING:
    from collections.abc import Callable

    _Keys = Callable[[Finding], Iterator[str]]
