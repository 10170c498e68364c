"""The recorder stands around every module MVT runs and sends what happens at the moment it happens.

It takes the place of three names in MVT (`tests/engine/test_contract.py` holds them to be there): `command.run_module`,
the one through which every module runs, those of nested commands too; `AlertStore.add`, the one through which every
alert goes; `Command._ordered_modules`, which knows what is going to run.
"""

from __future__ import annotations

import logging
import resource
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import mvt.common.command as mvt_command
from mvt.common.alerts import AlertStore
from mvt.common.command import Command
from mvt.common.module_loader import get_module_origin

from mvtcase.canon import digest
from mvtcase.engine.outcomes import MISSING_FILES, UNRESOLVED_LINK, WRONG_PASSWORD, Note, classify, worst_note
from mvtcase.engine.safe_json import safe_json, safe_text
from mvtcase.engine.worker.match.matches import Matches
from mvtcase.engine.worker.preflight.accounts import blank_records, body_only_messages
from mvtcase.engine.worker.preflight.integrity import doubted
from mvtcase.engine.worker.preflight.sources import Replacements, Sources
from mvtcase.engine.worker.run.attempt import (
    MAX_ERROR,
    Attempt,
    Watch,
    adopt,
    can_be_helped,
    failure_of,
    fresh_copy,
    recovered,
    run_swallowing,
)
from mvtcase.engine.worker.run.floods import Floods, bound_missing
from mvtcase.engine.worker.run.notes import NoteTaker
from mvtcase.engine.worker.run.opened import Opened
from mvtcase.engine.worker.run.times import span, taken_at
from mvtcase.kinds import part_name
from mvtcase.model import ModuleOutcome
from mvtcase.wording import text_of, why
from mvtcase_readers.regular import UnreadableError
from mvtcase_readers.trees import read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from mvt.common.alerts import Alert
    from mvt.common.module import MVTModule

    from mvtcase.engine.worker.emitter import Emitter
    from mvtcase.engine.worker.task import ModuleKey, Task
    from mvtcase.kinds.inside import Inside
    from mvtcase.model import Json

MAX_MESSAGES = 50
MAX_ASKED, MAX_STORED_VALUE = 100_000, 4096
"""Values that a module asks one check about, and characters of one, that are kept."""

_UNANSWERED = frozenset(
    {ModuleOutcome.FAILED, ModuleOutcome.DAMAGED, ModuleOutcome.TIMED_OUT, ModuleOutcome.DENIED, ModuleOutcome.NOT_RUN}
)
MAX_STORED = 1 << 30
"""Bytes of a result file that an earlier worker of the same scan wrote."""


