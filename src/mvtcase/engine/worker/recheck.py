"""A recheck in the worker: an earlier scan's stored results compared with other indicators, module by module.

MVT's own `check-iocs` finds matches, counts none and writes nothing; so each module is filled from its file by MVT's
`from_json` and its `check_indicators` is run by the recorder.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from mvt.common.module import DatabaseNotFoundError
from mvt.common.module_loader import get_module_logger, module_supports_command

from mvtcase.engine.events import EVENTS_FILE, MVT_FOLDER, read_ledger
from mvtcase.engine.worker.reader import second
from mvtcase.engine.worker.run.attempt import count_records
from mvtcase.engine.worker.run.commands import module_classes
from mvtcase.engine.worker.run.recorder import Recorder
from mvtcase.engine.worker.scan import READER_STEP, RefusedError, crashed, prepare
from mvtcase.engine.worker.task import task_of
from mvtcase.kinds.inside import Inside
from mvtcase.model import ModuleOutcome
from mvtcase.wording import why
from mvtcase_readers.regular import UnreadableError
from mvtcase_readers.trees import read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mvt.common.indicators import Indicators
    from mvt.common.module import MVTModule

    from mvtcase.engine.events import Ledger
    from mvtcase.engine.worker.emitter import Emitter
    from mvtcase.engine.worker.task import ModuleKey, Task
    from mvtcase.matchset import MatchSet
    from mvtcase.model import EvidenceKind, ModuleRun

MAX_RESULT_BYTES = 4 << 30
EXAMINED = frozenset({ModuleOutcome.CHECKED, ModuleOutcome.EXTRACTED, ModuleOutcome.RECOVERED, ModuleOutcome.EMPTY})


class StoredResultsError(Exception):
    """The stored results of a module cannot be used."""


def run_recheck(fields: dict[str, Any], emit: Emitter) -> int:
    """Run a recheck job and return the worker's exit status: 0 when it came to its end, 3 when it refused to begin."""
    task = task_of(fields)
    recorder = Recorder(task, emit)
    try:
        plugins, indicators, matchset = prepare(task, recorder)
    except RefusedError as error:
        emit("refused", code=error.code, message=str(error))
        return 3
    ledger = earlier_ledger(task)
    earlier = {} if ledger is None else dict(ledger.modules)
    with recorder.step("examine"):
        carry_gaps(ledger, recorder)
        rechecking = _Rechecking(task, recorder, indicators, earlier)
        for part, classes in parts(task.kind, plugins, earlier).items():
            _recheck_part(part, classes, rechecking)
        within = inside_of(task, ledger)
        for number, each in within.items():
            with recorder.within(number, each):
                for part, classes in parts(each.kind, plugins, earlier, partial(each.part, number)).items():
                    _recheck_part(part, classes, rechecking)
    _compare_values(replace(task, inside=tuple(within.values())), matchset, recorder, task.answered | recorder.examined)
    emit("limitation", reason=why("recheck.limit" if task.evidence is None else "recheck.read_again").data)
    recorder.send_limitations()
    emit("done", error=recorder.refused)
    return 0


def earlier_ledger(task: Task) -> Ledger | None:
    """Return what the earlier scan's events say, None where there are none."""
    return read_ledger(task.target) if (task.target / EVENTS_FILE).is_file() else None


def carry_gaps(ledger: Ledger | None, recorder: Recorder) -> None:
    """Send the earlier scan's gaps that no module run stands for: what was not there then is not there now."""
    if ledger is None:
        return
    for gap in ledger.gaps:
        recorder.problem(gap.module, gap.outcome, gap.reason)
    for run in ledger.modules.values():
        if run.outcome is ModuleOutcome.RECOVERED or _is_partly_stored(run):
            recorder.problem(run.module, run.outcome, run.reason)
    if not ledger.done:
        recorder.problem("scan", ModuleOutcome.NOT_RUN, why("recheck.unfinished"))


def inside_of(task: Task, ledger: Ledger | None) -> dict[int, Inside]:
    """Return the acquisitions inside the one of the earlier scan, by number; their results lie beside its own."""
    found = sorted(ledger.inside.items()) if ledger is not None else ()
    return {number: Inside(kind=kind, place=place, target=task.target) for number, (kind, place) in found}


