"""STIX 2.0 and 2.1 bundles read into collections exactly as MVT groups them, with an account of every indicator.

Grouping (`Indicators.parse_stix2`, release 2026.10.26): malware objects first, then reports, each a collection; an
indicator goes to the last report that names it, else to the malware of its first relationship to one, else to the
default collection, which comes last.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mvtcase.errors import IndicatorFileError
from mvtcase.indicators.ledger import DEFAULT_COLLECTION, Ledger, Shelf
from mvtcase.indicators.misp import labelled_context
from mvtcase.indicators.patterns import Comparison, read_pattern
from mvtcase.indicators.provenance import origin_of
from mvtcase.indicators.stock import stock_fate
from mvtcase.indicators.types import left_kind, weigh_as
from mvtcase.indicators.verdicts import Refused, Stock, Usable, shortened, validity_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TypeAlias

    from mvtcase.indicators.ledger import Reading

    Object: TypeAlias = dict[str, Any]

OBSERVABLES = frozenset({"domain-name", "ipv4-addr", "ipv6-addr", "url", "email-addr", "file", "process"})


def read_stix(text: str, where: str) -> Reading:
    """Return the account of a STIX file's text; `where` names the file in errors.

    Raises `IndicatorFileError` when the text is no JSON, is nested too deep, or holds no STIX objects.
    """
    return read_objects(parsed(text, where), where)


def read_objects(data: object, where: str) -> Reading:
    """Return the account of a STIX bundle. Raises `IndicatorFileError` when it holds no STIX objects."""
    objects, version = _objects(data, where)
    ledger = Ledger()
    sorted_objects: dict[str, list[Object]] = {}
    for place, entry in enumerate(objects):
        if isinstance(entry, dict):
            sorted_objects.setdefault(_label(entry.get("type")), []).append(entry)
        else:
            ledger.open(1)
            reason = Refused(reason="no STIX object")
            ledger.refuse(reason, where=f"object {place + 1}", given=repr(entry), stock=Stock.ABORTS)
    grouping = _Grouping(sorted_objects, ledger)
    for place, indicator in enumerate(sorted_objects.get("indicator", [])):
        _book(ledger, grouping.shelf_of(indicator), indicator, version, place)
    _remark_others(ledger, sorted_objects)
    return ledger.reading(f"STIX {version}", grouping.shelves(), origin_of(sorted_objects))


def parsed(text: str, where: str) -> object:
    """Return a text's JSON value. Raises `IndicatorFileError` when it is none or is nested too deep."""
    try:
        return json.loads(text)
    except RecursionError:
        raise IndicatorFileError("{where} is nested too deep to be read.", where=where) from None
    except ValueError as error:
        raise IndicatorFileError(
            "{where} is no readable JSON: {error}.",
            hint="Fetch it again: it may be cut short.",
            where=where,
            error=shortened(str(error)),
        ) from None


def _objects(data: object, where: str) -> tuple[Sequence[object], str]:
    if isinstance(data, list):
        data = {"objects": data}
    if not isinstance(data, dict):
        raise IndicatorFileError("{where} is JSON, and no STIX bundle.", where=where)
    objects = data.get("objects")
    if not isinstance(objects, list) or not objects:
        raise IndicatorFileError("{where} holds no STIX objects and no MISP event.", where=where)
    return objects, "2.0" if data.get("spec_version") == "2.0" else "2.1"


def _label(value: object) -> str:
    return value if isinstance(value, str) else ""


