"""Realistic synthetic evidence: the demo, the indicator self-test and the tests are built from it.

The same specification and seed give the same bytes. Every person, number and address is invented.
"""

from __future__ import annotations

from mvtcase.phones.adb_backup import build_adb_backup
from mvtcase.phones.android import build_androidqf, build_androidqf_zip
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.bugreport import build_bugreport
from mvtcase.phones.damage import Damage
from mvtcase.phones.encrypted import encrypt_ios_backup
from mvtcase.phones.intrusion_logs import build_intrusion_logs
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_fs import build_ios_file_system
from mvtcase.phones.ios_phone import IosPhone, Oddity, PhoneFile
from mvtcase.phones.plants import BuiltEvidence, Plant, Planted, PlantKind
from mvtcase.phones.sysdiagnose import build_sysdiagnose
from mvtcase.phones.sysdiagnose_phone import SysdiagnosePhone

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
]
