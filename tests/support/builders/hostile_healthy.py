"""Healthy evidence of every kind, with a plant MVT reports: what must be called examined in full."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from builders import hostile_sqlite
from builders.hostile_android import phone_with
from builders.hostile_inputs import HostileInput, plant_at
from builders.hostile_ios import built_with, path_in
from mvtcase.model import EvidenceKind
from mvtcase.phones.adb_backup import build_adb_backup
from mvtcase.phones.android import build_androidqf, build_androidqf_zip
from mvtcase.phones.bugreport import Layout, build_bugreport
from mvtcase.phones.intrusion_logs import build_intrusion_logs
from mvtcase.phones.ios import ENCRYPTED_ONLY, build_ios_backup
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.ios_spots import SPOTS, IosEvidence
from mvtcase.phones.sysdiagnose import build_sysdiagnose
from mvtcase.phones.sysdiagnose_phone import SPOTS as SYSDIAGNOSE_SPOTS
from mvtcase.phones.sysdiagnose_phone import SysdiagnosePhone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


def healthy_inputs() -> Iterator[HostileInput]:
    """Yield healthy inputs of all kinds."""
    for name, (kind, build) in _BUILDERS.items():
        yield HostileInput(name=name, group="healthy", kind=kind, build=build)


def _ios(evidence: IosEvidence, folder: Path) -> Path:
    return built_with(evidence, plant_at("sms", SPOTS["sms"].kinds), "sms", folder)[0]


def _plain_backup(folder: Path) -> Path:
    phone = IosPhone(plants=(plant_at("sms", SPOTS["sms"].kinds),))
    return build_ios_backup(folder / "phone", phone, missing=ENCRYPTED_ONLY).path


def _in_utf16(folder: Path) -> Path:
    root, file = built_with(IosEvidence.BACKUP, plant_at("sms", SPOTS["sms"].kinds), "sms", folder)
    path = path_in(root, file, IosEvidence.BACKUP)
    if file.anatomy is not None:
        path.write_bytes(hostile_sqlite.in_utf16(path.read_bytes(), file.anatomy))
    return root


def _sysdiagnose(archive: bool, version: int, folder: Path) -> Path:  # noqa: FBT001 - bound once below
    phone = SysdiagnosePhone(ios_version=version, plants=(plant_at("ps", SYSDIAGNOSE_SPOTS["ps"].kinds),))
    return build_sysdiagnose(folder / "sysdiagnose", phone, archive=archive).path


def _bugreport(layout: Layout, form: str, folder: Path) -> Path:
    path = folder / ("bugreport" if form == "folder" else "bugreport.zip")
    phone = phone_with("dumpsys_packages")
    return build_bugreport(path, phone, layout=layout, folder=form == "folder", wrapped=form == "wrapped").path


def _androidqf(spot: str, folder: Path) -> Path:
    return build_androidqf(folder / "phone", phone_with(spot)).path


def _androidqf_zip(top_folder: bool, folder: Path) -> Path:  # noqa: FBT001 - bound once below
    return build_androidqf_zip(folder / "phone.zip", phone_with("aqf_files"), top_folder=top_folder).path


def _backup(folder: Path) -> Path:
    return build_adb_backup(folder / "backup.ab", phone_with("sms")).path


def _logs(zipped: bool, folder: Path) -> Path:  # noqa: FBT001 - bound once below
    path = folder / ("logs.zip" if zipped else "intrusion_logs")
    return build_intrusion_logs(path, phone_with("dns_event"), zipped=zipped).path


_BUILDERS: Mapping[str, tuple[EvidenceKind, Callable[[Path], Path]]] = {
    "backup": (EvidenceKind.IOS_BACKUP_ENCRYPTED, partial(_ios, IosEvidence.BACKUP)),
    "backup that was not encrypted": (EvidenceKind.IOS_BACKUP, _plain_backup),
    "backup with sms.db in UTF-16": (EvidenceKind.IOS_BACKUP_ENCRYPTED, _in_utf16),
    "file system dump": (EvidenceKind.IOS_FILE_SYSTEM, partial(_ios, IosEvidence.FILE_SYSTEM)),
    "sysdiagnose archive": (EvidenceKind.SYSDIAGNOSE, partial(_sysdiagnose, True, 17)),
    "sysdiagnose folder": (EvidenceKind.SYSDIAGNOSE, partial(_sysdiagnose, False, 17)),
    "sysdiagnose of iOS 14": (EvidenceKind.SYSDIAGNOSE, partial(_sysdiagnose, True, 14)),
    "sysdiagnose of iOS 26": (EvidenceKind.SYSDIAGNOSE, partial(_sysdiagnose, True, 26)),
    "androidqf folder": (EvidenceKind.ANDROIDQF, partial(_androidqf, "aqf_packages")),
    "androidqf folder, plant in its backup": (EvidenceKind.ANDROIDQF, partial(_androidqf, "sms")),
    "androidqf folder, plant in its bugreport": (EvidenceKind.ANDROIDQF, partial(_androidqf, "dumpsys_appops")),
    "androidqf zip": (EvidenceKind.ANDROIDQF, partial(_androidqf_zip, True)),
    "androidqf zip without a top folder": (EvidenceKind.ANDROIDQF, partial(_androidqf_zip, False)),
    "bugreport": (EvidenceKind.BUGREPORT, partial(_bugreport, Layout.ANDROID, "zip")),
    "bugreport folder": (EvidenceKind.BUGREPORT, partial(_bugreport, Layout.ANDROID, "folder")),
    "bugreport in a manufacturer's archive": (EvidenceKind.BUGREPORT, partial(_bugreport, Layout.ANDROID, "wrapped")),
    "bugreport of Samsung": (EvidenceKind.BUGREPORT, partial(_bugreport, Layout.SAMSUNG, "zip")),
    "android backup": (EvidenceKind.ANDROID_BACKUP, _backup),
    "intrusion logs": (EvidenceKind.INTRUSION_LOGS, partial(_logs, False)),
    "intrusion logs zip": (EvidenceKind.INTRUSION_LOGS, partial(_logs, True)),
}
