"""Incident lines as a report tells them: findings of one phone with one cause, once, with how often and when."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.escape import visible
from mvtcase.findings.lines import group_lines
from mvtcase.findings.ratings import in_words
from mvtcase.findings.review import stands, state_of
from mvtcase.model import EvidenceClass, FindingState
from mvtcase.report import sentences as words
from mvtcase.report.view import SENTENCE, SHORT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mvtcase.findings.lines import IncidentLine
    from mvtcase.model import Finding
    from mvtcase.report.facts import DispositionFact, FindingFact, IndicatorFact
    from mvtcase.report.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFact:
    """Findings of one device with one cause; `records` is how many, `findings` are their ids.

    `state` says in words how many stand where in review, `weight` why they weigh what they weigh; `minor` ones have no
    indicator, a low level and no judgement.
    """

    id: str
    who: str
    device: str
    title: str
    evidence_class: str
    class_name: str
    means: str
    does_not_mean: str
    weight: str
    technique: str
    level: str
    module: str
    indicator: IndicatorFact | None
    records: int
    first: str | None
    last: str | None
    basis: str
    state: str
    confirmed: bool
    stands: bool
    minor: bool
    judged: tuple[DispositionFact, ...]
    findings: tuple[str, ...]


def lines(view: View, findings: Iterable[FindingFact]) -> tuple[LineFact, ...]:
    """Return the lines of everybody who may have a row: what stands before what was settled, the gravest first."""
    by_id, told = {one.id: one for one in view.told_apart}, {one.id: one for one in findings}
    made = [
        _line(view, each, [by_id[one] for one in each.findings], [told[one] for one in each.findings])
        for each in group_lines(by_id.values())
    ]
    return tuple(sorted(made, key=lambda one: (not one.stands, one.minor)))


def _line(view: View, line: IncidentLine, inside: list[Finding], facts: list[FindingFact]) -> LineFact:
    # The line's own title where texts may stand: it says what all records share.
    title = view.text(facts[0].id, view.word(line.heading), limit=SENTENCE) if view.shows_texts else facts[0].title
    worst = max(inside, key=lambda one: one.level.rank)
    told = facts[inside.index(worst)]
    return LineFact(
        id=line.id,
        who=told.who,
        device=told.device,
        title=title or told.title,
        evidence_class=told.evidence_class,
        class_name=told.class_name,
        means=told.means,
        does_not_mean=told.does_not_mean,
        weight=visible(view.word(in_words(worst))) if view.shows_texts else "",
        technique=technique(worst),
        level=str(line.level),
        module=visible(line.module)[:SHORT],
        indicator=told.indicator,
        records=line.records,
        first=visible(line.first) if line.first else None,
        last=visible(line.last) if line.last else None,
        basis=told.basis,
        state=_states(view, inside),
        confirmed=any(state_of(one) is FindingState.CONFIRMED for one in inside),
        stands=any(map(stands, inside)),
        minor=all(each.minor for each in facts),
        judged=tuple(dict.fromkeys(judged for each in facts for judged in each.dispositions)),
        findings=tuple(each.id for each in facts),
    )


def _states(view: View, inside: list[Finding]) -> str:
    tally = Counter(map(state_of, inside))
    told = [(number, view.word(words.REVIEW_WORDS[state])) for state, number in tally.items()]
    return told[0][1] if len(told) == 1 else "; ".join(f"{number} × {state}" for number, state in told)


def technique(one: Finding) -> str:
    """Return the ATT&CK for Mobile technique that a finding speaks of, empty where no mapping is known."""
    rule = one.rule.partition(" ")[0]
    if rule in _TECHNIQUE_OF_RULE:
        return _TECHNIQUE_OF_RULE[rule]
    return _TECHNIQUE_OF_CLASS.get(one.evidence_class, "") if one.indicator else ""


_TECHNIQUE_OF_CLASS = {EvidenceClass.ATTEMPT: "T1660 Phishing", EvidenceClass.EXPOSURE: "T1456 Drive-By Compromise"}
_TECHNIQUE_OF_RULE = {
    "accessibility-service": "T1453 Abuse Accessibility Features",
    "authority-installed": "T1638 Adversary-in-the-Middle",
    "hiding-profile": "T1628 Hide Artifacts",
    "process-deleted": "T1630.002 File Deletion",
    "process-deleted-again": "T1630.002 File Deletion",
    "security-app-off": "T1629.003 Disable or Modify Tools",
}
"""MITRE ATT&CK for Mobile, by what a rule is about."""
