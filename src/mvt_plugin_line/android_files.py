"""Where LINE's databases are in Android data: every user and profile of a file system dump, or any listing of files."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 - a dataclass field, named at run time
from typing import TYPE_CHECKING, Any

from mvt.android.artifacts.dumpsys_packages import DumpsysPackagesArtifact

from mvtcase_readers.regular import UnreadableError

from .rows import APP
from .sqlite_reader import DatabaseFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .rows import Result


PACKAGE = "jp.naver.line.android"
MESSAGES = "naver_line"
SEALING = "e2ee"
SWITCH = "line_general_key_value"
CONTACTS = "contact"
DATABASES = (MESSAGES, SEALING, SWITCH, CONTACTS)
MOST_DIRECTORIES = 2_000
"""Folders looked into below a dump's root while the data partition is searched."""
_SEARCH_DEPTH = 3
_USER = re.compile(r"(?:^|/)user/(\d{1,6})/" + re.escape(PACKAGE) + r"(?:/|$)")
_DATABASE = re.compile(rf"(?:^|/){re.escape(PACKAGE)}/databases/({'|'.join(DATABASES)})(-wal)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """LINE's databases of one Android user: `files` by name, the write-ahead logs with `-wal` at the end."""

    label: str
    files: dict[str, Path]

    def database(self, name: str) -> DatabaseFile:
        """Return a database; raises `UnreadableError` when the folder has none of that name."""
        path = self.files.get(name)
        if path is None:
            raise UnreadableError("not in the acquisition", damaged=False)
        return DatabaseFile(path=path, wal=self.files.get(f"{name}-wal"))


def in_dump(root: Path) -> tuple[Folder, ...]:
    """Return LINE's folders in a file system dump: its root, the data partition, or LINE's own folder may be given."""
    found: dict[tuple[int, int], Path] = {}
    for place in _package_folders(root):
        status = place.stat()
        # `data/data` and `data/user/0` are one folder seen twice.
        found.setdefault((status.st_dev, status.st_ino), place)
    return tuple(_folder(place, root) for place in found.values())


def _package_folders(root: Path) -> Iterator[Path]:
    if root.name == PACKAGE and _real_folder(root):
        yield root
        return
    if root.name == "databases" and any((root / name).exists() for name in DATABASES):
        yield root.parent
        return
    for base in _bases(root):
        for pattern in ("data", "user/*", "."):
            for parent in _children_like(base, pattern):
                if _real_folder(parent / PACKAGE):
                    yield parent / PACKAGE


def _bases(root: Path) -> Iterator[Path]:
    """Yield the root and the folders below it, a few levels deep: dumps differ in what they put above `data`."""
    level = [root]
    seen = 0
    for _ in range(_SEARCH_DEPTH):
        below: list[Path] = []
        for folder in level:
            yield folder
            seen += 1
            if seen > MOST_DIRECTORIES:
                return
            below.extend(_subfolders(folder))
        level = below


def _children_like(base: Path, pattern: str) -> list[Path]:
    if pattern == ".":
        return [base]
    first, _, rest = pattern.partition("/")
    folder = base / first
    if not _real_folder(folder):
        return []
    return _subfolders(folder) if rest else [folder]


def _subfolders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []
    return [folder / name for name in names[:MOST_DIRECTORIES]]


def _real_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _folder(place: Path, root: Path) -> Folder:
    databases = place / "databases"
    names = [name + suffix for name in DATABASES for suffix in ("", "-wal")]
    # A link in place of the folder may lead to the examiner's own files.
    real = _real_folder(databases)
    present = {name: databases / name for name in names if real and os.path.lexists(databases / name)}
    relative = place.relative_to(root).as_posix() if place.is_relative_to(root) else place.name
    return Folder(label=label_of(relative), files=present)


def label_of(path: str) -> str:
    """Return which Android user a path belongs to; `data/data` is the first user's."""
    match = _USER.search(path)
    return f"android-user-{match.group(1) if match else 0}"


def listed_databases(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return, by folder, LINE's databases among listed file names (an AndroidQF acquisition): name to listed name."""
    found: dict[str, dict[str, str]] = {}
    for name in names:
        normal = name.replace("\\", "/")
        match = _DATABASE.search(normal)
        if match:
            found.setdefault(normal.rsplit("/", 1)[0], {})[match.group(1) + (match.group(2) or "")] = name
    return found


MOST_BLOCK = 262_144
"""Characters of one package's block that are read."""
_SECTION = b"DUMP OF SERVICE package:"
_BLOCK = re.compile(rb"^  Package \[" + re.escape(PACKAGE.encode()) + rb"\].*$", re.MULTILINE)
_END = re.compile(rb"^(?:  Package \[|\S)", re.MULTILINE)


def has_packages(dump: bytes) -> bool:
    """Return whether the dump holds the list of installed packages at all."""
    return _SECTION in dump


def line_block(dump: bytes) -> str | None:
    """Return the lines about LINE, None when LINE is not among the packages."""
    start = _BLOCK.search(dump)
    if start is None:
        return None
    end = _END.search(dump, start.end(), start.end() + MOST_BLOCK)
    stop = end.start() if end else start.end() + MOST_BLOCK
    return dump[start.end() : stop].decode("utf-8", "replace")


def app_result(block: str, source: str, installer: str | None = None) -> Result:
    """Return the `line_app` record; times are the device's own, as printed, in a time zone the dump does not name."""
    details: dict[str, Any] = DumpsysPackagesArtifact.parse_dumpsys_package_for_details(block)
    installs = {
        str(user.get("user_id")): str(user["first_install_time"])[:200]
        for user in details["users"]
        if user.get("first_install_time")
    }
    return {
        "record": APP,
        "platform": "android",
        "package": PACKAGE,
        "version_name": _text(details["version_name"]),
        "version_code": _text(details["version_code"]),
        "installer": _text(details["installer"]) or installer,
        "first_install": min(installs.values(), default=None),
        "first_install_by_user": installs,
        "last_update": _text(details["last_update_time"]),
        "time_basis": "device_local",
        "source": source,
        "isodate": "",
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)[:200]
