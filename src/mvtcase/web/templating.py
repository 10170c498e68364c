"""What templates of the console can call: words, times in the case's zone, addresses, and small sums over an answer."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from jinja2 import Environment, StrictUndefined, pass_context
from markupsafe import Markup

from mvtcase import workflow
from mvtcase.canon import person_key
from mvtcase.escape import visible
from mvtcase.model import ConsentMethod, ConsentPoint, Level, NextStep, Order, Verdict
from mvtcase.report.phrases import Templates
from mvtcase.report.render import Format
from mvtcase.web import drawing
from mvtcase.web.pages import NEXT, PAGES, naming, number_of_page
from mvtcase.workflow.payloads import Sheet, as_json

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from jinja2.runtime import Context

    from mvtcase.model import Finding
    from mvtcase.web.console import Console
    from mvtcase.wording import Step

PACKAGE = "mvtcase.web"
MARKS = {
    "confirmed": "✖", "targeted": "◎", "indicator_match": "◆", "suspicious": "▲", "inconclusive": "?", "no_trace": "○",
    "not_examined": "–",
}  # fmt: skip
"""A sign for each status where there is room for no word: nothing is told by colour alone."""
ROWS = 200
"""Rows of a long list on one page."""
MAX_MONTHS = 48
"""Months that a table of coverage shows, the latest."""
DAYS_BY_DAY, DAYS_BY_MONTH = 45, 1200
"""Up to how long a time is zoomed into by day, and by month; beyond by year."""
_PLACES = {"O": "people", "D": "devices", "F": "findings", "S": "scans"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Closer:
    """A part of a timeline that can be looked at alone, with how much happened in it."""

    name: str
    since: str
    until: str
    number: int


def make_environment(console: Console) -> Environment:
    """Return the environment of the console's templates, in its language; everything that is shown is escaped."""
    made = Environment(
        loader=Templates(console.tongue, PACKAGE),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_harmless,
    )
    made.filters |= {
        "w": console.word,
        "words": lambda told: visible(console.tongue.text(str(told))).replace("_", " "),
        "json": lambda value: json.dumps(as_json(value), ensure_ascii=False, indent=1, default=console.word),
        "first": lambda rows: list(rows)[:ROWS],
        "fromjson": json.loads,
        "moment": moment,
    }
    made.globals |= {
        "_": str,  # marks a sentence, which the loader of the templates has put into the language already
        "pages": [each for each in PAGES if each.menu],
        "language": console.tongue.language,
        "draw": SimpleNamespace(**{each.__name__: partial(each, word=console.word) for each in drawing.PICTURES}),
        "next_of": next_of,
        "with_query": with_query,
        "naming": naming,
        "months_of": months_of,
        "is_in": is_in,
        "zoom": zoom,
        "by_day": by_day,
        "stale_by": stale_by,
        "same_person": lambda one, other: person_key(one) == person_key(other),
        "verdicts": [str(each) for each in Verdict],
        "levels": [str(each) for each in Level],
        "next_steps": [str(each) for each in NextStep],
        "orders": [str(each) for each in Order],
        "consent_points": [str(each) for each in ConsentPoint],
        "consent_methods": [str(each) for each in ConsentMethod],
        "observed": workflow.observations.KINDS,
        "methods": workflow.observations.METHODS,
        "rows_shown": ROWS,
        "paged": paged,
        "marks": MARKS,
        "carried_in": lambda reach: [str(each.trace) for each in reach if each.is_carried],
        "waiting": lambda people: [each for each in people if each.next_ and each.next_.step],
        "report_formats": [str(each) for each in Format],
        "export_formats": [str(each) for each in workflow.exports.ExportFormat],
        "sealing_states": sealing_states,
        "sealing_course": sealing_course,
        "sealing_counts": lambda rows: Counter(str(each.sealing) for each in rows),
        "sealing_strip": lambda rows: [(str(each.sealing), f"{each.pseudonym}: {each.sealing}") for each in rows],
        "link_pairs": lambda links: [(each.kind, [who.pseudonym for who in each.officials]) for each in links],
    }
    return made


def _harmless(value: object) -> object:
    """Return a text with marks of direction and controls visible: names and evidence may hold them."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@pass_context
def moment(context: Context, text: object) -> str:
    """Return a time of our clock in the zone of the case, to the second; what is no such time as it is."""
    given = str(text or "")
    try:
        at = datetime.fromisoformat(given.replace("Z", "+00:00"))
    except ValueError:
        return visible(given)
    zone = context.get("zone")
    if at.tzinfo is None or not given.endswith("Z"):
        return visible(given)
    return f"{at.astimezone(zone or timezone.utc):%Y-%m-%d %H:%M:%S}"


def with_query(query: Mapping[str, str], **changed: object) -> str:
    """Return the query of an address with some parts changed, or left out where they are None."""
    parts = {**query, **{name: None if value is None else str(value) for name, value in changed.items()}}
    return f"?{urlencode({name: value for name, value in parts.items() if value is not None})}"


def next_of(steps: Iterable[Step], case: str | None) -> list[tuple[str, str]]:
    """Return the steps that can be taken in the console as links, `(address, words)`, to what they are about."""
    known = [(each, NEXT.get(each.verb.split(" ")[0])) for each in steps if each.verb]
    return [(f"/c/{case}/{_place(each) or page}", each.verb) for each, page in known if page and case]


def _place(step: Step) -> str:
    """Return the page of the first thing that a step names, empty where it names none."""
    for each in step.arguments:
        kind, _, number = str(each).partition("-")
        if kind in _PLACES and number and number.isalnum():
            return f"{_PLACES[kind]}/{each}"
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The rows of a long list that stand on one page, which page that is, and of how many."""

    rows: Sequence[Any]
    page: int
    pages: int


