"""How texts name a process: with its number, in quotes, behind a word that announces it, in a list of processes.

Forms are those of Android's `debuggerd`, `ActivityManager`, `batterystats`, `procstats`, `lmkd` and `init` (AOSP), of
the kernel and its audit lines, and of Apple's crash reports, spindumps, `launchd` and sandbox. Logs are long and most
lines name nothing: each form has marks of which one must stand in a text before it is looked for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_NAME = 255
_NEAR = 130
_NAME = r"[A-Za-z_/.][\w./:@$+-]{1,254}"

_FORMS: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    ((">>>",), re.compile(rf">>> ({_NAME}) <<<")),
    ((">>>",), re.compile(rf"\bname: ({_NAME}) {{1,3}}>>>")),
    ((",pr,",), re.compile(rf",pr,[\"']?({_NAME})[\"']?,")),
    (("' (",), re.compile(rf"'({_NAME})' \(\d{{1,7}}\)")),
    (("pid ", "pid: ", "process "), re.compile(rf"(?:pid|process):? \d{{1,7}},? [\[(]({_NAME})[\])]")),
    (
        ("rocess '", "ervice '", 'rocess "', 'ervice "', "name '", 'name "'),
        re.compile(rf"\b(?:[Pp]rocess|[Ss]ervice)(?: name)? [\"']({_NAME})[\"']"),
    ),
    ((":", "/"), re.compile(rf"(?<![\w/.:])\d{{1,7}}[:/]({_NAME})(?=/(?:u\d|\d)|:? |:?$)", re.MULTILINE)),
    (
        ("Proc ", "* "),
        re.compile(rf"^[ \t]{{0,16}}(?:Proc|\*|\*APP\*|\*PERS\*) ({_NAME})(?=:?$|:?[ \t])", re.MULTILINE),
    ),
    (("\t", "  "), re.compile(rf"^(?:\d{{1,7}}|-)[ \t]+-?\d{{1,3}}[ \t]+({_NAME})$", re.MULTILINE)),
)
"""The marks of a form, and how it goes on."""

_VALUE = re.compile(rf"[\"']?[ \t]{{0,3}}[:=][ \t]{{0,16}}[\"']?({_NAME})")
_KEY = re.compile(r"(?<![\w-])([a-z]+(?:[ _][a-z]+)?)\Z")
_KEYS = frozenset(
    ("process", "process name", "processname", "procname", "proc name", "proc_name", "proc", "cmd", "cmd line",
     "cmdline", "command", "command line", "comm", "exe", "exec", "program", "executable", "coalition", "service",
     "service name", "responsible", "parent process", "crashed process", "responsible process", "killing", "killed")
)  # fmt: skip
"""Words that announce a process before a colon or an equals sign."""

_HINTS = ("proc", "cmd", "comm", "exe", "program", "coalition", "service", "responsible", "kill")
_LONGEST_KEY = 24

_EVENT = re.compile(r"\b(?:am|wm|sysui)_\w{2,40}\s{0,3}: \[([^\]\n]{0,1000})")
"""Android's event log: what happened to a process, in fields between commas."""

_NUMBERED = re.compile(r"[\[(](?:pid )?\d{1,7}(?:[\])]| /)")
_BEFORE = re.compile(rf"({_NAME})['\"]? ?\Z")


def named_in(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield what logs would name a process in a text, with where it stands."""
    for found in _NUMBERED.finditer(text):
        start = max(0, found.start() - _NEAR)
        before = _BEFORE.search(text[start : found.start()])
        if before is not None:
            yield before[1], start + before.start(1), found.end()
    for marks, pattern in _FORMS:
        if any(mark in text for mark in marks):
            yield from ((found[1], found.start(), found.end()) for found in pattern.finditer(text))
    if "=" in text or ":" in text:
        yield from _announced(text)
    if "_" in text and ": [" in text:
        for found in _EVENT.finditer(text):
            yield from ((field.strip(), found.start(), found.end()) for field in found[1].split(","))


def _announced(text: str) -> Iterator[tuple[str, int, int]]:
    lowered = text.lower()
    if len(lowered) == len(text) and any(hint in lowered for hint in _HINTS):
        for found in _VALUE.finditer(text):
            key = _KEY.search(lowered[max(0, found.start() - _LONGEST_KEY) : found.start()])
            if key is not None and (key[1] in _KEYS or re.split("[ _]", key[1])[-1] in _KEYS):
                yield found[1], found.start(), found.end()


def names_of(value: str) -> dict[str, None]:
    """Return the names in what names a process: `group/name`, `name:part`, `name[12]`, a path, a command line."""
    names = dict.fromkeys((value, value.rsplit("/", 1)[-1], value.split("/", 1)[0]))
    for separator in (":", "[", " ", ",", "("):
        head = value.split(separator, 1)[0]
        names |= dict.fromkeys((head, head.rsplit("/", 1)[-1]))
    return {name: None for name in names if 1 < len(name) <= LONGEST_NAME}
