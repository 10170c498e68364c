"""The comparable terms of a value: hosts, links, addresses, names, paths, ids and hashes, as they stand in its text.

A scan compares terms as it meets them, a recheck those that were stored: both get the same answer, because a term is
all that a comparison looks at.
"""

from __future__ import annotations

import contextlib
import re
import socket
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from mvtcase.canon import StrEnum
from mvtcase.engine.worker.match.domains import international_endings
from mvtcase.engine.worker.reader.named import LONGEST_NAME, named_in, names_of
from mvtcase.engine.worker.reader.roles import Role
from mvtcase.engine.worker.reader.spellings import plain, spellings
from mvtcase_readers.values.runs import TELLING

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_VALUE = 8 << 20
"""Characters of one value that are taken apart; what is longer is taken apart in pieces that overlap."""

OVERLAP = 4096
LONGEST_PATH = 1024


class Sort(StrEnum):
    """What a term is; the letter stands in the value index."""

    DOTTED = "d"
    """A dotted name: a host, an app id, a property."""
    LINK = "u"
    """A host with what a link asks of it, without the scheme."""
    EMAIL = "e"
    PATH = "p"
    """A path as the whole of a value, or a file's own name."""
    PATH_IN_TEXT = "t"
    NAME = "n"
    """The whole of a value that stands where processes, programs or apps are named."""
    FILE_NAME = "f"
    """The whole of a value that stands where files are named."""
    HEX = "h"
    UUID = "g"
    PROFILE = "i"
    """The whole of a value that stands where configuration profiles are named."""
    RAW = "r"
    """A run of bytes in a file of no known form: what stands beside a value may or may not belong to it."""
    ABOUT = "a"
    """A host that a link to another host speaks of without leading to it: a search, a page about it."""


class Term(NamedTuple):
    """A comparable term, what was undone to read it, whether it was written to be harmless, and the text around it."""

    sort: Sort
    text: str
    undone: str = ""
    defanged: bool = False
    context: str = ""


def terms_of(text: str, named: Role, *, raw: bool = False, running: bool = False) -> Iterator[Term]:
    """Yield the terms of a value, the most telling spelling first; `named` is the role of the place it stands in.

    In a record of `running` processes a single word is a name, whatever stands at its place.
    """
    if raw:
        if may_hold(text):
            yield from _raw(text)
        return
    if named is Role.ROW_ID and _UUID.fullmatch(text):
        return
    if named is Role.FREE and running and len(text) <= LONGEST_NAME and len(text.split(None, 1)) == 1:
        named = Role.PROCESS
    if named is Role.FREE and len(text) < _SHORTEST_HASH and _NOTHING.fullmatch(text):
        return
    if len(text) <= LONGEST_NAME * 4:
        yield from _whole(text, named)
    if len(text) > LONGEST_VALUE:
        for start in range(0, len(text), LONGEST_VALUE):
            yield from _within(text[start : start + LONGEST_VALUE + OVERLAP], named)
    elif len(text) >= _SHORTEST:
        yield from _within(text, named)


def may_hold(run: str) -> bool:
    """Return whether a run of bytes may hold something comparable, or something coded: most runs are noise."""
    return TELLING.search(plain(run)) is not None


def terms_of_path(path: str) -> Iterator[Term]:
    """Yield the terms of a file's own name and place: the path and what is named in it."""
    yield Term(Sort.PATH, path, context=path)
    for spelling in spellings(path):
        for term in _in_text(spelling.text, Role.FREE):
            if term.sort is not Sort.PATH_IN_TEXT:
                # Written out: `_replace` takes several times as long.
                yield Term(term.sort, term.text, spelling.undone, term.defanged, term.context)
        yield from _named_by(spelling.text)


def _named_by(path: str) -> Iterator[Term]:
    """Yield what a name of a file or folder is made of: a site's host, an app's or profile's id, a program."""
    for app in _CLOUD_FOLDER.finditer(path):
        yield Term(Sort.NAME, app[1].replace("~", "."), "the name of an app's folder", context=path)
    for site in _SITE_FOLDER.finditer(path):
        yield Term(Sort.DOTTED, site[1].lower(), "the name of a website's folder", context=path)
    name = path[max(path.rfind("/"), path.rfind("\\")) + 1 :]
    if "." not in name:
        return
    if name.endswith(".plist") and _LAUNCHED.search(path):
        yield Term(Sort.NAME, name.removesuffix(".plist"), "the name of a launchd list", context=path)
    if (report := _REPORT.match(name)) is not None:
        yield Term(Sort.NAME, report[1], "the name of a report", context=path)
    if (stem := _STEM.fullmatch(name)) is not None:
        # An app or a profile; a file that somebody called after a host is a saved page or a report, and no contact.
        yield Term(Sort.NAME, stem[1], "the name of a file without its ending", context=path)


