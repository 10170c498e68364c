"""Comparing records with MVT's indicators: every subject of a record with every check that fits it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from .shelf import base_name, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .shelf import Record

_SHORTEST_PROFILE_ID: Final = 8
"""`check_profile` asks whether the identifier is *part of* the indicator: a very short one would always be."""


_MOST_PLACES: Final = 20
"""Paths and files named in one alert; all of them are in the results."""


@dataclass(slots=True, kw_only=True)
class Hit:
    """An indicator met in one source under one name: the record that tells most, where, how often, when."""

    message: str
    indicator: Any
    record: Record
    records: int = 0
    first_seen: str = ""
    last_seen: str = ""
    paths: dict[str, None] = field(default_factory=dict)
    files: dict[str, None] = field(default_factory=dict)

    def add(self, record: Record, message: str) -> None:
        """Count a record with the same name in the same source."""
        self.records += 1
        if _telling(record) > _telling(self.record):
            self.record, self.message = record, message
        if record.get("path"):
            self.paths[record["path"]] = None
        self.files[str(record.get("file"))] = None
        first = str(record.get("isodate", ""))
        self.first_seen = min(filter(None, (self.first_seen, first)), default="")
        self.last_seen = max(self.last_seen, str(record.get("last_seen") or first))

    def event(self) -> Record:
        """Return the record as the alert carries it."""
        return {
            **self.record,
            "matching_records": self.records,
            "first_seen": self.first_seen,
            "last_seen": self.last_seen,
            "paths": list(self.paths)[:_MOST_PLACES],
            "files": list(self.files)[:_MOST_PLACES],
        }


def _telling(record: Record) -> tuple[bool, bool]:
    return bool(record.get("path")), bool(record.get("isodate"))


class Matcher:
    """Asks MVT's `Indicators`, each distinct value once, and remembers which check failed with an exception."""

    def __init__(self, indicators: Any) -> None:  # noqa: ANN401 - MVT's class is untyped
        self._indicators = indicators
        self._known: dict[tuple[str, str], Any] = {}
        # MVT's URL check needs an automaton that a set without domains leaves unbuilt: it then raises on every call.
        self._has_domains = next(iter(indicators.get_iocs("domains")), None) is not None
        self._urls = {ioc.value: ioc for ioc in indicators.get_iocs("urls")}
        self.failures: dict[str, str] = {}

    def hits(self, records: Iterable[Record]) -> list[Hit]:
        """Return one hit per source, indicator and name, in order of appearance."""
        found: dict[tuple[str, str, str], Hit] = {}
        for record in records:
            counted: set[int] = set()
            for check, value in subjects(record):
                match = self._match(check, value)
                if match is None:
                    continue
                indicator, message = match
                # One record meets an indicator in several checks, and one report names a process several times.
                key = (str(record.get("source")), str(indicator.value), base_name(value))
                hit = found.setdefault(key, Hit(message=message, indicator=indicator, record=record))
                if id(hit) not in counted:
                    counted.add(id(hit))
                    hit.add(record, message)
        return list(found.values())

    def _match(self, check: str, value: str) -> tuple[Any, str] | None:
        key = (check, value)
        if key not in self._known:
            self._known[key] = self._ask(check, value)
        known: tuple[Any, str] | None = self._known[key]
        return known

    def _ask(self, check: str, value: str) -> tuple[Any, str] | None:
        if check == "check_url" and not self._has_domains:
            ioc = self._urls.get(value)
            return (ioc, f'Found a known suspicious URL {value} matching indicator "{ioc.value}"') if ioc else None
        try:
            match = getattr(self._indicators, check)(value)
        except Exception as error:  # noqa: BLE001 - one value MVT cannot take must not leave the others uncompared
            self.failures.setdefault(check, f"{type(error).__name__}: {error} (value {plain(value, 80)!r})")
            return None
        return None if match is None else (match.ioc, str(match.message))


def subjects(record: Record) -> Iterator[tuple[str, str]]:
    """Yield the checks of MVT's `Indicators` that fit a record, each with the value to ask for."""
    process = record.get("process")
    if process:
        yield "check_process", process
        if not record.get("path"):
            yield "check_file_path", process
    for path in filter(None, (record.get("path"), *record.get("other_paths", ()))):
        yield "check_process", path
        yield "check_file_path", path
        yield "check_file_path_process", path
    if record.get("parent"):
        yield "check_process", record["parent"]
    if record.get("bundle_id"):
        yield "check_app_id", record["bundle_id"]
        yield "check_process", record["bundle_id"]
    for url in record.get("urls", ()):
        yield "check_url", url
    for identifier in record.get("profile_ids", ()):
        if len(identifier) >= _SHORTEST_PROFILE_ID:
            yield "check_profile", identifier
