"""Evidence brought into a shape that MVT reads safely: one plain file or folder, and a gap for whatever is left out.

The original is used in place where it is plain already and is never written to. Archives are unpacked by us within
bounds.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyrage

from mvtcase.canon import open_untouched
from mvtcase.errors import EvidenceHostileError, EvidenceMissingError, PasswordError, UnknownEvidenceError
from mvtcase.evidence import kinds
from mvtcase.evidence.archives import ArchiveProblem
from mvtcase.evidence.glance import Glance
from mvtcase.evidence.identity import read_identity
from mvtcase.evidence.inventory import copy_file, inventory, mirror
from mvtcase.evidence.looks import FILE, FOLDER, entry_type, head, names_in
from mvtcase.evidence.manifest import make_private_folders
from mvtcase.evidence.unpack import Budget, NoSink, Notes, pour_zip, sound_zip, unpack_tar, unpack_zip
from mvtcase.evidence.walk import walk
from mvtcase.evidence.workspaces import sweep_leftovers, workspace
from mvtcase.files import destroy
from mvtcase.model import EvidenceKind, Gap, ModuleOutcome
from mvtcase.wording import do, say

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.evidence.glance import Identified
    from mvtcase.model import DeviceIdentity
    from mvtcase.settings import Limits

__all__ = ["Staged", "stage", "sweep_leftovers", "workspace"]

_MAX_IDENTITY_BYTES = 64 << 10
_LOGS = "intrusion_logs"
_LOG_ARCHIVE_DEPTH = 3
"""Zips inside zips of intrusion logs that are unpacked: a month of days of hours is the deepest seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """What MVT is handed: the file or folder, the kind it is now, and what is not in it.

    `in_place` says that `target` is the original itself, to be mounted read-only; otherwise all of it is a private copy
    that needs nothing of the original. `identity` is set where it could only be read now (an age archive), `notes` are
    sentences on what was done.
    """

    kind: EvidenceKind
    target: Path
    problems: tuple[Gap, ...] = ()
    in_place: bool = False
    identity: DeviceIdentity | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """What all steps of one staging share."""

    work: Path
    limits: Limits
    budget: Budget
    notes: Notes
    tell: Callable[[str], None]


def stage(
    found: Identified,
    work: Path,
    limits: Limits,
    *,
    age_identity: Path | None = None,
    on_progress: Callable[[str], None] | None = None,
) -> Staged:
    """Return what MVT can be handed for identified evidence; `work` is a private folder of `workspace`.

    `on_progress` hears a sentence when something long begins. Raises `EvidenceMissingError` when the evidence is gone,
    `EvidenceHostileError` when a link or device has taken its place, `PasswordError` for an age archive without the
    right identity, and `OSError` on a full disk.
    """
    _require_still_there(found.root)
    job = _Job(work=work, limits=limits, budget=Budget.of(limits), notes=Notes(), tell=on_progress or _unheard)
    staged = _stage(found, job, age_identity)
    return replace(staged, problems=(*staged.problems, *job.notes.gaps()))


def _unheard(_sentence: str) -> None:
    """Stand in for a listener."""


def _require_still_there(root: Path) -> None:
    if entry_type(root) in {FILE, FOLDER}:
        return
    if root.is_symlink() or root.exists():
        raise EvidenceHostileError(f"{str(root)!r} is no file or folder any more.")
    raise EvidenceMissingError(f"There is nothing at {str(root)!r} any more.")


def _stage(found: Identified, job: _Job, age_identity: Path | None) -> Staged:
    folder = entry_type(found.root) == FOLDER
    match found.kind:
        case EvidenceKind.ANDROIDQF_AGE:
            return _decrypted(found, job, age_identity)
        case EvidenceKind.INTRUSION_LOGS:
            return _intrusion_logs(found, job)
        case EvidenceKind.ANDROIDQF:
            return _androidqf_folder(found, job) if folder else _unpacked(found, job)
        case EvidenceKind.SYSDIAGNOSE if not folder:
            return _unpacked(found, job)
        case EvidenceKind.BUGREPORT if not folder:
            return _bugreport_zip(found, job)
        case _:
            return _folder(found, job) if folder else Staged(kind=found.kind, target=found.root, in_place=True)


def _folder(found: Identified, job: _Job) -> Staged:
    """Use a folder in place, or a mirror of it when something in it must be kept from MVT."""
    job.tell("looking through the folder")
    seen = inventory(found.root, found.kind, job.notes)
    if not seen.needs_mirror:
        return Staged(kind=found.kind, target=found.root, in_place=True)
    job.tell("copying the files, because the folder holds links or pipes")
    target = job.work / "evidence" / found.root.name
    mirror(found.root, target, job.budget, job.notes)
    return Staged(
        kind=found.kind,
        target=target,
        notes=("the folder holds links, pipes or devices; a private copy of its files was examined",),
    )


