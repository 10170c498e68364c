"""Paths as one phone has them: every layout of a dump, backup or mount leads to the same rooted path."""

from __future__ import annotations

import re
from functools import lru_cache

LONGEST = 1024
DEEPEST = 40

BACKUP_DOMAINS = {
    "HomeDomain": "/private/var/mobile",
    "CameraRollDomain": "/private/var/mobile",
    "MediaDomain": "/private/var/mobile",
    "HealthDomain": "/private/var/mobile/Library",
    "HomeKitDomain": "/private/var/mobile/Library/homed",
    "KeyboardDomain": "/private/var/mobile",
    "TonesDomain": "/private/var/mobile",
    "BooksDomain": "/private/var/mobile/Media/Books",
    "ProtectedDomain": "/private/var/protected",
    "RootDomain": "/private/var/root",
    "DatabaseDomain": "/private/var/db",
    "InstallDomain": "/private/var/installd",
    "KeychainDomain": "/private/var/Keychains",
    "ManagedPreferencesDomain": "/private/var/Managed Preferences",
    "MobileDeviceDomain": "/private/var/MobileDevice",
    "NetworkDomain": "/private/var/networkd",
    "SystemPreferencesDomain": "/private/var/preferences",
    "WirelessDomain": "/private/var/wireless",
}
"""Where the domains of an iTunes backup lie on the phone, as the backup's own domain list (`Domains.plist`) has it."""


def backup_path(domain: str, relative: str) -> str:
    """Return where a file of an iTunes backup stands on the phone; an app's files stand below its id."""
    root = BACKUP_DOMAINS.get(domain)
    if root is None:
        kind, _, app = domain.partition("-")
        root = f"{_CONTAINERS.get(kind, '/private/var/mobile/Containers/Other')}/{app or kind}"
    return f"{root}/{relative}" if relative else root


_CONTAINERS = {
    "AppDomain": "/private/var/mobile/Containers/Data/Application",
    "AppDomainPlugin": "/private/var/mobile/Containers/Data/PluginKitPlugin",
    "AppDomainGroup": "/private/var/mobile/Containers/Shared/AppGroup",
    "SysContainerDomain": "/private/var/containers/Data/System",
    "SysSharedContainerDomain": "/private/var/containers/Shared/SystemGroup",
}


@lru_cache(maxsize=65_536)
def rooted(path: str) -> str:
    """Return a path from the phone's root in the one form that is compared; case is kept, a last slash is not."""
    path = path.replace("\\", "/").rstrip("/")[:LONGEST]
    path = _DRIVE.sub("", path)
    path = "/" + _REPEATED.sub("/", path).removeprefix("/")
    start = _ROOT.search(path)
    if start is not None:
        path = path[start.start(1) :]
    for pattern, replacement in _MOUNTS:
        path, changed = pattern.subn(replacement, path, count=1)
        if changed:
            break
    return path


def ancestors(path: str) -> list[str]:
    """Return a rooted path and every folder above it, the longest first."""
    parts = path.split("/")[: DEEPEST + 1]
    return ["/".join(parts[:length]) for length in range(len(parts), 1, -1)]


def is_program_place(path: str) -> bool:
    """Return whether a file at this rooted path can be a program: not what stands in an app's data or among media."""
    return _NO_PROGRAMS.search(path) is None


_DRIVE = re.compile(r"\A[A-Za-z]:(?=/)")
_REPEATED = re.compile(r"/(?:\./|/)+")
_ROOT = re.compile(
    # What stands before these is the examiner's folder or the name of a partition in an extraction.
    r"(/filesystem[12]/(?=.)|/private/(?:var|etc|tmp|preboot)/|/var/(?:mobile|db|root|tmp|log|logs|run|wireless|Keychains"
    r"|preferences|installd|containers|folders|MobileDevice|networkd|Managed Preferences|protected|keybags|stash|jb)"
    r"(?:/|\Z)|/System/Library/|/usr/(?:libexec|bin|sbin|lib|local|share)/|/data/(?:data|app|local|user|user_de|misc|system|media"
    r"|adb|tombstones|anr|vendor)(?:/|\Z)|/storage/emulated/|/sdcard/|/system/(?:app|priv-app|bin|xbin|lib|etc|framework)/)"
)
_MOUNTS = (
    # As Messages writes where an attachment lies.
    (re.compile(r"\A/~/"), "/private/var/mobile/"),
    (re.compile(r"\A/filesystem2/(?:private/var/|var/)?"), "/private/var/"),
    (re.compile(r"\A/filesystem1/(?:private/var/)"), "/private/var/"),
    (re.compile(r"\A/filesystem1/"), "/"),
    (re.compile(r"\A/var/"), "/private/var/"),
    (re.compile(r"\A/(?:private/)?tmp(?=/|\Z)"), "/private/var/tmp"),
    (re.compile(r"\A/private/etc/"), "/etc/"),
    (
        # Where Android mounts the shared storage for apps and for users (AOSP, vold and StorageManagerService).
        re.compile(
            r"\A/(?:sdcard|storage/(?:self/primary|sdcard0|emulated/\d{1,4})|data/media/\d{1,4}"
            r"|mnt/(?:sdcard|user/\d{1,4}/primary|(?:runtime/\w{1,10}|\w{1,20}/\d{1,4})/emulated/\d{1,4}))(?=/|\Z)"
        ),
        "/storage/emulated/0",
    ),
    (re.compile(r"\A/data/user/\d{1,4}(?=/|\Z)"), "/data/data"),
)
_NO_PROGRAMS = re.compile(
    r"/Containers/(?:Data|Shared)/|/Media/(?:DCIM|PhotoData)/|/Library/(?:Caches|SMS)/|/sdcard/|/storage/emulated/"
)
