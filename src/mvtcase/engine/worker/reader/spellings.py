"""The ways in which text writes a character or an address, undone: what a comparison sees is what a person would read.

Undone are full-width letters and ideographic stops (common in Chinese text), invisible characters, percent-encoding,
HTML entities, the escapes of JSON, quoted-printable, base64 in links, and the defanging of reports.
"""

from __future__ import annotations

import base64
import binascii
import html
import quopri
import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEPTH = 3
MOST_SPELLINGS = 24
LONGEST_UNDONE = 4 << 20
"""How often encodings are undone inside each other, and for how many and how long texts of one value."""

LONGEST_BASE64 = 8192
_SHORTEST_BASE64 = 12


class Spelling(NamedTuple):
    """One way to read a value: the text, what was undone to get it, and whether a report wrote it to be harmless."""

    text: str
    undone: str
    defanged: bool


def spellings(text: str) -> Iterator[Spelling]:
    """Yield the text as a person reads it first, then what is left when encodings that its form shows are undone."""
    first = Spelling(plain(text), "", defanged=False)
    if _CODED.search(first.text) is None:
        yield first
        return
    seen = {first.text}
    pending = [(first, 0)]
    while pending:
        spelling, depth = pending.pop(0)
        yield spelling
        if depth >= DEPTH or len(spelling.text) > LONGEST_UNDONE:
            continue
        for undone in _undone(spelling):
            if undone.text not in seen and len(seen) < MOST_SPELLINGS:
                seen.add(undone.text)
                pending.append((undone, depth + 1))


def plain(text: str) -> str:
    """Return a text with full-width letters narrowed and invisible characters left out."""
    if text.isascii():
        return text
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    return text.translate(_INVISIBLE) if _HIDDEN.search(text) else text


def _undone(spelling: Spelling) -> Iterator[Spelling]:
    text = spelling.text
    for name, shows, undo in _FORMS:
        if shows(text):
            for result in undo(text):
                if result != text:
                    undone = f"{spelling.undone}, {name}" if spelling.undone else name
                    yield Spelling(plain(result), undone, spelling.defanged or name == _DEFANGED)


def _stops(text: str) -> Iterator[str]:
    # An ideographic full stop stands for a dot in an address, or ends the sentence after it.
    yield text.replace(_STOP, ".")
    yield text.replace(_STOP, " ")


def _percent(text: str) -> Iterator[str]:
    # What was searched for stays in one piece: else a host in it would stand alone, as if somebody had gone there.
    yield unquote(_SEARCH.sub(_in_one_piece, text), errors="replace")


def _in_one_piece(found: re.Match[str]) -> str:
    return found[1] + _BLANK.sub("+", found[2])


def _entities(text: str) -> Iterator[str]:
    yield html.unescape(text)


def _escapes(text: str) -> Iterator[str]:
    yield _ESCAPE.sub(_unescaped, text)


def _unescaped(found: re.Match[str]) -> str:
    code = found.group(1) or found.group(2)
    if code is None:
        return _SHORT.get(found.group(3), found.group(3))
    number = int(code, 16)
    return " " if _SURROGATES[0] <= number <= _SURROGATES[1] else chr(number)


def _quoted_printable(text: str) -> Iterator[str]:
    # Where a text ends nothing follows a soft break: an equals sign there is one, as at the end of base64.
    body = text.rstrip("=")
    yield quopri.decodestring(body.encode("utf-8", "replace")).decode("utf-8", "replace") + text[len(body) :]


def _packed_links(text: str) -> Iterator[str]:
    # Most texts are no link, and of a text that is none only runs that stand alone count.
    is_plain = len(text) <= LONGEST_BASE64 and _LINKING.isdisjoint(text) and "aHR0c" not in text
    for found in (_ALONE if is_plain else _BASE64).finditer(text):
        packed = found[found.lastindex or 0]
        # In a link's path the slashes are not of the alphabet; Bing has two letters of its own before a link.
        later = packed[start:] if (start := packed.find("aHR0c")) > 0 else packed
        for part in dict.fromkeys((packed, later, *(packed.split("/") if "/" in packed else ()))):
            # What has capitals or small letters alone is a number or a word.
            if len(part) >= _SHORTEST_BASE64 and part.lower() != part != part.upper():
                yield from _from_base64(part)


