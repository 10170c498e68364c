"""What became of the text files of a sysdiagnose on the way: files without a byte, logs cut in the middle of a line."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mvtcase.engine.worker.preflight import Found, Problem
from mvtcase.wording import Reason, why
from mvtcase_readers.regular import UnreadableError, open_regular
from mvtcase_readers.trees import read_plist

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

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
_OVERWRITES_SINCE = 26
"""The version of iOS whose shutdown log does not outlive a restart (iVerify, October 2025)."""


def sysdiagnose(task: Task) -> Iterator[Found]:
    """Yield the files that a module reads and that arrived empty or cut."""
    told = 0
    paths = list(_files(task.target)) if task.target.is_dir() else []
    version = next((path for path in paths if path.name == "SystemVersion.plist"), None)
    if version is not None and no_shutdown_log(read_plist(version) or {}, (path.name for path in paths)):
        yield why("shutdown.none")
    for path in paths:
        reason = file_problem(path) if _EXAMINED.fullmatch(path.name) else None
        if reason:
            told += 1
            if told <= MAX_NAMED:
                yield Problem(
                    module="sysdiagnose", reason=why("file.odd", file=str(path.relative_to(task.target)), what=reason)
                )
    if told > MAX_NAMED:
        yield Problem(module="sysdiagnose", reason=why("file.more_odd", count=told - MAX_NAMED))


def no_shutdown_log(told: Mapping[str, object], names: Iterable[str]) -> bool:
    """Return whether a phone of a version that overwrites its shutdown log at a restart has none."""
    major = re.match(r"\d{1,3}", str(told.get("ProductVersion")))
    return major is not None and int(major[0]) >= _OVERWRITES_SINCE and not any(map(_SHUTDOWN.fullmatch, names))


def file_problem(path: Path) -> Reason | None:
    """Return what is wrong with a file by its last bytes, None when nothing is or it cannot be read."""
    try:
        with open_regular(path) as handle:
            size = handle.seek(0, os.SEEK_END)
            handle.seek(max(0, size - TAIL_BYTES))
            tail = handle.read(TAIL_BYTES)
    except (OSError, UnreadableError):
        return None
    if not tail.strip(b"\0 \t\r\n"):
        # A phone that was never shut down since its last update has a blank one.
        return None if _SHUTDOWN.fullmatch(path.name) and not tail.strip() else why("file.empty")
    if _SHUTDOWN.fullmatch(path.name):
        return shutdown_problem(tail)
    if path.name == "ps.txt" and tail.count(b"\n") < FEWEST_PROCESSES:
        return why("file.few_processes", count=FEWEST_PROCESSES)
    if _TEXT.fullmatch(path.name) and not tail.endswith(b"\n"):
        return why("file.cut")
    return None


def shutdown_problem(tail: bytes) -> Reason | None:
    """Return what is wrong with the end of a shutdown log: each restart's clients are closed by a line `SIGTERM`.

    MVT reports clients when it comes to that line, so those after the last one are never compared.
    """
    if not tail.endswith(b"\n"):
        return why("file.cut")
    if b"remaining client pid" in tail.rsplit(b"SIGTERM:", 1)[-1]:
        return why("file.cut_restart")
    return None


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
