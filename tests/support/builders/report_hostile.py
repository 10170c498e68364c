"""The example case with hostile text in every place a person or a phone can write to: reports are tried on it."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, TypeVar, cast

from builders import report_example as example
from mvtcase.canon import StrEnum
from mvtcase.model import Device, Official, Publication

if TYPE_CHECKING:
    from mvtcase.casebook import Casebook
    from mvtcase.report.view import Occasion

BEACON = "beacon.example"
RAN = "HOSTILE-SCRIPT-RAN"
TEXTS = (
    f"<script>document.title='{RAN}'</script>",
    f"<img src=x onerror=\"document.title='{RAN}'\"><img src='http://{BEACON}/img'>",
    f"</style><script src='http://{BEACON}/s.js'></script><link rel=stylesheet href='http://{BEACON}/c.css'>",
    f'"><svg onload="document.title=\'{RAN}\'">',
    f"<a href=\"javascript:document.title='{RAN}'\">go</a>",
    '=HYPERLINK("http://beacon.example/x","open")',
    "\x1b[31mred\x1b[0m \u202eltr\u202c \u2066isolate\u2069 zero\u200bwidth",
    "{{ 7 * 7 }} {% raw %} ${7*7} ](http://beacon.example) | `code` **bold** <b>b</b>",
    "w" * 400,
)
"""Script, event handlers, an escape from the style sheet, a formula, terminal and bidi controls, a long word."""
_FREE = frozenset(
    {
        "title",
        "description",
        "name",
        "role",
        "note",
        "value",
        "reason",
        "module",
        "examiner",
        "model",
        "os_version",
        "family",
        "set",
        "publisher",
        "licence",
        "version",
        "source_url",
        "sandbox",
        "command",
        "event_time",
        "acquired_at",
        "kind_of_text",
        "pseudonym",
        "organisation",
        "contact",
        "label",
        "created_by",
    }
)
"""Fields that people or phones fill with free text."""
_Record = TypeVar("_Record")


def casebook() -> Casebook:
    """Return the example case with hostile text in every free field."""
    return spoiled(example.casebook())


def occasion() -> Occasion:
    """Return the example's occasion, hostile too."""
    return spoiled(example.occasion())


def inside() -> Occasion:
    """Return the same for the case team."""
    return spoiled(example.inside())


def spoiled(record: _Record) -> _Record:
    """Return a record in which every free text is hostile; texts with a meaning to the program stay."""
    return cast("_Record", _spoiled(record, [0]))


def _spoiled(value: object, turn: list[int]) -> object:
    if isinstance(value, tuple):
        return tuple(_spoiled(each, turn) for each in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    spared = _spared(value)
    changes = {each.name: _field(each.name, getattr(value, each.name), turn) for each in fields(value) if each.init}
    return replace(value, **{name: new for name, new in changes.items() if name not in spared})


def _spared(record: object) -> frozenset[str]:
    """Return fields that a report covers everywhere: hostile, they would only cover the same words in other fields."""
    if isinstance(record, Device):
        return frozenset({"label"})
    if not isinstance(record, Official):
        return frozenset()
    match record.publication:
        case Publication.NAMED:
            return frozenset({"contact"})
        case Publication.ROLE:
            return frozenset({"contact", "name"})
        case _:
            return frozenset({"contact", "name", "role", "pseudonym"})


def _field(name: str, value: object, turn: list[int]) -> object:
    if not isinstance(value, str):
        return _spoiled(value, turn)
    if name not in _FREE or isinstance(value, StrEnum):
        return value
    turn[0] += 1
    return f"{value} {TEXTS[turn[0] % len(TEXTS)]}"
