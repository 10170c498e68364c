"""Evidence text made harmless to look at: what would steer a terminal, browser or spreadsheet is shown, not obeyed."""

from __future__ import annotations

import unicodedata

_ORDINARY_SPACE = {"\n", "\t"}
_HIDDEN_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_EMOJI_JOINER = "\u200d"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "|", "%")


def visible(text: str, *, keep_lines: bool = False) -> str:
    r"""Return a text with every control, bidi, zero-width, private or broken character shown as `\x1b` or `\u202e`.

    Line breaks and tabs stay when `keep_lines` is set and are shown as `\n` and `\t` otherwise. Letters of all scripts
    stay.
    """
    if text.isprintable():  # none of these, and no line break: most texts
        return text
    return "".join(_shown(character, keep_lines=keep_lines) for character in text)


def _shown(character: str, *, keep_lines: bool) -> str:
    if character in _ORDINARY_SPACE:
        return character if keep_lines else {"\n": "\\n", "\t": "\\t"}[character]
    if character == _EMOJI_JOINER or unicodedata.category(character) not in _HIDDEN_CATEGORIES:
        return character
    code = ord(character)
    if code <= 0xFF:  # noqa: PLR2004  # two hex digits hold it
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004  # four hex digits hold it


def csv_cell(value: object) -> str:
    """Return a value as a spreadsheet cell that is text and never a formula (OWASP: CSV injection)."""
    text = visible("" if value is None else str(value))
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def defang(value: str) -> str:
    """Return an indicator that nobody can click: `hxxps://evil[.]example`, `name[@]evil[.]example`."""
    text = value.replace("https://", "hxxps://").replace("http://", "hxxp://")
    return text.replace("[.]", ".").replace(".", "[.]").replace("@", "[@]")
