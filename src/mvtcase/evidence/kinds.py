"""What a path is: an ordered table of detectors, the first that recognises it wins.

A detector recognises damaged evidence too: a backup with a truncated Manifest.db is still a backup, and is better
scanned with gaps than turned away. Detectors read names and first bytes only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mvtcase.errors import EvidenceHostileError, EvidenceMissingError, SeveralEvidenceError, UnknownEvidenceError
from mvtcase.evidence import android_kinds, ios_kinds
from mvtcase.evidence.glance import Glance, Identified
from mvtcase.evidence.looks import FILE, FOLDER, entry_type, names_in
from mvtcase.kinds import EvidenceKind, of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["Identified", "find_all", "identify"]

SEARCH_DEPTH = 3
"""Folders below the given one that are searched: phone/date/acquisition is how responders sort their media."""

SEARCH_ENTRIES = 50_000
"""Files and folders looked at before the search gives up, with an error: a phone must not be missed silently."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """One row of the table: the kind it tells, and the test."""

    kind: EvidenceKind
    detect: Callable[[Glance], Identified | None]


DETECTORS: tuple[Detector, ...] = (
    # First by their magic bytes: these need no look inside and no other kind carries them.
    Detector(
        kind=EvidenceKind.ANDROID_BACKUP,
        detect=android_kinds.android_backup,
    ),
    Detector(
        kind=EvidenceKind.ANDROIDQF_AGE,
        detect=android_kinds.androidqf_age,
    ),
    # The backup before the file system dump: an iTunes backup of a Mac may lie inside a dump, never the reverse.
    Detector(
        kind=EvidenceKind.IOS_BACKUP,
        detect=ios_kinds.ios_backup,
    ),
    Detector(
        kind=EvidenceKind.IOS_FILE_SYSTEM,
        detect=ios_kinds.ios_file_system,
    ),
    # Before AndroidQF: both hold a ps.txt.
    Detector(
        kind=EvidenceKind.SYSDIAGNOSE,
        detect=ios_kinds.sysdiagnose,
    ),
    # Before the bugreport and the intrusion logs: an AndroidQF acquisition holds both, and a dumpsys.txt that a
    # bugreport is told by as well.
    Detector(
        kind=EvidenceKind.ANDROIDQF,
        detect=android_kinds.androidqf,
    ),
    Detector(
        kind=EvidenceKind.BUGREPORT,
        detect=android_kinds.bugreport,
    ),
    Detector(
        kind=EvidenceKind.INTRUSION_LOGS,
        detect=android_kinds.intrusion_logs,
    ),
    # Last: its marks (data/data, data/app) are the commonest folder names of all.
    Detector(
        kind=EvidenceKind.ANDROID_FILE_SYSTEM,
        detect=android_kinds.android_file_system,
    ),
)


def identify(path: Path) -> Identified:
    """Return what a path holds; where it lies below the path, `root` says so.

    Raises `EvidenceMissingError`, `EvidenceHostileError` for a link, FIFO, socket or device, `UnknownEvidenceError`
    with what was tried, and `SeveralEvidenceError` for a folder of more than one acquisition.
    """
    _require_plain(path)
    found = find_all(path)
    if not found:
        raise UnknownEvidenceError(_what_was_tried(path), hint=_hint(path))
    if len(found) > 1:
        listed = "".join(f"\n  {each.kind}: {str(each.root)!r}" for each in found[:50])
        raise SeveralEvidenceError(f"{str(path)!r} holds {len(found)} acquisitions:{listed}")
    return found[0]


def find_all(path: Path) -> tuple[Identified, ...]:
    """Return everything recognised at or below a path, at most `SEARCH_DEPTH` folders deep, no link followed.

    Raises `EvidenceHostileError` when there is too much to search through.
    """
    here = detect(path)
    if here is not None:
        return (here,)
    return tuple(_below(path)) if entry_type(path) == FOLDER else ()


def detect(path: Path) -> Identified | None:
    """Return what the first detector that recognises this very path says, None when none does."""
    glance = Glance(path)
    if glance.what not in {FILE, FOLDER}:
        return None
    return next((found for each in DETECTORS if (found := each.detect(glance)) is not None), None)


def _below(path: Path) -> Iterator[Identified]:
    pending = [(path, 0)]
    looked_at = 0
    while pending:
        folder, depth = pending.pop(0)
        for name, what in names_in(folder, SEARCH_ENTRIES + 1).items():
            looked_at += 1
            if looked_at > SEARCH_ENTRIES:
                raise EvidenceHostileError(
                    f"{str(path)!r} holds too much to search through.",
                    hint="Give the folder of the acquisition itself.",
                )
            if what not in {FILE, FOLDER}:
                continue
            found = detect(folder / name)
            if found is not None:
                yield replace(found, wrapped=found.wrapped or f"in folder {folder.name}")
            elif what == FOLDER and depth + 1 < SEARCH_DEPTH:
                pending.append((folder / name, depth + 1))


def _require_plain(path: Path) -> None:
    what = entry_type(path)
    if what in {FILE, FOLDER}:
        return
    try:
        path.lstat()
    except FileNotFoundError as error:
        raise EvidenceMissingError(f"There is nothing at {str(path)!r}.", hint="Check the path.") from error
    except (OSError, ValueError) as error:
        raise EvidenceMissingError(f"{str(path)!r} cannot be looked at: {error}.") from error
    raise EvidenceHostileError(
        f"{str(path)!r} is a {what}, not a file or folder.", hint="Give the path of the evidence itself."
    )


def _what_was_tried(path: Path) -> str:
    tried = "".join(f"\n  {each.kind}: {of(each.kind).looks_for}" for each in DETECTORS)
    return f"{str(path)!r} is no kind of evidence that mvtcase knows. It was tried as{tried}"


def _hint(path: Path) -> str:
    if entry_type(path) == FOLDER:
        empty = not names_in(path, 1)
        return "The folder is empty or cannot be read." if empty else "Give the folder the acquisition itself lies in."
    if path.name in ios_kinds.BACKUP_MARKS or ios_kinds.HASHED_NAME.fullmatch(path.name):
        return "This is one file of an iOS backup: give the folder it lies in."
    return "If it is an archive of a backup or file system, unpack it first and give the folder."
