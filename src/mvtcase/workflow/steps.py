"""What now: the one next step for each person, from the invitation to the letter, and the verb that takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.casebook import Remedy
from mvtcase.errors import ConsentError
from mvtcase.findings.status import is_unsettled, is_waiting
from mvtcase.model import DeviceState, NextStep, ReportState, RosterState
from mvtcase.store import queries
from mvtcase.wording import do
from mvtcase.workflow.consents import allowing
from mvtcase.workflow.payloads import Next

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from mvtcase.casebook import OfficialStanding
    from mvtcase.store.store import Store
    from mvtcase.wording import Step

LETTER_SENT = "letter_sent"
"""The roster mark of a person who has the letter."""


def letters_sent(store: Store) -> dict[str, str]:
    """Return when each official was last sent a letter: by a mark in the roster, or as a letter that was released."""
    sent = {each.official: each.at for each in queries.roster_marks(store) if each.mark == LETTER_SENT}
    for each in queries.reports(store):
        if each.kind == "letter" and each.state is ReportState.RELEASED:
            sent[each.target] = max(each.written_at, sent.get(each.target, ""))
    return sent


def next_step(one: OfficialStanding, sent: Mapping[str, str], now: datetime) -> Next:
    """Return the next step for a person; `sent` says when each was last sent a letter."""
    what = _what(one, sent.get(one.official.id, ""), now)
    return Next(what=what, step=_STEPS[what](one.official.id))


_STEPS: Mapping[NextStep, Callable[[str], Step | None]] = {
    NextStep.INVITE: lambda who: do("official set", who, roster="invited"),
    NextStep.CONSENT: lambda who: do("consent record", who),
    NextStep.ACQUIRE: lambda who: do("acquisition add", "FOLDER", official=who),
    NextStep.SCAN: lambda who: do("scan run", official=who),
    NextStep.RECHECK: lambda _who: do("recheck run", all=True),
    NextStep.REVIEW: lambda who: do("finding next", official=who),
    NextStep.SECOND_LOOK: lambda who: do("finding list", official=who),
    NextStep.LETTER: lambda who: do("report write", "letter", who),
    NextStep.NOTHING: lambda _who: None,
}


def _what(one: OfficialStanding, sent: str, now: datetime) -> NextStep:
    if one.official.roster in {RosterState.REFUSED, RosterState.WITHDRAWN}:
        return NextStep.NOTHING
    weights = [each for device in one.devices for each in device.weights]
    if any(each.matched and is_waiting(each) for each in weights):
        return NextStep.REVIEW  # an indicator waits for nobody's next visit
    ahead = _before_review(one, now)
    if ahead is not None:
        return ahead
    if any(map(is_waiting, weights)):
        return NextStep.REVIEW
    if any(map(is_unsettled, weights)):
        return NextStep.SECOND_LOOK
    last = max((scan.finished_at or "" for each in one.devices for scan in each.latest), default="")
    return NextStep.LETTER if sent <= last else NextStep.NOTHING


def _before_review(one: OfficialStanding, now: datetime) -> NextStep | None:
    """Return what has to be done before anything can be judged, None where all of it is."""
    if one.official.roster is RosterState.UNREACHABLE:
        return NextStep.INVITE
    in_use = [each for each in one.devices if each.device.state is DeviceState.IN_USE]
    stale = [each.remedy for device in in_use for each in device.stale]
    try:
        allowing(one.official, one.consents, now)
    except ConsentError:
        return NextStep.CONSENT
    if not in_use or not any(each.acquisitions for each in in_use) or Remedy.PHONE_NEEDED in stale:
        return NextStep.ACQUIRE
    if any(len(each.latest) < len(each.acquisitions) for each in in_use) or Remedy.SCAN_AGAIN in stale:
        return NextStep.SCAN
    return NextStep.RECHECK if Remedy.RECHECK in stale else None
