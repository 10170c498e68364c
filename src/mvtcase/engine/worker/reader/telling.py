"""Where in many texts something comparable can stand: found by passes over their bytes, before any is taken apart.

Nearly all of a phone's text names nothing. Each pass looks for one sign without which a form of host, link, path, hash
or coding cannot be; what has none of the signs is passed over at the speed of the C library. A sign too many costs
time, one too few a find: `tests/unit/engine/worker/reader/test_telling.py` holds them against the slow way.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from mvtcase.engine.worker.match.domains import international_endings
from mvtcase.engine.worker.reader.named import ANNOUNCING

if TYPE_CHECKING:
    from collections.abc import Iterator

_BOUNDS = b' \t\r\x0b\x0c"<>\0'
_BOUNDED = bytes.maketrans(_BOUNDS, b"\n" * len(_BOUNDS))
"""A word ends at a blank, a quote or an angle bracket: none stands within a host, link, path, hash or packed text."""

_FINER_BOUNDS = _BOUNDS + b",;:()[]{}|'="
_FINER = bytes.maketrans(_FINER_BOUNDS, b"\n" * len(_FINER_BOUNDS))
_JOINING = re.compile(rb"[/?#%&\\@\x80-\xff]|::|:[0-9A-Fa-f]{2}:|=(?:2[EeFfDd]|3[AaDd]|40|[A-Za-z0-9+/_-]{12})")
"""What can hold together what stands around the finer bounds: links, codings, addresses, a certificate's hash."""

_LEAD = re.compile(rb"[\[({'\"]?(?:\d{1,10}[:,])+(?=[A-Za-z_]{3})")
_CODE = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-"
_CODED = bytes(0x61 if byte in _CODE else 0x20 for byte in range(256))
_RUN = b"a" * 16
"""Letters of a run that may be base64, hexadecimal, a hash or an identifier."""

_LETTER, _LABEL = rb"[A-Za-z_\x80-\xff-]", rb"[A-Za-z0-9_\x80-\xff-]"
_STOP = "\u3002".encode()


@cache
def _signs() -> tuple[re.Pattern[bytes], ...]:
    """Return the signs; each begins with a letter of its own, for which the search is one of the C library's."""
    return tuple(
        map(
            re.compile,
            (
                # As in `terms`: of numbers alone three or more make a name, or those in the bases that links may use.
                rb"\.(?:(?<=" + _LABEL + rb"\.)" + _LETTER + rb"|(?<=" + _LETTER + rb"\.)[0-9]"
                rb"|(?<=[0-9]\.)(?:[0-9]{1,12}\.[0-9]|0[xX]|[0-9]{1,3}[A-Za-z_]))",
                _STOP + rb"(?:[A-Za-z0-9_-]|" + "|".join(international_endings()).encode() + rb")",
                rb"//(?:[^\s/@]{1,64}@)?[0-9]",
                rb"file://",
                rb"executable-/",
                rb"/(?<=[be]/)(?:private|var|usr|System|Library)/",
                rb"/(?<![A-Za-z0-9_.~/+%-]/)[^\s/\"'<>|:;,()\[\]{}\x00]{1,1020}/",
                rb"%[0-9A-Fa-f]{2}",
                rb"&(?:#|[A-Za-z]{2,24};)",
                rb"\\[uUx/\"'\\nrtbf.]",
                rb"=(?:2[EeFfDd]|3[AaDd]|40|[A-Za-z0-9+/_-]{12})",
                rb":(?:[0-9A-Fa-f]{2}:){4}",
                rb"::(?:[fF]{4}:)?(?:0:)?[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{1,4}",
            ),
        )
    )


_OF_PATH = rb"[^\s/\"'<>|:;,()\[\]{}\x00]"
_ACROSS = tuple(
    map(
        re.compile,
        (
            rb"(?i)\[\s{0,2}(?:\.|dot|@|at|:|//)",
            rb"(?i)\(\s{0,2}(?:\.|dot|@|at|:)",
            rb"(?i)\{\s{0,2}(?:\.|dot|@|at|:)",
            rb"\.\]",
            rb"=\r?\n",
            rb"68747470 ",
            rb"<[0-9a-f]{8} [0-9a-f]{8} ",
            rb"/Application Support/",
            rb"/Managed Preferences/",
            rb"/Mobile Documents/",
            rb"/(?<![A-Za-z0-9_.~/+%-]/)(?:"
            + _OF_PATH
            + rb"{1,255}/){0,40}"
            + _OF_PATH
            + rb"{1,255} (?:"
            + _OF_PATH
            + rb"{1,40} ){0,2}"
            + _OF_PATH
            + rb"{1,40}/",
        ),
    )
)
"""Marks of what reaches over blanks: addresses that a report made harmless, quoted-printable, data in groups, paths."""

