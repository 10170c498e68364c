"""Scan every damaged and hostile input there is a builder for, and print what became of each.

Run `PYTHONPATH=tests/support python benchmarks/hostile.py [--group TEXT] [--name TEXT] [--jobs N] [--sweep]
[--brief]`. The verdict is `found` (a module reported the planted indicator), `swept` (the second reader alone did),
`gap` (nobody did, and the scan says that something was not examined), `refused` (the evidence was not recognised or not
opened), or `SILENT`: called full without having seen the indicator, the one thing that must never be.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from builders.hostile import INDICATORS, HostileInput, corpus, healthy_inputs
from mvtcase.engine.job import EngineResult, ScanJob
from mvtcase.engine.process import disk_use
from mvtcase.engine.runner import run_scan
from mvtcase.errors import MvtcaseError
from mvtcase.evidence import intake
from mvtcase.matchset import Collection, matchset_name, write_matchset
from mvtcase.model import AlertSource, Completeness, EvidenceKind
from mvtcase.settings import Limits

LIMITS = Limits(module_seconds=10, wall_seconds=60, memory_bytes=2 << 30, temporary_bytes=1 << 30)
MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What became of one input."""

    group: str
    name: str
    verdict: str
    completeness: str
    seconds: float
    memory: int
    disk: int
    why: str


def examine(given: HostileInput, folder: Path, *, sweep: bool) -> tuple[str, str, str]:
    """Return verdict, completeness and the first gaps of one input built into a folder."""
    evidence = given.build(folder)
    work = folder / "work"
    work.mkdir(mode=0o700)
    try:
        found = intake.identify(evidence)
        staged = intake.stage(found, work, LIMITS)
        result = run_scan(_job(found.kind, staged.target, folder, sweep=sweep), on_event=lambda _: None)
    except MvtcaseError as error:
        return "refused", "-", f"{type(error).__name__}: {error}"
    gaps = [*staged.problems, *result.gaps]
    full = result.completeness is Completeness.FULL and not staged.problems
    why = "; ".join(f"{gap.module} {gap.outcome}: {gap.reason}" for gap in gaps)
    return _verdict(result, full=full), _shown(result, full=full), why


def _shown(result: EngineResult, *, full: bool) -> str:
    """A gap of staging makes a scan partial, too."""
    return (
        "full"
        if full
        else str(Completeness.BLIND if result.completeness is Completeness.BLIND else Completeness.PARTIAL)
    )


def _verdict(result: EngineResult, *, full: bool) -> str:
    if any(alert.indicator and alert.source is not AlertSource.SWEEP for alert in result.alerts):
        return "found"
    if any(alert.indicator for alert in result.alerts):
        return "swept"
    return "SILENT" if full else "gap"


def _job(kind: EvidenceKind, target: Path, folder: Path, *, sweep: bool) -> ScanJob:
    collections = [Collection(id="1", name="Invented", file_name="invented.stix2", values=INDICATORS)]
    matchset = folder / matchset_name(["0" * 64])
    count = write_matchset(matchset, collections, ["0" * 64]).count
    return ScanJob(
        kind=kind,
        target=target,
        results=folder / "results",
        matchset=matchset,
        expected_indicators=count,
        set_names={"invented.stix2": "invented"},
        limits=LIMITS,
        evidence_bytes=0,
        sweep=sweep,
    )


def measured(number: int, sweep: bool) -> Row:  # noqa: FBT001 - handed over by a pool
    """Return the row of one input, examined in a process of its own."""
    given = _everything()[number]
    with tempfile.TemporaryDirectory(prefix="hostile-") as name:
        folder = Path(name)
        watch = _Watch((folder / "work", folder / "results"))
        began = time.monotonic()
        with watch:
            verdict, completeness, why = examine(given, folder, sweep=sweep)
        seconds = time.monotonic() - began
        _make_removable(folder)
    return Row(
        group=given.group,
        name=given.name,
        verdict=verdict,
        completeness=completeness,
        seconds=seconds,
        memory=watch.memory,
        disk=watch.disk,
        why=why,
    )


