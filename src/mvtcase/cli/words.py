"""Telling people what the floors below tell as data: a step is printed as the command to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.wording import Message, Reason, translator

if TYPE_CHECKING:
    from mvtcase.wording import Step, Translator

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
