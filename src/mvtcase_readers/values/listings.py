"""Listings of folders in plain text, as `ls -l` and `ls -lR` print them: a folder's path, and below it bare names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TOTAL = "total "
"""What the list of each folder begins with: no text without it holds one."""

_LONGEST_LINE = 4096
_FOLDER = re.compile(r"(/[^\n]{0,1023}):|-{6} .{0,200}\(ls (?:-\S{1,20} )*(/[^\s)]{1,1000})\) -{6}")
"""Before the files of a folder stands its path, or how dumpstate asked for them."""

_ROW = re.compile(
    r"[bcdlps-][rwxsStT-]{9}\S? .*?\d (?:\d{4}-\d\d-\d\d|[A-Z][a-z]{2} {1,2}\d{1,2}|\d{1,2} [A-Z][a-z]{2})"
    r" {1,2}(?:\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?: [+-]\d{4})?|\d{4}) ([^/]{1,255}|[^/]{1,255} -> .{1,1000})\Z"
)


@dataclass(slots=True)
class Listings:
    """The folder whose files the next lines of a text name."""

    folder: str = ""

    def paths(self, lines: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Yield the number of each line that names a file, with the file's path, or only its name."""
        for number, line in enumerate(lines):
            if len(line) > _LONGEST_LINE:
                continue
            if line[:1] in {"/", "-"} and (found := _FOLDER.fullmatch(line.rstrip())) is not None:
                self.folder = (found[1] or found[2]).rstrip("/")
            elif line[:1] in _KINDS and (found := _ROW.match(line.rstrip())) is not None:
                name = found[1].split(" -> ", 1)[0]
                yield number, f"{self.folder}/{name}" if self.folder else name


_KINDS = frozenset("bcdlps-")
