"""What a scan examined and what it did not: one table of key modules, one of limitations, one pure function.

A *key* module is one that every real phone feeds, so that its absence is a hole in the examination and no property
of the phone. Availability by kind of backup: MVT's documentation, `docs/ios/records.md` ("Availability"), and Apple's
"About encrypted backups on your iPhone, iPad, or iPod touch".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.model import Completeness, EvidenceKind, Gap, ModuleOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mvtcase.model import ModuleRun


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyModule:
    """A module that must have been examined; `reason` says why every phone feeds it, `source` where that is known from.

    `may_be_empty` is True where a healthy phone can give no record at all and nothing else tells that from a loss.
    `stand_in` is another module of the part that reads the same content from another file: one of the two is enough.
    """

    part: str
    slug: str
    reason: str
    source: str
    may_be_empty: bool = False
    stand_in: str = ""


_RECORDS = "MVT docs/ios/records.md"
_APPLE = "Apple, About encrypted backups"
_MODULES = "MVT 2026.10.26, what the module reads"


def _rows(part: str, source: str, reasons: Mapping[str, str]) -> tuple[KeyModule, ...]:
    return tuple(KeyModule(part=part, slug=slug, reason=reason, source=source) for slug, reason in reasons.items())


_IOS_ALWAYS = {
    "sms": "the Messages app cannot be removed and keeps sms.db from the first start",
    "sms_attachments": "the attachments stand in the same sms.db",
    "datausage": "iOS counts the mobile data of every process in DataUsage.sqlite",
    "tcc": "iOS records the permissions of apps in TCC.db",
    "os_analytics_ad_daily": "iOS keeps daily counters of processes in this property list",
}
_IOS_ENCRYPTED = {
    "safari_history": "Safari cannot be removed and keeps History.db",
    "interaction_c": "iOS records interactions with people in interactionC.db",
    "calls": "iOS keeps the list of calls, also of those over apps",
}
_BACKUP_ALWAYS = {
    "manifest": "Manifest.db lists every file of a backup",
    "backup_info": "Info.plist describes every backup",
    "applications": "Info.plist lists the installed apps",
}
_ITUNES = _rows("backup", _RECORDS, _BACKUP_ALWAYS | _IOS_ALWAYS)
_ITUNES_ENCRYPTED = _ITUNES + _rows("backup", f"{_RECORDS}; {_APPLE}", _IOS_ENCRYPTED)
_IOS_FS = _rows(
    "fs",
    _RECORDS,
    {"filesystem": "it walks the dump itself", "shutdown_log": "iOS writes shutdown.log at every shutdown"}
    | _IOS_ALWAYS
    | _IOS_ENCRYPTED,
)
_SYSDIAGNOSE = (
    *_rows(
        "sysdiagnose",
        "mvt_plugin_sysdiagnose",
        {
            "sysdiagnose_shutdown_log": "iOS writes shutdown.log at every shutdown",
            "sysdiagnose_processes": "a sysdiagnose lists the running processes in ps.txt",
        },
    ),
    KeyModule(
        part="sysdiagnose",
        slug="sysdiagnose_crashes",
        reason="a sysdiagnose carries the crash and analytics logs",
        source="mvt_plugin_sysdiagnose",
        may_be_empty=True,
    ),
)
_BUGREPORT = _rows(
    "bugreport",
    _MODULES,
    {
        "dumpsys_packages": "every dumpstate describes the installed packages",
        "dumpsys_activities": "every package with a face declares activities",
        "dumpsys_receivers": "system packages declare receivers",
        "dumpsys_appops": "App-Ops keeps a record for every package",
        "dumpsys_accessibility": "the accessibility service answers on every phone",
    },
)
_AB = _rows("backup", _MODULES, {"sms": "the telephony provider's messages are what MVT reads of a backup"})
_INTRUSION_LOGS = _rows(
    "intrusion_logs",
    _MODULES,
    {
        "dns_event": "every phone with a network resolves names",
        "connect_event": "every phone with a network opens connections",
        "security_event": "Android records process starts and unlocks",
    },
)
_ANDROIDQF = (
    *_rows(
        "androidqf",
        _MODULES,
        {
            "aqf_packages": "AndroidQF lists the installed packages",
            "aqf_get_prop": "AndroidQF stores the system properties",
            "aqf_settings": "AndroidQF stores the settings",
            "aqf_files": "AndroidQF lists the files of the phone",
        },
    ),
    KeyModule(
        part="androidqf",
        slug="aqf_processes",
        reason="AndroidQF lists the running processes, once in ps.txt, nowadays in processes.txt",
        source="androidqf modules/processes.go; MVT 2026.10.26 reads ps.txt only, mvt_plugin_androidqf the other",
        stand_in="aqf_collected_processes",
    ),
    *_BUGREPORT,
    *_AB,
)
_ANDROID_FS = _rows(
    "line_fs", "mvt_plugin_line", {"line_android_fs": "LINE is what this program reads of an Android file system"}
)

KEY_MODULES: Mapping[tuple[EvidenceKind, bool], tuple[KeyModule, ...]] = {
    (EvidenceKind.IOS_BACKUP, False): _ITUNES,
    (EvidenceKind.IOS_BACKUP, True): _ITUNES_ENCRYPTED,
    (EvidenceKind.IOS_BACKUP_ENCRYPTED, False): _ITUNES_ENCRYPTED,
    (EvidenceKind.IOS_BACKUP_ENCRYPTED, True): _ITUNES_ENCRYPTED,
    **{
        (kind, encrypted): rows
        for kind, rows in (
            (EvidenceKind.IOS_FILE_SYSTEM, _IOS_FS),
            (EvidenceKind.SYSDIAGNOSE, _SYSDIAGNOSE),
            (EvidenceKind.ANDROIDQF, _ANDROIDQF),
            (EvidenceKind.ANDROIDQF_AGE, _ANDROIDQF),
            (EvidenceKind.BUGREPORT, _BUGREPORT),
            (EvidenceKind.ANDROID_BACKUP, _AB),
            (EvidenceKind.INTRUSION_LOGS, _INTRUSION_LOGS),
            (EvidenceKind.ANDROID_FILE_SYSTEM, _ANDROID_FS),
        )
        for encrypted in (False, True)
    },
}
"""The key modules by kind of evidence and, for iTunes backups, by whether the backup was encrypted."""

_ITUNES_NEVER = "An iTunes backup carries no system logs, no shutdown log, no caches and no list of running processes."
LIMITATIONS: Mapping[tuple[EvidenceKind, bool], tuple[str, ...]] = {
    (EvidenceKind.IOS_BACKUP, False): (
        _ITUNES_NEVER,
        "An unencrypted iTunes backup carries no Safari history or tabs, no calls, no interactions and no health data.",
    ),
    (EvidenceKind.IOS_BACKUP, True): (_ITUNES_NEVER,),
    (EvidenceKind.IOS_BACKUP_ENCRYPTED, False): (_ITUNES_NEVER,),
    (EvidenceKind.IOS_BACKUP_ENCRYPTED, True): (_ITUNES_NEVER,),
    **{
        (kind, encrypted): texts
        for kind, texts in (
            (
                EvidenceKind.IOS_FILE_SYSTEM,
                ("A file system dump shows the moment it was taken, nothing that ran in memory.",),
            ),
            (
                EvidenceKind.SYSDIAGNOSE,
                (
                    "A sysdiagnose carries no messages, no browsing history and no app data.",
                    "Its logs reach back days to weeks, its process list shows one moment.",
                ),
            ),
            (
                EvidenceKind.ANDROIDQF,
                ("AndroidQF carries no app data but SMS and MMS, no browsing history and no contents of files.",),
            ),
            (
                EvidenceKind.ANDROIDQF_AGE,
                ("AndroidQF carries no app data but SMS and MMS, no browsing history and no contents of files.",),
            ),
            (EvidenceKind.BUGREPORT, ("A bugreport carries no messages, no browsing history and no app data.",)),
            (EvidenceKind.ANDROID_BACKUP, ("MVT reads SMS and MMS of an Android backup, no other app.",)),
            (
                EvidenceKind.INTRUSION_LOGS,
                ("Intrusion logs carry network and security events of the days they cover, no messages and no files.",),
            ),
            (EvidenceKind.ANDROID_FILE_SYSTEM, ("Of an Android file system only the LINE data is parsed.",)),
        )
        for encrypted in (False, True)
    },
}
"""What a kind of evidence never carries, for every report."""

_FILES = frozenset({"file_names", "file_paths"})
_LINKS = frozenset({"domains", "urls"})
_HASHES = frozenset({"files_md5", "files_sha1", "files_sha256"})
_ON_IPHONES = _FILES | _LINKS | {"emails", "processes", "app_ids", "ios_profile_ids"}
_ON_ANDROID = _FILES | {"app_ids", "processes", "android_property_names"}
COMPARED_TYPES: Mapping[EvidenceKind, frozenset[str]] = {
    EvidenceKind.IOS_BACKUP: _ON_IPHONES,
    EvidenceKind.IOS_BACKUP_ENCRYPTED: _ON_IPHONES,
    EvidenceKind.IOS_FILE_SYSTEM: _ON_IPHONES,
    EvidenceKind.SYSDIAGNOSE: _ON_IPHONES - {"emails"},
    EvidenceKind.ANDROIDQF: _ON_ANDROID | _LINKS | _HASHES | {"app_cert_hashes"},
    EvidenceKind.ANDROIDQF_AGE: _ON_ANDROID | _LINKS | _HASHES | {"app_cert_hashes"},
    EvidenceKind.BUGREPORT: _ON_ANDROID,
    EvidenceKind.ANDROID_BACKUP: _LINKS,
    EvidenceKind.INTRUSION_LOGS: _FILES | _LINKS | _HASHES | {"app_ids", "processes", "app_cert_hashes"},
    EvidenceKind.ANDROID_FILE_SYSTEM: _LINKS,
}
"""The types of indicators, as MVT names them, that some module compares in each kind of evidence."""

NEVER_WHOLE: Mapping[EvidenceKind, str] = {
    EvidenceKind.ANDROID_FILE_SYSTEM: (
        "neither MVT nor this program parses apps, processes or settings of an Android file system; take an AndroidQF "
        "acquisition too"
    ),
}
"""Kinds whose content should be examined and which nothing here examines but in part: they are never full."""

GAP_OUTCOMES = frozenset(
    {
        ModuleOutcome.FAILED,
        ModuleOutcome.DAMAGED,
        ModuleOutcome.TIMED_OUT,
        ModuleOutcome.DENIED,
        ModuleOutcome.RECOVERED,
        ModuleOutcome.NOT_RUN,
    }
)
"""Outcomes that are a gap on any module that was to run."""

_DEFAULT_REASONS = {
    ModuleOutcome.NO_SOURCE: "the source is not in this acquisition",
    ModuleOutcome.EMPTY: "no record was read, and nothing tells an empty source from a lost one",
    ModuleOutcome.NOT_RUN: "the module did not run",
    ModuleOutcome.FAILED: "the module failed",
    ModuleOutcome.DAMAGED: "the source is damaged",
    ModuleOutcome.DENIED: "the source could not be read",
    ModuleOutcome.TIMED_OUT: "the module did not end in its time",
    ModuleOutcome.RECOVERED: "the source is damaged; what could be recovered was examined",
}


def key_modules(kind: EvidenceKind, *, encrypted: bool) -> tuple[KeyModule, ...]:
    """Return the modules that must have been examined in evidence of this kind."""
    return KEY_MODULES[kind, encrypted]


def limitations_of(kind: EvidenceKind, *, encrypted: bool) -> tuple[str, ...]:
    """Return sentences on what this kind of evidence never carries."""
    return LIMITATIONS[kind, encrypted]


def uncompared(kind: EvidenceKind, counts: Mapping[str, int]) -> Gap | None:
    """Return the gap of a scan whose sets hold no indicator of any type that this kind of evidence is compared with.

    `counts` are the loaded indicators by type. Thousands of Android app ids say nothing of an iPhone.
    """
    compared = COMPARED_TYPES[kind]
    if any(counts.get(name, 0) for name in compared):
        return None
    held = ", ".join(sorted(name for name, count in counts.items() if count)) or "none"
    reason = f"the sets hold no indicator of a type that this kind of evidence is compared with (they hold: {held})"
    return Gap(module="indicators", outcome=ModuleOutcome.NOT_RUN, reason=reason)


def assess(
    *,
    kind: EvidenceKind,
    encrypted: bool,
    finished: bool,
    indicators_loaded: int,
    modules: Sequence[ModuleRun],
    extra_gaps: Sequence[Gap] = (),
) -> tuple[Completeness, tuple[Gap, ...], tuple[str, ...]]:
    """Return how complete a scan was, its gaps and its limitations (DESIGN §5).

    `extra_gaps` are those that no module run stands for: of the pre-flight, of nested commands, of the sweep.
    """
    keys = key_modules(kind, encrypted=encrypted)
    runs = {(run.part, run.slug): run for run in modules}
    required = {(row.part, row.slug): row for row in keys if not _is_stood_in_for(row, runs)}
    gaps = [gap for run in modules if (gap := _gap_of(run, required.get((run.part, run.slug)))) is not None]
    # A part that is missing as a whole is one gap, not one for each of its modules.
    whole = {gap.module for gap in extra_gaps}
    gaps += [_absent(row) for key, row in required.items() if key not in runs and row.part not in whole]
    gaps += [gap for gap in extra_gaps if gap not in gaps]
    if kind in NEVER_WHOLE:
        gaps.append(Gap(module="file system", outcome=ModuleOutcome.NOT_RUN, reason=NEVER_WHOLE[kind]))
    if indicators_loaded == 0:
        gaps.append(Gap(module="indicators", outcome=ModuleOutcome.NOT_RUN, reason="no indicator was loaded"))
    seen = len(required) < len(keys)  # a stand-in was examined
    seen = seen or any(is_examined(runs[key], row) for key, row in required.items() if key in runs)
    if not finished or indicators_loaded == 0 or not seen:
        return Completeness.BLIND, tuple(gaps), limitations_of(kind, encrypted=encrypted)
    completeness = Completeness.PARTIAL if gaps else Completeness.FULL
    return completeness, tuple(gaps), limitations_of(kind, encrypted=encrypted)


def is_examined(run: ModuleRun, row: KeyModule | None = None) -> bool:
    """Return whether a module run examined its source: an empty one only where the source is known to be empty."""
    if run.outcome in {ModuleOutcome.CHECKED, ModuleOutcome.EXTRACTED}:
        return True
    if run.outcome is ModuleOutcome.EMPTY:
        return run.source_rows == 0 or (row is not None and row.may_be_empty and run.source_rows is None)
    return False


def _is_stood_in_for(row: KeyModule, runs: Mapping[tuple[str, str], ModuleRun]) -> bool:
    """Return whether a key module's source is not there and another module examined the same content elsewhere."""
    own, other = runs.get((row.part, row.slug)), runs.get((row.part, row.stand_in))
    absent = own is None or own.outcome in {ModuleOutcome.EMPTY, ModuleOutcome.NO_SOURCE}
    return absent and other is not None and is_examined(other)


def _gap_of(run: ModuleRun, row: KeyModule | None) -> Gap | None:
    """Return the gap that a module run is, if it is one."""
    missing = (run.source_rows or 0) - (run.records or 0)
    if run.outcome in {ModuleOutcome.CHECKED, ModuleOutcome.EXTRACTED, ModuleOutcome.EMPTY} and missing > 0:
        counted = f"{run.source_rows} records in the source, {run.records or 0} examined"
        return Gap(module=run.module, outcome=run.outcome, reason=counted)
    is_gap = run.outcome in GAP_OUTCOMES or (row is not None and not is_examined(run, row))
    if not is_gap:
        return None
    return Gap(module=run.module, outcome=run.outcome, reason=run.reason or _DEFAULT_REASONS.get(run.outcome, ""))


def _absent(row: KeyModule) -> Gap:
    reason = f"the module did not run, although {row.reason}"
    return Gap(module=row.slug, outcome=ModuleOutcome.NOT_RUN, reason=reason)
