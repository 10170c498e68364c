"""Pictures of a case as inline SVG: numbers in, shapes out; colours are classes, since no page has style of its own.

Every picture has a title that says the same in words: nothing is told by colour alone.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

from markupsafe import Markup

from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from mvtcase.wording import Message

    Word = Callable[[object], str]
    """Says a word or sentence in the language of the page."""

_WIDTH = 640
_ROW = 18
_LABEL = 130
MAX_DAYS = 370
"""Days that a sparkline shows; earlier ones are counted together in its first bar."""
MAX_NODES, MAX_LINES = 60, 300
_HEIGHTS = {"unknown": 2, "on": 7}


def status_bar(counts: Mapping[str, int], *, word: Word = str) -> Markup:
    """Return a bar in which each status has a part as wide as its number."""
    total = sum(counts.values())
    words = ", ".join(f"{word(str(name)).replace('_', ' ')} {number}" for name, number in counts.items() if number)
    shapes, left = [], 0.0
    for name, number in counts.items():
        width = _WIDTH * number / total if total else 0.0
        if width:
            shapes.append(
                Markup('<rect x="{:.1f}" y="0" width="{:.1f}" height="14" class="{}"/>').format(left, width, name)
            )
        left += width
    return _svg(_WIDTH, 14, words or word(say("nobody yet")), shapes)


def reach_bars(reach: Iterable[Mapping[str, object]], carried: Collection[str] = (), *, word: Word = str) -> Markup:
    """Return a bar for each trace class over one axis of time; a line without a bar says why it has none.

    `carried` are the classes of which there are records, with times or without.
    """
    given = list(reach)
    spans = [
        (word(str(each["trace"])).replace("_", " "), day_of(each.get("from")), day_of(each.get("to"))) for each in given
    ]
    untimed = {place for place, each in enumerate(given) if each["trace"] in carried}
    known = [day for _, begin, end in spans for day in (begin, end) if day is not None]
    if not spans:
        return Markup()
    first, last = (min(known), max(known)) if known else (date.min, date.min)
    whole = max((last - first).days, 1)
    shapes: list[Markup] = []
    for place, (trace, begin, end) in enumerate(spans):
        top = place * _ROW
        told = word(_span(begin, end, untimed=place in untimed))
        shapes.append(Markup('<text x="0" y="{}">{}</text>').format(top + 13, trace))
        if begin or end:
            left = _LABEL + (_WIDTH - _LABEL - 170) * ((begin or first) - first).days / whole
            right = _LABEL + (_WIDTH - _LABEL - 170) * ((end or last) - first).days / whole
            shapes.append(
                Markup('<rect x="{:.1f}" y="{}" width="{:.1f}" height="12" class="reach"/>').format(
                    left, top + 3, max(right - left, 3.0)
                )
            )
        shapes.append(Markup('<text x="{}" y="{}" class="quiet">{}</text>').format(_WIDTH - 165, top + 13, told))
    words = "; ".join(f"{trace}: {word(_span(begin, end))}" for trace, begin, end in spans if begin or end)
    return _svg(_WIDTH, len(spans) * _ROW, words or word(say("no times are known")), shapes)


def _span(begin: date | None, end: date | None, *, untimed: bool = False) -> Message:
    if begin or end:
        return say("{begin} to {end}", begin=str(begin or "…"), end=str(end or "…"))
    return say("as acquired, without times") if untimed else say("not carried")


def sparkline(days: Mapping[str, int], others: int = 0, *, word: Word = str) -> Markup:
    """Return how much there was on each day, as bars; `others`, those without a day, are counted in the title."""
    known = {day: number for each, number in days.items() if (day := day_of(each)) is not None}
    if not known:
        return Markup()
    last = max(known)
    first = max(min(known), last - timedelta(days=MAX_DAYS))
    counts: Counter[date] = Counter()
    for day, number in known.items():
        counts[max(day, first)] += number
    span, most = (last - first).days + 1, max(counts.values())
    width = _WIDTH / span
    shapes = [
        Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" class="bar"/>').format(
            (day - first).days * width, 40 - 40 * number / most, max(width - 0.5, 1.0), 40 * number / most
        )
        for day, number in sorted(counts.items())
    ]
    ends = [(first, 0, "start"), (last, _WIDTH, "end")] if span > 1 else [(first, 0, "start")]
    shapes += [
        Markup('<text x="{}" y="54" text-anchor="{}" class="quiet">{}</text>').format(left, anchor, day)
        for day, left, anchor in ends
    ]
    told = say(
        "{dated} with a day, {first} to {last}, at most {most} on one day; {others} without",
        dated=sum(known.values()),
        first=str(first),
        last=str(last),
        most=most,
        others=others,
    )
    return _svg(_WIDTH, 58, word(told), shapes)


def strip(states: Sequence[tuple[str, str]], *, whole: float = _WIDTH, word: Word = str) -> Markup:
    """Return a row of boxes, one for each state in its order, each with its own words: `(class, words)`.

    A box is the higher the more it says: what is unknown is a line, on is half a box, and all else a whole one.
    """
    width = min(40.0, whole / max(len(states), 1))
    shapes = [
        Markup('<g><title>{}</title><rect x="{:.1f}" y="{}" width="{:.1f}" height="{}" class="{}"/></g>').format(
            words, place * width, 14 - high, max(width - 1, 1.0), high, name
        )
        for place, (name, words) in enumerate(states)
        for high in (_HEIGHTS.get(name, 14),)
    ]
    return _svg(whole, 14, "; ".join(words for _, words in states[:20]) or word(say("nothing observed")), shapes)


def graph(links: Sequence[tuple[str, Sequence[str]]], *, word: Word = str) -> Markup:
    """Return people on a circle and lines between those whom something links: `(what, people)`; at most sixty."""
    people = list(dict.fromkeys(each for _, several in links for each in several))[:MAX_NODES]
    if not people:
        return Markup()
    size, middle = 420, 210.0
    at = {
        each: (_WIDTH / 2 + 160 * math.cos(turn), middle + 160 * math.sin(turn))
        for place, each in enumerate(people)
        for turn in (2 * math.pi * place / len(people) - math.pi / 2,)
    }
    pairs = Counter(
        pair for _, several in links for pair in itertools.combinations([each for each in several if each in at], 2)
    )
    shapes = [
        Markup('<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" class="link" stroke-width="{}"/>').format(
            *at[one], *at[other], min(number, 6)
        )
        for (one, other), number in pairs.most_common(MAX_LINES)
    ]
    shapes += [
        Markup(
            '<circle cx="{0:.1f}" cy="{1:.1f}" r="6" class="node"/>'
            '<text x="{2:.1f}" y="{3:.1f}" text-anchor="{4}">{5}</text>'
        ).format(x, y, x + (9 if x >= _WIDTH / 2 else -9), y + 4, "start" if x >= _WIDTH / 2 else "end", name)
        for name, (x, y) in at.items()
    ]
    told = say(
        "{people} people, {pairs} pairs linked, the {drawn} strongest drawn; the table says by what",
        people=len(people),
        pairs=len(pairs),
        drawn=min(len(pairs), MAX_LINES),
    )
    return _svg(_WIDTH, size, word(told), shapes)


PICTURES = (status_bar, reach_bars, sparkline, strip, graph)
"""Every picture, by its function."""


def _svg(width: float, height: float, words: str, shapes: Iterable[Markup]) -> Markup:
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" preserveAspectRatio="xMinYMin meet"><title>{}</title>{}</svg>'
    ).format(width, max(height, 1), words, Markup().join(shapes))


def day_of(text: object) -> date | None:
    """Return the day that a time begins with, None where it has none."""
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        return None
