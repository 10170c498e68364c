"""The example case's reports, byte for byte: a change of what reports say or how they look shows up in review.

`make gold` writes the files anew (`MVTCASE_WRITE_GOLD=1`); read the difference before committing it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mvtcase.report import example, incident, render

FOLDER = Path(__file__).parents[2] / "gold"


@pytest.mark.parametrize("form", [render.Format.HTML, render.Format.JSON, render.Format.MARKDOWN])
def test_the_example_report_is_what_the_gold_file_says(form: render.Format) -> None:
    """Same facts, same bytes."""
    facts = incident.incident(example.casebook(), example.occasion(), example.sealing())
    made = render.render(facts, "incident", form)
    gold = FOLDER / f"incident.{form}"
    if os.environ.get("MVTCASE_WRITE_GOLD"):
        gold.write_bytes(made)
    assert made.decode() == gold.read_text("utf-8"), "run 'make gold' and read the difference"
