"""From hits to alerts: one for each indicator and file, with a place that a person can open and what it would show.

A text that lists indicators, or writes them so that they do no harm, speaks of an attack and is none: a mention.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mvtcase.engine.safe_json import safe_text
from mvtcase.engine.worker.reader.index import LONG_LIVED
from mvtcase.engine.worker.reader.roles import PlaceClass, Role, role_of
from mvtcase.engine.worker.reader.terms import Sort
from mvtcase.model import AlertSource, Level
from mvtcase.wording import why

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mvtcase.engine.worker.emitter import Emitter
    from mvtcase.engine.worker.reader.index import Hit, Spot
    from mvtcase.model import Json

MODULE = "sweep"
"""The name under which cases have kept what this reader finds since it was a search of bytes."""

MAX_ALERTS = 1000
MAX_FILES_PER_INDICATOR = 20

LIST_LENGTH = 10
"""Different addresses in one message, or in one file that is no message or history, that make it a list."""

PROGRAMS_LENGTH = 25
"""Different processes in one file that make it a list: no phone ran so many."""

MOST_ARTICLES = 100
"""Places of one file that tell of an address, of which it is asked whether another is theirs."""

NAMED_LENGTH = 3
"""Different addresses in one message that make it a report, where none of them is written as a link."""

SURE_LENGTH = 9
"""Letters from which on an address with doubtful neighbours is told as something unusual, and not only noted."""

MENTION, LEAD, UNCLEAR = "mention", "lead", str(PlaceClass.UNKNOWN)
_ADDRESSES = frozenset({"domains", "urls", "emails", "files_md5", "files_sha1", "files_sha256"})
_LINKS = frozenset({"domains", "urls"})

Place = tuple[str, str]
"""A file's name in the evidence and its place on the phone, the latter empty where both are the same."""


@dataclass(slots=True)
class Teller:
    """Sends alerts, and counts those that would be too many."""

    emit: Emitter
    alerts: int = 0
    unsent: int = 0
    files_of: dict[tuple[str, str], int] = field(default_factory=dict)

    def tell(self, hits: Sequence[Hit], place: Place) -> None:
        """Send the alerts that the hits of one file amount to."""
        for key, alert in alerts_of(hits, place):
            known = self.files_of[key] = self.files_of.get(key, 0) + 1
            if known > MAX_FILES_PER_INDICATOR or self.alerts >= MAX_ALERTS:
                self.unsent += 1
                continue
            self.alerts += 1
            self.emit("alert", **alert)

    def end(self) -> None:
        """Say how many alerts were not sent."""
        if self.unsent:
            self.emit("limitation", reason=why("reader.unsent", count=self.unsent).data)


def alerts_of(hits: Sequence[Hit], place: Place) -> Iterator[tuple[tuple[str, str], dict[str, Json]]]:
    """Yield type and value of an indicator and the fields of its alert, for all hits of one file."""
    pages = _pages(hits, place)
    lists = _lists(hits, pages)
    best: dict[tuple[str, str], tuple[Hit, str]] = {}
    told: dict[str, list[Spot]] = defaultdict(list)
    for hit in filter(_is_told_of, hits):
        if len(told[hit.term.text]) < MOST_ARTICLES:
            told[hit.term.text].append(hit.spot)
    for hit in hits:
        if _unit(hit, pages) in lists or _column(hit) in lists:
            continue
        key = (str(hit.match.indicator["type"]), str(hit.match.indicator["value"]))
        is_echo = any(_is_of_article(hit.spot, article) for article in told.get(hit.term.text, ()))
        shown = MENTION if is_echo else what_it_shows(hit)
        if key not in best or _WEIGHT[shown] > _WEIGHT[best[key][1]]:
            best[key] = (hit, shown)
    for key, (hit, shown) in best.items():
        yield key, _alert(hit, shown, place)
    for members in lists.values():
        yield ("list", ""), _list_alert(members, place)


