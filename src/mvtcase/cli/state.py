"""The global options of one call, and the desk they make; heavy floors are imported only when a verb needs them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mvtcase.wording import Message, Reason, translator

if TYPE_CHECKING:
    import typer

    from mvtcase.wording import Step, Translator
    from mvtcase.workflow.desk import Desk


@dataclass(kw_only=True)
class State:
    """What the global options of a call said, and how far it has come: `done` when the verb has returned."""

    workspace: str | None = None
    case: str | None = None
    as_json: bool = False
    yes: bool = False
    examiner: str = ""
    command: str = ""
    exit_code: int | None = None
    done: bool = False

    @property
    def named_workspace(self) -> str | None:
        """The workspace that the call or the environment names, None where neither does."""
        return self.workspace or os.environ.get("MVTCASE_WORKSPACE") or None

    @property
    def named_case(self) -> str | None:
        """The case that the call or the environment names, None where neither does."""
        return self.case or os.environ.get("MVTCASE_CASE") or None

    @property
    def named_examiner(self) -> str:
        """The examiner that the call or the environment names, empty where neither does."""
        return self.examiner or os.environ.get("MVTCASE_EXAMINER", "")

    def desk(self) -> Desk:
        """Return the examiner's desk at the workspace meant. Raises `WorkspaceError` and what settings raise."""
        from mvtcase.settings import load_settings
        from mvtcase.store.folder import find_workspace
        from mvtcase.workflow.desk import Desk

        settings = load_settings()
        return Desk(
            workspace=find_workspace(self.named_workspace, Path.cwd()),
            case=self.named_case,
            examiner=self.named_examiner,
            settings=settings,
        )


def state_of(context: typer.Context) -> State:
    """Return the state of this call with the verb filled in as the envelope names it: `scan run`."""
    root = context.find_root()
    if not isinstance(root.obj, State):
        root.obj = State()
    names = context.command_path.split()
    root.obj.command = " ".join(names[1:])
    return root.obj


ENGLISH = translator()
PROGRAM = "mvtcase"
OF_THE_PROGRAM = ("workspace", "case", "examiner")
"""Options that stand before the verb."""


def command(step: Step) -> str:
    """Return a step as people type it, in quotes: the whole call, or only the options of one to be made again."""
    named = {name: f"--{name}" if value is True else f"--{name} {value}" for name, value in step.options.items()}
    before = [named.pop(name) for name in OF_THE_PROGRAM if name in named and step.verb]
    verb = (PROGRAM, *before, step.verb) if step.verb else ()
    return f"'{' '.join((*verb, *step.arguments, *named.values()))}'"


def words(told: object, tongue: Translator = ENGLISH) -> str:
    """Return a message or reason as a sentence, and anything else as its text."""
    return tongue.word(told, command) if isinstance(told, (Message, Reason)) else str(told)
