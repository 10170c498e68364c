"""Claims: who read each acquired file of a scan, and over a case which files were acquired and read by nobody."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.casebook import latest_finished
from mvtcase.engine.events import CLAIMS_FILE
from mvtcase.model import AcquisitionState
from mvtcase.store import queries
from mvtcase.workflow.desk import Outcome
from mvtcase_readers.regular import UnreadableError, open_regular

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mvtcase.kinds import EvidenceKind
    from mvtcase.model import Json
    from mvtcase.workflow.desk import Desk

MAX_LINES = 2_000_000
MAX_LINE = 1 << 16
MAX_UNREAD = 500
_READ = frozenset({"full", "bounded", "damaged", "skimmed"})
"""Extents with which the second reader compared values of a file."""

_NUMBERED = re.compile(r"[0-9A-Fa-f]{8,}|\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileClaim:
    """One acquired file: its place on the phone where known, the modules with their records, how far it was read."""

    file: str
    place: str
    bytes: int
    modules: Mapping[str, int]
    reader: str
    note: str

    @property
    def is_unclaimed(self) -> bool:
        """Whether nobody read it."""
        return not self.modules and self.reader not in _READ


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFiles:
    """What `scan show --files` returns: the sums as the scan keeps them, and every file."""

    id: str
    claims: Mapping[str, Json]
    files: tuple[FileClaim, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadFile:
    """A file without the numbers in its name: how many acquisitions hold it, and in how many it was not read."""

    kind: EvidenceKind
    file: str
    acquisitions: int
    by_no_module: int
    by_nobody: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What `coverage --files` returns, worst first; `scans` are those whose claims were read."""

    scans: tuple[str, ...]
    files: tuple[UnreadFile, ...]


def files(desk: Desk, named: str) -> Outcome[ScanFiles]:
    """Return one scan's claims on all files of its acquisition; none where it kept none."""
    with desk.open_case() as store:
        scan = queries.scan(store, named)
        found = tuple(_claims(store.folder.results(scan.id)))
        return Outcome(data=ScanFiles(id=scan.id, claims=scan.claims, files=found))


def coverage(desk: Desk) -> Outcome[Coverage]:
    """Return the files that some acquisition of the case holds and that no module read, worst first."""
    counts: dict[tuple[EvidenceKind, str], Counter[str]] = {}
    done: list[str] = []
    with desk.open_case() as store:
        latest = latest_finished(queries.scans(store, in_full=False))
        counted = [each for each in queries.acquisitions(store) if each.state is AcquisitionState.REGISTERED]
        for scan in filter(None, (latest.get(each.id) for each in counted)):
            done.append(scan.id)
            for name, worst in _by_name(store.folder.results(scan.id)).items():
                tally = counts.setdefault((scan.kind, name), Counter())
                tally.update(("held", *(["module"] if worst else []), *(["nobody"] if worst == "nobody" else [])))
    unread = [
        UnreadFile(
            kind=kind,
            file=name,
            acquisitions=tally["held"],
            by_no_module=tally["module"],
            by_nobody=tally["nobody"],
        )
        for (kind, name), tally in counts.items()
        if tally["module"]
    ]
    unread.sort(key=lambda each: (-each.by_nobody, -each.by_no_module, each.file))
    return Outcome(data=Coverage(scans=tuple(done), files=tuple(unread[:MAX_UNREAD])))


def _by_name(results: Path) -> dict[str, str]:
    """Return each file's name without its numbers and who did not read it: `nobody`, `module`, or empty."""
    found: dict[str, str] = {}
    for claim in _claims(results):
        name = _NUMBERED.sub("#", claim.place or claim.file)
        worst = "nobody" if claim.is_unclaimed else "" if claim.modules else "module"
        found[name] = max(found.get(name, ""), worst)
    return found


def _claims(results: Path) -> Iterator[FileClaim]:
    """Yield a scan's claims as its worker wrote them: bounded, and without lines of another shape."""
    try:
        with open_regular(results / "mvt" / CLAIMS_FILE) as raw, gzip.GzipFile(fileobj=raw) as packed:
            for _ in range(MAX_LINES):
                line = packed.readline(MAX_LINE)
                if not line:
                    return
                claim = _claim(line)
                if claim is not None:
                    yield claim
    except (OSError, EOFError, UnreadableError, zlib.error):
        return


def _claim(line: bytes) -> FileClaim | None:
    try:
        held = json.loads(line)
        return FileClaim(
            file=str(held["file"]),
            place=str(held.get("place", "")),
            bytes=int(held.get("bytes", 0)),
            modules={str(slug): int(rows) for slug, rows in dict(held.get("modules", {})).items()},
            reader=str(held.get("reader", "not_read")),
            note=str(held.get("note", "")),
        )
    except (ValueError, TypeError, LookupError, RecursionError, AttributeError):
        return None
