"""Which encoding a text has, by its bytes; and what its own escapes stand for."""

from __future__ import annotations

import codecs
import html
import re

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_TEXT_BYTES = bytes({*range(0x20, 0x7F), *range(0x80, 0x100), *b"\t\n\r\f\v\b\x1b\a"})
_STRAY = 0.01
"""The share of control characters that a text may have: logs hold a few."""


def has_other_bytes(data: bytes) -> bool:
    """Return whether some bytes hold control characters that texts do not."""
    return len(data.translate(None, _TEXT_BYTES)) > 0


_WIDE = re.compile(r"[\t\n\r\x20-\x7e\u00a0-\u2fff\u3000-\u9fff\uac00-\ud7a3\uf900-\ufaff\ufe30-\uffef]+")
_LEAST_WIDE = 8
_FIRST_OF_MANY = "\u2e80"
"""From here on stand the many thousands of East Asian characters, which any two bytes are likely to make."""
_FEW = 10
"""One in so many: hardly any two bytes are a letter of ASCII by chance."""
_SHORT, _MOSTLY_ASCII = 128, 0.7
_HIGH = bytes(range(0x80, 0x100))
_MOSTLY = 0.4


def encoding_of(head: bytes, *, whole: bool) -> str | None:
    """Return the encoding of a text's first bytes, or None when they are no text; `whole`: nothing comes after them."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    if b"\0" in head:
        return _wide_encoding(head)
    if len(head.translate(None, _TEXT_BYTES)) > len(head) * _STRAY:
        return _wide_encoding(head)
    for name in ("utf-8", "cp950"):
        if _decodes(head, name, whole=whole):
            return name
    # A few bytes without a control character among them can be anything: a text is mostly letters and signs of ASCII.
    is_short = len(head) < _SHORT and len(head.translate(None, _HIGH)) < len(head) * _MOSTLY_ASCII
    return None if is_short else "latin-1"


def _wide_encoding(head: bytes) -> str | None:
    even = head[: len(head) // 2 * 2]
    if len(even) < _LEAST_WIDE:
        return None
    zeros = even[0::2].count(0), even[1::2].count(0)
    for name, own, other in (("utf-16-le", zeros[1], zeros[0]), ("utf-16-be", zeros[0], zeros[1])):
        if own > len(even) // 2 * _MOSTLY and not other:
            return name
    return next((name for name in ("utf-16-le", "utf-16-be") if _is_wide_text(even, name)), None)


def _is_wide_text(data: bytes, name: str) -> bool:
    # Text of other scripts has few zeros: every character must be one that texts have, which random bytes do not give.
    text = codecs.getincrementaldecoder(name)("replace").decode(data)
    if len(text) < _LEAST_WIDE or _WIDE.fullmatch(text) is None:
        return False
    letters = sum(character < "\x80" for character in text)
    return max(text) < _FIRST_OF_MANY or letters * _FEW >= len(text) or _in_one_script(text)


def _in_one_script(text: str) -> bool:
    """Return whether one of the character sets of East Asia holds a whole text: packed bytes look like any of them."""
    for name in ("cp950", "cp932", "gb2312", "euc_kr"):
        try:
            text.encode(name)
        except UnicodeEncodeError:
            continue
        return True
    return False


def _decodes(data: bytes, name: str, *, whole: bool) -> bool:
    try:
        codecs.getincrementaldecoder(name)("strict").decode(data, whole)
    except UnicodeDecodeError:
        return False
    return True


def decoded(data: bytes, encoding: str) -> str:
    """Return a piece of text; what is no UTF-8 is read line by line as Big5, and where it is none, as Latin-1."""
    if encoding not in {"utf-8", "utf-8-sig", "cp950", "latin-1"}:
        return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "\n".join(map(decoded_line, data.split(b"\n")))


def decoded_line(line: bytes) -> str:
    """Return one line in the first encoding that it fits; where it fits none but Latin-1, unfit bytes stand as such."""
    for name in ("utf-8", "cp950"):
        try:
            text = line.decode(name)
        except UnicodeDecodeError:
            continue
        # In Big5 a letter can be a character's second half: both readings are given where it may be none.
        return text if name == "utf-8" or line.isascii() else f"{text}\t{line.decode('latin-1')}"
    return line.decode("latin-1")


_ESCAPE = re.compile(
    r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,6})\}|U(000[0-9a-fA-F]{5}|[0-9a-fA-F]{4})|([^ux]))",
    re.DOTALL,
)
_ENTITY = re.compile(r"&(?:#|[a-zA-Z])")
COLOURED = "\x1b"
_COLOUR = re.compile(r"\x1b\[[0-9;:]*[mK]")
"""What `grep --color` and coloured logs write around a word, or in the middle of one (ECMA-48, SGR and EL)."""
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0"}


def unescaped(text: str) -> str:
    r"""Return a text with `\/`, `\u002f`, `\x2f`, `&#47;` and a terminal's colours undone, itself where it has none."""
    if COLOURED in text:
        text = _COLOUR.sub("", text)
    if "\\" in text:
        text = _ESCAPE.sub(_meant, text)
        if any("\ud800" <= mark <= "\udfff" for mark in text):
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return html.unescape(text) if "&" in text and _ENTITY.search(text) else text


def _meant(found: re.Match[str]) -> str:
    digits = found[1] or found[2] or found[3] or found[4]  # of the last, eight in Python, four in Apple's old lists
    if digits is None:
        return _LETTERS.get(found[5], found[5])
    number = int(digits, 16)
    return chr(number) if number <= _LAST_CHARACTER else found[0]


_LAST_CHARACTER = 0x10FFFF
