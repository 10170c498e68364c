"""Dumps of an iPhone's file system, or of its data partition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.evidence.glance import Glance, Identified
from mvtcase.evidence.looks import MAX_PLIST_BYTES, parse_plist
from mvtcase.evidence.partitions import ios_partitions
from mvtcase.evidence.readers.base import Facts, Job, Reader, Staged, folder_or_archive, text
from mvtcase.kinds import EvidenceKind

if TYPE_CHECKING:
    from mvtcase.evidence.parts import Parts

_GESTALT = {
    "h9jDsbgj7xIVeIQ8S3/X3Q": "product_type",
    "VasUgeSzVyHdB27g2XpN0g": "serial",
    "qNNddlUK+B/YlooNoymwgA": "os_version",
    "mZfUC7qo4pURNhyMHZ62RQ": "os_build",
    "re6Zb+zwFKJNlkQTUeT+/w": "udid",
    "Z/dqyWS6OZTRy10UcmUAhw": "model",
}
"""Keys of com.apple.MobileGestalt.plist: Apple stores them hashed; the meanings are publicly documented."""


_PLACES = (
    "System/Library/CoreServices/SystemVersion.plist",
    "private/var/root/Library/Lockdown/data_ark.plist",
    "private/var/wireless/Library/Preferences/com.apple.commcenter.plist",
    (
        "private/var/containers/Shared/SystemGroup/systemgroup.com.apple.mobilegestaltcache/Library/Caches/"
        "com.apple.MobileGestalt.plist"
    ),
)


def detect(glance: Glance) -> Identified | None:
    """Recognise a full file system dump, and one that came as partitions: the system's and `/private/var`."""
    apart = ios_partitions(glance)
    if apart:
        return Identified(kind=EvidenceKind.IOS_FILE_SYSTEM, root=glance.path, partitions=apart)
    marks = (("private", "var", "mobile"), ("private", "var", "db"), ("private", "var", "containers"))
    if any(glance.has_folder(*mark) for mark in marks) or glance.has_folder("System", "Library", "CoreServices"):
        return Identified(kind=EvidenceKind.IOS_FILE_SYSTEM, root=glance.path)
    return None


def identity(parts: Parts) -> Facts:
    """Return what the system's own property lists say of the phone."""
    found = parts.contents([f"*/{place}" for place in _PLACES], MAX_PLIST_BYTES)
    system, ark, radio, gestalt_cache = (parse_plist(each) for each in found.values())
    cache = gestalt_cache.get("CacheExtra")
    gestalt = {field: text(cache.get(key)) for key, field in _GESTALT.items()} if isinstance(cache, dict) else {}
    return gestalt | {
        "name": text(ark.get("-DeviceName"), ark.get("DeviceName")),
        "os_version": text(system.get("ProductVersion"), ark.get("-ProductVersion"), gestalt.get("os_version")),
        "os_build": text(system.get("ProductBuildVersion"), ark.get("-BuildVersion"), gestalt.get("os_build")),
        "udid": text(ark.get("-UniqueDeviceID"), gestalt.get("udid")),
        "serial": text(ark.get("-SerialNumber"), gestalt.get("serial")),
        "imei": text(ark.get("-InternationalMobileEquipmentIdentity"), radio.get("IMEI")),
        "phone_number": text(radio.get("PhoneNumber"), radio.get("ReportedPhoneNumber")),
    }


def stage(found: Identified, job: Job) -> Staged:
    """Use the folder, or a copy with its partitions joined, out of the archive where it came in one."""
    return folder_or_archive(found, job, detect)


READER = Reader(kinds=(EvidenceKind.IOS_FILE_SYSTEM,), detect=detect, identity=identity, stage=stage, packed=True)
