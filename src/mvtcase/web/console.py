"""What all pages of a console share: the workspace, who may enter and as whom, the work under way, the language."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mvtcase import workflow
from mvtcase.errors import InputError, NotFoundError
from mvtcase.escape import visible
from mvtcase.store.memory import Memory
from mvtcase.web.door import COOKIE, COOKIE_UNDER_TLS
from mvtcase.web.work import Works
from mvtcase.wording import do, say, translator

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.web.door import Door, Session
    from mvtcase.wording import Step, Translator
    from mvtcase.workflow.desk import Desk, Outcome

MAX_FOLDERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """The folders below one that the examiner may choose from, with the way back up; `here` is relative to the root."""

    here: str
    up: str | None
    folders: tuple[str, ...]
    files: tuple[str, ...]
    others: int
    """How many have a name that is no text: no address and no form can hold it."""


@dataclass(kw_only=True)
class Console:
    """One console; `shared` when others than this machine's user reach it: then everybody signs in with a password."""

    desk: Desk
    door: Door
    names: frozenset[str]
    evidence_root: Path | None = None
    shared: bool = False
    tls: bool = False
    tongue: Translator = field(default_factory=translator)
    typed: Callable[[Step], str] = str
    """How a step is typed, as the face that started the console says it."""
    works: Works = field(default_factory=Works)
    memory: Memory = field(default_factory=Memory)
    reading: threading.Lock = field(default_factory=threading.Lock)
    """Who reads is written down one after the other: SQLite lets a crowd that all write wait without an order."""
    wait_seconds: float = 30.0
    """How long a server that ends waits for its workers."""

    @property
    def cookie(self) -> str:
        """The name of the cookie that sessions are known by."""
        return COOKIE_UNDER_TLS if self.tls else COOKIE

    def at(self, session: Session, case: str | None) -> Desk:
        """Return the desk of whoever a session is of, at a case. Raises `NotFoundError` when the person is not in it.

        A shared console shows a case to its registered examiners alone, and says of others not even that they exist.
        """
        desk = replace(self.desk, memory=self.memory)
        desk = replace(desk, examiner=session.examiner, shared=True) if self.shared else desk
        if not case:
            return desk
        desk = replace(desk, case=case)
        if self.shared and not workflow.passwords.admitted(desk):
            raise NotFoundError("There is no case {case!r} that {name} is registered in.", case=case, name=desk.actor)
        return desk

    def own_cases(self, desk: Desk, listed: Outcome[Any]) -> Outcome[Any]:
        """Return a list of cases with those that the person is registered in; all of them where nobody signs in."""
        if not self.shared:
            return listed
        own = tuple(each for each in listed.data.cases if workflow.passwords.admitted(replace(desk, case=each.slug)))
        return replace(listed, data=replace(listed.data, cases=own), messages=())

    def told(self, told: object) -> str:
        """Return what is told in the console's language, as the command line puts it into JSON."""
        return self.tongue.word(told, self.typed)

    def word(self, told: object) -> str:
        """Return what is told in the console's language, harmless to show."""
        return visible(self.told(told))

    def looked_at(self, desk: Desk, subject: str) -> None:
        """Write down that somebody read a person's record. Raises `NotFoundError`."""
        with self.reading:
            workflow.custody.looked_at(desk, subject)

    def folders(self, here: str) -> Folders:
        """Return what is in a folder of evidence. Raises `InputError` without a root, `NotFoundError` outside of it."""
        base = self._root()
        place = self.below_root(here)
        try:
            named = sorted(each for each in place.iterdir() if not each.is_symlink())
        except OSError:  # not there, no folder, not ours to read, or no name that the file system takes
            raise _no_folder(here) from None
        inside = [each for each in named if _is_text(each.name)][:MAX_FOLDERS]
        relative = place.relative_to(base)
        return Folders(
            here="" if place == base else str(relative),
            up=None if place == base else str(relative.parent).removeprefix("."),
            folders=tuple(each.name for each in inside if each.is_dir()),
            files=tuple(each.name for each in inside if each.is_file()),
            others=len(named) - len(inside),
        )

    def below_root(self, named: str) -> Path:
        """Return a place below the folder of evidence. Raises `NotFoundError` for one outside of it."""
        base = self._root()
        try:
            place = (base / named).resolve()
        except (OSError, ValueError):
            raise _no_folder(named) from None
        if not place.is_relative_to(base):
            raise _no_folder(named)
        return place

    def _root(self) -> Path:
        if self.evidence_root is None:
            raise InputError(
                "No folder of evidence was named.",
                hint=say("Start {0}, or type the path.", do("serve", evidence_root="FOLDER")),
            )
        return self.evidence_root.resolve()


def _no_folder(here: str) -> NotFoundError:
    return NotFoundError("There is no folder {here} below the folder of evidence.", here=here)


def _is_text(name: str) -> bool:
    """Return whether a file's name is text, and not bytes that no encoding explains."""
    return name.encode("utf-8", "ignore").decode() == name
