"""What an AndroidQF acquisition says of itself, and whether its lists of one thing agree.

Keys of `acquisition.json`: https://github.com/mvt-project/androidqf, `acquisition/acquisition.go`; releases since 1.9
add a status and the result of every module. A collector that was cut off leaves Go's zero time as its end.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mvtcase.engine.safe_json import safe_text
from mvtcase.engine.worker.preflight import Problem
from mvtcase.model import ModuleOutcome
from mvtcase.wording import why
from mvtcase_readers.regular import UnreadableError, open_regular, read_bounded
from mvtcase_readers.trees import parse_json, read_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RECORD = "acquisition.json"
MAX_NAMED = 20
MAX_TEXT_BYTES = 512 << 20
MAX_LINE = 1 << 16
FEWER = 3
"""A list counts as cut when it is under half of another, and by this many at least."""

_NEVER = "0001-01-01"
_WELL = frozenset({"", "success", "successful", "ok", "done", "complete", "completed", "finished"})
_PACKAGE = re.compile(rb"^\s+Package \[([\w.]{1,256})\] \(")
_PROCESS_LISTS = {
    "ps.txt": "aqf_processes",
    "processes.txt": "aqf_collected_processes",
    "processes.json": "aqf_collected_processes",
}
_READERS = {"packages": "aqf_packages", "files": "aqf_files", "backup": "backup", "bugreport": "bugreport"}
"""Which module or part reads what a collector's module brings."""


def own_words(root: Path) -> Iterator[Problem]:
    """Yield what the collector itself says was not acquired."""
    if not (root / RECORD).is_file():
        return
    try:
        record = read_json(root / RECORD)
    except UnreadableError as error:
        yield Problem(module="androidqf", reason=why("androidqf.unreadable", error=error.reason))
        return
    if not isinstance(record, dict):
        return
    if "completed" in record and str(record["completed"] or _NEVER).startswith(_NEVER):
        yield Problem(module="androidqf", reason=why("androidqf.unfinished"))
    status = str(record.get("status") or "").lower()
    if status not in _WELL:
        yield Problem(module="androidqf", reason=why("androidqf.status", status=safe_text(status, 40)))
    yield from _module_results(record.get("module_results"))


def _module_results(results: object) -> Iterator[Problem]:
    listed = [each for each in results if isinstance(each, dict)] if isinstance(results, list) else []
    failed = [each for each in listed if str(each.get("status") or "").lower() not in _WELL or each.get("error")]
    for each in failed[:MAX_NAMED]:
        yield _failed(each)
    if len(failed) > MAX_NAMED:
        yield Problem(module="androidqf", reason=why("androidqf.more_modules", count=len(failed) - MAX_NAMED))


def _failed(result: dict[str, Any]) -> Problem:
    name = safe_text(str(result.get("name") or "?"), 80)
    status, error = (safe_text(str(result.get(key) or "-"), 200) for key in ("status", "error"))
    reason = why("androidqf.module", name=name, status=status, error=error)
    return Problem(module=_READERS.get(name, "androidqf"), outcome=ModuleOutcome.DAMAGED, reason=reason)


def uneven_lists(root: Path) -> Iterator[Problem]:
    """Yield the lists that are much shorter than another list of the same things in the same acquisition."""
    yield from _uneven_processes(root)
    listed, dumped = _packages_listed(root / "packages.json"), _packages_dumped(root / "dumpsys.txt")
    if listed is not None and dumped is not None:
        yield from _compared("aqf_packages", "packages.json", listed, "dumpsys.txt", dumped)
        yield from _compared("DumpsysPackages", "dumpsys.txt", dumped, "packages.json", listed)


def _uneven_processes(root: Path) -> Iterator[Problem]:
    """Yield the lists of processes that are much shorter than another of the same acquisition."""
    counts = {name: count for name in _PROCESS_LISTS if (count := _processes_in(root / name))}
    longest = max(counts, key=lambda name: counts[name], default="")
    for name, count in counts.items():
        yield from _compared(_PROCESS_LISTS[name], name, count, longest, counts[longest])


def _processes_in(path: Path) -> int:
    """Return how many processes a list holds, JSON of the collector or the table of `ps`; 0 where there is none."""
    try:
        text = read_bounded(path, MAX_TEXT_BYTES).strip()
        held = parse_json(text, MAX_TEXT_BYTES) if text.startswith(b"[") else None
    except (OSError, UnreadableError):
        return 0
    return len(held) if isinstance(held, list) else max(text.count(b"\n"), 0)


def _compared(module: str, name: str, count: int, other: str, more: int) -> Iterator[Problem]:
    if count * 2 < more and more - count >= FEWER:
        yield Problem(module=module, reason=why("androidqf.short_list", file=name, count=count, other=other, more=more))


def _packages_listed(path: Path) -> int | None:
    try:
        held = read_json(path, MAX_TEXT_BYTES)
    except UnreadableError:
        return None  # the module that reads it says so
    return len({str(each.get("name")) for each in held if isinstance(each, dict)}) if isinstance(held, list) else None


def _packages_dumped(path: Path) -> int | None:
    """Return how many packages a dump of the services describes, None where it describes none at all."""
    found: set[bytes] = set()
    read = 0
    try:
        with open_regular(path) as handle:
            while (line := handle.readline(MAX_LINE)) and read < MAX_TEXT_BYTES:
                read += len(line)
                if match := _PACKAGE.match(line):
                    found.add(match[1])
    except (OSError, UnreadableError):
        return None
    return len(found) or None
