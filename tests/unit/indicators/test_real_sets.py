"""The real sets beside the checkout: nothing in them unexplained, and as many indicators as MVT itself counts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from mvtcase.indicators.library import IndicatorLibrary

COUNT_WITH_MVT = """
import json, logging, sys
logging.disable(logging.CRITICAL)
from mvt.common.indicators import Indicators
def count(path):
    stock = Indicators()
    stock.parse_stix2(path)
    return stock.total_ioc_count
print(json.dumps({path: count(path) for path in sys.argv[1:]}))
"""


@pytest.mark.shared
def test_nothing_unexplained(real_sets: tuple[Path, ...], indicator_library: IndicatorLibrary) -> None:
    """Every indicator of every real set is compared; where the form differs, a note says so."""
    for path in real_sets:
        passport = indicator_library.import_file(path).passport
        assert passport.in_file + passport.extra == passport.usable + passport.duplicates + len(passport.unusable)
        assert (passport.unusable, passport.extra) == ((), 0)
        assert passport.stock.get("loads", 0) == passport.in_file - len(passport.adjustments)
        if path.name == "pegasus.stix2":
            assert passport.usable == 1549
    total = sum(each.usable for each in indicator_library.active())
    assert indicator_library.compile(indicator_library.active()).total == total


@pytest.mark.shared
@pytest.mark.engine
def test_as_many_as_mvt_counts(
    real_sets: tuple[Path, ...], indicator_library: IndicatorLibrary, tmp_path: Path
) -> None:
    """The number of usable indicators of each real set is the number MVT's own reader loads."""
    environment = os.environ | {
        "MVT_CONFIG_FOLDER": str(tmp_path),
        "MVT_DATA_FOLDER": str(tmp_path),
        "HOME": str(tmp_path),
    }
    command = [sys.executable, "-c", COUNT_WITH_MVT, *map(str, real_sets)]
    answer = subprocess.run(command, capture_output=True, check=True, env=environment, timeout=120)
    counted = json.loads(answer.stdout)
    assert {str(path): indicator_library.import_file(path).passport.usable for path in real_sets} == counted
