"""The long text of an Android bugreport: how it is found without an entry, and what in it is put into its usual form.

Sources: AOSP `frameworks/native/cmds/dumpstate/dumpstate.cpp` (the head; the kernel's command line, since Android 12
`/proc/bootconfig` too) and `cmds/dumpsys/dumpsys.cpp` (a heading names the priority of a service that is critical or
high; manufacturers' builds name it for others). Phones whose language writes other digits print times of `dumpsys` in
them (seen in Arabic by the authors of ALEAPP, 2026-03).
"""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ENTRIES = ("main_entry.txt", "dumpState_*.log", "*/dumpsys.txt")
"""By which MVT finds the long text (`mvt/android/modules/bugreport/base.py`); all others name it in the first."""

TEXTS = ("bugreport-*.txt", "*/bugreport-*.txt", "dumpstate*.txt", "*/dumpstate*.txt", "*dump[Ss]tate*.log", "*.txt")
"""How the long text is called where nothing names it, the likelier first; Samsung writes `dumpState.log`, with a model
and time in its name or without."""

BEGINS = re.compile(rb"={20,}\r?\n== dumpstate: ")
"""The first lines of the long text since Android 4."""

HEAD_BYTES = 4096
MOST_TRIED = 8

_WITH_PRIORITY = re.compile(rb"^([ \t]*DUMP OF SERVICE )(?:CRITICAL|HIGH|NORMAL) ([\w.]+):(?=[ \t]*\r?$)", re.MULTILINE)
_PLAIN = re.compile(rb"^[ \t]*DUMP OF SERVICE ([\w.]+):[ \t]*\r?$", re.MULTILINE)
_DIGIT = re.compile(
    rb"\xd9[\xa0-\xa9\xab]"  # Arabic, with its decimal point
    rb"|\xdb[\xb0-\xb9]"  # Persian, Urdu, Pashto
    rb"|\xe0[\xa5\xa7][\xa6-\xaf]"  # Devanagari, Bengali
    rb"|\xe1\x81[\x80-\x89]"  # Burmese
)
_DECIMAL_POINT = "\u066b".encode()


def long_text(names: Sequence[str], head_of: Callable[[str], bytes]) -> str:
    """Return the name of the file that is the long text by its first bytes, "" where there is none."""
    tried = dict.fromkeys(name for pattern in TEXTS for name in fnmatch.filter(names, pattern))
    return next((name for name in list(tried)[:MOST_TRIED] if BEGINS.match(head_of(name).lstrip())), "")


def has_entry(names: Sequence[str]) -> bool:
    """Return whether MVT has a name to begin with; what it names may be missing all the same."""
    return any(fnmatch.filter(names, pattern) for pattern in ENTRIES)


def usual(data: bytes) -> bytes:
    """Return the long text with plain digits, and with plain headings for services that have none.

    A service that is dumped twice, once with its priority, keeps both headings: the plain one is the whole dump.
    """
    plain = set(_PLAIN.findall(data))
    if any(match[2] not in plain for match in _WITH_PRIORITY.finditer(data)):
        data = _WITH_PRIORITY.sub(lambda match: match[0] if match[2] in plain else match[1] + match[2] + b":", data)
    return _DIGIT.sub(_plain_digit, data)


def _plain_digit(match: re.Match[bytes]) -> bytes:
    letter = match[0]
    return b"." if letter == _DECIMAL_POINT else str(int(letter.decode())).encode()
