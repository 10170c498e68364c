"""The invented example case, its view and its facts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from builders import report_example as example
from builders import report_hostile as hostile
from mvtcase.report.device import device
from mvtcase.report.group import group
from mvtcase.report.incident import incident
from mvtcase.report.letter import letter
from mvtcase.report.view import SeenLink, view_of

if TYPE_CHECKING:
    from mvtcase.casebook import Casebook
    from mvtcase.report.incident import IncidentFacts
    from mvtcase.report.view import View

LINKS = (
    SeenLink(
        kind="indicator",
        meaning="the same published indicator was found",
        value="update.evil.example",
        officials=("O-0001", "O-0002", "O-0005"),
        findings=3,
        first="2026-06-14 09:12:44.000000",
        last="2026-06-14 09:12:44.000000",
    ),
)


@pytest.fixture
def links() -> tuple[SeenLink, ...]:
    """Give a link of three officials, one of them shown only in counts."""
    return LINKS


@pytest.fixture
def book() -> Casebook:
    """Give the example case."""
    return example.casebook()


@pytest.fixture
def view(book: Casebook) -> View:
    """Give what a report on the whole example case may look at."""
    return view_of(book, example.occasion())


@pytest.fixture
def facts(book: Casebook) -> IncidentFacts:
    """Give the example's incident facts."""
    return incident(book, example.inside(), example.sealing(), LINKS)


@pytest.fixture(params=["incident", "group", "letter", "device"])
def hostile_report(request: pytest.FixtureRequest) -> tuple[str, object]:
    """Give each kind of report made from hostile text, with its kind."""
    book, occasion, sealed = hostile.casebook(), hostile.inside(), example.sealing()
    kind = str(request.param)
    if kind == "group":
        return kind, group(book, replace(occasion, kind=kind, group=book.groups[0]), sealed, LINKS)
    if kind == "letter":
        return kind, letter(book, replace(occasion, kind=kind, official=book.officials[0].official), sealed)
    if kind == "device":
        one = book.officials[0]
        meant = replace(occasion, kind=kind, official=one.official, device=one.devices[0].device.id)
        return kind, device(book, meant, sealed)
    return kind, incident(book, occasion, sealed, LINKS)
