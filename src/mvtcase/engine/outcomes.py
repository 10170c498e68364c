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
from mvtcase.wording import NO_REASON, Reason, text_of, together, why

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
    "No SMS tables found in the database, skipping: %s": (_DAMAGED, "mvt.no_message_table"),
    "No SMS attachment tables found in the database, skipping: %s": (_DAMAGED, "mvt.no_attachment_table"),
    "Error while reading the contact table: %s": (_FAILED, "mvt.contacts"),
    "Error while reading the InteractionC table: %s": (_FAILED, "mvt.interactions"),
    "Skipping this NetUsage database because it seems empty or malformed: %s": (
        _DAMAGED,
        "mvt.net_usage",
    ),
    "Invalid shortcut database format, skipping...": (_FAILED, "mvt.shortcuts"),
    "Unable to find WebKit observations.db: %s": (_FAILED, "mvt.webkit"),
    "Unable to extract WhatsApp chat sessions: %s": (_FAILED, "mvt.whatsapp_chats"),
    "The WhatsApp contacts database does not contain a ZWAADDRESSBOOKCONTACT table": (
        _DAMAGED,
        "mvt.whatsapp_contacts",
    ),
    "Unable to find the WhatsApp ContactsV2.sqlite database in this backup or filesystem dump. WhatsApp disappearing "
    "messages settings and contact records cannot be extracted. This database is often missing from incremental "
    "backups.": (_NO_SOURCE, "mvt.no_whatsapp_contacts"),
    "Missing file %s in backup (%s)": (_DAMAGED, "mvt.manifest_file"),
    "Database at path %s recovered successfully!": (
        ModuleOutcome.RECOVERED,
        "mvt.rebuilt",
    ),
    "Unable to list the files stored in the backup folder %s: %s. Skipping the missing-file check.": (
        ModuleOutcome.DENIED,
        "mvt.backup_folder",
    ),
    "Error reading manifest file metadata for file with ID %s and relative path %s": (
        _DAMAGED,
        "mvt.manifest_record",
    ),
    # Our own sysdiagnose modules say of a source what could not be read of it.
    "Examined in part or not at all: %s (%s)": (_DAMAGED, "mvt.partly_read"),
    "This sysdiagnose lacks what its iOS version holds: %s (%s)": (
        _DAMAGED,
        "mvt.lacking",
    ),
    # Android.
    "packages.json file not found in this androidqf bundle. Possibly malformed?": (_NO_SOURCE, "mvt.no_packages"),
    "Unable to find dumpstate file. Did you provide a valid bug report archive?": (_NO_SOURCE, "mvt.no_dumpstate"),
    "Unable to find dumpstate file": (_NO_SOURCE, "mvt.no_dumpstate"),
    "Unable to find any tombstone files. Did you provide a valid bugreport archive?": (_NO_SOURCE, "mvt.no_tombstones"),
    "getprop.txt file not found": (_NO_SOURCE, "mvt.no_getprop"),
    "No mount information file found": (_NO_SOURCE, "mvt.no_mounts"),
    "No root_binaries.json file found": (_NO_SOURCE, "mvt.no_root_binaries"),
    "Could not load ADB data from dumpsys. It may not be supported on this device.": (_NO_SOURCE, "mvt.no_adb_state"),
    "Unable to find ADB manager state in dumpsys output": (_NO_SOURCE, "mvt.no_adb_state"),
    "Unable to find expected ADB entries in dumpsys output": (_NO_SOURCE, "mvt.no_adb_keys"),
    "Failed to parse JSON on line %d in %s: %s": (_DAMAGED, "mvt.no_json_lines"),
    "Error processing line %d in %s: %s": (_DAMAGED, "mvt.lines"),
    "Error processing pre-parsed '%s' event: %s": (_DAMAGED, "mvt.events"),
    "Skipping invalid zip: %s": (_DAMAGED, "mvt.archive"),
    "Failed to pre-load events: %s": (_FAILED, "mvt.log_files"),
    "Could not read the bugreport's dumpstate: %s": (_DAMAGED, "mvt.dumpstate"),
    "Skipping backup modules: %s": (_FAILED, "mvt.backup"),
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
"""What a log record of that template means for its module, and why; None: nothing. An ERROR of another: a failure."""

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


