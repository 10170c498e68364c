"""What people are told, kept as data: the step to take next, a sentence with its parameters, a reason with its code.

Nothing here knows a command line or a language: `cli` prints a step as a command, another face makes a link of it; a
catalogue words the rest. As text, all of them read in English.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, TypeVar, Union, cast

from mvtcase.canon import StrEnum
from mvtcase.wording.english import SENTENCES, TEXT

if TYPE_CHECKING:
    from typing_extensions import Self

    from mvtcase.canon import Json

Value: TypeAlias = Union[str, int, "Reason", "tuple[Value, ...]"]
"""A parameter of a reason; the reasons of a tuple are worded one after the other."""
Translate: TypeAlias = Callable[[str], str]
"""Gives a sentence of the catalogue in another language; of a counted one it is asked with `Counted`."""

_Fixed = TypeVar("_Fixed")

SENTENCE = "sentence"
"""The parameter whose value is itself an English sentence of the catalogue, such as one of a kind of evidence."""
MAX_DEPTH, MAX_PARAMS, MAX_TEXT = 12, 64, 4000
"""Bounds on a reason that is read back; a worker that was taken over may have written it."""


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


class Said(str):
    """A fixed sentence or word of the catalogue, in English; it is told from evidence by its type."""

    __slots__ = ()


class Kept(Said):
    """An English sentence that a case keeps, filled in already; a language that knows its pattern words it anew."""

    __slots__ = ()


class Day(Said):
    """A day as English writes it; another language writes `day`, which is ISO 8601, in its own way."""

    __slots__ = ("day",)
    day: str

    def __new__(cls, text: str, day: str) -> Self:
        """Return the day."""
        made = super().__new__(cls, text)
        made.day = day
        return made


class Counted(str):
    """An English sentence about a number of things, with that number, by which a language chooses its form."""

    __slots__ = ("number",)
    number: int

    def __new__(cls, text: str, number: int) -> Self:
        """Return the sentence."""
        made = super().__new__(cls, text)
        made.number = number
        return made


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence in English with its parameters: `{0}` and `{1}` stand for its steps, `{name}` for a parameter.

    With `many`, the form for any number but one, it counts the things of its parameter `n`.
    """

    text: str = ""
    steps: tuple[Step, ...] = ()
    params: Mapping[str, object] = field(default_factory=dict)
    many: str = ""

    def __bool__(self) -> bool:
        return bool(self.text)

    def __contains__(self, text: str) -> bool:
        return text in str(self)

    def __str__(self) -> str:
        return self.worded(str)

    def worded(self, show: Callable[[Step], str], translate: Translate = str) -> str:
        """Return the sentence, each step as `show` makes it, in the messages and reasons it quotes too."""
        if not self.steps and not self.params:
            return translate(self.text)
        if self.many:
            return _counted(self.text, self.many, self.params["n"], translate)
        named = {name: _quoted(value, show, translate) for name, value in self.params.items()}
        return filled(self.text, translate, *map(show, self.steps), **named)


@dataclass(frozen=True, slots=True)
class Titled(Message):
    """A title that somebody else wrote in English, with a sentence that says it where a language has one."""

    own: str = ""

    def worded(self, show: Callable[[Step], str], translate: Translate = str) -> str:
        """Return the sentence in the language of `translate`, in English the title as it was written."""
        return self.own if translate(self.text) == self.text else Message.worded(self, show, translate)


class Reason(str):
    """Why something is as it is: a code of `english.SENTENCES` with parameters, and as text its English sentence."""

    __slots__ = ("code", "params")
    code: str
    params: Mapping[str, Value]

    def __new__(cls, code: str, params: Mapping[str, Value]) -> Self:
        """Return the reason; a code that is not known keeps its parameters and is worded as itself."""
        made = super().__new__(cls, _worded(code, params, str))
        made.code, made.params = code, dict(params)
        return made

    def __getnewargs__(self) -> tuple[str, Mapping[str, Value]]:  # type: ignore[override]  # copies are made of these
        return self.code, self.params

    def worded(self, translate: Translate) -> str:
        """Return the sentence in the language of `translate`."""
        return _worded(self.code, self.params, translate)

    def mapped(self, change: Callable[[str], str]) -> Reason:
        """Return the reason with every text among its parameters changed, in the reasons it quotes too."""
        return Reason(self.code, {name: _mapped(value, change) for name, value in self.params.items()})

    @property
    def data(self) -> dict[str, Json]:
        """The reason as JSON keeps it."""
        return {"code": self.code, "params": {name: _data(value) for name, value in self.params.items()}}


def say(text: str, *steps: Step, **params: object) -> Message:
    """Return the message of an English sentence, the steps it names and its parameters."""
    return Message(text, steps, params)


def count(one: str, many: str, n: int | str) -> Message:
    """Return the message of a number of things, of which English has two forms: `{n} gap` and `{n} gaps`.

    Words in place of the number, such as "fewer than 5", take the form of many.
    """
    return Message(one, (), {"n": n}, many)


def said(told: _Fixed) -> _Fixed:
    """Return fixed sentences, alone or in tuples and mappings, marked as the catalogue's."""
    if isinstance(told, Mapping):
        return cast("_Fixed", {name: said(each) for name, each in told.items()})
    if isinstance(told, tuple):
        return cast("_Fixed", tuple(map(said, told)))
    return cast("_Fixed", Said(told)) if isinstance(told, str) else told


def do(verb: str = "", *arguments: str, **options: str | bool) -> Step:
    """Return a step; an underscore in an option's name stands for a hyphen, one at its end for nothing."""
    named = {name.rstrip("_").replace("_", "-"): value for name, value in options.items()}
    return Step(verb=verb, arguments=arguments, options=named)