def paged(rows: Iterable[Any], query: Mapping[str, str], limit: int = ROWS) -> Part:
    """Return the rows that an address asks for, of a list that its verb gives whole."""
    every = list(rows)
    asked = Sheet(limit=limit, page=number_of_page(query))
    return Part(rows=asked.of(every), page=asked.page, pages=asked.pages(len(every)))


def months_of(reach: Iterable[Mapping[str, str | None]]) -> list[str]:
    """Return the months from the first to the last that any trace reaches, at most four years of them."""
    ends = sorted(str(each[side])[:7] for each in reach for side in ("from", "to") if each.get(side))
    if not ends or not all(drawing.day_of(f"{each}-01") for each in (ends[0], ends[-1])):
        return []
    (year, month), (last_year, last_month) = (map(int, each.split("-")) for each in (ends[0], ends[-1]))
    first, last = year * 12 + month - 1, last_year * 12 + last_month - 1
    return [f"{each // 12}-{each % 12 + 1:02d}" for each in range(max(first, last - MAX_MONTHS + 1), last + 1)]


def is_in(reach: Mapping[str, str | None], month: str) -> bool:
    """Return whether a trace's span holds a month, or a part of it."""
    begin, end = (str(reach.get(side) or "")[:7] for side in ("from", "to"))
    return bool(begin or end) and (begin or month) <= month <= (end or month)


def zoom(days: Mapping[str, int]) -> list[Closer]:
    """Return the parts of a timeline by day, month or year, whichever is a step closer than all that is shown."""
    known = [day for each in days if (day := drawing.day_of(each))]
    if not known:
        return []
    span = (max(known) - min(known)).days
    length = len("2026-08-01") if span <= DAYS_BY_DAY else len("2026-08") if span <= DAYS_BY_MONTH else len("2026")
    counted: Counter[str] = Counter()
    for day in known:
        counted[day.isoformat()[:length]] += days[day.isoformat()]
    return [Closer(name=name, number=number, **_ends(name)) for name, number in sorted(counted.items())]


def by_day(findings: Collection[Finding]) -> tuple[dict[str, int], int]:
    """Return how many of some findings there are on each day, and how many have none."""
    days = Counter(day.isoformat() for each in findings if (day := drawing.day_of(each.event_time)))
    return days, len(findings) - days.total()


def _ends(name: str) -> dict[str, str]:
    """Return the first and the last day of a day, month or year."""
    parts = [*map(int, name.split("-")), 1, 1][:3]
    first = date(*parts)
    if name.count("-") == 2:  # noqa: PLR2004  # year, month and day
        return {"since": name, "until": name}
    after = date(first.year + 1, 1, 1) if "-" not in name else (first + timedelta(days=31)).replace(day=1)
    return {"since": first.isoformat(), "until": (after - timedelta(days=1)).isoformat()}


def stale_by(officials: Iterable[workflow.payloads.OfficialStatus]) -> dict[str, list[str]]:
    """Return the phones whose results were not compared with a set or done with a tool, by its name."""
    found: dict[str, list[str]] = {}
    for device in (each for one in officials for each in one.devices):
        for stale in device.stale:
            found.setdefault(stale.what, []).append(device.id)
    return found


@pass_context
def sealing_course(context: Context, one: Any) -> list[tuple[str, str]]:  # noqa: ANN401  # a row of the verb's
    """Return what is known of one person's Letter Sealing, oldest first: `(class, words)`."""
    bounds = [(at, state) for state, at in (("on", one.last_on), ("off", one.first_off)) if at]
    known = bounds or ([(one.last_seen, str(one.sealing))] if one.last_seen else [])
    return [(state, f"{moment(context, at)[:10]} {state}") for at, state in sorted(known)]


@pass_context
def sealing_states(context: Context, observations: Iterable[Any]) -> list[tuple[str, str]]:
    """Return the course of Letter Sealing as boxes of a strip: `(class, words)`, oldest first."""
    seen = sorted(
        (each for each in observations if each.kind == workflow.observations.LETTER_SEALING), key=lambda each: each.at
    )
    return [
        (each.value, f"{moment(context, each.at)[:10]} {each.value} ({each.method or 'no method'})") for each in seen
    ]
