"""Links, bare domains and e-mail addresses in a message's text.

MVT looks for `https?://` followed by anything but white space. Chinese and Japanese text has no spaces, so a link
there runs into the words after it: such a link is given twice, up to the first character that no URL has, and as MVT
would cut it. A link that stands inside another one, as a redirect's target does, or behind the escapes of JSON or of
URLs, is given as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_TEXT = 65_536
"""Characters of one text that are searched; LINE itself allows 10,000."""
MOST_LINKS = 200
"""Links kept of one message."""
MOST_CANDIDATES = 500
"""Words with a dot that are asked for a public suffix in one message: each question costs some microseconds."""

MOST_INNER = 8
"""Links looked for inside one link."""
MOST_LAYERS = 4
"""How often a link may be percent-encoded: once for each redirect around it."""

_SCHEME = re.compile(r"https?(?::|%(?:25){0,3}3a)(?:/|%(?:25){0,3}2f){2}", re.IGNORECASE)
_LINK = re.compile(rf"{_SCHEME.pattern}[^\s<>\"]+", re.IGNORECASE)
_PARAMETER = re.compile(
    r"[?&;](?:u|url|uri|link|to|goto|target|dest|destination|next|continue|redirect(?:_?ur[il])?)=([^&#;\s]{4,300})",
    re.IGNORECASE,
)
"""A redirect's target may be given without `https://`; what is searched for is none."""
_ESCAPED = re.compile(r"\\u00([2-7][0-9a-f])", re.IGNORECASE)
"""A character of ASCII as JSON may write it."""
_NO_URL_CHARACTER = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]")
_TRAILING = ".,;:!?)]}'\"*>"
_DOMAIN = re.compile(
    r"(?<![A-Za-z0-9@._%/+-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,24}(?![a-z0-9@-])(?::\d{1,5})?"
    r"(?:/[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*)?",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"(?<![A-Za-z0-9._%+-])[a-z0-9._%+-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a text carries that can be compared with indicators."""

    links: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    partly: bool = False
    """Whether a limit was reached, so that something may not have been found."""

    def __bool__(self) -> bool:
        return bool(self.links or self.domains or self.emails)


def find(text: str, is_domain: Callable[[str], bool]) -> Found:
    """Return the links, bare domains and e-mail addresses of a text, each once, in order of appearance.

    A bare domain (no `http://`) counts when `is_domain` accepts it, that is when its ending is a public suffix.
    """
    searched = plain(text[:MOST_TEXT])
    if "." not in searched and "://" not in searched:
        return Found()
    links: list[str] = []
    words: list[str] = []
    for match in _LINK.finditer(searched):
        links.extend(cut for link in _nested(match.group()) for cut in _cuts(link))
        words.extend(_targets(match.group()))
    rest = _LINK.sub(" ", searched)
    emails = [match.group() for match in _EMAIL.finditer(rest)]
    words += [match.group().rstrip(_TRAILING) for match in _DOMAIN.finditer(_EMAIL.sub(" ", rest))]
    domains = [each for each in words[:MOST_CANDIDATES] if is_domain(each)]
    return Found(
        links=_few(links),
        domains=_few(domains),
        emails=_few(emails),
        partly=len(text) >= MOST_TEXT or len(words) > MOST_CANDIDATES or max(len(links), len(emails)) > MOST_LINKS,
    )


def may_link(value: str) -> bool:
    """Return whether a value of metadata may hold a link, plain or behind escapes."""
    return _SCHEME.search(plain(value)) is not None


def plain(text: str) -> str:
    """Return a text without the escapes of JSON, which stand in metadata and in forwarded cards."""
    if "\\" not in text:
        return text
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text).replace("\\/", "/")


def _nested(link: str) -> Iterator[str]:
    """Yield a link, then those inside it; what is percent-encoded ends at the next parameter and is decoded."""
    for match in islice(_SCHEME.finditer(link), MOST_INNER):
        inner = link[match.start() :]
        for _ in range(MOST_LAYERS if "%" in match.group() else 0):
            inner = unquote(inner.partition("&")[0])
            if "://" in inner[: len("https://")]:
                break
        yield inner


def _targets(link: str) -> Iterator[str]:
    """Yield the values of a link's parameters that are a domain without `https://`."""
    for match in islice(_PARAMETER.finditer(link), MOST_INNER):
        if _DOMAIN.fullmatch(value := unquote(match[1])):
            yield value


def _cuts(link: str) -> list[str]:
    """Return a link up to the first character that no URL has, then as MVT cuts it, without closing punctuation."""
    foreign = _NO_URL_CHARACTER.search(link)
    short = link[: foreign.start()] if foreign else link
    cuts = [cut.rstrip(_TRAILING) for cut in (short, link)]
    return [cut for cut in cuts if not cut.endswith("/") or len(cut) > len("https://")]


def _few(found: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))[:MOST_LINKS]