def _unpacked(found: Identified, job: _Job) -> Staged:
    job.tell("unpacking the archive")
    target = job.work / "unpacked" / "acquisition"
    make_private_folders(target)
    if Glance(found.root).is_zip:
        unpack_zip(found.root, target, job.budget, job.notes)
    else:
        unpack_tar(found.root, target, job.budget, job.notes)
    staged = Staged(kind=found.kind, target=_top_of(target, found.kind), notes=("the archive was unpacked",))
    if found.kind is EvidenceKind.ANDROIDQF:
        _mend_nested_archives(staged.target, job)
    return staged


def _top_of(folder: Path, kind: EvidenceKind) -> Path:
    """Return the folder that is the acquisition: the unpacked one itself, or the one it encloses it in.

    MVT names files by the folder above, so an archive without a top folder needs none made: the unpacked one is it.
    """
    here = kinds.detect(folder)
    if here is not None and here.kind is kind:
        return folder
    inside = [name for name, what in names_in(folder).items() if what == FOLDER and name != "__MACOSX"]
    fitting = [name for name in inside if (found := kinds.detect(folder / name)) and found.kind is kind]
    chosen = fitting if len(fitting) == 1 else inside
    return folder / chosen[0] if len(chosen) == 1 else folder


def _androidqf_folder(found: Identified, job: _Job) -> Staged:
    """Use the folder in place unless something in it, or in an archive inside, must be kept from MVT."""
    staged = _folder(found, job)
    if staged.in_place and not _nested_archives_are_sound(found.root, job):
        target = job.work / "evidence" / found.root.name
        mirror(found.root, target, job.budget, job.notes)
        note = "an archive inside cannot be read to its end; a private copy without its unreadable parts was examined"
        staged = Staged(kind=found.kind, target=target, notes=(note,))
    if not staged.in_place:
        _mend_nested_archives(staged.target, job)
    return staged


def _nested_archives_are_sound(folder: Path, job: _Job) -> bool:
    """Try every nested archive that MVT opens; what is wrong with it is noted when it is mended, not here."""
    trial = replace(job, budget=Budget.of(job.limits), notes=Notes())
    scratch = job.work / "trial"
    make_private_folders(scratch)
    for number, path in enumerate(_archives_in(folder)):
        if _is_log_archive(path):
            copy_file(path, scratch / f"{number}.zip", trial.budget)
        else:
            pour_zip(path, NoSink(), trial.budget, trial.notes)
    _unpack_log_archives(scratch, trial)
    destroy(scratch)
    return not trial.notes.found


def _mend_nested_archives(folder: Path, job: _Job) -> None:
    """Replace, in a folder of ours, each nested archive that cannot be read to its end by its sound parts.

    Archives of intrusion logs are all unpacked: one bad one stops MVT's reader.
    """
    for number, path in enumerate(_archives_in(folder)):
        if not _is_log_archive(path):
            sound = sound_zip(path, job.work / f"nested-{number}.zip", job.limits, job.notes)
            if sound != path:
                sound.replace(path)
    if entry_type(folder / _LOGS) == FOLDER:
        _unpack_log_archives(folder / _LOGS, job)


def _archives_in(folder: Path) -> list[Path]:
    """Return the nested archives that MVT opens: bugreports anywhere, and zips of intrusion logs."""
    found = [folder / entry.path for entry in walk(folder) if entry.what == FILE and entry.path.endswith(".zip")]
    return [path for path in found if path.name.endswith("bugreport.zip") or _is_log_archive(path)]


def _is_log_archive(path: Path) -> bool:
    return _LOGS in path.parts


def _bugreport_zip(found: Identified, job: _Job) -> Staged:
    """Keep a bugreport a zip: MVT takes the phone's clock from its members' times."""
    job.tell("reading the bugreport to its end")
    source, inner = found.root, found.wrapped.removeprefix("oem zip: ") if "oem zip: " in found.wrapped else ""
    notes: tuple[str, ...] = ()
    if inner:
        source = _taken_out(found.root, inner, job)
        notes = (f"the bugreport is {inner} inside the manufacturer's archive",)
    sound = sound_zip(source, job.work / "bugreport-sound.zip", job.limits, job.notes)
    if sound != source:
        notes = (*notes, "the archive was packed anew without its unreadable parts")
    return Staged(kind=found.kind, target=sound, in_place=sound == found.root, notes=notes)


def _taken_out(outer: Path, inner: str, job: _Job) -> Path:
    """Return the one zip inside another, unpacked; an empty one when it cannot be (the gap says why)."""
    target = job.work / "wrapped"
    make_private_folders(target)
    unpack_zip(outer, target, job.budget, job.notes, only=inner)
    taken = next((target / entry.path for entry in walk(target) if entry.what == FILE), None)
    if taken is None:
        taken = target / "empty.zip"
        with zipfile.ZipFile(taken, "x"):
            pass
    return taken


