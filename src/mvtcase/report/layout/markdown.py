"""A document as Markdown in which no value can become markup."""

from __future__ import annotations

import re
from functools import singledispatchmethod
from typing import TYPE_CHECKING, Any

from mvtcase.report.document import Bullets, Card, Drawing, Pairs, Para, Section, Style, Table, Tone, pieces, plain
from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mvtcase.report.document import Block, Document, Inline
    from mvtcase.wording import Translator

_MEANING = re.compile(r"([\\`*_{}\[\]<>#!|~&$^]|^[-+=]|^\d+[.)]|:(?=//))")
_DEEPEST = 6


def markdown(document: Document) -> str:
    """Return a document as Markdown."""
    page = _Page(document.translator)
    lines = [
        *([f"**{page.inline(document.marking)}** {page.inline(document.meaning)}"] if document.marking else []),
        f"# {page.inline((document.name, say(': '), document.title))}",
        page.inline(document.lead),
        *page.blocks(document.blocks, 2),
        page.inline(document.foot),
    ]
    return "\n\n".join(filter(None, lines)) + "\n"


class _Page:
    """Lays blocks out as Markdown in one language."""

    def __init__(self, told: Translator) -> None:
        self._told = told

    def inline(self, text: Inline) -> str:
        return "".join(_piece(*each) for each in pieces(text, self._told))

    def blocks(self, blocks: Iterable[Block], depth: int) -> Iterator[str]:
        for each in blocks:
            yield from self._block(each, depth)

    @singledispatchmethod
    def _block(self, block: Any, depth: int) -> Iterator[str]:  # noqa: ANN401, ARG002  # one of the kinds below
        raise TypeError(f"{block!r} is no block")

    @_block.register(Para)
    def _para(self, block: Para, _depth: int) -> Iterator[str]:
        text = self.inline(block.text)
        yield f"> {text}" if block.tone is Tone.NOTICE else text

    @_block.register(Bullets)
    def _bullets(self, block: Bullets, _depth: int) -> Iterator[str]:
        yield "\n".join(
            f"{f'{place}.' if block.ordered else '-'} {self.inline(each)}" for place, each in enumerate(block.items, 1)
        )

    @_block.register(Pairs)
    def _pairs(self, block: Pairs, _depth: int) -> Iterator[str]:
        yield "\n".join(f"- **{self.inline(name)}**: {self.inline(value)}" for name, value in block.rows)

    @_block.register(Table)
    def _table(self, block: Table, _depth: int) -> Iterator[str]:
        rule = ("---:" if place in block.numbers else "---" for place in range(len(block.head)))
        rows = (" | ".join(map(self.inline, row)) for row in (block.head, *block.rows))
        head, *body = (f"| {row} |" for row in rows)
        yield "\n".join([head, f"|{'|'.join(rule)}|", *body])

    @_block.register(Drawing)
    def _drawing(self, block: Drawing, _depth: int) -> Iterator[str]:
        if block.of_table:
            yield self.inline(block.words)

    @_block.register(Card)
    def _card(self, block: Card, depth: int) -> Iterator[str]:
        over = f" ({self.inline(block.over)})" if block.over else ""
        yield f"{'#' * min(depth, _DEEPEST)} {self.inline(block.title)}{over}"
        yield from self.blocks(block.blocks, depth + 1)

    @_block.register(Section)
    def _section(self, block: Section, depth: int) -> Iterator[str]:
        yield f"{'#' * min(depth, _DEEPEST)} {markdown_text(plain(block.title, self._told))}"
        yield from self.blocks(block.blocks, depth + 1)


def _piece(text: str, style: Style, _: str) -> str:
    shown = markdown_text(text)
    return f"**{shown}**" if style in {Style.BOLD, Style.CHIP} and shown.strip() else shown


def markdown_text(value: str) -> str:
    """Return a value as Markdown text on one line that is nothing but text."""
    return _MEANING.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", value.replace("\n", " "))
