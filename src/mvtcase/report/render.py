"""Facts as a file: JSON of the facts themselves, or the document made of them, laid out in a format."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from operator import is_
from types import NoneType
from typing import TYPE_CHECKING, Any, cast

from mvtcase.canon import StrEnum, storable_text
from mvtcase.report.facts import SCHEMA
from mvtcase.report.layout.html import html, laid_out, pdf
from mvtcase.report.layout.markdown import markdown
from mvtcase.report.layout.office import docx, xlsx
from mvtcase.report.pages import device, group, incident, letter
from mvtcase.wording import ENGLISH, Said, translator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from mvtcase.model import Json
    from mvtcase.report.document import Document


class Format(StrEnum):
    """What a report can be written as; the value is the file's ending."""

    HTML = "html"
    JSON = "json"
    MARKDOWN = "md"
    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What an organisation gives its reports: a logo, and a folder of templates that go before ours."""

    logo: Path | None = None
    templates: Path | None = None


PAGES: Mapping[str, Callable[[Any], Document]] = {
    "incident": incident.page,
    "group": group.page,
    "letter": letter.page,
    "device": device.page,
}
"""What makes a document of the facts of each kind of report."""
NO_LOOK = Look()


def render(facts: object, kind: str, wanted: Format, look: Look = NO_LOOK) -> bytes:
    """Return a report's file in a format and its own language. Raises `RenderError` when it cannot be made here."""
    return render_all(facts, kind, (wanted,), look)[0][1]


def render_all(
    facts: object, kind: str, formats: Sequence[Format], look: Look = NO_LOOK
) -> tuple[tuple[Format, bytes], ...]:
    """Return a report's files by format, made of one translation and one layout. Raises `RenderError`."""
    told = spoken(facts)
    document = cache(lambda: PAGES[kind](told))
    body = cache(lambda: laid_out(document()))
    makers: Mapping[Format, Callable[[], bytes]] = {
        Format.JSON: lambda: (json.dumps(_whole(told), default=_values, indent=2) + "\n").encode("ascii"),
        Format.MARKDOWN: lambda: _text(markdown(document())),
        Format.DOCX: lambda: docx(document()),
        Format.XLSX: lambda: xlsx(document()),
        Format.PDF: lambda: pdf(document(), body(), templates=look.templates, logo=look.logo),
        Format.HTML: lambda: _text(html(document(), body(), templates=look.templates, logo=look.logo)),
    }
    return tuple((each, makers[each]()) for each in formats)


def to_keep(facts: object) -> Iterator[bytes]:
    """Yield facts in their language as JSON on one line, which `kept.read` reads, in pieces: incidents are large."""
    told = json.JSONEncoder(default=_values).encode
    for place, (name, value) in enumerate(_whole(spoken(facts)).items()):
        yield f"{', ' if place else '{'}{told(name)}: ".encode("ascii")
        if isinstance(value, tuple) and value:
            for number, each in enumerate(value):
                yield f"{', ' if number else '['}{told(each)}".encode("ascii")
            yield b"]"
        else:
            yield told(value).encode("ascii")
    yield b"}"


def as_json(record: object) -> dict[str, Json]:
    """Return a record of facts as JSON values under its schema's name."""
    return cast("dict[str, Json]", json.loads(json.dumps(_whole(record), default=_values)))


def _whole(record: object) -> dict[str, object]:
    return {"schema": SCHEMA, **_values(record)}


def _values(record: object) -> dict[str, object]:
    return {name: getattr(record, name) for name in _names(record)}


def _names(record: object) -> Iterable[str]:
    """Return the names of a record's fields, none of what is no record."""
    return getattr(record, "__dataclass_fields__", ())


def spoken(facts: object) -> object:
    """Return facts with their fixed sentences in their own language; what evidence and people wrote stays."""
    language = getattr(getattr(facts, "details", None), "language", ENGLISH)
    return facts if language == ENGLISH else _spoken(facts, translator(language).text)


def _spoken(value: Any, translate: Callable[[str], str]) -> Any:  # noqa: ANN401  # a record, or what is in one
    """Return a value in another language, itself where nothing in it is a fixed sentence."""
    if isinstance(value, (str, int, NoneType)):
        return translate(value) if isinstance(value, Said) else value
    if isinstance(value, tuple):
        told = tuple(_spoken(each, translate) for each in value)
        return value if all(map(is_, told, value)) else told
    old = [(name, getattr(value, name)) for name in _names(value)]
    new = {name: now for name, each in old if (now := _spoken(each, translate)) is not each}
    return replace(value, **new) if new else value


def _text(page: str) -> bytes:
    return storable_text(page).encode("utf-8")
