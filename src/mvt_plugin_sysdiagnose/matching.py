"""Comparing records with MVT's indicators: every subject of a record with every check that fits it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from .texts import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .parsers.result import Record

_SHORTEST_PROFILE_ID: Final = 8
"""`check_profile` asks whether the identifier is *part of* the indicator: a very short one would always be."""


@dataclass(slots=True, kw_only=True)
class Hit:
    """An indicator that a kind of record matched: the first such record and how often and when it was seen."""

    message: str
    indicator: Any
    record: Record
    records: int = 1
    first_seen: str = ""
    last_seen: str = ""

    def add(self, record: Record) -> None:
        """Count one more record with the same subject."""
        self.records += 1
        self._widen(record)

    def _widen(self, record: Record) -> None:
        first = str(record.get("isodate", ""))
        last = str(record.get("last_seen") or first)
        self.first_seen = min(filter(None, (self.first_seen, first)), default="")
        self.last_seen = max(self.last_seen, last)

    def event(self) -> Record:
        """Return the record as the alert carries it."""
        if not self.first_seen:
            self._widen(self.record)
        return {
            **self.record,
            "matching_records": self.records,
            "first_seen": self.first_seen,
            "last_seen": self.last_seen,
        }


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
        """Return one hit per kind of record, subject and indicator, in order of appearance."""
        found: dict[tuple[str, str, str], Hit] = {}
        for record in records:
            for check, value in subjects(record):
                match = self._match(check, value)
                if match is None:
                    continue
                # One subject often fits several checks: one alert per indicator it meets is enough.
                key = (str(record.get("record")), str(match[0].value), _subject_of(record))
                hit = found.get(key)
                if hit is None:
                    found[key] = Hit(message=match[1], indicator=match[0], record=record)
                    found[key]._widen(record)  # noqa: SLF001 - same module
                elif hit.record is not record:
                    hit.add(record)
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


def _subject_of(record: Record) -> str:
    for name in ("path", "process", "bundle_id", "urls", "profile_ids"):
        if record.get(name):
            return str(record[name])
    return ""


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
