"""Plain lists, one value a line: the file's name tells the type, else it is guessed line by line and said so."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mvtcase.indicators.guessing import guessed_kind
from mvtcase.indicators.ledger import Ledger, Origin, Shelf
from mvtcase.indicators.types import ADDRESS, weigh_as
from mvtcase.indicators.verdicts import IndicatorType, Refused, Stock, Usable

if TYPE_CHECKING:
    from mvtcase.indicators.ledger import Reading

GUESSED = "type guessed from the value's form"

_COMMENT = re.compile(r"^\s*(?:#|;|//)")
_TRAILING_COMMENT = re.compile(r"\s#.*$")
_WORDS = 2
"""Words of a line that may be a value: a hosts file has an address before the name."""

_VALUE = re.compile(r"[0-9a-fA-F]{32}|\w\.\w|@")
"""What a first word holds where notes follow it."""

_NOTE = re.compile(r"(?<=^[0-9a-fA-F]{32})(?P<rest>[0-9a-fA-F]{0,32})\s+[-(].*$")
_SINKHOLE = re.compile(r"(?:0\.0\.0\.0|127\.0\.0\.1|::1?)\s+(?=\S+\Z)")
"""What a hosts file sets before the name that it blocks."""

_RULE = re.compile(r"(?:-\s*)?['\"]?(?P<word>[A-Z][A-Z0-9-]+),\s*(?P<value>[^,\s'\"]+)")
"""A line of the rule lists that proxies such as Clash and Surge read; a policy or an option may follow the value."""
_RULES = {"DOMAIN": IndicatorType.DOMAINS, "DOMAIN-SUFFIX": IndicatorType.DOMAINS, "IP-CIDR": ADDRESS}
_MARKS = re.compile(r"^\s*(?:-\s*)?['\"]?(?:DOMAIN-(?:SUFFIX|KEYWORD)|IP-CIDR6?),", re.MULTILINE)
"""What no other file begins a line with."""


def is_rule_list(text: str) -> bool:
    """Return whether a text is a rule list of a proxy, bare or below `payload:`."""
    return _MARKS.search(text) is not None


def is_prose(text: str) -> bool:
    """Return whether most lines are of several words: a report, a licence or a program that may name a link."""
    lines = [line for line in map(str.strip, text.splitlines()) if line and not _COMMENT.match(line)]
    worded = sum(len(words) > _WORDS and not _VALUE.search(words[0]) for words in map(str.split, lines))
    return worded * 2 > len(lines)


def read_rules(text: str, name: str) -> Reading:
    """Return the account of a rule list: domains and single addresses; rules that name no value are refused."""
    ledger, shelf = Ledger(), Shelf("0", name)
    for number, line in enumerate(text.splitlines(), 1):
        given = _TRAILING_COMMENT.sub("", line).strip()
        if not given or _COMMENT.match(line) or given in {"payload:", "rules:"}:
            continue
        ledger.open(1)
        where = f"line {number}"
        result = _ruled(given)
        if isinstance(result, Refused):
            ledger.refuse(result, where=where, given=given, stock=Stock.DROPS)
        else:
            ledger.use(shelf, result, where=where, given=given, stock=Stock.DROPS)
    return ledger.reading("rules", [shelf], Origin())


def _ruled(given: str) -> Usable | Refused:
    rule = _RULE.match(given)
    kind = _RULES.get(rule["word"]) if rule else None
    if rule is None or kind is None:
        return Refused(reason="a rule that names no domain and no address")
    value = rule["value"].removesuffix("/32") if kind == ADDRESS else rule["value"].lstrip(".")
    return weigh_as(kind, value)


def read_list(text: str, name: str, *, kind: str | None) -> Reading:
    """Return the account of a list named `name`, of the type given, else guessed line by line.

    Empty lines and those beginning with `#`, `;` or `//` are no values.
    """
    ledger, shelf = Ledger(), Shelf("0", name)
    for number, line in enumerate(text.splitlines(), 1):
        value = _NOTE.sub(r"\g<rest>", _TRAILING_COMMENT.sub("", line).strip())
        if value and not _COMMENT.match(line):
            ledger.open(1)
            where = f"line {number}"
            result = _weighed(value, kind)
            if isinstance(result, Refused):
                ledger.refuse(result, where=where, given=value, stock=Stock.DROPS)
            else:
                # MVT reads STIX only: of a list it would load nothing.
                ledger.use(shelf, result, where=where, given=value, stock=Stock.DROPS)
    return ledger.reading("list", [shelf], Origin())


def _weighed(value: str, told: str | None) -> Usable | Refused:
    if told is not None:
        return weigh_as(told, _SINKHOLE.sub("", value) if told == IndicatorType.DOMAINS else value)
    guess = guessed_kind(value)
    result = guess if isinstance(guess, Refused) else weigh_as(guess, value)
    return replace(result, notes=(GUESSED, *result.notes)) if isinstance(result, Usable) else result
