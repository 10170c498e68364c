"""Where things lie on disk: the workspace and the folders of a case, private to their owner."""

from __future__ import annotations

import contextlib
import json
import os
import re
import unicodedata
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mvtcase.errors import AmbiguousError, CaseLockedError, ConflictError, InputError, NotFoundError, WorkspaceError
from mvtcase.files import destroy, sync_folder, write_atomically
from mvtcase.keys.ring import KEYS_FILE, Keys
from mvtcase.wording import do, say
from mvtcase.workspaces import sweep_leftovers

if TYPE_CHECKING:
    from collections.abc import Iterator

CASE_FILE = "case.sqlite"
PRIVATE_FOLDER = 0o700
_MOVE, _MOVE_LOCK = ".move", ".move.lock"
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(unsafe_hash=True)  # never changed; the view of a sealed case, which is one too, keeps what it unpacked
class CaseFolder:
    """The folder of one case; `keys` open it where it is sealed."""

    home: Path
    keys: Keys = field(default_factory=Keys, compare=False, repr=False)

    @property
    def path(self) -> Path:
        """Where the files beside the case file are: the folder itself, of a sealed case that is open a private view."""
        return self.home

    @property
    def sealed(self) -> bool:
        """Whether the case is encrypted."""
        return self.key_file.is_file()

    @property
    def key_file(self) -> Path:
        """The wrapped key of a sealed case."""
        return self.home / KEYS_FILE

    @property
    def next_keys(self) -> Path:
        """A new key file, until the change that names it is committed."""
        return self.home / f"{KEYS_FILE}.next"

    @property
    def slug(self) -> str:
        """The case's name on disk."""
        return self.home.name

    @property
    def case_file(self) -> Path:
        """The SQLite file."""
        return self.home / CASE_FILE

    @property
    def key(self) -> bytes | None:
        """The key of the case file, None where it is in clear."""
        return None

    def file(self, inside: str) -> Path:
        """Return the path of a file or folder of the case by its path inside of it, ready to be read."""
        return self.path / inside

    def listed(self, part: str) -> tuple[str, ...]:
        """Return the paths inside of the case of everything in one of its folders, such as `reports`."""
        return tuple(str(each.relative_to(self.path)) for each in sorted((self.path / part).rglob("*")))

    def remove(self, inside: str) -> None:
        """Destroy a file or folder of the case."""
        destroy(self.path / inside)

    def forget(self, unit: str) -> None:
        """Drop what was unpacked of a sealed case and only read."""

    @contextlib.contextmanager
    def listing_damage(self) -> Iterator[dict[str, str]]:
        """Give what is filled with the units of a sealed case's damaged crates, by crate; none raises an error then."""
        yield {}

    def flush(self) -> None:
        """Keep what was changed in the view of a sealed case: called before what speaks of it is committed."""

    def sweep(self) -> None:
        """Destroy what killed verbs left in working folders."""
        sweep_leftovers(self.working)

    def close(self) -> None:
        """Destroy the view of a sealed case."""

    def working_for(self, size: int) -> Path:  # noqa: ARG002  # only a view in memory has to ask
        """Return where working folders for evidence of so many bytes go."""
        return self.working

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
        return self.file(f"scans/{scan}")

    def results(self, scan: str) -> Path:
        """Return where the engine writes one scan's events and MVT's own result files."""
        return self.scan(scan) / "results"

    def acquisition(self, acquisition: str) -> Path:
        """Return the folder of one acquisition's manifest and, if imported, its copy."""
        return self.file(f"acquisitions/{acquisition}")

    def scan_lock(self, acquisition: str) -> Path:
        """Return the lock file that a process holds while it scans an acquisition."""
        return self.acquisition(acquisition) / "scan.lock"

    def manifest(self, acquisition: str) -> Path:
        """Return the manifest file of one acquisition."""
        return self.acquisition(acquisition) / "manifest.jsonl"

    def own_exports(self) -> Path:
        """Return where exports go that nobody gave a place. Raises `InputError` for a sealed case."""
        if self.sealed:
            raise InputError("Nothing leaves a sealed case unasked.", hint=say("Say where to, {0}.", do(output="FILE")))
        return self.path / "exports"

    def create(self) -> None:
        """Make the folder, private to its owner, with its sub-folders."""
        parts = () if self.sealed else ("reports", "attachments", "working", "scans", "acquisitions")
        for folder in (self.home, *(self.home / each for each in parts)):
            folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)

    @property
    def writable(self) -> bool:
        """Whether the case can be changed here: it cannot on a read-only medium."""
        return os.access(self.home, os.W_OK) and os.access(self.case_file, os.W_OK)


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder holding `cases/` and `iocs/`; `keys` open its sealed cases."""

    path: Path
    keys: Keys = field(default_factory=Keys, compare=False, repr=False)

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
        settle(self.cases)
        found = (each for each in sorted(self.cases.iterdir()) if "." not in each.name)  # with a dot: in the making
        return tuple(CaseFolder(each, self.keys) for each in found if (each / CASE_FILE).is_file())

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
        folder = CaseFolder(self.cases / slug, self.keys)
        if folder.path.exists():
            raise ConflictError(
                "There is a case {slug!r} already.", hint=say("Choose another with {0}.", do(slug="SLUG")), slug=slug
            )
        return folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A case that is put into another form: the folder it has, the folder that is made, and whether that is whole.

    The file that says so is the one point of decision: until it says `done` the old folder counts, then the new.
    """

    old: str
    new: str
    done: bool = False

    def write(self, cases: Path) -> None:
        """Write it down beside the cases."""
        write_atomically(cases / _MOVE, json.dumps(asdict(self)).encode())

    def partial(self, cases: Path) -> Path:
        """Return where the new folder is made."""
        return cases / f"{self.new}.partial"


@contextlib.contextmanager
def moving(cases: Path, move: Move) -> Iterator[Path]:
    """Give the folder to make a case anew in; when the block ends in peace it takes the old one's place, else nothing.

    Raises `CaseLockedError` while another case is put into another form.
    """
    with held_lock(cases / _MOVE_LOCK) as held:
        if not held:
            raise CaseLockedError("Another case of this workspace is being sealed or opened.")
        _settle(cases)
        move.write(cases)
        try:
            move.partial(cases).mkdir(mode=PRIVATE_FOLDER)
            yield move.partial(cases)
            sync_folder(move.partial(cases))
            replace(move, done=True).write(cases)
        finally:
            _settle(cases)


def settle(cases: Path) -> None:
    """Bring to its end, or take back, what a killed process was doing to a case; quiet where nothing can be written."""
    if not (cases / _MOVE).exists():
        return
    with contextlib.suppress(OSError), held_lock(cases / _MOVE_LOCK) as held:
        if held:
            _settle(cases)


def _settle(cases: Path) -> None:
    try:
        move = Move(**json.loads((cases / _MOVE).read_bytes()))
    except FileNotFoundError:
        return
    partial = move.partial(cases)
    if move.done and partial.exists():
        partial.rename(cases / move.new)
        sync_folder(cases)
    gone = move.old if move.done else partial.name
    for each in (cases / gone, *cases.glob(f"{gone}.removing-*")):
        destroy(each)
    (cases / _MOVE).unlink()
    sync_folder(cases)


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
