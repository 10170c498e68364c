"""What only the whole of an Android acquisition shows: its list of hashes, its bugreport's sections, its archives."""

from __future__ import annotations

import csv
import fnmatch
import hashlib
import io
import re
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mvtcase.engine.worker.preflight import Found, Problem
from mvtcase.engine.worker.preflight.acquired import own_words, uneven_lists
from mvtcase.engine.worker.preflight.adb_archive import backup_problem
from mvtcase.model import ModuleOutcome
from mvtcase.wording import Reason, why
from mvtcase_readers.dumpstate import ENTRIES, HEAD_BYTES, has_entry, long_text
from mvtcase_readers.regular import UnreadableError, open_regular, read_bounded, read_head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import IO

    from mvtcase.engine.worker.task import Task


HASH_LIST = "hashes.csv"
MAX_LIST_BYTES = 64 << 20
MAX_NAMED = 20
_WRITTEN_LATER = frozenset({HASH_LIST, "acquisition.json", "command.log"})
_LOGS = "intrusion_logs"
_CHUNK = 1 << 20

_ENTRY, *_OTHER_ENTRIES = ENTRIES


def androidqf(task: Task) -> Iterator[Found]:
    """Yield what is wrong with an AndroidQF acquisition as a whole."""
    root = task.target
    yield from own_words(root)
    yield from uneven_lists(root)
    yield from _altered_files(root)
    backup_file = root / "backup.ab"
    if backup_file.is_file():
        yield from _backup_found(backup_file, "backup")
    yield from _empty_days(root / _LOGS)
    nested = root / "bugreport.zip"
    if nested.is_file():
        yield from _zipped_bugreport(nested)


def bugreport(task: Task) -> Iterator[Found]:
    """Yield what is wrong with a bugreport as a whole."""
    if task.target.is_dir():
        yield from _bugreport_folder(task.target)
    else:
        yield from _zipped_bugreport(task.target)


def backup(task: Task) -> Iterator[Found]:
    """Yield what is wrong with an Android backup as a whole."""
    yield from _backup_found(task.target, "SMS")


def intrusion_logs(task: Task) -> Iterator[Found]:
    """Yield the days of intrusion logs that hold nothing."""
    yield from _empty_days(task.target)


def _empty_days(root: Path) -> Iterator[Found]:
    for pattern in ("*.txt", "*/*.txt", "*/*/*.txt"):
        for path in sorted(root.glob(pattern)):
            if path.is_file() and not path.is_symlink() and not path.stat().st_size:
                yield Problem(module="intrusion_logs", reason=why("logs.empty_day", file=path.name))


def _backup_found(path: Path, module: str) -> Iterator[Found]:
    reason = backup_problem(path)
    if reason:
        yield Problem(module=module, reason=reason)


def _altered_files(root: Path) -> Iterator[Found]:
    """Compare the files with the hashes AndroidQF took of them; what was put there later is not on the list."""
    altered, missing, apps = [], [], 0
    for name, told in _hash_list(root):
        path = _listed_file(root, name)
        if path is None and name.endswith(".apk"):
            apps += 1
        elif path is None:
            missing.append(name)
        elif _sha256(path) != told:
            altered.append(name)
    for name in altered[:MAX_NAMED]:
        yield Problem(module=_part_of(name), reason=why("androidqf.altered", file=name))
    for name in missing[:MAX_NAMED]:
        reason = why("androidqf.missing", file=name, list=HASH_LIST)
        yield Problem(module=_part_of(name), reason=reason, outcome=ModuleOutcome.NO_SOURCE)
    if apps:
        # Often left out for their size, and no module reads them.
        yield why("androidqf.no_apps", count=apps)
    rest = max(0, len(altered) - MAX_NAMED) + max(0, len(missing) - MAX_NAMED)
    if rest:
        yield Problem(module="androidqf", reason=why("androidqf.more", count=rest, list=HASH_LIST))


def _hash_list(root: Path) -> Iterator[tuple[str, str]]:
    try:
        text = read_bounded(root / HASH_LIST, MAX_LIST_BYTES).decode("utf-8", "replace")
        rows = [row for row in csv.reader(io.StringIO(text)) if len(row) >= 2]  # noqa: PLR2004 - name and hash
    except (OSError, ValueError, csv.Error):
        return
    for row in rows:
        name, told = row[0].replace("\\", "/").strip(), row[1].strip().lower()
        is_hash = len(told) == 64 and set(told) <= set("0123456789abcdef")  # noqa: PLR2004 - digits of a SHA-256
        unpacked = f"{_LOGS}/" in name and name.endswith(".zip")
        if is_hash and not unpacked and name.rsplit("/", 1)[-1] not in _WRITTEN_LATER:
            yield name, told


