"""How texts name a process: with its number, in quotes, behind a word that announces it, in a list of processes.

Forms are those of Android's `debuggerd`, `ActivityManager`, `batterystats`, `procstats`, `lmkd` and `init` (AOSP), of
the kernel and its audit lines, and of Apple's crash reports, spindumps, `launchd` and sandbox. Logs are long and most
lines name nothing: a few passes find the letters with which forms begin, and only there the rest is looked at.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from mvtcase.engine.worker.reader.roles import Role, role_of

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_NAME = 255
_BACK = 48
_NAME = rb"[A-Za-z_/.][\w./:@$+-]{1,254}"


def _form(text: bytes, flags: int = 0) -> re.Pattern[bytes]:
    return re.compile(text.replace(b"NAME", _NAME).replace(b"LETTER", rb"[\w\x80-\xff]"), flags | re.MULTILINE)


_LINE = _form(rb"^[ \t]{0,16}\Z")
_ANYWHERE = _form(rb"\Z")
_PASSES: tuple[tuple[bytes, re.Pattern[bytes], re.Pattern[bytes]], ...] = (
    # `12:name/u0a1`, `12/name:`
    (b":", _form(rb":(?<=\d:)(NAME)(?=/(?:u\d|\d)|:? |:?$)"), _form(rb"(?<!LETTER)(?<![/.:])\d{1,7}\Z")),
    (b"/", _form(rb"/(?<=\d/)(NAME)(?=/(?:u\d|\d)|:? |:?$)"), _form(rb"(?<!LETTER)(?<![/.:])\d{1,7}\Z")),
    (b"* ", _form(rb"\* (NAME)(?=:?$|:?[ \t])"), _form(rb"^[ \t]{0,16}(?:\*APP|\*PERS)?\Z")),
    # `launchctl list`, and `launchctl print`
    (b"\n", _form(rb"\n(?:\d{1,7}|-)[ \t]+-?\d{1,3}[ \t]+(NAME)$"), _form(rb"\Z")),
    (b" \t", _form(rb" \t(NAME)$"), _form(rb"^[ \t]{0,16}\d{1,7}[ \t]+(?:-|\(\w{1,4}\))\Z")),
    # `log show`: what it belongs to, the process's number, its time to live
    (b" 0x", _form(rb" 0x[0-9a-f]{1,16} {1,20}\d{1,7} {1,8}\d{1,4} {1,8}(NAME)(?=: )"), _ANYWHERE),
    # `netstat` of iOS, with the process and its number
    (b"tcp", _form(rb"tcp\d{1,2} [^\n]{10,200}? ([A-Za-z_][\w.$+-]{0,254}):\d{1,7}(?= |$)"), _LINE),
    (b"udp", _form(rb"udp\d{1,2} [^\n]{10,200}? ([A-Za-z_][\w.$+-]{0,254}):\d{1,7}(?= |$)"), _LINE),
    # `ss -p`
    (b'("', _form(rb'\("(NAME)",pid=\d'), _form(rb"[(,]\Z")),
)
"""Signs, the forms that begin with them, and what must stand before those."""

_WORD = _form(rb"(?<!LETTER)\Z")
_MARKED: dict[bytes, tuple[tuple[re.Pattern[bytes], re.Pattern[bytes]], ...]] = {
    b">>> ": ((_form(rb">>> (NAME) <<<"), _ANYWHERE),),
    b"name: ": ((_form(rb"name: (NAME) {1,3}>>>"), _WORD),),
    b",pr,": ((_form(rb",pr,[\"']?(NAME)[\"']?,"), _ANYWHERE),),
    # RunningBoard, reports of crashes, and what the kernel says of memory.
    b"service<": ((_form(rb"service<(NAME)(?:\([^\n>]{0,80}\))?>:\d"), _ANYWHERE),),
    b"daemon<": ((_form(rb"daemon<(NAME)(?:\([^\n>]{0,80}\))?>:\d"), _ANYWHERE),),
    b"corpse[": ((_form(rb"corpse\[\d{1,7}\] (NAME)(?=[\s.]|$)"), _ANYWHERE),),
    b"target ": ((_form(rb"target (NAME)(?<=\d)(?=\s|$)"), _WORD),),
    b"pid": (
        (_form(rb"pid/\d{1,7} [\[(](NAME)[\])]"), _WORD),
        (_form(rb"pid:? \d{1,7},? ?[\[(](NAME)[\])]"), _ANYWHERE),
        # The registry of devices, and panics.
        (_form(rb"pid \d{1,7}[,:] (NAME)(?=[\"'\s]|$)"), _WORD),
    ),
    b"proc": (
        (_form(rb"process:? \d{1,7},? [\[(](NAME)[\])]"), _WORD),
        (_form(rb"[Pp]rocess(?: name)? [\"'](NAME)[\"']"), _WORD),
        (_form(rb"Proc (NAME)(?=:?$|:?[ \t])"), _LINE),
        (_form(rb"proc,(NAME),\d"), _LINE),
    ),
    b"service": (
        (_form(rb"[Ss]ervice(?: name)? [\"'](NAME)[\"']"), _WORD),
        # What `init` starts, by its own files and properties.
        (_form(rb"service[ \t]+(NAME)[ \t]+/"), _LINE),
    ),
    b"show map ": ((_form(rb"SHOW MAP \d{1,7}(?:: | \()(NAME)"), _ANYWHERE),),
    b"init.svc": ((_form(rb"init\.svc(?:_debug_pid)?\.(NAME)(?=[\]=\s]|$)"), _WORD),),
    b"name:\t": ((_form(rb"Name:\t(NAME)\n(?:Umask|State):"), _LINE),),
}
"""Marks in lower case, how a form goes on from them, and what must stand before them."""

ANNOUNCING = tuple(b"proc cmd comm exe program coalition service responsible kill daemon".split())
"""How words begin that announce a process, in lower case."""

_VALUE = _form(rb"[A-Za-z]{3,24}(?:[ _][A-Za-z]{1,12}){0,2}([\"']?[ \t]{0,3}[:=])[ \t]{0,16}[\"']?(NAME)")
_KEY = re.compile(rb"(?<![\w-])([a-z]+(?:[ _][a-z]+){0,2})\Z", re.IGNORECASE)
_KEYS = frozenset(
    b"process,process name,processname,procname,proc name,proc_name,proc,cmd,cmd line,cmdline,command,command line,comm"
    b",exe,exec,program,executable,coalition,service,service name,responsible,killing,killed".split(b",")
)
"""Words that announce a process before a colon or an equals sign."""

_LONGEST_KEY = 40
_TAG = re.compile(rb"\d[ \t]{1,8}[VDIWEFA][ \t]\Z|(?:^|[ \t])[VDIWEFA]/\Z", re.MULTILINE)
"""Before the tag of a line of Android's log, in two of its formats: what the tag says is a component."""

