"""Files on their way into a case: made beside it, put in place once the rows are committed, finished after a kill.

These are the files of a bundle, and the new key file of a sealed case. A staging folder carries the UUID of its bundle.
Whether a merge or a key file counts is told by the chain of custody alone, so that a process which is killed at any
moment leaves either nothing of it or all.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from mvtcase.canon import sha256_file
from mvtcase.errors import BundleError, ConflictError
from mvtcase.files import destroy, sync_folder
from mvtcase.store.custody import is_file
from mvtcase.store.folder import PRIVATE_FOLDER, held_lock
from mvtcase.store.view import SealedFolder
from mvtcase.workspaces import workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mvtcase.store.store import Store

MERGED = "bundle.merged"
_MARK = ".merging-"
"""What marks a sealed case while a bundle is taken in; the UUID of the bundle follows."""
HOMES = {"scan": "scans", "acquisition": "acquisitions"}
"""The folder below which a table's files lie, each in a folder named by short id; while staged, by UUID."""
_SEALS = {"scan": ("results_sha256", "results/results.sha256"), "acquisition": ("manifest_sha256", "manifest.jsonl")}
"""The column of a row that names one of its files by hash, and that file: others are not put in place for the row."""


def is_merged(store: Store, bundle: str) -> bool:
    """Tell whether a bundle was merged into this case."""
    query = "SELECT 1 FROM custody_event WHERE action = ? AND json_valid(payload) AND payload ->> '$.bundle' = ?"
    return bool(store.rows(query, (MERGED, bundle)))


@contextlib.contextmanager
def staging(store: Store, bundle: str, size: int) -> Iterator[Path]:
    """Give an empty folder for a bundle of so many bytes; unless it is merged on leaving, all of it is removed.

    Raises `ConflictError` while another process takes in the same bundle.
    """
    if not re.fullmatch(r"[0-9a-f-]{36}", bundle):
        raise BundleError("The label of the bundle cannot be read.")
    sealed, folder = store.folder.sealed, store.folder.home / "incoming" / bundle
    with held_lock(store.folder.home / f"{_MARK}{bundle}" if sealed else folder.with_suffix(".lock")) as held:
        if not held:
            raise ConflictError("Another process is taking this bundle in.")
        if sealed:
            try:
                with workspace(store.folder.working_for(size)) as private:
                    yield private
            finally:
                _end_sealed(store, bundle)
            return
        destroy(folder)
        folder.mkdir(parents=True, mode=PRIVATE_FOLDER)
        try:
            yield folder
        finally:
            if is_merged(store, bundle):
                _put_in_place(store, folder)
            destroy(folder)
            folder.with_suffix(".lock").unlink(missing_ok=True)


def named_keys(store: Store) -> str:
    """Return the SHA-256 of the key file of a sealed case that the chain named last, empty where it names none."""
    told = "json_valid(payload) AND payload ->> '$.keys_sha256'"
    rows = store.rows(f"SELECT payload ->> '$.keys_sha256' AS told FROM custody_event WHERE {told} IS NOT NULL")  # noqa: S608  # own words
    return str(rows[-1]["told"]) if rows else ""


def settle_keys(store: Store) -> None:
    """Put a new key file in the place of the old one where the chain names it; else remove it."""
    waiting = store.folder.next_keys
    if store.read_only or not waiting.is_file():
        return
    with store.alone():  # whoever wrote it may be about to commit
        if sha256_file(waiting) == named_keys(store):
            waiting.replace(store.folder.key_file)
        waiting.unlink(missing_ok=True)
        sync_folder(store.folder.home)


def settle(store: Store) -> None:
    """Finish what killed verbs left: files of a merged bundle go to their places, those of any other are removed."""
    settle_keys(store)
    if store.read_only:
        return
    for mark in store.folder.home.glob(f"{_MARK}*"):
        with held_lock(mark) as held:
            if held:
                _end_sealed(store, mark.name.removeprefix(_MARK))
    incoming = store.folder.home / "incoming"
    if not incoming.is_dir():
        return
    for folder in sorted(each for each in incoming.iterdir() if each.is_dir()):
        lock = folder.with_name(f"{folder.name[:36]}.lock")
        with held_lock(lock) as held:
            if held:
                if is_merged(store, folder.name):
                    _put_in_place(store, folder)
                destroy(folder)
                lock.unlink(missing_ok=True)


def seal(store: Store, staged: Path) -> None:
    """Keep a bundle's files in a sealed case, before the merge that speaks of them is committed."""
    assert isinstance(store.folder, SealedFolder)  # noqa: S101  # asked by the caller
    for table, home in HOMES.items():
        for each, named in _for_rows(store, table, staged / home):
            unit = staged / "units" / home / named
            unit.parent.mkdir(parents=True, exist_ok=True)
            each.rename(unit)
            store.folder.take(f"{home}/{named}", staged / "units")
    for each in children(staged / "attachments"):
        store.folder.take(f"attachments/{each.name}", staged)


def _end_sealed(store: Store, bundle: str) -> None:
    """Remove what was sealed for a merge that never came to its end."""
    assert isinstance(store.folder, SealedFolder)  # noqa: S101  # only such a case has the mark
    with store.alone():  # whoever adds a scan or an acquisition has committed it, or waits
        if not is_merged(store, bundle):
            rows = ((home, row) for table, home in HOMES.items() for row in store.rows(f"SELECT id FROM {table}"))  # noqa: S608  # own names
            known = {f"{home}/{row['id']}" for home, row in rows}
            for unit in list(store.folder.vault.units()):
                if unit.startswith(tuple(f"{home}/" for home in HOMES.values())) and unit not in known:
                    store.folder.remove(unit)
    (store.folder.home / f"{_MARK}{bundle}").unlink(missing_ok=True)


def _for_rows(store: Store, table: str, staged: Path) -> Iterator[tuple[Path, str]]:
    """Yield each staged folder that is what the row of its UUID names, with the short id of that row."""
    column, file = _SEALS[table]
    rows = store.rows(f"SELECT uuid, id, {column} AS sealed FROM {table}")  # noqa: S608  # own names
    known = {row["uuid"]: row for row in rows}
    for each in children(staged):
        row = known.get(each.name)
        if row is not None and row["sealed"] and is_file(each / file, row["sealed"]):
            yield each, row["id"]


def _put_in_place(store: Store, staged: Path) -> None:
    for table, home in HOMES.items():
        for each, named in _for_rows(store, table, staged / home):
            _move_all(each, store.folder.path / home / named)
    _move_all(staged / "attachments", store.folder.attachments)


def children(folder: Path) -> list[Path]:
    """Return what lies in a folder, by name; nothing for one that is not there."""
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _move_all(source: Path, target: Path) -> None:
    """Move what lies in a folder into another one; what is there under the same name gives way."""
    for each in children(source):
        target.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        destroy(target / each.name)
        each.rename(target / each.name)
    if target.is_dir():
        sync_folder(target)
