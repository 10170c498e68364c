"""The schema says what the model says, and explains itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from mvtcase import model
from mvtcase.store import schema

if TYPE_CHECKING:
    from mvtcase.canon import StrEnum
    from mvtcase.store.store import Store

CLOSED_SETS: dict[tuple[str, str], type[StrEnum]] = {
    ("case_file", "tlp"): model.Tlp,
    ("case_file", "state"): model.CaseState,
    ("official", "publication"): model.Publication,
    ("official", "roster"): model.RosterState,
    ("consent", "method"): model.ConsentMethod,
    ("device", "platform"): model.Platform,
    ("device", "state"): model.DeviceState,
    ("acquisition", "kind"): model.EvidenceKind,
    ("acquisition", "state"): model.AcquisitionState,
    ("scan", "state"): model.ScanState,
    ("scan", "completeness"): model.Completeness,
    ("module_run", "outcome"): model.ModuleOutcome,
    ("gap", "outcome"): model.ModuleOutcome,
    ("alert", "source"): model.AlertSource,
    ("alert", "level"): model.Level,
    ("finding", "evidence_class"): model.EvidenceClass,
    ("finding", "level"): model.Level,
    ("finding", "event_time_basis"): model.TimeBasis,
    ("disposition", "verdict"): model.Verdict,
    ("report", "state"): model.ReportState,
}


def _table(name: str) -> str:
    return next(sql for sql in schema.TABLES if f"CREATE TABLE {name} (" in sql)


@pytest.mark.parametrize(("place", "words"), list(CLOSED_SETS.items()))
def test_a_check_lists_the_words_of_its_enum(place: tuple[str, str], words: type[StrEnum]) -> None:
    """The closed set in the file is the closed set in the program."""
    table, column = place
    check = re.search(rf"CHECK \({column} IN \(([^)]*)\)", _table(table))
    assert check is not None
    assert set(re.findall(r"'([^']*)'", check[1])) == {str(word) for word in words}


def test_every_check_on_words_is_held_to_an_enum() -> None:
    """A closed set added later cannot be forgotten here."""
    found = {
        (re.search(r"CREATE TABLE (\w+)", sql)[1], column)  # type: ignore[index]  # every text creates a table
        for sql in schema.TABLES
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
    for sql in schema.TABLES:
        assert ") STRICT" in sql
        assert re.search(r"\(\n  -- [A-Z].*\.\n", sql)


def test_the_triggers_are_there_after_migrating(small_case: Store) -> None:
    """A migration that rebuilds a table must not lose its guards."""
    present = {row["name"] for row in small_case.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    wanted = {f"{table}_no_delete" for table in (*schema.APPEND_ONLY, *schema.CHANGEABLE)}
    wanted |= {f"{table}_no_update" for table in schema.APPEND_ONLY}
    assert present == wanted