class _Grouping:
    """Finds the collection of an indicator by two dictionaries, where MVT walks all reports and relationships."""

    def __init__(self, objects: Mapping[str, list[Object]], ledger: Ledger) -> None:
        malware = {_label(entry.get("id")): entry for entry in objects.get("malware", [])}
        reports = objects.get("report", [])
        self._shelves = [_shelf(identity, entry) for identity, entry in malware.items()]
        self._shelves += [_shelf(_label(entry.get("id")), entry) for entry in reports]
        self._by_id: dict[str, Shelf] = {}
        for shelf in self._shelves:
            self._by_id.setdefault(shelf.identity, shelf)
        self._default = Shelf(*DEFAULT_COLLECTION)
        self._reported = _references(reports)
        self._related = _relations(objects.get("relationship", []), set(malware))
        nameless = sum("name" not in entry for entry in malware.values())
        if nameless:
            ledger.remark("malware without a name, on which MVT itself would stop", nameless)

    def shelf_of(self, indicator: Object) -> Shelf:
        identity = _label(indicator.get("id"))
        chosen = self._reported.get(identity) or self._related.get(identity)
        return self._by_id.get(chosen, self._default) if chosen else self._default

    def shelves(self) -> list[Shelf]:
        return [*self._shelves, self._default] if self._default.lists else self._shelves


def _shelf(identity: str, entry: Object) -> Shelf:
    name = entry.get("name")
    return Shelf(identity, name if isinstance(name, str) else "(unnamed)", _label(entry.get("description")))


def _references(reports: Sequence[Object]) -> dict[str, str]:
    named: dict[str, str] = {}
    for report in reports:
        refs = report.get("object_refs")
        for ref in refs if isinstance(refs, list) else ():
            if isinstance(ref, str):
                named[ref] = _label(report.get("id"))
    return named


def _relations(relationships: Sequence[Object], malware: set[str]) -> dict[str, str]:
    related: dict[str, str] = {}
    for relationship in relationships:
        source, target = _label(relationship.get("source_ref")), _label(relationship.get("target_ref"))
        if target in malware:
            related.setdefault(source, target)
    return related


def _book(ledger: Ledger, shelf: Shelf, indicator: Object, version: str, place: int) -> None:
    where = _label(indicator.get("id")) or f"indicator {place + 1}"
    pattern = indicator.get("pattern")
    language = indicator.get("pattern_type", "stix")
    context = labelled_context(indicator.get("labels"))
    if not isinstance(pattern, str) or language != "stix" or context:
        reason = "without a pattern" if not isinstance(pattern, str) else f"a pattern in {language}, and not in STIX"
        reason = context or reason
        ledger.open(1)
        ledger.refuse(
            Refused(reason=shortened(reason)), where=where, given=str(pattern), stock=stock_fate(pattern or "")
        )
        return
    if _label(indicator.get("spec_version")) == "2.1" or indicator.get("pattern_version") == "2.1":
        version = "2.1"
    parts = read_pattern(pattern, version=version)
    ledger.open(len(parts))
    validity = validity_of(indicator.get("revoked"), indicator.get("valid_until"))
    for part in parts:
        result = _weighed(part) if isinstance(part, Comparison) else Refused(reason=part.reason)
        if isinstance(result, Usable):
            result = _with_split_note(result, len(parts))
            fate = stock_fate(pattern, result)
            ledger.use(shelf, result, where=where, given=pattern, stock=fate, validity=validity)
        else:
            ledger.refuse(result, where=where, given=pattern, stock=stock_fate(pattern))
    _remark_validity(ledger, indicator)


def _weighed(part: Comparison) -> Usable | Refused:
    kind = left_kind(part.left)
    if kind is None:
        return Refused(reason=f"MVT has no check for {shortened(part.left)}")
    result = weigh_as(kind, part.value)
    if isinstance(result, Usable) and part.note:
        return replace(result, notes=(part.note, *result.notes))
    return result


def _with_split_note(usable: Usable, parts: int) -> Usable:
    if parts == 1:
        return usable
    return replace(usable, notes=(f"one of {parts} values of a pattern", *usable.notes))


def _remark_validity(ledger: Ledger, indicator: Object) -> None:
    if indicator.get("revoked") is True:
        ledger.remark("revoked by the publisher, and compared all the same, as MVT does")
    if indicator.get("valid_until"):
        ledger.remark("with an end of validity, and compared whatever the date, as MVT does")


def _remark_others(ledger: Ledger, objects: Mapping[str, list[Object]]) -> None:
    observables = Counter({kind: len(objects[kind]) for kind in OBSERVABLES & set(objects)})
    for kind, count in sorted(observables.items()):
        ledger.remark(f"{kind} objects that no indicator names a pattern for: not compared", count)
