"""Incident lines: one device's findings with one cause are one line, and none is lost on the way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mvt_plugin_line.rules import RULES
from mvtcase.findings.lines import group_lines, line_key
from mvtcase.findings.ratings import ONLY_HERE, rate
from mvtcase.model import (
    Disposition,
    EvidenceClass,
    Finding,
    FindingState,
    IndicatorRef,
    Level,
    Rating,
    RawAlert,
    Verdict,
)

REDIRECT = Finding(
    id="F-0",
    device="D-0001",
    official="O-0001",
    evidence_class=EvidenceClass.HEURISTIC,
    level=Level.MEDIUM,
    module="safari_history",
    title="Redirect took less than a second! (120 milliseconds)",
    rating=Rating.SUSPICIOUS,
    rule="fast-redirect",
    alerts=1,
)
APP = replace(REDIRECT, module="dumpsys_packages", rule="app-outside-store org.example.one", rating=Rating.LEAD)
LINK = replace(
    REDIRECT,
    evidence_class=EvidenceClass.ATTEMPT,
    module="sms",
    rule="",
    rating=Rating.UNRATED,
    indicator=IndicatorRef(value="lure.example", type="domains", family="Pegasus", set="tiny"),
)


def _many(one: Finding, number: int) -> list[Finding]:
    return [
        replace(
            one, id=f"F-{place:05d}", event_time=f"2026-08-{3 + place % 17:02d} 10:00:00", title=f"{one.title} {place}"
        )
        for place in range(number)
    ]


def _judged(one: Finding, verdict: Verdict = Verdict.BENIGN) -> Finding:
    judgement = Disposition(
        uuid="v", finding=one.id, verdict=verdict, reason="an advertiser", examiner="Ada", at="2026"
    )
    return replace(one, dispositions=(judgement,))


def test_a_flood_of_like_findings_is_one_line() -> None:
    """Twenty thousand redirects of one phone are read once, with how many, the first and the last."""
    (line,) = group_lines(_many(REDIRECT, 20_000))
    assert (line.records, line.alerts, line.waiting) == (20_000, 20_000, 20_000)
    assert (line.first, line.last) == ("2026-08-03 10:00:00", "2026-08-19 10:00:00")
    assert len(set(line.findings)) == 20_000
    assert str(line.words).startswith("20000 times from 2026-08-03 to 2026-08-19: Redirect took")


@pytest.mark.parametrize(
    "other",
    [
        replace(REDIRECT, device="D-0002"),
        replace(REDIRECT, module="chrome_history"),
        replace(REDIRECT, rule="other-rule"),
        replace(REDIRECT, rating=Rating.CONTEXT),
        replace(REDIRECT, evidence_class=EvidenceClass.POSTURE),
        LINK,
    ],
)
def test_another_cause_is_another_line(other: Finding) -> None:
    """Another phone, place, rule, weight or indicator is never judged along with the rest."""
    assert len(group_lines([REDIRECT, replace(other, id="F-1")])) == 2


def test_each_thing_that_weighs_has_its_own_line() -> None:
    """Dismissing one app must not dismiss another; of what is ordinary the rule alone makes the line."""
    other = replace(APP, id="F-1", rule="app-outside-store org.example.two")
    assert len(group_lines([APP, other])) == 2
    assert len(group_lines([replace(one, rating=Rating.CONTEXT) for one in (APP, other)])) == 1
    numbered = [replace(APP, id=f"F-{n}", rule=f"file-in-temporary-folder /data/local/tmp/x{n}") for n in range(3)]
    assert len(group_lines(numbered)) == 1


def test_each_rule_about_letter_sealing_is_a_line_of_its_own_that_says_what_it_is() -> None:
    """The account's own switch must not hide among notes on single chats."""
    raised = [
        replace(
            APP,
            id=f"F-{rule}-{n}",
            title=f"LINE {rule.id}: {rule.sentence}: {n} of 6 chats",
            rule="",
            rating=Rating.POSTURE,
        )
        for rule in RULES.values()
        for n in range(2)
    ]
    rated = [
        replace(
            one, rule=rate(RawAlert(module="line_ios", level=one.level, message=one.title, event_time="", event={}))[1]
        )
        for one in raised
    ]
    lines = group_lines(rated)
    assert sorted(line.title for line in lines) == [f"LINE {rule.id}: {rule.sentence}: …" for rule in RULES.values()]


def test_two_indicators_are_two_lines() -> None:
    """The same lure in many messages is one line, whatever the messages say."""
    assert LINK.indicator is not None
    other = replace(LINK, id="F-1", indicator=replace(LINK.indicator, value="other.example"))
    assert [line.records for line in group_lines([*_many(LINK, 3), other])] == [3, 1]


def test_comparing_phones_leaves_the_lines_alone() -> None:
    """What stands on one phone only weighs more, and is still the same line."""
    raised = replace(APP, rating=Rating.SUSPICIOUS, rule=f"{APP.rule} + {ONLY_HERE}")
    assert line_key(raised) == line_key(APP)


def test_what_joins_a_judged_line_says_so() -> None:
    """A new record is not judged by what was judged before."""
    one, two, three = _many(REDIRECT, 3)
    (line,) = group_lines([_judged(one), _judged(two), three])
    assert line.states == {FindingState.BENIGN: 2, FindingState.OPEN: 1}
    assert (line.waiting, line.joined_later) == (1, 1)
    assert group_lines([one, two])[0].joined_later == 0


def test_the_gravest_line_comes_first_and_the_judged_last() -> None:
    """An indicator of an attempt before something unusual before a lead; what everybody judged is at the end."""
    lines = group_lines([APP, _judged(replace(LINK, id="F-9", module="calls")), REDIRECT, LINK])
    assert [line.module for line in lines] == ["sms", "safari_history", "dumpsys_packages", "calls"]


def test_every_finding_is_in_exactly_one_line() -> None:
    """No number of lines hides a record."""
    findings = [*_many(REDIRECT, 7), *(replace(one, id=f"A{one.id}") for one in _many(APP, 5)), replace(LINK, id="L")]
    together = [each for line in group_lines(findings) for each in line.findings]
    assert sorted(together) == sorted(one.id for one in findings)
