"""How what tells a person may be spelt: another order, form, script or romanisation of a name, another way of a number.

Texts are compared as people read them: without case, accents, apostrophes and what is invisible, percent signs undone,
digits of every script alike, traditional characters as their simplified twins.
"""

from __future__ import annotations

import itertools
import os
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

BROKEN = "\ue000"
"""Stands where a line of a printed page ends: a name may go on behind it, and two labels are no name."""
FEWEST_JOINED, FEWEST_ALONE, FEWEST_CJK = 6, 4, 2
"""How short a text may be to be looked for: joined, as a word alone, and in Chinese."""
WORDS = re.compile(r"\w+")
CJK = re.compile("[\u3400-\u9fff]")
RUNS = re.compile(r"[^\W_]+")
_NO_WORD = re.compile(r"[\W_]+")
_CHINESE = re.compile("[\u3400-\u9fff]+(?:[ ·]?[\u3400-\u9fff]+)*")
_LONGEST_SURNAME, _PHONE_TAIL = 2, 8
_MOST_READINGS = 16
"""In how many ways a name is read: 曾 is Zeng as a surname and ceng as a word."""
_PHONE = re.compile(r"\d(?:[\s().-]{0,3}\d){7,}")
_TAG = re.compile(r"\+[^\s@+]*(?=\s?[\[(]?@)")
_POSSESSIVE = re.compile(r"(?<=\w)['\u2019]s(?!\w)", re.IGNORECASE)
_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")
_APART = str.maketrans(dict.fromkeys("'\u2019\u02bc\u02bb`\u00b4\\") | {
    "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "\u0131": "i", "þ": "th", "ð": "d",
})  # fmt: skip
"""Apostrophes, backslashes, and letters that Unicode takes apart no further."""


def folded(text: str) -> str:
    """Return a text in the form in which texts are compared."""
    plain = unquote(text)
    if not plain.isascii():
        plain = _unseen().sub("", unicodedata.normalize("NFKD", plain))
        plain = _FOREIGN_DIGIT.sub(lambda digit: str(unicodedata.digit(digit[0])), plain)
        plain = plain.translate(_simplified()) if CJK.search(plain) else plain
    return _TAG.sub("", _POSSESSIVE.sub("", plain).casefold().translate(_APART))


def joined(text: str) -> str:
    """Return the letters and digits of a folded text alone."""
    return _NO_WORD.sub("", text)


@cache
def _unseen() -> re.Pattern[str]:
    """Return what marks letters and what nobody sees: accents, joiners, marks of direction, soft hyphens."""
    marks = (c for c in map(chr, range(0x80, 0x10000)) if unicodedata.category(c) in {"Mn", "Cf"})
    return re.compile(f"[{''.join(map(re.escape, marks))}]")


@cache
def _simplified() -> Mapping[int, str]:
    """Return the simplified twin of each traditional character."""
    from opencc import OpenCC  # noqa: PLC0415  # only what leaves the team needs it

    every = [chr(code) for code in range(0x3400, 0xA000)]
    twins = OpenCC("t2s").convert("\n".join(every)).split("\n")
    return {ord(one): twin for one, twin in zip(every, twins, strict=True) if one != twin}


def of_contact(text: str) -> Iterator[str]:
    """Yield, joined, what in a contact tells a person: all of it, each address, the end of each telephone number."""
    read = folded(text)
    yield joined(read)
    yield from (joined(each) for each in re.split(r"[\s,;/|<>:]+", read) if "@" in each)
    yield from (re.sub(r"\D", "", each)[-_PHONE_TAIL:] for each in _PHONE.findall(read))


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A finished text as it is searched for names: without what may be shown, joined, its words, and our own words.

    `runs` are the letters and digits of the text that stand together, `words` the words before anything was taken out,
    `known` are words that give nobody away alone, `own` the short ones of our own, one a line.
    """

    text: str
    run: str
    runs: frozenset[str]
    words: frozenset[str]
    known: frozenset[str]
    own: str


def is_named(name: str, read: Read) -> bool:
    """Return whether a text names somebody: whole, by a given name, in another order, script or romanisation."""
    told = folded(name)
    if any(_is_written(joined(each), read) for each in _CHINESE.findall(told)):
        return True
    latin = CJK.sub(" ", told)
    parts = WORDS.findall(latin)
    given = (WORDS.findall(each) for each in latin.split())
    return (
        any(_spelt(order, read) for order in _orders(parts))
        or any(_is_given(each, read) for each in given)
        or any(len(each) >= FEWEST_ALONE and each in read.words and each not in read.known for each in parts)
    )


def _orders(parts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield the orders in which the parts of a name stand: as told, surname last or first, and the other way round."""
    if len(parts) > 1:
        yield from (parts, [*parts[1:], parts[0]], [parts[-1], *parts[:-1]], parts[::-1])


