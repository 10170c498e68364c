"""MISP events (JSON) and attribute tables (CSV) read as sets: what an event marks for detection, and nothing else.

MISP's core format: an attribute has a category, a type, a value and `to_ids`, which alone says that it may be searched
for. The rest is context: the report's own address, victims, portals that victims read, attribution. Composite types
hold two values with a bar between them; of `filename|hash` the hash is compared, since the name alone is many files'.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from mvtcase.errors import IndicatorFileError
from mvtcase.indicators.ledger import Ledger, Origin, Shelf
from mvtcase.indicators.types import weigh_as, worded_kind
from mvtcase.indicators.verdicts import Refused, Stock, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mvtcase.indicators.ledger import Reading

CONTEXT_CATEGORIES = frozenset(
    {"External analysis", "Internal reference", "Attribution", "Targeting data", "Person", "Social network", "Other"}
)
"""Categories whose rows describe the case and its people; MISP's own default for `to_ids` is off in all of them."""

CONTEXT_TYPES = frozenset({"link", "text", "comment", "other", "attachment", "campaign-name", "threat-actor"})
COLUMNS = frozenset({"to_ids", "category", "type", "value"})
_TRUE = frozenset({True, "1", "true", "True"})
_FILE_WITH_HASH = "filename|"


def is_event(data: object) -> bool:
    """Return whether a JSON value is a MISP event, a search answer, or a list of events."""
    if isinstance(data, list):
        return bool(data) and is_event(data[0])
    return isinstance(data, dict) and bool({"Event", "response"} & set(data))


def read_events(data: object, where: str) -> Reading:
    """Return the account of MISP JSON. Raises `IndicatorFileError` when no event holds an attribute."""
    ledger, shelves = Ledger(), []
    origin = Origin()
    for place, event in enumerate(_events(data)):
        name = _text(event.get("info")) or f"event {place + 1}"
        shelf = Shelf(_text(event.get("uuid")) or str(place), shortened(name))
        shelves.append(shelf)
        for number, row in enumerate(_attributes(event), 1):
            _book(ledger, shelf, row, f"{shortened(name)}, attribute {number}")
        origin = origin if origin.title else _origin(event, name)
    if not ledger.in_file:
        raise IndicatorFileError("{where} is a MISP event without an attribute.", where=where)
    return ledger.reading("MISP JSON", shelves, origin)


def looks_like_attributes(header: Iterable[str]) -> bool:
    """Return whether the columns of a table are those of MISP's CSV export."""
    return set(header) >= COLUMNS


def read_attributes(text: str, name: str, where: str) -> Reading:
    """Return the account of MISP's CSV export. Raises `IndicatorFileError` when the table is damaged."""
    ledger, shelf = Ledger(), Shelf("0", name)
    try:
        for row in csv.DictReader(io.StringIO(text, newline="")):
            _book(ledger, shelf, row, f"event {_text(row.get('event_id'))}, {_text(row.get('uuid'))}")
    except csv.Error as error:
        raise IndicatorFileError("{where} is a damaged table: {error}.", where=where, error=error) from None
    return ledger.reading("MISP CSV", [shelf], Origin())


def _events(data: object) -> Iterator[Mapping[str, Any]]:
    listed = data if isinstance(data, list) else [data]
    for each in listed:
        answer = each.get("response") if isinstance(each, dict) else None
        if isinstance(answer, list):
            yield from _events(answer)
        elif isinstance(each, dict) and isinstance(each.get("Event"), dict):
            yield each["Event"]


def _attributes(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    holders = [event, *_dicts(event.get("Object"))]
    for holder in holders:
        yield from _dicts(holder.get("Attribute"))


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


def _book(ledger: Ledger, shelf: Shelf, row: Mapping[str, Any], where: str) -> None:
    kind, value = _text(row.get("type")).strip(), _text(row.get("value")).strip()
    context = _context(row, kind)
    parts = [(kind, value)] if context else list(_parts(kind, value))
    ledger.open(len(parts))
    for part, text in parts:
        named = worded_kind(part)
        reason = context or ("" if named else f"MVT has no check for the type {shortened(part)!r}")
        result = weigh_as(named, text) if named and not reason else Refused(reason=reason)
        if isinstance(result, Refused):
            ledger.refuse(result, where=where, given=value, stock=Stock.DROPS)
        else:
            # MVT reads STIX only: of an event it would load nothing.
            ledger.use(shelf, result, where=where, given=value, stock=Stock.DROPS)


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
