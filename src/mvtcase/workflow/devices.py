"""Devices: add by hand, list, show, change what became of one, and tell which device an acquisition is of."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from mvtcase.canon import new_uuid, person_key
from mvtcase.casebook import overview
from mvtcase.errors import ConflictError, InputError
from mvtcase.model import DeviceIdentity, DeviceState, Platform
from mvtcase.store import queries
from mvtcase.wording import do, say
from mvtcase.workflow import consents, findings, moving, payloads
from mvtcase.workflow.desk import Outcome
from mvtcase.workflow.officials import require_reason
from mvtcase.workflow.seeking import LineShown, read

if TYPE_CHECKING:
    from mvtcase.model import Device
    from mvtcase.store.store import Change, Store
    from mvtcase.wording import Message
    from mvtcase.workflow.desk import Desk

_MARKS = ("udid", "serial", "imei")
_SHARED = frozenset({"UNKNOWN", "0123456789ABCDEF", "9774D56D682E549C"})
"""What many phones say in place of a mark: two manufacturers' serial, and the android_id that Android 2.2 gave all."""

_BUILD = ("product_type", "os_version", "os_build")
"""What tells a device from all others, the most telling first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneDevice:
    """What is written down about one device."""

    device: Device


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(OneDevice):
    """A device under its right official: whose it was said to be, and the reports that have to be written anew."""

    moved_from: str
    outdated: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """What `device list` returns."""

    devices: tuple[payloads.ListedDevice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceInFull:
    """What `device show` returns: a device with its gravest findings, and how many there are in all.

    `lines` are the incident lines that all of them make; none where only so many findings were asked for.
    """

    device: payloads.WholeDevice
    findings: int
    lines: tuple[LineShown, ...] = ()


def add(desk: Desk, official: str, *, label: str, identity: DeviceIdentity, owner: str = "") -> Outcome[OneDevice]:
    """Add a device by hand, before anything was taken from it."""
    with desk.open_case(to_change=True) as store:
        one = queries.official(store, official)
        refuse_other_owner(find(store, identity), one.id)
        if find(store, identity) is not None:
            raise ConflictError("That device is in the case already.", hint=say("{0} shows it.", do("device list")))
        with store.change("device.added", actor=desk.actor) as change:
            added = insert(change, one.id, label=label, identity=identity, owner=owner)
            change.payload["subject"] = added
        return Outcome(data=OneDevice(device=queries.device(store, added)))


def insert(change: Change, official: str, *, label: str, identity: DeviceIdentity, owner: str = "") -> str:
    """Write a new device inside the caller's transaction and return its id."""
    added = change.new_id("device")
    change.insert(
        "device",
        id=added,
        official=official,
        label=label.strip() or default_label(identity),
        platform=identity.platform,
        fingerprint=_fingerprint(identity),
        state=DeviceState.IN_USE,
        owner=owner.strip(),
        identity=asdict(replace(identity, collector=None)),
    )
    return added


def default_label(identity: DeviceIdentity) -> str:
    """Return what to call a device nobody named: its model, never its name, which often is the person's."""
    words = [identity.manufacturer, identity.model or identity.product_type]
    return " ".join(word for word in words if word) or "device of unknown model"


def _fingerprint(identity: DeviceIdentity) -> str:
    for mark in _MARKS:
        value = _mark(identity, mark)
        if value:
            return f"{mark}:{value}"
    return f"uuid:{new_uuid()}"


def _mark(identity: DeviceIdentity, mark: str) -> str:
    """Return a mark as marks are compared; empty when it is not known, and a mark of blanks alone is none."""
    value = (getattr(identity, mark) or "").strip().upper()
    return "" if value in _SHARED or not value.strip("0") else value


def find(store: Store, identity: DeviceIdentity) -> Device | None:
    """Return the known device that this identity is of: the same UDID, serial or IMEI. None when it is new.

    Raises `ConflictError` when it fits more than one.
    """
    fitting = find_all(store, identity)
    if len(fitting) > 1:
        names = ", ".join(device.id for device in fitting)
        raise ConflictError(
            "This identity fits several devices: {names}.",
            hint=say("Name one with {0}.", do(device="DEVICE")),
            names=names,
        )
    return fitting[0] if fitting else None


def find_all(store: Store, identity: DeviceIdentity) -> list[Device]:
    """Return every known device with a UDID, serial or IMEI of this identity; more than one was entered by hand."""
    return [device for device in queries.devices(store) if _same(device, identity)]


def of_same_build(store: Store, identity: DeviceIdentity, official: str) -> Device | None:
    """Return an official's only device of the same build, for an acquisition that says nothing else of its phone.

    A bugreport often names its build alone. None where nothing tells, or more than one device would do.
    """
    if is_marked(identity):
        return None
    fitting = [each for each in of_platform(store, identity, official) if _built_alike(each.identity, identity)]
    return fitting[0] if len(fitting) == 1 else None


def known_of(store: Store, identity: DeviceIdentity, official: str) -> Device | None:
    """Return the device that an acquisition of an official's is of, as far as it tells; None for a new one."""
    return find(store, identity) or of_same_build(store, identity, official)


def is_marked(identity: DeviceIdentity) -> bool:
    """Return whether an acquisition says something of its phone that no other phone has."""
    return any(_mark(identity, mark) for mark in _MARKS)


