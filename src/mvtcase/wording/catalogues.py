"""Catalogues: `locale/LANGUAGE/LC_MESSAGES/mvtcase.po` holds the sentences of a language; English needs none."""

from __future__ import annotations

import marshal
import re
import sys
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from mvtcase.canon import kept_beside
from mvtcase.wording.told import Counted, Day, Kept, Message, Reason, closed_up

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mvtcase.wording.told import Step

ENGLISH = "en"
DOMAIN = "mvtcase"
LOCALE = Path(__file__).parent / "locale"
ENVIRONMENT = ("MVTCASE_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
"""Variables that name a person's language, the first that is set rules."""
_OUR_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z")
_PARAMETER = re.compile(r"\{(\w+)(?:![rs])?(?::[^{}]*)?\}")
_FORMS = re.compile(r"\{\w+(?:![rs])?:?([^{}]*)\}")
"""The two forms that a sentence has of a parameter, empty where it has none."""
_STEP = re.compile(r"\{\d\}")
_WORDS_OF_ITS_OWN = 12
"""Characters that a sentence must have beside its parameters to be known again by them."""
_SPLIT = re.compile(r"[_.@-]")
_TRADITIONAL = frozenset({"tw", "hant", "hk", "mo"})
"""What in the name of a kind of Chinese says that it is written in traditional characters."""


@dataclass(frozen=True, slots=True, eq=False)
class Translator:
    """Words what is told in one language, times in a zone; a sentence that its catalogue lacks stays English."""

    language: str = ENGLISH
    sentences: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    form: Callable[[int], int] = field(default=lambda _: 0)
    zone: str = "UTC"

    def text(self, english: str) -> str:
        """Return a sentence of the catalogue, parameters and all, in this language and in the form of its number."""
        if isinstance(english, Day) and self.language != ENGLISH:
            return self._day(english.day)
        forms = self.sentences.get(english)
        if not forms:
            return self.again(english) if isinstance(english, Kept) else english
        which = self.form(english.number) if isinstance(english, Counted) else 0
        return forms[which] or english

    def word(self, told: object, show: Callable[[Step], str] = str) -> str:
        """Return a message, reason or fixed sentence in this language, steps as `show` makes them; else the text."""
        if isinstance(told, Message):
            return told.worded(show, self.text)
        return (
            told.worded(self.text)
            if isinstance(told, Reason)
            else self.text(told if isinstance(told, Day) else str(told))
        )

    def again(self, text: str) -> str:
        """Return an English sentence that was filled in already, as cases keep them, in this language if known."""
        if text in self.sentences or not self.sentences:
            return self.text(str(text))
        for pattern, template in _patterns(self):
            if match := pattern.fullmatch(text):
                return closed_up(template, match.groupdict()).format(**match.groupdict())
        return str(text)

    def moment(self, text: str, zone: str = "") -> str:
        """Return a text with times of our clock as people of this language write them, in a zone that stands beside."""
        return _OUR_TIME.sub(lambda match: self._moment(match, zone or self.zone), text)

    def _moment(self, match: re.Match[str], zone: str) -> str:
        try:
            there = datetime.strptime(f"{match[1]} {match[2]}+0000", "%Y-%m-%d %H:%M:%S%z").astimezone(ZoneInfo(zone))
        except ValueError:
            return match[0]
        offset = there.strftime("%z")
        shown = "UTC" if offset == "+0000" else f"UTC{offset[:3]}:{offset[3:]}"
        return f"{self._day(there.date().isoformat())} {there:%H:%M:%S} {shown}"

    def _day(self, day: str) -> str:
        """Return a day of ISO 8601 as this language writes it; English keeps it."""
        return day if self.language == ENGLISH else _local_day(self.language, day)


@lru_cache(maxsize=4096)
def _local_day(language: str, day: str) -> str:
    """Return a day as a language writes it; babel looks for the locale's files anew each time."""
    from babel.dates import format_date  # noqa: PLC0415  # slow to load, and English needs none

    return str(format_date(date.fromisoformat(day), "medium", locale=language.replace("-", "_")))


@lru_cache(maxsize=8)
def _patterns(tongue: Translator) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return what recognises each sentence with parameters and enough words of its own, the longest first."""
    found = []
    for english, (other, *_) in tongue.sentences.items():
        pieces = _PARAMETER.split(english)
        fixed, names = pieces[::2], pieces[1::2]
        known = sum(map(len, fixed)) >= _WORDS_OF_ITS_OWN and not _STEP.search(english)
        if names and known and len({*names}) == len(names):
            forms = iter(_FORMS.findall(english))
            pattern = "".join(
                f"(?P<{each}>.+?){_either(next(forms))}" if odd % 2 else re.escape(each)
                for odd, each in enumerate(pieces)
            )
            plain = _PARAMETER.sub(r"{\1}", other)
            found.append((len(english), re.compile(pattern, re.DOTALL), plain))
    return tuple((pattern, plain) for _, pattern, plain in sorted(found, key=lambda one: -one[0]))


def _either(forms: str) -> str:
    """Return what recognises either form of a counted parameter, but for its number, which stands before it."""
    return f"(?:{'|'.join(re.escape(each.removeprefix('#')) for each in forms.split('|'))})" if "|" in forms else ""


def languages(folder: Path = LOCALE) -> tuple[str, ...]:
    """Return the languages at hand as people name them, English first."""
    there = (each.parent.parent.name for each in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))
    return (ENGLISH, *sorted(each.replace("_", "-") for each in there))


def language_of(name: str, folder: Path = LOCALE) -> str | None:
    """Return the language at hand that a name means, such as `zh_TW.UTF-8`; None where none is or none is named."""
    first, *rest = _SPLIT.split(name.strip().lower())
    known = {each.lower(): each for each in languages(folder)}
    if "-".join((first, *rest[:1])) in known:
        return known["-".join((first, *rest[:1]))]
    if first == "zh" and rest and not _TRADITIONAL.intersection(rest):
        return None
    return next((each for lowered, each in known.items() if first and lowered.split("-")[0] == first), None)


def spoken(environment: Mapping[str, str]) -> str | None:
    """Return the language that a person's environment names, None where it names none at hand."""
    named = next((environment[each] for each in ENVIRONMENT if environment.get(each)), "")
    return language_of(named)


@lru_cache(maxsize=8)
def translator(language: str = ENGLISH, folder: Path = LOCALE) -> Translator:
    """Return the translator of a language: of its catalogue, else of that of `de` for `de_AT`, else English."""
    name = language_of(language, folder) or ENGLISH
    path = folder / name.replace("-", "_") / "LC_MESSAGES" / f"{DOMAIN}.po"
    return Translator() if name == ENGLISH else _read(name, path)


def _read(name: str, path: Path) -> Translator:
    """Return the translator of a catalogue."""
    import gettext  # noqa: PLC0415  # slow to load, and English needs none

    sentences, plural = _compiled(path)
    return Translator(name, sentences, cache(gettext.c2py(plural)))


def _compiled(path: Path) -> tuple[dict[str, tuple[str, ...]], str]:
    """Return what a catalogue says, compiled once and kept beside it as Python keeps modules."""
    found = path.stat()
    stamp = f"{found.st_mtime_ns}-{found.st_size}-{sys.implementation.cache_tag}"
    load: Callable[[bytes], tuple[dict[str, tuple[str, ...]], str]] = marshal.loads
    return kept_beside(path, stamp, lambda: marshal.dumps(_parsed(path)), load)


def _parsed(path: Path) -> tuple[dict[str, tuple[str, ...]], str]:
    """Return the sentences of a catalogue and its rule of plurals; a sentence marked unsure counts as missing."""
    from babel.messages.pofile import read_po  # noqa: PLC0415  # as above

    with path.open("rb") as handle:
        catalogue = read_po(handle)
    sentences: dict[str, tuple[str, ...]] = {}
    for each in catalogue:
        one, forms = each.id, each.string
        key = one if isinstance(one, str) else one[0]
        told = (forms,) if isinstance(forms, str) else tuple(forms or ())
        if key and any(told) and not each.fuzzy:
            sentences[key] = told
    return sentences, str(catalogue.plural_expr)
