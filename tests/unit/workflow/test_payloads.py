"""What verbs return: who read the files of several scans, and records as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mvtcase.model import Completeness, EvidenceKind, Scan, ScanState
from mvtcase.workflow.payloads import Unclaimed, as_json, claims

FILE = {"path": "a.db", "bytes": 3, "telling": True}
COUNTED = {"files": 5, "claimed": 3, "second_reader": 4, "missing": 0, "unclaimed_files": 1}


def _scan(**counted: object) -> Scan:
    return Scan(
        id="S-0001",
        uuid="u",
        acquisition="A-0001",
        device="D-0001",
        kind=EvidenceKind.IOS_BACKUP,
        command="check-backup",
        state=ScanState.FINISHED,
        started_at="2026-11-24T00:00:00.000000Z",
        examiner="Ada",
        claims=counted,  # type: ignore[arg-type]  # as the store has it
    )


def test_claims_of_several_scans_are_counted_together() -> None:
    """A scan from before they were counted adds nothing, and none at all is not nought."""
    one = _scan(**COUNTED, extents={"full": 4, "damaged": 1}, unclaimed=[FILE])
    two = _scan(**COUNTED, extents={"full": 2}, unclaimed=[])
    told = claims([one, _scan(), two])
    assert told is not None
    assert (told.files, told.claimed, told.unclaimed_files) == (10, 6, 2)
    assert told.extents == {"full": 6, "damaged": 1}
    assert told.unclaimed == (Unclaimed(path="a.db", bytes=3, telling=True),)
    assert claims([_scan()]) is None


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A record with a key that is a word of Python."""

    from_: str | None
    words: frozenset[Completeness]
    place: Path


def test_a_record_becomes_json() -> None:
    """Words and paths are texts, sets are in order, and a trailing underscore is no part of a key."""
    sample = Sample(from_=None, words=frozenset(Completeness), place=Path("a/b"))
    assert as_json({"one": (sample,)}) == {
        "one": [{"from": None, "words": ["blind", "full", "partial"], "place": "a/b"}]
    }
