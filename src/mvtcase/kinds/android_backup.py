"""An `adb backup` of an Android phone: one .ab file."""

from __future__ import annotations

from mvtcase.kinds.record import Command, Kind, key_modules, never
from mvtcase.kinds.shared import AB_ALWAYS, LINKS, MVT_MODULES
from mvtcase.kinds.words import EvidenceKind, Opener, Platform, Trace

ANDROID_BACKUP = Kind(
    name=EvidenceKind.ANDROID_BACKUP,
    words="Android backup",
    looks_for="a file starting with 'ANDROID BACKUP', or named .ab",
    platform=Platform.ANDROID,
    command=Command(platform=Platform.ANDROID, name="check-backup", part="backup", parts=()),
    opener=Opener.PASSWORD_IF_ENCRYPTED,
    named_by_manifest=False,
    links_are_normal=False,
    key_modules=key_modules("backup", MVT_MODULES, AB_ALWAYS),
    limitations=(never("MVT reads SMS and MMS of an Android backup, no other app."),),
    never_whole="",
    compared_types=LINKS,
    traces={"sms": Trace.MESSAGE},
    telling={"*_sms_backup": Trace.MESSAGE, "*_mms_backup": Trace.MESSAGE},
)
