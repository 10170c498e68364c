"""Fixed lists of words that decide what a value can be, and which values would match on every phone."""

from __future__ import annotations

_FOLDERS = """
/Applications /Library /System /apex /bin /cores /data /data/app /data/data /data/local /data/local/tmp /data/user
/dev /etc /lib /mnt /odm /opt /private /private/etc /private/tmp /private/var /private/var/containers
/private/var/db /private/var/mobile /private/var/root /private/var/tmp /proc /product /root /sbin /sdcard /storage
/storage/emulated /storage/emulated/0 /sys /system /system/app /system/bin /system/lib /tmp /usr /usr/bin /usr/lib
/usr/libexec /usr/sbin /var /var/mobile /var/tmp /vendor Library Media Documents private var data system
"""
COMMON_FOLDERS = frozenset(_FOLDERS.split())
"""Folders every phone has: as a prefix, one of them would match files of any phone."""

_DOMAINS = """
apple.com icloud.com google.com gstatic.com googleapis.com youtube.com facebook.com instagram.com whatsapp.com
whatsapp.net twitter.com x.com t.co line.me line-scdn.net microsoft.com live.com outlook.com github.com amazonaws.com
cloudfront.net akamai.net wikipedia.org yahoo.com telegram.org t.me signal.org
"""
COMMON_DOMAINS = frozenset(_DOMAINS.split())
"""Domains most phones talk to."""

_PROCESSES = """
launchd SpringBoard backboardd kernel_task mediaserverd locationd UserEventAgent trustd nsurlsessiond mDNSResponder
apsd identityservicesd imagent WhatsApp MobileSafari system_server init zygote surfaceflinger
"""
COMMON_PROCESSES = frozenset(_PROCESSES.split())
"""Processes most phones run."""

_ENDINGS = """
apk aab ipa plist dex so dylib db sqlite txt log js json xml png jpg jpeg gif webp heic pdf doc docx exe dll bin html
htm php jar deb dat tmp conf cfg sock kb keybag
"""
FILE_ENDINGS = frozenset(_ENDINGS.split())
"""Endings of file names that are no ending of a domain in use."""

_STARTS = "com org net edu gov mil io co app android androidx"
PACKAGE_STARTS = frozenset(_STARTS.split())
"""First words of app ids, which are domains written backwards."""

_HOSTS = """
com org net edu gov mil int info biz io co me xyz online site link top club live app dev news click world shop
"""
HOST_ENDINGS = frozenset(_HOSTS.split())
"""Endings of domains that are no second word of an app id, and that MVT's list of endings knows."""

_GRAMMAR = """
and or not followedby like matches issuperset issubset last in start stop seconds true false within repeats times
exists
"""
PATTERN_KEYWORDS = frozenset(_GRAMMAR.split())
"""Words of the STIX pattern grammar in small letters."""
