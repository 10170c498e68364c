"""The second, independent look: every byte searched for the sets' indicators, without MVT's parsers.

Its limits are in `docs/hostile.md`: what is encrypted, packed in another way or split over a database's pages is not
seen.
"""

from __future__ import annotations

import os
import resource
import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mvtcase import kinds
from mvtcase.engine.safe_json import safe_text
from mvtcase.engine.worker.reader.sweep_keys import Key, keys_of
from mvtcase.engine.worker.reader.sweep_search import Hit, Searcher
from mvtcase.engine.worker.reader.sweep_unfold import Unfolding
from mvtcase.model import AlertSource, Level, ModuleOutcome
from mvtcase_readers.regular import UnreadableError
from mvtcase_readers.sqlite import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mvtcase.engine.worker.emitter import Emitter
    from mvtcase.engine.worker.task import Task
    from mvtcase.matchset import MatchSet

MODULE = "sweep"
MAX_FILES_PER_INDICATOR = 20
MAX_ALERTS = 1000
PROGRESS_SECONDS = 1.0
TIME_SHARE = 0.8
"""The part of the worker's time after which the sweep stops by itself, so that the scan still comes to its end."""

_BEGAN = time.monotonic()


class _OutOfTimeError(Exception):
    """The sweep must stop now."""


def run(task: Task, matchset: MatchSet, emit: Emitter) -> None:
    """Search the evidence and send hits as `alert` events with source `sweep`, and `progress` events on the way."""
    keys = keys_of(matchset, task.set_names, task.kind)
    _Sweep(task, keys, emit).run()


@dataclass(slots=True)
class _Sweep:
    """One sweep: what it was told to find, how far it is, and what it could not look into."""

    task: Task
    keys: dict[bytes, Key]
    emit: Emitter
    total: int = 0
    done: int = 0
    unread: int = 0
    locked: int = 0
    broken: int = 0
    bounded: int = 0
    alerts: int = 0
    files_of: dict[bytes, int] = field(default_factory=dict)
    unsent: int = 0
    last_progress: float = 0.0
    ends: float = 0.0

    def run(self) -> None:
        """Search all files, and say what was not searched."""
        searcher = Searcher(self.keys)
        self.total = sum(size for _, size in self._files())
        self.unread = 0
        self.ends = time.monotonic() + _seconds_left(self.task)
        try:
            for path, _ in self._files():
                self._one(searcher, path)
        except _OutOfTimeError:
            reason = f"time was up: {self.done} of {self.total} bytes were searched"
            self.emit("problem", module=MODULE, outcome=str(ModuleOutcome.TIMED_OUT), reason=reason)
        self._send_progress()
        self._say_limits()

    def _files(self) -> Iterator[tuple[Path, int]]:
        """Yield the regular files of the evidence with their sizes, at any depth, following no link."""
        if not self.task.target.is_dir():
            yield self.task.target, self.task.target.stat().st_size
            return
        pending = [str(self.task.target)]
        while pending:
            for entry in self._entries(pending.pop()):
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    yield Path(entry.path), entry.stat(follow_symlinks=False).st_size

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                return list(entries)
        except OSError:
            self.unread += 1
            return []

    def _one(self, searcher: Searcher, path: Path) -> None:
        places: dict[bytes, tuple[str, Hit]] = {}

        def found(container: str, hits: dict[bytes, Hit]) -> None:
            # What stands in an archive that is not compressed is seen twice; the deeper place says more.
            places.update((needle, (container, hit)) for needle, hit in hits.items())

        unfolding = Unfolding(searcher=searcher, found=found, tick=self._tick)
        try:
            unfolding.file(path)
        except OSError:
            self.unread += 1
        finally:
            for needle, (container, hit) in sorted(places.items()):
                self._tell(path, container, needle, hit)
        self.locked += unfolding.locked
        self.broken += bool(unfolding.broken)
        self.bounded += unfolding.bounded

    def _tick(self, count: int) -> None:
        self.done += count
        now = time.monotonic()
        if now > self.ends:
            raise _OutOfTimeError
        if now - self.last_progress > PROGRESS_SECONDS:
            self._send_progress()

    def _send_progress(self) -> None:
        self.last_progress = time.monotonic()
        self.emit("progress", index=self.done, total=max(self.total, self.done))

    def _tell(self, path: Path, container: str, needle: bytes, hit: Hit) -> None:
        key = self.keys[needle]
        known = self.files_of[needle] = self.files_of.get(needle, 0) + 1
        if known > MAX_FILES_PER_INDICATOR or self.alerts >= MAX_ALERTS:
            self.unsent += 1
            return
        self.alerts += 1
        name = self._name_of(path)
        shown = safe_text(f"{name}!{container}" if container else name, 500)
        self.emit(
            "alert",
            part="",
            module=MODULE,
            level=Level.MEDIUM.name,
            message=f"indicator string present in {shown}, not reported by any module",
            event_time="",
            data={
                "file": safe_text(name),
                "container": safe_text(container),
                "offset": hit.offset,
                "encoding": hit.encoding,
                "count": hit.count,
                "value": safe_text(key.value),
            },
            indicator=dict(key.fields),
            witnessed=False,
            source=str(AlertSource.SWEEP),
        )

    def _name_of(self, path: Path) -> str:
        """Return a file's name in the evidence, and in a backup its place on the phone too."""
        if path == self.task.target:
            return path.name
        name = str(path.relative_to(self.task.target))
        place = self._place_on_phone(path.name) if kinds.of(self.task.kind).named_by_manifest else ""
        return f"{place} ({name})" if place else name

    def _place_on_phone(self, file_id: str) -> str:
        query = "SELECT domain || '-' || relativePath FROM Files WHERE fileID = ?"
        try:
            with opened(self.task.target / "Manifest.db") as connection:
                row = connection.execute(query, (file_id,)).fetchone()
        except (sqlite3.Error, OSError, UnreadableError):
            return ""
        return str(row[0]) if row and row[0] else ""

    def _say_limits(self) -> None:
        told = {
            "{} files or folders could not be read by the sweep.": self.unread,
            "{} archives, or files in them, are encrypted: the sweep searched their raw bytes only.": self.locked,
            "{} files hold damaged archives: the sweep searched what could be unpacked.": self.broken,
            "{} files unfold beyond all bounds: the sweep searched a part of what is packed in them.": self.bounded,
            "{} more places of indicator strings were found by the sweep and are not listed.": self.unsent,
        }
        for sentence, count in told.items():
            if count:
                self.emit("limitation", text=sentence.format(count))


def _seconds_left(task: Task) -> float:
    """Return how long the sweep may take, by the clock and by the CPU time that the worker may use."""
    limit, _ = resource.getrlimit(resource.RLIMIT_CPU)
    by_clock = task.seconds_left * TIME_SHARE - (time.monotonic() - _BEGAN)
    if limit == resource.RLIM_INFINITY:
        return by_clock
    return min(by_clock, limit * TIME_SHARE - time.process_time())
