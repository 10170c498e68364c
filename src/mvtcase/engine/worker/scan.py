"""One scan in the worker: check what is installed, load the indicators, run MVT's command, look again."""

from __future__ import annotations

import logging
import platform
import resource
import sqlite3
from typing import TYPE_CHECKING, Any

from mvt.common.log import MVTLogHandler
from mvt.common.version import MVT_VERSION

from mvtcase.engine.versions import PINNED_MVT
from mvtcase.engine.worker.match.matcher import FastIndicators, stock_from_matchset
from mvtcase.engine.worker.preflight.inspect import inspect
from mvtcase.engine.worker.reader import second
from mvtcase.engine.worker.run import seams
from mvtcase.engine.worker.run.commands import ForeignModulesError, command_for, load_plugins, plugin_distributions
from mvtcase.engine.worker.run.recorder import Recorder
from mvtcase.engine.worker.safety.guards import (
    guard_databases,
    guard_evidence,
    guard_plists,
    guard_rounds,
    read_rootless_keys,
)
from mvtcase.engine.worker.task import task_of
from mvtcase.matchset import read_matchset
from mvtcase.model import ModuleOutcome
from mvtcase.wording import Reason, text_of, why

if TYPE_CHECKING:
    from mvt.common.indicators import Indicators
    from mvt.common.module import MVTModule

    from mvtcase.engine.worker.emitter import Emitter
    from mvtcase.engine.worker.task import Task
    from mvtcase.kinds.inside import Inside
    from mvtcase.matchset import MatchSet


READER_STEP = "sweep"
"""The step's name in the events of every case, from when the second reader was a search of bytes."""

READER_ATTEMPTS = 5
"""Workers that may die of reading a file before the second reader is given up."""


class RefusedError(Exception):
    """The worker will not run; `code` is the last part of the parent's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def run_scan(fields: dict[str, Any], emit: Emitter) -> int:
    """Run a scan job and return the worker's exit status: 0 when it came to its end, 3 when it refused to begin."""
    task = task_of(fields)
    recorder = Recorder(task, emit)
    try:
        plugins, indicators, matchset = prepare(task, recorder)
    except RefusedError as error:
        emit("refused", code=error.code, message=str(error))
        return 3
    look_before(task, recorder)
    examine(task, recorder, indicators, plugins)
    look_again(task, recorder, matchset)
    recorder.send_limitations()
    used = resource.getrusage(resource.RUSAGE_SELF)
    emit("used", cpu_ms=int((used.ru_utime + used.ru_stime) * 1000), peak_bytes=used.ru_maxrss << 10)
    emit("done", error=recorder.refused)
    return 0


def prepare(task: Task, recorder: Recorder) -> tuple[list[type[MVTModule]], Indicators, MatchSet]:
    """Return the plugin modules, the indicators and their match set, after `hello` was sent; raises `RefusedError`."""
    if MVT_VERSION != PINNED_MVT:
        raise RefusedError("start", f"MVT {MVT_VERSION} is installed; this release was tried with {PINNED_MVT} only.")
    guard_plists()
    guard_databases()
    guard_rounds()
    read_rootless_keys()
    recorder.install()
    with recorder.step("start"):
        try:
            plugins = load_plugins(allow_foreign=task.allow_foreign_modules)
        except ForeignModulesError as error:
            raise RefusedError("foreign_module", f"MVT modules of other packages are installed: {error}.") from error
        if not task.stock:
            seams.install()
        seams.read_unusual_bugreports()
        _silence_console()
        recorder.flush_notes("plugins")
        matchset = _matchset(task)
        indicators = _indicators(task, matchset, recorder)
        indicators.on_ask = recorder.asked
    loaded = int(indicators.total_ioc_count)
    if loaded != task.expected_indicators:
        raise RefusedError(
            "indicator_count", f"{loaded} indicators were loaded; the sets hold {task.expected_indicators}."
        )
    recorder.emit("hello", indicators=loaded, tools=dict(_tools()))
    return plugins, indicators, matchset


