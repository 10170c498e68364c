"""A document as DOCX, and its tables as XLSX: plain files without macros, links or anything loaded from elsewhere."""

from __future__ import annotations

import io
import re
import zipfile
from copy import deepcopy
from datetime import datetime, timezone
from functools import singledispatchmethod
from typing import TYPE_CHECKING, Any

from mvtcase.escape import csv_cell
from mvtcase.report.document import (
    LONGEST_CELL,
    Bullets,
    Card,
    Drawing,
    Pairs,
    Para,
    Section,
    Style,
    Table,
    Tone,
    fitting,
    pieces,
    plain,
    tables,
    wide,
)
from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mvtcase.report.document import Block, Document, Inline
    from mvtcase.wording import Translator

_EPOCH = (1980, 1, 1, 0, 0, 0)
_ENDS = re.compile("[\t\r\n]")
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_NO_SHEET_NAME = re.compile(r"[\[\]:*?/\\']")
_DEEPEST = 4
_LONGEST_SHEET_NAME = 31
_LONGEST_PROPERTY = 255
"""What the format's own library takes of a property."""
_OTHERWISE = {"author": "creator", "comments": "description"}
"""What one library calls a property, and the other one."""
_OF_FRONT = {"report": "Report", "state": "State", "written": "written at", "author": "Written by"}
"""What the first sheet calls some of a document's properties."""
_WRITTEN_BY, OURSELVES = re.compile(rb"(<Application>)[^<]*"), "mvtcase"
_CODE_FONT = "Courier New"
_PAPER, _MARGIN, _PER_MM = (210, 297), 18, 36_000
"""A page in millimetres, and what the format counts in."""
_GRIDS = {True: "Light Grid Accent 1", False: "Table Grid"}
"""The styles of tables with a head, and of pairs."""
_SMALL, _LARGE, _PER_POINT = 9, 12, 12_700
_QUOTE, _INK = "Intense Quote", (0x16, 0x20, 0x2B)
"""The style of a result, and its colour."""
_BETWEEN = 2
"""What is left free beside a word."""
_ROOM, _LEAST, _LONGEST_WORD, _MOST = 95, 5, 18, 45
"""Letters in a line of a table; what a column has room for at least, of a word, and at most."""
_WIDEST_COLUMN, _LINE, _TALLEST = 60, 15, 409
"""Of a sheet: letters of a column, points of a line, and what the format takes of a row."""
_LONGEST_TEXT = 5_000
"""How much of a text a document shows: word processors take minutes for one of 100,000 characters."""


def docx(document: Document) -> bytes:
    """Return a document as DOCX, without drawings: what they show stands in tables."""
    from docx import Document as Word  # noqa: PLC0415  # slow to load, and only this format needs it

    made = Word()
    _on_a4(made.sections[0])
    for each in _GRIDS.values():
        made.styles[each].font.size = _SMALL * _PER_POINT
    _standing_out(made.styles[_QUOTE].font)
    _in_language(made, document.language)
    page = _Docx(made, document)
    page.beginning()
    page.blocks(document.blocks, 1)
    for name, value in {**_office_properties(document), "last_modified_by": ""}.items():
        setattr(made.core_properties, name, value)
    held = io.BytesIO()
    made.save(held)
    return _same_bytes(held.getvalue())


def _on_a4(section: Any) -> None:  # noqa: ANN401  # python-docx has no types
    section.page_width, section.page_height = (side * _PER_MM for side in _PAPER)
    for side in ("left", "right", "top", "bottom"):
        setattr(section, f"{side}_margin", _MARGIN * _PER_MM)


def _standing_out(font: Any) -> None:  # noqa: ANN401  # as above
    """Let the result be read first: as it comes, this style is small, pale and italic."""
    from docx.shared import RGBColor  # noqa: PLC0415  # as above

    font.italic, font.size, font.color.rgb = False, _LARGE * _PER_POINT, RGBColor(*_INK)


def _in_language(made: Any, language: str) -> None:  # noqa: ANN401  # as above
    """Say in which language the text is, by which programs spell it and read it out."""
    from docx.oxml.ns import qn  # noqa: PLC0415  # as above

    for each in made.styles.element.iter(qn("w:lang")):
        each.set(qn("w:val"), language)
        each.set(qn("w:eastAsia"), language)


def _office_properties(document: Document) -> dict[str, Any]:
    told = document.translator
    at = datetime.fromisoformat(document.properties["written"].replace("Z", "+00:00")).astimezone(timezone.utc)
    return {
        "title": _short(plain((document.name, say(": "), document.title), told)),
        "author": _short(document.properties.get("author", "")),
        "subject": _short(document.properties.get("state", "")),
        "keywords": _short(document.marking),
        "comments": _short("; ".join(f"{name}: {value}" for name, value in document.properties.items())),
        "language": document.language,
        "created": at.replace(tzinfo=None),
        "modified": at.replace(tzinfo=None),
    }


