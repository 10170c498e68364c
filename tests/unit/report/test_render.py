"""Laying out: hostile text stays text in every format and kind, nothing is loaded, and a missing value is an error."""

from __future__ import annotations

import html.parser
import json
import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from builders import report_example as example
from builders import report_hostile as hostile
from mvtcase.errors import RenderError
from mvtcase.report import render
from mvtcase.report.incident import incident
from mvtcase.report.letter import letter
from mvtcase.report.render import Format

if TYPE_CHECKING:
    from mvtcase.casebook import Casebook
    from mvtcase.report.facts import IncidentFacts

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]")


class _Page(html.parser.HTMLParser):
    """Gathers elements, their attributes and the text of the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one element."""
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note some text."""
        self.words.append(data)


def test_hostile_text_makes_no_element_and_no_handler(hostile_report: tuple[str, object]) -> None:
    """Every kind of report: no script, image, link or handler, and each text is there to be read."""
    kind, facts = hostile_report
    page = _Page(render.html(facts, kind))
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "img", "svg", "link", "iframe", "object", "form", "input", "base"}
    names = {name for _, attributes in page.elements for name in attributes}
    assert not {name for name in names if name.startswith("on")}
    assert all((attributes.get("href") or "#").startswith("#") for _, attributes in page.elements)
    assert any(each in "".join(page.words) for each in ("<script>", hostile.RAN, "HYPERLINK", "{{ 7"))
    assert [tag for tag, _ in page.elements].count("style") == 1


def test_every_hostile_text_can_be_read_in_an_incident_report() -> None:
    """The trial is no empty one: each text, broken where it is a link, stands somewhere in the page."""
    facts = incident(hostile.casebook(), hostile.occasion(), example.sealing())
    words = "".join(_Page(render.html(facts, "incident")).words)
    for text in (
        "<script>document",
        "<img src=x onerror",
        "</style><script src",
        "<svg onload",
        "javascript:",
        "\\u202e",
    ):
        assert text in words, text
    assert "=HYPERLINK" in words
    assert "hxxp://beacon[.]example" in words


@pytest.mark.parametrize("form", [Format.HTML, Format.MARKDOWN, Format.JSON])
def test_no_control_character_reaches_a_file(hostile_report: tuple[str, object], form: Format) -> None:
    """Escape sequences, bidi overrides and zero-width characters are shown as codes in every format."""
    kind, facts = hostile_report
    text = render.render(facts, kind, form).decode()
    values = json.dumps(json.loads(text), ensure_ascii=False) if form is Format.JSON else text
    assert not CONTROLS.search(values)
    assert any(each in values for each in ("u202e", hostile.RAN, "HYPERLINK", "7 * 7"))


def test_hostile_text_makes_no_markup_in_markdown(hostile_report: tuple[str, object]) -> None:
    """No HTML, no link, no table cell and no heading can come from a value."""
    kind, facts = hostile_report
    for line in render.markdown(facts, kind).splitlines():
        assert not re.search(r"(?<!\\)<[a-zA-Z/]", line)
        assert not re.search(r"(?<!\\)\]\(", line)
        assert not re.search(r"(?<![\\:])https?://", line)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a|b", r"a\|b"),
        ("# not a heading", r"\# not a heading"),
        ("- not a list", r"\- not a list"),
        ("12. not a list", r"12\. not a list"),
        ("well-known (text), at 10:30", "well-known (text), at 10:30"),
        ("two\nlines", "two lines"),
        ("<b>", r"\<b\>"),
        (7, 7),
    ],
)
def test_markdown_values_are_text(value: object, shown: object) -> None:
    """Signs with a meaning get a backslash, ordinary writing stays readable."""
    assert render.markdown_text(value) == shown


def test_the_page_forbids_itself_everything(facts: IncidentFacts) -> None:
    """A strict policy, no referrer, no index, and nothing that names another host."""
    page = _Page(render.html(facts, "incident"))
    metas = {
        attributes.get("http-equiv") or attributes.get("name"): attributes
        for tag, attributes in page.elements
        if tag == "meta"
    }
    policy = metas["Content-Security-Policy"]["content"] or ""
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    assert metas["referrer"]["content"] == "no-referrer"
    style = render.html(facts, "incident").partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_the_marking_stands_in_the_margin_of_every_page(facts: IncidentFacts) -> None:
    """Top by a repeated header, bottom by a margin box in the colours of TLP 2.0."""
    text = render.html(facts, "incident")
    assert '@bottom-right { content: "TLP\\3a AMBER\\2b STRICT"' in text
    assert "color: #ffc000" in text
    assert "display: table-header-group" in text


def test_coverage_stands_before_the_findings(facts: IncidentFacts) -> None:
    """In HTML and in Markdown."""
    for text in (render.html(facts, "incident"), render.markdown(facts, "incident")):
        assert text.index("what was and was not examined") < text.index("s level is not a verdict")


def test_css_strings_cannot_end_early() -> None:
    """A quote, a brace or an end of style becomes a code."""
    assert render.css_string('a"}</style>é') == "a\\22 \\7d \\3c \\2f style\\3e \\e9 "


def test_times_of_our_clock_are_written_for_people() -> None:
    """Ours without fractions and with their zone, others as given."""
    assert render.moment("2026-11-24T09:30:00.000000Z") == "2026-11-24 09:30:00 UTC"
    assert render.moment("after 2026-11-24T09:30:00Z.") == "after 2026-11-24 09:30:00 UTC."
    assert render.moment("2026-06-14 09:12:44.000000") == "2026-06-14 09:12:44"
    assert render.moment("2026-06-14 09:12:44.120000") == "2026-06-14 09:12:44.120000"
    assert render.moment("yesterday") == "yesterday"


def test_json_carries_its_schema_and_the_same_facts(facts: IncidentFacts) -> None:
    """What a program reads is what people read."""
    told = json.loads(render.render(facts, "incident", Format.JSON))
    assert told["schema"] == "mvtcase-report/1"
    assert told["counted"] == facts.counted
    assert [each["status"] for each in told["tallies"]] == [each.status for each in facts.tallies]


def test_a_template_that_asks_for_what_is_not_there_fails(facts: IncidentFacts) -> None:
    """No hole is printed as nothing."""
    with pytest.raises(RenderError, match="laid out"):
        render.html(facts.custody, "incident")
    with pytest.raises(RenderError, match="novel"):
        render.html(facts, "novel")


def test_a_pdf_is_made_and_loads_nothing(facts: IncidentFacts) -> None:
    """WeasyPrint makes it; an address in the page is refused and stops it or is left out."""
    assert render.render(facts, "incident", Format.PDF).startswith(b"%PDF-")
    with pytest.raises(ValueError, match="loads nothing"):
        render._refuse(f"http://{hostile.BEACON}/img")


def test_a_pdf_that_cannot_be_made_says_what_to_do_instead(
    facts: IncidentFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Missing system libraries are a render error with the way out."""
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(RenderError) as caught:
        render.render(facts, "incident", Format.PDF)
    assert "html" in caught.value.hint


def test_a_letter_speaks_of_nobody_else(book: Casebook) -> None:
    """Each of the nine letters holds its own person's pseudonym or name, and no other's."""
    for standing in book.officials:
        occasion = replace(example.occasion(kind="letter"), official=standing.official)
        text = render.html(letter(book, occasion, example.sealing()), "letter")
        own = "Aldith Ashgrove" if standing is book.officials[0] else standing.official.pseudonym
        assert own in text
        for other in book.officials:
            if other is not standing:
                assert other.official.name not in text
                assert other.official.pseudonym not in text
        if standing is not book.officials[0]:
            assert standing.official.name not in text


def test_a_letter_without_a_person_is_a_mistake_of_the_caller(book: Casebook) -> None:
    """There is no letter to nobody."""
    with pytest.raises(ValueError, match="one official"):
        letter(book, example.occasion(kind="letter"), {})
