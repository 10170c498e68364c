"""A dump of an Android file system, or of its data partition. MVT has no command for it; mvt_plugin_line brings one."""

from __future__ import annotations

from mvtcase.kinds.record import Command, Kind, key_modules, never
from mvtcase.kinds.shared import LINKS
from mvtcase.kinds.words import EvidenceKind, Opener, Platform, Trace

ANDROID_FILE_SYSTEM = Kind(
    name=EvidenceKind.ANDROID_FILE_SYSTEM,
    words="Android file system dump",
    looks_for="a folder with data/data, data/user/0 or data/app",
    platform=Platform.ANDROID,
    command=Command(platform=Platform.ANDROID, name="check-line-fs", part="line_fs", parts=()),
    opener=Opener.NOTHING,
    named_by_manifest=False,
    links_are_normal=True,
    key_modules=key_modules(
        "line_fs",
        "mvt_plugin_line",
        {"line_android_fs": "LINE is what this program reads of an Android file system"},
    ),
    limitations=(never("Of an Android file system only LINE, WhatsApp, WhatsApp Business and Viber are parsed."),),
    never_whole=(
        "neither MVT nor this program parses apps, processes or settings of an Android file system; take an AndroidQF "
        "acquisition too"
    ),
    compared_types=LINKS,
    traces={"line_android_fs": Trace.MESSAGE, "messengers_android": Trace.MESSAGE},
    telling={
        "*/mmssms.db": Trace.MESSAGE,
        "*/msgstore.db": Trace.MESSAGE,
        "*/viber_messages": Trace.MESSAGE,
        "*/org.telegram.messenger*/files/cache*.db": Trace.MESSAGE,
        "*/com.facebook.orca/databases/threads_db2": Trace.MESSAGE,
        "*/naver_line": Trace.MESSAGE,
        "*/app_chrome/Default/History": Trace.LINK_OPENED,
        "*/contacts2.db": Trace.ACCOUNT,
        "*/accounts_*.db": Trace.ACCOUNT,
        "*system/packages.xml": Trace.APP,
        "*/usagestats/*": Trace.EXECUTION,
        "*/tombstones/tombstone_*": Trace.EXECUTION,
    },
)
