"""Tables on a screen: which columns fit, how wide each is, and the lines themselves.

rich lays out a table by rendering each cell into a page of its own; a list of a thousand rows takes it seconds. Here a
row whose cells fit is one line, and only a cell that is too long is broken.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, cast

from rich.cells import cell_len
from rich.table import Column, Table
from rich.text import Text

from mvtcase import wording
from mvtcase.cli.state import heading, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console, ConsoleOptions
    from rich.segment import Segment

WHOLE = frozenset(
    {"id", "official", "device", "status", "level", "class", "state", "outcome", "completeness", "examined", "kind"}
    | {"platform", "scan", "verdict", "sequence", "subject", "roster", "publication", "tlp", "field", "sealing", "due"}
)
"""Columns of short words that are never broken over lines; the others share what room is left."""
_NEEDED = frozenset({"who", "status", "beside it", "dismissed", "leads", "value", "title", "what", "message"})
"""Columns that a table cannot do without, however narrow it has to be."""
_TELLING = frozenset({"what was not, and why", "reason", "seen", "after"})
"""Columns that are dropped when there is no other left to drop."""
GAP = 2
"""Characters beside each column."""
_LONGEST_WORD = 24
"""Characters of a word that is not broken over lines; longer ones are hashes, addresses and paths."""


class Sheet(Table):
    """A table of ours: a title, a line of headings, a rule, the rows, and below it what was left out."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        """Give the table's lines."""
        if any(each.width is None for each in self.columns):
            _share(self.columns, options.max_width - GAP * len(self.columns))
        whole = Text()
        for line in _lines(cast("Text", self.title), options.max_width, console):
            whole.append_text(line).append("\n")
        whole.append("\n")
        heads = [Text(str(each.header), style="bold") for each in self.columns]
        _add(whole, self.columns, heads, console, at_foot=True)
        whole.append(f" {'─' * (sum(each.width or 0 for each in self.columns) + GAP * (len(self.columns) - 1))}\n")
        for row in zip(*(each.cells for each in self.columns), strict=True):
            _add(whole, self.columns, cast("Sequence[Text]", row), console)
        whole.append("\n")
        for line in _lines(cast("Text", self.caption), options.max_width, console) if self.caption else ():
            whole.append_text(line).append("\n")
        yield from whole.render(console)


def _add(
    whole: Text, columns: Sequence[Column], row: Sequence[Text], console: Console, *, at_foot: bool = False
) -> None:
    """Add the lines of one row: what is too long for its column goes on below."""
    broken = [_lines(text, column.width or 1, console) for text, column in zip(row, columns, strict=True)]
    high = max(map(len, broken))
    if at_foot:
        broken = [[Text()] * (high - len(each)) + each for each in broken]
    for line in zip_longest(*broken):
        behind = 1
        for text, column in zip(line, columns, strict=True):
            if text is not None and text.plain:
                whole.append(" " * behind).append_text(text)
                behind = GAP + (column.width or 0) - text.cell_len
            else:
                behind += GAP + (column.width or 0)
        whole.append("\n")


def _lines(text: Text, width: int, console: Console) -> list[Text]:
    if text.cell_len <= width and "\n" not in text.plain:
        return [text]
    return [*text.wrap(console, width, overflow="fold")]


class Heading(Text):
    """A column's name in the language of the call, that keeps the English one."""

    def __init__(self, name: str) -> None:
        super().__init__(heading(name))
        self.name = name


def fitted(drawn: Sheet, width: int) -> Sheet:
    """Return a table that fits a width: columns are dropped from the right, but for those that stay; no word is broken.

    What is dropped is named below the table.
    """
    dropped: list[str] = []
    least = {id(each): _narrowest(each) for each in drawn.columns}
    while sum(least[id(each)] for each in drawn.columns) + GAP * len(drawn.columns) > width:
        less = [each for each in drawn.columns[1:] if _name(each) not in _NEEDED]
        spare = [each for each in less if _name(each) not in _TELLING] or less
        if not spare:
            break
        drawn.columns.remove(spare[-1])
        dropped.insert(0, str(spare[-1].header))
    _share(drawn.columns, width - GAP * len(drawn.columns))
    if dropped:
        told = words(wording.say("left out for want of room: {columns}", columns=", ".join(dropped)))
        drawn.caption = Text(told, style="dim")
    return drawn


def _name(column: Column) -> str:
    """Return the English name of a column."""
    return column.header.name if isinstance(column.header, Heading) else str(column.header)


def _texts(column: Column) -> set[str]:
    return {str(column.header), *map(str, column.cells)}


def _narrowest(column: Column) -> int:
    """Return the width below which a column's words would be broken."""
    if column.no_wrap:
        return max(map(cell_len, _texts(column)))
    words = {word for text in _texts(column) for word in text.split()}
    return min(max(map(cell_len, words), default=1), _LONGEST_WORD)


def _share(columns: Sequence[Column], room: int) -> None:
    """Give each column its width: what it needs, then what is left in equal parts to those that could use more."""
    wanted = {id(each): max(map(cell_len, _texts(each))) for each in columns}
    least = {id(each): min(_narrowest(each), wanted[id(each)]) for each in columns}
    left = room - sum(least.values())
    growing = sorted(columns, key=lambda each: wanted[id(each)] - least[id(each)])
    for place, each in enumerate(growing):
        more = max(0, min(wanted[id(each)] - least[id(each)], left // (len(growing) - place)))
        each.width = least[id(each)] + more
        left -= more
    while left < 0:  # words are broken where there is no other way
        widest = max(columns, key=lambda each: each.width or 0)
        if (widest.width or 0) <= 1:
            return
        widest.width = (widest.width or 0) - 1
        left += 1
