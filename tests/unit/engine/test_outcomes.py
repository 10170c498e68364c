"""Outcomes from facts: the silent failures of MVT-FACTS each get the outcome they deserve."""

from __future__ import annotations

import logging

import pytest

from mvtcase.engine.outcomes import TEMPLATES, Cause, Facts, Failure, Note, classify, meaning_of, worst_note
from mvtcase.model import ModuleOutcome


def failure(cause: Cause, text: str = "what happened") -> Failure:
    """Return a failure of one cause."""
    return Failure(cause=cause, name="SomeError", text=text)


def note(template: str, level: int = logging.INFO, *, count: int = 1, exception: str = "") -> Note:
    """Return log records of one template."""
    return Note(level=level, template=template, count=count, exception=exception)


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [
        (Cause.NOT_FOUND, ModuleOutcome.NO_SOURCE),
        (Cause.CORRUPTED, ModuleOutcome.DAMAGED),
        (Cause.ENCRYPTED, ModuleOutcome.DAMAGED),
        (Cause.DENIED, ModuleOutcome.DENIED),
        (Cause.NOT_IMPLEMENTED, ModuleOutcome.FAILED),
        (Cause.OTHER, ModuleOutcome.FAILED),
    ],
)
def test_an_exception_in_run_decides_by_its_type(cause: Cause, outcome: ModuleOutcome) -> None:
    """What stopped the reading is the outcome, whatever was logged or read before."""
    found, reason = classify(Facts(records=7, run_failure=failure(cause), compared=True))
    assert found is outcome
    assert "what happened" in reason


def test_records_that_were_not_compared_are_a_failure() -> None:
    """An exception in the comparison leaves records that nobody looked at."""
    found, reason = classify(Facts(records=7, check_failure=failure(Cause.OTHER)))
    assert found is ModuleOutcome.FAILED
    assert reason.startswith("7 records were read")


def test_a_module_without_a_check_has_extracted() -> None:
    """MVT has modules that compare nothing by design."""
    facts = Facts(records=7, check_failure=failure(Cause.NOT_IMPLEMENTED))
    assert classify(facts) == (ModuleOutcome.EXTRACTED, "")


def test_records_compared_are_checked_and_without_indicators_extracted() -> None:
    """Only a comparison with indicators makes a module checked."""
    assert classify(Facts(records=1, compared=True)) == (ModuleOutcome.CHECKED, "")
    assert classify(Facts(records=1, compared=False)) == (ModuleOutcome.EXTRACTED, "")


def test_no_records_are_empty_never_checked() -> None:
    """A repaired copy without messages ends here when nothing else speaks."""
    assert classify(Facts(records=0, compared=True))[0] is ModuleOutcome.EMPTY


@pytest.mark.parametrize(
    ("template", "outcome"),
    [(template, outcome) for template, (outcome, _) in TEMPLATES.items() if outcome is not None],
)
def test_every_known_template_decides_a_module_without_records(template: str, outcome: ModuleOutcome) -> None:
    """Each line that MVT writes in place of an error gives its outcome, at whatever level it is logged."""
    exception = "DatabaseCorruptedError"
    found, reason = classify(Facts(records=0, compared=True, notes=[note(template, exception=exception)]))
    assert found is outcome
    assert reason


@pytest.mark.parametrize("template", [template for template, (outcome, _) in TEMPLATES.items() if outcome is None])
def test_templates_that_mean_nothing_for_the_examination_are_passed_over(template: str) -> None:
    """A timeline that cannot be written costs nothing that was examined."""
    assert classify(Facts(records=3, compared=True, notes=[note(template, logging.ERROR)])) == (
        ModuleOutcome.CHECKED,
        "",
    )


@pytest.mark.parametrize("level", [logging.ERROR, logging.CRITICAL])
def test_an_unknown_error_is_a_failure(level: int) -> None:
    """A line that this release does not know is taken for the worst."""
    assert classify(Facts(records=3, compared=True, notes=[note("never seen: %s", level)]))[0] is ModuleOutcome.FAILED


@pytest.mark.parametrize("level", [logging.INFO, logging.WARNING, 35, 45, 55, 65])
def test_unknown_lines_below_errors_and_alerts_are_not(level: int) -> None:
    """MVT's alerts are logged above ERROR and are no failures."""
    assert classify(Facts(records=3, compared=True, notes=[note("never seen: %s", level)]))[0] is ModuleOutcome.CHECKED


def test_the_text_of_a_record_decides_nothing() -> None:
    """A device name that forges a log line changes its module's outcome in neither direction."""
    forged = Note(level=logging.INFO, template="%s: %s", example="Database at path x recovered successfully!")
    assert classify(Facts(records=3, compared=True, notes=[forged])) == (ModuleOutcome.CHECKED, "")


def test_the_worst_of_several_notes_decides() -> None:
    """A module that lost one file and lacked another is damaged."""
    worst = worst_note([note("No mount information file found"), note("Skipping invalid zip: %s", count=3)])
    assert worst == (ModuleOutcome.DAMAGED, "an archive that could not be opened was left out (3 times)")


def test_a_source_missing_beside_others_that_were_read_is_no_gap() -> None:
    """A module with several sources is checked when it read one of them, and says what was not there."""
    facts = Facts(records=4, compared=True, notes=[note("getprop.txt file not found")])
    assert classify(facts) == (ModuleOutcome.CHECKED, "no getprop.txt")


def test_webkit_statistics_that_are_absent_are_told_from_unreadable_ones() -> None:
    """MVT logs one line for both; the type of the exception in it tells them apart."""
    template = "Unable to find WebKit observations.db: %s"
    absent = meaning_of(note(template, exception="DatabaseNotFoundError"))
    unreadable = meaning_of(note(template, exception="DatabaseCorruptedError"))
    assert absent is not None
    assert unreadable is not None
    assert (absent[0], unreadable[0]) == (ModuleOutcome.NO_SOURCE, ModuleOutcome.FAILED)


def test_the_missing_sqlite_shell_is_not_blamed_on_the_responder() -> None:
    """MVT asks to install a program that must stay away from evidence; the reason speaks of the database."""
    facts = Facts(
        records=0,
        run_failure=failure(Cause.CORRUPTED, "failed to recover without sqlite3 binary: please install sqlite3!"),
    )
    assert classify(facts) == (ModuleOutcome.DAMAGED, "the database is damaged: SQLite calls it malformed")