def _listed_file(root: Path, name: str) -> Path | None:
    """Return the file a listed name means: relative to the acquisition, or absolute on the analyst's machine."""
    parts = [part for part in name.split("/") if part not in {"", ".", ".."}]
    for start in range(len(parts)):
        path = root.joinpath(*parts[start:])
        if path.is_file() and not path.is_symlink():
            return path
    return None


def _sha256(path: Path) -> str:
    hasher = hashlib.sha256()
    try:
        with open_regular(path) as handle:
            while piece := handle.read(_CHUNK):
                hasher.update(piece)
    except (OSError, UnreadableError):
        return ""
    return hasher.hexdigest()


def _part_of(name: str) -> str:
    known = {"packages.json": "aqf_packages", "files.json": "aqf_files", "backup.ab": "backup"}
    return known.get(name.rsplit("/", 1)[-1], "androidqf")


def _zipped_bugreport(path: Path) -> Iterator[Found]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            twice = len(names) - len(set(names))
            if twice:
                yield Problem(module="bugreport", reason=why("archive.twins", count=twice))
            name = _name_in_zip(archive)
            if name is not None:
                yield from _unnamed(name, names)
                with archive.open(name) as handle:
                    yield from dumpstate_problems(handle, is_whole=not name.endswith("dumpsys.txt"))
    except (OSError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile, EOFError):
        # Staging tells of members that cannot be read, the modules of an archive that cannot be opened.
        return


def _bugreport_folder(root: Path) -> Iterator[Found]:
    name = _name_in_folder(root)
    if name is None:
        return
    yield from _unnamed(name, _names_in(root))
    try:
        with open_regular(root / name) as handle:
            yield from dumpstate_problems(handle, is_whole=not name.endswith("dumpsys.txt"))
    except (OSError, UnreadableError):
        return


def _unnamed(name: str, names: list[str]) -> Iterator[str]:
    """Tell by which file a bugreport is read whose entry is missing or names none."""
    if not has_entry(names):
        yield why("staged.entry", file=name)


def dumpstate_head(path: Path) -> tuple[str, bytes]:
    """Return the name and the first bytes of a bugreport's long text. Raises what opening its zip or folder raises."""
    if path.is_dir():
        name = _name_in_folder(path) or ""
        return name, read_head(path / name, HEAD_BYTES) if name else b""
    with zipfile.ZipFile(path) as archive:
        name = _name_in_zip(archive) or ""
        return name, archive.open(name).read(HEAD_BYTES) if name else b""


def _name_in_zip(archive: zipfile.ZipFile) -> str | None:
    return dumpstate_name(archive.namelist(), lambda entry: archive.open(entry).read(HEAD_BYTES))


def _name_in_folder(root: Path) -> str | None:
    return dumpstate_name(_names_in(root), lambda entry: read_head(root / entry, HEAD_BYTES))


def _names_in(root: Path) -> list[str]:
    return [str(path.relative_to(root)) for pattern in ("*", "*/*") for path in root.glob(pattern) if path.is_file()]


def dumpstate_name(names: list[str], head_of: Callable[[str], bytes]) -> str | None:
    """Return the name of the long text: as MVT finds it, else by its first bytes; None where there is none."""
    told = ""
    try:
        if _ENTRY in names:
            told = head_of(_ENTRY).decode("utf-8", "replace").strip()
        others = [name for pattern in _OTHER_ENTRIES for name in fnmatch.filter(names, pattern)]
        first = told if told in names else next(iter(others if _ENTRY not in names else ()), "")
        return first or long_text(names, head_of) or None
    except (OSError, ValueError, RuntimeError, zipfile.BadZipFile, UnreadableError):
        return None


MAX_BYTES = 2 << 30
MAX_LINE = 1 << 16
SHORT = 12
"""Bytes under which a section's body says nothing."""

