"""Where things lie on disk: the workspace and the folders of a case, private to their owner."""

from __future__ import annotations

import contextlib
import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mvtcase.errors import AmbiguousError, ConflictError, InputError, NotFoundError, WorkspaceError
from mvtcase.wording import do, say

if TYPE_CHECKING:
    from collections.abc import Iterator

CASE_FILE = "case.sqlite"
PRIVATE_FOLDER = 0o700
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class CaseFolder:
    """The folder of one case."""

    path: Path

    @property
    def slug(self) -> str:
        """The case's name on disk."""
        return self.path.name

    @property
    def case_file(self) -> Path:
        """The SQLite file."""
        return self.path / CASE_FILE

    @property
    def reports(self) -> Path:
        """Where reports are written."""
        return self.path / "reports"

    @property
    def attachments(self) -> Path:
        """Where attachments are kept, named by their sha256."""
        return self.path / "attachments"

    @property
    def working(self) -> Path:
        """Where private working folders live while a scan runs; emptied afterwards."""
        return self.path / "working"

    def scan(self, scan: str) -> Path:
        """Return the folder of one scan's kept results."""
        return self.path / "scans" / scan

    def results(self, scan: str) -> Path:
        """Return where the engine writes one scan's events and MVT's own result files."""
        return self.scan(scan) / "results"

    def acquisition(self, acquisition: str) -> Path:
        """Return the folder of one acquisition's manifest and, if imported, its copy."""
        return self.path / "acquisitions" / acquisition

    def scan_lock(self, acquisition: str) -> Path:
        """Return the lock file that a process holds while it scans an acquisition."""
        return self.acquisition(acquisition) / "scan.lock"

    def manifest(self, acquisition: str) -> Path:
        """Return the manifest file of one acquisition."""
        return self.acquisition(acquisition) / "manifest.jsonl"

    def create(self) -> None:
        """Make the folder, private to its owner, with its sub-folders."""
        others = (self.path / "scans", self.path / "acquisitions")
        for folder in (self.path, self.reports, self.attachments, self.working, *others):
            folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)

    @property
    def writable(self) -> bool:
        """Whether the case can be changed here: it cannot on a read-only medium."""
        return os.access(self.path, os.W_OK) and os.access(self.case_file, os.W_OK)


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder holding `cases/` and `iocs/`."""

    path: Path

    @property
    def cases(self) -> Path:
        """Where the cases are."""
        return self.path / "cases"

    @property
    def iocs(self) -> Path:
        """Where imported indicator sets are."""
        return self.path / "iocs"

    def create(self) -> None:
        """Make the workspace's folders. Raises `WorkspaceError` when the place cannot be used."""
        try:
            for folder in (self.path, self.cases, self.iocs):
                folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        except OSError as error:
            raise WorkspaceError(
                "{path} cannot be used as a workspace: {error}.", path=self.path, error=error
            ) from error

    def case_folders(self) -> tuple[CaseFolder, ...]:
        """Return the folders that hold a case, by name."""
        if not self.cases.is_dir():
            return ()
        return tuple(CaseFolder(each) for each in sorted(self.cases.iterdir()) if (each / CASE_FILE).is_file())

    def case_folder(self, slug: str) -> CaseFolder:
        """Return the folder of a case by slug. Raises `NotFoundError`."""
        for folder in self.case_folders():
            if folder.slug == slug:
                return folder
        raise NotFoundError(
            "There is no case {slug!r} in {path}.",
            hint=say("{0} shows the cases.", do("case list")),
            slug=slug,
            path=self.path,
        )

    def new_case_folder(self, slug: str) -> CaseFolder:
        """Return the folder of a case to be made. Raises `InputError` or `ConflictError`."""
        if not _SLUG.fullmatch(slug):
            raise InputError(
                "{slug!r} is no slug.", hint="Use small letters a-z, digits and hyphens, 64 at most.", slug=slug
            )
        folder = CaseFolder(self.cases / slug)
        if folder.path.exists():
            raise ConflictError(
                "There is a case {slug!r} already.", hint=say("Choose another with {0}.", do(slug="SLUG")), slug=slug
            )
        return folder


def find_workspace(named: str | None, start: Path) -> Workspace:
    """Return the workspace named, else the nearest parent of `start` holding `cases/`. Raises `WorkspaceError`."""
    if named:
        workspace = Workspace(Path(named).expanduser().absolute())
        if not workspace.cases.is_dir():
            raise WorkspaceError("{workspace} is no workspace: it holds no folder 'cases'.", workspace=workspace.path)
        return workspace
    for folder in (start, *start.parents):
        if (folder / "cases").is_dir():
            return Workspace(folder)
    raise WorkspaceError("There is no workspace at {start} or above it.", start=start)


def slug_of(title: str) -> str:
    """Return a slug made from a title; `case` when no letter of it can be kept."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:64].strip("-") or "case"


def only(folders: tuple[CaseFolder, ...]) -> CaseFolder:
    """Return the one folder there is. Raises `NotFoundError` or `AmbiguousError`."""
    if not folders:
        raise NotFoundError(
            "There is no open case in this workspace.", hint=say("Start one with {0}.", do("case new", "TITLE"))
        )
    if len(folders) > 1:
        names = ", ".join(each.slug for each in folders)
        raise AmbiguousError(
            "There are several open cases: {names}.", hint=say("Name one with {0}.", do(case="SLUG")), names=names
        )
    return folders[0]


@contextlib.contextmanager
def held_lock(path: Path) -> Iterator[bool]:
    """Give True while this process holds the lock file, False when another has it; the system frees it on death."""
    import fcntl  # noqa: PLC0415  # POSIX only; other systems fail here and nowhere else

    path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