def why(code: str, **params: Value) -> Reason:
    """Return the reason of a code with its parameters."""
    return Reason(code, params)


def together(*reasons: str) -> Reason:
    """Return several reasons as one; what is said twice is said once."""
    told = tuple(dict.fromkeys(text_of(each) for each in reasons if each))
    return told[0] if len(told) == 1 else Reason("several", {"reasons": told}) if told else NO_REASON


def text_of(reason: str) -> Reason:
    """Return a text as a reason: of the code `text` where it has no code of its own."""
    return reason if isinstance(reason, Reason) else Reason(TEXT, {TEXT: reason})


def reason_of(data: object) -> Reason:
    """Return the reason that `data` keeps; what is none, or over a bound, is a reason all the same: no gap is lost."""
    try:
        return _read(data, MAX_DEPTH)
    except (KeyError, TypeError, ValueError):
        return why("reason.unreadable")


@dataclass(frozen=True, slots=True, repr=False)
class _Formed:
    """A parameter that a sentence writes in one of two forms, `{n:# gap|# gaps}`, by whether it is one."""

    value: object

    def __str__(self) -> str:
        return str(self.value)

    def __repr__(self) -> str:
        return repr(self.value)

    def __format__(self, forms: str) -> str:
        if FORMS not in forms:
            return format(self.value, forms)
        one, _, many = forms.partition(FORMS)
        return (one if str(self.value) == "1" else many).replace("#", str(self.value))


FORMS = "|"
"""What stands between the two forms."""


def filled(template: str, translate: Translate, *steps: str, **params: object) -> str:
    """Return a sentence in the language of `translate`; a translation that does not fit gives way to the English.

    A parameter with two forms, `{n:# gap|# gaps}`, is put in that of one, or that of any other number.
    """
    if FORMS in template:
        params = {name: _Formed(value) for name, value in params.items()}
    try:
        return closed_up(translate(template), params).format(*steps, **params)
    except (KeyError, IndexError, ValueError, AttributeError):
        return template.format(*steps, **params)


def closed_up(template: str, params: Mapping[str, object]) -> str:
    """Return a template without the spaces between Chinese and a parameter that begins or ends in Chinese itself."""
    if _SPACED.search(template):
        for name, value in params.items():
            told = str(value)
            if _CHINESE.match(told):
                template = re.sub(rf"(?<={_CHINESE.pattern}) (?={{{name}[}}!:])", "", template)
            if _CHINESE.match(told[-1:]):
                template = re.sub(rf"(?<={{{name}}}) (?={_CHINESE.pattern})", "", template)
    return template


_CHINESE = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_SPACED = re.compile(rf"{_CHINESE.pattern} \{{|\}} {_CHINESE.pattern}")


_OF_TOOLS = frozenset({SENTENCE, TEXT, "error"})
"""Parameters that may hold, word by word, what the tools below say: a catalogue knows the common ones."""
_BETWEEN = Said("; ")
"""What stands between several reasons."""


def _counted(one: str, many: str, n: object, translate: Translate) -> str:
    """Return a number of things in the form that the language of `translate` has for that number."""
    told = translate(Counted(one, n if isinstance(n, int) else _MANY))
    return filled(told if told != one else one if n == 1 else many, str, n=_quoted(n, str, translate))


_MANY = 99
"""The number whose form goes with words in place of a number."""


def _worded(code: str, params: Mapping[str, Value], translate: Translate) -> str:
    named = {
        name: _quoted(translate(value) if name in _OF_TOOLS and type(value) is str else value, str, translate)
        for name, value in params.items()
    }
    template = SENTENCES.get(code)
    if template is None:
        return " ".join((f"[{code}]", *map(str, named.values())))
    return filled(template, translate, **named)


def _quoted(value: object, show: Callable[[Step], str], translate: Translate) -> str | float:
    if isinstance(value, Message):
        return value.worded(show, translate)
    if isinstance(value, Reason):
        return str(value) if translate is str else value.worded(translate)  # its text is English already
    if isinstance(value, (Said, StrEnum)):
        return translate(str(value) if isinstance(value, StrEnum) else value)
    if isinstance(value, tuple):
        return translate(_BETWEEN).join(str(_quoted(each, show, translate)) for each in value)
    return value if isinstance(value, (int, float)) else str(value)


def _mapped(value: Value, change: Callable[[str], str]) -> Value:
    if isinstance(value, Reason):
        return value.mapped(change)
    if isinstance(value, tuple):
        return tuple(_mapped(each, change) for each in value)
    return change(value) if isinstance(value, str) else value


def _data(value: Value) -> Json:
    if isinstance(value, Reason):
        return value.data
    return [_data(each) for each in value] if isinstance(value, tuple) else value


def _read(data: object, depth: int) -> Reason:
    if isinstance(data, str):
        return text_of(data)
    if not isinstance(data, dict) or depth == 0:
        raise ValueError("no reason")
    code, params = data["code"], data["params"]
    if not isinstance(code, str) or not isinstance(params, dict) or len(params) > MAX_PARAMS:
        raise ValueError("no reason")
    return Reason(code[:MAX_TEXT], {str(name): _value(value, depth - 1) for name, value in params.items()})


def _value(data: object, depth: int) -> Value:
    if isinstance(data, list) and len(data) <= MAX_PARAMS and depth:
        return tuple(_value(each, depth - 1) for each in data)
    if isinstance(data, (str, int)):
        return data[:MAX_TEXT] if isinstance(data, str) else data
    return _read(data, depth)


NO_REASON = why(TEXT, text="")
"""Where there is nothing to say."""
