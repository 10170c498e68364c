"""The example case's reports, byte for byte: a change of what reports say or how they look shows up in review.

`make gold` writes the files anew (`MVTCASE_WRITE_GOLD=1`); read the difference before committing it.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from builders import report_example as example
from mvtcase.model import Status
from mvtcase.report import render
from mvtcase.report.device import device
from mvtcase.report.group import group
from mvtcase.report.incident import incident
from mvtcase.report.letter import letter
from mvtcase.report.publication import Edition
from mvtcase.wording import translator

if TYPE_CHECKING:
    from mvtcase.casebook import Casebook, OfficialStanding
    from mvtcase.report.view import SeenLink

FOLDER = Path(__file__).parents[2] / "gold"


def _facts(kind: str, book: Casebook, links: tuple[SeenLink, ...], language: str = "en") -> object:
    occasion, sealed = example.inside(kind=kind.partition("-")[0]), example.sealing()
    occasion = replace(occasion, language=language)
    if kind.endswith("-outside"):
        many = example.crowd()
        outside = replace(occasion, edition=Edition.OUTSIDE)
        if kind.startswith("group"):
            return group(many, replace(outside, group=many.groups[0]), {})
        return incident(many, outside, {})
    one = book.officials[0]
    if kind == "group":
        return group(book, replace(occasion, group=book.groups[0]), sealed, links)
    if kind == "letter":
        return letter(book, replace(occasion, official=one.official), sealed)
    if kind == "device":
        return device(book, replace(occasion, official=one.official, device=one.devices[0].device.id), sealed)
    return incident(book, occasion, sealed, links)


@pytest.mark.parametrize("form", [render.Format.HTML, render.Format.JSON, render.Format.MARKDOWN])
@pytest.mark.parametrize("kind", ["incident", "incident-outside", "group", "group-outside", "device"])
def test_the_example_report_is_what_the_gold_file_says(
    kind: str, form: render.Format, book: Casebook, links: tuple[SeenLink, ...]
) -> None:
    """Same facts, same bytes."""
    made = render.render(_facts(kind, book, links), kind.partition("-")[0], form)
    _is_gold(made, FOLDER / f"{kind}.{form}")


@pytest.mark.parametrize("kind", ["incident", "incident-outside", "group", "group-outside", "device"])
def test_the_example_report_in_chinese_is_what_the_gold_file_says(
    kind: str, book: Casebook, links: tuple[SeenLink, ...]
) -> None:
    """The same facts in the words of the catalogue: a new sentence shows up in English here."""
    made = render.render(_facts(kind, book, links, "zh-TW"), kind.partition("-")[0], render.Format.MARKDOWN)
    _is_gold(made, FOLDER / "zh-TW" / f"{kind}.md")


@pytest.mark.parametrize("form", [render.Format.HTML, render.Format.JSON])
def test_the_example_letter_is_what_the_gold_file_says(
    form: render.Format, book: Casebook, links: tuple[SeenLink, ...]
) -> None:
    """Same facts, same bytes; as text it is among those of each status."""
    _is_gold(render.render(_facts("letter", book, links), "letter", form), FOLDER / f"letter.{form}")


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_the_letter_of_each_status_is_what_the_gold_file_says(book: Casebook, language: str) -> None:
    """One person for every status of the example, in both languages."""
    for status, one in _each_status(book).items():
        occasion = replace(example.inside(kind="letter"), official=one.official, language=language)
        made = render.render(letter(book, occasion, example.sealing()), "letter", render.Format.MARKDOWN)
        _is_gold(made, FOLDER / language / f"letter-{status}.md")


@pytest.mark.parametrize("language", ["en", "zh-TW"])
@pytest.mark.parametrize("kind", ["incident", "group", "device"])
def test_what_turns_on_the_status_is_what_the_gold_file_says(book: Casebook, kind: str, language: str) -> None:
    """A case of one person at each status: what comes first, what is advised, and how a phone stands."""
    told = translator(language).text
    wanted = {told("Bottom line"), told("Recommendations"), told("Status and coverage")}
    said = []
    phones = {one.devices[0].status: one for one in reversed(book.officials) if one.devices}
    for status, one in (phones if kind == "device" else _each_status(book)).items():
        member = replace(one, official=replace(one.official, groups=(book.groups[0].id,)), groups=book.groups[:1])
        alone = replace(book, officials=(member,))
        made = render.render(_facts(kind, alone, (), language), kind, render.Format.MARKDOWN).decode()
        parts = [each for each in made.split("\n## ") if each.partition("\n")[0] in wanted]
        said += [f"# {status}\n", *(f"## {each}" for each in parts)]
    _is_gold("\n".join(said).encode(), FOLDER / language / f"{kind}-statuses.md")


def _each_status(book: Casebook) -> dict[Status, OfficialStanding]:
    people = {one.status: one for one in reversed(book.officials)}
    assert set(people) == set(Status)
    return people


def _is_gold(made: bytes, gold: Path) -> None:
    if os.environ.get("MVTCASE_WRITE_GOLD"):
        gold.parent.mkdir(exist_ok=True)
        gold.write_bytes(made)
    assert made.decode() == gold.read_text("utf-8"), "run 'make gold' and read the difference"
