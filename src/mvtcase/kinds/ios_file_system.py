"""A dump of an iPhone's file system, or of its data partition."""

from __future__ import annotations

from mvtcase.kinds.record import Command, Kind, key_modules, never
from mvtcase.kinds.shared import IOS_ALWAYS, IOS_ENCRYPTED, IOS_TELLING, IOS_TRACES, MVT_RECORDS, ON_IPHONES
from mvtcase.kinds.words import EvidenceKind, Opener, Platform, Trace

IOS_FILE_SYSTEM = Kind(
    name=EvidenceKind.IOS_FILE_SYSTEM,
    words="iOS file system dump",
    looks_for="a folder with private/var/mobile or System/Library/CoreServices",
    platform=Platform.IOS,
    command=Command(platform=Platform.IOS, name="check-fs", part="fs", parts=()),
    opener=Opener.NOTHING,
    named_by_manifest=False,
    links_are_normal=True,
    key_modules=key_modules(
        "fs",
        MVT_RECORDS,
        {"filesystem": "it walks the dump itself", "shutdown_log": "iOS writes shutdown.log at every shutdown"}
        | IOS_ALWAYS
        | IOS_ENCRYPTED,
    ),
    limitations=(never("A file system dump shows the moment it was taken, nothing that ran in memory."),),
    never_whole="",
    compared_types=ON_IPHONES,
    traces=IOS_TRACES
    | dict.fromkeys(("shutdown_log", "netusage", "analytics"), Trace.EXECUTION)
    | dict.fromkeys(
        (
            "cache_files",
            "safari_favicon",
            "webkit_indexeddb",
            "webkit_local_storage",
            "webkit_safari_view_service",
        ),
        Trace.LINK_OPENED,
    )
    | dict.fromkeys(("analytics_ios_versions", "ios_version_history"), Trace.POSTURE)
    | {"filesystem": Trace.PERSISTENCE},
    telling=IOS_TELLING
    | {
        "*/shutdown*.log": Trace.EXECUTION,
        "*/netusage.sqlite": Trace.EXECUTION,
        "*/CurrentPowerlog.PLSQL": Trace.EXECUTION,
        "*.ips": Trace.EXECUTION,
        "*/LaunchDaemons/*.plist": Trace.PERSISTENCE,
    },
)
