"""Which phone an acquisition was taken from, as far as the acquisition itself says.

What cannot be read is None: damaged or hostile content never raises. Texts are as given, cut at a bound; whoever shows
them escapes them.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from mvtcase.evidence.looks import parse_plist
from mvtcase.evidence.parts import Parts, parts_of
from mvtcase.kinds import of
from mvtcase.model import DeviceIdentity, EvidenceKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mvtcase.evidence.glance import Identified

MAX_TEXT = 512
"""Characters of a name or number that are kept."""

_TEXT_BYTES = 1 << 20
_DUMPSTATE_BYTES = 128 << 20
_CHUNK_BYTES = 1 << 20
_OVERLAP_BYTES = 4 << 10

_PROPERTIES = {
    "ro.product.manufacturer": "manufacturer",
    "ro.product.system.manufacturer": "manufacturer",
    "ro.product.model": "model",
    "ro.product.system.model": "model",
    "ro.product.device": "product_type",
    "ro.product.name": "product_type",
    "ro.build.version.release": "os_version",
    "ro.build.id": "os_build",
    "ro.build.display.id": "os_build",
    "ro.build.version.security_patch": "security_patch",
    "ro.serialno": "serial",
    "ro.boot.serialno": "serial",
    "ril.serialnumber": "serial",
    "ro.ril.oem.imei": "imei",
    "ro.ril.oem.imei1": "imei",
    "persist.radio.imei": "imei",
    "gsm.imei": "imei",
    "persist.sys.device_name": "name",
    "net.hostname": "name",
}
"""Android system properties by the field they tell; an earlier row wins over a later one of the same field."""

_PROPERTY_LINE = re.compile(
    rb"^\s*\[?(" + b"|".join(re.escape(name).encode() for name in _PROPERTIES) + rb")\]?(?:: \[|=)([^\]\r\n]{0,512})",
    re.MULTILINE,
)
_FINGERPRINT = re.compile(
    rb"Build fingerprint: '([^'\r\n/]{1,80})/[^'\r\n/]{1,80}/([^'\r\n:]{1,80}):([^'\r\n/]{1,40})/"
)
_REMOTE_LINE = re.compile(r"^\s*(\w{1,40}) => ([^\r\n]{0,512})$", re.MULTILINE)
_SYSDIAGNOSE_NAME = re.compile(r"sysdiagnose_[\d.]+_[\d-]+[+-]?\d*_[^_/]+_([^_/]+)_([0-9]{2}[A-Z][0-9A-Za-z]+)")

_GESTALT = {
    "h9jDsbgj7xIVeIQ8S3/X3Q": "product_type",
    "VasUgeSzVyHdB27g2XpN0g": "serial",
    "qNNddlUK+B/YlooNoymwgA": "os_version",
    "mZfUC7qo4pURNhyMHZ62RQ": "os_build",
    "re6Zb+zwFKJNlkQTUeT+/w": "udid",
    "Z/dqyWS6OZTRy10UcmUAhw": "model",
}
"""Keys of com.apple.MobileGestalt.plist: Apple stores them hashed; the meanings are publicly documented."""

Facts = dict[str, "str | None"]


def read_identity(found: Identified) -> DeviceIdentity:
    """Return what an acquisition says about its phone; never raises on what is inside it."""
    read = _READERS.get(found.kind)
    facts: Facts = {}
    if read is not None:
        with parts_of(found) as parts:
            facts = read(parts)
    return DeviceIdentity(platform=of(found.kind).platform, **{name: text for name, text in facts.items() if text})


def _ios_backup(parts: Parts) -> Facts:
    info = parse_plist(parts.content("Info.plist"))
    manifest = parse_plist(parts.content("Manifest.plist"))
    lockdown = manifest.get("Lockdown")
    locked: Mapping[str, Any] = lockdown if isinstance(lockdown, dict) else {}
    status = parse_plist(parts.content("Status.plist"))
    return {
        "name": _text(info.get("Device Name"), info.get("Display Name"), locked.get("DeviceName")),
        "model": _text(info.get("Product Name")),
        "product_type": _text(info.get("Product Type"), locked.get("ProductType")),
        "os_version": _text(info.get("Product Version"), locked.get("ProductVersion")),
        "os_build": _text(info.get("Build Version"), locked.get("BuildVersion")),
        "udid": _text(info.get("Target Identifier"), locked.get("UniqueDeviceID"), info.get("Unique Identifier")),
        "serial": _text(info.get("Serial Number"), locked.get("SerialNumber")),
        "imei": _text(info.get("IMEI"), info.get("IMEI 1"), info.get("IMEI 2")),
        "phone_number": _text(info.get("Phone Number"), locked.get("PhoneNumber")),
        "last_backup_at": _moment(info.get("Last Backup Date"), manifest.get("Date"), status.get("Date")),
    }


def _ios_file_system(parts: Parts) -> Facts:
    system = parse_plist(parts.content("System/Library/CoreServices/SystemVersion.plist"))
    ark = parse_plist(parts.content("private/var/root/Library/Lockdown/data_ark.plist"))
    radio = parse_plist(parts.content("private/var/wireless/Library/Preferences/com.apple.commcenter.plist"))
    cache = parse_plist(
        parts.content(
            "private/var/containers/Shared/SystemGroup/systemgroup.com.apple.mobilegestaltcache/Library/Caches/"
            "com.apple.MobileGestalt.plist"
        )
    ).get("CacheExtra")
    gestalt = {field: _text(cache.get(key)) for key, field in _GESTALT.items()} if isinstance(cache, dict) else {}
    return gestalt | {
        "name": _text(ark.get("-DeviceName"), ark.get("DeviceName")),
        "os_version": _text(system.get("ProductVersion"), ark.get("-ProductVersion"), gestalt.get("os_version")),
        "os_build": _text(system.get("ProductBuildVersion"), ark.get("-BuildVersion"), gestalt.get("os_build")),
        "udid": _text(ark.get("-UniqueDeviceID"), gestalt.get("udid")),
        "serial": _text(ark.get("-SerialNumber"), gestalt.get("serial")),
        "imei": _text(ark.get("-InternationalMobileEquipmentIdentity"), radio.get("IMEI")),
        "phone_number": _text(radio.get("PhoneNumber"), radio.get("ReportedPhoneNumber")),
    }


def _sysdiagnose(parts: Parts) -> Facts:
    remote_name, activation_name = "*/remotectl_dumpstate.txt", "*/logs/MobileActivation/collection_oob_request.txt"
    contents = parts.contents((remote_name, activation_name), _TEXT_BYTES)
    remote = _remote(contents[remote_name])
    body = _activation(contents[activation_name])
    named = _SYSDIAGNOSE_NAME.search(parts.label)
    return {
        "product_type": _text(remote.get("ProductType"), body.get("productType")),
        "os_version": _text(remote.get("OSVersion"), body.get("os-version")),
        "os_build": _text(remote.get("BuildVersion"), body.get("os-build"), named.group(2) if named else None),
        "udid": _text(remote.get("UniqueDeviceID"), body.get("udid")),
        "serial": _text(remote.get("SerialNumber"), body.get("serial-number")),
        "imei": _text(body.get("imei"), remote.get("IMEI")),
        "name": _text(remote.get("DeviceName")),
        "model": _text(remote.get("ModelName"), named.group(1) if named else None),
    }


def _remote(data: bytes) -> dict[str, str]:
    """Return the properties `remotectl dumpstate` prints of the phone itself; the first of a name wins."""
    properties: dict[str, str] = {}
    for match in _REMOTE_LINE.finditer(data.decode("utf-8", "replace")):
        properties.setdefault(match.group(1), match.group(2).strip())
    return properties


def _activation(data: bytes) -> dict[str, Any]:
    text = data.decode("utf-8", "replace")
    start = text.find("{", text.find("BODY:")) if "BODY:" in text else -1
    return _json_object(text, start) if start >= 0 else {}


def _json_object(text: str, start: int = 0) -> dict[str, Any]:
    try:
        value, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _androidqf(parts: Parts) -> Facts:
    facts = _properties(parts.content("getprop.txt", _TEXT_BYTES))
    acquisition = _json_object(parts.content("acquisition.json", _TEXT_BYTES).decode("utf-8", "replace").lstrip())
    if not facts.get("serial"):
        facts["serial"] = _text(acquisition.get("serial"), acquisition.get("adb_serial"))
    return facts


def _bugreport(parts: Parts) -> Facts:
    """Read the dumpstate text in pieces: its system properties may come after a hundred megabytes of log."""
    facts: Facts = {}
    tail = b""
    for piece in parts.pieces(_dumpstate_name(parts), _CHUNK_BYTES, _DUMPSTATE_BYTES):
        window = tail + piece
        for name, text in (_fingerprint(window) | _properties(window)).items():
            facts[name] = text or facts.get(name)
        tail = window[-_OVERLAP_BYTES:]
    return facts


def _dumpstate_name(parts: Parts) -> str:
    entry = parts.content("main_entry.txt", 4096).decode("utf-8", "replace").strip()
    if entry and parts.has(entry):
        return entry
    patterns = ("dumpState_*.log", "bugreport-*.txt", "dumpstate*.txt", "*/dumpsys.txt", "*/bugreport-*.txt")
    return next((name for pattern in patterns if (name := parts.match(pattern))), "")


def _android_file_system(parts: Parts) -> Facts:
    facts: Facts = {}
    for place in ("system/build.prop", "system/system/build.prop", "vendor/build.prop", "build.prop"):
        for name, text in _properties(parts.content(place, _TEXT_BYTES)).items():
            facts.setdefault(name, text)
    return facts


def _properties(data: bytes) -> Facts:
    given: dict[str, str] = {}
    for match in _PROPERTY_LINE.finditer(data):
        given.setdefault(match.group(1).decode(), match.group(2).decode("utf-8", "replace").strip())
    facts: Facts = {}
    for key, name in _PROPERTIES.items():
        if given.get(key):
            facts.setdefault(name, _text(given[key]))
    return facts


def _fingerprint(data: bytes) -> Facts:
    match = _FINGERPRINT.search(data)
    if match is None:
        return {}
    manufacturer, product, version = (part.decode("utf-8", "replace") for part in match.groups())
    return {"manufacturer": _text(manufacturer), "product_type": _text(product), "os_version": _text(version)}


def _text(*candidates: object) -> str | None:
    """Return the first candidate that is a text with something in it (or a number written out), cut at the bound."""
    for each in candidates:
        if isinstance(each, str) and each.strip():
            return each.strip()[:MAX_TEXT]
        if isinstance(each, int) and not isinstance(each, bool) and 0 < each < 1 << 63:
            return str(each)
    return None


def _moment(*candidates: object) -> str | None:
    """Return the first candidate that is a time, as `2021-01-02T03:04:05Z`; property lists hold UTC unsaid."""
    found = next((each for each in candidates if isinstance(each, datetime)), None)
    if found is None:
        return None
    aware = found if found.tzinfo else found.replace(tzinfo=timezone.utc)
    try:
        return aware.astimezone(timezone.utc).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
    except (OverflowError, ValueError):
        return None


_READERS: dict[EvidenceKind, Callable[[Parts], Facts]] = {
    EvidenceKind.IOS_BACKUP: _ios_backup,
    EvidenceKind.IOS_BACKUP_ENCRYPTED: _ios_backup,
    EvidenceKind.IOS_FILE_SYSTEM: _ios_file_system,
    EvidenceKind.SYSDIAGNOSE: _sysdiagnose,
    EvidenceKind.ANDROIDQF: _androidqf,
    EvidenceKind.BUGREPORT: _bugreport,
    EvidenceKind.ANDROID_FILE_SYSTEM: _android_file_system,
}
"""An .ab, an age archive and intrusion logs say nothing of the phone that can be read without opening them."""
