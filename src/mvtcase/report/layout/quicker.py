"""What WeasyPrint asks of styles, answered sooner and the same.

A style is worked out property by property: ninety for each kind of element, most of which are those of the element
around it, or what all begin with. WeasyPrint takes as long for these as for the few that a style sheet speaks of; and
it describes a font anew for each line of text, though lines of one style have one font.
"""

from __future__ import annotations

from functools import cache, wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_COMPARED = "70.0"
"""The release whose own answers these were compared with; another is left as it is."""
_WORKED_OUT = frozenset({"page", "position", "float", "display"})
_DECORATION = "text_decoration_"
"""Properties that follow rules of their own."""


@cache
def quicken() -> None:
    """Let styles answer sooner from now on."""
    from weasyprint import __version__  # noqa: PLC0415  # slow to load, and needs system libraries that may be missing
    from weasyprint.css import ComputedStyle  # noqa: PLC0415  # as above
    from weasyprint.text import line_break  # noqa: PLC0415  # as above

    if __version__ == _COMPARED:
        ComputedStyle.__missing__ = sooner(ComputedStyle.__missing__)
        line_break.get_font_description = remembered(line_break.get_font_description)


def sooner(worked_out: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    """Return what gives a property of a style that its sheets do not speak of, and leaves all else to `worked_out`."""
    from weasyprint.css.computed_values import PHYSICAL_FUNCTIONS  # noqa: PLC0415  # as above
    from weasyprint.css.properties import INHERITED, INITIAL_NOT_COMPUTED, INITIAL_VALUES  # noqa: PLC0415  # as above

    ways = [(name, each) for name in PHYSICAL_FUNCTIONS for each in ("ltr", "rtl")]
    logical = {PHYSICAL_FUNCTIONS[name](block="ttb", inline=each) for name, each in ways}
    special = _WORKED_OUT | {each for each in INITIAL_VALUES if each.startswith(_DECORATION)}
    inherited = frozenset(INHERITED) - special - PHYSICAL_FUNCTIONS.keys()
    initial = frozenset(INITIAL_VALUES) - special - frozenset(INITIAL_NOT_COMPUTED) - frozenset(INHERITED)

    @wraps(worked_out)
    def answer(style: Any, name: str) -> Any:  # noqa: ANN401  # WeasyPrint has no types
        if style.parent_style is None or name in style.cascaded:
            return worked_out(style, name)
        if name in inherited:
            value = style[name] = style.parent_style[name]
        elif name in initial and logical.isdisjoint(style.cascaded):
            value = style[name] = INITIAL_VALUES[name]
        else:
            return worked_out(style, name)
        return value

    return answer


def remembered(described: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return what describes the font of a style once: nothing changes it in a style whose text was laid out."""

    @wraps(described)
    def answer(style: Any) -> Any:  # noqa: ANN401  # as above
        if "described" not in vars(style):
            style.described = described(style)
        return style.described

    return answer
