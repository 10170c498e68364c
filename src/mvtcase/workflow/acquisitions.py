"""Acquisitions: register what was taken from a phone, verify it, set it aside; nothing is written to the original."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mvtcase.canon import new_uuid, storable_text
from mvtcase.errors import (
    ConflictError,
    ConsentError,
    EvidenceError,
    EvidenceMissingError,
    InputError,
    MvtcaseError,
)
from mvtcase.evidence import advice, intake, manifest
from mvtcase.evidence.looks import UNREADABLE
from mvtcase.files import absolute, destroy
from mvtcase.kinds import of
from mvtcase.model import Acquisition, AcquisitionState, Completeness, DeviceIdentity, Platform, ScanState
from mvtcase.store import queries
from mvtcase.wording import Message, do, say
from mvtcase.workflow import consents, devices, moving, payloads, prospects
from mvtcase.workflow.desk import Outcome, OutcomeStatus
from mvtcase.workflow.owners import Phone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mvtcase.evidence.intake import Identified
    from mvtcase.evidence.manifest import Manifest
    from mvtcase.model import Device, Official
    from mvtcase.store.store import Store
    from mvtcase.workflow.desk import Desk

    HashProgress = Callable[[int, int, "int | None"], None]
    """Hears files done, bytes done and bytes in all (None while unknown)."""

IMPORTED_FOLDER = "evidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What is said about an acquisition when adding it."""

    official: str
    device: str | None = None
    copy_in: bool = False
    acquired_at: str | None = None
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneAcquisition:
    """What is known of one acquisition, and when it is added, what it will be able to show."""

    acquisition: Acquisition
    prospect: prospects.Prospect | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisitions:
    """What is known of several acquisitions."""

    acquisitions: tuple[Acquisition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanOf:
    """A scan of an acquisition, in brief."""

    id: str
    state: ScanState
    completeness: Completeness


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeAcquisition(OneAcquisition):
    """What `acquisition show` returns; `manifest` is the place of the list of its files."""

    scans: tuple[ScanOf, ...]
    manifest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Altered:
    """A file of an original that is not as it was registered."""

    path: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """An original as it was found when it was hashed again."""

    id: str
    path: str
    unchanged: bool
    differences: tuple[Altered, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Originals:
    """What `acquisition verify` returns."""

    acquisitions: tuple[Verified, ...]


def add(
    desk: Desk, path: Path, wish: Registration, *, on_progress: HashProgress | None = None
) -> Outcome[OneAcquisition]:
    """Register one acquisition: tell its kind and device, hash every file, and keep the manifest in the case.

    The same bytes registered again give the acquisition known already; at a new place, its path is brought up to date.
    Raises the `EvidenceError` that says why it cannot be used, and `ConflictError` when it contradicts the case.
    """
    given = absolute(path)
    found = intake.identify(given)
    told = advice.on(given, found)
    with desk.open_case(to_change=True) as store:
        _refuse_copies(store, wish)
        outcome = _register(desk, store, found, wish, on_progress)
    return replace(outcome, messages=(*told, *outcome.messages))


def add_all(
    desk: Desk,
    path: Path,
    wish: Registration,
    *,
    whose: Callable[[Phone], str] | None = None,
    on_progress: HashProgress | None = None,
) -> Outcome[Acquisitions]:
    """Register every acquisition below a folder, one by one; one that cannot be registered does not stop the others.

    `whose` gives the official of each phone that the case does not know yet; without it all are the wish's.
    """
    registered: list[Acquisition] = []
    failures: list[Message] = []
    messages: list[str | Message] = []
    with desk.open_case(to_change=True) as store:
        _refuse_copies(store, wish)
        given = absolute(path)
        all_found = intake.find_all(given)
        messages += advice.beside(given, {found.root for found in all_found})
        for found in all_found:
            try:
                own = wish if whose is None else _for_owner(store, found, wish, whose, alone=len(all_found) == 1)
                outcome = _register(desk, store, found, own, on_progress)
            except MvtcaseError as error:  # noqa: PERF203  # one bad phone must not stop the others
                failures.append(say("{place}: {error}", place=found.root, error=error.whole))
            else:
                registered.append(outcome.data.acquisition)
                messages += (*advice.on(found.root, found), *outcome.messages)
    if not registered:
        raise InputError(
            "Nothing below {path} could be registered. {failures}",
            path=path,
            failures=" ".join(map(str, failures)),
        )
    return Outcome(
        data=Acquisitions(acquisitions=tuple(registered)),
        status=OutcomeStatus.PARTIAL if failures else OutcomeStatus.SUCCESS,
        messages=(*messages, *failures),
    )


def _for_owner(
    store: Store, found: Identified, wish: Registration, whose: Callable[[Phone], str], *, alone: bool
) -> Registration:
    identity = intake.read_identity(found)
    known = devices.find_all(store, identity)
    phone = Phone(place=found.root, kind=found.kind, identity=identity, alone=alone)
    return replace(wish, official=known[0].official if known else whose(phone))


def _register(
    desk: Desk, store: Store, found: Identified, wish: Registration, on_progress: HashProgress | None
) -> Outcome[OneAcquisition]:
    _refuse_unstorable(found.root)
    official = queries.official(store, wish.official)
    identity = intake.read_identity(found)
    warning = _not_agreed(desk, store, official)
    if warning:
        identity = replace(identity, **PERSONAL)
    known = _device_for(store, identity, wish.device, official.id)
    told = _whose(store, identity, replace(wish, official=official.id), known)
    with _pending_folder(store) as pending:
        hashed = manifest.hash_evidence(found.root, pending / "manifest.jsonl", on_progress=on_progress)
        again = _registered_before(store, hashed, known)
        if again is not None:
            _refuse_other_official(again, official.id)
            return _already_there(desk, store, again, found, wish)
        added = _insert(desk, store, found, wish, hashed, identity, pending)
    one = queries.acquisition(store, added)
    prospect = prospects.of(one.kind, _files(store, added))
    told = (*warning, *told, *_irregular_note(found.root, hashed), *prospects.told(one, prospect))
    return Outcome(
        data=OneAcquisition(acquisition=one, prospect=prospect),
        messages=(*told, say("Next: {0}.", do("scan run", added))),
    )


def _whose(store: Store, identity: DeviceIdentity, wish: Registration, known: str | None) -> tuple[str | Message, ...]:
    """Return what to say where the phone does not tell for certain which one of the official's it is."""
    if wish.device is not None or devices.find_all(store, identity):
        return ()
    if known is not None:
        return (
            say(
                "It names no serial or number of its phone; its build is that of {device}, so it counts as that one's. "
                "If it is another phone: {0}.",
                do("acquisition move", "ACQUISITION", to=wish.official, device="DEVICE", reason="TEXT"),
                device=known,
            ),
        )
    others = [each.id for each in devices.of_platform(store, identity, wish.official)]
    if devices.is_marked(identity) or not others:
        return ()
    return (
        say(
            "It does not say which phone it is of, so it counts as a new device. If it is of {devices}: {0}.",
            do("acquisition move", "ACQUISITION", to=wish.official, device=others[0], reason="TEXT"),
            devices=" or ".join(others),
        ),
    )


def _files(store: Store, acquisition: str) -> Iterator[tuple[str, int]]:
    return ((each.path, each.size or 0) for each in manifest.read_manifest(store.folder.manifest(acquisition)))


PERSONAL: dict[str, Any] = {"name": None, "phone_number": None}
"""What of a phone's identity tells who its user is: kept only when the person has agreed."""


def _not_agreed(desk: Desk, store: Store, official: Official) -> tuple[Message, ...]:
    """Return a warning where nothing allows a scan of a person's phones yet, empty where something does."""
    try:
        consents.require(store, official, desk.clock())
    except ConsentError as error:
        return (
            say(
                "{error} It is registered by its hashes; the phone's name and number are not kept, and no scan runs "
                "before {0}.",
                do("consent record", official.id),
                error=error.message,
            ),
        )
    return ()


def learn_personal(desk: Desk, store: Store, one: Acquisition) -> None:
    """Keep a phone's name and number once its user has agreed, where it was registered before; quiet when it is gone.

    The caller has made sure of the consent.
    """
    agreed = min(moving.first_event(store, "consent", each.uuid) for each in queries.consents(store, one.official))
    known = any(getattr(one.identity, name) for name in PERSONAL)
    if known or agreed < moving.first_event(store, "acquisition", one.uuid):
        return
    with contextlib.suppress(EvidenceError, OSError):
        identity = intake.read_identity(intake.identify(Path(one.path)))
        if any(getattr(identity, name) for name in PERSONAL):
            with store.change("acquisition.identity_read", actor=desk.actor, subject=one.id) as change:
                change.update("acquisition", one.uuid, identity=asdict(identity))
                _learn(change, store, one.device, identity)


def _refuse_copies(store: Store, wish: Registration) -> None:
    """Raise `ConflictError` where evidence would be copied into a sealed case, as sealing one with copies does."""
    if wish.copy_in and store.folder.sealed:
        raise ConflictError(
            "A sealed case takes no copy of evidence.",
            hint=say("Keep it on an encrypted medium of its own, and leave out {0}.", do(import_=True)),
        )


def _refuse_unstorable(path: Path) -> None:
    """Raise `InputError` for a path that the case could not find again, its bytes being no text."""
    if storable_text(str(path)) != str(path):
        raise InputError(
            "The path {path} is no UTF-8 text.",
            hint="Mount the medium, or name the folder, otherwise.",
            path=storable_text(str(path)),
        )


def _device_for(store: Store, identity: DeviceIdentity, named: str | None, official: str) -> str | None:
    fitting = devices.find_all(store, identity)
    for each in fitting:
        devices.refuse_other_owner(each, official)
    if named is None:
        known = devices.known_of(store, identity, official)
        return known.id if known else None
    wanted = queries.device(store, named)
    devices.refuse_other_owner(wanted, official)
    mark = devices.contradicts(wanted, identity)
    if mark or (fitting and wanted.id not in {each.id for each in fitting}):
        raise ConflictError(
            "This acquisition is not of device {wanted}: its {mark} is another's.",
            hint=say("Leave out {0} to register the device it is of.", do(device=True)),
            wanted=wanted.id,
            mark=mark or "identity",
        )
    return wanted.id


@contextlib.contextmanager
def _pending_folder(store: Store) -> Iterator[Path]:
    """Give a private folder for a manifest in the making; what is left in it afterwards is removed."""
    pending = store.folder.acquisition(f".pending-{new_uuid()}")
    pending.mkdir(parents=True, mode=0o700)
    try:
        yield pending
    finally:
        destroy(pending)


def _registered_before(store: Store, hashed: Manifest, device: str | None) -> Acquisition | None:
    for each in queries.acquisitions(store):
        if each.manifest_sha256 == hashed.digest and device in {None, each.device}:
            return each
    return None


def _refuse_other_official(known: Acquisition, official: str) -> None:
    """Raise `ConflictError` when the same bytes stand under another official, whatever the phone says of itself."""
    if known.official != official:
        raise ConflictError(
            "The same bytes are registered as {known} of {official}, not {official_2}.",
            hint="Check whose phone it is.",
            known=known.id,
            official=known.official,
            official_2=official,
        )


def _already_there(
    desk: Desk, store: Store, known: Acquisition, found: Identified, wish: Registration
) -> Outcome[OneAcquisition]:
    notes = [say("The same bytes are registered as {known} already.", known=known.id)]
    if str(found.root) != known.path and not Path(known.path).exists() and not known.imported:
        with store.change("acquisition.moved", actor=desk.actor, subject=known.id, path=str(found.root)) as change:
            change.update("acquisition", known.uuid, path=str(found.root))
        notes.append(say("It was no longer at its old place: the new place is recorded."))
    if wish.copy_in and not known.imported:
        notes.append(say("Nothing was copied: the original is where it was, at {path}; keep it.", path=known.path))
    return Outcome(data=OneAcquisition(acquisition=queries.acquisition(store, known.id)), messages=tuple(notes))


def _insert(  # one row gathers all that was learnt
    desk: Desk,
    store: Store,
    found: Identified,
    wish: Registration,
    hashed: Manifest,
    identity: DeviceIdentity,
    pending: Path,
) -> str:
    official = queries.official(store, wish.official)
    if wish.copy_in:
        manifest.copy_evidence(found.root, pending / IMPORTED_FOLDER / found.root.name, pending / "manifest.jsonl")
    with store.change("acquisition.registered", actor=desk.actor, kind=str(found.kind)) as change:
        device = _device_for(store, identity, wish.device, official.id)
        if device is None:
            seen = identity if identity.platform is not Platform.UNKNOWN else _of_kind(found, identity)
            device = devices.insert(change, official.id, label=wish.label, identity=seen)
        else:
            _learn(change, store, device, identity)
        added = change.new_id("acquisition")
        home = store.folder.acquisition(added)
        change.payload |= {"subject": added, "manifest_sha256": hashed.digest, "files": hashed.files}
        change.insert(
            "acquisition",
            id=added,
            device=device,
            official=official.id,
            kind=found.kind,
            path=str(home / IMPORTED_FOLDER / found.root.name if wish.copy_in else found.root),
            encrypted=found.encrypted,
            files=hashed.files,
            bytes=hashed.bytes,
            manifest_sha256=hashed.digest,
            identity=asdict(identity),
            acquired_at=wish.acquired_at or identity.last_backup_at,
            registered_at=change.at,
            registered_by=desk.actor,
            imported=wish.copy_in,
            state=AcquisitionState.REGISTERED,
        )
        destroy(home)  # left by a run that was killed before its row was written
        pending.rename(home)
    return added


def _of_kind(found: Identified, identity: DeviceIdentity) -> DeviceIdentity:
    return DeviceIdentity(**{**asdict(identity), "platform": of(found.kind).platform})


def _learn(change: object, store: Store, device: str, identity: DeviceIdentity) -> None:
    """Fill in what was not known about a device, inside the caller's transaction; what was known stays."""
    known = queries.device(store, device)
    old, new = asdict(known.identity), asdict(replace(identity, collector=None))
    merged = {name: old[name] if old[name] not in (None, Platform.UNKNOWN) else new[name] for name in old}
    newer = {name: new[name] for name in ("os_version", "os_build", "last_backup_at", "security_patch") if new[name]}
    merged |= newer
    if merged != old:
        change.update("device", known.uuid, identity=merged, platform=_platform(known, identity))  # type: ignore[attr-defined]  # a store.Change


def _platform(known: Device, identity: DeviceIdentity) -> Platform:
    """Return a device's platform, learnt from an acquisition where nobody knew it when it was added by hand."""
    return identity.platform if known.platform is Platform.UNKNOWN else known.platform


def _irregular_note(root: Path, hashed: Manifest) -> tuple[str | Message, ...]:
    if not hashed.irregular:
        return ()
    unreadable = [f"{root}/{each.path}" for each in hashed.irregular if each.what == UNREADABLE]
    return (
        *advice.on_paths(unreadable, sys.platform),
        say(
            "{n:# entry is no regular file|# entries are no regular files} (links, devices, unreadable): "
            "listed in the manifest and never followed.",
            n=hashed.irregular_count,
        ),
    )


def list_acquisitions(desk: Desk) -> Outcome[Acquisitions]:
    """Return all acquisitions."""
    with desk.open_case() as store:
        return Outcome(data=Acquisitions(acquisitions=queries.acquisitions(store)))


def show(desk: Desk, named: str) -> Outcome[WholeAcquisition]:
    """Return an acquisition with the scans of it."""
    with desk.open_case() as store:
        one = queries.acquisition(store, named)
        whole = WholeAcquisition(
            acquisition=one,
            scans=tuple(payloads.filled(ScanOf, each) for each in queries.scans(store, one.id)),
            manifest=str(store.folder.manifest(one.id)),
        )
        return Outcome(data=whole)


def verify(desk: Desk, named: Sequence[str], *, on_progress: HashProgress | None = None) -> Outcome[Originals]:
    """Hash originals again and compare with their manifests; every look is a custody event.

    A difference is data (`unchanged` false with the differences), so that one altered phone hides none of the others.
    """
    with desk.open_case(to_change=True) as store:
        wanted = [queries.acquisition(store, each) for each in named] or list(queries.acquisitions(store))
        looked = [_verify_one(desk, store, each, on_progress) for each in wanted]
        altered = [each for each in looked if not each.unchanged]
        return Outcome(
            data=Originals(acquisitions=tuple(looked)),
            status=OutcomeStatus.PARTIAL if altered else OutcomeStatus.SUCCESS,
            messages=tuple(say("{id} is not what was registered; do not scan it.", id=each.id) for each in altered),
        )


def _verify_one(desk: Desk, store: Store, one: Acquisition, on_progress: HashProgress | None) -> Verified:
    try:
        found = manifest.compare(
            Path(one.path), store.folder.manifest(one.id), one.manifest_sha256, on_progress=on_progress
        )
        differences = tuple(Altered(path=each.path, what=each.what) for each in found)
    except EvidenceMissingError as error:
        differences = (Altered(path=one.path, what=f"missing: {error}"),)
    action = "acquisition.verified" if not differences else "acquisition.found_altered"
    with store.change(action, actor=desk.actor, subject=one.id, differences=len(differences)):
        pass
    return Verified(id=one.id, path=one.path, unchanged=not differences, differences=differences)


def set_aside(desk: Desk, named: str, *, state: AcquisitionState, reason: str) -> Outcome[OneAcquisition]:
    """Say that an acquisition no longer counts for its device's status, or counts again; a reason is needed."""
    if not reason.strip():
        raise InputError("Say why.", hint=say("Give it with {0}.", do(reason="TEXT")))
    with desk.open_case(to_change=True) as store:
        one = queries.acquisition(store, named)
        with store.change(f"acquisition.{state}", actor=desk.actor, subject=one.id, reason=reason) as change:
            change.update("acquisition", one.uuid, state=state, state_reason=reason.strip())
        return Outcome(data=OneAcquisition(acquisition=queries.acquisition(store, one.id)))
