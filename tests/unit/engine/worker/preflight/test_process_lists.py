"""The lists of processes of one AndroidQF acquisition are compared with each other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mvtcase.engine.worker.preflight.acquired import uneven_lists
from mvtcase.phones.android import build_androidqf
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.androidqf_layouts import AndroidQFLayout

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("layout", [None, *AndroidQFLayout])
def test_lists_of_one_phone_agree(tmp_path: Path, layout: AndroidQFLayout | None) -> None:
    """In whichever forms and however many the release wrote them."""
    assert list(uneven_lists(build_androidqf(tmp_path / "a", AndroidPhone(), layout=layout).path)) == []


def test_a_list_far_shorter_than_another_is_a_problem(tmp_path: Path) -> None:
    """It was cut, or something keeps processes out of it."""
    home = build_androidqf(tmp_path / "a", AndroidPhone()).path
    held = json.loads((home / "processes.txt").read_text())
    (home / "processes.json").write_text(json.dumps(held[:4]))
    (problem,) = uneven_lists(home)
    assert problem.module == "aqf_collected_processes"
    assert "processes.json lists 4" in str(problem.reason)


def test_a_broken_list_is_for_its_module_to_tell(tmp_path: Path) -> None:
    """A look at numbers raises nothing."""
    home = build_androidqf(tmp_path / "a", AndroidPhone()).path
    (home / "processes.json").write_text("[{")
    assert list(uneven_lists(home)) == []