_SPOKEN = frozenset({b"service", b"command", b"program"})
_LONG_ENOUGH = 5
_GOES_ON = re.compile(rb"[ \t][A-Za-z]")
"""A name of fewer letters that other words follow may be the beginning of a sentence."""

_SHORT = 256
_NEEDED = re.compile(rb"[\[(:/=*\s,'\">]")
"""What no form is without: most short values are one word."""

_EVENT = re.compile(rb": \[([^\]\n]{0,1000})")
_OF_EVENT = re.compile(rb"\b(?:am|wm|sysui)_\w{2,40}\s{0,3}\Z")
"""Android's event log: what happened to a process, in fields between commas."""

_NUMBERED = (re.compile(rb"\[(?:pid )?\d{2,7}(?:[\])]| /)"), re.compile(rb"\((?:pid )?\d{2,7}(?:[\])]| /)"))
"""One digit counts things (`payload[0]`): so early only the system's own start."""
_OF_NAMES = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@$+-"
_NAMES_ALONE = bytes(byte if byte in _OF_NAMES else 0x20 for byte in range(256))
_NO_BEGINNING = b"0123456789-+@:$"
_FIRST = _form(rb"(?:\d{1,7}|-)[ \t]+-?\d{1,3}[ \t]+(NAME)$")
_MARKS = tuple(dict.fromkeys((*_MARKED, *ANNOUNCING)))
_AT_WORDS = _MARKS.index(b"proc")
"""The marks from this one on begin a word."""

_FINDERS = tuple(re.compile(re.escape(mark)) for mark in _MARKS)


