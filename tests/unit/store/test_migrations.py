"""A case that any earlier release wrote opens, migrates, verifies and reports."""

from __future__ import annotations

import shutil
import sqlite3
import tarfile
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mvtcase.store import migrations, queries
from mvtcase.store.folder import CaseFolder, Workspace
from mvtcase.store.store import Store
from mvtcase.workflow import custody, reports, status
from mvtcase.workflow.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

STORED = Path(__file__).parents[2] / "cases"
RELEASES = sorted(each.name for each in STORED.iterdir() if each.is_dir())


@pytest.fixture(params=RELEASES)
def stored_case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CaseFolder]:
    """Give a copy of an earlier release's case."""
    cases = tmp_path / "cases"
    cases.mkdir()
    with tarfile.open(STORED / request.param / "demo.tar.xz") as archive:
        archive.extractall(cases, filter="data")
    yield CaseFolder(cases / "demo")
    shutil.rmtree(cases)


@pytest.fixture
def desk(stored_case: CaseFolder) -> Desk:
    """Give an examiner at the workspace of the stored case."""
    return Desk(
        workspace=Workspace(stored_case.path.parent.parent),
        examiner="Ada",
        clock=lambda: datetime(2030, 1, 1, tzinfo=timezone.utc),
    )


def test_it_opens_migrated_and_every_seal_holds(stored_case: CaseFolder) -> None:
    """The rows are sealed by columns of their own time, and the migration is an event of the chain."""
    with Store.open(stored_case) as store:
        assert migrations.is_current(store.connection)
        assert store.verify() == ()
        assert queries.custody_events(store)[-1].action == "case.migrated"
        events = len(queries.custody_events(store))
    with Store.open(stored_case) as again:
        assert len(queries.custody_events(again)) == events


def test_nothing_of_it_is_lost(stored_case: CaseFolder) -> None:
    """Every row of every table is there after the migration, with the values it had."""
    with sqlite3.connect(stored_case.case_file) as before:
        names = [name for (name,) in before.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = {name: ", ".join(row[1] for row in before.execute(f"PRAGMA table_info({name})")) for name in names}
        rows = {name: sorted(map(repr, before.execute(f"SELECT {columns[name]} FROM {name}"))) for name in names}
    with Store.open(stored_case) as store:
        store.connection.row_factory = None
        for name in set(names) - {"_sqlite_migrations", "custody_event"}:
            now = sorted(map(repr, store.connection.execute(f"SELECT {columns[name]} FROM {name}")))
            assert now == rows[name], name
        assert len(rows["custody_event"]) == len(queries.custody_events(store)) - 1


def test_it_can_be_worked_with(desk: Desk) -> None:
    """Status, note, report and verification go on as in a case of today."""
    assert status.status(desk).json["counts"] != {}
    custody.note(desk, "Opened again.")
    assert reports.write(desk, "incident", formats=("json",)).json["reports"]
    assert custody.verify(desk).json["holds"] is True


def test_a_column_added_by_hand_before_is_still_there(stored_case: CaseFolder) -> None:
    """A rebuilt table keeps what somebody added to it, and the case verifies."""
    with sqlite3.connect(stored_case.case_file) as mine:
        mine.execute("ALTER TABLE device ADD COLUMN shelf TEXT")
        mine.execute("ALTER TABLE scan ADD COLUMN shelf TEXT DEFAULT 'left'")
    mine.close()
    with Store.open(stored_case) as store:
        assert {row["shelf"] for row in store.rows("SELECT shelf FROM scan")} == {"left"}
        assert store.verify() == ()


def test_a_change_made_before_the_migration_is_still_found(stored_case: CaseFolder) -> None:
    """Migrating seals nothing anew, so that it cannot cover up a forgery."""
    with sqlite3.connect(stored_case.case_file) as forger:
        forger.execute("UPDATE device SET label = 'another phone' WHERE id = 'D-0001'")
    forger.close()
    with Store.open(stored_case) as store:
        assert [each.what for each in store.verify()] == ["differs from what the chain says was written"]


def test_a_new_column_filled_in_without_an_event_is_found(stored_case: CaseFolder) -> None:
    """A column that no seal covers yet may hold nothing but its default."""
    with Store.open(stored_case) as store:
        store.connection.execute("UPDATE official SET register_id = 'slipped in'")
        assert "register_id" in store.verify()[0].what


def test_a_migration_that_fails_leaves_the_case_as_it_was(
    stored_case: CaseFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All steps that are due are taken, or none."""

    def fail(_connection: sqlite3.Connection) -> None:
        raise RuntimeError

    before = stored_case.case_file.read_bytes()
    with sqlite3.connect(stored_case.case_file) as untouched:
        steps = migrations.applied(untouched)
    monkeypatch.setattr(migrations.STEPS[-1], "apply", fail)
    with pytest.raises(RuntimeError):
        Store.open(stored_case)
    with sqlite3.connect(stored_case.case_file) as after:
        assert migrations.applied(after) == steps
    assert len(stored_case.case_file.read_bytes()) == len(before)
