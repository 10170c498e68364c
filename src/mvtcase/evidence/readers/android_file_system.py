"""Dumps of an Android file system, or of its data partition: told by where apps keep their data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.evidence.glance import Glance, Identified
from mvtcase.evidence.partitions import android_partitions
from mvtcase.evidence.readers.base import TEXT_BYTES, Facts, Job, Reader, Staged, folder_or_archive, properties
from mvtcase.kinds import EvidenceKind

if TYPE_CHECKING:
    from mvtcase.evidence.parts import Parts


def detect(glance: Glance) -> Identified | None:
    """Recognise a dump of an Android file system, or of its data partition, by where apps keep their data."""
    whole = any(glance.has_folder(*mark) for mark in (("data", "data"), ("data", "user", "0"), ("data", "app")))
    partition = glance.has_folder("data") and any(
        glance.has_folder(name) for name in ("user", "user_de", "app", "system", "misc")
    )
    apart = () if whole or partition else android_partitions(glance)
    found = Identified(kind=EvidenceKind.ANDROID_FILE_SYSTEM, root=glance.path, partitions=apart)
    return found if whole or partition or apart else None


def identity(parts: Parts) -> Facts:
    """Return what the build properties say of the phone."""
    facts: Facts = {}
    for place in ("system/build.prop", "system/system/build.prop", "vendor/build.prop", "build.prop"):
        for name, told in properties(parts.content(place, TEXT_BYTES)).items():
            facts.setdefault(name, told)
    return facts


def stage(found: Identified, job: Job) -> Staged:
    """Use the folder, or a copy with its partitions joined, out of the archive where it came in one."""
    return folder_or_archive(found, job, detect)


READER = Reader(kinds=(EvidenceKind.ANDROID_FILE_SYSTEM,), detect=detect, identity=identity, stage=stage, packed=True)
