"""One attempt at a module: what it raised, by type, what it opened, what it logged."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import mvt.common.command as mvt_command
from mvt.common.module import (
    DatabaseCorruptedError,
    DatabaseNotFoundError,
    EncryptedBackupError,
    InsufficientPrivileges,
)

from mvtcase.engine.outcomes import Cause, Facts, Failure, Note, classify, worst_note
from mvtcase.engine.safe_json import safe_text
from mvtcase.engine.worker.preflight.accounts import accounted_rows
from mvtcase.engine.worker.safety.guards import IrregularFileError
from mvtcase.model import ModuleOutcome
from mvtcase.wording import together

if TYPE_CHECKING:
    from collections.abc import Callable

    from mvt.common.module import MVTModule

    from mvtcase.engine.worker.preflight.sources import Sources


MAX_ERROR = 2000

run_module_as_mvt = mvt_command.run_module
"""MVT's own `run_module`, taken before the recorder stands in its place."""


class ModuleExitError(Exception):
    """A module's code called `sys.exit`, which must end neither the module's bookkeeping nor the scan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A module that came to its end: what was seen of it and, in `late`, what failed after its comparison."""

    module: MVTModule
    watch: Watch
    sources: Sources
    notes: list[Note]
    late: Failure | None = None
    recovered: str = ""

    @property
    def records(self) -> int:
        """The number of records the module extracted."""
        return count_records(self.module)

    @property
    def failure(self) -> Failure | None:
        """What ended the reading or the comparison; None also where a module compares nothing by design."""
        failure = self.watch.run_failure or self.watch.check_failure
        return None if failure is not None and failure.cause is Cause.NOT_IMPLEMENTED else failure

    @property
    def is_whole(self) -> bool:
        """Whether records were read and compared and nothing speaks against it."""
        return self.failure is None and self.records > 0 and worst_note(self.notes) is None

    def facts(self) -> Facts:
        """Return what decides the outcome; the sources are counted here."""
        rows = accounted_rows(self.module, self.sources.paths)
        return Facts(
            records=self.records,
            source_rows=rows,
            run_failure=self.watch.run_failure,
            check_failure=self.watch.check_failure,
            compared=self.watch.compared,
            notes=self.notes,
            recovered=self.recovered,
            uncountable=self.records == 0 and rows is None and bool(self.sources.paths),
        )


class Watch:
    """Sees by type what `run` and `check_indicators` of one module raise, before MVT turns it into a log line."""

    def __init__(self, module: MVTModule) -> None:
        self.run_failure: Failure | None = None
        self.check_failure: Failure | None = None
        self.compared = False
        run, check = module.run, module.check_indicators

        def watched_run() -> None:
            try:
                raising(run)
            except Exception as error:
                self.run_failure = failure_of(error)
                raise

        def watched_check() -> None:
            try:
                raising(check)
            except Exception as error:
                self.check_failure = failure_of(error)
                raise
            self.compared = module.indicators is not None

        module.run = watched_run
        module.check_indicators = watched_check


def count_records(module: MVTModule) -> int:
    """Return the number of records that a module extracted from the phone."""
    # Our sysdiagnose modules store rows about their sources too; those are no records.
    return int(getattr(module, "examined_records", len(module.results or ())))


def raising(call: Callable[[], None]) -> None:
    """Call something whose `sys.exit` shall count as an exception like others."""
    try:
        call()
    except SystemExit as error:
        raise ModuleExitError(f"sys.exit({error.code!r})") from error


def run_swallowing(module: MVTModule) -> Failure | None:
    """Run a module and return what went wrong after its comparison, such as in writing its result file."""
    try:
        run_module_as_mvt(module)
    except EncryptedBackupError:
        # MVT ends the whole command here; the other modules find their sources without the Manifest.
        return None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the recorder is the one place that may swallow anything
        return failure_of(error)
    return None


def failure_of(error: BaseException) -> Failure:
    """Return an exception as what ended something: its cause by type, its class and its bounded text."""
    return Failure(cause=_cause(error), name=type(error).__name__, text=safe_text(_text_of(error), MAX_ERROR))


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - an exception's `str` may run any code; its class is known anyway
        return ""


def _cause(error: BaseException) -> Cause:
    for kind, cause in _CAUSES:
        if isinstance(error, kind):
            return cause
    damaged = isinstance(error, sqlite3.DatabaseError) and _text_of(error) in _SQLITE_DAMAGE
    return Cause.CORRUPTED if damaged else Cause.OTHER


_CAUSES: tuple[tuple[type[BaseException], Cause], ...] = (
    (DatabaseNotFoundError, Cause.NOT_FOUND),
    (DatabaseCorruptedError, Cause.CORRUPTED),
    (EncryptedBackupError, Cause.ENCRYPTED),
    (InsufficientPrivileges, Cause.DENIED),
    (IrregularFileError, Cause.CORRUPTED),
    (PermissionError, Cause.DENIED),
    (NotImplementedError, Cause.NOT_IMPLEMENTED),
)
_SQLITE_DAMAGE = frozenset({"database disk image is malformed", "file is not a database", "disk I/O error"})
"""SQLite's own fixed texts for SQLITE_CORRUPT, SQLITE_NOTADB and SQLITE_IOERR."""


_CARRIED = (
    "is_backup", "is_fs_dump", "indicators", "dependency_modules", "serial",
    "parent_path", "files", "archive", "backup_path", "ab", "tar",
)  # fmt: skip
"""What a command gives its modules, on iOS and on Android."""
_GIVEN_BACK = ("results", "timeline", "url_results", "alertstore", "file_path")


def can_be_helped(attempt: Attempt) -> bool:
    """Return whether a module failed over a database that it could open."""
    if not attempt.sources.any:
        return False
    if attempt.failure is not None:
        return attempt.failure.cause in {Cause.CORRUPTED, Cause.OTHER}
    # MVT swallows some failures and logs them; what they say is as good as the exception.
    swallowed = worst_note(attempt.notes)
    return swallowed is not None and swallowed[0] in {ModuleOutcome.FAILED, ModuleOutcome.DAMAGED}


def fresh_copy(module: MVTModule) -> MVTModule:
    """Return a new module as MVT would make it, with what the command gave the first one."""
    again = type(module)(
        target_path=module.target_path,
        results_path=module.results_path,
        module_options=module.module_options,
        log=module.log,
    )
    for name in _CARRIED:
        if hasattr(module, name):
            setattr(again, name, getattr(module, name))
    return again


def adopt(module: MVTModule, again: MVTModule) -> None:
    """Give the first module what the second found, for MVT's summary files and for modules that depend on it."""
    for name in _GIVEN_BACK:
        setattr(module, name, getattr(again, name))


def recovered(first: Attempt, second: Attempt, done: str) -> Attempt:
    """Return the second attempt as one of a recovery: why the first failed and what was done to the copies."""
    _, reason = classify(first.facts())
    return replace(second, sources=first.sources, recovered=together(reason, done))
