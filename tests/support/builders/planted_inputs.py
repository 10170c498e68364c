"""Sound phones with one planted value: what an input is, the values that are planted, and how people write them.

Nothing here is taken from what our own readers accept. Every place names the public parser, schema or writer that it
follows, so that a reader which misses it is wrong about phones and not about this corpus.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from mvtcase.phones.plants import PlantKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from mvtcase.model import EvidenceKind

DOMAIN = "cdn-sync.example.net"
ADDRESS = "203.0.113.77"
UNICODE_DOMAIN = "bücherquelle.example.net"
URL = "https://files.example.org/r/4fQ2xLm"
EMAIL = "lena.harrow@example.org"
PROCESS = "msgsyncaidd"
SHORT_PROCESS = "qzk"
LONG_PROCESS = "wirelessrelaymanagerd"
FILE_NAME = "wavelet-agent.dylib"
FILE_PATH = "/private/var/db/com.harrow.staging/agentd"
ANDROID_PATH = "/data/local/tmp/.harrow-stage/loader"
APP = "net.harrow.sync"
SHORT_APP = "org.harrow.an"
PROFILE = "0E5B7C1A-93D4-4C55-8B7E-51A2F6C9D310"
PROPERTY = "persist.harrow.stage"
CONTENT = b"\x7fELF\x02\x01\x01" + b"harrow stage two" * 40
CERTIFICATE = "9f4c1b2e7a6d5038c1e2f3a4b5968778695a4b3c"

INDICATORS: Mapping[PlantKind, tuple[str, ...]] = {
    PlantKind.DOMAINS: (DOMAIN, ADDRESS, UNICODE_DOMAIN.encode("idna").decode()),
    PlantKind.URLS: (URL,),
    PlantKind.EMAILS: (EMAIL,),
    PlantKind.PROCESSES: (PROCESS, SHORT_PROCESS, LONG_PROCESS),
    PlantKind.FILE_NAMES: (FILE_NAME,),
    PlantKind.FILE_PATHS: (FILE_PATH, ANDROID_PATH),
    PlantKind.APP_IDS: (APP, SHORT_APP),
    PlantKind.IOS_PROFILE_IDS: (PROFILE,),
    PlantKind.ANDROID_PROPERTY_NAMES: (PROPERTY,),
    PlantKind.FILES_MD5: (hashlib.md5(CONTENT + b"1", usedforsecurity=False).hexdigest(),),
    PlantKind.FILES_SHA1: (hashlib.sha1(CONTENT + b"2", usedforsecurity=False).hexdigest(),),
    PlantKind.FILES_SHA256: (hashlib.sha256(CONTENT).hexdigest(),),
    PlantKind.APP_CERT_HASHES: (CERTIFICATE,),
}
"""The indicators that every planted phone is scanned with."""

HASHED = {
    PlantKind.FILES_MD5: CONTENT + b"1",
    PlantKind.FILES_SHA1: CONTENT + b"2",
    PlantKind.FILES_SHA256: CONTENT,
}
"""Contents whose hash is an indicator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundInput:
    """One undamaged input: its half of the table, what it is counted under, how to build it, whose facts it follows.

    `half` is `planted` (one value, must not be called no trace), `healthy` (ordinary noise, must be called no trace),
    or `real trace` (the same noise with one value, must be accused). `typical` marks healthy ones with several noises.
    """

    name: str
    half: str
    group: str
    kind: EvidenceKind
    build: Callable[[Path], Path]
    source: str
    indicators: Mapping[PlantKind, tuple[str, ...]] = field(default_factory=lambda: INDICATORS)
    typical: bool = False
    slow: bool = False


def replaced(data: bytes, old: str, new: str) -> bytes:
    """Return a text with the first `old` replaced. Raises `ValueError` where it is not there: nothing was planted."""
    text = data.decode()
    if old not in text:
        raise ValueError(f"nothing to plant at: no {old!r}")
    return text.replace(old, new, 1).encode()


def wide(host: str) -> str:
    """Return a host with ideographic full stops, as zh-TW input methods write them (UTS #46 maps U+3002 to a dot)."""
    return host.replace(".", "。")


def full_width(host: str) -> str:
    """Return a host in full-width letters and stops, as CJK keyboards write them (Unicode NFKC folds them)."""
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in host)


