"""A few of the rosters that `benchmarks/rosters.py` tries: what leaves the team is the same of two cases that differ.

They differ in whatever an outside edition must not tell; the benchmark says how, and tries as many as one has time for.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.report import view

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture(scope="module")
def rosters() -> Iterator[Any]:  # a script has no types
    """Give the benchmark as a module, whose pair of cases is made once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(FOLDER)
        yield import_module("rosters")


@pytest.mark.parametrize("seed", [4, 5])
def test_nothing_that_leaves_the_team_depends_on_what_it_must_not_tell(rosters: Any, seed: int) -> None:
    """Reports and exports of both cases are the same, and every number is that of `status`; in both languages."""
    roster = rosters.Quick(seed)
    roster.run()
    assert roster.wrong == []
    assert roster.counts["reports"] > 3
    assert roster.counts["looks"] > 50


def test_a_text_of_the_evidence_that_comes_out_is_noticed(rosters: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison can fail: a view that shows texts outside is told at once."""
    monkeypatch.setattr(view.View, "shows_texts", property(lambda _: True))
    roster = rosters.Quick(6)
    roster.export()
    assert any("export csv" in each for each in roster.wrong)
