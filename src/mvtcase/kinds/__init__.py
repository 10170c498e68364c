"""Everything about each kind of evidence, one file per kind: words, command, key modules, limits, traces.

CHECK constraints, tables of the documentation, commands and words of reports are taken from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.kinds.android_backup import ANDROID_BACKUP
from mvtcase.kinds.android_file_system import ANDROID_FILE_SYSTEM
from mvtcase.kinds.androidqf import ANDROIDQF, ANDROIDQF_AGE
from mvtcase.kinds.bugreport import BUGREPORT
from mvtcase.kinds.intrusion_logs import INTRUSION_LOGS
from mvtcase.kinds.ios_backup import IOS_BACKUP, IOS_BACKUP_ENCRYPTED
from mvtcase.kinds.ios_file_system import IOS_FILE_SYSTEM
from mvtcase.kinds.record import Command, KeyModule, Kind, part_name
from mvtcase.kinds.sysdiagnose import SYSDIAGNOSE
from mvtcase.kinds.words import EvidenceKind, Opener, Platform, Trace

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "KINDS",
    "TRACES",
    "Command",
    "EvidenceKind",
    "KeyModule",
    "Kind",
    "Opener",
    "Platform",
    "Trace",
    "of",
    "part_name",
]

KINDS: tuple[Kind, ...] = (
    IOS_BACKUP,
    IOS_BACKUP_ENCRYPTED,
    IOS_FILE_SYSTEM,
    SYSDIAGNOSE,
    ANDROIDQF,
    ANDROIDQF_AGE,
    BUGREPORT,
    ANDROID_BACKUP,
    INTRUSION_LOGS,
    ANDROID_FILE_SYSTEM,
)
"""Every kind, in the order of `EvidenceKind`, which is the order of tables."""

_BY_NAME: Mapping[EvidenceKind, Kind] = {each.name: each for each in KINDS}

TRACES: Mapping[str, Trace] = {slug: trace for each in KINDS for slug, trace in each.traces.items()}
"""What sort of trace a module holds, by its slug: no two kinds disagree."""


def of(name: EvidenceKind) -> Kind:
    """Return everything about one kind."""
    return _BY_NAME[name]
