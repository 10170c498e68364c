"""A living example: how evidence of a new kind is recognised and read. Its kind stands in `kinds/example.py`.

Tests run it like any other reader. The list in `readers/__init__.py` says when it is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.evidence.glance import Glance, Identified
from mvtcase.evidence.readers.base import TEXT_BYTES, Facts, Reader, in_place, properties

if TYPE_CHECKING:
    from mvtcase.evidence.parts import Parts
    from mvtcase.kinds import EvidenceKind


def example(kind: EvidenceKind) -> Reader:
    """Return the reader of a made-up kind: a folder with notes.txt, the phone's properties in it."""

    def detect(glance: Glance) -> Identified | None:
        # Names and first bytes only: what a glance offers is bounded and follows no link.
        return Identified(kind=kind, root=glance.path) if glance.count(("notes.txt",)) else None

    def identity(parts: Parts) -> Facts:
        # What cannot be read is left out; nothing may raise on hostile content.
        return properties(parts.content("notes.txt", TEXT_BYTES))

    # A plain folder is used where it lies; `unpacked` would take an archive apart within bounds.
    return Reader(kinds=(kind,), detect=detect, identity=identity, stage=in_place)