class _Watch:
    """The most bytes that two folders took, and that one process below this one had in memory, while it watched."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self._folders = folders
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.disk = self.memory = 0

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.05):
            self.disk = max(self.disk, disk_use(self._folders)[0])
            self.memory = max(self.memory, *map(_peak_memory, _descendants(os.getpid())), 0)


def _descendants(pid: int) -> list[int]:
    found, pending = [], [pid]
    while pending:
        folder = Path(f"/proc/{pending.pop()}/task")
        # A process may be gone between two looks.
        with suppress(OSError):
            for path in list(folder.glob("*/children")):
                below = [int(word) for word in path.read_text().split()]
                found += below
                pending += below
    return found


def _peak_memory(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def _make_removable(folder: Path) -> None:
    """Empty folders nested too deeply for the standard library's own removal."""
    from mvtcase.engine.results_folder import remove_tree  # noqa: PLC0415 - only here

    for path in folder.iterdir():
        if path.is_dir():
            remove_tree(path)


@cache
def _everything() -> list[HostileInput]:
    """Return all inputs; their builders cannot be sent to another process, their numbers can."""
    return [*healthy_inputs(), *corpus()]


def main() -> int:
    """Print the table and return 1 when anything was silent, or a healthy input not full."""
    options = _options()
    wanted = [
        (number, each)
        for number, each in enumerate(_everything())
        if options.group in each.group and options.name in each.name and not (options.quick and each.slow)
    ]
    wanted = wanted[:: options.every]
    verdicts: Counter[tuple[str, str]] = Counter()
    bad = 0
    with multiprocessing.Pool(options.jobs, maxtasksperchild=1) as pool:
        tasks = [(each, pool.apply_async(measured, (number, options.sweep))) for number, each in wanted]
        for given, task in tasks:
            row = task.get()
            healthy_enough = given.group != "healthy" or (row.verdict, row.completeness) == ("found", "full")
            wrong = row.verdict == "SILENT" or not healthy_enough
            bad += wrong
            verdicts[row.group, row.verdict] += 1
            if wrong or not options.brief:
                print(
                    f"{row.group:24} {row.name[:56]:56} {row.verdict:8} {row.completeness:8} {row.seconds:6.1f} s "
                    f"{row.memory / MIB:6.0f} MiB {row.disk / MIB:7.1f} MiB  {row.why[: options.width]}",
                    flush=True,
                )
    print()
    for (group, verdict), count in sorted(verdicts.items()):
        print(f"{group:24} {verdict:8} {count:5}")
    print(f"{len(wanted)} inputs, {bad} wrong")
    damaged = [count for (group, _), count in verdicts.items() if group != "healthy"]
    silent = sum(count for (group, verdict), count in verdicts.items() if verdict == "SILENT" and group != "healthy")
    print_halves(options.halves, {"damaged or hostile": (sum(damaged), silent)})
    return 1 if bad else 0


def print_halves(path: Path | None, halves: dict[str, tuple[int, int]]) -> None:
    """Print one table of both halves: phones with something planted, how many were called clear, and the rate."""
    told = json.loads(path.read_text()) if path is not None and path.exists() else {}
    print("\n| phones with something planted | n | silent or `no_trace` | rate |\n| --- | ---: | ---: | ---: |")
    for name, (total, missed) in {**{name: tuple(each) for name, each in told.items()}, **halves}.items():
        print(f"| {name} | {total} | {missed} | {100 * missed / total if total else 0:.1f} % |")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--group", default="", help="only groups whose name holds this")
    parser.add_argument("--name", default="", help="only inputs whose name holds this")
    parser.add_argument("--every", type=int, default=1, help="one of so many")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--sweep", action="store_true", help="run the second reader too")
    parser.add_argument("--quick", action="store_true", help="without the inputs that are slow by nature")
    parser.add_argument("--brief", action="store_true", help="print what is wrong and the counts only")
    parser.add_argument("--halves", type=Path, help="what verdicts.py wrote of the sound phones, for one table of both")
    parser.add_argument("--width", type=int, default=120, help="characters of the reasons to print")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
