"""The sentences that stand in the templates: found there in English, and put back in another language.

A phrase is the text between two tags, statements or line ends, with its values as parameters: templates stay plain
English, and a translator sees whole sentences.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinja2 import PackageLoader

from mvtcase.wording import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jinja2 import Environment

    from mvtcase.wording import Translator

_VALUE = r"\{\{.*?\}\}"
_INLINE = r"</?(?:b|i|em|strong|code)>"
_OPAQUE = re.compile(rf"(\{{#.*?#\}}|\{{%.*?%\}}|<style>.*?</style>|(?!{_INLINE})<(?:\{{%.*?%\}}|[^<>])*>)", re.DOTALL)
_OPAQUE_IN_MARKDOWN = re.compile(
    r"(\{#.*?#\}|\{%.*?%\}|\n|\||^ *(?:[-*#>]+ |\d+\. )+(?:\d+\. )?)", re.DOTALL | re.MULTILINE
)
_LABEL = re.compile(r'(?<=\baria-label=")[^"{}]*[A-Za-z][^"{}]*(?=")')
_VALUES = re.compile(_VALUE, re.DOTALL)
_KEPT = re.compile("\ue000(\\d+)\ue001")
"""What stands for a value while a template is taken apart, since values hold signs that separate sentences."""
_NAME = re.compile(r"[A-Za-z_][\w.]*")
_LITERAL = re.compile(
    r"""(?:(?<=\bor )|(?<=\belse ))(['"])([^'"]*[A-Za-z][^'"]*)\1|(['"])([^'"]*[A-Za-z][^'"]*)\3(?= if )"""
)
_CALLED = re.compile(r"""\b_\((['"])(.*?)\1\)""")
_NO_WORDS = re.compile(r"\{\w+\}|</?\w+>|^[-:]+$")
_TELLING = re.compile(r"[A-Za-z.,;:()]")
PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A sentence of a template: its text with named parameters, and the expression behind each name."""

    text: str
    values: dict[str, str]
    before: str
    after: str

    def filled(self, text: str) -> str:
        """Return the template's source with a text in place of the sentence, if that has the same parameters."""
        if {*PARAMETER.findall(text)} != {*self.values}:
            text = self.text
        return self.before + PARAMETER.sub(lambda match: self.values[match[1]], text) + self.after


def phrases(source: str, *, markdown: bool) -> Iterator[str]:
    """Yield every sentence of a template that people read."""
    found: list[str] = []

    def noted(text: str) -> str:
        found.append(text)
        return text

    worded(source, noted, markdown=markdown)
    yield from dict.fromkeys(found)


def worded(source: str, translate: Callable[[str], str], *, markdown: bool) -> str:
    """Return a template in another language."""
    values = _VALUES.findall(source)
    numbers = iter(range(len(values)))
    pieces = (_OPAQUE_IN_MARKDOWN if markdown else _OPAQUE).split(
        _VALUES.sub(lambda _: f"\ue000{next(numbers)}\ue001", source)
    )
    told = (
        _opaque(piece, translate) if number % 2 else _told(piece, values, translate)
        for number, piece in enumerate(pieces)
    )
    return _KEPT.sub(lambda match: _called(values[int(match[1])], translate), "".join(told))


def _opaque(piece: str, translate: Callable[[str], str]) -> str:
    """Return a tag or statement with its label in another language."""
    return _called(_LABEL.sub(lambda match: translate(match[0]), piece), translate)


def _called(piece: str, translate: Callable[[str], str]) -> str:
    """Return a piece of code with what it marks as a sentence, `_('…')`, in another language."""
    return _CALLED.sub(lambda match: f"_({match[1]}{translate(match[2])}{match[1]})", piece)


def _told(piece: str, values: list[str], translate: Callable[[str], str]) -> str:
    shown = _KEPT.sub(lambda match: _called(_literals(values[int(match[1])], translate), translate), piece)
    phrase = _phrase(shown)
    if not _TELLING.search(_NO_WORDS.sub("", phrase.text)):
        return shown
    return phrase.filled(translate(phrase.text))


def _literals(expression: str, translate: Callable[[str], str]) -> str:
    """Return an expression with the words it chooses between in another language."""

    def put(match: re.Match[str]) -> str:
        mark, text = (match[1], match[2]) if match[1] else (match[3], match[4])
        return f"{mark}{translate(text)}{mark}"

    return _LITERAL.sub(put, expression)


def _phrase(source: str) -> _Phrase:
    core = source.strip()
    start = source.index(core) if core else len(source)
    values: dict[str, str] = {}

    def named(match: re.Match[str]) -> str:
        found = _NAME.search(match[0])
        base = found[0].rpartition(".")[2] if found else "value"
        name, number = base, 1
        while values.get(name, match[0]) != match[0]:
            number += 1
            name = f"{base}_{number}"
        values[name] = match[0]
        return f"{{{name}}}"

    text = " ".join(_VALUES.sub(named, core).split())
    return _Phrase(text, values, source[:start], source[start + len(core) :])


class Templates(PackageLoader):
    """The templates of a package with their sentences in another language."""

    def __init__(self, tongue: Translator, package: str) -> None:
        super().__init__(package)
        self._tongue = tongue

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool] | None]:
        """Return a template's source as the base class does."""
        source, name, is_current = super().get_source(environment, template)
        if template.endswith(".j2") and self._tongue.language != ENGLISH:
            source = worded(source, self._tongue.text, markdown=".md." in template)
        return source, name, is_current
