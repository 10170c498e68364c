"""Databases that are damaged, foreign or silent: "cannot tell" with a reason, never a crash, never a false flip."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from builders.line import LINE_VARIANTS, LineVariant
from builders.line_variant import LineEvidence
from mvt_plugin_line.android_fs import LineAndroidFS
from mvt_plugin_line.modules_ios import LineIOS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_there_are_more_than_forty_variants_of_distinct_names() -> None:
    """The list is as long as promised and no variant stands in it twice."""
    assert len({str(variant) for variant in LINE_VARIANTS}) == len(LINE_VARIANTS) > 40


@pytest.mark.parametrize("variant", LINE_VARIANTS, ids=str)
def test_nothing_can_be_told_and_the_reason_is_given(
    variant: LineVariant, tmp_path: Path, run_line: Callable[..., Any]
) -> None:
    """One summary says unknown with the reason, R7 speaks, R1 and R3 do not, and damage is logged as an error."""
    target = variant.write(tmp_path / "evidence")
    if variant.evidence is LineEvidence.IOS_BACKUP:
        run = run_line(LineIOS, target, is_backup=True)
    else:
        run = run_line(LineAndroidFS, target)
    assert (run.summary["sealing"], run.summary["basis"]) == ("unknown", "R7")
    assert variant.reason in run.summary["reason"]
    assert "R7" in run.rules()
    assert not {"R1", "R3"} & set(run.rules())
    assert bool(run.errors) is variant.damaged
    assert "KEY-MATERIAL" not in json.dumps(run.results)
