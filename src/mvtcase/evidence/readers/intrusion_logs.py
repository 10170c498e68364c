"""Android intrusion logs: text files of JSON events, in folders or zips, zips nested once."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import TYPE_CHECKING

from mvtcase.evidence.glance import Glance, Identified
from mvtcase.evidence.inventory import inventory, mirror
from mvtcase.evidence.looks import FILE, FOLDER, MAX_NAMES, entry_type, head, member_head, names_in, zip_member_head
from mvtcase.evidence.manifest import make_private_folders
from mvtcase.evidence.readers.base import Job, Reader, Staged, are_of_androidqf, nothing_told
from mvtcase.evidence.unpack import unpack_zip
from mvtcase.evidence.walk import walk
from mvtcase.kinds import EvidenceKind
from mvtcase.wording import why

if TYPE_CHECKING:
    from pathlib import Path

_EVENT_LINE = re.compile(rb'\s*\{\s*"[a-z_]{1,40}_event"\s*:')
_NESTED_BYTES = 64 << 20
_NESTED_TRIED = 8
_LOGS_TRIED = 50
_LOG_ARCHIVE_DEPTH = 3
"""Zips inside zips of intrusion logs that are unpacked: a month of days of hours is the deepest seen."""


def detect(glance: Glance) -> Identified | None:
    """Recognise Android intrusion logs: text files of JSON events, in folders or zips, zips nested once."""
    recognised = _folder_has_events(glance) if glance.is_folder else glance.is_zip and _zip_has_events(glance)
    return Identified(kind=EvidenceKind.INTRUSION_LOGS, root=glance.path) if recognised else None


def _folder_has_events(glance: Glance) -> bool:
    """Tell whether a folder is of logs: beside another phone's evidence, logs are an acquisition of their own."""
    seen = {name: what for name, what in glance.names.items() if not name.startswith(".") and name != "Thumbs.db"}
    files = [glance.path / name for name, what in seen.items() if what == FILE]
    folders = [glance.path / name for name, what in seen.items() if what == FOLDER]
    if _have_events(files):
        return True
    if folders:
        return not files and all(_holds_events(folder) for folder in folders[:_LOGS_TRIED])
    # Several zips of one phone's daily logs are one acquisition.
    return bool(files) and all(_is_zip_of_logs(Glance(path)) for path in files[:_NESTED_TRIED])


def _is_zip_of_logs(glance: Glance) -> bool:
    """Tell it from the zip of a whole acquisition, which may hold logs too."""
    return (
        glance.zip_members != ()
        and all(name.lower().endswith((".txt", ".zip", "/")) for name in glance.zip_members)
        and _zip_has_events(glance)
    )


def _holds_events(folder: Path) -> bool:
    return _have_events([folder / name for name, what in names_in(folder).items() if what == FILE])


def _have_events(files: list[Path]) -> bool:
    texts = [path for path in files if path.suffix.lower() == ".txt"]
    return any(_EVENT_LINE.match(head(path, 4096)) for path in texts[:_LOGS_TRIED])


def _zip_has_events(glance: Glance) -> bool:
    texts = [name for name in glance.zip_members if name.lower().endswith(".txt")]
    if any(_EVENT_LINE.match(zip_member_head(glance.path, name, 4096)) for name in texts[:_NESTED_TRIED]):
        return True
    zips = [name for name in glance.zip_members if name.lower().endswith(".zip")]
    return any(_nested_has_events(zip_member_head(glance.path, name, _NESTED_BYTES)) for name in zips[:_NESTED_TRIED])


def _nested_has_events(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as inner:
            names = inner.namelist()[:MAX_NAMES]
            texts = [name for name in names if name.lower().endswith(".txt")]
            return not are_of_androidqf(names) and any(
                _EVENT_LINE.match(member_head(inner, name, 4096)) for name in texts[:_NESTED_TRIED]
            )
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, RuntimeError, KeyError, zlib.error):
        return False


def stage(found: Identified, job: Job) -> Staged:
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
    unpack_log_archives(target, job)
    return Staged(target=target, notes=(why("staged.logs"),))


def unpack_log_archives(folder: Path, job: Job) -> None:
    """Unpack every archive among the logs in a folder of ours: one bad one stops MVT's reader."""
    for _ in range(_LOG_ARCHIVE_DEPTH):
        if not _unpack_zips_in(folder, job):
            return
    for entry in walk(folder):
        if entry.path.lower().endswith(".zip"):
            job.notes.add(entry.path, why("staging.nested", depth=_LOG_ARCHIVE_DEPTH))
            (folder / entry.path).unlink()


def _unpack_zips_in(folder: Path, job: Job) -> bool:
    """Unpack every zip in a folder of ours into a folder beside it and remove it; tell whether there was one."""
    zips = [folder / entry.path for entry in walk(folder) if entry.path.lower().endswith(".zip")]
    for path in zips:
        into = path.with_name(f"{path.name}.unpacked")
        make_private_folders(into)
        unpack_zip(path, into, job.budget, job.notes)
        path.unlink()
    return bool(zips)


READER = Reader(kinds=(EvidenceKind.INTRUSION_LOGS,), detect=detect, identity=nothing_told, stage=stage)