_CODING = re.compile(rb"%[0-9A-Fa-f]{2}|&(?:#|[A-Za-z]{2,24};)|\\[uUx/\"'nrtbf.\\]|=[0-9A-Fa-f]{2}|[\x80-\xff]")
_NAMING = re.compile(
    rb"(?i)" + b"|".join(ANNOUNCING) + rb"|pid|>>> |name: |,pr,|\* |[\[(]\d"
    rb"|(?<![\w/.:])\d{1,7}[:/]|^(?:\d{1,7}|-)[ \t]|\b(?:am|wm|sysui)_\w",
    re.MULTILINE,
)
"""Marks of a line that names a process, and of something coded: what announces a name may stand outside of its code."""

_NAMING_MARKS = (*ANNOUNCING, b"pid", b">>> ", b"name: ", b",pr,", b"* ", b"am_", b"wm_", b"sysui_")
_NAMING_SIGNS = (
    re.compile(rb"[:/](?<=[0-9].)"),
    re.compile(rb"\[[0-9]"),
    re.compile(rb"\([0-9]"),
    re.compile(rb"(?:\n|\A)[0-9-]"),
)
"""What every line has that `_NAMING` finds, and some others."""

_AS_A_WHOLE = (
    re.compile(rb"\.[A-Za-z0-9]{1,8}[ \t\r\x0b\x0c\0]*$", re.MULTILINE),
    re.compile(
        rb"\n[ \t\x0b\x0c\r\0]*(?:/|~/|[A-Za-z]:[\\/]|(?:private/)?(?:var|etc|tmp)/"
        rb"|(?:System|Library|Applications|usr|data|sdcard|filesystem[12])/)"
    ),
)
"""How a text looks that is the name of a file or a path as a whole."""


def words(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield where the words stand that may hold something comparable, from left to right."""
    found = [sign.start() for pattern in _signs() for sign in pattern.finditer(data)]
    found.extend(_runs(data.translate(_CODED)))
    found.sort()
    bounded, end = data.translate(_BOUNDED), -1
    finer = data.translate(_FINER)
    for at in found:
        if at <= end:
            continue
        start, end = bounded.rfind(b"\n", 0, at) + 1, bounded.find(b"\n", at)
        end = len(data) if end < 0 else end
        if _JOINING.search(data, start, end):
            # A number before a name says nothing of it, and would make each word one that was never seen.
            yield (start if (lead := _LEAD.match(data, start, end)) is None else lead.end()), end
            continue
        start = finer.rfind(b"\n", start, at) + 1 or start
        cut = finer.find(b"\n", at, end)
        end = end if cut < 0 else cut
        yield start, end


def _runs(coded: bytes) -> Iterator[int]:
    at = coded.find(_RUN)
    while at >= 0:
        yield at
        end = coded.find(b" ", at)
        at = coded.find(_RUN, end) if end >= 0 else -1


def _may_name(data: bytes) -> bool:
    """Return whether any line may name a process: a few searches of the C library's, where `_NAMING` is slow."""
    lowered = data.lower()
    return any(mark in lowered for mark in _NAMING_MARKS) or any(sign.search(lowered) for sign in _NAMING_SIGNS)


def across(data: bytes) -> Iterator[int]:
    """Yield where something may stand that is to be seen only in its whole text."""
    for pattern in _ACROSS:
        for sign in pattern.finditer(data):
            yield sign.start()
    end = -1
    for sign in _CODING.finditer(data) if _may_name(data) else ():
        if sign.start() > end:
            start, end = data.rfind(b"\n", 0, sign.start()) + 1, data.find(b"\n", sign.start())
            end = len(data) if end < 0 else end
            if _NAMING.search(data, start, end):
                yield start


def as_a_whole(data: bytes) -> Iterator[int]:
    """Yield where a text of its own line may stand that is a path or a file's name as a whole."""
    for sign in _AS_A_WHOLE[0].finditer(data):
        yield sign.start()
    for sign in _AS_A_WHOLE[1].finditer(b"\n" + data):
        yield sign.start()
