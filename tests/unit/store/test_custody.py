"""The chain of custody notices every change that did not go through it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from mvtcase.canon import GENESIS
from mvtcase.store import custody, queries, schema, words

if TYPE_CHECKING:
    from mvtcase.store.store import Store


def _tamper(store: Store, statement: str) -> None:
    """Run a statement with the triggers out of the way, then put them back, as a careful forger would."""
    for (name,) in store.connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        store.connection.execute(f"DROP TRIGGER {name}")
    store.connection.execute("PRAGMA foreign_keys = OFF")
    store.connection.execute(statement)
    for (kind, _), text in schema.expected().items():
        if kind == "trigger":
            store.connection.execute(text)


def test_an_untouched_case_verifies(small_case: Store) -> None:
    """No difference where there is none."""
    assert small_case.verify() == ()


def test_the_first_event_follows_genesis(small_case: Store) -> None:
    """The chain has a known beginning and each event names the one before."""
    events = queries.custody_events(small_case)
    assert events[0].previous == GENESIS
    assert events[1].previous == events[0].digest
    assert custody.head(small_case.connection) == (2, events[1].digest)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE official SET name = 'Somebody Else'",
        "UPDATE scan SET completeness = 'full'",
        "UPDATE acquisition SET bytes = bytes + 1",
        "UPDATE device SET identity = replace(identity, 'iPhone', 'iPhonf')",
        "UPDATE case_file SET tlp = 'CLEAR'",
        "UPDATE membership SET affected_group = 'G-0002'",
        "INSERT INTO note VALUES ('u-1', 'N-0009', 'slipped in', '', 'now', 'Eve')",
        "DELETE FROM membership",
        "UPDATE custody_event SET actor = 'Eve' WHERE sequence = 1",
        "UPDATE custody_event SET at = '2020' WHERE sequence = 2",
        "UPDATE custody_event SET payload = '[]' WHERE sequence = 2",
        "UPDATE custody_event SET payload = 'no json' WHERE sequence = 2",
        "DELETE FROM custody_event WHERE sequence = 1",
        "UPDATE custody_row SET row_sha256 = 'x' WHERE sequence = 2 AND ordinal = 0",
        "DELETE FROM custody_row WHERE sequence = 1 AND ordinal = 0",
    ],
)
def test_a_change_past_the_chain_is_found(small_case: Store, statement: str) -> None:
    """Every stored row and every event is covered."""
    _tamper(small_case, statement)
    assert small_case.verify() != ()


def test_taking_the_guards_off_and_on_again_alone_changes_nothing(small_case: Store) -> None:
    """What the tests above find is the forgery, not the forger's tools."""
    _tamper(small_case, "SELECT 1")
    assert small_case.verify() == ()


def test_a_missing_trigger_is_found(small_case: Store) -> None:
    """The guards are part of what is verified."""
    small_case.connection.execute("DROP TRIGGER alert_no_update")
    assert [each.where for each in small_case.verify()] == ["trigger alert_no_update"]


def test_every_table_is_covered_or_part_of_the_chain(small_case: Store) -> None:
    """A table added later cannot be forgotten."""
    tables = {
        row["name"]
        for row in small_case.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%sqlite%'")
    }
    index = {name for name in tables if name.startswith(words.INDEX)}
    chain = {f"custody_{name}" for name in ("event", "row", "before", "signature", "timestamp", "origin")}
    assert tables - index == {*custody.covered(), *chain}
    assert index >= set(words.INDEX), "what it is made of may be written anew without an event; it holds no fact"


def test_an_event_that_does_not_follow_the_one_before_is_found(small_case: Store) -> None:
    """An event taken out of the middle shows by the link alone, when the one after it is whole in itself."""
    with small_case.change("note.added", actor="Ada") as change:
        change.insert("note", id="N-0001", text="x", at=change.at, examiner="Ada")
    last = queries.custody_events(small_case)[-1]
    forged = dataclasses.replace(last, previous="f" * 64)
    sealed = custody.event_digest(forged)
    _tamper(small_case, f"UPDATE custody_event SET previous = '{'f' * 64}', digest = '{sealed}' WHERE sequence = 3")
    assert [each.what for each in small_case.verify()] == ["does not follow from the event before it"]


def test_a_chain_cut_short_has_another_head(small_case: Store) -> None:
    """What the chain cannot see itself, the head printed in a report does."""
    head = small_case.custody_head()
    _tamper(small_case, "DELETE FROM custody_row WHERE sequence = 2")
    _tamper(small_case, "DELETE FROM custody_event WHERE sequence = 2")
    assert small_case.custody_head() != head


def test_a_column_added_by_hand_breaks_nothing(small_case: Store) -> None:
    """A seal names the columns it covers, so that a later release's column, or a person's, leaves old seals whole."""
    small_case.connection.execute("ALTER TABLE device ADD COLUMN shelf TEXT NOT NULL DEFAULT 'left'")
    small_case.connection.execute("ALTER TABLE custody_row ADD COLUMN box TEXT")
    with small_case.change("note.added", actor="Ada") as change:
        change.insert("note", id="N-0001", text="x", at=change.at, examiner="Ada")
    assert small_case.verify() == ()
    assert queries.device(small_case, "D-0001").label


def test_a_column_that_is_not_there_any_more_is_found(small_case: Store) -> None:
    """Taking away what a seal covers is a difference, not an error of the program."""
    small_case.connection.execute("ALTER TABLE official DROP COLUMN contact")
    assert "contact" in "".join(each.what for each in small_case.verify())


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE cookies (name TEXT)",
        "CREATE VIEW everybody AS SELECT name FROM official",
        "CREATE TRIGGER silent BEFORE INSERT ON alert BEGIN SELECT RAISE(IGNORE); END",
        "DROP VIEW official_status",
        "DROP INDEX idx_alert_scan",
    ],
)
def test_what_the_program_did_not_make_is_found(small_case: Store, statement: str) -> None:
    """A trigger that drops alerts, or a view that says something else, is no part of a case."""
    small_case.connection.execute(statement)
    assert [each.where.split()[1] for each in small_case.verify()] == [
        next(word for word in statement.split()[2:] if word.islower())
    ]
