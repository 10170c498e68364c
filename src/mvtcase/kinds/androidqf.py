"""An acquisition by AndroidQF, plain or encrypted with age."""

from __future__ import annotations

from dataclasses import replace

from mvtcase.kinds.record import Command, KeyModule, Kind, key_modules, never
from mvtcase.kinds.shared import (
    AB_ALWAYS,
    BUGREPORT_ALWAYS,
    BUGREPORT_TRACES,
    HASHES,
    INTRUSION_LOG_TRACES,
    LINKS,
    MVT_MODULES,
    ON_ANDROID,
)
from mvtcase.kinds.words import EvidenceKind, Opener, Platform, Trace

ANDROIDQF = Kind(
    name=EvidenceKind.ANDROIDQF,
    words="AndroidQF collection",
    looks_for="a folder or zip with acquisition.json, packages.json, getprop.txt, root_binaries.json …",
    platform=Platform.ANDROID,
    command=Command(
        platform=Platform.ANDROID,
        name="check-androidqf",
        part="androidqf",
        parts=("bugreport", "backup", "intrusion_logs"),
    ),
    opener=Opener.PASSWORD_IF_ENCRYPTED,
    named_by_manifest=False,
    links_are_normal=False,
    key_modules=(
        *key_modules(
            "androidqf",
            MVT_MODULES,
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
            reason="AndroidQF lists the running processes: ps.txt, later processes.txt, now processes.json",
            source="androidqf modules/processes.go; MVT 2026.10.26 reads ps.txt only, mvt_plugin_androidqf the other",
            may_be_empty=False,
            stand_in="aqf_collected_processes",
        ),
        *key_modules("bugreport", MVT_MODULES, BUGREPORT_ALWAYS),
        *key_modules("backup", MVT_MODULES, AB_ALWAYS),
    ),
    limitations=(
        never("AndroidQF carries no app data but SMS and MMS, and no contents of files."),
        never("AndroidQF carries a browsing history of rooted phones only.", "aqf_browser_history"),
    ),
    never_whole="",
    compared_types=ON_ANDROID | LINKS | HASHES | {"app_cert_hashes"},
    traces=BUGREPORT_TRACES
    | INTRUSION_LOG_TRACES
    | {
        "aqf_processes": Trace.EXECUTION,
        "aqf_collected_processes": Trace.EXECUTION,
        "aqf_browser_history": Trace.LINK_OPENED,
        "aqf_packages": Trace.APP,
        "aqf_copied_apps": Trace.APP,
        "aqf_files": Trace.PERSISTENCE,
        "aqf_log_timestamps": Trace.PERSISTENCE,
        "root_binaries": Trace.PERSISTENCE,
        "aqf_get_prop": Trace.POSTURE,
        "aqf_settings": Trace.POSTURE,
        "sms": Trace.MESSAGE,
        "line_androidqf": Trace.MESSAGE,
    },
    telling={
        "*ps.txt": Trace.EXECUTION,
        "*processes.txt": Trace.EXECUTION,
        "*processes.json": Trace.EXECUTION,
        "*tombstone*": Trace.EXECUTION,
        "*logcat*.txt": Trace.EXECUTION,
        "*services.txt": Trace.APP,
        "*/init_scripts/*": Trace.PERSISTENCE,
        "*/magisk_modules/*.json": Trace.PERSISTENCE,
        "*packages.json": Trace.APP,
        "*dumpsys.txt": Trace.APP,
        "*bugreport.zip": Trace.APP,
        "*files.json": Trace.PERSISTENCE,
        "*root_binaries.json": Trace.PERSISTENCE,
        "*mounts.json": Trace.PERSISTENCE,
        "*getprop.txt": Trace.POSTURE,
        "*settings_*.txt": Trace.POSTURE,
        "*env.txt": Trace.POSTURE,
        "*selinux.txt": Trace.POSTURE,
        "*backup.ab": Trace.MESSAGE,
        "*/browser_history/*": Trace.LINK_OPENED,
        "*/intrusion_logs/*": Trace.LINK_OPENED,
    },
)

ANDROIDQF_AGE = replace(
    ANDROIDQF,
    name=EvidenceKind.ANDROIDQF_AGE,
    words="AndroidQF collection, encrypted",
    looks_for="a file starting with 'age-encryption.org', or named .age",
    opener=Opener.AGE_IDENTITY,
)
"""The same acquisition in one file that AndroidQF encrypted with age."""
