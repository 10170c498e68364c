"""What people are told, kept as data below the faces: the step to take next, and a sentence with its parameters.

Nothing here knows a command line or a language: `cli` prints a step as a command, another face makes a link of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a person can do next: a verb, its arguments and its options; an option that is True is a flag.

    Without a verb it is the call that was just made, made again with these options. A word in capitals is the person's
    to fill in.
    """

    verb: str = ""
    arguments: tuple[str, ...] = ()
    options: Mapping[str, str | bool] = field(default_factory=dict)

    def __str__(self) -> str:
        named = (name if value is True else f"{name} {value}" for name, value in self.options.items())
        return f"'{' '.join((self.verb, *self.arguments, *named)).strip()}'"


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence in English with its parameters: `{0}` and `{1}` stand for its steps, `{name}` for a parameter."""

    text: str = ""
    steps: tuple[Step, ...] = ()
    params: Mapping[str, object] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.text)

    def __contains__(self, text: str) -> bool:
        return text in str(self)

    def __str__(self) -> str:
        return self.worded(str)

    def worded(self, show: Callable[[Step], str]) -> str:
        """Return the sentence in English, each step as `show` makes it, in the messages it quotes too."""
        if not self.steps and not self.params:
            return self.text
        named = {name: each.worded(show) if isinstance(each, Message) else each for name, each in self.params.items()}
        return self.text.format(*map(show, self.steps), **named)


def say(text: str, *steps: Step, **params: object) -> Message:
    """Return the message of an English sentence, the steps it names and its parameters."""
    return Message(text, steps, params)


def do(verb: str = "", *arguments: str, **options: str | bool) -> Step:
    """Return a step; an underscore in an option's name stands for a hyphen, one at its end for nothing."""
    named = {name.rstrip("_").replace("_", "-"): value for name, value in options.items()}
    return Step(verb=verb, arguments=arguments, options=named)
