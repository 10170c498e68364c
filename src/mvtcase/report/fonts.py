"""Fonts for Chinese, Japanese and Korean characters: a PDF without one shows empty boxes in place of names.

HTML leaves the choice to whoever reads it; a PDF carries its fonts, so they have to be on the machine that writes it.
"""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from mvtcase.errors import RenderError
from mvtcase.wording import do, say

SECONDS = 30
"""How long the list of fonts may take; the first call on a machine builds a cache."""
_CHARACTERS = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")
"""Kana, Han and Hangul."""
_LIKED = ("Noto Sans CJK TC", "Noto Sans TC", "Source Han Sans TC", "PingFang TC", "Microsoft JhengHei")
"""The families that a report names, in its order."""


_WEIGHTS = {400: "80", 700: "200"}
"""Weights of CSS as fontconfig counts them."""
_COLUMNS = "%{family[0]}\t%{weight}\t%{variable}\t%{index}\t%{file}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """One font of a family: its weight as fontconfig counts, and the file with the font's place in it."""

    family: str
    weight: str
    variable: bool
    index: int
    path: Path


@functools.cache
def faces() -> tuple[Face, ...] | None:
    """Return the fonts that have the characters of Taiwan, a report's own first; None where nobody can tell."""
    program = shutil.which("fc-list")
    if program is None:
        return None
    try:
        told = subprocess.run(
            [program, ":lang=zh-tw", "--format", _COLUMNS], capture_output=True, timeout=SECONDS, check=True
        ).stdout.decode("utf-8", "replace")
    except (OSError, subprocess.SubprocessError):
        return None
    found = [_face(*line.split("\t")) for line in told.splitlines() if line.count("\t") == _COLUMNS.count("\t")]
    return tuple(sorted(found, key=lambda each: (each.family not in _LIKED, each.family, each.weight, str(each.path))))


def _face(family: str, weight: str, variable: str, index: str, path: str) -> Face:
    place = int(index) if index.isdecimal() else 0
    return Face(family=family, weight=weight, variable=variable != "False", index=place, path=Path(path))


def of_chinese() -> tuple[str, ...] | None:
    """Return the families that have the characters of Taiwan, a report's own first; None where nobody can tell."""
    found = faces()
    return None if found is None else tuple(dict.fromkeys(each.family for each in found))


def face_of(weight: int) -> Face | None:
    """Return the font of a weight of CSS in the family that a report is set in, or None."""
    first = next((each.family for each in faces() or () if each.family in _LIKED), "")
    fitting = (each for each in faces() or () if each.family == first and each.weight == _WEIGHTS[weight])
    return next((each for each in fitting if not each.variable), None)


def has_chinese(page: str) -> bool:
    """Return whether a page has Chinese, Japanese or Korean characters."""
    return _CHARACTERS.search(page) is not None


def require_for(page: str) -> None:
    """Raise `RenderError` when a page has characters that no font of this machine has."""
    if has_chinese(page) and of_chinese() == ():
        raise RenderError(
            "The report has Chinese, Japanese or Korean characters, and this machine has no font for them.",
            hint=say("Install Noto Sans CJK (Debian: fonts-noto-cjk), or use {0}.", do(format="html")),
        )
