"""`adb backup` files: told by their first line, or by their name where that is destroyed."""

from __future__ import annotations

from mvtcase.evidence.glance import Glance, Identified
from mvtcase.evidence.readers.base import Reader, in_place, nothing_told
from mvtcase.kinds import EvidenceKind

_AB_MAGIC = b"ANDROID BACKUP\n"


def detect(glance: Glance) -> Identified | None:
    """Recognise an `adb backup` file by its first line; one with a destroyed header by its name."""
    if glance.is_file and (glance.head.startswith(_AB_MAGIC) or glance.path.suffix.lower() == ".ab"):
        return Identified(kind=EvidenceKind.ANDROID_BACKUP, root=glance.path, encrypted=_ab_is_encrypted(glance.head))
    return None


def _ab_is_encrypted(data: bytes) -> bool:
    lines = data[:200].split(b"\n")
    return data.startswith(_AB_MAGIC) and len(lines) > 3 and lines[3] != b"none"  # noqa: PLR2004 - the fourth line


READER = Reader(kinds=(EvidenceKind.ANDROID_BACKUP,), detect=detect, identity=nothing_told, stage=in_place)
