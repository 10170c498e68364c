"""The readers, one file per kind of evidence, in the order in which they are asked what a path is.

A reader recognises damaged evidence too: a backup with a truncated Manifest.db is still a backup, and is better scanned
with gaps than turned away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.evidence.readers import (
    android_backup,
    android_file_system,
    androidqf,
    bugreport,
    intrusion_logs,
    ios_backup,
    ios_file_system,
    sysdiagnose,
)

if TYPE_CHECKING:
    from mvtcase.evidence.readers.base import Reader
    from mvtcase.kinds import EvidenceKind

READERS: tuple[Reader, ...] = (
    # First by their magic bytes: these need no look inside and no other kind carries them.
    android_backup.READER,
    androidqf.READER_AGE,
    # The backup before the file system dump: an iTunes backup of a Mac may lie inside a dump, never the reverse.
    ios_backup.READER,
    ios_file_system.READER,
    # Before AndroidQF: both hold a ps.txt.
    sysdiagnose.READER,
    # Before the bugreport and the intrusion logs: an AndroidQF acquisition holds both, and a dumpsys.txt that a
    # bugreport is told by as well.
    androidqf.READER,
    bugreport.READER,
    intrusion_logs.READER,
    # Last: its marks (data/data, data/app) are the commonest folder names of all.
    android_file_system.READER,
)


def reader_of(kind: EvidenceKind) -> Reader:
    """Return the reader of a kind of evidence."""
    return next(each for each in READERS if kind in each.kinds)