def percent(text: str, depth: int = 1) -> str:
    """Return a text percent-encoded in full, the given number of times (RFC 3986; redirectors nest it)."""
    for _ in range(depth):
        text = "".join(f"%{byte:02X}" for byte in text.encode()) if text.isascii() else quote(text, safe="")
    return text


def redirect(url: str) -> str:
    """Return a click tracker's link whose query holds the target in base64, as mail and advertising redirectors do."""
    target = base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
    return f"https://click.example.com/ls/click?upn=001&u={target}&s=7"


def redirect_query(url: str) -> str:
    """Return a search engine's result link, whose query holds the target percent-encoded (`/url?q=`)."""
    return f"https://search.example.com/url?sa=t&q={quote(url, safe='')}&usg=AOv"


WRITTEN_DOMAIN: Mapping[str, str] = {
    "bare": f"看這個 {DOMAIN} 很重要",
    "upper case": f"go to {DOMAIN.upper()} now",
    "trailing dot": f"resolve https://{DOMAIN}./login",
    "ideographic stops": f"網址是{wide(DOMAIN)}請查看",
    "full width": f"連結:{full_width(DOMAIN)}",
    "soft hyphen": f"see https://{DOMAIN[:6]}\u00ad{DOMAIN[6:]}/a",
    "zero width": f"see https://{DOMAIN[:8]}\u200b{DOMAIN[8:]}/a",
    "percent encoded": f"https://{DOMAIN[:3]}%2D{DOMAIN[4:]}/a",
    "percent in query": f"https://go.example.com/?to={percent('https://' + DOMAIN + '/x')}",
    "percent twice": f"https://go.example.com/?to={percent('https://' + DOMAIN + '/x', 2)}",
    "base64 redirect": redirect(f"https://{DOMAIN}/landing"),
    "search redirect": redirect_query(f"https://{DOMAIN}/landing"),
    "user in front": f"https://www.example.com@{DOMAIN}/login",
    "port and path": f"wss://{DOMAIN}:8443/ws",
    "html link": f'<a href="https:&#47;&#47;{DOMAIN}&#47;x">here</a>',
    "html entities": f"<p>{''.join(f'&#{ord(letter)};' for letter in DOMAIN)}</p>",
    "json escapes": f'{{"u":"https:\\/\\/{DOMAIN}\\/x"}}',
    "unicode escapes": '{"u":"' + "".join(f"\\u{ord(letter):04x}" for letter in DOMAIN) + '"}',
    "idn": f"https://{UNICODE_DOMAIN}/lesen",
    "idn upper case": f"https://{UNICODE_DOMAIN.upper()}/lesen",
    "decimal address": f"http://{int.from_bytes(bytes(map(int, ADDRESS.split('.'))), 'big')}/p",
    "hex address": f"http://0x{bytes(map(int, ADDRESS.split('.'))).hex()}/p",
    "octal address": "http://" + ".".join(f"0{int(part):o}" for part in ADDRESS.split(".")) + "/p",
    "mapped address": f"http://[::ffff:{ADDRESS}]/p",
    "line break in text": f"first line\nhttps://{DOMAIN}/x\nlast line",
    "in brackets": f"(https://{DOMAIN}/x), 謝謝",
}
"""Ways in which a domain or an address stands in messages: WHATWG URL parsing, RFC 3986, UTS #46, RFC 8259, HTML."""

WRITTEN_EMAIL: Mapping[str, str] = {
    "mailto": f"mailto:{EMAIL}?subject=hi",
    "upper case": EMAIL.upper(),
    "angle brackets": f'"Lena Harrow" <{EMAIL}>',
    "plus tag": EMAIL.replace("@", "+news@"),
    "percent encoded": f"mailto:{EMAIL.replace('@', '%40')}",
}
"""Ways in which an address stands in headers and links (RFC 5322, RFC 6068; plus tags as mail providers read them)."""


def numbered(inputs: Iterable[SoundInput]) -> list[SoundInput]:
    """Return the inputs as a list. Raises `ValueError` where two share a name: one would hide the other."""
    found = list(inputs)
    names = [each.name for each in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two inputs of one name: {twice[:5]}")
    return found
