"""Dumps of an Android file system, or of its data partition: told by where apps keep their data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.evidence.glance import Glance, Identified
from mvtcase.evidence.readers.base import TEXT_BYTES, Facts, Reader, in_place, properties
from mvtcase.kinds import EvidenceKind

if TYPE_CHECKING:
    from mvtcase.evidence.parts import Parts


def detect(glance: Glance) -> Identified | None:
    """Recognise a dump of an Android file system, or of its data partition, by where apps keep their data."""
    whole = any(glance.has_folder(*mark) for mark in (("data", "data"), ("data", "user", "0"), ("data", "app")))
    partition = glance.has_folder("data") and any(
        glance.has_folder(name) for name in ("user", "user_de", "app", "system", "misc")
    )
    return Identified(kind=EvidenceKind.ANDROID_FILE_SYSTEM, root=glance.path) if whole or partition else None


def identity(parts: Parts) -> Facts:
    """Return what the build properties say of the phone."""
    facts: Facts = {}
    for place in ("system/build.prop", "system/system/build.prop", "vendor/build.prop", "build.prop"):
        for name, told in properties(parts.content(place, TEXT_BYTES)).items():
            facts.setdefault(name, told)
    return facts


READER = Reader(kinds=(EvidenceKind.ANDROID_FILE_SYSTEM,), detect=detect, identity=identity, stage=in_place)
