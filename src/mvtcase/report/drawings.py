"""Drawings as SVG of our own making: no script, every text escaped; colours come from the page."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from mvtcase.report.pictures import Mark

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mvtcase.report.pictures import MatrixRow, Moment

WIDTH, NAME_WIDTH, LINE, HEAD = 720, 170, 24, 56
"""Pixels of a drawing: its width, that of the names at its left, the height of a row and of the heading."""
MOST_ROWS = 60
"""More people than this are not drawn: nobody would read it; the table says the same."""
_NAME_LETTERS = 24
_UNKNOWN = "?"
_SIGNS: dict[str, str] = {
    str(Mark.FOUND): "●",
    str(Mark.LEAD): "◐",
    str(Mark.NOTHING): "○",
    str(Mark.EMPTY): "·",
    str(Mark.NOT_CARRIED): "–",
    "finding": "●",
    "change": "◆",
    "observation": "○",
    "on": "●",
    "off": "○",
}
_OVER = {"finding": 1, "change": 2}
"""What is drawn over others of its day."""
_HALF_A_DAY = 30
"""How wide half of a date is: the last one stays inside the drawing."""
_TICKS = 5
_FILL = {
    Mark.FOUND: "#a8281f",
    Mark.LEAD: "#85590a",
    "finding": "#a8281f",
    "change": "#85590a",
    "on": "#2b7a4b",
    "off": "#a8281f",
    "between": "#d9dfe6",
}
"""Colours on paper; on a screen the page's own go before them, those of dark pages among them."""


def sign(mark: str) -> str:
    """Return the sign of a mark, which says without colour what it means."""
    return _SIGNS.get(str(mark), _UNKNOWN)


def matrix(rows: Sequence[MatrixRow], label: str) -> str:
    """Return people against sorts of traces; empty without people, or with too many."""
    if not rows or len(rows) > MOST_ROWS:
        return ""
    step = (WIDTH - NAME_WIDTH) / len(rows[0].cells)
    parts = []
    for place, cell in enumerate(rows[0].cells):
        middle = NAME_WIDTH + step * (place + 0.5)
        parts += [_text(middle, 14 + 12 * line, word, "s m") for line, word in enumerate(_broken(cell.words, 9))]
    for line, row in enumerate(rows):
        top = HEAD + LINE * line
        parts.append(_name(row.who, top))
        for place, cell in enumerate(row.cells):
            left = NAME_WIDTH + step * place
            parts.append(
                Markup(
                    '<g><title>{}</title><rect x="{:.0f}" y="{}" width="{:.0f}" height="{}" fill="{}" class="k {}"/>'
                    "{}</g>"
                ).format(
                    f"{row.who}, {cell.words}: {sign(cell.mark)} {cell.span}".strip(),
                    left + 1,
                    top + 1,
                    step - 2,
                    LINE - 2,
                    _FILL.get(cell.mark, "#f4f6f9"),
                    cell.mark,
                    _text(left + step / 2, top + 17, sign(cell.mark), f"m k {cell.mark}"),
                )
            )
    return _svg(HEAD + LINE * len(rows), label, parts)


def timeline(moments: Sequence[Moment], label: str, tell: Callable[[str], str] = str) -> str:
    """Return one lane for each person with a sign for each moment, kinds as `tell` words them; empty without any."""
    people = list(dict.fromkeys(each.who for each in moments))
    if not people or len(people) > MOST_ROWS:
        return ""
    scale, ticks = _scale([each.day for each in moments])
    parts = [*ticks(HEAD - 30, HEAD + LINE * len(people))]
    for line, who in enumerate(people):
        middle = HEAD + LINE * line + LINE / 2
        parts += [_name(who, middle - LINE / 2), _line(NAME_WIDTH, middle, WIDTH - 8, middle)]
        own = dict.fromkeys((each.day, each.tone) for each in moments if each.who == who)
        parts += [
            _dot(scale(day), middle, tone, _FILL.get(tone, "#33618a"), f"dot {tone}", f"{who}, {day}: {tell(tone)}")
            for day, tone in sorted(own, key=lambda each: _OVER.get(each[1], 0))
        ]
    return _svg(HEAD + LINE * len(people), label, parts)


def spread(moments: Sequence[Moment], label: str) -> str:
    """Return how many people were touched by when, as a rising step line; empty with fewer than two."""
    if len(moments) < 2:  # noqa: PLR2004  # one point is no line
        return ""
    scale, ticks = _scale([each.day for each in moments])
    height, base = 150, 190
    parts = [*ticks(26, base)]
    points: list[tuple[float, float]] = [(NAME_WIDTH, base)]
    for number, each in enumerate(moments, 1):
        level = base - height * number / len(moments)
        points += [(scale(each.day), points[-1][1]), (scale(each.day), level)]
    points.append((WIDTH - 8, points[-1][1]))
    line = " ".join(f"{left:.1f},{top:.1f}" for left, top in points)
    parts.append(
        Markup('<polyline points="{}" fill="none" stroke="#a8281f" stroke-width="2" class="rise"/>').format(line)
    )
    parts += [_text(NAME_WIDTH - 10, base - height + 5, str(len(moments)), "e"), _text(NAME_WIDTH - 10, base, "0", "e")]
    return _svg(base + 8, label, parts)


