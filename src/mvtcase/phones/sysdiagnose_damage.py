"""Damage that happens to sysdiagnoses, and what a hostile phone may put into one."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from mvtcase.canon import StrEnum

if TYPE_CHECKING:
    from pathlib import Path

_DEEP = 20_000
_LONG = 3_000_000


class SysdiagnoseDamage(StrEnum):
    """What is done to every file of one source."""

    EMPTY = "empty"
    BLANK = "blank"
    TRUNCATED = "truncated"
    NOISE = "noise"
    NULS = "nuls"
    INVALID_UTF8 = "invalid_utf8"
    LONG_LINE = "long_line"
    DEEP_JSON = "deep_json"
    IMPOSSIBLE_TIMES = "impossible_times"
    CONTROL_CHARACTERS = "control_characters"
    WEB_PAGE = "web_page"
    SYMLINK = "symlink"
    FIFO = "fifo"


ON_DISK_ONLY = frozenset({SysdiagnoseDamage.SYMLINK, SysdiagnoseDamage.FIFO})
"""Damage that only a folder can have: MVT's command leaves such members of an archive out."""


def damaged(content: bytes, damage: SysdiagnoseDamage, noise: bytes) -> bytes:
    """Return the bytes with the damage done. Raises `ValueError` for damage that is not one of the bytes."""
    middle = len(content) // 2
    done = {
        SysdiagnoseDamage.EMPTY: b"",
        SysdiagnoseDamage.BLANK: b" \n\n\t\n",
        SysdiagnoseDamage.TRUNCATED: content[:middle],
        SysdiagnoseDamage.NOISE: noise,
        SysdiagnoseDamage.NULS: b"\x00" * len(content),
        SysdiagnoseDamage.INVALID_UTF8: content[:middle] + b"\xff\xfe\xc3\x28\xed\xa0\x80" + content[middle:],
        SysdiagnoseDamage.LONG_LINE: content[:middle] + b"a-b.c/" * (_LONG // 6) + content[middle:],
        SysdiagnoseDamage.DEEP_JSON: content.split(b"\n", 1)[0] + b"\n" + b'{"a":' * _DEEP + b"1" + b"}" * _DEEP,
        SysdiagnoseDamage.IMPOSSIBLE_TIMES: _impossible_times(content),
        SysdiagnoseDamage.CONTROL_CHARACTERS: content.replace(b"launchd", b"\x1b]0;x\x07launchd\x00[/red]"),
        SysdiagnoseDamage.WEB_PAGE: b"<!DOCTYPE html><title>Sign in to this network</title>\n",
    }
    if damage not in done:
        raise ValueError(f"{damage} is no damage of a file's bytes")
    return done[damage]


def _impossible_times(content: bytes) -> bytes:
    text = content.decode("latin-1")
    for year in ("2026", "2025"):
        text = text.replace(f" {year}", " 0000").replace(f"{year}-", "9999-")
    return text.replace("SIGTERM: [1", "SIGTERM: [99").encode("latin-1")


def write_special(path: Path, damage: SysdiagnoseDamage) -> None:
    """Put a link or a named pipe in the place of a file."""
    if damage is SysdiagnoseDamage.FIFO:
        os.mkfifo(path)
        return
    outside = path.parent / f"{path.name}.outside"
    outside.write_text(json.dumps({"bug_type": "109", "app_name": "outside"}))
    path.symlink_to(outside)
