"""An acquisition that was registered under the wrong person or phone: given to the right one with all it showed."""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from mvtcase.errors import ConflictError
from mvtcase.findings.normalise import renamed
from mvtcase.store import queries, relinking
from mvtcase.wording import do, say
from mvtcase.workflow import consents, devices, moving, recording
from mvtcase.workflow.acquisitions import PERSONAL, OneAcquisition
from mvtcase.workflow.desk import Outcome
from mvtcase.workflow.officials import require_reason

if TYPE_CHECKING:
    from mvtcase.model import Acquisition, Device, Official
    from mvtcase.store.store import Change, Store
    from mvtcase.workflow.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedAcquisition(OneAcquisition):
    """An acquisition under its right phone: whose it was said to be, and the reports that have to be written anew."""

    moved_from: str
    device_before: str
    findings: tuple[str, ...]
    outdated: tuple[str, ...]


def move(desk: Desk, named: str, *, to: str, device: str | None, reason: str) -> Outcome[MovedAcquisition]:
    """Give an acquisition that was registered under the wrong person or phone to the right one, with all it showed.

    `device` is the right person's phone; without it that is the one that the evidence tells, else a new one. The right
    one must have agreed, as for a scan. Judgements go with the findings; reports that told of the wrong one are marked.
    Raises `ConflictError` where the evidence says that it is of the phone it is under.
    """
    why = require_reason(reason)
    with recording.settled_case(desk, to_change=True) as store, contextlib.ExitStack() as held:
        recording.require_decided(store)
        one, right = queries.acquisition(store, named), queries.official(store, to)
        held.enter_context(recording.acquisition_lock(store, one.id))
        wrong = queries.official(store, one.official)
        target = _target(store, one, right, device)
        if wrong.id != right.id:
            consents.require(store, right, desk.clock())
        with store.change(
            "acquisition.given", actor=desk.actor, subject=one.id, before=wrong.id, after=right.id, reason=why
        ) as change:
            found = _give(change, store, one, right, target)
            moved = f"{one.id} was under {wrong.id} and is {right.id}'s"
            outdated = moving.outdate(change, store, (wrong, right), moved, since=("acquisition", one.uuid))
        data = MovedAcquisition(
            acquisition=queries.acquisition(store, one.id),
            moved_from=wrong.id,
            device_before=one.device,
            findings=found,
            outdated=outdated,
        )
        told = devices.told_the_wrong_one(wrong.id) if wrong.id != right.id else ()
        return Outcome(data=data, messages=(*moving.told(outdated), *told))


def _target(store: Store, one: Acquisition, right: Official, named: str | None) -> Device | None:
    """Return the phone that an acquisition is to be given to, None for one that is not in the case yet."""
    if one.device in {each.id for each in devices.find_all(store, one.identity)}:
        raise ConflictError(
            "{one} names its phone, and that is {device}.",
            hint=say(
                "If the phone is another person's: {0}.", do("device move", one.device, to=right.id, reason="TEXT")
            ),
            one=one.id,
            device=one.device,
        )
    target = queries.device(store, named) if named else devices.known_of(store, one.identity, right.id)
    if target is None or (named is None and target.id == one.device):
        return None
    devices.refuse_other_owner(target, right.id)
    if target.id == one.device:
        raise ConflictError("{one} is under {device} already.", one=one.id, device=target.id)
    if mark := devices.contradicts(target, one.identity):
        raise ConflictError(
            "This acquisition is not of device {wanted}: its {mark} is another's.", wanted=target.id, mark=mark
        )
    return target


def _give(change: Change, store: Store, one: Acquisition, right: Official, target: Device | None) -> tuple[str, ...]:
    """Put an acquisition with scans, findings and observations under a phone, and return the findings' ids."""
    added = target.id if target else devices.insert(change, right.id, label="", identity=one.identity)
    phone, contexts = queries.device(store, added), recording.contexts(store)
    change.payload |= {"device_before": one.device, "device_after": phone.id}
    change.update("acquisition", one.uuid, device=phone.id, official=right.id)
    scans = {each.id: each.uuid for each in queries.scans(store, one.id, in_full=False)}
    ids: dict[str, str] = {}
    for finding in sorted({each for scan in scans for each in queries.findings_of_scan(store, scan)}):
        own = [(alert, contexts[scan]) for scan, alert in queries.alerts_by_scan(store, finding) if scan in scans]
        ids[finding] = renamed(finding, own, phone)
    for uuid in scans.values():
        change.update("scan", uuid, device=phone.id)
    relinking.give_findings(store, change, scans, ids, device=phone.id, official=right.id)
    for row in store.rows("SELECT uuid FROM handover WHERE item = ?", (one.id,)):
        change.update("handover", row["uuid"], device=phone.id)
    _forget(change, store, one)
    return tuple(sorted(ids.values()))


def _forget(change: Change, store: Store, one: Acquisition) -> None:
    """Take from the phone it was under the name and number that this acquisition alone told of it."""
    before = queries.device(store, one.device)
    left = [each.identity for each in queries.acquisitions(store) if each.device == one.device]
    wrong: dict[str, Any] = {
        name: None
        for name in PERSONAL
        if (value := getattr(one.identity, name))
        and value == getattr(before.identity, name)
        and value not in {getattr(each, name) for each in left}
    }
    if wrong:
        change.update("device", before.uuid, identity=asdict(replace(before.identity, **wrong)))
