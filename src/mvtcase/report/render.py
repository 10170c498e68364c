"""Facts as a file: JSON of the facts themselves, or the document made of them, laid out in a format."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from operator import attrgetter, is_
from types import NoneType
from typing import TYPE_CHECKING, Any, cast

from mvtcase.canon import StrEnum, digest, sha256_bytes, storable_text
from mvtcase.report.facts import SCHEMA
from mvtcase.report.layout.html import html, laid_out, pdf
from mvtcase.report.layout.markdown import markdown
from mvtcase.report.layout.office import docx, xlsx
from mvtcase.report.pages import device, group, incident, letter
from mvtcase.wording import ENGLISH, Said, translator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
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

    @property
    def digest(self) -> str:
        """What tells this look from another: a digest of logo and templates, empty without any."""
        files = [(self.logo.suffix, self.logo)] if self.logo else []
        files += [(each.name, each) for each in sorted(self.templates.glob("*.[jc]*"))] if self.templates else []
        read = [[name, sha256_bytes(path.read_bytes())] for name, path in files if path.is_file()]
        return digest(read) if read else ""


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
    return render_all(spoken(facts), kind, (wanted,), look)[0][1]


def render_all(
    facts: object, kind: str, formats: Sequence[Format], look: Look = NO_LOOK
) -> tuple[tuple[Format, bytes], ...]:
    """Return the files by format of facts in their own language, made of one layout. Raises `RenderError`."""
    document = cache(lambda: PAGES[kind](facts))
    body = cache(lambda: laid_out(document()))
    makers: Mapping[Format, Callable[[], bytes]] = {
        Format.JSON: lambda: (json.dumps(_whole(facts), default=_values, indent=2) + "\n").encode("ascii"),
        Format.MARKDOWN: lambda: _text(markdown(document())),
        Format.DOCX: lambda: docx(document()),
        Format.XLSX: lambda: xlsx(document()),
        Format.PDF: lambda: pdf(document(), body(), templates=look.templates, logo=look.logo),
        Format.HTML: lambda: _text(html(document(), body(), templates=look.templates, logo=look.logo)),
    }
    return tuple((each, makers[each]()) for each in formats)


def to_keep(facts: object) -> Iterator[bytes]:
    """Yield facts as JSON on one line, which `kept.read` reads, in pieces: incidents are large."""
    told = json.JSONEncoder(default=_values).encode
    for place, (name, value) in enumerate(_whole(facts).items()):
        yield f"{', ' if place else '{'}{told(name)}: ".encode("ascii")
        if isinstance(value, tuple) and value:
            for first in range(0, len(value), _AT_ONCE):
                yield f"{', ' if first else '['}{told(value[first : first + _AT_ONCE])[1:-1]}".encode("ascii")
            yield b"]"
        else:
            yield told(value).encode("ascii")
    yield b"}"


_AT_ONCE = 500
"""How many records are made JSON in one piece."""


def as_json(record: object) -> dict[str, Json]:
    """Return a record of facts as JSON values under its schema's name."""
    return cast("dict[str, Json]", json.loads(json.dumps(_whole(record), default=_values)))


def _whole(record: object) -> dict[str, object]:
    return {"schema": SCHEMA, **_values(record)}


def _values(record: object) -> dict[str, object]:
    names, values = _fields(type(record))  # type: ignore[arg-type]  # a type can be hashed
    return dict(zip(names, values(record), strict=False))


@cache
def _fields(kind: type) -> tuple[tuple[str, ...], Callable[[object], tuple[object, ...]]]:
    """Return the names of a record's fields and what reads them all, none of what is no record."""
    names = tuple(getattr(kind, "__dataclass_fields__", ()))
    return names, attrgetter(*names, names[0]) if names else lambda _: ()  # of one name alone it gives no tuple


def spoken(facts: object) -> object:
    """Return facts with their fixed sentences in their own language; what evidence and people wrote stays."""
    language = getattr(getattr(facts, "details", None), "language", ENGLISH)
    return facts if language == ENGLISH else _spoken(facts, translator(language).text)


def _spoken(value: Any, translate: Callable[[str], str]) -> Any:  # noqa: ANN401  # a record, or what is in one
    """Return a value in another language, itself where nothing in it is a fixed sentence."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Said):
        return translate(value)
    if isinstance(value, tuple):
        told = tuple(_spoken(each, translate) for each in value)
        return value if all(map(is_, told, value)) else told
    old = _values(value)
    new = {name: each if type(each) in _PLAIN else _spoken(each, translate) for name, each in old.items()}
    return value if all(map(is_, new.values(), old.values())) else type(value)(**new)


_PLAIN = frozenset({str, int, bool, float, NoneType})


def _text(page: str) -> bytes:
    return storable_text(page).encode("utf-8")
