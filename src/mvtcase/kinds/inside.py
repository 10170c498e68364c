"""Acquisitions that lie inside another one: a sysdiagnose in a dump, a bug report among files, a backup in a folder.

MVT's command for the outer kind does not look into them; each is examined as its own kind in the same scan, or named.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase import kinds
from mvtcase.kinds.words import EvidenceKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

MAX_INSIDE = 8
"""Acquisitions inside one that are examined; what is beyond is named as not examined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """One acquisition inside another: its kind, its place in the outer one, and where it can be read, made plain."""

    kind: EvidenceKind
    place: str
    target: Path

    def part(self, number: int, part: str) -> str:
        """Return the name of the part under which its modules run, which is also a folder's."""
        return f"inside{number}-{part}"


def inside(names: Collection[str], own: EvidenceKind) -> Iterator[tuple[str, EvidenceKind]]:
    """Yield place and kind of what lies inside an acquisition by the names of its files; of a folder, the folder's."""
    listed = frozenset(names)
    platform = kinds.of(own).platform
    for name in names:
        if not name.endswith(_ENDINGS) and not name.lower().endswith(_ENDINGS):
            continue
        kind = next((kind for kind, pattern in _INSIDE.items() if pattern.search(name)), None)
        if kind is None or kind in _OWN.get(own, {own}) or kinds.of(kind).platform is not platform:
            continue
        folder, _, file = name.rpartition("/")
        if kind is not EvidenceKind.IOS_BACKUP or {f"{folder}/Info.plist", f"{folder}/Manifest.plist"} <= listed:
            yield (folder if file in _IN_FOLDERS else name), kind


_IN_FOLDERS = frozenset({"sysdiagnose.log", "Manifest.db"})
_INSIDE = {
    EvidenceKind.SYSDIAGNOSE: re.compile(
        r"(?:^|/)sysdiagnose_[^/]{1,200}(?:\.tar\.gz|\.tgz|/sysdiagnose\.log)$", re.IGNORECASE
    ),
    EvidenceKind.BUGREPORT: re.compile(r"(?:^|/)(?:bugreport|dumpstate)[^/]{0,200}\.zip$", re.IGNORECASE),
    EvidenceKind.ANDROID_BACKUP: re.compile(r"\.ab$", re.IGNORECASE),
    EvidenceKind.IOS_BACKUP: re.compile(r"/Manifest\.db$"),
}
_ENDINGS = (".gz", ".tgz", ".log", ".zip", ".ab", ".db")
"""How names end that any of these finds: there are files by the hundred thousand."""

_BACKUPS = {EvidenceKind.IOS_BACKUP, EvidenceKind.IOS_BACKUP_ENCRYPTED}
_QF = {EvidenceKind.BUGREPORT, EvidenceKind.ANDROID_BACKUP, EvidenceKind.INTRUSION_LOGS}
_OWN = {
    EvidenceKind.ANDROIDQF: _QF,
    EvidenceKind.ANDROIDQF_AGE: _QF,
    EvidenceKind.IOS_BACKUP: _BACKUPS,
    EvidenceKind.IOS_BACKUP_ENCRYPTED: _BACKUPS,
}
"""What the modules of a kind examine as a part of it; of every other kind, itself."""