def _intrusion_logs(found: Identified, job: _Job) -> Staged:
    """Give MVT a private folder of the logs with every zip among them unpacked: one bad zip stops MVT's reader."""
    job.tell("unpacking the logs")
    target = job.work / "intrusion_logs"
    make_private_folders(target)
    if entry_type(found.root) == FOLDER:
        inventory(found.root, found.kind, job.notes)
        mirror(found.root, target, job.budget, job.notes)
    else:
        copy_into = target / "logs"
        make_private_folders(copy_into)
        unpack_zip(found.root, copy_into, job.budget, job.notes)
    _unpack_log_archives(target, job)
    return Staged(kind=found.kind, target=target, notes=("the logs were copied and the archives among them unpacked",))


def _unpack_log_archives(folder: Path, job: _Job) -> None:
    for _ in range(_LOG_ARCHIVE_DEPTH):
        if not _unpack_zips_in(folder, job):
            return
    for entry in walk(folder):
        if entry.path.lower().endswith(".zip"):
            job.notes.add(
                entry.path, f"is an archive inside more than {_LOG_ARCHIVE_DEPTH} others; it was not examined"
            )
            (folder / entry.path).unlink()


def _unpack_zips_in(folder: Path, job: _Job) -> bool:
    """Unpack every zip in a folder of ours into a folder beside it and remove it; tell whether there was one."""
    zips = [folder / entry.path for entry in walk(folder) if entry.path.lower().endswith(".zip")]
    for path in zips:
        into = path.with_name(f"{path.name}.unpacked")
        make_private_folders(into)
        unpack_zip(path, into, job.budget, job.notes)
        path.unlink()
    return bool(zips)


def _decrypted(found: Identified, job: _Job, age_identity: Path | None) -> Staged:
    if age_identity is None:
        raise PasswordError(
            f"{found.root.name!r} is encrypted with age.",
            hint=say("Give AndroidQF's identity file (key.txt) with {0}.", do(age_identity="FILE")),
        )
    job.tell("decrypting the archive")
    plain = job.work / "decrypted.zip"
    _decrypt(found.root, plain, _identities(age_identity), job)
    inside = kinds.detect(plain)
    if inside is None or inside.kind is not EvidenceKind.ANDROIDQF:
        raise UnknownEvidenceError(
            f"{found.root.name!r} was decrypted, and what is in it is no AndroidQF acquisition.",
            hint="Decrypt it yourself with age and look at what it holds.",
        )
    identity = read_identity(inside)
    staged = _unpacked(inside, job)
    plain.unlink()
    return replace(staged, identity=identity, notes=("the archive was decrypted and unpacked",))


def _identities(path: Path) -> list[object]:
    """Return the identities of an age identity file, or the one of an SSH private key. Raises `PasswordError`."""
    data = head(path, _MAX_IDENTITY_BYTES)
    lines = [line.strip() for line in data.decode("utf-8", "replace").splitlines()]
    keys = [line for line in lines if line and not line.startswith("#")]
    try:
        if data.startswith(b"-----BEGIN"):
            return [pyrage.ssh.Identity.from_buffer(data)]
        identities: list[object] = [pyrage.x25519.Identity.from_str(key) for key in keys]
    except (pyrage.IdentityError, ValueError, TypeError) as error:
        raise PasswordError(f"{str(path)!r} holds no age identity that can be used.") from error
    if not identities:
        raise PasswordError(f"{str(path)!r} holds no age identity.")
    return identities


class _BoundedFile:
    """A file for pyrage to write to, within the budget."""

    def __init__(self, path: Path, budget: Budget) -> None:
        self._handle = path.open("xb")
        path.chmod(0o600)
        self._budget = budget

    def write(self, data: bytes) -> int:
        self._budget.spend(len(data))
        return self._handle.write(data)

    def flush(self) -> None:
        self._handle.flush()

    def close(self) -> None:
        self._handle.close()


def _decrypt(source: Path, target: Path, identities: list[object], job: _Job) -> None:
    """Decrypt an age file. Raises `PasswordError` when no identity fits; a damaged rest becomes a gap."""
    out = _BoundedFile(target, job.budget)
    try:
        with open(open_untouched(source), "rb") as handle:  # noqa: PTH123 - by descriptor, so that no link is followed
            pyrage.decrypt_io(handle, out, identities)
    except pyrage.DecryptError as error:
        raise PasswordError(f"{source.name!r} could not be decrypted: {error}.") from error
    except ArchiveProblem as problem:
        job.notes.add(source.name, str(problem))
    except OSError as error:
        job.notes.add(source.name, f"is damaged: {error}; what came before was examined", ModuleOutcome.DAMAGED)
    finally:
        out.close()
