"""A document as one HTML page: no script, no outside request, every value escaped; and as PDF of that page."""

from __future__ import annotations

import base64
from functools import cache, singledispatchmethod
from typing import TYPE_CHECKING, Any

from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup, escape

from mvtcase.errors import RenderError
from mvtcase.report.document import (
    Bullets,
    Card,
    Drawing,
    Pairs,
    Para,
    Section,
    Style,
    Table,
    pieces,
    plain,
    stacked,
    wide,
)
from mvtcase.report.fonts import require_for
from mvtcase.report.layout.paper import printed
from mvtcase.wording import do, say

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mvtcase.report.document import Block, Document, Inline
    from mvtcase.wording import Translator

TEMPLATE = "page.html.j2"
_PACKAGE = "mvtcase.report"
_TAGS = {Style.BOLD: Markup("<b>{}</b>"), Style.CODE: Markup("<code>{}</code>")}
_LOGO_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".svg": "image/svg+xml"}
MAX_LOGO_BYTES = 1 << 20
_WIDEST, _LINE, _BETWEEN, _MORE = 54, 22, 3, 40
"""How much of a word and of a line a column of a printed table makes room for, what is left free beside it, and how
much wider one with long texts may be."""
_ROOM, _NARROW = 120, 14
"""How wide all columns are together that need not shrink, and how wide one is that has nothing to lose."""


def laid_out(document: Document) -> Markup:
    """Return what a document says as HTML, without the page around it."""
    return Page(document.translator).blocks(document.blocks)


def html(document: Document, body: Markup, *, templates: Path | None = None, logo: Path | None = None) -> str:
    """Return one self-contained page; an organisation's own folder of templates goes before ours.

    Raises `RenderError` when the template or the logo cannot be used.
    """
    return _page(document, body, templates, logo, style=_style(templates))


def pdf(document: Document, body: Markup, *, templates: Path | None = None, logo: Path | None = None) -> bytes:
    """Return a document as PDF; whatever its page would load from anywhere is refused. Raises `RenderError`."""
    page, style = _page(document, body, templates, logo, style=""), _style(templates)
    require_for(page)
    try:
        return printed(page, style, own=templates is None or not (templates / TEMPLATE).exists())
    except (ImportError, OSError) as error:
        raise RenderError(
            "PDF needs WeasyPrint and its system libraries: {error}.",
            hint=say("Use {0} and print that from a browser.", do(format="html")),
            error=error,
        ) from error
    except Exception as error:  # WeasyPrint's errors have no common class
        raise RenderError(
            "The PDF could not be made: {error}.", hint=say("Use {0} and print that.", do(format="html")), error=error
        ) from error


def _page(document: Document, body: Markup, templates: Path | None, logo: Path | None, *, style: str) -> str:
    told = document.translator
    try:
        return (
            _environment(templates)
            .get_template(TEMPLATE)
            .render(
                document=document,
                body=body,
                contents_word=say("Contents"),
                contents=[(each.anchor, plain(each.title, told)) for each in document.sections if each.anchor],
                logo=_logo(logo),
                screen=style or templates,  # our style sheet shows no marking, contents and footer on paper
                style=Markup(style),  # noqa: S704  # a style sheet, ours or the organisation's
                word=lambda text: plain(text, told),
                lead=Page(told).inline(document.lead),
            )
        )
    except TemplateError as error:
        raise RenderError("The report could not be laid out: {error}.", error=error) from error


def _style(templates: Path | None) -> str:
    try:
        return _environment(templates).get_template("style.css").render()
    except TemplateError as error:
        raise RenderError("The report could not be laid out: {error}.", error=error) from error


@cache
def _environment(templates: Path | None) -> SandboxedEnvironment:
    ours = PackageLoader(_PACKAGE)
    environment = SandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(templates), ours]) if templates else ours,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["css_string"] = css_string
    return environment


def _logo(path: Path | None) -> str:
    """Return a picture as an address that holds it, empty without one. Raises `RenderError`."""
    if path is None:
        return ""
    kind = _LOGO_TYPES.get(path.suffix.lower())
    try:
        held = path.read_bytes() if kind and path.stat().st_size <= MAX_LOGO_BYTES else b""
    except OSError as error:
        raise RenderError("The logo {path} cannot be read: {error}.", path=path, error=error) from error
    if not held:
        raise RenderError("The logo {path} is no PNG, JPEG or SVG of at most 1 MiB.", path=path)
    return f"data:{kind};base64,{base64.b64encode(held).decode()}"


