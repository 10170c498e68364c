"""What became of a module, from the facts the recorder saw: exception types, templates of log records and counts.

MVT swallows nearly every failure and logs it, sometimes as INFO. The templates below are those of MVT 2026.10.26; the
formatted text of a record is never looked at, because evidence can write anything into it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import unique
from typing import TYPE_CHECKING

from mvtcase.canon import StrEnum
from mvtcase.model import ModuleOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@unique
class Cause(StrEnum):
    """What kind of exception stopped a module, by its type."""

    NOT_FOUND = "not_found"
    CORRUPTED = "corrupted"
    ENCRYPTED = "encrypted"
    DENIED = "denied"
    NOT_IMPLEMENTED = "not_implemented"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An exception that left `run` or `check_indicators`: its cause, class name and bounded text."""

    cause: Cause
    name: str
    text: str

    @property
    def sentence(self) -> str:
        """The class and text, as error fields hold them."""
        return f"{self.name}: {self.text}" if self.text else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Log records of one template: level, how many, an example, the type of an exception among the arguments."""

    level: int
    template: str
    count: int = 1
    example: str = ""
    exception: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that is known of a module that came to its end.

    `compared` is True when `check_indicators` ran through with indicators; `source_rows` is the count of our own
    reader, None where there is none; `recovered` says what was done to a source before it could be read;
    `uncountable` is True when a source was opened and nobody could say that it is empty.
    """

    records: int
    source_rows: int | None = None
    run_failure: Failure | None = None
    check_failure: Failure | None = None
    compared: bool = False
    notes: Sequence[Note] = ()
    recovered: str = ""
    uncountable: bool = False


_DAMAGED = ModuleOutcome.DAMAGED
_FAILED = ModuleOutcome.FAILED
_NO_SOURCE = ModuleOutcome.NO_SOURCE

