"""Synthetic sysdiagnoses: an invented iPhone's archive or folder in the layout of its iOS version.

Healthy ones give no alert of level MEDIUM or above; plants are found by the module that `Planted.module` names. No real
sysdiagnose was at hand when this was written: the layouts follow public parsers and notes (docs/sysdiagnose.md).
"""

from __future__ import annotations

import gzip
import io
import tarfile
from typing import TYPE_CHECKING

from mvtcase.phones import sysdiagnose_services as services
from mvtcase.phones import sysdiagnose_system as system
from mvtcase.phones.plants import BuiltEvidence
from mvtcase.phones.sysdiagnose_damage import ON_DISK_ONLY, SysdiagnoseDamage, damaged, write_special
from mvtcase.phones.sysdiagnose_phone import BUILDS, SPOTS, SysdiagnoseFile, SysdiagnosePhone
from mvtcase.phones.sysdiagnose_system import crash_reports
from mvtcase.phones.sysdiagnose_tables import tables

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

__all__ = ["BUILDS", "SPOTS", "SysdiagnoseDamage", "SysdiagnosePhone", "build_sysdiagnose", "sysdiagnose_files"]


def build_sysdiagnose(
    folder: Path,
    phone: SysdiagnosePhone,
    *,
    archive: bool = True,
    missing: Collection[str] = (),
    damage: Mapping[str, SysdiagnoseDamage] | None = None,
) -> BuiltEvidence:
    """Write a sysdiagnose into `folder`, as a `.tar.gz` or as a folder, and return its path and what is planted.

    Sources are named as the modules name them (`shutdown_log`, `ps`, `crashes`, `profiles`, `powerlog`, …):
    `missing` ones are left out, `damage` is done to every file of one. Raises `ValueError` for an unknown
    source and for damage that an archive cannot have; `OSError` when writing fails.
    """
    damage = dict(damage or {})
    files = sysdiagnose_files(phone)
    unknown = {*missing, *damage} - {file.source for file in files}
    if unknown or (archive and ON_DISK_ONLY & set(damage.values())):
        raise ValueError(f"not possible in this sysdiagnose: {', '.join(sorted(unknown)) or 'links and pipes'}")
    kept = [file for file in files if file.source not in missing]
    folder.mkdir(parents=True, exist_ok=True)
    if archive:
        path = folder / f"{phone.name}.tar.gz"
        path.write_bytes(_packed(phone, [_with_damage(phone, file, damage.get(file.source)) for file in kept]))
    else:
        path = folder / phone.name
        for file in kept:
            _write(path, phone, file, damage.get(file.source))
    return BuiltEvidence(path=path, planted=phone.planted())


def sysdiagnose_files(phone: SysdiagnosePhone) -> list[SysdiagnoseFile]:
    """Return every file of the phone's sysdiagnose, in the layout of its iOS version."""
    return [
        *system.collection_log(phone),
        system.shutdown_log(phone),
        system.process_table(phone),
        system.thread_table(phone),
        system.task_information(phone),
        system.stack_samples(phone),
        system.binary_locations(phone),
        *crash_reports(phone),
        *services.profiles(phone),
        services.activation_log(phone),
        services.installation_log(phone),
        services.container_log(phone),
        *services.app_store(phone),
        services.power_log(phone),
        *services.network_settings(phone),
        *tables(phone),
    ]


def _with_damage(phone: SysdiagnosePhone, file: SysdiagnoseFile, damage: SysdiagnoseDamage | None) -> SysdiagnoseFile:
    if damage is None:
        return file
    noise = phone.random(f"noise {file.path}").randbytes(max(len(file.content), 64))
    return SysdiagnoseFile(source=file.source, path=file.path, content=damaged(file.content, damage, noise))


def _write(root: Path, phone: SysdiagnosePhone, file: SysdiagnoseFile, damage: SysdiagnoseDamage | None) -> None:
    path = root / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    if damage in ON_DISK_ONLY and damage is not None:
        write_special(path, damage)
    else:
        path.write_bytes(_with_damage(phone, file, damage).content)


def _packed(phone: SysdiagnosePhone, files: list[SysdiagnoseFile]) -> bytes:
    buffer = io.BytesIO()
    moment = int(phone.created.timestamp())
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=moment) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for file in files:
            member = tarfile.TarInfo(f"{phone.name}/{file.path}")
            member.size, member.mtime, member.mode = len(file.content), moment, 0o644
            tar.addfile(member, io.BytesIO(file.content))
    return buffer.getvalue()
