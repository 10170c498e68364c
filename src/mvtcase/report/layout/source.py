"""A page as WeasyPrint reads it: with what it says, and without what costs time and is not seen.

Its reader of HTML takes forty times as long as one of XML, which our own page is but for a few slashes. A `br` costs as
much as a whole cell, so in cells the ends of lines are characters. And of what a browser has by default, notes and
boxes in margins are left out where nothing speaks of them: for those WeasyPrint makes six styles for each element.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any
from xml.etree import ElementTree as ET

LINES = "td[data-lines] { white-space: pre-line }\n"
"""What a style sheet has to say for the cells of `source`."""
_CELL = re.compile(r"<td\b([^>]*>.*?</td>)", re.DOTALL)
_BREAK = re.compile(r"[ \t\r\n\f]*<br>[ \t\r\n\f]*")
_OTHER_ENDS, _LINE = re.compile("[\r\n\f]"), "\n"
_SELDOM = re.compile(r"(::(?:foot)?note-[a-z]+|@[a-z-]+)\s*\{[^{}]*\}")
"""One rule of a browser's defaults for a pseudo-element of notes, or for a box in the margin of a page."""
_VOID = re.compile(r"<(meta|br|col|img)\b([^<>]*)(?<!/)>")
_DRAWING, _DRAWN = "<svg ", '<svg xmlns="http://www.w3.org/2000/svg" '
_ON_SCREEN = re.compile(r"@media screen\b[^{},]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_FOR_ALL = re.compile(r"\s*:root\s*\{([^{}]*)\}")
_SET, _USED = re.compile(r"(--[\w-]+)\s*:\s*([^;{}]+)"), re.compile(r"var\((--[\w-]+)\)")
_READ_AS_XML = "70."
"""The release whose pages are taken as trees; another reads their text."""


def source(page: str, style: str, fetcher: Any, *, own: bool) -> Any:  # noqa: ANN401  # WeasyPrint has no types
    """Return what of WeasyPrint writes a page, `own` if all of it is of our making, with a style sheet as PDF."""
    return _pages(_seldom(page, style))(_with_lines(page), fetcher, own=own)


@cache
def written_out(style: str) -> str:
    """Return a style sheet for paper with its colours in place: those that it sets at its beginning, and only there."""
    text = _ON_SCREEN.sub("", style)
    first, names = _FOR_ALL.match(text), [name for name, _ in _SET.findall(text)]
    told = _SET.findall(first[1]) if first else ()
    known = {name: value.strip() for name, value in told if names.count(name) == 1 and "var(" not in value}
    return _USED.sub(lambda used: known.get(used[1], used[0]), text)


def _with_lines(page: str) -> str:
    return _CELL.sub(lambda cell: _lined(cell[1]) if "<br>" in cell[1] else cell[0], page)


def _lined(cell: str) -> str:
    return f'<td data-lines=""{_LINE.join(" ".join(_OTHER_ENDS.split(each)) for each in _BREAK.split(cell))}'


def _seldom(page: str, style: str) -> frozenset[str]:
    """Return what a browser has defaults for and these style sheets do not speak of."""
    told = style + page.partition("</head>")[0]
    names = {each[1] for each in _SELDOM.finditer(_defaults())}
    return frozenset(each for each in names if ("note" if "note" in each else each) not in told)


def _defaults() -> str:
    from weasyprint.html import UA  # noqa: PLC0415  # slow to load, and needs system libraries that may be missing

    return str(UA)


def _tree(page: str) -> ET.Element | None:
    """Return our own page as a tree, None where a text in it has what XML has not."""
    start = page.find("<html")  # a document type would be read before it, and there is none behind it
    try:
        return ET.fromstring(_VOID.sub(r"<\1\2/>", page[start:]).replace(_DRAWING, _DRAWN))  # noqa: S314  # as said
    except (ET.ParseError, ValueError):
        return None


@cache
def _pages(seldom: frozenset[str]) -> Any:  # noqa: ANN401  # as above
    """Return the class of pages without these defaults."""
    from weasyprint import CSS, HTML, __version__  # noqa: PLC0415  # as above

    defaults = CSS(string=_SELDOM.sub(lambda each: "" if each[1] in seldom else each[0], _defaults()))

    class Page(HTML):  # type: ignore[misc]  # as above
        wrapper_element: Any

        def __init__(self, page: str, fetcher: Any, *, own: bool) -> None:  # noqa: ANN401  # as above
            tree = _tree(page) if own and __version__.startswith(_READ_AS_XML) else None
            super().__init__(string=page if tree is None else "<html>", url_fetcher=fetcher)
            if tree is not None:
                self.wrapper_element = type(self.wrapper_element).from_html_root(tree, content_language=None)
                self.etree_element = self.wrapper_element.etree_element

        def _ua_stylesheets(self, forms: Any = False) -> list[Any]:  # noqa: ANN401, FBT002  # as in WeasyPrint
            return [defaults, *super()._ua_stylesheets(forms)[1:]]

    return Page
