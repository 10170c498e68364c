"""A page as PDF: nothing is loaded from anywhere, and what all reports share is read once.

Most of the time of a letter goes into what is the same in every letter: the style sheet is parsed once for all of them,
and the fonts of this machine are asked for once.
"""

from __future__ import annotations

import ctypes.util
import gc
import re
import sys
from contextlib import contextmanager
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

from mvtcase.report import fonts
from mvtcase.report.layout import narrow

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIANT = "pdf/ua-1"
"""PDF for everybody: tagged, with a language, a title and bookmarks."""
_WEIGHTS = (400, 700)
_WHOLE = '"Noto Sans CJK TC"'
"""How style sheets call the Chinese font; a page that needs it looks into the narrow ones first."""
_NARROW = "".join(f'"{each}", ' for each in narrow.FAMILIES)
_CELL = re.compile(r"<td\b([^>]*>.*?</td>)", re.DOTALL)
_BREAK = re.compile(r"[ \t\r\n\f]*<br>[ \t\r\n\f]*")
_OTHER_ENDS, _LINE = re.compile("[\r\n\f]"), "\n"
_LINES = "td[data-lines] { white-space: pre-line }\n"
_SELDOM = re.compile(r"(::(?:foot)?note-[a-z]+|@[a-z-]+)\s*\{[^{}]*\}")
"""One rule of a browser's defaults for a pseudo-element of notes, or for a box in the margin of a page."""
_FONT = re.compile("font:([01])/([47]00)")
_FACE = '@font-face {{ font-family: "{0}"; font-weight: {1}; src: url("font:{2}/{1}") }}\n'


def printed(page: str, style: str) -> bytes:
    """Return a page with a style sheet as PDF; what it would load from anywhere is refused.

    Raises `ImportError` or `OSError` without WeasyPrint and its system libraries, `ValueError` at an address.
    """
    with _by_full_names():
        from weasyprint.urls import FatalURLFetchingError  # noqa: PLC0415  # slow; its libraries may be missing

    chinese = fonts.has_chinese(page)
    # Millions of boxes live until the page is done: looking for garbage among them took a fifth of the time.
    was_on = gc.isenabled()
    gc.disable()
    try:
        text = _with_lines(_named(page, chinese=chinese))
        made = _source(_seldom(page, style))(string=text, url_fetcher=_fetcher())
        sheets, known = [_sheet(style, chinese=chinese)], _fonts(chinese=chinese)
        # Who wrote, reviewed and released it stands in the page's metadata: so it does in the file's.
        return bytes(made.write_pdf(pdf_variant=VARIANT, stylesheets=sheets, font_config=known, custom_metadata=True))
    except FatalURLFetchingError as error:
        raise ValueError("a report loads nothing from elsewhere") from error
    finally:
        if was_on:
            gc.enable()


@contextmanager
def _by_full_names() -> Iterator[None]:
    """Let libraries be found on Linux by their full names alone, which are among those that WeasyPrint tries.

    For each other name Python asks two compilers and the linker: 54 processes, half a second of each call.
    """
    search = ctypes.util.find_library
    if sys.platform == "linux":
        ctypes.util.find_library = _unknown
    try:
        yield
    finally:
        ctypes.util.find_library = search


def _unknown(name: str) -> str | None:
    del name
    return None


def _with_lines(page: str) -> str:
    """Return a page whose table cells have their lines' ends as characters: a `br` costs as much as a whole cell."""
    return _CELL.sub(lambda cell: _lined(cell[1]) if "<br>" in cell[1] else cell[0], page)


def _lined(cell: str) -> str:
    return f"<td data-lines{_LINE.join(' '.join(_OTHER_ENDS.split(each)) for each in _BREAK.split(cell))}"


def _seldom(page: str, style: str) -> frozenset[str]:
    """Return what a browser has defaults for and these style sheets do not speak of: notes, and boxes in margins."""
    told = style + page.partition("</head>")[0]
    names = {each[1] for each in _SELDOM.finditer(_defaults())}
    return frozenset(each for each in names if ("note" if "note" in each else each) not in told)


def _defaults() -> str:
    from weasyprint.html import UA  # noqa: PLC0415  # as above

    return str(UA)


@cache
def _source(seldom: frozenset[str]) -> Any:  # noqa: ANN401  # as above
    """Return the class of pages without these defaults: WeasyPrint makes six styles of notes for each element."""
    from weasyprint import CSS, HTML  # noqa: PLC0415  # as above

    defaults = CSS(string=_SELDOM.sub(lambda each: "" if each[1] in seldom else each[0], _defaults()))

    class Source(HTML):  # type: ignore[misc]  # as above
        def _ua_stylesheets(self, forms: Any = False) -> list[Any]:  # noqa: ANN401, FBT002  # as in WeasyPrint
            return [defaults, *super()._ua_stylesheets(forms)[1:]]

    return Source


def _named(style: str, *, chinese: bool) -> str:
    """Return a style sheet, or a page with one, that names the narrow fonts before the whole one."""
    return style.replace(_WHOLE, _NARROW + _WHOLE) if chinese else style


@cache
def _sheet(style: str, *, chinese: bool) -> Any:  # noqa: ANN401  # WeasyPrint has no types
    from weasyprint import CSS  # noqa: PLC0415  # as above

    narrowed = [each for each in product(narrow.FAMILIES, _WEIGHTS) if chinese and narrow.of_weight(*each)]
    declared = "".join(_FACE.format(*each, narrow.FAMILIES.index(each[0])) for each in narrowed)
    text = declared + _LINES + _named(style, chinese=chinese)
    return CSS(string=text, font_config=_fonts(chinese=chinese), url_fetcher=_fetcher())


@cache
def _fonts(*, chinese: bool) -> Any:  # noqa: ANN401, ARG001  # as above; each of both is its own
    from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415  # as above

    return FontConfiguration()


@cache
def _fetcher() -> Any:  # noqa: ANN401  # as above
    """Return what fetches pictures that a page holds itself, and the narrow fonts; at all else it stops the page."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse  # noqa: PLC0415  # as above

    class Fetcher(URLFetcher):  # type: ignore[misc]  # as above
        def fetch(self, url: str, headers: Any = None) -> Any:  # noqa: ANN401  # as above
            if wanted := _FONT.fullmatch(url):
                return URLFetcherResponse(url, narrow.of_weight(narrow.FAMILIES[int(wanted[1])], int(wanted[2])))
            return super().fetch(url, headers)

    return Fetcher(allowed_protocols={"data"}, fail_on_errors=True)
