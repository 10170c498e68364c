"""Who may be shown how: the publication level of each official, and a veil over what must not be seen in free text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import ahocorasick

from mvtcase.canon import StrEnum
from mvtcase.escape import defang, visible
from mvtcase.model import Publication, RosterState
from mvtcase.wording import Said, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mvtcase.casebook import OfficialStanding
    from mvtcase.model import Device, Official


class Edition(StrEnum):
    """What a report is for: it decides who is in a row, and never who is in a number."""

    INTERNAL = "internal"
    NAMED = "named"
    OUTSIDE = "outside"


EDITION_WORDS = said({
    Edition.INTERNAL: "Internal edition: names everybody and shows everything. For the case team only.",
    Edition.NAMED: "Named edition: names everybody; contacts and device identities are covered.",
    Edition.OUTSIDE: "Outside edition: people appear as their publication levels let them; every number counts all.",
})  # fmt: skip
GROUP_EDITION_WORDS = EDITION_WORDS | said({
    Edition.INTERNAL: "Internal edition: every number is exact. For the case team only.",
    Edition.NAMED: "Named edition: every number is exact.",
})  # fmt: skip
"""Of a report that names nobody in any edition."""
HIDDEN = Said("[not shown]")
UNATTRIBUTED = Said("an official shown only in counts")
MAX_TEXT_CHARACTERS = 700
_MIN_PART_LETTERS = 4
_MIN_CHARACTERS = 2
_ROOM = 4
_LINE_ACCOUNT = re.compile(r"(?<![0-9A-Za-z])[ucr][0-9a-f]{32}(?![0-9A-Za-z])")
_PHONE = re.compile(r"[+\d\s().-]+")
_PHONE_TAIL = 8
_DIGITS = re.compile(r"\+?\(?\d(?:[\s().-]{0,3}\d){7,}")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s<>\"'`]+|\bwww\.[^\s<>\"'`]+|[^\s<>\"'`@]+@[\w-]+(?:\.[\w-]+)+")
_PLAIN_TYPES = frozenset(
    {
        "processes",
        "file_names",
        "file_paths",
        "files_md5",
        "files_sha1",
        "files_sha256",
        "app_ids",
        "app_cert_hashes",
        "ios_profile_ids",
        "android_property_names",
    }
)
"""MVT's indicator types that nobody can click; their dots stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """How an official appears: `who` names them, `role` is empty where the level hides it or nobody gave one."""

    who: str
    role: str = ""


def face_of(official: Official) -> Face | None:
    """Return how an official may appear by name or role, None when there may be no row about them at all."""
    if official.roster is RosterState.WITHDRAWN:
        return None
    if official.publication is Publication.NAMED:
        return Face(who=visible(official.name) or "name not recorded", role=visible(official.role))
    if official.publication is Publication.ROLE:
        return Face(who=visible(official.pseudonym), role=visible(official.role))
    return None


def is_withheld(official: Official) -> bool:
    """Return whether an official may be in no row at all: in the numbers, where enough others are, and nowhere else."""
    return RosterState.WITHDRAWN is official.roster or official.publication is Publication.WITHHELD


def can_be_clicked(kind: str) -> bool:
    """Return whether an indicator of an MVT type could be clicked; a type not known is taken for one that could."""
    return kind not in _PLAIN_TYPES


def shown_indicator(value: str, kind: str) -> str:
    """Return an indicator that nobody can click and nothing obeys."""
    return visible(defang(value) if can_be_clicked(kind) else value)


