"""A bug report of an Android phone."""

from __future__ import annotations

from mvtcase.kinds.record import Command, Kind, key_modules, never
from mvtcase.kinds.shared import BUGREPORT_ALWAYS, BUGREPORT_TRACES, MVT_MODULES, ON_ANDROID
from mvtcase.kinds.words import EvidenceKind, Opener, Platform, Trace

BUGREPORT = Kind(
    name=EvidenceKind.BUGREPORT,
    words="Android bug report",
    looks_for="a folder or zip with main_entry.txt, dumpState_*.log, bugreport-*.txt, or a zip holding such a zip",
    platform=Platform.ANDROID,
    command=Command(platform=Platform.ANDROID, name="check-bugreport", part="bugreport", parts=()),
    opener=Opener.NOTHING,
    named_by_manifest=False,
    links_are_normal=False,
    key_modules=key_modules("bugreport", MVT_MODULES, BUGREPORT_ALWAYS),
    limitations=(never("A bugreport carries no messages, no browsing history and no app data."),),
    never_whole="",
    compared_types=ON_ANDROID,
    traces=BUGREPORT_TRACES,
    telling={
        "*bugreport-*.txt": Trace.APP,
        "*dumpState_*.log": Trace.APP,
        "*dumpstate*.txt": Trace.APP,
        "*dumpsys.txt": Trace.APP,
        "*tombstone*": Trace.EXECUTION,
    },
)
