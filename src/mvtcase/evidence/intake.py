"""The way in: what a path is, which phone it came from, and a safe shape of it for MVT.

The original is used in place where it is plain already and is never written to. Archives are unpacked by us within
bounds. What cannot be read of a phone's identity is None: damaged or hostile content never raises. Texts are as given,
cut at a bound; whoever shows them escapes them.
"""

from __future__ import annotations

import fnmatch
from dataclasses import replace
from typing import TYPE_CHECKING

from mvtcase.errors import EvidenceHostileError, EvidenceMissingError, SeveralEvidenceError, UnknownEvidenceError
from mvtcase.evidence.glance import Glance, Identified
from mvtcase.evidence.looks import FILE, FOLDER, entry_type, names_in
from mvtcase.evidence.packed import looks_into
from mvtcase.evidence.parts import parts_of
from mvtcase.evidence.readers import READERS, reader_of
from mvtcase.evidence.readers.base import Job, Staged, as_identity
from mvtcase.evidence.readers.ios_backup import BACKUP_MARKS, HASHED_NAME
from mvtcase.evidence.unpack import Budget, Notes
from mvtcase.kinds import KINDS
from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mvtcase.model import DeviceIdentity
    from mvtcase.settings import Limits
    from mvtcase.wording import Message

__all__ = ["Identified", "Staged", "detect", "find_all", "identify", "read_identity", "stage"]

SEARCH_DEPTH = 3
"""Folders below the given one that are searched: phone/date/acquisition is how responders sort their media."""

SEARCH_ENTRIES = 50_000
"""Files and folders looked at before the search gives up, with an error: a phone must not be missed silently."""


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
        listed = "; ".join(f"{each.kind} {str(each.root)!r}" for each in found[:50])
        raise SeveralEvidenceError(
            "{path!r} holds {found} acquisitions: {listed}.", path=str(path), found=len(found), listed=listed
        )
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
    """Return what the first reader that recognises this very path says, None when none does."""
    glance = Glance(path)
    if glance.what not in {FILE, FOLDER}:
        return None
    # A zip of a whole acquisition may hold a bugreport and logs, which would tell it for one of those.
    packed = _packed(glance) if glance.is_zip else None
    found = packed or next((found for each in READERS if (found := each.detect(glance)) is not None), None)
    return found or (_packed(glance) if glance.is_file else None)


def _packed(glance: Glance) -> Identified | None:
    """Return what the folder inside an archive is, for the kinds that travel so."""
    for inside in looks_into(glance):
        for each in READERS:
            found = each.detect(inside) if each.packed else None
            if found is not None:
                return replace(found, inside=inside.prefix)
    return None


def read_identity(found: Identified) -> DeviceIdentity:
    """Return what an acquisition says about its phone; never raises on what is inside it."""
    with parts_of(found) as parts:
        return as_identity(found.kind, reader_of(found.kind).identity(parts))


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
    job = Job(
        work=work,
        limits=limits,
        budget=Budget.of(limits),
        notes=Notes(),
        tell=on_progress or _unheard,
        age_identity=age_identity,
    )
    staged = reader_of(found.kind).stage(found, job)
    return replace(staged, problems=(*staged.problems, *job.notes.gaps()), names=tuple(job.notes.names))


def _unheard(_sentence: str) -> None:
    """Stand in for a listener."""


def _require_still_there(root: Path) -> None:
    if entry_type(root) in {FILE, FOLDER}:
        return
    if root.is_symlink() or root.exists():
        raise EvidenceHostileError("{root!r} is no file or folder any more.", root=str(root))
    raise EvidenceMissingError("There is nothing at {root!r} any more.", root=str(root))


def _below(path: Path) -> Iterator[Identified]:
    pending = [(path, 0)]
    looked_at = 0
    while pending:
        folder, depth = pending.pop(0)
        for name, what in names_in(folder, SEARCH_ENTRIES + 1).items():
            looked_at += 1
            if looked_at > SEARCH_ENTRIES:
                raise EvidenceHostileError(
                    "{path!r} holds too much to search through.",
                    hint="Give the folder of the acquisition itself.",
                    path=str(path),
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
        raise EvidenceMissingError("There is nothing at {path!r}.", hint="Check the path.", path=str(path)) from error
    except (OSError, ValueError) as error:
        raise EvidenceMissingError("{path!r} cannot be looked at: {error}.", path=str(path), error=error) from error
    raise EvidenceHostileError(
        "{path!r} is a {what}, not a file or folder.",
        hint="Give the path of the evidence itself.",
        path=str(path),
        what=what,
    )


def _what_was_tried(path: Path) -> str:
    tried = "; ".join(f"{each.words} ({each.looks_for})" for each in KINDS)
    return f"{str(path)!r} is no kind of evidence that mvtcase knows. It knows: {tried}."


_UNOPENED = say("Archives of this sort are not opened here: unpack it and give the folder of the acquisition itself.")
_NAMED = {
    "signal-*.backup": say(
        "This is a backup of Signal's. It opens with the 30 digits that the phone showed when it was set up, in a "
        "program made for such backups; of the phone take AndroidQF or a bug report."
    ),
    "*.crypt1[2-5]": say("This is an encrypted backup of WhatsApp's; of the phone take AndroidQF or a bug report."),
    "*.imazingapp": say("This is one app, taken out of a phone by iMazing: take a backup of the whole phone."),
    "*.7z": _UNOPENED,
    "*.rar": _UNOPENED,
    "*.xz": _UNOPENED,
    "*.bz2": _UNOPENED,
    "*.zst": _UNOPENED,
    "*.ufd": say("This describes an extraction by UFED: give the folder or archive that lies beside it."),
}
"""What files that are no acquisition are, by their name, and what to do instead."""


def _hint(path: Path) -> Message:
    if entry_type(path) == FOLDER:
        empty = not names_in(path, 1)
        return (
            say("The folder is empty or cannot be read.")
            if empty
            else say("Give the folder the acquisition itself lies in.")
        )
    if path.name in BACKUP_MARKS or HASHED_NAME.fullmatch(path.name):
        return say("This is one file of an iOS backup: give the folder it lies in.")
    named = next((told for pattern, told in _NAMED.items() if fnmatch.fnmatchcase(path.name.lower(), pattern)), None)
    return (
        named
        or _nested(Glance(path))
        or say("If it is an archive, unpack it and give the folder of the acquisition itself.")
    )


_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".7z", ".rar", ".xz", ".bz2", ".ab", ".age")


def _nested(glance: Glance) -> Message | None:
    """Return what to do with an archive of archives."""
    held = [name for name in (*glance.zip_members, *glance.tar_members) if name.lower().endswith(_ARCHIVES)]
    if not held:
        return None
    listed = ", ".join(repr(name) for name in held[:3]) + (" …" if len(held) > len(held[:3]) else "")
    return say("It holds other archives ({listed}): take them out and give each by its own path.", listed=listed)
