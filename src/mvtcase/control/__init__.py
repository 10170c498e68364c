"""Realistic synthetic evidence: the demo, the indicator self-test and the tests are built from it.

The same specification and seed give the same bytes. Every person, number and address is invented.
"""

from __future__ import annotations

from mvtcase.control.android import build_androidqf, build_androidqf_zip
from mvtcase.control.android_phone import AndroidPhone
from mvtcase.control.bundles import stix_bundle, write_stix_bundle
from mvtcase.control.damage import Damage
from mvtcase.control.encrypted import encrypt_ios_backup
from mvtcase.control.ios import build_ios_backup
from mvtcase.control.ios_fs import build_ios_file_system
from mvtcase.control.ios_phone import IosPhone, Oddity, PhoneFile
from mvtcase.control.plants import BuiltEvidence, Plant, Planted, PlantKind

__all__ = [
    "AndroidPhone",
    "BuiltEvidence",
    "Damage",
    "IosPhone",
    "Oddity",
    "PhoneFile",
    "Plant",
    "PlantKind",
    "Planted",
    "build_androidqf",
    "build_androidqf_zip",
    "build_ios_backup",
    "build_ios_file_system",
    "encrypt_ios_backup",
    "stix_bundle",
    "write_stix_bundle",
]
