"""A page as PDF: nothing is loaded from anywhere, and what all reports share is read once.

Most of the time of a letter goes into what is the same in every letter: the style sheet is parsed once for all of them,
and the fonts of this machine are asked for once.
"""

from __future__ import annotations

import gc
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIANT = "pdf/ua-1"
"""PDF for everybody: tagged, with a language, a title and bookmarks."""


def printed(page: str, style: str) -> bytes:
    """Return a page with a style sheet as PDF; what it would load from anywhere is refused.

    Raises `ImportError` or `OSError` without WeasyPrint and its system libraries, `ValueError` at an address.
    """
    from weasyprint import HTML  # noqa: PLC0415  # slow to load, and needs system libraries that may be missing

    made = HTML(string=page, url_fetcher=_refuse)
    # Millions of boxes live until the page is done: looking for garbage among them took a fifth of the time.
    was_on = gc.isenabled()
    gc.disable()
    try:
        sheets = [_sheet(style)]
        # Who wrote, reviewed and released it stands in the page's metadata: so it does in the file's.
        return bytes(
            made.write_pdf(pdf_variant=VARIANT, stylesheets=sheets, font_config=_fonts(), custom_metadata=True)
        )
    finally:
        if was_on:
            gc.enable()


@cache
def _sheet(style: str) -> Any:  # noqa: ANN401  # WeasyPrint has no types
    from weasyprint import CSS  # noqa: PLC0415  # as above

    return CSS(string=style, font_config=_fonts(), url_fetcher=_refuse)


@cache
def _fonts() -> Any:  # noqa: ANN401  # as above
    from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415  # as above

    return FontConfiguration()


def _refuse(url: str, *_: object, **__: object) -> Mapping[str, Any]:
    if url.startswith("data:"):
        from weasyprint import default_url_fetcher  # noqa: PLC0415  # as above

        return dict(default_url_fetcher(url))
    raise ValueError(f"a report loads nothing, and {url[:40]!r} was asked for")
