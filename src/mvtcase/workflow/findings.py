"""Findings: list, show, and an examiner's judgement on one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.canon import person_key
from mvtcase.errors import InputError
from mvtcase.findings.ratings import in_words, rule_named
from mvtcase.findings.review import stands, state_of
from mvtcase.model import FindingState, Verdict
from mvtcase.store import queries
from mvtcase.wording import do, say
from mvtcase.workflow import payloads
from mvtcase.workflow.desk import Outcome
from mvtcase.workflow.rates import base_rate

if TYPE_CHECKING:
    from mvtcase.findings.ratings import Rule
    from mvtcase.model import Finding, RawAlert
    from mvtcase.wording import Message
    from mvtcase.workflow.desk import Desk
    from mvtcase.workflow.rates import BaseRate


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What `finding list` returns."""

    findings: tuple[payloads.FindingShown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OneFinding:
    """A finding as it stands after a judgement."""

    finding: payloads.FindingShown


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeFinding(payloads.FindingShown):
    """A finding with every alert behind it, the record of the rule that raised it, and how common its thing is here."""

    raised: tuple[RawAlert, ...]
    base_rate: BaseRate | None
    rated: Rule | None
    weighs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingInFull:
    """What `finding show` returns."""

    finding: WholeFinding


def list_findings(
    desk: Desk, *, official: str | None = None, device: str | None = None, dismissed: bool = False
) -> Outcome[Findings]:
    """Return all findings, or those of one official or device, or those dismissed, worst level first."""
    with desk.open_case() as store:
        wanted = queries.official(store, official).id if official else None
        found = tuple(
            payloads.finding(one)
            for one in queries.findings(store)
            if wanted in {None, one.official} and device in {None, one.device} and not (dismissed and stands(one))
        )
        return Outcome(data=Findings(findings=found))


def show(desk: Desk, named: str) -> Outcome[FindingInFull]:
    """Return a finding with its alerts, verbatim."""
    with desk.open_case() as store:
        one = queries.finding(store, named)
        raised = queries.alerts_of_finding(store, one.id)
        whole = payloads.filled(
            WholeFinding, payloads.finding(one), raised=raised, base_rate=base_rate(store, one),
            rated=rule_named(one.rule), weighs=in_words(one),
        )  # fmt: skip
        return Outcome(data=FindingInFull(finding=whole))


def dispose(desk: Desk, named: str, *, verdict: Verdict, reason: str) -> Outcome[OneFinding]:
    """Record a judgement on a finding; the latest stands, earlier ones stay. A reason is needed."""
    if not reason.strip():
        raise InputError("A judgement needs its reason.", hint=say("Give it with {0}.", do(reason="TEXT")))
    with desk.open_case(to_change=True) as store:
        one = queries.finding(store, named)
        with store.change("finding.disposed", actor=desk.actor, subject=one.id, verdict=str(verdict)) as change:
            change.insert(
                "disposition",
                id=change.new_id("disposition"),
                finding=one.id,
                verdict=verdict,
                reason=reason.strip(),
                examiner=_as_spelled_before(one, desk.actor),
                at=change.at,
            )
        after = queries.finding(store, one.id)
        return Outcome(data=OneFinding(finding=payloads.finding(after)), messages=_what_next(state_of(after)))


def _as_spelled_before(one: Finding, actor: str) -> str:
    """Return an examiner's name as an earlier judgement has it: a view counts names, and knows no case but ASCII's."""
    known = {person_key(each.examiner): each.examiner for each in reversed(one.dispositions)}
    return known.get(person_key(actor), actor)


def _what_next(state: FindingState) -> tuple[Message, ...]:
    if state is FindingState.CONFIRMED_ONCE:
        return (say("A confirmation needs two examiners: one more has to confirm it."),)
    if state is FindingState.DISMISSED_ONCE:
        return (say("Dismissing what is grave needs two examiners: it counts until one more dismisses it."),)
    return ()
