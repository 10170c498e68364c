"""A batch: the largest phone first, no more at once than fit, an honest estimate, an end for all at one's end."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.engine.job import memory_needed
from mvtcase.workflow import batches
from mvtcase.workflow.batches import Batch, Step, free_memory

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 20.0


def phones(*files: int) -> list[Any]:
    """Return acquisitions of so many files each."""
    return [SimpleNamespace(id=f"A-{number}", files=each, bytes=0) for number, each in enumerate(files)]


class Scanner:
    """Scans for as long as it is told and notes which phones were at work together."""

    def __init__(self, seconds: float = 0.02) -> None:
        self.begun: list[str] = []
        self.together: list[int] = []
        self._seconds = seconds
        self._now = 0
        self._lock = threading.Lock()

    def __call__(self, acquisition: Any) -> str:
        """Scan a phone."""
        with self._lock:
            self._now += 1
            self.begun.append(acquisition.id)
            self.together.append(self._now)
        time.sleep(self._seconds)
        with self._lock:
            self._now -= 1
        return f"S of {acquisition.id}"


def batch(scan: Any, jobs: int, memory: int | None = None, told: Any = None) -> Any:
    """Return a batch around a scanner."""
    return Batch(jobs=jobs, scan=scan, told=told or (lambda _step: None), stop=threading.Event(), memory=memory)


def test_the_largest_phone_begins_first_and_answers_keep_their_order() -> None:
    """A batch ends soonest when nothing large is left for the end; who asked gets answers as asked."""
    scanner = Scanner()
    assert batch(scanner, 1).run(phones(10, 500, 30)) == ["S of A-0", "S of A-1", "S of A-2"]
    assert scanner.begun == ["A-1", "A-2", "A-0"]


def test_phones_that_do_not_fit_together_wait_and_smaller_ones_go_on() -> None:
    """Two large ones are never at work at once; a small one beside the first is."""
    large = 1_000_000
    room = memory_needed(large) + memory_needed(10)
    scanner = Scanner(0.1)
    batch(scanner, 3, memory=room).run(phones(large, large, 10))
    assert scanner.begun[:2] == ["A-0", "A-2"]
    assert max(scanner.together) == 2


def test_a_phone_that_never_fits_is_scanned_alone() -> None:
    """Its own limits decide what becomes of it; nothing waits for ever."""
    scanner = Scanner()
    assert len(batch(scanner, 4, memory=1).run(phones(5, 5, 5))) == 3
    assert max(scanner.together) == 1


def test_each_phone_is_told_with_the_time_that_is_left(monkeypatch: Any) -> None:
    """The last one leaves nothing; before it the estimate goes by the work that is left."""
    now = [100.0]
    monkeypatch.setattr(batches, "time", SimpleNamespace(monotonic=lambda: now[0]))

    def scan(acquisition: Any) -> None:
        now[0] += acquisition.files / 100

    steps: list[Step] = []
    batch(scan, 1, told=steps.append).run(phones(2999, 999))
    assert [(each.acquisition, each.done, each.total) for each in steps] == [("A-0", 1, 2), ("A-1", 2, 2)]
    assert [each.seconds for each in steps] == pytest.approx([29.99, 9.99])
    assert [each.seconds_left for each in steps] == pytest.approx([29.99 / 3, 0], rel=0.01)


def test_what_one_raises_ends_the_batch() -> None:
    """Ctrl-C or a defect: nothing more is begun, who waits for room is let go, and the reason goes up."""
    begun: list[str] = []

    def scan(acquisition: Any) -> str:
        begun.append(acquisition.id)
        raise RuntimeError("stopped")

    trial = batch(scan, 3, memory=1)
    began = time.monotonic()
    with pytest.raises(RuntimeError, match="stopped"):
        trial.run(phones(9, 8, 7))
    assert begun == ["A-0"]
    assert trial.stop.is_set()
    assert time.monotonic() - began < LIMIT


@pytest.mark.parametrize(
    ("text", "free"), [("MemTotal: 9 kB\nMemAvailable:  1000 kB\n", 1_024_000), ("MemTotal: 9 kB\n", None), ("x", None)]
)
def test_free_memory_is_what_linux_says(text: str, free: int | None, tmp_path: Path, monkeypatch: Any) -> None:
    """Where nobody says, nothing is bounded."""
    (tmp_path / "meminfo").write_text(text, "ascii")
    monkeypatch.setattr(batches, "_MEMORY", tmp_path / "meminfo")
    assert free_memory() == free
    monkeypatch.setattr(batches, "_MEMORY", tmp_path / "none")
    assert free_memory() is None
