"""The recorder stands around every module MVT runs and sends what happens at the moment it happens.

It takes the place of three names in MVT (`tests/engine/test_contract.py` holds them to be there): `command.run_module`,
the one through which every module runs, those of nested commands too; `AlertStore.add`, the one through which every
alert goes; `Command._ordered_modules`, which knows what is going to run.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import mvt.common.command as mvt_command
from mvt.common.alerts import AlertStore
from mvt.common.command import Command
from mvt.common.module import (
    DatabaseCorruptedError,
    DatabaseNotFoundError,
    EncryptedBackupError,
    InsufficientPrivileges,
)
from mvt.common.module_loader import get_module_origin

from mvtcase.engine.commands import part_name
from mvtcase.engine.outcomes import MISSING_FILES, UNRESOLVED_LINK, Cause, Facts, Failure, Note, classify, worst_note
from mvtcase.engine.safe_json import safe_json, safe_text
from mvtcase.engine.worker.matches import Matches
from mvtcase.engine.worker.notes import NoteTaker
from mvtcase.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from mvt.common.alerts import Alert
    from mvt.common.module import MVTModule

    from mvtcase.engine.worker.emitter import Emitter
    from mvtcase.engine.worker.task import ModuleKey, Task
    from mvtcase.model import Json

MAX_ERROR = 2000
MAX_MESSAGES = 50


class ModuleExitError(Exception):
    """A module's code called `sys.exit`, which must end neither the module's bookkeeping nor the scan."""


class Recorder:
    """Runs MVT's modules one by one and sends what becomes of each."""

    def __init__(self, task: Task, emit: Emitter) -> None:
        self.task = task
        self.emit = emit
        self.matches = Matches(task.set_names)
        self.refused: str | None = None
        self._notes = NoteTaker()
        self._parts: list[str] = []
        self._slug: str | None = None
        self._sent: dict[int, Alert] = {}
        self._alerts = 0
        self._unresolved = 0

    def install(self) -> None:
        """Put the recorder into MVT's three seams and listen to MVT's log."""
        logger = logging.getLogger("mvt")
        logger.setLevel(logging.DEBUG)
        logger.addHandler(self._notes)
        mvt_command.run_module = self.run_module
        AlertStore.add = _told(AlertStore.add, self.alert)
        Command._ordered_modules = _planned(Command._ordered_modules, self.plan)  # noqa: SLF001 - a seam, see above
        Command.run = _within_part(Command.run, self)

    def plan(self, command: Command, modules: list[type[MVTModule]] | None) -> None:
        """Send the modules that a command is going to run."""
        self.plan_part(part_name(command.name), modules or ())

    def plan_part(self, part: str, modules: Iterable[type[MVTModule]]) -> None:
        """Send the modules that are going to run in a part."""
        listed: list[Json] = [
            {"module": each.__name__, "slug": each.get_slug(), "origin": get_module_origin(each).label}
            for each in modules
        ]
        self.emit("plan", part=part, modules=listed)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Run what belongs to one command; an exception outside of its modules becomes a problem of that part."""
        self._parts.append(name)
        try:
            yield
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever ends one command must not end the others
            self.problem(name, Outcome.FAILED, f"the command ended early: {_failure(error).sentence}")
            if len(self._parts) == 1:
                self.refused = f"The MVT command ended early: {_failure(error).sentence}"
        finally:
            self.flush_notes(name)
            self._parts.pop()

    def nested(self, part: str, run: Callable[[], bool]) -> bool:
        """Load and run a nested command and return what it does; what ends it becomes a problem of its part alone."""
        self.flush_notes(self._parts[-1] if self._parts else part)
        try:
            with self.step(load_step(part)):
                return bool(run())
        except (Exception, SystemExit) as error:  # noqa: BLE001 - as in `part`
            self.problem(part, Outcome.FAILED, f"it could not be opened: {_failure(error).sentence}")
            return False
        finally:
            self.flush_notes(part)

    def run_module(self, module: MVTModule) -> None:
        """Run one module as MVT would and send its start, its alerts, its end and its outcome."""
        key = (self._parts[-1] if self._parts else "", module.get_slug())
        if key in self.task.finished or key in self.task.skipped:
            module.results = self._stored_results(key) or module.results
            return
        self.flush_notes(key[0])
        self._begin(module, key)
        began = time.monotonic()
        watch = _Watch(module)
        error = _call_swallowing(_ORIGINAL_RUN_MODULE, module)
        for alert in module.alertstore.alerts:
            self.alert(alert)
        self._end(module, key, watch, error, int((time.monotonic() - began) * 1000))

    def alert(self, alert: Alert) -> None:
        """Send an alert the moment it is added; the stores of commands are given the same alerts again."""
        if id(alert) in self._sent:
            return
        # Held, so that no other alert can get the same id.
        self._sent[id(alert)] = alert
        self._alerts += 1
        data = safe_json(alert.event)
        indicator, witnessed = self.matches.indicator_of(alert, data)
        self.emit(
            "alert",
            part=self._parts[-1] if self._parts else "",
            module=safe_text(alert.module) if alert.module != "unknown" else (self._slug or "unknown"),
            level=alert.level.name,
            message=safe_text(str(alert.message)),
            event_time=safe_text(str(alert.event_time or "")),
            data=data,
            indicator=indicator,
            witnessed=witnessed,
        )

    def problem(self, module: str, outcome: Outcome, reason: str) -> None:
        """Send a gap that no module run stands for."""
        self.emit("problem", module=module, outcome=str(outcome), reason=safe_text(reason, MAX_ERROR))

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Mark something that can hang outside of modules, so that the parent knows what to leave out next time."""
        self.emit("step", name=name, finished=False)
        try:
            yield
        finally:
            self.emit("step", name=name, finished=True)

    def flush_notes(self, part: str) -> None:
        """Send what was logged outside of modules, where it means that something was not examined."""
        notes = self._notes.take()
        self._count_links(notes)
        worst = worst_note(notes)
        if worst is not None:
            self.problem(part, *worst)

    def send_limitations(self) -> None:
        """Send what limits the scan without being a gap."""
        if self._unresolved:
            text = f"{self._unresolved} shortened links could not be resolved, because the examination runs offline."
            self.emit("limitation", text=text)

    def _begin(self, module: MVTModule, key: ModuleKey) -> None:
        self._slug = key[1]
        self._alerts = 0
        self.matches.forget()
        module.results_path = str(self._folder(key[0]))
        origin = get_module_origin(type(module)).label
        self.emit("started", part=key[0], slug=key[1], module=type(module).__name__, origin=origin)

    def _end(self, module: MVTModule, key: ModuleKey, watch: _Watch, error: Failure | None, duration: int) -> None:
        notes = self._notes.take()
        self._count_links(notes)
        self._report_missing_files(module, notes)
        facts = Facts(
            # Our sysdiagnose modules store rows about their sources too; those are no records.
            records=getattr(module, "examined_records", len(module.results or ())),
            run_failure=watch.run_failure,
            check_failure=watch.check_failure,
            compared=watch.compared,
            notes=notes,
        )
        outcome, reason = classify(facts)
        failure = watch.run_failure or watch.check_failure
        self._slug = None
        self.emit(
            "finished",
            part=key[0],
            slug=key[1],
            module=type(module).__name__,
            outcome=str(outcome),
            records=facts.records,
            source_rows=facts.source_rows,
            alerts=self._alerts,
            error=None if failure is None or failure.cause is Cause.NOT_IMPLEMENTED else failure.sentence,
            reason=safe_text(reason, MAX_ERROR),
            messages=[*_messages(notes), *([error.sentence] if error else [])],
            duration_ms=duration,
        )

    def _folder(self, part: str) -> Path:
        # MVT writes the modules of nested commands into one folder, where those of equal slug overwrite each other.
        folder = self.task.results / "mvt" / part
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def _stored_results(self, key: ModuleKey) -> Any:  # noqa: ANN401 - what a module stored as JSON
        """Modules that depend on one an earlier worker ran get its results from the file it wrote."""
        try:
            return json.loads((self.task.results / "mvt" / key[0] / f"{key[1]}.json").read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            return None

    def _report_missing_files(self, module: MVTModule, notes: list[Note]) -> None:
        for note in notes:
            if note.template == MISSING_FILES:
                self.problem(type(module).__name__, Outcome.NO_SOURCE, note.example)

    def _count_links(self, notes: list[Note]) -> None:
        self._unresolved += sum(note.count for note in notes if note.template == UNRESOLVED_LINK)


class _Watch:
    """Sees by type what `run` and `check_indicators` of one module raise, before MVT turns it into a log line."""

    def __init__(self, module: MVTModule) -> None:
        self.run_failure: Failure | None = None
        self.check_failure: Failure | None = None
        self.compared = False
        run, check = module.run, module.check_indicators

        def watched_run() -> None:
            try:
                _raising(run)
            except Exception as error:
                self.run_failure = _failure(error)
                raise

        def watched_check() -> None:
            try:
                _raising(check)
            except Exception as error:
                self.check_failure = _failure(error)
                raise
            self.compared = module.indicators is not None

        module.run = watched_run
        module.check_indicators = watched_check


def load_step(part: str) -> str:
    """Return the name of the step in which a nested command is opened."""
    return f"load {part}"


_ORIGINAL_RUN_MODULE = mvt_command.run_module


def _raising(call: Callable[[], None]) -> None:
    """Call something whose `sys.exit` shall count as an exception like others."""
    try:
        call()
    except SystemExit as error:
        raise ModuleExitError(f"sys.exit({error.code!r})") from error


def _call_swallowing(call: Callable[[MVTModule], None], module: MVTModule) -> Failure | None:
    """Run a module and return what went wrong after its comparison, such as in writing its result file."""
    try:
        call(module)
    except EncryptedBackupError:
        # MVT ends the whole command here; the other modules find their sources without the Manifest.
        return None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the recorder is the one place that may swallow anything
        return _failure(error)
    return None


def _failure(error: BaseException) -> Failure:
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
    (PermissionError, Cause.DENIED),
    (NotImplementedError, Cause.NOT_IMPLEMENTED),
)
_SQLITE_DAMAGE = frozenset({"database disk image is malformed", "file is not a database", "disk I/O error"})
"""SQLite's own fixed texts for SQLITE_CORRUPT, SQLITE_NOTADB and SQLITE_IOERR."""


def _messages(notes: list[Note]) -> list[Json]:
    return [f"{note.example} ({note.count} times)" if note.count > 1 else note.example for note in notes[:MAX_MESSAGES]]


def _told(add: Callable[..., None], tell: Callable[[Alert], None]) -> Callable[..., None]:
    def add_and_tell(store: AlertStore, alert: Alert) -> None:
        tell(alert)
        add(store, alert)

    return add_and_tell


def _planned(
    order: Callable[[Command], list[type[MVTModule]] | None],
    tell: Callable[[Command, list[type[MVTModule]] | None], None],
) -> Callable[[Command], list[type[MVTModule]] | None]:
    def ordered(command: Command) -> list[type[MVTModule]] | None:
        modules = order(command)
        tell(command, modules)
        return modules

    return ordered


def _within_part(run: Callable[[Command], None], recorder: Recorder) -> Callable[[Command], None]:
    def run_within(command: Command) -> None:
        with recorder.part(part_name(command.name)):
            run(command)

    return run_within
