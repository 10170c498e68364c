"""Base rates: what stands on one phone only, on some, on most, and what cannot be said."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.engine import results_folder as carried
from mvtcase.engine.worker.reader import index
from mvtcase.workflow import findings, scans

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.flow.conftest import FakeEngine

    from mvtcase.engine.job import EngineResult, ScanJob
    from mvtcase.workflow.desk import Desk


def _write(results: Path, keys: Sequence[str]) -> None:
    path = results / carried.INDEX_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [{"format": carried.FORMAT}, [["a", "b"]], *([key, [[0, "artefact", "process"]]] for key in keys)]
    path.write_bytes(gzip.compress("".join(json.dumps(each) + "\n" for each in lines).encode()))


def test_the_index_is_the_one_that_the_worker_writes() -> None:
    """The two sides of the process boundary name one file and form."""
    assert carried.INDEX_FILE.endswith(f"/{index.FILE_NAME}")
    assert carried.FORMAT == index.FORMAT


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ((), None),
        (((),) * 3, None),
        (((),) * 4, "only on this phone, of 5"),
        ((("nbh",), (), (), ()), "on 2 of 5 phones"),
        ((("nBH",), ("n\x01bh",), ("nother",), (), ("nbh", "nx")), "on 4 of 6 phones of its kind here (most)"),
    ],
)
def test_a_rate_is_told_from_five_phones_on(  # fixtures
    desk: Desk,
    add_phone: Callable[..., str],
    join: Callable[..., str],
    engine: FakeEngine,
    found: Callable[..., EngineResult],
    others: Sequence[Sequence[str]],
    told: str | None,
) -> None:
    """Counting phones of one kind whose values are kept, and those that carry the finding's process."""
    held = iter([("nbh", "dexample.org"), *others])

    def keep(job: ScanJob) -> None:
        _write(job.results, next(held))

    engine.before, engine.answer = keep, found()
    add_phone()
    for number in range(len(others)):
        add_phone(join(f"Person {number}"), seed=number + 2)
    scans.run(desk, scans.Request(acquisitions=("A-0001",)))
    engine.answer = replace(found(), alerts=())
    scans.run(desk, scans.Request(everything=True))
    listed: Any = findings.list_findings(desk).json["findings"]
    shown: Any = findings.show(desk, listed[0]["id"]).json["finding"]
    assert told in (shown["base_rate"] or {"words": None})["words"] if told else shown["base_rate"] is None


@pytest.mark.parametrize(
    "content", [b"", b"noise", gzip.compress(b"[]\n", mtime=0), gzip.compress(b'{"format": 1}\n', mtime=0)]
)
def test_what_a_worker_left_there_cannot_stop_a_case(tmp_path: Path, content: bytes) -> None:
    """No index, noise or another form: nothing is known."""
    (tmp_path / "mvt").mkdir()
    (tmp_path / carried.INDEX_FILE).write_bytes(content)
    assert carried.carried(tmp_path, {"bh"}) is None
    (tmp_path / carried.INDEX_FILE).unlink()
    assert carried.carried(tmp_path, {"bh"}) is None
    (tmp_path / carried.INDEX_FILE).mkdir()
    assert carried.carried(tmp_path, {"bh"}) is None
