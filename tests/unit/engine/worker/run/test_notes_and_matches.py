"""Log records counted by template, and alerts tied to the check that returned their match."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest

from mvtcase.engine.outcomes import MISSING_FILES, UNRESOLVED_LINK
from mvtcase.engine.worker.match.matches import Matches
from mvtcase.engine.worker.run.notes import MAX_TEMPLATES, NoteTaker


@pytest.fixture
def taker() -> Any:
    """Return a note taker on a logger of its own."""
    # Not from `getLogger`: pytest listens to those too, and does not forgive what cannot be formatted.
    logger = logging.Logger("apart", logging.DEBUG)  # noqa: LOG001 - see above
    handler = NoteTaker()
    logger.handlers = [handler]
    return SimpleNamespace(log=logger, take=handler.take)


def test_records_of_one_template_are_counted_with_one_example(taker: Any) -> None:
    """A million odd lines are one note."""
    for number in range(3):
        taker.log.warning("Skipping invalid zip: %s", number)
    (note,) = taker.take()
    assert (note.template, note.count, note.example) == ("Skipping invalid zip: %s", 3, "Skipping invalid zip: 0")
    assert taker.take() == []


def test_only_known_templates_count_below_warnings(taker: Any) -> None:
    """MVT says the worst of things as INFO, and much else."""
    taker.log.info("Invalid shortcut database format, skipping...")
    taker.log.info("Extracted a total of %d SMS messages", 3)
    taker.log.info(MISSING_FILES, 7)
    taker.log.debug(UNRESOLVED_LINK, "x")
    assert [note.template for note in taker.take()] == [
        "Invalid shortcut database format, skipping...",
        MISSING_FILES,
        UNRESOLVED_LINK,
    ]


@pytest.mark.parametrize("level", [25, 35, 45, 55, 65])
def test_alerts_are_no_notes(level: int, taker: Any) -> None:
    """They are recorded where they are raised."""
    taker.log.log(level, "Found a known suspicious domain")
    assert taker.take() == []


def test_the_exception_among_the_arguments_is_named(taker: Any) -> None:
    """Its type tells an absent source from a broken one."""
    taker.log.error("it broke: %s", KeyError("x"))
    assert taker.take()[0].exception == "KeyError"


def test_a_record_that_cannot_be_formatted_still_counts(taker: Any) -> None:
    """Formatting runs the text of anything."""
    taker.log.error("%d records", "many")
    assert (taker.take()[0].count, taker.take()) == (1, [])


def test_templates_made_of_evidence_are_bounded(taker: Any) -> None:
    """Some of MVT's lines are formatted before they are logged, so each can be another."""
    filler = "x" * 10_000
    for number in range(MAX_TEMPLATES + 50):
        taker.log.error(f"Error {number} {filler}")  # noqa: G004 - as MVT does
    notes = taker.take()
    assert len(notes) == MAX_TEMPLATES
    assert max(len(note.template) for note in notes) < 1000


def indicator(value: str) -> Any:
    """Return what MVT names an indicator."""
    return SimpleNamespace(value=value, type="processes", name="Family", stix2_file_name="set.stix2")


def alert(**fields: Any) -> Any:
    """Return what MVT raises as an alert."""
    return SimpleNamespace(**{"matched_indicator": None, "event": {}, "message": "", **fields})


@pytest.fixture
def matches() -> Matches:
    """Return matches of sets with a name."""
    return Matches({"set.stix2": "pegasus"})


def witness(matches: Matches, argument: str, value: str) -> None:
    """Let a check return a match."""
    matches.witness("check_process", argument, SimpleNamespace(ioc=indicator(value)))


def test_an_indicator_that_mvt_names_is_taken(matches: Matches) -> None:
    """Family and set are those of the collection."""
    found = matches.indicator_of(alert(matched_indicator=indicator("bh")), {})
    assert found == ({"value": "bh", "type": "processes", "family": "Family", "set": "pegasus"}, False)


def test_an_indicator_in_the_event_is_taken(matches: Matches) -> None:
    """Some modules put it there."""
    found, witnessed = matches.indicator_of(alert(event={"matched_indicator": {"value": "bh", "name": "F"}}), {})
    assert found is not None
    assert (found["value"], found["family"], witnessed) == ("bh", "F", False)


def test_a_match_is_tied_to_the_alert_that_shows_what_was_checked(matches: Matches) -> None:
    """Two processes were found; each alert gets its own."""
    witness(matches, "/usr/libexec/first", "first")
    witness(matches, "/usr/libexec/second", "second")
    found, witnessed = matches.indicator_of(alert(), {"path": ["/usr/libexec/first"]})
    assert found is not None
    assert (found["value"], witnessed) == ("first", True)


def test_a_match_speaks_for_one_alert_only(matches: Matches) -> None:
    """What was spent is not used again for a heuristic about the same record."""
    witness(matches, "agent", "agent")
    assert matches.indicator_of(alert(), {"name": "agent"})[1]
    assert matches.indicator_of(alert(), {"name": "agent"}) == (None, False)


def test_a_match_whose_alert_named_it_is_spent(matches: Matches) -> None:
    """An alert that names its indicator leaves none over for the next one."""
    witness(matches, "agent", "agent")
    matches.indicator_of(alert(matched_indicator=indicator("agent")), {"name": "agent"})
    assert matches.indicator_of(alert(), {"name": "agent"}) == (None, False)


def test_an_alert_about_something_else_gets_no_indicator(matches: Matches) -> None:
    """Nothing is guessed."""
    witness(matches, "agent", "agent")
    assert matches.indicator_of(alert(message="a heuristic"), {"name": "other"}) == (None, False)


def test_another_module_starts_without_matches(matches: Matches) -> None:
    """A match of one module never speaks for an alert of the next."""
    witness(matches, "agent", "agent")
    matches.forget()
    assert matches.indicator_of(alert(), {"name": "agent"}) == (None, False)
