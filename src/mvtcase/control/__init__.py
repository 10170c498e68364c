"""Realistic synthetic evidence: the demo, the indicator self-test and the tests are built from it.

The same specification and seed give the same bytes. Every person, number and address is invented.
"""

from __future__ import annotations

from mvtcase.control.adb_backup import build_adb_backup
from mvtcase.control.android import build_androidqf, build_androidqf_zip
from mvtcase.control.android_phone import AndroidPhone
from mvtcase.control.bugreport import build_bugreport
from mvtcase.control.bundles import stix_bundle, write_stix_bundle
from mvtcase.control.damage import Damage
from mvtcase.control.encrypted import encrypt_ios_backup
from mvtcase.control.intrusion_logs import build_intrusion_logs
from mvtcase.control.ios import build_ios_backup
from mvtcase.control.ios_fs import build_ios_file_system
from mvtcase.control.ios_phone import IosPhone, Oddity, PhoneFile
from mvtcase.control.plants import BuiltEvidence, Plant, Planted, PlantKind
from mvtcase.control.sysdiagnose import build_sysdiagnose
from mvtcase.control.sysdiagnose_phone import SysdiagnosePhone

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
    "SysdiagnosePhone",
    "build_adb_backup",
    "build_androidqf",
    "build_androidqf_zip",
    "build_bugreport",
    "build_intrusion_logs",
    "build_ios_backup",
    "build_ios_file_system",
    "build_sysdiagnose",
    "encrypt_ios_backup",
    "stix_bundle",
    "write_stix_bundle",
]