PLATFORM_COMPAT_SINCE = 30
_SERVICES = {
    "accessibility": "DumpsysAccessibility",
    "appops": "DumpsysAppops",
    "batterystats": "DumpsysBatteryDaily",
    "dbinfo": "DumpsysDBInfo",
    "package": "DumpsysPackages",
    "platform_compat": "DumpsysPlatformCompat",
}
_TABLES = {b"PROCESSES": "Processes", b"SYSTEM PROPERTIES": "DumpsysGetProp"}

_START = re.compile(rb"DUMP OF SERVICE (?:(CRITICAL|HIGH|NORMAL) )?([\w.]+):\s*$")
_END = re.compile(rb"-{3,} ?[\d.]+s was the duration of dumpsys ([\w.]+)")
_TABLE = re.compile(rb"------ (PROCESSES|SYSTEM PROPERTIES)\b(?!' )[^-]*\(")
_SDK = re.compile(rb"\[ro\.build\.version\.sdk\]: \[(\d+)\]")
_EXCUSE = re.compile(
    rb"DUMP TIMEOUT|Can't find service|Permission Denial|DEAD_OBJECT|Error with service", re.IGNORECASE
)


_FAILED = re.compile(rb"\*\*\* (?:command )?'.{1,200}' (?:timed out|failed|terminated)", re.IGNORECASE)
"""How dumpstate says that a program did not give its section (`frameworks/native/cmds/dumpstate/DumpstateUtil.cpp`)."""


@dataclass(slots=True)
class _Seen:
    """What was seen of the text: bytes of each section's body, ends, excuses in a body, tables, headings, version."""

    bodies: dict[str, int] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    excused: set[str] = field(default_factory=set)
    tables: set[bytes] = field(default_factory=set)
    prefixed: set[str] = field(default_factory=set)
    plain: set[str] = field(default_factory=set)
    sdk: int = 0


def dumpstate_problems(handle: IO[bytes], *, is_whole: bool) -> Iterator[Found]:
    """Yield the sections that are missing, empty or cut; `is_whole` says that process table and properties belong.

    What no module reads under its own heading (`seams.read_unusual_bugreports` lets them) is drift.
    """
    seen = _read(handle)
    for service in sorted(seen.prefixed - seen.plain):
        if service in _SERVICES:
            yield why("drift", file="bugreport", what=f"a priority in the heading of {service}")
    for service, module in _SERVICES.items():
        if service == "platform_compat" and seen.sdk < PLATFORM_COMPAT_SINCE:
            continue
        reason = _section_problem(seen, service)
        if reason:
            yield Problem(module=module, reason=why("bugreport.section", section=service, what=reason))
    for name, module in _TABLES.items() if is_whole else ():
        if name.decode() in seen.excused:
            what = why("section.error")
            yield Problem(module=module, reason=why("bugreport.section", section=name.decode().lower(), what=what))
        elif name not in seen.tables:
            yield Problem(module=module, reason=why("bugreport.no_section", section=name.decode().lower()))


def _section_problem(seen: _Seen, service: str) -> Reason | None:
    if service not in seen.bodies:
        return why("section.missing")
    if service in seen.excused:
        return why("section.error")
    if seen.bodies[service] < SHORT:
        return why("section.empty")
    # Old versions of Android write no ends at all.
    return why("section.cut") if seen.ended and service not in seen.ended else None


def _read(handle: IO[bytes]) -> _Seen:
    seen = _Seen()
    service, table, read = "", "", 0
    while (line := handle.readline(MAX_LINE)) and read < MAX_BYTES:
        read += len(line)
        if found := _START.match(line):
            service = found[2].decode()
            (seen.prefixed if found[1] else seen.plain).add(service)
            seen.bodies[service] = 0
        elif found := _END.match(line):
            seen.ended.add(found[1].decode())
            service = ""
        elif service:
            _add_to_body(seen, service, line)
        elif found := _TABLE.match(line):
            seen.tables.add(found[1])
            table = found[1].decode()
        elif line.startswith(b"------ "):
            table = ""
        elif table and _FAILED.match(line):
            seen.excused.add(table)
        elif found := _SDK.match(line):
            seen.sdk = int(found[1][:4])
    return seen


def _add_to_body(seen: _Seen, service: str, line: bytes) -> None:
    seen.bodies[service] += len(line.strip().strip(b"-"))
    if seen.bodies[service] < MAX_LINE and _EXCUSE.search(line):
        seen.excused.add(service)
