"""Long work: scans and rechecks in threads of the server, which a closed browser does not end; each can be stopped."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mvtcase import workflow
from mvtcase.errors import MvtcaseError
from mvtcase.wording import say
from mvtcase.workflow.scans import StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mvtcase.engine.job import EngineEvent, Secret
    from mvtcase.model import Acquisition
    from mvtcase.workflow.desk import Desk, Outcome

MAX_KEPT = 50
"""How many pieces of work are remembered once they have ended."""


@dataclass(kw_only=True)
class Work:
    """One piece of work: where each phone stands by its acquisition, and how it ended."""

    number: int
    what: str
    case: str
    stop: threading.Event = field(default_factory=threading.Event)
    at: dict[str, str] = field(default_factory=dict)
    done: bool = False
    ended: tuple[object, ...] = ()
    """Sentences, once it is done."""

    def heard(self, subject: str, event: EngineEvent) -> None:
        """Take an event of the engine; one that comes after the work was stopped ends the worker."""
        if self.stop.is_set():
            raise StoppedError
        share = f"{event.index}/{event.total} " if event.total else ""
        self.at[subject] = f"{share}{event.module or event.what.replace('_', ' ')}"

    @property
    def shown(self) -> dict[str, Any]:
        """The work as the stream of progress tells it."""
        return {"number": self.number, "what": self.what, "at": dict(self.at), "done": self.done}


class Works:
    """All work of one server; it begins, is looked at and is stopped here."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._works: deque[Work] = deque(maxlen=MAX_KEPT)
        self._threads: dict[int, threading.Thread] = {}

    def of(self, case: str) -> tuple[Work, ...]:
        """Return the work on a case, newest first."""
        return tuple(each for each in reversed(self._works) if each.case == case)

    def stop(self, case: str, number: int) -> None:
        """Ask a piece of work on a case to stop: what was found is kept, and the rest can be done later."""
        for each in self._works:
            if (each.case, each.number) == (case, number):
                each.stop.set()

    def stop_all(self, *, wait: float) -> None:
        """Stop everything and wait for it: a worker must not outlive the server."""
        for each in self._works:
            each.stop.set()
        for thread in self._threads.values():
            thread.join(wait)

    def scan(self, desk: Desk, acquisitions: tuple[str, ...], password: Secret | None) -> Work:
        """Begin to scan some acquisitions, or all that were not scanned with these sets."""

        def no_password(_: Acquisition) -> Secret | None:
            return None

        def run(work: Work) -> Outcome[Any]:
            request = workflow.scans.Request(
                acquisitions=acquisitions,
                everything=not acquisitions,
                jobs=desk.settings.jobs,
                password=password,
                ask_password=no_password,
                on_event=work.heard,
                stop=work.stop,
            )
            return workflow.scans.run(desk, request)

        return self._begin(f"scan {', '.join(acquisitions) or 'of all that is due'}", desk, run)

    def recheck(self, desk: Desk) -> Work:
        """Begin to compare the stored results of every scan with the active sets."""

        def run(work: Work) -> Outcome[Any]:
            request = workflow.rechecks.Request(everything=True, jobs=desk.settings.jobs, on_event=work.heard)
            return workflow.rechecks.run(desk, request)

        return self._begin("recheck of all", desk, run)

    def _begin(self, what: str, desk: Desk, run: Callable[[Work], Outcome[Any]]) -> Work:
        work = Work(number=next(self._numbers), what=what, case=desk.case or "")

        def until_done() -> None:
            try:
                work.ended = run(work).messages or (say("Done."),)
            except MvtcaseError as error:
                work.ended = (error.message, error.hint) if error.hint else (error.message,)
            except StoppedError:
                work.ended = (say("Stopped. What was found is stored; the same work goes on with the rest."),)
            finally:
                work.done = True

        self._works.append(work)
        self._threads[work.number] = threading.Thread(target=until_done, name=f"work {work.number}", daemon=True)
        self._threads[work.number].start()
        return work
