"""Evidence text made harmless to look at."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mvtcase.escape import csv_cell, defang, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]8;;http://x\x07", "\\x1b]8;;http://x\\x07"),
        ("abc\u202etxt.exe", "abc\\u202etxt.exe"),
        ("a\u200bb\ufeffc", "a\\u200bb\\ufeffc"),
        ("a\nb\tc\rd", "a\\nb\\tc\\x0dd"),
        ("\udcff\x00\x9b", "\\udcff\\x00\\x9b"),
        ("\U000e0041", "\\U000e0041"),
        ("立法院 Zoë 👩‍⚕️ [bold]", "立法院 Zoë 👩‍⚕️ [bold]"),
    ],
)
def test_what_would_steer_is_shown(text: str, shown: str) -> None:
    """Letters of all scripts stay; controls become visible."""
    assert visible(text) == shown


def test_lines_stay_where_lines_are_wanted() -> None:
    """A note of several lines keeps them; a carriage return never overwrites."""
    assert visible("a\nb\rc", keep_lines=True) == "a\nb\\x0dc"


@given(st.text())
def test_nothing_that_steers_is_left(text: str) -> None:
    """No control, format, surrogate or private character survives, and the result encodes."""
    shown = visible(text)
    shown.encode("utf-8")
    assert not {unicodedata.category(each) for each in shown if each != "\u200d"} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "|", "%"])
def test_a_cell_is_never_a_formula(start: str) -> None:
    """A spreadsheet shows it and computes nothing."""
    assert csv_cell(f"{start}HYPERLINK(1)") == f"'{start}HYPERLINK(1)"


def test_an_ordinary_cell_is_left_alone() -> None:
    """Only what needs it is changed."""
    assert [csv_cell(value) for value in ("a=b", None, 5, "")] == ["a=b", "", "5", ""]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("https://evil.example/a.b", "hxxps://evil[.]example/a[.]b"),
        ("evil[.]example", "evil[.]example"),
        ("a@evil.example", "a[@]evil[.]example"),
        ("bh", "bh"),
    ],
)
def test_an_indicator_cannot_be_clicked(value: str, shown: str) -> None:
    """Defanging twice changes nothing more."""
    assert defang(value) == shown
