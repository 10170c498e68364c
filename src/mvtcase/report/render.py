"""Facts as a file: JSON of the facts themselves, or the document made of them, laid out in a format."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from mvtcase.canon import StrEnum, storable_text
from mvtcase.report.facts import SCHEMA
from mvtcase.report.layout.html import html, pdf
from mvtcase.report.layout.markdown import markdown
from mvtcase.report.layout.office import docx, xlsx
from mvtcase.report.pages import device, group, incident, letter
from mvtcase.wording import ENGLISH, Said, translator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
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
    facts = _spoken(facts, translator(getattr(getattr(facts, "details", None), "language", ENGLISH)).text)
    if wanted is Format.JSON:
        return (json.dumps(as_json(facts), indent=2, ensure_ascii=True) + "\n").encode("ascii")
    document = PAGES[kind](facts)
    if wanted is Format.MARKDOWN:
        return _text(markdown(document))
    if wanted is Format.DOCX:
        return docx(document)
    if wanted is Format.XLSX:
        return xlsx(document)
    if wanted is Format.PDF:
        return pdf(document, templates=look.templates, logo=look.logo)
    return _text(html(document, templates=look.templates, logo=look.logo))


def as_json(record: object) -> dict[str, Json]:
    """Return a record of facts as JSON values under its schema's name."""
    values = cast("dict[str, Json]", _plain(asdict(record)))  # type: ignore[call-overload]  # every caller gives a record
    return {"schema": SCHEMA, **values}


def _plain(value: object) -> Json:
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, StrEnum) else cast("Json", value)


def _spoken(value: object, translate: Callable[[str], str]) -> object:
    """Return facts with their fixed sentences in another language; what evidence and people wrote stays."""
    if isinstance(value, Said):
        return translate(value)
    if isinstance(value, tuple):
        return tuple(_spoken(each, translate) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        old = {each.name: getattr(value, each.name) for each in fields(value)}
        new = {name: _spoken(each, translate) for name, each in old.items()}
        return replace(value, **new) if any(new[name] is not old[name] for name in old) else value
    return value


def _text(page: str) -> bytes:
    return storable_text(page).encode("utf-8")