class Veil:
    """Makes free text fit for a report: personal data covered, links broken, controls shown, length bounded.

    Ids of LINE accounts and chats are covered whoever they belong to: they lead to people who agreed to nothing. With
    `covers` off nothing is covered: for the case team, which has the case. What is sought is gathered at the first
    text: many reports have none.
    """

    def __init__(
        self,
        officials: Iterable[OfficialStanding],
        indicators: Iterable[str] = (),
        *,
        unclickable: Iterable[str] = (),
        covers: bool = True,
    ) -> None:
        self._covers, self._people, self._indicators = covers, officials if covers else (), tuple(indicators)
        self._unclickable = tuple(unclickable)

    @cached_property
    def _personal(self) -> frozenset[str]:
        people = tuple(self._people)
        told = {face.role for one in people if (face := face_of(one.official))}
        told |= {visible(group.name) for one in people for group in one.groups}
        return frozenset({text for one in people for text in _personal(one)} - told)

    @cached_property
    def _hidden(self) -> _Spotter:
        return _Spotter({each: _pattern(each) for text in self._personal for each in (text, defang(text))})

    @cached_property
    def _tails(self) -> frozenset[str]:
        return frozenset(tail for text in self._personal if (tail := _phone_tail(text)))

    @cached_property
    def _links(self) -> _Spotter:
        known = {text for each in self._indicators if len(text := visible(each)) > _MIN_CHARACTERS}
        return _Spotter({text: re.escape(text) for text in known})

    @cached_property
    def _kept(self) -> _Spotter:
        known = {visible(each) for each in (*self._indicators, *self._unclickable)}
        return _Spotter({told: re.escape(told) for each in known if each for told in (each, defang(each))})

    def text(self, value: str, *, limit: int = MAX_TEXT_CHARACTERS) -> str:
        """Return a text as a report may show it; what is personal is covered before anything is cut or broken."""
        shown = visible(value[: limit * _ROOM])
        if self._covers:
            shown = self._hidden.sub(_covered, shown, keep=self._kept.whole(shown))
            shown = _LINE_ACCOUNT.sub(HIDDEN, _DIGITS.sub(self._number, shown))
        shown = _URL.sub(lambda match: defang(match[0]), shown)
        shown = self._links.sub(lambda match: defang(match[0]), shown)
        return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"

    def _number(self, match: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", match[0])
        ends = (digits[place : place + _PHONE_TAIL] for place in range(len(digits) - _PHONE_TAIL + 1))
        return HIDDEN if any(end in self._tails for end in ends) else match[0]


def _covered(_: re.Match[str]) -> str:
    return HIDDEN


class _Spotter:
    """Many literal texts sought at once: a pass over the text tells which occur, and only those are replaced."""

    def __init__(self, patterns: Mapping[str, str]) -> None:
        self._automaton = ahocorasick.Automaton()
        for text, pattern in patterns.items():
            self._automaton.add_word(text.casefold(), (len(text), pattern))
        if patterns:
            self._automaton.make_automaton()

    def sub(self, replacement: Callable[[re.Match[str]], str], text: str, keep: str = "") -> str:
        """Return a text with every occurrence replaced, the longest first, but those inside what the pattern keeps."""
        for pattern in self._found(text):
            if keep:
                pattern = f"(?P<kept>{keep})|{pattern}"  # noqa: PLW2901  # the same, with what goes before it
            text = re.sub(
                pattern,
                lambda match: match[0] if match.groupdict().get("kept") else replacement(match),
                text,
                flags=re.IGNORECASE,
            )
        return text

    def whole(self, text: str) -> str:
        """Return a pattern of what occurs in a text, where that is no part of a longer word; empty of nothing."""
        return "|".join(rf"(?<!\w){pattern}(?!\w)" for pattern in self._found(text))

    def _found(self, text: str) -> list[str]:
        """Return the patterns of what occurs in a text, the longest first."""
        if not len(self._automaton):
            return []
        return [each for _, each in sorted({found for _, found in self._automaton.iter(text.casefold())}, reverse=True)]


def _pattern(text: str) -> str:
    """Return the pattern of a personal text: a whole word where its script has words, anywhere else."""
    return rf"(?<!\w){re.escape(text)}(?!\w)" if text.isascii() else re.escape(text)


def _phone_tail(text: str) -> str:
    """Return the last digits of a telephone number, which every way of writing it shares; empty for another text."""
    digits = re.sub(r"\D", "", text)
    return digits[-_PHONE_TAIL:] if _PHONE.fullmatch(text) and len(digits) >= _PHONE_TAIL else ""


def _personal(one: OfficialStanding) -> Iterator[str]:
    """Yield what must not appear in free text about anybody, however much of the person is shown elsewhere."""
    for text in (*_of_person(one.official), *(each for device in one.devices for each in _of_device(device.device))):
        cleaned = visible(text).strip()
        if len(cleaned) > _MIN_CHARACTERS or (cleaned and not cleaned.isascii()):
            yield cleaned


def _of_person(official: Official) -> Iterator[str]:
    yield official.contact
    yield from (part for part in re.split(r"[\s,;/|<>]+", official.contact) if len(part) >= _MIN_PART_LETTERS)
    if official.publication is Publication.NAMED:
        return
    yield official.name
    yield from (part for part in official.name.split() if len(part) >= _MIN_PART_LETTERS or not part.isascii())
    if official.publication is not Publication.ROLE:
        yield official.role
        yield official.pseudonym


def _of_device(device: Device) -> Iterator[str]:
    identity = device.identity
    models = (identity.model, identity.product_type, identity.manufacturer, "iPhone", "iPad")
    generic = tuple(each.casefold() for each in models if each)
    named = filter(None, (device.label, identity.name))
    # A phone that nobody renamed is called by the begin of its model.
    yield from (text for text in named if not any(each.startswith(text.casefold()) for each in generic))
    yield device.owner
    yield device.fingerprint.partition(":")[2]
    yield from filter(None, (identity.udid, identity.serial, identity.imei, identity.phone_number))