def look_before(task: Task, recorder: Recorder) -> None:
    """Run the pre-flight, unless an earlier worker of this scan did or could not."""
    if "preflight" in task.steps_done | task.steps_lost:
        return
    with recorder.step("preflight"):
        try:
            for found in inspect(task):
                if isinstance(found, str):
                    recorder.emit("limitation", reason=text_of(found).data)
                else:
                    recorder.problem(found.module, found.outcome, found.reason)
        except Exception as error:  # noqa: BLE001 - evidence must not end the scan through our own readers either
            recorder.problem("preflight", ModuleOutcome.FAILED, crashed(error))


def examine(task: Task, recorder: Recorder, indicators: Indicators, plugins: list[type[MVTModule]]) -> None:
    """Run MVT's command; what happens to its modules is sent by the recorder."""
    guard_evidence(task.target)
    with recorder.step("examine"):
        command_for(task, indicators, plugins, recorder).run()
    for number, each in enumerate(task.inside, 1):
        _examine_inside(number, each, recorder, indicators, plugins)


def _examine_inside(
    number: int, inside: Inside, recorder: Recorder, indicators: Indicators, plugins: list[type[MVTModule]]
) -> None:
    """Run the command of an acquisition inside this one; what ends it costs itself alone."""
    step = f"inside {number}: {inside.place}"
    if step in recorder.task.steps_done | recorder.task.steps_lost:
        return
    with recorder.step(step), recorder.within(number, inside) as task:
        guard_evidence(task.target)
        try:
            for found in inspect(task):
                if not isinstance(found, str):
                    recorder.problem(f"{found.module} in {inside.place}", found.outcome, found.reason)
            command_for(task, indicators, plugins, recorder, f"inside{number}").run()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - as in the pre-flight
            reason = crashed(error) if isinstance(error, Exception) else why("command.early", error="sys.exit")
            recorder.problem(inside.place, ModuleOutcome.FAILED, reason)


def look_again(task: Task, recorder: Recorder, matchset: MatchSet) -> None:
    """Run the second reader, unless it is switched off, was done by an earlier worker, or ended too many of them."""
    if not task.sweep:
        recorder.emit("limitation", reason=why("reader.off_limit").data)
    attempts = sum(name.startswith(READER_STEP) for name in task.steps_lost)
    if any(name.startswith(READER_STEP) for name in task.steps_done) or attempts >= READER_ATTEMPTS:
        return
    with recorder.step(f"{READER_STEP} {attempts + 1}" if attempts else READER_STEP):
        try:
            if task.sweep:
                second.run(task, matchset, recorder.emit)
            else:
                second.claim_only(task, recorder.emit)
        except Exception as error:  # noqa: BLE001 - as in the pre-flight
            recorder.problem("second reader", ModuleOutcome.FAILED, crashed(error))


def crashed(error: Exception) -> Reason:
    """Return the reason for what an exception ended outside of MVT's modules."""
    return why("command.crashed", error=f"{type(error).__name__}: {error}")


def _silence_console() -> None:
    # Importing some of MVT's modules sets up its console, where every log line is laid out for a terminal nobody sees.
    logger = logging.getLogger("mvt")
    for handler in logger.handlers[:]:
        if isinstance(handler, MVTLogHandler):
            logger.removeHandler(handler)


def _matchset(task: Task) -> MatchSet:
    try:
        return read_matchset(task.matchset)
    except (OSError, ValueError) as error:
        raise RefusedError("indicator_count", f"The indicators could not be loaded: {error}") from error


def _indicators(task: Task, matchset: MatchSet, recorder: Recorder) -> Indicators:
    log = logging.getLogger("mvt.common.indicators")
    build = stock_from_matchset if task.stock_matcher else FastIndicators.from_matchset
    return build(matchset, log, recorder.matches.witness)


def _tools() -> dict[str, str]:
    return {
        "mvt": MVT_VERSION,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{f"plugins:{name}": version for name, version in sorted(plugin_distributions().items())},
    }
