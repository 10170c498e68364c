"""The modules, one per kind of trace, each with its own slug and thus its own results file and coverage line."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from . import layouts
from .base import Reading, SysdiagnoseModule
from .leads import Lead, profile_leads, shutdown_leads
from .parsers.crash_reports import parse_crash_report, parse_crash_summary
from .parsers.databases import parse_database, parse_permissions
from .parsers.log_statistics import parse_statistics_lines, parse_statistics_text
from .parsers.process_lists import (
    parse_binary_locations,
    parse_ps,
    parse_ps_thread,
    parse_spindump,
    parse_taskinfo,
)
from .parsers.process_tables import parse_process_table, parse_running_board, parse_shared_cache
from .parsers.profiles import parse_associated_domains, parse_network_extensions, parse_profile, parse_profile_events
from .parsers.service_logs import parse_service_log
from .parsers.shutdown import parse_shutdown_log
from .shelf import MAX_DATABASE_BYTES, MAX_PLIST_BYTES, MAX_REPORT_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable


class SysdiagnoseShutdownLog(SysdiagnoseModule):
    """Processes that were still alive when the phone was shut down, per restart, from every rotation of the log."""

    slug = "sysdiagnose_shutdown_log"
    readings: ClassVar[tuple[Reading, ...]] = (Reading(source=layouts.SHUTDOWN_LOG, parser=parse_shutdown_log),)

    def leads(self) -> Iterable[Lead]:
        """Return the anomalies of the log itself."""
        return shutdown_leads(self.results)


class SysdiagnoseProcesses(SysdiagnoseModule):
    """Processes that ran while the sysdiagnose was made, and the binaries that tailspin knows."""

    slug = "sysdiagnose_processes"
    readings: ClassVar[tuple[Reading, ...]] = (
        Reading(source=layouts.PS, parser=parse_ps),
        Reading(source=layouts.PS_THREAD, parser=parse_ps_thread),
        Reading(source=layouts.TASKINFO, parser=parse_taskinfo),
        Reading(source=layouts.SPINDUMP, parser=parse_spindump),
        Reading(source=layouts.JETSAM_TABLE, parser=parse_process_table),
        Reading(source=layouts.TASK_TABLE, parser=parse_process_table),
        Reading(source=layouts.RUNNING_BOARD, parser=parse_running_board),
        Reading(source=layouts.SHARED_CACHE, parser=parse_shared_cache, limit=MAX_PLIST_BYTES),
        Reading(source=layouts.BINARY_LOCATIONS, parser=parse_binary_locations, limit=MAX_PLIST_BYTES),
    )


class SysdiagnoseLogStatistics(SysdiagnoseModule):
    """Programs that wrote most of the unified log, by rotation: weeks of what ran, where lists show one moment."""

    slug = "sysdiagnose_log_statistics"
    readings: ClassVar[tuple[Reading, ...]] = (
        Reading(source=layouts.LOG_STATISTICS, parser=parse_statistics_lines),
        Reading(source=layouts.LOG_STATISTICS_TEXT, parser=parse_statistics_text),
    )


class SysdiagnoseCrashes(SysdiagnoseModule):
    """Processes in crash, jetsam and stack reports."""

    slug = "sysdiagnose_crashes"
    readings: ClassVar[tuple[Reading, ...]] = (
        Reading(source=layouts.CRASHES, parser=parse_crash_report, limit=MAX_REPORT_BYTES),
        Reading(source=layouts.CRASH_SUMMARY, parser=parse_crash_summary),
    )


class SysdiagnoseProfiles(SysdiagnoseModule):
    """Installed configuration profiles and the settings they manage."""

    slug = "sysdiagnose_profiles"
    readings: ClassVar[tuple[Reading, ...]] = (
        Reading(source=layouts.PROFILES, parser=parse_profile, limit=MAX_PLIST_BYTES),
        Reading(source=layouts.PROFILE_EVENTS, parser=parse_profile_events, limit=MAX_PLIST_BYTES),
    )

    def leads(self) -> Iterable[Lead]:
        """Return what the installed profiles let somebody do."""
        return profile_leads(self.results)


class SysdiagnoseActivation(SysdiagnoseModule):
    """Addresses, paths and requesting processes in the logs of activation and of lockdownd."""

    slug = "sysdiagnose_activation"
    readings: ClassVar[tuple[Reading, ...]] = (
        Reading(source=layouts.ACTIVATION, parser=parse_service_log),
        Reading(source=layouts.PAIRINGS, parser=parse_service_log),
    )


class SysdiagnoseInstallations(SysdiagnoseModule):
    """Apps that were installed, updated or removed, who asked for it, and what apps are allowed to do."""

    slug = "sysdiagnose_installations"
    readings: ClassVar[tuple[Reading, ...]] = (
        Reading(source=layouts.INSTALLATION, parser=parse_service_log),
        Reading(source=layouts.CONTAINERS, parser=parse_service_log),
        Reading(source=layouts.PERMISSIONS, parser=parse_permissions, limit=MAX_DATABASE_BYTES),
        Reading(source=layouts.APP_STORE, parser=parse_database, limit=MAX_DATABASE_BYTES),
        Reading(source=layouts.APP_UPDATES, parser=parse_database, limit=MAX_DATABASE_BYTES),
    )


class SysdiagnoseNetworkUsage(SysdiagnoseModule):
    """Processes and bundles that used the network or power, and where the network settings lead."""

    slug = "sysdiagnose_network_usage"
    readings: ClassVar[tuple[Reading, ...]] = (
        Reading(source=layouts.POWERLOG, parser=parse_database, limit=MAX_DATABASE_BYTES),
        Reading(source=layouts.NETWORK_EXTENSIONS, parser=parse_network_extensions, limit=MAX_PLIST_BYTES),
        Reading(source=layouts.ASSOCIATED_DOMAINS, parser=parse_associated_domains),
        Reading(source=layouts.DATA_USAGE, parser=parse_database, limit=MAX_DATABASE_BYTES),
    )


MODULES: list[type[SysdiagnoseModule]] = [
    SysdiagnoseShutdownLog,
    SysdiagnoseProcesses,
    SysdiagnoseLogStatistics,
    SysdiagnoseCrashes,
    SysdiagnoseProfiles,
    SysdiagnoseActivation,
    SysdiagnoseInstallations,
    SysdiagnoseNetworkUsage,
]
