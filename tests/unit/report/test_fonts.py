"""Fonts for Chinese: found, missing and said so, or nobody there to tell."""

from __future__ import annotations

import atexit
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.errors import RenderError
from mvtcase.report import fonts
from mvtcase.report.layout import narrow, paper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    fonts.faces.cache_clear()
    yield
    fonts.faces.cache_clear()


LISTED = "".join(
    f"{family}\t{weight}\t{variable}\t{index}\t/fonts/{weight}.ttc\n"
    for family, weight, variable, index in (
        ("AR PL UMing TW", "80", "False", "0"),
        ("Noto Serif CJK TC", "80", "False", "3"),
        ("Noto Sans CJK TC", "200", "True", "0"),
        ("Noto Sans CJK TC", "80", "False", "3"),
    )
)


def _answering(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    def run(arguments: list[str], **_: Any) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess(arguments, 0, stdout=text.encode())

    monkeypatch.setattr("shutil.which", lambda _name: "/usr/bin/fc-list")
    monkeypatch.setattr("subprocess.run", run)


def test_the_families_that_a_report_names_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each family once, whatever weights it has."""
    _answering(monkeypatch, LISTED)
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
    fonts.faces.cache_clear()
    monkeypatch.setattr("shutil.which", lambda _name: "/nowhere/fc-list")
    assert fonts.of_chinese() is None


def test_a_face_is_that_of_a_weight_in_the_family_that_a_report_is_set_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable font holds many weights, and no part is taken out of it."""
    _answering(monkeypatch, LISTED)
    face = fonts.face_of(400)
    assert face is not None
    assert (face.family, face.index, str(face.path)) == ("Noto Sans CJK TC", 3, "/fonts/80.ttc")
    assert fonts.face_of(700) is None


def test_the_narrow_fonts_have_the_characters_of_names_in_taiwan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no font is, or no library to take it apart, there is none, and the whole font serves."""
    ours, frequent = map(narrow.characters, narrow.FAMILIES)
    assert set("手機檢查。、「」A9") <= ours
    assert set("林小明怡君淑芬雅婷家豪。「」A9") <= ours | frequent
    assert ours & frequent == {" "}, "Pango sets a space in the font of what stands before it, and a box without one"
    assert len(ours) < len(frequent) / 3
    monkeypatch.setattr(fonts, "face_of", lambda _weight: None)
    assert narrow.of_weight.__wrapped__(narrow.OURS, 400) == b""
    lost = fonts.Face(family="x", weight="80", variable=False, index=0, path=Path("/nowhere/x.ttc"))
    monkeypatch.setattr(fonts, "face_of", lambda _weight: lost)
    assert narrow.of_weight.__wrapped__(narrow.OURS, 400) == b""
    monkeypatch.setattr(narrow, "_LIBRARIES", ("no-such-library",))
    assert narrow.of_weight.__wrapped__(narrow.OURS, 400) == b""


def test_the_folder_of_fonts_goes_before_the_process_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call ends without freeing what it made: WeasyPrint would leave a folder behind with each."""
    last: list[Callable[[], None]] = []
    monkeypatch.setattr(atexit, "register", last.append)
    made = paper._fonts.__wrapped__(chinese=True)
    made._folder = tmp_path / "fonts"
    made._folder.mkdir()
    last[-1]()
    assert not made._folder.exists()
