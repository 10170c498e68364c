"""The indicators of a scan's sets as the second reader looks them up: by the term, in the form terms are compared in.

Which host an indicator means follows MVT: the whole host first, then its registered domain. A finding names the value
that was published; nothing is widened that many sites share.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

import ahocorasick

from mvtcase.engine.safe_json import safe_text
from mvtcase.engine.worker.match.domains import SHARED_HOSTING, SHORTENERS, registered_domain
from mvtcase.engine.worker.reader.paths import ancestors, is_program_place, rooted
from mvtcase.engine.worker.reader.spellings import plain
from mvtcase.engine.worker.reader.terms import Sort, Term, canonical_host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mvtcase.matchset import MatchSet
    from mvtcase.model import Json

Fields = dict[str, "Json"]
"""What an alert says of an indicator: value, type, family, set."""

SURE_NAME = 8
"""Letters from which on a process's name is compared without regard to capitals and found in a file's path anywhere."""

DOUBT = "what stands beside it may belong to it"

CUT_NAMES = frozenset({15, 16, 32})
"""Lengths at which Linux and iOS (in reports the last) cut the names of processes."""

STOCK_NAMES = frozenset({"gatekeeperd", "diagnosticd", "com.apple.webkit.networking", "usereventagent", "backupagent"})
"""Names that sets list because an implant hid behind them, and that every phone carries in their right place."""

_STOCK_PLACES = re.compile(r"\A/(?:System|usr/(?:libexec|sbin|bin)|Applications|system|vendor|apex)/")


class Match(NamedTuple):
    """An indicator that a term is: its fields, how the term was led to it, and whether that leaves a doubt."""

    indicator: Fields
    how: str = ""
    doubtful: bool = False


@dataclass(slots=True)
class Known:
    """The indicators by type and by the form in which they are compared."""

    by_type: dict[str, dict[str, Fields]] = field(default_factory=dict)
    android: bool = False
    _raw: ahocorasick.Automaton | None = None
    _anchors: frozenset[str] | None = None
    """A part of each indicator: what holds none of them is none. None where an indicator has no such part."""
    _checks: Mapping[Sort, Callable[[str], Iterator[Match]]] = field(default_factory=dict)

    @classmethod
    def of(cls, matchset: MatchSet, set_names: Mapping[str, str], *, android: bool = False) -> Known:
        """Return the indicators of a match set; of equal ones the first stands, for hosts the last, as in MVT."""
        known = cls(android=android)
        for collection in matchset.collections:
            for type_, values in collection.values.items():
                table = known.by_type.setdefault(type_, {})
                for value in values:
                    key = _FORMS.get(type_, plain)(value)
                    fields: Fields = {
                        "value": safe_text(value),
                        "type": type_,
                        "family": safe_text(collection.name),
                        "set": set_names.get(collection.file_name, safe_text(collection.file_name)),
                    }
                    if key and (type_ == "domains" or key not in table):
                        table[key] = fields
        known._finish()
        return known

    def _finish(self) -> None:
        self.by_type["any_hash"] = {
            **self._table("files_md5"), **self._table("files_sha1"), **self._table("files_sha256"),
            **self._table("app_cert_hashes"),
        }  # fmt: skip
        processes = self._table("processes")
        self.by_type["cut"] = {
            name[:cut]: fields for name, fields in processes.items() for cut in CUT_NAMES if len(name) > cut
        }
        self.by_type["folded"] = {name.lower(): each for name, each in processes.items() if len(name) >= SURE_NAME}
        self._raw = _automaton({key: self.by_type[name] for name in _IN_RAW for key in self._table(name)})
        anchors = frozenset(_anchor(type_, key) for type_, table in self.by_type.items() for key in table)
        self._anchors = None if "" in anchors else anchors
        self._checks = {
            Sort.DOTTED: self._dotted,
            Sort.LINK: self._link,
            Sort.EMAIL: self._email,
            Sort.PATH: self._path,
            Sort.PATH_IN_TEXT: self._path_in_text,
            Sort.NAME: self._name,
            Sort.FILE_NAME: self._file_name,
            Sort.HEX: lambda text: self._found("any_hash", text),
            Sort.UUID: lambda text: self._found("ios_profile_ids", text.lower()),
            Sort.PROFILE: lambda text: self._found("ios_profile_ids", text.lower()),
            Sort.RAW: self._in_raw,
            Sort.ABOUT: self._dotted,
        }

    def matches(self, term: Term) -> Iterator[Match]:
        """Yield the indicators that a term is; most terms are none, which their parts tell at once."""
        sort, text = term.sort, term.text
        told = self._anchors is not None and sort is not Sort.RAW and not (text[:1].isdigit() and sort in _HOSTS)
        if told and self._anchors.isdisjoint(_parts(text)):  # type: ignore[union-attr]  # it was looked at
            return iter(())
        return self._checks[sort](text)

    def _table(self, name: str) -> dict[str, Fields]:
        return self.by_type.get(name, {})

    def _found(self, table: str, key: str, how: str = "") -> Iterator[Match]:
        fields = self._table(table).get(key)
        if fields is not None:
            yield Match(fields, how)

    def _host(self, text: str) -> Iterator[Match]:
        host = canonical_host(text)
        domains = self._table("domains")
        exact = domains.get(host) or domains.get(host.removeprefix("www."))
        if exact is not None:
            yield Match(exact)
            return
        if not _could_hold(domains, host):
            return
        # A name below no public suffix is one of a private network, or invented.
        above = registered_domain(host) or ".".join(host.split(".")[-2:])
        if above in domains and above not in SHARED_HOSTING and above not in SHORTENERS:
            yield Match(domains[above], "a host below the published domain")

    def _dotted(self, text: str) -> Iterator[Match]:
        yield from self._host(text)
        yield from self._link(text)
        name = text.lower()
        yield from self._app(name)
        yield from self._class(text)
        yield from self._file_name(text)
        yield from self._found("ios_profile_ids", name)
        if self.android:
            yield from self._found("android_property_names", name)

    def _class(self, text: str) -> Iterator[Match]:
        """Yield the app whose code a class is, as lists of services name it: the names above the first large letter."""
        found = None if _SYSTEM_CODE.match(text) else _CLASS.search(text)
        above, apps = text[: found.start()].lower() if found else "", self._table("app_ids")
        while "." in above and above not in apps:
            above = above.rpartition(".")[0]
        if above in apps:
            yield Match(apps[above], "a class of the app")

    def _app(self, name: str) -> Iterator[Match]:
        apps = self._table("app_ids")
        if name in apps:
            yield Match(apps[name])
            return
        # `AppDomain-` and a team's id stand before an app's id, a hyphen and noise after it in Android's folders.
        for how, other in (
            ("what stands before the app id was left out", _BEFORE_APP.sub("", name)),
            ("what stands after the app id was left out", name.split("-", 1)[0]),
            ("what stands around the app id was left out", _AFTER_APP.sub("", _BEFORE_APP.sub("", name))),
        ):
            if other != name and other in apps:
                yield Match(apps[other], how)

    def _link(self, text: str) -> Iterator[Match]:
        urls = self._table("urls")
        if not urls:
            return
        link = link_form(text)
        for how, cut in (
            ("", link),
            ("without its fragment", link.split("#", 1)[0]),
            ("without its query", link.split("?", 1)[0]),
        ):
            fields = urls.get(cut.rstrip("/"))
            if fields is not None:
                yield Match(fields, how if cut != link else "")
                return

    def _email(self, text: str) -> Iterator[Match]:
        emails = self._table("emails")
        if text in emails:
            yield Match(emails[text])
            return
        local, _, host = text.partition("@")
        bare = f"{local.split('+', 1)[0]}@{host}"
        if bare in emails:
            yield Match(emails[bare], "without its plus-tag")
        elif (named := _OF_ACCOUNT.fullmatch(text)) is not None and named[1] in emails:
            yield Match(emails[named[1]], "what a file's name has around it was left out")

    def _name(self, text: str) -> Iterator[Match]:
        yield from self._process(text)
        yield from self._app(text.lower())
        yield from self._file_name(text)
        yield from self._found("ios_profile_ids", text.lower())

    def _file_name(self, text: str) -> Iterator[Match]:
        names = self._table("file_names")
        if text in names:
            yield Match(names[text])
        elif names and (own := _KEPT_AS.sub("", text)) in names:
            yield Match(names[own], "what a system adds to a file's name was left out")

    def _process(self, name: str, *, misplaced: bool = False) -> Iterator[Match]:
        if name.lower() in STOCK_NAMES and not misplaced:
            return
        processes = self._table("processes")
        fields = processes.get(name) or self._table("folded").get(name.lower())
        if fields is not None:
            yield Match(fields)
        elif len(name) in CUT_NAMES and name in self._table("cut"):
            yield Match(self._table("cut")[name], "a name cut by the system")

    def _path(self, text: str) -> Iterator[Match]:
        path = rooted(text)
        paths = self._table("file_paths")
        above = next((each for each in ancestors(path) if each in paths), None) if paths else None
        if above is not None:
            yield Match(paths[above], "" if above == path else "a file below the published path")
        name = path[path.rfind("/") + 1 :]
        yield from self._file_name(name)
        # A short name is a folder of every phone: it counts where programs lie and nowhere else.
        placed = is_program_place(path) if len(name) >= SURE_NAME else _PROGRAM_PLACES.search(path)
        if placed:
            yield from self._process(name, misplaced=_STOCK_PLACES.match(path) is None)

    def _path_in_text(self, text: str) -> Iterator[Match]:
        return self._path(text.rstrip("."))

    def _in_raw(self, text: str) -> Iterator[Match]:
        if self._raw is None:
            return
        lowered = text.lower()
        for end, (type_, key) in self._raw.iter(lowered):
            # Lists of files have paths without their first slash, too.
            start = end + 1 - len(key.removeprefix("/") if type_ == "file_paths" else key)
            start -= type_ == "file_paths" and lowered[start - 1 : start] == "/"
            alone = _stands_alone(lowered, start, end + 1, type_)
            yield Match(self._table(type_)[key], "" if alone else DOUBT, not alone)


def link_form(text: str) -> str:
    """Return a link as it is compared: without scheme and last slash, its host in lower case."""
    link = _SCHEME.sub("", plain(_CODED.sub(_letters, text) if "%" in text else text).strip())
    for place, character in enumerate(link):
        if character in "/?#":
            return (canonical_host(_USUAL_PORT.sub("", link[:place])) + link[place:]).rstrip("/")
    return canonical_host(_USUAL_PORT.sub("", link))


def _letters(found: re.Match[str]) -> str:
    """Return what a link codes in bytes: letters as such, signs that mean something else so in capitals (RFC 3986)."""
    try:
        text = unquote(found[0], errors="strict")
    except UnicodeError:
        return found[0].upper()
    plain_ones = (each.isalnum() or each in "-._~" or not each.isascii() for each in text)
    return "".join(each if is_plain else f"%{ord(each):02X}" for each, is_plain in zip(text, plain_ones, strict=True))


def _path_form(value: str) -> str:
    return rooted(plain(value).strip())


def _host_form(value: str) -> str:
    host = plain(value).strip()
    try:
        return canonical_host(host if host.isascii() else host.encode("idna").decode("ascii"))
    except UnicodeError:
        return canonical_host(host)


def _lower(value: str) -> str:
    return plain(value).strip().lower()


def _could_hold(domains: Mapping[str, Fields], host: str) -> bool:
    """Return whether a domain above the host is among the indicators, without asking the public suffix list."""
    rest = host.partition(".")[2]
    for _ in range(20):
        if not rest:
            return False
        if rest in domains:
            return True
        rest = rest.partition(".")[2]
    return False


def _parts(text: str) -> list[str]:
    return text.lower().translate(_PARTED).split()


def _anchor(type_: str, key: str) -> str:
    """Return a part of an indicator that all terms hold which are compared as it: only their ends are ever cut.

    The first part of an app's id may have letters before it (`icom.example.app`); the beginning of a path may stand
    for a mount. There is none where nothing else is left.
    """
    if type_ == "file_paths":
        key = "" if key in _MOUNTED else key[key.rfind("/") + 1 :]
    # A link's letters beyond ASCII may be coded.
    parts = [part for part in _parts(key) if part.isascii()] if type_ == "urls" else _parts(key)
    return max((type_ == "app_ids" and parts[1:]) or parts, key=len, default="")


def _automaton(tables: Mapping[str, Mapping[str, Fields]]) -> ahocorasick.Automaton | None:
    """Return one automaton for everything that is looked for among bytes of no known form, None for nothing."""
    automaton = ahocorasick.Automaton()
    for key, table in tables.items():
        type_ = str(table[key]["type"]) if key in table else ""
        if len(key) >= _LEAST_RAW and type_ and not (type_ in _NAMES and _is_common(key)):
            automaton.add_word(key.lower().removeprefix("/"), (type_, key))
    if not len(automaton):
        return None
    automaton.make_automaton()
    return automaton


def _is_common(name: str) -> bool:
    return len(name) < SURE_NAME or name.lower() in STOCK_NAMES


_NAMES = frozenset({"processes", "file_names"})


def _stands_alone(text: str, start: int, end: int, type_: str) -> bool:
    before, after = text[start - 1 : start], text[end : end + 2]
    if type_ in {"domains", "urls"} and before == ".":
        before = ""  # a host below the published one
    inner = _INNER.get(type_, _WORD_LETTERS)
    return before not in inner and (
        not after
        or (after[0] == "." and (len(after) == 1 or after[1] not in _WORD_LETTERS))
        or after[0] not in inner | {"."}
    )


_HOSTS = frozenset({Sort.DOTTED, Sort.LINK, Sort.ABOUT})
"""Terms in which numbers are an address that can be written in several ways."""

_MOUNTED = frozenset({"/private", "/private/var", "/storage", "/storage/emulated", "/storage/emulated/0"})
_PARTED = {code: " " for code in range(128) if not chr(code).isalnum()}
_WORD_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")
_INNER = {"emails": _WORD_LETTERS | set(".%+"), "app_ids": _WORD_LETTERS}
_INNER |= dict.fromkeys(("file_paths", "file_names", "android_property_names"), _WORD_LETTERS | {"."})
_IN_RAW = (
    *("domains", "urls", "emails", "app_ids", "file_paths", "processes", "file_names", "ios_profile_ids"),
    "android_property_names",
)
_LEAST_RAW = 5
_SCHEME = re.compile(r"\A[A-Za-z][A-Za-z0-9+.-]{0,20}://")
_CODED = re.compile("(?:%[0-9A-Fa-f]{2})+")
_USUAL_PORT = re.compile(r":(?:80|443)\Z")
_CLASS = re.compile(r"\.[A-Z]")
_SYSTEM_CODE = re.compile(r"(?:android|androidx|java|javax|kotlin|kotlinx|com\.(?:android|google|apple))\.")
"""Where the system's own code and its makers' stands: an app that borrows such a name is known by its whole id."""

_BEFORE_APP = re.compile(
    # As backups, locationd and keychains write it.
    r"\A(?:(?:sys(?:shared)?container|app)domain(?:plugin|group)?-(?:group\.)?|(?:system)?group\.|icloud\.|application\.|[ip](?=com\.|net\.|org\.)|[a-z0-9]{10}\.)"
)
_AFTER_APP = re.compile(r"\.(?:voip|complication|watchkitapp|[a-z]{0,20}provider|\d{1,20}(?:\.\d{1,20})?)\Z")
"""What stands behind an app's id: topics of its messages, its part on a watch, numbers of a process; on Android, what
gives its files to others."""

_OF_ACCOUNT = re.compile(r"(?:mailstore\.|account-)?(.{3,200}?)(?:\.(?:db|xml|json)(?:-[a-z]{3,9})?)?")
"""How Gmail calls files of an account (ALEAPP, gmailEmails)."""

_KEPT_AS = re.compile(
    # Removed and unfinished files of Android, and what browsers add.
    r"\A\.(?:trashed|pending)-\d{9,11}-| ?\(\d{1,3}\)(?=\.[A-Za-z0-9]{1,8}\Z)|\.(?:crdownload|download|part)\Z"
)
_PROGRAM_PLACES = re.compile(
    r"/(?:libexec|s?bin|xbin|tmp|roleaccountd\.staging|CoreServices|LaunchDaemons|PrivateFrameworks)/[^/]{1,64}\Z"
)
_FORMS: Mapping[str, Callable[[str], str]] = {
    "domains": _host_form,
    "urls": link_form,
    "emails": _lower,
    "app_ids": _lower,
    "ios_profile_ids": _lower,
    "android_property_names": _lower,
    "files_md5": _lower,
    "files_sha1": _lower,
    "files_sha256": _lower,
    "app_cert_hashes": lambda value: _lower(value).replace(":", ""),
    "file_paths": _path_form,
}