def _is_given(parts: Sequence[str], read: Read) -> bool:
    """Return whether a given name of more than one syllable stands alone, such as `Chia-lung` or `Jialong`."""
    return len(parts) > 1 and len("".join(parts)) >= FEWEST_JOINED and _spelt(parts, read)


def _spelt(parts: Sequence[str], read: Read) -> bool:
    """Return whether the parts of a name stand one after the other, whatever but letters is between them.

    Where each is a word of our own they stand in one line, and where all make one word it is none of those.
    """
    if not _is_of(joined("".join(parts)), read.runs):
        return False
    between = rf"(?:[^\w\n{BROKEN if read.known.issuperset(parts) else ''}]|_)*"
    found = re.finditer(rf"(?<![^\W_]){between.join(map(re.escape, parts))}(?![^\W_])", read.text)
    return any(each[0] not in read.known for each in found)


def _is_of(told: str, runs: frozenset[str]) -> bool:
    """Return whether a text is made of whole runs, so that a long text need not be searched for most names."""
    ends = {0}
    for begin in range(len(told)):
        if begin in ends:
            ends |= {end for end in range(begin + 1, len(told) + 1) if told[begin:end] in runs}
    return len(told) in ends


def _is_written(chinese: str, read: Read) -> bool:
    if any(each in read.run and each not in read.own for each in _given_too(chinese)):
        return True
    surname = _surname(chinese)
    return any(
        any(_spelt(order, read) for order in _orders_of_syllables(syllables, surname))
        or _is_given(syllables[surname:], read)
        for syllables in _romanised(chinese)
        if not read.known.issuperset(syllables)
    )


def _surname(chinese: str) -> int:
    return 1 if len(chinese) <= _LONGEST_SURNAME + 1 else _LONGEST_SURNAME


def _given_too(chinese: str) -> Iterator[str]:
    """Yield a Chinese name whole and the given name alone."""
    if len(chinese) >= FEWEST_CJK:
        yield chinese
    if len(chinese) > _LONGEST_SURNAME:
        yield chinese[_surname(chinese) :]


def _orders_of_syllables(syllables: Sequence[str], surname: int) -> Iterator[Sequence[str]]:
    if len(syllables) > 1:
        yield from (syllables, [*syllables[surname:], *syllables[:surname]])


@cache
def _romanised(chinese: str) -> tuple[tuple[str, ...], ...]:
    """Return the syllables of a Chinese name in Pinyin and as Wade and Giles wrote them, in all ways to read it."""
    # Its phrases, 44 MB of memory, are words of prose; a name's characters have readings of their own.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
    from pypinyin import Style, pinyin  # noqa: PLC0415  # as above

    told = pinyin(chinese, style=Style.NORMAL, heteronym=True)
    ways = itertools.islice(itertools.product(*(dict.fromkeys(map(folded, each)) for each in told)), _MOST_READINGS)
    return tuple(dict.fromkeys(each for way in ways for each in (way, tuple(map(_wade_giles, way)))))


_WHOLE = {
    "zi": "tzu", "ci": "tzu", "si": "ssu", "zhi": "chih", "chi": "chih", "shi": "shih", "ri": "jih", "er": "erh",
    "ge": "ko", "ke": "ko", "he": "ho", "guo": "kuo", "kuo": "kuo", "huo": "huo", "shuo": "shuo", "gui": "kuei",
    "kui": "kuei", "yi": "i", "you": "yu", "yan": "yen", "ye": "yeh", "yue": "yueh", "yong": "yung",
}  # fmt: skip
_INITIALS = (
    ("zh", "ch"), ("ch", "ch"), ("sh", "sh"), ("z", "ts"), ("c", "ts"), ("j", "ch"), ("q", "ch"), ("x", "hs"),
    ("b", "p"), ("d", "t"), ("g", "k"), ("r", "j"),
)  # fmt: skip
_FINALS = (("ong", "ung"), ("ian", "ien"), ("ie", "ieh"), ("ue", "ueh"), ("uo", "o"))


def _wade_giles(pinyin: str) -> str:
    """Return a syllable of Pinyin in the spelling of passports and older texts, without its apostrophe."""
    if pinyin in _WHOLE:
        return _WHOLE[pinyin]
    old, new = next((each for each in _INITIALS if pinyin.startswith(each[0])), ("", ""))
    rest = pinyin[len(old) :]
    ending, other = next((each for each in _FINALS if rest.endswith(each[0])), ("", ""))
    return new + (rest[: len(rest) - len(ending)] + other if ending else rest)
