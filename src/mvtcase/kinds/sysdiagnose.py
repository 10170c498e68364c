"""A sysdiagnose of an iPhone: logs and lists that iOS collects for Apple."""

from __future__ import annotations

from dataclasses import replace

from mvtcase.kinds.record import Command, Kind, key_modules, never
from mvtcase.kinds.shared import ON_IPHONES
from mvtcase.kinds.words import EvidenceKind, Opener, Platform, Trace

_PLUGIN = "mvt_plugin_sysdiagnose"
(_CRASHES,) = key_modules(
    "sysdiagnose", _PLUGIN, {"sysdiagnose_crashes": "a sysdiagnose carries the crash and analytics logs"}
)

SYSDIAGNOSE = Kind(
    name=EvidenceKind.SYSDIAGNOSE,
    words="iOS sysdiagnose",
    looks_for="a tar.gz or folder with sysdiagnose.log, remotectl_dumpstate.txt, system_logs.logarchive …",
    platform=Platform.IOS,
    command=Command(platform=Platform.IOS, name="check-sysdiagnose", part="sysdiagnose", parts=()),
    opener=Opener.NOTHING,
    named_by_manifest=False,
    links_are_normal=False,
    key_modules=(
        *key_modules(
            "sysdiagnose",
            _PLUGIN,
            {
                "sysdiagnose_shutdown_log": "iOS writes shutdown.log at every shutdown",
                "sysdiagnose_processes": "a sysdiagnose lists the running processes in ps.txt",
            },
        ),
        replace(_CRASHES, may_be_empty=True),
    ),
    limitations=(
        never("A sysdiagnose carries no messages, no browsing history and no app data."),
        never("Its logs reach back days to weeks, its process list shows one moment."),
    ),
    never_whole="",
    compared_types=ON_IPHONES - {"emails"},
    traces={
        "sysdiagnose_shutdown_log": Trace.EXECUTION,
        "sysdiagnose_processes": Trace.EXECUTION,
        "sysdiagnose_log_statistics": Trace.EXECUTION,
        "sysdiagnose_crashes": Trace.EXECUTION,
        "sysdiagnose_network_usage": Trace.EXECUTION,
        "sysdiagnose_profiles": Trace.PROFILE,
        "sysdiagnose_installations": Trace.APP,
        "sysdiagnose_activation": Trace.POSTURE,
        "sysdiagnose_info": Trace.POSTURE,
    },
    telling={
        "*ps.txt": Trace.EXECUTION,
        "*ps_thread.txt": Trace.EXECUTION,
        "*taskinfo.txt": Trace.EXECUTION,
        "*spindump-nosymbols.txt": Trace.EXECUTION,
        "*/shutdown*.log": Trace.EXECUTION,
        "*/logdata.statistics.*": Trace.EXECUTION,
        "*jetsam_priority.csv": Trace.EXECUTION,
        "*taskSummary.csv": Trace.EXECUTION,
        "*/RunningBoard/*": Trace.EXECUTION,
        "*.ips": Trace.EXECUTION,
        "*/powerlog_*": Trace.EXECUTION,
        "*.tracev3": Trace.EXECUTION,
        "*/MCState/*": Trace.PROFILE,
        "*/MobileInstallation/*.log*": Trace.APP,
        "*/Accessibility/TCC.db": Trace.APP,
        "*security-sysdiagnose.txt": Trace.ACCOUNT,
        "*transparency.log": Trace.ACCOUNT,
    },
)