class Recorder:
    """Runs MVT's modules one by one and sends what becomes of each."""

    def __init__(self, task: Task, emit: Emitter) -> None:
        self.task = task
        self.emit = emit
        self.matches = Matches(task.set_names)
        self._withheld = emit.withhold(task.withheld)
        self.opened = Opened(task.target, task.results / "mvt")
        self.refused: str | None = None
        self._notes = NoteTaker()
        self._parts: list[str] = []
        self._slug: str | None = None
        self._sent: dict[int, Alert] = {}
        self._alerts = 0
        self._digests: set[str] = set()
        self._raised: list[tuple[Alert, str]] = []
        self._floods = Floods()
        self._needed: set[type[MVTModule]] = set()
        self._repeating = False
        self._comparing = False
        self._unresolved = 0
        self._unread_bodies = 0
        self._inside: tuple[int, Inside] | None = None
        self._asked: dict[str, dict[str, None]] = defaultdict(dict)
        self.examined: set[ModuleKey] = set()

    def install(self) -> None:
        """Put the recorder into MVT's three seams and listen to MVT's log."""
        logger = logging.getLogger("mvt")
        logger.setLevel(logging.DEBUG)
        logger.addHandler(self._notes)
        self.opened.install()
        mvt_command.run_module = self.run_module
        AlertStore.add = _told(AlertStore.add, self.alert)
        Command._ordered_modules = _planned(Command._ordered_modules, self.plan)  # noqa: SLF001 - a seam, see above
        Command.run = _within_part(Command.run, self)

    def plan(self, command: Command, modules: list[type[MVTModule]] | None) -> None:
        """Send the modules that a command is going to run."""
        self.plan_part(self.part_of(command), modules or ())

    def part_of(self, command: Command) -> str:
        """Return the part that a command's modules run under, which says what inside the acquisition is at hand."""
        name = part_name(command.name)
        return self._inside[1].part(self._inside[0], name) if self._inside else name

    @contextmanager
    def within(self, number: int, inside: Inside) -> Iterator[Task]:
        """Examine an acquisition inside this one: what is recorded in the block is told as its own."""
        outer, self.task = self.task, replace(self.task, kind=inside.kind, target=inside.target, inside=())
        self._inside = (number, inside)
        self.__dict__.pop("_taken", None)
        self.emit("inside", number=number, kind=str(inside.kind), place=safe_text(inside.place, 1000))
        try:
            with self.opened.as_of(inside.place):
                yield self.task
        finally:
            self.task, self._inside = outer, None
            self.__dict__.pop("_taken", None)

    def plan_part(self, part: str, modules: Iterable[type[MVTModule]]) -> None:
        """Send the modules that are going to run in a part."""
        modules = list(modules)
        self._needed.update(needed for each in modules for needed in each.dependencies)
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
            self.problem(name, ModuleOutcome.FAILED, why("command.early", error=failure_of(error).sentence))
            if len(self._parts) == 1 and self._inside is None:
                self._end_early(name, error)
        finally:
            self.flush_notes(name)
            self._parts.pop()

    def _end_early(self, name: str, error: BaseException) -> None:
        notes = self._notes.take()
        if any(note.template in WRONG_PASSWORD for note in notes):
            self.emit("refused", code="password", message="The Android backup is encrypted, and no password opened it.")
        worst = worst_note(notes)
        if worst is not None:
            self.problem(name, *worst)
        self.refused = f"The MVT command ended early: {failure_of(error).sentence}"

    def nested(self, part: str, run: Callable[[], bool]) -> bool:
        """Load and run a nested command and return what it does; what ends it becomes a problem of its part alone."""
        self.flush_notes(self._parts[-1] if self._parts else part)
        try:
            with self.step(load_step(part)), self.opened.by_command():
                return bool(run())
        except (Exception, SystemExit) as error:  # noqa: BLE001 - as in `part`
            self.problem(part, ModuleOutcome.FAILED, why("command.unopened", error=failure_of(error).sentence))
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
        with self.opened.by(*key) as claim:
            attempt = self._attempt(module)
            attempt = self._another_attempt(attempt) or attempt
            claim["module"], claim["records"] = type(module).__name__, attempt.records
            claim["compared"] = attempt.watch.compared
            claim["asked"] = {check: list(values) for check, values in self._asked.items()}
        self._report_unread_bodies(attempt)
        self._report_blank_records(attempt)
        self._send_amendments()
        self._send_floods(type(module).__name__)
        self._end(key, attempt, int((time.monotonic() - began) * 1000))
        for each in (module, attempt.module):
            self._forget(each)

    def asked(self, check: str, value: str) -> None:
        """Hear what the module at hand asks the matcher: a later recheck asks it again where its results are lost."""
        values = self._asked[check]
        if len(values) < MAX_ASKED and len(value) <= MAX_STORED_VALUE:
            values[value] = None

    @cached_property
    def _taken(self) -> str | None:
        """When the evidence was taken, looked up once."""
        return taken_at(self.task)

    def _forget(self, module: MVTModule) -> None:
        """Drop what a module read, which is in its file now, unless another module is going to ask for it."""
        if type(module) not in self._needed:
            module.results = type(module.results)() if isinstance(module.results, (list, dict)) else None

    def alert(self, alert: Alert) -> bool:
        """Send an alert the moment it is added, and return whether MVT shall keep it, as all but those of a flood.

        The stores of commands are given the same alerts again.
        """
        if id(alert) in self._sent:
            return True
        encoded = self._encoded(alert)
        if not self._is_repeated(alert, encoded[0]):
            self._alerts += 1
            if not self._floods.admits(alert, str((encoded[1] or {}).get("value", ""))):
                return False
            self._send(alert, *encoded)
        self._hide(alert)
        # Held, so that no other alert can get the same id.
        self._sent[id(alert)] = alert
        return True

    def _hide(self, alert: Alert) -> None:
        """Take what an embargoed set holds out of an alert that was sent: MVT writes alerts to a file of its own."""
        if self._withheld is None:
            return
        _, fields, _ = self._encoded(alert)
        told = self._withheld.json(fields)
        if told == fields:
            return
        alert.message = self._withheld.text(str(alert.message))
        alert.matched_indicator = told
        alert.event = self._withheld.json(_event_json(alert))
        if self._raised and self._raised[-1][0] is alert:
            self._raised[-1] = (alert, digest(_event_json(alert)))

    def _send(self, alert: Alert, data: Json, indicator: dict[str, Json] | None, witnessed: bool) -> None:  # noqa: FBT001 - as encoded
        self._raised.append((alert, digest(data)))
        self.emit(
            "alert",
            part=self._parts[-1] if self._parts else "",
            module=safe_text(alert.module) if alert.module != "unknown" else (self._slug or "unknown"),
            level=alert.level.name,
            message=safe_text(str(alert.message)),
            event_time=safe_text(str(alert.event_time or "")),
            data=self._placed(data),
            indicator=indicator,
            witnessed=witnessed,
            checked=self._comparing,
        )

    def _placed(self, data: Json) -> Json:
        """Return an alert's event with the place of the acquisition inside this one that it is from."""
        if self._inside is None or not isinstance(data, dict):
            return data
        return {**data, "inside": safe_text(self._inside[1].place, 1000)}

    def _encoded(self, alert: Alert) -> tuple[Json, dict[str, Json] | None, bool]:
        """Return an alert's event as JSON, its indicator, and whether a witness named it; never without an event."""
        data = _event_json(alert)
        try:
            return data, *self.matches.indicator_of(alert, data)
        except Exception:  # noqa: BLE001 - out of memory, most likely; the alert goes out without its indicator
            return data, None, False

    def _send_amendments(self) -> None:
        """Send the events again that MVT wrote to after it raised their alerts, as its own files show them."""
        for back, (alert, sent) in zip(range(len(self._raised), 0, -1), self._raised, strict=True):
            data = _event_json(alert)
            if digest(data) != sent:
                self.emit("amended", back=back, message=safe_text(str(alert.message)), data=self._placed(data))

    def _send_floods(self, module: str) -> None:
        """Send the last alerts of every kind that a module raised over and over, and that the others are left out."""
        for message, count, last in self._floods.ends():
            for alert in last:
                self._send(alert, *self._encoded(alert))
            self.problem(module, ModuleOutcome.DAMAGED, why("module.flood", count=count, message=message))

    def _missing_processes(self, module: MVTModule) -> Callable[[int], None]:
        def tell(count: int) -> None:
            self.problem(type(module).__name__, ModuleOutcome.DAMAGED, why("module.missing_ids", count=count))

        return tell

    def problem(self, module: str, outcome: ModuleOutcome, reason: str) -> None:
        """Send a gap that no module run stands for."""
        self.emit("problem", module=module, outcome=str(outcome), reason=self._told(reason))

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Mark something that can hang outside of modules, so that the parent knows what to leave out next time."""
        self.emit("step", name=name, finished=False)
        began = time.process_time()
        try:
            yield
        finally:
            self.emit("step", name=name, finished=True, cpu_ms=int((time.process_time() - began) * 1000))

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
            self.emit("limitation", reason=why("links.unresolved", count=self._unresolved).data)
        if self._unread_bodies:
            if self.task.sweep:
                self.emit("limitation", reason=why("bodies.read", count=self._unread_bodies).data)
            else:
                # Nothing at all looked at these texts: that is a hole, not a property of the evidence.
                self.problem("SMS", ModuleOutcome.NOT_RUN, why("bodies.unread", count=self._unread_bodies))

    def _begin(self, module: MVTModule, key: ModuleKey) -> None:
        self._slug = key[1]
        self._alerts = 0
        self._digests.clear()
        self._asked.clear()
        self._raised.clear()
        self._floods.begin()
        self.matches.forget()
        module.results_path = str(self._folder(key[0]))
        origin = get_module_origin(type(module)).label
        self.emit("started", part=key[0], slug=key[1], module=type(module).__name__, origin=origin)

    def _attempt(self, module: MVTModule, copies: Replacements | None = None) -> Attempt:
        sources = Sources(module, copies, self.opened.note)
        watch = Watch(module)
        self._mark_comparing(module)
        bound_missing(module, self._missing_processes(module))
        late = run_swallowing(module)
        for alert in module.alertstore.alerts:
            self.alert(alert)
        notes = self._notes.take()
        self._count_links(notes)
        return Attempt(module=module, watch=watch, sources=sources, notes=notes, late=late)

    def _mark_comparing(self, module: MVTModule) -> None:
        """Mark the alerts that a module raises when it compares, which are those that a replay raises again."""
        compare = module.check_indicators

        def marked() -> None:
            self._comparing = True
            try:
                compare()
            finally:
                self._comparing = False

        module.check_indicators = marked

    def _another_attempt(self, first: Attempt) -> Attempt | None:
        """Try a module that its database broke again, on working copies; None where that gains nothing."""
        if not can_be_helped(first):
            return None
        self._repeating = True
        try:
            for fill_times in (False, True):
                with Replacements(first.sources, fill_times=fill_times) as copies:
                    again = fresh_copy(first.module)
                    copies.install(again)
                    attempt = self._attempt(again, copies)
                    if attempt.is_whole:
                        adopt(first.module, again)
                        return recovered(first, attempt, copies.sentence)
        finally:
            self._repeating = False
        return None

    def _is_repeated(self, alert: Alert, data: Json) -> bool:
        """Return whether this module raised the very same alert in an earlier attempt."""
        told = digest([alert.level.name, safe_text(str(alert.message)), data])
        if self._repeating and told in self._digests:
            return True
        self._digests.add(told)
        return False

    def _end(self, key: ModuleKey, attempt: Attempt, duration: int) -> None:
        self._report_missing_files(attempt.module, attempt.notes)
        facts = attempt.facts()
        outcome, reason = doubted(key[1], classify(facts), attempt.sources.paths)
        if attempt.failure is not None and attempt.failure.name == MemoryError.__name__:
            reason = why("module.memory", gib=resource.getrlimit(resource.RLIMIT_AS)[0] >> 30)
        first, last = getattr(attempt.module, "earlier_span", None) or span(attempt.module, self.task.kind, self._taken)
        self._slug = None
        if outcome not in _UNANSWERED:
            self.examined.add(key)
        self.emit(
            "finished",
            part=key[0],
            slug=key[1],
            module=type(attempt.module).__name__,
            outcome=str(outcome),
            records=facts.records,
            source_rows=facts.source_rows,
            alerts=self._alerts,
            error=self._shown(attempt.failure.sentence) if attempt.failure else None,
            reason=self._told(reason),
            messages=[self._shown(text) for text in _messages(attempt)],
            duration_ms=duration,
            first_time=first,
            last_time=last,
        )

    def _told(self, reason: str) -> Json:
        return text_of(reason).mapped(self._shown).data

    def _shown(self, text: str) -> str:
        """Return a text bounded and without the path on this machine that leads to the evidence."""
        return safe_text(text.replace(f"{self.task.target.parent}/", ""), MAX_ERROR)

    def _folder(self, part: str) -> Path:
        # MVT writes the modules of nested commands into one folder, where those of equal slug overwrite each other.
        folder = self.task.results / "mvt" / part
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def _stored_results(self, key: ModuleKey) -> Any:  # noqa: ANN401 - what a module stored as JSON
        """Modules that depend on one an earlier worker ran get its results from the file it wrote."""
        try:
            return read_json(self.task.results / "mvt" / key[0] / f"{key[1]}.json", MAX_STORED, values=MAX_STORED)
        except UnreadableError:
            return None

    def _report_missing_files(self, module: MVTModule, notes: list[Note]) -> None:
        for note in notes:
            if note.template == MISSING_FILES:
                self.problem(
                    type(module).__name__, ModuleOutcome.NO_SOURCE, why("mvt.missing_files", text=note.example)
                )

    def _report_unread_bodies(self, attempt: Attempt) -> None:
        if self._slug == "sms":
            self._unread_bodies += body_only_messages(attempt.sources.paths)

    def _report_blank_records(self, attempt: Attempt) -> None:
        count = blank_records(attempt.module)
        if count:
            self.problem(type(attempt.module).__name__, ModuleOutcome.DAMAGED, why("module.blank", count=count))

    def _count_links(self, notes: list[Note]) -> None:
        self._unresolved += sum(note.count for note in notes if note.template == UNRESOLVED_LINK)


def load_step(part: str) -> str:
    """Return the name of the step in which a nested command is opened."""
    return f"load {part}"


def _event_json(alert: Alert) -> Json:
    try:
        return safe_json(alert.event)
    except Exception as error:  # noqa: BLE001 - out of memory, most likely; the alert goes out without its event
        return f"⟦event left out: {type(error).__name__}⟧"


def _messages(attempt: Attempt) -> list[str]:
    told = [f"{note.example} ({note.count} times)" if note.count > 1 else note.example for note in attempt.notes]
    return [*told[:MAX_MESSAGES], *([attempt.late.sentence] if attempt.late else [])]


def _told(add: Callable[..., None], tell: Callable[[Alert], bool]) -> Callable[..., None]:
    def add_and_tell(store: AlertStore, alert: Alert) -> None:
        if tell(alert):
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
        with recorder.part(recorder.part_of(command)):
            run(command)

    return run_within
