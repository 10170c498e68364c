"""Result files that nothing rests on go; what the case says stays, and the chain says what went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.flow.conftest import full

from mvtcase.workflow import custody, pruning, rechecks, scans, status

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.flow.conftest import FakeEngine

    from mvtcase.engine.job import EngineResult
    from mvtcase.workflow.desk import Desk
    from mvtcase.workflow.pruning import Pruned


def _wanted(plan: Pruned) -> bool:
    return bool(plan.scans)


@pytest.fixture
def scanned(desk: Desk, engine: FakeEngine, match: EngineResult, add_phone: Callable[..., str]) -> Desk:
    """Give a case of a phone scanned four times: the second time something was found, and still is."""
    add_phone()
    for number, answer in enumerate((full(), match, match, match), start=1):
        engine.answer = answer
        scans.run(desk, scans.Request())
        with desk.open_case() as store:
            results = store.folder.results(f"S-{number:04d}")
            results.mkdir(parents=True, exist_ok=True)
            (results / "kept.json").write_text("[1]")
    return desk


def _kept(desk: Desk) -> list[str]:
    with desk.open_case() as store:
        return sorted(path.parent.name for path in store.folder.path.glob("scans/*/results"))


def test_the_latest_scan_and_the_first_that_found_something_keep_their_files(scanned: Desk) -> None:
    """The others' go, with their digests in the chain; every finding, alert and status stays."""
    before = status.status(scanned).json
    done = pruning.prune(scanned, confirm=_wanted).data
    assert (done.scans, done.files, done.bytes, done.destroyed) == (("S-0001", "S-0003"), 2, 6, True)
    assert _kept(scanned) == ["S-0002", "S-0004"]
    after = status.status(scanned).json
    assert {**after, "custody_head": ""} == {**before, "custody_head": ""}
    events: Any = custody.log(scanned).json["events"]
    assert set(events[-1]["payload"]["results_sha256"]) == {"S-0001", "S-0003"}
    custody.verify(scanned)
    assert pruning.prune(scanned, confirm=_wanted).data.scans == ()


def test_nothing_goes_that_nobody_agreed_to(scanned: Desk) -> None:
    """What would go is told."""
    told = pruning.prune(scanned, confirm=lambda _plan: False).data
    assert (told.scans, told.destroyed) == (("S-0001", "S-0003"), False)
    assert len(_kept(scanned)) == 4


def test_a_recheck_of_what_was_pruned_says_so(scanned: Desk) -> None:
    """And names what can be rechecked."""
    pruning.prune(scanned, confirm=_wanted)
    told = rechecks.run(scanned, rechecks.Request(scans=("S-0001",)))
    assert told.data.scans == ()
    assert "not kept any more" in str(told.messages[0])
    assert "later scan of A-0001" in str(told.messages[0])