def classify(facts: Facts) -> tuple[ModuleOutcome, Reason]:
    """Return a finished module's outcome and, where it was not simply examined, the reason in words."""
    stopped = _stopped(facts)
    if stopped is not None:
        return stopped
    swallowed = worst_note(facts.notes)
    if swallowed is not None:
        return _softened(swallowed, facts)
    if facts.records > 0:
        return (ModuleOutcome.CHECKED if facts.compared else ModuleOutcome.EXTRACTED), NO_REASON
    if facts.uncountable:
        return ModuleOutcome.DAMAGED, why("module.unaccounted")
    return ModuleOutcome.EMPTY, NO_REASON


def _stopped(facts: Facts) -> tuple[ModuleOutcome, Reason] | None:
    """Return the outcome of a module that an exception ended, or that a recovery brought to its end."""
    if facts.recovered:
        return ModuleOutcome.RECOVERED, text_of(facts.recovered)
    if facts.run_failure is not None:
        return _BY_CAUSE[facts.run_failure.cause], _reason_of(facts.run_failure)
    if facts.check_failure is not None and facts.check_failure.cause is not Cause.NOT_IMPLEMENTED:
        error = facts.check_failure.sentence
        return ModuleOutcome.FAILED, why("module.not_compared", records=facts.records, error=error)
    return None


def _reason_of(failure: Failure) -> Reason:
    match failure.cause:
        case Cause.NOT_FOUND:
            return text_of(failure.text) if failure.text else why("outcome.no_source")
        case Cause.CORRUPTED if failure.text.startswith(_NO_SHELL):
            return why("module.malformed")
        case Cause.CORRUPTED | Cause.ENCRYPTED:
            return why("module.damaged", error=failure.text)
        case Cause.DENIED:
            return why("module.denied", error=failure.text)
        case _:
            return why("module.failed", error=failure.sentence)


def _softened(swallowed: tuple[ModuleOutcome, Reason], facts: Facts) -> tuple[ModuleOutcome, Reason]:
    """A part of a module's sources may be absent while it read others: that is no `no_source`."""
    outcome, reason = swallowed
    if outcome is not ModuleOutcome.NO_SOURCE or facts.records == 0:
        return outcome, reason
    return (ModuleOutcome.CHECKED if facts.compared else ModuleOutcome.EXTRACTED), reason


def worst_note(notes: Sequence[Note]) -> tuple[ModuleOutcome, Reason] | None:
    """Return the worst outcome that log records speak of, with the reason, or None when they speak of none."""
    meanings = [meaning for meaning in map(meaning_of, notes) if meaning is not None]
    if not meanings:
        return None
    worst = min((outcome for outcome, _ in meanings), key=_SEVERITY.index)
    return worst, together(*(reason for outcome, reason in meanings if outcome is worst))


def meaning_of(note: Note) -> tuple[ModuleOutcome, Reason] | None:
    """Return what log records of one template mean for what they are about, None when nothing."""
    if note.template == _NOT_FOUND_IN_WEBKIT and note.exception == "DatabaseNotFoundError":
        return ModuleOutcome.NO_SOURCE, why("mvt.no_webkit")
    outcome, code = TEMPLATES.get(note.template, (_outcome_by_level(note.level), "mvt.error"))
    if outcome is None:
        return None
    reason = why(code)
    if note.count > 1:
        reason = why("mvt.times", what=reason, count=note.count)
    if note.example and outcome is not ModuleOutcome.NO_SOURCE:
        reason = why("mvt.example", what=reason, example=note.example)
    return outcome, reason


def _outcome_by_level(level: int) -> ModuleOutcome | None:
    # MVT's alerts have levels of their own (35, 45, 55, 65), so these two are its errors alone.
    return ModuleOutcome.FAILED if level in {logging.ERROR, logging.CRITICAL} else None
