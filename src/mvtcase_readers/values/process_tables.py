"""Tables of processes in plain text, as `ps`, `top`, `lsof` and dumpstate print them: the column that names programs.

A heading tells such a table: words of one line, one of them the process id's and one the command's. Its rows follow up
to an empty line or a line of hyphens.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_IDS = frozenset({"pid", "tid", "lwp"})
_PROGRAMS = ("cmd", "command", "cmdline", "args", "comm", "name", "process", "procname", "label", "program")
"""How the column is headed, the surest word first: `lsof` heads paths with NAME and programs with COMMAND."""

_WORDS = re.compile(r"[A-Za-z%+#\[][\w%+/.\[\]:#-]{0,15}", re.ASCII)
_ROW = re.compile(r"(?:u:\S{1,80} +)?\S{1,32}(?: +\d{1,10}){4,5} +\S{1,32} +0 +[A-Z][A-Za-z<+]{0,3} +(\S[^\n]{0,254})")
"""A row of Android's `ps -A` (AOSP, toybox): user, ids, sizes, what it waits for, address, state, name."""

_MOST_COLUMNS = 40
_LEAST_COLUMNS = 2
_LONGEST_LINE = 4096
_RULE = ("---", "===", "***")


@dataclass(slots=True)
class ProcessTables:
    """What of one text's tables goes on in its next lines: which column is the program's, and how many there are."""

    column: int = -1
    last: bool = False
    width: int = 0

    def named(self, lines: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Yield the number of each line that is a row of a table of processes, with the program it names."""
        for number, line in enumerate(lines):
            lowered = line[:_LONGEST_LINE].lower() if "id" in line or "ID" in line else ""
            # `top` heads two columns with one word: S[%CPU].
            if ("pid" in lowered or "tid" in lowered) and self._is_heading(lowered.replace("[", " [").split()):
                continue
            if self.column < 0:
                # A list that was cut, or put together, has no heading.
                row = _ROW.fullmatch(line[:_LONGEST_LINE].rstrip()) if " 0 " in line else None
                yield from [(number, row[1])] if row else []
                continue
            if not line.strip() or line.startswith(_RULE):
                self.column = -1
            else:
                yield from ((number, name) for name in self._program(line[:_LONGEST_LINE]))

    def _is_heading(self, words: list[str]) -> bool:
        if not _LEAST_COLUMNS <= len(words) <= _MOST_COLUMNS or _IDS.isdisjoint(words):
            return False
        named = next((word for word in _PROGRAMS if word in words), None)
        if named is None or not all(map(_WORDS.fullmatch, words)):
            return False
        self.column = words.index(named)
        self.width = len(words)
        self.last = self.column == len(words) - 1
        return True

    def _program(self, line: str) -> Iterator[str]:
        """Yield what stands in the column; where cells are empty or have blanks, also the line's last word."""
        words = line.split(None, self.column if self.last else -1)
        if self.width == _LEAST_COLUMNS and not any(map(str.isdigit, words)):
            return  # two words head much else
        if len(words) > self.column:
            yield words[self.column].strip()
        end = line.rsplit(None, 1)[-1]
        if self.last and end != (words[self.column].strip() if len(words) > self.column else ""):
            yield end
