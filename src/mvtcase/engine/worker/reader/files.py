"""Every file of an acquisition with its name in the evidence and its place on the phone."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mvtcase import kinds
from mvtcase.engine.safe_json import safe_text
from mvtcase.engine.worker.reader.paths import backup_path, rooted
from mvtcase_readers import mbdb
from mvtcase_readers.regular import UnreadableError
from mvtcase_readers.sqlite import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mvtcase.engine.worker.task import Task

MAX_ROWS = 5_000_000
_FILE = 1
"""What `flags` of a Manifest row says of a regular file; folders and links have no content of theirs."""


class Acquired(NamedTuple):
    """One acquired file: where it is, its name in the evidence, its place on the phone, and its size in bytes."""

    path: str
    name: str
    place: str
    """As a person says it: `HomeDomain-Library/SMS/sms.db`; empty where the name says as much."""
    rooted: str
    """As the phone has it: `/private/var/mobile/Library/SMS/sms.db`."""
    size: int


@dataclass(slots=True)
class Acquisition:
    """The files of a task's evidence, walked at any depth and through no link."""

    task: Task
    unread: list[str] = field(default_factory=list)
    """Folders that could not be listed."""
    missing: list[str] = field(default_factory=list)
    """Files that the backup's list has and its folder has not."""
    only_listed: list[str] = field(default_factory=list)
    """The paths of a backup's list that no file stands for: folders, links, and files that are missing."""

    empty: list[str] = field(default_factory=list)
    """Folders that hold nothing."""

    _by_place: dict[str, str] = field(default_factory=dict)

    def files(self) -> list[Acquired]:
        """Return all regular files, in the order of their names."""
        target = self.task.target
        if not target.is_dir():
            return [Acquired(str(target), target.name, "", rooted(target.name), target.stat().st_size)]
        rows = self._rows() if kinds.of(self.task.kind).named_by_manifest else []
        listed = {name: place for name, place, flags in rows if flags == _FILE}
        found = sorted(self._walk(), key=lambda each: each[0])
        files = [self._named(path, size, listed) for path, size in found]
        self.missing = [f"{domain}-{relative}" for domain, relative in listed.values()]
        folders = [place for _, place, flags in rows if flags != _FILE and place[1]]
        self.only_listed = [backup_path(*each) for each in (*listed.values(), *folders)]
        self._by_place = {file.place: file.path for file in files if file.place}
        return files

    def beside(self, file: Acquired, suffix: str) -> Path | None:
        """Return what stands beside a file on the phone under its name and a suffix, as a database's `-wal` does."""
        if file.place:
            path = self._by_place.get(file.place + suffix)
            return None if path is None else Path(path)
        found = Path(file.path + suffix)
        return found if found.is_file() and not found.is_symlink() else None

    def _walk(self) -> Iterator[tuple[str, int]]:
        pending = [str(self.task.target)]
        while pending:
            folder = pending.pop()
            holds = False
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        holds = True
                        if entry.is_dir(follow_symlinks=False):
                            pending.append(entry.path)
                        elif entry.is_file(follow_symlinks=False):
                            yield entry.path, entry.stat(follow_symlinks=False).st_size
            except OSError:
                self.unread.append(os.path.relpath(folder, self.task.target))
            else:
                if not holds:
                    self.empty.append(os.path.relpath(folder, self.task.target))

    def _named(self, path: str, size: int, listed: dict[str, tuple[str, str]]) -> Acquired:
        name = path[len(str(self.task.target)) + 1 :]
        known = listed.pop(os.path.basename(path), None)  # noqa: PTH119 - a text, not a Path
        if known is None:
            return Acquired(path, name, "", rooted(name), size)
        return Acquired(path, name, safe_text("-".join(known), 500), backup_path(*known), size)

    def _rows(self) -> list[tuple[str, tuple[str, str], object]]:
        """Return file id, domain with path, and sort of each row; none where it cannot be read: its module says so."""
        query = "SELECT fileID, domain, relativePath, flags FROM Files LIMIT ?"
        try:
            with opened(self.task.target / "Manifest.db") as connection:
                rows = connection.execute(query, (MAX_ROWS,))
                return [(str(each), (str(domain), str(path)), flags) for each, domain, path, flags in rows]
        except (sqlite3.Error, OSError, UnreadableError):
            # Up to iOS 9 the list has another form.
            old = mbdb.listed(self.task.target / mbdb.NAME)
            return [(each.name, (each.domain, each.path), _FILE if each.is_file else 0) for each in old]
