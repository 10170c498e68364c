"""The nouns: frozen, named by keyword, with closed sets whose defaults claim nothing."""

from __future__ import annotations

import dataclasses
import inspect

import pytest

from mvtcase import model
from mvtcase.canon import StrEnum

RECORDS = [one for _, one in inspect.getmembers(model, dataclasses.is_dataclass) if inspect.isclass(one)]
SETS = [one for _, one in inspect.getmembers(model, inspect.isclass) if issubclass(one, StrEnum) and one is not StrEnum]


@pytest.mark.parametrize("record", RECORDS, ids=lambda one: one.__name__)
def test_records_are_frozen_slotted_and_named(record: type) -> None:
    """Nothing is changed behind anybody's back, and no value lands in the wrong field."""
    parameters = record.__dataclass_params__  # type: ignore[attr-defined]  # every dataclass has it
    assert parameters.frozen
    assert "__dict__" not in dir(record)
    assert all(each.kw_only for each in dataclasses.fields(record))


@pytest.mark.parametrize("words", SETS, ids=lambda one: one.__name__)
def test_closed_sets_are_words(words: type[StrEnum]) -> None:
    """Each its own text, once."""
    assert len({str(each) for each in words}) == len(words)
    assert all(words(str(each)) is each for each in words)


def test_every_default_claims_nothing() -> None:
    """What nobody filled in was not run, not examined, not published."""
    run = model.ModuleRun(module="M", slug="m", origin="mvt")
    assert (run.outcome, run.records, run.source_rows) == (model.ModuleOutcome.NOT_RUN, None, None)
    assert model.Official(id="O", uuid="u", pseudonym="p").publication is model.Publication.WITHHELD
    fields = {each.name: each.default for each in dataclasses.fields(model.Scan)}
    assert (fields["completeness"], fields["indicators_loaded"]) == (model.Completeness.BLIND, 0)
    assert (fields["sandbox"], fields["control_passed_at"]) == ("none", None)


def test_levels_and_statuses_are_ordered() -> None:
    """Levels upwards by rank, statuses worst first."""
    assert [level.rank for level in model.Level] == [0, 1, 2, 3, 4]
    assert model.Level.CRITICAL.rank > model.Level.HIGH.rank
    assert [str(each) for each in model.Status] == [
        *("confirmed", "targeted", "indicator_match", "suspicious", "inconclusive", "no_trace", "not_examined")
    ]
