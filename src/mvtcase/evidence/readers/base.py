"""What all readers share: the record of one, the job of staging, texts and times of an identity."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from mvtcase.evidence.glance import Glance
from mvtcase.evidence.inventory import inventory, mirror
from mvtcase.evidence.looks import FOLDER, entry_type, names_in
from mvtcase.evidence.manifest import make_private_folders
from mvtcase.evidence.packed import ENCLOSING
from mvtcase.evidence.unpack import Budget, Notes, unpack_tar, unpack_zip
from mvtcase.files import destroy
from mvtcase.kinds import EvidenceKind, of
from mvtcase.model import DeviceIdentity
from mvtcase.wording import Reason, why

if TYPE_CHECKING:
    from pathlib import Path

    from mvtcase.evidence.glance import Identified
    from mvtcase.evidence.parts import Parts
    from mvtcase.model import Gap
    from mvtcase.settings import Limits

MAX_TEXT = 512
"""Characters of a name or number that are kept."""

TEXT_BYTES = 1 << 20
_OF_ANDROIDQF = frozenset({"acquisition.json", "packages.json", "root_binaries.json"})
"""Files that nothing but AndroidQF writes."""

Facts = dict[str, "str | None"]
"""What an acquisition says of its phone, by the field of `DeviceIdentity`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """What MVT is handed: the file or folder, and what is not in it.

    `in_place` says that `target` is the original itself, to be mounted read-only; otherwise all of it is a private copy
    that needs nothing of the original. `identity` is set where it could only be read now (an age archive), `notes` are
    sentences on what was done.
    """

    target: Path
    problems: tuple[Gap, ...] = ()
    in_place: bool = False
    identity: DeviceIdentity | None = None
    notes: tuple[Reason, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    """Entries that are names without content, as `unpack.Notes` has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What all steps of one staging share."""

    work: Path
    limits: Limits
    budget: Budget
    notes: Notes
    tell: Callable[[str], None]
    age_identity: Path | None


Detect = Callable[[Glance], "Identified | None"]


def as_identity(kind: EvidenceKind, facts: Facts) -> DeviceIdentity:
    """Return what is known of a phone as its identity; the platform is the kind's."""
    return DeviceIdentity(platform=of(kind).platform, **{name: told for name, told in facts.items() if told})


def nothing_told(parts: Parts) -> Facts:
    """Return nothing: the identity of what says nothing of its phone before it is opened."""
    del parts
    return {}


def in_place(found: Identified, job: Job) -> Staged:
    """Use a file or a plain folder in place, or a mirror of it when something in it must be kept from MVT."""
    if entry_type(found.root) != FOLDER:
        return Staged(target=found.root, in_place=True)
    job.tell("looking through the folder")
    seen = inventory(found.root, found.kind, job.notes)
    if not seen.needs_mirror:
        return Staged(target=found.root, in_place=True)
    job.tell("copying the files, because the folder holds links or pipes")
    target = job.work / "evidence" / found.root.name
    mirror(found.root, target, job.budget, job.notes)
    return Staged(
        target=target,
        notes=(why("staged.copied"),),
    )


def folder_or_archive(found: Identified, job: Job, detect: Detect) -> Staged:
    """Use a folder in place or what an archive unpacks to; partitions that came apart are joined in a private copy."""
    if entry_type(found.root) == FOLDER:
        return _joined(found, job) if found.partitions else in_place(found, job)
    staged = unpacked(found, job, detect)
    inside = detect(Glance(staged.target))
    if inside is None or not inside.partitions:
        return staged
    joined = _joined(inside, job)
    destroy(staged.target)
    return replace(joined, notes=(*staged.notes, *joined.notes))


def _joined(found: Identified, job: Job) -> Staged:
    """Copy the partitions of a dump into a private folder, each to where the phone mounts it."""
    job.tell("joining the partitions")
    target = job.work / "evidence" / found.root.name
    for each in found.partitions:
        folder = found.root / each.folder
        inventory(folder, found.kind, job.notes, each.place)
        mirror(folder, target / each.place, job.budget, job.notes)
    return Staged(target=target, notes=(why("staged.joined", count=len(found.partitions)),))


def unpacked(found: Identified, job: Job, detect: Detect) -> Staged:
    """Unpack an archive into a private folder and use the folder that `detect` recognises in it."""
    job.tell("unpacking the archive")
    job.notes.links_are_normal = of(found.kind).links_are_normal
    target = job.work / "unpacked" / "acquisition"
    make_private_folders(target)
    if Glance(found.root).is_zip:
        unpack_zip(found.root, target, job.budget, job.notes)
    else:
        unpack_tar(found.root, target, job.budget, job.notes)
    return Staged(target=_top_of(target, detect), notes=(why("staged.unpacked"),))


def _top_of(folder: Path, detect: Detect) -> Path:
    """Return the folder that is the acquisition: the unpacked one itself, or the one it encloses it in.

    MVT names files by the folder above, so an archive without a top folder needs none made: the unpacked one is it.
    """
    top = folder
    for _ in range(ENCLOSING + 1):
        if detect(Glance(top)) is not None:
            return top
        inside = [name for name, what in names_in(top).items() if what == FOLDER and name != "__MACOSX"]
        fitting = [name for name in inside if detect(Glance(top / name)) is not None]
        chosen = fitting if len(fitting) == 1 else inside
        if len(chosen) != 1:
            break
        top = top / chosen[0]
    return top


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """How evidence of one kind, or of two that differ in what opens them, is recognised and read."""

    kinds: tuple[EvidenceKind, ...]
    detect: Detect
    """Return what a path is, None where it is nothing of this reader's; sees names and first bytes only."""
    identity: Callable[[Parts], Facts]
    """Return what the acquisition says of its phone; must not raise on what is inside."""
    stage: Callable[[Identified, Job], Staged]
    """Return what MVT can be handed."""
    packed: bool = False
    """Whether it is also asked what the folder inside a zip or tar archive is."""


def text(*candidates: object) -> str | None:
    """Return the first candidate that is a text with something in it (or a number written out), cut at the bound."""
    for each in candidates:
        if isinstance(each, str) and each.strip():
            return each.strip()[:MAX_TEXT]
        if isinstance(each, int) and not isinstance(each, bool) and 0 < each < 1 << 63:
            return str(each)
    return None


def moment(*candidates: object) -> str | None:
    """Return the first candidate that is a time, as `2021-01-02T03:04:05Z`; property lists hold UTC unsaid."""
    found = next((each for each in candidates if isinstance(each, datetime)), None)
    if found is None:
        return None
    aware = found if found.tzinfo else found.replace(tzinfo=timezone.utc)
    try:
        return aware.astimezone(timezone.utc).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
    except (OverflowError, ValueError):
        return None


_PROPERTIES = {
    "ro.product.manufacturer": "manufacturer",
    "ro.product.system.manufacturer": "manufacturer",
    "ro.product.model": "model",
    "ro.product.system.model": "model",
    "ro.product.device": "product_type",
    "ro.product.name": "product_type",
    "ro.build.version.release": "os_version",
    "ro.build.id": "os_build",
    "ro.build.display.id": "os_build",
    "ro.build.version.security_patch": "security_patch",
    "ro.serialno": "serial",
    "ro.boot.serialno": "serial",
    "ril.serialnumber": "serial",
    "ro.ril.oem.imei": "imei",
    "ro.ril.oem.imei1": "imei",
    "persist.radio.imei": "imei",
    "gsm.imei": "imei",
    "persist.sys.device_name": "name",
    "net.hostname": "name",
}
"""Android system properties by the field they tell; an earlier row wins over a later one of the same field."""

_PROPERTY_LINE = re.compile(
    rb"^\s*\[?(" + b"|".join(re.escape(name).encode() for name in _PROPERTIES) + rb")\]?(?:: \[|=)([^\]\r\n]{0,512})",
    re.MULTILINE,
)


_ANDROID_ID = re.compile(rb"(?:^android_id=|name:android_id .{0,80}?value:)([0-9a-f]{15,16})\b", re.MULTILINE)
"""In the output of `settings list secure` and in the dump of the settings provider."""


def android_id(data: bytes) -> Facts:
    """Return the number that Android gave the phone's first user, as the id of the device."""
    match = _ANDROID_ID.search(data)
    return {"udid": match.group(1).decode()} if match else {}


def properties(data: bytes) -> Facts:
    """Return what Android's system properties say of the phone, in the notation of getprop or of build.prop."""
    given: dict[str, str] = {}
    for match in _PROPERTY_LINE.finditer(data):
        given.setdefault(match.group(1).decode(), match.group(2).decode("utf-8", "replace").strip())
    facts: Facts = {}
    for key, name in _PROPERTIES.items():
        if given.get(key):
            facts.setdefault(name, text(given[key]))
    return facts


def are_of_androidqf(names: Iterable[str]) -> bool:
    """Return whether an archive's names are those of an AndroidQF collection, which holds bugreports and logs too."""
    return any(name.rpartition("/")[2] in _OF_ANDROIDQF for name in names)
