"""Facts laid out as HTML, JSON, Markdown or PDF; nothing here decides what is said."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

from jinja2 import Environment, PackageLoader, StrictUndefined, TemplateError
from markupsafe import Markup

from mvtcase.canon import StrEnum, storable_text
from mvtcase.errors import RenderError
from mvtcase.report import sentences as words
from mvtcase.report.facts import SCHEMA
from mvtcase.wording import do, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mvtcase.model import Json


class Format(StrEnum):
    """What a report can be written as; the value is the file's ending."""

    HTML = "html"
    JSON = "json"
    MARKDOWN = "md"
    PDF = "pdf"


_PACKAGE = "mvtcase.report"
_MARKDOWN_MEANING = re.compile(r"([\\`*_{}\[\]<>#!|~&$^]|^[-+=]|^\d+[.)]|:(?=//))")
_OUR_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z")
_NO_FRACTION = re.compile(r"(?<=\d\d:\d\d:\d\d)\.0+$")
CONTENTS = (
    ("summary", "Executive summary"),
    ("status", "Status of officials and devices"),
    ("coverage", "Coverage"),
    ("findings", "Findings"),
    ("timeline", "Timeline"),
    ("sealing", "LINE Letter Sealing"),
    ("methodology", "Attack methodology"),
    ("impact", "Impact"),
    ("indicators", "Indicators"),
    ("links", "What links officials"),
    ("response", "Response so far"),
    ("recommendations", "Recommendations"),
    ("method", "Method"),
    ("limits", "Limits"),
    ("custody", "Chain of custody"),
)
"""The parts of the incident report in order: anchor and heading."""
_SOMETIMES = frozenset({"sealing", "links"})


def render(facts: object, kind: str, wanted: Format) -> bytes:
    """Return a report's file in a format. Raises `RenderError` when that format cannot be made here."""
    if wanted is Format.JSON:
        return (json.dumps(as_json(facts), indent=2, ensure_ascii=True) + "\n").encode("ascii")
    if wanted is Format.MARKDOWN:
        return _text(markdown(facts, kind))
    page = html(facts, kind)
    return pdf(page) if wanted is Format.PDF else _text(page)


def as_json(record: object) -> dict[str, Json]:
    """Return a record of facts as JSON values under its schema's name."""
    values = cast("dict[str, Json]", _plain(asdict(record)))  # type: ignore[call-overload]  # every caller gives a record
    return {"schema": SCHEMA, **values}


def _plain(value: object) -> Json:
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return cast("Json", value)


def html(facts: object, kind: str) -> str:
    """Return one self-contained page: no script, no outside request, every value escaped."""
    return _laid_out(_html_environment(), f"{kind}.html.j2", facts)


def markdown(facts: object, kind: str) -> str:
    """Return Markdown in which no value can become markup."""
    return _laid_out(_markdown_environment(), f"{kind}.md.j2", facts)


def pdf(page: str) -> bytes:
    """Return a page as PDF; whatever it would load from anywhere is refused. Raises `RenderError`."""
    try:
        from weasyprint import HTML  # noqa: PLC0415  # slow to load, and needs system libraries that may be missing
    except (ImportError, OSError) as error:
        raise RenderError(
            "PDF needs WeasyPrint and its system libraries: {error}.",
            hint=say("Use {0} and print that from a browser.", do(format="html")),
            error=error,
        ) from error
    try:
        return bytes(HTML(string=page, url_fetcher=_refuse).write_pdf())
    except Exception as error:  # WeasyPrint's errors have no common class
        raise RenderError(
            "The PDF could not be made: {error}.", hint=say("Use {0} and print that.", do(format="html")), error=error
        ) from error


def _refuse(url: str, *_: object, **__: object) -> Mapping[str, Any]:
    raise ValueError(f"a report loads nothing, and {url[:40]!r} was asked for")


def _laid_out(environment: Environment, template: str, facts: object) -> str:
    try:
        contents = [each for each in CONTENTS if each[0] not in _SOMETIMES or getattr(facts, each[0], None)]
        return environment.get_template(template).render(facts=facts, contents=contents, level_note=words.LEVEL_NOTE)
    except TemplateError as error:
        raise RenderError("The report could not be laid out: {error}.", error=error) from error


def _html_environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(_PACKAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["style"] = Markup(_style(environment))  # noqa: S704  # our own file
    environment.filters["css_string"] = css_string
    environment.filters["moment"] = moment
    return environment


def _style(environment: Environment) -> str:
    return environment.get_template("style.css").render()


def _markdown_environment() -> Environment:
    """Return an environment in which every value written by a template is escaped for Markdown."""
    environment = Environment(
        loader=PackageLoader(_PACKAGE),
        autoescape=False,  # noqa: S701  # 'finalize' escapes every value for Markdown, HTML's signs among them
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=markdown_text,
    )
    environment.filters["moment"] = moment
    return environment


def moment(text: str) -> str:
    """Return a text with times of our clock as people read them, others as given but for a fraction of nothing."""
    return _NO_FRACTION.sub("", _OUR_TIME.sub(r"\1 \2 UTC", text))


def markdown_text(value: object) -> object:
    """Return a value as Markdown text on one line that is nothing but text."""
    if not isinstance(value, str):
        return value
    return _MARKDOWN_MEANING.sub(_without_meaning, value.replace("\n", " "))


def _without_meaning(match: re.Match[str]) -> str:
    return f"{match[0][:-1]}\\{match[0][-1]}"


def css_string(value: str) -> Markup:
    """Return a text as the inside of a CSS string: all but plain letters and digits become CSS escapes."""
    escaped = "".join(each if each.isascii() and each.isalnum() else f"\\{ord(each):x} " for each in value)
    return Markup(escaped)  # noqa: S704  # nothing but letters, digits, backslashes and spaces is left


def _text(page: str) -> bytes:
    return storable_text(page).encode("utf-8")
