"""What every verb works with: the workspace, the examiner, the settings, and the seams that tests replace."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from mvtcase.canon import GENESIS, StrEnum, person_key, spelled, utc_now
from mvtcase.casebook import Newest
from mvtcase.engine import box
from mvtcase.errors import (
    AmbiguousError,
    ConflictError,
    InputError,
    MvtcaseError,
    NoSandboxError,
    NotFoundError,
    StoreError,
    WrongKeyError,
)
from mvtcase.model import CaseState, ExaminerRole
from mvtcase.settings import Settings
from mvtcase.store import incoming, queries
from mvtcase.store.folder import Workspace, only
from mvtcase.store.store import Store
from mvtcase.wording import ENGLISH, do, language_of, say
from mvtcase.workflow.payloads import as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mvtcase.canon import Clock
    from mvtcase.engine.job import (
        DecryptJob,
        DecryptResult,
        EngineEvent,
        EngineResult,
        RecheckJob,
        ScanJob,
    )
    from mvtcase.indicators.library import IndicatorLibrary
    from mvtcase.keys.identities import Identity
    from mvtcase.keys.ring import Keys
    from mvtcase.model import CaseFile
    from mvtcase.store.folder import CaseFolder
    from mvtcase.store.memory import Memory
    from mvtcase.wording import Message


class Engine(Protocol):
    """The seam to the worker child; flow tests put a fake here."""

    def run_scan(self, job: ScanJob, *, on_event: Callable[[EngineEvent], None]) -> EngineResult:
        """Run MVT's command for a kind of evidence and return everything that happened."""
        ...

    def run_decrypt(self, job: DecryptJob, *, on_event: Callable[[EngineEvent], None]) -> DecryptResult:
        """Decrypt an iTunes backup into a private folder."""
        ...

    def run_recheck(self, job: RecheckJob, *, on_event: Callable[[EngineEvent], None]) -> EngineResult:
        """Compare an earlier scan's stored results with other indicators."""
        ...


class RealEngine:
    """The engine that runs MVT in a child process."""

    @staticmethod
    def run_scan(job: ScanJob, *, on_event: Callable[[EngineEvent], None]) -> EngineResult:
        """As `Engine`."""
        from mvtcase.engine import runner  # noqa: PLC0415  # slow to load, and most verbs start no worker

        return runner.run_scan(job, on_event=on_event)

    @staticmethod
    def run_decrypt(job: DecryptJob, *, on_event: Callable[[EngineEvent], None]) -> DecryptResult:
        """As `Engine`."""
        from mvtcase.engine import runner  # noqa: PLC0415  # as above

        return runner.run_decrypt(job, on_event=on_event)

    @staticmethod
    def run_recheck(job: RecheckJob, *, on_event: Callable[[EngineEvent], None]) -> EngineResult:
        """As `Engine`."""
        from mvtcase.engine import runner  # noqa: PLC0415  # as above

        return runner.run_recheck(job, on_event=on_event)


class OutcomeStatus(StrEnum):
    """How a verb ended: done, or done with gaps."""

    SUCCESS = "success"
    PARTIAL = "partial"