def _from_base64(packed: str) -> Iterator[str]:
    packed = packed.translate(_URL_SAFE).rstrip("=")[:LONGEST_BASE64]
    if packed.startswith(("/", "+")):
        return  # such bits begin no text in UTF-8; a path is often such a run
    for kept in (packed, packed[: len(packed) // 4 * 4]):
        try:
            unpacked = base64.b64decode(kept + "=" * (-len(kept) % 4)).decode("utf-8")
        except (binascii.Error, ValueError):
            continue
        if unpacked.isprintable() and not _HOLDS.isdisjoint(unpacked):
            yield unpacked
        return


def _hexadecimal(text: str) -> Iterator[str]:
    for found in _HEX_LINK.finditer(text):
        digits = found[0].replace(" ", "")
        yield bytes.fromhex(digits[: len(digits) // 2 * 2]).decode("utf-8", "replace")


def _guarded(text: str) -> Iterator[str]:
    # Proofpoint's first ways of rewriting a link: hyphens for percent signs, underscores for slashes.
    for found in _GUARDED_LINK.finditer(text):
        yield unquote(found[1].replace("-", "%").replace("_", "/"), errors="replace")


def _proxied(text: str) -> Iterator[str]:
    # A host as a name below its proxy's: hyphens for dots, two for a hyphen.
    for found in _PROXIED_HOST.finditer(text):
        yield found[1].replace("--", "\0").replace("-", ".").replace("\0", "-")


def _may_be_fanged(text: str) -> bool:
    return not _BRACKETS.isdisjoint(text) or "xx" in text.lower()


def _refanged(text: str) -> Iterator[str]:
    for pattern, replacement in _FANGS:
        text = pattern.sub(replacement, text)
    yield text


_STOP = "\u3002"
"""The ideographic full stop; its half-width form becomes this one, the full-width full stop a dot, by NFKC."""

_SURROGATES = (0xD800, 0xDFFF)
_INVISIBLE = dict.fromkeys(
    (0x00AD, 0x034F, 0x061C, 0x115F, 0x180E, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F),
     *range(0x2060, 0x2070), *range(0xFE00, 0xFE10))
)  # fmt: skip
_HIDDEN = re.compile(f"[{''.join(map(chr, _INVISIBLE))}]")
_DEFANGED = "defanging"
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_SEARCH = re.compile(r"([?&](?:q|query|search(?:_query)?|p|wd|keyword|text)=)([^&#\s]{1,2000})")
_BLANK = re.compile("%2[027]")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,24});")
_ESCAPE = re.compile(r"\\(?:[uU]\{?([0-9A-Fa-f]{4})\}?|x([0-9A-Fa-f]{2})|([/\"'\\nrtbf.]))")
_SHORT = {"n": "\n", "r": "\n", "t": "\t", "b": " ", "f": " "}
_QUOTED = re.compile(r"=\r?\n|=(?:2[EeFfDd]|3[AaDd]|40)")
_BASE64 = re.compile(
    r"[?&#][\w.~-]{0,64}=([A-Za-z0-9+/_-]{12,8192}={0,2})|(aHR0c[A-Za-z0-9+/_-]{8,8192})"
    # Alone, or between the marks of links, cookies and tokens.
    r"|(?<![A-Za-z0-9+/_-])([A-Za-z0-9+/_-]{16,8192}={0,2})(?![A-Za-z0-9+_-])"
)
_ALONE = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}(?![A-Za-z0-9+_-])")
_LINKING = frozenset("?&#")
_HEX_LINK = re.compile(r"(?<![0-9A-Fa-f])68747470 ?(?:73)?3[Aa]2[Ff]2[Ff](?: ?[0-9A-Fa-f]{2}){4,4096}")
"""Data that Apple's logs print come in groups of eight digits."""
_GUARDED_LINK = re.compile(r"[?&]u=(https?-3A__[\w.-]{4,2048})")
_PROXIED_HOST = re.compile(r"(?<![\w.-])([a-z0-9-]{4,63})\.(?:translate\.goog|cdn\.ampproject\.org)", re.IGNORECASE)
_HOLDS = frozenset(".%&\\@")
"""An unpacked text without any of these holds no address, not even a coded one."""

_URL_SAFE = str.maketrans("-_", "+/")
_FANGS = (
    (re.compile(r"\bh(?:xx|\*\*)p(s?)(?=:|\[:|\(:|%3a)", re.IGNORECASE), r"http\1"),
    (re.compile(r"\[(:(?://)?|//)\]"), r"\1"),
    (re.compile(r"\s{0,2}[\[({]\s{0,2}(?:\.|dot)\s{0,2}[\])}]\s{0,2}", re.IGNORECASE), "."),
    (re.compile(r"\[\.|\.\]"), "."),
    (re.compile(r"\s{0,2}[\[({]\s{0,2}(?:@|at)\s{0,2}[\])}]\s{0,2}", re.IGNORECASE), "@"),
)
_BRACKETS = frozenset("[({*]")
_CODED = re.compile(
    r"[%&\\=\u3002\[\](){*]|[A-Za-z0-9+/_-]{16}|aHR0c|68747470|-3A__|(?i:hxxp)|\.(?:translate\.goog|ampproject\.org)"
)
"""What every text has that uses one of the forms below: most words have none of it."""

_FANGED = re.compile(r"\bh(?:xx|\*\*)ps?[:\[(%]|[\[({]\s{0,2}(?:\.|dot|@|at|:)\s{0,2}[/\])}]|\[\.|\.\]", re.IGNORECASE)

_FORMS: tuple[tuple[str, Callable[[str], bool], Callable[[str], Iterator[str]]], ...] = (
    ("an ideographic full stop read as a dot", lambda text: _STOP in text, _stops),
    ("percent-encoding", lambda text: "%" in text and _PERCENT.search(text) is not None, _percent),
    ("HTML entities", lambda text: "&" in text and _ENTITY.search(text) is not None, _entities),
    ("escapes", lambda text: "\\" in text and _ESCAPE.search(text) is not None, _escapes),
    ("quoted-printable", lambda text: "=" in text and _QUOTED.search(text) is not None, _quoted_printable),
    ("base64", lambda text: len(text) >= _SHORTEST_BASE64, _packed_links),
    ("hexadecimal", lambda text: "68747470" in text, _hexadecimal),
    ("a mail guard's link", lambda text: "-3A__" in text, _guarded),
    ("a proxy's host", lambda text: ".translate.goog" in text or ".ampproject.org" in text, _proxied),
    (_DEFANGED, lambda text: _may_be_fanged(text) and _FANGED.search(text) is not None, _refanged),
)
"""What a form is called, what shows that a text uses it, and how it is undone (into one or more texts)."""
