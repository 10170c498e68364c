"""A report as blocks of text, tables and drawings: made once for each reader, laid out by each format.

A text is plain, a message of the catalogue, styled, or several of these one after the other; whoever lays it out words
messages in the report's language and escapes everything.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from mvtcase.canon import StrEnum
from mvtcase.wording import Message, Reason, Said, say, translator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mvtcase.wording import Translator


NOTHING = "–"
"""What stands where there is nothing to say."""
LONGEST_CELL = 30_000
"""How much of a text a cell of a workbook shows; the format ends at 32,767 characters."""


class Style(StrEnum):
    """How a text stands out; each format does what it can."""

    PLAIN = ""
    BOLD = "bold"
    CODE = "code"
    SOFT = "soft"
    CHIP = "chip"


class Tone(StrEnum):
    """What a paragraph is for."""

    PLAIN = ""
    LEAD = "lead"
    RESULT = "result"
    SMALL = "small"
    NOTICE = "notice"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Styled:
    """A text that stands out; `tone` is the status or class that gives a chip its colour."""

    text: str | Message
    style: Style = Style.BOLD
    tone: str = ""


Inline: TypeAlias = str | Message | Styled | tuple["Inline", ...]


@dataclass(frozen=True, slots=True)
class Para:
    """One paragraph."""

    text: Inline
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list, numbered where the order matters."""

    items: tuple[Inline, ...]
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Pairs:
    """Names, each with what stands there."""

    rows: tuple[tuple[Inline, Inline], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; `numbers` are the columns that hold numbers, `name` is what a spreadsheet calls it.

    `under` says by place which columns stand below which other ones on a page, with their heads before them, `beside`
    which follow others in their line, and `left_out` which say on a page what another one says too: fewer columns are
    read more easily, and are laid out in less time. A spreadsheet has each of them apart.
    """

    name: str | Message
    head: tuple[Inline, ...]
    rows: tuple[tuple[Inline, ...], ...]
    numbers: frozenset[int] = frozenset()
    under: tuple[tuple[int, int], ...] = ()
    beside: tuple[tuple[int, int], ...] = ()
    left_out: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing of our own as SVG with its legend; where nothing is drawn, only one that a table needs too is told."""

    svg: str
    words: str | Message
    of_table: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """Blocks under a small heading; `tone` is the status or class that gives the edge its colour."""

    title: Inline
    blocks: tuple[Block, ...]
    tone: str = ""
    over: Inline = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part with a heading; one inside another is a smaller part."""

    title: str | Message
    blocks: tuple[Block, ...]
    anchor: str = ""


Block: TypeAlias = Para | Bullets | Pairs | Table | Drawing | Card | Section


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole report: `name` says which it is, `foot` stands on every printed page, `marking` beside it.

    `properties` go into a file's metadata; `contents` says whether the parts are listed at the beginning.
    """

    name: str | Message
    title: str | Message
    lead: Inline
    blocks: tuple[Block, ...]
    foot: Inline
    language: str
    zone: str = "UTC"
    marking: str = ""
    colour: str = ""
    meaning: str = ""
    contents: bool = True
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def translator(self) -> Translator:
        """What words it: in its language, with times of our clock in its zone."""
        return replace(translator(self.language), zone=self.zone)

    @property
    def sections(self) -> tuple[Section, ...]:
        """The parts, in order."""
        return tuple(each for each in self.blocks if isinstance(each, Section))


def pieces(text: Inline, translator: Translator) -> Iterator[tuple[str, Style, str]]:
    """Yield the pieces of a text worded in a language, each with its style and tone."""
    if isinstance(text, tuple):
        for each in text:
            yield from pieces(each, translator)
    elif isinstance(text, Styled):
        yield _worded(text.text, translator), text.style, text.tone
    elif text:
        yield _worded(text, translator), Style.PLAIN, ""


def _worded(text: str | Message, translator: Translator) -> str:
    """Return a text in a language; of others' texts only times of our clock are written as its people write them."""
    return translator.word(text) if isinstance(text, (Message, Reason, Said)) else translator.moment(text)


def plain(text: Inline, translator: Translator) -> str:
    """Return a text without its styles."""
    return "".join(piece for piece, _, _ in pieces(text, translator))


def tables(blocks: tuple[Block, ...]) -> Iterator[Table]:
    """Yield every table in blocks and in the blocks inside them."""
    for each in blocks:
        if isinstance(each, Table):
            yield each
        elif isinstance(each, (Card, Section)):
            yield from tables(each.blocks)


def stacked(table: Table) -> Table:
    """Return a table with some of its columns below or beside others; what says nothing is left out there."""
    gone = {*dict(table.under), *dict(table.beside), *table.left_out}
    places = [place for place in range(len(table.head)) if place not in gone]

    def follow(row: tuple[Inline, ...], where: tuple[tuple[int, int], ...], place: int) -> list[int]:
        return [each for each, before in where if before == place and row[each] not in ("", NOTHING)]

    def cell(row: tuple[Inline, ...], place: int) -> Inline:
        beside = (piece for each in follow(row, table.beside, place) for piece in (say(", "), row[each]))
        below = follow(row, table.under, place)
        under = (piece for each in below for piece in ("\n", table.head[each], say(": "), row[each]))
        return (row[place], *beside, *under)

    def heading(place: int) -> Inline:
        return joined(tuple(table.head[each] for each in (place, *follow(table.head, table.beside, place))), say(", "))

    return replace(
        table,
        head=tuple(heading(each) for each in places),
        rows=tuple(tuple(cell(row, each) for each in places) for row in table.rows),
        numbers=frozenset(new for new, old in enumerate(places) if old in table.numbers),
        under=(),
        beside=(),
        left_out=frozenset(),
    )


def wide(text: str) -> int:
    """Return about how wide a text is, in Latin letters; Chinese characters are as wide as two."""
    return len(text) + sum(each > "\u2e80" for each in text)


def fitting(text: str, longest: int, translator: Translator) -> str:
    """Return a text whose end, beyond so many characters, is left to the JSON, and says so."""
    over = len(text) - longest
    return text if over <= 0 else text[:longest] + translator.word(say(" … {n} more characters: see the JSON", n=over))


def joined(items: tuple[Inline, ...], between: str | Message = ", ") -> Inline:
    """Return texts one after the other with something between them."""
    made: list[Inline] = []
    for place, each in enumerate(items):
        made += [between, each] if place else [each]
    return tuple(made)


def bold(text: str | Message) -> Styled:
    """Return a text in bold."""
    return Styled(text)


def code(text: str) -> Styled:
    """Return a text of machines: an id, a digest, an indicator."""
    return Styled(text, Style.CODE)


def soft(text: str | Message) -> Styled:
    """Return a text that stands back."""
    return Styled(text, Style.SOFT)


def chip(text: str | Message, tone: str) -> Styled:
    """Return a text on the colour of a status."""
    return Styled(text, Style.CHIP, tone)
