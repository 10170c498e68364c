"""MISP events (JSON) and attribute tables (CSV) read as sets: what an event marks for detection, and nothing else.

MISP's core format: an attribute has a category, a type, a value and `to_ids`, which alone says that it may be searched
for. The rest is context: the report's own address, victims, portals that victims read, attribution. Composite types
hold two values with a bar between them; of `filename|hash` the hash is compared, since the name alone is many files'.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mvtcase.errors import IndicatorFileError
from mvtcase.indicators.ledger import Ledger, Origin, Shelf
from mvtcase.indicators.types import weigh_as, worded_kind
from mvtcase.indicators.verdicts import Refused, Stock, shortened, validity_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mvtcase.indicators.ledger import Reading

CONTEXT_CATEGORIES = frozenset(
    {"External analysis", "Internal reference", "Attribution", "Targeting data", "Person", "Social network", "Other"}
)
"""Categories whose rows describe the case and its people; MISP's own default for `to_ids` is off in all of them."""

CONTEXT_TYPES = frozenset({"link", "text", "comment", "other", "attachment", "campaign-name", "threat-actor"})
COLUMNS = frozenset({"to_ids", "category", "type", "value"})
_TRUE = frozenset({True, "1", "true", "True"})
_FILE_WITH_HASH = "filename|"
_LABEL = re.compile(r"""misp:(?P<key>to_ids|category|type)=["'](?P<value>[^"']*)["']""")
"""How MISP's exports to STIX 2 keep what an attribute was (misp-stix, until its release of March 2026)."""


def is_event(data: object) -> bool:
    """Return whether a JSON value is a MISP event, bare or not, a search answer, or a list of events."""
    if isinstance(data, list):
        return bool(data) and is_event(data[0])
    return isinstance(data, dict) and (bool({"Event", "response"} & set(data)) or set(data) >= {"Attribute", "info"})


def read_events(data: object, where: str) -> Reading:
    """Return the account of MISP JSON. Raises `IndicatorFileError` when no event holds an attribute."""
    ledger, shelves = Ledger(), dict[tuple[int, str], Shelf]()
    origin = Origin()
    for place, event in enumerate(_events(data)):
        name = shortened(_text(event.get("info")) or f"event {place + 1}")
        for number, (app, row) in enumerate(_attributes(event), 1):
            shelf = Shelf(app or _text(event.get("uuid")) or str(place), app or name)
            book(ledger, shelves.setdefault((place, app), shelf), row, f"{name}, attribute {number}")
        origin = origin if origin.title else _origin(event, name)
    if not ledger.in_file:
        raise IndicatorFileError("{where} is a MISP event without an attribute.", where=where)
    families = tuple(dict.fromkeys((*origin.families, *(app for _, app in shelves if app))))
    return ledger.reading("MISP JSON", list(shelves.values()), replace(origin, families=families))


def _events(data: object) -> Iterator[Mapping[str, Any]]:
    listed = data if isinstance(data, list) else [data]
    for each in listed:
        answer = each.get("response") if isinstance(each, dict) else None
        if isinstance(answer, list):
            yield from _events(answer)
        elif isinstance(each, dict) and isinstance(each.get("Event"), dict):
            yield each["Event"]
        elif isinstance(each, dict) and "Attribute" in each:
            yield each


def _attributes(event: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield an event's attributes, each with the app that it is about, empty for the event's own."""
    yield from (("", each) for each in _dicts(event.get("Attribute")))
    for holder in _dicts(event.get("Object")):
        rows = _dicts(holder.get("Attribute"))
        names = [_text(each.get("value")) for each in rows if each.get("object_relation") == "name"]
        app = shortened(names[0]) if names and holder.get("name") == "android-app" else ""
        yield from ((app, each) for each in rows)


def _dicts(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _origin(event: Mapping[str, Any], name: str) -> Origin:
    tags = [_text(tag.get("name")) for tag in _dicts(event.get("Tag"))]
    marked = next((tag.partition(":")[2].upper() for tag in tags if tag.lower().startswith("tlp:")), "")
    author = event.get("Orgc")
    return Origin(
        title=shortened(name),
        publisher=shortened(_text(author.get("name"))) if isinstance(author, dict) else "",
        tlp=marked,
        published_at=_text(event.get("date")) or None,
        families=(shortened(name),),
    )


def book(ledger: Ledger, shelf: Shelf, row: Mapping[str, Any], where: str) -> None:
    """Book an attribute, or a table's row in the form of one: its values, or the reason that it is context."""
    kind, value = _kind(row), _text(row.get("value")).strip()
    context = _context(row, kind)
    parts = [(kind, value)] if context else list(_parts(kind, value))
    ledger.open(len(parts))
    for part, text in parts:
        named = worded_kind(part)
        reason = context or ("" if named else _no_check(part))
        result = weigh_as(named, text) if named and not reason else Refused(reason=reason)
        if isinstance(result, Refused):
            ledger.refuse(result, where=where, given=value, stock=Stock.DROPS)
        else:
            # MVT reads STIX only: of an event it would load nothing.
            validity = validity_of(row.get("revoked"), row.get("valid_until"))
            ledger.use(shelf, result, where=where, given=value, stock=Stock.DROPS, validity=validity)


def labelled_context(labels: object) -> str:
    """Return why an indicator of STIX that MISP made is context and no indicator; empty when nothing says so."""
    texts = [each for each in labels if isinstance(each, str)] if isinstance(labels, list) else []
    said = {found["key"]: found["value"] for each in texts if (found := _LABEL.fullmatch(each))}
    return _context({"to_ids": True, **said}, said.get("type", "")) if said else ""


def _kind(row: Mapping[str, Any]) -> str:
    """Return an attribute's type; in an app's object the hash of its certificate stands as a hash like others."""
    return "certificate" if row.get("object_relation") == "certificate" else _text(row.get("type")).strip()


def _no_check(kind: str) -> str:
    return f"MVT has no check for the type {shortened(kind)!r}" if kind else "without a type"


def _context(row: Mapping[str, Any], kind: str) -> str:
    """Return why a row is context and no indicator; empty when it is one."""
    category = _text(row.get("category")).strip()
    if row.get("to_ids") not in _TRUE:
        return f"context: not marked for detection (to_ids is off; {shortened(category) or 'no category'})"
    if category in CONTEXT_CATEGORIES or kind in CONTEXT_TYPES:
        return f"context: rows of the category {shortened(category)!r} and type {shortened(kind)!r} are no indicators"
    return ""


def _parts(kind: str, value: str) -> Iterator[tuple[str, str]]:
    kinds, values = kind.split("|"), value.split("|")
    if len(kinds) == 1 or len(kinds) != len(values):
        yield kind, value
    elif kind.startswith(_FILE_WITH_HASH):
        yield kinds[-1], values[-1]
    else:
        yield from zip(kinds, values, strict=True)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ("" if value is None else str(value)[:200])
