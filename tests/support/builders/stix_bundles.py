"""STIX 2.1 bundles of planted indicators, so that a scan of control evidence can be asked for them by name."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

from mvtcase.phones.plants import Plant, PlantKind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_NAMESPACE = uuid.UUID("7d3f0a54-2f7e-5d0c-9d5a-3f0f6d1c8a11")
_MOMENT = "2026-01-01T00:00:00.000Z"
PATTERNS = {
    PlantKind.DOMAINS: "domain-name:value",
    PlantKind.URLS: "url:value",
    PlantKind.EMAILS: "email-addr:value",
    PlantKind.PROCESSES: "process:name",
    PlantKind.FILE_NAMES: "file:name",
    PlantKind.FILE_PATHS: "file:path",
    PlantKind.FILES_MD5: "file:hashes.MD5",
    PlantKind.FILES_SHA1: "file:hashes.'SHA-1'",
    PlantKind.FILES_SHA256: "file:hashes.'SHA-256'",
    PlantKind.APP_IDS: "app:id",
    PlantKind.APP_CERT_HASHES: "app:cert.sha256",
    PlantKind.IOS_PROFILE_IDS: "configuration-profile:id",
    PlantKind.ANDROID_PROPERTY_NAMES: "android-property:name",
}
"""How MVT's documentation writes each type of indicator in STIX 2."""

ANCHOR = Plant(PlantKind.DOMAINS, "never-planted.example.org")
"""A domain that no control evidence holds. MVT checks no URL at all, and fails, when a set has not one domain."""


def stix_bundle(plants: Iterable[Plant], *, family: str = "Control") -> dict[str, object]:
    """Return a bundle with one indicator for each plant and for `ANCHOR`, all of one invented malware family.

    The same plants give the same bundle. Raises `ValueError` for a value with an apostrophe or an equals sign: MVT's
    reader of patterns (2026.10.26) cannot take it.
    """
    malware = _object("malware", family) | {"name": family, "is_family": True, "malware_types": ["spyware"]}
    objects = [malware]
    for plant in dict.fromkeys((plant.kind, plant.value) for plant in (ANCHOR, *plants)):
        indicator = _indicator(*plant)
        objects.append(indicator)
        objects.append(
            _object("relationship", str(indicator["id"]))
            | {"relationship_type": "indicates", "source_ref": indicator["id"], "target_ref": malware["id"]}
        )
    return {"type": "bundle", "id": _identifier("bundle", family), "objects": objects}


def write_stix_bundle(path: Path, plants: Iterable[Plant], *, family: str = "Control") -> Path:
    """Write the bundle of some plants as a .stix2 file and return its path."""
    path.write_text(json.dumps(stix_bundle(plants, family=family), indent=1), encoding="utf-8")
    return path


def _indicator(kind: PlantKind, value: str) -> dict[str, object]:
    if "'" in value or "=" in value:
        raise ValueError(f"MVT cannot read an indicator with an apostrophe or an equals sign: {value!r}")
    pattern = f"[{PATTERNS[kind]}='{value}']"
    return _object("indicator", pattern) | {
        "pattern": pattern,
        "pattern_type": "stix",
        "indicator_types": ["malicious-activity"],
        "valid_from": _MOMENT,
    }


def _object(kind: str, key: str) -> dict[str, object]:
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": _identifier(kind, key),
        "created": _MOMENT,
        "modified": _MOMENT,
    }


def _identifier(kind: str, key: str) -> str:
    return f"{kind}--{uuid.uuid5(_NAMESPACE, f'{kind}:{key}')}"
