"""What all sysdiagnose modules share: reading their sources, telling what became of each, comparing and alerting."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final

from mvt.plugin import DatabaseCorruptedError, DatabaseNotFoundError, SysdiagnoseExtraction

from mvtcase_readers.regular import UnreadableError

from .archive import Archive, Content
from .device import Device, read_device
from .layouts import Presence, Source, State, judge_absence
from .leads import Lead, staging_leads
from .matching import Hit, Matcher
from .shelf import MAX_FILES, MAX_NAMED_PROBLEMS, MAX_TEXT_BYTES, Shelf, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .parsers.result import Parser
    from .shelf import Record

SOURCE_RECORD: Final = "sysdiagnose_source"
_CREATION_KINDS: Final = frozenset(
    {SOURCE_RECORD, "known_binary", "loaded_image", "network_setting", "associated_domain"}
)

DAMAGED_TEMPLATE: Final = "Examined in part or not at all: %s (%s)"
EMPTY_TEMPLATE: Final = "Nothing in it: %s (%s)"
LACKING_TEMPLATE: Final = "This sysdiagnose lacks what its iOS version holds: %s (%s)"
UNUSED_TEMPLATE: Final = "This sysdiagnose holds none: %s (%s)"
NOT_ON_VERSION_TEMPLATE: Final = "Not part of a sysdiagnose of this iOS version: %s (%s)"
"""Log records are told apart by their templates, never by their text, into which evidence can write."""

_ABSENCES: Final = {
    (State.MISSING, Presence.ALWAYS): (LACKING_TEMPLATE, logging.ERROR),
    (State.MISSING, Presence.WHEN_USED): (UNUSED_TEMPLATE, logging.INFO),
    (State.EMPTY, Presence.ALWAYS): (EMPTY_TEMPLATE, logging.WARNING),
    (State.EMPTY, Presence.WHEN_USED): (UNUSED_TEMPLATE, logging.INFO),
    (State.ABSENT_ON_VERSION, Presence.ALWAYS): (NOT_ON_VERSION_TEMPLATE, logging.INFO),
    (State.ABSENT_ON_VERSION, Presence.WHEN_USED): (NOT_ON_VERSION_TEMPLATE, logging.INFO),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One source of a module: what it is, who parses a file of it and how many bytes of one file are examined."""

    source: Source
    parser: Parser
    limit: int = MAX_TEXT_BYTES


@dataclass(slots=True, kw_only=True)
class _Examination:
    """What happened to the files of one source so far."""

    shelf: Shelf = field(default_factory=Shelf)
    problems: list[dict[str, str]] = field(default_factory=list)
    files: int = 0
    damaged_files: int = 0
    empty_files: int = 0
    nothing: str = "the file holds nothing"
    bytes_examined: int = 0

    def fail(self, name: str, reason: str) -> None:
        self.damaged_files += 1
        if len(self.problems) < MAX_NAMED_PROBLEMS:
            self.problems.append({"file": plain(name, 300), "reason": plain(reason, 300)})


