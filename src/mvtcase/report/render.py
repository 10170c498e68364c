"""Facts laid out as HTML, JSON, Markdown or PDF; nothing here decides what is said."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, fields, is_dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from jinja2 import Environment, PackageLoader, StrictUndefined, TemplateError
from markupsafe import Markup

from mvtcase.canon import StrEnum, storable_text
from mvtcase.errors import RenderError
from mvtcase.report import sentences as words
from mvtcase.report.facts import SCHEMA
from mvtcase.report.phrases import worded
from mvtcase.wording import ENGLISH, Said, do, say, translator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mvtcase.model import Json
    from mvtcase.wording import Translator


class Format(StrEnum):
    """What a report can be written as; the value is the file's ending."""

    HTML = "html"
    JSON = "json"
    MARKDOWN = "md"
    PDF = "pdf"


_PACKAGE = "mvtcase.report"
_MARKDOWN_MEANING = re.compile(r"([\\`*_{}\[\]<>#!|~&$^]|^[-+=]|^\d+[.)]|:(?=//))")
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
    """Return a report's file in a format and its own language. Raises `RenderError` when it cannot be made here."""
    facts = _spoken(facts, _tongue_of(facts).text)
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


def _tongue_of(facts: object) -> Translator:
    return translator(getattr(getattr(facts, "details", None), "language", ENGLISH))


def html(facts: object, kind: str) -> str:
    """Return one self-contained page: no script, no outside request, every value escaped."""
    return _laid_out(_html_environment(_tongue_of(facts)), f"{kind}.html.j2", facts)


def markdown(facts: object, kind: str) -> str:
    """Return Markdown in which no value can become markup."""
    return _laid_out(_markdown_environment(_tongue_of(facts)), f"{kind}.md.j2", facts)


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
    text = _tongue_of(facts).text
    try:
        contents = [
            (anchor, text(name))
            for anchor, name in CONTENTS
            if anchor not in _SOMETIMES or getattr(facts, anchor, None)
        ]
        return environment.get_template(template).render(
            facts=facts, contents=contents, level_note=text(words.LEVEL_NOTE)
        )
    except TemplateError as error:
        raise RenderError("The report could not be laid out: {error}.", error=error) from error


class Templates(PackageLoader):
    """The templates of a package with their sentences in another language."""

    def __init__(self, tongue: Translator, package: str = _PACKAGE) -> None:
        super().__init__(package)
        self._tongue = tongue

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool] | None]:
        """Return a template's source as the base class does."""
        source, name, is_current = super().get_source(environment, template)
        if template.endswith(".j2") and self._tongue.language != ENGLISH:
            source = worded(source, self._tongue.text, markdown=".md." in template)
        return source, name, is_current


def _told(environment: Environment, tongue: Translator) -> Environment:
    """Return an environment with what templates call to tell something in a language."""
    environment.globals |= {"_": tongue.text, "language": tongue.language}
    environment.filters |= {"moment": lambda text: moment(text, tongue), "word": lambda code: word(code, tongue)}
    return environment


@lru_cache(maxsize=8)
def _html_environment(tongue: Translator) -> Environment:
    environment = Environment(
        loader=Templates(tongue), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["style"] = Markup(_style(environment))  # noqa: S704  # our own file
    environment.filters["css_string"] = css_string
    return _told(environment, tongue)


def _style(environment: Environment) -> str:
    return environment.get_template("style.css").render()


@lru_cache(maxsize=8)
def _markdown_environment(tongue: Translator) -> Environment:
    """Return an environment in which every value written by a template is escaped for Markdown."""
    environment = Environment(
        loader=Templates(tongue),
        autoescape=False,  # noqa: S701  # 'finalize' escapes every value for Markdown, HTML's signs among them
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=markdown_text,
    )
    return _told(environment, tongue)


def moment(text: str, tongue: Translator | None = None) -> str:
    """Return a text with times of our clock as people read them, others as given but for a fraction of nothing."""
    return _NO_FRACTION.sub("", (tongue or translator()).moment(text))


def word(code: str, tongue: Translator) -> str:
    """Return the word of a closed set as people read it: `no_trace` is `no trace`, or another language's word."""
    told = tongue.text(code)
    return code.replace("_", " ") if told == code else told


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