class Page:
    """Lays blocks out as HTML in one language."""

    def __init__(self, told: Translator) -> None:
        self._told = told

    def inline(self, text: Inline) -> Markup:
        """Return a text with its styles."""
        return Markup("").join(_piece(*each) for each in pieces(text, self._told))

    def blocks(self, blocks: Iterable[Block], depth: int = 2) -> Markup:
        """Return blocks one after the other; headings of parts are of this depth."""
        return Markup("\n").join(self._block(each, depth) for each in blocks)

    @singledispatchmethod
    def _block(self, block: Any, depth: int) -> Markup:  # noqa: ANN401, ARG002  # one of the kinds below
        raise TypeError(f"{block!r} is no block")

    @_block.register(Para)
    def _para(self, block: Para, _depth: int) -> Markup:
        return Markup('<p class="{}">{}</p>').format(block.tone or "text", self.inline(block.text))

    @_block.register(Bullets)
    def _bullets(self, block: Bullets, _depth: int) -> Markup:
        frame = Markup("<ol>{}</ol>") if block.ordered else Markup("<ul>{}</ul>")
        items = Markup("").join(Markup("<li>{}</li>").format(self.inline(each)) for each in block.items)
        return frame.format(items)

    @_block.register(Pairs)
    def _pairs(self, block: Pairs, _depth: int) -> Markup:
        rows = (
            Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(self.inline(name), self.inline(value))
            for name, value in block.rows
        )
        return Markup('<dl class="pairs">{}</dl>').format(Markup("").join(rows))

    @_block.register(Table)
    def _table(self, table: Table, _depth: int) -> Markup:
        block = stacked(table)
        head = Markup("").join(
            Markup('<th scope="col"{}>{}</th>').format(_number(place, block), self.inline(each))
            for place, each in enumerate(block.head)
        )
        short = " short" if len(block.rows) <= _SHORT else ""
        rows = Markup("\n").join(Markup("<tr>{}</tr>").format(self._cells(block, row)) for row in block.rows)
        return Markup(
            '<div class="wide{}" tabindex="0" role="region" aria-label="{}"><table><colgroup>{}</colgroup>'
            "<thead><tr>{}</tr></thead><tbody>\n{}\n</tbody></table></div>"
        ).format(short, plain(block.name, self._told), self._columns(block), head, rows)

    def _columns(self, block: Table) -> Markup:
        """Return how wide columns are on paper, by their text: a browser finds that out by itself, at a cost."""
        widths, lengths = [0.0] * len(block.head), [0] * len(block.head)
        for row in (block.head, *block.rows):
            for place, each in enumerate(row):
                text = plain(each, self._told)
                lines = text.split("\n")
                words = (word for line in lines for word in line.split())
                needed = max(min(_WIDEST, wide(each)) for each in (*words, *(line[:_LINE] for line in lines)))
                widths[place] = max(widths[place], needed + _BETWEEN)
                lengths[place] += wide(text)
        widths = [
            width + min(_MORE, length // (3 * len(block.rows) + 3))
            for width, length in zip(widths, lengths, strict=True)
        ]
        widths[0] *= _OF_BOLD
        shrunk = max(1, sum(widths) / _ROOM)
        widths = [width * shrunk if width < _NARROW else width for width in widths]
        return Markup("").join(Markup('<col style="--w: {:.1f}%">').format(100 * n / sum(widths)) for n in widths)

    def _cells(self, block: Table, row: tuple[Inline, ...]) -> Markup:
        return Markup("").join(
            Markup("<td{}>{}</td>").format(_number(place, block), self.inline(each)) for place, each in enumerate(row)
        )

    @_block.register(Drawing)
    def _drawing(self, block: Drawing, _depth: int) -> Markup:
        return Markup('<figure class="drawing">{}<figcaption>{}</figcaption></figure>').format(
            Markup(block.svg),  # noqa: S704  # made by our own code, which escapes every text in it
            self.inline(block.words),
        )

    @_block.register(Card)
    def _card(self, block: Card, depth: int) -> Markup:
        over = Markup('<p class="eyebrow">{}</p>').format(self.inline(block.over)) if block.over else ""
        return Markup('<article class="card {}"><header>{}<h3>{}</h3></header>{}</article>').format(
            block.tone, over, self.inline(block.title), self.blocks(block.blocks, depth + 1)
        )

    @_block.register(Section)
    def _section(self, block: Section, depth: int) -> Markup:
        title = _HEADINGS[min(depth, len(_HEADINGS)) - 1].format(plain(block.title, self._told))
        anchor = Markup(' id="{}"').format(block.anchor) if block.anchor else ""
        return Markup("<section{}>{}{}</section>").format(anchor, title, self.blocks(block.blocks, depth + 1))


_OF_BOLD = 1.15
"""How much wider names in bold are, which stand in the first column."""
_SHORT = 7
"""Rows of a table that paper does not divide."""
_HEADINGS = (Markup("<h1>{}</h1>"), Markup("<h2>{}</h2>"), Markup("<h3>{}</h3>"), Markup("<h4>{}</h4>"))


def _number(place: int, block: Table) -> Markup:
    return Markup(' class="n"') if place in block.numbers else Markup("")


def _piece(text: str, style: Style, tone: str) -> Markup:
    lines = Markup("<br>").join(map(escape, text.split("\n")))
    if style is Style.PLAIN:
        return lines
    if tag := _TAGS.get(style):
        return tag.format(lines)
    return Markup('<span class="{} {}">{}</span>').format(style, tone, lines)


def css_string(value: str) -> Markup:
    """Return a text as the inside of a CSS string: all but plain letters and digits become CSS escapes."""
    escaped = "".join(each if each.isascii() and each.isalnum() else f"\\{ord(each):x} " for each in value)
    return Markup(escaped)  # noqa: S704  # nothing but letters, digits, backslashes and spaces is left
