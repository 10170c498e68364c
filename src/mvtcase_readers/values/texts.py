"""Texts: logs line by line, tables of comma-separated values by column, and what stands coded inside a text."""

from __future__ import annotations

import base64
import binascii
import codecs
import csv
import itertools
import re
from typing import TYPE_CHECKING

from .contents import Content
from .encodings import COLOURED, decoded, encoding_of, has_other_bytes, unescaped
from .listings import TOTAL, Listings
from .process_tables import ProcessTables
from .shapes import CERTIFICATE, DIGESTS, Batch, Extent, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .walk import Walk

_LONGEST_LINE = 4 << 20
_KEPT = 4096
_ROWS = 2000
_ASCII_RUN = re.compile(rb"[\x20-\x7e]{8}")
_CUT_LETTER = re.compile(rb"(?:[\xc0-\xff][\x80-\xbf]{0,2})?\Z")
_MIDDLES = bytes(range(0x80, 0xC0))
"""What the first bytes of a letter in UTF-8 look like at an end, and its others."""

_MARKS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}


def encoding(content: Content) -> str | None:
    """Return the encoding of a content that is text, None when it is none."""
    return encoding_of(content.head, whole=content.size <= len(content.head))


def read_lines(walk: Walk, content: Content, place: Place) -> str:
    """Give a text's lines, each with its number."""
    first = 1
    tables, listings = ProcessTables(), Listings()
    for block in _blocks(walk, content, place):
        lines = block.split("\n")
        give_texts(walk, Batch(texts=lines, place=_rows(place, first), role=place.role))
        _give_named(walk, list(tables.named(lines)), _rows(place, first), "process")
        if listings.folder or TOTAL in block:
            _give_named(walk, list(listings.paths(lines)), _rows(place, first), "path")
        for number, data in _packed(lines):
            _open_coded(walk, data, _rows(place, first)(number))
        first += len(lines)
    return ""


def _give_named(walk: Walk, named: list[tuple[int, str]], row: Callable[[int], Place], role: str) -> None:
    names = [name for _, name in named]
    walk.give(Batch(texts=names, place=lambda index: row(named[index][0]), role=role))


def _rows(place: Place, first: int) -> Callable[[int], Place]:
    if place.row is None and not place.key:
        return lambda index: place._replace(row=first + index)
    # A text in a cell or below a key: its row is the cell's.
    return lambda index: place.at_key(f"line {first + index}") if first + index > 1 else place


def _blocks(walk: Walk, content: Content, place: Place) -> Iterator[str]:
    """Yield a text in blocks of whole lines, with line feeds alone between them."""
    name = encoding(content) or "latin-1"
    wide = name.startswith(("utf-16", "utf-32"))
    for text in _wide_blocks(walk, content, place, name) if wide else _narrow_blocks(walk, content, place, name):
        yield text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _narrow_blocks(walk: Walk, content: Content, place: Place, name: str) -> Iterator[str]:
    for piece in _whole_lines(walk, content):
        text = decoded(piece, name)
        if not name.startswith("utf-") and has_other_bytes(piece):
            walk.limit(Extent.SKIMMED, "a text with other bytes in it")
        if "\0" in text:
            walk.limit(Extent.SKIMMED, "a text with other bytes in it")
            walk.skim_bytes(piece, place)
            text = text.replace("\0", "\n")
        yield text


def _wide_blocks(walk: Walk, content: Content, place: Place, name: str) -> Iterator[str]:
    """Yield a text of two or four bytes a character; the order of its bytes is told at its beginning alone."""
    decoder, rest = codecs.getincrementaldecoder(name)("replace"), ""
    for _, piece in content.pieces():
        walk.progress(len(piece))
        text = decoder.decode(piece)
        others = "\0" in text
        if others or (name.startswith("utf-16") and _ASCII_RUN.search(piece)):
            # Letters of one byte each do not stand in such a text, or look like rare letters of it.
            walk.limit(Extent.SKIMMED, "a text of several bytes a character with others in it")
            walk.skim_bytes(piece, place)
        rest += text.replace("\0", "\n") if others else text
        end = rest.rfind("\n") + 1
        if end == 0 and len(rest) > _LONGEST_LINE:
            yield rest
            rest = rest[-_KEPT:]
        elif end:
            yield rest[: end - 1]
            rest = rest[end:]
    if rest:
        yield rest


