"""What somebody who registers evidence should know at once: what was left out of it, and what is odd about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.evidence.glance import Glance
from mvtcase.evidence.looks import FOLDER, MAX_PLIST_BYTES, entry_type, is_locked_zip, names_in, parse_plist
from mvtcase.evidence.parts import parts_of
from mvtcase.kinds import EvidenceKind
from mvtcase.wording import Message, say

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from mvtcase.evidence.glance import Identified

_NAMED = 5
LONGEST_WINDOWS_PATH = 259
"""Characters of a path beyond which Windows' own tools neither copy nor open a file."""

_BACKUPS = frozenset({EvidenceKind.IOS_BACKUP, EvidenceKind.IOS_BACKUP_ENCRYPTED})


def on(given: Path, found: Identified) -> tuple[Message, ...]:
    """Return what to tell about evidence found at or below the path that was given."""
    odd = _backup(found) if found.kind in _BACKUPS else _half(found)
    return (*_left_out(given, found), *_locked(found), *odd)


def beside(given: Path, roots: Collection[Path]) -> Iterator[Message]:
    """Yield, folder by folder, what lies below a path beside all evidence that was found there."""
    if given in roots:
        return
    above = {folder for root in roots for folder in root.parents}
    rest = [name for name in names_in(given) if given / name not in above and given / name not in roots]
    if rest:
        yield _beside(given.name, rest)
    for name in names_in(given):
        if given / name in above:
            yield from beside(given / name, roots)


def _left_out(given: Path, found: Identified) -> Iterator[Message]:
    """Yield, folder by folder, what lies beside the evidence and is not registered with it."""
    folder = found.root
    while folder != given and given in folder.parents:
        beside = [name for name in names_in(folder.parent) if name != folder.name]
        if beside:
            yield _beside(folder.parent.name, beside)
        folder = folder.parent
    outer = "oem zip: "
    if found.wrapped.startswith(outer):
        inner = found.wrapped.removeprefix(outer)
        others = [name for name in Glance(found.root).zip_members if name != inner and not name.endswith("/")]
        if others:
            yield _beside(found.root.name, others)


def _beside(where: str, names: list[str]) -> Message:
    listed = ", ".join(repr(name) for name in names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
    return say(
        "Left out of {where}: {count:# entry|# entries} beside the evidence ({listed}).",
        where=repr(where),
        count=len(names),
        listed=listed,
    )


def _locked(found: Identified) -> Iterator[Message]:
    if Glance(found.root).is_zip and is_locked_zip(found.root):
        yield say(
            "This zip is locked with a password: its files cannot be read here, whatever their names promise. Unpack "
            "it with its password and register the folder that comes out."
        )


def _half(found: Identified) -> Iterator[Message]:
    """Yield which half is missing of an iPhone's file system that was extracted as two partitions."""
    if found.kind is not EvidenceKind.IOS_FILE_SYSTEM:
        return
    if len(found.partitions) == 1:
        yield say(
            "This is the data partition alone (UFED: filesystem2). If the system's (filesystem1) was extracted too, "
            "put both into one folder and register that folder."
        )
    system = found.root / "System" / "Library" / "CoreServices"
    if (
        not found.partitions
        and entry_type(system) == FOLDER
        and entry_type(found.root / "private/var/mobile") != FOLDER
    ):
        yield say(
            "This is the system partition alone (UFED: filesystem1): the data of the phone's user are not in it. Put "
            "the data partition (filesystem2) beside it and register the folder of both."
        )


def _backup(found: Identified) -> Iterator[Message]:
    """Yield what is odd about an iPhone's backup, each with what to do about it."""
    with parts_of(found) as parts:
        status = parse_plist(parts.content("Status.plist", MAX_PLIST_BYTES))
        old = parts.has("Manifest.mbdb") and not parts.has("Manifest.db")
    state = status.get("SnapshotState")
    if old:
        yield say(
            "This backup is by iOS 9 or older (Manifest.mbdb): MVT cannot read its layout, so only the second reader "
            "does. Update the phone if its owner agrees, and make a new backup."
        )
    if isinstance(state, str) and state != "finished":
        yield say(
            "This backup was not finished: Status.plist says {state}. Connect the phone and make the backup again, "
            "until it ends by itself.",
            state=repr(state[:40]),
        )
    if found.root.name == "Snapshot":
        yield say(
            "This is the folder Snapshot of a backup: the state that iTunes kept while it wrote the next one. Take the "
            "finished backup above it as well, or make it again."
        )
    elif entry_type(found.root / "Snapshot") == FOLDER:
        yield say(
            "The folder Snapshot inside is the state that iTunes kept while it wrote the next backup; it is not "
            "examined with this one. Register it by its own path."
        )


def on_paths(unreadable: list[str], platform: str) -> tuple[Message, ...]:
    """Return what to tell about entries that could not be read because Windows cannot reach their paths."""
    count = sum(len(path) > LONGEST_WINDOWS_PATH for path in unreadable) if platform == "win32" else 0
    if not count:
        return ()
    return (
        say(
            "{count:# entry has a path that is|# entries have paths that are} too long for Windows. Move the "
            "evidence to a folder near the root of its drive, or allow long paths in Windows, and register "
            "it again.",
            count=count,
        ),
    )
