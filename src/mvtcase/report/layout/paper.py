"""A page as PDF: nothing is loaded from anywhere, and what all reports share is read once.

Most of the time of a letter goes into what is the same in every letter: the style sheet is parsed once for all of them,
and the fonts of this machine are asked for once.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes.util
import gc
import io
import re
import sys
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

from mvtcase.report import fonts
from mvtcase.report.layout import narrow
from mvtcase.report.layout.source import LINES, source, written_out

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIANT = "pdf/ua-1"
"""PDF for everybody: tagged, with a language, a title and bookmarks."""
_WEIGHTS = (400, 700)
_WHOLE = '"Noto Sans CJK TC"'
"""How style sheets call the Chinese font; a page that needs it looks into the narrow ones first."""
_NARROW = "".join(f'"{each}", ' for each in narrow.FAMILIES)
_FONT = re.compile("font:([01])/([47]00)")
_FACE = '@font-face {{ font-family: "{0}"; font-weight: {1}; src: url("font:{2}/{1}") }}\n'


def printed(page: str, style: str, *, own: bool = False) -> bytes:
    """Return a page, `own` if all of it is of our making, with a style sheet as PDF; nothing is loaded from elsewhere.

    Raises `ImportError` or `OSError` without WeasyPrint and its system libraries, `ValueError` at an address.
    """
    with _by_full_names():
        from weasyprint.urls import FatalURLFetchingError  # noqa: PLC0415  # slow; its libraries may be missing

    chinese = fonts.has_chinese(page)
    # Millions of boxes live until the page is done: looking for garbage among them took a fifth of the time.
    was_on = gc.isenabled()
    gc.disable()
    try:
        made = source(_named(page, chinese=chinese), style, _fetcher(), own=own)
        sheets = [_sheet(written_out(style) if own else style, chinese=chinese)]
        known = _fonts(chinese=chinese)
        # Who wrote, reviewed and released it stands in the page's metadata: so it does in the file's.
        return bytes(made.write_pdf(pdf_variant=VARIANT, stylesheets=sheets, font_config=known, custom_metadata=True))
    except FatalURLFetchingError as error:
        raise ValueError("a report loads nothing from elsewhere") from error
    finally:
        if was_on:
            gc.enable()


def version() -> str:
    """Return which WeasyPrint makes PDFs here. Raises `ImportError` or `OSError` without it or a system library."""
    with _by_full_names():
        from weasyprint import __version__  # noqa: PLC0415  # slow; its libraries may be missing

    return str(__version__)


@contextlib.contextmanager
def _by_full_names() -> Iterator[None]:
    """Let libraries be found on Linux by their full names alone, which are among those that WeasyPrint tries.

    For each other name Python asks two compilers and the linker: 54 processes, half a second of each call. What
    WeasyPrint prints of a library that is missing stands in its error too, and must not stand in our answer.
    """
    search = ctypes.util.find_library
    if sys.platform == "linux":
        ctypes.util.find_library = _unknown
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        ctypes.util.find_library = search


def _unknown(name: str) -> str | None:
    del name
    return None


def _named(style: str, *, chinese: bool) -> str:
    """Return a style sheet, or a page with one, that names the narrow fonts before the whole one."""
    return style.replace(_WHOLE, _NARROW + _WHOLE) if chinese else style


@cache
def _sheet(style: str, *, chinese: bool) -> Any:  # noqa: ANN401  # WeasyPrint has no types
    from weasyprint import CSS  # noqa: PLC0415  # as above

    narrowed = [each for each in product(narrow.FAMILIES, _WEIGHTS) if chinese and narrow.of_weight(*each)]
    declared = "".join(_FACE.format(*each, narrow.FAMILIES.index(each[0])) for each in narrowed)
    text = declared + LINES + _named(style, chinese=chinese)
    return CSS(string=text, font_config=_fonts(chinese=chinese), url_fetcher=_fetcher())


@cache
def _fonts(*, chinese: bool) -> Any:  # noqa: ANN401, ARG001  # as above; each of both is its own
    from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415  # as above

    made = FontConfiguration()
    atexit.register(made.__del__)  # a process may end without it, and its folder of fonts would stay
    return made


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
