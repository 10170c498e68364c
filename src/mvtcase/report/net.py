"""The last net under reports that leave the case team: no finished file may hold what must not appear in it.

Outside editions are built of fields that may be shown, so that the net catches nothing; when it does, the write fails.
It looks at text as people would read it: composed, without case, percent signs undone, letters and digits joined.
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from mvtcase.errors import RenderError
from mvtcase.model import Publication
from mvtcase.report.publication import face_of, shown_indicator
from mvtcase.wording import ENGLISH, languages, translator

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from mvtcase.casebook import OfficialStanding
    from mvtcase.model import Device, Official
    from mvtcase.report.view import View

_FEWEST_JOINED, _FEWEST_ALONE, _PHONE_TAIL, _FEWEST_CJK = 6, 4, 8, 2
"""How short a text may be to be looked for: joined, as a word alone, of a telephone number, and of Chinese."""
_WORDS = re.compile(r"\w+")
_NO_WORD = re.compile(r"[\W_]+")
_CJK = re.compile("[\u3400-\u9fff]")
_LONGEST_SURNAME = 2


def require_nobody(view: View, texts: Iterable[str]) -> None:
    """Raise `RenderError` where a finished text, or a file's name, holds what this edition must not tell of anybody."""
    read = "\n".join(" ".join(_read(each).split()) for each in texts)
    for ref in {one.indicator for one in view.findings if one.indicator}:
        for each in (ref.value, shown_indicator(ref.value, ref.type), ref.family):
            read = read.replace(_read(each), "\n") if each else read
    allowed = {word for one in view.book.officials for word in _allowed(one.official)} | own_words() | _team(view)
    joined = "\n".join(_NO_WORD.sub("", each) for each in read.split("\n"))
    words = set(_WORDS.findall(read.replace("_", " ")))
    shown = {face.who for face in view.faces.values()}
    for one in view.book.officials:
        if _holds(one, (read, joined), words, allowed, namesake=one.official.name in shown):
            raise RenderError(
                "What must not be told of {official} stands in the finished report: it was not written.",
                hint="Look for it in the case's title, in the names of groups, and in texts that were let out.",
                official=one.official.id,
            )


def _read(text: str) -> str:
    return unicodedata.normalize("NFKC", unquote(text.replace("\\", ""))).casefold()


def _team(view: View) -> set[str]:
    """Return the words of the names of those who worked on the case: a report names them."""
    people = {view.occasion.examiner, view.occasion.organisation, view.occasion.contact}
    people |= {scan.examiner for scan in view.scans} | {
        each.examiner for one in view.findings for each in one.dispositions
    }
    return {word for each in people for word in _WORDS.findall(_read(each))}


def _allowed(one: Official) -> Iterator[str]:
    face = face_of(one)
    if face:
        yield from _WORDS.findall(_read(f"{face.who} {face.role}"))


def _holds(
    one: OfficialStanding, texts: tuple[str, str], words: set[str], known: AbstractSet[str], *, namesake: bool
) -> bool:
    read, joined = texts
    told = {_NO_WORD.sub("", _read(each)) for each in _identities(one)}
    if any(len(each) >= _FEWEST_JOINED and each in joined for each in told):
        return True
    if namesake or one.official.publication is Publication.NAMED:
        return False
    name = _read(one.official.name)
    if _CJK.search(name):
        whole = _NO_WORD.sub("", name)
        spelt = [each for each in _chinese(whole) if len(each) >= _FEWEST_CJK and _CJK.search(each)]
        return any(each in joined for each in spelt)
    parts = _WORDS.findall(name)
    if len(parts) > 1 and any(_spelt(order, read) for order in (parts, parts[::-1])):
        return True
    return any(len(each) >= _FEWEST_ALONE and each in words and each not in known for each in parts)


def _spelt(parts: list[str], read: str) -> bool:
    """Return whether the parts of a name stand one after the other, whatever but letters is between them."""
    between = r"(?:[^\w\n]|_)*"
    return re.search(rf"(?<![^\W_]){between.join(map(re.escape, parts))}(?![^\W_])", read) is not None


def _chinese(whole: str) -> Iterator[str]:
    """Yield a Chinese name whole and the given name alone."""
    yield whole
    if len(whole) > _LONGEST_SURNAME:
        yield whole[1 if len(whole) == _LONGEST_SURNAME + 1 else _LONGEST_SURNAME :]


def _identities(one: OfficialStanding) -> Iterator[str]:
    person = one.official
    yield person.contact
    if face_of(person) is None:
        yield person.pseudonym
    for each in one.devices:
        yield from _of_device(each.device)


def _of_device(device: Device) -> Iterator[str]:
    identity = device.identity
    yield from filter(None, (identity.udid, identity.serial, identity.imei))
    digits = re.sub(r"\D", "", identity.phone_number or "")
    yield digits[-_PHONE_TAIL:]


@cache
def own_words() -> frozenset[str]:
    """Return every word that reports say by themselves: a name that is such a word gives nobody away."""
    tongues = [translator(each) for each in languages() if each != ENGLISH]
    texts = (text for tongue in tongues for english, told in tongue.sentences.items() for text in (english, *told))
    return frozenset(word for text in texts for word in _WORDS.findall(_read(text)))


def texts_of(facts: bytes) -> Iterator[str]:
    """Yield every text in the JSON of a report."""
    waiting: list[object] = [json.loads(facts)]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
