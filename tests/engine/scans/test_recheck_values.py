"""A set published later: what a recheck finds in the value index is what reading the phone again would find."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from builders.planted import planted
from mvtcase.engine.worker.reader import second
from mvtcase.engine.worker.task import Task
from mvtcase.evidence import intake
from mvtcase.matchset import Collection, MatchSet
from mvtcase.model import EvidenceKind
from mvtcase.settings import Limits

if TYPE_CHECKING:
    from pathlib import Path

    from builders.planted_inputs import SoundInput

pytestmark = pytest.mark.engine

PHONES = [each for each in planted() if each.kind is not EvidenceKind.IOS_BACKUP_ENCRYPTED][::16][:36]
EARLIER = MatchSet(collections=(Collection(id="1", name="Earlier", values={"domains": ("other.example",)}),))


def later(given: SoundInput) -> MatchSet:
    """Return the set that knows what was planted."""
    values = {str(kind): tuple(held) for kind, held in given.indicators.items()}
    return MatchSet(collections=(Collection(id="1", name="Later", values=values),))


def told(events: list[dict[str, Any]]) -> set[tuple[object, ...]]:
    """Return what alerts say, without the text around a value, which only reading shows."""
    return {
        (
            each["level"],
            each["message"],
            *(str(each["data"].get(key)) for key in ("file", "found", "place_class", "row")),
        )
        for each in events
        if each["event"] == "alert"
    }


@pytest.mark.parametrize("given", PHONES, ids=lambda given: given.name)
def test_a_recheck_with_a_later_set_is_a_scan_with_it_value_by_value(given: SoundInput, tmp_path: Path) -> None:
    """Read with an earlier set, then asked for the later one: the same alerts as a reading with the later set gives."""
    (tmp_path / "evidence").mkdir()
    (tmp_path / "work").mkdir()
    found = intake.identify(given.build(tmp_path / "evidence"))
    staged = intake.stage(found, tmp_path / "work", Limits())

    def run(name: str, target: Path, sets: MatchSet, how: Any) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = []
        (tmp_path / name / "mvt").mkdir(parents=True)
        task = Task(
            name=name, kind=found.kind, target=target, results=tmp_path / name, matchset=target,
            expected_indicators=1, set_names={}, stock_matcher=False, sweep=True, allow_foreign_modules=False,
            password=None, finished=frozenset(), skipped=frozenset(), steps_done=frozenset(), steps_lost=frozenset(),
        )  # fmt: skip
        how(task, sets, lambda event, **fields: events.append({"event": event, **fields}))
        return events

    assert told(run("earlier", staged.target, EARLIER, second.run)) == set()
    rechecked = run("recheck", tmp_path / "earlier", later(given), second.run_stored)
    read_again = run("later", staged.target, later(given), second.run)
    gaps = [each["reason"] for each in rechecked if each["event"] == "problem"]
    assert told(rechecked) == told(read_again) or gaps
