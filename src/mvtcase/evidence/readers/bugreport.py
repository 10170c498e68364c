"""Android bugreports: a folder, a zip, or the zip of a manufacturer that holds one."""

from __future__ import annotations

import fnmatch
import io
import re
import zipfile
from typing import TYPE_CHECKING

from mvtcase.evidence.glance import Glance, Identified
from mvtcase.evidence.looks import FILE, FOLDER, MAX_NAMES, entry_type, has_zip_directory, zip_member_head
from mvtcase.evidence.manifest import make_private_folders
from mvtcase.evidence.readers.base import (
    Facts,
    Job,
    Reader,
    Staged,
    android_id,
    are_of_androidqf,
    in_place,
    properties,
    text,
)
from mvtcase.evidence.unpack import sound_zip, unpack_zip
from mvtcase.evidence.walk import walk
from mvtcase.kinds import EvidenceKind
from mvtcase.wording import Reason, why
from mvtcase_readers.dumpstate import BEGINS, HEAD_BYTES, long_text

if TYPE_CHECKING:
    from pathlib import Path

    from mvtcase.evidence.parts import Parts

_TOP = ("main_entry.txt", "*dump[Ss]tate*.log", "*dump[Ss]tate*.txt", "bugreport-*.txt")
_NAME = re.compile(r"bugreport|dumpstate", re.IGNORECASE)
_NESTED_BYTES = 64 << 20
_NESTED_TRIED = 8
_DUMPSTATE_BYTES = 128 << 20
_CHUNK_BYTES = 1 << 20
_OVERLAP_BYTES = 4 << 10
_FINGERPRINT = re.compile(
    rb"Build fingerprint: '([^'\r\n/]{1,80})/[^'\r\n/]{1,80}/([^'\r\n:]{1,80}):([^'\r\n/]{1,40})/([^'\r\n/]{1,80})/"
)
_BOOT_SERIAL = re.compile(rb"\bandroidboot\.serialno ?= ?\"?([0-9A-Za-z]{4,64})\b")
"""On the kernel's command line or, since Android 12, in its boot configuration; Android hides the property."""


def detect(glance: Glance) -> Identified | None:
    """Recognise a bugreport folder or zip, and the zip of a manufacturer that holds one."""
    found = Identified(kind=EvidenceKind.BUGREPORT, root=glance.path)
    if glance.count(_TOP) or BEGINS.search(glance.head):
        return found
    if any(fnmatch.fnmatchcase(name, "*/dumpsys.txt") for name in glance.zip_members):
        return found
    if long_text(glance.zip_members, lambda name: zip_member_head(glance.path, name, HEAD_BYTES)):
        return found
    if glance.is_zip and (inner := nested_bugreport(glance)):
        return Identified(kind=EvidenceKind.BUGREPORT, root=glance.path, wrapped=f"oem zip: {inner}")
    # A zip whose inside cannot be read is told by its name, to be registered with a gap rather than turned away.
    damaged = glance.is_file and glance.path.suffix.lower() == ".zip" and not has_zip_directory(glance.path)
    return found if damaged and _NAME.search(glance.path.name) else None


def nested_bugreport(glance: Glance) -> str:
    """Return the name of the zip inside a manufacturer's zip that is the bugreport, "" when there is none.

    Zips named like a bugreport come first, as MVT looks for them; others are looked into, a few and small ones.
    """
    zips = [name for name in glance.zip_members if name.lower().endswith(".zip")]
    named = [name for name in zips if _NAME.search(name.rsplit("/", 1)[-1])]
    if named:
        return named[0]
    return next((name for name in zips[:_NESTED_TRIED] if _is_nested_bugreport(glance, name)), "")


def _is_nested_bugreport(glance: Glance, name: str) -> bool:
    names = _nested_names(zip_member_head(glance.path, name, _NESTED_BYTES))
    return not are_of_androidqf(names) and any(
        fnmatch.fnmatchcase(each, pattern) for each in names for pattern in (*_TOP, "*/dumpsys.txt")
    )


def _nested_names(data: bytes) -> list[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as inner:
            return inner.namelist()[:MAX_NAMES]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        return []


def identity(parts: Parts) -> Facts:
    """Read the dumpstate text in pieces: its system properties may come after a hundred megabytes of log."""
    facts: Facts = {}
    tail = b""
    for piece in parts.pieces(_dumpstate_name(parts), _CHUNK_BYTES, _DUMPSTATE_BYTES):
        window = tail + piece
        for name, told in (_fingerprint(window) | properties(window) | android_id(window)).items():
            facts[name] = told or facts.get(name)
        tail = window[-_OVERLAP_BYTES:]
    return facts


def _dumpstate_name(parts: Parts) -> str:
    entry = parts.content("main_entry.txt", 4096).decode("utf-8", "replace").strip()
    if entry and parts.has(entry):
        return entry
    names = [
        name for pattern in (*_TOP[1:], "*/dumpsys.txt", "*/bugreport-*.txt", "*.txt") if (name := parts.match(pattern))
    ]
    return next((name for name in names if BEGINS.match(parts.content(name, HEAD_BYTES))), next(iter(names), ""))


def _fingerprint(data: bytes) -> Facts:
    match, serial = _FINGERPRINT.search(data), _BOOT_SERIAL.search(data)
    facts: Facts = {"serial": serial.group(1).decode()} if serial else {}
    if match is None:
        return facts
    names = ("manufacturer", "product_type", "os_version", "os_build")
    return facts | {
        name: text(part.decode("utf-8", "replace")) for name, part in zip(names, match.groups(), strict=True)
    }


def stage(found: Identified, job: Job) -> Staged:
    """Use a folder; keep a bugreport a zip: MVT takes the phone's clock from its members' times."""
    if entry_type(found.root) == FOLDER:
        return in_place(found, job)
    job.tell("reading the bugreport to its end")
    if not Glance(found.root).is_zip:
        return Staged(target=packed_text(found.root, job.work / "bugreport-text.zip"))
    source, inner = found.root, found.wrapped.removeprefix("oem zip: ") if "oem zip: " in found.wrapped else ""
    notes: tuple[Reason, ...] = ()
    if inner:
        source = _taken_out(found.root, inner, job)
        notes = (why("staged.inner", file=inner),)
    sound = sound_zip(source, job.work / "bugreport-sound.zip", job.limits, job.notes)
    if sound != source:
        notes = (*notes, why("staged.packed_anew"))
    return Staged(target=sound, in_place=sound == found.root, notes=notes)


def packed_text(source: Path, target: Path) -> Path:
    """Return a new zip with the long text alone, as MVT takes a bugreport."""
    name = source.name if source.suffix == ".txt" else f"{source.name}.txt"
    with zipfile.ZipFile(target, "x", zipfile.ZIP_STORED, strict_timestamps=False) as archive:
        archive.write(source, name)
    target.chmod(0o600)
    return target


def _taken_out(outer: Path, inner: str, job: Job) -> Path:
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


READER = Reader(kinds=(EvidenceKind.BUGREPORT,), detect=detect, identity=identity, stage=stage)
