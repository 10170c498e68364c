"""Links, bare domains and e-mail addresses in a message's text.

MVT looks for `https?://` followed by anything but white space. Chinese and Japanese text has no spaces, so a link
there runs into the words after it: such a link is given twice, up to the first character that no URL has, and as MVT
would cut it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_TEXT = 65_536
"""Characters of one text that are searched; LINE itself allows 10,000."""
MOST_LINKS = 200
"""Links kept of one message."""
MOST_CANDIDATES = 500
"""Words with a dot that are asked for a public suffix in one message: each question costs some microseconds."""

_LINK = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
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
    searched = text[:MOST_TEXT]
    if "." not in searched and "://" not in searched:
        return Found()
    links: list[str] = []
    for match in _LINK.finditer(searched):
        links.extend(_cuts(match.group()))
    rest = _LINK.sub(" ", searched)
    emails = [match.group() for match in _EMAIL.finditer(rest)]
    words = [match.group().rstrip(_TRAILING) for match in _DOMAIN.finditer(_EMAIL.sub(" ", rest))]
    domains = [each for each in words[:MOST_CANDIDATES] if is_domain(each)]
    return Found(
        links=_few(links),
        domains=_few(domains),
        emails=_few(emails),
        partly=len(text) >= MOST_TEXT or len(words) > MOST_CANDIDATES or max(len(links), len(emails)) > MOST_LINKS,
    )


def _cuts(link: str) -> list[str]:
    """Return a link up to the first character that no URL has, then as MVT cuts it, without closing punctuation."""
    foreign = _NO_URL_CHARACTER.search(link)
    short = link[: foreign.start()] if foreign else link
    cuts = [cut.rstrip(_TRAILING) for cut in (short, link)]
    return [cut for cut in cuts if not cut.endswith("/") or len(cut) > len("https://")]


def _few(found: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))[:MOST_LINKS]
