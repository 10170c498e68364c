"""What became of the text files of a sysdiagnose on the way: files without a byte, logs cut in the middle of a line."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mvtcase.engine.worker.preflight import Found, Problem
from mvtcase_readers.regular import UnreadableError, open_regular

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mvtcase.engine.worker.task import Task

TAIL_BYTES = 64 << 10
MAX_NAMED = 30
FEWEST_PROCESSES = 15
_EXAMINED = re.compile(
    r"shutdown(\.\d+)?\.log|ps\.txt|ps_thread\.txt|taskinfo\.txt|spindump-nosymbols\.txt|swcutil_show\.txt"
    r"|mobileactivationd\.log[\w.]*|mobile_installation\.log[\w.]*|containermanagerd\.log[\w.]*"
    r"|com\.apple\.networkextension[\w.]*\.plist|[\w.-]*\.stub|MCProfileEvents\.plist|.*\.ips"
)
_TEXT = re.compile(r".*\.(?:log|txt)(?:\.\d+)?")
_SHUTDOWN = re.compile(r"shutdown(\.\d+)?\.log")


def sysdiagnose(task: Task) -> Iterator[Found]:
    """Yield the files that a module reads and that arrived empty or cut."""
    told = 0
    for path in _files(task.target) if task.target.is_dir() else ():
        reason = file_problem(path) if _EXAMINED.fullmatch(path.name) else ""
        if reason:
            told += 1
            if told <= MAX_NAMED:
                yield Problem(module="sysdiagnose", reason=f"{path.relative_to(task.target)} {reason}")
    if told > MAX_NAMED:
        yield Problem(module="sysdiagnose", reason=f"{told - MAX_NAMED} more files are empty or cut")


def file_problem(path: Path) -> str:
    """Return what is wrong with a file by its last bytes, empty when nothing is or it cannot be read."""
    try:
        with open_regular(path) as handle:
            size = handle.seek(0, os.SEEK_END)
            handle.seek(max(0, size - TAIL_BYTES))
            tail = handle.read(TAIL_BYTES)
    except (OSError, UnreadableError):
        return ""
    if not tail.strip(b"\0 \t\r\n"):
        # A phone that was never shut down since its last update has a blank one.
        return "" if _SHUTDOWN.fullmatch(path.name) and not tail.strip() else "is empty: it was not examined"
    if _SHUTDOWN.fullmatch(path.name):
        return shutdown_problem(tail)
    if path.name == "ps.txt" and tail.count(b"\n") < FEWEST_PROCESSES:
        return f"lists fewer than {FEWEST_PROCESSES} processes, which no running phone has: it is not whole"
    if _TEXT.fullmatch(path.name) and not tail.endswith(b"\n"):
        return "ends in the middle of a line: its end was not examined"
    return ""


def shutdown_problem(tail: bytes) -> str:
    """Return what is wrong with the end of a shutdown log: each restart's clients are closed by a line `SIGTERM`.

    MVT reports clients when it comes to that line, so those after the last one are never compared.
    """
    if not tail.endswith(b"\n"):
        return "ends in the middle of a line: its end was not examined"
    if b"remaining client pid" in tail.rsplit(b"SIGTERM:", 1)[-1]:
        return "ends in the middle of a restart: the processes of the last one were not examined"
    return ""


def _files(root: Path) -> Iterator[Path]:
    pending = [str(root)]
    while pending:
        try:
            with os.scandir(pending.pop()) as found:
                entries = list(found)
        except OSError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                pending.append(entry.path)
            elif entry.is_file(follow_symlinks=False):
                yield Path(entry.path)
