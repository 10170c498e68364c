"""The schema says what the model says, and explains itself."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING

import pytest

from mvtcase import model
from mvtcase.store import custody, merging, schema

if TYPE_CHECKING:
    from mvtcase.canon import StrEnum
    from mvtcase.store.store import Store

CLOSED_SETS: dict[tuple[str, str], type[StrEnum]] = {
    ("case_file", "tlp"): model.Tlp,
    ("case_file", "state"): model.CaseState,
    ("official", "publication"): model.Publication,
    ("official", "roster"): model.RosterState,
    ("official", "state"): model.OfficialState,
    ("examiner", "role"): model.ExaminerRole,
    ("allow_entry", "what"): model.AllowedThing,
    ("allow_word", "word"): model.AllowWord,
    ("tombstone", "grounds"): model.PurgeGrounds,
    ("tombstone", "state"): model.PurgeState,
    ("decision", "kind"): model.DecisionKind,
    ("consent", "method"): model.ConsentMethod,
    ("device", "platform"): model.Platform,
    ("device", "state"): model.DeviceState,
    ("acquisition", "state"): model.AcquisitionState,
    ("scan", "state"): model.ScanState,
    ("scan", "completeness"): model.Completeness,
    ("module_run", "outcome"): model.ModuleOutcome,
    ("gap", "outcome"): model.ModuleOutcome,
    ("alert", "level"): model.Level,
    ("finding", "evidence_class"): model.EvidenceClass,
    ("finding", "level"): model.Level,
    ("finding", "event_time_basis"): model.TimeBasis,
    ("finding", "rating"): model.Rating,
    ("disposition", "verdict"): model.Verdict,
    ("report", "state"): model.ReportState,
}
OPEN_SETS: dict[tuple[str, str], type[StrEnum]] = {
    ("acquisition", "kind"): model.EvidenceKind,
    ("alert", "source"): model.AlertSource,
    ("roster_mark", "mark"): model.Mark,
}
"""Columns that hold any word of the right form, so that a later release's needs no rewriting of the table."""


def _table(name: str) -> str:
    return schema.expected()["table", name]


def _tables() -> list[str]:
    """Return the texts of all tables but those that make up FTS5's own index."""
    tables = ((name, text) for (kind, name), text in schema.expected().items() if kind == "table")
    return [text for name, text in tables if not name.startswith("finding_text")]


@pytest.mark.parametrize(("place", "words"), list(CLOSED_SETS.items()))
def test_a_check_lists_the_words_of_its_enum(place: tuple[str, str], words: type[StrEnum]) -> None:
    """The closed set in the file is the closed set in the program."""
    table, column = place
    check = re.search(rf"CHECK \({column} IN \(([^)]*)\)", _table(table))
    assert check is not None
    assert set(re.findall(r"'([^']*)'", check[1])) == {str(word) for word in words}


@pytest.mark.parametrize(("place", "words"), list(OPEN_SETS.items()))
def test_a_check_of_form_admits_every_word_and_nothing_else(place: tuple[str, str], words: type[StrEnum]) -> None:
    """An open set takes today's words and tomorrow's, and no sentence."""
    table, column = place
    check = re.search(rf"CHECK \(({column} <> .*)\),? --", _table(table))
    assert check is not None
    with sqlite3.connect(":memory:") as scratch:
        scratch.execute(f"CREATE TABLE t ({column} TEXT CHECK ({check[1]}))")
        for word in (*words, "ufed_image"):
            scratch.execute("INSERT INTO t VALUES (?)", (str(word),))
        for text in ("", "two words", "Upper", "x;"):
            with pytest.raises(sqlite3.IntegrityError):
                scratch.execute("INSERT INTO t VALUES (?)", (text,))


def test_every_check_on_words_is_held_to_an_enum() -> None:
    """A closed set added later cannot be forgotten here."""
    found = {
        (re.search(r"CREATE TABLE (\w+)", sql)[1], column)  # type: ignore[index]  # every text creates a table
        for sql in _tables()
        for column in re.findall(r"CHECK \((\w+) IN \('", sql)
    }
    assert found == set(CLOSED_SETS)


def test_every_consent_point_has_its_column() -> None:
    """The four points of the licence are columns of their own."""
    for point in model.ConsentPoint:
        assert f"informed_{point} INTEGER NOT NULL" in _table("consent")


def test_every_column_carries_a_comment(small_case: Store) -> None:
    """A person who opens the file in a browser reads what each column is."""
    for row in small_case.rows("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql LIKE '%STRICT%'"):
        for column in small_case.rows(f"PRAGMA table_info({row['name']})"):
            assert re.search(rf"^\s+{column['name']} [^\n]*(?:\n[^\n]*)?-- \w", row["sql"], re.MULTILINE), (
                f"{row['name']}.{column['name']} has no comment"
            )


def test_every_table_is_strict_and_explained() -> None:
    """Each table opens with a sentence and takes no value of another type."""
    for sql in _tables():
        assert ") STRICT" in sql
        assert re.search(r"\(\n  -- [A-Z].*\.\n", sql)


def test_what_becomes_of_every_table_in_a_merge_is_decided() -> None:
    """A table that nobody thought of would stay behind on its laptop, with what was found."""
    names = {name for kind, name in schema.expected() if kind == "table"}
    counted_anew = {name for name in names if name.startswith(("custody_", "finding_text", "finding_number"))}
    assert names - counted_anew - {"_sqlite_migrations"} == {*merging.REFERS, *merging.STAY}
    assert merging.STAY.isdisjoint(merging.REFERS)


def test_every_table_has_its_guards(small_case: Store) -> None:
    """A migration that rebuilds a table must not lose its triggers: nothing is deleted, and facts are never changed."""
    present = {row["name"] for row in small_case.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    append_only = {"alert", "finding_alert", "module_run", "gap", "scan_set", "indicator_set", "disposition"}
    append_only |= {"observation", "note", "custody_event", "custody_row"}
    append_only |= {"roster_mark", "finding_assignment", "allow_entry", "allow_word"}
    append_only |= {"alias", "seen_version", "handover"}
    chain = {f"custody_{name}" for name in ("event", "row", "signature", "timestamp", "origin")}
    append_only |= chain
    present -= {"finding_words_added", "finding_words_changed", "finding_words_gone"}
    assert present == {f"{table}_no_delete" for table in custody.covered()} | {
        *(f"{table}_no_update" for table in append_only),
        *(f"{table}_no_delete" for table in chain),
        "custody_before_no_update",
    }
