"""Defanged values read back: `hxxp://evil[.]example` is how reports print what a phone holds as `http://evil.example`."""

from __future__ import annotations

import re

# Spaces are bounded: without, a line of many spaces takes quadratic time.
_DOT = re.compile(r"\s{0,3}[\[({]\s{0,3}(?:\.|dot)\s{0,3}[\])}]\s{0,3}", re.IGNORECASE)
_BRACKETED_DOT = re.compile(r"\[\.|\.\]")
_AT = re.compile(r"\s{0,3}[\[({]\s{0,3}(?:@|at)\s{0,3}[\])}]\s{0,3}", re.IGNORECASE)
_COLON = re.compile(r"\[(:(?://)?)\]|\[(//)\]")
_BACKSLASHED_DOT = re.compile(r"\\{1,2}\.")
_SCHEME = re.compile(r"^h(?:xx|\*\*|tt)p(s?)(?=:)", re.IGNORECASE)


def refanged_host(text: str) -> str:
    """Return a domain, address or package name with its dots in place."""
    return _BACKSLASHED_DOT.sub(".", _BRACKETED_DOT.sub(".", _DOT.sub(".", text)))


def refanged_url(text: str) -> str:
    """Return a URL with scheme, colon and dots in place; the case of what it asks for is kept."""
    text = _COLON.sub(lambda found: found.group(1) or found.group(2), text)
    text = _SCHEME.sub(lambda found: f"http{found.group(1).lower()}", text)
    return refanged_host(text)


def refanged_email(text: str) -> str:
    """Return an e-mail address with its sign and dots in place."""
    return refanged_host(_AT.sub("@", text))