class SysdiagnoseModule(SysdiagnoseExtraction):
    """Base of the modules; each names its readings.

    Every run yields one `sysdiagnose_source` record per source with the state `read`, `empty`, `damaged`, `missing` or
    `absent_on_version`. When nothing at all could be read, MVT's "no data" or "corrupted" error is raised after the
    records were stored, so that MVT's log tells it too.
    """

    supported_commands = (("ios", "check-sysdiagnose"),)
    readings: ClassVar[tuple[Reading, ...]] = ()

    device: Device = Device()

    def run(self) -> None:
        """Read every source of the module. Raises MVT's `DatabaseNotFoundError` or `DatabaseCorruptedError`."""
        archive = Archive.of_module(self)
        self.device = read_device(archive)
        states = [self._read(archive, reading) for reading in self.readings]
        if any(state in {State.READ, State.EMPTY} for state in states) or self._evidence():
            return
        self.save_to_json()
        titles = ", ".join(reading.source.title for reading in self.readings)
        if State.DAMAGED in states:
            raise DatabaseCorruptedError(f"nothing could be read of: {titles}")
        raise DatabaseNotFoundError(f"the sysdiagnose holds none of: {titles}")

    def _evidence(self) -> list[Record]:
        return [record for record in self.results if record.get("record") != SOURCE_RECORD]

    @property
    def examined_records(self) -> int:
        """How many results come from the phone: all but the states of the sources."""
        return len(self._evidence())

    @property
    def source_states(self) -> list[Record]:
        """The records that say what became of each source."""
        return [record for record in self.results if record.get("record") == SOURCE_RECORD]

    def _read(self, archive: Archive, reading: Reading) -> State:
        names = archive.find(reading.source.patterns)
        if not names:
            return self._absent(archive, reading.source)
        examination = _Examination(files=len(names))
        for name in names[:MAX_FILES]:
            self._read_file(archive, reading, name, examination)
        return self._finish(reading.source, examination)

    def _absent(self, archive: Archive, source: Source) -> State:
        state, reason = judge_absence(
            source, version=self.device.ios_version, has_companions=bool(archive.find(source.companions))
        )
        self._record_source(source, state, reason)
        template, level = _ABSENCES[state, source.presence]
        self.log.log(level, template, source.title, reason)
        return state

    def _read_file(self, archive: Archive, reading: Reading, name: str, examination: _Examination) -> None:
        try:
            content = archive.read(name, reading.limit)
        except UnreadableError as error:
            # The name of a crash report alone can hold the process that an indicator names.
            content = Content(name=name, data=b"")
            self._parse(reading, content, examination, problem=str(error))
            return
        examination.bytes_examined += len(content.data)
        if not content.data.strip():
            examination.empty_files += 1
        problem = f"only its first {reading.limit} bytes were examined" if content.truncated else ""
        self._parse(reading, content, examination, problem=problem)

    def _parse(self, reading: Reading, content: Content, examination: _Examination, *, problem: str) -> None:
        try:
            parsed = reading.parser(content, self.device) if content.data or reading.source.key == "crashes" else None
        except Exception as error:  # noqa: BLE001 - one file that no parser foresaw must not hide the others
            examination.fail(content.name, f"{type(error).__name__}: {error}")
            return
        for record in parsed.records if parsed is not None else ():
            examination.shelf.add({**record, "source": reading.source.key, "file": plain(content.name, 300)})
        problem = problem or (parsed.problem if parsed is not None else "")
        if parsed is not None and parsed.nothing:
            examination.nothing = parsed.nothing
            examination.empty_files += 1
        if problem:
            examination.fail(content.name, problem)

    def _finish(self, source: Source, examination: _Examination) -> State:
        shelf = examination.shelf
        if examination.files > MAX_FILES:
            examination.fail(source.key, f"{examination.files - MAX_FILES} further files were not opened")
        if shelf.refused:
            examination.fail(source.key, f"{shelf.refused} further records were not kept")
        state, reason = _state_of(source, examination)
        self.results.extend(shelf.records)
        self._record_source(source, state, reason, examination)
        if state is State.DAMAGED:
            self.log.error(DAMAGED_TEMPLATE, source.title, reason)
        elif state is State.EMPTY:
            self.log.warning(EMPTY_TEMPLATE, source.title, reason)
        return state

    def _record_source(
        self, source: Source, state: State, reason: str, examination: _Examination | None = None
    ) -> None:
        seen = examination or _Examination()
        self.results.append(
            {
                "record": SOURCE_RECORD,
                "source": source.key,
                "title": source.title,
                "state": state.value,
                "reason": reason,
                "ios_version": self.device.ios_version,
                "utc_offset_known": self.device.offset is not None,
                "files": seen.files,
                "damaged_files": seen.damaged_files,
                "empty_files": seen.empty_files,
                "bytes_examined": seen.bytes_examined,
                "records": len(seen.shelf.records),
                "problems": seen.problems,
                "isodate": "",
            }
        )

    def check_indicators(self) -> None:
        """Raise a critical alert per matched indicator and the module's leads, which need no indicators."""
        evidence = self._evidence()
        hits = self._hits(evidence)
        for hit in hits:
            event = hit.event()
            self.alertstore.critical(
                plain(f"{hit.message} ({event.get('source')}: {event.get('file')})"),
                event["first_seen"],
                event,
                matched_indicator=hit.indicator,
            )
        matched = frozenset(path for hit in hits for path in hit.paths)
        for lead in (*staging_leads(evidence, matched), *self.leads()):
            self._raise_lead(lead)

    def _hits(self, evidence: list[Record]) -> list[Hit]:
        if not self.indicators:
            return []
        matcher = Matcher(self.indicators)
        hits = matcher.hits(evidence)
        for check, reason in matcher.failures.items():
            self.log.error("Some values could not be compared (%s): %s", check, reason)
        return hits

    def leads(self) -> Iterable[Lead]:
        """Return the leads this module's records give beyond programs in staging folders."""
        return ()

    def _raise_lead(self, lead: Lead) -> None:
        raise_alert = {
            "INFORMATIONAL": self.alertstore.info,
            "LOW": self.alertstore.low,
            "MEDIUM": self.alertstore.medium,
        }[lead.level.name]
        raise_alert(plain(lead.message), str(lead.record.get("isodate", "")), dict(lead.record))

    def collect_url_results(self) -> None:
        """Hand the addresses of the records to MVT's `urls.json`."""
        for record in self._evidence():
            for url in record.get("urls", ()):
                if "://" in url:
                    self.add_url_result(url, record.get("isodate") or None, f"{self.slug}: {record.get('file')}")

    def serialize(self, record: Record) -> dict[str, Any]:
        """Return the timeline entry of a record that has a UTC time, an empty one otherwise."""
        if not record.get("isodate") or record.get("record") in _CREATION_KINDS:
            return {}
        subject = next(
            (record[name] for name in ("path", "process", "bundle_id", "name", "urls") if record.get(name)), ""
        )
        return {
            "timestamp": record["isodate"],
            "module": self.__class__.__name__,
            "event": record["record"],
            "data": f"{subject} ({record.get('source')}, {record.get('time_basis')})",
        }


def _state_of(source: Source, examination: _Examination) -> tuple[State, str]:
    if examination.damaged_files:
        first = examination.problems[0]
        more = f", and {examination.damaged_files - 1} further problems" if examination.damaged_files > 1 else ""
        return State.DAMAGED, f"{first['file']}: {first['reason']}{more}"
    if examination.empty_files == examination.files:
        ordinary = source.may_be_blank or source.presence is Presence.WHEN_USED
        return (State.EMPTY if ordinary else State.DAMAGED), examination.nothing
    return State.READ, ""