def what_it_shows(hit: Hit) -> str:
    """Return the evidence class that the place of a hit speaks for, or `lead` or `mention`."""
    type_, sort = str(hit.match.indicator["type"]), hit.term.sort
    if hit.term.defanged or (type_ in _LINKS and (sort is Sort.ABOUT or _is_blocked(hit))) or _is_told_of(hit):
        return MENTION
    if hit.match.doubtful:
        return LEAD
    if sort is Sort.RAW:
        return UNCLEAR
    return _by_place(type_, sort, hit.spot.place_class, role_of(hit.spot.role))


def _is_blocked(hit: Hit) -> bool:
    """Return whether a host stands as a line of a filter's list: what such a list names is kept from being opened."""
    if not hit.spot.table and _HOST_AS_HEADING.match(hit.spot.column):
        return True  # a hosts file with tabs, or one with bars, was read as a table
    if hit.spot.place_class == PlaceClass.UNKNOWN and (
        _RULE_OF_FILTER.search(hit.spot.key) or (hit.spot.bare and _LIST_OF_HOSTS.search(hit.spot.table))
    ):
        return True
    host = re.escape(hit.term.text)
    return any(re.search(form.format(host), hit.term.context, re.IGNORECASE) for form in _BLOCKED_FORMS)


def _is_told_of(hit: Hit) -> bool:
    """Return whether a report or an article names an indicator: its words tell, and nothing there leads to it."""
    context = hit.term.context
    # Anybody can write these words in a message.
    if "matched_indicator" in hit.spot.key or (
        hit.spot.place_class not in LONG_LIVED and _FOUND_BY_MVT.search(context)
    ):
        return True
    if hit.match.indicator["type"] not in _TOLD_OF or hit.spot.place_class != PlaceClass.UNKNOWN:
        return False
    host = hit.term.text.lower()
    lowered = context.lower()
    leads = f"//{host}" in lowered or f"{host}/" in lowered
    return not leads and len({found.group().lower() for found in _OF_REPORTS.finditer(context)}) >= WORDS_OF_REPORTS


def _is_of_article(spot: Spot, article: Spot) -> bool:
    """Return whether a bare address is of the text that tells of it: in its row, its tags or lines next to it.

    What else the same file holds may be who went there.
    """
    if not spot.bare or spot.place_class != PlaceClass.UNKNOWN:
        return False
    if (spot.inside, spot.table) != (article.inside, article.table):
        return False
    if spot.table or spot.key or article.key:
        is_below = spot.key.startswith(f"{article.key}.")
        return spot.row == article.row and (is_below or _around(spot.key) == _around(article.key))
    return isinstance(spot.row, int) and isinstance(article.row, int) and abs(spot.row - article.row) <= LINES_BESIDE


def _around(key: str) -> str:
    """Return the key of what holds a value, or a list of values."""
    return _PLACE_IN_LIST.sub("", key).rpartition(".")[0]


_PLACE_IN_LIST = re.compile(r"(?:\[\d+\])+\Z")
LINES_BESIDE = 20
"""Lines around an article's in which an address alone is of it, and lines of a log that are of one page."""

_TOLD_OF = frozenset({"domains", "processes"})
WORDS_OF_REPORTS = 2
"""Different words around a bare host or a process that make its text one about spyware."""

_OF_REPORTS = re.compile(
    r"pegasus|\bNSO\b|spyware|citizen ?lab|amnesty|candiru|indicators? of compromise|間諜軟體|飛馬|公民實驗室|國際特赦",
    re.IGNORECASE,
)
_FOUND_BY_MVT = re.compile(r"known suspicious .{1,400}? matching indicator", re.IGNORECASE | re.DOTALL)
"""How MVT's own results say that they matched something."""

_RULE_OF_FILTER = re.compile(r"\btrigger\.(?:url-filter|(?:if|unless)-(?:domain|top-url|frame-url))|^trackers\.")
"""Where Apple's content blockers and DuckDuckGo's list have hosts, by their documentation."""

_LIST_OF_HOSTS = re.compile(r"black_?list|block_?list|deny_?list|malicious|malware|phishing", re.IGNORECASE)
"""How programs against fraud call a table of hosts that are kept from being opened."""