def _built_alike(one: DeviceIdentity, other: DeviceIdentity) -> bool:
    return all(getattr(one, name) and getattr(one, name) == getattr(other, name) for name in _BUILD)


def of_platform(store: Store, identity: DeviceIdentity, official: str) -> list[Device]:
    """Return an official's devices of a platform."""
    return [each for each in queries.devices(store) if (each.official, each.platform) == (official, identity.platform)]


def _same(device: Device, identity: DeviceIdentity) -> bool:
    return any(
        value in {_mark(device.identity, mark), device.fingerprint.removeprefix(f"{mark}:")}
        for mark in _MARKS
        if (value := _mark(identity, mark))
    )


def contradicts(device: Device, identity: DeviceIdentity) -> str:
    """Return which mark of an identity says that it is another device, empty when none does."""
    for mark in _MARKS:
        known, seen = _mark(device.identity, mark), _mark(identity, mark)
        if known and seen and known != seen:
            return mark
    if Platform.UNKNOWN not in {device.platform, identity.platform} and device.platform is not identity.platform:
        return "platform"
    return ""


def refuse_other_owner(device: Device | None, official: str) -> None:
    """Raise `ConflictError` when a device is already under another official: one phone has one data owner."""
    if device is not None and device.official != official:
        raise ConflictError(
            "This is device {device}, which belongs to {official}, not {official_2}.",
            hint=say(
                "Check whose phone it is. Entered under the wrong person: {0}. A phone handed on is an inquiry of its "
                "own: record it with {1}.",
                do("device move", device.id, to=official, reason="TEXT"),
                do("custody note", "TEXT"),
            ),
            device=device.id,
            official=device.official,
            official_2=official,
        )


def list_devices(desk: Desk) -> Outcome[Devices]:
    """Return all devices with their status."""
    with desk.open_case() as store:
        book = overview(store, desk.newest())
        every = [device for one in book.officials for device in one.devices]
        ids = queries.finding_ids(store, (each.device.id for each in every))
        listed = [payloads.device(payloads.ListedDevice, each, ids) for each in every]
        return Outcome(data=Devices(devices=tuple(sorted(listed, key=lambda each: each.id))))


def show(desk: Desk, named: str, *, limit: int | None = None, by_line: bool = False) -> Outcome[DeviceInFull]:
    """Return a device with its acquisitions, status, coverage and findings, or so many of them, the gravest.

    With `by_line` the incident lines stand alone, without the findings in them.
    """
    with desk.open_case() as store:
        device = queries.device(store, named)
        book = overview(store, desk.newest(), device.official)
        standing = next(each for one in book.officials for each in one.devices if each.device.id == device.id)
        of_it = queries.of_device(device.id)
        found = () if by_line else tuple(map(payloads.finding, read(store, queries.gravest(of_it, limit))))
        whole = payloads.device(payloads.WholeDevice, standing, {}, acquisitions=standing.acquisitions, findings=found)
        number = sum(each.number for each in standing.weights)
        lines = findings.lines_of(desk, store, of_it) if limit is None else ()
        return Outcome(data=DeviceInFull(device=whole, findings=number, lines=lines))


def change_device(
    desk: Desk, named: str, *, state: DeviceState | None, label: str | None, owner: str | None
) -> Outcome[OneDevice]:
    """Change what became of a device, its label or its owner."""
    given = {"state": state, "label": label, "owner": owner}
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes:
        raise InputError("Nothing to change was given.", hint=say("See {0}.", do("device set", help=True)))
    with desk.open_case(to_change=True) as store:
        one = queries.device(store, named)
        with store.change("device.changed", actor=desk.actor, subject=one.id, columns=",".join(changes)) as change:
            change.update("device", one.uuid, **changes)
        return Outcome(data=OneDevice(device=queries.device(store, one.id)))


def move(desk: Desk, named: str, *, to: str, reason: str) -> Outcome[Moved]:
    """Put a device that was entered under the wrong official under the right one, with all that was found on it.

    The right one must have agreed, as for a scan: raises the `ConsentError` that says what is missing. Letters and
    reports that told of the wrong one are marked as to be superseded.
    """
    why = require_reason(reason)
    with desk.open_case(to_change=True) as store:
        one, right = queries.device(store, named), queries.official(store, to)
        if one.official == right.id:
            raise ConflictError("{one} is under {right} already.", one=one.id, right=right.id)
        consents.require(store, right, desk.clock())
        wrong = queries.official(store, one.official)
        with store.change(
            "device.moved", actor=desk.actor, subject=one.id, before=wrong.id, after=right.id, reason=why
        ) as change:
            moving.hand_over(change, store, moving.OF_DEVICE, one.id, to=right.id)
            if wrong.name and person_key(wrong.name) in person_key(one.label):
                change.update("device", one.uuid, label=default_label(one.identity))
            moved = f"{one.id} was under {wrong.id} and is {right.id}'s"
            outdated = moving.outdate(change, store, (wrong, right), moved, since=("device", one.uuid))
        data = Moved(device=queries.device(store, one.id), moved_from=wrong.id, outdated=outdated)
        return Outcome(data=data, messages=(*moving.told(outdated), *told_the_wrong_one(wrong.id)))


def told_the_wrong_one(official: str) -> tuple[Message, ...]:
    """Return what a move leaves to the examiner: whom to tell, and that both stand otherwise now."""
    return (
        say("If {official} was told of this phone, tell the person that it was another's.", official=official),
        say("The status of both changed: {0} shows it.", do("status")),
    )
