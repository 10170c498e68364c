"""Catalogues: `locale/LANGUAGE/LC_MESSAGES/mvtcase.po` holds the sentences of a language; English needs none."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from mvtcase.wording.told import Message, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mvtcase.wording.told import Step

ENGLISH = "en"
DOMAIN = "mvtcase"
LOCALE = Path(__file__).parent / "locale"


@dataclass(frozen=True, slots=True)
class Translator:
    """Words what is told in one language; a sentence that its catalogue lacks stays English."""

    language: str = ENGLISH
    sentences: Mapping[str, str] = field(default_factory=dict)

    def text(self, english: str) -> str:
        """Return a sentence of the catalogue, parameters and all, in this language."""
        return self.sentences.get(english) or english

    def word(self, told: object, show: Callable[[Step], str] = str) -> str:
        """Return a message, reason or fixed sentence in this language, steps as `show` makes them; else the text."""
        if isinstance(told, Message):
            return told.worded(show, self.text)
        return told.worded(self.text) if isinstance(told, Reason) else self.text(str(told))


def languages(folder: Path = LOCALE) -> tuple[str, ...]:
    """Return the languages at hand, English first."""
    return (ENGLISH, *sorted(each.parent.parent.name for each in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.po")))


@lru_cache(maxsize=8)
def translator(language: str = ENGLISH, folder: Path = LOCALE) -> Translator:
    """Return the translator of a language: of its catalogue, else of that of `de` for `de_AT`, else English."""
    for name in (language, language.split("_", maxsplit=1)[0].split("-", maxsplit=1)[0]):
        path = folder / name / "LC_MESSAGES" / f"{DOMAIN}.po"
        if name in languages(folder)[1:]:
            return Translator(name, _read(path))
    return Translator()


def _read(path: Path) -> dict[str, str]:
    from babel.messages.pofile import read_po  # noqa: PLC0415  # slow to load, and English needs none

    with path.open("rb") as handle:
        catalogue = read_po(handle)
    told = ((each.id, each.string) for each in catalogue if not each.fuzzy)
    return {id_: text for id_, text in told if isinstance(id_, str) and isinstance(text, str) and id_ and text}