def strip(rows: Sequence[tuple[str, Sequence[Moment]]], label: str, tell: Callable[[str], str] = str) -> str:
    """Return one lane for each person with each look at Letter Sealing, what was seen as `tell` words it."""
    if not rows or len(rows) > MOST_ROWS:
        return ""
    scale, ticks = _scale([each.day for _, looks in rows for each in looks])
    parts = [*ticks(HEAD - 30, HEAD + LINE * len(rows))]
    for line, (who, looks) in enumerate(rows):
        top = HEAD + LINE * line
        parts.append(_name(who, top))
        for before, after in pairwise(looks):
            tone = before.tone if before.tone == after.tone else "between"
            left, right = scale(before.day), scale(after.day)
            parts.append(
                Markup('<rect x="{:.1f}" y="{}" width="{:.1f}" height="8" fill="{}" class="seal {}"/>').format(
                    left, top + 8, max(1.0, right - left), _FILL.get(tone, "#5d6873"), tone
                )
            )
        parts += [
            _dot(
                scale(each.day),
                top + LINE / 2,
                each.tone,
                _FILL.get(each.tone, "#5d6873"),
                f"seal {each.tone}",
                f"{who}, {each.day}: {tell(each.tone)}",
            )
            for each in looks
        ]
    return _svg(HEAD + LINE * len(rows), label, parts)


def _scale(days: Sequence[str]) -> tuple[Callable[[str], float], Callable[[float, float], list[Markup]]]:
    """Return where a day stands, and the lines and dates of the axis between two heights."""
    first, last = _number(min(days)), _number(max(days))
    room, span = WIDTH - NAME_WIDTH - 24, max(1, last - first)

    def place(day: str) -> float:
        return NAME_WIDTH + 10 + room * (_number(day) - first) / span

    def ticks(top: float, bottom: float) -> list[Markup]:
        marks = sorted(
            {first + round(span * step / (_TICKS - 1)) for step in range(_TICKS)} & set(range(first, last + 1))
        )
        made = []
        for mark in marks:
            left = NAME_WIDTH + 10 + room * (mark - first) / span
            named = _text(min(left, WIDTH - _HALF_A_DAY), top, date.fromordinal(mark).isoformat(), "s m")
            made += [_line(left, top + 8, left, bottom), named]
        return made

    return place, ticks


def _number(day: str) -> int:
    return date.fromisoformat(day).toordinal()


def _name(who: str, top: float) -> Markup:
    shown = who if len(who) <= _NAME_LETTERS else f"{who[: _NAME_LETTERS - 1]}…"
    return Markup("<g><title>{}</title>{}</g>").format(who, _text(0, top + 16, shown, ""))


def _text(left: float, top: float, text: str, names: str) -> Markup:
    """Return a text: `s` in its names is a small one, `m` one in the middle of its place, `e` one that ends there."""
    words = names.split()
    anchor = "middle" if "m" in words else "end" if "e" in words else "start"
    size = 10 if "s" in words else 13
    fill = "#ffffff" if {"found", "lead"} & set(words) else "#16202b"
    return Markup('<text x="{:.0f}" y="{:.0f}" text-anchor="{}" font-size="{}" fill="{}" class="{}">{}</text>').format(
        left, top, anchor, size, fill, names, text
    )


def _dot(left: float, middle: float, tone: str, fill: str, names: str, told: str) -> Markup:
    """Return the sign of a moment as a shape: paper without colour tells them apart, and no font makes them small."""
    return Markup("<g><title>{}</title>{}</g>").format(told, _shape(left, middle, sign(tone), fill, names))


def _shape(left: float, middle: float, sign_of: str, fill: str, names: str) -> Markup:
    if sign_of == _SIGNS["finding"]:
        return Markup('<circle cx="{:.1f}" cy="{:.1f}" r="5" fill="{}" class="{}"/>').format(left, middle, fill, names)
    if sign_of == _SIGNS["off"]:
        return Markup(
            '<circle cx="{:.1f}" cy="{:.1f}" r="4.5" fill="#ffffff" stroke="{}" stroke-width="2" class="{} hollow"/>'
        ).format(left, middle, fill, names)
    if sign_of == _SIGNS["change"]:
        corners = ((left - 6, middle), (left, middle - 6), (left + 6, middle), (left, middle + 6))
        points = " ".join(f"{across:.1f},{down:.1f}" for across, down in corners)
        return Markup('<polyline points="{}" fill="{}" class="{}"/>').format(points, fill, names)
    return Markup(
        '<text x="{:.1f}" y="{:.1f}" text-anchor="middle" font-size="15" font-weight="700" fill="{}" '
        'class="{}">{}</text>'
    ).format(left, middle + 5, fill, names, sign_of)


def _line(left: float, top: float, right: float, bottom: float) -> Markup:
    return Markup('<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="#d9dfe6"/>').format(
        left, top, right, bottom
    )


def _broken(text: str, letters: int) -> list[str]:
    """Return a text as lines of about so many letters."""
    made = [""]
    for word in text.split():
        if made[-1] and len(made[-1]) + len(word) >= letters:
            made.append("")
        made[-1] = f"{made[-1]} {word}".strip()
    return made[:3]


def _svg(height: float, label: str, parts: Sequence[Markup]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" height="{height:.0f}" role="img" '
        f'aria-label="{escape(label)}"><title>{escape(label)}</title>{Markup("").join(parts)}</svg>'
    )
