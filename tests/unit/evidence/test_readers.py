"""Every kind of evidence has its reader, and the example lives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.evidence.glance import Glance
from mvtcase.evidence.parts import parts_of
from mvtcase.evidence.readers import READERS, reader_of
from mvtcase.evidence.readers.base import Job
from mvtcase.evidence.readers.example import example
from mvtcase.evidence.unpack import Budget, Notes
from mvtcase.kinds import EvidenceKind
from mvtcase.settings import Limits

if TYPE_CHECKING:
    from pathlib import Path


def test_every_kind_has_exactly_one_reader() -> None:
    """A kind without one could be registered by nobody; one with two would be read by chance."""
    kinds = [kind for each in READERS for kind in each.kinds]
    assert sorted(kinds) == sorted(EvidenceKind)
    assert all(kind in reader_of(kind).kinds for kind in EvidenceKind)


def test_the_example_is_recognised_identified_and_staged(tmp_path: Path) -> None:
    """What a new kind has to bring is just this."""
    reader = example(EvidenceKind.BUGREPORT)
    assert reader.detect(Glance(tmp_path)) is None
    (tmp_path / "notes.txt").write_text("ro.product.model=Example One\n", "utf-8")
    found = reader.detect(Glance(tmp_path))
    assert found is not None
    with parts_of(found) as parts:
        assert reader.identity(parts) == {"model": "Example One"}
    limits = Limits()
    job = Job(
        work=tmp_path / "work",
        limits=limits,
        budget=Budget.of(limits),
        notes=Notes(),
        tell=lambda _sentence: None,
        age_identity=None,
    )
    assert reader.stage(found, job).in_place