TEMPLATES: Mapping[str, tuple[ModuleOutcome | None, str]] = {
    # iOS, logged as INFO or WARNING: the module returns without a record or with a part of them.
    "No SMS tables found in the database, skipping: %s": (_DAMAGED, "sms.db has no message table"),
    "No SMS attachment tables found in the database, skipping: %s": (_DAMAGED, "sms.db has no attachment table"),
    "Error while reading the contact table: %s": (_FAILED, "the contact table could not be read"),
    "Error while reading the InteractionC table: %s": (_FAILED, "the interactions table could not be read"),
    "Skipping this NetUsage database because it seems empty or malformed: %s": (
        _DAMAGED,
        "a NetUsage database was skipped",
    ),
    "Invalid shortcut database format, skipping...": (_FAILED, "the shortcuts database has an unknown form"),
    "Unable to find WebKit observations.db: %s": (_FAILED, "a WebKit observations database could not be read"),
    "Unable to extract WhatsApp chat sessions: %s": (_FAILED, "the WhatsApp chat list could not be read"),
    "The WhatsApp contacts database does not contain a ZWAADDRESSBOOKCONTACT table": (
        _DAMAGED,
        "the WhatsApp contacts database lacks its table",
    ),
    "Unable to find the WhatsApp ContactsV2.sqlite database in this backup or filesystem dump. WhatsApp disappearing "
    "messages settings and contact records cannot be extracted. This database is often missing from incremental "
    "backups.": (_NO_SOURCE, "no WhatsApp contacts database"),
    "Missing file %s in backup (%s)": (_DAMAGED, "a file that the Manifest lists is missing"),
    "Database at path %s recovered successfully!": (
        ModuleOutcome.RECOVERED,
        "read from a copy that the sqlite3 shell rebuilt",
    ),
    "Unable to list the files stored in the backup folder %s: %s. Skipping the missing-file check.": (
        ModuleOutcome.DENIED,
        "the backup folder could not be listed",
    ),
    "Error reading manifest file metadata for file with ID %s and relative path %s": (
        _DAMAGED,
        "the Manifest's record of a file could not be read",
    ),
    # Our own sysdiagnose modules say of a source what could not be read of it.
    "Examined in part or not at all: %s (%s)": (_DAMAGED, "a source was read in part or not at all"),
    "This sysdiagnose lacks what its iOS version holds: %s (%s)": (
        _DAMAGED,
        "a source that this iOS version has is missing",
    ),
    # Android.
    "packages.json file not found in this androidqf bundle. Possibly malformed?": (_NO_SOURCE, "no packages.json"),
    "Unable to find dumpstate file. Did you provide a valid bug report archive?": (_NO_SOURCE, "no dumpstate file"),
    "Unable to find dumpstate file": (_NO_SOURCE, "no dumpstate file"),
    "Unable to find any tombstone files. Did you provide a valid bugreport archive?": (_NO_SOURCE, "no tombstones"),
    "getprop.txt file not found": (_NO_SOURCE, "no getprop.txt"),
    "No mount information file found": (_NO_SOURCE, "no mounts.json"),
    "No root_binaries.json file found": (_NO_SOURCE, "no root_binaries.json"),
    "Could not load ADB data from dumpsys. It may not be supported on this device.": (_NO_SOURCE, "no ADB state"),
    "Unable to find ADB manager state in dumpsys output": (_NO_SOURCE, "no ADB state"),
    "Unable to find expected ADB entries in dumpsys output": (_NO_SOURCE, "no ADB keys"),
    "Failed to parse JSON on line %d in %s: %s": (_DAMAGED, "lines that are no JSON were left out"),
    "Error processing line %d in %s: %s": (_DAMAGED, "lines were left out"),
    "Error processing pre-parsed '%s' event: %s": (_DAMAGED, "events were left out"),
    "Skipping invalid zip: %s": (_DAMAGED, "an archive that could not be opened was left out"),
    "Failed to pre-load events: %s": (_FAILED, "the log files could not be read"),
    "Could not read the bugreport's dumpstate: %s": (_DAMAGED, "the dumpstate file could not be read"),
    "Skipping backup modules: %s": (_FAILED, "the backup could not be opened"),
    # The line above follows it and says the same.
    "Cannot decrypt backup because interactivity was disabled and the password was not supplied": (None, ""),
    # After the comparison: it costs a place in the timeline or a result file, nothing that was examined.
    "Error when collecting URLs from module %s: %s": (None, ""),
    "Error when serializing data from module %s: %s": (None, ""),
    "Unable to store results of module %s to file %s: %s": (None, ""),
    # Reports of what was found on the phone that come as warnings.
    "Failed key generation detected for key_id: %s": (None, ""),
    "Failed certificate authority install attempt: %s": (None, ""),
    # Exceptions that the recorder sees by their type.
    "The run() procedure of module %s was not implemented yet!": (None, ""),
    "The %s module database seems to be corrupted: %s": (None, ""),
    "Error in running extraction from module %s: %s": (None, ""),
    "Error when checking indicators from module %s: %s": (None, ""),
}
"""What a log record of that template means for its module; None: nothing. An ERROR of another template: a failure."""

WRONG_PASSWORD = frozenset({"No backup password provided.", "Invalid backup password"})
"""What MVT logs before it leaves an Android backup that it cannot decrypt."""

MISSING_FILES = (
    "Found %d files listed in the manifest but missing from the backup folder. The backup might be incomplete."
)
"""A hole in the acquisition, not in the module that reports it."""

UNRESOLVED_LINK = "Unable to unshorten URL %s"
"""A shortened link that was not asked after, because the network is off; counted into a limitation."""

_NOT_FOUND_IN_WEBKIT = "Unable to find WebKit observations.db: %s"
_SEVERITY = (
    ModuleOutcome.FAILED,
    ModuleOutcome.DAMAGED,
    ModuleOutcome.DENIED,
    ModuleOutcome.RECOVERED,
    ModuleOutcome.NO_SOURCE,
)

_NO_SHELL = "failed to recover without sqlite3 binary"
"""MVT's own fixed text: it would run the `sqlite3` shell over the database, which we never let it reach."""

