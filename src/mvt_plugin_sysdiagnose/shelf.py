"""The records of one source while its files are read: equal ones merged, their number bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .bounds import MAX_RECORDS

if TYPE_CHECKING:
    from .parsers.result import Record

_KEPT_APART: Final = frozenset({"shutdown_event", "shutdown_client", "crash", "profile", "setting_event", "process"})
"""Kinds of which every single one is an event of its own."""

_IDENTITY: Final = ("record", "process", "path", "bundle_id", "role", "table")


class Shelf:
    """A bounded list of records in which equal subjects of the same kind are one record with first and last time."""

    def __init__(self, limit: int = MAX_RECORDS) -> None:
        self.records: list[Record] = []
        self.refused = 0
        self._limit = limit
        self._merged: dict[tuple[object, ...], Record] = {}

    def add(self, record: Record) -> None:
        """Keep a record, merge it with an equal one, or count it as refused when the shelf is full."""
        if record["record"] in _KEPT_APART:
            self._append(record)
            return
        key = (*(record.get(name) for name in _IDENTITY), *record.get("urls", ()))
        kept = self._merged.get(key)
        if kept is not None:
            _merge(kept, record)
        elif self._append(record):
            self._merged[key] = record

    def _append(self, record: Record) -> bool:
        if len(self.records) >= self._limit:
            self.refused += 1
            return False
        self.records.append(record)
        return True


def _merge(kept: Record, record: Record) -> None:
    kept["occurrences"] = kept.get("occurrences", 1) + record.get("occurrences", 1)
    kept["last_seen"] = max(_last(kept), _last(record))
    if record["isodate"] and (not kept["isodate"] or record["isodate"] < kept["isodate"]):
        for name in ("isodate", "time_text", "time_basis"):
            kept[name] = record[name]


def _last(record: Record) -> str:
    return str(record.get("last_seen") or record["isodate"])