def _whole_lines(walk: Walk, content: Content) -> Iterator[bytes]:
    """Yield the bytes of a text cut after line feeds; too long a line is cut between letters, with an overlap."""
    rest = b""
    for _, piece in content.pieces():
        walk.progress(len(piece))
        rest += piece
        end = rest.rfind(b"\n") + 1
        if end == 0 and len(rest) > _LONGEST_LINE:
            if b" " not in rest and rest.isascii():
                walk.limit(Extent.BOUNDED, f"a line of more than {_LONGEST_LINE >> 20} MiB without a blank")
            cut = len(rest) - len(_CUT_LETTER.search(rest, len(rest) - 4)[0])  # type: ignore[index]  # it may be empty
            yield rest[:cut]
            rest = rest[cut - _KEPT :].lstrip(_MIDDLES)
        elif end:
            # Not the line feed itself: a last empty line would be counted twice.
            yield rest[: end - 1]
            rest = rest[end:]
    if rest:
        yield rest


def marker(content: Content) -> str | None:
    """Return what separates the columns of a table in text form, None when the content is no such table."""
    name = encoding(content)
    if name is None:
        return None
    lines = decoded(content.head, name).split("\n")[:4]
    if content.size > len(content.head):
        lines.pop()
    lines = [line for line in lines if line.strip()]
    if len(lines) < 2:  # noqa: PLR2004 - a heading and a row
        return None
    for mark in _MARKS:
        if len({_columns(line, mark) for line in lines}) == 1 and _columns(lines[0], mark) > 1:
            return mark
    return None


def _columns(line: str, mark: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=mark), []))
    except csv.Error:
        return 0


def read_table(walk: Walk, content: Content, place: Place) -> str:
    """Give the cells of a table in text form, column by column, and its headings."""
    mark = marker(content) or ","
    before = csv.field_size_limit(_LONGEST_LINE)
    try:
        _read_rows(walk, content, place, mark)
    finally:
        csv.field_size_limit(before)  # it is the whole program's
    return _MARKS[mark]


def _read_rows(walk: Walk, content: Content, place: Place, mark: str) -> None:
    lines = (line + "\n" for block in _blocks(walk, content, place) for line in block.split("\n"))
    rows = csv.reader(lines, delimiter=mark)
    headings = next(rows, [])
    walk.give(Batch(texts=headings, place=_rows(place, 1), role="heading"))
    first = 2
    try:
        while part := list(itertools.islice(rows, _ROWS)):
            _give_columns(walk, place, headings, part, first)
            first += len(part)
    except csv.Error:
        # No such table after all: its lines say the same.
        read_lines(walk, content, place)


def _give_columns(walk: Walk, place: Place, headings: Sequence[str], rows: list[list[str]], first: int) -> None:
    width = len(headings)
    for number, cells in enumerate(itertools.zip_longest(*(row[:width] for row in rows), fillvalue="")):
        name = headings[number].strip()
        give_texts(walk, Batch(texts=cells, place=_rows(place._replace(column=name), first), role=name.lower()))
    beyond = [(at, cell) for at, row in enumerate(rows, first) for cell in row[width:]]
    if beyond:
        further = place._replace(column="beyond the headings")
        texts = [cell for _, cell in beyond]
        give_texts(walk, Batch(texts=texts, place=lambda index: _rows(further, beyond[index][0])(0)))


_BASE64 = re.compile(r"[A-Za-z0-9+/\-_\r\n]{24,}={0,2}[\r\n]*")
_PLAIN = re.compile(r"[0-9a-fA-F\-]*|[A-Za-z/\-_]*|[0-9]*")
"""What decodes as base64 and is none: numbers, hashes and identifiers in hexadecimal, and words."""
_GZIP_CODED, _MOST_RUNS = "H4sI", 20
_GZIP_RUN = re.compile(r"(?<![A-Za-z0-9+/_-])H4sI[A-Za-z0-9+/_-]{20,65536}={0,2}")
"""What gzip begins with in base64: logs and links carry it among other words."""
_CERTIFICATE = re.compile(r"3082(?:[0-9a-fA-F]{2}){100,8192}")
"""How Android's list of packages has the certificates of apps (AOSP, PackageSignatures)."""
_DATA_URI = re.compile(r"data:[^,]{0,200};base64,([A-Za-z0-9+/%=\s]{16,})")
_TAG = re.compile(r"<[a-zA-Z!?/]")
_LEAST_CODED = 24
_LEAST_WIDE, _MOST_WIDE = 60, 76
"""Letters of a line of base64: PEM has 64 (RFC 7468), mails 76 (RFC 2045)."""
_FULL_LINE, _LAST_LINE = re.compile("[A-Za-z0-9+/]+"), re.compile("[A-Za-z0-9+/]{1,76}={0,2}")
_LEGIBLE = re.compile(rb"[\x20-\x7e]{8}|(?:[\x20-\x7e]\0){8}")
"""What decoded bytes of no known form have that hold a text."""
_FORMS = frozenset({"json", "markup", "mail", "cards", "pdf", "table of texts"})
_OPENING = frozenset("{[<")


