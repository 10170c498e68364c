"""Fonts for Chinese, Japanese and Korean characters: a PDF without one shows empty boxes in place of names.

HTML leaves the choice to whoever reads it; a PDF carries its fonts, so they have to be on the machine that writes it.
"""

from __future__ import annotations

import functools
import re
import shutil
import subprocess

from mvtcase.errors import RenderError
from mvtcase.wording import do, say

SECONDS = 30
"""How long the list of fonts may take; the first call on a machine builds a cache."""
_CHARACTERS = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")
"""Kana, Han and Hangul."""
_LIKED = ("Noto Sans CJK TC", "Noto Sans TC", "Source Han Sans TC", "PingFang TC", "Microsoft JhengHei")
"""The families that a report names, in its order."""


@functools.cache
def of_chinese() -> tuple[str, ...] | None:
    """Return the families that have the characters of Taiwan, a report's own first; None where nobody can tell."""
    program = shutil.which("fc-list")
    if program is None:
        return None
    try:
        told = subprocess.run(
            [program, ":lang=zh-tw", "family"], capture_output=True, timeout=SECONDS, check=True
        ).stdout.decode("utf-8", "replace")
    except (OSError, subprocess.SubprocessError):
        return None
    families = {line.partition(",")[0].strip() for line in told.splitlines() if line.strip()}
    return tuple(sorted(families, key=lambda each: (each not in _LIKED, each)))


def require_for(page: str) -> None:
    """Raise `RenderError` when a page has characters that no font of this machine has."""
    if _CHARACTERS.search(page) and of_chinese() == ():
        raise RenderError(
            "The report has Chinese, Japanese or Korean characters, and this machine has no font for them.",
            hint=say("Install Noto Sans CJK (Debian: fonts-noto-cjk), or use {0}.", do(format="html")),
        )