def parts(
    kind: EvidenceKind,
    plugins: list[type[MVTModule]],
    earlier: Mapping[ModuleKey, ModuleRun],
    named: Callable[[str], str] = str,
) -> dict[str, list[type[MVTModule]]]:
    """Return the module classes of each part of the earlier scan: those that ran, or all where nothing says which."""
    known: dict[str, list[type[MVTModule]]] = {}
    for own, (platform, command, classes) in module_classes(kind).items():
        part = named(own)
        extra = [each for each in plugins if module_supports_command(each, platform, command)]
        together = dict.fromkeys((*classes, *extra))  # the LINE command's module is a plugin's as well
        chosen = [each for each in together if not earlier or (part, each.get_slug()) in earlier]
        if chosen:
            known[part] = chosen
    return known


def _compare_values(task: Task, matchset: MatchSet, recorder: Recorder, examined: frozenset[ModuleKey]) -> None:
    """Compare what the second reader took apart, or let it read the evidence again where that is at hand."""
    with recorder.step(READER_STEP):
        try:
            if task.evidence is None:
                second.run_stored(task, matchset, recorder.emit, examined)
            else:
                second.run(replace(task, target=task.evidence), matchset, recorder.emit)
        except Exception as error:  # noqa: BLE001 - evidence must not end the recheck through our own readers either
            recorder.problem(second.NAME, ModuleOutcome.FAILED, crashed(error))


class _Rechecking:
    """What every module of one recheck shares."""

    def __init__(
        self, task: Task, recorder: Recorder, indicators: Indicators, earlier: Mapping[ModuleKey, ModuleRun]
    ) -> None:
        self.task = task
        self.recorder = recorder
        self.indicators = indicators
        self.earlier = earlier

    def module(self, part: str, cls: type[MVTModule]) -> MVTModule:
        """Return a module that gives its stored results where it would read the phone."""
        module = cls(log=get_module_logger(cls))
        if self.indicators.total_ioc_count:
            module.indicators = self.indicators
        module.run = lambda: self._load(part, cls, module)
        run = self.earlier.get((part, cls.get_slug()))
        module.accounted_rows = run.source_rows if run is not None else None
        module.earlier_span = (run.first_time, run.last_time) if run is not None else None
        return module

    def _load(self, part: str, cls: type[MVTModule], module: MVTModule) -> None:
        run = self.earlier.get((part, cls.get_slug()))
        if run is not None and run.outcome not in EXAMINED and not _is_partly_stored(run):
            raise _as_before(run)
        path = self._path(part, cls)
        if path is None:
            if run is not None and run.records:
                raise StoredResultsError(f"its {run.records} records are no longer stored")
            if run is None:
                raise DatabaseNotFoundError("the earlier scan stored no results of it")
            return
        stored = _stored(path)
        # MVT's SMS module for Android forgets the results it is made with.
        module.results = cls.from_json(str(path), log=module.log).results or stored
        there = count_records(module)
        if run is not None and run.records is not None and there != run.records:
            raise StoredResultsError(f"{run.records} records were stored, {there} are there")

    def _path(self, part: str, cls: type[MVTModule]) -> Path | None:
        name = f"{cls.get_slug()}.json"
        candidates = (self.task.target / MVT_FOLDER / part / name, self.task.target / name)
        return next((path for path in candidates if path.is_file() and not path.is_symlink()), None)


def _recheck_part(part: str, classes: list[type[MVTModule]], rechecking: _Rechecking) -> None:
    recorder = rechecking.recorder
    recorder.plan_part(part, classes)
    with recorder.part(part):
        for cls in classes:
            recorder.run_module(rechecking.module(part, cls))


def _is_partly_stored(run: ModuleRun) -> bool:
    """Return whether a damaged source gave records all the same: they are compared, and the damage stays a gap."""
    return run.outcome is ModuleOutcome.DAMAGED and bool(run.records)


def _as_before(run: ModuleRun) -> Exception:
    """What was not examined on the phone cannot be examined without it."""
    if run.outcome is ModuleOutcome.NO_SOURCE:
        missing: Exception = DatabaseNotFoundError(run.reason or "the source was not in the acquisition")
        return missing
    return StoredResultsError(f"it was not examined in the earlier scan: {run.outcome}: {run.reason}")


def _stored(path: Path) -> Any:  # noqa: ANN401 - what a module stored as JSON
    try:
        return read_json(path, MAX_RESULT_BYTES, values=MAX_RESULT_BYTES)
    except UnreadableError as error:
        raise StoredResultsError(f"its stored results cannot be read: {error.reason}") from error
