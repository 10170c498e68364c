"""Where LINE's files are on an iPhone: every account, in a backup (through `Manifest.db`) or in a file system dump."""

from __future__ import annotations

import glob
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mvtcase_readers.regular import UnreadableError, read_bounded

from .records import Gap
from .sqlite_reader import DatabaseFile, open_database

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUP_DOMAIN = "AppDomainGroup-group.com.linecorp.line"
APP_DOMAIN = "AppDomain-jp.naver.line"
DOMAINS = (GROUP_DOMAIN, APP_DOMAIN)
"""Both are searched; where both hold a file of one account, the first wins and the other copy is named."""

MESSAGES = "Line.sqlite"
SEALING = "E2EEData.sqlite"
FOLDERS = ("Messages", "Browser History", "Search Data", "Contacts Syncing")
"""Folders of an account that are looked into in a dump."""
PREFERENCES = (
    "Library/Preferences/group.com.linecorp.line.plist",
    "Library/Preferences/jp.naver.line.plist",
)
MOST_ENTRIES = 200_000
"""Entries of LINE's domains read from one manifest."""

_ACCOUNT = re.compile(r"(?:^|/)PrivateStore/P_([^/]{1,80})/(.*)$", re.DOTALL)
_MID = re.compile(r"^u[0-9a-f]{32}$")
_FILE_ID = re.compile(r"^[0-9a-f]{40}$")
_DUMP_ROOTS = ("private/var/mobile", "var/mobile", "mobile", ".")
_DUMP_CONTAINERS = ("Containers/Shared/AppGroup/*", "Containers/Data/Application/*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One file of LINE as the acquisition lists it; `path` is None when it is listed and not there."""

    domain: str
    relative_path: str
    path: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """The files of one LINE account by their path below `P_<mid>`; `copies` names what the other domain held too."""

    mid: str
    files: dict[str, Listed]
    copies: tuple[str, ...] = ()

    @property
    def known_mid(self) -> str | None:
        """Return the mid when the folder's name is one."""
        return self.mid if _MID.match(self.mid) else None

    def database(self, name: str) -> DatabaseFile:
        """Return a database by its path in the folder; raises `UnreadableError` when it is not in the acquisition."""
        listed = self.files.get(name)
        if listed is None:
            raise UnreadableError("not in the acquisition", damaged=False)
        if listed.path is None:
            raise UnreadableError("listed by the backup, but the file is missing")
        wal = self.files.get(f"{name}-wal")
        return DatabaseFile(path=listed.path, wal=wal.path if wal else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """What there is of LINE: `seen` tells whether the app left anything at all."""

    seen: bool
    folders: tuple[Folder, ...] = ()
    preferences: tuple[Listed, ...] = ()
    gaps: tuple[Gap, ...] = ()


def in_backup(backup: Path) -> Presence:
    """Return LINE's files of an iTunes or Finder backup.

    Raises `UnreadableError` when `Manifest.db` cannot be read, for then nothing can be said about LINE at all.
    """
    manifest = backup / "Manifest.db"
    wal = backup / "Manifest.db-wal"
    gaps: list[Gap] = []
    listed: list[Listed] = []
    with open_database(DatabaseFile(path=manifest, wal=wal if wal.is_file() else None)) as database:
        columns = database.require("Files", "fileID", "domain", "relativePath")
        regular = "(flags = 1 OR flags IS NULL)" if "flags" in columns else "1"
        query = f"SELECT fileID, domain, relativePath FROM Files WHERE domain IN (?, ?) AND {regular} LIMIT ?"  # noqa: S608 - fixed
        rows = database.rows(query, *DOMAINS, MOST_ENTRIES)
        for file_id, domain, relative_path in rows:
            listed.extend(_entry(backup, file_id, domain, relative_path, gaps))
        gaps.extend(Gap(source="Manifest.db", reason=fault, damaged=True) for fault in database.faults)
    return _presence(listed, gaps)


def _entry(backup: Path, file_id: object, domain: object, relative_path: object, gaps: list[Gap]) -> list[Listed]:
    if not (isinstance(domain, str) and isinstance(relative_path, str)):
        gaps.append(Gap(source="Manifest.db", reason="an entry of LINE without a path", damaged=True, rows=1))
        return []
    if not (isinstance(file_id, str) and _FILE_ID.match(file_id)):
        gaps.append(
            Gap(source="Manifest.db", reason="an entry of LINE with a file id that is none", damaged=True, rows=1)
        )
        return [Listed(domain=domain, relative_path=relative_path, path=None)]
    path = backup / file_id[:2] / file_id
    return [Listed(domain=domain, relative_path=relative_path, path=path if _stored(path) else None)]


def _stored(path: Path) -> bool:
    return not path.parent.is_symlink() and (path.is_symlink() or path.exists())


def in_dump(root: Path) -> Presence:
    """Return LINE's files of a file system dump whose root, `private` folder or `mobile` folder is given.

    What is reached through a link out of the dump is not read, for it may be the examiner's own; it is a gap.
    """
    listed: list[Listed] = []
    gaps: list[Gap] = []
    real_root = root.resolve()
    for path, domain in _candidates(root):
        real_folder = path.parent.resolve()
        if real_folder == real_root / path.parent.relative_to(root):
            listed.append(_dumped(path, domain))
        elif not real_folder.is_relative_to(real_root):
            gaps.append(Gap(source=path.name, reason="reached through a link out of the dump", damaged=True, rows=1))
    return _presence(listed, gaps)


def _candidates(root: Path) -> Iterator[tuple[Path, str]]:
    base = glob.escape(str(root))
    for place in _DUMP_ROOTS:
        for container in _DUMP_CONTAINERS:
            domain = GROUP_DOMAIN if "AppGroup" in container else APP_DOMAIN
            start = f"{base}/{place}/{container}"
            patterns = [f"{start}/Library/Application Support/PrivateStore/P_*/{folder}/*" for folder in FOLDERS]
            patterns += [f"{start}/{name}" for name in PREFERENCES]
            for pattern in patterns:
                for found in sorted(glob.glob(pattern)):  # noqa: PTH207 - the root is escaped
                    yield Path(found), domain


def _dumped(path: Path, domain: str) -> Listed:
    parts = path.parts
    return Listed(domain=domain, relative_path="/".join(parts[parts.index("Library") :]), path=path)


def _presence(listed: list[Listed], gaps: list[Gap]) -> Presence:
    ordered = sorted(listed, key=lambda each: (DOMAINS.index(each.domain), each.relative_path))
    files: dict[str, dict[str, Listed]] = {}
    copies: dict[str, list[str]] = {}
    for each in ordered:
        match = _ACCOUNT.search(each.relative_path)
        if match is None:
            continue
        mid, inner = match.groups()
        known = files.setdefault(mid, {})
        first = known.setdefault(inner, each)
        if first is not each and inner.startswith("Messages/"):
            copies.setdefault(mid, []).append(f"{each.domain}: {inner}")
    folders = tuple(Folder(mid=mid, files=found, copies=tuple(copies.get(mid, ()))) for mid, found in files.items())
    preferences = tuple(each for each in ordered if each.relative_path in PREFERENCES)
    return Presence(seen=bool(listed), folders=folders, preferences=preferences, gaps=_merged(gaps))


def _merged(gaps: list[Gap]) -> tuple[Gap, ...]:
    """Return one gap for each reason: a hostile manifest may give thousands."""
    rows: dict[tuple[str, str, bool], int] = {}
    for gap in gaps:
        key = (gap.source, gap.reason, gap.damaged)
        rows[key] = rows.get(key, 0) + gap.rows
    return tuple(Gap(source=key[0], reason=key[1], damaged=key[2], rows=count) for key, count in rows.items())


def readable_preferences(listed: Listed, most_bytes: int = 4 << 20) -> bytes:
    """Return the bytes of a preference file; raises `UnreadableError` when missing, no file, or too large."""
    if listed.path is None:
        raise UnreadableError("listed by the backup, but the file is missing")
    try:
        return read_bounded(listed.path, most_bytes)
    except OSError as error:
        raise UnreadableError(f"cannot be read ({error.__class__.__name__})") from error
