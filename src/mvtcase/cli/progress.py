"""Progress on stderr: a bar for each device with the module at work and the time left, silent where nobody watches."""

from __future__ import annotations

import contextlib
import sys
import threading
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from mvtcase.cli.output import console
from mvtcase.cli.state import words
from mvtcase.escape import visible
from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import TaskID

    from mvtcase.cli.state import State
    from mvtcase.engine.job import EngineEvent
    from mvtcase.workflow.batches import Step

MAX_MODULE_CHARACTERS = 32
_BATCH = ""


class _Plain(TextColumn):
    """A text column that takes evidence text as text and never as markup."""

    def __init__(self, name: str) -> None:
        super().__init__("")
        self._name = name

    def render(self, task: object) -> Text:
        fields = getattr(task, "fields", {})
        return Text(visible(str(fields.get(self._name, "")))[:MAX_MODULE_CHARACTERS].ljust(12))


class ScanProgress:
    """A bar for each acquisition, counting its modules; safe to feed from several threads.

    Nothing is drawn before the first event, so that questions asked before stay readable.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.Lock()
        self._paused = False

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Draw nothing for as long as somebody is asked a question; the scans go on."""
        with self._lock:
            self._paused = True
            self._progress.stop()
        try:
            yield
        finally:
            with self._lock:
                self._paused = False
                if self._tasks:
                    self._progress.start()

    def batch(self, step: Step) -> None:
        """Take one phone of a batch that is done: its bar goes, the batch's own comes to stand last."""
        with self._lock:
            done = self._tasks.pop(step.acquisition, None)
            if done is not None:
                self._progress.remove_task(done)
            whole = self._tasks.get(_BATCH)
            if whole is not None:
                self._progress.remove_task(whole)
            label = words(say("about {time} left", time=_duration(step.seconds_left)))
            self._tasks[_BATCH] = self._progress.add_task(
                "", subject=words(say("phones")), module=label, total=step.total, completed=step.done
            )

    def __call__(self, subject: str, event: EngineEvent) -> None:
        """Take one engine event of one acquisition or scan."""
        with self._lock:
            task = self._tasks.get(subject)
            if task is None:
                if not self._paused:
                    self._progress.start()
                task = self._progress.add_task("", subject=subject, module="", total=event.total or None)
                self._tasks[subject] = task
            label = event.module or event.what.replace("_", " ")
            if event.total:
                done = event.index if event.what == "module_finished" else max(0, event.index - 1)
                self._progress.update(task, total=event.total, completed=min(done, event.total), module=label)
            else:
                self._progress.update(task, module=label)


class StepLines:
    """A line on stderr for each phone of a batch, where there is no terminal to draw on."""

    def paused(self) -> contextlib.AbstractContextManager[None]:
        """Return what does nothing: lines disturb no question."""
        return contextlib.nullcontext()

    def batch(self, step: Step) -> None:
        """Tell of one phone that is done."""
        left = (
            say("about {time} left", time=_duration(step.seconds_left)) if step.done < step.total else say("all done")
        )
        told = say(
            "{done} of {total}: {acquisition} took {time}; {left}.",
            done=step.done,
            total=step.total,
            acquisition=step.acquisition,
            time=_duration(step.seconds),
            left=left,
        )
        console(stderr=True).print(Text(visible(words(told))))

    def __call__(self, subject: str, event: EngineEvent) -> None:
        """Tell nothing of what happens within a scan."""


def _duration(seconds: float) -> str:
    """Return a span of time as people say it: seconds below two minutes, then minutes, then hours."""
    if seconds < 120:  # noqa: PLR2004 - two minutes
        return words(say("{count} s", count=round(seconds)))
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    return words(
        say("{hours} h {minutes} min", hours=hours, minutes=rest) if hours else say("{count} min", count=minutes)
    )


@contextlib.contextmanager
def scanning(state: State) -> Iterator[ScanProgress | StepLines]:
    """Give a listener for engine events and steps of a batch: bars on a terminal, a line for each phone elsewhere."""
    if not _watched(state):
        yield StepLines()
        return
    columns = (
        _Plain("subject"),
        _Plain("module"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn(words(say("left"))),
        TimeRemainingColumn(),
    )
    progress = Progress(*columns, console=console(stderr=True), transient=True)
    try:
        yield ScanProgress(progress)
    finally:
        progress.stop()


@contextlib.contextmanager
def hashing(state: State) -> Iterator[Callable[[int, int, int | None], None]]:
    """Give a listener for hashing that draws one bar on a terminal and does nothing elsewhere."""
    if not _watched(state):
        yield lambda _files, _done, _total: None
        return
    columns = (
        _Plain("subject"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:
        task = progress.add_task("", subject=words(say("hashing")), total=None)

        def heard(files: int, done: int, total: int | None) -> None:
            progress.update(
                task, subject=words(say("hashing, {files:# file|# files}", files=files)), completed=done, total=total
            )

        yield heard


def _watched(state: State) -> bool:
    return sys.stderr.isatty() and not state.as_json
