"""Incident lines: findings of one device with one cause, read and judged together; the records stay below them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.canon import sha256_text
from mvtcase.findings.ratings import NOT_YET_RATED, ONLY_HERE, heading, rule_named
from mvtcase.findings.review import state_of
from mvtcase.model import EvidenceClass, FindingState, Rating
from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mvtcase.model import Finding, IndicatorRef, Level
    from mvtcase.wording import Message

PREFIX, ID_DIGITS = "FL-", 12
_QUIET = frozenset({Rating.CONTEXT, Rating.POSTURE, Rating.MENTION})
"""Weights of what is ordinary: there the rule alone makes the line, whatever thing each record names."""
_NO_DIGITS = str.maketrans("", "", "0123456789")
_SILENT = frozenset({EvidenceClass.HEURISTIC, EvidenceClass.POSTURE})


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentLine:
    """Findings of one device with one cause.

    `key` says what they have in common and `id` is made of it; `findings` are their ids in order of time, `first` and
    `last` the earliest and the latest time told (None where no record tells one), `states` how many of them stand where
    in review. `title`, `level` and `rating` are those of the gravest.
    """

    id: str
    key: str
    device: str
    official: str
    evidence_class: EvidenceClass
    level: Level
    module: str
    title: str
    indicator: IndicatorRef | None
    rating: Rating
    rule: str
    alerts: int
    first: str | None
    last: str | None
    states: Mapping[FindingState, int]
    findings: tuple[str, ...]

    @property
    def records(self) -> int:
        """How many findings it holds."""
        return sum(self.states.values())

    @property
    def waiting(self) -> int:
        """How many of its findings nobody has judged."""
        return self.states.get(FindingState.OPEN, 0)

    @property
    def joined_later(self) -> int:
        """How many came to the line after others in it were judged: nobody judged these, though the line was."""
        return self.waiting if self.waiting < self.records else 0

    @property
    def words(self) -> Message:
        """The line in one sentence: how many records of what, from when to when."""
        return in_words(self.heading, self.records, self.first, self.last)

    @property
    def heading(self) -> Message:
        """The title, in English or in the words of another language."""
        return heading(self.title, self.rule, self.indicator, alone=self.records == 1)


def in_words(title: str | Message, records: int, first: str | None, last: str | None) -> Message:
    """Return what a line says: a single record is its title."""
    if records == 1:
        return say("{title}", title=title)
    if first is None or last is None:
        return say("{records} times: {title}", records=records, title=title)
    if first[:10] == last[:10]:
        return say("{records} times on {day}: {title}", records=records, title=title, day=first[:10])
    return say(
        "{records} times from {first} to {last}: {title}",
        records=records,
        title=title,
        first=first[:10],
        last=last[:10],
    )


def group_lines(findings: Iterable[Finding]) -> tuple[IncidentLine, ...]:
    """Return the incident lines of some findings, the gravest first; every finding is in exactly one line."""
    together: dict[tuple[str, str], list[Finding]] = {}
    for one in findings:
        together.setdefault((one.device, line_key(one)), []).append(one)
    made = [_line(key, inside) for (_, key), inside in together.items()]
    return tuple(sorted(made, key=lambda each: (not each.waiting, -severity(each), each.device, each.key)))


def line_id(device: str, key: str) -> str:
    """Return the id of a device's line: `FL-` and the beginning of the hash of what its findings have in common."""
    return f"{PREFIX}{sha256_text(f'{device}|{key}')[:ID_DIGITS]}"


def line_key(one: Finding) -> str:
    """Return what findings of one device must share to be one line: the place, the rule and the shape of the value.

    `store` says the same in SQL, in the column `line` of the table `finding`.
    """
    rule, _, partner = one.rule.partition(" + ")
    rating = Rating.LEAD if partner == ONLY_HERE else one.rating
    identity = rule.partition(" ")[0]
    if one.indicator is not None:
        shape = f"i:{one.indicator.type}:{one.indicator.value}:{identity}"
    elif identity in {"", NOT_YET_RATED}:
        shape = f"t:{one.title.translate(_NO_DIGITS)}"
    elif rating in _QUIET:
        shape = f"r:{identity}"
    else:
        # Files of one folder are alike, and so are names that differ in their numbers only.
        folder = rule[: rule.rfind("/") + 1] or rule
        shape = f"r:{folder.translate(_NO_DIGITS)}"
    return f"{one.evidence_class}|{one.module}|{rating}|{shape}"


def severity(one: Finding | IncidentLine) -> int:
    """Return how grave a finding is before anybody judged it, by what the status table makes of it, then by level.

    `store` says the same in SQL, in the column `severity` of the table `finding`.
    """
    matched = one.indicator is not None and one.evidence_class not in _SILENT
    if matched:
        tier = 5 if one.evidence_class in {EvidenceClass.EXECUTION, EvidenceClass.ARTEFACT} else 4
    elif one.evidence_class is EvidenceClass.HEURISTIC and one.rating in {Rating.SUSPICIOUS, Rating.UNRATED}:
        tier = 3
    else:
        tier = {Rating.LEAD: 2, Rating.MENTION: 1}.get(one.rating, 0)
    return tier * 10 + one.level.rank


def _line(key: str, inside: Sequence[Finding]) -> IncidentLine:
    worst = max(inside, key=severity)
    in_time = sorted(inside, key=lambda one: (one.event_time is None, (one.event_time or "").replace("T", " "), one.id))
    times = [one.event_time for one in in_time if one.event_time]
    return IncidentLine(
        id=line_id(worst.device, key),
        key=key,
        device=worst.device,
        official=worst.official,
        evidence_class=worst.evidence_class,
        level=worst.level,
        module=worst.module,
        title=_title(inside, worst),
        indicator=worst.indicator,
        rating=worst.rating,
        rule=worst.rule,
        alerts=sum(one.alerts for one in inside),
        first=times[0] if times else None,
        last=times[-1] if times else None,
        states=Counter(map(state_of, inside)),
        findings=tuple(one.id for one in in_time),
    )


def _title(inside: Sequence[Finding], worst: Finding) -> str:
    """Return the title that all records share, else the rule's text with "…" for what each names, else the gravest."""
    if len({one.title for one in inside}) == 1:
        return worst.title
    record = rule_named(worst.rule)
    return record.template.replace("{}", "…") if record else worst.title