_BY_CAUSE = {
    Cause.NOT_FOUND: ModuleOutcome.NO_SOURCE,
    Cause.CORRUPTED: ModuleOutcome.DAMAGED,
    Cause.ENCRYPTED: ModuleOutcome.DAMAGED,
    Cause.DENIED: ModuleOutcome.DENIED,
    Cause.NOT_IMPLEMENTED: ModuleOutcome.FAILED,
    Cause.OTHER: ModuleOutcome.FAILED,
}


def classify(facts: Facts) -> tuple[ModuleOutcome, str]:
    """Return a finished module's outcome and, where it was not simply examined, the reason in words."""
    stopped = _stopped(facts)
    if stopped is not None:
        return stopped
    swallowed = worst_note(facts.notes)
    if swallowed is not None:
        return _softened(swallowed, facts)
    if facts.records > 0:
        return (ModuleOutcome.CHECKED if facts.compared else ModuleOutcome.EXTRACTED), ""
    if facts.uncountable:
        return ModuleOutcome.DAMAGED, "the source is there, no record was read of it, and nothing says that it is empty"
    return ModuleOutcome.EMPTY, ""


def _stopped(facts: Facts) -> tuple[ModuleOutcome, str] | None:
    """Return the outcome of a module that an exception ended, or that a recovery brought to its end."""
    if facts.recovered:
        return ModuleOutcome.RECOVERED, facts.recovered
    if facts.run_failure is not None:
        return _BY_CAUSE[facts.run_failure.cause], _reason_of(facts.run_failure)
    if facts.check_failure is not None and facts.check_failure.cause is not Cause.NOT_IMPLEMENTED:
        sentence = facts.check_failure.sentence
        return (
            ModuleOutcome.FAILED,
            f"{facts.records} records were read, comparing them with the indicators failed: {sentence}",
        )
    return None


def _reason_of(failure: Failure) -> str:
    match failure.cause:
        case Cause.NOT_FOUND:
            return failure.text or "the source is not in this acquisition"
        case Cause.CORRUPTED if failure.text.startswith(_NO_SHELL):
            return "the database is damaged: SQLite calls it malformed"
        case Cause.CORRUPTED | Cause.ENCRYPTED:
            return f"the source is damaged or encrypted: {failure.text}"
        case Cause.DENIED:
            return f"the source could not be read: {failure.text}"
        case _:
            return f"the module failed: {failure.sentence}"


def _softened(swallowed: tuple[ModuleOutcome, str], facts: Facts) -> tuple[ModuleOutcome, str]:
    """A part of a module's sources may be absent while it read others: that is no `no_source`."""
    outcome, reason = swallowed
    if outcome is not ModuleOutcome.NO_SOURCE or facts.records == 0:
        return outcome, reason
    return (ModuleOutcome.CHECKED if facts.compared else ModuleOutcome.EXTRACTED), reason


def worst_note(notes: Sequence[Note]) -> tuple[ModuleOutcome, str] | None:
    """Return the worst outcome that log records speak of, with the reason, or None when they speak of none."""
    meanings = [meaning for meaning in map(meaning_of, notes) if meaning is not None]
    if not meanings:
        return None
    worst = min((outcome for outcome, _ in meanings), key=_SEVERITY.index)
    return worst, "; ".join(dict.fromkeys(reason for outcome, reason in meanings if outcome is worst))


def meaning_of(note: Note) -> tuple[ModuleOutcome, str] | None:
    """Return what log records of one template mean for what they are about, None when nothing."""
    if note.template == _NOT_FOUND_IN_WEBKIT and note.exception == "DatabaseNotFoundError":
        return ModuleOutcome.NO_SOURCE, "no WebKit observations database"
    outcome, reason = TEMPLATES.get(note.template, (_outcome_by_level(note.level), ""))
    if outcome is None:
        return None
    times = f" ({note.count} times)" if note.count > 1 else ""
    example = f": {note.example}" if note.example and outcome is not ModuleOutcome.NO_SOURCE else ""
    return outcome, f"{reason or 'MVT logged an error'}{times}{example}"


def _outcome_by_level(level: int) -> ModuleOutcome | None:
    # MVT's alerts have levels of their own (35, 45, 55, 65), so these two are its errors alone.
    return ModuleOutcome.FAILED if level in {logging.ERROR, logging.CRITICAL} else None
