"""The parts of a URL that MVT compares, taken apart once and only as far as needed.

MVT hands every URL to the `tld` package twice and to `urlparse` once. For a URL of the plain shape, which is nearly
every one, the host needs no parser: the pattern below allows only characters of which `urllib` and `tld` take none
away. Every other shape goes to MVT's own `URL` class. Facts: `mvt/common/url.py`, release 2026.10.26; `tld` 0.13.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from mvt.common.url import SHORTENER_DOMAINS, URL
from tld import get_tld
from tld.exceptions import TldBadUrl, TldDomainNotFound
from tld.result import Result
from tld.utils import get_tld_names_container

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

PLAIN_URL = re.compile(
    r"([hH][tT][tT][pP][sS]?://)?"  # scheme
    r"([A-Za-z0-9._-]*[A-Za-z0-9_-])"  # host
    r"(:[0-9]*)?"  # port
    r"(?=[/?#]|\Z)"
)

WEB_SCHEMES = ("https://", "http://")
SHORTENERS = frozenset(SHORTENER_DOMAINS)

SHARED_HOSTING = frozenset(
    {
        "000webhostapp.com",
        "4shared.com",
        "amazonaws.com",
        "appspot.com",
        "azurewebsites.net",
        "blogspot.com",
        "cloudfront.net",
        "dropbox.com",
        "duckdns.org",
        "dyndns.org",
        "firebaseapp.com",
        "fly.dev",
        "github.io",
        "gitlab.io",
        "glitch.me",
        "google.com",
        "googleapis.com",
        "googleusercontent.com",
        "herokuapp.com",
        "hopto.org",
        "imwork.net",
        "line.me",
        "myftp.org",
        "myqnapcloud.com",
        "netlify.app",
        "ngrok.io",
        "ngrok-free.app",
        "no-ip.org",
        "onrender.com",
        "pages.dev",
        "pixnet.net",
        "r2.dev",
        "repl.co",
        "s3.amazonaws.com",
        "sharepoint.com",
        "sites.google.com",
        "surge.sh",
        "synology.me",
        "sytes.net",
        "trycloudflare.com",
        "tumblr.com",
        "vercel.app",
        "web.app",
        "weebly.com",
        "windows.net",
        "wixsite.com",
        "wordpress.com",
        "workers.dev",
        "yahoo.com",
        "zapto.org",
    }
)
"""Hosts whose sub-domains belong to different people: a published one means itself alone."""

MAX_CACHED_NAME = 253
"""The longest host name DNS knows, in characters; longer ones are parsed each time, so the caches stay small."""

MAX_SUFFIX_LABELS = 16
"""A host of more labels is parsed at once: taking its suffixes one by one would be quadratic in its length."""


def address_of(url: str) -> str:
    """Return what stands between the scheme and the next slash of a web link, nothing for other texts.

    Where the URL is a plain one, every URL of this address has the same domain, host and registered domain.
    """
    return url.split("/", 3)[2] if url.startswith(WEB_SCHEMES) else ""


def plain_host(url: str) -> tuple[str, str] | None:
    """Return the domain and the host name of a URL of the plain shape, None for every other shape.

    The domain is what MVT compares first: in lower case, with the port, without a leading `www.`.
    """
    parts = PLAIN_URL.match(url)
    if parts is None:
        return None
    scheme, host, port = parts.groups()
    # Without a scheme, "name//" is a protocol to tld, so what follows the slashes would be the host.
    if scheme is None and url.startswith("//", parts.end()):
        return None
    host = host.lower()
    return (f"{host}{port}" if port else host).removeprefix("www."), host


class KnownURL(URL):
    """MVT's URL object for a plain URL whose parts are known already, so that it need not parse them again."""

    def __init__(self, url: str, domain: str, top_level: str) -> None:
        self.url = url
        self.domain = domain
        self.top_level = top_level
        self.is_shortened = False


def has_public_suffix(host: str) -> bool:
    """Return whether `tld` finds a public suffix in a plain host name; where it does not, MVT searches text instead."""
    # A last label that is a suffix by itself settles it; of wildcard rules such as *.ck only the whole host can tell.
    return registered_domain(host[host.rfind(".") + 1 :]) is not None or registered_domain(host) is not None


def holds_suffix(domains: Container[str], host: str) -> bool:
    """Return whether the registered domain of a host could be among the domains: False is certain, True is not."""
    if host.count(".") > MAX_SUFFIX_LABELS:
        return True
    while host:
        if host in domains:
            return True
        host = host.partition(".")[2]
    return False


@cache
def international_endings() -> frozenset[str]:
    """Return the last labels of host names that are not written in ASCII, as `台灣`."""
    registered_domain("example.com")  # makes `tld` read its list
    lists: Iterable[Any] = get_tld_names_container().values()
    return frozenset(label for each in lists for label in (each.root.children or {}) if not label.isascii())


def registered_domain(host: str) -> str | None:
    """Return the registered domain of a plain host name by the public suffix list, None when it has none."""
    return _cached_domain(host) if len(host) <= MAX_CACHED_NAME else _parsed_domain(host)


def _parsed_domain(host: str) -> str | None:
    try:
        parts = get_tld(f"https://{host}", as_object=True)
    except (TldBadUrl, TldDomainNotFound):
        return None
    return parts.fld.lower() if isinstance(parts, Result) else None


_cached_domain = lru_cache(maxsize=16_384)(_parsed_domain)