Payload = TypeVar("Payload")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Generic[Payload]):
    """What a verb returns: the fields of `data` are the keys of the JSON, `messages` are sentences for people."""

    data: Payload
    status: OutcomeStatus = OutcomeStatus.SUCCESS
    messages: tuple[str | Message, ...] = ()

    @property
    def json(self) -> dict[str, Any]:
        """The data as JSON values, as the envelope shows them."""
        return dict(as_json(self.data))


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One examiner at one workspace."""

    workspace: Workspace
    examiner: str = ""
    settings: Settings = field(default_factory=Settings)
    case: str | None = None
    language: str = ""
    """The language that was asked for in this call."""
    spoken: str = ENGLISH
    """The language of the person's environment."""
    clock: Clock = utc_now
    engine: Engine = field(default_factory=RealEngine)
    identity: Identity | None = field(default=None, repr=False)
    """The examiner's own keys, where they are at hand: the head of the chain is signed with them after each verb."""
    shared: bool = False
    """Whether a console that others reach works here for whoever signed in, with the identity of who started it."""
    sandbox: Callable[[], str] = box.available
    unsandboxed: bool = False
    """Whether the examiner said to go on where nothing confines the worker."""
    memory: Memory | None = field(default=None, repr=False)
    """What a server remembers of the cases that it reads again and again."""
    with_control: bool = True
    """False only where a fake engine stands in for the real one: it cannot find what is planted."""

    def require_sandbox(self) -> None:
        """Raise `NoSandboxError` where nothing confines the worker, unless the examiner said to go on without."""
        if not self.unsandboxed and self.sandbox() == box.NONE:
            raise NoSandboxError("Nothing on this machine confines the worker that reads hostile evidence.")

    def language_of(self, case: CaseFile) -> str:
        """Return the language to write about a case in: of this call, the case, the organisation or the person."""
        return language_of(self.language or case.language or self.settings.language) or self.spoken

    def language_of_case(self) -> str:
        """Return the language of the case that this call is about, English where none is meant or it cannot be read."""
        with contextlib.suppress(MvtcaseError):
            folder, one = self._meant(CaseState.OPEN)
            if one := one or readable(folder):
                return self.language_of(one)
        return self.spoken

    @property
    def keys(self) -> Keys:
        """What opens sealed cases and signs in this process."""
        return self.workspace.keys

    @property
    def library(self) -> IndicatorLibrary:
        """The indicator sets of this workspace, the built-in ones among them."""
        from mvtcase.indicators.library import IndicatorLibrary  # noqa: PLC0415  # slow to load

        return IndicatorLibrary(self.workspace.iocs)

    @property
    def actor(self) -> str:
        """The examiner's name. Raises `InputError` when nobody said who is working."""
        name = self.examiner or self.settings.examiner
        if not name.strip():
            raise InputError(
                "Nobody is named as examiner.",
                hint=say("Use {0}, MVTCASE_EXAMINER or the settings file.", do(examiner="NAME")),
            )
        return spelled(name)

    def require_examiner(self) -> None:
        """Raise `InputError` when nobody said who is working: once, before the first of many things is begun."""
        _ = self.actor

    def case_folder(self, state: CaseState = CaseState.OPEN) -> CaseFolder:
        """Return the folder of the case meant: named by id or slug, else the only open one, or one of another state."""
        return self._meant(state)[0]

    def _meant(self, state: CaseState) -> tuple[CaseFolder, CaseFile | None]:
        """Return the folder of the case meant, with what it says of itself where that had to be read for it."""
        folders = self.workspace.case_folders()
        if self.case is None:
            read = {folder: readable(folder) for folder in folders}
            unreadable = tuple(folder for folder, one in read.items() if one is None)
            found = only(tuple(f for f, one in read.items() if one and one.state is state) or unreadable)
            return found, read[found]
        by_slug = [folder for folder in folders if folder.slug == self.case]
        # The folder of a sealed case does not say what people call it.
        fitting = by_slug or [each for each in folders if (one := readable(each)) and self.case in {one.id, one.slug}]
        if len(fitting) > 1:
            names = ", ".join(folder.slug for folder in fitting)
            raise AmbiguousError(
                "Several cases have the id {case}: {names}.", hint="Name one by its slug.", case=self.case, names=names
            )
        return (fitting[0] if fitting else self.workspace.case_folder(self.case)), None

    @contextlib.contextmanager
    def open_case(self, *, to_change: bool = False) -> Iterator[Store]:
        """Give the case's store.

        Raises `ConflictError` when it is about to be changed and is closed, or the examiner is not registered.
        """
        with Store.open(self.case_folder(), clock=self.clock) as store:
            store.memory = self.memory
            if to_change and queries.case_file(store).state is CaseState.CLOSED:
                raise ConflictError(
                    "The case {slug} is closed.", hint=say("Use {0} first.", do("case reopen")), slug=store.folder.slug
                )
            if to_change:
                self.require_registered(store)
            # What a killed verb left is private, and goes with the next one; on a read-only medium it stays.
            with contextlib.suppress(OSError):
                store.folder.sweep()
                incoming.settle(store)
            try:
                yield store
            finally:
                self.sign(store)

    def sign(self, store: Store) -> None:
        """Sign the head of the chain, as whose identity is at hand, where there is one and the chain moved on."""
        if self.identity is not None and not store.read_only and store.custody_head() != GENESIS:
            from mvtcase.store import signatures  # noqa: PLC0415  # slow to load, and few calls sign

            own = self.identity.public_keys
            holders = (each.name for each in queries.examiners(store) if {*own} & {*each.public_keys})
            signatures.sign_head(store, self.identity, next(holders, self.actor))

    def require_registered(self, store: Store) -> None:
        """Raise `ConflictError` where a register is kept and the examiner is not in it, or only reads."""
        register = queries.examiners(store)
        if not register:
            return
        own = [each for each in register if each.active and each.person_key == person_key(self.actor)]
        if not own:
            raise ConflictError(
                "{actor} is not among the registered examiners of this case.",
                hint=say("A lead adds the person: {0}.", do("examiner add", self.actor)),
                actor=self.actor,
            )
        if own[0].role is ExaminerRole.READER:
            raise ConflictError("{actor} is registered as a reader, who changes nothing.", actor=self.actor)
        known = own[0].public_keys
        if self.identity is not None and known and not self.shared and not {*known} & {*self.identity.public_keys}:
            raise ConflictError(
                "The identity at hand is not the one that {actor} is registered with.",
                hint=say("Work with your own: {0}.", do(identity_file="FILE")),
                actor=self.actor,
            )

    def newest(self) -> Newest:
        """Return the active sets and the tools at hand, against which results go stale."""
        return Newest(
            sets={passport.name: passport.to_indicator_set() for passport in self.library.active()},
            tools={name: _version(name) for name in ("mvt", "mvtcase")},
        )


def require_identity(desk: Desk) -> Identity:
    """Return the examiner's own keys. Raises `WrongKeyError` when they are not at hand."""
    if desk.identity is None:
        raise WrongKeyError(
            "This needs your own keys, and they are not at hand.",
            hint=say("Name your identity file with {0}.", do(identity_file="FILE")),
        )
    return desk.identity


def readable(folder: CaseFolder) -> CaseFile | None:
    """Return a folder's case, None where it cannot be read: a damaged or foreign one must not stand in others' way."""
    with contextlib.suppress(NotFoundError, StoreError, ValueError, TypeError), Store.open(folder) as store:
        return queries.case_file(store)
    return None


def _version(distribution: str) -> str:
    import importlib.metadata  # noqa: PLC0415  # slow to load, and many verbs ask for no version

    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