def _whole(text: str, role: Role) -> Iterator[Term]:
    """Yield what a short value is as a whole, by the role of the place it stands in."""
    value = plain(text).strip().strip("\0")
    if not value or "\n" in value:
        return
    if role is Role.PROFILE:
        yield Term(Sort.PROFILE, value, context=text)
    elif role is Role.PROCESS or role is Role.APP:
        yield from terms_of_name(value, text)
    elif "/" not in value and "\\" not in value and (role is Role.FILE or _FILE_LIKE.fullmatch(value)):
        yield Term(Sort.FILE_NAME, value, context=text)
    if _is_path(value, role):
        yield Term(Sort.PATH, value, context=text)
        yield from _named_by(value)
    elif role is Role.FILE:
        yield from _named_by(value)


def _is_path(value: str, role: Role) -> bool:
    if len(value) > LONGEST_PATH or "://" in value:
        return False
    if value[0] == "/" or _DRIVE.match(value):
        return len(value) > 1
    if role is Role.FREE:
        return _ROOTED.match(value) is not None and " " not in value
    return "/" in value or "\\" in value


def terms_of_word(word: str) -> Iterator[Term]:
    """Yield what one word of a free text is by itself; names that its neighbours announce are `named_terms`."""
    for start in range(0, len(word), LONGEST_VALUE):
        yield from _within(word[start : start + LONGEST_VALUE + OVERLAP], Role.FREE, alone=True)


def _within(text: str, role: Role, *, alone: bool = False) -> Iterator[Term]:
    for spelling in spellings(text):
        for term in _in_text(spelling.text, role, named=not alone or bool(spelling.undone)):
            yield term._replace(undone=spelling.undone, defanged=spelling.defanged) if spelling.undone else term


def _in_text(text: str, role: Role, *, named: bool = True) -> Iterator[Term]:
    if "." in text:
        yield from _dotted(text)
    if "/" in text:
        yield from _slashed(text)
    if "@classes." in text:
        yield from _compiled(text)
    if "::" in text:
        yield from _embedded(text)
    if named:
        yield from named_terms(text.encode("utf-8", "replace"))
    if len(text) >= _SHORTEST_HASH:
        for found in _HEX.finditer(text) if _HEX_RUN.search(text) else ():
            yield Term(Sort.HEX, found.group().replace(":", "").replace(" ", "").lower(), context=_of(found))
        if role is not Role.ROW_ID and "-" in text:
            yield from (Term(Sort.UUID, found.group().upper(), context=_of(found)) for found in _UUID.finditer(text))


def named_terms(data: bytes) -> Iterator[Term]:
    """Yield the names of processes that some lines name as logs do."""
    for name, start, end in named_in(data):
        context = data[max(0, start - CONTEXT) : end + CONTEXT].decode("utf-8", "ignore")
        yield from terms_of_name(name.decode("utf-8", "replace"), context)


def terms_of_name(name: str, context: str = "") -> Iterator[Term]:
    """Yield the terms of what names a process."""
    yield from (Term(Sort.NAME, each, context=context or name) for each in names_of(name))


def terms_as_a_whole(text: str) -> Iterator[Term]:
    """Yield what a free text is that is no longer than a path: a path, the name of a file."""
    if len(text) <= LONGEST_NAME * 4:
        yield from _whole(text, Role.FREE)


def _number_hosts(text: str) -> Iterator[Term]:
    """Yield hosts written as one number in links."""
    for found in _NUMBER_HOST.finditer(text):
        host = _as_address(found.group(1))
        if host is not None:
            yield Term(Sort.DOTTED, host, context=_of(found))


def _embedded(text: str) -> Iterator[Term]:
    """Yield IPv4 addresses in IPv6 ones, as browsers (RFC 4291) and networks without IPv4 (RFC 6052) write them."""
    for found in _EMBEDDED.finditer(text):
        high, low = (int(part, 16) for part in found.groups())
        host = f"{high >> 8}.{high & 255}.{low >> 8}.{low & 255}"
        yield Term(Sort.DOTTED, host, "an IPv4 address in an IPv6 one", context=_of(found))