def named_in(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield what logs would name a process in some lines, with where it stands."""
    if len(data) > _SHORT or _NEEDED.search(data):
        yield from _numbered(data)
        yield from _after_a_sign(data)
        yield from _marked(data)


def _after_a_sign(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    for sign, pattern, before_it in _PASSES:
        for found in pattern.finditer(data) if sign in data else ():
            if _follows(data, found.start(), before_it):
                # Where the name stands: a line feed before it is the end of another line.
                yield found[1], found.start(1), found.end()
    if (first := _FIRST.match(data)) is not None:
        yield first[1], 0, first.end()
    for found in _EVENT.finditer(data) if b"_" in data else ():
        if _follows(data, found.start(), _OF_EVENT):
            fields = (field.strip() for field in found[1].split(b","))
            yield from ((field, found.start(), found.end()) for field in fields if field.strip(b"-.0123456789"))


def _marked(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    lowered = data.lower()
    for number, (mark, finder) in enumerate(zip(_MARKS, _FINDERS, strict=True)):
        for start in (found.start() for found in finder.finditer(lowered)) if mark in lowered else ():
            # A word begins there, or one within a name such as `parentProc`.
            if number < _AT_WORDS or not data[start - 1 : start].isalpha() or data[start : start + 1].isupper():
                yield from _at_mark(data, mark, start)


def _numbered(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield what stands before a process's number in brackets."""
    alone = b""
    for pattern in _NUMBERED:
        for found in pattern.finditer(data):
            alone = alone or data.translate(_NAMES_ALONE)
            end = found.start()
            end -= data[end - 1 : end] == b" "
            end -= data[end - 1 : end] in {b"'", b'"'}
            if data[end - 1 : end] == b")":
                # Logs that a computer took from the phone name the library, too: `name(library)[12]`.
                end = max(data.rfind(b"(", max(0, end - _BACK), end), 0)
            start = alone.rfind(b" ", max(0, end - LONGEST_NAME), end) + 1
            name = data[start:end].lstrip(_NO_BEGINNING) if start else data[:end][-LONGEST_NAME:].lstrip(_NO_BEGINNING)
            if len(name) > 1:
                yield name, end - len(name), found.end()


def _follows(data: bytes, at: int, pattern: re.Pattern[bytes]) -> bool:
    return pattern.search(data, max(0, at - _BACK), at) is not None


def _at_mark(data: bytes, mark: bytes, start: int) -> Iterator[tuple[bytes, int, int]]:
    for pattern, before_it in _MARKED.get(mark, ()):
        found = pattern.match(data, start)
        if found is not None and _follows(data, start, before_it):
            yield found[1], start, found.end()
    found = _VALUE.match(data, start) if mark in ANNOUNCING else None
    if found is not None:
        key = _KEY.search(data, max(0, found.start(1) - _LONGEST_KEY), found.start(1))
        words = key[1].lower() if key is not None else b""
        last = re.split(rb"[ _]", words)[-1]
        announces = words in _KEYS or last in _KEYS or role_of(words.decode()) is Role.PROCESS
        if announces and not _is_prose(data, start, last, found):
            yield found[2], start, found.end()


def _is_prose(data: bytes, at: int, word: bytes, found: re.Match[bytes]) -> bool:
    """Return whether a colon only begins a message: behind a tag of a log, or a word of sentences and a short one."""
    if not found[1].endswith(b":"):
        return False
    if _TAG.search(data, max(0, at - _BACK), at) is not None:
        return True
    return word in _SPOKEN and len(found[2]) < _LONG_ENOUGH and _GOES_ON.match(data, found.end()) is not None


@lru_cache(maxsize=16_384)
def names_of(value: str) -> dict[str, None]:
    """Return the names in what names a process: `group/name`, `name:part`, `name[12]`, a path, a command line."""
    names = dict.fromkeys((value, value.rsplit("/", 1)[-1], value.split("/", 1)[0]))
    for separator in (":", "[", " ", ",", "("):
        head = value.split(separator, 1)[0]
        names |= dict.fromkeys((head, head.rsplit("/", 1)[-1]))
    return {name: None for name in names if 1 < len(name) <= LONGEST_NAME}