_HOST_AS_HEADING = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}(?:\s*#|\^)")
_BLOCKED_FORMS = (
    r"(?:^|\s)(?:0\.0\.0\.0|127\.0\.0\.1|::1?)\s+{}(?:\s|#|$)",
    r"\|\|{}\^",
    r"(?:address|server|local)=/{}/",
    r"local-(?:zone|data): \"{}\.?[ \"]",
)
"""Hosts files, AdBlock, dnsmasq and unbound, as their manuals write a blocked host."""


def _by_place(type_: str, sort: Sort, found: str, role: Role) -> str:
    if type_ in _LINKS:
        return found if found in LONG_LIVED else _EXPOSED.get(found, UNCLEAR)
    if type_ == "emails":
        return str(PlaceClass.MESSAGE)
    if type_ in {"processes", "app_ids"} and found == PlaceClass.RUNNING and sort is not Sort.PATH_IN_TEXT:
        return found
    is_listed = type_ == "app_ids" and found == PlaceClass.PRESENT
    if sort in {Sort.DOTTED, Sort.ABOUT} and role is Role.FREE and type_ in {"app_ids", "file_names"} and not is_listed:
        return UNCLEAR  # a word of a text
    return str(PlaceClass.MESSAGE if sort is Sort.FILE_NAME and found == PlaceClass.MESSAGE else PlaceClass.PRESENT)


_EXPOSED = {str(PlaceClass.RUNNING): str(PlaceClass.HISTORY)}
"""An address among the traces of a running process was asked for by it."""

_WEIGHT: Mapping[str, int] = {
    MENTION: 0,
    LEAD: 1,
    UNCLEAR: 2,
    str(PlaceClass.MESSAGE): 3,
    str(PlaceClass.HISTORY): 4,
    str(PlaceClass.PRESENT): 5,
    str(PlaceClass.RUNNING): 6,
}


def _level(hit: Hit, shown: str) -> Level:
    type_ = str(hit.match.indicator["type"])
    if shown == MENTION:
        return Level.LOW
    if shown == LEAD:
        told = type_ in {*_LINKS, "emails", "file_paths"} and len(str(hit.match.indicator["value"])) >= SURE_LENGTH
        return Level.MEDIUM if told else Level.LOW
    return Level.MEDIUM if shown == UNCLEAR else Level.HIGH


def _unit(hit: Hit, pages: Mapping[Line, int]) -> tuple[object, ...]:
    """Return what a list must fit in: a row, message or visit, a page of a log, or one file of an archive."""
    spot = hit.spot
    if spot.table:
        return (spot.inside, spot.table, spot.row)
    if spot.place_class in LONG_LIVED:
        return (spot.inside, spot.row, spot.key.partition(".")[0])
    return (spot.inside, pages[line]) if (line := (spot.inside, spot.row)) in pages else (spot.inside,)


def _pages(hits: Iterable[Hit], place: Place) -> dict[Line, int]:
    """Return the first line of the page that each line of a log is on: lines that name something, close together."""
    pages: dict[Line, int] = {}
    last = ("", -1)
    lines = {(spot.inside, spot.row) for spot in (hit.spot for hit in hits) if isinstance(spot.row, int)}
    for line in sorted(each for each in lines if _LOG.search(each[0] or place[1] or place[0])):
        goes_on = last in pages and last[0] == line[0] and line[1] - last[1] <= LINES_BESIDE
        pages[line] = pages[last] if goes_on else line[1]
        last = line
    return pages


Line = tuple[str, object]
_LOG = re.compile(r"(?:(?:bugreport|dumpstate|dumpsys|logcat)[^/!]*\.(?:txt|log)|\.log(?:\.\d{1,3})?)\Z", re.IGNORECASE)
"""Texts in which a page that names indicators says nothing of what else happened."""


def _column(hit: Hit) -> tuple[object, ...]:
    """Return the column a bare address stands in, where nothing says that messages or visits are kept there."""
    spot = hit.spot
    bare = spot.table and spot.place_class == PlaceClass.UNKNOWN and spot.bare
    return (spot.inside, spot.table, "", spot.column) if bare else ()


def _lists(hits: Iterable[Hit], pages: Mapping[Line, int]) -> dict[tuple[object, ...], list[Hit]]:
    found: dict[tuple[object, ...], dict[object, Hit]] = defaultdict(dict)
    programs: dict[tuple[object, ...], dict[object, Hit]] = defaultdict(dict)
    leading = set()
    for hit in hits:
        if hit.match.indicator["type"] == "processes":
            programs[_unit(hit, pages)][hit.match.indicator["value"]] = hit
        elif hit.match.indicator["type"] in _ADDRESSES and hit.spot.place_class != PlaceClass.RUNNING:
            for unit in filter(None, (_unit(hit, pages), _column(hit))):
                found[unit].setdefault(hit.match.indicator["value"], hit)
                if not _is_only_named(hit):
                    leading.add(unit)
    return {
        unit: list(each.values())
        for unit, each in found.items()
        if len(each) >= (LIST_LENGTH if unit in leading else NAMED_LENGTH)
    } | {unit: list(each.values()) for unit, each in programs.items() if len(each) >= PROGRAMS_LENGTH}


def _is_only_named(hit: Hit) -> bool:
    """Return whether an address stands in a message without being written as a link."""
    in_message = hit.spot.place_class == PlaceClass.MESSAGE
    return in_message and hit.term.sort is Sort.DOTTED and f"//{hit.term.text}" not in hit.term.context.lower()


def _alert(hit: Hit, shown: str, place: Place) -> dict[str, Json]:
    value = str(hit.match.indicator["value"])
    where = _where(hit, place)
    return {
        **_BASE,
        "level": _level(hit, shown).name,
        "message": f"{_SENTENCES.get(shown, _FOUND).format(value=safe_text(value, 300))} {where}",
        "data": _data(hit, shown, place),
        "indicator": dict(hit.match.indicator),
    }


_BASE: dict[str, Json] = {
    "part": "",
    "module": MODULE,
    "event_time": "",
    "witnessed": False,
    "source": str(AlertSource.SWEEP),
}
_FOUND = "Found the indicator {value} in"
_SENTENCES = {
    MENTION: "A text mentions the indicator {value} without leading to it, in",
    LEAD: "What may be the indicator {value} stands among other bytes in",
    UNCLEAR: "Found the text of the indicator {value} in",
}


def _list_alert(members: Sequence[Hit], place: Place) -> dict[str, Json]:
    first = members[0]
    values: list[Json] = [*sorted(safe_text(str(hit.match.indicator["value"]), 100) for hit in members)]
    return {
        **_BASE,
        "level": Level.LOW.name,
        "message": f"A list of {len(members)} indicators stands in {_where(first, place)}",
        "data": {**_data(first, MENTION, place), "values": values[:100], "listed": len(members)},
        "indicator": dict(first.match.indicator),
    }


def _where(hit: Hit, place: Place) -> str:
    """Return the place of a hit in words: the file, on the phone where that is known, and what to open in it."""
    name, on_phone = place
    spot = hit.spot
    file = f"{on_phone} ({name})" if on_phone else name
    column = f"{spot.table}.{spot.column}, row {spot.row}" if spot.table else ""
    line = f"line {spot.row}" if spot.row is not None and not spot.table else ""
    inner = ", ".join(part for part in (column, line, spot.key) if part)
    shown = "!".join(part for part in (file, spot.inside) if part)
    return safe_text(f"{shown}: {inner}" if inner else shown, 500)


def _data(hit: Hit, shown: str, place: Place) -> dict[str, Json]:
    spot, name = hit.spot, place[0]
    fields: dict[str, Json] = {
        "file": safe_text(name, 1000),
        "on_phone": safe_text(place[1], 1000),
        "container": safe_text(spot.inside),
        "table": safe_text(spot.table),
        "row": safe_text(spot.row, 200) if isinstance(spot.row, str) else spot.row,
        "column": safe_text(spot.column),
        "key": safe_text(spot.key),
        "offset": spot.offset,
        "value": safe_text(str(hit.match.indicator["value"])),
        "found": safe_text(hit.term.text, 1000),
        "context": safe_text(hit.term.context, 400),
        "how": "; ".join(part for part in (hit.match.how, f"undone: {spot.undone}" if spot.undone else "") if part),
        "place_class": shown,
    }
    return {key: value for key, value in fields.items() if value not in {None, ""}}