def give_texts(walk: Walk, batch: Batch, *, forms: bool = True, among: Sequence[int] | None = None) -> None:
    """Give texts, and what is coded in them: JSON and markup where `forms`, base64, characters written with escapes.

    Something may be coded in all of them, or in those `among` them by their numbers.
    """
    walk.give(batch)
    numbers = range(len(batch.texts)) if among is None else among
    texts = batch.texts if among is None else [batch.texts[number] for number in among]
    for index in sorted(suspects(texts)):
        _inside(walk, texts[index], batch, numbers[index], forms=forms)


def suspects(texts: Sequence[str]) -> set[int]:
    """Return the numbers of the texts in which something may be coded; whole batches without any pass at once."""
    joined = "\n".join(texts)
    found: set[int] = set()
    if "\\" in joined or "&" in joined:
        found.update(index for index, text in enumerate(texts) if "\\" in text or "&" in text)
    if _GZIP_CODED in joined:
        found.update(index for index, text in enumerate(texts) if _GZIP_CODED in text)
    if COLOURED in joined:
        found.update(index for index, text in enumerate(texts) if COLOURED in text)
    if "{" in joined or "[" in joined or "<" in joined:
        found.update(index for index, text in enumerate(texts) if text.lstrip()[:1] in _OPENING)
    if joined.count("\n") >= len(texts):
        found.update(index for index, text in enumerate(texts) if "\n" in text)
    found.update(
        index
        for index, text in enumerate(texts)
        if len(text) >= _LEAST_CODED
        and " " not in text
        and "." not in text
        and (_BASE64.fullmatch(text) or "data:" in text)
    )
    return found


def _inside(walk: Walk, text: str, batch: Batch, index: int, *, forms: bool) -> None:
    if forms and _may_be_form(text):
        content = Content(text.encode("utf-8", "surrogatepass"))
        form = walk.form_of(content)
        place = batch.place(index)
        if form.name in _FORMS and walk.cell(content, place, form=form, is_text=True).extent is Extent.FULL:
            return
    if "\\" in text or "&" in text or COLOURED in text:
        plain = unescaped(text)
        if plain != text:
            walk.give(Batch(texts=plain.split("\0"), place=lambda _: batch.place(index), role=batch.role_of(index)))
    elif len(text) >= _LEAST_CODED:
        data = _from_base64(text)
        if data:
            _open_coded(walk, data, batch.place(index))
    for data in _coded_within(text):
        _open_coded(walk, data, batch.place(index))


def _coded_within(text: str) -> Iterator[bytes]:
    """Yield what base64 over several lines holds, and packed texts among other words."""
    if "\n" in text:
        yield from (data for _, data in _packed(text.split("\n")))
    if _GZIP_CODED in text and not _BASE64.fullmatch(text):
        for coded in itertools.islice(_GZIP_RUN.finditer(text), _MOST_RUNS):
            if data := _from_base64(coded[0]):
                yield data


def _packed(lines: Sequence[str]) -> Iterator[tuple[int, bytes]]:
    """Yield the number of the first of several lines of base64 of one width, and what they hold together."""
    full = [
        at for at, line in enumerate(lines) if _LEAST_WIDE <= len(line) <= _MOST_WIDE and _FULL_LINE.fullmatch(line)
    ]
    for _, group in itertools.groupby(enumerate(full), lambda each: (each[1] - each[0], len(lines[each[1]]))):
        first, end = (found := [at for _, at in group])[0], found[-1] + 1
        end += end < len(lines) and _LAST_LINE.fullmatch(lines[end]) is not None
        data = _from_base64("".join(lines[first:end])) if end - first > 1 else None
        if data:
            yield first, data


def _may_be_form(text: str) -> bool:
    first = text.lstrip()[:1]
    if first == "<":
        return _TAG.search(text) is not None
    if first in {"{", "["}:
        return text.rstrip()[-1:] in {"}", "]"} or '":' in text
    return len(text) >= _LEAST_CODED and "\n" in text


def _from_base64(text: str) -> bytes | None:
    found = _DATA_URI.search(text)
    coded = found[1] if found else text
    if not found and (not _BASE64.fullmatch(coded) or _PLAIN.fullmatch(coded)):
        return bytes.fromhex(coded) if _CERTIFICATE.fullmatch(coded) else None
    plain = "".join(coded.split()).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4))
    except (binascii.Error, ValueError):
        return None


def _open_coded(walk: Walk, data: bytes, place: Place) -> None:
    """Open what a text decodes to, where that is a container or holds a text: most words decode to noise."""
    if len(data) in DIGESTS:
        # WhatsApp keeps the hashes of what was sent so.
        walk.one(data.hex(), place.within("base64"))
    content = Content(data)
    form = walk.form_of(content)
    if form.extent is Extent.FULL or _LEGIBLE.search(data) or CERTIFICATE in data:
        walk.cell(content, place.within("base64"), form=form)