def _compiled(text: str) -> Iterator[Term]:
    """Yield the program that a compiled one is named after: `data@app@net.example-1@base.apk@classes.dex` (AOSP)."""
    for found in _COMPILED.finditer(text):
        path = f"/{found[1].replace('@', '/')}"
        yield Term(Sort.PATH, path, "the name of a compiled program", context=_of(found))
        yield from _dotted(path)


def _slashed(text: str) -> Iterator[Term]:
    """Yield paths, and hosts written as one number in links."""
    yield from _number_hosts(text)
    for found in _FILE_LINK.finditer(text) if "%" in text else ():
        yield Term(Sort.PATH_IN_TEXT, unquote(found[1]), "percent-encoding", context=_of(found))
    for found in _BLANK_NAME.finditer(text) if "%" in text else ():
        yield Term(Sort.FILE_NAME, unquote(found[1]), "percent-encoding", context=_of(found))
    for found in _PATH.finditer(text):
        yield Term(Sort.PATH_IN_TEXT, found.group(), context=_of(found))
        yield from _named_by(found.group())
    for found in _SPACED.finditer(text) if " " in text else ():
        yield Term(Sort.PATH_IN_TEXT, found.group().replace("\\ ", " "), context=_of(found))
    for found in _CHOSEN.finditer(text) if "primary:" in text else ():
        yield Term(Sort.PATH_IN_TEXT, f"/sdcard/{found[1]}", "a document of the shared storage", context=_of(found))


def _dotted(text: str) -> Iterator[Term]:
    """Yield dotted names, and the links and addresses that they are part of."""
    pattern = _DOTTED if text.isascii() else _DOTTED_ANY
    link_ends = 0
    for found in pattern.finditer(text):
        start, end = found.span()
        if text[end : end + 1] == "@" and "." not in text[end + 1 : end + 2] and text[start - 1 : start] != "@":
            continue  # the name of an address; its host comes next
        if not _NAMING.search(found.group()) and not _is_host_of_numbers(text, *found.span()):
            continue
        context = _of(found)
        if start < link_ends and _speaks_of(text, start):
            yield Term(Sort.ABOUT, found.group().lower(), context=context)
            continue
        rest = _REST.match(text, end)
        # Letters beyond ASCII belong to a link, or follow it.
        beyond = None if text.isascii() else _REST_BEYOND.match(text, end)
        if rest is not None and text[max(0, start - 3) : start] == "://":
            link_ends = rest.end()
        with_port = _ADDRESS_AND_PORT.fullmatch(found.group())
        names = [with_port[1]] if with_port else _names(found.group())
        for name in filter(_can_be_named, names):
            yield from _address(text, start, name, context)
            yield Term(Sort.DOTTED, name, context=context)
            if name.endswith(".ips") and (report := _REPORT.match(name)) is not None:
                yield Term(Sort.NAME, report[1], "the name of a report", context=context)
            if beyond is not None and len(beyond.group()) > len(rest.group() if rest else ""):
                yield Term(Sort.LINK, f"{name}{beyond.group().removeprefix('.').rstrip(_CLOSING)}", context=context)
            if rest is not None:
                yield Term(Sort.LINK, f"{name}{rest.group().removeprefix('.').rstrip(_CLOSING)}", context=context)


def _is_host_of_numbers(text: str, start: int, end: int) -> bool:
    """Return whether two numbers with a dot are an address: in a link they are, elsewhere a second or a version."""
    return (text[start - 2 : start] == "//" or text[start - 1 : start] == "@") and _as_address(
        text[start:end]
    ) is not None


def _speaks_of(text: str, start: int) -> bool:
    """Return whether a link only speaks of a host in its path or query: one it leads to has a scheme of its own."""
    before = text[max(0, start - 48) : start]
    if _ARCHIVED.search(before):
        return True
    return before[-1:] in {"/", "=", ":", "+", "#"} and not before.endswith("//") and not _LEADS_TO.search(before)


def _address(text: str, start: int, host: str, context: str) -> Iterator[Term]:
    if text[start - 1 : start] != "@":
        return
    local = _LOCAL.search(text, max(0, start - 66), start)
    if local is not None:
        yield Term(Sort.EMAIL, f"{local.group(1)}@{host}".lower(), context=context)


