"""AndroidQF acquisitions: a folder, a zip, or one file encrypted with age."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pyrage

from mvtcase.errors import PasswordError, UnknownEvidenceError
from mvtcase.evidence.archives import ArchiveProblem
from mvtcase.evidence.glance import Glance, Identified
from mvtcase.evidence.inventory import copy_file, mirror
from mvtcase.evidence.looks import FILE, FOLDER, entry_type, head, names_in
from mvtcase.evidence.manifest import make_private_folders
from mvtcase.evidence.parts import parts_of
from mvtcase.evidence.readers.base import (
    TEXT_BYTES,
    Facts,
    Job,
    Reader,
    Staged,
    android_id,
    as_identity,
    in_place,
    nothing_told,
    properties,
    text,
    unpacked,
)
from mvtcase.evidence.readers.bugreport import packed_text
from mvtcase.evidence.readers.intrusion_logs import unpack_log_archives
from mvtcase.evidence.readers.sysdiagnose import json_object
from mvtcase.evidence.unpack import Budget, NoSink, Notes, pour_zip, sound_zip
from mvtcase.evidence.walk import walk
from mvtcase.files import destroy
from mvtcase.kinds import EvidenceKind
from mvtcase.model import ModuleOutcome
from mvtcase.wording import do, say, why
from mvtcase_readers.dumpstate import BEGINS, HEAD_BYTES
from mvtcase_readers.regular import open_untouched

if TYPE_CHECKING:
    from pathlib import Path

    from mvtcase.evidence.parts import Parts

_AGE_MAGICS = (b"age-encryption.org/v1", b"-----BEGIN AGE ENCRYPTED FILE-----")
# One of these is enough: nothing else writes them.
_OWN = ("acquisition.json", "packages.json", "root_binaries.json", "getprop.txt")
_MARKS = (
    *_OWN,
    "files.json",
    "dumpsys.txt",
    "settings_*.txt",
    "ps.txt",
    "processes.json",
    "processes.txt",
    "backup.ab",
    "bugreport.zip",
    "intrusion_logs",
    "selinux.txt",
    "services.txt",
    "mounts.json",
    "env.txt",
    "command.log",
    "hashes.csv",
    "apks",
)
_ENOUGH = 2
_MAX_IDENTITY_BYTES = 64 << 10
_LOGS = "intrusion_logs"
_BUGREPORT, _ZIP = "bugreport.zip", b"PK"
_TEXT = re.compile(r"(bugreport|dumpstate).*\.(txt|log|zip)$", re.IGNORECASE)


def detect(glance: Glance) -> Identified | None:
    """Recognise an AndroidQF folder or zip by one file only it writes, or by two it commonly writes."""
    if not glance.top_names or not (glance.is_folder or glance.is_zip):
        return None
    # A bugreport may be unpacked beside its getprop.txt; its entry point is the stronger mark.
    own = glance.count(_OWN) > 0 and glance.count(("main_entry.txt", "dumpState_*.log")) == 0
    if own or glance.count(_MARKS) >= _ENOUGH:
        return Identified(kind=EvidenceKind.ANDROIDQF, root=glance.path)
    return None


def detect_age(glance: Glance) -> Identified | None:
    """Recognise an acquisition that AndroidQF encrypted with age."""
    if glance.is_file and (glance.head.startswith(_AGE_MAGICS) or glance.path.suffix.lower() == ".age"):
        return Identified(kind=EvidenceKind.ANDROIDQF_AGE, root=glance.path, encrypted=True)
    return None


def identity(parts: Parts) -> Facts:
    """Return what the system properties and AndroidQF itself say of the phone."""
    facts = properties(parts.content("getprop.txt", TEXT_BYTES))
    acquisition = json_object(parts.content("acquisition.json", TEXT_BYTES).decode("utf-8", "replace").lstrip())
    collector = acquisition.get("collector")
    adb = collector.get("Adb") if isinstance(collector, dict) else None
    if not facts.get("serial"):
        connected = adb.get("Serial") if isinstance(adb, dict) else None
        facts["serial"] = text(acquisition.get("serial"), acquisition.get("adb_serial"), connected)
    # Releases before v1.6 told no version.
    told = " ".join(("AndroidQF", text(acquisition.get("androidqf_version")) or "")).strip()
    facts["collector"] = told if acquisition else None
    return facts | android_id(parts.content("settings_secure.txt", TEXT_BYTES))


def stage(found: Identified, job: Job) -> Staged:
    """Use the folder unless something in it, or in an archive inside, must be kept from MVT; unpack the zip."""
    if entry_type(found.root) == FOLDER:
        return _folder(found, job)
    staged = unpacked(found, job, detect)
    _mend_nested_archives(staged.target, job)
    return staged


def _folder(found: Identified, job: Job) -> Staged:
    staged = in_place(found, job)
    fits = _bare_bugreport(found.root) is None and _nested_archives_are_sound(found.root, job)
    if staged.in_place and not fits:
        target = job.work / "evidence" / found.root.name
        mirror(found.root, target, job.budget, job.notes)
        staged = Staged(target=target, notes=(why("staged.mended"),))
    if not staged.in_place:
        _mend_nested_archives(staged.target, job)
    return staged


def _nested_archives_are_sound(folder: Path, job: Job) -> bool:
    """Try every nested archive that MVT opens; what is wrong with it is noted when it is mended, not here."""
    trial = replace(job, budget=Budget.of(job.limits), notes=Notes())
    scratch = job.work / "trial"
    make_private_folders(scratch)
    for number, path in enumerate(_archives_in(folder)):
        if _is_log_archive(path):
            copy_file(path, scratch / f"{number}.zip", trial.budget)
        else:
            pour_zip(path, NoSink(), trial.budget, trial.notes)
    unpack_log_archives(scratch, trial)
    destroy(scratch)
    return not trial.notes.found


def _mend_nested_archives(folder: Path, job: Job) -> None:
    """Replace, in a folder of ours, each nested archive that cannot be read to its end by its sound parts.

    Archives of intrusion logs are all unpacked: one bad one stops MVT's reader.
    """
    bare = _bare_bugreport(folder)
    if bare is not None:
        packed_text(bare, job.work / "bugreport-text.zip").replace(folder / _BUGREPORT)
    for number, path in enumerate(_archives_in(folder)):
        if not _is_log_archive(path):
            sound = sound_zip(path, job.work / f"nested-{number}.zip", job.limits, job.notes)
            if sound != path:
                sound.replace(path)
    if entry_type(folder / _LOGS) == FOLDER:
        unpack_log_archives(folder / _LOGS, job)


def _bare_bugreport(folder: Path) -> Path | None:
    """Return the long text of a bugreport where it lies there unpacked, None where there is an archive of it."""
    if head(folder / _BUGREPORT, 2) == _ZIP:
        return None
    names = [name for name, what in names_in(folder).items() if what == FILE and _TEXT.match(name)]
    return next((folder / name for name in names if BEGINS.match(head(folder / name, HEAD_BYTES).lstrip())), None)


def _archives_in(folder: Path) -> list[Path]:
    """Return the nested archives that MVT opens: bugreports anywhere, and zips of intrusion logs."""
    found = [folder / entry.path for entry in walk(folder) if entry.what == FILE and entry.path.endswith(".zip")]
    return [path for path in found if path.name.endswith("bugreport.zip") or _is_log_archive(path)]


def _is_log_archive(path: Path) -> bool:
    return _LOGS in path.parts


def stage_age(found: Identified, job: Job) -> Staged:
    """Decrypt the archive with the identity of the job and unpack it. Raises `PasswordError` without the right one."""
    if job.age_identity is None:
        raise PasswordError(
            "{found!r} is encrypted with age.",
            hint=say("Give AndroidQF's identity file (key.txt) with {0}.", do(age_identity="FILE")),
            found=found.root.name,
        )
    job.tell("decrypting the archive")
    plain = job.work / "decrypted.zip"
    _decrypt(found.root, plain, _identities(job.age_identity), job)
    inside = detect(Glance(plain))
    if inside is None:
        raise UnknownEvidenceError(
            "{found!r} was decrypted, and what is in it is no AndroidQF acquisition.",
            hint="Decrypt it yourself with age and look at what it holds.",
            found=found.root.name,
        )
    with parts_of(inside) as parts:
        told = as_identity(found.kind, identity(parts))
    staged = stage(inside, job)
    plain.unlink()
    return replace(staged, identity=told, notes=(why("staged.decrypted"),))


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
        raise PasswordError("{path!r} holds no age identity that can be used.", path=str(path)) from error
    if not identities:
        raise PasswordError("{path!r} holds no age identity.", path=str(path))
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


def _decrypt(source: Path, target: Path, identities: list[object], job: Job) -> None:
    """Decrypt an age file. Raises `PasswordError` when no identity fits; a damaged rest becomes a gap."""
    out = _BoundedFile(target, job.budget)
    try:
        with open(open_untouched(source), "rb") as handle:  # noqa: PTH123 - by descriptor, so that no link is followed
            pyrage.decrypt_io(handle, out, identities)
    except pyrage.DecryptError as error:
        raise PasswordError("{source!r} could not be decrypted: {error}.", source=source.name, error=error) from error
    except ArchiveProblem as problem:
        job.notes.add(source.name, problem.reason)
    except OSError as error:
        job.notes.add(source.name, why("staging.cut", error=str(error)), ModuleOutcome.DAMAGED)
    finally:
        out.close()


READER = Reader(kinds=(EvidenceKind.ANDROIDQF,), detect=detect, identity=identity, stage=stage, packed=True)
READER_AGE = Reader(kinds=(EvidenceKind.ANDROIDQF_AGE,), detect=detect_age, identity=nothing_told, stage=stage_age)
