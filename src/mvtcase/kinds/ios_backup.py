"""An iTunes or Finder backup of an iPhone or iPad, encrypted or not.

Availability by kind of backup: MVT's documentation, `docs/ios/records.md` ("Availability"), and Apple's "About
encrypted backups on your iPhone, iPad, or iPod touch".
"""

from __future__ import annotations

from dataclasses import replace

from mvtcase.kinds.record import Command, Kind, key_modules, never
from mvtcase.kinds.shared import IOS_ALWAYS, IOS_ENCRYPTED, IOS_TELLING, IOS_TRACES, MVT_RECORDS, ON_IPHONES
from mvtcase.kinds.words import EvidenceKind, Opener, Platform, Trace

_ALWAYS = {
    "manifest": "Manifest.db lists every file of a backup",
    "backup_info": "Info.plist describes every backup",
    "applications": "Info.plist lists the installed apps",
}
_NO_SYSTEM = never(
    "An iTunes backup carries no system logs, no shutdown log, no caches and no list of running processes."
)

IOS_BACKUP = Kind(
    name=EvidenceKind.IOS_BACKUP,
    words="iOS backup, not encrypted",
    looks_for="a folder with Manifest.db, Manifest.plist, Info.plist or two-letter folders of hashed names",
    platform=Platform.IOS,
    command=Command(platform=Platform.IOS, name="check-backup", part="backup", parts=()),
    opener=Opener.NOTHING,
    named_by_manifest=True,
    links_are_normal=False,
    key_modules=key_modules("backup", MVT_RECORDS, _ALWAYS | IOS_ALWAYS),
    limitations=(
        _NO_SYSTEM,
        never(
            "An unencrypted iTunes backup carries no Safari history or tabs.", "safari_history", "safari_browser_state"
        ),
        never("An unencrypted iTunes backup carries no calls.", "calls"),
        never("An unencrypted iTunes backup carries no interactions.", "interaction_c"),
        never("An unencrypted iTunes backup carries no health data."),
    ),
    never_whole="",
    compared_types=ON_IPHONES,
    traces=IOS_TRACES
    | {
        "manifest": Trace.PERSISTENCE,
        "backup_info": Trace.POSTURE,
        "configuration_profiles": Trace.PROFILE,
        "profile_events": Trace.PROFILE,
    },
    telling=IOS_TELLING,
)

IOS_BACKUP_ENCRYPTED = replace(
    IOS_BACKUP,
    name=EvidenceKind.IOS_BACKUP_ENCRYPTED,
    words="iOS backup, encrypted",
    opener=Opener.PASSWORD,
    key_modules=(
        *IOS_BACKUP.key_modules,
        *key_modules("backup", f"{MVT_RECORDS}; Apple, About encrypted backups", IOS_ENCRYPTED),
    ),
    limitations=(_NO_SYSTEM,),
)
"""The same backup with what iOS gives away only under a password; once decrypted it is still examined as this kind."""