def _names(token: str) -> list[str]:
    """Return a name; an international one as it is and as DNS has it, and what of it is ASCII, for text glued to it."""
    if token.isascii():
        return [token]
    names = [found.group() for found in _DOTTED.finditer(token)]
    last = token.rpartition(".")[2].lower()
    if last.isascii():
        names.append(token)  # the name of a file
    if last.isascii() or last in international_endings():
        with contextlib.suppress(UnicodeError):
            names.append(token.lower().encode("idna").decode("ascii"))
    return names


def _can_be_named(name: str) -> bool:
    last = name[name.rfind(".") + 1 :]
    return len(name) <= LONGEST_NAME and ((len(last) > 1 and not last.isdigit()) or _as_address(name) is not None)


def _as_address(text: str) -> str | None:
    """Return an IPv4 address written in decimal, hexadecimal or octal numbers, or mixed, in its usual form."""
    if not _NUMBERS.fullmatch(text):
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(text))
    except OSError:
        return None


def canonical_host(name: str) -> str:
    """Return a host as it is compared: in lower case, without the root's dot, numbers as an IPv4 address."""
    name = name.lower().strip(".")
    return (_as_address(name) or name) if name[:1].isdigit() else name


def _of(found: re.Match[str]) -> str:
    """Return what was found with the text around it."""
    return found.string[max(0, found.start() - CONTEXT) : found.end() + CONTEXT]


def _raw(text: str) -> Iterator[Term]:
    for spelling in spellings(text):
        yield from _number_hosts(spelling.text)
        for found in _RUN.finditer(spelling.text):
            run = found.group()
            if ("." in run and _NAMED.search(run)) or run.count("/") > 1 or _WORD.fullmatch(run) or _UUID.search(run):
                yield Term(Sort.RAW, run, spelling.undone, spelling.defanged, _of(found))


CONTEXT = 100
_SHORTEST = 3
_NOTHING = re.compile(r"[A-Za-z0-9 _,?!;-]*")
"""A short text of these alone holds nothing to compare."""
_SHORTEST_HASH = 32
_LABEL = "[A-Za-z0-9_-]{1,63}"
_DOTTED = re.compile(rf"(?<![A-Za-z0-9_-]){_LABEL}(?:\.{_LABEL}){{1,20}}")
_DOTTED_ANY = re.compile(r"(?<![\w-])[\w-]{1,63}(?:\.[\w-]{1,63}){1,20}")
_NAMING = re.compile(
    r"\.(?:(?<=[\w-]\.)(?:[^\W\d]|-)|(?:(?<=[^\W\d]\.)|(?<=-\.))\d|(?<=\d\.)(?:\d{1,12}\.\d|0[xX]|\d{1,3}[A-Za-z_]))"
)
"""The dot of a name: with a letter beside it, or one of three numbers or more; a dot in a number makes none."""

_LOCAL = re.compile(r"([A-Za-z0-9._%+-]{1,64})@$")
_REST = re.compile(r"\.?(?::\d{1,5})?[/?#][^\s\"'<>|\\^`{}\x00\u0080-\U0010ffff]{0,2048}")
_REST_BEYOND = re.compile(r"\.?(?::\d{1,5})?[/?#][^\s\"'<>|\\^`{}\x00]{0,2048}")
_CLOSING = ".,;:!?)]"
_ARCHIVED = re.compile(r"//web\.archive\.org/web/\d{4,14}[a-z_]{0,4}/https?://\Z")
"""The page is a copy that the archive keeps: nobody goes to the host."""

_LEADS_TO = re.compile(
    r"[?&](?:u|url|uri|to|dest|destination|target|redirect|redirect_ur[il]|link|goto|next|r)=$|/amp/(?:s/)?$|ampproject\.org/[a-z]/(?:s/)?$"
    r"|android-app://[\w.]{3,40}/https?/$",
    re.IGNORECASE,
)
_NUMBERS = re.compile(r"(?:0[xX][0-9A-Fa-f]{1,8}|\d{1,12})(?:\.(?:0[xX][0-9A-Fa-f]{1,8}|\d{1,12})){0,3}")
_EMBEDDED = re.compile(
    r"(?<![0-9A-Fa-f:])(?:::ffff:(?:0:)?|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})(?![0-9a-f:.])", re.IGNORECASE
)
_ADDRESS_AND_PORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3})\.\d{1,5}")
"""How `netstat` of macOS and iOS joins them."""

