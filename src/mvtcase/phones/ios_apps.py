"""Installed apps, configuration profiles and the plain files of a phone."""

from __future__ import annotations

import plistlib
import uuid
from typing import TYPE_CHECKING

from mvtcase.phones.ios_phone import Desk, Oddity, PhoneFile, naive
from mvtcase.phones.plants import PlantKind

if TYPE_CHECKING:
    import random

_PROFILES_DOMAIN = "SysSharedContainerDomain-systemgroup.com.apple.configurationprofiles"
_APPS = (
    ("net.whatsapp.WhatsApp", "WhatsApp Messenger", "WhatsApp Inc."),
    ("com.google.chrome.ios", "Google Chrome", "Google"),
    ("org.mozilla.ios.Firefox", "Firefox", "Mozilla"),
    ("org.example.riverbus", "Riverbus Tickets", "Riverbus"),
    ("org.example.choirbook", "Choirbook", "Netherfold Press"),
)


def installed_apps(desk: Desk) -> dict[str, dict[str, object]]:
    """Return the iTunes metadata of each installed app by bundle id, planted ids among them."""
    rng = desk.rng("applications")
    apps = [*_APPS, *((bundle, "Utility", "Utility") for bundle in desk.at("applications"))]
    moments = desk.moments(rng, len(apps))
    metadata = {
        bundle: _metadata(rng, bundle, title, artist) | {
            "com.apple.iTunesStore.downloadInfo": {"purchaseDate": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}
        }
        for (bundle, title, artist), moment in zip(apps, moments, strict=True)
    }  # fmt: skip
    if desk.has(Oddity.SIDELOADED_APP):
        metadata["org.example.borrowed"] = _metadata(rng, "org.example.borrowed", "Borrowed", "Borrowed") | {
            "sourceApp": "org.example.store"
        }
    return metadata


def _metadata(rng: random.Random, bundle: str, title: str, artist: str) -> dict[str, object]:
    return {
        "softwareVersionBundleId": bundle,
        "itemName": title,
        "artistName": artist,
        "bundleShortVersionString": f"{rng.randrange(1, 30)}.{rng.randrange(10)}",
        "sourceApp": "com.apple.AppStore",
        "itemId": rng.randrange(10**8, 10**9),
        "genre": "Utilities",
    }


def metadata_files(desk: Desk) -> list[PhoneFile]:
    """Return iTunesMetadata.plist of each app, as a file system dump holds them."""
    rng = desk.rng("containers")
    return [
        PhoneFile(
            source="applications",
            device_path=f"private/var/containers/Bundle/Application/{_uuid(rng)}/iTunesMetadata.plist",
            content=plistlib.dumps(metadata, fmt=plistlib.FMT_BINARY),
        )
        for metadata in installed_apps(desk).values()
    ]


def configuration_profiles(desk: Desk) -> list[PhoneFile]:
    """Return the installed configuration profiles: a Wi-Fi network, planted ones, and an odd one if asked for."""
    rng = desk.rng("configuration_profiles")
    profiles = [(_uuid(rng), "Riverside Library Wi-Fi", "com.apple.wifi.managed")]
    profiles += [(value, "Network Settings", "com.apple.wifi.managed") for value in desk.at("configuration_profiles")]
    if desk.has(Oddity.HIDING_PROFILE):
        profiles.append((_uuid(rng), "Display Settings", "com.apple.notificationsettings"))
    files = []
    for number, (name, title, kind) in enumerate(profiles):
        installed = desk.moments(rng, 1)[0]
        payload = {"PayloadType": kind, "PayloadUUID": _uuid(rng), "PayloadIdentifier": f"org.example.payload.{number}"}
        profile = {
            "PayloadType": "Configuration",
            "PayloadUUID": name,
            "PayloadDisplayName": title,
            "PayloadDescription": "",
            "PayloadIdentifier": f"org.example.profile.{number}",
            "PayloadContent": [payload],
            "InstallDate": naive(installed),
        }
        path = f"Library/ConfigurationProfiles/profile-{name.replace('/', '-')}.stub"
        files.append(_profile_file("configuration_profiles", path, profile))
    return files


def profile_events(desk: Desk) -> PhoneFile:
    """Return MCProfileEvents.plist; a planted process runs the operation, a planted profile undergoes it."""
    rng = desk.rng("profile_events")
    operations = [("org.example.profile.0", "profiled")]
    operations += [(value, "profiled") for value in desk.at("profile_events", PlantKind.IOS_PROFILE_IDS)]
    operations += [("org.example.profile.0", value) for value in desk.at("profile_events", PlantKind.PROCESSES)]
    events = [
        {profile: {"timestamp": naive(moment), "operation": "install", "process": process}}
        for (profile, process), moment in zip(operations, desk.moments(rng, len(operations)), strict=True)
    ]
    return _profile_file(
        "profile_events", "Library/ConfigurationProfiles/MCProfileEvents.plist", {"ProfileEvents": events}
    )


def _profile_file(source: str, path: str, content: dict[str, object]) -> PhoneFile:
    return PhoneFile(
        source=source,
        domain=_PROFILES_DOMAIN,
        relative_path=path,
        device_path=f"private/var/containers/Shared/SystemGroup/systemgroup.com.apple.configurationprofiles/{path}",
        content=plistlib.dumps(content, fmt=plistlib.FMT_BINARY),
    )


def plain_files(desk: Desk) -> list[PhoneFile]:
    """Return photographs, small caches, and the files whose path alone is planted."""
    rng = desk.rng("plain_files")
    files = [
        PhoneFile(
            source="photos",
            domain="CameraRollDomain",
            relative_path=f"Media/DCIM/100APPLE/IMG_{number:04d}.JPG",
            device_path=f"private/var/mobile/Media/DCIM/100APPLE/IMG_{number:04d}.JPG",
            content=b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + rng.randbytes(2_000) + b"\xff\xd9",
        )
        for number in range(1, desk.phone.photos + 1)
    ]
    for value in desk.at("manifest"):
        path = (
            value.lstrip("/") if value.startswith("/") else f"Library/WebKit/LocalStorage/https_{value}_0.localstorage"
        )
        files.append(PhoneFile(source="manifest", domain="HomeDomain", relative_path=path, content=rng.randbytes(64)))
    for value in desk.at("filesystem"):
        path = value.lstrip("/") if value.startswith("/") else f"private/var/tmp/{value}"
        files.append(PhoneFile(source="filesystem", device_path=path, content=rng.randbytes(64)))
    return files


def _uuid(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4)).upper()
