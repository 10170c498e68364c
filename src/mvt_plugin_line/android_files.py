"""Where LINE's databases are in Android data: every user and profile of a file system dump, or any listing of files."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 - a dataclass field, named at run time
from typing import TYPE_CHECKING

from mvtcase_readers.regular import UnreadableError

from .sqlite_reader import DatabaseFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