_NUMBER_HOST = re.compile(r"https?://(?:[^\s/@]{1,64}@)?(0[xX][0-9A-Fa-f]{7,8}|\d{8,12})(?=[:/?#\s]|\Z)")
_PATH = re.compile(
    # Paths stand alone, in a link to a file (RFC 8089), or in what locationd calls a program.
    r"(?:(?<![\w.~/+%-])|(?<=file://)|(?<=file://localhost)"
    r"|(?:(?<=executable-)|(?<=\b[be]))(?=/(?:private|var|usr|System|Library)/))"
    r"(?:/(?:(?:Application Support|Managed Preferences|Mobile Documents)(?=/)"
    r"|[^\s/\"'<>|:;,()\[\]{}\x00]{1,255})){2,40}"
)
_FILE_LINK = re.compile(r"file://(?:localhost)?(/[^\s\"'<>|]{1,1024})")
_BLANK_NAME = re.compile(r"/([^/\s?#\"'<>&=]{0,120}%20[^/\s?#\"'<>&=]{1,120})(?=[?#\s\"'<>]|\Z)")
"""The last name of a link or path, when it has a blank."""
_SPACED = re.compile(
    r"(?:(?<![\w.~/+%-])|(?<=file://))(?:/(?:C{1,255} (?:C{1,40} ){0,2}(?=C{1,40}/))?C{1,255}){2,40}".replace(
        "C", r"[^\s/\"'<>|:;,()\[\]{}\x00]"
    )
)
"""A path with blanks in the names of its folders: what follows a blank is of it where a slash comes next."""

_COMPILED = re.compile(r"(?<![\w@.-])([\w.=~+-]{1,255}(?:@[\w.=~+-]{1,255}){1,20})@classes\.")
_CHOSEN = re.compile(r"(?<![\w-])primary:([^\s\"'<>|:;,()\[\]{}\x00]{1,1000})")
"""How Android names a file that somebody chose (AOSP, ExternalStorageProvider)."""

_FILE_LIKE = re.compile(r"(?=.*[^A-Za-z0-9_.-]|\.)[^:*?\"<>|]{0,200}\.[A-Za-z0-9]{1,8}")
"""A file's name with its ending, wherever it stands alone, that is no dotted name: one is compared as such."""

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_ROOTED = re.compile(
    r"~/|(?:private/)?(?:var|etc|tmp)/|(?:System|Library|Applications|usr|data|sdcard|filesystem[12])/"
)
_HEX = re.compile(
    # The last as `NSData` describes itself.
    r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{64}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{32}|(?:[0-9A-Fa-f]{2}:){15,31}[0-9A-Fa-f]{2})(?![0-9A-Fa-f])"
    r"|(?<=<)(?:[0-9a-f]{8} ){3,7}[0-9a-f]{8}(?=>)"
)
_HEX_RUN = re.compile(r"[0-9A-Fa-f:]{32}|<[0-9a-f]{8} ")
"""What every hash has."""

_UUID = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}(?![0-9A-Fa-f])")
_REPORT = re.compile(
    r"(?:ExcUserFault_)?([A-Za-z][\w .+-]{0,60}?)(?:\.(?:[a-z]+_resource|hang|spin|diag))?[-_]\d{4}-\d\d-\d\d-\d{6}"
)
"""How Apple names reports of crashes and hangs: the program and when."""

_STEM = re.compile(
    r"(?:profile-)?([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+?)+?)(?:_preferences)?\.(?:[A-Za-z][A-Za-z0-9]{0,7}|binarycookies|mobileconfig|mobileprovision|savedState)"
)
"""A dotted name with an ending behind it, and what iOS and Android put around it."""

_CLOUD_FOLDER = re.compile(r"iCloud~([A-Za-z0-9-]{1,63}(?:~[A-Za-z0-9-]{1,63}){1,10})(?![A-Za-z0-9~-])")
"""How iCloud Drive names the folder of an app."""

_LAUNCHED = re.compile(r"/Launch(?:Daemons|Agents)/[^/]+\Z")
_SITE_FOLDER = re.compile(rf"https?_({_LABEL}(?:\.{_LABEL}){{1,20}}?)_\d{{1,5}}(?![A-Za-z0-9_-])")
_RUN = re.compile(r"[A-Za-z0-9_.@%+/~-]{5,400}")
_NAMED = re.compile(r"[A-Za-z0-9]\.[A-Za-z]{2}")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]{7,63}")
