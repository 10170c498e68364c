"""Which files a sysdiagnose of which iOS version holds: the table that tells "not on this version" from "missing".

Every pattern of a source is looked for whatever the version is; the version only decides how an absence is judged. The
facts come from the parsers and tests of the EC-DIGIT-CSIRC sysdiagnose framework (iOS 12 to 18), Kaspersky's iShutdown,
public layout notes of an iOS 26.1 archive and MVT's own comments. `verified` is False where no public source names the
version; docs/sysdiagnose.md repeats that.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

OLDEST_KNOWN: Final = 14
"""The first iOS version this table speaks about."""


class State(str, enum.Enum):
    """What became of one source of a sysdiagnose."""

    READ = "read"
    ABSENT_ON_VERSION = "absent_on_version"
    MISSING = "missing"
    DAMAGED = "damaged"
    EMPTY = "empty"

    def __str__(self) -> str:
        return str(self.value)


class Presence(enum.Enum):
    """When a phone has the artefact at all."""

    ALWAYS = "always"
    WHEN_USED = "when_used"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where an artefact lies from one iOS version to another, both included; `last` None means up to the present."""

    first: int
    last: int | None
    patterns: tuple[str, ...]
    verified: bool = True

    def covers(self, version: int) -> bool:
        """Tell whether this layout belongs to a major iOS version."""
        return self.first <= version and (self.last is None or version <= self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One artefact of a sysdiagnose.

    `companions` are files found beside it: where they are, the folder was collected and an absence means "none". An
    artefact that is always there and `may_be_blank` tells something by being blank; another one is damaged then.
    """

    key: str
    title: str
    layouts: tuple[Layout, ...]
    presence: Presence = Presence.ALWAYS
    companions: tuple[str, ...] = ()
    may_be_blank: bool = False
    note: str = ""

    @property
    def patterns(self) -> tuple[str, ...]:
        """Every pattern of every version."""
        return tuple(dict.fromkeys(pattern for layout in self.layouts for pattern in layout.patterns))

    def exists_on(self, version: int) -> bool:
        """Tell whether the artefact exists on a major iOS version at all."""
        return any(layout.covers(version) for layout in self.layouts)


def _since(first: int, *patterns: str, verified: bool = True) -> Layout:
    return Layout(first=first, last=None, patterns=patterns, verified=verified)


def _between(first: int, last: int, *patterns: str, verified: bool = True) -> Layout:
    return Layout(first=first, last=last, patterns=patterns, verified=verified)


SHUTDOWN_LOG: Final = Source(
    key="shutdown_log",
    title="shutdown log",
    layouts=(
        _between(
            OLDEST_KNOWN, 25, "system_logs.logarchive/Extra/shutdown.log", "system_logs.logarchive/Extra/shutdown.*.log"
        ),
        _since(26, "system_logs.logarchive/Extra/shutdown.*.log", "system_logs.logarchive/Extra/shutdown.log"),
    ),
    may_be_blank=True,
    note="iOS 26 writes shutdown.0.log; its first releases were reported to overwrite it at every restart",
)
PS: Final = Source(key="ps", title="process list (ps.txt)", layouts=(_since(OLDEST_KNOWN, "ps.txt"),))
PS_THREAD: Final = Source(
    key="ps_thread",
    title="thread list (ps_thread.txt)",
    layouts=(_since(OLDEST_KNOWN, "ps_thread.txt", verified=False),),
    presence=Presence.WHEN_USED,
)
TASKINFO: Final = Source(
    key="taskinfo", title="task information (taskinfo.txt)", layouts=(_since(OLDEST_KNOWN, "taskinfo.txt"),)
)
SPINDUMP: Final = Source(
    key="spindump",
    title="stack samples (spindump-nosymbols.txt)",
    layouts=(_since(OLDEST_KNOWN, "spindump-nosymbols.txt"),),
    may_be_blank=True,
    note="iOS writes `No samples` into it when sampling failed",
)
JETSAM_TABLE: Final = Source(
    key="jetsam_table",
    title="processes by priority (jetsam_priority.csv)",
    layouts=(_since(OLDEST_KNOWN, "jetsam_priority.csv", verified=False),),
    presence=Presence.WHEN_USED,
    note="the columns are those that the tool prints itself, its names and order differ",
)
TASK_TABLE: Final = Source(
    key="task_table",
    title="summary of tasks (taskSummary.csv)",
    layouts=(_since(OLDEST_KNOWN, "taskSummary.csv", verified=False),),
    presence=Presence.WHEN_USED,
)
RUNNING_BOARD: Final = Source(
    key="running_board",
    title="processes that RunningBoard manages",
    layouts=(_since(OLDEST_KNOWN, "RunningBoard/*", verified=False),),
    presence=Presence.WHEN_USED,
    may_be_blank=True,
)
SHARED_CACHE: Final = Source(
    key="shared_cache",
    title="libraries of shared caches (olddsc)",
    layouts=(_since(OLDEST_KNOWN, "logs/olddsc/*"),),
    presence=Presence.WHEN_USED,
    may_be_blank=True,
)
LOG_STATISTICS: Final = Source(
    key="log_statistics",
    title="programs that wrote most of the log, by rotation (logdata.statistics.jsonl)",
    layouts=(_since(16, "system_logs.logarchive/Extra/logdata.statistics.*.jsonl"),),
    presence=Presence.WHEN_USED,
    note="since iOS 16.4",
)
LOG_STATISTICS_TEXT: Final = Source(
    key="log_statistics_text",
    title="programs that wrote most of the log, by rotation (logdata.statistics.txt)",
    layouts=(_since(OLDEST_KNOWN, "system_logs.logarchive/Extra/logdata.statistics.*.txt"),),
    presence=Presence.WHEN_USED,
)
BINARY_LOCATIONS: Final = Source(
    key="binary_locations",
    title="known binaries (tailspindb)",
    layouts=(_since(OLDEST_KNOWN, "logs/tailspindb/UUIDToBinaryLocations", verified=False),),
    presence=Presence.WHEN_USED,
)
CRASHES: Final = Source(
    key="crashes",
    title="crash, jetsam and stack reports (.ips)",
    # Mostly in crashes_and_spins; some services keep theirs in folders of their own.
    layouts=(_since(OLDEST_KNOWN, "*.ips", "*.ips.synced", "*.ips.beta", "*.ips.ca.synced"),),
    presence=Presence.WHEN_USED,
    companions=("crashes_and_spins/*", "summaries/crashes_and_spins.log"),
    note="up to iOS 14 the report is text below one JSON line, from iOS 15 on it is JSON",
)
CRASH_SUMMARY: Final = Source(
    key="crash_summary",
    title="list of crash reports",
    layouts=(_since(OLDEST_KNOWN, "summaries/crashes_and_spins.log", verified=False),),
    presence=Presence.WHEN_USED,
)
PROFILES: Final = Source(
    key="profiles",
    title="installed configuration profiles",
    layouts=(_since(OLDEST_KNOWN, "logs/MCState/Shared/profile-*.stub", "logs/MCState/User/profile-*.stub"),),
    presence=Presence.WHEN_USED,
    companions=("logs/MCState/*/*",),
)
PROFILE_EVENTS: Final = Source(
    key="profile_events",
    title="events of managed settings",
    layouts=(_since(OLDEST_KNOWN, "logs/MCState/Shared/MCSettingsEvents.plist", verified=False),),
    presence=Presence.WHEN_USED,
    companions=("logs/MCState/*/*",),
)
ACTIVATION: Final = Source(
    key="activation",
    title="mobile activation log",
    layouts=(_since(OLDEST_KNOWN, "logs/MobileActivation/mobileactivationd.log*"),),
)
PAIRINGS: Final = Source(
    key="pairings",
    title="log of lockdownd: computers that asked the phone",
    layouts=(_since(OLDEST_KNOWN, "logs/MobileLockdown/lockdownd.log*"),),
    presence=Presence.WHEN_USED,
)
PERMISSIONS: Final = Source(
    key="permissions",
    title="permissions of apps (TCC.db)",
    layouts=(_since(OLDEST_KNOWN, "logs/Accessibility/TCC.db"),),
    presence=Presence.WHEN_USED,
)
INSTALLATION: Final = Source(
    key="installation",
    title="mobile installation log",
    layouts=(_since(OLDEST_KNOWN, "logs/MobileInstallation/mobile_installation.log*"),),
)
CONTAINERS: Final = Source(
    key="containers",
    title="container manager log",
    layouts=(_since(OLDEST_KNOWN, "logs/MobileContainerManager/containermanagerd.log*", verified=False),),
    presence=Presence.WHEN_USED,
)
APP_STORE: Final = Source(
    key="app_store",
    title="App Store database",
    layouts=(_between(OLDEST_KNOWN, 18, "logs/appinstallation/appstored.sqlitedb", verified=False),),
    presence=Presence.WHEN_USED,
    note="MVT's authors say that newer iOS versions no longer include it, without naming one",
)
APP_UPDATES: Final = Source(
    key="app_updates",
    title="App Store updates database",
    layouts=(_between(12, 12, "logs/appinstallation/AppUpdates.sqlitedb"),),
    presence=Presence.WHEN_USED,
)
POWERLOG: Final = Source(
    key="powerlog",
    title="network usage and processes in the power log",
    layouts=(
        _since(
            OLDEST_KNOWN,
            "logs/powerlogs/*.PLSQL",
            "logs/powerlogs/*.PLSQL.gz",
            "logs/powerlogs/*/*.PLSQL.gz",
            verified=False,
        ),
    ),
)
NETWORK_EXTENSIONS: Final = Source(
    key="network_extensions",
    title="VPN, filter and DNS configurations",
    layouts=(_since(OLDEST_KNOWN, "logs/Networking/com.apple.networkextension*.plist", verified=False),),
    presence=Presence.WHEN_USED,
)
ASSOCIATED_DOMAINS: Final = Source(
    key="associated_domains",
    title="domains associated with apps (swcutil_show.txt)",
    layouts=(_since(OLDEST_KNOWN, "swcutil_show.txt"),),
    presence=Presence.WHEN_USED,
)
DATA_USAGE: Final = Source(
    key="data_usage",
    title="network usage databases of backups and file systems",
    layouts=(Layout(first=0, last=0, patterns=("DataUsage.sqlite", "netusage.sqlite")),),
    presence=Presence.WHEN_USED,
    note="no version is known to put it into a sysdiagnose; it is read where somebody added it",
)

SOURCES: Final = (
    SHUTDOWN_LOG,
    PS,
    PS_THREAD,
    TASKINFO,
    SPINDUMP,
    JETSAM_TABLE,
    TASK_TABLE,
    RUNNING_BOARD,
    SHARED_CACHE,
    LOG_STATISTICS,
    LOG_STATISTICS_TEXT,
    BINARY_LOCATIONS,
    CRASHES,
    CRASH_SUMMARY,
    PROFILES,
    PROFILE_EVENTS,
    ACTIVATION,
    PAIRINGS,
    PERMISSIONS,
    INSTALLATION,
    CONTAINERS,
    APP_STORE,
    APP_UPDATES,
    POWERLOG,
    NETWORK_EXTENSIONS,
    ASSOCIATED_DOMAINS,
    DATA_USAGE,
)


def judge_absence(source: Source, *, version: int | None, has_companions: bool) -> tuple[State, str]:
    """Return the state and reason of a source of which no file was found."""
    if version is not None and not source.exists_on(version):
        reason = f"a sysdiagnose of iOS {version} does not hold it"
        return State.ABSENT_ON_VERSION, f"{reason} ({source.note})" if source.note else reason
    if has_companions:
        return State.EMPTY, "its folder was collected and holds none"
    if version is None:
        return State.MISSING, "no such file, and the iOS version could not be determined"
    if source.presence is Presence.WHEN_USED:
        return State.MISSING, f"no such file; not every sysdiagnose of iOS {version} has one"
    return State.MISSING, f"no such file, though a sysdiagnose of iOS {version} normally has one"
