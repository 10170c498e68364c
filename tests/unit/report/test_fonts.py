"""Fonts for Chinese: found, missing and said so, or nobody there to tell."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.errors import RenderError
from mvtcase.report import fonts

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    fonts.of_chinese.cache_clear()
    yield
    fonts.of_chinese.cache_clear()


def _answering(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    def run(arguments: list[str], **_: Any) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess(arguments, 0, stdout=text.encode())

    monkeypatch.setattr("shutil.which", lambda _name: "/usr/bin/fc-list")
    monkeypatch.setattr("subprocess.run", run)


def test_the_families_that_a_report_names_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other names of a family are left out."""
    _answering(monkeypatch, "AR PL UMing TW\nNoto Serif CJK TC,Noto Serif\nNoto Sans CJK TC\n\n")
    assert fonts.of_chinese() == ("Noto Sans CJK TC", "AR PL UMing TW", "Noto Serif CJK TC")


@pytest.mark.parametrize("text", ["林小明", "リン", "이순신", "\U00020001"])
def test_a_page_that_no_font_can_show_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """With what to install and the way out; a page of Latin letters needs none."""
    _answering(monkeypatch, "")
    fonts.require_for("No trace found, naïve café")
    with pytest.raises(RenderError, match="no font") as caught:
        fonts.require_for(f"<p>{text}</p>")
    assert "fonts-noto-cjk" in caught.value.hint


def test_where_nobody_can_tell_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the list of fonts, or one that fails, the page is made as it can be."""
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert fonts.of_chinese() is None
    fonts.require_for("林小明")
    fonts.of_chinese.cache_clear()
    monkeypatch.setattr("shutil.which", lambda _name: "/nowhere/fc-list")
    assert fonts.of_chinese() is None
