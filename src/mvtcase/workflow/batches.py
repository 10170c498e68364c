"""Several phones at once: the largest first, as many as the memory holds, and how long the rest will take."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from mvtcase.engine.job import memory_needed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mvtcase.model import Acquisition

T = TypeVar("T")

BYTES_LIKE_A_FILE = 40_000
"""Bytes that take about as long to read as a file takes besides."""

SHARE = 0.8
"""Of the free memory, what scans may take; the rest is for whoever else works here."""

_MEMORY = Path("/proc/meminfo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One phone of a batch that is done, the time it took, and about how long the others will take."""

    acquisition: str
    done: int
    total: int
    seconds: float
    seconds_left: float


def free_memory() -> int | None:
    """Return the bytes that programs can still take, by Linux's own estimate; None where nobody says."""
    try:
        lines = dict(line.split(":", 1) for line in _MEMORY.read_text("ascii").splitlines())
        return int(lines["MemAvailable"].split()[0]) << 10
    except (OSError, LookupError, ValueError):
        return None


@dataclass(slots=True)
class Batch(Generic[T]):
    """Phones in the order in which they are begun; one that does not fit beside those at work waits for room."""

    jobs: int
    scan: Callable[[Acquisition], T]
    told: Callable[[Step], None]
    stop: threading.Event
    memory: int | None = None
    _waiting: list[Acquisition] = field(default_factory=list)
    _answers: dict[str, T] = field(default_factory=dict)
    _room: threading.Condition = field(default_factory=threading.Condition)
    _used: int = 0
    _running: int = 0
    _began: float = 0.0
    _weight: int = 0
    _weight_done: int = 0

    def run(self, wanted: Sequence[Acquisition]) -> list[T]:
        """Return the answer of each phone in the order in which they were named; what one raises stops all."""
        self._waiting = sorted(wanted, key=weight, reverse=True)
        self._weight = sum(map(weight, wanted))
        self._began = time.monotonic()
        threads = max(1, min(self.jobs, len(wanted)))
        with ThreadPoolExecutor(max_workers=threads) as pool:
            working = [pool.submit(self._work, len(wanted)) for _ in range(threads)]
            try:
                for each in working:
                    each.result()
            except BaseException:
                self._end()
                raise
        return [self._answers[each.id] for each in wanted]

    def _work(self, total: int) -> None:
        while (acquisition := self._next()) is not None:
            began = time.monotonic()
            try:
                answer = self.scan(acquisition)
            except BaseException:
                self._end()
                raise
            self._finish(acquisition, answer, total, time.monotonic() - began)

    def _next(self) -> Acquisition | None:
        """Return the largest phone that has room now, waiting for it; None when nothing is left to begin."""
        with self._room:
            while self._waiting and not self.stop.is_set():
                fitting = next((each for each in self._waiting if self._fits(each)), None)
                if fitting is not None:
                    self._waiting.remove(fitting)
                    self._running += 1
                    self._used += memory_needed(fitting.files)
                    return fitting
                self._room.wait()
        return None

    def _fits(self, acquisition: Acquisition) -> bool:
        # One alone is never refused: its own limits decide.
        return not self._running or self.memory is None or self._used + memory_needed(acquisition.files) <= self.memory

    def _finish(self, acquisition: Acquisition, answer: T, total: int, seconds: float) -> None:
        with self._room:
            self._answers[acquisition.id] = answer
            self._running -= 1
            self._used -= memory_needed(acquisition.files)
            self._weight_done += weight(acquisition)
            left = (time.monotonic() - self._began) * (self._weight - self._weight_done) / self._weight_done
            step = Step(
                acquisition=acquisition.id, done=len(self._answers), total=total, seconds=seconds, seconds_left=left
            )
            self._room.notify_all()
            self.told(step)

    def _end(self) -> None:
        self.stop.set()
        with self._room:
            self._room.notify_all()


def weight(acquisition: Acquisition) -> int:
    """Return how much work a phone is, in files."""
    return 1 + acquisition.files + acquisition.bytes // BYTES_LIKE_A_FILE


def usable_memory() -> int | None:
    """Return the memory that a batch may take, None where nobody knows how much there is."""
    free = free_memory()
    return None if free is None else int(free * SHARE)