class _Docx:
    """Lays blocks out in a Word document in one language."""

    def __init__(self, made: Any, document: Document) -> None:  # noqa: ANN401  # python-docx has no types
        self._made, self._document, self._told = made, document, document.translator
        self._runs: dict[Style, tuple[Any, Any]] = {}

    def beginning(self) -> None:
        """Write title, lead, and the marking on every page."""
        document = self._document
        for part in (self._made.sections[0].header, self._made.sections[0].footer):
            part.paragraphs[0].text = _xml(f"{document.marking}   {plain(document.foot, self._told)}".strip())
        self._heading((document.name, say(": "), document.title), 0)
        self._text(self._made.add_paragraph(), document.lead)
        if document.meaning:
            self._text(self._made.add_paragraph(), (document.marking, say(". "), document.meaning))

    def blocks(self, blocks: Iterable[Block], depth: int) -> None:
        """Write blocks one after the other."""
        for each in blocks:
            self._block(each, depth)

    def _text(self, paragraph: Any, text: Inline) -> None:  # noqa: ANN401  # as above
        for piece, style, _ in pieces(text, self._told):
            run, told = self._run(paragraph, style), _xml(fitting(piece, _LONGEST_TEXT, self._told))
            if _ENDS.search(told):
                run.text = told
            elif told:  # what python-docx makes of it too, a character at a time
                run.add_text(told)

    def _run(self, paragraph: Any, style: Style) -> Any:  # noqa: ANN401  # as above
        """Add a run: a copy of the first in its style, since setting a property takes longer than all the rest."""
        if style in self._runs:
            kind, first = self._runs[style]
            copied = deepcopy(first)
            paragraph._p.append(copied)  # noqa: SLF001  # its own functions take the time
            return kind(copied, paragraph)
        run = paragraph.add_run()
        run.bold = style in {Style.BOLD, Style.CHIP}
        if style is Style.CODE:
            run.font.name = _CODE_FONT
        self._runs[style] = type(run), deepcopy(run._r)  # noqa: SLF001  # as above
        return run

    def _heading(self, text: Inline, depth: int) -> None:
        told = fitting(plain(text, self._told), _LONGEST_TEXT, self._told)
        self._made.add_heading(_xml(told), min(depth, _DEEPEST))

    @singledispatchmethod
    def _block(self, block: Any, depth: int) -> None:  # noqa: ANN401, ARG002  # one of the kinds below
        raise TypeError(f"{block!r} is no block")

    @_block.register(Para)
    def _para(self, block: Para, _depth: int) -> None:
        style = _QUOTE if block.tone in {Tone.NOTICE, Tone.RESULT} else None
        self._text(self._made.add_paragraph(style=style), block.text)

    @_block.register(Bullets)
    def _bullets(self, block: Bullets, _depth: int) -> None:
        for place, each in enumerate(block.items, 1):
            # Word goes on counting from one numbered list to the next, so the numbers are written here.
            paragraph = self._made.add_paragraph(style=None if block.ordered else "List Bullet")
            self._text(paragraph, (f"{place}. ", each) if block.ordered else each)

    @_block.register(Pairs)
    def _pairs(self, block: Pairs, _depth: int) -> None:
        self._grid(tuple((each, value) for each, value in block.rows), head=False)

    @_block.register(Table)
    def _table(self, block: Table, _depth: int) -> None:
        self._grid((block.head, *block.rows), head=True)

    def _grid(self, rows: tuple[tuple[Inline, ...], ...], *, head: bool) -> None:
        if not rows:
            return
        grid = self._made.add_table(rows=len(rows), cols=len(rows[0]))
        grid.style, grid.autofit = _GRIDS[head], False
        if head:  # Word repeats it on each page
            grid.rows[0]._tr.get_or_add_trPr().insert_element_before(_told_again(), "w:jc")  # noqa: SLF001  # it has no name for that
        cells = grid._cells  # noqa: SLF001  # asked one by one, python-docx walks the whole table for each
        widths = self._widths(rows)
        for place, width in enumerate(widths):
            grid.columns[place].width = width
        for place, text in enumerate(each for row in rows for each in row):
            cells[place].width = widths[place % len(widths)]
            self._text(cells[place].paragraphs[0], text)
        self._made.add_paragraph()

    def _widths(self, rows: tuple[tuple[Inline, ...], ...]) -> list[int]:
        """Return how wide columns are: each has room for its longest word, and those that hold much have the rest."""
        needed, more = [], []
        for column in zip(*rows, strict=True):
            texts = [plain(each, self._told) for each in column]
            longest = max(wide(word) for text in texts for word in text.split() or [""])
            needed.append(max(_LEAST, min(_LONGEST_WORD, longest) + _BETWEEN))
            more.append(max(0, min(_MOST, sum(map(wide, texts)) // len(texts)) - needed[-1]))
        rest = max(0, _ROOM - sum(needed)) / (sum(more) or 1)
        shares = [least + round(rest * wish) for least, wish in zip(needed, more, strict=True)]
        room = (_PAPER[0] - 2 * _MARGIN) * _PER_MM
        return [room * each // sum(shares) for each in shares]

    @_block.register(Drawing)
    def _drawing(self, block: Drawing, _depth: int) -> None:
        if block.of_table:
            self._text(self._made.add_paragraph(), block.words)

    @_block.register(Card)
    def _card(self, block: Card, depth: int) -> None:
        over = (" (", block.over, ")") if block.over else ()
        self._heading((block.title, *over), depth)
        self.blocks(block.blocks, depth + 1)

    @_block.register(Section)
    def _section(self, block: Section, depth: int) -> None:
        self._heading(block.title, depth)
        self.blocks(block.blocks, depth + 1)


def _told_again() -> Any:  # noqa: ANN401  # as above
    from docx.oxml import OxmlElement  # noqa: PLC0415  # as above

    return OxmlElement("w:tblHeader")


def xlsx(document: Document) -> bytes:
    """Return the tables of a document as XLSX, one a sheet; no cell can become a formula."""
    from openpyxl import Workbook  # noqa: PLC0415  # slow to load, and only this format needs it

    told = document.translator
    book = Workbook()
    first = book.active
    first.title = _sheet_name(plain(say("Report"), told), ())
    for row in _front(document):
        first.append([_cell(each, told) for each in row])
    for table in tables(document.blocks):
        sheet = book.create_sheet(_sheet_name(plain(table.name, told), book.sheetnames))
        for cells in (table.head, *table.rows):
            sheet.append([_cell(plain(each, told), told) for each in cells])
    for sheet in book.worksheets:
        _laid_out(sheet, document.marking)
    return saved(book, _office_properties(document))


def saved(book: Any, properties: Mapping[str, Any]) -> bytes:  # noqa: ANN401  # as below
    """Return a workbook with its properties; what it is written by is not its author."""
    for name, value in properties.items():
        setattr(book.properties, _OTHERWISE.get(name, name), value)
    held = io.BytesIO()
    book.save(held)
    return _same_bytes(held.getvalue(), at=properties["created"])


def _front(document: Document) -> list[tuple[str, str]]:
    told = document.translator
    rows: list[tuple[str, str]] = [
        ("", plain((document.name, say(": "), document.title), told)),
        ("", plain(document.lead, told)),
    ]
    rows += [("", f"{document.marking} {document.meaning}")] if document.marking else []
    named = (
        (told.text(_OF_FRONT.get(name, name)), told.moment(told.text(value)))
        for name, value in document.properties.items()
    )
    return [*rows, *named, ("", plain(document.foot, told))]


def _laid_out(sheet: Any, marking: str) -> None:  # noqa: ANN401  # openpyxl has no types
    """Lay a sheet out for reading and for paper: as wide as a page, with the marking on each."""
    from openpyxl.styles import Alignment, Font  # noqa: PLC0415  # as above

    lines: dict[int, int] = {}
    for column in sheet.columns:
        longest = max((wide(str(each.value)) for each in column if each.value is not None), default=0)
        width = min(_WIDEST_COLUMN, longest + 2)
        sheet.column_dimensions[column[0].column_letter].width = width
        for each in column:
            each.alignment = Alignment(wrap_text=True, vertical="top")
            told = str(each.value or "").split("\n")
            lines[each.row] = max(lines.get(each.row, 1), sum(1 + wide(part) // width for part in told))
    for row, number in lines.items():  # LibreOffice keeps each row at one line unless it is told
        if number > 1:
            sheet.row_dimensions[row].height = min(_TALLEST, number * _LINE)
    for each in sheet[1]:
        each.font = Font(bold=True)
    sheet.freeze_panes = "A2"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.page_setup.fitToHeight = True, 0
    sheet.oddHeader.center.text = sheet.oddFooter.center.text = marking


def _cell(text: str, told: Translator) -> str | int:
    if text.isascii() and text.isdigit() and len(text) < 10:  # noqa: PLR2004  # a count, no serial number
        return int(text)
    return fitting(_xml(csv_cell(text)), LONGEST_CELL, told)


def _sheet_name(wanted: str, taken: Iterable[str]) -> str:
    base = _NO_SHEET_NAME.sub(" ", wanted).strip()[:_LONGEST_SHEET_NAME] or "Table"
    names, number, name = {each.casefold() for each in taken}, 1, base
    while name.casefold() in names:
        number += 1
        name = f"{base[: _LONGEST_SHEET_NAME - len(str(number)) - 1]} {number}"
    return name


def _short(text: str) -> str:
    return _xml(text)[:_LONGEST_PROPERTY]


def _xml(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)


def _same_bytes(packed: bytes, at: datetime | None = None) -> bytes:
    """Return an archive with the times of its members set to one moment: the same report gives the same bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as source, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if at is not None and name == "docProps/core.xml":
                stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, content)
            content = (
                _WRITTEN_BY.sub(rb"\g<1>" + OURSELVES.encode(), content) if name == "docProps/app.xml" else content
            )
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
    return held.getvalue()
